import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecastPods } from '../../domain/drain-forecast.ts';
import { isRecord, numberAt, recordAt, recordsAt, textAt, valueAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { readKubernetesItems } from '../../domain/kubernetes-object.ts';
import { createClusterWorld } from '../../sim/cluster-world.ts';
import type { ClusterWorld } from '../../sim/cluster-world.ts';
import { recordedItems, recordedStart, recordings } from './recorded-cluster.ts';

/** A budget beside `spot/worker` in place of its own, with the status the real controller gave it. */
interface Variant {
  readonly label: string;
  readonly budget: JsonRecord;
  readonly status: number | null;
  readonly body: unknown;
}

function variants(): readonly Variant[] {
  return recordsAt({ rows: recordings.readJson('evictions-variants2.json') }, 'rows').flatMap((row) => {
    const recorded = recordAt(row, 'pdb');
    if (valueAt(recorded, 'spec') === undefined) return [];
    const metadata = { namespace: 'spot', name: 'odd', uid: 'odd', resourceVersion: '1', generation: 1, creationTimestamp: '2026-11-21T01:02:20Z' };
    return [{ label: textAt(row, 'label') ?? '', budget: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, ...recorded }, status: numberAt(row, 'status'), body: valueAt(row, 'body') }];
  });
}

const isBudgetOfWorker = (item: unknown): boolean => textAt({ item }, 'item', 'kind') === 'PodDisruptionBudget' && textAt({ item }, 'item', 'metadata', 'namespace') === 'spot';
const itemsWith = (budget: JsonRecord): readonly unknown[] => [...recordedItems().filter((item) => !isBudgetOfWorker(item)), budget];

function worldWith(items: readonly unknown[]): ClusterWorld {
  return createClusterWorld({
    documents: { cluster: recordings.readJson('snapshot/cluster.json'), nodePools: recordings.readJson('snapshot/nodepools.json'), upgrades: null, kubernetesItems: items },
    seed: 11,
    startsAt: recordedStart,
  });
}

/** `spot/worker-…`, of which the recording does not say which one was asked. */
function workerOf(items: readonly unknown[]): string {
  const names = items.filter((item) => textAt({ item }, 'item', 'kind') === 'Pod' && textAt({ item }, 'item', 'metadata', 'labels', 'app') === 'worker');
  return textAt({ item: names[0] }, 'item', 'metadata', 'name') ?? '';
}

test('odd budgets get the recorded answer from the forecast and from the simulated API server', { skip: recordings.skip }, async (context) => {
  const all = variants();
  assert.ok(all.length >= 10, `${all.length} variants with a budget`);
  for (const { label, budget, status, body } of all) {
    await context.test(label, () => {
      const items = itemsWith(budget);
      const name = workerOf(items);
      const parts = readKubernetesItems(items);
      assert.ok(parts.ok, JSON.stringify(parts));

      const forecast = forecastPods(parts.value).find(({ pod }) => pod.namespace === 'spot' && pod.name === name);
      const simulated = worldWith(items).kubernetes.apply(recordedStart, { method: 'POST', path: `/api/v1/namespaces/spot/pods/${name}/eviction`, query: { dryRun: 'All' }, headers: {}, body: null });

      const cause = textAt(recordsAt(isRecord(body) ? body : {}, 'details', 'causes')[0] ?? {}, 'message') ?? '';
      assert.deepEqual([forecast?.eviction.status, forecast?.eviction.cause], [status, cause]);
      assert.deepEqual([simulated.response.status, simulated.response.body], [status, body]);
    });
  }
});

test('the simulated controller gives odd budgets the recorded status', { skip: recordings.skip }, async (context) => {
  for (const { label, budget } of variants()) {
    await context.test(label, () => {
      const world = worldWith(itemsWith(budget));
      world.perturb(recordedStart, { kind: 'change-budget', namespace: 'spot', name: 'odd', by: 'somebody' });

      const { response } = world.kubernetes.apply(recordedStart + 5_000, { method: 'GET', path: '/apis/policy/v1/namespaces/spot/poddisruptionbudgets/odd', query: {}, headers: {}, body: null });

      assert.equal(valueAt(response.body, 'status', 'observedGeneration'), 2, 'the controller has looked at it anew');
      const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'];
      const got = counts.map((key) => valueAt(response.body, 'status', key));
      assert.deepEqual(got, counts.map((key) => valueAt(budget, 'status', key)));
    });
  }
});
