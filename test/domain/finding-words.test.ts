import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot, Pod } from '../../domain/cluster-snapshot.ts';
import { comesTwice, formatLocalDay, lastClockChange } from '../../domain/local-time.ts';
import type { Finding } from '../../domain/preflight-report.ts';
import { at, sampleCluster, sampleNamespace, sampleNode, samplePod, samplePool, sampleWorkload } from './cluster-samples.ts';
import { reportOf } from './preflight-outline.ts';

function findingOf(code: string, change: Partial<ClusterSnapshot>, policy: Parameters<typeof reportOf>[1] = {}): Finding {
  const found = reportOf(change, policy).findings.find((finding) => finding.code === code);
  assert.ok(found !== undefined, code);
  return found;
}

function onNode(name: string, nodeName: string, change: Partial<Pod> = {}): Pod {
  return samplePod(name, { nodeName, ...change });
}

const statefulSet = { kind: 'StatefulSet', name: 'es', uid: 'es' };
const trainer = { kind: 'StatefulSet', name: 'trainer', uid: 'ml/trainer' };

test('a node that is not Ready: what AKS may do by itself, and what must not be done to its pods', () => {
  const nodes = [sampleNode('usr-1'), sampleNode('usr-2', { isReady: false })];
  const { message, remedy } = findingOf('NODE_NOT_READY', { nodes, pods: [onNode('db/es-data-1', 'usr-2', { owner: statefulSet })] });

  assert.match(message, /AKS advises against an upgrade until it is healthy or removed\.$/);
  assert.match(remedy, /^AKS may restart or re-image it by itself within an hour; look again then/);
  assert.match(remedy, /Force-deleting es-data-1 risks two writers on one disk\.$/);
  assert.doesNotMatch(findingOf('NODE_NOT_READY', { nodes, pods: [] }).remedy, /two writers/);
});

test('a grace beyond the timeout tells what a longer timeout would cost, and in how many windows', () => {
  const nodes = ['usr-1', 'usr-2', 'usr-3'].map((name) => sampleNode(name));
  const snapshot: Partial<ClusterSnapshot> = {
    nodePools: [samplePool('usr', { nodeCount: 3 })],
    nodes,
    pods: nodes.map(({ name }, index) => onNode(`ml/trainer-${index}`, name, { owner: trainer, graceSeconds: 240 * 60 })),
    workloads: [sampleWorkload('ml/trainer', 3, { kind: 'StatefulSet' })],
    namespaces: [sampleNamespace('ml', { annotations: { owner: 'team-ml' } })],
  };
  const { message, remedy, owner, amendments } = findingOf('GRACE_EXCEEDS_TIMEOUT', snapshot);

  // 3 waves of 240 + 5 min, and 6 min for the surge node.
  assert.match(message, /ml\/trainer may take 240 min to end, and AKS gives up on a node after 30 min\. Even with a longer timeout usr needs 12 h 21 min \(3 waves of 240 min and more\), and the window has 6 h\./);
  assert.match(remedy, /^Set drainTimeoutInMinutes of usr to at least 245 and split it over 3 windows, let its work end first, or shorten/);
  assert.equal(owner, 'team-ml');
  assert.deepEqual(amendments, [
    { kind: 'StatefulSet', namespace: 'ml', name: 'trainer', field: ['spec', 'template', 'spec', 'terminationGracePeriodSeconds'], change: 'terminationGracePeriodSeconds: 1500' },
  ]);
  const short = { ...snapshot, pods: snapshot.pods?.map((pod) => ({ ...pod, graceSeconds: 40 * 60 })) ?? [] };
  assert.doesNotMatch(findingOf('GRACE_EXCEEDS_TIMEOUT', short).message, /Even with/);
});

test('a system pool of one node names what lives on it together', () => {
  const owner = { kind: 'ReplicaSet', name: 'coredns', uid: 'kube-system/coredns' };
  const pods = ['a', 'b'].map((one) => onNode(`kube-system/coredns-${one}`, 'sys-1', { owner }));
  const snapshot = { nodePools: [samplePool('sys', { mode: 'System', nodeCount: 1 })], nodes: [sampleNode('sys-1', { nodePool: 'sys' })], pods };

  assert.match(findingOf('SINGLE_NODE_SYSTEM_POOL', snapshot).message, / 2 pods of kube-system\/coredns live on it together\.$/);
  assert.match(findingOf('SINGLE_NODE_SYSTEM_POOL', { ...snapshot, pods: [] }).message, /moves at once\.$/);
});

test('a forced upgrade left armed is told with its end in local time and UTC, and what it switches off', () => {
  const cluster = sampleCluster({ forceUpgradeUntil: at('2026-11-23T08:00Z') });

  assert.match(findingOf('FORCE_OVERRIDE_ACTIVE', { cluster }).message, /armed until Mon 23 Nov 09:00 \(08:00Z\): any upgrade now ignores every disruption budget, and the setting for nodes that do not drain does not apply/);
});

test('clocks that change are told by the day, and zones that do not change have none', () => {
  const changed = lastClockChange(at('2026-11-21T21:00Z'), 'Europe/Paris');
  assert.equal(changed, at('2026-10-25T01:00Z'));
  assert.equal(formatLocalDay(changed ?? 0, 'Europe/Paris'), 'Sun 25 Oct');
  assert.equal(lastClockChange(at('2026-11-21T21:00Z'), 'UTC'), null);
  const doubled: readonly (readonly [moment: string, isDoubled: boolean])[] = [
    ['2026-10-25T00:30Z', true],
    ['2026-10-25T01:30Z', true],
    ['2026-10-24T23:59Z', false],
    ['2026-10-25T02:00Z', false],
    ['2026-03-29T01:30Z', false],
  ];
  for (const [moment, isDoubled] of doubled) assert.equal(comesTwice(at(moment), 'Europe/Paris'), isDoubled, moment);
});

test('findings about pods name what makes them, so that its manifest can be found', () => {
  const bare = onNode('ops/debug', 'usr-1', { owner: null });
  assert.deepEqual(findingOf('UNMANAGED_POD', { pods: [bare] }).amendments, [{ kind: 'Pod', namespace: 'ops', name: 'debug', field: [], change: null }]);
});
