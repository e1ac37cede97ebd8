import { formatBothDated } from './local-time.ts';
import type { WindowOpening } from './maintenance-policy.ts';
import { codeSpan, prose } from './markdown-text.ts';
import { minutesBetween } from './time.ts';
import type { PlannedUnit, UnitVersion, UpgradePlan } from './upgrade-plan.ts';

/** Rows of each table; the rest is counted. */
const ROWS_MAX = 60;

/** What one opening would do to a cluster, as a table with its digest; what is left out, and why. Nothing in it can mention, link or be HTML. */
export function renderPlan(plan: UpgradePlan, opening: WindowOpening, timeZone: string): string {
  const minutes = plan.units.reduce((sum, { estimateMinutes }) => sum + estimateMinutes, 0);
  const available = minutesBetween(opening.opens, opening.closes);
  const fit = minutes <= available ? 'it fits' : 'it does not fit: what is left waits for the next opening';
  const omitted = plan.omitted.map(({ unit, code, message }) => `- ${codeSpan(unit)}: ${prose(message, 'mid-line')} (${codeSpan(code)})`);
  return [
    `**Plan for ${formatBothDated(opening.opens, timeZone)}**`,
    plan.units.length === 0 ? 'Nothing to upgrade.' : `${tableOf(plan.units)}\n\nEstimate ${minutes} of ${available} minutes: ${fit}. An estimate counts no blocked drain.`,
    omitted.length === 0 ? '' : `<details><summary><b>Left out, or left for later</b> (${omitted.length})</summary>\n\n${shorten(omitted, (more) => `- and ${more} more`).join('\n')}\n\n</details>`,
    `Plan digest ${codeSpan(plan.digest)}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function tableOf(units: readonly PlannedUnit[]): string {
  const rows = units.map((unit) => {
    const isPool = unit.unit !== 'control-plane';
    const cells = [codeSpan(unit.unit), versionText(unit.from), versionText(unit.to), isPool ? String(unit.nodeCount) : '–', isPool ? String(unit.surgeNodeCount) : '–', String(unit.estimateMinutes)];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| Unit | From | To | Nodes | Surge | Minutes |', '| --- | --- | --- | --- | --- | --- |', ...shorten(rows, (more) => `| and ${more} more | – | – | – | – | – |`)].join('\n');
}

function versionText({ kubernetesVersion, nodeImageVersion }: UnitVersion): string {
  return nodeImageVersion === null ? codeSpan(kubernetesVersion) : `${codeSpan(kubernetesVersion)} ${codeSpan(nodeImageVersion)}`;
}

function shorten(lines: readonly string[], countLeft: (more: number) => string): readonly string[] {
  return lines.length <= ROWS_MAX ? lines : [...lines.slice(0, ROWS_MAX), countLeft(lines.length - ROWS_MAX)];
}
