import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster, NodePool, UpgradeProfile } from '../../domain/cluster-snapshot.ts';
import type { MaintenancePolicy, UpgradeTarget, WindowOpening } from '../../domain/maintenance-policy.ts';
import { canonicalPlanText, planMaintenance } from '../../domain/plan-maintenance.ts';
import type { NodeVersions } from '../../domain/plan-node-pool.ts';
import { countNodeVersions, planningStateOf } from '../../domain/planning-state.ts';
import { startCutOff } from '../../domain/upgrade-plan.ts';
import { newImage, oldImage, opening, sampleCluster, sampleNode, samplePolicy, samplePool, sampleSnapshot } from './cluster-samples.ts';

interface Situation {
  readonly target?: UpgradeTarget;
  readonly policy?: Partial<MaintenancePolicy>;
  readonly opening?: WindowOpening;
  readonly cluster?: Partial<Cluster>;
  readonly pools?: readonly NodePool[];
  readonly profile?: UpgradeProfile | null;
  readonly nodes?: Readonly<Record<string, readonly NodeVersions[]>>;
}

const both: UpgradeTarget = { kubernetesVersion: '1.36', nodeImage: 'latest' };

function plan(situation: Situation) {
  const { target = both, profile = { controlPlaneUpgrades: ['1.35.6', '1.36.1', '1.36.2'] } } = situation;
  return planMaintenance(samplePolicy({ target, ...situation.policy }), situation.opening ?? opening, {
    cluster: sampleCluster(situation.cluster),
    nodePools: situation.pools ?? [samplePool('usr', { nodeCount: 6 }), samplePool('sys')],
    upgradeProfile: profile,
    nodeVersions: situation.nodes ?? {},
  });
}

/** `unit from → to action` of what is planned, `unit code` of what is not. */
function outline(situation: Situation): readonly string[] {
  const { units, omitted } = plan(situation);
  const image = (text: string | null) => (text === newImage ? '+new' : text === oldImage ? '+old' : '');
  return [
    ...units.map(({ unit, to, action }) => `${unit} → ${to.kubernetesVersion}${image(to.nodeImageVersion)} ${action}`),
    ...omitted.map(({ unit, code }) => `${unit} ${code}`),
  ];
}

const running = (kubeletVersion: string, imageVersion: string, count: number): NodeVersions => ({ kubeletVersion, imageVersion, count });

test('the control plane goes alone and first, then the pools follow it to its new version and the newest image', () => {
  assert.deepEqual(outline({}), [
    'control-plane → 1.36.2 control-plane-version',
    'pool/sys → 1.36.2+new pool-version',
    'pool/usr → 1.36.2+new pool-version',
  ]);
});

test('each unit carries its surge, waves, estimate, both versions and the latest moment it may start', () => {
  const [controlPlane, , usr] = plan({}).units;

  assert.deepEqual(usr, {
    unit: 'pool/usr',
    from: { kubernetesVersion: '1.35.5', nodeImageVersion: oldImage },
    to: { kubernetesVersion: '1.36.2', nodeImageVersion: newImage },
    action: 'pool-version',
    nodeCount: 6,
    surgeNodeCount: 2,
    waves: 3,
    estimateMinutes: 45,
    upgradeSettings: null,
    restoreSettings: null,
    drainTimeoutMinutes: 30,
    undrainableNodeBehavior: 'Schedule',
    isSpot: false,
  });
  assert.equal(controlPlane?.estimateMinutes, 12);
  assert.equal(usr === undefined ? null : startCutOff(usr, opening.closes), opening.closes - 45 * 60_000);
});

test('what is not planned is named with the reason', () => {
  const noMinor: WindowOpening = { ...opening, restriction: 'minor', reason: 'quarter end' };
  const table: readonly (readonly [string, Situation, readonly string[]])[] = [
    ['only images are wanted', { target: { kubernetesVersion: null, nodeImage: 'latest' } },
      ['pool/sys → 1.35.5+new pool-node-image', 'pool/usr → 1.35.5+new pool-node-image', 'control-plane not-wanted']],
    ['nothing is wanted', { target: { kubernetesVersion: null, nodeImage: 'keep' } },
      ['control-plane not-wanted', 'pool/sys not-wanted', 'pool/usr not-wanted']],
    ['the control plane is there, the pools are not', { cluster: { currentKubernetesVersion: '1.36.2' } },
      ['pool/sys → 1.36.2+new pool-version', 'pool/usr → 1.36.2+new pool-version', 'control-plane already-there']],
    ['the channel is on: AKS refuses the control plane alone', { cluster: { autoUpgradeChannel: 'stable' } },
      ['pool/sys → 1.35.5+new pool-node-image', 'pool/usr → 1.35.5+new pool-node-image', 'control-plane auto-upgrade-channel']],
    ['the target is not offered', { profile: { controlPlaneUpgrades: ['1.35.6'] } },
      ['pool/sys → 1.35.5+new pool-node-image', 'pool/usr → 1.35.5+new pool-node-image', 'control-plane target-not-offered']],
    ['two minors at once', { target: { ...both, kubernetesVersion: '1.37' } },
      ['pool/sys → 1.35.5+new pool-node-image', 'pool/usr → 1.35.5+new pool-node-image', 'control-plane target-not-offered']],
    ['nobody knows what is offered', { profile: null, target: { ...both, nodeImage: 'keep' } },
      ['control-plane target-not-offered', 'pool/sys not-wanted', 'pool/usr not-wanted']],
    ['no minor may be raised', { opening: noMinor },
      ['pool/sys → 1.35.5+new pool-node-image', 'pool/usr → 1.35.5+new pool-node-image', 'control-plane minor-not-allowed']],
    ['a patch may be raised where a minor may not', { opening: noMinor, target: { kubernetesVersion: '1.35', nodeImage: 'latest' } },
      ['control-plane → 1.35.6 control-plane-version', 'pool/sys → 1.35.6+new pool-version', 'pool/usr → 1.35.6+new pool-version']],
    ['a pool a minor behind may not be raised either', { opening: noMinor, cluster: { currentKubernetesVersion: '1.36.2' }, target: { ...both, nodeImage: 'keep' } },
      ['control-plane already-there', 'pool/sys minor-not-allowed', 'pool/usr minor-not-allowed']],
  ];
  for (const [name, situation, wanted] of table) assert.deepEqual(outline(situation), wanted, name);
});

test('pools that cannot or need not move are left out one by one', () => {
  const image = { kubernetesVersion: null, nodeImage: 'latest' } as const;
  const table: readonly (readonly [string, Situation, readonly string[]])[] = [
    ['a stopped and an empty pool take a version although nothing boots', { pools: [samplePool('gpu', { powerState: 'Stopped' }), samplePool('burst', { nodeCount: 0 })] },
      ['control-plane → 1.36.2 control-plane-version', 'pool/burst → 1.36.2+new pool-version', 'pool/gpu → 1.36.2+new pool-version']],
    ['they take an image likewise', { target: image, pools: [samplePool('gpu', { powerState: 'Stopped' }), samplePool('burst', { nodeCount: 0 })] },
      ['pool/burst → 1.35.5+new pool-node-image', 'pool/gpu → 1.35.5+new pool-node-image', 'control-plane not-wanted']],
    ['set already, and still nothing has booted', { target: image, pools: [samplePool('gpu', { powerState: 'Stopped', nodeImageVersion: newImage }), samplePool('burst', { nodeCount: 0, nodeImageVersion: newImage })] },
      ['control-plane not-wanted', 'pool/burst pool-empty', 'pool/gpu pool-stopped']],
    ['AKS names no newest image', { target: image, pools: [samplePool('usr', { latestNodeImageVersion: null })] },
      ['control-plane not-wanted', 'pool/usr unknown-node-image']],
    ['a version moves without a known image', { pools: [samplePool('usr', { latestNodeImageVersion: null })] },
      ['control-plane → 1.36.2 control-plane-version', 'pool/usr → 1.36.2 pool-version']],
    ['every node shows the image', { target: image, nodes: { usr: [running('1.35.5', newImage, 6)] } },
      ['pool/sys → 1.35.5+new pool-node-image', 'control-plane not-wanted', 'pool/usr already-there']],
    ['one node still shows the old image', { target: image, nodes: { usr: [running('1.35.5', newImage, 5), running('1.35.5', oldImage, 1)] }, pools: [samplePool('usr', { nodeImageVersion: newImage })] },
      ['pool/usr → 1.35.5+new pool-node-image', 'control-plane not-wanted']],
    ['the pool says the new version and a node does not: the same request resumes it',
      { cluster: { currentKubernetesVersion: '1.36.2' }, pools: [samplePool('usr', { currentOrchestratorVersion: '1.36.2' })], nodes: { usr: [running('1.36.2', newImage, 2), running('1.35.5', oldImage, 1)] } },
      ['pool/usr → 1.36.2+new pool-version', 'control-plane already-there']],
    ['the version is there, the image is not', { cluster: { currentKubernetesVersion: '1.36.2' }, pools: [samplePool('usr', { currentOrchestratorVersion: '1.36.2' })] },
      ['pool/usr → 1.36.2+new pool-node-image', 'control-plane already-there']],
    ['the version is there and images stay', { target: { ...both, nodeImage: 'keep' }, cluster: { currentKubernetesVersion: '1.36.2' }, pools: [samplePool('usr', { currentOrchestratorVersion: '1.36.2' })] },
      ['control-plane already-there', 'pool/usr already-there']],
    ['a pool ahead of its control plane', { cluster: { currentKubernetesVersion: '1.36.1' }, target: { kubernetesVersion: '1.36.1', nodeImage: 'latest' }, pools: [samplePool('usr', { currentOrchestratorVersion: '1.36.2' })] },
      ['control-plane already-there', 'pool/usr version-skew']],
    ['a pool three minors behind comes along', { pools: [samplePool('old', { currentOrchestratorVersion: '1.33.9' })] },
      ['control-plane → 1.36.2 control-plane-version', 'pool/old → 1.36.2+new pool-version']],
    ['a pool that would be four minors behind goes first, the others follow the control plane', { pools: [samplePool('old', { currentOrchestratorVersion: '1.32.9', offeredVersions: ['1.33.9', '1.34.4', '1.35.5'] }), samplePool('sys')] },
      ['pool/old → 1.35.5+new pool-version', 'control-plane → 1.36.2 control-plane-version', 'pool/sys → 1.36.2+new pool-version', 'pool/old second-visit']],
    ['only what is offered is a step in between', { pools: [samplePool('old', { currentOrchestratorVersion: '1.32.9', offeredVersions: ['1.33.9', '1.33.11', '1.36.2'] })] },
      ['pool/old → 1.33.11+new pool-version', 'control-plane → 1.36.2 control-plane-version', 'pool/old second-visit']],
    ['what AKS offers is not known: the version of the control plane is taken', { pools: [samplePool('old', { currentOrchestratorVersion: '1.32.9' })] },
      ['pool/old → 1.35.5+new pool-version', 'control-plane → 1.36.2 control-plane-version', 'pool/old second-visit']],
    ['a first visit that stopped half-way is taken up', { pools: [samplePool('old', { currentOrchestratorVersion: '1.35.5', offeredVersions: [] })], nodes: { old: [running('1.35.5', newImage, 1), running('1.32.9', oldImage, 2)] } },
      ['pool/old → 1.35.5+new pool-version', 'control-plane → 1.36.2 control-plane-version', 'pool/old second-visit']],
    ['nothing that helps is offered: the control plane stays too', { pools: [samplePool('old', { currentOrchestratorVersion: '1.31.9', offeredVersions: ['1.32.9'] }), samplePool('sys')] },
      ['pool/sys → 1.35.5+new pool-node-image', 'pool/old version-skew', 'control-plane version-skew']],
  ];
  for (const [name, situation, wanted] of table) assert.deepEqual(outline(situation), wanted, name);
});

test('messages name what a person must know', () => {
  const message = (situation: Situation) => plan(situation).omitted[0]?.message ?? '';
  assert.match(message({ cluster: { autoUpgradeChannel: 'rapid' } }), /channel is rapid/);
  assert.match(message({ profile: { controlPlaneUpgrades: [] } }), /offers nothing/);
  assert.match(message({ profile: { controlPlaneUpgrades: ['1.35.6'] } }), /it offers 1\.35\.6/);
  assert.match(message({ profile: null }), /could not be read/);
  assert.match(message({ target: { ...both, kubernetesVersion: '1.38' } }), /ask for 1\.36 first/);
  assert.match(message({ opening: { ...opening, restriction: 'minor', reason: 'quarter end' } }), /quarter end/);
  assert.match(message({ pools: [samplePool('sys'), samplePool('old', { currentOrchestratorVersion: '1.31.9', offeredVersions: [] })] }), /AKS offers it no version/);
});

test('settings that change are planned whole, with an explicit surge, and the effective deadline', () => {
  const none = { maxSurge: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null };
  const pools = [samplePool('usr', { nodeCount: 20, upgradeSettings: { ...none, maxUnavailable: null } })];
  const [, usr] = plan({ pools }).units;
  assert.deepEqual(usr?.upgradeSettings, { ...none, maxUnavailable: null, maxSurge: '10%' });
  assert.deepEqual([usr?.surgeNodeCount, usr?.waves, usr?.drainTimeoutMinutes, usr?.undrainableNodeBehavior], [2, 10, 30, 'Schedule']);
});

test('a pool of which no node runs has no waves, takes a moment and keeps its settings', () => {
  const none = { maxSurge: null, maxUnavailable: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null };
  const pools = [samplePool('gpu', { powerState: 'Stopped', nodeCount: 4, upgradeSettings: none }), samplePool('burst', { nodeCount: 0 })];
  const [, burst, gpu] = plan({ pools }).units;
  assert.deepEqual([gpu?.nodeCount, gpu?.surgeNodeCount, gpu?.waves, gpu?.estimateMinutes, gpu?.upgradeSettings], [4, 0, 0, 2, null]);
  assert.deepEqual([burst?.nodeCount, burst?.waves, burst?.estimateMinutes], [0, 0, 2]);
});

test('a pool that needs two visits says which versions and when', () => {
  const { omitted } = plan({ pools: [samplePool('old', { currentOrchestratorVersion: '1.32.9' })] });
  assert.equal(omitted[0]?.message, 'old (1.32.9) must move before the control plane: it needs two visits, 1.35.5 in this window and 1.36.2 in the next.');
});

test('a spot pool is planned without surge and without a drain', () => {
  const pools = [samplePool('spot', { scaleSetPriority: 'Spot', nodeCount: 8 })];
  const [, spot] = plan({ pools }).units;
  assert.deepEqual([spot?.isSpot, spot?.surgeNodeCount, spot?.upgradeSettings, spot?.estimateMinutes], [true, 0, null, 40]);
});

test('a pool whose count Azure does not tell is planned by its nodes', () => {
  const [, usr] = plan({ pools: [samplePool('usr', { nodeCount: 0 })], nodes: { usr: [running('1.35.5', oldImage, 4)] } }).units;
  assert.equal(usr?.nodeCount, 4);
});

test('equal plans have one text, whatever order their fields were written in', () => {
  const made = plan({});
  const { clusterName, ...others } = made;
  const units = others.units.map(({ unit, from, ...rest }) => ({ ...rest, from: { nodeImageVersion: from.nodeImageVersion, kubernetesVersion: from.kubernetesVersion }, unit }));
  const turned = { ...others, units, clusterName };

  assert.notEqual(JSON.stringify(turned), JSON.stringify(made));
  assert.equal(canonicalPlanText(turned), canonicalPlanText(made));
  assert.notEqual(canonicalPlanText({ ...made, units: made.units.slice(1) }), canonicalPlanText(made));
  assert.match(canonicalPlanText(made), /^\{"clusterName":"shop","clusterResourceId":/);
});

test('a snapshot is counted into what planning needs', () => {
  const nodes = [sampleNode('usr-1'), sampleNode('usr-2'), sampleNode('usr-3', { imageVersion: newImage }), sampleNode('sys-1')];
  assert.deepEqual(countNodeVersions(nodes.slice(0, 3)), [running('1.35.5', oldImage, 2), running('1.35.5', newImage, 1)]);

  const state = planningStateOf(sampleSnapshot({ nodes }));
  assert.deepEqual(Object.keys(state.nodeVersions), ['sys', 'usr']);
  assert.deepEqual(state.nodeVersions['sys'], [running('1.35.5', oldImage, 1)]);
});
