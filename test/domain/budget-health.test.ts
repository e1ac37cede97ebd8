import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countControllerPods, judgeBudgetHealth } from '../../domain/budget-health.ts';
import type { DisruptionBudget, Pod, Workload } from '../../domain/cluster-snapshot.ts';
import { matchesSelector } from '../../domain/disruption-budget.ts';
import { indexWorkloads } from '../../domain/workload.ts';
import { sampleBudget, samplePod, sampleWorkload } from './cluster-samples.ts';

function judge(budget: DisruptionBudget, pods: readonly Pod[], workloads: readonly Workload[]) {
  const index = indexWorkloads(workloads);
  const mine = pods.filter((pod) => matchesSelector(budget.selector, pod.labels));
  return judgeBudgetHealth(budget, mine, index, countControllerPods(pods, index));
}

function web(count: number, unready = 0): readonly Pod[] {
  return Array.from({ length: count }, (_, index) => samplePod(`shop/web-${index}`, { isReady: index >= unready }));
}

const three = [sampleWorkload('shop/web', 3)];
const spent = { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 };

test('a budget is structural when it allows nothing at full health, transient when only something is missing now', () => {
  const table: readonly (readonly [string, DisruptionBudget, readonly Pod[], readonly Workload[], string])[] = [
    ['none may ever leave', sampleBudget('shop/web', { maxUnavailable: 0, status: spent }), web(3), three, 'structural'],
    ['all must stay', sampleBudget('shop/web', { minAvailable: 3, status: spent }), web(3), three, 'structural'],
    ['a share that rounds up to all', sampleBudget('shop/web', { minAvailable: '80%', status: spent }), web(3), three, 'structural'],
    ['more than there can be', sampleBudget('shop/web', { minAvailable: 5, status: spent }), web(3), three, 'structural'],
    ['neither number', sampleBudget('shop/web', { status: spent }), web(3), three, 'structural'],
    ['one is unready', sampleBudget('shop/web', { minAvailable: 2, status: spent }), web(3, 1), three, 'transient'],
    ['one is missing altogether', sampleBudget('shop/web', { minAvailable: 2, status: spent }), web(2), three, 'transient'],
    ['its newest spec is not seen yet', sampleBudget('shop/web', { maxUnavailable: 1, generation: 2 }), web(3), three, 'transient'],
    ['room now', sampleBudget('shop/web', { maxUnavailable: 1 }), web(3), three, 'allows'],
    ['a single replica with a share of one', sampleBudget('shop/web', { maxUnavailable: '30%', status: { expectedPods: 1 } }), web(1), [sampleWorkload('shop/web', 1)], 'allows'],
    ['unknown owner, synced by its scale', sampleBudget('shop/web', { maxUnavailable: 1 }), web(3), [], 'allows'],
    ['no owner to count by', sampleBudget('shop/web', { maxUnavailable: 1, status: { ...spent, expectedPods: 0 } }), web(1).map((pod) => ({ ...pod, owner: null })), [], 'structural'],
    ['no owner, but a whole minimum', sampleBudget('shop/web', { minAvailable: 0 }), web(1).map((pod) => ({ ...pod, owner: null })), [], 'allows'],
    ['it can never be computed', sampleBudget('shop/web', { maxUnavailable: 1, status: { ...spent, syncFailedMessage: 'jobs.batch does not implement the scale subresource' } }), web(3), three, 'structural'],
    ['it could not be computed this time', sampleBudget('shop/web', { maxUnavailable: 1, status: { ...spent, syncFailedMessage: 'connection refused' } }), web(3), three, 'transient'],
  ];
  for (const [name, budget, pods, workloads, kind] of table) assert.equal(judge(budget, pods, workloads).kind, kind, name);
});

test('a budget that selects one pod of a StatefulSet can never be met, whatever its scale says', () => {
  const owner = { kind: 'StatefulSet', name: 'db', uid: 'db' };
  const pods = [0, 1, 2].map((index) => samplePod(`data/db-${index}`, { owner, labels: { app: 'db', index: String(index) } }));
  const budget = sampleBudget('data/db', {
    maxUnavailable: 1,
    selector: { matchLabels: { index: '1' }, matchExpressions: [] },
    status: { ...spent, expectedPods: 3, currentHealthy: 1 },
  });

  const health = judge(budget, pods, [sampleWorkload('data/db', 3, { kind: 'StatefulSet' })]);

  assert.deepEqual([health.kind, health.expectedPods, health.healthyPodsAtBest, health.allowedAtBest], ['structural', 3, 1, 0]);
  assert.match(health.remedy, /match all 3 pods/);
});

test('replicas are counted at the Deployment, not at each of its ReplicaSets', () => {
  const pods = [...web(2).map((pod) => ({ ...pod, owner: { kind: 'ReplicaSet', name: 'web-a', uid: 'ra' } })),
    ...[7, 8].map((index) => samplePod(`shop/web-${index}`, { owner: { kind: 'ReplicaSet', name: 'web-b', uid: 'rb' } }))];
  const deployment = { kind: 'Deployment', name: 'web', uid: 'web' };
  const workloads = [
    ...three,
    sampleWorkload('shop/web-a', 2, { kind: 'ReplicaSet', uid: 'ra', owner: deployment }),
    sampleWorkload('shop/web-b', 2, { kind: 'ReplicaSet', uid: 'rb', owner: deployment }),
  ];
  assert.equal(judge(sampleBudget('shop/web', { minAvailable: 2 }), pods, workloads).healthyPodsAtBest, 3);
});

test('the remedy names the number that fits', () => {
  const one = [sampleWorkload('shop/web', 1)];
  const table: readonly (readonly [Partial<DisruptionBudget>, number, readonly Workload[], string])[] = [
    [{ maxUnavailable: 0 }, 3, three, 'Set maxUnavailable to 1.'],
    [{}, 3, three, 'Set maxUnavailable to 1.'],
    [{ minAvailable: 3 }, 3, three, 'Lower minAvailable to 2, or run 4 replicas.'],
    [{ minAvailable: '80%' }, 3, three, 'Lower minAvailable to 2, or run 5 replicas.'],
    [{ minAvailable: '67%' }, 3, three, 'Lower minAvailable to 2, or run 4 replicas.'],
    [{ minAvailable: '100%' }, 3, three, 'Lower minAvailable to 2.'],
    [{ minAvailable: 1 }, 1, one, 'Run 2 replicas: then one of them can move.'],
    [{ minAvailable: 2 }, 1, one, 'Run 3 replicas: then one of them can move.'],
    [{ minAvailable: '100%' }, 1, one, 'Set maxUnavailable to 1 instead of minAvailable.'],
  ];
  for (const [spec, count, workloads, remedy] of table) {
    const budget = sampleBudget('shop/web', { minAvailable: spec.minAvailable ?? null, maxUnavailable: spec.maxUnavailable ?? null, status: { ...spent, expectedPods: count } });
    assert.equal(judge(budget, web(count), workloads).remedy, remedy, JSON.stringify(spec));
  }
});

test('the arithmetic and the pods it waits for are told in a sentence', () => {
  const structural = judge(sampleBudget('shop/web', { minAvailable: '80%', status: spent }), web(3), three);
  assert.equal(structural.arithmetic, 'minAvailable 80% of 3 pods needs 3 healthy (2.4 rounds up); at full health there are 3, which allows 0.');

  const transient = judge(sampleBudget('shop/web', { minAvailable: 2, status: spent }), web(3, 1), three);
  assert.equal(transient.arithmetic, 'minAvailable 2 of 3 pods needs 2 healthy, has 2 now and would have 3 at full health. Not Ready: 1 of 3 (web-0).');
  assert.equal(transient.remedy, 'Bring web-0 to Ready; then it allows 1.');
  const [broken, ...others] = web(3, 1);
  assert.ok(broken !== undefined);
  const crashing = judge(sampleBudget('shop/web', { minAvailable: 2, status: spent }), [{ ...broken, waitingReason: 'CrashLoopBackOff', restartCount: 212 }, ...others], three);
  assert.match(crashing.arithmetic, /Not Ready: 1 of 3 \(web-0, crash-looping, 212 restarts\)\.$/);
  assert.equal(crashing.remedy, 'Bring web-0 to Ready; then it allows 1. So that a broken pod never holds a node again: unhealthyPodEvictionPolicy AlwaysAllow.');
});
