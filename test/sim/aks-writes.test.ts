import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt, valueAt } from '../../domain/json.ts';
import { at, clusterId, poolPath, poolState, putPool, send, smallWorld, startImageUpgrade } from './small-cluster.ts';
import type { ClusterWorld } from '../../sim/cluster-world.ts';
import type { WireResponse } from '../../sim/wire.ts';

const putCluster = (world: ClusterWorld, minutes: number, change: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>> = {}): WireResponse => {
  const read = send(world.arm, minutes, 'GET', clusterId).body;
  return send(world.arm, minutes, 'PUT', clusterId, { location: 'westeurope', properties: { ...recordAt(read, 'properties'), ...change } }, headers);
};

test('the control plane alone is upgraded, and both version fields show the target at once', () => {
  const world = smallWorld();

  const started = putCluster(world, 0, { kubernetesVersion: '1.35.1' });
  const during = send(world.arm, 5, 'GET', clusterId).body;
  const after = send(world.arm, 15, 'GET', clusterId).body;

  assert.equal(started.status, 200);
  assert.match(started.headers['azure-asyncoperation'] ?? '', /^\/subscriptions\/.*\/operations\/[0-9a-f-]{36}\?api-version=/);
  assert.equal(started.headers['location'], undefined);
  assert.equal(valueAt(during, 'properties', 'provisioningState'), 'Upgrading');
  assert.equal(valueAt(during, 'properties', 'currentKubernetesVersion'), '1.35.1');
  assert.equal(valueAt(after, 'properties', 'provisioningState'), 'Succeeded');
  assert.equal(valueAt(send(world.kubernetes, 15, 'GET', '/version').body, 'gitVersion'), 'v1.35.1');
});

test('an aborted control-plane upgrade has not happened, and the same PUT takes it up again', () => {
  const world = smallWorld();
  const served = (minutes: number): unknown => valueAt(send(world.kubernetes, minutes, 'GET', '/version').body, 'gitVersion');
  putCluster(world, 0, { kubernetesVersion: '1.35.1' });

  const abort = send(world.arm, 3, 'POST', `${clusterId}/abort`);
  const canceled = valueAt(send(world.arm, 6, 'GET', clusterId).body, 'properties', 'provisioningState');
  const before = served(6);
  const again = putCluster(world, 6, { kubernetesVersion: '1.35.1' });

  assert.deepEqual([abort.status, canceled, before], [202, 'Canceled', 'v1.34.2']);
  assert.equal(valueAt(again.body, 'properties', 'provisioningState'), 'Upgrading');
  assert.equal(served(30), 'v1.35.1');
});

test('what AKS refuses of a cluster write', async (context) => {
  const cases: readonly [what: string, world: ClusterWorld, change: Readonly<Record<string, unknown>>, status: number, code: string, text: RegExp][] = [
    ['a version that is not offered', smallWorld(), { kubernetesVersion: '1.35.9' }, 400, 'K8sVersionNotSupported', /Upgrading Kubernetes version 1\.34\.2 to 1\.35\.9 is not allowed\. Available upgrades: \[1\.34\.4 1\.35\.1 1\.36\.0\]/],
    ['more than one minor', smallWorld(), { kubernetesVersion: '1.36.0' }, 400, 'K8sVersionNotSupported', /is not allowed/],
    ['the control plane alone while the channel is on', smallWorld({ cluster: { autoUpgradeProfile: { upgradeChannel: 'stable' } } }), { kubernetesVersion: '1.35.1' }, 400, 'NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged', /all specified or all unspecified/],
    ['pools of which only some name a version', smallWorld(), { kubernetesVersion: '1.35.1', agentPoolProfiles: [{ name: 'usr', orchestratorVersion: '1.34.2' }, { name: 'sys' }] }, 400, 'NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged', /all specified/],
    ['a full upgrade, which is not simulated', smallWorld(), { kubernetesVersion: '1.35.1', agentPoolProfiles: [{ name: 'usr', orchestratorVersion: '1.35.1' }, { name: 'sys', orchestratorVersion: '1.35.1' }] }, 501, 'NotImplementedBySimulation', /full upgrade/],
  ];
  for (const [what, world, change, status, code, text] of cases) {
    await context.test(what, () => {
      const answer = putCluster(world, 0, change);

      assert.equal(answer.status, status);
      assert.equal(valueAt(answer.body, 'code'), code);
      assert.match(String(valueAt(answer.body, 'message')), text);
      assert.equal(valueAt(send(world.arm, 0, 'GET', clusterId).body, 'properties', 'kubernetesVersion'), '1.34.2');
    });
  }
});

test('what AKS refuses of a pool write', async (context) => {
  const ahead = { cluster: { kubernetesVersion: '1.35.1', currentKubernetesVersion: '1.35.1' } };
  const cases: readonly [what: string, world: ClusterWorld, change: Readonly<Record<string, unknown>>, status: number, code: string, text: RegExp][] = [
    ['a version ahead of the control plane', smallWorld(), { orchestratorVersion: '1.35.1' }, 400, 'NodePoolMcVersionIncompatible', /incompatible/],
    ['an older version', smallWorld(), { orchestratorVersion: '1.33.9' }, 400, 'AgentPoolUpgradeVersionNotAllowed', /1\.34\.2 to 1\.33\.9 is not allowed/],
    ['a node image, which asks for a rollback', smallWorld(), { nodeImageVersion: 'AKSUbuntu-old' }, 400, 'InvalidParameter', /NodeImageVersion 'AKSUbuntu-old' is not accepted/],
    ['a mode in the wrong case', smallWorld(), { mode: 'user' }, 400, 'InvalidParameter', /mode/],
    ['a drain timeout under five minutes', smallWorld(), { upgradeSettings: { drainTimeoutInMinutes: 4 } }, 400, 'InvalidParameter', /drainTimeoutInMinutes/],
    ['an upgrade while a budget has maxUnavailable 0', smallWorld({ ...ahead, budget: { maxUnavailable: 0 } }), { orchestratorVersion: '1.35.1' }, 400, 'UnsatisfiablePDB', /PDB shop\/cart has maxunavailble == 0 can't proceed with put operation/],
    ['another node count, which is not simulated', smallWorld(), { count: 9 }, 501, 'NotImplementedBySimulation', /count/],
  ];
  for (const [what, world, change, status, code, text] of cases) {
    await context.test(what, () => {
      const answer = putPool(world, 0, change);

      assert.equal(answer.status, status);
      assert.equal(valueAt(answer.body, 'code'), code);
      assert.match(String(valueAt(answer.body, 'message')), text);
      assert.equal(poolState(world), 'Succeeded');
    });
  }
});

test('one operation at a time: the texts of 409', () => {
  const pool = smallWorld();
  startImageUpgrade(pool);
  const cluster = smallWorld();
  putCluster(cluster, 0, { kubernetesVersion: '1.35.1' });

  const samePool = startImageUpgrade(pool, 1);
  const clusterDuringPool = putCluster(pool, 1, { kubernetesVersion: '1.35.1' });
  const poolDuringCluster = startImageUpgrade(cluster, 1);
  const sameCluster = putCluster(cluster, 1, { kubernetesVersion: '1.35.1' });
  const otherPool = send(pool.arm, 1, 'POST', `${clusterId}/agentPools/sys/upgradeNodeImageVersion`);

  for (const answer of [samePool, clusterDuringPool, poolDuringCluster, sameCluster]) {
    assert.equal(answer.status, 409);
    assert.equal(valueAt(answer.body, 'code'), 'OperationNotAllowed');
    assert.match(String(valueAt(answer.body, 'message')), /aks-pending-operation/);
  }
  assert.match(String(valueAt(samePool.body, 'message')), /Another agentpool operation \(UpgradingNodeImageVersion\)/);
  assert.match(String(valueAt(clusterDuringPool.body, 'message')), /^Managed Cluster operation is not allowed: Another operation \(UpgradingNodeImageVersion\) is in progress on agent pool \(usr\)/);
  assert.match(String(valueAt(poolDuringCluster.body, 'message')), /managed cluster is in Provisioning State\(Upgrading\)/);
  assert.equal(otherPool.status, 202, 'separate pools may move together');
});

test('eTags: a stale one is 412, a pool operation changes the pool alone, a cluster operation all', () => {
  const world = smallWorld();
  const tags = (minutes: number): readonly unknown[] => [
    valueAt(send(world.arm, minutes, 'GET', clusterId).body, 'eTag'),
    valueAt(send(world.arm, minutes, 'GET', poolPath).body, 'properties', 'eTag'),
    valueAt(send(world.arm, minutes, 'GET', `${clusterId}/agentPools/sys`).body, 'properties', 'eTag'),
  ];
  const before = tags(0);

  const stale = putPool(world, 0, { upgradeSettings: { maxSurge: '2' } }, { 'if-match': 'no-such-tag' });
  const fresh = putPool(world, 0, { upgradeSettings: { maxSurge: '2' } }, { 'if-match': String(before[1]) });
  const afterPool = tags(5);
  putCluster(world, 5, { kubernetesVersion: '1.35.1' }, { 'if-match': String(afterPool[0]) });
  const afterCluster = tags(30);

  assert.equal(stale.status, 412);
  assert.equal(valueAt(stale.body, 'code'), 'PreConditionFailed');
  assert.equal(fresh.status, 200);
  assert.equal(valueAt(fresh.body, 'properties', 'provisioningState'), 'Updating');
  assert.equal(afterPool[0], before[0]);
  assert.notEqual(afterPool[1], before[1]);
  assert.equal(afterPool[2], before[2]);
  assert.ok(afterCluster.every((tag, index) => tag !== afterPool[index]));
});

test('the same PUT after success changes nothing and starts nothing', () => {
  const world = smallWorld({ cluster: { kubernetesVersion: '1.35.1', currentKubernetesVersion: '1.35.1' } });
  putPool(world, 0, { orchestratorVersion: '1.35.1' });
  world.advance(at(120));

  const again = putPool(world, 120, { orchestratorVersion: '1.35.1' });

  assert.equal(again.status, 200);
  assert.equal(again.headers['azure-asyncoperation'], undefined);
  assert.equal(valueAt(again.body, 'properties', 'provisioningState'), 'Succeeded');
});

test('upgrade profiles come as real AKS sends them: null pools, the newest image, what was used before', () => {
  const world = smallWorld();
  startImageUpgrade(world);
  world.advance(at(120));

  const cluster = send(world.arm, 120, 'GET', `${clusterId}/upgradeProfiles/default`).body;
  const pool = send(world.arm, 120, 'GET', `${poolPath}/upgradeProfiles/default`).body;

  assert.equal(valueAt(cluster, 'properties', 'agentPoolProfiles'), null);
  assert.deepEqual(valueAt(cluster, 'properties', 'controlPlaneProfile', 'upgrades'), [{ kubernetesVersion: '1.34.4' }, { kubernetesVersion: '1.35.1' }, { kubernetesVersion: '1.36.0' }]);
  assert.equal(valueAt(pool, 'properties', 'latestNodeImageVersion'), 'AKSUbuntu-2204gen2containerd-202611.15.0');
  const used = valueAt(pool, 'properties', 'recentlyUsedVersions');
  assert.ok(Array.isArray(used) && valueAt(used[0], 'nodeImageVersion') === 'AKSUbuntu-2204gen2containerd-202610.06.0');
});

test('two shapes of 404, and loud refusals for what is not simulated', () => {
  const world = smallWorld();

  const cluster = send(world.arm, 0, 'GET', clusterId.replace('shop-aks', 'other'));
  const pool = send(world.arm, 0, 'GET', `${clusterId}/agentPools/none`);
  const machines = send(world.arm, 0, 'GET', `${poolPath}/machines`);

  assert.equal(valueAt(cluster.body, 'error', 'code'), 'ResourceNotFound');
  assert.equal(cluster.headers['x-ms-failure-cause'], 'gateway');
  assert.equal(valueAt(pool.body, 'code'), 'NotFound');
  assert.equal(machines.status, 501);
});

test('scripted answers are used up one by one and change nothing; foreign operations are in the way until they end', () => {
  const world = smallWorld();
  world.perturb(at(0), { kind: 'scripted-reply', service: 'arm', requests: 'writes', times: 1, reply: { status: 429, code: 'Throttled', message: 'slower', retryAfterSeconds: 60 } });

  const throttled = startImageUpgrade(world, 0);
  const state = poolState(world);
  world.perturb(at(1), { kind: 'foreign-operation', pool: 'usr', operation: 'Scaling', minutes: 5, by: 'someone' });
  const during = startImageUpgrade(world, 2);
  const after = startImageUpgrade(world, 7);

  assert.equal(throttled.status, 429);
  assert.equal(throttled.headers['retry-after'], '60');
  assert.equal(state, 'Succeeded');
  assert.equal(during.status, 409);
  assert.equal(after.status, 202);
});
