import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keepFields } from '../../adapters/kept-fields.ts';
import { readSnapshotFolder } from '../../adapters/snapshot-folder.ts';
import { createSnapshotRecorder } from '../../adapters/snapshot-recorder.ts';
import { writeSnapshotFolder } from '../../adapters/snapshot-writer.ts';
import { isRecord, listAt, recordsAt, textAt } from '../../domain/json.ts';
import { sampleFacts, sampleSnapshot } from '../domain/cluster-samples.ts';

const call = (path: string) => ({ method: 'GET', path, contentType: null, body: null }) as const;
const page = (names: readonly string[], more: object = {}) => ({ status: 200, headers: {}, body: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: names.map((name) => ({ metadata: { name, namespace: 'a' }, ...more })) } });
const namesIn = (document: unknown): readonly (string | null)[] => recordsAt(document, 'items').map((item) => textAt(item, 'metadata', 'name'));

test('a list is what its last walk gave, in files of ten thousand objects, and half a list or a write is none', () => {
  const recorder = createSnapshotRecorder();
  recorder.onKubernetesAnswer(call('/api/v1/pods?limit=500'), page(['old']));
  recorder.onKubernetesAnswer(call('/api/v1/pods?limit=500&continue=x'), page(['old2']));
  recorder.onKubernetesAnswer(call('/api/v1/pods?limit=500&continue=y'), { status: 410, headers: {}, body: { kind: 'Status' } });
  const walk = Array.from({ length: 21 }, (_, index) => Array.from({ length: 500 }, (_, pod) => `p${index}-${pod}`));
  walk.forEach((names, index) => recorder.onKubernetesAnswer(call(`/api/v1/pods?limit=500${index === 0 ? '' : `&continue=${index}`}`), page(names)));
  recorder.onKubernetesAnswer(call('/api/v1/pods?limit=500&fieldSelector=status.phase%3DPending'), page(['some']));
  recorder.onKubernetesAnswer({ ...call('/api/v1/nodes'), method: 'PATCH' }, page(['written']));
  recorder.onKubernetesAnswer(call('/api/v1/services'), { status: 403, headers: {}, body: { kind: 'Status' } });

  const documents = recorder.documents(sampleSnapshot({}));
  assert.deepEqual([...documents.keys()].filter((name) => name.startsWith('kubernetes/')), ['kubernetes/pods.json', 'kubernetes/pods-2.json']);
  assert.deepEqual([...namesIn(documents.get('kubernetes/pods.json')), ...namesIn(documents.get('kubernetes/pods-2.json'))], walk.flat());
  assert.equal(namesIn(documents.get('kubernetes/pods-2.json')).length, 500);
});

test('a part of Azure that was not read whole leaves no file, and of the activity log only what is of the cluster is kept', () => {
  const recorder = createSnapshotRecorder();
  const base = 'https://management.azure.com/subscriptions/s';
  const snapshot = sampleSnapshot({ azureFacts: sampleFacts({ quota: null, whyUnread: { quota: 'the second page failed' } }) });
  const get = (path: string, value: unknown) => recorder.onArmAnswer({ method: 'GET', url: new URL(`${base}${path}?api-version=1`) }, { status: 200, headers: {}, body: { value } });
  const event = (resourceId: string) => ({ resourceId, caller: 'ann', claims: { ip: '10.0.0.1' }, authorization: {}, properties: { statusMessage: '{"error":{"code":"Conflict","message":"free text"}}', requestbody: 'secret' } });
  get('/providers/Microsoft.Compute/locations/l/usages', [{ name: { value: 'cores' }, currentValue: 1, limit: 2 }]);
  get('/providers/Microsoft.Insights/eventtypes/management/values', [event(`${snapshot.cluster.resourceId}/agentPools/usr`), event('/subscriptions/s/other')]);

  const documents = recorder.documents(snapshot);
  assert.ok(!documents.has('quota.json'));
  assert.deepEqual(documents.get('activity.json'), [{ caller: 'ann', resourceId: `${snapshot.cluster.resourceId}/agentPools/usr`, properties: { statusMessage: '{"error":{"code":"Conflict"}}' } }]);
  const manifest = documents.get('snapshot.json');
  assert.equal(textAt(manifest, 'whyUnread', 'quota'), 'the second page failed');
});

test('kinds that nobody judges are never kept, whatever they are called', () => {
  const recorder = createSnapshotRecorder();
  for (const [plural, kind] of [['secrets', 'SecretList'], ['configmaps', 'ConfigMapList'], ['events', 'EventList']] as const) {
    recorder.onKubernetesAnswer(call(`/api/v1/${plural}?limit=500`), { status: 200, headers: {}, body: { kind, items: [{ metadata: { name: 'x' }, data: { a: 'b' }, message: 'c' }] } });
  }
  const documents = recorder.documents(sampleSnapshot({}));
  for (const [name, document] of documents) if (name.startsWith('kubernetes/')) assert.deepEqual(listAt(document, 'items'), [], name);
});

test('only named members are kept: none of a text where an object was expected, all of a list, an empty object as a sign', () => {
  const kept = keepFields({ a: { b: 1, c: 2 }, d: [{ b: 1, c: 2 }, 'text', null], e: { secret: 1 }, f: 'text', g: 'text', __proto__: { b: 9 } }, { a: { b: 'all' }, d: { b: 'all' }, e: {}, f: { b: 'all' }, g: {}, h: 'all' });
  assert.ok(isRecord(kept));
  assert.deepEqual(kept, { a: { b: 1 }, d: [{ b: 1 }, undefined, null], e: {} });
});

test('a folder without Kubernetes lists is taken when Slackwater wrote it, for a cluster that was stopped, and lacks what it says', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'slackwater-stopped-')), 'snapshot');
  const recorder = createSnapshotRecorder();
  const id = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop';
  const body = { id, name: 'shop', location: 'westeurope', properties: { provisioningState: 'Succeeded', powerState: { code: 'Stopped' }, kubernetesVersion: '1.34.6', nodeResourceGroup: 'mc_shop', agentPoolProfiles: [] } };
  recorder.onArmAnswer({ method: 'GET', url: new URL(`https://management.azure.com${id}?api-version=1`) }, { status: 200, headers: {}, body });
  const unchecked = [{ what: 'everything in the cluster', why: 'It is stopped.' }];
  const documents = recorder.documents(sampleSnapshot({ unchecked, takenAt: Date.parse('2026-11-21T21:00Z') }));

  assert.ok((await writeSnapshotFolder(folder, documents, 'refuse')).ok);
  const read = await readSnapshotFolder(folder);
  assert.ok(read.ok);
  assert.deepEqual([read.value.takenAt, read.value.cluster.powerState, read.value.unchecked], [Date.parse('2026-11-21T21:00Z'), 'Stopped', unchecked]);
});
