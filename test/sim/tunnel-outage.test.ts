import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordsAt, textAt, valueAt } from '../../domain/json.ts';
import type { Perturbation } from '../../sim/perturbation.ts';
import { at, send, smallWorld } from './small-cluster.ts';

const service = (name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name, uid: name, resourceVersion: '5' }, spec });
const proxy = (name: string): string => `/api/v1/namespaces/shop/services/${name}:8080/proxy/healthz`;
const world = () => smallWorld({ items: [service('open', { ports: [{ port: 8080 }] }), service('cart', { selector: { app: 'cart' } }), service('empty', { selector: { app: 'nobody' } })] });

test('the proxy of a service answers for its ready pods, and says what is missing otherwise', () => {
  const small = world();
  const statuses = ['open', 'cart', 'empty', 'gone'].map((name) => send(small.kubernetes, 0, 'GET', proxy(name)).status);
  assert.deepEqual(statuses, [200, 200, 503, 404]);
  assert.match(textAt(send(small.kubernetes, 0, 'GET', proxy('empty')).body, 'message') ?? '', /no endpoints available for service "empty"/);
});

test('of ten requests exactly the scripted share fails, again and again', () => {
  const small = world();
  small.perturb(at(0), { kind: 'service-fails', namespace: 'shop', name: 'open', ratio: 0.4 });
  const failed = (): number => Array.from({ length: 10 }, () => send(small.kubernetes, 1, 'GET', proxy('open')).status).filter((status) => status >= 400).length;
  assert.deepEqual([failed(), failed(), failed()], [4, 4, 4]);
  small.perturb(at(2), { kind: 'service-fails', namespace: 'shop', name: 'open', ratio: 0 });
  assert.equal(failed(), 0);
});

test('a broken tunnel fails proxies and logs with the same error, and both work again when it is mended', () => {
  const small = world();
  const log = '/api/v1/namespaces/shop/pods/cart-5d-0/log?tailLines=1';
  assert.equal(send(small.kubernetes, 0, 'GET', log).status, 200);
  small.perturb(at(0), { kind: 'tunnel-fails', error: 'dial tcp :10250 i/o timeout' });
  const [proxied, logged] = [send(small.kubernetes, 1, 'GET', proxy('open')), send(small.kubernetes, 1, 'GET', log)];
  assert.deepEqual([proxied.status, logged.status], [503, 500]);
  assert.match(textAt(proxied.body, 'message') ?? '', /error trying to reach service: dial tcp :10250 i\/o timeout/);
  assert.match(textAt(logged.body, 'message') ?? '', /containerLogs.*dial tcp :10250 i\/o timeout/);
  small.perturb(at(2), { kind: 'tunnel-fails', error: null });
  assert.equal(send(small.kubernetes, 2, 'GET', proxy('open')).status, 200);
});

test('webhooks that time out refuse evictions by name, keep replacements from being made and are told in events; mended, all goes on', () => {
  const small = world();
  const outage = (names: readonly string[], ratio: number): Perturbation => ({ kind: 'webhooks-time-out', names, ratio });
  small.perturb(at(0), outage(['policy.shop', 'cert-manager', 'vpa'], 1));
  const refused = send(small.kubernetes, 1, 'POST', '/api/v1/namespaces/shop/pods/cart-5d-0/eviction?dryRun=All');
  assert.equal(refused.status, 500);
  assert.match(textAt(refused.body, 'message') ?? '', /failed calling webhook "[^"]+": failed to call webhook: Post "https:\/\/[^"]+": context deadline exceeded/);
  small.perturb(at(2), { kind: 'delete-pod', namespace: 'shop', name: 'cart-5d-0', by: 'somebody' });
  small.advance(at(8));
  assert.equal(recordsAt(send(small.kubernetes, 8, 'GET', '/api/v1/namespaces/shop/pods').body, 'items').length, 2);
  const events = recordsAt(send(small.kubernetes, 8, 'GET', '/api/v1/events?fieldSelector=reason=FailedCreate').body, 'items');
  const named = new Set(events.map((event) => /webhook "([^"]+)"/.exec(textAt(event, 'message') ?? '')?.[1]));
  assert.deepEqual([...named].sort(), ['cert-manager', 'policy.shop', 'vpa']);
  assert.ok(events.some((event) => valueAt(event, 'involvedObject', 'kind') === 'ReplicaSet'));
  small.perturb(at(9), outage([], 0));
  small.advance(at(15));
  assert.equal(recordsAt(send(small.kubernetes, 15, 'GET', '/api/v1/namespaces/shop/pods').body, 'items').length, 3);
});

test('an add-on gets a newer image with the time of the change; metadata alone is given without the rest', () => {
  const addon = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'kube-system', name: 'coredns', uid: 'coredns', resourceVersion: '5', generation: 1 }, spec: { replicas: 0, template: { spec: { containers: [{ name: 'coredns', image: 'registry.example/coredns:1' }] } } }, status: {} };
  const small = smallWorld({ items: [addon] });
  small.perturb(at(14), { kind: 'upgrade-addon', name: 'coredns' });
  const read = send(small.kubernetes, 15, 'GET', '/apis/apps/v1/namespaces/kube-system/deployments/coredns').body;
  assert.equal(textAt(recordsAt(read, 'spec', 'template', 'spec', 'containers')[0], 'image'), 'registry.example/coredns:2');
  assert.equal(textAt(recordsAt(read, 'metadata', 'managedFields')[0], 'time'), new Date(at(14)).toISOString().replace('.000', ''));
  const headers = { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' };
  const bare = small.kubernetes.apply(at(15), { method: 'GET', path: '/apis/apps/v1/namespaces/kube-system/deployments/coredns', query: {}, headers, body: null }).response.body;
  assert.deepEqual([textAt(bare, 'kind'), valueAt(bare, 'spec')], ['PartialObjectMetadata', undefined]);
});

test('a webhook the cluster has a configuration of fails only what its rules name, and nothing where its failure is ignored', () => {
  const configuration = (name: string, resources: readonly string[], failurePolicy: string) => ({ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name, uid: name, resourceVersion: '5' }, webhooks: [{ name, failurePolicy, rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources }] }] });
  const evict = (items: readonly unknown[]): number => {
    const small = smallWorld({ items });
    small.perturb(at(0), { kind: 'webhooks-time-out', names: ['one'], ratio: 1 });
    return send(small.kubernetes, 1, 'POST', '/api/v1/namespaces/shop/pods/cart-5d-0/eviction?dryRun=All').status;
  };
  assert.equal(evict([configuration('one', ['pods'], 'Fail')]), 201);
  assert.equal(evict([configuration('one', ['pods', 'pods/eviction'], 'Fail')]), 500);
  assert.equal(evict([configuration('one', ['*/*'], 'Fail')]), 500);
  assert.equal(evict([configuration('one', ['*/*'], 'Ignore')]), 201);
  assert.equal(evict([]), 500);
});
