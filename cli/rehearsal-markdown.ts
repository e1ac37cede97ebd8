import { codeSpan, prose } from '../domain/markdown-text.ts';
import type { RehearsalReport } from '../sim/rehearsal-report.ts';
import { assumptionWords, blockWords, minuteWords, omittedWords, peakWords, shownBlocks, unitWords, verdictOfRehearsal, windowWords } from './rehearsal-words.ts';

/** A rehearsal as GitHub shows it. Names and sentences of others are escaped: none of them can make a mention, a link, an image or HTML. */
export function renderRehearsalMarkdown(report: RehearsalReport, timeZone: string): string {
  const { word, sentence } = verdictOfRehearsal(report);
  const rows = report.units.map((unit) => {
    const cells = [codeSpan(unit.unit), minuteWords(report, unit.startMin), minuteWords(report, unit.endMin), unit.outcome, unit.unit === 'control-plane' ? '–' : String(unit.nodes), prose(unitWords(unit), 'mid-line') || '–'];
    return `| ${cells.join(' | ')} |`;
  });
  const blocks = shownBlocks(report).map((block) => `- ${codeSpan(block.class)} ${prose(blockWords(report, block), 'mid-line')} ${prose(block.remedy, 'mid-line')}`);
  const parts = [
    `**${word.slice(0, 1)}${word.slice(1).toLowerCase()}.** ${prose(sentence, 'mid-line')}`,
    prose(windowWords(report, timeZone)),
    rows.length === 0 ? '' : ['| Unit | Starts | Ends | Outcome | Nodes | Why |', '| --- | --- | --- | --- | --- | --- |', ...rows].join('\n'),
    [...blocks, ...omittedWords(report).map((text) => `- ${text}`)].join('\n'),
    rows.length === 0 ? '' : prose(peakWords(report)),
    fold('Left out, or left for later', report.omitted.map(({ unit, message }) => `- ${codeSpan(unit)}: ${prose(message, 'mid-line')}`)),
    rows.length === 0 ? '' : fold('What was assumed', [prose(assumptionWords(report))]),
    fold('Not rehearsed', report.unchecked.map(({ what, why }) => `- ${prose(what)}: ${prose(why, 'mid-line')}`)),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function fold(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<details><summary><b>${title}</b></summary>\n\n${lines.join('\n')}\n\n</details>`;
}
