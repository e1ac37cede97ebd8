import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createLocalCredential } from '../../adapters/credential.ts';
import { createKubernetesPort } from '../../adapters/kubernetes-client.ts';
import type { Cluster } from '../../domain/cluster-snapshot.ts';
import { textAt } from '../../domain/json.ts';
import { createFaultList } from '../../local/faults.ts';
import { serveKubernetes } from '../../local/kubernetes-server.ts';
import { createRequestLog } from '../../local/request-log.ts';
import type { WireRequest, WireResponse } from '../../sim/wire.ts';
import { cluster, createSmallKubernetes, node, pod, status } from './small-kubernetes.ts';

const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** What a review asks, as `kubectl auth can-i` writes it. */
function askedBy({ body }: Pick<WireRequest, 'body'>): string {
  const path = textAt(body, 'spec', 'nonResourceAttributes', 'path');
  if (path !== null) return `get ${path}`;
  const text = (key: string): string => textAt(body, 'spec', 'resourceAttributes', key) ?? '';
  const [group, subresource] = [text('group'), text('subresource')];
  return `${text('verb')} ${text('resource')}${subresource === '' ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
}

const verdict = (allowed: boolean, evaluationError?: string): WireResponse => ({
  status: 201,
  headers: {},
  body: { kind: 'SelfSubjectAccessReview', status: { allowed, ...(evaluationError === undefined ? {} : { evaluationError }) } },
});

/** The real adapter of both identities against a local API server that judges their rights. */
async function connect(context: TestContext, judge: (identity: string, asked: string) => WireResponse, about: 'reading' | 'a-run' = 'a-run') {
  const faults = createFaultList();
  const log = createRequestLog(null);
  const time = { now: Date.parse('2026-11-07T21:00:00Z') };
  const simulated = createSmallKubernetes({ '/api/v1/nodes': [node('n1')], '/api/v1/pods': [pod('cart-0')] }, (request) => {
    if (request.path === reviews) return judge((request.headers['authorization'] ?? '').replace('Bearer ', ''), askedBy(request));
    return request.path.endsWith('/eviction') ? { status: 201, headers: {}, body: { kind: 'Status' } } : null;
  });
  const server = await serveKubernetes({ simulated, now: () => time.now, journal: null, onChanges: () => undefined, faults, log });
  context.after(() => server.close());
  const kubernetes = createKubernetesPort({
    credential: createLocalCredential('reader', [server.url]),
    writeCredential: createLocalCredential('writer', [server.url]),
    endpointOverride: server.url,
    servers: { find: () => Promise.reject(new Error('the override decides')), forget: () => undefined },
    timeLimitMs: 300,
    asksAbout: about,
    clock: { now: () => time.now },
  });
  const asked = (): readonly string[] => log.entries.filter(({ path }) => path === reviews).map(({ requestBody }) => askedBy({ body: requestBody }));
  return { kubernetes, faults, log, time, asked };
}

const denying = (...denied: readonly string[]) => (identity: string, asked: string): WireResponse => verdict(!denied.includes(`${identity} ${asked}`));
const ofAzure: Cluster = { ...cluster, access: { reach: 'public', signIn: 'entra', judge: 'azure-rbac', localAccounts: 'off' } };
const ofKubernetes: Cluster = { ...cluster, access: { reach: 'public', signIn: 'entra', judge: 'kubernetes-rbac', localAccounts: 'off' } };

test('every right is asked for once, by the identity that needs it, and remembered for ten minutes', async (context) => {
  const seen: string[] = [];
  const { kubernetes, asked, time } = await connect(context, (identity, right) => {
    seen.push(`${identity} ${right}`);
    return verdict(true);
  });

  const first = await kubernetes.readObjects(cluster);
  await kubernetes.readObjects(cluster);

  assert.ok(first.ok, JSON.stringify(first));
  assert.deepEqual(first.value.unchecked, []);
  assert.equal(asked().length, 25);
  assert.equal(new Set(asked()).size, 25);
  assert.deepEqual(seen.filter((each) => each.startsWith('writer')).sort(), ['writer create pods/eviction', 'writer patch nodes']);
  assert.ok(['list nodes', 'list poddisruptionbudgets.policy', 'get /metrics', 'get services/proxy', 'list volumeattachments.storage.k8s.io'].every((right) => asked().includes(right)), asked().join());
  time.now += 10 * 60_000;
  await kubernetes.readObjects(cluster);
  assert.equal(asked().length, 50);
});

test('who only reads is asked about reading alone', async (context) => {
  const { kubernetes, asked } = await connect(context, denying(), 'reading');

  await kubernetes.readObjects(cluster);

  assert.equal(asked().length, 18);
  assert.match(readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8'), /`system:basic-user`\): 18\nquestions for a preflight, 25 for a run\./);
  assert.ok(!asked().some((right) => /^(create|patch)|events|attachments|proxy|log/.test(right)), asked().join());
});

test('what is denied is not tried, and the check it feeds is named with permission, identity and remedy; a minute later it is asked again', async (context) => {
  const denied = ['reader list namespaces', 'reader list events', 'reader list volumeattachments.storage.k8s.io', 'reader get /metrics', 'writer create pods/eviction'];
  const { kubernetes, log, time } = await connect(context, (identity, right) => (time.now < Date.parse('2026-11-07T21:01:00Z') ? denying(...denied)(identity, right) : verdict(true)));

  const read = await kubernetes.readObjects(ofAzure);
  const events = await kubernetes.readUpgradeEvents(ofAzure);
  const about = await kubernetes.readEventsAbout(ofAzure, [{ namespace: 'shop', uid: 'u' }]);
  const attached = await kubernetes.readVolumeAttachments(ofAzure);
  const metrics = await kubernetes.readDeprecatedApiUses(ofAzure);
  const evicted = await kubernetes.tryEviction(ofAzure, { namespace: 'shop', name: 'cart-0' });

  assert.ok(read.ok, JSON.stringify(read));
  assert.deepEqual(read.value.unchecked, [
    { what: 'terminating namespaces, where every eviction is refused', why: 'Not granted to the reader: list namespaces. The role Slackwater Kubernetes Reader (infra/cluster) grants it, up to 5 min after it is assigned.' },
    { what: 'why a drain stands still, as events tell it', why: 'Not granted to the reader: list events. The role Slackwater Kubernetes Reader (infra/cluster) grants it, up to 5 min after it is assigned.' },
    { what: 'disks that still hang on a drained node', why: 'Not granted to the reader: list volumeattachments.storage.k8s.io. The role Slackwater Kubernetes Reader (infra/cluster) grants it, up to 5 min after it is assigned.' },
    { what: "the API server's own word on an eviction, by dry run", why: 'Not granted to the writer: create pods/eviction. ClusterRole slackwater-drain-rehearsal of infra/kubernetes/rbac.yaml grants it.' },
  ]);
  for (const outcome of [events, about, attached, metrics, evicted]) assert.deepEqual([outcome.ok, outcome.ok ? '' : outcome.failure.code], [false, 'Forbidden']);
  assert.deepEqual(log.entries.filter(({ path }) => /namespaces|events|volumeattachments$|metrics/.test(path)).map(({ path }) => path), []);

  time.now += 60_000;
  const again = await kubernetes.readObjects(ofAzure);
  assert.ok(again.ok);
  assert.deepEqual(again.value.unchecked, []);
  assert.ok((await kubernetes.tryEviction(ofAzure, { namespace: 'shop', name: 'cart-0' })).ok);
});

test('without nodes, pods or budgets no drain can be judged: the read fails, names every one of them, and asks for no list', async (context) => {
  const { kubernetes, log } = await connect(context, denying('reader list nodes', 'reader list poddisruptionbudgets.policy'));

  const read = await kubernetes.readObjects(ofKubernetes);

  assert.ok(!read.ok);
  assert.deepEqual([read.failure.code, read.failure.class], ['Forbidden', 'terminal']);
  assert.match(read.failure.message, /list nodes, list poddisruptionbudgets\.policy/);
  assert.equal(read.failure.remedy, 'ClusterRole slackwater-reader of infra/kubernetes/rbac.yaml grants it.');
  assert.ok(log.entries.every(({ path }) => path === reviews));
});

test('a server that knows no such question, or cannot answer it, is read as before', async (context) => {
  const table: readonly (readonly [answer: WireResponse, questions: number])[] = [
    [status(404, 'NotFound', 'the server could not find the requested resource'), 1],
    [status(403, 'Forbidden', 'cannot create resource "selfsubjectaccessreviews"'), 1],
    [status(500, 'InternalError', 'etcd'), 25],
    [verdict(false, 'webhook authorizer: context deadline exceeded'), 25],
    [{ status: 201, headers: {}, body: 'a proxy says hello' }, 25],
  ];
  for (const [answer, questions] of table) {
    const { kubernetes, asked } = await connect(context, () => answer);

    const read = await kubernetes.readObjects(cluster);

    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual([read.value.nodes.length, read.value.unchecked], [1, []]);
    assert.equal(asked().length, questions);
  }
});

test('an API server that does not answer is given up after the first question, not after every list', async (context) => {
  const { kubernetes, faults, log } = await connect(context, denying());
  faults.add({ method: null, path: null, times: 1, mishap: { kind: 'delay', milliseconds: 500 } });
  const late = await kubernetes.readObjects(cluster);
  faults.add({ method: null, path: null, times: 2, mishap: { kind: 'cut', moment: 'before' } });
  const cut = await kubernetes.readObjects(cluster);

  assert.deepEqual([late.ok ? '' : late.failure.code, cut.ok ? '' : cut.failure.code], ['time-limit', 'no-connection']);
  assert.ok(log.entries.every(({ path }) => path === reviews) && log.entries.length <= 3, JSON.stringify(log.entries.map(({ path }) => path)));
  faults.add({ method: null, path: null, times: 1, mishap: { kind: 'cut', moment: 'before' } });
  assert.ok((await kubernetes.readObjects(cluster)).ok, 'a question may be repeated');
});
