import type { Outcome } from '../domain/failure.ts';
import { isTerminalState } from '../domain/judge-progress.ts';
import type { ActivityContract, SettingsRestore } from './contract.ts';
import { poolNameOf } from './look-at-unit.ts';
import type { Ports } from './ports.ts';
import { settingsDiffer } from './prepare-unit.ts';

/**
 * Gives a pool the upgrade settings back that were lowered for this run only.
 *
 * Only what this run changed is changed back, only inside the window, and never on a pool whose upgrade stopped half-way: there any
 * write makes AKS go on with the nodes that are left. May be repeated: equal settings send nothing.
 * @see AKS "Perform rolling upgrades for node pools": a later PUT resumes what stopped.
 */
export async function restoreSettings(ports: Ports, input: ActivityContract['restoreSettings']['input']): Promise<Outcome<SettingsRestore>> {
  const { clusterResourceId: resourceId, unit, windowOpens, windowCloses } = input;
  const name = poolNameOf(unit);
  const answer = (kind: SettingsRestore['kind'], detail: string): Outcome<SettingsRestore> => ({ ok: true, value: { kind, detail } });
  if (name === null || unit.restoreSettings === null) return answer('restored', 'Nothing was changed for this run only.');
  const read = await ports.aks.readNodePool(resourceId, name);
  if (!read.ok) return read;
  const pool = read.value;
  const have = pool.upgradeSettings.maxSurge ?? 'unset';
  if (!settingsDiffer(pool, unit.restoreSettings)) return answer('restored', `maxSurge is ${have}.`);
  if (settingsDiffer(pool, unit.upgradeSettings)) return answer('kept', `Somebody else set maxSurge to ${have} meanwhile.`);
  if (!isTerminalState(pool.provisioningState)) return answer('busy', `Azure is at work on it (${pool.provisioningState}).`);
  if (pool.provisioningState !== 'Succeeded') return answer('kept', `Azure holds it in state ${pool.provisioningState}, where a changed setting would make the stopped upgrade go on.`);
  const now = ports.clock.now();
  if (now < windowOpens || now >= windowCloses) return answer('kept', 'The window is closed.');
  if (pool.eTag === null) return answer('busy', 'Azure gave no eTag to bind a request to.');
  const sent = await ports.aks.changeUpgradeSettings({ resourceId, pool: name, settings: unit.restoreSettings, eTag: pool.eTag });
  ports.logger.log(sent.ok ? 'info' : 'warn', 'unit.settings-restored', { unit: unit.unit, result: sent.ok ? 'accepted' : sent.failure.code });
  if (sent.ok) return answer('sent', 'Azure accepted the setting.');
  return sent.failure.class === 'conflict' ? answer('busy', sent.failure.message) : sent;
}
