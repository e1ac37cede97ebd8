import type { Ports } from '../../activities/ports.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import { isOpen } from '../../domain/debt.ts';
import type { Debt } from '../../domain/debt.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import type { StateFile } from '../../domain/state-file.ts';
import { DAY_MS, MINUTE_MS, type Instant } from '../../domain/time.ts';
import { tickDebts } from '../../functions/debt-timer.ts';
import type { DebtFacts } from '../../sim/scenario-verdict.ts';
import { appLogin, policyRepository } from '../loopback-world.ts';
import type { Rehearsal } from '../rehearsal/window-rehearsal.ts';

/** Writes what earlier runs remembered, as they would have. */
export async function playMemory(ports: Pick<Ports, 'state'>, memory: StateFile): Promise<void> {
  const kept = await ports.state.changeState(memory.cluster, () => memory, 'Remember earlier runs');
  if (!kept.ok) throw new Error(`The memory could not be played: ${kept.failure.code} ${kept.failure.message}`);
}

/** What is remembered of the cluster now. */
export async function readMemory(ports: Pick<Ports, 'state'>, clusterResourceId: string): Promise<StateFile> {
  const read = await ports.state.readState(clusterResourceId);
  if (!read.ok) throw new Error(`The memory could not be read: ${read.failure.code} ${read.failure.message}`);
  return read.value;
}

/** The moments of daily looks: at the beginning, then every day until one after the last event. */
export function checkTimes(zero: Instant, lastMinute: number | null): readonly Instant[] {
  const days = lastMinute === null ? 0 : Math.floor((lastMinute * MINUTE_MS) / DAY_MS) + 1;
  return Array.from({ length: days + 1 }, (_, day) => zero + day * DAY_MS);
}

/**
 * Lets the daily timer fire and gives its message to the service as the queue would. The timer asks for the scenario's own
 * policy; everything else is read and written through the app's own ports.
 */
export async function playDebtCheck(rehearsal: Rehearsal, given: Ports, policy: MaintenancePolicy): Promise<DebtFacts> {
  const asked: Readonly<Record<string, unknown>>[] = [];
  const ports: Ports = {
    ...given,
    policies: { readPolicies: async () => ({ ok: true, value: { policies: [policy], faults: [] } }) },
    messages: {
      ...given.messages,
      enqueueInbox: (messageId, cloudEvent) => {
        asked.push(cloudEvent);
        return given.messages.enqueueInbox(messageId, cloudEvent);
      },
    },
  };
  const before = await readMemory(ports, policy.clusterResourceId);
  await tickDebts(ports);
  for (const message of asked) {
    const result = await receiveInboxMessage(ports, { appLogin, policyRepository }, message);
    if (result.kind !== 'done') throw new Error(`The debts could not be checked: ${JSON.stringify(result)}`);
  }
  const after = await readMemory(ports, policy.clusterResourceId);
  const stepBefore = (debt: Debt): number => before.debts.find(({ id, who }) => id === debt.id && who === debt.who)?.stepDays ?? 0;
  const told = after.debts.filter((debt) => debt.stepDays > stepBefore(debt));
  return {
    openCount: after.debts.filter(isOpen).length,
    settledCount: after.debts.filter((debt) => !isOpen(debt)).length,
    toldStepDays: told.length === 0 ? null : Math.max(...told.map(({ stepDays }) => stepDays)),
    issueTitle: rehearsal.issues().find(({ body }) => body.includes('slackwater:debts:'))?.title ?? '',
  };
}
