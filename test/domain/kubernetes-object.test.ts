import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKubernetesEvents } from '../../domain/kubernetes-event.ts';
import { readKubernetesItems, readListItems } from '../../domain/kubernetes-object.ts';
import { at } from './cluster-samples.ts';
import { anywhere } from '../../domain/pod-scheduling.ts';

function readOne(item: unknown) {
  const read = readKubernetesItems([item]);
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

const podItem = {
  kind: 'Pod',
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u1',
    creationTimestamp: '2026-11-21T00:54:15Z',
    deletionTimestamp: '2026-11-21T01:00:00Z',
    finalizers: ['example.com/hold'],
    labels: { app: 'web' },
    annotations: { note: 'short', long: 'x'.repeat(2_000) },
    ownerReferences: [{ kind: 'Node', name: 'n', uid: 'n' }, { kind: 'ReplicaSet', name: 'web-abc', uid: 'r1', controller: true }],
  },
  spec: {
    nodeName: 'usr-1',
    terminationGracePeriodSeconds: 120,
    volumes: [{ name: 'tmp', emptyDir: {} }],
    overhead: { cpu: '10m', memory: '1Ki' },
    initContainers: [
      { restartPolicy: 'Always', resources: { requests: { cpu: '50m', memory: '1Ki' } } },
      { resources: { requests: { cpu: '500m' } } },
    ],
    containers: [{ resources: { requests: { cpu: '100m', memory: '2Ki' } } }, { resources: {} }],
  },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};

test('a pod is read with its owner, grace, finalizers and what the scheduler counts', () => {
  const [pod] = readOne(podItem).pods;

  assert.deepEqual(pod, {
    namespace: 'shop',
    name: 'web-1',
    uid: 'u1',
    nodeName: 'usr-1',
    labels: { app: 'web' },
    annotations: { note: 'short' },
    phase: 'Running',
    isReady: true,
    createdAt: at('2026-11-21T00:54:15Z'),
    deletionTimestamp: at('2026-11-21T01:00:00Z'),
    graceSeconds: 120,
    owner: { kind: 'ReplicaSet', name: 'web-abc', uid: 'r1' },
    isMirror: false,
    hasEmptyDir: true,
    finalizers: ['example.com/hold'],
    // The init container next to the running sidecar is the hungriest moment: 550m; memory is highest later.
    requests: { cpuMillicores: 560, memoryBytes: 3_072 + 1_024 },
    waitingReason: null,
    restartCount: 0,
    volumeClaims: [],
    startSeconds: null,
    scheduling: anywhere,
  });
});

test('a bare pod gets the defaults of the API, and an unknown phase counts as guarded', () => {
  const [pod] = readOne({ kind: 'Pod', metadata: { name: 'p', namespace: 'n' }, spec: {}, status: { phase: 'Dreaming' } }).pods;
  assert.deepEqual([pod?.phase, pod?.graceSeconds, pod?.owner, pod?.isReady, pod?.nodeName], ['Unknown', 30, null, false, '']);
});

test('why a pod waits is the reason of its scheduling, else of its first waiting container', () => {
  const status = (value: unknown) => readOne({ ...podItem, status: value }).pods[0]?.waitingReason;
  const waiting = { state: { waiting: { reason: 'ImagePullBackOff' } } };
  assert.equal(status({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }], containerStatuses: [waiting] }), 'Unschedulable');
  assert.equal(status({ phase: 'Pending', containerStatuses: [{ state: { running: {} } }, waiting] }), 'ImagePullBackOff');
});

test('a node is read with its pool, versions, cordon and quarantine; another upgrade status is no quarantine', () => {
  const node = (upgradeStatus: string) =>
    readOne({
      kind: 'Node',
      metadata: {
        name: 'aks-usr-1',
        creationTimestamp: '2026-11-21T00:53:35Z',
        labels: {
          'kubernetes.azure.com/agentpool': 'usr',
          'kubernetes.azure.com/node-image-version': 'AKSUbuntu-1',
          'kubernetes.azure.com/upgrade-status': upgradeStatus,
          'topology.kubernetes.io/zone': 'westeurope-1',
        },
      },
      spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: '1970-01-01T00:00:05Z' }] },
      status: {
        allocatable: { cpu: '7860m', memory: '30Gi', pods: '250' },
        nodeInfo: { kubeletVersion: 'v1.35.5' },
        conditions: [{ type: 'MemoryPressure', status: 'True' }, { type: 'Ready', status: 'Unknown' }],
      },
    }).nodes[0];

  const read = node('Quarantined');
  assert.deepEqual(
    [read?.nodePool, read?.kubeletVersion, read?.imageVersion, read?.zone, read?.isReady, read?.isCordoned, read?.cordonedAt, read?.isQuarantined],
    ['usr', '1.35.5', 'AKSUbuntu-1', 'westeurope-1', false, true, 5_000, true],
  );
  assert.deepEqual(read?.allocatable, { cpuMillicores: 7_860, memoryBytes: 30 * 2 ** 30, pods: 250 });
  assert.deepEqual(read?.taints, [{ key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' }]);
  assert.equal(node('paused')?.isQuarantined, false);
  assert.equal(node('quarantined')?.isQuarantined, false);
});

test('a budget keeps a missing selector apart from an empty one, and only a failed sync as such', () => {
  const budget = (spec: unknown, status: unknown = {}) =>
    readOne({ kind: 'PodDisruptionBudget', metadata: { name: 'b', namespace: 'n', generation: 3 }, spec, status }).disruptionBudgets[0];

  assert.equal(budget({ minAvailable: 1 })?.selector, null);
  assert.deepEqual(budget({ minAvailable: '50%', selector: {} })?.selector, { matchLabels: {}, matchExpressions: [] });
  assert.deepEqual([budget({ minAvailable: '50%' })?.minAvailable, budget({ maxUnavailable: 0 })?.maxUnavailable], ['50%', 0]);
  const failed = { conditions: [{ type: 'DisruptionAllowed', reason: 'SyncFailed', message: 'no scale' }] };
  const short = { conditions: [{ type: 'DisruptionAllowed', reason: 'InsufficientPods', message: '' }] };
  assert.equal(budget({}, failed)?.status.syncFailedMessage, 'no scale');
  assert.equal(budget({}, short)?.status.syncFailedMessage, null);
  const status = budget({}, { disruptedPods: { 'web-1': '2026-11-21T01:00:00Z' } })?.status;
  assert.deepEqual(status?.disruptedPods, { 'web-1': at('2026-11-21T01:00:00Z') });
  assert.equal(status?.observedGeneration, 0);
});

test('controllers, namespaces and webhooks are read, other kinds are left out', () => {
  const metadata = { name: 'x', namespace: 'n', uid: 'u' };
  const read = readKubernetesItems([
    { kind: 'Deployment', metadata, spec: { replicas: 3 } },
    { kind: 'StatefulSet', metadata, spec: {} },
    { kind: 'DaemonSet', metadata, spec: {} },
    { kind: 'Job', metadata, spec: { parallelism: 2 } },
    { kind: 'Namespace', metadata: { name: 'gone', deletionTimestamp: '2026-11-21T01:00:00Z' } },
    { kind: 'Namespace', metadata: { name: 'going' }, status: { phase: 'Terminating' } },
    { kind: 'Namespace', metadata: { name: 'here' }, status: { phase: 'Active' } },
    { kind: 'ConfigMap', metadata: {} },
    {
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'guard' },
      webhooks: [
        { name: 'a', rules: [{ apiGroups: [''], resources: ['pods/eviction'], operations: ['CREATE'] }], clientConfig: { service: { namespace: 'g', name: 's' } } },
        { name: 'b', failurePolicy: 'Ignore', clientConfig: { url: 'https://x' }, matchConditions: [{}], namespaceSelector: { matchLabels: { a: 'b' } } },
      ],
    },
  ]);
  assert.ok(read.ok);

  assert.deepEqual(read.value.workloads.map(({ kind, replicas }) => [kind, replicas]), [['Deployment', 3], ['StatefulSet', 1], ['DaemonSet', null], ['Job', 2]]);
  assert.deepEqual(read.value.namespaces.map(({ name, isTerminating }) => [name, isTerminating]), [['gone', true], ['going', true], ['here', false]]);
  const everywhere = { matchLabels: {}, matchExpressions: [] };
  assert.deepEqual(read.value.admissionWebhooks, [
    { kind: 'validating', configuration: 'guard', name: 'a', failurePolicy: 'Fail', resources: ['/pods/eviction'], operations: ['CREATE'], service: 'g/s', namespaceSelector: everywhere, isUnconditional: true },
    { kind: 'validating', configuration: 'guard', name: 'b', failurePolicy: 'Ignore', resources: [], operations: [], service: null, namespaceSelector: { matchLabels: { a: 'b' }, matchExpressions: [] }, isUnconditional: false },
  ]);
});

test('every unreadable field is named at once, by object and path', () => {
  const read = readKubernetesItems([
    { kind: 'Pod', metadata: { name: 'p', namespace: 'n', creationTimestamp: 'today' }, spec: { containers: [{ resources: { requests: { cpu: 'much' } } }] } },
    { kind: 'Pod', metadata: { name: 'q' } },
    { kind: 'PodDisruptionBudget', metadata: { name: 'b', namespace: 'n' }, spec: { minAvailable: 'half', maxUnavailable: -1 } },
    { metadata: { name: 'z' } },
    'text',
  ]);

  assert.ok(!read.ok);
  assert.deepEqual(read.faults.map(({ where }) => where), [
    'Pod n/p.metadata.creationTimestamp',
    'Pod n/p.spec cpu',
    'Pod q.metadata.namespace',
    'PodDisruptionBudget n/b.spec.minAvailable',
    'PodDisruptionBudget n/b.spec.maxUnavailable',
    'object z.kind',
    'items[4]',
  ]);
  assert.ok(read.faults.every(({ code, remedy }) => code === 'unreadable-field' && remedy !== ''));
});

test('a thousand broken objects do not make a thousand faults', () => {
  const read = readKubernetesItems(Array.from({ length: 1_000 }, () => ({ kind: 'Pod', metadata: {} })));
  assert.ok(!read.ok && read.faults.length < 60);
});

test('the items of a typed list get its kind, and what is no list is refused', () => {
  const typed = readListItems({ kind: 'PodList', items: [{ metadata: {} }, { kind: 'Pod' }] }, 'pods.json');
  assert.deepEqual(typed.ok && typed.value, [{ metadata: {}, kind: 'Pod' }, { kind: 'Pod' }]);
  const versioned = readListItems({ apiVersion: 'karpenter.sh/v1', kind: 'NodePoolList', items: [{ metadata: {} }] }, 'nodepools.json');
  assert.deepEqual(versioned.ok && versioned.value, [{ metadata: {}, apiVersion: 'karpenter.sh/v1', kind: 'NodePool' }]);
  const mixed = readListItems({ kind: 'List', items: [{ kind: 'Node' }] }, 'all.json');
  assert.deepEqual(mixed.ok && mixed.value, [{ kind: 'Node' }]);
  assert.deepEqual(readListItems({ kind: 'PodList', items: null }, 'pods.json'), { ok: true, value: [] });
  for (const document of [null, [], {}, { kind: 'Pod', items: [] }, { kind: 'PodList' }, { kind: 'Status', message: 'no' }]) {
    const read = readListItems(document, 'pods.json');
    assert.ok(!read.ok && read.faults[0]?.where === 'pods.json', JSON.stringify(document));
  }
});

test('one object alone and lists put into a list are read as the objects they hold', () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'ops' } };
  const table: readonly (readonly [document: unknown, objects: readonly unknown[]])[] = [
    [pod, [pod]],
    [{ kind: 'List', items: [{ kind: 'PodList', items: [{ metadata: {} }] }, pod] }, [{ metadata: {}, kind: 'Pod' }, pod]],
    [{ kind: 'List', items: [{ kind: 'List', items: [{ kind: 'NodeList', items: null }, pod] }] }, [pod]],
  ];
  for (const [document, objects] of table) assert.deepEqual(readListItems(document, 'all.json'), { ok: true, value: objects });
});

test('events of old and new writers are read, oldest sighting first', () => {
  const read = readKubernetesEvents([
    { kind: 'Event', reason: 'Drain', type: 'Warning', message: 'm', count: 4, firstTimestamp: '2026-11-21T01:00:00Z', lastTimestamp: '2026-11-21T01:20:00Z', source: { component: 'upgrader' }, involvedObject: { kind: 'Node', name: 'n1' } },
    { reason: 'Surge', eventTime: '2026-11-21T01:05:00.5Z', firstTimestamp: null, lastTimestamp: null, source: {}, reportingComponent: 'upgrader', involvedObject: { kind: 'Node', name: 'n2' }, series: { count: 2, lastObservedTime: '2026-11-21T01:06:00Z' } },
    { kind: 'Pod' },
  ]);
  assert.ok(read.ok);
  assert.deepEqual(read.value, [
    { reason: 'Surge', message: '', type: '', involvedKind: 'Node', involvedName: 'n2', source: 'upgrader', firstSeen: at('2026-11-21T01:05:00.5Z'), lastSeen: at('2026-11-21T01:06:00Z'), count: 2 },
    { reason: 'Drain', message: 'm', type: 'Warning', involvedKind: 'Node', involvedName: 'n1', source: 'upgrader', firstSeen: at('2026-11-21T01:00:00Z'), lastSeen: at('2026-11-21T01:20:00Z'), count: 4 },
  ]);
  const broken = readKubernetesEvents([{ kind: 'Event', eventTime: 5 }]);
  assert.ok(!broken.ok && broken.faults[0]?.where === 'items[0].eventTime');
});
