import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../domain/cluster-snapshot.ts';
import { longestGraces, withLongDrains } from '../../domain/long-drains.ts';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import { planningStateOf } from '../../domain/planning-state.ts';
import { opening, sampleNode, samplePod, samplePolicy, samplePool, sampleSnapshot } from './cluster-samples.ts';

const settings = { maxSurge: '2', maxUnavailable: null, drainTimeoutInMinutes: 90, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null };
const nodePools = [samplePool('usr', { nodeCount: 6, upgradeSettings: settings })];
const nodes = [sampleNode('usr-0', { nodePool: 'usr' })];

/** Estimate of a pool of three waves whose one node carries these pods. Unit: minutes. */
function estimateWith(pods: readonly Pod[], change: Parameters<typeof samplePool>[1] = {}): number | undefined {
  const pools = nodePools.map((pool) => ({ ...pool, ...change }));
  const snapshot = sampleSnapshot({ nodePools: pools, nodes, pods });
  const plan = planMaintenance(samplePolicy({ target: { kubernetesVersion: null, nodeImage: 'latest' } }), opening, planningStateOf(snapshot));
  return withLongDrains(plan, longestGraces(snapshot)).units[0]?.estimateMinutes;
}

const pod = (graceSeconds: number, change: Partial<Pod> = {}): Pod => samplePod('etl/slow-0', { nodeName: 'usr-0', graceSeconds, ...change });

test('a pool is planned with as long as its pods may take to end, at most with its drain timeout', () => {
  const table: readonly (readonly [what: string, pods: readonly Pod[], minutes: number])[] = [
    ['no pods', [], 45],
    ['an ordinary grace', [pod(30)], 45],
    ['a grace within a usual drain', [pod(8 * 60)], 45],
    ['a second more', [pod(8 * 60 + 1)], 48],
    ['an hour', [pod(3_600)], 201],
    ['the longest counts', [pod(3_600), pod(600)], 201],
    ['beyond the drain timeout', [pod(4 * 3_600)], 291],
    ['of a DaemonSet, which a drain leaves', [pod(3_600, { owner: { kind: 'DaemonSet', name: 'agent', uid: 'agent' } })], 45],
    ['on no node of the pool', [pod(3_600, { nodeName: 'elsewhere' })], 45],
  ];
  for (const [what, pods, minutes] of table) assert.equal(estimateWith(pods), minutes, what);
});

test('a plan that nothing makes longer stays the very same', () => {
  const snapshot = sampleSnapshot({ nodePools, nodes, pods: [pod(30)] });
  const plan = planMaintenance(samplePolicy(), opening, planningStateOf(snapshot));
  assert.equal(withLongDrains(plan, longestGraces(snapshot)), plan);
});
