import type { ActivityContract } from './contract.ts';
import type { Ports } from './ports.ts';

/**
 * Raises what a unit saw on its window. May be repeated: the window drops a sequence it has seen.
 * A failure is thrown, so that the activity's retry meets it: a lost report would leave the window blind.
 */
export async function tellWindow(ports: Ports, input: ActivityContract['tellWindow']['input']): Promise<{ readonly told: boolean }> {
  return raise(ports, input.windowInstanceId, 'unitProgress', input.report);
}

/** Raises a wake signal on a unit's orchestration. May be repeated: a signal is a hint. */
export async function wakeUnit(ports: Ports, input: ActivityContract['wakeUnit']['input']): Promise<{ readonly told: boolean }> {
  return raise(ports, input.instanceId, 'wake', input.signal);
}

async function raise(ports: Ports, instanceId: string, event: string, payload: unknown): Promise<{ readonly told: boolean }> {
  const raised = await ports.windows.raise(instanceId, event, payload);
  if (!raised.ok) throw new Error(`${raised.failure.code}: ${raised.failure.message}`);
  return { told: raised.value === 'raised' };
}
