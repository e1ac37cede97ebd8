import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeUpgradeSettings, orderNodePools, parallelNodeCount, surgeNodeCount } from '../../domain/node-pool.ts';
import { estimatePoolMinutes } from '../../domain/pool-time-model.ts';
import { samplePolicy, samplePool, settings } from './cluster-samples.ts';

test('surge nodes round up, are capped by the pool, and an unset surge is one in ten', () => {
  const table: readonly (readonly [string | null, number, number])[] = [
    ['33%', 6, 2], ['33%', 3, 1], ['33%', 1, 1], ['10%', 41, 5], ['100%', 4, 4], ['200%', 4, 4], ['1%', 100, 1],
    ['1', 6, 1], ['5', 3, 3], ['0', 6, 0], ['0%', 6, 0],
    [null, 6, 1], [null, 10, 1], [null, 11, 2], [null, 0, 0], ['33%', 0, 0], ['2', 0, 0],
    ['many', 25, 3], ['1.5', 25, 3], ['-1', 25, 3],
  ];
  for (const [maxSurge, nodeCount, wanted] of table) assert.equal(surgeNodeCount(maxSurge, nodeCount), wanted, `${maxSurge} of ${nodeCount}`);
});

test('without surge as many nodes are drained at once as may be unavailable, at least one', () => {
  const table: readonly (readonly [string | null, string | null, number, number])[] = [
    ['2', '3', 6, 2], ['0', '3', 6, 3], ['0', '25%', 6, 2], ['0', '0', 6, 1], ['0', null, 6, 1], ['0', '9', 6, 6], ['0', '1', 0, 0],
  ];
  for (const [maxSurge, maxUnavailable, nodeCount, wanted] of table) {
    assert.equal(parallelNodeCount({ maxSurge, maxUnavailable }, nodeCount), wanted, `${maxSurge}/${maxUnavailable} of ${nodeCount}`);
  }
});

test('system pools come first, then user pools as declared and by name, spot pools last', () => {
  const spot = { scaleSetPriority: 'Spot' } as const;
  const pools = [samplePool('zed'), samplePool('spot1', spot), samplePool('app'), samplePool('sys'), samplePool('gpu'), samplePool('core', { mode: 'System' })];
  const names = (order: readonly string[]) => orderNodePools(pools, order).map(({ name }) => name);

  assert.deepEqual(names([]), ['core', 'sys', 'app', 'gpu', 'zed', 'spot1']);
  assert.deepEqual(names(['zed', 'gpu', 'sys', 'unknown']), ['sys', 'core', 'zed', 'gpu', 'app', 'spot1']);
  assert.deepEqual(names(['spot1', 'app']), ['core', 'sys', 'app', 'gpu', 'zed', 'spot1']);
});

test('settings come from the override, then the policy, then the pool, and the surge always ends explicit', () => {
  const none = { maxSurge: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null };
  const { nodePools } = samplePolicy();
  const bare = samplePool('usr', { upgradeSettings: { ...none, maxUnavailable: null } });

  assert.deepEqual(mergeUpgradeSettings(nodePools, samplePool('usr')), settings);
  assert.equal(mergeUpgradeSettings(nodePools, bare).maxSurge, '10%');
  const policy = {
    ...nodePools,
    upgradeSettings: { ...none, maxSurge: '2', drainTimeoutInMinutes: 45 },
    overrides: { usr: { ...none, maxSurge: '1', undrainableNodeBehavior: 'Cordon' as const } },
  };
  assert.deepEqual(mergeUpgradeSettings(policy, samplePool('usr')), { ...settings, maxSurge: '1', drainTimeoutInMinutes: 45, undrainableNodeBehavior: 'Cordon' });
  assert.equal(mergeUpgradeSettings(policy, samplePool('sys')).maxSurge, '2');
});

test('a spot pool keeps its settings, which AKS neither takes nor uses', () => {
  const pool = samplePool('spot', { scaleSetPriority: 'Spot', upgradeSettings: { ...settings, maxSurge: null } });
  const { nodePools } = samplePolicy();
  assert.equal(mergeUpgradeSettings({ ...nodePools, upgradeSettings: { ...settings, maxSurge: '2' } }, pool).maxSurge, null);
});

test('a pool takes surge, waves of drain, soak and re-image, and the end of the surge', () => {
  const table = [
    // Six nodes, two at a time: 3 × 13 + 6.
    [{ waves: 3, surgeNodeCount: 2, nodeSoakMinutes: 0, isSpot: false }, 45],
    [{ waves: 3, surgeNodeCount: 2, nodeSoakMinutes: 2, isSpot: false }, 51],
    [{ waves: 6, surgeNodeCount: 0, nodeSoakMinutes: 0, isSpot: false }, 78],
    [{ waves: 2, surgeNodeCount: 0, nodeSoakMinutes: 5, isSpot: true }, 10],
  ] as const;
  for (const [shape, minutes] of table) assert.equal(estimatePoolMinutes(shape), minutes, JSON.stringify(shape));
});
