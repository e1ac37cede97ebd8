import type { Outcome } from '../domain/failure.ts';
import type { ActivityContract } from './contract.ts';
import type { Ports } from './ports.ts';

/**
 * Aborts the operation of a unit on an authorised person's word; nothing is rolled back.
 *
 * May be repeated: an operation that ended in the meantime is `nothing-to-abort`.
 * @see AKS "Manage and abort operations" (azure-aks-docs fb060abe6a).
 */
export async function abortUnit(
  ports: Ports,
  input: ActivityContract['abortUnit']['input'],
): Promise<ActivityContract['abortUnit']['output']> {
  const pool = input.unit === 'control-plane' ? null : input.unit.slice('pool/'.length);
  const sent: Outcome<null> = await ports.aks.abortLatestOperation({ resourceId: input.clusterResourceId, pool });
  ports.logger.log('info', 'unit.abort-sent', { unit: input.unit, by: input.by, result: sent.ok ? 'accepted' : sent.failure.code });
  if (sent.ok) return { ok: true, value: { kind: 'aborting' } };
  return sent.failure.class === 'conflict' ? { ok: true, value: { kind: 'nothing-to-abort' } } : sent;
}
