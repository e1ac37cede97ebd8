import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './time.ts';
import type { Instant } from './time.ts';

const suffixFactors: Readonly<Record<string, number>> = {
  '': 1, n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
};

const quantityForm = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/**
 * A Kubernetes quantity (`7860m`, `30Gi`, `1e3`, `4`) in its base unit; null when the text is none.
 *
 * @see Kubernetes API reference, "Quantity".
 */
export function parseQuantity(text: string): number | null {
  const match = quantityForm.exec(text);
  if (match === null) return null;
  const [, digits = '', exponent = '', suffix = ''] = match;
  if (exponent !== '') return Number(`${digits}${exponent}`);
  return Number(digits) * (suffixFactors[suffix] ?? Number.NaN);
}

/** A CPU quantity, text or bare number. Unit: thousandths of a core, rounded up; null when it is neither. */
export function parseCpuMillicores(value: unknown): number | null {
  return scaled(value, 1_000);
}

/** A memory quantity, text or bare number. Unit: bytes, rounded up; null when it is neither. */
export function parseMemoryBytes(value: unknown): number | null {
  return scaled(value, 1);
}

function scaled(value: unknown, factor: number): number | null {
  const amount = typeof value === 'number' ? value : typeof value === 'string' ? parseQuantity(value) : null;
  // Tiny overshoots of binary fractions (0.1 × 1000) must not round up to the next unit.
  return amount === null ? null : Math.ceil(amount * factor - 1e-6);
}

const timestampForm =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** An RFC 3339 timestamp, fractions of a millisecond dropped; null when the text is none. */
export function parseTimestamp(text: string): Instant | null {
  return parsePlainTimestamp(text) ?? parseAnyTimestamp(text);
}

/** `2026-11-21T00:54:15Z`, as Kubernetes writes nearly all of hundreds of thousands; null for any other form. */
function parsePlainTimestamp(text: string): Instant | null {
  if (text.length !== 20 || text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH || text.charCodeAt(10) !== LETTER_T) return null;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON || text.charCodeAt(19) !== LETTER_Z) return null;
  const days = daysSinceEpoch(digitsAt(text, 0, 4), digitsAt(text, 5, 2), digitsAt(text, 8, 2));
  const hour = digitsAt(text, 11, 2);
  const minute = digitsAt(text, 14, 2);
  const second = digitsAt(text, 17, 2);
  // A place without a digit made its number NaN, which no comparison holds for.
  const isWhole = days !== null && !Number.isNaN(days) && hour <= 23 && minute <= 59 && second <= 60;
  return isWhole ? days * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS : null;
}

const [DASH, COLON, LETTER_T, LETTER_Z, ZERO] = [0x2d, 0x3a, 0x54, 0x5a, 0x30];

/** The number `count` digits make; NaN when there is anything else. */
function digitsAt(text: string, start: number, count: number): number {
  let value = 0;
  for (let index = start; index < start + count; index += 1) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function parseAnyTimestamp(text: string): Instant | null {
  const match = timestampForm.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match;
  const days = daysSinceEpoch(Number(year), Number(month), Number(day));
  if (days === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const local = days * DAY_MS + Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS + Number(second) * SECOND_MS + milliseconds;
  const offset = Number(offsetHour) * HOUR_MS + Number(offsetMinute) * MINUTE_MS;
  return sign === '-' ? local + offset : local - offset;
}

const daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Own arithmetic because this room has no `Date` and Temporal is too slow for hundreds of thousands of timestamps. */
function daysSinceEpoch(year: number, month: number, day: number): number | null {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const length = (daysOfMonth[month - 1] ?? 0) + (month === 2 && isLeap ? 1 : 0);
  if (day < 1 || day > length) return null;
  const previous = year - 1;
  const leapDays = Math.floor(previous / 4) - Math.floor(previous / 100) + Math.floor(previous / 400);
  // 719 162 days lie between 0001-01-01 and 1970-01-01.
  const sinceYearOne = previous * 365 + leapDays + (daysBeforeMonth[month - 1] ?? 0) + (month > 2 && isLeap ? 1 : 0) + day - 1;
  return sinceYearOne - 719_162;
}
