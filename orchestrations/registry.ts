import type { Orchestration } from './flow.ts';
import type { OrchestrationName } from './contract.ts';
import { cleanUp } from './clean-up.ts';
import { controlPlaneUpgrade } from './control-plane-upgrade.ts';
import { maintenanceWindow } from './maintenance-window.ts';
import { nodePoolUpgrade } from './node-pool-upgrade.ts';

/** Every orchestration by name; the compiler sees to it that none is missing. */
export const orchestrations: { readonly [N in OrchestrationName]: Orchestration<N> } = {
  maintenanceWindow,
  controlPlaneUpgrade,
  nodePoolUpgrade,
  cleanUp,
};
