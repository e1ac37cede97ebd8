import type { Failure } from './failure.ts';
import type { WindowStatus } from './window-status.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';

/** A time in which GitHub took no words of a run. */
export interface Silence {
  readonly since: Instant;
  /** Code of the failure that began it. */
  readonly code: string;
}

/** Why and since when a word is told late. */
export interface Lateness {
  /** When what it tells came about. */
  readonly at: Instant;
  readonly code: string;
  /** What it tells has passed meanwhile, so nobody needs to act on it. */
  readonly isOver: boolean;
}

/** A change of state that is told by a comment. */
export type NoticeKind = 'held' | 'paused' | 'resumed' | 'escalated' | 'ended';

/** What keeps its words waiting so long is worth saying so. Unit: minutes. */
const LATE_MINUTES = 5;
/** Edits of one issue are at least so far apart. Unit: seconds. */
export const EDIT_SECONDS = 30;
/** How often a waiting report is written again: often at first, then less, because every edit counts against a limit of the whole App. */
const BEAT_MINUTES = 5;
const LATE_BEAT_MINUTES = 15;
const OFTEN_FOR_MINUTES = 60;

/**
 * How far a failure to say something reaches.
 *
 * `service`: GitHub as a whole takes nothing of us now (out of reach, limited, our key refused) · `thread`: this repository or
 * issue takes nothing now (gone, issues turned off, locked) · `words`: these very words are refused, and always will be.
 */
export function reachOf({ code, class: failureClass }: Failure): 'service' | 'thread' | 'words' {
  if (failureClass !== 'terminal') return 'service';
  switch (code) {
    case 'github-unauthorized':
    case 'github-client-fault':
      return 'service';
    case 'github-not-found':
    case 'github-gone':
    case 'github-forbidden':
      return 'thread';
    default:
      return 'words';
  }
}

/** Whether a word said now is worth an explanation. */
export function isLate(at: Instant, now: Instant): boolean {
  return now - at >= LATE_MINUTES * MINUTE_MS;
}

/** Whether what a notice tells has passed: its pause has ended, the run waits no more, or it paused again since it went on. */
export function isPassed(kind: NoticeKind, then: WindowStatus, now: WindowStatus): boolean {
  if (kind === 'ended') return false;
  if (kind === 'held') return now.phase !== 'held';
  if (kind === 'resumed') return now.pause !== null;
  return now.pause?.number !== then.pause?.number;
}

/** When a waiting report is written again although nothing changed, so that a reader sees that it lives. */
export function nextBeatAt(reportedAt: Instant, changedAt: Instant): Instant {
  const isFresh = reportedAt - changedAt < OFTEN_FOR_MINUTES * MINUTE_MS;
  return reportedAt + (isFresh ? BEAT_MINUTES : LATE_BEAT_MINUTES) * MINUTE_MS;
}
