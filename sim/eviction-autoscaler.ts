import { SECOND_MS } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import type { BudgetRecord, PodRecord, WorkloadRecord } from './kubernetes-objects.ts';
import { workloadOf } from './kubernetes-store.ts';
import { scaleWorkload } from './kubernetes-write.ts';

const NAME = 'eviction-autoscaler';
/** From a refusal to one replica more, and from the last refusal back to the old number. Unit: seconds. */
const SURGE_AFTER_SECONDS = 20;
const QUIET_SECONDS = 60;

interface Surge {
  readonly replicas: number;
  refusedAt: number;
}

const surges = new WeakMap<WorkloadRecord, Surge>();

/**
 * AKS's eviction autoscaler: a refusal by a budget of its own gives the Deployment one replica more, until refusals have ceased for
 * a while (facts: Azure/eviction-autoscaler README; Deployments only).
 */
export function surgeForEviction(core: ClusterCore, pod: PodRecord, budget: BudgetRecord): void {
  const isKept = budget.annotations['ownedBy'] === 'EvictionAutoScaler' || budget.labels['app.kubernetes.io/managed-by'] === NAME;
  const owner = workloadOf(core.store, pod.owner);
  const workload = owner === null ? null : (workloadOf(core.store, owner.owner) ?? owner);
  if (!isKept || workload?.kind !== 'Deployment' || workload.replicas === null) return;
  const now = core.timeline.now();
  const running = surges.get(workload);
  if (running !== undefined) {
    running.refusedAt = now;
    return;
  }
  const surge: Surge = { replicas: workload.replicas, refusedAt: now };
  surges.set(workload, surge);
  core.timeline.after(SURGE_AFTER_SECONDS * SECOND_MS, () => {
    if (workload.replicas === surge.replicas) scaleWorkload(core, workload, surge.replicas + 1, NAME);
    settle(core, workload, surge);
  });
}

function settle(core: ClusterCore, workload: WorkloadRecord, surge: Surge): void {
  core.timeline.after(QUIET_SECONDS * SECOND_MS, () => {
    if (core.timeline.now() - surge.refusedAt < QUIET_SECONDS * SECOND_MS) return settle(core, workload, surge);
    surges.delete(workload);
    if (workload.replicas === surge.replicas + 1) scaleWorkload(core, workload, surge.replicas, NAME);
  });
}
