import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freezeAt, isCancelled, movedInto, postponementOf, withOrder, withoutFreezes, type Freeze, type Postponement, type RunMessage } from '../../domain/standing-order.ts';
import { DAY_MS } from '../../domain/time.ts';

const now = Date.UTC(2026, 9, 10, 20);
const freeze = (change: Partial<Freeze> = {}): Freeze => ({ kind: 'freeze', id: 'f', who: 'hana', when: now - 60_000, why: '', until: null, endedBy: null, ...change });
const message = (run: string, sequence: number, wants: RunMessage['wants']): RunMessage => ({ kind: 'run-message', id: `${run}-${sequence}`, who: 'pipeline', when: now, why: '', until: null, opens: now, run, sequence, wants });
const moved = (id: string, movedTo: number, opens = now): Postponement => ({ kind: 'postponement', id, who: 'lia', when: now - 1, why: '', until: movedTo + 3_600_000, opens, movedTo });

test('a freeze holds from its word to its end', () => {
  assert.equal(freezeAt([freeze()], now)?.who, 'hana');
  assert.equal(freezeAt([freeze({ until: now })], now), null);
  assert.equal(freezeAt([freeze({ when: now + 1 })], now), null);
  assert.equal(freezeAt([freeze({ until: now })], now - 1)?.who, 'hana');
});

test('unfreeze ends every freeze but one said within the same second', () => {
  const ended = withoutFreezes([freeze()], { who: 'ivan', when: now });
  assert.deepEqual(ended, [freeze({ until: now, endedBy: 'ivan' })]);
  for (const apart of [-1_000, 0, 1_000]) assert.equal(freezeAt(withoutFreezes([freeze({ when: now })], { who: 'ivan', when: now + apart }), now + DAY_MS)?.who, 'hana', String(apart));
  assert.equal(freezeAt(withoutFreezes([freeze({ when: now })], { who: 'ivan', when: now + 1_001 }), now + DAY_MS), null);
});

test('a command taken twice is one order', () => {
  assert.equal(withOrder(withOrder([], freeze()), freeze()).length, 1);
});

test('an opening moves to where the last word says', () => {
  const orders = [moved('a', now + DAY_MS), moved('b', now + 2 * DAY_MS)];
  assert.equal(postponementOf(orders, now)?.id, 'b');
  assert.equal(movedInto(orders, now + DAY_MS), null);
  assert.equal(movedInto(orders, now + 2 * DAY_MS)?.id, 'b');
});

test('of a program\'s messages the highest sequence counts, in whatever order and however often they come', () => {
  const [asked, taken, again] = [message('r9', 2, 'requested'), message('r9', 3, 'cancelled'), message('r9', 4, 'requested')];
  for (const [orders, expected] of [[[asked, taken], true], [[taken, asked], true], [[taken, asked, asked], true], [[asked], false], [[again, asked, taken], false], [[taken, message('r10', 1, 'requested')], false], [[], false]] as const) {
    assert.equal(isCancelled(orders, now), expected);
  }
  assert.equal(isCancelled([taken], now + 1), false);
});
