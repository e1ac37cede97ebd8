import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CleanUpJudgment, CleanUpRequest } from '../../domain/clean-up.ts';
import type { ClusterSnapshot, RecentlyUsedVersion } from '../../domain/cluster-snapshot.ts';
import { judgeIntent, type CleanUpQuestion } from '../../domain/judge-clean-up.ts';
import { judgeResolve } from '../../domain/resolve-pool.ts';
import { judgeRollback } from '../../domain/roll-back-pool.ts';
import { at, newImage, oldImage, opening, sampleBudget, sampleCluster, sampleNode, samplePod, samplePolicy, samplePool, sampleSnapshot, sampleWorkload } from './cluster-samples.ts';

const takenAt = at('2026-11-21T22:00Z');
const request: CleanUpRequest = { verb: 'resolve', target: 'usr', outsideWindow: null, by: 'chief', decisionId: 'comment-1', comment: null };

/** Pool `usr` stopped half-way: one node is new, two are old. */
const halfWay: Partial<ClusterSnapshot> = {
  takenAt,
  cluster: sampleCluster({ provisioningState: 'Failed' }),
  nodePools: [samplePool('sys', { nodeImageVersion: newImage }), samplePool('usr', { provisioningState: 'Failed' })],
  nodes: [...['sys-1', 'sys-2', 'sys-3', 'usr-1'].map((name) => sampleNode(name, { imageVersion: newImage })), sampleNode('usr-2'), sampleNode('usr-3')],
};

function questionOf(change: Partial<ClusterSnapshot> = {}, more: Partial<CleanUpQuestion> = {}): CleanUpQuestion {
  return { request, policy: samplePolicy(), snapshot: sampleSnapshot({ ...halfWay, ...change }), opening, freeze: null, acknowledgements: [], ...more };
}

function resolve(change: Partial<ClusterSnapshot> = {}, more: Partial<CleanUpQuestion> = {}): CleanUpJudgment {
  const question = questionOf(change, more);
  return judgeIntent(question, judgeResolve(question));
}

const usedBefore: RecentlyUsedVersion = { kubernetesVersion: '1.34.2', nodeImageVersion: oldImage, usedAt: at('2026-11-20T22:00Z') };
const upgraded: Partial<ClusterSnapshot> = {
  takenAt,
  nodePools: [samplePool('usr', { nodeImageVersion: newImage })],
  nodes: ['usr-1', 'usr-2', 'usr-3'].map((name) => sampleNode(name, { imageVersion: newImage })),
};

function rollBack(change: Partial<ClusterSnapshot> = {}, more: Partial<CleanUpQuestion> = {}, used: readonly RecentlyUsedVersion[] = [usedBefore]): CleanUpJudgment {
  const question = questionOf({ ...upgraded, cluster: sampleCluster(), ...change }, { request: { ...request, verb: 'rollback' }, ...more });
  return judgeIntent(question, judgeRollback(question, used));
}

function unitsOf(judged: CleanUpJudgment): readonly string[] {
  assert.equal(judged.kind, 'ready', JSON.stringify(judged));
  return judged.kind === 'ready' ? judged.units.map(({ unit, action, to }) => `${unit} ${action} ${to.kubernetesVersion} ${to.nodeImageVersion ?? '-'}`) : [];
}

test('resolve of a stopped pool is the same request once more, and says how many nodes it may move', () => {
  const judged = resolve();
  assert.deepEqual(unitsOf(judged), [`pool/usr pool-version 1.35.5 ${newImage}`]);
  assert.ok(judged.kind === 'ready');
  assert.deepEqual([judged.opens, judged.closes], [opening.opens, opening.closes]);
  assert.match(judged.will.join(' '), /usr at 1\.35\.5, unchanged \(now Failed\).*up to 2 nodes are drained and re-imaged/);
  assert.equal(judged.units[0]?.upgradeSettings, null, 'settings stay as they are');
});

test('resolve of the cluster takes each pool that Azure does not call Succeeded, and the control plane only where no pool explains its state', () => {
  const whole = { request: { ...request, target: null } };
  assert.deepEqual(unitsOf(resolve({}, whole)), [`pool/usr pool-version 1.35.5 ${newImage}`]);
  const both = [samplePool('sys', { provisioningState: 'Canceled' }), samplePool('usr', { provisioningState: 'Failed' })];
  assert.deepEqual(unitsOf(resolve({ nodePools: both }, whole)).map((unit) => unit.split(' ')[0]), ['pool/sys', 'pool/usr']);
  const well = [samplePool('sys', { nodeImageVersion: newImage }), samplePool('usr', { nodeImageVersion: newImage })];
  assert.deepEqual(unitsOf(resolve({ nodePools: well }, whole)), ['control-plane control-plane-version 1.35.5 -']);
  assert.equal(resolve({ nodePools: well, cluster: sampleCluster() }, whole).kind, 'nothing-to-do');
});

test('what resolve refuses, each with the reason and the next step', async (context) => {
  const quarantined = [sampleNode('usr-2', { isQuarantined: true, isCordoned: true }), sampleNode('usr-1', { imageVersion: newImage })];
  const cases: readonly [what: string, change: Partial<ClusterSnapshot>, code: string, text: RegExp][] = [
    ['an unknown pool', { nodePools: [samplePool('sys')] }, 'pool-missing', /It has: sys\./],
    ['a pool with quarantined nodes', { nodes: quarantined }, 'quarantined-nodes', /usr-2.*release usr-2/],
    ['a pool Azure is at work on', { nodePools: [samplePool('usr', { provisioningState: 'Upgrading' })] }, 'operation-under-way', /Upgrading/],
    ['a cluster Azure is at work on', { cluster: sampleCluster({ provisioningState: 'Updating' }) }, 'operation-under-way', /Updating/],
    ['a stopped cluster', { cluster: sampleCluster({ powerState: 'Stopped' }) }, 'cluster-stopped', /Start/],
    ['a stopped pool', { nodePools: [samplePool('usr', { provisioningState: 'Failed', powerState: 'Stopped' })] }, 'pool-stopped', /Start the pool/],
    ['while a forced upgrade is armed', { cluster: sampleCluster({ forceUpgradeUntil: takenAt + 1 }) }, 'force-override-active', /disable-force-upgrade/],
    ['a pool that Azure calls Succeeded although nodes are old', { nodePools: [samplePool('usr')] }, 'already-succeeded', /2 of its 3 nodes.*The next window/],
  ];
  for (const [what, change, code, text] of cases) {
    await context.test(what, () => {
      const judged = resolve(change);
      assert.ok(judged.kind === 'refused', JSON.stringify(judged));
      assert.equal(judged.code, code);
      assert.match(`${judged.message} ${judged.remedy}`, text);
    });
  }
  await context.test('an expired force does not hold', () => assert.equal(resolve({ cluster: sampleCluster({ provisioningState: 'Failed', forceUpgradeUntil: takenAt }) }).kind, 'ready'));
});

test('nodes are moved in an open window that has the time, or outside one for a reason that is told', async (context) => {
  const late = opening.closes - 10 * 60_000;
  const outside = { request: { ...request, outsideWindow: 'checkout is down' } };
  const cases: readonly [what: string, judged: CleanUpJudgment, expected: string][] = [
    ['in the window', resolve(), 'ready'],
    ['no window is open', resolve({}, { opening: null }), 'window-closed'],
    ['too little of it is left', resolve({ takenAt: late }), 'window-too-short'],
    ['outside, with a reason', resolve({}, { opening: null, ...outside }), 'ready'],
    ['too little left, with a reason', resolve({ takenAt: late }, outside), 'ready'],
    ['frozen, in the window', resolve({}, { freeze: { who: 'lead', why: 'audit', until: null } }), 'frozen'],
    ['frozen, with a reason', resolve({}, { freeze: { who: 'lead', why: 'audit', until: null }, ...outside }), 'frozen'],
  ];
  for (const [what, judged, expected] of cases) {
    await context.test(what, () => assert.equal(judged.kind === 'refused' ? judged.code : judged.kind, expected));
  }
  const closed = resolve({}, { opening: null });
  assert.match(closed.kind === 'refused' ? `${closed.message} ${closed.remedy}` : '', /It opens next Sat 28 Nov 22:00 \(21:00Z\).*--outside-window "reason"/);
  const told = resolve({}, { opening: null, ...outside });
  assert.ok(told.kind === 'ready' && told.opens === takenAt && told.closes > takenAt + told.units.length);
  assert.match(told.will.join(' '), /outside the maintenance window, because chief says: checkout is down/);
  const inside = resolve({}, outside);
  assert.doesNotMatch(inside.kind === 'ready' ? inside.will.join(' ') : '', /outside/);
});

test('what would block the drains refuses, told with its remedy; what the clean-up is for does not', () => {
  const tight = sampleBudget('shop/web', { maxUnavailable: 0, status: { disruptionsAllowed: 0, desiredHealthy: 3 } });
  const pods = ['usr-1', 'usr-2', 'usr-3'].map((nodeName, index) => samplePod(`shop/web-${index}`, { nodeName }));
  const blocked = { pods, disruptionBudgets: [tight], workloads: [sampleWorkload('shop/web', 3)] };
  for (const judged of [resolve(blocked), rollBack(blocked)]) {
    assert.ok(judged.kind === 'refused', JSON.stringify(judged));
    assert.equal(judged.code, 'preflight-blocks');
    assert.match(judged.message, /PDB_STRUCTURAL shop\/web/);
    assert.notEqual(judged.remedy, '');
  }
  const elsewhere = resolve({ ...blocked, pods: pods.map((pod, index) => ({ ...pod, nodeName: `sys-${index + 1}` })) });
  assert.equal(elsewhere.kind, 'ready', 'a budget of another pool is in nobody’s way');
});

test('a node whose label was taken off and that could still not drain refuses its pool, although the ledger tells the cause', () => {
  const released = [sampleNode('usr-1', { imageVersion: newImage }), sampleNode('usr-2', { isCordoned: true }), sampleNode('usr-3', { imageVersion: newImage })];
  const judged = resolve({
    nodes: released,
    openDebts: [{ node: 'usr-2', since: takenAt, who: 'shop-20261114T2100Z' }],
    pods: [samplePod('shop/web-1', { nodeName: 'usr-2' })],
    disruptionBudgets: [sampleBudget('shop/web', { maxUnavailable: 0, status: { disruptionsAllowed: 0, desiredHealthy: 1, currentHealthy: 1, expectedPods: 1 } })],
    workloads: [sampleWorkload('shop/web', 1)],
  });
  assert.ok(judged.kind === 'refused' && judged.code === 'preflight-blocks', JSON.stringify(judged));
  assert.match(judged.message, /OPEN_DEBT_SAME_CAUSE usr-2/);
});

test('a rollback goes back one step, to exactly what the pool ran before', () => {
  const older = { kubernetesVersion: '1.33.1', nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202608.01.0', usedAt: at('2026-11-16T22:00Z') };
  const judged = rollBack({}, {}, [usedBefore, older]);
  assert.deepEqual(unitsOf(judged), [`pool/usr pool-rollback 1.34.2 ${oldImage}`]);
  assert.ok(judged.kind === 'ready');
  assert.equal(judged.units[0]?.to.isExact, true);
  assert.match(judged.will.join(' '), /usr goes back from 1\.35\.5 .* to 1\.34\.2 .*all 3 nodes/);
  assert.match(judged.remains.join(' '), /control plane stays at 1\.35\.5.*no second step back.*newest node image.*Sat 28 Nov.*upgrades usr again/);
});

test('a rollback warns of what would roll the pool forward again', () => {
  const keeps = rollBack({}, { policy: samplePolicy({ target: { kubernetesVersion: null, nodeImage: 'keep' } }) });
  assert.doesNotMatch(keeps.kind === 'ready' ? keeps.remains.join(' ') : '', /upgrades usr again/);
  const channel = rollBack({ cluster: sampleCluster({ nodeOsUpgradeChannel: 'NodeImage' }) });
  assert.match(channel.kind === 'ready' ? channel.remains.join(' ') : '', /node OS channel \(NodeImage\) may roll usr forward again/);
});

test('an image alone goes back where only the image changed', () => {
  assert.deepEqual(unitsOf(rollBack({}, {}, [{ ...usedBefore, kubernetesVersion: '1.35.5' }])), [`pool/usr pool-rollback 1.35.5 ${oldImage}`]);
});

test('what a rollback refuses, each with the reason', async (context) => {
  const cases: readonly [what: string, judged: CleanUpJudgment, code: string, text: RegExp][] = [
    ['nothing was used before', rollBack({}, {}, []), 'nothing-to-go-back-to', /one step for 7 days/],
    ['only what runs was used before', rollBack({}, {}, [{ ...usedBefore, kubernetesVersion: '1.35.5', nodeImageVersion: newImage }]), 'nothing-to-go-back-to', /names no version/],
    ['it is longer ago than seven days', rollBack({}, {}, [{ ...usedBefore, usedAt: takenAt - 7 * 86_400_000 }]), 'too-late-to-go-back', /until Sat 14 Nov/],
    ['the channel is on', rollBack({ cluster: sampleCluster({ autoUpgradeChannel: 'stable' }) }), 'auto-upgrade-channel', /stable.*--auto-upgrade-channel none/],
    ['the control plane has moved too far', rollBack({}, {}, [{ ...usedBefore, kubernetesVersion: '1.31.4' }]), 'version-skew', /never goes back/],
    ['the pool is not there', rollBack({}, { request: { ...request, verb: 'rollback', target: 'gpu' } }), 'pool-missing', /gpu/],
    ['nodes are quarantined', rollBack({ nodes: [sampleNode('usr-1', { isQuarantined: true })] }), 'quarantined-nodes', /usr-1/],
    ['no window is open', rollBack({}, { opening: null }), 'window-closed', /Sat 28 Nov/],
  ];
  for (const [what, judged, code, text] of cases) {
    await context.test(what, () => {
      assert.ok(judged.kind === 'refused', JSON.stringify(judged));
      assert.equal(judged.code, code);
      assert.match(`${judged.message} ${judged.remedy}`, text);
    });
  }
});

test('a version used last at an unknown moment may still be gone back to: AKS itself says no if it is too late', () => {
  assert.equal(rollBack({}, {}, [{ ...usedBefore, usedAt: null }]).kind, 'ready');
});
