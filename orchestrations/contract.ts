import type { CleanUpOutcome, CleanUpRequest } from '../domain/clean-up.ts';
import type { KubernetesNeed } from '../domain/kubernetes-unread.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import type { Instant } from '../domain/time.ts';
import type { ReportKind, UnitMemory, VerdictKind } from '../domain/next-move.ts';
import type { ForeignCordon, UnitProgress } from '../domain/unit-progress.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import type { RunOutcome } from '../domain/window-status.ts';
import type { WindowTurn } from '../domain/window-turn.ts';

/** Name → input and output of each orchestration: the only list. */
export interface OrchestrationContract {
  maintenanceWindow: { readonly input: MaintenanceWindowInput; readonly output: MaintenanceWindowOutput };
  controlPlaneUpgrade: { readonly input: UnitUpgradeInput; readonly output: UnitVerdict };
  nodePoolUpgrade: { readonly input: UnitUpgradeInput; readonly output: UnitVerdict };
  cleanUp: { readonly input: CleanUpInput; readonly output: CleanUpOutput };
}
export type OrchestrationName = keyof OrchestrationContract;

export interface MaintenanceWindowInput {
  readonly policy: MaintenancePolicy;
  readonly opening: WindowOpening;
  /** When the window opens again; null when it never does. Absent in runs begun before it was told. */
  readonly nextOpens?: Instant | null;
  /** `needed`: nothing is started before people have approved, whether or not that can be read. Absent: as the policy asks. */
  readonly consent?: 'needed' | 'not-needed';
  /** `<cluster name>-<yyyymmddThhmmZ of the opening>`: one run per cluster and opening. */
  readonly runId: string;
  /** `owner/name` of the repository. */
  readonly repository: string;
  /** `owner/name` of the fleet's dashboard. Absent: none is kept. */
  readonly policyRepository?: string;
  readonly pollSeconds: PollRange;
  /** Wait between two looks at what is withheld. Unit: minutes, ≥ 10. Absent: 10. */
  readonly heldLookMinutes?: number;
  /** When it is to begin. Absent: at once. */
  readonly turn?: WindowTurn;
}

/** One word of a person that touches a cluster outside its runs. */
export interface CleanUpInput {
  readonly request: CleanUpRequest;
  readonly policy: MaintenancePolicy;
  /** `owner/name` of the issue of debts. */
  readonly repository: string;
  /** When the window opens next; null when it never does. */
  readonly nextOpens: Instant | null;
  readonly pollSeconds: PollRange;
}

export interface CleanUpOutput {
  readonly outcome: CleanUpOutcome;
}

/** Shortest and longest wait between two looks. Unit: seconds; 30 ≤ shortest ≤ longest, at most 150 unless Azure's limits ask for more. */
export interface PollRange {
  readonly shortest: number;
  readonly longest: number;
}

export interface MaintenanceWindowOutput {
  readonly runId: string;
  readonly outcome: RunOutcome;
  /** How many debts are left; 0 when nothing is. */
  readonly leftOverCount: number;
}

/** One attempt at one unit. */
export interface UnitUpgradeInput {
  readonly runId: string;
  readonly windowInstanceId: string;
  readonly clusterResourceId: string;
  readonly unit: PlannedUnit;
  /** 1, 2, … : a new attempt only after the previous one ended and its cause is cleared. */
  readonly attempt: number;
  /** The moment after which nothing may be started. */
  readonly windowCloses: Instant;
  readonly windowOpens: Instant;
  /** Minutes without progress after which a refused eviction is declared a block. */
  readonly graceMinutes: number;
  readonly pollSeconds: PollRange;
  /** Whether it goes on by Azure Resource Manager alone while Kubernetes cannot be read. Absent: it waits. */
  readonly kubernetesApi?: KubernetesNeed;
  /** What the window saw when the attempt began. Absent: `kubernetes`. */
  readonly sight?: 'kubernetes' | 'azure-alone';
  /** Memory across restarts of the poll loop; null at the first. */
  readonly memory: UnitMemory | null;
  /** Memory across restarts of an attempt that could not be sent yet. Absent: it has not begun again. */
  readonly unsent?: UnsentMemory;
}

/** What an attempt that could not be sent yet knows. */
export interface UnsentMemory {
  readonly tries: number;
  /** eTag of a request that may have been accepted although its answer was lost. */
  readonly triedWith: string | null;
  /** A sentence after a space; empty when nothing hinders it. */
  readonly why: string;
  readonly wait: ToldWait | null;
}

/** What a unit tells its window: one change of state. */
export interface UnitProgressReport {
  readonly runId: string;
  readonly unit: PlannedUnit['unit'];
  readonly attempt: number;
  /** Grows by one with each report of an attempt; a repeat is dropped. */
  readonly sequence: number;
  /**
   * Besides the changes a look shows: `unseen`, the unit could not be looked at for a while, and `progress` is the last look ·
   * `seen`, nothing changed, so that people see that somebody looks · `waiting`, nothing could be sent yet · `waited`, it was sent after that.
   */
  readonly kind: ReportKind | 'unseen' | 'seen' | 'waiting' | 'waited';
  readonly progress: UnitProgress;
  readonly blockedSince: Instant | null;
  readonly clearedSince: Instant | null;
  /** How the operation ended with the unit incomplete; null while it runs. */
  readonly stopped: UnitMemory['stopped'];
  /** Since when every node is new; null while one is not. */
  readonly nodesDoneSince: Instant | null;
  /** Foreign cordons that were not told before. */
  readonly foreignCordons: readonly ForeignCordon[];
  /** Of `waiting` and `waited`: since when nothing could be sent, and why, a sentence. */
  readonly wait?: UnitWait;
}

/** What kept a unit from being sent. */
export interface UnitWait {
  readonly since: Instant;
  readonly why: string;
}

/** A wait before anything was sent, with the last look; `told`: reports the window had of it. */
export interface ToldWait extends UnitWait {
  readonly progress: UnitProgress | null;
  readonly told: number;
}

/** `look` polls now · `go` a stopped unit is tried again · `leave` stops watching; no write is made. */
export interface WakeSignal {
  readonly kind: 'look' | 'go' | 'leave';
  readonly reason: string;
  /** Pool the hint is about; null when it is about the cluster. Used by the window to forward it. */
  readonly pool: string | null;
}

/** How one attempt ended. */
export interface UnitVerdict {
  /**
   * Besides the verdicts of a look: `too-late` not started, its estimate no longer fits · `left` on a person's word or the
   * policy's, while Azure may still be at work. `retry`: ended incomplete, and the cause is cleared or a person said go.
   */
  readonly kind: VerdictKind | 'too-late' | 'left';
  readonly progress: UnitProgress | null;
  /** A sentence for the report. */
  readonly detail: string;
}
