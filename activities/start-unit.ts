import type { Cluster } from '../domain/cluster-snapshot.ts';
import { isThereAlready } from '../domain/judge-progress.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { formatUtc } from '../domain/local-time.ts';
import { whyNothingStarts } from '../domain/slackwater-mode.ts';
import { freezeAt, requestFor } from '../domain/standing-order.ts';
import { MINUTE_MS, type Instant } from '../domain/time.ts';
import { startCutOff } from '../domain/upgrade-plan.ts';
import type { UnitStart, UnitWrite } from './contract.ts';
import { lookAtUnit, poolNameOf, type UnitLook } from './look-at-unit.ts';
import { nameWriter } from './name-writer.ts';
import { readDeployment } from './order-deployment.ts';
import type { Ports } from './ports.ts';
import { settingsDiffer } from './prepare-unit.ts';

/**
 * Starts one unit, once.
 *
 * May be repeated: it reads first; a running operation for the same target is adopted, a proven unit is left alone, a
 * resource that moved since its eTag was read is not written. Nothing is sent before the window opens, after it closes,
 * or when the estimate no longer fits, and never while a forced upgrade is armed, the cluster is frozen, or the installation may not
 * start anything.
 * Errors: `force-override-active` (terminal), and what the service answers.
 */
export async function startUnit(ports: Ports, write: UnitWrite): Promise<Outcome<UnitStart>> {
  const early = refuseByTime(ports.clock.now(), write, write.unit.estimateMinutes);
  if (early !== null) return { ok: true, value: early };
  const look = await lookAtUnit(ports, write);
  if (!look.ok) return look;
  const settled = alreadySettled(look.value, write);
  if (settled !== null) return settled;
  const ordered = (await refuseWhileFrozen(ports, write)) ?? (await refuseWhileDeploying(ports));
  if (ordered !== null) return { ok: true, value: ordered };
  // The look took a while: the clock is asked again, because this line is the last before a write.
  const late = refuseByTime(ports.clock.now(), write, write.unit.estimateMinutes);
  if (late !== null) return { ok: true, value: late };
  const withheld = whyNothingStarts(ports.mode);
  if (withheld !== null) return { ok: true, value: { kind: 'withheld', detail: `${withheld.message} ${withheld.remedy}` } };
  const sent = await send(ports, write);
  ports.logger.log(sent.ok ? 'info' : 'warn', 'unit.start-sent', {
    runId: write.runId,
    unit: write.unit.unit,
    attempt: write.attempt,
    result: sent.ok ? 'accepted' : sent.failure.code,
  });
  if (sent.ok) return { ok: true, value: { kind: 'started', detail: `Azure accepted ${write.unit.action}.` } };
  if (sent.failure.class === 'conflict') {
    const by = await nameWriter(ports, look.value.cluster);
    return { ok: true, value: { kind: 'moved', detail: `${sent.failure.message.replace(/\.$/, '')}${by === '' ? '' : `, an operation${by}`}.` } };
  }
  return sent;
}

/**
 * Brings a pool's upgrade settings to what the plan wants, before a node image upgrade, whose request cannot carry them.
 * May be repeated: equal settings send nothing. Held to the same window as {@link startUnit}.
 */
export async function changeUpgradeSettings(ports: Ports, write: UnitWrite): Promise<Outcome<{ readonly changed: boolean }>> {
  const wanted = write.unit.upgradeSettings;
  const pool = poolNameOf(write.unit);
  if (wanted === null || pool === null) return { ok: true, value: { changed: false } };
  const read = await ports.aks.readNodePool(write.clusterResourceId, pool);
  if (!read.ok) return read;
  const isLate = refuseByTime(ports.clock.now(), write, write.unit.estimateMinutes) !== null;
  if (ports.mode !== 'maintain' || isLate || !settingsDiffer(read.value, wanted) || read.value.eTag !== write.eTag) return { ok: true, value: { changed: false } };
  const sent = await ports.aks.changeUpgradeSettings({ resourceId: write.clusterResourceId, pool, settings: wanted, eTag: write.eTag });
  if (sent.ok) return { ok: true, value: { changed: true } };
  return sent.failure.class === 'conflict' ? { ok: true, value: { changed: false } } : sent;
}

/** A freeze that was said after the window last looked: the unit may have waited long for somebody else. Unread orders stop nothing. */
async function refuseWhileFrozen(ports: Ports, { clusterResourceId, windowOpens }: UnitWrite): Promise<UnitStart | null> {
  const memory = await ports.state.readState(clusterResourceId);
  const freeze = memory.ok ? freezeAt(memory.value.orders, ports.clock.now()) : null;
  if (!memory.ok || freeze === null) return null;
  const request = requestFor(memory.value.orders, windowOpens);
  const isOverridden = request?.freeze === 'overridden' && freeze.when < request.when;
  return isOverridden ? null : { kind: 'withheld', detail: `Frozen by ${freeze.who}.` };
}

async function refuseWhileDeploying(ports: Ports): Promise<UnitStart | null> {
  const deployment = await readDeployment(ports);
  if (!deployment.ok || deployment.value === null) return null;
  return { kind: 'withheld', detail: `A deployment of Slackwater is announced until ${formatUtc(deployment.value.until)}.` };
}

function refuseByTime(now: Instant, write: UnitWrite, estimateMinutes: number): UnitStart | null {
  if (now < write.windowOpens) return { kind: 'too-late', detail: 'The window is not open yet.' };
  if (now >= write.windowCloses) return { kind: 'too-late', detail: 'The window is closed.' };
  if (now <= startCutOff(write.unit, write.windowCloses)) return null;
  const left = Math.floor((write.windowCloses - now) / MINUTE_MS);
  return { kind: 'too-late', detail: `It needs about ${estimateMinutes} min and ${left} min are left.` };
}

function alreadySettled(look: UnitLook, write: UnitWrite): Outcome<UnitStart> | null {
  const { progress, cluster } = look;
  const done = (kind: UnitStart['kind'], detail: string): Outcome<UnitStart> => ({ ok: true, value: { kind, detail } });
  if (isThereAlready(progress, write.attempt)) return done('already-there', 'It runs the target already.');
  switch (progress.state) {
    case 'running':
    case 'blocked':
      return done('adopted', `An operation for the same target runs already (${progress.provisioningState}).`);
    case 'foreign':
      return done('foreign', `Somebody else is at work on it (${progress.provisioningState}).`);
    default:
      break;
  }
  if (isForceArmed(cluster, progress.seenAt)) return { ok: false, failure: forceArmed(cluster) };
  if (progress.eTag === null || progress.eTag !== write.eTag) return done('moved', 'It changed since it was read.');
  return null;
}

function isForceArmed(cluster: Cluster, now: Instant): boolean {
  return cluster.forceUpgradeUntil !== null && cluster.forceUpgradeUntil > now;
}

function forceArmed(cluster: Cluster): Failure {
  return {
    code: 'force-override-active',
    class: 'terminal',
    message: `A forced upgrade is armed on ${cluster.name}; it would bypass every disruption budget.`,
    remedy: 'Clear upgradeSettings.overrideSettings of the cluster, then retry.',
    retryAfterSeconds: null,
  };
}

function send(ports: Ports, { clusterResourceId: resourceId, unit, eTag }: UnitWrite): Promise<Outcome<null>> {
  const pool = poolNameOf(unit);
  const { kubernetesVersion } = unit.to;
  if (pool === null) return ports.aks.startControlPlaneUpgrade({ resourceId, kubernetesVersion, eTag });
  if (unit.action === 'pool-node-image') return ports.aks.startNodeImageUpgrade({ resourceId, pool });
  if (unit.action === 'pool-rollback') return ports.aks.rollBackNodePool({ resourceId, pool, kubernetesVersion, nodeImageVersion: unit.to.nodeImageVersion ?? '', eTag });
  return ports.aks.startPoolVersionUpgrade({ resourceId, pool, kubernetesVersion, settings: unit.upgradeSettings, eTag });
}
