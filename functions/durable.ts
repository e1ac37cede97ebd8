import { app, input } from 'durable-functions';
import { activityNames } from '../activities/contract.ts';
import type { ActivityContract, ActivityName } from '../activities/contract.ts';
import { createActivities } from '../activities/registry.ts';
import { toDurableOrchestrator } from '../adapters/durable-flow.ts';
import { recorded } from '../adapters/trust-boundary.ts';
import type { OrchestrationName } from '../orchestrations/contract.ts';
import { orchestrations } from '../orchestrations/registry.ts';
import type { Composition } from './compose.ts';
import { serveInvocations } from './serve.ts';

/** Registers every orchestration and every activity under the names of their contracts. */
export function registerDurable(composition: Pick<Composition, 'portsWithWindowsOf'>): void {
  serveInvocations();
  registerOrchestration('maintenanceWindow');
  registerOrchestration('controlPlaneUpgrade');
  registerOrchestration('nodePoolUpgrade');
  registerOrchestration('cleanUp');
  for (const name of activityNames) registerActivity(composition, name);
}

function registerOrchestration<N extends OrchestrationName>(name: N): void {
  app.orchestration(name, toDurableOrchestrator<N>(orchestrations[name]));
}

function registerActivity<N extends ActivityName>(composition: Pick<Composition, 'portsWithWindowsOf'>, name: N): void {
  app.activity(name, {
    extraInputs: [input.durableClient()],
    handler: (given: unknown, context) => createActivities(composition.portsWithWindowsOf(context))[name](recorded<ActivityContract[N]['input']>(given)),
  });
}
