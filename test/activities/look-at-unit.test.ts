import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { observeUnit } from '../../activities/observe-unit.ts';
import { prepareUnit } from '../../activities/prepare-unit.ts';
import type { Ports } from '../../activities/ports.ts';
import { verifyCluster } from '../../activities/verify-cluster.ts';
import type { NodePool } from '../../domain/cluster-snapshot.ts';
import type { PlannedUnit } from '../../domain/upgrade-plan.ts';
import { sampleCluster, samplePool } from '../domain/cluster-samples.ts';
import { emptyWorld, failureOf, recordingPorts } from './recording-ports.ts';

const clusterResourceId = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop';
const unit: PlannedUnit = {
  unit: 'pool/apps', from: { kubernetesVersion: '1.34.2', nodeImageVersion: null }, to: { kubernetesVersion: '1.35.1', nodeImageVersion: null }, action: 'pool-version', nodeCount: 3, surgeNodeCount: 1,
  waves: 3, estimateMinutes: 30, upgradeSettings: null, restoreSettings: null, drainTimeoutMinutes: 30, undrainableNodeBehavior: 'Cordon', isSpot: false,
};

function setUp(pool: Partial<NodePool>): { readonly ports: Ports; readonly calls: readonly string[] } {
  const world = emptyWorld(0);
  const ports = recordingPorts(world);
  const nodePools = [samplePool('apps', pool)];
  return { ports: { ...ports, aks: { ...ports.aks, readCluster: async () => ({ ok: true, value: { cluster: sampleCluster(), nodePools } }) } }, calls: world.calls };
}

describe('watching a pool asks Azure for the cluster alone', () => {
  const cases: readonly (readonly [what: string, pool: Partial<NodePool>, asksPoolItself: boolean])[] = [
    ['while the pool is at work', { eTag: '"7"', provisioningState: 'Upgrading' }, false],
    ['whatever its work is called', { eTag: null, provisioningState: 'UpgradingNodeImageVersion' }, false],
    ['and the pool itself where its state may still be the old one', { eTag: '"7"', provisioningState: 'Succeeded' }, true],
    ['and the pool itself where it failed, for why', { eTag: '"7"', provisioningState: 'Failed' }, true],
  ];
  for (const [what, pool, asksPoolItself] of cases) {
    test(what, async () => {
      const { ports, calls } = setUp(pool);

      await observeUnit(ports, { clusterResourceId, unit, earlier: { startedAt: 0, signals: [] } });

      assert.equal(calls.includes('readNodePool'), asksPoolItself);
    });
  }

  test('before anything is sent the pool itself is asked, for the eTag the write is bound to', async () => {
    const { ports, calls } = setUp({ eTag: '"7"', provisioningState: 'Succeeded' });

    await prepareUnit(ports, { clusterResourceId, unit });

    assert.ok(calls.includes('readNodePool'));
  });
});

describe('a look at a pool whose nodes cannot be read', () => {
  const upgrading: Partial<NodePool> = { eTag: '"7"', provisioningState: 'Succeeded', orchestratorVersion: '1.35.1' };
  const blind = (change: Partial<Ports['kubernetes']>): Ports => {
    const { ports } = setUp(upgrading);
    return { ...ports, aks: { ...ports.aks, readNodePool: async () => ({ ok: true, value: samplePool('apps', upgrading) }) }, kubernetes: { ...ports.kubernetes, ...change } };
  };
  const unread = async () => ({ ok: false, failure: failureOf('transient', 'time-limit') }) as const;
  const earlier = { startedAt: 0, signals: [] };

  test('fails where Kubernetes is required, and says that it is Kubernetes', async () => {
    const look = await observeUnit(blind({ readNodes: unread }), { clusterResourceId, unit, earlier });
    const last = await verifyCluster(blind({ readNodes: unread }), { clusterResourceId, units: [unit] });

    assert.deepEqual([look, last].map((each) => (each.ok ? 'ok' : [each.failure.code, each.failure.service])), [['time-limit', 'kubernetes'], ['time-limit', 'kubernetes']]);
  });

  test('goes by Azure where it is optional', async () => {
    const ready = await prepareUnit(blind({ readNodes: unread }), { clusterResourceId, unit, kubernetesApi: 'optional' });
    const look = await observeUnit(blind({ readNodes: unread }), { clusterResourceId, unit, earlier, kubernetesApi: 'optional' });
    const last = await verifyCluster(blind({ readNodes: unread }), { clusterResourceId, units: [unit], kubernetesApi: 'optional' });

    assert.ok(ready.ok && look.ok && last.ok);
    assert.deepEqual([ready.value.eTag, look.value.state, look.value.inventory], ['"7"', 'unproven', null]);
    assert.deepEqual([last.value.units.map(({ progress }) => progress.state), last.value.inventories], [['unproven'], []]);
  });

  test('still counts nodes where only pods are out of reach', async () => {
    const look = await observeUnit(blind({ readNodes: async () => ({ ok: true, value: [] }), readPendingPods: unread }), { clusterResourceId, unit, earlier, kubernetesApi: 'optional' });

    assert.ok(look.ok);
    assert.deepEqual([look.value.inventory?.total, typeof look.value.unseen], [0, 'string']);
  });
});
