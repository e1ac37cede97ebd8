import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { leanMoment } from '../../lean-moment.ts';

/** What durable-functions uses of a moment library. */
interface Moments {
  (at: Date): { add(duration: unknown): { toDate(): Date }; diff(other: Date): number };
  duration(value: string | number, unit?: string): { valueOf(): number; toISOString(): string };
}

const original: Moments = createRequire(createRequire(import.meta.url).resolve('durable-functions'))('moment');
const holder: { exports: Moments } = { exports: original };
new Function('module', leanMoment)(holder);
const lean = holder.exports;
const now = new Date('2026-11-21T22:00:00.250Z');

for (const [value, unit] of [
  ['6.00:00:00', undefined],
  ['3.00:00:00', undefined],
  ['00:00:30', undefined],
  ['01:02:03', undefined],
  ['1.02:03:04.5000000', undefined],
  ['P6D', undefined],
  ['P1W', undefined],
  ['PT90S', undefined],
  ['P1DT2H3M4.5S', undefined],
  [30_000, undefined],
  [30_000, 'ms'],
  ['120', 's'],
  [0, undefined],
] as const) {
  test(`a duration of ${value}${unit ?? ''} is what the original makes of it, there and back`, () => {
    const [one, other] = [lean.duration(value, unit), original.duration(value, unit)];

    assert.equal(one.valueOf(), other.valueOf());
    assert.equal(lean.duration(one.toISOString()).valueOf(), original.duration(one.toISOString()).valueOf());
    assert.deepEqual(lean(now).add(one).toDate(), original(now).add(other).toDate());
  });
}

test('moments differ by what the original says, and durations compare', () => {
  const later = new Date(now.getTime() + 7 * 86_400_000);

  assert.equal(lean(later).diff(now), original(later).diff(now));
  assert.ok(lean.duration(lean(later).diff(now)) > lean.duration('6.00:00:00'));
  assert.ok(lean.duration(lean(now).diff(now)) < lean.duration('00:00:01'));
});

test('what it does not read it refuses, where the original would take it for nothing', () => {
  assert.throws(() => lean.duration('soon'), /Not a duration/);
  assert.throws(() => lean.duration(3, 'years'), /Not a unit/);
});
