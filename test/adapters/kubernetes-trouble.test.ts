import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../domain/failure.ts';
import { cluster, connectToSmallKubernetes, createSmallKubernetes, list, pod, status } from './small-kubernetes.ts';

function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.failure.message);
  return outcome.value;
}

const attachment = (name: string, volume: string | null, node: string, more: object = {}) => ({
  metadata: { name, uid: name, creationTimestamp: '2026-11-07T20:00:00Z', ...more },
  spec: { attacher: 'disk.csi.azure.com', nodeName: node, source: volume === null ? { inlineVolumeSpec: {} } : { persistentVolumeName: volume } },
  status: { attached: true },
});

test('pending pods are selected by the API server, in all namespaces', async (context) => {
  const { kubernetes, log } = await connectToSmallKubernetes(context, createSmallKubernetes({ '/api/v1/pods': [pod('web-1')] }));

  const pods = valueOf(await kubernetes.readPendingPods(cluster));

  assert.deepEqual(pods.map(({ name }) => name), ['web-1']);
  assert.deepEqual(log.entries.map(({ method, path, query }) => [method, path, query['fieldSelector']]), [['GET', '/api/v1/pods', 'status.phase=Pending']]);
});

test('events are asked for by the uid of each pod in its namespace, of at most twenty, and come oldest first', async (context) => {
  const event = (name: string, lastTimestamp: string) => ({
    metadata: { namespace: 'shop', name, uid: name, creationTimestamp: lastTimestamp },
    reason: name, message: 'm', type: 'Warning', involvedObject: { kind: 'Pod', name: 'web-1' }, source: { component: 'kubelet' }, firstTimestamp: lastTimestamp, lastTimestamp, count: 1,
  });
  const simulated = createSmallKubernetes({}, ({ path, query }) => {
    if (path !== '/api/v1/namespaces/shop/events') return null;
    const minute = String(query['fieldSelector']).endsWith('u0') ? '09' : '02';
    return list(path, [event(`at-${minute}`, `2026-11-07T21:${minute}:00Z`)]);
  });
  const { kubernetes, log } = await connectToSmallKubernetes(context, simulated);

  const events = valueOf(await kubernetes.readEventsAbout(cluster, ['u0', 'u1'].map((uid) => ({ namespace: 'shop', uid }))));
  await kubernetes.readEventsAbout(cluster, Array.from({ length: 50 }, (_, index) => ({ namespace: 'shop', uid: `v${index}` })));

  assert.deepEqual(events.map(({ reason }) => reason), ['at-02', 'at-09']);
  assert.deepEqual(log.entries.slice(0, 2).map(({ query }) => query['fieldSelector']).sort(), ['involvedObject.uid=u0', 'involvedObject.uid=u1']);
  assert.equal(log.entries.length, 22);
});

test('volume attachments say which disk is at which node, and since when it is to leave', async (context) => {
  const items = [attachment('a', 'pvc-1', 'n1'), attachment('b', 'pvc-2', 'n2', { deletionTimestamp: '2026-11-07T20:30:00Z' }), attachment('c', null, 'n3')];
  const { kubernetes, log } = await connectToSmallKubernetes(context, createSmallKubernetes({ '/apis/storage.k8s.io/v1/volumeattachments': items }));

  const attachments = valueOf(await kubernetes.readVolumeAttachments(cluster));

  assert.deepEqual(attachments.map(({ volume, node, isAttached, deletionTimestamp }) => [volume, node, isAttached, deletionTimestamp]), [
    ['pvc-1', 'n1', true, null],
    ['pvc-2', 'n2', true, Date.parse('2026-11-07T20:30:00Z')],
  ]);
  assert.equal(log.entries[0]?.path, '/apis/storage.k8s.io/v1/volumeattachments');
});

test('a right that is missing is a failure, which the caller may bear', async (context) => {
  const simulated = createSmallKubernetes({}, ({ path }) => (path.includes('volumeattachments') || path.includes('events') ? status(403, 'Forbidden', 'cannot list') : null));
  const { kubernetes } = await connectToSmallKubernetes(context, simulated);

  for (const outcome of [await kubernetes.readVolumeAttachments(cluster), await kubernetes.readEventsAbout(cluster, [{ namespace: 'shop', uid: 'u' }])]) {
    assert.equal(outcome.ok ? '' : outcome.failure.code, 'Forbidden');
  }
});
