import type { UnitUpgradeInput, UnitVerdict } from './contract.ts';
import type { Flow, Step } from './flow.ts';
import { upgradeUnit } from './upgrade-unit.ts';

/** Upgrades one node pool: start or adopt, look at its nodes, tell of a blocked drain, end when every node is proven. */
export function nodePoolUpgrade(flow: Flow, input: UnitUpgradeInput): Step<UnitVerdict> {
  return upgradeUnit(flow, input);
}
