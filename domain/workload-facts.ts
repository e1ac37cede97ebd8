import type { Instant } from './time.ts';

/** What else was read of Kubernetes about workloads; a list that could not be read is empty and named in `unchecked`. */
export interface WorkloadFacts {
  readonly autoscalers: readonly PodAutoscaler[];
  readonly jobs: readonly JobRun[];
  readonly services: readonly ServiceFront[];
  readonly volumeClaims: readonly VolumeClaim[];
  readonly volumes: readonly PersistentVolume[];
  readonly provisionedPools: readonly ProvisionedPool[];
}

/** An `autoscaling` HorizontalPodAutoscaler. */
export interface PodAutoscaler {
  readonly namespace: string;
  readonly name: string;
  /** What it scales: kind and name in its own namespace. */
  readonly targetKind: string;
  readonly targetName: string;
  /** 1 where the object names none, as the API defines it. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/** A `batch/v1` Job as far as its end can be foretold. */
export interface JobRun {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Of the CronJob that made it; null when none did. */
  readonly scheduleUid: string | null;
  readonly startedAt: Instant | null;
  /** Null while it runs, and for a Job that failed. */
  readonly completedAt: Instant | null;
  /** Seconds after its start at which Kubernetes stops it; null when it may run for ever. */
  readonly activeDeadlineSeconds: number | null;
  /** Failed pods after which the whole Job fails; 6 unless given. */
  readonly backoffLimit: number;
}

/** A `v1` Service as far as traffic during an upgrade depends on it. */
export interface ServiceFront {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly externalTrafficPolicy: string;
  /** Empty: it selects no pods by itself. */
  readonly selector: Readonly<Record<string, string>>;
}

/** A `v1` PersistentVolumeClaim. */
export interface VolumeClaim {
  readonly namespace: string;
  readonly name: string;
  /** The PersistentVolume it is bound to; empty while it is bound to none. */
  readonly volumeName: string;
  /** Made for one pod and deleted with it (a generic ephemeral volume). */
  readonly isEphemeral: boolean;
}

/** A `v1` PersistentVolume: whether it is on one node's own disk, and where it can be reached from. */
export interface PersistentVolume {
  readonly name: string;
  /** Its data lies on a node: source `local` or `hostPath`, or an affinity to host names. */
  readonly isNodeLocal: boolean;
  /** Zones it can be reached from, sorted; empty when it is bound to none. */
  readonly zones: readonly string[];
}

/** A Karpenter NodePool, as node auto-provisioning uses it. */
export interface ProvisionedPool {
  readonly name: string;
  readonly budgets: readonly ProvisioningBudget[];
}

/** One entry of `spec.disruption.budgets`. */
export interface ProvisioningBudget {
  /** `"0"`, `"2"` or `"10%"`. */
  readonly nodes: string;
  /** Cron text; null: it limits always. */
  readonly schedule: string | null;
  readonly duration: string | null;
  /** Empty: every reason. */
  readonly reasons: readonly string[];
}

/** Nothing read, or nothing there. */
export const noWorkloadFacts: WorkloadFacts = {
  autoscalers: [],
  jobs: [],
  services: [],
  volumeClaims: [],
  volumes: [],
  provisionedPools: [],
};

/** The facts of several pages of lists as one. */
export function joinWorkloadFacts(pages: readonly WorkloadFacts[]): WorkloadFacts {
  return {
    autoscalers: pages.flatMap(({ autoscalers }) => autoscalers),
    jobs: pages.flatMap(({ jobs }) => jobs),
    services: pages.flatMap(({ services }) => services),
    volumeClaims: pages.flatMap(({ volumeClaims }) => volumeClaims),
    volumes: pages.flatMap(({ volumes }) => volumes),
    provisionedPools: pages.flatMap(({ provisionedPools }) => provisionedPools),
  };
}
