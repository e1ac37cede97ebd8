import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot, NodePool, Pod, PodScheduling } from '../../domain/cluster-snapshot.ts';
import { anywhere } from '../../domain/pod-scheduling.ts';
import { sampleNode, samplePod, samplePool, sampleWorkload, settings } from './cluster-samples.ts';
import { onlyFinding, outlineOf, reportOf } from './preflight-outline.ts';

const noSurge = { ...settings, maxSurge: '0', maxUnavailable: '1' };
const critical = [{ key: 'CriticalAddonsOnly', value: 'true', effect: 'NoSchedule' }];

/** `sys` takes no pods of users, as AKS advises; `usr` has three nodes in zones of their own. */
function cluster(pods: readonly Pod[], usr: Partial<NodePool> = {}, change: Partial<ClusterSnapshot> = {}): Partial<ClusterSnapshot> {
  return {
    nodes: [1, 2, 3].flatMap((index) => [
      sampleNode(`sys-${index}`, { taints: critical }),
      sampleNode(`usr-${index}`, { labels: { 'kubernetes.io/hostname': `usr-${index}`, 'topology.kubernetes.io/zone': `weu-${index}`, disk: 'fast' }, zone: `weu-${index}` }),
    ]),
    nodePools: [samplePool('sys'), samplePool('usr', usr)],
    pods,
    workloads: [sampleWorkload('db/pg', pods.length)],
    ...change,
  };
}

function replicas(count: number, scheduling: Partial<PodScheduling>, change: Partial<Pod> = {}): readonly Pod[] {
  return Array.from({ length: count }, (_, index) => samplePod(`db/pg-${index}`, { nodeName: `usr-${(index % 3) + 1}`, scheduling: { ...anywhere, ...scheduling }, ...change }));
}

const apart = (topologyKey: string, mostTogether = 1, kind: 'apart' | 'spread' = 'apart') =>
  ({ separations: [{ kind, topologyKey, mostTogether, selector: { matchLabels: { app: 'pg' }, matchExpressions: [] } }] }) as const;
const byHost = apart('kubernetes.io/hostname');
const byZone = apart('topology.kubernetes.io/zone');

test('a replacement needs a node that takes it among those that stay and the surge nodes', () => {
  const homeless = ['block UNSCHEDULABLE_REPLACEMENT db/pg usr'];
  const tolerant = { tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists', value: '', effect: '' }] };
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['three apart by node, no surge node', cluster(replicas(3, byHost), { upgradeSettings: noSurge }), homeless],
    ['three apart by node, one surge node', cluster(replicas(3, byHost)), []],
    ['two apart by node, no surge node', cluster(replicas(2, byHost), { upgradeSettings: noSurge }), []],
    ['three apart, and other nodes take them too', cluster(replicas(3, { ...byHost, ...tolerant }), { upgradeSettings: noSurge }), []],
    ['apart from others, not from each other', cluster(replicas(3, byHost, { labels: { app: 'x' } }), { upgradeSettings: noSurge }), []],
    ['three apart by zone, no surge node', cluster(replicas(3, byZone), { upgradeSettings: noSurge }), homeless],
    ['three apart by zone, a surge node may come up in the zone', cluster(replicas(3, byZone)), []],
    ['a hard spread, no surge node', cluster(replicas(3, apart('kubernetes.io/hostname', 1, 'spread')), { upgradeSettings: noSurge }), homeless],
    ['a hard spread with a surge node', cluster(replicas(9, apart('kubernetes.io/hostname', 1, 'spread'))), []],
    ['a label only the drained node has', cluster(replicas(1, { nodeSelector: { 'topology.kubernetes.io/zone': 'weu-1' } }), { upgradeSettings: noSurge }), homeless],
    ['the same with a surge node', cluster(replicas(1, { nodeSelector: { 'topology.kubernetes.io/zone': 'weu-1' } })), []],
    ['a label no node has any more', cluster(replicas(1, { nodeSelector: { 'topology.kubernetes.io/zone': 'gone' } })), homeless],
    ['bound to one node by name', cluster(replicas(1, { nodeSelector: { 'kubernetes.io/hostname': 'usr-1' } })), homeless],
    ['anywhere, no surge node', cluster(replicas(3, {}), { upgradeSettings: noSurge }), []],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);

  const finding = onlyFinding(cluster(replicas(3, byHost), { upgradeSettings: noSurge }));
  assert.equal(
    finding.message,
    'A pod of db/pg evicted from usr would have no place: 3 replicas must not share a node (at most 1 in each kubernetes.io/hostname), and while 1 node is drained 2 nodes stay, with no surge node: the first would drain, its pod would wait, and the next would block.',
  );
  assert.match(finding.remedy, /maxSurge 1/);
});

test('without surge nodes the pods of the fullest node need room on the others', () => {
  const large = { requests: { cpuMillicores: 2_500, memoryBytes: 2 ** 30 } };
  const small = { requests: { cpuMillicores: 1_000, memoryBytes: 2 ** 30 } };
  assert.deepEqual(outlineOf(cluster(replicas(3, {}, large), { upgradeSettings: noSurge })), ['block UNSCHEDULABLE_REPLACEMENT db/pg usr']);
  assert.deepEqual(outlineOf(cluster(replicas(3, {}, small), { upgradeSettings: noSurge })), []);
  assert.deepEqual(outlineOf(cluster(replicas(3, {}, large))), [], 'a surge node is as large as the one it stands in for');
  const many = replicas(90, {}, { requests: { cpuMillicores: 1, memoryBytes: 1 } });
  assert.deepEqual(outlineOf(cluster(many, { upgradeSettings: noSurge })), ['block UNSCHEDULABLE_REPLACEMENT db/pg usr'], 'pods are counted too');
});

test('a label that nodes carry by hand must be put on the pool, or new nodes lack it', () => {
  const fast = replicas(1, { nodeSelector: { disk: 'fast' } });
  const elsewhere = [samplePool('sys', { nodeLabels: { disk: 'fast' } }), samplePool('usr')];
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['by hand', cluster(fast), ['block LABEL_NOT_ON_POOL usr usr']],
    ['on the pool', cluster(fast, { nodeLabels: { disk: 'fast' } }), []],
    ['another value on the pool', cluster(fast, { nodeLabels: { disk: 'slow' } }), ['block LABEL_NOT_ON_POOL usr usr']],
    ['another pool gives it', cluster(fast, {}, { nodePools: elsewhere }), []],
    ['given to every node by Azure', cluster(replicas(1, { nodeSelector: { 'topology.kubernetes.io/zone': 'weu-1' } })), []],
    ['nobody needs it', cluster(replicas(1, {})), []],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);
  assert.match(onlyFinding(cluster(fast)).remedy, /--name usr --labels disk=fast/);
});

test('pods that must run beside others are named as unchecked', () => {
  assert.deepEqual(reportOf(cluster(replicas(1, { hasAffinity: true }))).unchecked.map(({ what }) => what), ['a place for pods of db/pg']);
});
