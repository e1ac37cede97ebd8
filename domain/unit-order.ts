import type { PlannedUnit, UnitName, UpgradePlan } from './upgrade-plan.ts';
import type { UnitStatus } from './window-status.ts';

/** A pool that must be visited a second time, in a later window, to reach its target. */
export function secondVisits(plan: UpgradePlan): UpgradePlan['omitted'] {
  return plan.omitted.filter(({ code }) => code === 'second-visit');
}

/**
 * Why the order of versions forbids a unit now; null when it does not.
 *
 * A pool never runs ahead of its control plane, and a control plane never leaves a pool more than three minors behind: the pools the
 * plan puts before it must have moved.
 */
export function whyOutOfOrder(unit: PlannedUnit, plan: UpgradePlan, units: readonly UnitStatus[]): string | null {
  const order = plan.units.map((each) => each.unit);
  const stateOf = (name: UnitName): UnitStatus['state'] | null => units.find((each) => each.unit === name)?.state ?? null;
  const controlPlane = stateOf('control-plane');
  const place = order.indexOf('control-plane');
  if (unit.unit === 'control-plane') {
    const behind = order.slice(0, Math.max(0, place)).filter((name) => stateOf(name) !== 'upgraded' && stateOf(name) !== 'unproven');
    return behind.length === 0 ? null : `${behind.join(', ')} must move before the control plane, which would leave it more than three minors behind.`;
  }
  const follows = unit.action === 'pool-version' && place !== -1 && order.indexOf(unit.unit) > place;
  return follows && controlPlane !== null && controlPlane !== 'upgraded' ? `the control plane is ${controlPlane}, and a node pool must not run ahead of it.` : null;
}
