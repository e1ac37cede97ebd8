import { judgeBlockedNode } from '../domain/block-cause.ts';
import type { Cluster, Node, NodePool, Pod } from '../domain/cluster-snapshot.ts';
import { isDrained } from '../domain/drain-forecast.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { isOnTarget, isTerminalState, judgeControlPlane, judgePool } from '../domain/judge-progress.ts';
import type { Instant } from '../domain/time.ts';
import type { BlockCause, UnitProgress } from '../domain/unit-progress.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import type { UnitRequest } from './contract.ts';
import type { EvictionAnswer, Ports } from './ports.ts';

/** Dry-run evictions of one look; each costs the API server some 10 ms (measured on 1.36). */
const EVICTIONS_TRIED = 30;
/** Nodes looked into at once; AKS drains as many as there are surge nodes. */
const NODES_JUDGED = 20;

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
 * Looks once at a unit: ARM, then nodes, then (only when a node is being drained or the operation stopped) pods, budgets
 * and dry-run evictions. Changes nothing; may be repeated.
 */
export async function lookAtUnit(ports: Ports, request: UnitRequest): Promise<Outcome<UnitLook>> {
  const { unit, clusterResourceId } = request;
  const read = await ports.aks.readCluster(clusterResourceId);
  if (!read.ok) return read;
  const { cluster, nodePools } = read.value;
  const poolName = poolNameOf(unit);
  if (poolName === null) {
    return { ok: true, value: { progress: judgeControlPlane(cluster, unit, ports.clock.now()), cluster, pool: null } };
  }
  // The pool's own GET carries its eTag, which the cluster's list of pools does not have to.
  const listed = nodePools.find((each) => each.name === poolName);
  if (listed === undefined) return { ok: false, failure: missingPool(poolName, cluster.name) };
  const own = await ports.aks.readNodePool(clusterResourceId, poolName);
  if (!own.ok) return own;
  const nodes = await ports.kubernetes.readNodes(cluster);
  if (!nodes.ok) return nodes;
  const blocked = await findCauses(ports, cluster, own.value, unit, nodes.value);
  if (!blocked.ok) return blocked;
  const progress = judgePool({ seenAt: ports.clock.now(), unit, pool: own.value, nodes: nodes.value, ...blocked.value });
  return { ok: true, value: { progress, cluster, pool: own.value } };
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

interface Blocked {
  readonly causes: readonly BlockCause[];
  readonly drainStartedAt: Instant | null;
}

async function findCauses(
  ports: Ports,
  cluster: Cluster,
  pool: NodePool,
  unit: PlannedUnit,
  nodes: readonly Node[],
): Promise<Outcome<Blocked>> {
  const nothing = { ok: true, value: { causes: [], drainStartedAt: null } } as const;
  const suspects = nodesToJudge(pool, unit, nodes);
  if (suspects.length === 0) return nothing;
  const objects = await ports.kubernetes.readObjects(cluster);
  if (!objects.ok) return objects;
  const causes: BlockCause[] = [];
  let triesLeft = EVICTIONS_TRIED;
  for (const node of suspects) {
    const pods = objects.value.pods.filter((pod) => pod.nodeName === node.name && isDrained(pod));
    const answers = await tryEvictions(ports, cluster, pods.slice(0, triesLeft));
    if (!answers.ok) return answers;
    triesLeft -= Math.min(triesLeft, pods.length);
    causes.push(...judgeBlockedNode({ node, pods, objects: objects.value, answers: answers.value, now: ports.clock.now() }));
  }
  const first = causes[0];
  if (first === undefined) return nothing;
  return { ok: true, value: { causes, drainStartedAt: await drainStart(ports, cluster, first.node) } };
}

/** While an operation runs: cordoned old nodes, which AKS is draining. After it stopped: every old node. */
function nodesToJudge(pool: NodePool, unit: PlannedUnit, nodes: readonly Node[]): readonly Node[] {
  if (unit.isSpot) return [];
  const old = nodes.filter((node) => node.nodePool === pool.name && !isOnTarget(node, unit.to));
  const isStopped = isTerminalState(pool.provisioningState) && pool.provisioningState !== 'Succeeded';
  return (isStopped ? old : old.filter((node) => node.isCordoned)).slice(0, NODES_JUDGED);
}

async function tryEvictions(ports: Ports, cluster: Cluster, pods: readonly Pod[]): Promise<Outcome<ReadonlyMap<string, EvictionAnswer>>> {
  const answers = new Map<string, EvictionAnswer>();
  for (const pod of pods) {
    const answer = await ports.kubernetes.tryEviction(cluster, pod);
    // Without the right to try, the budgets alone still tell: recorded servers agreed with them 180 times of 180.
    if (!answer.ok && answer.failure.class !== 'terminal') return answer;
    if (answer.ok) answers.set(pod.uid, answer.value);
  }
  return { ok: true, value: answers };
}

async function drainStart(ports: Ports, cluster: Cluster, node: string): Promise<Instant | null> {
  const events = await ports.kubernetes.readUpgradeEvents(cluster);
  if (!events.ok) return null;
  const drains = events.value.filter((event) => event.reason === 'Drain' && event.type === 'Normal' && event.involvedName === node);
  return drains.at(-1)?.firstSeen ?? null;
}
