import { parseInstant } from './local-time.ts';
import type { Phrase } from './markdown-text.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** `Sat 10 Oct 2026 20:45Z` or a bare `20:45Z`; one in brackets behind its local time is left alone. */
const moments = /(?:\b[A-Z][a-z]{2} (?<day>\d{1,2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) )?(?<![\w:(.-])(?<hour>[01]\d|2[0-3]):(?<minute>[0-5]\d)Z(?![\w)])/g;

/**
 * A phrase whose sentences tell every moment in local time too.
 *
 * Sentences made where no time zone is known tell UTC alone; here, where people read them, both are told. A bare time of day
 * is the one nearest to `reference`, which is right within half a day of it.
 */
export function inBothTimes(phrase: Phrase, reference: Instant): Phrase {
  return phrase.flatMap((part) => (typeof part === 'string' ? splitMoments(part, reference) : [part]));
}

function splitMoments(text: string, reference: Instant): Phrase {
  const parts: Phrase[number][] = [];
  let from = 0;
  for (const match of text.matchAll(moments)) {
    const moment = momentOf(match.groups ?? {}, reference);
    if (moment === null) continue;
    parts.push(text.slice(from, match.index), moment);
    from = match.index + match[0].length;
  }
  return from === 0 ? [text] : [...parts, text.slice(from)].filter((part) => part !== '');
}

function momentOf({ day, month, year, hour, minute }: Readonly<Record<string, string | undefined>>, reference: Instant): Phrase[number] | null {
  const clock = `${hour ?? ''}:${minute ?? ''}`;
  if (day === undefined) return { at: nearest(Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS, reference), form: 'clock' };
  const number = String(months.indexOf(month ?? '') + 1).padStart(2, '0');
  const at = parseInstant(`${year ?? ''}-${number}-${day.padStart(2, '0')}T${clock}Z`);
  return at === null ? null : { at, form: 'dated' };
}

function nearest(timeOfDay: number, reference: Instant): Instant {
  const midnight = Math.floor(reference / DAY_MS) * DAY_MS;
  const days = [-1, 0, 1].map((day) => midnight + day * DAY_MS + timeOfDay);
  return days.toSorted((one, other) => Math.abs(one - reference) - Math.abs(other - reference))[0] ?? reference;
}
