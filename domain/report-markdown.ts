import { reportMarker, withMarker } from './hidden-marker.ts';
import { jsonFence, prose, renderPhrase, visibleText } from './markdown-text.ts';
import type { Phrase } from './markdown-text.ts';
import { formatBothDated, isTimeZone } from './local-time.ts';
import { renderTimes } from './report-gantt.ts';
import type { ReportLine } from './report-lines.ts';
import type { PoolRow, ReportModel } from './report.ts';

/** Longest body we send; GitHub refuses more than 65 536 characters. */
export const REPORT_CHARACTERS_MAX = 60_000;
const TITLE_CHARACTERS_MAX = 200;

/** How much of each part is shown. */
interface Limits {
  readonly timeline: number;
  readonly why: number;
  readonly pools: number;
  readonly leftOver: number;
  readonly machine: 'shown' | 'left-out';
}

/**
 * The report as GitHub gets it: five lines, the pool table, then folded parts, then the hidden marker.
 *
 * At most `charactersMax`: the oldest timeline lines go first, then the JSON, then evidence, and each cut says how much it
 * left out.
 */
export function renderReport(model: ReportModel, charactersMax: number = REPORT_CHARACTERS_MAX): { readonly title: string; readonly body: string } {
  const title = visibleText(model.title, TITLE_CHARACTERS_MAX);
  let limits: Limits = { timeline: model.timeline.length, why: model.why.length, pools: model.pools.length, leftOver: model.leftOver.length, machine: 'shown' };
  for (;;) {
    const body = renderBody(model, limits);
    const smaller = body.length > charactersMax ? tighten(limits) : null;
    if (smaller === null) return { title, body };
    limits = smaller;
  }
}

/** The next smaller limits; null when nothing is left to cut. */
function tighten(limits: Limits): Limits | null {
  if (limits.timeline > 10) return { ...limits, timeline: Math.floor(limits.timeline / 2) };
  if (limits.machine === 'shown') return { ...limits, machine: 'left-out' };
  if (limits.why > 5) return { ...limits, why: Math.floor(limits.why / 2) };
  if (limits.timeline > 0) return { ...limits, timeline: 0 };
  if (limits.pools > 5) return { ...limits, pools: Math.floor(limits.pools / 2) };
  if (limits.leftOver > 5) return { ...limits, leftOver: Math.floor(limits.leftOver / 2) };
  return null;
}

function renderBody(model: ReportModel, limits: Limits): string {
  const { timeZone } = model;
  const shown = model.timeline.slice(model.timeline.length - limits.timeline);
  const omitted = model.timelineOmitted + model.timeline.length - shown.length;
  const timeline = [
    ...(omitted === 0 ? [] : [`- ${omitted} earlier lines are left out.`]),
    ...shown.map(({ at, text }) => `- ${timeOf(at, timeZone)} ${renderPhrase(text, timeZone)}`),
  ];
  const parts = [
    renderLines(model.lines, timeZone),
    renderPhrase(model.beat, timeZone),
    renderPools(model.pools.slice(0, limits.pools), model.pools.length - limits.pools, timeZone),
    fold('When what ran', limits.machine === 'shown' ? model.gantt === '' ? [] : [model.gantt, '', renderTimes(model.machine, model.now, limits.pools)] : []),
    fold('Why we believe it', bullets(model.why, limits.why, timeZone)),
    fold('Plan and limits', bullets(model.plan, limits.pools + 10, timeZone)),
    fold('Timeline, newest last', timeline),
    fold('Left over', model.leftOver.length === 0 ? ['None.'] : bullets(model.leftOver, limits.leftOver, timeZone)),
    fold('For machines', [limits.machine === 'shown' ? jsonFence(model.machine) : 'Left out here: it would not fit. The status address of Slackwater gives it.']),
  ];
  return withMarker(parts.filter((part) => part !== '').join('\n\n'), reportMarker(model.runId));
}

/** Each line of the top as a line of one quotation. */
export function renderLines(lines: readonly ReportLine[], timeZone: string): string {
  return lines.map(({ label, text }) => `> **${prose(label)}** ${renderPhrase(text, timeZone)}`).join('\n');
}

function timeOf(at: number, timeZone: string): string {
  return formatBothDated(at, isTimeZone(timeZone) ? timeZone : 'UTC');
}

/** The pool table; empty when the run has no units. */
export function renderPools(rows: readonly PoolRow[], omittedCount: number, timeZone: string): string {
  if (rows.length === 0) return '';
  const lines = rows.map(({ pool, counts, state }) => {
    const cells = counts === null ? ['–', '–', '–', '–'] : [counts.proven, counts.old, renderPhrase(counts.blocked, timeZone), counts.spare];
    return `| ${[renderPhrase(pool, timeZone), ...cells, renderPhrase(state, timeZone)].join(' | ')} |`;
  });
  const more = omittedCount > 0 ? [`| and ${omittedCount} more | – | – | – | – | left out here |`] : [];
  return ['| Pool | New | Old | Blocked | Spare | State |', '| --- | ---: | ---: | --- | ---: | --- |', ...lines, ...more].join('\n');
}

function bullets(phrases: readonly Phrase[], shownMax: number, timeZone: string): readonly string[] {
  const lines = phrases.slice(0, shownMax).map((phrase) => `- ${renderPhrase(phrase, timeZone)}`);
  return phrases.length > shownMax ? [...lines, `- ${phrases.length - shownMax} more are left out here.`] : lines;
}

/** A folded part; the empty line lets GitHub read Markdown inside. Nothing when there is nothing to say. */
function fold(summary: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `<details><summary><b>${summary}</b></summary>\n\n${lines.join('\n')}\n\n</details>`;
}
