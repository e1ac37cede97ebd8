import { commandIdOf } from '../domain/comment-truth.ts';
import type { Failure } from '../domain/failure.ts';
import { answerMarker, withMarker } from '../domain/hidden-marker.ts';
import { answerUnreadable, type NeededPart } from '../domain/outlook-answer.ts';
import type { IncomingComment } from '../domain/inbox-message.ts';
import { stopBy, type InboxResult } from './inbox-result.ts';
import type { Ports } from './ports.ts';

/** Shows at once that the command was read. A sign only: when it fails the command goes on. */
export async function acknowledge(ports: Ports, comment: IncomingComment): Promise<void> {
  const { repository, commentId } = comment;
  const reacted = await ports.github.react({ repository, commentId, content: 'eyes' });
  if (!reacted.ok) ports.logger.log('warn', 'inbox.reaction-failed', { deliveryId: comment.deliveryId, code: reacted.failure.code });
}

/** Answers a command once, in its thread; found again by its comment's id. `what` tells the log what the command came to. */
export async function answer(ports: Ports, comment: IncomingComment, text: string, what: 'answered' | 'kept' = 'answered'): Promise<InboxResult> {
  const { repository, issueNumber } = comment;
  const marker = answerMarker(commandIdOf(comment));
  const ensured = await ports.github.ensureComment({ repository, issueNumber, marker, body: withMarker(text, marker) });
  return ensured.ok ? { kind: 'done', what } : stopBy(ensured.failure, 'answer');
}

/** Has the message come again where a repeat may cure the failure; else answers what could not be read or written. */
export async function answerFailure(ports: Ports, comment: IncomingComment, failure: Failure, what: NeededPart): Promise<InboxResult> {
  if (failure.class === 'transient' || failure.class === 'conflict') return { kind: 'retry-later', failure };
  ports.logger.log('error', 'inbox.command-failed', { deliveryId: comment.deliveryId, what, failure });
  return answer(ports, comment, answerUnreadable(what, failure));
}
