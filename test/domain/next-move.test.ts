import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginMemory, decideNextMove } from '../../domain/next-move.ts';
import type { MoveLimits, NextMove, UnitMemory } from '../../domain/next-move.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { BlockCause, UnitProgress } from '../../domain/unit-progress.ts';

const limits: MoveLimits = {
  windowCloses: 360 * MINUTE_MS,
  watchUntil: 500 * MINUTE_MS,
  graceMinutes: 10,
  shortestPollSeconds: 30,
  longestPollSeconds: 150,
  attempt: 1,
};

function cause(pod: string): BlockCause {
  return { class: 'PDB_STRUCTURAL', node: 'node-1', pod, budgets: ['shop/images'], owner: null, workload: null, evidence: '', remedy: '', webhook: null, disk: null, guiltyNode: null, since: 0, waitsUntil: null, ruledOut: [] };
}

function look(atMinute: number, change: Partial<UnitProgress>): UnitProgress {
  return {
    seenAt: atMinute * MINUTE_MS,
    state: 'running',
    provisioningState: 'Upgrading',
    inventory: { total: 3, upgraded: 0, old: [], cordoned: [], quarantined: [], notReady: [], surge: [] },
    causes: [],
    signals: [],
    podsLeft: null,
    foreignCordons: [],
    helpedMoves: [],
    drainStartedAt: null,
    provisioningError: null,
    eTag: 'e1',
    ...change,
  };
}

/** Plays looks one after the other and gives every move. */
function play(looks: readonly UnitProgress[], given: Partial<MoveLimits> = {}): readonly NextMove[] {
  let memory: UnitMemory = beginMemory(0);
  return looks.map((progress) => {
    const move = decideNextMove(memory, progress, progress.seenAt, { ...limits, ...given });
    memory = move.memory;
    return move;
  });
}

const reports = (moves: readonly NextMove[]): readonly (string | null)[] => moves.map(({ report }) => report);
const verdicts = (moves: readonly NextMove[]): readonly (string | null)[] => moves.map(({ verdict }) => verdict?.kind ?? null);

test('a refused eviction is declared a block only after the grace, and once', () => {
  const blocked = { state: 'blocked', causes: [cause('shop/images-1')] } as const;

  const moves = play([look(5, blocked), look(10, blocked), look(15, blocked), look(16, blocked)]);

  assert.deepEqual(reports(moves), [null, null, 'blocked', null]);
});

test('evictions that queue one after the other are progress, not a block', () => {
  const minutes = [5, 9, 13, 17, 21, 25];

  const moves = play(minutes.map((minute) => look(minute, { state: 'blocked', causes: [cause(`shop/images-${minute}`)] })));

  assert.deepEqual(new Set(reports(moves)), new Set([null]));
});

test('a declared block is cleared only after two good looks and three minutes', () => {
  const blocked = { state: 'blocked', causes: [cause('shop/images-1')] } as const;
  const looks = [look(5, blocked), look(15, blocked), look(20, {}), look(22, {}), look(23, {}), look(24, {})];

  assert.deepEqual(reports(play(looks)), [null, 'blocked', 'clearing', null, 'cleared', null]);
});

test('a relapse while a block clears starts the three minutes anew', () => {
  const blocked = { state: 'blocked', causes: [cause('shop/images-1')] } as const;
  const looks = [look(5, blocked), look(15, blocked), look(20, {}), look(22, blocked), look(24, {}), look(26, {}), look(27, {})];

  assert.deepEqual(reports(play(looks)), [null, 'blocked', 'clearing', 'progress', 'clearing', null, 'cleared']);
});

test('a pool that Azure gave up on is tried again by itself only after its budget allows it again', () => {
  const error = { code: 'UpgradeFailed', message: 'Drain node a failed when evicting pod b failed with Too Many Requests error.' };
  const stopped = { state: 'failed', provisioningState: 'Failed', provisioningError: error } as const;
  const looks = [
    look(5, { state: 'blocked', causes: [cause('shop/images-1')] }),
    look(40, { ...stopped, causes: [cause('shop/images-1')] }),
    look(41, { ...stopped, causes: [cause('shop/images-1')] }),
    look(50, stopped),
    look(52, stopped),
    look(54, stopped),
  ];

  const moves = play(looks);

  assert.deepEqual(reports(moves), [null, 'stopped', null, 'clearing', null, 'cleared']);
  assert.deepEqual(verdicts(moves), [null, null, null, null, null, 'retry']);
});

test('a failure nobody can explain is never tried again without a person', () => {
  const stopped = { state: 'failed', provisioningState: 'Failed', provisioningError: { code: 'QuotaExceeded', message: 'cores' } } as const;

  const moves = play([look(10, stopped), look(20, stopped), look(60, stopped), look(200, stopped)]);

  assert.deepEqual(reports(moves), ['stopped', null, null, null]);
  assert.deepEqual(new Set(verdicts(moves)), new Set([null]));
});

test('a passing fault of the service is tried again once, five minutes later, and not at the second attempt', () => {
  const stopped = { state: 'failed', provisioningState: 'Failed', provisioningError: { code: 'InternalOperationError', message: '' } } as const;
  const looks = [look(10, stopped), look(11, stopped), look(14, stopped), look(17, stopped)];

  assert.equal(verdicts(play(looks)).at(-1), 'retry');
  assert.equal(verdicts(play(looks, { attempt: 2 })).at(-1), null);
});

test('quarantined nodes wait for a person, even when nothing blocks them any more', () => {
  const inventory = { total: 4, upgraded: 3, old: ['a'], cordoned: ['a'], quarantined: ['a'], notReady: [], surge: ['b'] };
  const stopped = { state: 'quarantined', provisioningState: 'Failed', inventory } as const;

  const moves = play([look(40, stopped), look(50, stopped), look(100, stopped)]);

  assert.deepEqual(reports(moves), ['stopped', null, null]);
  assert.deepEqual(new Set(verdicts(moves)), new Set([null]));
});

test('at the end of the window a stopped pool is settled, and a running one is watched on', () => {
  const stopped = look(361, { state: 'failed', provisioningState: 'Failed' });

  assert.deepEqual(verdicts(play([stopped])), ['failed']);
  assert.deepEqual(verdicts(play([look(361, {})])), [null]);
  assert.deepEqual(verdicts(play([look(501, {})])), ['window-ended']);
});

test('what ARM calls done with old nodes is a failure, except in the first minutes after the start', () => {
  const done = { state: 'not-started', provisioningState: 'Succeeded' } as const;

  const moves = play([look(1, done), look(5, done)]);

  assert.deepEqual(reports(moves), [null, 'stopped']);
});

test('looks grow rarer while nothing changes, up to the longest, and are frequent while something is wrong', () => {
  const waits = (moves: readonly NextMove[], looks: readonly UnitProgress[]): readonly number[] =>
    moves.map(({ pollAt }, index) => (pollAt - (looks[index]?.seenAt ?? 0)) / 1_000);
  const quiet = [look(1, {}), look(2, {}), look(3, {}), look(5, {})];
  const tense = [look(1, { state: 'blocked', causes: [cause('a/b')] }), look(2, { state: 'blocked', causes: [cause('a/b')] })];

  assert.deepEqual(waits(play(quiet), quiet), [60, 120, 150, 150]);
  assert.deepEqual(waits(play(tense), tense), [30, 30]);
});

test('every end of an operation has its verdict', () => {
  for (const state of ['succeeded', 'unproven', 'canceled', 'foreign'] as const) {
    assert.deepEqual(verdicts(play([look(20, { state })])), [state]);
  }
});

test('a done pool with a node that is not Ready yet gets the grace before it is called failed', () => {
  const inventory = { total: 3, upgraded: 2, old: [], cordoned: [], quarantined: [], notReady: ['a'], surge: [] };
  const almost = { state: 'not-started', provisioningState: 'Succeeded', inventory } as const;

  assert.deepEqual(verdicts(play([look(20, almost), look(25, almost), look(26, { state: 'succeeded' })])), [null, null, 'succeeded']);
  assert.deepEqual(reports(play([look(20, almost), look(25, almost), look(30, almost), look(31, almost)])), [null, null, 'stopped', null]);
});

test('a tight budget on an old node does not explain a stop that Azure explains otherwise', () => {
  const stopped = { state: 'failed', provisioningState: 'Failed', causes: [cause('shop/images-1')] } as const;
  const stopOf = (change: Partial<UnitProgress>): string | null | undefined => play([look(20, { ...stopped, ...change })]).at(-1)?.memory.stopped;

  assert.equal(stopOf({ provisioningError: { code: 'QuotaExceeded', message: 'cores' } }), 'failed');
  assert.equal(stopOf({}), 'blocked');
});

test('two causes that take turns are one stop: it is declared after the grace, counted from the first', () => {
  const turn = (minute: number, pod: string): UnitProgress => look(minute, { state: 'blocked', causes: [cause(pod)], podsLeft: 2 });

  const moves = play([turn(5, 'shop/a'), turn(8, 'shop/b'), turn(11, 'shop/a'), turn(15, 'shop/b')]);

  assert.deepEqual(reports(moves), [null, null, null, 'blocked']);
  assert.equal(moves.at(-1)?.memory.blockedSince, 5 * MINUTE_MS);
});

test('a cause that comes and goes is the same stop while no pod leaves, and another one as soon as a pod does', () => {
  const stuck = (minute: number, podsLeft: number): UnitProgress => look(minute, { state: 'blocked', causes: [cause('shop/a')], podsLeft });
  const calm = (minute: number, podsLeft: number): UnitProgress => look(minute, { podsLeft });

  assert.deepEqual(reports(play([stuck(5, 3), calm(6, 3), stuck(8, 3), calm(10, 3), stuck(15, 3)])).at(-1), 'blocked');
  assert.deepEqual(reports(play([stuck(5, 3), calm(6, 2), stuck(8, 2), calm(10, 1), stuck(15, 1)])).at(-1), null);
});

test('the same pod refused while others leave is a queue that moves', () => {
  const moves = play([5, 9, 13, 17].map((minute, index) => look(minute, { state: 'blocked', causes: [cause('shop/a')], podsLeft: 9 - index })));

  assert.deepEqual(new Set(reports(moves)), new Set([null]));
});

test('what clears by itself in its time is told nobody, and what did not is declared at once', () => {
  const waiting: BlockCause = { ...cause('db/orders-1'), class: 'PDB_OPERATOR_MANAGED', since: 5 * MINUTE_MS, waitsUntil: 20 * MINUTE_MS };

  const moves = play([look(5, { causes: [waiting] }), look(19, { causes: [waiting] }), look(20, { state: 'blocked', causes: [waiting] })]);

  assert.deepEqual(reports(moves), [null, null, 'blocked']);
  assert.equal(moves.at(-1)?.memory.blockedSince, 5 * MINUTE_MS);
});

test('a pause that turns out to have another cause is told in place, once', () => {
  const blocked = (minute: number, name: string): UnitProgress => look(minute, { state: 'blocked', causes: [{ ...cause('shop/a'), class: name }], podsLeft: 1 });

  const moves = play([blocked(5, 'PDB_TRANSIENT'), blocked(15, 'PDB_TRANSIENT'), blocked(16, 'PDB_SYMPTOM'), blocked(17, 'PDB_SYMPTOM')]);

  assert.deepEqual(reports(moves), [null, 'blocked', 'progress', null]);
});

const done = { total: 3, upgraded: 3, old: [], cordoned: [], quarantined: [], notReady: [], surge: [] };

test('nodes that are all new while Azure goes on are told once, after half an hour', () => {
  const moves = play([look(20, { inventory: done }), look(40, { inventory: done }), look(50, { inventory: done }), look(90, { inventory: done })]);

  assert.deepEqual(reports(moves).slice(1), [null, 'lingering', null]);
});

test('all nodes new after an operation that failed wait for a person, say so, and are never sent again by themselves', () => {
  const failed = { state: 'needs-reconcile', provisioningState: 'Failed', inventory: done, provisioningError: { code: 'InternalOperationError', message: '' } } as const;

  const moves = play([look(60, { inventory: done }), look(200, failed), look(230, failed), look(361, failed)]);

  assert.deepEqual(reports(moves).slice(1), ['stopped', null, null]);
  assert.deepEqual(verdicts(moves), [null, null, null, 'needs-reconcile']);
  assert.match(moves.at(-1)?.verdict?.detail ?? '', /^3 of 3 nodes are new since 01:00Z; Azure's operation failed later \(InternalOperationError\)\. Nodes and pods are not affected/);
});

test('a foreign cordon is told once, by a look that has nothing else to tell', () => {
  const cordon = { node: 'sys-1', pool: 'sys', by: 'Azure (node auto-drain)', since: 0 };

  const moves = play([look(10, { foreignCordons: [cordon] }), look(11, { foreignCordons: [cordon] })]);

  assert.deepEqual(reports(moves), ['foreign-cordon', null]);
  assert.deepEqual(moves[0]?.foreignCordons, [cordon]);
});

test('a stop that may lie in the new image is not sent again by itself, even when its cause is gone with its nodes', () => {
  const suspect: BlockCause = { ...cause('shop/web-1'), class: 'PDB_SYMPTOM', guiltyNode: 'node-9' };
  const error = { code: 'UpgradeFailed', message: 'Drain node a failed when evicting pod b failed with Too Many Requests error.' };
  const stopped = { state: 'failed', provisioningState: 'Failed', provisioningError: error } as const;

  const moves = play([look(5, { state: 'blocked', causes: [suspect] }), look(20, { state: 'blocked', causes: [suspect] }), look(40, stopped), look(45, stopped), look(60, stopped)]);

  assert.deepEqual(new Set(verdicts(moves)), new Set([null]));
});
