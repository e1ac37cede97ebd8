import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';

/** A moment as GitHub writes it, `2026-11-21T22:04:05Z`: whole seconds, UTC. Takes moments from 1970 on. */
export function toTimestamp(moment: Instant): string {
  let year = 1970;
  let day = Math.floor(moment / DAY_MS);
  for (; day >= daysOfYear(year); year += 1) day -= daysOfYear(year);
  let month = 0;
  for (; day >= daysOfMonth(year, month); month += 1) day -= daysOfMonth(year, month);
  const rest = moment % DAY_MS;
  const clock = [rest / HOUR_MS, (rest % HOUR_MS) / MINUTE_MS, (rest % MINUTE_MS) / SECOND_MS];
  return `${year}-${two(month + 1)}-${two(day + 1)}T${clock.map(two).join(':')}Z`;
}

function two(part: number): string {
  return String(Math.floor(part)).padStart(2, '0');
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysOfYear(year: number): number {
  return isLeap(year) ? 366 : 365;
}

function daysOfMonth(year: number, month: number): number {
  if (month === 1) return isLeap(year) ? 29 : 28;
  return [3, 5, 8, 10].includes(month) ? 30 : 31;
}
