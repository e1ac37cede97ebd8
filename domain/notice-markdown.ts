import { noticeMarker, withMarker } from './hidden-marker.ts';
import { renderPhrase } from './markdown-text.ts';
import type { Phrase } from './markdown-text.ts';
import { reportLines } from './report-lines.ts';
import type { ReportLine } from './report-lines.ts';
import { namesOf, unitPhrase } from './report-words.ts';
import type { Instant } from './time.ts';
import type { UnitName } from './upgrade-plan.ts';
import type { WindowStatus } from './window-status.ts';

/**
 * The one comment of a change of state: short, because the issue above it holds the rest.
 *
 * `onCall` (a login or team of the policy) is mentioned only when a person can act: on a pause, and on an end that left
 * something over or was one more of several windows missed in a row. `key` is unique in the run, so a repeat finds the comment and posts none.
 */
export function renderNotice(
  status: WindowStatus,
  kind: 'paused' | 'resumed' | 'ended',
  key: string,
  onCall: string | null,
  now: Instant,
): { readonly marker: string; readonly body: string } {
  const marker = noticeMarker(status.runId, key);
  const lines = reportLines(status, now);
  const [users, waiting, needed, fate, options] = lines.map((line) => lineText(line, status.timeZone));
  const texts: Readonly<Record<typeof kind, readonly (string | undefined)[]>> = {
    paused: [headOf(status, 'Paused: '), waiting, needed, fate, options],
    resumed: [headOf(status, 'Going on: ', letGo(status, key)), users, waiting],
    ended: [headOf(status, 'Ended: '), users, needed, ...leftOver(status)],
  };
  const call = kind === 'paused' || (kind === 'ended' && (status.leftOver.length > 0 || status.missed !== null)) ? mentionOf(onCall) : '';
  const body = [...texts[kind].filter((text) => text !== undefined), call].filter((text) => text !== '').join('\n\n');
  return { marker, body: withMarker(body, marker) };
}

function lineText({ label, text }: ReportLine, timeZone: string): string {
  return renderPhrase([{ strong: label }, ' ', ...text], timeZone);
}

/** Key of the notice that a hold cleared; its number names the hold. */
export function letGoKey(holdNumber: number): string {
  return `let-go-${holdNumber}`;
}

function letGo({ holds }: WindowStatus, key: string): UnitName | 'run' | null {
  return holds.find(({ number }) => letGoKey(number) === key)?.unit ?? null;
}

function headOf(status: WindowStatus, word: string, about: UnitName | 'run' | null = null): string {
  const unit = about ?? status.pause?.unit ?? 'run';
  const place: Phrase = unit === 'run' ? [] : [...unitPhrase(unit), ' of '];
  return renderPhrase([{ strong: word.trim() }, ' ', ...place, { name: status.clusterName }, '.'], status.timeZone);
}

function leftOver(status: WindowStatus): readonly string[] {
  if (status.leftOver.length === 0) return [];
  const shown = status.leftOver.slice(0, 5).map((text) => `- ${renderPhrase([text], status.timeZone)}`);
  const more = status.leftOver.length > 5 ? [`- and ${status.leftOver.length - 5} more, in the issue.`] : [];
  return [[...shown, ...more].join('\n')];
}

/** A mention only of what has the form of a login or a team; anything else is shown as text and mentions nobody. */
function mentionOf(onCall: string | null): string {
  if (onCall === null) return '';
  const form = /^@[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$/;
  return form.test(onCall) ? `${onCall}: please look.` : renderPhrase([...namesOf([onCall], 1), ': please look.'], 'UTC');
}
