import type { ClusterSnapshot } from './cluster-snapshot.ts';
import { isDrained } from './drain-forecast.ts';
import { isFinished } from './eviction.ts';
import type { UndigestedPlan } from './plan-maintenance.ts';
import { defaultPoolTimeModel } from './pool-time-model.ts';
import type { PlannedUnit } from './upgrade-plan.ts';

/** Per pool name: the longest time a pod that a drain evicts may take to end. Unit: minutes, whole. */
export function longestGraces({ nodes, pods }: Pick<ClusterSnapshot, 'nodes' | 'pods'>): ReadonlyMap<string, number> {
  const poolOf = new Map(nodes.map(({ name, nodePool }) => [name, nodePool]));
  const longest = new Map<string, number>();
  for (const pod of pods) {
    const pool = poolOf.get(pod.nodeName);
    const minutes = Math.ceil(pod.graceSeconds / 60);
    if (pool !== undefined && minutes > (longest.get(pool) ?? defaultPoolTimeModel.drainMinutes) && isDrained(pod) && !isFinished(pod)) longest.set(pool, minutes);
  }
  return longest;
}

/**
 * A unit reckoned with usual drains, as long as its pods may make it: every wave waits for the longest grace on the pool, at most
 * for the drain timeout. Spot pools are not drained. The unit itself where nothing takes longer than usual.
 */
export function withLongDrain(unit: PlannedUnit, graces: ReadonlyMap<string, number>): PlannedUnit {
  const grace = graces.get(unit.unit.slice('pool/'.length)) ?? 0;
  const more = Math.min(grace, unit.drainTimeoutMinutes) - defaultPoolTimeModel.drainMinutes;
  return more <= 0 || unit.isSpot || unit.waves === 0 ? unit : { ...unit, estimateMinutes: unit.estimateMinutes + unit.waves * more };
}

/** {@link withLongDrain} of every unit; the plan itself where none changes. */
export function withLongDrains(plan: UndigestedPlan, graces: ReadonlyMap<string, number>): UndigestedPlan {
  const units = plan.units.map((unit) => withLongDrain(unit, graces));
  return units.every((unit, index) => unit === plan.units[index]) ? plan : { ...plan, units };
}
