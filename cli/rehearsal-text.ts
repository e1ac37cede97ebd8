import type { RehearsalReport } from '../sim/rehearsal-report.ts';
import { printable, renderCount, renderTable } from './print.ts';
import { assumptionWords, blockWords, minuteWords, omittedWords, peakWords, shownBlocks, unitWords, verdictOfRehearsal, windowWords } from './rehearsal-words.ts';
import { foldText } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** A rehearsal for a terminal: the verdict, the units, then what blocks, what was needed at most, and on what it rests. */
export function renderRehearsalText(report: RehearsalReport, timeZone: string, terminal: Terminal): string {
  const { columns } = terminal;
  const fold = (text: string): readonly string[] => foldText(printable(text), columns);
  const parts = [
    [...verdictLines(report, terminal), ...fold(windowWords(report, timeZone))],
    unitTable(report),
    section(report.units.flatMap((unit) => {
      const said = unitWords(unit);
      return said === '' ? [] : [`${unit.unit}: ${said}`];
    }), columns),
    section(shownBlocks(report).flatMap((block) => [`${block.class} ${blockWords(report, block)}`, `  → ${block.remedy}`]).concat(omittedWords(report)), columns, 'Blocks'),
    section(report.omitted.map(({ unit, message }) => `${unit}: ${message}`), columns, 'Left out, or left for later'),
    report.units.length === 0 ? [] : [...fold(peakWords(report)), ...fold(`${nightWords(report)} Assumed: ${assumptionWords(report)}`)],
    section(report.unchecked.map(({ what, why }) => `${what}: ${why}`), columns, `${renderCount(report.unchecked.length, { one: 'thing was', many: 'things were' })} not rehearsed`),
  ];
  return parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n');
}

const colours = { WITHHELD: '\u001b[1;31m', BLOCKS: '\u001b[1;31m', 'NOT SEEN': '\u001b[1;31m', 'TOO SHORT': '\u001b[1;31m', NOTHING: '\u001b[1;32m', FITS: '\u001b[1;32m' } as const;

function verdictLines(report: RehearsalReport, { columns, colour }: Terminal): readonly string[] {
  const { word, sentence } = verdictOfRehearsal(report);
  const lines = foldText(`${word} ${printable(sentence)}`, columns);
  return colour === 'left-out' ? lines : lines.map((line, index) => (index === 0 ? line.replace(word, `${colours[word]}${word}\u001b[0m`) : line));
}

function unitTable(report: RehearsalReport): readonly string[] {
  if (report.units.length === 0) return [];
  const rows = report.units.map(({ unit, startMin, endMin, outcome, nodes, estimateMin }) => [
    printable(unit),
    minuteWords(report, startMin),
    minuteWords(report, endMin),
    outcome,
    unit === 'control-plane' ? '' : String(nodes),
    String(estimateMin),
  ]);
  return [renderTable([['unit', 'starts', 'ends', 'outcome', 'nodes', 'planned min'], ...rows])];
}

function nightWords({ seeds, seed, seedsThatFit }: RehearsalReport): string {
  return seeds === 1 ? `One night, seed ${seed}.` : `${seeds} nights, seeds ${seed} to ${seed + seeds - 1}, ${seedsThatFit} fit; shown is seed ${seed}.`;
}

function section(entries: readonly string[], columns: number, title: string | null = null): readonly string[] {
  const lines = entries.flatMap((text) => {
    const indent = text.startsWith('  ') ? 4 : 2;
    return foldText(printable(text.trim()), columns - 4 - indent).map((line, index) => `${' '.repeat(index === 0 ? indent : indent + 2)}${line}`);
  });
  return lines.length === 0 ? [] : [...(title === null ? [] : [title]), ...lines];
}
