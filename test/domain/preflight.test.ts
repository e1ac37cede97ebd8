import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot, Pod } from '../../domain/cluster-snapshot.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import { planningStateOf } from '../../domain/planning-state.ts';
import { judgePreflight } from '../../domain/preflight.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import {
  at,
  newImage,
  opening,
  sampleBudget,
  sampleCluster,
  sampleNamespace,
  sampleNode,
  samplePod,
  samplePolicy,
  samplePool,
  sampleSnapshot,
  sampleWorkload,
  settings,
} from './cluster-samples.ts';

function report(change: Partial<ClusterSnapshot>, policyChange: Partial<MaintenancePolicy> = {}) {
  const snapshot = sampleSnapshot(change);
  const policy = samplePolicy(policyChange);
  return judgePreflight(policy, planMaintenance(policy, opening, planningStateOf(snapshot)), snapshot);
}

/** `severity CODE where pools` of each finding. */
function outline(change: Partial<ClusterSnapshot>, policyChange: Partial<MaintenancePolicy> = {}): readonly string[] {
  return report(change, policyChange).findings.map(({ severity, code, where, pools }) => `${severity} ${code} ${where} ${pools.join(',')}`);
}

const minor = { target: { kubernetesVersion: '1.36', nodeImage: 'latest' } } as const;
const web: readonly Pod[] = [1, 2, 3].map((index) => samplePod(`shop/web-${index}`, { nodeName: `usr-${index}` }));
const three = [sampleWorkload('shop/web', 3)];
const spent = { disruptionsAllowed: 0, currentHealthy: 3, desiredHealthy: 3 };
const now = at('2026-11-21T20:00Z');

test('a healthy cluster passes', () => {
  const made = report({ pods: web, disruptionBudgets: [sampleBudget('shop/web', { maxUnavailable: 1 })], workloads: three });
  assert.deepEqual([made.result, made.findings, made.unchecked], ['pass', [], []]);
  assert.deepEqual(made.pods.map(({ verdict }) => verdict), ['evictable', 'evictable', 'evictable']);
});

test('what keeps the whole run from starting is found on the cluster', () => {
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, Partial<MaintenancePolicy>, readonly string[]])[] = [
    ['stopped', { cluster: sampleCluster({ powerState: 'Stopped' }) }, {}, ['block CLUSTER_STOPPED cluster *']],
    ['failed', { cluster: sampleCluster({ provisioningState: 'Failed' }) }, {}, ['block CLUSTER_FAILED_STATE cluster *']],
    ['canceled is not failed', { cluster: sampleCluster({ provisioningState: 'Canceled' }) }, {}, []],
    ['force is armed', { cluster: sampleCluster({ forceUpgradeUntil: now + 1 }) }, {}, ['block FORCE_OVERRIDE_ACTIVE cluster *']],
    ['force has run out', { cluster: sampleCluster({ forceUpgradeUntil: now }) }, {}, []],
    ['channel on, a minor wanted', { cluster: sampleCluster({ autoUpgradeChannel: 'stable' }) }, minor, ['block AUTO_UPGRADE_CHANNEL_ACTIVE cluster *']],
    ['channel on, a patch wanted', { cluster: sampleCluster({ autoUpgradeChannel: 'patch' }) }, { target: { kubernetesVersion: '1.35', nodeImage: 'keep' } }, ['warn AUTO_UPGRADE_CHANNEL_ACTIVE cluster ']],
    ['channel on, only images wanted', { cluster: sampleCluster({ autoUpgradeChannel: 'stable' }) }, {}, ['warn AUTO_UPGRADE_CHANNEL_ACTIVE cluster ']],
    ['images rolled by AKS', { cluster: sampleCluster({ nodeOsUpgradeChannel: 'NodeImage' }) }, {}, ['warn NODE_OS_CHANNEL_ACTIVE cluster ']],
    ['security patches rolled by AKS', { cluster: sampleCluster({ nodeOsUpgradeChannel: 'SecurityPatch' }) }, {}, ['warn NODE_OS_CHANNEL_ACTIVE cluster ']],
    ['patched by the system itself', { cluster: sampleCluster({ nodeOsUpgradeChannel: 'Unmanaged' }) }, {}, []],
    ['not offered', { upgradeProfile: { controlPlaneUpgrades: ['1.35.6'] } }, minor, ['block TARGET_NOT_OFFERED cluster *']],
    ['offers unknown', { upgradeProfile: null }, minor, ['block TARGET_NOT_OFFERED cluster *']],
    ['offers unknown, but no version wanted', { upgradeProfile: null }, {}, []],
  ];
  for (const [name, snapshot, policy, wanted] of table) assert.deepEqual(outline(snapshot, policy), wanted, name);
});

test('pools and nodes are judged only where the plan touches them', () => {
  const done = samplePool('usr', { nodeImageVersion: newImage });
  const doneNodes = ['sys-1', 'sys-2', 'sys-3'].map((name) => sampleNode(name)).concat(sampleNode('usr-1', { imageVersion: newImage, isReady: false, isCordoned: true }));
  const nodes = (change: Parameters<typeof sampleNode>[1]) => [sampleNode('sys-1'), sampleNode('usr-1', change)];
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['not ready', { nodes: nodes({ isReady: false }) }, ['block NODE_NOT_READY usr-1 usr']],
    ['cordoned by a person', { nodes: nodes({ isCordoned: true }) }, ['block OPERATOR_CORDON usr-1 usr']],
    ['quarantined by AKS', { nodes: nodes({ isCordoned: true, isQuarantined: true }) }, []],
    ['cordoned while AKS is at work', { nodes: nodes({ isCordoned: true }), nodePools: [samplePool('usr', { provisioningState: 'Upgrading' })] }, []],
    ['a pool already there', { nodePools: [samplePool('sys'), done], nodes: doneNodes }, []],
    ['one system node', { nodePools: [samplePool('sys', { nodeCount: 1 })] }, ['warn SINGLE_NODE_SYSTEM_POOL sys sys']],
    ['spot', { nodePools: [samplePool('usr', { scaleSetPriority: 'Spot' })] }, ['warn SPOT_NO_DRAIN usr usr']],
    ['stopped', { nodePools: [samplePool('usr', { powerState: 'Stopped' })] }, ['warn POOL_STOPPED usr usr']],
    ['empty', { nodePools: [samplePool('gpu', { nodeCount: 0 })] }, ['info POOL_EMPTY gpu gpu']],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outline(snapshot), wanted, name);
});

test('a pool that would be left more than three minors behind must go first and is not withheld itself', () => {
  const nodePools = [samplePool('sys'), samplePool('old', { currentOrchestratorVersion: '1.32.9' })];
  const nodes = [sampleNode('sys-1'), sampleNode('old-1', { kubeletVersion: '1.32.9' })];
  const [finding] = report({ nodePools, nodes }, minor).findings;
  assert.deepEqual([finding?.code, finding?.where, finding?.severity, finding?.pools], ['VERSION_SKEW', 'old', 'block', []]);
  assert.match(finding?.message ?? '', /^old \(1\.32\) must move before the control plane/);
  assert.match(finding?.remedy ?? '', /old goes to 1\.35\.5 first, then the control plane.* two visits/);

  const stuck = nodePools.map((pool) => (pool.name === 'old' ? { ...pool, offeredVersions: [] } : pool));
  assert.match(report({ nodePools: stuck, nodes }, minor).findings[0]?.remedy ?? '', /offers nothing\): make a new pool/);
});

test('budgets that allow nothing withhold the pools whose nodes hold their pods', () => {
  const structural = sampleBudget('shop/web', { minAvailable: 3, status: spent });
  const transient = sampleBudget('shop/web', { minAvailable: 2, status: { ...spent, currentHealthy: 2, desiredHealthy: 2 } });
  const unready = web.map((pod, index) => ({ ...pod, isReady: index > 0 }));
  const daemons = web.map((pod) => ({ ...pod, owner: { kind: 'DaemonSet', name: 'web', uid: 'web' } }));
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['never', { pods: web, disruptionBudgets: [structural] }, ['block PDB_STRUCTURAL shop/web usr']],
    ['not now', { pods: unready, disruptionBudgets: [transient] }, ['block PDB_TRANSIENT shop/web usr']],
    ['in both pools', { pods: [...web, samplePod('shop/web-4', { nodeName: 'sys-1' })], disruptionBudgets: [structural], workloads: [sampleWorkload('shop/web', 3)] }, ['block PDB_STRUCTURAL shop/web sys,usr']],
    ['over DaemonSet pods, which stay', { pods: daemons, disruptionBudgets: [structural] }, []],
    ['over finished pods', { pods: web.map((pod) => ({ ...pod, phase: 'Succeeded' as const })), disruptionBudgets: [structural] }, []],
    ['over pods that are nowhere yet', { pods: web.map((pod) => ({ ...pod, nodeName: '', phase: 'Pending' as const })), disruptionBudgets: [structural] }, []],
    ['over nothing', { disruptionBudgets: [structural] }, ['info PDB_EMPTY shop/web ']],
    ['over nothing for want of a selector', { pods: web, disruptionBudgets: [sampleBudget('shop/web', { selector: null, maxUnavailable: 0 })] }, ['info PDB_EMPTY shop/web ']],
    ['two over one pod', { pods: web, disruptionBudgets: [sampleBudget('shop/web', { maxUnavailable: 1 }), sampleBudget('shop/all', { maxUnavailable: 1, selector: { matchLabels: {}, matchExpressions: [] } })] }, ['block PDB_MULTIPLE shop/web usr']],
    ['on spot nodes, which are not drained', { pods: web, disruptionBudgets: [structural], nodePools: [samplePool('usr', { scaleSetPriority: 'Spot' })] }, ['warn SPOT_NO_DRAIN usr usr']],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outline({ workloads: three, ...snapshot }), wanted, name);
});

test('a structural budget tells its arithmetic, its nodes, its owner and the number that fits', () => {
  const namespaces = [sampleNamespace('shop', { annotations: { 'slackwater.dev/owner': 'team-shop' } })];
  const [finding] = report({ pods: web, workloads: three, namespaces, disruptionBudgets: [sampleBudget('shop/web', { minAvailable: '80%', status: spent })] }).findings;

  assert.equal(
    finding?.message,
    'Budget shop/web can never allow an eviction: minAvailable 80% of 3 pods needs 3 healthy (2.4 rounds up); at full health there are 3, which allows 0. It would hold 3 nodes (usr-1, usr-2, usr-3).',
  );
  assert.equal(finding.remedy, 'Lower minAvailable to 2, or run 5 replicas.');
  assert.deepEqual(finding.evidence, {
    demand: 'minAvailable 80%',
    expectedPods: 3,
    desiredHealthy: 3,
    healthyPodsAtBest: 3,
    allowedAtBest: 0,
    healthyNow: 3,
    allowedNow: 0,
    unreadyPods: [],
    syncFailed: null,
    workloads: ['shop/web'],
    nodes: ['usr-1', 'usr-2', 'usr-3'],
  });
  assert.equal(finding.owner, 'team-shop');
});

test('a block that the policy budgets for is a warning: nodes stay cordoned and few enough are concerned', () => {
  const [first] = web;
  const one = first === undefined ? [] : [first];
  const disruptionBudgets = [sampleBudget('shop/web', { minAvailable: 1, status: { ...spent, currentHealthy: 1, desiredHealthy: 1 } })];
  const workloads = [sampleWorkload('shop/web', 1)];
  const cordon = [samplePool('sys'), samplePool('usr', { upgradeSettings: { ...settings, undrainableNodeBehavior: 'Cordon' } })];
  const allow = (continueUpToNodes: number) => ({ onQuarantined: { continueUpToNodes, action: 'pause' } }) as const;
  const code = 'PDB_STRUCTURAL shop/web usr';

  assert.deepEqual(outline({ pods: one, disruptionBudgets, workloads, nodePools: cordon }, allow(1)), [`warn ${code}`]);
  assert.deepEqual(outline({ pods: one, disruptionBudgets, workloads, nodePools: cordon }, allow(0)), [`block ${code}`]);
  assert.deepEqual(outline({ pods: one, disruptionBudgets, workloads }, allow(1)), [`block ${code}`]);
  const wide = [sampleBudget('shop/web', { minAvailable: 3, status: spent })];
  assert.deepEqual(outline({ pods: web, disruptionBudgets: wide, workloads: three, nodePools: cordon }, allow(2)), [`block ${code}`]);
  const [finding] = report({ pods: one, disruptionBudgets, workloads, nodePools: cordon }, allow(1)).findings;
  assert.equal(finding?.evidence['budgetedByPolicy'], true);
});

test('pods that end too slowly, are gone for good, or do not end at all are found', () => {
  const minutesAgo = (minutes: number) => now - minutes * MINUTE_MS;
  const table: readonly (readonly [string, readonly Pod[], readonly string[]])[] = [
    ['grace as long as the timeout', [samplePod('ml/trainer-1', { graceSeconds: 1_800 })], []],
    ['grace longer than the timeout, two pods', [samplePod('ml/trainer-1', { graceSeconds: 1_801 }), samplePod('ml/trainer-2', { graceSeconds: 14_400, nodeName: 'sys-1' })], ['block GRACE_EXCEEDS_TIMEOUT ml/trainer sys,usr']],
    ['bare', [samplePod('ops/debug', { owner: null })], ['block UNMANAGED_POD ops/debug usr']],
    ['bare and finished', [samplePod('ops/debug', { owner: null, phase: 'Failed' })], []],
    ['static', [samplePod('kube-system/proxy', { owner: null, isMirror: true })], []],
    ['bare, on no node of a pool', [samplePod('ops/debug', { owner: null, nodeName: 'elsewhere' })], []],
    ['held by a finalizer', [samplePod('ci/runner', { deletionTimestamp: minutesAgo(2), finalizers: ['example.com/report'] })], ['warn POD_TERMINATING_STUCK ci/runner usr']],
    ['held by a finalizer that passes', [samplePod('ci/runner', { deletionTimestamp: minutesAgo(2), finalizers: ['batch.kubernetes.io/job-tracking'] })], []],
    ['not ended by its node', [samplePod('ci/runner', { deletionTimestamp: minutesAgo(5) })], ['warn POD_TERMINATING_STUCK ci/runner usr']],
    ['still in its grace', [samplePod('ci/runner', { deletionTimestamp: now + 1 })], []],
  ];
  for (const [name, pods, wanted] of table) assert.deepEqual(outline({ pods }), wanted, name);
});

test('a pod that only a silent node keeps is told by its node', () => {
  const nodes = sampleSnapshot().nodes.map((node) => (node.name === 'usr-1' ? sampleNode('usr-1', { isReady: false }) : node));
  const gone = samplePod('db/es-1', { deletionTimestamp: now - 20 * MINUTE_MS });
  const down = 'block NODE_NOT_READY usr-1 usr';
  assert.deepEqual(outline({ nodes, pods: [gone] }), [down]);
  assert.deepEqual(outline({ nodes, pods: [{ ...gone, finalizers: ['example.com/hold'] }] }), [down, 'warn POD_TERMINATING_STUCK db/es-1 usr']);
});

test('a long grace tells the timeout that would do, or that none does', () => {
  const remedy = (graceSeconds: number) => report({ pods: [samplePod('ml/trainer-1', { graceSeconds })] }).findings[0]?.remedy ?? '';
  assert.match(remedy(14_400), /drainTimeoutInMinutes of usr to at least 245/);
  assert.match(remedy(90_000), /^Shorten terminationGracePeriodSeconds/);
});

test('the drain timeout that counts is the one the policy will set', () => {
  const policy = samplePolicy();
  const nodePools = { ...policy.nodePools, upgradeSettings: { ...policy.nodePools.upgradeSettings, drainTimeoutInMinutes: 60 } };
  assert.deepEqual(outline({ pods: [samplePod('ml/trainer-1', { graceSeconds: 3_600 })] }, { nodePools }), []);
});

test('every finding comes at once, blocking first, and the worst is the result', () => {
  const made = report({
    cluster: sampleCluster({ powerState: 'Stopped', nodeOsUpgradeChannel: 'NodeImage' }),
    pods: [...web, samplePod('ops/debug', { owner: null })],
    disruptionBudgets: [sampleBudget('shop/web', { minAvailable: 3, status: spent }), sampleBudget('shop/ghost')],
    workloads: three,
  });
  assert.equal(made.result, 'block');
  assert.deepEqual(made.findings.map(({ code }) => code), ['CLUSTER_STOPPED', 'PDB_STRUCTURAL', 'UNMANAGED_POD', 'NODE_OS_CHANNEL_ACTIVE', 'PDB_EMPTY']);
  assert.ok(made.findings.every(({ message, remedy }) => message !== '' && remedy !== ''));
});

test('what could not be looked at is said, not passed over', () => {
  const made = report({
    nodePools: [samplePool('usr', { latestNodeImageVersion: null }), samplePool('gpu')],
    unchecked: [{ what: 'admission webhooks', why: 'forbidden' }],
  });
  assert.deepEqual(made.unchecked.map(({ what }) => what), ['admission webhooks', 'newest node image of pool/usr', 'nodes of pool/gpu']);
});

test('a pool whose newest image is unknown is judged nevertheless', () => {
  const nodePools = [samplePool('usr', { latestNodeImageVersion: null })];
  assert.deepEqual(outline({ nodePools, pods: [samplePod('ops/debug', { owner: null })] }), ['block UNMANAGED_POD ops/debug usr']);
});

test('without policy and plan every pool is judged by what it has', () => {
  const made = judgePreflight(null, null, sampleSnapshot({ pods: [samplePod('ml/trainer-1', { graceSeconds: 1_801 })] }));
  assert.deepEqual(made.findings.map(({ code }) => code), ['GRACE_EXCEEDS_TIMEOUT']);
});
