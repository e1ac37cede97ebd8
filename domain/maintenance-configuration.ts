import type { JsonRecord } from './json.ts';
import { isRecord, numberAt, recordsAt, textAt } from './json.ts';
import type { DayOfWeek, NotAllowedDates, Schedule, WeekIndex, WindowSchedule } from './maintenance-policy.ts';

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const satisfies readonly DayOfWeek[];
const weeks = ['First', 'Second', 'Third', 'Fourth', 'Last'] as const satisfies readonly WeekIndex[];

/**
 * Reads the `maintenanceWindow` of an AKS maintenance configuration in our own terms; null when it is none.
 *
 * AKS counts in a fixed offset from UTC, `+00:00` unless told otherwise (facts: AKS "Use planned maintenance").
 */
export function readSchedule(window: JsonRecord): WindowSchedule | null {
  const schedule = readKind(window['schedule']);
  const startTime = textAt(window, 'startTime');
  const durationHours = numberAt(window, 'durationHours');
  if (schedule === null || startTime === null || durationHours === null) return null;
  const offset = textAt(window, 'utcOffset') ?? '+00:00';
  return {
    timeZone: /^[+-]/.test(offset) ? offset : `+${offset}`,
    startTime: startTime.slice(0, 5),
    durationHours,
    schedule,
    startDate: dateOf(textAt(window, 'startDate')),
    notAllowedDates: recordsAt(window, 'notAllowedDates').flatMap(readNotAllowed),
  };
}

function readKind(schedule: unknown): Schedule | null {
  if (!isRecord(schedule)) return null;
  const { daily, weekly, absoluteMonthly, relativeMonthly } = schedule;
  if (isRecord(daily)) return { kind: 'daily', intervalDays: numberAt(daily, 'intervalDays') ?? 1 };
  if (isRecord(weekly)) {
    const dayOfWeek = oneOf(days, textAt(weekly, 'dayOfWeek'));
    return dayOfWeek === null ? null : { kind: 'weekly', intervalWeeks: numberAt(weekly, 'intervalWeeks') ?? 1, dayOfWeek };
  }
  if (isRecord(absoluteMonthly)) {
    const dayOfMonth = numberAt(absoluteMonthly, 'dayOfMonth');
    const intervalMonths = numberAt(absoluteMonthly, 'intervalMonths') ?? 1;
    return dayOfMonth === null ? null : { kind: 'absoluteMonthly', intervalMonths, dayOfMonth };
  }
  if (!isRecord(relativeMonthly)) return null;
  const weekIndex = oneOf(weeks, textAt(relativeMonthly, 'weekIndex'));
  const dayOfWeek = oneOf(days, textAt(relativeMonthly, 'dayOfWeek'));
  if (weekIndex === null || dayOfWeek === null) return null;
  return { kind: 'relativeMonthly', intervalMonths: numberAt(relativeMonthly, 'intervalMonths') ?? 1, weekIndex, dayOfWeek };
}

function readNotAllowed(dates: JsonRecord): readonly NotAllowedDates[] {
  const [start, end] = [dateOf(textAt(dates, 'start')), dateOf(textAt(dates, 'end'))];
  return start === null || end === null ? [] : [{ start, end, reason: 'AKS maintenance configuration', scope: 'all' }];
}

/** The date of `2026-11-21` and of `2026-11-21T00:00:00Z`, which some clients write. */
function dateOf(text: string | null): string | null {
  return text === null ? null : text.slice(0, 10);
}

function oneOf<T extends string>(words: readonly T[], text: string | null): T | null {
  return words.find((word) => word.toLowerCase() === text?.toLowerCase()) ?? null;
}
