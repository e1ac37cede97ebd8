import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHealth } from '../../activities/check-health.ts';
import type { KubernetesPort, Ports, ServiceAnswer } from '../../activities/ports.ts';
import type { AddonState } from '../../domain/cluster-health.ts';
import type { Outcome } from '../../domain/failure.ts';
import type { KubernetesEvent } from '../../domain/kubernetes-event.ts';
import type { VerifyPolicy } from '../../domain/maintenance-policy.ts';
import { MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import { cluster } from '../adapters/small-kubernetes.ts';
import { sampleNode } from '../domain/cluster-samples.ts';
import { emptyWorld, failureOf, recordingPorts } from './recording-ports.ts';

const start = 1_000 * MINUTE_MS;
const good = <T>(value: T): Promise<Outcome<T>> => Promise.resolve({ ok: true, value });
const bad = (failureClass: 'transient' | 'terminal'): Promise<Outcome<never>> => Promise.resolve({ ok: false, failure: failureOf(failureClass, `${failureClass}-failure`) });
const coredns: AddonState = { ready: 2, wanted: 2, image: 'coredns:1', change: null };
const probe = (name: string, tries: number) => ({ name, service: `shop/${name}:80`, path: '/', tries, failuresAllowedPercent: 10 });
const timeout = (name: string): KubernetesEvent => ({ reason: 'FailedCreate', message: `failed calling webhook "${name}": context deadline exceeded`, type: 'Warning', involvedKind: 'Job', involvedName: 'j', source: '', firstSeen: start, lastSeen: start, count: 1 });

/** Ports over a healthy cluster, but for what is changed; every call of Kubernetes is noted. */
function portsWith(change: Partial<KubernetesPort>) {
  const world = emptyWorld(start);
  const calls: string[] = [];
  const base = recordingPorts(world);
  const healthy: Partial<KubernetesPort> = {
    readDeployment: () => good(coredns),
    readCreateFailures: () => good([]),
    readNodes: () => good([]),
    probeService: () => good<ServiceAnswer>({ status: 200, message: '' }),
    ...change,
  };
  const kubernetes = new Proxy({ ...base.kubernetes, ...healthy }, {
    get(target, name, receiver) {
      calls.push(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  const ports: Ports = { ...base, aks: { ...base.aks, readCluster: () => good({ cluster, nodePools: [] }) }, kubernetes };
  const look = (verify: VerifyPolicy | null, refusals: readonly string[] = []) => checkHealth(ports, { clusterResourceId: cluster.resourceId, verify, refusals });
  return { world, calls, look };
}

test('a healthy cluster without a policy that verifies costs two reads of Kubernetes', async () => {
  const { calls, look } = portsWith({});
  const seen = await look(null);
  assert.ok(seen.ok);
  assert.deepEqual(calls, ['readDeployment', 'readCreateFailures']);
  assert.deepEqual([seen.value.probes, seen.value.notReady, seen.value.path.state], [[], [], 'works']);
});

test('probes are tried side by side, each as often as it says', async () => {
  const asked: string[] = [];
  const { look } = portsWith({
    probeService: (_cluster, { service }) => {
      asked.push(service);
      return good<ServiceAnswer>(service.includes('dns') && asked.length > 4 ? { status: 500, message: 'SERVFAIL' } : { status: 200, message: '' });
    },
    readSettingsChange: () => good(null),
  });
  const seen = await look({ settleMinutes: 0, probes: [probe('dns', 4), probe('api', 2)] });
  assert.deepEqual(asked, ['shop/dns:80', 'shop/api:80', 'shop/dns:80', 'shop/api:80', 'shop/dns:80', 'shop/dns:80']);
  assert.deepEqual(seen.ok && seen.value.probes, [
    { name: 'dns', tries: 4, failures: 2, lastFailure: '500 SERVFAIL' },
    { name: 'api', tries: 2, failures: 0, lastFailure: '' },
  ]);
});

test('probes that hang end with the time of an activity, judged by the tries that were made', async () => {
  const { world, look } = portsWith({
    probeService: () => {
      world.now += 5 * SECOND_MS;
      return good<ServiceAnswer>({ status: 0, message: 'No whole answer within 5 s.' });
    },
    readSettingsChange: () => good(null),
    tryLog: () => good(null),
  });
  const seen = await look({ settleMinutes: 0, probes: [probe('dns', 50)] });
  assert.deepEqual(seen.ok && seen.value.probes, [{ name: 'dns', tries: 6, failures: 6, lastFailure: 'No whole answer within 5 s.' }]);
});

test('agents and a log are looked at only where two webhooks time out or a probe broke on its way', async () => {
  const further = { readDeployment: () => good({ ...coredns, ready: 0 }), tryLog: () => good<ServiceAnswer>({ status: 500, message: 'dial tcp 10.0.0.4:10250: i/o timeout' }), readSettingsChange: () => good(null) };
  const one = portsWith({ ...further, readCreateFailures: () => good([timeout('policy')]) });
  assert.equal((await one.look(null)).ok, true);
  assert.ok(!one.calls.includes('tryLog'));
  const two = portsWith({ ...further, readCreateFailures: () => good([timeout('policy')]) });
  const seen = await two.look(null, ['failed calling webhook "vpa": context deadline exceeded']);
  assert.deepEqual(seen.ok && seen.value.path, { state: 'broken', webhooks: ['policy', 'vpa'], callFailure: '500 dial tcp 10.0.0.4:10250: i/o timeout', agents: { ready: 0, wanted: 2 } });
});

test('nodes that are new, cordoned or Ready are no sign; the others are', async () => {
  const old = { createdAt: start - 60 * MINUTE_MS };
  const nodes = [sampleNode('usr-b', { ...old, isReady: false }), sampleNode('usr-a', { ...old, isReady: false }), sampleNode('usr-c', old), sampleNode('usr-d', { ...old, isReady: false, isCordoned: true }), sampleNode('usr-e', { createdAt: start - 9 * MINUTE_MS, isReady: false })];
  const { look } = portsWith({ readNodes: () => good(nodes) });
  const seen = await look({ settleMinutes: 0, probes: [] });
  assert.deepEqual(seen.ok && seen.value.notReady, ['usr-a', 'usr-b']);
});

test('a part that may not be read is left out; one that cannot be read now makes the look a failure', async () => {
  const forbidden = await portsWith({ readDeployment: () => bad('terminal'), readCreateFailures: () => bad('terminal') }).look(null);
  assert.deepEqual(forbidden.ok && [forbidden.value.dns, forbidden.value.path.state], [null, 'works']);
  for (const change of [{ readDeployment: () => bad('transient') }, { readCreateFailures: () => bad('transient') }, { readNodes: () => bad('transient') }, { probeService: () => bad('transient') }]) {
    const seen = await portsWith(change).look({ settleMinutes: 0, probes: [probe('dns', 1)] });
    assert.ok(!seen.ok, JSON.stringify(Object.keys(change)));
  }
});
