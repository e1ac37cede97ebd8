import { commandIdOf, judgeComment } from '../domain/comment-truth.ts';
import type { Failure } from '../domain/failure.ts';
import { answerMarker } from '../domain/hidden-marker.ts';
import type { IncomingComment } from '../domain/inbox-message.ts';
import type { Fault } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import type { Ports } from './ports.ts';

/** What asking GitHub made of a command from the queue. */
export type ConfirmedComment =
  | { readonly kind: 'true'; readonly comment: IncomingComment }
  /** GitHub holds our answer to it already: handled, whatever was delivered again. */
  | { readonly kind: 'handled' }
  /** Deleted before it was read: taken back. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'edited' }
  | { readonly kind: 'late'; readonly comment: IncomingComment; readonly minutes: number }
  | { readonly kind: 'forged'; readonly fault: Fault }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * Reads a command's comment from GitHub before anything is done about it, because whoever may send to the queue could have written any
 * author and any text. May be repeated.
 */
export async function confirmComment(ports: Pick<Ports, 'github' | 'clock'>, claimed: IncomingComment): Promise<ConfirmedComment> {
  const { repository, commentId, issueNumber } = claimed;
  const held = await ports.github.readComment({ repository, commentId });
  if (!held.ok) return { kind: 'failed', failure: held.failure };
  const now = ports.clock.now();
  if (held.value === null) return isFresh(claimed, now) ? { kind: 'failed', failure: notThereYet } : { kind: 'gone' };
  const truth = judgeComment(claimed, held.value, now);
  if (truth.kind === 'forged') return { kind: 'forged', fault: forgedFault(truth.difference) };
  const answered = await ports.github.hasComment({ repository, issueNumber, marker: answerMarker(commandIdOf(claimed)), since: held.value.createdAt });
  if (!answered.ok) return { kind: 'failed', failure: answered.failure };
  return answered.value ? { kind: 'handled' } : truth;
}

/** GitHub may tell of a comment before every one of its readers has it. Unit: ms. */
const FRESH_MS = 60_000;

function isFresh({ toldAt }: IncomingComment, now: Instant): boolean {
  return toldAt !== undefined && now - toldAt < FRESH_MS;
}

const notThereYet: Failure = {
  code: 'comment-not-there-yet',
  class: 'transient',
  message: 'GitHub told of a new comment and does not show it yet.',
  remedy: 'Nothing: it is asked for again.',
  retryAfterSeconds: 15,
};

function forgedFault(difference: string): Fault {
  return {
    code: 'command-forged',
    where: 'data',
    message: `GitHub holds the comment of this command with another ${difference}.`,
    remedy: 'Find out who may send to the queue inbox and take that right away; only the function app needs it.',
  };
}
