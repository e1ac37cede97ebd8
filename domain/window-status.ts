import type { ApprovalStanding } from './approval.ts';
import type { DeploymentOrder } from './deployment-order.ts';
import type { Hold } from './hold.ts';
import type { LossAcknowledgement } from './loss-acknowledgement.ts';
import type { HealthAlarm } from './cluster-health.ts';
import type { Instant, Span } from './time.ts';
import type { BlockCause, NodeInventory } from './unit-progress.ts';
import type { UnitName } from './upgrade-plan.ts';
import type { WindowTurn } from './window-turn.ts';

type RunPhase = 'waiting' | 'planning' | 'preflight' | 'held' | 'upgrading' | 'paused' | 'verifying' | 'ended';

/** How a run ended, in the words of the scenarios. */
export type RunOutcome =
  | 'succeeded'
  | 'succeeded-with-unproven'
  | 'completed-partial'
  | 'completed-with-debt'
  | 'completed-overrun'
  /** Everything the plan could do in one window is done; a pool needs a second visit in a later one. */
  | 'replanned'
  /** Every node is new, and Azure says that an operation of this run failed: its state wants an update without changes. */
  | 'needs-reconcile'
  | 'aborted'
  | 'not-started'
  | 'none';

export type UnitStatusState =
  | 'planned'
  | 'withheld'
  | 'running'
  | 'paused'
  | 'upgraded'
  | 'quarantined'
  | 'failed'
  | 'aborted'
  | 'skipped'
  | 'not-started'
  | 'unproven'
  | 'foreign';

/** One unit as a person sees it. */
export interface UnitStatus {
  readonly unit: UnitName;
  readonly state: UnitStatusState;
  readonly from: string;
  readonly to: string;
  readonly attempt: number;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly estimateMinutes: number;
  readonly inventory: NodeInventory | null;
  /** Why it is withheld, skipped or failed; empty when there is nothing to say. */
  readonly note: string;
}

/** A stop of the run that a person can end. */
export interface Pause {
  readonly unit: UnitName | 'run';
  readonly since: Instant;
  /** `blocked` a drain · `quarantined` · `failed` the operation · `operator` somebody said pause · `health` between units the cluster does not look well. */
  readonly kind: 'blocked' | 'quarantined' | 'failed' | 'needs-reconcile' | 'operator' | 'health';
  /** What is wrong with the cluster itself; where it explains a stopped pool, `causes` is empty, because they are victims. */
  readonly health?: HealthAlarm;
  readonly causes: readonly BlockCause[];
  /** When Azure gives up on the node; null when nothing drains now. */
  readonly drainDeadline: Instant | null;
  /** When the window closes: the other deadline. */
  readonly windowDeadline: Instant;
  /** Since when the cause looks cleared; null while it holds. */
  readonly clearedSince: Instant | null;
  /** Count of pauses of this run so far, this one included; the key of its one notification. */
  readonly number: number;
  /** A sentence: the failure or the operator's name. */
  readonly detail: string;
  /** When people were told of it; steps of escalation count from here. */
  readonly toldAt?: Instant;
  /** Steps of escalation told so far. */
  readonly stepsTold?: number;
}

/** One line of the run's story. */
export interface TimelineEntry {
  readonly at: Instant;
  readonly text: string;
}

/** Everything a person may be told of a run; published as the instance's custom status (below 16 KB of UTF-16). */
export interface WindowStatus {
  readonly schema: 'slackwater.status/v1';
  readonly runId: string;
  readonly policyName: string;
  readonly clusterResourceId: string;
  readonly clusterName: string;
  readonly timeZone: string;
  readonly window: Span;
  /** When the window opens again; null when it never does or that is not known. */
  readonly nextOpens?: Instant | null;
  readonly phase: RunPhase;
  /** Its turn, where it had to wait for one. Absent: it began at once. */
  readonly turn?: WindowTurn;
  readonly outcome: RunOutcome | null;
  readonly planDigest: string | null;
  readonly units: readonly UnitStatus[];
  readonly pause: Pause | null;
  /** What preflight withholds or withheld, oldest first. */
  readonly holds: readonly Hold[];
  /** Losses that people let happen in this run. */
  readonly acknowledgements: readonly LossAcknowledgement[];
  /** Preflight findings worth a line, blocking first; capped, with `findingsOmitted` counting the rest. */
  readonly findings: readonly StatusFinding[];
  readonly findingsOmitted: number;
  readonly unchecked: readonly { readonly what: string; readonly why: string }[];
  readonly timeline: readonly TimelineEntry[];
  readonly timelineOmitted: number;
  /** What this run leaves behind: quarantined or cordoned nodes, spare nodes, mixed versions, changed settings. */
  readonly leftOver: readonly string[];
  /** Debts of earlier runs as the run began, oldest first, each a sentence with age and cost; at most 6. Absent: none. */
  readonly earlierDebts?: readonly string[];
  /** Windows in a row that rolled not everything, this one included; null while that is not known, or this one did. */
  readonly missed: MissedWindows | null;
  readonly issue: { readonly repository: string; readonly number: number; readonly url: string } | null;
  /** Up to when units that ended were seen to be well, settled; null: none yet. Absent where nothing is verified so. */
  readonly verifiedAt?: Instant | null;
  /** When the cluster was last looked at for this run. Absent: not yet. */
  readonly lookedAt?: Instant;
  /** From what the cluster was judged before the start, in one sentence. Absent: not judged yet. */
  readonly sight?: string;
  /** Since when and why Kubernetes is not read, so that Azure alone is watched; null: it is read again. Absent: it always was. */
  readonly unseen?: { readonly since: Instant; readonly why: string } | null;
  /** What people ordered about this run, as it was last read. Absent: not read yet. */
  readonly standing?: RunStanding;
  /** When the next unit or look is due; null when nothing is scheduled. */
  readonly nextAt: Instant | null;
}

/** What people ordered about a run. */
export interface RunStanding {
  /** Null: nothing is frozen. */
  readonly freeze: { readonly who: string; readonly when: Instant; readonly why: string; readonly until: Instant | null } | null;
  readonly isCancelled: boolean;
  readonly approval: ApprovalStanding;
  /** Git's id of the policy file the run goes by; empty where it lies in no repository. */
  readonly policyVersion: string;
  /** A deployment that keeps units from starting; null or absent: none does. */
  readonly deployment?: DeploymentOrder | null;
  /** What the run waits for now; null: nothing. */
  readonly waitsFor: 'unfreeze' | 'approval' | 'deployment' | null;
  /** When the latest unit that waits could still start. */
  readonly lastUsefulStart: Instant | null;
}

/** Windows in a row that did not roll everything, the latest included. */
export interface MissedWindows {
  readonly count: number;
  /** Opening of the last run that rolled everything; null when none is remembered. */
  readonly lastRollAt: Instant | null;
  /** What kept the windows from it, each code once, latest first. */
  readonly reasons: readonly string[];
  /** The oldest node image that now runs; empty when unknown. */
  readonly oldestImage: string;
}

/** A finding, shortened for the status. */
export interface StatusFinding {
  readonly code: string;
  readonly where: string;
  readonly severity: 'block' | 'warn' | 'info';
  readonly pools: readonly string[];
  readonly message: string;
  readonly remedy: string;
  /** Null when nothing names anyone. */
  readonly owner: string | null;
}
