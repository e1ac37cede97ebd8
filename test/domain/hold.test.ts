import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginHold, judgeHold, nextLookAt, shortestStart, type Hold, type HoldCause } from '../../domain/hold.ts';
import type { LossAcknowledgement } from '../../domain/loss-acknowledgement.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { PlannedUnit } from '../../domain/upgrade-plan.ts';

const at = (minutes: number): number => minutes * MINUTE_MS;
const closes = at(360);
const budget: HoldCause = { code: 'PDB_STRUCTURAL', where: 'pay/ledger', message: '', remedy: '', owner: null };
const barePod: HoldCause = { code: 'UNMANAGED_POD', where: 'ops/jump', message: '', remedy: '', owner: null };
const word: LossAcknowledgement = { where: 'ops/jump', codes: ['UNMANAGED_POD'], pools: ['usr'], by: 'lia', at: at(5), until: closes };

const begun = (causes: readonly HoldCause[] = [budget]): Hold => beginHold('pool/usr', { at: 0, causes, causesOmitted: 0, estimateMinutes: 45, closes }, 1);
const look = (minutes: number, causes: readonly HoldCause[] = [], estimateMinutes: number | null = null) => ({ at: at(minutes), causes, causesOmitted: 0, estimateMinutes, closes });

test('a hold waits until the window close minus the estimate', () => {
  assert.equal(begun().lastUsefulStart, at(315));
});

/** Each look: minute, what it found; the state and "clear since" minute after the last. */
const courses: readonly (readonly [what: string, looks: readonly Parameters<typeof look>[], state: Hold['state'], clearSince: number | null])[] = [
  ['the cause stays', [[10, [budget]], [20, [budget]]], 'waiting', null],
  ['one good look', [[10]], 'waiting', 10],
  ['two good looks, too near each other', [[10], [12]], 'waiting', 10],
  ['two good looks three minutes apart', [[10], [13]], 'cleared', 10],
  ['a relapse between two good looks', [[10], [12, [budget]], [14]], 'waiting', 14],
  ['another cause in the place of the first', [[10, [barePod]], [20, [barePod]]], 'waiting', null],
  ['good too late for a second look', [[314], [318]], 'over', 314],
  ['good at the last moment', [[312], [315]], 'cleared', 312],
  ['still there at the last useful start', [[315, [budget]], [316, [budget]]], 'over', null],
  ['a pool that grew: it needs longer and must start sooner', [[10, [], 400], [13]], 'over', null],
  ['a pool that grew a little', [[10, [], 60], [13]], 'cleared', 10],
  ['a pool that shrank keeps the estimate it was planned with', [[314, [], 10], [317, [], 10]], 'over', 314],
];
for (const [what, looks, state, clearSince] of courses) {
  test(`${what}: ${state}`, () => {
    const hold = looks.reduce((before, each) => judgeHold(before, look(...each), []), begun());

    assert.deepEqual([hold.state, hold.clearedSince], [state, clearSince === null ? null : at(clearSince)]);
    assert.ok(hold.causes.length > 0, 'what held it stays known');
  });
}

test('a pool that grew is held to what it needs now', () => {
  const hold = judgeHold(begun(), look(10, [budget], 90), []);

  assert.deepEqual([hold.estimateMinutes, hold.lastUsefulStart], [90, at(270)]);
});

test('what people acknowledged is cleared by the next look, without a second; what they did not acknowledge is not', () => {
  assert.equal(judgeHold(begun([barePod]), look(6), [word]).state, 'cleared');
  assert.equal(judgeHold(begun([barePod]), look(6), []).state, 'waiting');
  assert.equal(judgeHold(begun([barePod, budget]), look(6), [word]).state, 'waiting');
  assert.equal(judgeHold({ ...begun([barePod]), causesOmitted: 1 }, look(6), [word]).state, 'waiting');
  assert.equal(judgeHold(begun([barePod]), look(6), [{ ...word, until: at(6) }]).state, 'waiting');
});

test('a hold that ended never changes', () => {
  const over = judgeHold(begun(), look(400, [budget]), []);

  assert.equal(over.state, 'over');
  assert.equal(judgeHold(over, look(401), []), over);
});

test('looks are ten minutes apart, three after a good one, in time before a last useful start, and soon after a hint', () => {
  const clear = { ...begun(), clearedSince: at(20) };
  const table: readonly (readonly [holds: readonly Hold[], lookedAt: number, hint: 'hinted' | 'quiet', next: number])[] = [
    [[begun()], 0, 'quiet', 10],
    [[begun()], 20, 'hinted', 21],
    [[clear], 20, 'quiet', 23],
    [[begun(), clear], 20, 'quiet', 23],
    [[begun()], 305, 'quiet', 311],
    [[begun()], 311, 'quiet', 321],
  ];
  for (const [holds, lookedAt, hint, next] of table) assert.equal(nextLookAt(holds, at(lookedAt), hint), at(next), JSON.stringify([lookedAt, hint]));
});

test('a whole run can start usefully as long as its shortest first unit fits', () => {
  const unit = (name: PlannedUnit['unit'], action: PlannedUnit['action'], estimateMinutes: number) => ({ unit: name, action, estimateMinutes });

  assert.equal(shortestStart([unit('pool/a', 'pool-node-image', 40), unit('pool/b', 'pool-node-image', 20)]), 20);
  assert.equal(shortestStart([unit('control-plane', 'control-plane-version', 30), unit('pool/a', 'pool-version', 20)]), 30);
  assert.equal(shortestStart([unit('pool/a', 'pool-version', 20)]), 20);
});
