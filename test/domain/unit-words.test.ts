import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodePool } from '../../domain/cluster-snapshot.ts';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import { describeSpecialEnd } from '../../domain/unit-words.ts';
import type { NodeInventory } from '../../domain/unit-progress.ts';
import { opening, sampleCluster, samplePolicy, samplePool } from './cluster-samples.ts';
import { emptyInventory } from './window-status-samples.ts';

function words(kubernetesVersion: string | null, pool: NodePool, kind: string, inventory: Partial<NodeInventory>): string | null {
  const { units } = planMaintenance(samplePolicy({ target: { kubernetesVersion, nodeImage: 'latest' } }), opening, {
    cluster: sampleCluster({}),
    nodePools: [pool],
    upgradeProfile: { controlPlaneUpgrades: ['1.36.2'] },
    nodeVersions: {},
  });
  const unit = units.at(-1);
  assert.ok(unit !== undefined);
  return describeSpecialEnd(unit, kind, { ...emptyInventory, ...inventory });
}

test('pools of which no node runs, and pools that lost machines, end with words of their own', () => {
  const stopped = samplePool('gpu', { powerState: 'Stopped', nodeCount: 4 });
  const spot = samplePool('spot', { scaleSetPriority: 'Spot', nodeCount: 8 });
  assert.equal(words('1.36', stopped, 'unproven', {}), 'gpu is stopped: its version is set, no node has booted on it.');
  assert.equal(words(null, stopped, 'unproven', {}), 'gpu is stopped: its image is set, no node has booted on it.');
  assert.equal(words('1.36', samplePool('burst', { nodeCount: 0 }), 'unproven', {}), 'burst is empty: set, unproven.');
  assert.match(words('1.36', spot, 'succeeded', { total: 7, upgraded: 7 }) ?? '', /^spot: 7 of 7 present nodes upgraded, 1 preempted by Azure/);
  assert.equal(words('1.36', spot, 'succeeded', { total: 8, upgraded: 8 }), null);
  assert.equal(
    words('1.36', samplePool('usr', { nodeCount: 4 }), 'succeeded', { total: 3, upgraded: 3 }),
    'usr: 3 of 3 nodes new; 1 node was removed during the run, by the autoscaler where the pool has one.',
  );
  assert.equal(words('1.36', samplePool('usr', { nodeCount: 4 }), 'succeeded', { total: 4, upgraded: 4 }), null);
  assert.equal(words('1.36', stopped, 'failed', {}), null);
});
