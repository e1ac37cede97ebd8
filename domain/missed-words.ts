import { formatLocalDate, isLocalDate, parseInstant } from './local-time.ts';
import type { Phrase } from './markdown-text.ts';
import { namesOf } from './report-words.ts';
import { DAY_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { WindowStatus } from './window-status.ts';

/** That windows were missed in a row, since when nothing was rolled, why, and how old the images are; empty when they were not. */
export function missedPhrase({ missed, window }: WindowStatus): Phrase {
  if (missed === null) return [];
  const { count, lastRollAt, reasons, oldestImage } = missed;
  const since: Phrase = lastRollAt === null ? ['No full roll is remembered'] : ['No full roll since ', { at: lastRollAt, form: 'dated' }, `, ${daysText(lastRollAt, window.opens)}`];
  const why: Phrase = reasons.length === 0 ? [] : [`, for ${reasons.length === 1 ? 'one reason' : `${reasons.length} different reasons`}: `, ...namesOf(reasons, 5)];
  return [...since, `: ${count} windows in a row were missed, this one included`, ...why, '. ', ...imageAge(oldestImage, window.opens)];
}

function imageAge(image: string, now: Instant): Phrase {
  const [, year, month, day] = /(\d{4})(\d{2})\.(\d{2})\.\d+$/.exec(image) ?? [];
  const date = `${year}-${month}-${day}`;
  const released = isLocalDate(date) ? parseInstant(`${date}T00:00Z`) : null;
  return released === null ? [] : [`The oldest node image is of ${formatLocalDate(date)}, ${daysText(released, now)} old. `];
}

function daysText(from: Instant, to: Instant): string {
  const days = Math.max(0, Math.floor((to - from) / DAY_MS));
  return days === 1 ? '1 day' : `${days} days`;
}
