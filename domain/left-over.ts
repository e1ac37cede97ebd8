import { countPool } from './node-count.ts';
import type { UnitProgress } from './unit-progress.ts';
import type { UnitName, UpgradePlan } from './upgrade-plan.ts';
import type { WindowStatus } from './window-status.ts';

/** The last look, as far as left-overs need it. */
interface LastLook {
  readonly units: readonly { readonly unit: UnitName; readonly progress: UnitProgress }[];
  readonly inventories: readonly { readonly pool: string; readonly inventory: UnitProgress['inventory'] }[];
}

/**
 * What a run leaves behind, each a sentence: quarantined and cordoned nodes, spare nodes, mixed versions, operations that
 * still go on. Complete for every pool the run touched; pools it did not touch are not its to list.
 */
export function listLeftOver(status: WindowStatus, plan: UpgradePlan, look: LastLook): readonly string[] {
  return plan.units.flatMap((unit) => {
    const known = status.units.find((each) => each.unit === unit.unit);
    if (known === undefined || known.startedAt === null) return [];
    if (unit.unit === 'control-plane' && known.state === 'upgraded') return [];
    const progress = look.units.find((each) => each.unit === unit.unit)?.progress;
    return progress === undefined ? [] : leftOfUnit(unit.unit, progress);
  });
}

function leftOfUnit(unit: UnitName, progress: UnitProgress): readonly string[] {
  const left: string[] = [];
  const { inventory } = progress;
  if (progress.state === 'running' || progress.state === 'blocked') left.push(`${unit}: Azure is still at work (${progress.provisioningState}).`);
  if (progress.state === 'needs-reconcile') left.push(`${unit}: every node is new, and Azure says ${progress.provisioningState}; an update without changes (a reconcile) inside a window makes its state true again.`);
  if (inventory === null) {
    // Nobody saw the nodes: that Azure calls it done is told with the unit.
    if (progress.state !== 'succeeded' && progress.state !== 'unproven') left.push(`${unit}: not on the target (${progress.provisioningState}).`);
    return left;
  }
  const only = inventory.cordoned.filter((node) => !inventory.quarantined.includes(node));
  if (inventory.quarantined.length > 0) left.push(`${unit}: quarantined ${list(inventory.quarantined)}; cordoned and still old or not proven, kept so until somebody releases it.`);
  if (only.length > 0) left.push(`${unit}: cordoned ${list(only)}.`);
  if (inventory.surge.length > 0) left.push(`${unit}: ${inventory.surge.length === 1 ? '1 spare node' : `${inventory.surge.length} spare nodes`} (${list(inventory.surge)}), billed while ${inventory.surge.length === 1 ? 'it exists' : 'they exist'}.`);
  if (inventory.old.length > 0) {
    // Only some of many old nodes are named, so their number is what the others leave.
    const count = countPool(inventory, []);
    const spareOld = inventory.surge.filter((node) => inventory.old.includes(node)).length;
    const old = count.old + count.blocked.length + spareOld;
    left.push(`${unit}: mixed versions, ${old} of ${inventory.total} nodes old (${list(inventory.old, old)}); they serve.`);
  }
  if (inventory.notReady.length > 0) left.push(`${unit}: not Ready ${list(inventory.notReady)}.`);
  return left;
}

function list(names: readonly string[], count: number = names.length): string {
  const shown = names.slice(0, 5).join(', ');
  return count > 5 ? `${shown} and ${count - 5} more` : shown;
}
