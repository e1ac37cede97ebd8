import type { NodeInventory } from './unit-progress.ts';
import type { PlannedUnit } from './upgrade-plan.ts';

/**
 * How an attempt ended, where the unit is of a kind that has words of its own: a pool of which no node runs, and a pool that lost
 * nodes meanwhile, to Azure if it is a spot pool, else to the autoscaler. Null: the verdict's own words say it.
 */
export function describeSpecialEnd(unit: PlannedUnit, kind: string, inventory: NodeInventory | null): string | null {
  const pool = unit.unit.slice('pool/'.length);
  if (unit.unit === 'control-plane' || inventory === null) return null;
  if (kind === 'unproven' && unit.waves === 0) {
    const what = unit.action === 'pool-version' ? 'version' : 'image';
    return unit.nodeCount === 0 ? `${pool} is empty: set, unproven.` : `${pool} is stopped: its ${what} is set, no node has booted on it.`;
  }
  const gone = unit.nodeCount - inventory.total;
  if (kind !== 'succeeded' || gone <= 0) return null;
  if (!unit.isSpot) {
    const [nodes, were] = gone === 1 ? ['1 node', 'was'] : [`${gone} nodes`, 'were'];
    return `${pool}: ${inventory.upgraded} of ${inventory.total} nodes new; ${nodes} ${were} removed during the run, by the autoscaler where the pool has one.`;
  }
  return `${pool}: ${inventory.upgraded} of ${inventory.total} present nodes upgraded, ${gone} preempted by Azure (or taken out by the autoscaler).`;
}
