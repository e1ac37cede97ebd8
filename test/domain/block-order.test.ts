import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeBlocks } from '../../domain/block-cause.ts';
import { isBlocking, mayLieInTarget } from '../../domain/block-class.ts';
import type { BlockView } from '../../domain/block-view.ts';
import type { ClusterSnapshot, DisruptionBudget, Node, Pod } from '../../domain/cluster-snapshot.ts';
import type { KubernetesEvent } from '../../domain/kubernetes-event.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { SeenSignal } from '../../domain/unit-progress.ts';
import type { VolumeAttachment } from '../../domain/volume-attachment.ts';
import { noWorkloadFacts } from '../../domain/workload-facts.ts';
import { at, newImage, sampleBudget, sampleNode, samplePod, sampleSnapshot, sampleWebhook, sampleWorkload } from './cluster-samples.ts';

const target = { kubernetesVersion: '1.35.5', nodeImageVersion: newImage };
/** Minutes after 22:00, when the attempt began. */
const m = (minute: number): number => at('2026-11-21T22:00Z') + minute * MINUTE_MS;

const oldNode = sampleNode('usr-1', { isCordoned: true });
const newNode = sampleNode('usr-9', { createdAt: m(5), readyChangedAt: m(6), imageVersion: newImage });
const deadSince = (minute: number): Node => ({ ...newNode, isReady: false, readyChangedAt: m(minute) });

/** Two of `shop/web` run; the third is its replacement. */
const leaving = samplePod('shop/web-1');
const second = samplePod('shop/web-2', { nodeName: 'usr-2' });
const replacement = (change: Partial<Pod>): Pod => samplePod('shop/web-3', { isReady: false, createdAt: m(8), nodeName: 'usr-9', phase: 'Pending', waitingReason: 'ContainerCreating', ...change });
const tight = sampleBudget('shop/web', { minAvailable: 2, status: { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 } });
const impossible = sampleBudget('shop/web', { minAvailable: 3, status: { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 3 } });

const event = (kind: 'Pod' | 'Node', name: string, reason: string, minute: number, message = ''): KubernetesEvent => ({
  reason, message, type: 'Warning', involvedKind: kind, involvedName: name, source: kind === 'Node' ? 'upgrader' : 'x', firstSeen: m(minute), lastSeen: m(40), count: 3,
});
const refused = (minute: number, pod = 'web-1'): KubernetesEvent => event('Node', 'usr-1', 'Drain', minute, `Eviction blocked by Too Many Requests (usually a pdb): ${pod}`);

interface Case {
  readonly pods?: readonly Pod[];
  readonly budgets?: readonly DisruptionBudget[];
  readonly fresh?: Node;
  readonly draining?: Node;
  readonly events?: readonly KubernetesEvent[];
  readonly disks?: readonly VolumeAttachment[] | null;
  readonly answers?: Readonly<Record<string, string>>;
  readonly seen?: readonly SeenSignal[];
  readonly minute?: number;
  readonly phase?: BlockView['phase'];
  readonly objects?: Partial<ClusterSnapshot>;
}

function judge(one: Case) {
  const { pods = [leaving, second], budgets = [], fresh = newNode, draining = oldNode, events = [], disks = null, answers = {}, seen = [], minute = 30, phase = 'rolling' } = one;
  const view: BlockView = {
    now: m(minute),
    startedAt: m(0),
    phase,
    pool: 'usr',
    target,
    drainTimeoutMinutes: 30,
    draining: [draining],
    objects: sampleSnapshot({ nodes: [draining, sampleNode('usr-2'), fresh], pods, disruptionBudgets: budgets, workloads: [sampleWorkload('shop/web', 3)], ...one.objects }),
    answers: new Map(Object.entries(answers).map(([uid, text]) => [uid, { status: Number(text.slice(0, 3)), message: text.slice(4) }])),
    events,
    attachments: disks,
    seen,
  };
  return judgeBlocks(view);
}

/** Each cause as `CLASS` when it is a block, `(CLASS)` while it may clear by itself. */
const told = (one: Case): readonly string[] => judge(one).causes.map((cause) => (isBlocking(cause, m(one.minute ?? 30)) ? cause.class : `(${cause.class})`));

const lead = samplePod('db/orders-1', { labels: { 'cnpg.io/cluster': 'orders', 'cnpg.io/instanceRole': 'primary' }, owner: { kind: 'Cluster', name: 'orders', uid: 'orders' } });
const standby = (node: string): Pod => samplePod('db/orders-2', { nodeName: node, labels: { 'cnpg.io/cluster': 'orders', 'cnpg.io/instanceRole': 'replica' }, owner: lead.owner });
const leadBudget = sampleBudget('db/orders-primary', { minAvailable: 1, selector: { matchLabels: lead.labels, matchExpressions: [] }, status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } });
const surgeable = { ...impossible, annotations: { ownedBy: 'EvictionAutoScaler' } };
const claimed: Partial<ClusterSnapshot> = {
  workloadFacts: { ...noWorkloadFacts, volumeClaims: [{ namespace: 'shop', name: 'data', volumeName: 'pvc-1', isEphemeral: false }], volumes: [{ name: 'pvc-1', isNodeLocal: false, zones: ['we-1'] }] },
};
const disk: VolumeAttachment = { volume: 'pvc-1', node: 'usr-2', isAttached: true, createdAt: 0, deletionTimestamp: m(8) };
const withDisk = (change: Partial<Pod> = {}): Pod => replacement({ volumeClaims: ['data'], ...change });
const ending = (minute: number, change: Partial<Pod> = {}): Pod => samplePod('shop/other-1', { deletionTimestamp: m(minute), ...change });
const twice = sampleBudget('shop/all', { selector: { matchLabels: {}, matchExpressions: [] } });
const denied = '403 admission webhook "mover" denied the request: I move it';

const table: readonly (readonly [what: string, one: Case, expected: readonly string[]])[] = [
  // The same signals, in another order, are another class.
  ['a new node died, then the budget refused', { pods: [leaving, second, replacement({})], budgets: [tight], fresh: deadSince(12), events: [refused(20)] }, ['PDB_SYMPTOM']],
  ['the budget refused, then a new node died', { pods: [leaving, second, replacement({})], budgets: [tight], fresh: deadSince(22), events: [refused(20)] }, ['PDB_TRANSIENT', 'YOUNG_NODE']],
  ['an earlier look saw the refusal before the node died', { pods: [leaving, second, replacement({})], budgets: [tight], fresh: deadSince(12), seen: [{ key: 'refused uid-web-1', since: m(10) }] }, ['PDB_TRANSIENT', 'YOUNG_NODE']],
  ['a budget that never allows is guilty whatever the node does', { pods: [leaving, second, replacement({})], budgets: [impossible], fresh: deadSince(12), events: [refused(20)] }, ['PDB_STRUCTURAL', 'YOUNG_NODE']],
  ['the node is still young', { pods: [leaving, second, replacement({ createdAt: m(27) })], budgets: [tight], fresh: { ...deadSince(26), createdAt: m(25) }, events: [refused(28)] }, ['(PDB_SYMPTOM)']],
  ['the replacement found no place because the new node is down', { pods: [leaving, second, replacement({ nodeName: '', waitingReason: 'Unschedulable' })], budgets: [tight], fresh: deadSince(7), events: [refused(20)] }, ['PDB_SYMPTOM']],
  ['pods find no place because the new nodes are down', { pods: [replacement({ nodeName: '' })], fresh: deadSince(7) }, ['YOUNG_NODE']],
  ['pods found no place, then a new node went down', { pods: [replacement({ nodeName: '' })], fresh: deadSince(9) }, ['UNSCHEDULABLE', 'YOUNG_NODE']],
  ['the replacement cannot be pulled on the new node', { pods: [leaving, second, replacement({ waitingReason: 'ImagePullBackOff' })], budgets: [tight], events: [refused(20)] }, ['PDB_SYMPTOM']],
  ['the replacement crashes by itself', { pods: [leaving, second, replacement({ phase: 'Running', waitingReason: 'CrashLoopBackOff' })], budgets: [tight], events: [refused(20)] }, ['PDB_TRANSIENT']],
  ['another pod of it is Ready on the new node', { pods: [leaving, second, replacement({ waitingReason: 'ImagePullBackOff' }), samplePod('shop/web-4', { nodeName: 'usr-9', createdAt: m(8) })], budgets: [tight], events: [refused(20)] }, ['PDB_TRANSIENT', 'YOUNG_NODE']],
  ['the replacement found no room, then the budget refused', { pods: [leaving, second, replacement({ nodeName: '' })], budgets: [tight], events: [refused(20), event('Pod', 'web-3', 'FailedScheduling', 8, '0/3 nodes: Insufficient cpu')] }, ['UNSCHEDULABLE']],
  ['the budget refused, then a pod found no room', { pods: [leaving, second, replacement({ nodeName: '', createdAt: m(25) })], budgets: [tight], events: [refused(20)] }, ['PDB_TRANSIENT', 'UNSCHEDULABLE']],
  ['a disk hangs, then the budget refused', { pods: [leaving, second, withDisk({ createdAt: m(8) })], budgets: [tight], disks: [disk], events: [refused(20)], objects: claimed, minute: 39 }, ['VOLUME_DETACH']],

  // What is not the budget's.
  ['a disk that hangs for minutes', { pods: [withDisk()], disks: [disk], objects: claimed }, ['(VOLUME_DETACH)']],
  ['a disk that hangs for half an hour', { pods: [withDisk()], disks: [disk], objects: claimed, minute: 38 }, ['VOLUME_DETACH']],
  ['a disk another pod still uses there', { pods: [withDisk(), samplePod('shop/old-1', { nodeName: 'usr-2', volumeClaims: ['data'] })], disks: [disk], objects: claimed, minute: 12 }, ['(YOUNG_NODE)']],
  ['a disk told by its event alone', { pods: [withDisk()], events: [event('Pod', 'web-3', 'FailedAttachVolume', 9, 'Multi-Attach error for volume "pvc-1"')] }, ['(VOLUME_DETACH)']],
  ['a mount fails on a young node', { pods: [replacement({})], events: [event('Pod', 'web-3', 'FailedMount', 9)], minute: 12 }, ['(YOUNG_NODE)']],
  ['a mount fails on a node that is young no more', { pods: [replacement({})], events: [event('Pod', 'web-3', 'FailedMount', 9)] }, ['YOUNG_NODE']],
  ['a pod on an old node that is slow', { pods: [replacement({ nodeName: 'usr-2' })], events: [event('Pod', 'web-3', 'FailedMount', 9)] }, []],
  ['a Job waits for room', { pods: [replacement({ nodeName: '', owner: { kind: 'Job', name: 'j', uid: 'j' } })] }, []],
  ['a pod that waited before the attempt', { pods: [replacement({ nodeName: '', createdAt: m(-60) })] }, []],
  ['the zone of its disk is away', { pods: [withDisk({ nodeName: '' })], disks: [], draining: { ...oldNode, zone: 'we-1' }, events: [event('Pod', 'web-3', 'FailedScheduling', 8, '2 node(s) had volume node affinity conflict')], objects: claimed }, ['(UNSCHEDULABLE)']],
  ['no node of its disk\'s zone is away', { pods: [withDisk({ nodeName: '' })], disks: [], draining: { ...oldNode, zone: 'we-2' }, events: [event('Pod', 'web-3', 'FailedScheduling', 8, '2 node(s) had volume node affinity conflict')], objects: claimed }, ['UNSCHEDULABLE']],

  // Helpers have their time, and no more.
  ['a lead with a standby', { pods: [lead, standby('usr-2')], budgets: [leadBudget], events: [refused(27, 'orders-1')] }, ['(PDB_OPERATOR_MANAGED)']],
  ['a lead whose standby was not used in time', { pods: [lead, standby('usr-2')], budgets: [leadBudget], events: [refused(20, 'orders-1')] }, ['PDB_OPERATOR_MANAGED']],
  ['a lead whose standby is on the same node', { pods: [lead, standby('usr-1')], budgets: [leadBudget], events: [refused(27, 'orders-1')] }, ['PDB_STRUCTURAL']],
  ['AKS adds a replica', { budgets: [surgeable], pods: [leaving, second], events: [refused(25)] }, ['(PDB_SURGEABLE)']],
  ['AKS added none', { budgets: [surgeable], pods: [leaving, second], events: [refused(10)] }, ['PDB_SURGEABLE']],
  ['a webhook nobody knows denies', { answers: { 'uid-web-1': denied } }, ['UNKNOWN']],
  ['it denied another pod before, which has moved', { answers: { 'uid-web-1': denied }, seen: [{ key: 'denied Deployment shop/web|uid-web-0|shop/web-0', since: m(20) }] }, ['UNKNOWN']],
  ['and an earlier look saw that', { answers: { 'uid-web-1': denied }, seen: [{ key: 'moved Deployment shop/web', since: m(20) }] }, ['(EVICTION_DELEGATED)']],
  ['but this one stays too long', { answers: { 'uid-web-1': denied }, seen: [{ key: 'moved Deployment shop/web', since: m(20) }, { key: 'refused uid-web-1', since: m(25) }] }, ['EVICTION_DELEGATED']],

  // After the operation stopped nothing drains: what only a helper keeps is no cause, unless a drain met it.
  ['a lead whose drain was never refused', { pods: [lead, standby('usr-2')], budgets: [leadBudget], phase: 'stopped' }, []],
  ['a lead that a drain waited for in vain', { pods: [lead, standby('usr-2')], budgets: [leadBudget], phase: 'stopped', seen: [{ key: 'refused uid-orders-1', since: m(10) }] }, ['PDB_OPERATOR_MANAGED']],
  ['a budget that never allows', { budgets: [impossible], phase: 'stopped' }, ['PDB_STRUCTURAL']],

  // Several at once, each told.
  ['two budgets, and a finalizer', { pods: [leaving, second, ending(10, { finalizers: ['example.com/x'] })], budgets: [tight, twice] }, ['PDB_MULTIPLE', 'FINALIZER']],
  ['a refusal, and a pod that is ending', { pods: [leaving, second, ending(30.25)], budgets: [impossible] }, ['PDB_STRUCTURAL', '(GRACE_RUNNING)']],
  ['the draining node died', { pods: [ending(10)], draining: { ...oldNode, isReady: false, readyChangedAt: m(9) } }, ['NODE_DEAD']],
  ['the draining node died, and its pod has a finalizer too', { pods: [ending(10, { finalizers: ['x/y'] })], draining: { ...oldNode, isReady: false } }, ['NODE_DEAD']],
  ['a webhook is down, and a budget refuses another pod', { pods: [leaving, second, samplePod('shop/api-1')], budgets: [impossible], answers: { 'uid-api-1': '500 Internal error occurred: failed calling webhook "evict.example.com": timeout' }, objects: { admissionWebhooks: [] } }, ['PDB_STRUCTURAL', 'EVICTION_WEBHOOK_UNREACHABLE']],
];

for (const [what, one, expected] of table) {
  test(`${what}: ${expected.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(told(one), expected);
  });
}

test('every cause names its pod or node, since when, what clears it and what it is not', () => {
  for (const [what, one] of table) {
    for (const cause of judge(one).causes) {
      assert.ok(cause.evidence !== '' && cause.remedy !== '', what);
      assert.ok(cause.since <= m(one.minute ?? 30), what);
      assert.ok(cause.class === 'GRACE_RUNNING' || cause.ruledOut.length > 0, `${what}: ${cause.class}`);
    }
  }
});

test('a symptom names the guilty node first, and stops what moves to the same image; a budget does not', () => {
  const [symptom] = judge({ pods: [leaving, second, replacement({})], budgets: [tight], fresh: deadSince(12), events: [refused(20)] }).causes;

  assert.deepEqual([symptom?.guiltyNode, symptom?.node], ['usr-9', 'usr-1']);
  assert.deepEqual(symptom?.budgets, ['shop/web']);
  assert.match(symptom?.evidence ?? '', /^New node usr-9 has not been Ready since 22:12Z\. So shop\/web-3 is not Ready, and shop\/web has refused to let web-1 leave usr-1 since 22:20Z\.$/);
  assert.equal(mayLieInTarget('PDB_SYMPTOM'), true);
  assert.equal(mayLieInTarget('PDB_STRUCTURAL'), false);
});

test('a hanging disk names the disk, the old node and the new one; a webhook names configuration and service', () => {
  const [hanging] = judge({ pods: [withDisk()], disks: [disk], objects: claimed }).causes;
  const [webhook] = judge({ answers: { 'uid-web-1': '500 Internal error occurred: failed calling webhook "evict.example.com": refused' }, objects: { admissionWebhooks: [sampleWebhook()] } }).causes;

  assert.deepEqual([hanging?.disk, hanging?.node], ['pvc-1', 'usr-2']);
  assert.match(hanging?.evidence ?? '', /pvc-1 is still attached to usr-2, which the pod left at 22:08Z; shop\/web-3 waits for it on usr-9/);
  assert.equal(webhook?.webhook, 'evict');
  assert.match(webhook?.evidence ?? '', /service guard\/evict/);
});

test('what was seen is handed on small: a refusal as long as its pod is there, anything else as long as it is seen', () => {
  const first = judge({ budgets: [impossible], minute: 10 });
  const later = judge({ budgets: [impossible], minute: 20, seen: first.signals });
  const between = judge({ minute: 21, seen: later.signals });
  const over = judge({ pods: [second], minute: 22, seen: [...later.signals, { key: 'unready usr-9', since: m(2) }] });

  assert.deepEqual(first.signals, [{ key: 'refused uid-web-1', since: m(10) }]);
  assert.equal(later.causes[0]?.since, m(10));
  assert.deepEqual(between.signals, first.signals);
  assert.deepEqual(over.signals, []);
  const many = Array.from({ length: 90 }, (_, index) => samplePod(`shop/web-${index}`));
  assert.equal(judge({ pods: many, budgets: [impossible] }).signals.length, 40);
});

test('a denied pod that has left proves its helper to the next look', () => {
  const first = judge({ answers: { 'uid-web-1': denied }, minute: 10 });
  const next = judge({ pods: [{ ...leaving, uid: 'uid-web-9' }, second], answers: {}, minute: 14, seen: first.signals });

  assert.deepEqual(next.signals.map(({ key }) => key), ['moved Deployment shop/web']);
  assert.deepEqual(next.helpedMoves, [{ pod: 'shop/web-1', minutes: 4 }]);
});

test('a pod that waited for a node of its disk\'s zone is told once when it is back, with both zones', () => {
  const away = { disks: [], draining: { ...oldNode, zone: 'we-1' }, fresh: { ...newNode, zone: 'we-3' }, events: [event('Pod', 'web-3', 'FailedScheduling', 8, '2 node(s) had volume node affinity conflict')], objects: claimed };
  const first = judge({ ...away, pods: [withDisk({ nodeName: '' })], minute: 10 });
  const still = judge({ ...away, pods: [withDisk({ nodeName: '' })], minute: 12, seen: first.signals });
  const back = judge({ ...away, pods: [withDisk({ isReady: true })], minute: 15, seen: still.signals });
  const gone = judge({ ...away, pods: [second], minute: 15, seen: still.signals });

  assert.deepEqual([first.helpedMoves, still.helpedMoves, gone.helpedMoves], [[], [], []]);
  assert.deepEqual(back.helpedMoves, [{ pod: 'shop/web-3', minutes: 7, why: 'its disk is reached from we-1 only, and the spare node is in we-3' }]);
  assert.deepEqual(back.signals, []);
});
