import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRelease, podsToMove, refuseRelease } from '../../domain/release-node.ts';
import { newImage, oldImage, sampleBudget, sampleCluster, sampleNode, samplePod, samplePool, sampleSnapshot } from './cluster-samples.ts';

const setAside = sampleNode('usr-2', { isCordoned: true, isQuarantined: true });
const others = ['usr-1', 'usr-3'].map((name) => sampleNode(name, { imageVersion: newImage }));
const failed = samplePool('usr', { provisioningState: 'Failed' });
const web = ['shop/web-1', 'shop/web-2'].map((name) => samplePod(name, { nodeName: 'usr-2' }));
const snapshot = sampleSnapshot({ nodePools: [failed], nodes: [setAside, ...others], pods: web });
const none = new Map();

test('a node that may not be released, each with the reason and the next step', async (context) => {
  const cases: readonly [what: string, change: Parameters<typeof sampleSnapshot>[0], node: string, code: string, remedy: RegExp][] = [
    ['of a stopped cluster', { cluster: sampleCluster({ powerState: 'Stopped' }) }, 'usr-2', 'cluster-stopped', /Start the cluster/],
    ['that is not there', {}, 'usr-9', 'node-missing', /Those that carry it: usr-2\./],
    ['without the label', {}, 'usr-1', 'not-quarantined', /Those that carry it: usr-2\./],
    ['of no pool Azure knows', { nodePools: [samplePool('sys')] }, 'usr-2', 'node-without-pool', /agentpool/],
    ['that another drainer moves', { nodes: [{ ...setAside, annotations: { 'weave.works/kured-reboot-in-progress': 'x' } }] }, 'usr-2', 'cordoned-by-others', /Wait/],
    ['while Azure is at work on its pool', { nodePools: [samplePool('usr', { provisioningState: 'Upgrading' })] }, 'usr-2', 'operation-under-way', /ended/],
    ['while Azure is at work on the cluster', { cluster: sampleCluster({ provisioningState: 'Updating' }) }, 'usr-2', 'operation-under-way', /ended/],
  ];
  for (const [what, change, node, code, remedy] of cases) {
    await context.test(what, () => {
      const refused = refuseRelease({ ...snapshot, ...change }, node);
      assert.equal(refused?.code, code);
      assert.match(refused?.remedy ?? '', remedy);
      assert.equal(judgeRelease({ ...snapshot, ...change }, node, none).kind, 'refused');
    });
  }
});

test('a node whose pods can all leave may be released, and the answer knows what is on it', () => {
  const judged = judgeRelease(snapshot, 'usr-2', none);
  assert.deepEqual(judged, { kind: 'ready', node: 'usr-2', pool: 'usr', kubeletVersion: '1.35.5', imageVersion: oldImage, isCordoned: true, provisioningState: 'Failed', podsCount: 2 });
});

test('static, DaemonSet, finished and terminating pods are not to move', () => {
  const pods = [
    samplePod('shop/static', { nodeName: 'usr-2', isMirror: true }),
    samplePod('shop/agent', { nodeName: 'usr-2', owner: { kind: 'DaemonSet', name: 'agent', uid: 'a' } }),
    samplePod('shop/done', { nodeName: 'usr-2', phase: 'Succeeded' }),
    samplePod('shop/going', { nodeName: 'usr-2', deletionTimestamp: 1 }),
    samplePod('shop/elsewhere', { nodeName: 'usr-1' }),
    samplePod('shop/web-1', { nodeName: 'usr-2' }),
  ];
  assert.deepEqual(podsToMove({ pods }, 'usr-2').map(({ name }) => name), ['web-1']);
});

test('the API server decides; the budget decides only where it was not asked', async (context) => {
  const tight = { ...snapshot, disruptionBudgets: [sampleBudget('shop/web', { minAvailable: 3, status: { disruptionsAllowed: 0, desiredHealthy: 3 } })] };
  const refusal = { status: 429, message: 'needs 3 healthy pods and has 3 currently' };
  const cases: readonly [what: string, answers: readonly (readonly [string, { status: number; message: string }])[], expected: RegExp | 'ready'][] = [
    ['not asked: the budget refuses', [], /shop\/web-1 \(shop\/web\).*shop\/web-2/],
    ['asked: it lets both go', [['uid-web-1', { status: 201, message: '' }], ['uid-web-2', { status: 201, message: '' }]], 'ready'],
    ['asked: one is gone by now', [['uid-web-1', { status: 404, message: 'not found' }], ['uid-web-2', { status: 409, message: 'another one' }]], 'ready'],
    ['asked: one is refused', [['uid-web-1', { status: 201, message: '' }], ['uid-web-2', refusal]], /shop\/web-2 \(shop\/web\): needs 3 healthy pods/],
    ['asked: a webhook denies', [['uid-web-1', { status: 403, message: 'denied by guard' }], ['uid-web-2', { status: 201, message: '' }]], /denied by guard/],
    ['asked: two budgets', [['uid-web-1', { status: 500, message: 'more than one' }], ['uid-web-2', { status: 201, message: '' }]], /more than one/],
  ];
  for (const [what, answers, expected] of cases) {
    await context.test(what, () => {
      const judged = judgeRelease(tight, 'usr-2', new Map(answers));
      if (expected === 'ready') return assert.equal(judged.kind, 'ready');
      assert.ok(judged.kind === 'refused' && judged.code === 'still-blocked');
      assert.match(judged.message, expected);
    });
  }
});

test('of many refused pods five are named and the rest is counted', () => {
  const pods = Array.from({ length: 8 }, (_, index) => samplePod(`shop/web-${index}`, { nodeName: 'usr-2' }));
  const answers = new Map(pods.map(({ uid }) => [uid, { status: 429, message: 'no' }]));
  const judged = judgeRelease({ ...snapshot, pods }, 'usr-2', answers);
  assert.ok(judged.kind === 'refused');
  assert.match(judged.message, /web-4.*And 3 more pods\./);
  assert.doesNotMatch(judged.message, /web-5/);
});
