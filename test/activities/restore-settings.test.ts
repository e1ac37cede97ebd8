import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restoreSettings } from '../../activities/restore-settings.ts';
import type { Ports } from '../../activities/ports.ts';
import type { NodePool, UpgradeSettings } from '../../domain/cluster-snapshot.ts';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import type { PlannedUnit } from '../../domain/upgrade-plan.ts';
import { opening, sampleCluster, samplePolicy, samplePool } from '../domain/cluster-samples.ts';
import { emptyWorld, failureOf, recordingPorts } from './recording-ports.ts';

const withSurge = (maxSurge: string): UpgradeSettings => ({ ...samplePool('usr').upgradeSettings, maxSurge });
const lowered = samplePool('usr', { upgradeSettings: withSurge('1'), eTag: '"7"' });

function unitOf(): PlannedUnit {
  const state = { cluster: sampleCluster(), nodePools: [samplePool('usr')], upgradeProfile: null, nodeVersions: {} };
  const [unit] = planMaintenance(samplePolicy({ target: { kubernetesVersion: null, nodeImage: 'latest' } }), opening, state).units;
  assert.ok(unit !== undefined);
  return { ...unit, upgradeSettings: withSurge('1'), restoreSettings: withSurge('4') };
}

/** Restores on a pool that stands so; what was sent, and what came of it. */
async function restore(pool: NodePool, change: { readonly unit?: PlannedUnit; readonly now?: number; readonly refused?: 'conflict' | 'transient' } = {}) {
  const ports = recordingPorts(emptyWorld(change.now ?? opening.opens));
  const sent: (string | null)[] = [];
  const aks: Ports['aks'] = {
    ...ports.aks,
    readNodePool: () => Promise.resolve({ ok: true, value: pool }),
    changeUpgradeSettings: ({ settings, eTag }) => {
      sent.push(settings.maxSurge, eTag);
      return Promise.resolve(change.refused === undefined ? { ok: true, value: null } : { ok: false, failure: failureOf(change.refused) });
    },
  };
  const outcome = await restoreSettings({ ...ports, aks }, { clusterResourceId: 'x', unit: change.unit ?? unitOf(), windowOpens: opening.opens, windowCloses: opening.closes });
  return [outcome.ok ? outcome.value.kind : outcome.failure.class, ...sent];
}

test('a setting lowered for one run is given back once, under the eTag just read', async () => {
  assert.deepEqual(await restore(lowered), ['sent', '4', '"7"']);
  assert.deepEqual(await restore({ ...lowered, upgradeSettings: withSurge('4') }), ['restored']);
  assert.deepEqual(await restore(lowered, { unit: { ...unitOf(), restoreSettings: null } }), ['restored']);
});

test('nothing is sent where it is not ours, not now, or would make a stopped upgrade go on', async () => {
  assert.deepEqual(await restore({ ...lowered, upgradeSettings: withSurge('3') }), ['kept'], 'somebody else changed it');
  assert.deepEqual(await restore({ ...lowered, provisioningState: 'Failed' }), ['kept'], 'failed');
  assert.deepEqual(await restore({ ...lowered, provisioningState: 'Canceled' }), ['kept'], 'aborted');
  assert.deepEqual(await restore({ ...lowered, provisioningState: 'Upgrading' }), ['busy'], 'at work');
  assert.deepEqual(await restore(lowered, { now: opening.closes }), ['kept'], 'the window is closed');
  assert.deepEqual(await restore(lowered, { now: opening.opens - 1 }), ['kept'], 'the window is not open');
  assert.deepEqual(await restore({ ...lowered, eTag: null }), ['busy'], 'no eTag');
});

test('a pool that moved is asked again, another failure is told', async () => {
  assert.deepEqual(await restore(lowered, { refused: 'conflict' }), ['busy', '4', '"7"']);
  assert.deepEqual(await restore(lowered, { refused: 'transient' }), ['transient', '4', '"7"']);
});
