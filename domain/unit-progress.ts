import type { ProvisioningError } from './cluster-snapshot.ts';
import type { Instant } from './time.ts';

/** The nodes of one pool, counted; names only where a node is special, so that it stays small at 5 000 nodes. */
export interface NodeInventory {
  readonly total: number;
  /** On the target version and image, Ready, not cordoned, not quarantined. */
  readonly upgraded: number;
  /** Not yet on the target. */
  readonly old: readonly string[];
  readonly cordoned: readonly string[];
  readonly quarantined: readonly string[];
  readonly notReady: readonly string[];
  /** Nodes beyond the pool's count, newest first: surge nodes by inference (AKS puts no label on them). */
  readonly surge: readonly string[];
}

/** Why a node does not empty, named so that a person can act. */
export interface BlockCause {
  /** A word of the block classifier, see `BlockClass`. */
  readonly class: string;
  /** The node that does not empty; of a pod that left, the one it waits on or its disk is still at. */
  readonly node: string;
  /** `namespace/name`. */
  readonly pod: string;
  /** Each `namespace/name`; empty when no budget is involved. */
  readonly budgets: readonly string[];
  /** Name of the webhook that refuses or cannot be reached; null when none is involved. */
  readonly webhook: string | null;
  /** The PersistentVolume that is still attached elsewhere; null when none is involved. */
  readonly disk: string | null;
  /** The new node that is to blame although a pod elsewhere waits; null when none is. */
  readonly guiltyNode: string | null;
  /** When it began, as far as objects, events or earlier looks tell. */
  readonly since: Instant;
  /** Until then it may clear by itself and is no block; null: it was one from the first. */
  readonly waitsUntil: Instant | null;
  /** Who can clear it, from the workload or namespace; null when nothing names an owner. */
  readonly owner: string | null;
  /** The workload behind the pod, `Kind namespace/name`; null for a bare pod. */
  readonly workload: string | null;
  /** The arithmetic or the answer of the API server, in a sentence. */
  readonly evidence: string;
  /** The smallest change that clears it, in a sentence. */
  readonly remedy: string;
  /** What else it could have been, each with what was found. */
  readonly ruledOut: readonly RuledOut[];
}

/** Something a look saw, and when it began: what the next look needs to tell which of two things came first. */
export interface SeenSignal {
  readonly key: string;
  readonly since: Instant;
}

/** A pod that moved in its own way: whoever stands behind the webhook that denied its eviction moved it, or it was down for its zone. */
export interface HelpedMove {
  /** `namespace/name`. */
  readonly pod: string;
  readonly minutes: number;
  /** Why it was down so long, as a clause; absent where an operator moved it. */
  readonly why?: string;
}

/** A node that somebody else cordoned while the pool rolls. */
export interface ForeignCordon {
  readonly node: string;
  readonly pool: string;
  /** Who says on the node that it is theirs; null when nobody does. */
  readonly by: string | null;
  readonly since: Instant;
}

/** Another explanation, and why it is none. */
export interface RuledOut {
  readonly what: string;
  readonly answer: string;
}

/**
 * What one look at a unit says, judged from nodes with ARM's state as one line of evidence.
 *
 * `not-started` nothing runs and nodes are old · `running` · `blocked` an eviction is refused now · `succeeded` every
 * node is proven · `needs-reconcile` every node is proven, and Azure says that its operation failed · `quarantined` the operation ended and AKS kept quarantined nodes · `failed` the operation ended with
 * old nodes · `canceled` it was aborted · `foreign` somebody else's operation, with another target · `unproven` ARM says done and
 * the nodes cannot be counted (a stopped, empty or spot pool; the API server out of reach).
 */
export type UnitState =
  | 'not-started'
  | 'running'
  | 'blocked'
  | 'succeeded'
  | 'needs-reconcile'
  | 'quarantined'
  | 'failed'
  | 'canceled'
  | 'foreign'
  | 'unproven';

/** One look at a control plane or pool. */
export interface UnitProgress {
  readonly seenAt: Instant;
  readonly state: UnitState;
  readonly provisioningState: string;
  /** Null for the control plane. */
  readonly inventory: NodeInventory | null;
  readonly causes: readonly BlockCause[];
  /** What this look saw, for the next; see {@link SeenSignal}. */
  readonly signals: readonly SeenSignal[];
  /** Pods the drains still have to move; null when none drains, or it was not counted. */
  readonly podsLeft: number | null;
  readonly foreignCordons: readonly ForeignCordon[];
  /** Pods that were moved in spite of a denied eviction since the last look, or came back after a wait for their zone. */
  readonly helpedMoves: readonly HelpedMove[];
  /** When AKS began to drain the node that is blocked longest, as far as events or cordons tell; null when unknown. */
  readonly drainStartedAt: Instant | null;
  readonly provisioningError: ProvisioningError | null;
  readonly eTag: string | null;
  /** Why nodes (then there is no inventory either) or drains were not seen; absent: they were, or it is the control plane. */
  readonly unseen?: string;
}
