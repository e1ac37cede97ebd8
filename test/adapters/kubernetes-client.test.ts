import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../domain/failure.ts';
import { createSmallKubernetes, cluster, connectToSmallKubernetes, list, node, pod, status } from './small-kubernetes.ts';

const pods = '/api/v1/pods';
const quarantine = { 'kubernetes.azure.com/upgrade-status': 'Quarantined' };

function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.failure.message);
  return outcome.value;
}

function failureOf(outcome: Outcome<unknown>) {
  assert.ok(!outcome.ok, 'a failure was expected');
  return outcome.failure;
}

test('objects are read with a token, in pages of 500, packed', async (context) => {
  const many = Array.from({ length: 30 }, (_, index) => pod(`p${index}`));
  const simulated = createSmallKubernetes({ '/api/v1/nodes': [node('n1')] }, ({ path, query }) => {
    if (path !== pods) return null;
    const start = Number(query['continue'] ?? 0);
    return list(path, many.slice(start, start + 10), start + 10 < many.length ? String(start + 10) : '');
  });
  const { kubernetes, log } = await connectToSmallKubernetes(context, simulated);

  const objects = valueOf(await kubernetes.readObjects(cluster));

  assert.deepEqual(objects.nodes.map(({ name, nodePool, kubeletVersion }) => [name, nodePool, kubeletVersion]), [['n1', 'apps', '1.34.2']]);
  assert.deepEqual(objects.pods.map(({ name }) => name), many.map(({ metadata }) => metadata.name));
  assert.deepEqual(objects.unchecked, []);
  const pages = log.entries.filter(({ path }) => path === pods);
  assert.deepEqual(pages.map(({ query }) => [query['limit'], query['continue']]), [['500', undefined], ['500', '10'], ['500', '20']]);
  assert.ok(log.entries.every(({ requestHeaders }) => requestHeaders['authorization'] === 'Bearer [redacted]'));
  assert.equal(pages[0]?.requestHeaders['accept-encoding'], 'gzip');
});

test('an expired continue token starts the list once more, whole and without doubles; twice is a failure', async (context) => {
  for (const expiries of [1, 2]) {
    let left = expiries;
    const simulated = createSmallKubernetes({}, ({ path, query }) => {
      if (path !== pods) return null;
      if (query['continue'] === undefined) return list(path, [pod('first')], 'next');
      left -= 1;
      return left >= 0 ? status(410, 'Expired', 'The provided continue parameter is too old') : list(path, [pod('second')]);
    });
    const { kubernetes } = await connectToSmallKubernetes(context, simulated);

    const outcome = await kubernetes.readObjects(cluster);

    if (expiries === 1) assert.deepEqual(valueOf(outcome).pods.map(({ name }) => name), ['first', 'second']);
    else assert.deepEqual([failureOf(outcome).code, failureOf(outcome).class], ['Expired', 'conflict']);
  }
});

test('a list we may not read is named as unchecked when it only sharpens, and fails the read when it decides', async (context) => {
  const forbidden = (suffix: string) =>
    createSmallKubernetes({}, ({ path }) =>
      path.endsWith(suffix) ? status(403, 'Forbidden', `${suffix} is forbidden: User "app" cannot list resource`) : null,
    );

  for (const suffix of ['namespaces', 'jobs', 'validatingwebhookconfigurations']) {
    const { kubernetes } = await connectToSmallKubernetes(context, forbidden(suffix));
    const { unchecked } = valueOf(await kubernetes.readObjects(cluster));
    assert.equal(unchecked.length, 1);
    assert.match(unchecked[0]?.why ?? '', new RegExp(suffix));
  }
  for (const suffix of ['nodes', 'pods', 'poddisruptionbudgets']) {
    const { kubernetes } = await connectToSmallKubernetes(context, forbidden(suffix));
    const failure = failureOf(await kubernetes.readObjects(cluster));
    assert.deepEqual([failure.code, failure.class], ['Forbidden', 'terminal']);
    assert.match(failure.message, new RegExp(`GET .*${suffix}`));
  }
});

test('a page that fails, an answer that is no list and an object without a name fail the whole read', async (context) => {
  const cases = [
    [() => status(500, 'InternalError', 'etcd'), 'transient'],
    [() => ({ status: 200, headers: {}, body: '<html>' }), 'unreadable'],
    [() => list(pods, [{ metadata: {} }]), 'unreadable'],
    [() => status(401, 'Unauthorized', 'Unauthorized'), 'terminal'],
  ] as const;
  for (const [answer, expected] of cases) {
    const simulated = createSmallKubernetes({}, ({ path }) => (path === pods ? answer() : null));
    const { kubernetes } = await connectToSmallKubernetes(context, simulated);

    assert.equal(failureOf(await kubernetes.readObjects(cluster)).class, expected);
  }
});

test('a read is repeated once after a cut connection, not after silence; an overloaded server says how long to wait', async (context) => {
  const { kubernetes, faults, log } = await connectToSmallKubernetes(context, createSmallKubernetes({}), 300);
  const cut = { method: 'GET', path: null, times: 1, mishap: { kind: 'cut', moment: 'before' } } as const;

  faults.add(cut);
  const once = await kubernetes.readNodes(cluster);
  faults.add({ ...cut, times: 2 });
  const twice = failureOf(await kubernetes.readNodes(cluster));
  faults.add({ ...cut, mishap: { kind: 'delay', milliseconds: 500 } });
  const late = failureOf(await kubernetes.readNodes(cluster));
  const response = { status: 429, headers: { 'retry-after': '1' }, body: 'Too many requests, please try again later.\n' };
  faults.add({ ...cut, mishap: { kind: 'answer', moment: 'before', response } });
  const overloaded = failureOf(await kubernetes.readNodes(cluster));

  assert.ok(once.ok);
  assert.deepEqual([twice.code, twice.class], ['no-connection', 'transient']);
  assert.deepEqual([late.code, late.class], ['time-limit', 'transient']);
  assert.deepEqual([overloaded.class, overloaded.retryAfterSeconds], ['transient', 1]);
  assert.equal(log.entries.filter(({ status: answered }) => answered === 0).length, 3);
});

test('an eviction is asked as a dry run, in query and body, and sent once whatever happens', async (context) => {
  const simulated = createSmallKubernetes({}, ({ method }) => (method === 'POST' ? { status: 201, headers: {}, body: { kind: 'Status' } } : null));
  const { kubernetes, faults, log } = await connectToSmallKubernetes(context, simulated);

  const answer = valueOf(await kubernetes.tryEviction(cluster, { namespace: 'shop', name: 'cart-0' }));
  faults.add({ method: 'POST', path: null, times: 1, mishap: { kind: 'cut', moment: 'after' } });
  const cut = failureOf(await kubernetes.tryEviction(cluster, { namespace: 'shop', name: 'cart-0' }));

  assert.deepEqual(answer, { status: 201, message: '', retryAfterSeconds: null });
  assert.equal(cut.class, 'transient');
  assert.deepEqual(log.entries.map(({ method, path }) => [method, path]), [
    ['POST', '/api/v1/namespaces/shop/pods/cart-0/eviction'],
    ['POST', '/api/v1/namespaces/shop/pods/cart-0/eviction'],
  ]);
  assert.deepEqual(log.entries[0]?.query, { dryRun: 'All' });
  assert.deepEqual(log.entries[0]?.requestBody, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace: 'shop', name: 'cart-0' },
    deleteOptions: { dryRun: ['All'] },
  });
});

test('upgrade events are the upgrader\'s own, oldest first', async (context) => {
  const event = (component: string, reason: string, lastTimestamp: string) => ({
    metadata: { namespace: 'default', name: reason, uid: reason, creationTimestamp: lastTimestamp },
    reason, message: `${reason} node`, type: 'Normal', involvedObject: { kind: 'Node', name: 'n1' },
    source: { component }, firstTimestamp: lastTimestamp, lastTimestamp, count: 2,
  });
  const items = [
    event('upgrader', 'Drain', '2026-11-07T21:05:00Z'),
    event('kubelet', 'NodeReady', '2026-11-07T21:00:00Z'),
    event('upgrader', 'Surge', '2026-11-07T21:01:00Z'),
  ];
  const { kubernetes, log } = await connectToSmallKubernetes(context, createSmallKubernetes({ '/api/v1/namespaces/default/events': items }));

  const events = valueOf(await kubernetes.readUpgradeEvents(cluster));

  assert.deepEqual(events.map(({ reason, involvedName, count }) => [reason, involvedName, count]), [['Surge', 'n1', 2], ['Drain', 'n1', 2]]);
  assert.equal(log.entries[0]?.query['fieldSelector'], 'source=upgrader');
});

test('only the label with the value Quarantined is removed, and nothing else is sent', async (context) => {
  const nodes = { marked: node('marked', quarantine), clean: node('clean'), paused: node('paused', { ...quarantine, 'kubernetes.azure.com/upgrade-status': 'paused' }) };
  const simulated = createSmallKubernetes({}, ({ method, path }) => {
    const found = Object.values(nodes).find(({ metadata }) => path.endsWith(`/${metadata.name}`));
    if (found === undefined) return status(404, 'NotFound', 'nodes "x" not found');
    return { status: 200, headers: {}, body: { kind: 'Node', ...found, method } };
  });
  const { kubernetes, log } = await connectToSmallKubernetes(context, simulated);

  valueOf(await kubernetes.removeQuarantineLabel(cluster, 'clean'));
  const paused = failureOf(await kubernetes.removeQuarantineLabel(cluster, 'paused'));
  const gone = failureOf(await kubernetes.removeQuarantineLabel(cluster, 'gone'));
  valueOf(await kubernetes.removeQuarantineLabel(cluster, 'marked'));

  assert.deepEqual([paused.code, paused.class], ['label-value-unknown', 'terminal']);
  assert.equal(gone.class, 'terminal');
  const writes = log.entries.filter(({ method }) => method !== 'GET');
  assert.equal(writes.length, 1);
  assert.deepEqual([writes[0]?.method, writes[0]?.path], ['PATCH', '/api/v1/nodes/marked']);
  assert.equal(writes[0]?.requestHeaders['content-type'], 'application/merge-patch+json');
  assert.deepEqual(writes[0]?.requestBody, {
    metadata: { resourceVersion: '7', labels: { 'kubernetes.azure.com/upgrade-status': null } },
  });
});

test('a node without a resource version is left alone, for its label could not be removed conditionally', async (context) => {
  const simulated = createSmallKubernetes({}, () => {
    const { metadata, ...rest } = node('marked', quarantine);
    const { resourceVersion: _none, ...kept } = metadata;
    return { status: 200, headers: {}, body: { kind: 'Node', ...rest, metadata: kept } };
  });
  const { kubernetes, log } = await connectToSmallKubernetes(context, simulated);

  assert.equal(failureOf(await kubernetes.removeQuarantineLabel(cluster, 'marked')).class, 'unreadable');
  assert.deepEqual(log.entries.map(({ method }) => method), ['GET']);
});
