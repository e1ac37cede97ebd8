import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countPool, countRun, isProven } from '../../domain/node-count.ts';
import type { NodeInventory } from '../../domain/unit-progress.ts';
import { emptyInventory, pausedUsr, unitSample, upgradedSys } from './window-status-samples.ts';

function inventory(change: Partial<NodeInventory>): NodeInventory {
  return { ...emptyInventory, ...change };
}

/** Inventory, blocked nodes → proven, unproven, old, blocked, spare. */
const table: readonly (readonly [string, NodeInventory, readonly string[], readonly [number, number, number, number, number]])[] = [
  ['nothing begun', inventory({ total: 3, old: ['a', 'b', 'c'] }), [], [0, 0, 3, 0, 0]],
  ['all done', inventory({ total: 3, upgraded: 3 }), [], [3, 0, 0, 0, 0]],
  ['a surge node waits', inventory({ total: 4, upgraded: 1, old: ['a', 'b', 'c'], surge: ['s'] }), [], [0, 0, 3, 0, 1]],
  ['a surge node is not Ready yet', inventory({ total: 4, old: ['a', 'b', 'c'], notReady: ['s'], surge: ['s'] }), [], [0, 0, 3, 0, 1]],
  ['one is blocked', inventory({ total: 8, upgraded: 5, old: ['a', 'b', 'c'], cordoned: ['a'], surge: ['s', 't'] }), ['a'], [3, 0, 2, 1, 2]],
  ['one is quarantined', inventory({ total: 5, upgraded: 4, old: ['a'], cordoned: ['a'], quarantined: ['a'], surge: ['s'] }), [], [3, 0, 0, 1, 1]],
  ['a new node is not Ready', inventory({ total: 3, upgraded: 2, notReady: ['c'] }), [], [2, 1, 0, 0, 0]],
  ['an old node is not Ready', inventory({ total: 3, upgraded: 2, old: ['c'], notReady: ['c'] }), [], [2, 0, 1, 0, 0]],
  ['only some of many old nodes are named', inventory({ total: 500, upgraded: 100, old: ['a', 'b', 'c'] }), ['a'], [100, 0, 399, 1, 0]],
  ['a blocked node that is new by now', inventory({ total: 3, upgraded: 3 }), ['a'], [3, 0, 0, 0, 0]],
];

test('each node is in exactly one column', () => {
  for (const [what, nodes, blockedNodes, expected] of table) {
    const count = countPool(nodes, blockedNodes);

    assert.deepEqual([count.proven, count.unproven, count.old, count.blocked.length, count.spare], expected, what);
    assert.equal(count.proven + count.unproven + count.old + count.blocked.length + count.spare, nodes.total, what);
  }
});

test('a run counts the pools that were counted, and says when none was', () => {
  assert.equal(countRun([unitSample()]), null);
  assert.deepEqual(countRun([upgradedSys, pausedUsr, unitSample({ unit: 'pool/later' })]), {
    total: 11,
    ready: 11,
    proven: 6,
    wanted: 9,
    spare: 2,
    notReady: [],
  });
});

test('a unit is proven only when it says so and every node bears it out', () => {
  assert.ok(isProven(upgradedSys));
  assert.ok(isProven(unitSample({ unit: 'control-plane', state: 'upgraded' })));
  assert.ok(!isProven(unitSample({ unit: 'control-plane', state: 'running' })));
  assert.ok(!isProven(unitSample({ state: 'upgraded', inventory: null })));
  assert.ok(!isProven({ ...upgradedSys, inventory: inventory({ total: 3, upgraded: 2 }) }));
});
