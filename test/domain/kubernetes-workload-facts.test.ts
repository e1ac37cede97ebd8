import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../domain/cluster-snapshot.ts';
import { readKubernetesItems } from '../../domain/kubernetes-object.ts';
import { allowsPod, anywhere, neededLabels } from '../../domain/pod-scheduling.ts';
import { at, sampleNode } from './cluster-samples.ts';

function read(...items: readonly unknown[]) {
  const parts = readKubernetesItems(items);
  assert.ok(parts.ok, JSON.stringify(parts));
  return parts.value;
}

function readPod(spec: unknown, status: unknown = {}): Pod {
  const [pod] = read({ kind: 'Pod', metadata: { name: 'db-0', namespace: 'db' }, spec, status }).pods;
  assert.ok(pod !== undefined);
  return pod;
}

const named = (name: string, owner?: string) => ({
  metadata: { name, namespace: 'db', uid: `u-${name}`, ...(owner === undefined ? {} : { ownerReferences: [{ kind: owner, name: 'o', uid: 'u-o', controller: true }] }) },
});

test('facts about workloads are read from their own kinds', () => {
  const zonal = { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'topology.disk.csi.azure.com/zone', operator: 'In', values: ['westeurope-2'] }] }, { matchExpressions: [{ key: 'topology.disk.csi.azure.com/zone', operator: 'In', values: [''] }] }] } };
  const onHost = { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['nvme-0'] }] }] } };
  const { workloadFacts, workloads } = read(
    { kind: 'HorizontalPodAutoscaler', ...named('api'), spec: { scaleTargetRef: { kind: 'Deployment', name: 'api' }, maxReplicas: 9 } },
    { kind: 'Job', ...named('nightly', 'CronJob'), spec: { activeDeadlineSeconds: 600 }, status: { startTime: '2026-11-21T01:00:00Z' } },
    { kind: 'Service', ...named('gw'), spec: { type: 'LoadBalancer', selector: { app: 'gw' } } },
    { kind: 'PersistentVolumeClaim', ...named('data-db-0'), spec: { volumeName: 'pv-1' } },
    { kind: 'PersistentVolumeClaim', ...named('scratch', 'Pod'), spec: {} },
    { kind: 'PersistentVolume', ...named('pv-1'), spec: { nodeAffinity: zonal } },
    { kind: 'PersistentVolume', ...named('pv-2'), spec: { nodeAffinity: onHost } },
    { kind: 'PersistentVolume', ...named('pv-3'), spec: { local: { path: '/mnt' } } },
    { kind: 'NodePool', apiVersion: 'karpenter.sh/v1', ...named('default'), spec: { disruption: { budgets: [{ nodes: '0', schedule: '0 8 * * *', duration: '8h' }] } } },
    { kind: 'NodePool', apiVersion: 'example.com/v1', ...named('other') },
  );

  assert.deepEqual(workloadFacts, {
    autoscalers: [{ namespace: 'db', name: 'api', targetKind: 'Deployment', targetName: 'api', minReplicas: 1, maxReplicas: 9 }],
    jobs: [{ namespace: 'db', name: 'nightly', uid: 'u-nightly', scheduleUid: 'u-o', startedAt: at('2026-11-21T01:00:00Z'), completedAt: null, activeDeadlineSeconds: 600, backoffLimit: 6 }],
    services: [{ namespace: 'db', name: 'gw', type: 'LoadBalancer', externalTrafficPolicy: 'Cluster', selector: { app: 'gw' } }],
    volumeClaims: [
      { namespace: 'db', name: 'data-db-0', volumeName: 'pv-1', isEphemeral: false },
      { namespace: 'db', name: 'scratch', volumeName: '', isEphemeral: true },
    ],
    volumes: [
      { name: 'pv-1', isNodeLocal: false, zones: ['westeurope-2'] },
      { name: 'pv-2', isNodeLocal: true, zones: [] },
      { name: 'pv-3', isNodeLocal: true, zones: [] },
    ],
    provisionedPools: [{ name: 'default', budgets: [{ nodes: '0', schedule: '0 8 * * *', duration: '8h', reasons: [] }] }],
  });
  assert.deepEqual(workloads.map(({ kind }) => kind), ['Job']);
});

test('a pod tells the claims it uses, those of generic ephemeral volumes too', () => {
  const pod = readPod({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }, { name: 'scratch', ephemeral: {} }, { name: 'tmp', emptyDir: {} }] });
  assert.deepEqual(pod.volumeClaims, ['data-db-0', 'db-0-scratch']);
});

test('how long a pod takes to start is what was seen, at least what its probes declare, else unknown', () => {
  const ready = (startTime: string, restartCount = 0) => ({
    startTime,
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-21T01:20:00Z' }],
    containerStatuses: [{ restartCount }],
  });
  const probed = { containers: [{ readinessProbe: { initialDelaySeconds: 45 } }, { readinessProbe: { initialDelaySeconds: 90 } }] };
  assert.equal(readPod({}, ready('2026-11-21T01:00:00Z')).startSeconds, 1_200);
  assert.equal(readPod({}, ready('2026-11-21T01:00:00Z', 3)).startSeconds, null);
  assert.equal(readPod(probed, ready('2026-11-19T01:00:00Z')).startSeconds, 90);
  assert.equal(readPod(probed, ready('2026-11-21T01:20:00Z')).startSeconds, 90);
  assert.equal(readPod({}, {}).startSeconds, null);
});

test('a pod that asks for nothing shares one object, and the usual tolerations are no wish', () => {
  assert.equal(readPod({ tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }] }).scheduling, anywhere);
});

test('labels, fields and taints decide where a pod may run', () => {
  const requirement = (key: string, operator: string, values?: readonly string[]) => ({ key, operator, ...(values === undefined ? {} : { values }) });
  const affinity = (...terms: readonly unknown[]) => ({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } });
  const byLabel = (...requirements: readonly unknown[]) => affinity({ matchExpressions: requirements });
  const plain = sampleNode('usr-1', { labels: { disk: 'fast', cores: '8' } });
  const tainted = sampleNode('usr-1', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] });
  const preferred = sampleNode('usr-1', { taints: [{ key: 'gpu', value: 'yes', effect: 'PreferNoSchedule' }] });
  const cordoned = sampleNode('usr-1', { taints: [{ key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' }] });
  const tolerating = (toleration: unknown) => ({ tolerations: [toleration] });
  const table: readonly (readonly [string, unknown, typeof plain, boolean])[] = [
    ['nothing asked', {}, plain, true],
    ['selector met', { nodeSelector: { disk: 'fast' } }, plain, true],
    ['selector not met', { nodeSelector: { disk: 'slow' } }, plain, false],
    ['In', byLabel(requirement('disk', 'In', ['slow', 'fast'])), plain, true],
    ['NotIn', byLabel(requirement('disk', 'NotIn', ['fast'])), plain, false],
    ['Exists', byLabel(requirement('gpu', 'Exists')), plain, false],
    ['DoesNotExist', byLabel(requirement('gpu', 'DoesNotExist')), plain, true],
    ['Gt', byLabel(requirement('cores', 'Gt', ['4'])), plain, true],
    ['Lt', byLabel(requirement('cores', 'Lt', ['4'])), plain, false],
    ['an unknown operator', byLabel(requirement('cores', 'Near', ['8'])), plain, false],
    ['one of two terms', affinity({ matchExpressions: [requirement('gpu', 'Exists')] }, { matchExpressions: [requirement('disk', 'Exists')] }), plain, true],
    ['an empty term', affinity({}), plain, false],
    ['by name', affinity({ matchFields: [requirement('metadata.name', 'In', ['usr-1'])] }), plain, true],
    ['by another name', affinity({ matchFields: [requirement('metadata.name', 'In', ['usr-2'])] }), plain, false],
    ['a taint', {}, tainted, false],
    ['a taint that only prefers', {}, preferred, true],
    ['a cordon, which passes', {}, cordoned, true],
    ['a taint tolerated by value', tolerating({ key: 'gpu', value: 'yes', effect: 'NoSchedule' }), tainted, true],
    ['a taint of another value', tolerating({ key: 'gpu', value: 'no' }), tainted, false],
    ['a taint tolerated whatever its value', tolerating({ key: 'gpu', operator: 'Exists' }), tainted, true],
    ['every taint tolerated', tolerating({ operator: 'Exists' }), tainted, true],
    ['a taint of another effect', tolerating({ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }), tainted, false],
  ];
  for (const [name, spec, node, wanted] of table) assert.equal(allowsPod(readPod(spec).scheduling, node), wanted, name);
});

test('only labels a pod cannot do without are needed', () => {
  const terms = (...keys: readonly string[]) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: keys.map((key) => ({ matchExpressions: [{ key, operator: 'Exists' }, { key: 'x', operator: 'NotIn', values: ['y'] }] })) } } },
  });
  assert.deepEqual(neededLabels(readPod({ nodeSelector: { disk: 'fast' }, ...terms('gpu') }).scheduling), [{ key: 'disk', values: ['fast'] }, { key: 'gpu', values: null }]);
  assert.deepEqual(neededLabels(readPod(terms('gpu', 'npu')).scheduling), []);
});

test('required anti-affinity and hard spreads separate pods, preferences do not', () => {
  const labelSelector = { matchLabels: { app: 'db' } };
  const { scheduling } = readPod({
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector }] }, podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', labelSelector }] } },
    topologySpreadConstraints: [
      { topologyKey: 'zone', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule', labelSelector },
      { topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector },
    ],
  });
  assert.deepEqual(scheduling.separations.map(({ kind, topologyKey, mostTogether }) => [kind, topologyKey, mostTogether]), [['apart', 'kubernetes.io/hostname', 1], ['spread', 'zone', 2]]);
  assert.equal(scheduling.hasAffinity, true);
});
