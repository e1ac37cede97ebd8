import { renderIcs } from '../domain/calendar-ics.ts';
import { renderCalendarMarkdown } from '../domain/calendar-markdown.ts';
import { formatBothDated, formatInstant, formatLocal, formatLocalDate, formatUtcDated, parseInstant } from '../domain/local-time.ts';
import { calendarOf as maintenanceCalendarOf } from '../domain/maintenance-calendar.ts';
import type { MaintenanceCalendar } from '../domain/maintenance-calendar.ts';
import type { MaintenancePolicy, WindowSchedule } from '../domain/maintenance-policy.ts';
import { nextOccurrences, openingAt } from '../domain/maintenance-window.ts';
import type { WindowOccurrence } from '../domain/maintenance-window.ts';
import { HOUR_MS, minutesBetween } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import type { Command, CommandArguments, CommandIo } from './command.ts';
import { placeOf, readPolicyFiles } from './policy-files.ts';
import { printable, renderFault, renderJson, renderTable } from './print.ts';

const COUNT_DEFAULT = 5;
const COUNT_MAX = 100;

/** `slackwater calendar`: when a policy's window opens next, and why a date is skipped. */
export const calendarCommand: Command = {
  name: 'calendar',
  formats: ['text', 'json', 'markdown', 'ics'],
  summary: 'Show the next openings of a policy in local time and UTC, and why a date is skipped.',
  usage: 'FILE',
  options: {
    count: { type: 'string', short: 'n', value: 'N', help: `Openings to show, 1 to ${COUNT_MAX}; ${COUNT_DEFAULT} when left out.` },
    from: { type: 'string', value: 'INSTANT', help: 'Start here instead of now, for example 2026-11-01T00:00Z.' },
  },
  notes: ['markdown and ics print what a policy with spec.report.calendar is given on the state branch, without what people ordered.', 'Hours are elapsed hours. A date the policy does not allow, or that does not exist, is listed with its reason.'],
  async run(args, io) {
    const wish = parseWish(args, io);
    if (wish.kind === 'refused') {
      for (const message of wish.messages) io.printError(`slackwater calendar: ${message}`);
      return 1;
    }
    const read = await readPolicyFiles(args.positionals);
    for (const message of read.unreadable) io.printError(`slackwater calendar: ${message}`);
    for (const fault of read.faults) io.printError(renderFault(fault, placeOf(fault)));
    if (read.unreadable.length > 0 || read.faults.length > 0) return 1;
    if (args.output === 'json') io.print(renderJson({ schema: 'slackwater.calendar/v1', policies: read.policies.map((policy) => calendarOf(policy, wish)) }));
    else if (args.output === 'markdown') io.print(renderCalendarMarkdown(commonCalendar(read.policies, wish)).trimEnd());
    else if (args.output === 'ics') io.print(renderIcs(commonCalendar(read.policies, wish), null, wish.from).replace(/\n$/, ''));
    else io.print(read.policies.map((policy) => renderCalendar(policy, wish)).join('\n\n'));
    return 0;
  },
};

function commonCalendar(policies: readonly MaintenancePolicy[], { from, count }: Wish): MaintenanceCalendar {
  return maintenanceCalendarOf(policies.map((policy) => ({ policy, orders: [] })), from, count);
}

interface Wish {
  readonly kind: 'wish';
  readonly count: number;
  readonly from: Instant;
}

function parseWish(args: CommandArguments, io: CommandIo): Wish | { readonly kind: 'refused'; readonly messages: readonly string[] } {
  const messages: string[] = [];
  if (args.positionals.length !== 1) messages.push('name one policy file, for example: slackwater calendar policies/shop.yaml');
  const countText = args.values.get('count') ?? String(COUNT_DEFAULT);
  const count = /^\d{1,4}$/.test(countText) ? Number(countText) : 0;
  if (count < 1 || count > COUNT_MAX) messages.push(`--count is ${JSON.stringify(countText)}; write a whole number from 1 to ${COUNT_MAX}.`);
  const fromText = args.values.get('from');
  const from = fromText === undefined ? io.now() : parseInstant(fromText);
  if (from === null) messages.push(`--from is ${JSON.stringify(fromText)}; write a moment with its zone, for example 2026-11-01T00:00Z.`);
  return messages.length > 0 || from === null ? { kind: 'refused', messages } : { kind: 'wish', count, from };
}

function calendarOf(policy: MaintenancePolicy, wish: Wish): unknown {
  const { window } = policy;
  const occurrences = nextOccurrences(window, wish.from, wish.count);
  const open = openingAt(window, wish.from);
  return {
    policy: policy.name,
    file: policy.source,
    timeZone: window.timeZone,
    from: formatInstant(wish.from),
    openNow: open === null ? null : { opens: formatInstant(open.opens), closes: formatInstant(open.closes), restriction: open.restriction },
    openings: occurrences.flatMap((each) => (each.kind === 'opens' ? [openingOf(each, window)] : [])),
    skipped: occurrences.flatMap((each) => (each.kind === 'skipped' ? [{ date: each.localDate, code: each.code, reason: each.reason }] : [])),
  };
}

function openingOf(occurrence: Extract<WindowOccurrence, { kind: 'opens' }>, window: WindowSchedule): unknown {
  const { opening, notes } = occurrence;
  return {
    date: occurrence.localDate,
    opens: formatInstant(opening.opens),
    closes: formatInstant(opening.closes),
    opensLocal: formatLocal(opening.opens, window.timeZone),
    closesLocal: formatLocal(opening.closes, window.timeZone),
    minutes: minutesBetween(opening.opens, opening.closes),
    restriction: opening.restriction,
    reason: opening.reason,
    notes,
  };
}

function renderCalendar(policy: MaintenancePolicy, wish: Wish): string {
  const { window } = policy;
  const occurrences = nextOccurrences(window, wish.from, wish.count);
  const open = openingAt(window, wish.from);
  const heading = [`${policy.name}: ${describeSchedule(window)}`];
  if (open !== null && open.opens < wish.from) {
    heading.push(`Open since ${formatLocal(open.opens, window.timeZone)}, closes ${formatBothDated(open.closes, window.timeZone)}.`);
  }
  const rows = collapse(occurrences).map((each) => rowOf(each, window));
  if (!occurrences.some((each) => each.kind === 'opens')) rows.push(['never', '', '', '', '', 'No opening in the next ten years: look at startDate and notAllowedDates.']);
  const table = renderTable([['', `opens (${window.timeZone})`, 'closes', 'opens (UTC)', 'hours', 'note'], ...rows]);
  return [...heading, '', table].join('\n');
}

interface SkippedDates {
  readonly kind: 'skipped';
  readonly first: string;
  readonly last: string;
  readonly count: number;
  readonly reason: string;
}

/** Dates skipped one after the other for the same reason become one line, so that a long freeze stays readable. */
function collapse(occurrences: readonly WindowOccurrence[]): readonly (Extract<WindowOccurrence, { kind: 'opens' }> | SkippedDates)[] {
  const lines: (Extract<WindowOccurrence, { kind: 'opens' }> | SkippedDates)[] = [];
  for (const occurrence of occurrences) {
    const previous = lines.at(-1);
    if (occurrence.kind === 'opens') {
      lines.push(occurrence);
    } else if (previous?.kind === 'skipped' && previous.reason === occurrence.reason) {
      lines.splice(-1, 1, { ...previous, last: occurrence.localDate, count: previous.count + 1 });
    } else {
      lines.push({ kind: 'skipped', first: occurrence.localDate, last: occurrence.localDate, count: 1, reason: occurrence.reason });
    }
  }
  return lines;
}

function rowOf(line: Extract<WindowOccurrence, { kind: 'opens' }> | SkippedDates, window: WindowSchedule): readonly string[] {
  if (line.kind === 'skipped') {
    const until = line.count === 1 ? '' : `to ${formatLocalDate(line.last)}`;
    const times = line.count === 1 ? '' : `${line.count} dates: `;
    return ['skipped', formatLocalDate(line.first), until, '', '', `${times}${printable(line.reason)}`];
  }
  const { opens, closes } = line.opening;
  const hours = String(Math.round(((closes - opens) / HOUR_MS) * 100) / 100);
  return ['opens', formatLocal(opens, window.timeZone), formatLocal(closes, window.timeZone), formatUtcDated(opens), hours, line.notes.map(printable).join(' ')];
}

function describeSchedule(window: WindowSchedule): string {
  const from = window.startDate === null ? '' : `, from ${window.startDate}`;
  return `${describeDays(window.schedule)} at ${window.startTime} ${window.timeZone} for ${window.durationHours} h${from}`;
}

function describeDays(schedule: WindowSchedule['schedule']): string {
  switch (schedule.kind) {
    case 'daily':
      return schedule.intervalDays === 1 ? 'every day' : `every ${schedule.intervalDays} days`;
    case 'weekly':
      return schedule.intervalWeeks === 1 ? `every ${schedule.dayOfWeek}` : `${schedule.dayOfWeek} every ${schedule.intervalWeeks} weeks`;
    case 'absoluteMonthly':
      return `day ${schedule.dayOfMonth} of ${describeMonths(schedule.intervalMonths)}`;
    case 'relativeMonthly':
      return `${schedule.weekIndex.toLowerCase()} ${schedule.dayOfWeek} of ${describeMonths(schedule.intervalMonths)}`;
  }
}

function describeMonths(intervalMonths: number): string {
  return intervalMonths === 1 ? 'every month' : `a month, every ${intervalMonths} months`;
}
