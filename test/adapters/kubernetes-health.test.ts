import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WireRequest, WireResponse } from '../../sim/wire.ts';
import { cluster, connectToSmallKubernetes, createSmallKubernetes, list, pod, status } from './small-kubernetes.ts';

const plain = (code: number, body: string): WireResponse => ({ status: code, headers: { 'content-type': 'text/plain' }, body });
const object = (body: unknown): WireResponse => ({ status: 200, headers: {}, body });

test('a probe is one GET through the service proxy, and whatever the service answers is a value', async (context) => {
  const answers = [plain(200, 'ok'), plain(302, ''), plain(500, 'SERVFAIL'), status(503, 'ServiceUnavailable', 'no endpoints available for service "web"'), status(403, 'Forbidden', 'services "web" is forbidden'), status(404, 'NotFound', 'services "web" not found')];
  const seen: WireRequest[] = [];
  const small = createSmallKubernetes({}, (request) => {
    seen.push(request);
    return answers.shift() ?? null;
  });
  const { kubernetes } = await connectToSmallKubernetes(context, small);
  const got = [];
  for (let tries = 6; tries > 0; tries -= 1) got.push(await kubernetes.probeService(cluster, { service: 'https:shop/web:8443', path: '/ready?full=1' }));

  assert.deepEqual(got.map((each) => each.ok && each.value.status), [200, 302, 500, 503, 403, 404]);
  assert.deepEqual(got[2], { ok: true, value: { status: 500, message: 'SERVFAIL' } });
  assert.equal(got[3]?.ok === true && got[3].value.message, 'no endpoints available for service "web"');
  assert.deepEqual([seen[0]?.method, seen[0]?.path, seen[0]?.query], ['GET', '/api/v1/namespaces/shop/services/https:web:8443/proxy/ready', { full: '1' }]);
});

test('a probe without an answer in time is a failed try; a server that cannot be reached is a failure', async (context) => {
  const { kubernetes, faults } = await connectToSmallKubernetes(context, createSmallKubernetes({}, () => plain(200, 'ok')), 80);
  faults.add({ method: null, path: null, times: 1, mishap: { kind: 'delay', milliseconds: 250 } });
  const late = await kubernetes.probeService(cluster, { service: 'shop/web:80', path: '/' });
  assert.equal(late.ok && late.value.status, 0);
  faults.add({ method: null, path: null, times: 2, mishap: { kind: 'cut', moment: 'before' } });
  const cut = await kubernetes.probeService(cluster, { service: 'shop/web:80', path: '/' });
  assert.equal(!cut.ok && cut.failure.code, 'no-connection');
});

test('a Deployment tells its readiness, image and last writer; what controllers write into its status is no change', async (context) => {
  const managedFields = [
    { manager: 'kube-controller-manager', operation: 'Update', subresource: 'status', time: '2026-11-07T20:59:00Z' },
    { manager: 'addon-manager', operation: 'Apply', time: '2026-11-07T20:14:00Z' },
    { manager: 'kubectl', operation: 'Update', time: '2026-11-01T00:00:00Z' },
  ];
  const coredns = { metadata: { name: 'coredns', namespace: 'kube-system', resourceVersion: '12', managedFields }, spec: { replicas: 2, template: { spec: { containers: [{ image: 'coredns:v1.12' }] } } }, status: { readyReplicas: 1 } };
  const small = createSmallKubernetes({}, ({ path }) => (path.endsWith('/coredns') ? object(coredns) : null));
  const { kubernetes } = await connectToSmallKubernetes(context, small);

  assert.deepEqual(await kubernetes.readDeployment(cluster, { namespace: 'kube-system', name: 'coredns' }), {
    ok: true,
    value: { wanted: 2, ready: 1, image: 'coredns:v1.12', change: { object: 'Deployment kube-system/coredns', resourceVersion: '12', at: Date.parse('2026-11-07T20:14:00Z'), by: 'addon-manager' } },
  });
  assert.deepEqual(await kubernetes.readDeployment(cluster, { namespace: 'kube-system', name: 'other' }), { ok: true, value: null });
});

test('of settings only the metadata is asked for', async (context) => {
  const asked: (string | undefined)[] = [];
  const small = createSmallKubernetes({}, ({ headers }) => {
    asked.push(headers['accept']);
    return object({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'coredns-custom', resourceVersion: '77', creationTimestamp: '2026-11-01T00:00:00Z' } });
  });
  const { kubernetes } = await connectToSmallKubernetes(context, small);
  const got = await kubernetes.readSettingsChange(cluster, { namespace: 'kube-system', name: 'coredns-custom' });

  assert.deepEqual(got.ok && got.value, { object: 'ConfigMap kube-system/coredns-custom', resourceVersion: '77', at: Date.parse('2026-11-01T00:00:00Z'), by: '' });
  assert.deepEqual(asked, ['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1']);
});

test('failures to create are asked for by their reason, one page of them', async (context) => {
  const event = { metadata: { namespace: 'shop', name: 'e', creationTimestamp: '2026-11-07T20:50:00Z' }, involvedObject: { kind: 'ReplicaSet', name: 'web' }, reason: 'FailedCreate', message: 'failed calling webhook "x"', lastTimestamp: '2026-11-07T20:59:00Z', count: 3 };
  const queries: Readonly<Record<string, string>>[] = [];
  const small = createSmallKubernetes({}, ({ path, query }) => {
    queries.push(query);
    return list(path, [event], 'more');
  });
  const { kubernetes } = await connectToSmallKubernetes(context, small);
  const got = await kubernetes.readCreateFailures(cluster);

  assert.deepEqual(got.ok && got.value.map(({ message, count }) => [message, count]), [['failed calling webhook "x"', 3]]);
  assert.deepEqual(queries, [{ fieldSelector: 'reason=FailedCreate', limit: '500' }]);
});

test('a log is tried by one byte of one running pod; where none runs nothing is known', async (context) => {
  const paths: string[] = [];
  const failed = status(500, 'InternalError', 'Get "https://n1:10250/containerLogs/kube-system/dns-1/main": dial tcp 10.0.0.4:10250: i/o timeout');
  const small = createSmallKubernetes({ '/api/v1/namespaces/kube-system/pods': [pod('dns-1')] }, ({ path, query }) => {
    paths.push(`${path} ${JSON.stringify(query)}`);
    return path.endsWith('/log') ? failed : null;
  });
  const { kubernetes } = await connectToSmallKubernetes(context, small);
  const got = await kubernetes.tryLog(cluster, 'kube-system');

  assert.equal(got.ok && got.value?.status, 500);
  assert.match((got.ok && got.value?.message) || '', /dial tcp 10\.0\.0\.4:10250: i\/o timeout/);
  assert.deepEqual(paths, ['/api/v1/namespaces/kube-system/pods {"fieldSelector":"status.phase=Running","limit":"1"}', '/api/v1/namespaces/kube-system/pods/dns-1/log {"tailLines":"1","limitBytes":"1","container":"main"}']);
  assert.deepEqual(await kubernetes.tryLog(cluster, 'empty'), { ok: true, value: null });
});
