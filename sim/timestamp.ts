import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';

/** Kubernetes' form, whole seconds: `2026-11-21T22:00:00Z`. */
export function kubernetesTime(moment: Instant): string {
  return `${dateAndTime(moment)}Z`;
}

/** ARM's form, seven decimals: `2026-11-21T22:00:00.1230000Z`. */
export function armTime(moment: Instant): string {
  return `${dateAndTime(moment)}.${pad(floorModulo(moment, SECOND_MS), 3)}0000Z`;
}

function dateAndTime(moment: Instant): string {
  const { year, month, day } = civilDate(Math.floor(moment / DAY_MS));
  const ofDay = floorModulo(moment, DAY_MS);
  const hour = Math.floor(ofDay / HOUR_MS);
  const minute = Math.floor((ofDay % HOUR_MS) / MINUTE_MS);
  const second = Math.floor((ofDay % MINUTE_MS) / SECOND_MS);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}`;
}

/** Gregorian date of a day counted from 1970-01-01; years are counted from March, so that a leap day ends a year. */
function civilDate(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch + (monthFromMarch < 10 ? 3 : -9);
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

function floorModulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
