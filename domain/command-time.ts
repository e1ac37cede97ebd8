import { Temporal } from 'temporal-polyfill';
import { isLocalDate, parseInstant } from './local-time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';

/** A time as people write it in a command. */
export type CommandTime =
  | { readonly kind: 'duration'; readonly milliseconds: number }
  | { readonly kind: 'moment'; readonly at: Instant }
  /** Of the policy's time zone; `time` null: whatever time of day is meant. */
  | { readonly kind: 'local'; readonly date: string; readonly time: string | null };

/** `90m`, `2h30m`, `2d`, `PT2H`, `P1D`, `2026-10-11`, `2026-10-11T01:30` (local), `2026-10-11T01:30Z`; null for anything else. */
export function readCommandTime(text: string): CommandTime | null {
  const [, days = '', hours = '', minutes = ''] = /^(?=\d)(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m(?:in)?)?$/i.exec(text) ?? [];
  if (`${days}${hours}${minutes}` !== '') return { kind: 'duration', milliseconds: Number(days) * DAY_MS + Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS };
  if (/^P[\dT]/i.test(text)) return durationOf(text);
  const [, date = '', time] = /^(\d{4}-\d{2}-\d{2})(?:T((?:[01]\d|2[0-3]):[0-5]\d))?$/i.exec(text) ?? [];
  if (date !== '') return isLocalDate(date) ? { kind: 'local', date, time: time ?? null } : null;
  const at = parseInstant(text);
  return at === null ? null : { kind: 'moment', at };
}

function durationOf(text: string): CommandTime | null {
  try {
    return { kind: 'duration', milliseconds: Math.round(Temporal.Duration.from(text).round({ largestUnit: 'hours', relativeTo: '1970-01-01' }).total('milliseconds')) };
  } catch {
    return null;
  }
}

/** The moment meant: a duration counts from `from`; a local date without a time takes `timeOfDay` (`HH:mm`). */
export function momentOf(written: CommandTime, from: Instant, local: { readonly timeZone: string; readonly timeOfDay: string }): Instant {
  switch (written.kind) {
    case 'duration':
      return from + written.milliseconds;
    case 'moment':
      return written.at;
    case 'local': {
      const day = Temporal.PlainDate.from(written.date).toPlainDateTime(Temporal.PlainTime.from(written.time ?? local.timeOfDay));
      return day.toZonedDateTime(local.timeZone, { disambiguation: 'compatible' }).epochMilliseconds;
    }
  }
}
