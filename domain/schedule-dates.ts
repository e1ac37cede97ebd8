import { Temporal } from 'temporal-polyfill';
import type { DayOfWeek, Schedule, WeekIndex } from './maintenance-policy.ts';

/** A date the schedule names: one that exists, or a month without the day asked for (its last day stands for it). */
export interface ScheduledDate {
  readonly date: Temporal.PlainDate;
  readonly kind: 'date' | 'missing-day';
}

/** A Monday: where days and weeks are counted from when a policy has no start date. */
const DAY_ANCHOR = Temporal.PlainDate.from('1970-01-05');
/** Where months are counted from when a policy has no start date: every third month is January, April, July, October. */
const MONTH_ANCHOR = Temporal.PlainDate.from('1970-01-01');

const DAY_NUMBERS: Readonly<Record<DayOfWeek, number>> = {
  Monday: 1,
  Tuesday: 2,
  Wednesday: 3,
  Thursday: 4,
  Friday: 5,
  Saturday: 6,
  Sunday: 7,
};
const WEEK_NUMBERS: Readonly<Record<Exclude<WeekIndex, 'Last'>, number>> = { First: 0, Second: 1, Third: 2, Fourth: 3 };

/**
 * The local dates a schedule names from `first` to `last`, both included, ascending.
 *
 * The first matching date on or after `startDate` counts as number 0 of the interval. The AKS documentation does not
 * say what a month without the 29th, 30th or 31st does; here it has no opening, because another day was not agreed to.
 */
export function scheduledDates(
  schedule: Schedule,
  startDate: string | null,
  range: { readonly first: Temporal.PlainDate; readonly last: Temporal.PlainDate },
): readonly ScheduledDate[] {
  switch (schedule.kind) {
    case 'daily':
      return datesEvery(schedule.intervalDays, anchorOf(startDate, DAY_ANCHOR), range);
    case 'weekly': {
      const anchor = anchorOf(startDate, DAY_ANCHOR);
      const daysAhead = (DAY_NUMBERS[schedule.dayOfWeek] - anchor.dayOfWeek + 7) % 7;
      return datesEvery(schedule.intervalWeeks * 7, anchor.add({ days: daysAhead }), range);
    }
    case 'absoluteMonthly':
      return datesEveryMonths(schedule.intervalMonths, anchorOf(startDate, MONTH_ANCHOR), range, (month) =>
        schedule.dayOfMonth > month.daysInMonth ? null : month.with({ day: schedule.dayOfMonth }),
      );
    case 'relativeMonthly':
      return datesEveryMonths(schedule.intervalMonths, anchorOf(startDate, MONTH_ANCHOR), range, (month) =>
        weekdayOf(month, schedule.weekIndex, schedule.dayOfWeek),
      );
  }
}

function anchorOf(startDate: string | null, fallback: Temporal.PlainDate): Temporal.PlainDate {
  return startDate === null ? fallback : Temporal.PlainDate.from(startDate);
}

function datesEvery(
  intervalDays: number,
  anchor: Temporal.PlainDate,
  range: { readonly first: Temporal.PlainDate; readonly last: Temporal.PlainDate },
): readonly ScheduledDate[] {
  const daysToFirst = anchor.until(range.first, { largestUnit: 'days' }).days;
  const skipped = Math.max(0, Math.ceil(daysToFirst / intervalDays));
  const dates: ScheduledDate[] = [];
  let date = anchor.add({ days: skipped * intervalDays });
  while (Temporal.PlainDate.compare(date, range.last) <= 0) {
    dates.push({ date, kind: 'date' });
    date = date.add({ days: intervalDays });
  }
  return dates;
}

function datesEveryMonths(
  intervalMonths: number,
  anchor: Temporal.PlainDate,
  range: { readonly first: Temporal.PlainDate; readonly last: Temporal.PlainDate },
  dayIn: (firstOfMonth: Temporal.PlainDate) => Temporal.PlainDate | null,
): readonly ScheduledDate[] {
  let month = anchor.with({ day: 1 });
  for (let day = dayIn(month); day === null || Temporal.PlainDate.compare(day, anchor) < 0; day = dayIn(month)) {
    month = month.add({ months: 1 });
  }
  const monthsToFirst = month.until(range.first.with({ day: 1 }), { largestUnit: 'months' });
  const skipped = Math.max(0, Math.ceil((monthsToFirst.years * 12 + monthsToFirst.months) / intervalMonths));
  month = month.add({ months: skipped * intervalMonths });
  const dates: ScheduledDate[] = [];
  while (Temporal.PlainDate.compare(month, range.last) <= 0) {
    const day = dayIn(month);
    const date = day ?? month.with({ day: month.daysInMonth });
    const isInRange = Temporal.PlainDate.compare(date, range.first) >= 0 && Temporal.PlainDate.compare(date, range.last) <= 0;
    if (isInRange) dates.push({ date, kind: day === null ? 'missing-day' : 'date' });
    month = month.add({ months: intervalMonths });
  }
  return dates;
}

function weekdayOf(firstOfMonth: Temporal.PlainDate, weekIndex: WeekIndex, dayOfWeek: DayOfWeek): Temporal.PlainDate {
  const daysAhead = (DAY_NUMBERS[dayOfWeek] - firstOfMonth.dayOfWeek + 7) % 7;
  const first = firstOfMonth.add({ days: daysAhead });
  if (weekIndex !== 'Last') return first.add({ weeks: WEEK_NUMBERS[weekIndex] });
  const fifth = first.add({ weeks: 4 });
  return fifth.month === first.month ? fifth : first.add({ weeks: 3 });
}
