import { readFileSync } from 'node:fs';
import { openWindows, type WindowDecision } from '../../activities/open-windows.ts';
import { readPolicyText } from '../../adapters/policy-file.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { runIdOf, windowInstanceId } from '../../domain/window-identity.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import { policyRepository } from '../loopback-world.ts';
import type { LoggedRequest } from '../request-log.ts';
import { inboxPorts } from '../scenario/scenario-comments.ts';
import { startRehearsal, type Rehearsal } from './rehearsal.ts';

const policyText = readFileSync(new URL('../../fixtures/policies/lab-aks.yaml', import.meta.url), 'utf8');

/** Many windows of one subscription that open at once, in virtual time, before an ARM that enforces Azure's token buckets. */
export interface FleetRehearsal {
  readonly rehearsal: Rehearsal;
  /** One tick of the window timer, as the app makes it. */
  tick(): Promise<readonly WindowDecision[]>;
  /** Begins every run now, as an app without a planner would. */
  startAll(): void;
  /** The status of every run that has shown one. */
  statuses(): readonly WindowStatus[];
  /** Requests that Azure refused because a bucket was empty. */
  throttled(): readonly LoggedRequest[];
  /** Lets time pass, with a tick every five minutes, until every run has ended or `minutesMax` have passed. */
  play(minutesMax: number): Promise<void>;
}

/** Sets up `clusters` clusters of the project's own snapshot in one subscription; nothing begins by itself. */
export async function startFleetRehearsal(clusters: number): Promise<FleetRehearsal> {
  const policies = Array.from({ length: clusters }, (_, index) => policyOf(index === 0 ? 'lab-aks' : `lab-aks-${index}`));
  const neighbours = policies.slice(1).map(({ clusterResourceId }) => clusterResourceId);
  const rehearsal = await startRehearsal({ beginning: 'held', fleet: { neighbours, armLimits: 'enforced' } });
  const { host: { engine }, clock, input, world } = rehearsal;
  const ports = inboxPorts(rehearsal, policies);
  const instances = policies.map(({ clusterResourceId }) => windowInstanceId(clusterResourceId));
  const isEnded = (instanceId: string): boolean => !['Running', 'Pending', undefined].includes(engine.read(instanceId)?.runtimeStatus);
  const tick = async (): Promise<readonly WindowDecision[]> => {
    const opened = await openWindows(ports, { policyRepository, pollSeconds: input.pollSeconds });
    if (!opened.ok) throw new Error(`No window could be opened: ${opened.failure.message}`);
    return opened.value;
  };
  return {
    rehearsal,
    tick,
    startAll() {
      for (const policy of policies) engine.start({ name: 'maintenanceWindow', instanceId: windowInstanceId(policy.clusterResourceId), inputJson: JSON.stringify({ ...input, policy, runId: runIdOf(policy.name, input.opening.opens) }), version: null });
    },
    statuses: () => instances.flatMap((instanceId) => readStatus(engine.read(instanceId)?.customStatusJson ?? null)),
    throttled: () => world.log.entries.filter(({ service, status }) => service === 'arm' && status === 429),
    async play(minutesMax) {
      const until = clock.now() + minutesMax * 60_000;
      while (clock.now() < until && !instances.every(isEnded)) {
        await clock.advanceTo(clock.now() + 300_000);
        await tick();
      }
    },
  };
}

function policyOf(name: string): MaintenancePolicy {
  const read = readPolicyText(policyText.replaceAll('lab-aks', name).replace(/ {4}writeBack:[\s\S]*$/, ''), `${name}.yaml`);
  const [policy] = read.ok ? read.value : [];
  if (policy === undefined) throw new Error(`The policy of ${name} does not read: ${JSON.stringify(read)}`);
  return policy;
}

function readStatus(json: string | null): readonly WindowStatus[] {
  return json === null ? [] : [recorded<WindowStatus>(JSON.parse(json))];
}
