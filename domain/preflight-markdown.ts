import { titleOfFinding } from './finding-titles.ts';
import { codeSpan, prose, visibleText } from './markdown-text.ts';
import type { Finding, PreflightReport } from './preflight-report.ts';
import { countVerdicts, troublingVerdicts, verdictOf } from './preflight-verdict.ts';
import { REPORT_CHARACTERS_MAX } from './report-markdown.ts';

/** How many lines each part may have, tried in turn until the whole fits a comment. */
const limits = [200, 50, 20, 8, 3] as const;
const CELL_NAMES = 3;

/**
 * A preflight as GitHub shows it: the verdict in words, a table of what blocks, and everything else folded.
 *
 * At most {@link REPORT_CHARACTERS_MAX} characters; each cut says how much it left out. Names and sentences of others are
 * escaped: none of them can make a mention, a link, an image or HTML.
 */
export function renderPreflightMarkdown(report: PreflightReport): string {
  let body = '';
  for (const shown of limits) {
    body = renderWithin(report, shown);
    if (body.length <= REPORT_CHARACTERS_MAX) return body;
  }
  return body;
}

const words = { BLOCKED: 'Blocked.', 'NOT SEEN': 'Not seen.', 'READ FIRST': 'Read first.', CLEAR: 'Clear.' } as const;

function renderWithin(report: PreflightReport, shown: number): string {
  const { word, sentence } = verdictOf(report);
  const blocking = report.findings.filter(({ severity }) => severity === 'block');
  const parts = [
    `**${words[word]}** ${prose(sentence, 'mid-line')}`,
    tableOf(blocking, shown),
    fold('Why', blocking.map(whyLine), shown),
    fold('Warnings', report.findings.filter(({ severity }) => severity === 'warn').map(adviceLine), shown),
    fold('To know', report.findings.filter(({ severity }) => severity === 'info').map(adviceLine), shown),
    fold('Pods, were each evicted now', podLines(report, shown), shown),
    fold('Not checked', report.unchecked.map(({ what, why }) => `- ${prose(what)}: ${prose(why, 'mid-line')}`), shown),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function tableOf(findings: readonly Finding[], shown: number): string {
  if (findings.length === 0) return '';
  const rows = findings.slice(0, shown).map(({ code, where, pools, owner, remedy }) => {
    const cells = [`${prose(titleOfFinding(code))} (${codeSpan(code)})`, codeSpan(where), poolsCell(pools), owner === null ? '–' : codeSpan(owner), prose(remedy, 'mid-line')];
    return `| ${cells.join(' | ')} |`;
  });
  const more = findings.length > shown ? [`| and ${findings.length - shown} more | – | – | – | left out here |`] : [];
  return ['| What blocks | Where | Pools | Owner | Fix |', '| --- | --- | --- | --- | --- |', ...rows, ...more].join('\n');
}

function poolsCell(pools: readonly string[]): string {
  if (pools.includes('*')) return 'the whole run';
  if (pools.length === 0) return '–';
  const shown = pools.slice(0, CELL_NAMES).map((pool) => codeSpan(pool)).join(', ');
  return pools.length > CELL_NAMES ? `${shown} and ${pools.length - CELL_NAMES} more` : shown;
}

function whyLine({ code, where, message }: Finding): string {
  return `- ${codeSpan(code)} ${codeSpan(where)}: ${prose(message, 'mid-line')}`;
}

function adviceLine(finding: Finding): string {
  const owner = finding.owner === null ? '' : ` Owner: ${codeSpan(finding.owner)}.`;
  return `${whyLine(finding)} ${prose(finding.remedy, 'mid-line')}${owner}`;
}

function podLines({ pods }: PreflightReport, shown: number): readonly string[] {
  return countVerdicts(pods).map(({ verdict, count, names }) => {
    if (!troublingVerdicts.has(verdict)) return `- ${count} ${verdict}`;
    const named = names.slice(0, shown).map((name) => codeSpan(visibleText(name, 160))).join(', ');
    return `- ${count} ${verdict}: ${named}${names.length > shown ? ` and ${names.length - shown} more` : ''}`;
  });
}

/** A folded part with its count; the empty line lets GitHub read Markdown inside. */
function fold(summary: string, lines: readonly string[], shown: number): string {
  if (lines.length === 0) return '';
  const more = lines.length > shown ? [`- ${lines.length - shown} more are left out here.`] : [];
  return `<details><summary><b>${summary}</b> (${lines.length})</summary>\n\n${[...lines.slice(0, shown), ...more].join('\n')}\n\n</details>`;
}
