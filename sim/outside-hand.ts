import { recordAt } from '../domain/json.ts';
import { changeGate } from './api-server-gate.ts';
import { tellEventGrid } from './aks-operation.ts';
import type { AksCore } from './aks-operation.ts';
import type { PoolState } from './aks-state.ts';
import { runForeignOperation } from './aks-upgrade.ts';
import { keyOf, familyOf, workloadNamed } from './kubernetes-store.ts';
import type { NodeRecord, PodRecord, Sickness, WorkloadRecord } from './kubernetes-objects.ts';
import { changeBudget, deleteBudget, deletePod, scaleWorkload } from './kubernetes-write.ts';
import { cordonNode, hearNode, labelNode, silenceNode, taintNode, uncordonNode } from './node-lifecycle.ts';
import { claimSuccess, deleteNode, endFromOutside, finishJob, raiseAutoscaler } from './outside-event.ts';
import { breakHealth } from './outside-health.ts';
import type { Perturbation } from './perturbation.ts';
import { setSickness } from './pod-lifecycle.ts';

/** Makes a perturbation happen now; one about an unknown object only tells so. */
export function perturb(core: AksCore, perturbation: Perturbation): void {
  const isDone = perturbKubernetes(core, perturbation) || perturbAks(core, perturbation);
  if (isDone) return;
  core.cluster.timeline.tell('perturbation.missed', `Nothing to ${perturbation.kind}: the object is not there`, { perturbation });
}

function perturbKubernetes({ cluster }: AksCore, change: Perturbation): boolean {
  const { store } = cluster;
  switch (change.kind) {
    case 'change-budget':
    case 'delete-budget': {
      const budget = store.budgets.get(keyOf(change));
      if (budget === undefined) return false;
      if (change.kind === 'delete-budget') deleteBudget(cluster, budget, change.by);
      else changeBudget(cluster, budget, mergeBudgetSpec(recordAt(budget.document, 'spec'), change), change.by);
      return true;
    }
    case 'delete-pod': {
      const pod = store.pods.get(keyOf(change));
      if (pod !== undefined) deletePod(cluster, pod, { graceSeconds: null, by: change.by });
      return pod !== undefined;
    }
    case 'raise-autoscaler':
      return raiseAutoscaler({ cluster }, change);
    case 'finish-job':
      return finishJob({ cluster }, change);
    case 'service-fails':
    case 'webhooks-time-out':
    case 'tunnel-fails':
    case 'upgrade-addon':
      return breakHealth(cluster, change);
    case 'taint-node':
    case 'cordon-node':
    case 'uncordon-node':
    case 'label-node':
    case 'node-not-ready':
    case 'node-ready': {
      const node = store.nodes.get(change.node);
      if (node !== undefined) perturbNode({ cluster }, node, change);
      return node !== undefined;
    }
    case 'scale-workload':
    case 'sicken-workload':
    case 'slow-workload': {
      const workload = workloadNamed(store, change.workload);
      if (workload !== null) perturbWorkload({ cluster }, workload, change);
      return workload !== null;
    }
    default:
      return false;
  }
}

function perturbAks(core: AksCore, change: Perturbation): boolean {
  const { aks, cluster } = core;
  switch (change.kind) {
    case 'publish-image':
    case 'surge-unready':
    case 'surge-zone':
    case 'surge-fails': {
      const pool = aks.pools.get(change.pool);
      if (pool === undefined) return false;
      if (change.kind === 'surge-unready') pool.surgeUnreadyMinutes = change.minutes ?? Infinity;
      else if (change.kind === 'surge-zone') pool.surgeZone = change.zone;
      else if (change.kind === 'publish-image') pool.latestNodeImageVersion = change.image;
      else pool.surgeFailure = { code: change.code, message: change.message, times: change.times };
      return true;
    }
    case 'delete-node': {
      const node = cluster.store.nodes.get(change.node);
      if (node !== undefined) deleteNode(core, node, change.by);
      return node !== undefined;
    }
    case 'hold-upgrade': {
      const pool = aks.pools.get(change.pool);
      if (pool !== undefined) pool.hold = { mayTouch: new Set(change.nodes), goOn: null };
      return pool !== undefined;
    }
    case 'end-operation':
      return endFromOutside(core, change);
    case 'claim-success':
      return claimSuccess(core, change);
    case 'foreign-operation':
      return startForeign(core, change);
    case 'scripted-reply':
      // None at all takes back what was scripted before.
      aks.scriptedReplies = change.times === 0 ? aks.scriptedReplies.filter(({ service }) => service !== change.service) : [...aks.scriptedReplies, change];
      return true;
    case 'eviction-webhook': {
      const others = aks.evictionWebhooks.filter((one) => one.namespace !== change.namespace);
      aks.evictionWebhooks = change.status === null ? others : [...others, { namespace: change.namespace, status: change.status, message: change.message }];
      return true;
    }
    case 'eviction-helper': {
      const { namespace, pods, name, message, moveAfterSeconds } = change;
      aks.evictionWebhooks = [{ namespace, status: 403, message, helper: { name, pods, moveAfterSeconds } }, ...aks.evictionWebhooks];
      return true;
    }
    case 'operators-away':
      cluster.store.areOperatorsAway = true;
      return true;
    case 'hinder-pod':
      cluster.store.hindrances.push({ hindrance: change, met: null });
      return true;
    case 'api-server-route':
    case 'api-server-access':
    case 'deny-rights':
      return changeGate(core, change);
    case 'auto-upgrade-channel': {
      const profile = recordAt(aks.properties, 'autoUpgradeProfile');
      aks.properties = { ...aks.properties, autoUpgradeProfile: { ...profile, upgradeChannel: change.channel ?? 'none' } };
      aks.eTag = cluster.prng.uuid();
      return true;
    }
    default:
      return false;
  }
}

function startForeign(core: AksCore, change: Extract<Perturbation, { readonly kind: 'foreign-operation' }>): boolean {
  const { aks } = core;
  const pool: PoolState | null | undefined = change.pool === null ? null : aks.pools.get(change.pool);
  if (pool === undefined || aks.running !== null || (pool?.running ?? null) !== null) return false;
  runForeignOperation(core, pool, { state: change.operation, minutes: change.minutes, by: change.by });
  if (pool !== null && /^Upgrading/.test(change.operation)) tellEventGrid(core, 'NodePoolRollingStarted', pool.name);
  return true;
}

function mergeBudgetSpec(
  spec: Readonly<Record<string, unknown>>,
  change: Extract<Perturbation, { readonly kind: 'change-budget' }>,
): Readonly<Record<string, unknown>> {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = change;
  const wanted = { ...spec, ...definedOnly({ minAvailable, maxUnavailable, unhealthyPodEvictionPolicy }) };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null));
}

function definedOnly(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

type NodeChange = Exclude<Extract<Perturbation, { readonly node: string }>, { readonly kind: 'delete-node' }>;

function perturbNode({ cluster }: Pick<AksCore, 'cluster'>, node: NodeRecord, change: NodeChange): void {
  switch (change.kind) {
    case 'cordon-node':
      return cordonNode(cluster, node, change.by);
    case 'uncordon-node':
      return uncordonNode(cluster, node, change.by);
    case 'label-node':
      return labelNode(cluster, node, change);
    case 'taint-node':
      return taintNode(cluster, node, change);
    case 'node-not-ready':
      return silenceNode(cluster, node);
    case 'node-ready':
      return hearNode(cluster, node);
  }
}

type WorkloadChange = Exclude<Extract<Perturbation, { readonly workload: object }>, { readonly kind: 'raise-autoscaler' }>;

function perturbWorkload({ cluster }: Pick<AksCore, 'cluster'>, workload: WorkloadRecord, change: WorkloadChange): void {
  if (change.kind === 'scale-workload') return scaleWorkload(cluster, workload, change.replicas, change.by);
  for (const one of familyOf(cluster.store, workload)) {
    if (change.kind === 'slow-workload') {
      one.startSeconds = change.startSeconds;
      one.stopSeconds = change.stopSeconds;
    } else if (change.count === 0) heal({ cluster }, one);
    else sicken({ cluster }, one, change.count);
  }
}

function heal({ cluster }: Pick<AksCore, 'cluster'>, workload: WorkloadRecord): void {
  workload.sicknesses = [];
  for (const pod of workload.pods) if (pod.sickness !== null && pod.deletionAt === null) setSickness(cluster, pod, null);
}

const CRASHING: Sickness = { phase: 'Running', reason: 'CrashLoopBackOff', containerStatuses: [] };

function sicken({ cluster }: Pick<AksCore, 'cluster'>, workload: WorkloadRecord, count: number): void {
  const isWell = (pod: PodRecord): boolean => pod.deletionAt === null && pod.sickness === null && pod.phase === 'Running';
  const well = [...workload.pods].filter(isWell).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (well.length === 0) return;
  workload.sicknesses = Array.from({ length: count }, () => CRASHING);
  for (const pod of well.slice(0, count)) setSickness(cluster, pod, CRASHING);
}
