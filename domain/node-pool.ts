import type { NodePool, UpgradeSettings } from './cluster-snapshot.ts';
import type { NodePoolPolicy } from './maintenance-policy.ts';

/** What we send when neither the policy nor the pool says a surge; the newest AKS notes call it the service default. */
const DEFAULT_MAX_SURGE = '10%';
/** AKS's own defaults where a pool shows null (facts: AKS "Perform rolling upgrades"). */
const DEFAULT_DRAIN_TIMEOUT_MINUTES = 30;
const DEFAULT_NODE_SOAK_MINUTES = 0;

/**
 * Surge nodes one upgrade of a pool adds at once. Unit: nodes.
 *
 * A percentage is of the pool's node count and rounds up to a whole node; the result never exceeds the nodes there are.
 * Null, or a text that is neither form, counts as the service default, `max(1, 10 %)`.
 *
 * @param maxSurge - As AKS stores it: `"33%"` or `"2"`.
 * @param nodeCount - Nodes in the pool now. Whole, ≥ 0.
 * @see AKS "Perform rolling upgrades", section "Customize node surge".
 */
export function surgeNodeCount(maxSurge: string | null, nodeCount: number): number {
  const asked = amountOf(maxSurge, nodeCount) ?? Math.max(1, Math.ceil(nodeCount * 0.1));
  return Math.min(asked, nodeCount);
}

/**
 * Nodes drained at once: as many as there are surge nodes; without surge as many as `maxUnavailable` says, at least one.
 * Unit: nodes.
 */
export function parallelNodeCount(settings: Pick<UpgradeSettings, 'maxSurge' | 'maxUnavailable'>, nodeCount: number): number {
  const surge = surgeNodeCount(settings.maxSurge, nodeCount);
  if (surge > 0) return surge;
  return Math.min(nodeCount, Math.max(1, amountOf(settings.maxUnavailable, nodeCount) ?? 1));
}

/** `"3"` as it is, `"33%"` of the nodes rounded up; null when the text is neither. */
export function amountOf(text: string | null, nodeCount: number): number | null {
  const match = /^(\d{1,4})(%?)$/.exec(text ?? '');
  if (match === null) return null;
  return match[2] === '%' ? Math.ceil((Number(match[1]) * nodeCount) / 100) : Number(match[1]);
}

/** Minutes AKS lets a node drain before it gives up. */
export function drainTimeoutMinutes(settings: Pick<UpgradeSettings, 'drainTimeoutInMinutes'>): number {
  return settings.drainTimeoutInMinutes ?? DEFAULT_DRAIN_TIMEOUT_MINUTES;
}

/** Minutes AKS waits after a drained node. */
export function nodeSoakMinutes(settings: Pick<UpgradeSettings, 'nodeSoakDurationInMinutes'>): number {
  return settings.nodeSoakDurationInMinutes ?? DEFAULT_NODE_SOAK_MINUTES;
}

/** What AKS does with a node it cannot drain. */
export function undrainableNodeBehavior(settings: Pick<UpgradeSettings, 'undrainableNodeBehavior'>): 'Schedule' | 'Cordon' {
  return settings.undrainableNodeBehavior ?? 'Schedule';
}

/** Whether AKS takes the pool's nodes without a drain and without surge nodes (facts: AKS "Add an Azure Spot node pool"). */
export function isSpot(pool: Pick<NodePool, 'scaleSetPriority'>): boolean {
  return pool.scaleSetPriority === 'Spot';
}

/** Whether the pool's machines are switched off; it takes a version, but no node boots on it. */
export function isStopped(pool: Pick<NodePool, 'powerState'>): boolean {
  return pool.powerState.toLowerCase() === 'stopped';
}

/** Nodes the pool may grow to by itself: the autoscaler's maximum, or what it has. */
export function nodeCountAtMost(pool: Pick<NodePool, 'nodeCount' | 'enableAutoScaling' | 'maxCount'>): number {
  return pool.enableAutoScaling ? Math.max(pool.nodeCount, pool.maxCount ?? 0) : pool.nodeCount;
}

/** System pools first, then user pools, spot pools last; within each, the declared order and then the name. */
export function orderNodePools(pools: readonly NodePool[], declaredOrder: readonly string[]): readonly NodePool[] {
  const rank = (pool: NodePool): number => (pool.mode === 'System' ? 0 : isSpot(pool) ? 2 : 1);
  const place = (pool: NodePool): number => {
    const index = declaredOrder.indexOf(pool.name);
    return index === -1 ? declaredOrder.length : index;
  };
  return [...pools].sort(
    (one, other) => rank(one) - rank(other) || place(one) - place(other) || (one.name < other.name ? -1 : 1),
  );
}

/**
 * The settings a pool shall be upgraded with: the policy's override, then the policy's own, then what the pool has.
 *
 * `maxSurge` always ends explicit, because the service's default is disputed and cannot be read. A spot pool keeps what
 * it has: AKS neither drains nor surges it.
 */
export function mergeUpgradeSettings(policy: NodePoolPolicy, pool: NodePool): UpgradeSettings {
  const present = pool.upgradeSettings;
  if (isSpot(pool)) return present;
  const common = policy.upgradeSettings;
  const own = Object.hasOwn(policy.overrides, pool.name) ? policy.overrides[pool.name] : undefined;
  return {
    maxSurge: own?.maxSurge ?? common.maxSurge ?? present.maxSurge ?? DEFAULT_MAX_SURGE,
    maxUnavailable: present.maxUnavailable,
    drainTimeoutInMinutes: own?.drainTimeoutInMinutes ?? common.drainTimeoutInMinutes ?? present.drainTimeoutInMinutes,
    nodeSoakDurationInMinutes:
      own?.nodeSoakDurationInMinutes ?? common.nodeSoakDurationInMinutes ?? present.nodeSoakDurationInMinutes,
    undrainableNodeBehavior:
      own?.undrainableNodeBehavior ?? common.undrainableNodeBehavior ?? present.undrainableNodeBehavior,
  };
}

/** Whether two settings are the same field by field. */
export function isSameSettings(one: UpgradeSettings, other: UpgradeSettings): boolean {
  return (
    one.maxSurge === other.maxSurge &&
    one.maxUnavailable === other.maxUnavailable &&
    one.drainTimeoutInMinutes === other.drainTimeoutInMinutes &&
    one.nodeSoakDurationInMinutes === other.nodeSoakDurationInMinutes &&
    one.undrainableNodeBehavior === other.undrainableNodeBehavior
  );
}
