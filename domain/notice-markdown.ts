import { MISSED_ESCALATED } from './run-history.ts';
import { noticeMarker, withMarker } from './hidden-marker.ts';
import { renderPhrase } from './markdown-text.ts';
import type { Phrase } from './markdown-text.ts';
import { reportLines } from './report-lines.ts';
import type { ReportLine } from './report-lines.ts';
import { namesOf, spellMinutes, unitPhrase } from './report-words.ts';
import { PLAN_ONLY } from './slackwater-mode.ts';
import type { Lateness, NoticeKind } from './telling.ts';
import { minutesBetween } from './time.ts';
import type { Instant } from './time.ts';
import type { UnitName } from './upgrade-plan.ts';
import type { WindowStatus } from './window-status.ts';

/** Owners mentioned at once, so that a bad budget calls no crowd. */
const OWNERS_CALLED = 3;

/** What a notice is told with, besides the run's status. */
export interface NoticeTelling {
  /** Login or team to mention where no owner is known; null mentions nobody. */
  readonly onCall: string | null;
  /** Owner as workloads name it → whom the policy mentions for it. */
  readonly owners: Readonly<Record<string, string>>;
  /** Whom the policy mentions at a step of escalation, or for an approval. */
  readonly mention: string | null;
  /** Set where it is told late. */
  readonly late: Lateness | null;
}

/**
 * The one comment of a change of state: short, because the issue above it holds the rest.
 *
 * Mentions only people who can act: of a pause or hold the owners of what blocks it, else whoever is on call; at a step of escalation
 * whom that step names; at an end that left something over, or was one more of several windows missed in a row, whoever is on
 * call. Nobody where what it tells has passed, or where somebody paused the run on purpose. `key` is unique in the run, so a
 * repeat finds the comment and posts none.
 */
export function renderNotice(
  status: WindowStatus,
  kind: NoticeKind,
  key: string,
  telling: NoticeTelling,
  now: Instant,
): { readonly marker: string; readonly body: string } {
  const marker = noticeMarker(status.runId, key);
  const lines = reportLines(status, now);
  const [users, waiting, needed, fate, options] = lines.map((line) => lineText(line, status.timeZone));
  const late = lateLine(telling.late, status.timeZone, now);
  const texts: Readonly<Record<typeof kind, readonly (string | undefined)[]>> = {
    held: [headOf(status, 'Waiting: '), late, waiting, needed, fate, options],
    paused: [headOf(status, 'Paused: '), late, waiting, needed, fate, options],
    resumed: [headOf(status, 'Going on: ', letGo(status, key)), late, users, waiting],
    escalated: [headOf(status, 'Still paused: '), late, users, waiting, needed, fate, options],
    ended: [headOf(status, 'Ended: '), late, users, needed, ...leftOver(status)],
  };
  const calls = telling.late?.isOver === true ? [] : calledBy(status, kind, telling);
  const body = [...texts[kind].filter((text) => text !== undefined), callOf(calls)].filter((text) => text !== '').join('\n\n');
  return { marker, body: withMarker(body, marker) };
}

/** Why and since when words come late; empty when they do not. */
export function lateLine(late: Lateness | null, timeZone: string, now: Instant): string {
  if (late === null) return '';
  const over = late.isOver ? ' It has passed meanwhile; nobody needs to act on it.' : '';
  return renderPhrase([{ strong: 'Told late:' }, ' this was at ', { at: late.at, form: 'clock' }, ` and is told ${spellMinutes(minutesBetween(late.at, now))} after, because GitHub took no words (`, { name: late.code }, `).${over}`], timeZone);
}

/** Whom a notice mentions, each once. */
function calledBy({ pause, holds, standing, leftOver: left, missed }: WindowStatus, kind: NoticeKind, { onCall, owners, mention }: NoticeTelling): readonly string[] {
  const lead = onCall === null ? [] : [onCall];
  if (kind === 'escalated') return mention === null ? lead : [mention];
  // Who set it so need not be called for it, window after window.
  if (holds.some(({ causes }) => causes.some(({ code }) => code === PLAN_ONLY))) return [];
  if (kind === 'ended') return left.length > 0 || (missed?.count ?? 0) >= MISSED_ESCALATED ? lead : [];
  if (kind === 'resumed' || pause?.kind === 'operator' || (kind === 'held' && standing?.waitsFor === 'unfreeze')) return [];
  if (kind === 'held' && mention !== null) return [mention];
  const causes = kind === 'held' ? holds.filter(({ state }) => state === 'waiting').flatMap((hold) => hold.causes) : (pause?.causes ?? []);
  const named = causes.flatMap(({ owner }) => (owner ?? '').split(', ')).flatMap((owner) => (Object.hasOwn(owners, owner) ? [owners[owner] ?? ''] : []));
  const known = [...new Set(named)].filter((name) => name !== '').slice(0, OWNERS_CALLED);
  return known.length > 0 ? known : lead;
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
function callOf(names: readonly string[]): string {
  if (names.length === 0) return '';
  const form = /^@[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$/;
  return `${names.map((name) => (form.test(name) ? name : renderPhrase(namesOf([name], 1), 'UTC'))).join(' ')}: please look.`;
}
