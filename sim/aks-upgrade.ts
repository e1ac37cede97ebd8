import { numberAt, textAt } from '../domain/json.ts';
import { beginOperation, endOperation, tellEventGrid } from './aks-operation.ts';
import type { AksCore, OperationEnd } from './aks-operation.ts';
import type { OperationRecord, PoolState } from './aks-state.ts';
import { isOlderVersion } from './aks-versions.ts';
import { startRoll } from './pool-roll.ts';
import type { RollEnd } from './pool-roll.ts';
import type { NodeRelease } from './surge-nodes.ts';

/** Upgrades the control plane alone. The target shows at once in both version fields, as AKS shows it. */
export function upgradeControlPlane(core: AksCore, version: string, by: string): OperationRecord {
  const { aks, cluster } = core;
  const operation = beginOperation(core, { pool: null, state: 'Upgrading', by, result: 'resource' });
  aks.kubernetesVersion = version;
  aks.currentKubernetesVersion = version;
  finishLater(core, null, operation, cluster.durations.physics.controlPlaneMinutes, () => {
    aks.servedVersion = version;
    aks.offeredVersions = aks.offeredVersions.filter((offer) => isOlderVersion(version, offer.version));
  });
  return operation;
}

/** An operation that moves no node: changed settings, or a reconcile that finds nothing to do. */
export function changeSettings(core: AksCore, pool: PoolState | null, by: string): OperationRecord {
  const operation = beginOperation(core, { pool, state: 'Updating', by, result: 'resource' });
  finishLater(core, pool, operation, core.cluster.durations.physics.settingsMinutes, () => undefined);
  return operation;
}

/** Somebody else's operation: it is there, and after `minutes` it is not. */
export function runForeignOperation(
  core: AksCore,
  pool: PoolState | null,
  foreign: { readonly state: string; readonly minutes: number; readonly by: string },
): void {
  const operation = beginOperation(core, { pool, state: foreign.state, by: foreign.by, result: 'resource' });
  finishLater(core, pool, operation, foreign.minutes, () => undefined);
}

/** What a roll is: an upgrade leaves behind what may be gone back to, and a rollback nothing, because there is no second step back. */
interface RollBeginning {
  readonly state: 'Upgrading' | 'UpgradingNodeImageVersion';
  readonly by: string;
  readonly direction?: 'forward' | 'back';
}

/** Rolls a pool to a version and its newest image, or (same version) to the newest image alone; back, to exactly the release given. */
export function upgradePool(core: AksCore, pool: PoolState, release: NodeRelease, begin: RollBeginning): OperationRecord {
  const operation = beginOperation(core, { pool, state: begin.state, by: begin.by, result: 'resource' });
  pool.orchestratorVersion = release.kubernetesVersion;
  pool.currentOrchestratorVersion = release.kubernetesVersion;
  const succeed = (): void => {
    const at = core.cluster.timeline.now();
    const before = pool.lastGood;
    if (begin.direction === 'back') pool.recentlyUsed = [];
    else if (before.nodeImageVersion !== release.nodeImageVersion || before.orchestratorVersion !== release.kubernetesVersion) {
      pool.recentlyUsed = [{ ...before, at }, ...pool.recentlyUsed].slice(0, 3);
    }
    pool.nodeImageVersion = release.nodeImageVersion;
    pool.lastGood = { orchestratorVersion: release.kubernetesVersion, nodeImageVersion: release.nodeImageVersion };
  };
  if (textAt(pool.properties, 'powerState', 'code') === 'Stopped' || numberAt(pool.properties, 'count') === 0) {
    finishLater(core, pool, operation, core.cluster.durations.physics.settingsMinutes, succeed);
    return operation;
  }
  tellEventGrid(core, 'NodePoolRollingStarted', pool.name);
  operation.stop = startRoll(core, pool, release, (end) => {
    if (end.kind === 'succeeded') succeed();
    endOperation(core, pool, operation, toOperationEnd(end));
    tellEventGrid(core, end.kind === 'succeeded' ? 'NodePoolRollingSucceeded' : 'NodePoolRollingFailed', pool.name);
  });
  return operation;
}

/**
 * Aborts what runs: it stops at once, undoes nothing, and shows `Canceling`, then `Canceled`.
 *
 * What stays behind (surge nodes, cordons) is not documented; here everything stays as it is.
 */
export function abortOperation(core: AksCore, pool: PoolState | null, running: OperationRecord, by: string): OperationRecord {
  const { aks, cluster } = core;
  running.stop?.();
  running.stop = null;
  const resource = pool ?? aks;
  const abort: OperationRecord = { ...running, id: cluster.prng.uuid(), state: 'Canceling', by, startedAt: cluster.timeline.now(), result: 'nothing' };
  aks.operations.set(abort.id, abort);
  resource.provisioningState = 'Canceling';
  cluster.timeline.tell('operation.aborting', `${running.state} of ${pool?.name ?? aks.name} is aborted by ${by}`, { operation: running.id, pool: running.pool, by });
  cluster.timeline.after(cluster.durations.minutes(cluster.durations.physics.abortMinutes), () => {
    const message = `This operation has been preempted by another operation with ID ${abort.id}`;
    endOperation(core, pool, running, { status: 'Canceled', error: { code: 'AKSOperationPreempted', message } });
    resource.error = null;
    abort.status = 'Succeeded';
    abort.endedAt = cluster.timeline.now();
  });
  return abort;
}

function finishLater(core: AksCore, pool: PoolState | null, operation: OperationRecord, minutes: number, succeed: () => void): void {
  const { timeline, durations } = core.cluster;
  operation.stop = timeline.after(durations.minutes(minutes), () => {
    succeed();
    endOperation(core, pool, operation, { status: 'Succeeded' });
  });
}

function toOperationEnd(end: RollEnd): OperationEnd {
  if (end.kind === 'succeeded') return { status: 'Succeeded' };
  return { status: end.kind === 'failed' ? 'Failed' : 'Canceled', error: end.error };
}
