import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { realClock, scaledClock, virtualClock } from '../../local/clock.ts';

const HOUR = 3_600_000;

test('a virtual clock fires in order of due moment, then of scheduling', async () => {
  const clock = virtualClock(0);
  const fired: string[] = [];
  for (const [name, at] of [['late', 30], ['early', 10], ['early too', 10], ['past', -5]] as const) {
    clock.schedule(at, () => fired.push(`${name}@${clock.now()}`));
  }
  clock.schedule(20, () => fired.push('cancelled')).cancel();

  await clock.advanceTo(25);

  assert.deepEqual(fired, ['past@0', 'early@10', 'early too@10']);
  assert.equal(clock.now(), 25);
});

test('a virtual clock stands still while work is in flight', async () => {
  const clock = virtualClock(0);
  const seen: number[] = [];
  clock.schedule(10, () => void clock.inFlight.track('work', delay(15).then(() => seen.push(clock.now()))));
  clock.schedule(20, () => seen.push(clock.now()));

  const end = await clock.runUntil(() => false, HOUR);

  assert.deepEqual(seen, [10, 20]);
  assert.equal(end, 'nothing-left');
});

test('a counter kept elsewhere holds a virtual clock too, and is named', async () => {
  const clock = virtualClock(0);
  let deliveries = 3;
  const counter = clock.inFlight.addCounter('deliveries', () => deliveries);
  setTimeout(() => (deliveries = 0), 10);
  const before = clock.inFlight.describe();

  await clock.advanceTo(HOUR);

  assert.deepEqual(before, { deliveries: 3 });
  assert.equal(deliveries, 0);
  counter.remove();
});

test('a virtual run stops at its predicate, at its limit, or when nothing is left', async () => {
  const clock = virtualClock(0);
  const tick = (): void => void clock.schedule(clock.now() + HOUR, tick);
  tick();

  assert.equal(await clock.runUntil(() => clock.now() >= 3 * HOUR, 10 * HOUR), 'reached');
  assert.equal(clock.now(), 3 * HOUR);
  assert.equal(await clock.runUntil(() => false, 90 * 60_000), 'limit');
  assert.equal(clock.now(), 4.5 * HOUR);
});

test('a scaled clock runs faster by its factor and never fires early', async () => {
  const clock = scaledClock({ start: 1_000_000, factor: 1_000 });
  const firedAt = await new Promise<number>((resolve) => clock.schedule(1_030_000, () => resolve(clock.now())));

  assert.ok(firedAt >= 1_030_000 && firedAt < 1_330_000, String(firedAt));
});

test('a real clock fires what is past at once, not synchronously, and keeps waits longer than setTimeout can hold', async () => {
  const clock = realClock();
  const order: string[] = [];
  const far = clock.schedule(clock.now() + 60 * 24 * HOUR, () => order.push('far'));
  await new Promise<void>((resolve) => {
    clock.schedule(0, () => {
      order.push('past');
      resolve();
    });
    order.push('scheduled');
  });
  await delay(20);
  far.cancel();

  assert.deepEqual(order, ['scheduled', 'past']);
});

test('a held clock stands still until it is let go, and what is scheduled on it comes after that', async () => {
  const clock = scaledClock({ start: 1_000, factor: 100, beginning: 'held' });
  let firedAt = 0;
  clock.schedule(2_000, () => (firedAt = clock.now()));

  await delay(25);
  const held = clock.now();
  clock.run();
  await delay(60);

  assert.equal(held, 1_000);
  assert.ok(firedAt >= 2_000 && clock.now() > 2_000, `${firedAt}, ${clock.now()}`);
});
