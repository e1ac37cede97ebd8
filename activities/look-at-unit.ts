import type { Cluster, Node, NodePool } from '../domain/cluster-snapshot.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { findForeignCordons } from '../domain/foreign-cordon.ts';
import { isTerminalState, judgeControlPlane, judgePool, nothingFound } from '../domain/judge-progress.ts';
import { judgePoolUnseen } from '../domain/judge-unseen.ts';
import { explainUnread } from '../domain/kubernetes-unread.ts';
import type { UnitProgress } from '../domain/unit-progress.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import type { EarlierLooks, UnitRequest } from './contract.ts';
import { findBlocks } from './find-blocks.ts';
import type { Ports } from './ports.ts';

/** One look at a unit with the resources it was made from. */
export interface UnitLook {
  readonly progress: UnitProgress;
  readonly cluster: Cluster;
  /** Null for the control plane. */
  readonly pool: NodePool | null;
}

/** Name of the pool a unit is about; null for the control plane. */
export function poolNameOf(unit: PlannedUnit): string | null {
  return unit.unit === 'control-plane' ? null : unit.unit.slice('pool/'.length);
}

/**
 * Looks once at a unit: ARM, then nodes, then (only when something is suspicious) what keeps it from going on. Without
 * `earlier`, before an attempt began, new nodes and pods are nobody's. Changes nothing; may be repeated.
 */
export async function lookAtUnit(ports: Ports, request: UnitRequest, earlier: EarlierLooks | null = null): Promise<Outcome<UnitLook>> {
  const { unit, clusterResourceId } = request;
  const read = await ports.aks.readCluster(clusterResourceId);
  if (!read.ok) return read;
  const { cluster, nodePools } = read.value;
  const poolName = poolNameOf(unit);
  if (poolName === null) {
    return { ok: true, value: { progress: judgeControlPlane(cluster, unit, ports.clock.now()), cluster, pool: null } };
  }
  const listed = nodePools.find((each) => each.name === poolName);
  if (listed === undefined) return { ok: false, failure: missingPool(poolName, cluster.name) };
  // Watching takes one read: pools of a whole subscription share Azure's smallest bucket, and each cluster has one of its own. What a pool that is
  // not at work says of itself (why it failed, whether it has moved since the request) the cluster's list does not have to carry.
  const isEnough = earlier !== null && !isTerminalState(listed.provisioningState);
  const own = isEnough ? { ok: true as const, value: listed } : await ports.aks.readNodePool(clusterResourceId, poolName);
  if (!own.ok) return own;
  const nodes = await ports.kubernetes.readNodes(cluster);
  if (!nodes.ok) return lookWithout(ports, request, { cluster, pool: own.value, nodes: null }, nodes.failure);
  const blocks = await findBlocks(ports, { cluster, pool: own.value, unit, nodes: nodes.value, earlier });
  if (!blocks.ok) return lookWithout(ports, request, { cluster, pool: own.value, nodes: nodes.value }, blocks.failure);
  const seenAt = ports.clock.now();
  const foreign = findForeignCordons(nodes.value, poolName, earlier?.signals ?? [], seenAt);
  const found = { ...blocks.value, signals: [...blocks.value.signals, ...foreign.signals], foreignCordons: foreign.cordons };
  const progress = judgePool({ seenAt, unit, pool: own.value, nodes: nodes.value, ...found });
  return { ok: true, value: { progress, cluster, pool: own.value } };
}

/** What is judged where nodes, or what keeps them from draining, could not be read: a failure, unless the request can do without. */
function lookWithout(
  ports: Ports,
  { unit, kubernetesApi }: UnitRequest,
  { cluster, pool, nodes }: { readonly cluster: Cluster; readonly pool: NodePool; readonly nodes: readonly Node[] | null },
  cause: Failure,
): Outcome<UnitLook> {
  const failure = explainUnread(cluster, cause);
  if (kubernetesApi !== 'optional') return { ok: false, failure };
  const seenAt = ports.clock.now();
  const progress = nodes === null ? judgePoolUnseen({ seenAt, unit, pool, failure }) : { ...judgePool({ seenAt, unit, pool, nodes, ...nothingFound }), unseen: failure.message };
  return { ok: true, value: { progress, cluster, pool } };
}

function missingPool(pool: string, cluster: string): Failure {
  return {
    code: 'node-pool-missing',
    class: 'terminal',
    message: `Node pool ${pool} is no longer part of cluster ${cluster}.`,
    remedy: 'Nothing needs to be done if it was removed on purpose; else run again with a new plan.',
    retryAfterSeconds: null,
  };
}
