import type { NodePool, UpgradeSettings } from '../domain/cluster-snapshot.ts';
import type { Outcome } from '../domain/failure.ts';
import type { UnitReadiness, UnitRequest } from './contract.ts';
import { lookAtUnit } from './look-at-unit.ts';
import { nameWriter } from './name-writer.ts';
import type { Ports } from './ports.ts';

/** Reads how a unit stands just before anything is sent, with the eTag every write is bound to. Changes nothing; may be repeated. */
export async function prepareUnit(ports: Ports, request: UnitRequest): Promise<Outcome<UnitReadiness>> {
  const look = await lookAtUnit(ports, request);
  if (!look.ok) return look;
  const { progress, pool, cluster } = look.value;
  const foreignBy = progress.state === 'foreign' ? await nameWriter(ports, cluster) : '';
  return { ok: true, value: { progress, foreignBy, settingsDiffer: pool !== null && settingsDiffer(pool, request.unit.upgradeSettings), eTag: progress.eTag } };
}

/** Whether the pool lacks a setting the plan wants; settings the plan leaves open (null) never differ. */
export function settingsDiffer(pool: NodePool, wanted: UpgradeSettings | null): boolean {
  if (wanted === null) return false;
  const have = pool.upgradeSettings;
  return (
    (wanted.maxSurge !== null && wanted.maxSurge !== have.maxSurge) ||
    (wanted.drainTimeoutInMinutes !== null && wanted.drainTimeoutInMinutes !== have.drainTimeoutInMinutes) ||
    (wanted.nodeSoakDurationInMinutes !== null && wanted.nodeSoakDurationInMinutes !== have.nodeSoakDurationInMinutes) ||
    (wanted.undrainableNodeBehavior !== null && wanted.undrainableNodeBehavior !== have.undrainableNodeBehavior)
  );
}
