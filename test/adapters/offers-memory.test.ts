import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AksPort } from '../../activities/ports.ts';
import { rememberOffers } from '../../adapters/offers-memory.ts';
import { emptyWorld, failureOf, recordingPorts } from '../activities/recording-ports.ts';

const shop = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop';

function setUp() {
  const world = emptyWorld(0);
  const { aks, clock } = recordingPorts(world);
  const offers: AksPort['readNodePoolOffers'] = async (_resourceId, pool) => {
    world.calls.push(`readNodePoolOffers ${pool}`);
    const failure = world.failures.get(pool)?.shift();
    return failure === undefined ? { ok: true, value: { latestNodeImageVersion: 'AKSUbuntu-2204gen2containerd-202611.02.0', offeredVersions: [] } } : { ok: false, failure };
  };
  return { world, aks: rememberOffers({ ...aks, readNodePoolOffers: offers }, clock) };
}

test('what AKS offers a pool is read once in five minutes, for each pool', async () => {
  const { world, aks } = setUp();

  await aks.readNodePoolOffers(shop, 'apps');
  await aks.readNodePoolOffers(shop.toUpperCase(), 'apps');
  await aks.readNodePoolOffers(shop, 'system');
  world.now += 300_000;
  await aks.readNodePoolOffers(shop, 'apps');

  assert.deepEqual(world.calls, ['readNodePoolOffers apps', 'readNodePoolOffers system', 'readNodePoolOffers apps']);
});

test('a failure is not kept, so that a read that was throttled half-way goes on where it was', async () => {
  const { world, aks } = setUp();
  world.failures.set('apps', [failureOf('transient', 'Throttled')]);

  await aks.readNodePoolOffers(shop, 'system');
  assert.equal((await aks.readNodePoolOffers(shop, 'apps')).ok, false);
  await aks.readNodePoolOffers(shop, 'system');
  assert.equal((await aks.readNodePoolOffers(shop, 'apps')).ok, true);

  assert.deepEqual(world.calls, ['readNodePoolOffers system', 'readNodePoolOffers apps', 'readNodePoolOffers apps']);
});

test('a control plane that is asked to move is asked anew what it is offered, and no other cluster is', async () => {
  const { world, aks } = setUp();
  const other = shop.replace(/shop$/, 'shop-2');
  await aks.readNodePoolOffers(shop, 'apps');
  await aks.readNodePoolOffers(other, 'apps');

  await aks.startControlPlaneUpgrade({ resourceId: shop, kubernetesVersion: '1.35.1', eTag: '"1"' });
  await aks.readNodePoolOffers(shop, 'apps');
  await aks.readNodePoolOffers(other, 'apps');

  assert.equal(world.calls.filter((call) => call === 'readNodePoolOffers apps').length, 3);
});
