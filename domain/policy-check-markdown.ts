import { missingApprovals } from './approval.ts';
import { CHECK_DIGESTS_MAX } from './check-run.ts';
import type { CheckedFile, CheckedPolicy, LocatedPolicyFault } from './checked-policy.ts';
import { formatBothDated, formatLocalDate } from './local-time.ts';
import type { WindowOccurrence } from './maintenance-window.ts';
import { codeSpan, prose } from './markdown-text.ts';
import { renderPlan } from './plan-markdown.ts';
import { renderPreflightMarkdown } from './preflight-markdown.ts';
import { describeReduction } from './surge-fallback.ts';
import { clusterNameOf } from './window-identity.ts';

/** GitHub takes 65 535 characters of each part. */
const PART_CHARACTERS_MAX = 62_000;
const FAULTS_SHOWN = 100;
const SKIPPED_SHOWN = 5;

/** What a check run says of a file: `summary` above, `text` below it. Whatever others wrote is escaped. */
export function renderCheckedFile({ path, content }: CheckedFile): { readonly summary: string; readonly text: string } {
  if (content.kind === 'removed') {
    const clusters = content.clusters.map((id) => codeSpan(clusterNameOf(id)));
    const which = clusters.length === 0 ? '' : ` Merging takes away the window of ${clusters.join(', ')}; a run that is under way goes on to its end.`;
    return { summary: `${codeSpan(path)} is removed.${which}`, text: '' };
  }
  if (content.kind === 'faulty') return { summary: renderFaults(path, content.faults), text: '' };
  const { policies } = content;
  const summary = fit([...(isTooMuchForButton(policies) ? [`The file has more than ${CHECK_DIGESTS_MAX} policies, so there is no button to approve them: split it, or approve each run in its issue.`] : []), ...policies.map(renderPolicy)], 'policies', '\n\n---\n\n');
  const reports = policies.flatMap(({ policy, look }) => (look.kind === 'planned' ? [`### Preflight of ${codeSpan(clusterNameOf(policy.clusterResourceId))}\n\n${renderPreflightMarkdown(look.report)}`] : []));
  return { summary, text: fit(reports, 'preflights', '\n\n') };
}

/** GitHub keeps too few characters beside a check run to name more plans there. */
function isTooMuchForButton(policies: readonly CheckedPolicy[]): boolean {
  return policies.length > CHECK_DIGESTS_MAX && policies.some(({ approvals }) => approvals?.kind === 'waiting');
}

/** As many parts as GitHub takes; the rest is counted. */
function fit(parts: readonly string[], what: string, between: string): string {
  let text = '';
  for (const [index, part] of parts.entries()) {
    const longer = index === 0 ? part : `${text}${between}${part}`;
    if (longer.length > PART_CHARACTERS_MAX) return `${text}${between}${parts.length - index} more ${what} are left out here.`.trim();
    text = longer;
  }
  return text;
}

function renderFaults(path: string, faults: readonly LocatedPolicyFault[]): string {
  const lines = faults.slice(0, FAULTS_SHOWN).map(({ code, line, column, where, message, remedy }) => `- ${codeSpan(`${path}:${line}:${column}`)} ${codeSpan(where)}: ${prose(message, 'mid-line')} ${prose(remedy, 'mid-line')} (${codeSpan(code)})`);
  const more = faults.length > FAULTS_SHOWN ? [`- and ${faults.length - FAULTS_SHOWN} more`] : [];
  return ['No window opens by a file with faults. The cluster was not looked at.', [...lines, ...more].join('\n')].join('\n\n');
}

function renderPolicy(checked: CheckedPolicy): string {
  const { policy, look } = checked;
  const { timeZone } = policy.window;
  const found = look.kind === 'planned' ? [renderPlan(look.plan, look.opening, timeZone), ...look.reductions.map((reduction) => prose(describeReduction(reduction))), verdictOf(look.report.findings.length)] : [`**No plan and no preflight.** ${prose(look.why)}`];
  return [`### ${codeSpan(policy.name)} for cluster ${codeSpan(clusterNameOf(policy.clusterResourceId))}`, renderOpenings(checked), ...found, renderApprovals(checked)].filter((part) => part !== '').join('\n\n');
}

function verdictOf(findingCount: number): string {
  return findingCount === 0 ? 'Preflight found nothing.' : `Preflight: ${findingCount} ${findingCount === 1 ? 'finding' : 'findings'}, below.`;
}

function renderOpenings({ policy, occurrences, openNow }: CheckedPolicy): string {
  const { timeZone } = policy.window;
  const rows = occurrences.flatMap((each) => (each.kind === 'opens' ? [openingRow(each, timeZone)] : []));
  const skipped = occurrences.flatMap((each) => (each.kind === 'skipped' ? [`- ${formatLocalDate(each.localDate)}: ${prose(each.reason, 'mid-line')}`] : []));
  const shown = [...skipped.slice(0, SKIPPED_SHOWN), ...(skipped.length > SKIPPED_SHOWN ? [`- and ${skipped.length - SKIPPED_SHOWN} more`] : [])];
  return [
    openNow === null ? '' : `The window is open now, until ${formatBothDated(openNow.closes, timeZone)}.`,
    rows.length === 0 ? 'It never opens in the next ten years: look at `startDate` and `notAllowedDates`.' : ['| Opens next | Closes | |', '| --- | --- | --- |', ...rows].join('\n'),
    shown.length === 0 ? '' : `Skipped:\n\n${shown.join('\n')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function openingRow({ opening, notes }: Extract<WindowOccurrence, { kind: 'opens' }>, timeZone: string): string {
  const restriction = opening.restriction === 'minor' ? [`No minor version is raised: ${opening.reason}`] : [];
  return `| ${formatBothDated(opening.opens, timeZone)} | ${formatBothDated(opening.closes, timeZone)} | ${[...restriction, ...notes].map((note) => prose(note, 'mid-line')).join(' ')} |`;
}

function renderApprovals({ policy, rule, look, approvals }: CheckedPolicy): string {
  if (approvals === null) return rule.required === 0 ? '' : 'This policy asks for approvals, and without a plan there is nothing to approve. Run the check again once the cluster can be read.';
  if (approvals.kind === 'not-needed') return '';
  const { timeZone } = policy.window;
  const opening = look.kind === 'planned' ? ` in the opening of ${formatBothDated(look.opening.opens, timeZone)}` : '';
  const given = approvals.approvers.map(({ who, when }) => `- approved by ${codeSpan(who)}, ${formatBothDated(when, timeZone)}`);
  const gone = approvals.voided.map(({ who, changed }) => `- the approval by ${codeSpan(who)} is void: the ${changed} has changed since`);
  const standing = approvals.kind === 'granted' ? `**Approved**: ${approvals.approvers.length} of ${approvals.required}.` : `**Waiting for approval**: ${prose(missingApprovals(approvals), 'mid-line')}. It holds for this plan at this commit${opening}; a push makes it void.`;
  return [standing, [...given, ...gone].join('\n')].filter((part) => part !== '').join('\n\n');
}
