import type { JsonRecord } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import type { LabelPredicate } from './label-selector.ts';
import type { PodPlacement, ResourceAmounts, TaintRecord } from './placement.ts';

/** What every stored object has. `document` is the object as it was last given from outside; records overlay it. */
interface ObjectRecord {
  readonly namespace: string;
  readonly name: string;
  uid: string;
  document: JsonRecord;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** `metadata.resourceVersion`; 0 while it is as the snapshot gave it. */
  version: number;
}

/** The owner reference with `controller: true`. */
export interface OwnerRecord {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export interface NodeRecord extends ObjectRecord {
  readonly kind: 'Node';
  /** Label `kubernetes.azure.com/agentpool`, or `agentpool`; empty when there is neither. */
  readonly pool: string;
  readonly createdAt: Instant;
  taints: readonly TaintRecord[];
  isUnschedulable: boolean;
  /** Null: it is not, or nothing tells since when. */
  cordonedAt: Instant | null;
  isReady: boolean;
  readySince: Instant;
  /** With the leading `v`. */
  kubeletVersion: string;
  bootId: string;
  allocatable: ResourceAmounts;
  used: { cpu: number; memory: number; pods: number };
  readonly pods: Set<PodRecord>;
  /** Added by an upgrade, beyond the pool's count. */
  isSurge: boolean;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

/** Why a pod does not become ready, with the container statuses it then shows. */
export interface Sickness {
  readonly phase: PodPhase;
  readonly reason: string;
  readonly containerStatuses: readonly unknown[];
}

export interface PodRecord extends ObjectRecord {
  readonly kind: 'Pod';
  readonly owner: OwnerRecord | null;
  readonly createdAt: Instant;
  readonly placement: PodPlacement;
  readonly requests: ResourceAmounts;
  readonly graceSeconds: number;
  readonly isMirror: boolean;
  finalizers: readonly string[];
  nodeName: string | null;
  phase: PodPhase;
  isReady: boolean;
  readySince: Instant | null;
  startedAt: Instant | null;
  /** `metadata.deletionTimestamp`: when its deletion was asked for plus the grace. */
  deletionAt: Instant | null;
  sickness: Sickness | null;
  /** Why the scheduler found no node. */
  unschedulable: string | null;
  /** Counts what was planned for the pod; an appointment of an older count is void. */
  lifeSequence: number;
}

export interface BudgetStatus {
  /** Null until the first sync that succeeded. */
  observedGeneration: number | null;
  currentHealthy: number;
  desiredHealthy: number;
  disruptionsAllowed: number;
  expectedPods: number;
  readonly disruptedPods: Map<string, Instant>;
  condition: { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string; readonly since: Instant } | null;
}

export interface BudgetRecord extends ObjectRecord {
  readonly kind: 'PodDisruptionBudget';
  generation: number;
  selects: LabelPredicate;
  minAvailable: number | string | null;
  maxUnavailable: number | string | null;
  unhealthyPodEvictionPolicy: 'IfHealthyBudget' | 'AlwaysAllow' | null;
  readonly status: BudgetStatus;
  /** Pods it selects now. */
  readonly pods: Set<PodRecord>;
  /** A sync is on the agenda. */
  isSyncDue: boolean;
}

export type WorkloadKind =
  | 'Deployment'
  | 'ReplicaSet'
  | 'ReplicationController'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'Job'
  /** A controller whose kind the simulation does not know: it re-creates a pod under the same name. */
  | 'Custom';

export interface WorkloadRecord extends ObjectRecord {
  readonly kind: WorkloadKind;
  readonly owner: OwnerRecord | null;
  readonly owned: OwnerRecord;
  generation: number;
  /** Null where the kind has none (DaemonSet) or the scale is not known. */
  replicas: number | null;
  /** `spec.template`; empty for a custom kind, whose pods are copied from the one that left. */
  readonly template: JsonRecord;
  readonly pods: Set<PodRecord>;
  /** One entry per pod that is to be sick, replacements included. */
  sicknesses: readonly Sickness[];
  startSeconds: number | null;
  stopSeconds: number | null;
  succeededCount: number;
  isReconcileDue: boolean;
}

export type StoredRecord = NodeRecord | PodRecord | BudgetRecord | WorkloadRecord;
