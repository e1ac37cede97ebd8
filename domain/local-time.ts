import { Temporal } from 'temporal-polyfill';
import { closestWord } from './closest-word.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Whether `name` is an IANA zone this host knows or a fixed offset such as `+01:00`. */
export function isTimeZone(name: string): boolean {
  return findTimeZone(name) !== null;
}

/** The zone's name in its usual spelling (`europe/paris` becomes `Europe/Paris`), or null when this host does not know it. */
export function findTimeZone(name: string): string | null {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
  } catch {
    return null;
  }
}

/** The IANA zone a mistyped name was probably meant to be; null when none is near. */
export function closestTimeZone(name: string): string | null {
  return closestWord(name, Intl.supportedValuesOf('timeZone'));
}

/** Whether `text` is `YYYY-MM-DD` and such a day exists. */
export function isLocalDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    Temporal.PlainDate.from(text, { overflow: 'reject' });
    return true;
  } catch {
    return false;
  }
}

/** A moment written as ISO 8601 with `Z` or an offset (`2026-11-01T00:00Z`); null when it is none. */
export function parseInstant(text: string): Instant | null {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}

/** A moment, or the moment a duration from `now` ends: `2026-11-01T00:00Z`, `90m`, `2h`, `1h30m`, `PT2H`; null when it is neither. */
export function parseMomentOrDuration(text: string, now: Instant): Instant | null {
  const short = /^(?:(\d{1,4})h)?(?:(\d{1,5})m(?:in)?)?$/i.exec(text);
  if (short !== null && text !== '') return now + (Number(short[1] ?? 0) * 60 + Number(short[2] ?? 0)) * MINUTE_MS;
  if (!/^PT\d/i.test(text)) return parseInstant(text);
  try {
    return now + Math.round(Temporal.Duration.from(text).total('milliseconds'));
  } catch {
    return null;
  }
}

/** The moment as ISO 8601 in UTC for machines: `2026-11-21T21:00:00Z`. */
export function formatInstant(instant: Instant): string {
  return Temporal.Instant.fromEpochMilliseconds(instant).toString();
}

/** The zone's offset from UTC at that moment: `+01:00`. `timeZone` must satisfy {@link isTimeZone}. */
export function utcOffsetAt(instant: Instant, timeZone: string): string {
  return localTime(instant, timeZone).offset;
}

/** `Sat 21 Nov 2026 22:00`, in English whatever the host's language. `timeZone` must satisfy {@link isTimeZone}. */
export function formatLocal(instant: Instant, timeZone: string): string {
  const at = localTime(instant, timeZone);
  return `${dayAndMonth(at)} ${at.year} ${clock(at)}`;
}

/** `21:00Z`. */
export function formatUtc(instant: Instant): string {
  return `${clock(localTime(instant, 'UTC'))}Z`;
}

/** `Sat 21 Nov 2026 21:00Z`. */
export function formatUtcDated(instant: Instant): string {
  return `${formatLocal(instant, 'UTC')}Z`;
}

/** `22:34 (21:34Z)`: for a line that stands near a date. `timeZone` must satisfy {@link isTimeZone}. */
export function formatBoth(instant: Instant, timeZone: string): string {
  return `${clock(localTime(instant, timeZone))} (${formatUtc(instant)})`;
}

/** `Sat 17 Oct 22:00 (20:00Z)`, or `Sun 18 Oct 01:00 (Sat 23:00Z)` where the dates differ. `timeZone` must satisfy {@link isTimeZone}. */
export function formatBothDated(instant: Instant, timeZone: string): string {
  const local = localTime(instant, timeZone);
  const utc = localTime(instant, 'UTC');
  const utcDay = local.dayOfWeek === utc.dayOfWeek ? '' : `${DAYS[utc.dayOfWeek - 1]} `;
  return `${dayAndMonth(local)} ${clock(local)} (${utcDay}${clock(utc)}Z)`;
}

/** `Sun 25 Oct`, by the clock of `timeZone`, which must satisfy {@link isTimeZone}. */
export function formatLocalDay(instant: Instant, timeZone: string): string {
  return dayAndMonth(localTime(instant, timeZone));
}

/** Whether the clock of `timeZone` shows the time of `instant` twice that day. `timeZone` must satisfy {@link isTimeZone}. */
export function comesTwice(instant: Instant, timeZone: string): boolean {
  const clock = localTime(instant, timeZone).toPlainDateTime();
  const [first, second] = [clock.toZonedDateTime(timeZone, { disambiguation: 'earlier' }), clock.toZonedDateTime(timeZone, { disambiguation: 'later' })];
  return first.epochMilliseconds !== second.epochMilliseconds;
}

/** When clocks of `timeZone` last changed before `instant`; null where they do not. `timeZone` must satisfy {@link isTimeZone}. */
export function lastClockChange(instant: Instant, timeZone: string): Instant | null {
  return localTime(instant, timeZone).getTimeZoneTransition('previous')?.epochMilliseconds ?? null;
}

/** `Sat 19 Dec 2026` for `2026-12-19`. `localDate` must satisfy {@link isLocalDate}. */
export function formatLocalDate(localDate: string): string {
  const date = Temporal.PlainDate.from(localDate);
  return `${dayAndMonth(date)} ${date.year}`;
}

function localTime(instant: Instant, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
}

function dayAndMonth(at: Temporal.ZonedDateTime | Temporal.PlainDate): string {
  return `${DAYS[at.dayOfWeek - 1]} ${at.day} ${MONTHS[at.month - 1]}`;
}

function clock(at: Temporal.ZonedDateTime): string {
  return `${String(at.hour).padStart(2, '0')}:${String(at.minute).padStart(2, '0')}`;
}
