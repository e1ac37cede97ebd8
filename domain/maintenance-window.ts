import { Temporal } from 'temporal-polyfill';
import { isLocalDate, isTimeZone } from './local-time.ts';
import type { NotAllowedDates, WindowOpening, WindowSchedule } from './maintenance-policy.ts';
import { scheduledDates } from './schedule-dates.ts';
import type { ScheduledDate } from './schedule-dates.ts';
import { DAY_MS, HOUR_MS, isInside } from './time.ts';
import type { Instant, Span } from './time.ts';

/** A date the schedule names: the window opens on it, or does not and says why. */
export type WindowOccurrence =
  | {
      readonly kind: 'opens';
      /** Scheduled local date, `YYYY-MM-DD`. */
      readonly localDate: string;
      readonly opening: WindowOpening;
      /** What is unusual about it, a sentence each; empty when nothing is. */
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'skipped';
      /** Scheduled local date, `YYYY-MM-DD`; the month's last day where the month lacks the day. */
      readonly localDate: string;
      readonly code: 'not-allowed-dates' | 'no-such-day';
      readonly reason: string;
    };

/** An opening that is kept shut, and by which dates. */
export interface FrozenOpening {
  readonly opening: WindowOpening;
  /** Why, from the policy, with the dates. */
  readonly reason: string;
}

/** How far ahead a frozen opening is looked for. Unit: days. */
const FROZEN_SEARCH_DAYS = 400;

// Far enough for any interval and a long freeze; a window without an opening until then is as good as shut.
const SEARCH_DAYS = 3_660;
const SEARCH_STEP_DAYS = 61;

/**
 * The openings that have a moment in common with `from` (included) to `to` (excluded), ascending, never overlapping.
 *
 * An opening starts at the local start time and lasts elapsed hours. A start in the hour that is missing when clocks
 * go forward moves forward by the length of the gap; one in the hour that comes twice is the first. A schedule that
 * cannot be understood here (a zone this host does not know) has no openings.
 */
export function openingsBetween(window: WindowSchedule, from: Instant, to: Instant): readonly WindowOpening[] {
  return occurrencesBetween(window, from, to).flatMap((occurrence) =>
    occurrence.kind === 'opens' && occurrence.opening.opens < to && from < occurrence.opening.closes ? [occurrence.opening] : [],
  );
}

/** The next `count` openings that open at `after` or later; fewer when the next ten years have fewer. */
export function nextOpenings(window: WindowSchedule, after: Instant, count: number): readonly WindowOpening[] {
  return nextOccurrences(window, after, count).flatMap((occurrence) => (occurrence.kind === 'opens' ? [occurrence.opening] : []));
}

/** When the window opens after an opening of it; null when it never does again. */
export function nextOpeningAfter(window: WindowSchedule, opening: Pick<WindowOpening, 'closes'>): Instant | null {
  return nextOpenings(window, opening.closes, 1)[0]?.opens ?? null;
}

/** The opening `now` lies in, or null; whatever cannot be understood is closed. */
export function openingAt(window: WindowSchedule, now: Instant): WindowOpening | null {
  return openingsBetween(window, now, now + 1).find((opening) => isInside(now, opening)) ?? null;
}

/** The opening that `notAllowedDates` alone keep shut at `now`, with the dates that do; null when none is. */
export function frozenOpeningAt(window: WindowSchedule, now: Instant): FrozenOpening | null {
  return frozenBetween(window, now, now + 1).find(({ opening }) => isInside(now, opening)) ?? null;
}

/** The first opening at `after` or later that `notAllowedDates` keep shut, if it comes before the next that opens; else null. */
export function nextFrozenOpening(window: WindowSchedule, after: Instant): FrozenOpening | null {
  const next = nextOpenings(window, after, 1)[0]?.opens ?? after + FROZEN_SEARCH_DAYS * DAY_MS;
  return frozenBetween(window, after, Math.min(next, after + FROZEN_SEARCH_DAYS * DAY_MS)).find(({ opening }) => opening.opens >= after) ?? null;
}

function frozenBetween(window: WindowSchedule, from: Instant, to: Instant): readonly FrozenOpening[] {
  return occurrencesBetween(window, from, to).flatMap((occurrence) => {
    if (occurrence.kind !== 'skipped' || occurrence.code !== 'not-allowed-dates') return [];
    const { localDate, reason } = occurrence;
    const start = startOf(Temporal.PlainDate.from(localDate), window);
    const days = [localDate, start.toPlainDate().toString()];
    // Only the dates that keep this opening shut are left out: others still cut it short.
    const others = window.notAllowedDates.filter((dates) => dates.scope !== 'all' || !days.some((day) => covers(dates, day)));
    const shown = openingOn(localDate, start, { ...window, notAllowedDates: others });
    return shown.kind === 'opens' ? [{ opening: shown.opening, reason }] : [];
  });
}

/**
 * The opening as it would be if it opened at `opens` instead: as long, cut where dates that are not allowed begin. Null when
 * it would begin on such a date.
 */
export function movedOpening(window: WindowSchedule, opening: Pick<WindowOpening, 'opens' | 'closes'>, opens: Instant): WindowOpening | null {
  const start = Temporal.Instant.fromEpochMilliseconds(opens).toZonedDateTimeISO(window.timeZone);
  const localDate = start.toPlainDate().toString();
  if (window.notAllowedDates.some((dates) => dates.scope === 'all' && covers(dates, localDate))) return null;
  const shown = openingOn(localDate, start, window);
  return shown.kind === 'opens' ? { ...shown.opening, closes: Math.min(shown.opening.closes, opens + opening.closes - opening.opens) } : null;
}

/** Like {@link nextOpenings}, with the dates skipped before and between them. `count` counts openings alone. */
export function nextOccurrences(window: WindowSchedule, after: Instant, count: number): readonly WindowOccurrence[] {
  const found: WindowOccurrence[] = [];
  let openings = 0;
  for (let day = 0; day < SEARCH_DAYS; day += SEARCH_STEP_DAYS) {
    const from = after + day * DAY_MS;
    for (const occurrence of occurrencesBetween(window, from, from + SEARCH_STEP_DAYS * DAY_MS)) {
      if (openings === count) return found;
      if (!beginsIn(occurrence, window, { opens: from, closes: from + SEARCH_STEP_DAYS * DAY_MS })) continue;
      found.push(occurrence);
      if (occurrence.kind === 'opens') openings += 1;
    }
  }
  return found;
}

function beginsIn(occurrence: WindowOccurrence, window: WindowSchedule, span: Span): boolean {
  if (occurrence.kind === 'opens') return isInside(occurrence.opening.opens, span);
  return isInside(startOf(Temporal.PlainDate.from(occurrence.localDate), window).epochMilliseconds, span);
}

function occurrencesBetween(window: WindowSchedule, from: Instant, to: Instant): readonly WindowOccurrence[] {
  if (!isUnderstood(window)) return [];
  // An opening lasts a day at most, and a start may move by hours: two days on either side miss none.
  const first = Temporal.Instant.fromEpochMilliseconds(from - 2 * DAY_MS).toZonedDateTimeISO(window.timeZone).toPlainDate();
  const last = Temporal.Instant.fromEpochMilliseconds(to + 2 * DAY_MS).toZonedDateTimeISO(window.timeZone).toPlainDate();
  const dates = scheduledDates(window.schedule, window.startDate, { first, last });
  return endBeforeNext(dates.map((scheduled) => occurrenceOn(scheduled, window)));
}

function isUnderstood(window: WindowSchedule): boolean {
  const dates = window.notAllowedDates.flatMap(({ start, end }) => [start, end]);
  return (
    isTimeZone(window.timeZone) &&
    /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(window.startTime) &&
    window.durationHours > 0 &&
    [...dates, ...(window.startDate === null ? [] : [window.startDate])].every(isLocalDate)
  );
}

/** A daily opening of 24 hours would run into the next on the day clocks go forward; no moment belongs to two. */
function endBeforeNext(occurrences: readonly WindowOccurrence[]): readonly WindowOccurrence[] {
  return occurrences.map((occurrence, index) => {
    const next = occurrences.slice(index + 1).find((each) => each.kind === 'opens');
    if (occurrence.kind !== 'opens' || next?.kind !== 'opens' || occurrence.opening.closes <= next.opening.opens) return occurrence;
    return {
      ...occurrence,
      opening: { ...occurrence.opening, closes: next.opening.opens },
      notes: [...occurrence.notes, 'Ends where the next opening begins.'],
    };
  });
}

function occurrenceOn(scheduled: ScheduledDate, window: WindowSchedule): WindowOccurrence {
  const localDate = scheduled.date.toString();
  if (scheduled.kind === 'missing-day') {
    return { kind: 'skipped', localDate, code: 'no-such-day', reason: 'The month has no such day.' };
  }
  const start = startOf(scheduled.date, window);
  if (!hasDate(scheduled.date, window)) {
    return { kind: 'skipped', localDate, code: 'no-such-day', reason: `${window.timeZone} has no such day.` };
  }
  const startDates = [localDate, start.toPlainDate().toString()];
  const freeze = window.notAllowedDates.find((dates) => dates.scope === 'all' && startDates.some((date) => covers(dates, date)));
  if (freeze !== undefined) {
    return { kind: 'skipped', localDate, code: 'not-allowed-dates', reason: `${freeze.reason} (${freeze.start} to ${freeze.end})` };
  }
  return openingOn(localDate, start, window);
}

function openingOn(localDate: string, start: Temporal.ZonedDateTime, window: WindowSchedule): WindowOccurrence {
  const opens = start.epochMilliseconds;
  const wholeEnd = opens + window.durationHours * HOUR_MS;
  const startDate = start.toPlainDate().toString();
  const cut = firstFreezeAfter(startDate, window);
  const closes = cut === null ? wholeEnd : Math.min(wholeEnd, cut.at);
  // The last millisecond, so that closing at midnight does not touch the next day.
  const endDate = Temporal.Instant.fromEpochMilliseconds(closes - 1).toZonedDateTimeISO(window.timeZone).toPlainDate().toString();
  const minor = window.notAllowedDates.find((dates) => dates.scope === 'minor' && dates.start <= endDate && startDate <= dates.end);
  const notes = [
    ...clockNotes(start, window),
    ...(cut !== null && cut.at < wholeEnd ? [`Closes at midnight: ${cut.dates.reason} (from ${cut.dates.start}).`] : []),
    ...(minor === undefined ? [] : [`No minor version: ${minor.reason} (${minor.start} to ${minor.end}).`]),
  ];
  const restriction = minor === undefined ? 'none' : 'minor';
  return { kind: 'opens', localDate, opening: { opens, closes, restriction, reason: minor?.reason ?? '' }, notes };
}

function clockNotes(start: Temporal.ZonedDateTime, window: WindowSchedule): readonly string[] {
  const wanted = start.toPlainTime().toString({ smallestUnit: 'minute' });
  if (wanted !== window.startTime) return [`${window.startTime} does not exist on this day; opens at ${wanted}.`];
  const later = start.toPlainDateTime().toZonedDateTime(window.timeZone, { disambiguation: 'later' });
  return later.epochMilliseconds === start.epochMilliseconds ? [] : [`${window.startTime} comes twice on this day; opens at the first.`];
}

function firstFreezeAfter(startDate: string, window: WindowSchedule): { readonly at: Instant; readonly dates: NotAllowedDates } | null {
  const later = window.notAllowedDates
    .filter((dates) => dates.scope === 'all' && dates.start > startDate)
    .toSorted((a, b) => (a.start < b.start ? -1 : 1))[0];
  if (later === undefined) return null;
  const midnight = Temporal.PlainDate.from(later.start).toZonedDateTime(window.timeZone);
  return { at: midnight.epochMilliseconds, dates: later };
}

function startOf(date: Temporal.PlainDate, window: WindowSchedule): Temporal.ZonedDateTime {
  return date.toPlainDateTime(Temporal.PlainTime.from(window.startTime)).toZonedDateTime(window.timeZone, { disambiguation: 'compatible' });
}

/** False for a date that a zone left out whole, as Pacific/Apia did 2011-12-30. */
function hasDate(date: Temporal.PlainDate, window: WindowSchedule): boolean {
  return date.toZonedDateTime(window.timeZone).toPlainDate().equals(date);
}

function covers(dates: NotAllowedDates, localDate: string): boolean {
  return dates.start <= localDate && localDate <= dates.end;
}
