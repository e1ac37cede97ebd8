import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEqualJson, valueAt } from '../../domain/json.ts';
import { computeBudget, findUnscalableKinds } from '../../sim/disruption-controller.ts';
import { loadKubernetesStore } from '../../sim/kubernetes-load.ts';
import { recordedItems, recordedStart, recordedWorld, recordings } from './recorded-cluster.ts';

test('dry-run evictions of every recorded pod get the answer the real API server gave', { skip: recordings.skip }, () => {
  const world = recordedWorld();
  const recorded = recordings.readJson('evictions-dryrun.json');
  assert.ok(Array.isArray(recorded));

  const differing = recorded.flatMap((entry: unknown) => {
    const namespace = String(valueAt(entry, 'namespace'));
    const name = String(valueAt(entry, 'pod'));
    const { response, changes } = world.kubernetes.apply(recordedStart, {
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`,
      query: { dryRun: 'All' },
      headers: {},
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } },
    });
    const got = [response.status, response.headers['retry-after'] ?? null, response.body, changes];
    const wanted = [valueAt(entry, 'status'), valueAt(entry, 'headers', 'retry-after') ?? null, valueAt(entry, 'body'), []];
    return isEqualJson(got, wanted) ? [] : [{ pod: `${namespace}/${name}`, got, wanted }];
  });

  assert.equal(recorded.length, 180);
  assert.deepEqual(differing, []);
});

test('every recorded budget is computed to the status the real controller gave it', { skip: recordings.skip }, () => {
  const store = loadKubernetesStore(recordedItems(), recordedStart);
  const unscalable = findUnscalableKinds(store);

  const differing = [...store.budgets.values()].flatMap((budget) => {
    const result = computeBudget(store, budget, recordedStart, unscalable);
    const { status } = budget;
    const got = result.kind === 'sync-failed' ? [result.message] : [result.expectedPods, result.desiredHealthy, result.currentHealthy, result.allowed];
    const wanted = status.condition?.reason === 'SyncFailed' ? [status.condition.message] : [status.expectedPods, status.desiredHealthy, status.currentHealthy, status.disruptionsAllowed];
    return JSON.stringify(got) === JSON.stringify(wanted) ? [] : [{ budget: `${budget.namespace}/${budget.name}`, got, wanted }];
  });

  assert.equal(store.budgets.size, 42);
  assert.deepEqual(differing, []);
});
