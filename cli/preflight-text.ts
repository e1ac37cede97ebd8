import { titleOfFinding } from '../domain/finding-titles.ts';
import type { Finding, PreflightReport } from '../domain/preflight-report.ts';
import { countVerdicts, troublingVerdicts, verdictOf } from '../domain/preflight-verdict.ts';
import type { PreflightVerdict } from '../domain/preflight-verdict.ts';
import { printable, renderCount } from './print.ts';
import { foldText } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** Where less than this is left for the fix, a table is more breaks than words, so each finding gets a few lines instead. */
const FIX_COLUMNS_MIN = 32;
const PODS_NAMED = 3;

/**
 * A preflight for somebody who is tired: the verdict in words, a table of what blocks, and below it, shorter and shorter,
 * why, the warnings, the rest by number, the pods, and what was not checked. No line is wider than the terminal.
 */
export function renderPreflightText(report: PreflightReport, terminal: Terminal): string {
  const { columns } = terminal;
  const blocking = report.findings.filter(({ severity }) => severity === 'block');
  const warnings = report.findings.filter(({ severity }) => severity === 'warn');
  const parts = [
    verdictLines(verdictOf(report), terminal),
    blocking.length === 0 ? [] : tableOf(blocking, columns) ?? blocking.flatMap((finding) => cardOf(finding, columns)),
    section('Why', blocking.flatMap(({ code, where, message }) => entry(`${code} ${where}: ${message}`, columns))),
    section(renderCount(warnings.length, { one: 'warning', many: 'warnings' }), warnings.flatMap((finding) => warningOf(finding, columns))),
    infoLines(report.findings.filter(({ severity }) => severity === 'info'), columns),
    podLines(report, columns),
    section(
      `${renderCount(report.unchecked.length, { one: 'thing was', many: 'things were' })} not checked`,
      report.unchecked.flatMap(({ what, why }) => entry(`${what}: ${why}`, columns)),
    ),
  ];
  return parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n');
}

const colours: Readonly<Record<PreflightVerdict['word'], string>> = { BLOCKED: '\u001b[1;31m', 'NOT SEEN': '\u001b[1;31m', 'READ FIRST': '\u001b[1;33m', CLEAR: '\u001b[1;32m' };

function verdictLines({ word, sentence }: PreflightVerdict, { columns, colour }: Terminal): readonly string[] {
  const lines = foldText(`${word} ${printable(sentence)}`, columns);
  return colour === 'left-out' ? lines : lines.map((line, index) => (index === 0 ? line.replace(word, `${colours[word]}${word}\u001b[0m`) : line));
}

/** Five columns; the first four are as wide as they need to be within their bounds, the fix gets the rest. Null where that is too little. */
function tableOf(findings: readonly Finding[], columns: number): readonly string[] | null {
  const rows = [['What blocks', 'Where', 'Pools', 'Owner', 'Fix'], ...findings.map(cellsOf)];
  const bounds = [31, Math.floor(columns / 4), 14, 16];
  const widths = bounds.map((most, column) => Math.min(most, Math.max(...rows.map((row) => [...(row[column] ?? '')].length))));
  const rest = columns - widths.reduce((sum, width) => sum + width + 2, 0);
  if (rest < FIX_COLUMNS_MIN) return null;
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => foldText(cell, widths[column] ?? rest));
    const height = Math.max(...cells.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) => cells.map((cell, column) => padTo(cell[line] ?? '', column < 4 ? widths[column] ?? 0 : 0)).join('  ').trimEnd());
  });
}

function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].length));
}

function cellsOf({ code, where, pools, owner, remedy }: Finding): readonly string[] {
  return [titleOfFinding(code), where, poolsText(pools), owner ?? '–', remedy].map(printable);
}

function poolsText(pools: readonly string[]): string {
  return pools.includes('*') ? 'the whole run' : pools.length === 0 ? '–' : pools.join(', ');
}

function cardOf(finding: Finding, columns: number): readonly string[] {
  const [title = '', where = '', pools = '', owner = '', remedy = ''] = cellsOf(finding);
  return [...foldText(`${title}: ${where}`, columns), ...[`pools ${pools} · owner ${owner}`, `fix: ${remedy}`].flatMap((text) => indented(text, columns))];
}

function warningOf(finding: Finding, columns: number): readonly string[] {
  const pools = poolsText(finding.pools);
  const about = [pools === finding.where ? '–' : pools, finding.owner ?? '–'].filter((word) => word !== '–').join(', ');
  const place = `${titleOfFinding(finding.code)}: ${finding.where}${about === '' ? '' : ` (${about})`}`;
  return [...entry(`${place}. ${finding.message}`, columns), ...indented(`→ ${finding.remedy}`, columns)];
}

function infoLines(findings: readonly Finding[], columns: number): readonly string[] {
  if (findings.length === 0) return [];
  const counts = [...Map.groupBy(findings, ({ code }) => code)].map(([code, group]) => `${printable(titleOfFinding(code))} ${group.length}`);
  return foldText(`To know (-o json or -o markdown lists them): ${counts.join(', ')}.`, columns);
}

function podLines({ pods }: PreflightReport, columns: number): readonly string[] {
  const counts = countVerdicts(pods).map(({ verdict, count, names }) => {
    if (!troublingVerdicts.has(verdict)) return `${count} ${verdict}`;
    const more = names.length > PODS_NAMED ? ' …' : '';
    return `${count} ${verdict} (${names.slice(0, PODS_NAMED).join(', ')}${more})`;
  });
  return foldText(printable(`Pods, were each evicted now: ${counts.length === 0 ? 'there are none' : counts.join(', ')}.`), columns);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

/** A text whose first line stands two to the right, and whose others four. */
function entry(text: string, columns: number): readonly string[] {
  return foldText(printable(text), columns - 4).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`);
}

function indented(text: string, columns: number): readonly string[] {
  return foldText(printable(text), columns - 4).map((line) => `    ${line}`);
}
