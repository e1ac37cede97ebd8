import type { Failure } from './failure.ts';
import type { CommentReference } from './operator-decision.ts';
import type { Instant } from './time.ts';
import type { PlannedUnit } from './upgrade-plan.ts';

/** Verbs that bring in order what a run left, or take it back. */
export type CleanUpVerb = 'release' | 'resolve' | 'rollback';

/** A permitted word of a person that touches a cluster outside its runs. */
export interface CleanUpRequest {
  readonly verb: CleanUpVerb;
  /** Of `release` a node, else a pool; null: the cluster. */
  readonly target: string | null;
  /** Why nodes may be moved while no window is open; null: they may not. */
  readonly outsideWindow: string | null;
  /** GitHub login of the person. */
  readonly by: string;
  /** The command's comment: the same word delivered twice is one clean-up. */
  readonly decisionId: string;
  /** Where it is answered; null where nobody waits for an answer. */
  readonly comment: CommentReference | null;
}

/** Why a clean-up is not begun; nothing was changed. */
export interface CleanUpRefusal {
  readonly kind: 'refused';
  /** Stable, kebab-case. */
  readonly code: string;
  /** A sentence or more; may hold untrusted names and words of Azure. */
  readonly message: string;
  /** What to do instead; empty when nothing helps. */
  readonly remedy: string;
}

/** What a clean-up would do, judged from the cluster as it is now. */
export type CleanUpJudgment =
  | CleanUpRefusal
  /** All is as it should be. */
  | { readonly kind: 'nothing-to-do'; readonly message: string }
  | CleanUpPlan;

/** What a clean-up does, in order, and what it will leave. */
export interface CleanUpPlan {
  readonly kind: 'ready';
  readonly units: readonly PlannedUnit[];
  /** Sentences for people: what is done. */
  readonly will: readonly string[];
  /** Sentences for people: what stays as it is, or comes back. */
  readonly remains: readonly string[];
  /** Nothing is sent to Azure before or from these on. */
  readonly opens: Instant;
  readonly closes: Instant;
}

/** Whether a node's quarantine label may be taken off, judged from the cluster as it is now. */
export type ReleaseJudgment =
  | CleanUpRefusal
  | {
      readonly kind: 'ready';
      readonly node: string;
      readonly pool: string;
      readonly kubeletVersion: string;
      readonly imageVersion: string;
      readonly isCordoned: boolean;
      /** ARM's state of its pool. */
      readonly provisioningState: string;
      /** Pods a drain of it has to move. */
      readonly podsCount: number;
    };

/** Where a clean-up is; its host shows it while it lasts. At most 16 KB. */
export interface CleanUpStatus {
  readonly schema: 'slackwater.clean-up/v1';
  readonly clusterResourceId: string;
  /** `owner/name` it reports to. */
  readonly repository: string;
  readonly verb: CleanUpVerb;
  readonly target: string | null;
  readonly by: string;
  readonly decisionId: string;
  readonly phase: 'judging' | 'working' | 'telling' | 'ended';
  /** Null while it is not known. */
  readonly outcome: CleanUpOutcome | null;
}

/** How a clean-up ended. `incomplete`: something was sent and the end state was not reached. */
export type CleanUpOutcome = 'refused' | 'nothing-to-do' | 'done' | 'incomplete';

/** A refusal as a value. */
export function refuseCleanUp(code: string, message: string, remedy: string): CleanUpRefusal {
  return { kind: 'refused', code, message, remedy };
}

/** A refusal because a service would not answer: nothing is begun on what is not known. */
export function refuseUnread({ code, message, remedy }: Failure): CleanUpRefusal {
  return refuseCleanUp(code, `The cluster could not be read: ${message}`, remedy);
}
