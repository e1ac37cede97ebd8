import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt, valueAt } from '../../domain/json.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { createClusterWorld } from '../../sim/cluster-world.ts';
import type { ClusterWorld } from '../../sim/cluster-world.ts';
import type { WireRequest, WorldChange } from '../../sim/wire.ts';
import { recordedCluster, recordedItems, recordedStart, recordedWorld, recordings } from './recorded-cluster.ts';
import { at, clusterId, nodeName, poolPath, smallWorld } from './small-cluster.ts';

const request = (method: string, path: string, body: unknown = null): WireRequest => ({ method, path, query: { 'api-version': '2026-06-01' }, headers: {}, body });

/** A night with a block, a budget mended, a pod deleted and a second pool, told as requests only. */
const script: readonly [minute: number, face: 'arm' | 'kubernetes' | 'outside', request: WireRequest][] = [
  [0, 'arm', request('POST', `${poolPath}/upgradeNodeImageVersion`)],
  [9, 'kubernetes', request('DELETE', '/api/v1/namespaces/shop/pods/cart-5d-2')],
  [17, 'outside', request('POST', '/perturbations', { kind: 'change-budget', namespace: 'shop', name: 'cart', minAvailable: 1, by: 'shop-team' })],
  [20, 'arm', request('POST', `${clusterId}/agentPools/sys/upgradeNodeImageVersion`)],
  [44, 'outside', request('POST', '/perturbations', { kind: 'cordon-node', node: nodeName(2), by: 'someone' })],
];

/** Plays the script, reading and advancing in steps of `stepMinutes`; gives everything that could differ. */
function play(seed: number, stepMinutes: number, reads: 'many' | 'none'): { readonly changes: readonly WorldChange[]; readonly state: string } {
  const world = smallWorld({ replicas: 4, budget: { minAvailable: 4 } }, { seed, physics: {} });
  const changes: WorldChange[] = [];
  let minute = 0;
  const passTo = (until: number): void => {
    for (; minute < until; minute = Math.min(until, minute + stepMinutes)) {
      changes.push(...world.advance(at(minute)));
      if (reads === 'many') for (const path of ['/api/v1/pods', '/api/v1/nodes?limit=1', '/api/v1/events']) changes.push(...world.kubernetes.apply(at(minute), request('GET', path)).changes);
      if (reads === 'many') changes.push(...world.arm.apply(at(minute), request('GET', poolPath)).changes);
    }
  };
  for (const [when, face, one] of script) {
    passTo(when);
    changes.push(...world[face].apply(at(when), one).changes);
  }
  passTo(200);
  changes.push(...world.advance(at(200)));
  return { changes, state: stateOf(world, 200) };
}

const stateOf = (world: ClusterWorld, minutes: number): string =>
  JSON.stringify(
    ['/api/v1/nodes', '/api/v1/pods', '/apis/policy/v1/poddisruptionbudgets', '/api/v1/events'].map((path) => world.kubernetes.apply(at(minutes), request('GET', path)).response.body).concat(world.arm.apply(at(minutes), request('GET', clusterId)).response.body),
  );

test('the same seed and requests give the same world, however often it is read or advanced', () => {
  const whole = play(3, 200, 'none');
  const fine = play(3, 0.7, 'many');
  const other = play(4, 200, 'none');

  assert.ok(whole.changes.some((change) => change.kind === 'eviction.refused'));
  assert.deepEqual(fine.changes, whole.changes);
  assert.equal(fine.state, whole.state);
  assert.notEqual(other.state, whole.state);
});

test('a world rebuilt from its mutating requests alone goes on where the first one was', () => {
  const first = smallWorld({ replicas: 4, budget: { minAvailable: 4 } });
  const second = smallWorld({ replicas: 4, budget: { minAvailable: 4 } });
  for (const [when, face, one] of script) first[face].apply(at(when), one);
  first.advance(at(47));

  for (const [when, face, one] of script) second[face].apply(at(when), one);

  assert.equal(stateOf(second, 47), stateOf(first, 47));
  assert.deepEqual(second.advance(at(200)), first.advance(at(200)));
});

test('time never goes back, and the next appointment is known', () => {
  const world = smallWorld();
  world.arm.apply(at(10), request('POST', `${poolPath}/upgradeNodeImageVersion`));

  const late = world.advance(at(5));
  const next = world.nextAt();

  assert.deepEqual(late, []);
  assert.ok(next !== null && next > at(10));
  assert.equal(smallWorld().nextAt(), null);
});

test('bad perturbations are refused, those about unknown objects are told', () => {
  const world = smallWorld();

  const unknownKind = world.outside.apply(at(0), request('POST', '/perturbations', { kind: 'earthquake' }));
  const missingField = world.outside.apply(at(0), request('POST', '/perturbations', { kind: 'cordon-node', by: 'x' }));
  const missed = world.perturb(at(0), { kind: 'cordon-node', node: 'none', by: 'x' });

  assert.deepEqual([unknownKind.response.status, missingField.response.status], [400, 400]);
  assert.equal(missed[0]?.kind, 'perturbation.missed');
});

test('documents that make no cluster are refused with every fault', () => {
  assert.throws(
    () => createClusterWorld({ documents: { cluster: {}, nodePools: [], upgrades: null, kubernetesItems: [] }, seed: 1, startsAt: at(0) }),
    /`id` must be.*`properties.kubernetesVersion`.*at least one pool/,
  );
});

test('what az prints makes the same cluster as what ARM answers', { skip: recordings.skip }, () => {
  const body = recordings.readJson('snapshot/cluster.json');
  const { properties, ...envelope } = { properties: {}, ...recordAt(body) };
  const pools = recordings.readJson('snapshot/nodepools.json');
  assert.ok(Array.isArray(pools));
  const flat = pools.map((pool: unknown) => {
    const { type, ...rest } = recordAt(pool, 'properties');
    return { id: valueAt(pool, 'id'), name: valueAt(pool, 'name'), resourceGroup: 'lab-rg', type: 'Microsoft.ContainerService/managedClusters/agentPools', typePropertiesType: type, kubeletConfig: null, ...rest };
  });
  const world = recordedWorld({ documents: { cluster: { ...envelope, ...properties, windowsProfile: null, resourceGroup: 'lab-rg' }, nodePools: flat, upgrades: null, kubernetesItems: recordedItems() } });

  const seen = (one: ClusterWorld): unknown => one.arm.apply(recordedStart, request('GET', recordedCluster)).response.body;

  assert.deepEqual(valueAt(seen(world), 'properties'), valueAt(seen(recordedWorld()), 'properties'));
});

test('a recorded cluster of 11 nodes and 180 pods goes through a six-hour night in a blink', { skip: recordings.skip }, () => {
  const world = recordedWorld();
  world.arm.apply(recordedStart, request('POST', `${recordedCluster}/agentPools/system/upgradeNodeImageVersion`));
  const begin = process.cpuUsage();

  for (let minute = 0; minute <= 360; minute += 1) {
    if (minute === 90) world.arm.apply(recordedStart + 90 * MINUTE_MS, request('POST', `${recordedCluster}/agentPools/apps/upgradeNodeImageVersion`));
    world.advance(recordedStart + minute * MINUTE_MS);
    world.kubernetes.apply(recordedStart + minute * MINUTE_MS, request('GET', '/api/v1/nodes'));
  }
  const { user, system } = process.cpuUsage(begin);

  assert.ok((user + system) / 1_000 < 1_500, `${(user + system) / 1_000} ms of CPU`);
  assert.deepEqual(world.inspect().map((pool) => [pool.pool, pool.provisioningState]), [['apps', 'Failed'], ['spot', 'Succeeded'], ['system', 'Succeeded']]);
});
