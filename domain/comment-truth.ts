import { BODY_CHARACTERS_MAX } from './inbox-message.ts';
import type { IncomingComment } from './inbox-message.ts';
import { minutesBetween } from './time.ts';
import type { Instant } from './time.ts';

/** A comment and its issue as GitHub holds them at this moment. All text is untrusted. */
export interface HeldComment {
  readonly author: string;
  /** GitHub's user type: `User`, `Bot` … */
  readonly authorType: string;
  readonly body: string;
  readonly createdAt: Instant;
  /** Moves when the text is edited. */
  readonly updatedAt: Instant;
  readonly issueNumber: number;
  readonly issueAuthor: string;
  readonly isPullRequest: boolean;
  /** Run whose report the issue claims to be; null when it claims none. */
  readonly issueRunId: string | null;
}

/** What a queued command is worth once GitHub was asked. */
type CommentTruth =
  /** As GitHub holds it; issue and author are GitHub's words, not the message's. */
  | { readonly kind: 'true'; readonly comment: IncomingComment }
  /** Changed after it was written, so nobody knows which text was meant. */
  | { readonly kind: 'edited' }
  /** Written too long ago to be carried out unasked. */
  | { readonly kind: 'late'; readonly comment: IncomingComment; readonly minutes: number }
  /** GitHub holds no such comment by this author there: somebody who may write to the queue made it up. */
  | { readonly kind: 'forged'; readonly difference: 'author' | 'issue' | 'text' };

/** A command older than this is asked for again instead of carried out: what it was about may be over. Unit: minutes. */
const AGE_MINUTES_MAX = 120;

/** What a command and everything done about it is known by: one comment is one command, however often and under whatever ids it is delivered. */
export function commandIdOf({ commentId, commandId }: Pick<IncomingComment, 'commentId' | 'commandId'>): string {
  return commandId ?? `comment-${commentId}`;
}

/**
 * Holds a command from the queue against the comment GitHub has under its id.
 *
 * Everything a stranger could gain by is taken from GitHub: who wrote it, where, what it says, whether the issue is ours.
 * `now` decides what is late; a lost delivery may be found hours later.
 */
export function judgeComment(claimed: IncomingComment, held: HeldComment, now: Instant): CommentTruth {
  if (held.author.toLowerCase() !== claimed.author.toLowerCase()) return { kind: 'forged', difference: 'author' };
  if (held.issueNumber !== claimed.issueNumber) return { kind: 'forged', difference: 'issue' };
  if (held.updatedAt !== held.createdAt) return { kind: 'edited' };
  if (held.body.slice(0, BODY_CHARACTERS_MAX) !== claimed.body) return { kind: 'forged', difference: 'text' };
  const { author, authorType, issueAuthor, isPullRequest, issueRunId } = held;
  const comment = { ...claimed, author, authorType, issueAuthor, isPullRequest, issueRunId, writtenAt: held.createdAt };
  const minutes = minutesBetween(held.createdAt, now);
  return minutes > AGE_MINUTES_MAX ? { kind: 'late', comment, minutes } : { kind: 'true', comment };
}

/** A comment that was changed before it was read: nobody knows which text was meant. */
export function answerEdited(): string {
  return 'This comment was edited, so it is not carried out: only a new comment counts. Write the command again.';
}

/** A command that came long after it was written, for example because its delivery was lost. */
export function answerLate(minutes: number): string {
  return `This command reached Slackwater ${minutes} minutes after it was written, so nothing was done: what it was about may be over. Write it again if it still holds.`;
}
