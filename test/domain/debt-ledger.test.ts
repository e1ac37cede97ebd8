import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Node } from '../../domain/cluster-snapshot.ts';
import type { Debt } from '../../domain/debt.ts';
import { isOpen } from '../../domain/debt.ts';
import { ageDays, findDebts, isStepDue, judgeLedger, missedImages, newestImage, rememberImages, stepAfter, stepAt } from '../../domain/debt-ledger.ts';
import type { LedgerLook } from '../../domain/debt-ledger.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { sampleNode, samplePool } from './cluster-samples.ts';

const now = Date.UTC(2026, 9, 10, 8);
const image = (date: string): string => `AKSUbuntu-2204gen2containerd-${date}`;
const [ancient, old, newest] = [image('202608.20.0'), image('202609.22.0'), image('202610.06.0')];
const pool = samplePool('usr', { nodeCount: 3, orchestratorVersion: '1.35.5', nodeImageVersion: old, latestNodeImageVersion: newest });
const node = (name: string, change: Partial<Node> = {}): Node => sampleNode(name, { nodePool: 'usr', kubeletVersion: '1.35.5', imageVersion: old, ...change });
const quarantined: Partial<Node> = { isCordoned: true, isQuarantined: true, imageVersion: ancient, cordonedAt: now - 20.4 * DAY_MS };

function look(nodes: readonly Node[], change: Partial<LedgerLook> = {}): LedgerLook {
  return { at: now, pools: [pool], nodes, nodeImage: 'latest', ...change };
}

function openingOf(who: string, causes: Readonly<Record<string, string>> = {}) {
  return { who, ofPool: Object.fromEntries(Object.entries(causes).map(([pool, why]) => [pool, { why, owner: null }])) };
}

function only(debts: readonly Debt[]): Debt {
  assert.equal(debts.length, 1, JSON.stringify(debts.map(({ id }) => id)));
  return debts[0] ?? assert.fail();
}

const known = only(findDebts(look([node('usr-2', quarantined)]), { kind: 'quarantined' }, openingOf('run-0919')));

describe('a node that AKS set aside is a debt', () => {
  test('since the node itself tells, on the image it has', () => {
    assert.deepEqual(
      [known.id, known.kind, known.when, known.whenFrom, known.image, known.label, known.stepDays, ageDays(known, now)],
      ['node/usr-2', 'quarantined-node', now - 20.4 * DAY_MS, 'node', ancient, 'present', 0, 20],
    );
  });

  test('since it was first seen where nothing tells', () => {
    const found = only(findDebts(look([node('usr-2', { ...quarantined, cordonedAt: null })]), { kind: 'quarantined' }, openingOf('check')));

    assert.deepEqual([found.when, found.whenFrom], [now, 'first-seen']);
  });

  test('a cordon without the label is a person\'s, unless a run left it', () => {
    const nodes = [node('usr-1', { isCordoned: true })];

    assert.deepEqual(findDebts(look(nodes), { kind: 'quarantined' }, openingOf('check')), []);
    assert.equal(findDebts(look(nodes), { kind: 'run', pools: ['usr'] }, openingOf('run-1', { usr: '' }))[0]?.kind, 'cordoned-node');
    assert.deepEqual(findDebts(look(nodes), { kind: 'run', pools: ['other'] }, openingOf('run-1')), []);
  });

  test('a node that is new and takes pods is none, whatever its label says', () => {
    assert.deepEqual(findDebts(look([node('usr-1', { isQuarantined: true, imageVersion: newest })]), { kind: 'quarantined' }, openingOf('check')), []);
  });
});

describe('a debt is judged by its node', () => {
  const cases: readonly (readonly [what: string, nodes: readonly Node[], settledBy: Debt['settledBy'], state: RegExp])[] = [
    ['nothing changed', [node('usr-2', quarantined)], null, /^$/],
    ['the label is gone, the node is not', [node('usr-2', { ...quarantined, isQuarantined: false })], null, /^the label was removed, the node was not upgraded and still takes no pods$/],
    ['label and cordon are gone, the image is old', [node('usr-2', { imageVersion: ancient })], null, /^the label was removed, the node was not upgraded and takes pods again$/],
    ['uncordoned, label and old image left', [node('usr-2', { ...quarantined, isCordoned: false })], null, /^the node was not upgraded and takes pods again$/],
    ['new image, still cordoned', [node('usr-2', { ...quarantined, imageVersion: newest })], null, /^the node was upgraded, but it still takes no pods$/],
    ['new image, label gone, still cordoned', [node('usr-2', { isCordoned: true, imageVersion: newest })], null, /^the label was removed and the node was upgraded, but it still takes no pods$/],
    ['new image, schedulable, not Ready', [node('usr-2', { imageVersion: newest, isReady: false })], null, /is not Ready/],
    ['new image, older kubelet', [node('usr-2', { imageVersion: newest, kubeletVersion: '1.34.4' })], null, /not upgraded/],
    ['new and schedulable', [node('usr-2', { imageVersion: newest })], 'upgraded', /^$/],
    ['new and schedulable, its label forgotten', [node('usr-2', { imageVersion: newest, isQuarantined: true })], 'upgraded', /^$/],
    ['gone', [], 'gone', /^$/],
    ['on a newer image than before and behind no sibling, though a release came out since', [node('usr-1'), node('usr-2', { imageVersion: old })], 'upgraded', /^$/],
    ['on a newer image than before, behind a sibling', [node('usr-1', { imageVersion: newest }), node('usr-2', { imageVersion: old })], null, /not upgraded/],
  ];
  for (const [what, nodes, settledBy, state] of cases) {
    test(what, () => {
      const judged = only(judgeLedger([known], [], look(nodes)));

      assert.deepEqual([judged.settledBy, judged.until], [settledBy, settledBy === null ? null : now]);
      assert.match(judged.state, state);
      assert.deepEqual(judgeLedger([judged], [], look(nodes)), [judged], 'judged again it is the same');
    });
  }

  test('the pool is gone with it', () => {
    assert.equal(only(judgeLedger([known], [], look([node('usr-2', quarantined)], { pools: [] }))).settledBy, 'gone');
  });

  test('a policy that keeps the image asks for the pool\'s own', () => {
    const nodes = [node('usr-1', { imageVersion: newest }), node('usr-2', { imageVersion: old })];

    assert.equal(only(judgeLedger([{ ...known, image: '' }], [], look(nodes, { nodeImage: 'keep' }))).settledBy, 'upgraded');
    assert.equal(only(judgeLedger([{ ...known, image: '' }], [], look(nodes))).settledBy, null);
  });
});

test('a debt that is known is not opened again, and one that was settled may be', () => {
  const nodes = [node('usr-2', quarantined)];
  const found = findDebts(look(nodes), { kind: 'quarantined' }, openingOf('check'));

  assert.deepEqual(judgeLedger([known], found, look(nodes)), [known]);
  const settled = { ...known, until: now - DAY_MS, settledBy: 'upgraded' as const };
  assert.deepEqual(judgeLedger([settled], found, look(nodes)).map(({ who, until }) => [who, isOpen({ ...known, until })]), [['run-0919', false], ['check', true]]);
});

describe('what a run leaves in a pool', () => {
  const scope = { kind: 'run', pools: ['usr'] } as const;
  const idsOf = (nodes: readonly Node[]) => findDebts(look(nodes), scope, openingOf('run-1', { usr: 'pay/ledger-pdb allows no eviction' })).map(({ id, count }) => `${id} ${count}`);
  const done = (name: string): Node => node(name, { imageVersion: newest });
  const cases: readonly (readonly [what: string, nodes: readonly Node[], ids: readonly string[]])[] = [
    ['nothing', [done('usr-0'), done('usr-1'), done('usr-2')], []],
    ['a quarantined node and the stand-in that is its debt, not one more', [done('usr-0'), done('usr-1'), node('usr-2', quarantined), done('usr-3')], ['node/usr-2 1']],
    ['two spare nodes', [done('usr-0'), done('usr-1'), done('usr-2'), done('usr-3'), done('usr-4')], ['spare/usr 2']],
    ['mixed versions', [done('usr-0'), node('usr-1'), node('usr-2')], ['versions/usr 2']],
    ['nothing where every node is old alike: the next window rolls them', [node('usr-0'), node('usr-1'), node('usr-2')], []],
    ['everything at once', [done('usr-0'), node('usr-1'), node('usr-2', quarantined), done('usr-3'), done('usr-4')], ['node/usr-2 1', 'spare/usr 1', 'versions/usr 1']],
  ];
  for (const [what, nodes, ids] of cases) test(what, () => assert.deepEqual(idsOf(nodes), ids));

  test('is settled when it is no longer so, and counted anew until then', () => {
    const left = findDebts(look([done('usr-0'), node('usr-1'), node('usr-2'), done('usr-3'), done('usr-4')]), scope, openingOf('run-1', { usr: 'why' }));
    assert.deepEqual(left.map(({ id, count, why }) => [id, count, why]), [['spare/usr', 2, 'why'], ['versions/usr', 2, 'why']]);

    const fewer = judgeLedger(left, [], look([done('usr-0'), done('usr-1'), node('usr-2'), done('usr-3')]));
    assert.deepEqual(fewer.map(({ count, settledBy }) => [count, settledBy]), [[1, null], [1, null]]);
    assert.deepEqual(judgeLedger(fewer, [], look([done('usr-0'), done('usr-1'), done('usr-2')])).map(({ settledBy }) => settledBy), ['settled', 'settled']);
  });

  test('is found in a pool of five thousand nodes in no time', () => {
    const nodes = Array.from({ length: 5_000 }, (_, index) => node(`usr-${index}`, { imageVersion: index % 2 === 0 ? old : newest }));
    const began = performance.now();

    assert.equal(findDebts(look(nodes), scope, openingOf('run-1')).find(({ kind }) => kind === 'mixed-versions')?.count, 2_500);
    assert.ok(performance.now() - began < 1_000);
  });
});

test('steps are 1, 3, 7 and 14 days, then weekly', () => {
  const days = [0, 1, 2, 3, 6, 7, 13, 14, 20, 21, 27, 28, 365];

  assert.deepEqual(days.map(stepAt), [0, 1, 1, 3, 3, 7, 7, 14, 14, 21, 21, 28, 364]);
  assert.deepEqual([0, 1, 3, 7, 14, 21].map(stepAfter), [1, 3, 7, 14, 21, 28]);
});

test('a step is due once, never daily', () => {
  const told: number[] = [];
  let debt: Debt = { ...known, when: now };
  for (let hours = 0; hours <= 40 * 24; hours += 24) {
    const at = now + hours * HOUR_MS;
    if (!isStepDue(debt, at)) continue;
    debt = { ...debt, stepDays: stepAt(ageDays(debt, at)) };
    told.push(hours / 24);
  }

  assert.deepEqual(told, [1, 3, 7, 14, 21, 28, 35]);
  assert.equal(isStepDue({ ...known, until: now }, now), false);
});

test('images are remembered in the order they were seen, and those a node missed are counted', () => {
  const remembered = rememberImages(rememberImages({ usr: [ancient, image('202609.08.0')] }, [pool]), [pool]);

  assert.deepEqual(remembered, { usr: [ancient, image('202609.08.0'), old, newest] });
  assert.equal(missedImages(known, remembered), 3);
  assert.equal(missedImages({ ...known, image: '' }, remembered), 0);
  assert.equal(missedImages(known, {}), 0);
  assert.equal(newestImage([old, newest, ancient]), newest);
  assert.equal(newestImage([]), null);
});
