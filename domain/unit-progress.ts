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
  /** The class words of the block classifier, for example `PDB_STRUCTURAL`, `PDB_TRANSIENT`, `PDB_MULTIPLE`, `GRACE_RUNNING`, `UNKNOWN`. */
  readonly class: string;
  readonly node: string;
  /** `namespace/name`. */
  readonly pod: string;
  /** Each `namespace/name`; empty when no budget is involved. */
  readonly budgets: readonly string[];
  /** Who can clear it, from the workload or namespace; null when nothing names an owner. */
  readonly owner: string | null;
  /** The workload behind the pod, `Kind namespace/name`; null for a bare pod. */
  readonly workload: string | null;
  /** The arithmetic or the answer of the API server, in a sentence. */
  readonly evidence: string;
  /** The smallest change that clears it, in a sentence. */
  readonly remedy: string;
}

/**
 * What one look at a unit says, judged from nodes with ARM's state as one line of evidence.
 *
 * `not-started` nothing runs and nodes are old · `running` · `blocked` an eviction is refused now · `succeeded` every
 * node is proven · `quarantined` the operation ended and AKS kept quarantined nodes · `failed` the operation ended with
 * old nodes · `canceled` it was aborted · `foreign` somebody else's operation, with another target · `unproven` ARM says done and
 * the nodes cannot be counted (a stopped, empty or spot pool; the API server out of reach).
 */
export type UnitState =
  | 'not-started'
  | 'running'
  | 'blocked'
  | 'succeeded'
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
  /** When AKS began to drain the node that is blocked longest, as far as events or cordons tell; null when unknown. */
  readonly drainStartedAt: Instant | null;
  readonly provisioningError: ProvisioningError | null;
  readonly eTag: string | null;
}
