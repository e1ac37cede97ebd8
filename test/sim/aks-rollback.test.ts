import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt, textAt, valueAt } from '../../domain/json.ts';
import type { ClusterWorld } from '../../sim/cluster-world.ts';
import type { WireResponse } from '../../sim/wire.ts';
import { clusterId, describeNodes, newImage, poolPath, poolState, putPool, send, smallWorld, startImageUpgrade } from './small-cluster.ts';

const DAY = 24 * 60;
const oldImage = 'AKSUbuntu-2204gen2containerd-202610.06.0';
const used = (world: ClusterWorld, minutes: number): unknown => valueAt(send(world.arm, minutes, 'GET', `${poolPath}/upgradeProfiles/default`).body, 'properties', 'recentlyUsedVersions');
const back = (world: ClusterWorld, minutes: number, image = oldImage): WireResponse => putPool(world, minutes, { orchestratorVersion: '1.34.2', nodeImageVersion: image });

/** A world whose pool moved to the newest image and is at rest after 60 minutes. */
function upgradedWorld(cluster: Readonly<Record<string, unknown>> = {}): ClusterWorld {
  const world = smallWorld({ cluster });
  startImageUpgrade(world);
  send(world.arm, 60, 'GET', clusterId);
  assert.equal(poolState(world), 'Succeeded');
  return world;
}

test('a PUT with the image used last takes every node back, and there is no second step', () => {
  const world = upgradedWorld();
  const started = back(world, 61);
  assert.equal(started.status, 200);
  assert.match(started.headers['azure-asyncoperation'] ?? '', /operations/);
  const after = send(world.arm, 180, 'GET', poolPath).body;

  assert.equal(valueAt(after, 'properties', 'provisioningState'), 'Succeeded');
  assert.equal(valueAt(after, 'properties', 'nodeImageVersion'), oldImage);
  assert.deepEqual(describeNodes(world), ['00 old', '01 old', '02 old']);
  assert.equal(used(world, 180), undefined);
  assert.equal(back(world, 181, newImage).status, 400);
});

test('a rollback takes version and image back together', () => {
  const world = smallWorld({ cluster: { kubernetesVersion: '1.35.1', currentKubernetesVersion: '1.35.1' } });
  putPool(world, 0, { orchestratorVersion: '1.35.1' });
  send(world.arm, 60, 'GET', clusterId);
  assert.deepEqual(
    (Array.isArray(used(world, 60)) ? [used(world, 60)].flat() : []).map((each) => [textAt(each, 'orchestratorVersion'), textAt(each, 'nodeImageVersion')]),
    [['1.34.2', oldImage]],
  );
  assert.equal(putPool(world, 61, { orchestratorVersion: '1.34.2' }).status, 400, 'a version alone is a downgrade');
  assert.equal(back(world, 61).status, 200);
  const after = recordAt(send(world.arm, 180, 'GET', poolPath).body, 'properties');
  assert.deepEqual([after['orchestratorVersion'], after['currentOrchestratorVersion'], after['nodeImageVersion'], after['provisioningState']], ['1.34.2', '1.34.2', oldImage, 'Succeeded']);
});

test('what AKS refuses of a rollback', async (context) => {
  const channel = { autoUpgradeProfile: { upgradeChannel: 'stable', nodeOSUpgradeChannel: 'None' } };
  const cases: readonly [what: string, answer: () => WireResponse, code: string, text: RegExp][] = [
    ['after seven days', () => back(upgradedWorld(), 7 * DAY + 61), 'InvalidParameter', /can only be current version/],
    ['to an image it did not use', () => back(upgradedWorld(), 61, 'AKSUbuntu-2204gen2containerd-202609.01.0'), 'InvalidParameter', /is not accepted/],
    ['to another version than the image had', () => putPool(upgradedWorld(), 61, { orchestratorVersion: '1.33.5', nodeImageVersion: oldImage }), 'InvalidParameter', /is not accepted/],
    ['while the channel is on', () => back(upgradedWorld(channel), 61), 'OperationNotAllowed', /auto upgrade channel 'stable'/],
  ];
  for (const [what, ask, code, text] of cases) {
    await context.test(what, () => {
      const answer = ask();
      assert.deepEqual([answer.status, valueAt(answer.body, 'code')], [400, code]);
      assert.match(String(valueAt(answer.body, 'message')), text);
    });
  }
});
