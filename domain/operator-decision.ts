import type { Instant } from './time.ts';

/** Verbs of comments. */
export type Verb = 'help' | 'status' | 'plan' | 'preflight' | 'rehearse' | RunVerb | StandingVerb | 'resolve' | 'rollback';

/** Verbs that a run under way carries out. */
export type RunVerb = 'pause' | 'ack-loss' | 'resume' | 'retry' | 'skip' | 'abort' | 'release';

/** Verbs whose words outlive a run, and are kept on the state branch. */
export type StandingVerb = 'postpone' | 'upgrade' | 'approve' | 'freeze' | 'unfreeze';

/** Where a comment stands, so that it can be answered in its own thread. */
export interface CommentReference {
  /** `owner/name`. */
  readonly repository: string;
  readonly issueNumber: number;
  readonly commentId: number;
}

/** A permitted word of a person to a run; the event `decision` of the window's orchestration carries it. */
export interface OperatorDecision {
  readonly verb: RunVerb;
  /** A pool's name, or null for whatever the run is at; of `ack-loss` what may be lost, `namespace/name`. */
  readonly target: string | null;
  /** Of `ack-loss`: from when on the loss is not acknowledged any more; null takes the window's close. */
  readonly until: Instant | null;
  /** GitHub login of the person. */
  readonly by: string;
  /** Delivery id of the comment: the same decision delivered twice is one decision. */
  readonly decisionId: string;
  readonly comment: CommentReference | null;
  /** When the comment was written, to the second; absent where nobody told. Deliveries come in any order. */
  readonly writtenAt?: Instant | null;
}
