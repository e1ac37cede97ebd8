import { numberAt, recordAt, textAt } from '../domain/json.ts';
import { endOperation } from './aks-operation.ts';
import type { AksCore } from './aks-operation.ts';
import type { NodeRecord } from './kubernetes-objects.ts';
import { markChanged, podsIn, workloadNamed } from './kubernetes-store.ts';
import { scaleWorkload } from './kubernetes-write.ts';
import { isQuarantined, leaveNode, uncordonNode } from './node-lifecycle.ts';
import type { Perturbation } from './perturbation.ts';

type Kind<K extends Perturbation['kind']> = Extract<Perturbation, { readonly kind: K }>;

/** Raises the minimum of the autoscaler that targets a workload; false when there is no such workload. */
export function raiseAutoscaler({ cluster }: Pick<AksCore, 'cluster'>, change: Kind<'raise-autoscaler'>): boolean {
  const { store } = cluster;
  const workload = workloadNamed(store, change.workload);
  if (workload === null) return false;
  const index = store.resting.findIndex(
    (item) =>
      textAt(item, 'kind') === 'HorizontalPodAutoscaler' &&
      textAt(item, 'metadata', 'namespace') === workload.namespace &&
      textAt(item, 'spec', 'scaleTargetRef', 'name') === workload.name,
  );
  const autoscaler = store.resting[index];
  if (autoscaler !== undefined) store.resting[index] = { ...autoscaler, spec: { ...recordAt(autoscaler, 'spec'), minReplicas: change.minReplicas } };
  if ((workload.replicas ?? 0) < change.minReplicas) scaleWorkload(cluster, workload, change.minReplicas, change.by);
  return true;
}

/** The running pods of a Job succeed and stay, as finished pods do; false when there is no such Job. */
export function finishJob({ cluster }: Pick<AksCore, 'cluster'>, change: Kind<'finish-job'>): boolean {
  const job = workloadNamed(cluster.store, { kind: 'Job', namespace: change.namespace, name: change.name });
  if (job === null) return false;
  for (const pod of podsIn(cluster.store, job.namespace)) {
    if (pod.owner?.uid !== job.uid || pod.phase !== 'Running') continue;
    pod.lifeSequence += 1;
    pod.phase = 'Succeeded';
    pod.isReady = false;
    job.succeededCount += 1;
    markChanged(cluster.store, pod);
  }
  cluster.timeline.tell('job.succeeded', `Job ${job.namespace}/${job.name} has succeeded`, { namespace: job.namespace, job: job.name });
  return true;
}

/** A machine goes with everything on it; one the autoscaler takes no longer counts. */
export function deleteNode({ aks, cluster }: AksCore, node: NodeRecord, by: string): void {
  const pool = aks.pools.get(node.pool);
  const count = numberAt(pool?.properties, 'count');
  cluster.timeline.tell('node.taken', `${node.name} is taken away by ${by}`, { node: node.name, pool: node.pool, by });
  leaveNode(cluster, node);
  if (pool !== undefined && count !== null && !node.isSurge && by === 'cluster-autoscaler') pool.properties = { ...pool.properties, count: count - 1 };
}

/** Ends what runs on the pool as done, with the nodes as they are; false when nothing runs there. Surge nodes go, and cordons. */
export function claimSuccess(core: AksCore, change: Kind<'claim-success'>): boolean {
  const pool = core.aks.pools.get(change.pool);
  if (pool === undefined || pool.running === null) return false;
  const { running } = pool;
  pool.hold = null;
  running.stop?.();
  for (const node of nodesOf(core, pool.name)) {
    if (node.isSurge) leaveNode(core.cluster, node);
    else if (node.isReady) uncordonNode(core.cluster, node, 'AKS');
  }
  pool.nodeImageVersion = pool.latestNodeImageVersion;
  endOperation(core, pool, running, { status: 'Succeeded' });
  return true;
}

function nodesOf({ cluster }: Pick<AksCore, 'cluster'>, pool: string): readonly NodeRecord[] {
  return [...cluster.store.nodes.values()].filter((node) => node.pool === pool);
}

/**
 * Ends what runs on the pool as told; false when nothing runs there. At a failure surge nodes go but those that stand in
 * for quarantined nodes, and cordons go but those named and those of quarantined nodes.
 */
export function endFromOutside(core: AksCore, change: Kind<'end-operation'>): boolean {
  const { aks, cluster } = core;
  const pool = aks.pools.get(change.pool);
  if (pool === undefined) return false;
  const { hold, running } = pool;
  pool.hold = null;
  if (running === null) return false;
  if (change.status === 'Succeeded') {
    hold?.goOn?.();
    return true;
  }
  running.stop?.();
  const nodes = nodesOf(core, pool.name);
  const quarantined = nodes.filter(isQuarantined);
  const spare = new Set(nodes.filter(({ isSurge }) => isSurge).slice(0, quarantined.length));
  for (const node of nodes) {
    if (quarantined.includes(node)) continue;
    if (node.isSurge && (change.status === 'Failed' || spare.size > 0) && !spare.has(node)) leaveNode(cluster, node);
    else if (!change.cordoned.includes(node.name) && node.isReady) uncordonNode(cluster, node, 'AKS');
  }
  endOperation(core, pool, running, { status: change.status, error: { code: change.code, message: change.message } });
  return true;
}
