import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt, valueAt } from '../../domain/json.ts';
import { at, clusterId, describeNodes, kinds, newImage, nodeName, poolPath, poolState, putPool, send, smallWorld, startImageUpgrade } from './small-cluster.ts';

test('an unhindered roll adds a surge node, re-images every node in place and takes the surge node away', () => {
  const world = smallWorld();

  const path = `${poolPath}/upgradeNodeImageVersion`;
  const started = world.arm.apply(at(0), { method: 'POST', path, query: { 'api-version': '2026-06-01' }, headers: {}, body: null });
  const changes = [...started.changes, ...world.advance(at(6)), ...world.advance(at(120))];

  assert.equal(started.response.status, 202);
  assert.equal(valueAt(started.response.body, 'properties', 'provisioningState'), 'UpgradingNodeImageVersion');
  assert.deepEqual(describeNodes(world), ['00 new', '01 new', '02 new']);
  assert.equal(poolState(world), 'Succeeded');
  assert.equal(changes.filter((change) => change.kind === 'node.reimaged').length, 3);
  assert.ok(kinds(changes).indexOf('node.added') < kinds(changes).indexOf('node.cordoned'), 'surge before drain');
  assert.equal(changes.filter((change) => change.kind === 'node.deleted').length, 1);
  assert.deepEqual(
    changes.filter((change) => change.kind === 'event-grid').map((change) => change.data['type']),
    ['Microsoft.ContainerService.NodePoolRollingStarted', 'Microsoft.ContainerService.NodePoolRollingSucceeded'],
  );
});

test('a re-imaged node keeps its name and uid and shows a new boot id, version and image', () => {
  const world = smallWorld({ cluster: { kubernetesVersion: '1.35.1', currentKubernetesVersion: '1.35.1' } });
  const before = send(world.kubernetes, 0, 'GET', `/api/v1/nodes/${nodeName(0)}`).body;

  assert.equal(putPool(world, 0, { orchestratorVersion: '1.35.1' }).status, 200);
  const after = send(world.kubernetes, 120, 'GET', `/api/v1/nodes/${nodeName(0)}`).body;

  assert.equal(valueAt(after, 'metadata', 'uid'), valueAt(before, 'metadata', 'uid'));
  assert.equal(valueAt(after, 'status', 'nodeInfo', 'kubeletVersion'), 'v1.35.1');
  assert.notEqual(valueAt(after, 'status', 'nodeInfo', 'bootID'), valueAt(before, 'status', 'nodeInfo', 'bootID'));
  assert.equal(valueAt(after, 'metadata', 'labels', 'kubernetes.azure.com/node-image-version'), newImage);
});

test('a surge node gets the pool labels and not the ones a person put on its siblings', () => {
  const world = smallWorld();

  startImageUpgrade(world);
  const surge = send(world.kubernetes, 5, 'GET', `/api/v1/nodes/${nodeName(3)}`).body;

  const labels = Object.keys(recordAt(surge, 'metadata', 'labels'));
  assert.ok(labels.includes('kubernetes.azure.com/agentpool'));
  assert.ok(!labels.includes('team.example/handmade'));
});

test('a budget blocks a drain until its owner mends it, and the roll goes on by itself', () => {
  const world = smallWorld({ budget: { minAvailable: 3 } });

  startImageUpgrade(world);
  const blocked = world.advance(at(15));
  const events = send(world.kubernetes, 15, 'GET', '/api/v1/namespaces/default/events?fieldSelector=source=upgrader').body;
  const mended = world.perturb(at(15), { kind: 'change-budget', namespace: 'shop', name: 'cart', minAvailable: 2, by: 'shop-team' });
  world.advance(at(120));

  assert.ok(blocked.some((change) => change.kind === 'eviction.refused' && change.text.includes('needs 3 healthy pods and has 3 currently')));
  const items = valueAt(events, 'items');
  assert.ok(Array.isArray(items));
  const warning = items.find((item) => valueAt(item, 'type') === 'Warning');
  assert.match(String(valueAt(warning, 'message')), /^Eviction blocked by Too Many Requests \(usually a pdb\): cart-5d-0$/);
  assert.ok(Number(valueAt(warning, 'count')) > 100, 'repeats are counted, not multiplied');
  assert.deepEqual(describeNodes(world), ['00 new', '01 new', '02 new']);
  assert.ok(kinds(mended).includes('budget.changed'));
});

test('after the drain timeout, Schedule makes the node schedulable again, fails and leaves no surge node', () => {
  const world = smallWorld({ budget: { minAvailable: 3 }, settings: { drainTimeoutInMinutes: 10 } });

  const started = startImageUpgrade(world);
  world.advance(at(120));
  const operation = send(world.arm, 120, 'GET', started.headers['azure-asyncoperation'] ?? '').body;
  const pool = send(world.arm, 120, 'GET', poolPath).body;

  assert.deepEqual(describeNodes(world), ['00 old', '01 old', '02 old']);
  assert.equal(poolState(world), 'Failed');
  assert.equal(valueAt(operation, 'status'), 'Failed');
  assert.equal(valueAt(operation, 'error', 'code'), 'UpgradeFailed');
  assert.match(String(valueAt(pool, 'properties', 'status', 'provisioningError', 'message')), new RegExp(`^Drain node ${nodeName(0)} failed when evicting pod cart-5d-0 failed with Too Many Requests error\\..*shop/cart-5d-0 blocked by pdb cart with 0 unready pods\\.$`));
  assert.equal(valueAt(send(world.arm, 120, 'GET', clusterId).body, 'properties', 'provisioningState'), 'Failed');
});

test('after the drain timeout, Cordon quarantines the node, goes on with the others and keeps one surge node', () => {
  const world = smallWorld({
    nodeCount: 3,
    replicas: 1,
    budget: { minAvailable: 1 },
    settings: { drainTimeoutInMinutes: 10, undrainableNodeBehavior: 'Cordon', maxSurge: '2' },
  });

  startImageUpgrade(world);
  const changes = world.advance(at(180));

  assert.deepEqual(describeNodes(world), ['00 old cordoned quarantined', '01 new', '02 new', '03 new surge']);
  assert.equal(poolState(world), 'Failed');
  assert.ok(changes.some((change) => change.kind === 'node.quarantined' && change.text.startsWith(nodeName(0))));
  assert.ok(changes.some((change) => change.kind === 'event-grid' && change.data['type'] === 'Microsoft.ContainerService.NodePoolRollingFailed'));
});

test('the same write again leaves a quarantined node alone until its label is taken off, then finishes it', () => {
  const world = smallWorld({ replicas: 1, budget: { minAvailable: 1 }, settings: { drainTimeoutInMinutes: 10, undrainableNodeBehavior: 'Cordon', maxSurge: '2' } });
  startImageUpgrade(world);
  world.advance(at(180));
  world.perturb(at(180), { kind: 'change-budget', namespace: 'shop', name: 'cart', minAvailable: 0, by: 'shop-team' });

  assert.equal(startImageUpgrade(world, 181).status, 202);
  world.advance(at(240));
  assert.deepEqual(describeNodes(world)[0], '00 old cordoned quarantined');
  assert.equal(poolState(world), 'Failed');

  const patch = { metadata: { labels: { 'kubernetes.azure.com/upgrade-status': null } } };
  const unlabelled = send(world.kubernetes, 241, 'PATCH', `/api/v1/nodes/${nodeName(0)}`, patch, { 'content-type': 'application/merge-patch+json' });
  assert.equal(unlabelled.status, 200);
  assert.equal(startImageUpgrade(world, 242).status, 202);
  world.advance(at(300));
  assert.deepEqual(describeNodes(world), ['00 new', '01 new', '02 new']);
  assert.equal(poolState(world), 'Succeeded');
  assert.equal(valueAt(send(world.arm, 300, 'GET', clusterId).body, 'properties', 'provisioningState'), 'Succeeded');
});

test('quarantined nodes without surge nodes in their place end the operation as Canceled', () => {
  const world = smallWorld({ replicas: 1, budget: { minAvailable: 1 }, settings: { maxSurge: '0', maxUnavailable: '1', drainTimeoutInMinutes: 10, undrainableNodeBehavior: 'Cordon' } });

  startImageUpgrade(world);
  world.advance(at(180));

  assert.equal(poolState(world), 'Canceled');
  assert.deepEqual(describeNodes(world), ['00 old cordoned quarantined', '01 new', '02 new']);
});

test('an abort answers with the old state, passes through Canceling, undoes nothing, and the next write takes up the rest', () => {
  const world = smallWorld();
  const started = startImageUpgrade(world);
  world.advance(at(12));

  const abort = send(world.arm, 12, 'POST', `${poolPath}/abort`);
  const canceling = poolState(world);
  world.advance(at(60));
  const left = describeNodes(world);
  const operation = send(world.arm, 60, 'GET', started.headers['azure-asyncoperation'] ?? '').body;
  const result = send(world.arm, 60, 'GET', abort.headers['location'] ?? '');

  assert.equal(abort.status, 202);
  assert.equal(valueAt(abort.body, 'properties', 'provisioningState'), 'UpgradingNodeImageVersion');
  assert.equal(canceling, 'Canceling');
  assert.equal(poolState(world), 'Canceled');
  assert.equal(valueAt(operation, 'status'), 'Canceled');
  assert.equal(result.status, 204);
  assert.ok(left.some((line) => line.includes('surge')) && left.some((line) => line.includes('old')), left.join('; '));
  assert.equal(send(world.arm, 60, 'POST', `${poolPath}/abort`).status, 409);

  startImageUpgrade(world, 61);
  world.advance(at(200));
  assert.deepEqual(describeNodes(world), ['00 new', '01 new', '02 new']);
});

test('a webhook that denies evictions ends the roll within seconds', () => {
  const world = smallWorld();
  world.perturb(at(0), { kind: 'eviction-webhook', namespace: 'shop', status: 403, message: 'not now' });

  startImageUpgrade(world);
  const changes = world.advance(at(20));

  const drain = changes.find((change) => change.kind === 'drain.started');
  const end = changes.find((change) => change.kind === 'operation.ended');
  assert.ok(drain !== undefined && end !== undefined);
  assert.ok(end.at - drain.at < 4 * 60_000, 'only the surge node had still to go');
  assert.deepEqual(describeNodes(world), ['00 old', '01 old', '02 old']);
});

test('spot machines are taken with a notice, whatever a budget says, and without surge nodes', () => {
  const world = smallWorld({ budget: { minAvailable: 3 }, pool: { scaleSetPriority: 'Spot' } });

  startImageUpgrade(world);
  const changes = world.advance(at(60));

  assert.ok(!kinds(changes).includes('node.added') && !kinds(changes).includes('eviction.refused'));
  assert.equal(poolState(world), 'Succeeded');
});

test('an empty pool is only moved', () => {
  const world = smallWorld();

  send(world.arm, 0, 'POST', `${clusterId}/agentPools/sys/upgradeNodeImageVersion`);
  world.advance(at(5));

  assert.equal(valueAt(send(world.arm, 5, 'GET', `${clusterId}/agentPools/sys`).body, 'properties', 'provisioningState'), 'Succeeded');
});

test('when not all surge nodes can be had: one from 1.35 on, a failure before', () => {
  const newer = smallWorld({ settings: { maxSurge: '2' }, cluster: { kubernetesVersion: '1.35.1', currentKubernetesVersion: '1.35.1' } });
  newer.perturb(at(0), { kind: 'surge-fails', pool: 'usr', code: 'AllocationFailed', message: 'Allocation failed.', times: 2 });
  putPool(newer, 0, { orchestratorVersion: '1.35.1' });
  newer.advance(at(180));
  const older = smallWorld({ settings: { maxSurge: '2' } });
  older.perturb(at(0), { kind: 'surge-fails', pool: 'usr', code: 'QuotaExceeded', message: 'No cores.', times: 2 });
  startImageUpgrade(older);
  older.advance(at(180));

  assert.equal(poolState(newer), 'Succeeded');
  assert.equal(poolState(older), 'Failed');
  assert.equal(valueAt(send(older.arm, 180, 'GET', poolPath).body, 'properties', 'status', 'provisioningError', 'code'), 'QuotaExceeded');
});

test('the soak passes between drain and re-image', () => {
  const world = smallWorld({ settings: { nodeSoakDurationInMinutes: 10 } });

  startImageUpgrade(world);
  const changes = world.advance(at(60));

  const drained = changes.find((change) => change.kind === 'drain.finished');
  const reimaging = changes.find((change) => change.kind === 'node.reimaging');
  assert.equal((reimaging?.at ?? 0) - (drained?.at ?? 0), 10 * 60_000);
});
