import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isSameResource,
  nodePoolOfId,
  readCluster,
  readNodePoolOffers,
  readRecentlyUsedVersions,
  readNodePool,
  readNodePools,
  readUpgradeProfile,
} from '../../domain/azure-resource.ts';
import { at, resourceId } from './cluster-samples.ts';

const outer = { id: resourceId, name: 'shop', location: 'westeurope', sku: { name: 'Base', tier: 'Standard' } };
const properties = {
  provisioningState: 'Succeeded',
  powerState: { code: 'Running' },
  kubernetesVersion: '1.35',
  currentKubernetesVersion: '1.35.5',
  nodeResourceGroup: 'mc_shop',
  autoUpgradeProfile: { upgradeChannel: 'stable', nodeOSUpgradeChannel: 'NodeImage' },
  upgradeSettings: { overrideSettings: { forceUpgrade: true, until: '2026-12-01T08:00:00Z' } },
  agentPoolProfiles: [{ name: 'sys', count: 3, mode: 'System', orchestratorVersion: '1.35.5' }],
};

const wanted = {
  resourceId,
  name: 'shop',
  location: 'westeurope',
  provisioningState: 'Succeeded',
  powerState: 'Running',
  kubernetesVersion: '1.35',
  currentKubernetesVersion: '1.35.5',
  autoUpgradeChannel: 'stable',
  nodeOsUpgradeChannel: 'NodeImage',
  forceUpgradeUntil: at('2026-12-01T08:00:00Z'),
  nodeResourceGroup: 'mc_shop',
  tier: 'Standard',
  eTag: null,
  provisioningError: null,
  access: { reach: 'public', signIn: 'certificates', judge: 'kubernetes-rbac', localAccounts: 'on' },
};

test('a cluster reads the same from ARM and from az, which flattens the properties', () => {
  const flat = { ...outer, ...properties, autoUpgradeProfile: { upgradeChannel: 'stable', nodeOsUpgradeChannel: 'NodeImage' } };
  for (const document of [{ ...outer, properties }, flat]) assert.deepEqual(readCluster(document), { ok: true, value: wanted });
});

test('states and channels nobody listed are kept as text', () => {
  const read = readCluster({ ...outer, properties: { ...properties, provisioningState: 'ReconcilingMoons', autoUpgradeProfile: { upgradeChannel: 'comet' } } });
  assert.ok(read.ok);
  assert.deepEqual([read.value.provisioningState, read.value.autoUpgradeChannel, read.value.nodeOsUpgradeChannel], ['ReconcilingMoons', 'comet', null]);
});

test('a forced upgrade is armed only with both its switch and its end', () => {
  const until = (overrideSettings: unknown) => {
    const read = readCluster({ ...outer, properties: { ...properties, upgradeSettings: { overrideSettings } } });
    return read.ok ? read.value.forceUpgradeUntil : read.faults[0]?.where;
  };
  assert.equal(until({ forceUpgrade: false, until: '2026-12-01T08:00:00Z' }), null);
  assert.equal(until({ forceUpgrade: true }), null);
  assert.equal(until({ forceUpgrade: true, until: 'soon' }), 'properties.upgradeSettings.overrideSettings.until');
});

test('every missing field of a cluster is named with its path', () => {
  const read = readCluster({ name: '', properties: { kubernetesVersion: 1.35 } });
  assert.ok(!read.ok);
  assert.deepEqual(read.faults.map(({ where }) => where).sort(), ['id', 'name', 'properties.kubernetesVersion', 'properties.provisioningState']);
  for (const document of [null, 'x', []]) assert.ok(!readCluster(document).ok);
});

test('node pools read the same from an ARM list, a bare list, az and the cluster itself', () => {
  const pool = { name: 'usr', count: 4, mode: 'User', orchestratorVersion: '1.35', currentOrchestratorVersion: '1.35.5', upgradeSettings: { maxSurge: '33%', maxBlockedNodes: '2' } };
  const { name, ...inner } = pool;
  const arm = { id: 'x', name, properties: inner };
  const sources = [readNodePools([arm]), readNodePools({ value: [arm] }), readNodePools([pool]), readNodePools(null, { properties: { agentPoolProfiles: [pool] } })];
  for (const read of sources) {
    assert.ok(read.ok);
    const [only] = read.value;
    assert.deepEqual([only?.name, only?.mode, only?.nodeCount, only?.currentOrchestratorVersion, only?.latestNodeImageVersion], ['usr', 'User', 4, '1.35.5', null]);
    assert.deepEqual(only?.upgradeSettings, { maxSurge: '33%', maxUnavailable: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null });
  }
});

test('what a pool does not say, or says in words unknown to us, gets the cautious reading', () => {
  const read = readNodePool({
    name: 'p',
    properties: {
      count: null,
      virtualMachineNodesStatus: [{ count: 2 }, { count: 1 }],
      mode: 'Blue',
      scaleSetPriority: 'spot',
      orchestratorVersion: '1.35.5',
      upgradeSettings: { maxSurge: '', undrainableNodeBehavior: 'Ponder' },
      status: { provisioningError: { code: 'UpgradeFailed', message: 'Drain failed' } },
    },
  });
  assert.ok(read.ok);
  const { nodeCount, mode, scaleSetPriority, powerState, upgradeSettings, currentOrchestratorVersion, provisioningError } = read.value;
  assert.deepEqual([nodeCount, mode, scaleSetPriority, powerState, currentOrchestratorVersion], [3, 'User', 'Spot', 'Running', '1.35.5']);
  assert.deepEqual([upgradeSettings.maxSurge, upgradeSettings.undrainableNodeBehavior], [null, null]);
  assert.deepEqual(provisioningError, { code: 'UpgradeFailed', message: 'Drain failed' });
});

test('faults of a pool list carry the place in the list', () => {
  const read = readNodePools([{ name: 'ok', properties: { orchestratorVersion: '1.35.5' } }, { name: 'b', properties: {} }, 7]);
  assert.ok(!read.ok);
  assert.deepEqual(read.faults.map(({ where }) => where), ['[1].properties.orchestratorVersion', '[2]']);
  assert.ok(!readNodePools('x').ok);
  assert.ok(!readNodePools(null, {}).ok);
});

test('an upgrade profile offers released versions in order, with the null lists that AKS really sends', () => {
  const profile = (upgrades: unknown) => ({ id: 'x', properties: { controlPlaneProfile: { kubernetesVersion: '1.35.5', upgrades }, agentPoolProfiles: null } });
  const offered = [{ kubernetesVersion: '1.36.10' }, { kubernetesVersion: '1.37.0', isPreview: true }, { kubernetesVersion: '1.36.9', isPreview: null }, { kubernetesVersion: '1.35.6' }];
  assert.deepEqual(readUpgradeProfile(profile(offered)), { ok: true, value: { controlPlaneUpgrades: ['1.35.6', '1.36.9', '1.36.10'] } });
  assert.deepEqual(readUpgradeProfile(profile(null)), { ok: true, value: { controlPlaneUpgrades: [] } });
  const flat = { agentPoolProfiles: null, controlPlaneProfile: { upgrades: [{ kubernetesVersion: '1.36.2' }] } };
  assert.deepEqual(readUpgradeProfile(flat), { ok: true, value: { controlPlaneUpgrades: ['1.36.2'] } });
  for (const document of [null, {}, { properties: {} }]) assert.ok(!readUpgradeProfile(document).ok);
});

test('what AKS offers a pool is read from both shapes: the newest image or null, and the released versions in order', () => {
  const upgrades = [{ kubernetesVersion: '1.33.7' }, { kubernetesVersion: '1.32.10' }, { kubernetesVersion: '1.34.0', isPreview: true }];
  const value = { latestNodeImageVersion: 'A-1', offeredVersions: ['1.32.10', '1.33.7'] };
  assert.deepEqual(readNodePoolOffers({ properties: { latestNodeImageVersion: 'A-1', upgrades } }), { ok: true, value });
  assert.deepEqual(readNodePoolOffers({ latestNodeImageVersion: 'A-1', upgrades }), { ok: true, value });
  assert.deepEqual(readNodePoolOffers({ properties: { upgrades: null } }), { ok: true, value: { latestNodeImageVersion: null, offeredVersions: [] } });
  assert.ok(!readNodePoolOffers([]).ok);
});

test('what a pool ran before, newest first; what names no version or image is no place to go back to', () => {
  const recentlyUsedVersions = [
    { orchestratorVersion: '1.33.5', nodeImageVersion: 'A-1', timestamp: '2026-11-01T00:00:00Z' },
    { orchestratorVersion: '1.34.2', nodeImageVersion: 'A-2', timestamp: '2026-11-20T00:00:00Z' },
    { orchestratorVersion: '1.34.2', nodeImageVersion: null, timestamp: '2026-11-21T00:00:00Z' },
    { nodeImageVersion: 'A-0', timestamp: 'no moment' },
  ];
  const read = readRecentlyUsedVersions({ properties: { recentlyUsedVersions } });

  assert.deepEqual(read, {
    ok: true,
    value: [
      { kubernetesVersion: '1.34.2', nodeImageVersion: 'A-2', usedAt: Date.parse('2026-11-20T00:00:00Z') },
      { kubernetesVersion: '1.33.5', nodeImageVersion: 'A-1', usedAt: Date.parse('2026-11-01T00:00:00Z') },
    ],
  });
  assert.deepEqual(readRecentlyUsedVersions({ properties: {} }), { ok: true, value: [] });
  assert.ok(!readRecentlyUsedVersions('no profile').ok);
});

test('resource ids are compared and cut whatever their case', () => {
  assert.ok(isSameResource('/subscriptions/S/resourceGroups/Rg', '/subscriptions/s/resourcegroups/rg'));
  assert.ok(!isSameResource('/a', '/b'));
  assert.equal(nodePoolOfId(`${resourceId}/agentPools/usr/upgradeProfiles/default`), 'usr');
  assert.equal(nodePoolOfId(`${resourceId}/agentpools/usr`), 'usr');
  assert.equal(nodePoolOfId(resourceId), null);
});
