import type { NodeInventory } from './unit-progress.ts';
import type { UnitStatus, WindowStatus } from './window-status.ts';

/**
 * The nodes of one pool in columns that do not overlap: `proven + unproven + old + blocked + spare = total`.
 *
 * Spare nodes are those beyond the pool's count, whatever they run; every other node is in exactly one other column.
 */
interface PoolCount {
  readonly total: number;
  readonly ready: number;
  /** On the target, Ready, not cordoned, not quarantined; spare nodes left out. */
  readonly proven: number;
  /** On the target, yet cordoned, quarantined or not Ready. */
  readonly unproven: number;
  /** Not yet on the target and not blocked. */
  readonly old: number;
  /** Cannot be emptied, or were set aside by AKS. */
  readonly blocked: readonly string[];
  readonly spare: number;
}

/**
 * Counts a pool; `blockedNodes` are those a drain cannot empty now.
 *
 * An inventory may name only some of many nodes, so "old" is what remains when every other node is accounted for.
 */
export function countPool(inventory: NodeInventory, blockedNodes: readonly string[]): PoolCount {
  const spare = new Set(inventory.surge);
  const old = new Set(inventory.old);
  const impaired = new Set([...inventory.cordoned, ...inventory.quarantined, ...inventory.notReady]);
  const blocked = [...new Set([...blockedNodes, ...inventory.quarantined])].filter((node) => old.has(node) && !spare.has(node));
  const unproven = [...impaired].filter((node) => !old.has(node) && !spare.has(node)).length;
  const provenSpare = inventory.surge.filter((node) => !old.has(node) && !impaired.has(node)).length;
  const proven = Math.max(0, inventory.upgraded - provenSpare);
  return {
    total: inventory.total,
    ready: Math.max(0, inventory.total - inventory.notReady.length),
    proven,
    unproven,
    old: Math.max(0, inventory.total - proven - unproven - blocked.length - spare.size),
    blocked,
    spare: spare.size,
  };
}

/** The nodes of all counted pools of a run; null when none was counted. */
interface RunCount {
  readonly total: number;
  readonly ready: number;
  readonly proven: number;
  /** Nodes that are not spare. */
  readonly wanted: number;
  readonly spare: number;
  readonly notReady: readonly string[];
}

/** Adds up every pool of the run that was counted. */
export function countRun(units: readonly UnitStatus[]): RunCount | null {
  const inventories = units.flatMap(({ inventory }) => (inventory === null ? [] : [inventory]));
  if (inventories.length === 0) return null;
  const counts = inventories.map((inventory) => countPool(inventory, []));
  const sum = (pick: (count: PoolCount) => number) => counts.reduce((total, count) => total + pick(count), 0);
  return {
    total: sum((count) => count.total),
    ready: sum((count) => count.ready),
    proven: sum((count) => count.proven),
    wanted: sum((count) => count.total - count.spare),
    spare: sum((count) => count.spare),
    notReady: inventories.flatMap(({ notReady }) => notReady),
  };
}

/**
 * Whether nothing is left to wish for in a unit: it says upgraded and, for a pool, every node was counted on the target,
 * Ready, not cordoned and not quarantined, with no spare node left.
 */
export function isProven(unit: UnitStatus): boolean {
  if (unit.state !== 'upgraded') return false;
  if (unit.unit === 'control-plane') return true;
  if (unit.inventory === null) return false;
  const { total, upgraded, old, cordoned, quarantined, notReady, surge } = unit.inventory;
  return upgraded === total && [old, cordoned, quarantined, notReady, surge].every((nodes) => nodes.length === 0);
}

/** Whether a pool is set to its target while none of its nodes runs, so that nothing can prove it yet and nobody need do anything. */
export function isSetWithoutNodes({ state, inventory }: UnitStatus): boolean {
  return state === 'unproven' && inventory !== null && inventory.total === 0;
}

/** Whether Azure calls a pool upgraded while nobody saw its nodes. */
export function isUnseen({ unit, state, inventory }: UnitStatus): boolean {
  return unit !== 'control-plane' && state === 'unproven' && inventory === null;
}

/** Pools that a finding blocks and that the plan left out for it: they are in scope, old, and in no unit. */
export function leftOutPools({ units, findings }: Pick<WindowStatus, 'units' | 'findings'>): readonly string[] {
  const pools = findings.flatMap((finding) => (finding.severity === 'block' ? finding.pools : []));
  return [...new Set(pools)].filter((pool) => pool !== '*' && !units.some(({ unit }) => unit === `pool/${pool}`));
}
