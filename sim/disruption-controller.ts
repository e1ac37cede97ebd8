import { MINUTE_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import { resolveCount } from './disruption-budget-record.ts';
import type { BudgetRecord, OwnerRecord, PodRecord, WorkloadRecord } from './kubernetes-objects.ts';
import { budgetsOf, markChanged, workloadOf } from './kubernetes-store.ts';
import type { KubernetesStore } from './kubernetes-store.ts';

/** How long an accepted eviction holds its place in `disruptedPods` when the pod is not seen to go. Source: Kubernetes' disruption controller. */
const DISRUPTED_POD_MS = 2 * MINUTE_MS;
/** From a change to the controller's answer. Unit: milliseconds. */
const SYNC_MS = 200;

/** Custom kinds without a scale subresource, by `apiVersion/kind`, with the message Kubernetes gives for them. */
type UnscalableKinds = ReadonlyMap<string, string>;

/** Keeps `status` of the budgets true, as the disruption controller does: shortly after what they select has changed. */
export function startDisruptionController(core: ClusterCore): void {
  const { store, timeline } = core;
  const unscalable = findUnscalableKinds(store);
  const sync = (budget: BudgetRecord): void => {
    budget.isSyncDue = false;
    if (store.budgets.get(`${budget.namespace}/${budget.name}`) === budget) syncBudget(core, budget, unscalable);
  };
  const requestSync = (budget: BudgetRecord): void => {
    if (budget.isSyncDue) return;
    budget.isSyncDue = true;
    timeline.after(SYNC_MS, () => sync(budget));
  };
  store.listeners.push({
    podChanged: (pod) => budgetsOf(store, pod).forEach(requestSync),
    budgetChanged: (budget) => {
      if (budget.status.observedGeneration !== budget.generation) requestSync(budget);
    },
    workloadChanged: (workload) => {
      for (const budget of store.budgetsByNamespace.get(workload.namespace) ?? []) requestSync(budget);
    },
  });
}

/**
 * What a budget's status says now, computed from its pods and their owners' scales.
 *
 * A kind without scale gives the controller's failure text instead (facts: `policy/v1`, kube-controller-manager 1.36).
 */
export function computeBudget(
  store: KubernetesStore,
  budget: BudgetRecord,
  now: Instant,
  unscalable: UnscalableKinds,
):
  | { readonly kind: 'counted'; readonly expectedPods: number; readonly desiredHealthy: number; readonly currentHealthy: number; readonly allowed: number; readonly recheckAt: Instant | null }
  | { readonly kind: 'sync-failed'; readonly message: string } {
  const { pods } = budget;
  let expectedPods = 0;
  let desiredHealthy = 0;
  const { minAvailable, maxUnavailable } = budget;
  if (typeof minAvailable === 'number') {
    expectedPods = pods.size;
    desiredHealthy = minAvailable;
  } else if (minAvailable !== null || maxUnavailable !== null) {
    const scale = recordedScale(store, budget) ?? expectedScale(store, pods, unscalable);
    if (typeof scale === 'string') return { kind: 'sync-failed', message: scale };
    expectedPods = scale;
    desiredHealthy =
      maxUnavailable !== null
        ? Math.max(0, scale - resolveCount(maxUnavailable, scale))
        : resolveCount(minAvailable ?? 0, scale);
  }
  let currentHealthy = 0;
  const expiries: number[] = [];
  for (const pod of pods) {
    if (isHeld(budget, pod, now)) expiries.push((budget.status.disruptedPods.get(pod.name) ?? now) + DISRUPTED_POD_MS);
    else if (pod.deletionAt === null && pod.isReady) currentHealthy += 1;
  }
  const allowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  return {
    kind: 'counted',
    expectedPods,
    desiredHealthy,
    currentHealthy,
    allowed,
    recheckAt: expiries.length === 0 ? null : Math.min(...expiries),
  };
}

/** Custom kinds that a recorded budget failed to scale; the snapshot holds no other trace of them. */
export function findUnscalableKinds(store: KubernetesStore): UnscalableKinds {
  const found = new Map<string, string>();
  for (const budget of store.budgets.values()) {
    if (budget.status.condition?.reason !== 'SyncFailed') continue;
    for (const pod of budget.pods) {
      if (workloadOf(store, pod.owner)?.kind !== 'Custom') continue;
      if (pod.owner !== null) found.set(kindKey(pod.owner), budget.status.condition.message);
    }
  }
  return found;
}

function syncBudget(core: ClusterCore, budget: BudgetRecord, unscalable: UnscalableKinds): void {
  const { store, timeline } = core;
  const now = timeline.now();
  const { status } = budget;
  const before = statusKey(budget);
  const result = computeBudget(store, budget, now, unscalable);
  if (result.kind === 'sync-failed') {
    status.disruptionsAllowed = 0;
    setCondition(budget, 'SyncFailed', result.message, now);
  } else {
    for (const name of [...status.disruptedPods.keys()]) {
      const pod = store.pods.get(`${budget.namespace}/${name}`);
      if (pod === undefined || !isHeld(budget, pod, now)) status.disruptedPods.delete(name);
    }
    status.observedGeneration = budget.generation;
    status.expectedPods = result.expectedPods;
    status.desiredHealthy = result.desiredHealthy;
    status.currentHealthy = result.currentHealthy;
    status.disruptionsAllowed = result.allowed;
    setCondition(budget, result.allowed > 0 ? 'SufficientPods' : 'InsufficientPods', '', now);
    if (result.recheckAt !== null && !budget.isSyncDue) {
      timeline.after(result.recheckAt - now, () => syncBudget(core, budget, unscalable));
    }
  }
  if (statusKey(budget) !== before) markChanged(store, budget);
}

/** Whether an accepted eviction of this pod still counts although the pod is not seen to go. */
function isHeld(budget: BudgetRecord, pod: PodRecord, now: Instant): boolean {
  const since = budget.status.disruptedPods.get(pod.name);
  return since !== undefined && pod.deletionAt === null && since + DISRUPTED_POD_MS > now;
}

/**
 * What the controller had computed where a custom resource owns the pods: no list tells that resource's scale, and a budget
 * over one role of it expects what its scale said then.
 */
function recordedScale(store: KubernetesStore, { pods, status, generation }: BudgetRecord): number | null {
  const isCustom = pods.size > 0 && [...pods].every((pod) => workloadOf(store, pod.owner)?.kind === 'Custom');
  return isCustom && status.observedGeneration === generation && status.condition?.reason !== 'SyncFailed' && status.expectedPods > 0 ? status.expectedPods : null;
}

/** Sum of the scales of the pods' controllers, each once; a text says which kind has no scale. */
function expectedScale(store: KubernetesStore, pods: ReadonlySet<PodRecord>, unscalable: UnscalableKinds): number | string {
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const workload = workloadOf(store, pod.owner);
    if (workload === null) continue;
    const scaled = (workload.kind === 'ReplicaSet' && workloadOf(store, workload.owner)) || workload;
    const missing = missingScale(scaled, unscalable);
    if (missing !== null) return missing;
    scales.set(scaled.uid, scaled.replicas ?? 0);
  }
  return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
}

function missingScale(workload: WorkloadRecord, unscalable: UnscalableKinds): string | null {
  if (workload.kind === 'DaemonSet') return 'daemonsets.apps does not implement the scale subresource';
  if (workload.kind === 'Job') return 'jobs.batch does not implement the scale subresource';
  return workload.kind === 'Custom' ? (unscalable.get(kindKey(workload.owned)) ?? null) : null;
}

function kindKey(owner: OwnerRecord): string {
  return `${owner.apiVersion}/${owner.kind}`;
}

function setCondition(budget: BudgetRecord, reason: string, message: string, now: Instant): void {
  const status = reason === 'SufficientPods' ? 'True' : 'False';
  const since = budget.status.condition?.status === status ? budget.status.condition.since : now;
  budget.status.condition = { status, reason, message, since };
}

function statusKey(budget: BudgetRecord): string {
  const { disruptedPods, ...counts } = budget.status;
  return JSON.stringify([counts, [...disruptedPods]]);
}
