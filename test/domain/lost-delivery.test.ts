import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLostDeliveries } from '../../domain/lost-delivery.ts';
import type { DeliveryAttempt } from '../../domain/lost-delivery.ts';

const now = 1_795_298_400_000;
let ids = 0;
const attempt = (minutesAgo: number, status: number, change: Partial<DeliveryAttempt> = {}): DeliveryAttempt => ({ id: (ids += 1), guid: 'one', at: now - minutesAgo * 60_000, event: 'issue_comment', status, ...change });
const times = (count: number, newestMinutesAgo: number): readonly DeliveryAttempt[] => Array.from({ length: count }, (_, index) => attempt(newestMinutesAgo + index, 503));

const cases: readonly (readonly [what: string, attempts: readonly DeliveryAttempt[], end: 'due' | 'given-up' | 'left'])[] = [
  ['one that was taken', [attempt(10, 202)], 'left'],
  ['one that failed', [attempt(10, 503)], 'due'],
  ['one that got no answer', [attempt(10, 0)], 'due'],
  ['one that was refused while a secret was wrong', [attempt(10, 401)], 'due'],
  ['one that failed a moment ago and may still be under way', [attempt(0.5, 0)], 'left'],
  ['one that failed first and was taken when it was repeated', [attempt(10, 503), attempt(5, 202)], 'left'],
  ['one that was taken first, although a repeat failed', [attempt(10, 202), attempt(5, 503)], 'left'],
  ['one that was repeated a moment ago in vain', [attempt(9, 503), attempt(3, 503)], 'left'],
  ['one that was repeated five minutes ago in vain', [attempt(20, 503), attempt(5, 503)], 'due'],
  ['one that failed five times, the last 39 minutes ago', times(5, 39), 'left'],
  ['one that failed five times, the last 40 minutes ago', times(5, 40), 'due'],
  ['one that failed nine times', times(9, 700), 'given-up'],
  ['an event we do not take', [attempt(10, 503, { event: 'push' })], 'left'],
];
for (const [what, attempts, end] of cases) {
  test(`${what}: ${end}`, () => {
    const { due, givenUp } = findLostDeliveries(attempts, now);

    assert.deepEqual([due.length, givenUp.length], [end === 'due' ? 1 : 0, end === 'given-up' ? 1 : 0]);
  });
}

test('the newest attempt of each delivery is tried again, the oldest delivery first', () => {
  const attempts = [attempt(3, 0, { guid: 'young', id: 30 }), attempt(60, 500, { guid: 'old', id: 10 }), attempt(40, 500, { guid: 'old', id: 20 })];

  assert.deepEqual(findLostDeliveries(attempts, now).due.map(({ id }) => id), [20, 30]);
});
