import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot, NodePool, Pod } from '../../domain/cluster-snapshot.ts';
import { sampleBudget, samplePod, samplePool, sampleWorkload, settings } from './cluster-samples.ts';
import { onlyFinding, outlineOf } from './preflight-outline.ts';

const usr = (change: Partial<NodePool['upgradeSettings']>) => [samplePool('sys'), samplePool('usr', { upgradeSettings: { ...settings, ...change } })];

/** `count` pods spread over the three nodes of `usr`, under a budget that lets `allowed` go. */
function queue(count: number, allowed: number, pod: Partial<Pod>, change: Partial<NodePool['upgradeSettings']> = {}): Partial<ClusterSnapshot> {
  return {
    pods: Array.from({ length: count }, (_, index) => samplePod(`shop/web-${index}`, { nodeName: `usr-${(index % 3) + 1}`, ...pod })),
    workloads: [sampleWorkload('shop/web', count)],
    disruptionBudgets: [sampleBudget('shop/web', { maxUnavailable: allowed, status: { expectedPods: count, currentHealthy: count, desiredHealthy: count - allowed, disruptionsAllowed: allowed } })],
    nodePools: usr(change),
  };
}

test('evictions that queue behind one budget longer than the drain timeout are foretold with the arithmetic', () => {
  const late = ['block DRAIN_SERIALISES shop/web usr'];
  const stateful = { kind: 'StatefulSet', name: 'web', uid: 'web' };
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['three nodes at once, five minutes each', queue(9, 1, { startSeconds: 300 }, { maxSurge: '3' }), late],
    ['one node at a time', queue(9, 1, { startSeconds: 300 }, { maxSurge: '1' }), []],
    ['three may go at once', queue(9, 3, { startSeconds: 300 }, { maxSurge: '3' }), []],
    ['they start fast', queue(9, 1, { startSeconds: 20 }, { maxSurge: '3' }), []],
    ['nothing tells how fast they start', queue(9, 1, {}, { maxSurge: '3' }), []],
    ['a longer timeout', queue(9, 1, { startSeconds: 300 }, { maxSurge: '3', drainTimeoutInMinutes: 60 }), []],
    ['a StatefulSet waits for each old pod to be gone', queue(9, 1, { startSeconds: 120, graceSeconds: 120, owner: stateful }, { maxSurge: '3' }), late],
    ['a Deployment does not', queue(9, 1, { startSeconds: 120, graceSeconds: 120 }, { maxSurge: '3' }), []],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);
});

test('the message shows the sum, the remedy the numbers that fit', () => {
  const finding = onlyFinding(queue(9, 1, { startSeconds: 300 }, { maxSurge: '3' }));
  assert.equal(
    finding.message,
    'Evictions queue behind budget shop/web (maxUnavailable 1): 9 pods on 3 nodes drained together, 1 at a time, is 9 rounds; 8 × 305 s + 30 s = 42 min, and AKS gives up on a node after 30 min.',
  );
  assert.equal(finding.remedy, 'Set drainTimeoutInMinutes of usr to at least 47, or maxSurge to 2.');
});

/** Pods without a budget on these nodes. */
function slow(nodes: readonly string[], startSeconds: number | null, change: Partial<NodePool['upgradeSettings']> = {}): Partial<ClusterSnapshot> {
  return {
    pods: nodes.map((nodeName, index) => samplePod(`erp/desk-${index}`, { nodeName, startSeconds })),
    workloads: [sampleWorkload('erp/desk', nodes.length)],
    nodePools: usr({ maxSurge: '1', ...change }),
  };
}

test('a workload without a budget that starts slower than nodes follow each other can be down whole', () => {
  const down = ['block NO_BUDGET_SLOW_START erp/desk usr'];
  const two = ['usr-1', 'usr-2'];
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['20 min to start, a node every 13 min', slow(two, 1_200), down],
    ['back before the next node', slow(two, 600), []],
    ['back before the next node, but both leave together', slow(two, 600, { maxSurge: '2' }), down],
    ['down together for moments only', slow(two, 60, { maxSurge: '2' }), []],
    ['three nodes: one pod is always there', slow([...two, 'usr-3'], 1_200), []],
    ['a soak long enough', slow(two, 1_200, { nodeSoakDurationInMinutes: 10 }), []],
    ['a single pod is down anyway', slow(['usr-1'], 1_200), []],
    ['nothing tells', slow(two, null), []],
    ['a pod in another pool stays', slow(['usr-1', 'sys-1'], 1_200), []],
    ['a budget keeps one', { ...slow(two, 1_200), disruptionBudgets: [sampleBudget('erp/desk', { maxUnavailable: 1, status: { expectedPods: 2, currentHealthy: 2, desiredHealthy: 1 } })] }, []],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);
  assert.equal(onlyFinding(slow(two, 1_200)).remedy, 'Give erp/desk a budget with maxUnavailable 1, or set nodeSoakDurationInMinutes of usr to 7.');
});
