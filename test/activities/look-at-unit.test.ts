import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { observeUnit } from '../../activities/observe-unit.ts';
import { prepareUnit } from '../../activities/prepare-unit.ts';
import type { Ports } from '../../activities/ports.ts';
import type { NodePool } from '../../domain/cluster-snapshot.ts';
import type { PlannedUnit } from '../../domain/upgrade-plan.ts';
import { sampleCluster, samplePool } from '../domain/cluster-samples.ts';
import { emptyWorld, recordingPorts } from './recording-ports.ts';

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

describe('watching a pool asks Azure once a look', () => {
  const cases: readonly (readonly [what: string, pool: Partial<NodePool>, asksPoolItself: boolean])[] = [
    ['while the cluster tells all of it', { eTag: '"7"', provisioningState: 'Upgrading' }, false],
    ['but its own GET where the cluster does not tell its eTag', { eTag: null, provisioningState: 'Upgrading' }, true],
    ['but its own GET where it failed and the cluster does not tell why', { eTag: '"7"', provisioningState: 'Failed', provisioningError: null }, true],
    ['and not where the cluster tells why it failed', { eTag: '"7"', provisioningState: 'Failed', provisioningError: { code: 'QuotaExceeded', message: 'No cores.' } }, false],
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
