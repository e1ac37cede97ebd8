import type { UnitUpgradeInput, UnitVerdict } from './contract.ts';
import type { Flow, Step } from './flow.ts';
import { upgradeUnit } from './upgrade-unit.ts';

/** Upgrades the control plane alone: start or adopt, look until it runs the target. */
export function controlPlaneUpgrade(flow: Flow, input: UnitUpgradeInput): Step<UnitVerdict> {
  return upgradeUnit(flow, input);
}
