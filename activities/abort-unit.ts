import type { Outcome } from '../domain/failure.ts';
import { isOurOperation, isTerminalState, judgeControlPlane } from '../domain/judge-progress.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import type { ActivityContract } from './contract.ts';
import { poolNameOf } from './look-at-unit.ts';
import type { Ports } from './ports.ts';

/**
 * Aborts the operation of a unit on an authorised person's word; nothing is rolled back.
 *
 * Reads first, ARM only: an operation that is not this unit's is somebody else's and stays, one that is being aborted
 * already is not told twice. May be repeated: an operation that ended in the meantime is `nothing-to-abort`.
 * @see AKS "Manage and abort operations" (azure-aks-docs fb060abe6a).
 */
export async function abortUnit(
  ports: Ports,
  input: ActivityContract['abortUnit']['input'],
): Promise<ActivityContract['abortUnit']['output']> {
  const { clusterResourceId: resourceId, unit } = input;
  const work = await readWork(ports, resourceId, unit);
  if (!work.ok) return work;
  if (work.value === 'canceling') return { ok: true, value: { kind: 'aborting' } };
  if (work.value === 'none') return { ok: true, value: { kind: 'nothing-to-abort' } };
  const sent = await ports.aks.abortLatestOperation({ resourceId, pool: poolNameOf(unit) });
  ports.logger.log('info', 'unit.abort-sent', { unit: unit.unit, by: input.by, result: sent.ok ? 'accepted' : sent.failure.code });
  if (sent.ok) return { ok: true, value: { kind: 'aborting' } };
  return sent.failure.class === 'conflict' ? { ok: true, value: { kind: 'nothing-to-abort' } } : sent;
}

async function readWork(ports: Ports, resourceId: string, unit: PlannedUnit): Promise<Outcome<'ours' | 'canceling' | 'none'>> {
  const name = poolNameOf(unit);
  if (name === null) {
    const read = await ports.aks.readCluster(resourceId);
    if (!read.ok) return read;
    const { cluster } = read.value;
    return { ok: true, value: workOf(cluster.provisioningState, judgeControlPlane(cluster, unit, 0).state === 'running') };
  }
  const read = await ports.aks.readNodePool(resourceId, name);
  return read.ok ? { ok: true, value: workOf(read.value.provisioningState, isOurOperation(read.value, unit)) } : read;
}

function workOf(provisioningState: string, isOurs: boolean): 'ours' | 'canceling' | 'none' {
  if (provisioningState === 'Canceling') return 'canceling';
  return isOurs && !isTerminalState(provisioningState) ? 'ours' : 'none';
}
