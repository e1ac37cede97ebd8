import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import type { Simulated, WireResponse } from '../../sim/wire.ts';
import { sharedMaterial } from '../shared-material.ts';
import { cluster, connectToSmallKubernetes, createSmallKubernetes, status } from './small-kubernetes.ts';

const recordings = sharedMaterial('recordings/kubernetes/');
const { skip } = recordings;

function readRecords(file: string): readonly JsonRecord[] {
  return recordsAt({ records: recordings.readJson(file) }, 'records');
}

function responseOf(record: JsonRecord): WireResponse {
  const headers = Object.entries(recordAt(record, 'headers')).filter(([name]) => ['retry-after', 'content-type'].includes(name));
  return {
    status: Number(record['status']),
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: record['body'] ?? null,
  };
}

function replay(response: WireResponse): Simulated {
  return createSmallKubernetes({}, ({ method }) => (method === 'POST' ? response : null));
}

test('each of 180 recorded dry-run evictions comes back with its status, its cause and its Retry-After', { skip }, async (context) => {
  let current: WireResponse = status(500, '', '');
  const simulated = createSmallKubernetes({}, () => current);
  const { kubernetes } = await connectToSmallKubernetes(context, simulated);
  const counts: Record<string, number> = {};
  for (const record of readRecords('evictions-dryrun.json')) {
    current = responseOf(record);

    const answer = await kubernetes.tryEviction(cluster, { namespace: 'any', name: 'any' });

    assert.ok(answer.ok);
    const { message, retryAfterSeconds } = answer.value;
    assert.equal(answer.value.status, current.status);
    const body = isRecord(current.body) ? current.body : {};
    const cause = textAt(recordsAt(recordAt(body, 'details'), 'causes')[0] ?? {}, 'message');
    assert.equal(message, current.status === 201 ? '' : (cause ?? textAt(body, 'message')));
    const label = `${current.status} ${retryAfterSeconds ?? ''}`.trim();
    counts[label] = (counts[label] ?? 0) + 1;
  }
  assert.deepEqual(counts, { 201: 126, 429: 36, '429 10': 13, 500: 5 });
});

test('an overloaded server, a missing right and a bad token are failures of the call, not answers about the pod', { skip }, async (context) => {
  const expected: readonly (readonly [string, string, string])[] = [
    ['429 from API priority and fairness', 'http-429', 'transient'],
    ['viewer (no create on pods/eviction)', 'Forbidden', 'terminal'],
    ['bad token', 'Unauthorized', 'terminal'],
    ['anonymous', 'Forbidden', 'terminal'],
  ];
  const records = [...readRecords('evictions-variants.json'), ...readRecords('evictions-variants2.json')];
  for (const [label, code, failureClass] of expected) {
    const record = records.find((one) => (textAt(one, 'label') ?? '').startsWith(label));
    assert.ok(record !== undefined, label);
    const { kubernetes } = await connectToSmallKubernetes(context, replay(responseOf(record)));

    const answer = await kubernetes.tryEviction(cluster, { namespace: 'shop', name: 'images' });

    assert.ok(!answer.ok, label);
    assert.deepEqual([answer.failure.code, answer.failure.class], [code, failureClass]);
  }
});

test('a terminating namespace, an admission policy and a dead webhook are answers about the pod', async (context) => {
  const cases = [
    status(403, 'Forbidden', 'forbidden', [{ reason: 'NamespaceTerminating', message: 'namespace shop is being terminated' }]),
    status(422, 'Invalid', 'pods "x" is forbidden: ValidatingAdmissionPolicy keep with binding keep denied request'),
    status(500, 'InternalError', 'Internal error occurred: failed calling webhook "w"'),
    status(403, 'Forbidden', 'admission webhook "w" denied the request'),
  ];
  for (const response of cases) {
    const { kubernetes } = await connectToSmallKubernetes(context, replay(response));

    const answer = await kubernetes.tryEviction(cluster, { namespace: 'shop', name: 'x' });

    assert.ok(answer.ok);
    assert.equal(answer.value.status, response.status);
    assert.notEqual(answer.value.message, '');
  }
});

test('the recorded lists of a real server are read whole', { skip }, async (context) => {
  const files: Readonly<Record<string, string>> = {
    '/api/v1/nodes': 'list-nodes.json',
    '/api/v1/pods': 'list-pods.json',
    '/apis/policy/v1/poddisruptionbudgets': 'list-poddisruptionbudgets.json',
    '/apis/apps/v1/deployments': 'list-deployments.json',
    '/apis/apps/v1/replicasets': 'list-replicasets.json',
    '/apis/apps/v1/statefulsets': 'list-statefulsets.json',
    '/apis/apps/v1/daemonsets': 'list-daemonsets.json',
    '/apis/batch/v1/jobs': 'list-jobs.json',
    '/api/v1/replicationcontrollers': 'list-replicationcontrollers.json',
  };
  const simulated = createSmallKubernetes({}, ({ path }) => {
    const file = files[path];
    if (file === undefined) return null;
    const record = recordings.readJson(file);
    return isRecord(record) ? responseOf(record) : null;
  });
  const { kubernetes } = await connectToSmallKubernetes(context, simulated);

  const objects = await kubernetes.readObjects(cluster);

  assert.ok(objects.ok, objects.ok ? '' : objects.failure.message);
  const { nodes, pods, disruptionBudgets, workloads } = objects.value;
  assert.deepEqual([nodes.length, pods.length, disruptionBudgets.length], [11, 180, 42]);
  assert.ok(workloads.length > 40);
});
