import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../domain/cluster-snapshot.ts';
import { deadEvictionWebhooks, judgeEviction } from '../../domain/eviction.ts';
import { sampleBudget, sampleNamespace, samplePod, sampleWebhook } from './cluster-samples.ts';

const spent = { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 };

function judge(pod: Partial<Pod>, budgets: Parameters<typeof judgeEviction>[0]['budgets'], isTerminating = false) {
  const namespace = sampleNamespace('shop', { isTerminating });
  return judgeEviction({ pod: samplePod('shop/web-1', pod), budgets, namespace, deadWebhooks: [] });
}

test('a pod that does not run, or already ends, is evicted whatever its budget says', () => {
  const budgets = [sampleBudget('shop/web', { maxUnavailable: 0, status: spent }), sampleBudget('shop/other', { status: spent })];
  for (const pod of [{ phase: 'Pending' }, { phase: 'Succeeded' }, { phase: 'Failed' }, { deletionTimestamp: 5 }] as const) {
    assert.equal(judge(pod, budgets).status, 201, JSON.stringify(pod));
  }
});

test('a crash-looping pod runs and is guarded', () => {
  const budget = sampleBudget('shop/web', { status: { ...spent, currentHealthy: 1 } });
  assert.equal(judge({ isReady: false, waitingReason: 'CrashLoopBackOff' }, [budget]).status, 429);
});

test('the text of a refusal follows the state of the budget', () => {
  const table = [
    [{ observedGeneration: 0 }, 'The disruption budget web is still being processed by the server.', 10],
    [{ ...spent, observedGeneration: 0, syncFailedMessage: 'no scale' }, 'The disruption budget web is still being processed by the server.', 10],
    [spent, 'The disruption budget web needs 2 healthy pods and has 2 currently', null],
    [{ ...spent, currentHealthy: 3 }, 'The disruption budget web does not allow evicting pods currently', null],
    [{ ...spent, syncFailedMessage: 'no scale' }, 'The disruption budget web does not allow evicting pods currently because it failed sync: no scale', null],
    [{ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0 }, 'The disruption budget web needs 0 healthy pods and has 0 currently', null],
  ] as const;
  for (const [status, cause, retryAfterSeconds] of table) {
    const verdict = judge({}, [sampleBudget('shop/web', { status })]);
    assert.deepEqual([verdict.status, verdict.cause, verdict.retryAfterSeconds], [429, cause, retryAfterSeconds]);
  }
});

test('unready pods may leave under AlwaysAllow, else only while enough others are healthy', () => {
  const table = [
    [{ unhealthyPodEvictionPolicy: 'AlwaysAllow', status: { ...spent, currentHealthy: 0 } }, 201],
    [{ unhealthyPodEvictionPolicy: 'IfHealthyBudget', status: spent }, 201],
    [{ unhealthyPodEvictionPolicy: null, status: spent }, 201],
    [{ unhealthyPodEvictionPolicy: null, status: { ...spent, currentHealthy: 1 } }, 429],
    // A minimum of none is no healthy budget: the comparison needs a desired count above zero.
    [{ unhealthyPodEvictionPolicy: null, status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0 } }, 429],
    // This rule is asked before the generation and so lives on a stale status.
    [{ unhealthyPodEvictionPolicy: null, generation: 2, status: spent }, 201],
  ] as const;
  for (const [change, status] of table) {
    assert.equal(judge({ isReady: false }, [sampleBudget('shop/web', change)]).status, status, JSON.stringify(change));
  }
  assert.equal(judge({ isReady: true }, [sampleBudget('shop/web', { generation: 2, status: spent })]).retryAfterSeconds, 10);
});

test('two budgets are an error even when both allow', () => {
  const verdict = judge({}, [sampleBudget('shop/web'), sampleBudget('shop/all')]);
  assert.equal(verdict.status, 500);
  assert.equal(verdict.message, 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
});

test('in a namespace being deleted every eviction is forbidden, that of a finished pod too', () => {
  for (const pod of [{}, { phase: 'Succeeded' }, { deletionTimestamp: 1 }] as const) {
    const verdict = judge(pod, [], true);
    assert.deepEqual([verdict.status, verdict.rule], [403, 'namespace-terminating']);
  }
});

test('a fail-closed webhook without a living backend makes every eviction an error', () => {
  const dead = deadEvictionWebhooks([sampleWebhook()], [samplePod('shop/web-1')]);
  const verdict = judgeEviction({ pod: samplePod('shop/web-1'), budgets: [], namespace: null, deadWebhooks: dead });
  assert.equal(verdict.status, 500);
  assert.match(verdict.message, /failed calling webhook "evict\.example\.com"/);
});

test('a webhook counts as dead only when it must be asked and nothing Ready can answer', () => {
  const pods = [samplePod('shop/web-1'), samplePod('guard/evict-1', { isReady: false })];
  const table = [
    [{}, 1],
    [{ resources: ['*/*/*'] }, 1],
    // `*` alone covers no subresource.
    [{ resources: ['*/*'] }, 0],
    [{ resources: ['/pods/*'], operations: ['*'] }, 1],
    [{ resources: ['/pods'] }, 0],
    [{ resources: ['apps/pods/eviction'] }, 0],
    [{ operations: ['UPDATE'] }, 0],
    [{ failurePolicy: 'Ignore' }, 0],
    [{ isUnconditional: false }, 0],
    [{ service: null }, 0],
    [{ service: 'shop/web' }, 0],
  ] as const;
  for (const [change, count] of table) {
    assert.equal(deadEvictionWebhooks([sampleWebhook(change)], pods).length, count, JSON.stringify(change));
  }
});

test('a dead webhook acts only in the namespaces it selects', () => {
  const namespaceSelector = { matchLabels: { guard: 'on' }, matchExpressions: [] };
  const [webhook] = [sampleWebhook({ namespaceSelector })];
  const ask = (labels: Record<string, string>) =>
    judgeEviction({ pod: samplePod('shop/web-1'), budgets: [], namespace: sampleNamespace('shop', { labels }), deadWebhooks: [webhook] }).status;
  assert.equal(ask({ guard: 'on' }), 500);
  assert.equal(ask({}), 201);
});
