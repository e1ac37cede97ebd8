import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordsAt, valueAt } from '../../domain/json.ts';
import type { ClusterWorld } from '../../sim/cluster-world.ts';
import type { WireResponse } from '../../sim/wire.ts';
import { at, budget, nodeName, pod, send, smallWorld } from './small-cluster.ts';

const evict = (world: ClusterWorld, minutes: number, name: string, query = '', body: unknown = null): WireResponse =>
  send(world.kubernetes, minutes, 'POST', `/api/v1/namespaces/shop/pods/${name}/eviction${query}`, body);

const names = (response: WireResponse): readonly string[] => {
  const items = valueAt(response.body, 'items');
  return Array.isArray(items) ? items.map((item: unknown) => String(valueAt(item, 'metadata', 'name'))) : [];
};

const podNames = (world: ClusterWorld, minutes: number): readonly string[] => names(send(world.kubernetes, minutes, 'GET', '/api/v1/namespaces/shop/pods'));

test('lists come in pages, in order, and an item carries no kind of its own', () => {
  const world = smallWorld({ replicas: 5 });

  const first = send(world.kubernetes, 0, 'GET', '/api/v1/pods?limit=2');
  const second = send(world.kubernetes, 0, 'GET', `/api/v1/pods?limit=2&continue=${encodeURIComponent(String(valueAt(first.body, 'metadata', 'continue')))}`);
  const third = send(world.kubernetes, 0, 'GET', `/api/v1/pods?limit=2&continue=${encodeURIComponent(String(valueAt(second.body, 'metadata', 'continue')))}`);

  assert.deepEqual([...names(first), ...names(second), ...names(third)], ['cart-5d-0', 'cart-5d-1', 'cart-5d-2', 'cart-5d-3', 'cart-5d-4']);
  assert.equal(valueAt(first.body, 'kind'), 'PodList');
  assert.equal(valueAt(first.body, 'metadata', 'remainingItemCount'), 3);
  assert.equal(valueAt(third.body, 'metadata', 'continue'), undefined);
  const items = valueAt(first.body, 'items');
  assert.ok(Array.isArray(items) && valueAt(items[0], 'kind') === undefined);
});

test('selectors by label and field, with a comma meaning and', () => {
  const world = smallWorld({ items: [pod('lone', 1, { labels: { app: 'lone', tier: 'edge' } })] });
  const list = (query: string): readonly string[] => names(send(world.kubernetes, 0, 'GET', `/api/v1/pods?${query}`));

  assert.deepEqual(list('labelSelector=app=lone'), ['lone']);
  assert.deepEqual(list('labelSelector=app in (lone,none),tier'), ['lone']);
  assert.deepEqual(list('labelSelector=!tier'), ['cart-5d-0', 'cart-5d-1', 'cart-5d-2']);
  assert.deepEqual(list(`fieldSelector=spec.nodeName=${nodeName(1)}`), ['cart-5d-1', 'lone']);
  assert.deepEqual(list(`fieldSelector=spec.nodeName=${nodeName(1)},metadata.name=lone`), ['lone']);
  assert.equal(send(world.kubernetes, 0, 'GET', '/api/v1/pods?fieldSelector=spec.colour=red').status, 400);
});

test('an eviction spends the budget at once and the replacement earns it back', () => {
  const world = smallWorld({ budget: { minAvailable: 2 } });

  const dry = evict(world, 0, 'cart-5d-0', '?dryRun=All');
  const first = evict(world, 0, 'cart-5d-0');
  const second = evict(world, 0, 'cart-5d-1');
  const third = evict(world, 2, 'cart-5d-1');

  assert.deepEqual([dry.status, first.status, second.status, third.status], [201, 201, 429, 201]);
  assert.equal(valueAt(recordsAt(second.body, 'details', 'causes')[0], 'reason'), 'DisruptionBudget');
  assert.equal(podNames(world, 5).length, 3);
  assert.ok(!podNames(world, 5).includes('cart-5d-0'));
});

test('the other answers of the eviction API', async (context) => {
  const world = smallWorld({ budget: { minAvailable: 1 }, items: [budget('second', { minAvailable: 1, selector: { matchLabels: { tier: 'edge' } } }, { expectedPods: 1, currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0 }), pod('twice', 0, { labels: { app: 'cart', tier: 'edge' } })] });
  const cases: readonly [what: string, answer: () => WireResponse, status: number, message: RegExp][] = [
    ['a pod that is not there', () => evict(world, 0, 'none'), 404, /pods "none" not found/],
    ['two budgets', () => evict(world, 0, 'twice'), 500, /more than one PodDisruptionBudget/],
    ['a wrong dryRun', () => evict(world, 0, 'cart-5d-0', '?dryRun=true'), 422, /Unsupported value: \["true"\]: supported values: "All"/],
    ['another name in the body', () => evict(world, 0, 'cart-5d-0', '', { metadata: { name: 'cart-5d-1' } }), 400, /name in URL does not match/],
    ['a stale uid', () => evict(world, 0, 'cart-5d-0', '', { deleteOptions: { preconditions: { uid: 'other' } } }), 409, /UID in the precondition \(other\)/],
    ['dryRun in the body alone', () => evict(world, 0, 'cart-5d-0', '', { deleteOptions: { dryRun: ['All'] } }), 201, /^undefined$/],
  ];
  for (const [what, answer, status, message] of cases) {
    await context.test(what, () => {
      const response = answer();

      assert.equal(response.status, status);
      assert.match(String(valueAt(response.body, 'message')), message);
    });
  }
  assert.ok(podNames(world, 1).includes('cart-5d-0'), 'nothing was evicted');
});

test('a budget just changed makes evictions wait until the controller has looked', () => {
  const world = smallWorld({ budget: { minAvailable: 3 } });

  world.perturb(at(1), { kind: 'change-budget', namespace: 'shop', name: 'cart', minAvailable: 1, by: 'someone' });
  const soon = evict(world, 1, 'cart-5d-0', '?dryRun=All');
  const later = evict(world, 2, 'cart-5d-0', '?dryRun=All');

  assert.equal(soon.status, 429);
  assert.equal(soon.headers['retry-after'], '10');
  assert.match(JSON.stringify(soon.body), /still being processed by the server/);
  assert.equal(later.status, 201);
});

test('a person edits a budget and scales a Deployment with kubectl', () => {
  const world = smallWorld({ budget: { minAvailable: 3 } });
  const merge = { 'content-type': 'application/strategic-merge-patch+json' };

  const edited = send(world.kubernetes, 0, 'PATCH', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets/cart', { spec: { minAvailable: 2 } }, merge);
  const scaled = send(world.kubernetes, 0, 'PATCH', '/apis/apps/v1/namespaces/shop/deployments/cart/scale', { spec: { replicas: 5 } }, merge);
  const after = send(world.kubernetes, 3, 'GET', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets/cart').body;

  assert.equal(valueAt(edited.body, 'metadata', 'generation'), 2);
  assert.equal(scaled.status, 200);
  assert.equal(podNames(world, 3).length, 5);
  assert.equal(valueAt(after, 'status', 'disruptionsAllowed'), 3);
  assert.equal(valueAt(after, 'status', 'observedGeneration'), 2);
});

test('cordon shows as the field and as the taint; a patch of an older version is 409, one of anything else 501', () => {
  const world = smallWorld();
  const path = `/api/v1/nodes/${nodeName(0)}`;
  const merge = { 'content-type': 'application/merge-patch+json' };

  const cordoned = send(world.kubernetes, 0, 'PATCH', path, { spec: { unschedulable: true } }, merge);
  const stale = send(world.kubernetes, 0, 'PATCH', path, { metadata: { resourceVersion: '10', labels: { a: 'b' } } }, merge);
  const other = send(world.kubernetes, 0, 'PATCH', path, { spec: { providerID: 'x' } }, merge);
  const uncordoned = send(world.kubernetes, 0, 'PATCH', path, [{ op: 'remove', path: '/spec/unschedulable' }], { 'content-type': 'application/json-patch+json' });

  assert.equal(valueAt(cordoned.body, 'spec', 'unschedulable'), true);
  assert.deepEqual(valueAt(cordoned.body, 'spec', 'taints'), [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: '2026-11-21T23:00:00Z' }]);
  assert.equal(stale.status, 409);
  assert.equal(valueAt(stale.body, 'reason'), 'Conflict');
  assert.equal(other.status, 501);
  assert.equal(valueAt(uncordoned.body, 'spec', 'taints'), undefined);
});

test('plain DELETE asks no budget; a bare pod does not come back', () => {
  const world = smallWorld({ budget: { minAvailable: 3 }, items: [pod('lone', 1, { labels: { app: 'lone' } })] });

  send(world.kubernetes, 0, 'DELETE', '/api/v1/namespaces/shop/pods/cart-5d-0');
  send(world.kubernetes, 0, 'DELETE', '/api/v1/namespaces/shop/pods/lone');

  const left = podNames(world, 3);
  assert.equal(left.filter((name) => name.startsWith('cart')).length, 3);
  assert.ok(!left.includes('cart-5d-0') && !left.includes('lone'));
});

test('an evicted StatefulSet pod comes back under its name, after the old one is gone', () => {
  const owners = [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set-db', controller: true, blockOwnerDeletion: true }];
  const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'main', image: 'db:1' }] } };
  const set = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db', namespace: 'shop', uid: 'set-db', generation: 1 }, spec: { replicas: 2, selector: { matchLabels: { app: 'db' } }, template }, status: {} };
  const world = smallWorld({ items: [set, pod('db-0', 0, { labels: { app: 'db' }, owners }), pod('db-1', 1, { labels: { app: 'db' }, owners })] });

  evict(world, 0, 'db-1');
  const terminating = send(world.kubernetes, 0, 'GET', '/api/v1/namespaces/shop/pods/db-1').body;
  const back = send(world.kubernetes, 2, 'GET', '/api/v1/namespaces/shop/pods/db-1').body;

  assert.equal(typeof valueAt(terminating, 'metadata', 'deletionTimestamp'), 'string');
  assert.notEqual(valueAt(back, 'metadata', 'uid'), valueAt(terminating, 'metadata', 'uid'));
  assert.equal(valueAt(back, 'status', 'phase'), 'Running');
});

test('a pod that must not share a node waits, with the reason, until one is free', () => {
  const antiAffinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: 'cart' } }, topologyKey: 'kubernetes.io/hostname' }] } };
  const world = smallWorld({ podSpec: { affinity: antiAffinity } });

  world.perturb(at(0), { kind: 'scale-workload', workload: { kind: 'Deployment', namespace: 'shop', name: 'cart' }, replicas: 4, by: 'someone' });
  const changes = world.advance(at(2));
  send(world.kubernetes, 3, 'POST', '/api/v1/namespaces/shop/pods/cart-5d-0/eviction');
  const pending = changes.find((change) => change.kind === 'pod.pending');
  const phases = names(send(world.kubernetes, 6, 'GET', '/api/v1/pods?fieldSelector=status.phase=Pending'));

  assert.match(pending?.text ?? '', /0\/3 nodes are available: 3 node\(s\) didn't match pod anti-affinity rules/);
  assert.equal(phases.length, 1, 'the one that waited took the free node, and the replacement waits now');
});

test('requests, taints and cordons keep pods off nodes', () => {
  const world = smallWorld({ nodeCount: 2, replicas: 2, podSpec: { containers: [{ name: 'main', image: 'cart:1', resources: { requests: { cpu: '3' } } }] } });

  world.perturb(at(0), { kind: 'scale-workload', workload: { kind: 'Deployment', namespace: 'shop', name: 'cart' }, replicas: 3, by: 'someone' });
  const full = world.advance(at(1)).find((change) => change.kind === 'pod.pending');
  world.perturb(at(2), { kind: 'cordon-node', node: nodeName(0), by: 'someone' });
  send(world.kubernetes, 2, 'DELETE', '/api/v1/namespaces/shop/pods/cart-5d-0');
  const message = JSON.stringify(send(world.kubernetes, 5, 'GET', '/api/v1/pods?fieldSelector=status.phase=Pending').body);

  assert.match(full?.text ?? '', /2 Insufficient cpu/);
  assert.match(message, /1 Insufficient cpu, 1 node\(s\) were unschedulable/);
});

test('a sick workload stays unready through replacements until it is healed; a slow one takes its time', () => {
  const workload = { kind: 'Deployment', namespace: 'shop', name: 'cart' } as const;
  const world = smallWorld({ budget: { minAvailable: 1 } });
  const healthy = (minutes: number): unknown => valueAt(send(world.kubernetes, minutes, 'GET', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets/cart').body, 'status', 'currentHealthy');

  world.perturb(at(0), { kind: 'sicken-workload', workload, count: 1 });
  const sick = healthy(1);
  send(world.kubernetes, 1, 'DELETE', '/api/v1/namespaces/shop/pods/cart-5d-0');
  const stillSick = healthy(10);
  world.perturb(at(10), { kind: 'sicken-workload', workload, count: 0 });
  const healed = healthy(12);
  world.perturb(at(12), { kind: 'slow-workload', workload, startSeconds: 600, stopSeconds: null });
  send(world.kubernetes, 12, 'DELETE', '/api/v1/namespaces/shop/pods/cart-5d-1');
  const slow = [healthy(20), healthy(23)];

  assert.deepEqual([sick, stillSick, healed, ...slow], [2, 2, 3, 2, 3]);
});

test('a silent node makes its pods unready at once and loses them after five minutes', () => {
  const world = smallWorld();

  world.perturb(at(0), { kind: 'node-not-ready', node: nodeName(0) });
  const soon = send(world.kubernetes, 1, 'GET', '/api/v1/namespaces/shop/pods/cart-5d-0').body;
  const later = podNames(world, 7);
  world.perturb(at(8), { kind: 'node-ready', node: nodeName(0) });

  assert.match(JSON.stringify(valueAt(soon, 'status', 'conditions')), /"type":"Ready","status":"False"/);
  assert.equal(later.length, 4, 'the old one terminates where nobody stops it, its replacement runs elsewhere');
  assert.equal(podNames(world, 9).length, 3);
});

test('what a real API server does and this one does not is refused by name', () => {
  const world = smallWorld();

  const watch = send(world.kubernetes, 0, 'GET', '/api/v1/pods?watch=true');
  const unknown = send(world.kubernetes, 0, 'GET', '/apis/policy/v1beta1/poddisruptionbudgets');
  const allowed = send(world.kubernetes, 0, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: { resourceAttributes: { verb: 'create', resource: 'pods', subresource: 'eviction' } } });
  const forbidden = send(world.kubernetes, 0, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: { resourceAttributes: { verb: 'delete', resource: 'pods' } } });

  assert.equal(watch.status, 501);
  assert.match(JSON.stringify(watch.body), /watch is not implemented by the simulation/);
  assert.equal(unknown.status, 404);
  assert.deepEqual([valueAt(allowed.body, 'status', 'allowed'), valueAt(forbidden.body, 'status', 'allowed')], [true, false]);
});

test('what the API server grants, whom it knows and whether it answers at all can be changed from outside, and ARM shows the kind of cluster', () => {
  const world = smallWorld();
  const ask = (token: string, asked: object): unknown =>
    valueAt(world.kubernetes.apply(at(0), { method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', query: {}, headers: { authorization: `Bearer ${token}` }, body: { spec: asked } }).response.body, 'status', 'allowed');
  const events = { resourceAttributes: { verb: 'list', resource: 'events' } };
  const properties = (): unknown => valueAt(send(world.arm, 0, 'GET', world.resourceId).body, 'properties');

  world.perturb(at(0), { kind: 'deny-rights', rights: ['list events', 'get /metrics'], who: 'reader' });
  assert.deepEqual([ask('reader', events), ask('writer', events), ask('reader', { nonResourceAttributes: { verb: 'get', path: '/metrics' } })], [false, true, false]);
  const refused = world.kubernetes.apply(at(0), { method: 'GET', path: '/api/v1/events', query: {}, headers: { authorization: 'Bearer reader' }, body: null }).response;
  assert.deepEqual([refused.status, valueAt(refused.body, 'reason')], [403, 'Forbidden']);
  world.perturb(at(0), { kind: 'deny-rights', rights: [], who: 'reader' });
  assert.equal(ask('reader', events), true);

  world.perturb(at(0), { kind: 'api-server-access', signIn: 'entra', reach: 'private', judge: 'azure-rbac' });
  assert.deepEqual([valueAt(properties(), 'apiServerAccessProfile', 'enablePrivateCluster'), valueAt(properties(), 'aadProfile', 'enableAzureRBAC'), valueAt(properties(), 'disableLocalAccounts')], [true, true, true]);
  world.perturb(at(0), { kind: 'api-server-access', signIn: 'certificates', reach: 'authorized-ranges', judge: 'kubernetes-rbac' });
  assert.deepEqual([valueAt(properties(), 'apiServerAccessProfile', 'authorizedIPRanges'), valueAt(properties(), 'aadProfile')], [['198.51.100.7/32'], null]);
  assert.equal(send(world.kubernetes, 0, 'GET', '/api/v1/nodes').status, 401);
  world.perturb(at(0), { kind: 'api-server-route', route: 'none' });
  assert.equal(send(world.kubernetes, 0, 'GET', '/api/v1/nodes').status, 0);
});
