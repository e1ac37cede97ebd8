import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LabelSelector } from '../../domain/cluster-snapshot.ts';
import { allowedDisruptions, budgetsOfPod, indexBudgets, matchesSelector, recomputeBudget } from '../../domain/disruption-budget.ts';
import { sampleBudget, samplePod } from './cluster-samples.ts';

function expression(operator: string, values: readonly string[]): LabelSelector {
  return { matchLabels: {}, matchExpressions: [{ key: 'tier', operator, values }] };
}

test('a selector matches as policy/v1 says', () => {
  const edge = { app: 'web', tier: 'edge' };
  const table: readonly (readonly [string, LabelSelector | null, Readonly<Record<string, string>>, boolean])[] = [
    ['missing matches none', null, edge, false],
    ['empty matches all', { matchLabels: {}, matchExpressions: [] }, {}, true],
    ['all labels must agree', { matchLabels: { app: 'web', tier: 'core' }, matchExpressions: [] }, edge, false],
    ['labels agree', { matchLabels: { app: 'web' }, matchExpressions: [] }, edge, true],
    ['In', expression('In', ['edge', 'core']), edge, true],
    ['In without the key', expression('In', ['edge']), {}, false],
    ['NotIn', expression('NotIn', ['edge']), edge, false],
    ['NotIn without the key matches', expression('NotIn', ['edge']), {}, true],
    ['Exists', expression('Exists', []), edge, true],
    ['Exists without the key', expression('Exists', []), {}, false],
    ['DoesNotExist', expression('DoesNotExist', []), edge, false],
    ['DoesNotExist without the key matches', expression('DoesNotExist', []), {}, true],
    ['an unknown operator makes the selector invalid, which matches none', expression('Near', ['edge']), edge, false],
    ['NotIn without values is invalid', expression('NotIn', []), {}, false],
    ['Exists with values is invalid', expression('Exists', ['edge']), edge, false],
    ['DoesNotExist with values is invalid', expression('DoesNotExist', ['x']), {}, false],
    ['labels and expressions together', { ...expression('In', ['edge']), matchLabels: { app: 'api' } }, edge, false],
  ];
  for (const [name, selector, labels, wanted] of table) assert.equal(matchesSelector(selector, labels), wanted, name);
});

test('a key that every object has by nature is no label', () => {
  const selector = { matchLabels: {}, matchExpressions: [{ key: 'constructor', operator: 'Exists', values: [] }] };
  assert.equal(matchesSelector(selector, {}), false);
});

test('the index finds what trying every budget finds', () => {
  const apps = ['web', 'api', 'db'];
  const selectors: readonly (LabelSelector | null)[] = [
    null,
    { matchLabels: {}, matchExpressions: [] },
    ...apps.map((app) => ({ matchLabels: { app }, matchExpressions: [] })),
    { matchLabels: { tier: 'edge', app: 'web' }, matchExpressions: [] },
    ...['In', 'NotIn'].map((operator) => expression(operator, ['edge'])),
    expression('DoesNotExist', []),
  ];
  const budgets = ['shop', 'pay'].flatMap((namespace) => selectors.map((selector, index) => sampleBudget(`${namespace}/b${index}`, { selector })));
  const index = indexBudgets(budgets);
  for (const namespace of ['shop', 'pay', 'none']) {
    for (const app of [...apps, 'other']) {
      for (const labels of [{ app }, { app, tier: 'edge' }, { app, tier: 'core' }]) {
        const pod = samplePod(`${namespace}/${app}-1`, { labels });
        const wanted = budgets.filter((one) => one.namespace === namespace && matchesSelector(one.selector, labels)).map(({ name }) => name);
        assert.deepEqual(budgetsOfPod(index, pod).map(({ name }) => name), wanted.sort(), `${namespace} ${JSON.stringify(labels)}`);
      }
    }
  }
});

test('percentages round up both ways, and nothing allows a budget without a number', () => {
  const table: readonly (readonly [number | string | null, number | string | null, number, number, number])[] = [
    // minAvailable, maxUnavailable, expected pods, desired healthy, allowed
    [null, '25%', 5, 3, 2],
    [null, '30%', 1, 0, 1],
    [null, '1%', 4, 3, 1],
    [null, '0%', 4, 4, 0],
    [null, 0, 6, 6, 0],
    [null, 1, 3, 2, 1],
    [null, 99, 4, 0, 4],
    ['50%', null, 7, 4, 3],
    ['67%', null, 3, 3, 0],
    ['76%', null, 4, 4, 0],
    ['75%', null, 4, 3, 1],
    ['1%', null, 2, 1, 1],
    ['100%', null, 4, 4, 0],
    [3, null, 3, 3, 0],
    [99, null, 4, 99, 0],
    [0, null, 4, 0, 4],
    [null, null, 4, 0, 0],
    [1, null, 0, 1, 0],
  ];
  for (const [minAvailable, maxUnavailable, expectedPods, desiredHealthy, disruptionsAllowed] of table) {
    const name = `min ${minAvailable} max ${maxUnavailable} of ${expectedPods}`;
    assert.deepEqual(recomputeBudget({ minAvailable, maxUnavailable }, expectedPods), { desiredHealthy, disruptionsAllowed }, name);
  }
});

test('a budget that expects nobody allows nothing, however many are healthy', () => {
  assert.equal(allowedDisruptions({ expectedPods: 0, desiredHealthy: 0, currentHealthy: 1 }), 0);
  assert.equal(allowedDisruptions({ expectedPods: 3, desiredHealthy: 2, currentHealthy: 4 }), 2);
  assert.equal(allowedDisruptions({ expectedPods: 3, desiredHealthy: 2, currentHealthy: 1 }), 0);
});
