import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordsAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import type { ClusterWorld } from '../../sim/cluster-world.ts';
import { at, kinds, nodeName, pod, poolState, send, smallWorld, startImageUpgrade } from './small-cluster.ts';

const meta = (name: string): JsonRecord => ({ name, namespace: 'shop', uid: name, resourceVersion: '1' });
const statefulSet = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { ...meta('pg'), generation: 1 },
  spec: { replicas: 1, selector: { matchLabels: { app: 'pg' } }, template: { metadata: { labels: { app: 'pg' } }, spec: { containers: [{ name: 'main', image: 'pg:1' }] } } },
  status: { replicas: 1 },
};
const owners = [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'pg', uid: 'pg', controller: true, blockOwnerDeletion: true }];
const database = [
  statefulSet,
  pod('pg-0', 0, { labels: { app: 'pg' }, owners, spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-pg-0' } }] } }),
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: meta('data-pg-0'), spec: { volumeName: 'pvc-1' } },
  { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pvc-1', uid: 'pvc-1', resourceVersion: '1' }, spec: { csi: { driver: 'disk.csi.azure.com', volumeHandle: 'x' } } },
];

const attachedTo = (world: ClusterWorld, minutes: number): readonly string[] =>
  recordsAt(send(world.kubernetes, minutes, 'GET', '/apis/storage.k8s.io/v1/volumeattachments').body, 'items').map((one) => `${textAt(one, 'spec', 'source', 'persistentVolumeName')} ${textAt(one, 'spec', 'nodeName')}`);
const readyNode = (world: ClusterWorld, minutes: number): string | null => {
  const found = send(world.kubernetes, minutes, 'GET', '/api/v1/namespaces/shop/pods/pg-0').body;
  const isReady = recordsAt(found, 'status', 'conditions').some((one) => one['type'] === 'Ready' && one['status'] === 'True');
  return isReady ? textAt(found, 'spec', 'nodeName') : null;
};
const moveAway = (world: ClusterWorld): void => {
  world.perturb(at(1), { kind: 'cordon-node', node: nodeName(0), by: 'somebody' });
  world.perturb(at(1), { kind: 'delete-pod', namespace: 'shop', name: 'pg-0', by: 'somebody' });
};

test('a disk leaves its node soon after its pod, and the pod starts where the disk follows', () => {
  const world = smallWorld({ items: database });
  assert.deepEqual(attachedTo(world, 0), [`pvc-1 ${nodeName(0)}`]);

  moveAway(world);
  const node = readyNode(world, 3);

  assert.notEqual(node, null);
  assert.notEqual(node, nodeName(0));
  assert.deepEqual(attachedTo(world, 3), [`pvc-1 ${node ?? ''}`]);
});

test('a disk that is held keeps the pod waiting on its new node, which events tell, until it lets go', () => {
  const world = smallWorld({ items: database });
  world.perturb(at(0), { kind: 'hinder-pod', hindrance: 'held-disk', namespace: 'shop', pod: 'pg-0', node: nodeName(0), reason: '', message: '', minutes: 20 });

  moveAway(world);
  const events = recordsAt(send(world.kubernetes, 10, 'GET', '/api/v1/namespaces/shop/events?fieldSelector=reason=FailedAttachVolume').body, 'items');

  assert.equal(readyNode(world, 10), null);
  assert.deepEqual(attachedTo(world, 10), [`pvc-1 ${nodeName(0)}`]);
  assert.match(textAt(events[0], 'message') ?? '', /Multi-Attach error for volume "pvc-1"/);
  assert.equal(textAt(events[0], 'involvedObject', 'name'), 'pg-0');
  assert.notEqual(readyNode(world, 23), null);
});

test('a helper refuses an eviction by name and moves the pod itself, and the drain goes on meanwhile', () => {
  const world = smallWorld({ items: database });
  world.perturb(at(0), { kind: 'eviction-helper', namespace: 'shop', pods: 'pg-', name: 'drain-cleaner', message: 'moves it', moveAfterSeconds: 240 });
  const dry = send(world.kubernetes, 0, 'POST', '/api/v1/namespaces/shop/pods/pg-0/eviction?dryRun=All', {});
  startImageUpgrade(world);

  const told = world.advance(at(60));

  assert.equal(dry.status, 403);
  assert.match(textAt(dry.body, 'message') ?? '', /^admission webhook "drain-cleaner" denied the request: moves it$/);
  assert.ok(kinds(told).includes('pod.moved'));
  assert.equal(poolState(world), 'Succeeded');
});

test('a webhook that only refuses still ends the upgrade within seconds', () => {
  const world = smallWorld({ items: database });
  world.perturb(at(0), { kind: 'eviction-webhook', namespace: 'shop', status: 403, message: 'no' });
  startImageUpgrade(world);

  world.advance(at(20));

  assert.equal(poolState(world), 'Failed');
});

const clusterOwner = [{ apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', name: 'orders', uid: 'orders', controller: true, blockOwnerDeletion: true }];
const orders = (roles: readonly string[]): readonly unknown[] =>
  roles.map((role, index) => pod(`orders-${index + 1}`, index, { owners: clusterOwner, labels: { 'cnpg.io/cluster': 'orders', 'cnpg.io/instanceRole': role } }));
const leadOf = (world: ClusterWorld, minutes: number): readonly (string | null)[] =>
  recordsAt(send(world.kubernetes, minutes, 'GET', '/api/v1/namespaces/shop/pods?labelSelector=cnpg.io/instanceRole=primary').body, 'items').map((one) => textAt(one, 'metadata', 'name'));

test('a database operator moves the lead from a cordoned node to a standby that takes pods, after its time', () => {
  const world = smallWorld({ items: orders(['primary', 'replica', 'replica']) });

  world.perturb(at(0), { kind: 'cordon-node', node: nodeName(1), by: 'somebody' });
  world.perturb(at(1), { kind: 'cordon-node', node: nodeName(0), by: 'somebody' });

  assert.deepEqual(leadOf(world, 2), ['orders-1']);
  assert.deepEqual(leadOf(world, 4), ['orders-3']);
});

test('without a standby that takes pods, or without its operator, the lead stays', () => {
  const alone = smallWorld({ items: orders(['primary']) });
  const away = smallWorld({ items: orders(['primary', 'replica']) });
  away.perturb(at(0), { kind: 'operators-away' });
  for (const world of [alone, away]) {
    world.perturb(at(1), { kind: 'cordon-node', node: nodeName(0), by: 'somebody' });

    assert.deepEqual(leadOf(world, 30), ['orders-1']);
  }
});

test('surge nodes that never become Ready, a place that is withheld and a start that is withheld show as they do in a cluster', () => {
  const unready = smallWorld();
  unready.perturb(at(0), { kind: 'surge-unready', pool: 'usr', minutes: null });
  startImageUpgrade(unready);
  unready.advance(at(6));
  const waiting = smallWorld({ items: database });
  waiting.perturb(at(0), { kind: 'hinder-pod', hindrance: 'unplaced', namespace: 'shop', pod: 'pg-0', node: '', reason: '', message: '0/3 nodes are available: no room.', minutes: 5 });

  moveAway(waiting);
  const events = recordsAt(send(waiting.kubernetes, 3, 'GET', '/api/v1/namespaces/shop/events?fieldSelector=reason=FailedScheduling').body, 'items');

  assert.ok(unready.inspect().find(({ pool }) => pool === 'usr')?.nodes.some(({ isSurge, isReady }) => isSurge && !isReady));
  assert.match(textAt(events[0], 'message') ?? '', /no room/);
  assert.equal(readyNode(waiting, 3), null);
  assert.notEqual(readyNode(waiting, 9), null);
});
