import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanUpIdOf, cleanUpInstanceId, clusterNameOf, isCleanUpOf, runIdOf, unitInstanceId, windowInstanceId } from '../../domain/window-identity.ts';

const cluster = (name: string, subscription = '11111111-2222-3333-4444-555555555555') =>
  `/subscriptions/${subscription}/resourceGroups/rg-shop/providers/Microsoft.ContainerService/managedClusters/${name}`;

/** What a durable task hub refuses in an instance id. */
const isPrintableId = (id: string) => id.length <= 100 && /^[\x21-\x7e]+$/.test(id) && !/[/\\#?]/.test(id);

test('the spelling of an ARM id does not change the window it names', () => {
  const id = cluster('shop-prod-weu');

  assert.equal(windowInstanceId(id.toUpperCase()), windowInstanceId(id));
  assert.equal(windowInstanceId(id.replace('resourceGroups', 'resourcegroups')), windowInstanceId(id));
  assert.equal(windowInstanceId(`${id}/`), windowInstanceId(id));
  assert.match(windowInstanceId(id), /^window-[0-9a-f]{16}-shop-prod-weu$/);
});

test('the id of a known cluster stays what it was, because running instances are found by it', () => {
  assert.equal(windowInstanceId(cluster('shop-prod-weu')), 'window-046800e8fae94153-shop-prod-weu');
});

test('clusters of one name in two subscriptions are two windows', () => {
  const ids = new Set<string>();
  for (let index = 0; index < 5_000; index += 1) ids.add(windowInstanceId(cluster('aks', `subscription-${index}`)));

  assert.equal(ids.size, 5_000);
});

test('every id is printable and at most 100 characters, whatever the name', () => {
  for (const name of ['a', 'x'.repeat(63), 'y'.repeat(200), 'naïve/cluster', 'we#ird?name\\', 'tab\tname', '日本', '']) {
    const window = windowInstanceId(cluster(name));
    const unit = unitInstanceId({
      windowInstanceId: window,
      runId: runIdOf(name, 0),
      unit: `pool/${name}`,
      attempt: 12,
    });

    assert.ok(isPrintableId(window), window);
    assert.ok(isPrintableId(unit), unit);
  }
});

test('a run is named by its cluster and the opening in UTC', () => {
  assert.equal(runIdOf('shop-prod-weu', Date.UTC(2026, 9, 10, 20, 0)), 'shop-prod-weu-20261010T2000Z');
});

test('each attempt at each unit of each run has an id of its own', () => {
  const window = windowInstanceId(cluster('shop'));
  const ids = ['shop-20261010T2000Z', 'shop-20261017T2000Z'].flatMap((runId) =>
    (['control-plane', 'pool/sys', 'pool/usr'] as const).flatMap((unit) =>
      [1, 2, 11].map((attempt) => unitInstanceId({ windowInstanceId: window, runId, unit, attempt })),
    ),
  );

  assert.equal(new Set(ids).size, 18);
  assert.match(ids[3] ?? '', /^unit-[0-9a-f]{16}-pool-sys-1$/);
});

test('the cluster name is the last part of its id', () => {
  assert.equal(clusterNameOf(cluster('Shop-Prod')), 'Shop-Prod');
});

test('a clean-up is known by its cluster and its command, however either is spelled', () => {
  const id = cleanUpInstanceId(cluster('Shop'), 'comment-1234567890');
  assert.match(id, /^clean-up-[0-9a-f]{16}-comment-1234567890$/);
  assert.equal(cleanUpInstanceId(cluster('shop'), 'comment-1234567890'), id);
  assert.equal(isCleanUpOf(cluster('SHOP'), id), true);
  assert.equal(isCleanUpOf(cluster('shop-2'), id), false);
  assert.ok(isPrintableId(cleanUpInstanceId(cluster('shop'), `a/b#${'x'.repeat(200)}`)));
  assert.equal(cleanUpIdOf('shop', 'rollback', 'comment-7'), 'shop-rollback-comment-7');
});
