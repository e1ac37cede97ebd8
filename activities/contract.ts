import type { CleanUpJudgment, CleanUpRequest, ReleaseJudgment } from '../domain/clean-up.ts';
import type { LedgerAfter } from '../domain/clean-up-words.ts';
import type { ApprovalQuestion, ApprovalStanding } from '../domain/approval.ts';
import type { HealthLook } from '../domain/cluster-health.ts';
import type { Cluster, NodePool, Unchecked, UpgradeProfile } from '../domain/cluster-snapshot.ts';
import type { DeploymentOrder } from '../domain/deployment-order.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import type { HoldCause } from '../domain/hold.ts';
import type { KubernetesNeed } from '../domain/kubernetes-unread.ts';
import type { LossAcknowledgement } from '../domain/loss-acknowledgement.ts';
import type { MaintenancePolicy, VerifyPolicy, WindowOpening, WriteBackPlace } from '../domain/maintenance-policy.ts';
import type { CommentReference } from '../domain/operator-decision.ts';
import type { SurgeReduction } from '../domain/surge-fallback.ts';
import type { Lateness, NoticeKind } from '../domain/telling.ts';
import type { Instant } from '../domain/time.ts';
import type { NodeInventory, SeenSignal, UnitProgress } from '../domain/unit-progress.ts';
import type { PlannedUnit, UnitName, UpgradePlan } from '../domain/upgrade-plan.ts';
import type { MissedWindows, StatusFinding, WindowStatus } from '../domain/window-status.ts';

/**
 * Name → input and output of each activity: the only list.
 *
 * All take and return objects (a host may turn a bare scalar into text). All are safe to run twice. Expected failures
 * are values; a throw is retried as {@link activityRetry} says.
 */
export interface ActivityContract {
  takeSnapshot: { readonly input: { readonly clusterResourceId: string } & MayDoWithout; readonly output: Outcome<ClusterState> };
  makePlan: {
    readonly input: { readonly policy: MaintenancePolicy; readonly opening: WindowOpening; readonly state: ClusterState };
    readonly output: { readonly plan: UpgradePlan };
  };
  runPreflight: {
    readonly input: { readonly policy: MaintenancePolicy; readonly plan: UpgradePlan; readonly acknowledgements: readonly LossAcknowledgement[] } & MayDoWithout;
    readonly output: Outcome<PreflightSummary>;
  };
  judgeHolds: {
    readonly input: {
      readonly policy: MaintenancePolicy;
      readonly opening: WindowOpening;
      readonly acknowledgements: readonly LossAcknowledgement[];
      /** Pools to judge again; the whole run is judged always. */
      readonly pools: readonly string[];
      /** Units of the run's plan whose surge is lowered for this run only: they are judged so. */
      readonly lowered: readonly PlannedUnit[];
    } & MayDoWithout;
    readonly output: Outcome<HoldsLook>;
  };
  readOrders: { readonly input: OrdersQuestion; readonly output: Outcome<OrdersLook> };
  prepareUnit: { readonly input: UnitRequest; readonly output: Outcome<UnitReadiness> };
  changeUpgradeSettings: { readonly input: UnitWrite; readonly output: Outcome<{ readonly changed: boolean }> };
  restoreSettings: {
    readonly input: UnitRequest & { readonly windowOpens: Instant; readonly windowCloses: Instant };
    readonly output: Outcome<SettingsRestore>;
  };
  startUnit: { readonly input: UnitWrite; readonly output: Outcome<UnitStart> };
  observeUnit: { readonly input: UnitRequest & { readonly earlier: EarlierLooks }; readonly output: Outcome<UnitProgress> };
  abortUnit: {
    readonly input: UnitRequest & { readonly by: string };
    readonly output: Outcome<{ readonly kind: 'aborting' | 'nothing-to-abort' }>;
  };
  tellWindow: {
    readonly input: { readonly windowInstanceId: string; readonly report: unknown };
    readonly output: { readonly told: boolean };
  };
  wakeUnit: {
    readonly input: { readonly instanceId: string; readonly signal: unknown };
    readonly output: { readonly told: boolean };
  };
  publishReport: {
    readonly input: { readonly status: WindowStatus; readonly report: MaintenancePolicy['report']; readonly repository: string };
    readonly output: Outcome<{ readonly repository: string; readonly number: number; readonly url: string }>;
  };
  postNotice: {
    readonly input: {
      readonly status: WindowStatus;
      readonly report: MaintenancePolicy['report'];
      /** Key of the notice within the run: one comment per key, for example `pause-1`, `resumed-1`, `ended`. */
      readonly key: string;
      readonly kind: NoticeKind;
      /** Owner as workloads name it → whom the policy mentions for it. */
      readonly owners?: MaintenancePolicy['debts']['owners'];
      /** Whom the policy mentions: at this step of escalation, or for an approval. */
      readonly mention?: string | null;
      /** Set where it is told late. */
      readonly late?: Lateness | null;
    };
    readonly output: Outcome<{ readonly commentId: number }>;
  };
  answerComment: {
    readonly input: { readonly comment: CommentReference; readonly decisionId: string; readonly body: string; readonly late?: Lateness | null };
    readonly output: Outcome<{ readonly commentId: number }>;
  };
  writeBack: {
    readonly input: {
      readonly status: WindowStatus;
      readonly places: readonly WriteBackPlace[];
      /** `owner/name` of places that name none. */
      readonly repository: string;
    };
    readonly output: Outcome<WrittenBack>;
  };
  checkHealth: {
    readonly input: {
      readonly clusterResourceId: string;
      /** Null: no probes, no nodes. */
      readonly verify: VerifyPolicy | null;
      /** Texts of refused evictions that named a webhook. */
      readonly refusals: readonly string[];
    };
    readonly output: Outcome<HealthLook>;
  };
  publishEvent: {
    readonly input: {
      readonly name: string;
      readonly subject: string;
      readonly at: Instant;
      readonly messageId: string;
      readonly data: Readonly<Record<string, unknown>>;
    };
    readonly output: Outcome<null>;
  };
  recordRun: {
    readonly input: { readonly status: WindowStatus; readonly nodeImage: MaintenancePolicy['target']['nodeImage'] };
    readonly output: Outcome<RunMemory>;
  };
  judgeCleanUp: {
    readonly input: { readonly request: CleanUpRequest; readonly policy: MaintenancePolicy; readonly instanceId: string };
    readonly output: Outcome<CleanUpJudgment>;
  };
  judgeNodeRelease: { readonly input: { readonly clusterResourceId: string; readonly node: string }; readonly output: Outcome<ReleaseJudgment> };
  releaseNode: { readonly input: { readonly clusterResourceId: string; readonly node: string; readonly by: string }; readonly output: Outcome<null> };
  recordCleanUp: {
    readonly input: {
      readonly policy: MaintenancePolicy;
      /** `owner/name` of the issue of debts. */
      readonly repository: string;
      readonly cleanUpId: string;
      /** Pools it touched. */
      readonly pools: readonly string[];
    };
    readonly output: Outcome<LedgerAfter>;
  };
  keepAnswer: {
    readonly input: { readonly comment: CommentReference; readonly decisionId: string; readonly body: string };
    readonly output: Outcome<{ readonly commentId: number }>;
  };
  keepDashboard: { readonly input: { readonly policyRepository: string }; readonly output: Outcome<DashboardKeeping> };
  verifyCluster: {
    readonly input: { readonly clusterResourceId: string; readonly units: readonly PlannedUnit[] } & MayDoWithout;
    readonly output: Outcome<ClusterVerification>;
  };
}
export type ActivityName = keyof ActivityContract;

/** A look that may go by Azure Resource Manager alone. */
export interface MayDoWithout {
  /** What to do while Kubernetes cannot be read; absent: fail. */
  readonly kubernetesApi?: KubernetesNeed;
}

/** Which orders a run asks for. */
export interface OrdersQuestion extends ApprovalQuestion {
  readonly clusterResourceId: string;
}

/** What people and programs ordered about a run's cluster and opening, as the state branch holds it now. */
export interface OrdersLook {
  /** Null: nothing is frozen, or the freeze is overridden with all approvals it needs. */
  readonly freeze: { readonly who: string; readonly when: Instant; readonly why: string; readonly until: Instant | null } | null;
  readonly isCancelled: boolean;
  readonly approval: ApprovalStanding;
  readonly losses: readonly LossAcknowledgement[];
  /** Null: none is announced. Absent in what runs recorded before it was asked. */
  readonly deployment?: DeploymentOrder | null;
}

/** What planning needs of a cluster: no pods, nodes only counted, so that history stays small. */
export interface ClusterState {
  readonly takenAt: Instant;
  readonly cluster: Cluster;
  readonly nodePools: readonly NodePool[];
  readonly upgradeProfile: UpgradeProfile | null;
  /** Per pool name: what its nodes run now. */
  readonly nodeVersions: Readonly<Record<string, readonly NodeVersionCount[]>>;
  readonly unchecked: readonly Unchecked[];
  /** Why nothing of Kubernetes was read; absent: it was, or the cluster is stopped. */
  readonly kubernetesUnread?: Failure;
}

/** How many nodes of a pool run one version and image. */
export interface NodeVersionCount {
  readonly kubeletVersion: string;
  readonly imageVersion: string;
  readonly count: number;
}

export interface PreflightSummary {
  readonly result: 'block' | 'warn' | 'info' | 'pass';
  /** At most 40, blocking first. */
  readonly findings: readonly StatusFinding[];
  readonly findingsOmitted: number;
  readonly unchecked: readonly Unchecked[];
  /** From what it was judged, in one sentence. */
  readonly sight?: string;
  /** Why nothing of Kubernetes was read; absent: it was, or the cluster is stopped. */
  readonly kubernetesUnread?: Failure;
  /** The plan with the time pods may take to end, and with fewer surge nodes where no more fit and the policy allows it, under a digest of its own; null when it stays as it was. */
  readonly adjusted: { readonly plan: UpgradePlan; readonly reductions: readonly SurgeReduction[] } | null;
  readonly withheld: readonly WithheldPool[];
  /** Debts of earlier runs, each a sentence; absent: none, or they cannot be read. */
  readonly earlierDebts?: readonly string[];
}

/** A pool that findings withhold. */
export interface WithheldPool {
  /** `*` stands for the whole run. */
  readonly pool: string;
  /** At most 3; the rest is counted. */
  readonly causes: readonly HoldCause[];
  readonly causesOmitted: number;
}

/** What a fresh snapshot says of pools that wait: small, because it is taken every few minutes. */
export interface HoldsLook {
  readonly withheld: readonly WithheldPool[];
  /** How long each pool would take as it is now; pools that need nothing any more are left out. */
  readonly estimates: readonly { readonly pool: string; readonly estimateMinutes: number }[];
}

export interface UnitRequest extends MayDoWithout {
  readonly clusterResourceId: string;
  readonly unit: PlannedUnit;
}

/** What the attempt's earlier looks leave to the next one. */
export interface EarlierLooks {
  /** When the attempt began: younger nodes and pods are its doing. */
  readonly startedAt: Instant;
  readonly signals: readonly SeenSignal[];
}

/** A write, with all that makes it safe: the window's end, the estimate (in `unit`) and the eTag read before. */
export interface UnitWrite extends UnitRequest {
  readonly runId: string;
  readonly attempt: number;
  readonly windowOpens: Instant;
  readonly windowCloses: Instant;
  /** The eTag {@link UnitReadiness} carried; a resource that moved since is read again, not written. */
  readonly eTag: string;
}

/** How a unit stands before anything is sent. */
export interface UnitReadiness {
  readonly progress: UnitProgress;
  /** The pool's present settings differ from those the plan wants. */
  readonly settingsDiffer: boolean;
  /** ` by ann@example.com`, of somebody else's operation; empty where none runs or Azure names nobody. */
  readonly foreignBy: string;
  readonly eTag: string | null;
}

export interface UnitStart {
  /** `adopted`: an operation for the same target runs already · `already-there`: every node is proven · `too-late` · `moved`: read again · `withheld`: this installation may start nothing now. */
  readonly kind: 'started' | 'adopted' | 'already-there' | 'too-late' | 'moved' | 'foreign' | 'withheld';
  readonly detail: string;
}

/** What is remembered of a cluster once a run is. */
export interface RunMemory {
  /** Null when this run rolled everything. */
  readonly missed: MissedWindows | null;
  readonly openDebtsCount: number;
}

/** What came of writing back what a cluster runs: small, for history keeps it. */
export interface WrittenBack {
  /** A sentence for each repository. */
  readonly notes: readonly string[];
  readonly pullRequests: readonly { readonly repository: string; readonly number: number; readonly url: string }[];
}

/** What came of giving a pool its own settings back. */
export interface SettingsRestore {
  /** `sent`: accepted, to be seen at the next look · `busy`: ask again · `kept`: they stay as they are, and why. */
  readonly kind: 'restored' | 'sent' | 'busy' | 'kept';
  readonly detail: string;
}

/** The last look at every unit of the plan, and what is left behind. */
export interface ClusterVerification {
  readonly units: readonly { readonly unit: UnitName; readonly progress: UnitProgress }[];
  readonly inventories: readonly { readonly pool: string; readonly inventory: NodeInventory }[];
}

/** What became of a look at the dashboard. */
export interface DashboardKeeping {
  readonly kind: 'kept' | 'too-soon';
  /** How long to wait where it was too soon. Unit: seconds. */
  readonly waitSeconds: number;
}

/** Retry of an activity that threw. Unit: seconds. */
export interface ActivityRetry {
  readonly firstIntervalSeconds: number;
  readonly attempts: number;
  readonly backoff: number;
}

/**
 * Retry of throws only (a lost connection, a bug): three attempts, 5 s and 10 s apart. No overall retry timeout is ever
 * set, because with durable-functions 3 an orchestration whose retry timeout passes hangs.
 */
export const activityRetry: ActivityRetry = { firstIntervalSeconds: 5, attempts: 3, backoff: 2 };

/** Every activity name, for registration. */
export const activityNames = [
  'takeSnapshot',
  'makePlan',
  'runPreflight',
  'judgeHolds',
  'readOrders',
  'prepareUnit',
  'changeUpgradeSettings',
  'startUnit',
  'restoreSettings',
  'observeUnit',
  'abortUnit',
  'tellWindow',
  'wakeUnit',
  'publishReport',
  'postNotice',
  'answerComment',
  'publishEvent',
  'verifyCluster',
  'recordRun',
  'writeBack',
  'checkHealth',
  'keepDashboard',
  'judgeCleanUp',
  'judgeNodeRelease',
  'releaseNode',
  'recordCleanUp',
  'keepAnswer',
] as const satisfies readonly ActivityName[];

/** Compiles only while the list above is complete. */
export type EveryActivityIsNamed = Exclude<ActivityName, (typeof activityNames)[number]> extends never ? true : never;
export const everyActivityIsNamed: EveryActivityIsNamed = true;
