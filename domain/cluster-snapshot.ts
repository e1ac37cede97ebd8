import type { ApiServerAccess } from './api-server-access.ts';
import type { AzureFacts } from './azure-facts.ts';
import type { Failure } from './failure.ts';
import type { Instant } from './time.ts';
import type { WorkloadFacts } from './workload-facts.ts';

/** What was read of one cluster at one moment. Everything a rule may know; rules read nothing else. */
export interface ClusterSnapshot {
  readonly takenAt: Instant;
  readonly cluster: Cluster;
  readonly nodePools: readonly NodePool[];
  /** Null when it could not be read; then no Kubernetes target is known to be offered. */
  readonly upgradeProfile: UpgradeProfile | null;
  /** Room, rights and other drivers around the cluster; each part null where it was not read. */
  readonly azureFacts: AzureFacts;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly disruptionBudgets: readonly DisruptionBudget[];
  readonly workloads: readonly Workload[];
  readonly namespaces: readonly Namespace[];
  readonly admissionWebhooks: readonly AdmissionWebhook[];
  readonly workloadFacts: WorkloadFacts;
  /** Nodes that earlier runs left set aside, by the ledger of debts; empty where no ledger was read. */
  readonly openDebts: readonly OpenDebt[];
  /** What could not be read, with the reason; never silently empty. */
  readonly unchecked: readonly Unchecked[];
  /** Why nothing of Kubernetes was read, where the policy can do without; absent: it was read, or the cluster is stopped. */
  readonly kubernetesUnread?: Failure;
}

/** A node an earlier run left set aside. */
export interface OpenDebt {
  readonly node: string;
  readonly since: Instant;
  /** The run, or the check that found it. */
  readonly who: string;
}

/** One thing that could not be checked, and why. */
export interface Unchecked {
  readonly what: string;
  readonly why: string;
}

/** An AKS cluster as ARM shows it. */
export interface Cluster {
  /** Full ARM id, as given; compare case-insensitively. */
  readonly resourceId: string;
  readonly name: string;
  readonly location: string;
  /** Open string: terminal iff Succeeded, Failed or Canceled (facts: AKS API types it as a plain string). */
  readonly provisioningState: string;
  readonly powerState: string;
  /** Wanted version, `major.minor.patch`. */
  readonly kubernetesVersion: string;
  /** Running version; shows the target while an upgrade is still under way, so it proves nothing. */
  readonly currentKubernetesVersion: string;
  /** `none`, `patch`, `stable`, `rapid`, `node-image`; null when ARM gave none. */
  readonly autoUpgradeChannel: string | null;
  readonly nodeOsUpgradeChannel: string | null;
  /** Until when a forced upgrade (which bypasses disruption budgets) is armed; null when it is not. */
  readonly forceUpgradeUntil: Instant | null;
  readonly nodeResourceGroup: string;
  readonly tier: string;
  readonly eTag: string | null;
  readonly provisioningError: ProvisioningError | null;
  /** How its API server is reached; absent in runs begun before it could be said. */
  readonly access?: ApiServerAccess;
}

/** ARM's `status.provisioningError`: evidence, never a verdict. */
export interface ProvisioningError {
  readonly code: string;
  readonly message: string;
}

export type NodePoolMode = 'System' | 'User' | 'Gateway';

/** An AKS node pool as ARM shows it. */
export interface NodePool {
  readonly name: string;
  readonly mode: NodePoolMode;
  /** Nodes wanted now. Whole, ≥ 0. */
  readonly nodeCount: number;
  readonly enableAutoScaling: boolean;
  readonly minCount: number | null;
  readonly maxCount: number | null;
  readonly scaleSetPriority: 'Regular' | 'Spot';
  readonly powerState: string;
  readonly provisioningState: string;
  readonly orchestratorVersion: string;
  readonly currentOrchestratorVersion: string;
  readonly nodeImageVersion: string;
  /** From the pool's upgrade profile; null when it could not be read or AKS gave none. */
  readonly latestNodeImageVersion: string | null;
  /** Kubernetes versions AKS offers the pool now, previews left out, ascending, from the same profile; null when it could not be read. */
  readonly offeredVersions: readonly string[] | null;
  readonly upgradeSettings: UpgradeSettings;
  readonly osType: string;
  readonly osSku: string;
  readonly vmSize: string;
  readonly maxPods: number | null;
  readonly availabilityZones: readonly string[];
  readonly nodeTaints: readonly string[];
  /** Labels that AKS puts on every node of the pool besides its own. */
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Blocked nodes AKS bears before it stops, a number or a percentage; null: as many as there are surge nodes. */
  readonly maxBlockedNodes: string | null;
  readonly eTag: string | null;
  readonly provisioningError: ProvisioningError | null;
}

/** What AKS offers a pool, from the pool's own upgrade profile. */
export interface NodePoolOffers {
  readonly latestNodeImageVersion: string | null;
  readonly offeredVersions: readonly string[];
}

/** A version and image a pool ran before, to which AKS may take it back. */
export interface RecentlyUsedVersion {
  readonly kubernetesVersion: string;
  readonly nodeImageVersion: string;
  /** When it was last used; null when AKS gave none. */
  readonly usedAt: Instant | null;
}

/** A pool's upgrade settings; null where ARM shows none (its default is then AKS's and not readable). */
export interface UpgradeSettings {
  /** `"33%"` (of the pool, rounds up) or `"2"`. */
  readonly maxSurge: string | null;
  readonly maxUnavailable: string | null;
  /** 5–1440; AKS's default is 30. */
  readonly drainTimeoutInMinutes: number | null;
  /** 0–30; AKS's default is 0. */
  readonly nodeSoakDurationInMinutes: number | null;
  /** AKS's default is `Schedule`. */
  readonly undrainableNodeBehavior: 'Schedule' | 'Cordon' | null;
}

/** What the control plane may become. */
export interface UpgradeProfile {
  /** Versions AKS offers now, previews left out, `major.minor.patch`, ascending. */
  readonly controlPlaneUpgrades: readonly string[];
}

/** A Kubernetes node as far as an upgrade needs to know it. */
export interface Node {
  readonly name: string;
  /** Label `kubernetes.azure.com/agentpool`; empty when the node carries none. */
  readonly nodePool: string;
  readonly createdAt: Instant;
  readonly isReady: boolean;
  /** When it last became Ready, or stopped being so; null when the node does not say. */
  readonly readyChangedAt: Instant | null;
  /** Cordoned: `spec.unschedulable`. */
  readonly isCordoned: boolean;
  /** Since when, by the taint Kubernetes gives a cordoned node; null when it is not cordoned or the taint does not tell. */
  readonly cordonedAt: Instant | null;
  /** Label `kubernetes.azure.com/upgrade-status` has exactly the value `Quarantined`. */
  readonly isQuarantined: boolean;
  /** Without the leading `v`. */
  readonly kubeletVersion: string;
  /** Label `kubernetes.azure.com/node-image-version`. */
  readonly imageVersion: string;
  readonly zone: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly allocatable: ComputeResources & { readonly pods: number };
}

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** Units: thousandths of a core; bytes. */
export interface ComputeResources {
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
}

/** Who controls an object: the owner reference with `controller: true`. */
export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** A pod as far as a drain needs to know it. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Empty while the pod is not bound to a node. */
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** Condition `Ready` is `True`; a closed readiness gate makes it false. */
  readonly isReady: boolean;
  readonly createdAt: Instant;
  /** When its deletion was asked for plus its grace (`metadata.deletionTimestamp`); null when it is not terminating. */
  readonly deletionTimestamp: Instant | null;
  /** `spec.terminationGracePeriodSeconds`; 30 when absent. */
  readonly graceSeconds: number;
  readonly owner: OwnerReference | null;
  /** Annotation `kubernetes.io/config.mirror`: a static pod, which no drain touches. */
  readonly isMirror: boolean;
  /** Uses an `emptyDir` volume (what kubectl calls local storage). */
  readonly hasEmptyDir: boolean;
  readonly finalizers: readonly string[];
  readonly requests: ComputeResources;
  /** Reason a Pending pod is not scheduled, or a container waits; null when there is none. */
  readonly waitingReason: string | null;
  /** Restarts of its containers since it was made, all together. */
  readonly restartCount: number;
  /** Names of the PersistentVolumeClaims it uses, in its own namespace. */
  readonly volumeClaims: readonly string[];
  /** From its start on the node to Ready as it was seen, or at least its declared delay; null when neither tells. Unit: seconds. */
  readonly startSeconds: number | null;
  readonly scheduling: PodScheduling;
}

/** What a pod demands of its node and neighbours. Preferences are left out: they keep no pod from running. */
export interface PodScheduling {
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Required node affinity: one of the terms must match. Null: none is demanded. */
  readonly nodeTerms:
    | readonly {
        readonly labels: LabelSelector['matchExpressions'];
        /** On `metadata.name`. */
        readonly fields: LabelSelector['matchExpressions'];
      }[]
    | null;
  readonly tolerations: readonly Toleration[];
  readonly separations: readonly PodSeparation[];
  /** It must run beside other pods (required pod affinity). */
  readonly hasAffinity: boolean;
}

export interface Toleration {
  /** Empty: every key. */
  readonly key: string;
  readonly operator: string;
  readonly value: string;
  /** Empty: every effect. */
  readonly effect: string;
}

/** Pods that must not crowd one topology domain: required anti-affinity (`apart`) or a hard spread. */
export interface PodSeparation {
  readonly kind: 'apart' | 'spread';
  readonly topologyKey: string;
  readonly selector: LabelSelector;
  /** 1 for anti-affinity, `maxSkew` for a spread. */
  readonly mostTogether: number;
}

/** A label selector of `policy/v1`: `{}` matches every pod of its namespace, null matches none. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

/** A `policy/v1` PodDisruptionBudget, spec and status. */
export interface DisruptionBudget {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Null: the selector is missing, which matches no pod. */
  readonly selector: LabelSelector | null;
  /** Number, or a percentage text such as `"50%"`; null when absent. */
  readonly minAvailable: number | string | null;
  readonly maxUnavailable: number | string | null;
  readonly unhealthyPodEvictionPolicy: 'IfHealthyBudget' | 'AlwaysAllow' | null;
  readonly status: {
    readonly observedGeneration: number;
    readonly currentHealthy: number;
    readonly desiredHealthy: number;
    readonly disruptionsAllowed: number;
    readonly expectedPods: number;
    /** Pod name → when its eviction was accepted. */
    readonly disruptedPods: Readonly<Record<string, Instant>>;
    /** Message of condition `DisruptionAllowed` when its reason is `SyncFailed`; else null. */
    readonly syncFailedMessage: string | null;
  };
}

/** A controller that re-creates pods. */
export interface Workload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Wanted pods; null where the kind has none (a DaemonSet). */
  readonly replicas: number | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owner: OwnerReference | null;
}

export interface Namespace {
  readonly name: string;
  readonly isTerminating: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One webhook of a Validating- or MutatingWebhookConfiguration. */
export interface AdmissionWebhook {
  readonly kind: 'validating' | 'mutating';
  readonly configuration: string;
  readonly name: string;
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** Each as `group/resource`, for example `""/pods/eviction` written `/pods/eviction`. */
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  /** `namespace/name` of the service behind it; null when it is a URL. */
  readonly service: string | null;
  /** Namespaces it acts in; an empty selector means all. */
  readonly namespaceSelector: LabelSelector;
  /** It has no object selector and no match conditions, so the rules above tell all that it acts on. */
  readonly isUnconditional: boolean;
}
