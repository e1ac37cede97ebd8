import type { PodHindrance } from './pod-hindrance.ts';

/** Names one controller of pods. */
interface WorkloadName {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet' | 'ReplicationController' | 'Job';
  readonly namespace: string;
  readonly name: string;
}

/** An answer ARM or the API server gives instead of the true one. */
export interface ScriptedReply {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds: number | null;
}

/**
 * Something that happens to the world from outside: another person, another system, Azure itself.
 *
 * It is plain JSON and changes state like a mutating request, so a world is rebuilt by applying requests and
 * perturbations again in their order.
 */
export type Perturbation =
  /** Somebody edits a budget; absent fields stay, null removes the field. */
  | {
      readonly kind: 'change-budget';
      readonly namespace: string;
      readonly name: string;
      readonly minAvailable?: number | string | null;
      readonly maxUnavailable?: number | string | null;
      readonly unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow' | null;
      readonly by: string;
    }
  | { readonly kind: 'delete-budget'; readonly namespace: string; readonly name: string; readonly by: string }
  | { readonly kind: 'scale-workload'; readonly workload: WorkloadName; readonly replicas: number; readonly by: string }
  | { readonly kind: 'cordon-node' | 'uncordon-node'; readonly node: string; readonly by: string }
  | { readonly kind: 'label-node'; readonly node: string; readonly key: string; readonly value: string | null; readonly by: string }
  /** A running pod is deleted by hand (budgets are not asked). */
  | { readonly kind: 'delete-pod'; readonly namespace: string; readonly name: string; readonly by: string }
  /** `count` pods of the workload turn unready and stay so, replacements included; 0 heals them all. */
  | { readonly kind: 'sicken-workload'; readonly workload: WorkloadName; readonly count: number }
  /** From now on new pods of the workload take this long to be Ready; null takes the physics' mean again. */
  | { readonly kind: 'slow-workload'; readonly workload: WorkloadName; readonly startSeconds: number | null; readonly stopSeconds: number | null }
  | { readonly kind: 'node-not-ready' | 'node-ready'; readonly node: string }
  /** A newer node image is offered to the pool. */
  | { readonly kind: 'publish-image'; readonly pool: string; readonly image: string }
  /** Somebody else's operation runs on the pool, or on the cluster itself when `pool` is null. */
  | {
      readonly kind: 'foreign-operation';
      readonly pool: string | null;
      readonly operation: 'Updating' | 'Upgrading' | 'UpgradingNodeImageVersion' | 'Scaling';
      readonly minutes: number;
      readonly by: string;
    }
  /** The next `times` surge orders of the pool fail with this code (`AllocationFailed`, `QuotaExceeded`, `SubnetIsFull`). */
  | { readonly kind: 'surge-fails'; readonly pool: string; readonly code: string; readonly message: string; readonly times: number }
  /** The next `times` matching requests get this answer and change nothing. */
  | {
      readonly kind: 'scripted-reply';
      readonly service: 'arm' | 'kubernetes';
      readonly requests: 'reads' | 'writes' | 'all';
      readonly reply: ScriptedReply;
      readonly times: number;
    }
  /** An admission webhook answers every eviction in the namespace (null: in all) so; status null takes it away. */
  | {
      readonly kind: 'eviction-webhook';
      readonly namespace: string | null;
      readonly status: 403 | 422 | 500 | null;
      readonly message: string;
    }
  /** A helper's webhook refuses evictions of the pods whose names begin so, and moves them by itself; null never. */
  | { readonly kind: 'eviction-helper'; readonly namespace: string; readonly pods: string; readonly name: string; readonly message: string; readonly moveAfterSeconds: number | null }
  /** What is fixed about a pod to come; see {@link PodHindrance}. */
  | ({ readonly kind: 'hinder-pod' } & PodHindrance)
  /** Surge nodes of the pool join without ever being Ready; minutes null: until they go. */
  | { readonly kind: 'surge-unready'; readonly pool: string; readonly minutes: number | null }
  /** Surge nodes of a zonal pool come up in this zone. */
  | { readonly kind: 'surge-zone'; readonly pool: string; readonly zone: string }
  /** Operators of databases do nothing from now on. */
  | { readonly kind: 'operators-away' }
  /** Somebody changes an autoscaler's minimum; its target follows when it has fewer pods. */
  | { readonly kind: 'raise-autoscaler'; readonly workload: WorkloadName; readonly minReplicas: number; readonly by: string }
  | { readonly kind: 'taint-node'; readonly node: string; readonly key: string; readonly by: string }
  /** The machine is gone: taken back by Azure, or removed by the autoscaler. */
  | { readonly kind: 'delete-node'; readonly node: string; readonly by: string }
  /** A Job's pods have done their work. */
  | { readonly kind: 'finish-job'; readonly namespace: string; readonly name: string }
  /** The pool's next upgrade touches no other nodes than these and does not end by itself. */
  | { readonly kind: 'hold-upgrade'; readonly pool: string; readonly nodes: readonly string[] }
  /** What runs on the pool ends now: `Succeeded` lets a held upgrade go on to its end, the others stop it where it is. */
  | {
      readonly kind: 'end-operation';
      readonly pool: string;
      readonly status: 'Succeeded' | 'Failed' | 'Canceled';
      readonly code: string;
      readonly message: string;
      /** Nodes that stay cordoned. */
      readonly cordoned: readonly string[];
    }
  /** From now on this share (0–1) of the answers of a service is an error. */
  | { readonly kind: 'service-fails'; readonly namespace: string; readonly name: string; readonly ratio: number }
  /** These webhooks time out on this share (0–1) of creations and evictions; 0 mends them. */
  | { readonly kind: 'webhooks-time-out'; readonly names: readonly string[]; readonly ratio: number }
  /** Calls from the API server to nodes (proxy, logs) answer this error; null mends them. */
  | { readonly kind: 'tunnel-fails'; readonly error: string | null }
  /** Azure brings a newer image of an add-on, a Deployment in kube-system. */
  | { readonly kind: 'upgrade-addon'; readonly name: string }
  /** Azure calls what runs on the pool done, whatever the nodes run. */
  | { readonly kind: 'claim-success'; readonly pool: string }
  /** Whether anybody comes to the API server; `none`: nothing answers. */
  | { readonly kind: 'api-server-route'; readonly route: 'open' | 'none' }
  /** The kind of cluster it is, as ARM shows it; without Entra ID no token counts. */
  | { readonly kind: 'api-server-access'; readonly signIn: 'entra' | 'certificates'; readonly reach: 'public' | 'authorized-ranges' | 'private'; readonly judge: 'azure-rbac' | 'kubernetes-rbac' }
  /** From now on whoever bears this token (null: everybody) may not do this, for example `list events`; an empty list grants it again. */
  | { readonly kind: 'deny-rights'; readonly rights: readonly string[]; readonly who: string | null }
  /** Somebody changes the channel of the cluster's automatic upgrades; null is `none`. */
  | { readonly kind: 'auto-upgrade-channel'; readonly channel: string | null };
