import type { ClusterSnapshot, Node, Unchecked } from './cluster-snapshot.ts';
import type { Failure } from './failure.ts';
import type { PlanningState } from './plan-maintenance.ts';
import type { NodeVersions } from './plan-node-pool.ts';
import type { Instant } from './time.ts';

/** {@link PlanningState} with when it was taken and what it lacks. */
interface ObservedState extends PlanningState {
  readonly takenAt: Instant;
  readonly unchecked: readonly Unchecked[];
  readonly kubernetesUnread?: Failure;
}

/** A snapshot without its pods, its nodes only counted: what planning needs. */
export function planningStateOf(snapshot: ClusterSnapshot): ObservedState {
  const { takenAt, cluster, nodePools, upgradeProfile, unchecked, kubernetesUnread } = snapshot;
  const nodesByPool = Map.groupBy(snapshot.nodes, (node) => node.nodePool);
  const nodeVersions = Object.fromEntries(nodePools.map(({ name }) => [name, countNodeVersions(nodesByPool.get(name) ?? [])]));
  return { takenAt, cluster, nodePools, upgradeProfile, nodeVersions, unchecked, ...(kubernetesUnread === undefined ? {} : { kubernetesUnread }) };
}

/** How many nodes run each version and image, the most common first. */
export function countNodeVersions(nodes: readonly Node[]): readonly NodeVersions[] {
  const groups = Map.groupBy(nodes, ({ kubeletVersion, imageVersion }) => `${kubeletVersion} ${imageVersion}`);
  return [...groups.values()]
    .flatMap((group) => group.slice(0, 1).map(({ kubeletVersion, imageVersion }) => ({ kubeletVersion, imageVersion, count: group.length })))
    .sort((one, other) => other.count - one.count);
}
