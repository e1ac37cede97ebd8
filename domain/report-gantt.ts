import { formatInstant, isTimeZone, utcOffsetAt } from './local-time.ts';
import { renderPhrase } from './markdown-text.ts';
import type { Phrase } from './markdown-text.ts';
import { poolPhrase } from './report-words.ts';
import { HOUR_MS, MINUTE_MS, minutesBetween } from './time.ts';
import type { Instant } from './time.ts';
import type { UnitStatus, WindowStatus } from './window-status.ts';

/** Bars drawn; a larger run is told by its table. */
const BARS_MAX = 20;
const NAME_CHARACTERS_MAX = 40;

/** States in which a unit is still to come. */
const isToCome = ({ state }: UnitStatus): boolean => state === 'planned';
const isFaulty = ({ state }: UnitStatus): boolean => ['quarantined', 'failed', 'aborted', 'paused'].includes(state);

/** One bar. */
interface Bar {
  readonly unit: UnitStatus;
  readonly from: Instant;
  readonly minutes: number;
}

/**
 * The run as a Mermaid gantt, in a fence; empty when it has no units.
 *
 * Every name is cut to letters, digits, blanks, dots and hyphens and begins with a word of ours, so that none can end a line,
 * begin a keyword or open a link. Times stand at the offset the window opened with: on a night when clocks change nothing
 * goes backwards. At most 20 bars.
 */
export function renderGantt(status: WindowStatus, now: Instant): string {
  if (status.units.length === 0) return '';
  const zone = isTimeZone(status.timeZone) ? status.timeZone : 'UTC';
  const offset = zone === 'UTC' ? '+00:00' : utcOffsetAt(status.window.opens, zone);
  const start = (at: Instant): string => formatInstant(Math.floor((at + offsetMs(offset)) / MINUTE_MS) * MINUTE_MS).slice(0, 16).replace('T', ' ');
  const { opens, closes } = status.window;
  const bars = barsOf(status, now).slice(0, BARS_MAX);
  const lines = [
    'gantt',
    `    title Run of ${plainName(status.clusterName)}, times at UTC${offset}`,
    '    dateFormat YYYY-MM-DD HH:mm',
    '    axisFormat %H:%M',
    '    section Window',
    `    window open :w, ${start(opens)}, ${Math.max(1, Math.round(minutesBetween(opens, closes)))}m`,
    '    section Units',
    ...bars.map(({ unit, from, minutes }, index) => `    ${nameOf(unit)} :${tagOf(unit)}u${index}, ${start(from)}, ${minutes}m`),
  ];
  return `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\``;
}

function offsetMs(offset: string): number {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d{2}):(\d{2})/.exec(offset) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS);
}

function plainName(name: string): string {
  return name.replace(/[^A-Za-z0-9.-]+/g, ' ').trim().slice(0, NAME_CHARACTERS_MAX);
}

function nameOf({ unit }: UnitStatus): string {
  return unit === 'control-plane' ? 'control plane' : `pool ${plainName(unit.slice('pool/'.length))}`;
}

function tagOf(unit: UnitStatus): string {
  if (unit.state === 'upgraded') return 'done, ';
  const isActive = unit.startedAt !== null && unit.endedAt === null;
  return `${isFaulty(unit) ? 'crit, ' : ''}${isActive ? 'active, ' : ''}`;
}

/** What ran, as long as it took; what runs, as long as it is expected to; then what is to come, one after the other. */
function barsOf({ units, phase }: WindowStatus, now: Instant): readonly Bar[] {
  const begun = units.flatMap((unit): readonly Bar[] => {
    if (unit.startedAt === null) return [];
    const elapsed = Math.max(1, Math.round(minutesBetween(unit.startedAt, unit.endedAt ?? now)));
    return [{ unit, from: unit.startedAt, minutes: unit.endedAt === null ? Math.max(elapsed, unit.estimateMinutes) : elapsed }];
  });
  let next = Math.max(now, ...begun.map(({ from, minutes }) => from + minutes * MINUTE_MS));
  const planned = phase === 'ended' ? [] : units.filter(isToCome).map((unit): Bar => {
    const from = next;
    next += unit.estimateMinutes * MINUTE_MS;
    return { unit, from, minutes: Math.max(1, Math.round(unit.estimateMinutes)) };
  });
  return [...begun, ...planned];
}

/** The same in a table, for readers whose page draws no diagram; at most `rowsMax` units. */
export function renderTimes(status: WindowStatus, now: Instant, rowsMax: number): string {
  const { units, timeZone } = status;
  if (units.length === 0) return '';
  const moment = (at: Instant | null): string => (at === null ? '–' : renderPhrase([{ at, form: 'clock' }], timeZone));
  const rows = units.slice(0, rowsMax).map(({ unit, startedAt, endedAt, estimateMinutes, attempt }) => {
    const took = startedAt === null ? '–' : String(Math.max(0, Math.round(minutesBetween(startedAt, endedAt ?? now))));
    const name: Phrase = [...poolPhrase(unit), ...(attempt > 1 ? [`, attempt ${attempt}`] : [])];
    return `| ${[renderPhrase(name, timeZone), moment(startedAt), moment(endedAt), took, Math.round(estimateMinutes)].join(' | ')} |`;
  });
  const more = units.length > rowsMax ? [`| and ${units.length - rowsMax} more | – | – | – | – |`] : [];
  return ['| Unit | Began | Ended | Minutes | Estimate |', '| --- | --- | --- | ---: | ---: |', ...rows, ...more].join('\n');
}
