import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentOf, readCommandTime } from '../../domain/command-time.ts';
import type { WindowSchedule } from '../../domain/maintenance-policy.ts';
import { frozenOpeningAt, movedOpening, nextFrozenOpening, nextOpenings } from '../../domain/maintenance-window.ts';
import type { StandingOrder } from '../../domain/standing-order.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { frozenOpening, upcomingOpening } from '../../domain/upcoming-opening.ts';

const saturdays: WindowSchedule = { timeZone: 'Europe/Paris', startTime: '22:00', durationHours: 6, schedule: { kind: 'weekly', intervalWeeks: 1, dayOfWeek: 'Saturday' }, startDate: null, notAllowedDates: [] };
const winter: WindowSchedule = { ...saturdays, notAllowedDates: [{ start: '2026-12-15', end: '2027-01-04', reason: 'year-end freeze', scope: 'all' }] };
const at = (text: string): number => Date.parse(text);
const entry = { id: 'c', who: 'hana', when: 0, why: 'CVE' };

test('a frozen opening is known with its reason, is as long as ever, and is cut only by other dates', () => {
  const frozen = frozenOpeningAt(winter, at('2026-12-19T23:00Z'));
  assert.deepEqual([frozen?.opening.opens, frozen?.opening.closes], [at('2026-12-19T21:00Z'), at('2026-12-20T03:00Z')]);
  assert.match(frozen?.reason ?? '', /year-end freeze \(2026-12-15 to 2027-01-04\)/);
  assert.equal(frozenOpeningAt(winter, at('2026-12-12T23:00Z')), null);
  assert.equal(frozenOpeningAt(winter, at('2026-12-19T20:59Z')), null);
  const other = { ...winter, notAllowedDates: [{ start: '2026-12-19', end: '2026-12-19', reason: 'a party', scope: 'all' as const }, { start: '2026-12-20', end: '2026-12-20', reason: 'the morning after', scope: 'all' as const }] };
  assert.equal(frozenOpeningAt(other, at('2026-12-19T21:30Z'))?.opening.closes, at('2026-12-19T23:00Z'));
});

test('the next frozen opening is one that comes before any that opens', () => {
  assert.equal(nextFrozenOpening(winter, at('2026-12-13T12:00Z'))?.opening.opens, at('2026-12-19T21:00Z'));
  assert.equal(nextFrozenOpening(winter, at('2026-12-10T12:00Z')), null);
  assert.equal(nextFrozenOpening(saturdays, at('2026-12-10T12:00Z')), null);
  assert.equal(frozenOpening({ window: winter }, at('2026-12-19T22:00Z'))?.scheduled, at('2026-12-19T21:00Z'));
});

test('a moved opening is as long, and does not open on dates that are not allowed', () => {
  const [opening] = nextOpenings(winter, at('2026-12-10T00:00Z'), 1);
  assert.ok(opening !== undefined);
  const later = movedOpening(winter, opening, opening.opens + 3 * HOUR_MS);
  assert.deepEqual([later?.opens, later?.closes], [opening.opens + 3 * HOUR_MS, opening.closes + 3 * HOUR_MS]);
  assert.equal(movedOpening(winter, opening, at('2026-12-15T08:00Z')), null);
  assert.equal(movedOpening(winter, opening, at('2026-12-14T20:00Z'))?.closes, at('2026-12-14T23:00Z'));
});

test('what opens next heeds postponements and overrides, and nothing else of people\'s orders', () => {
  const now = at('2026-12-10T12:00Z');
  const opens = at('2026-12-12T21:00Z');
  const upcoming = (orders: readonly StandingOrder[], when = now) => upcomingOpening({ window: winter }, orders, when);
  const moved: StandingOrder = { ...entry, kind: 'postponement', opens, movedTo: opens + DAY_MS, until: opens + DAY_MS + 6 * HOUR_MS };
  const override: StandingOrder = { ...entry, kind: 'request', opens: at('2026-12-19T21:00Z'), until: at('2026-12-20T03:00Z'), freeze: 'overridden' };

  assert.equal(upcoming([])?.opening.opens, opens);
  assert.deepEqual([upcoming([moved])?.opening.opens, upcoming([moved])?.scheduled], [opens + DAY_MS, opens]);
  assert.equal(upcoming([moved, { ...moved, id: 'd', movedTo: opens + HOUR_MS, until: opens + 7 * HOUR_MS }])?.opening.opens, opens + HOUR_MS);
  assert.equal(upcoming([], at('2026-12-13T12:00Z'))?.opening.opens, at('2027-01-09T21:00Z'));
  assert.equal(upcoming([override], at('2026-12-13T12:00Z'))?.opening.opens, at('2026-12-19T21:00Z'));
  assert.equal(upcoming([{ ...override, freeze: 'heeded' }], at('2026-12-13T12:00Z'))?.opening.opens, at('2027-01-09T21:00Z'));
  assert.equal(upcomingOpening({ window: { ...saturdays, timeZone: 'Nowhere/Land' } }, [], now), null);
});

test('times of commands are durations, moments, or local dates with or without a time', () => {
  const from = at('2026-12-12T21:00Z');
  const local = { timeZone: 'Europe/Paris', timeOfDay: '22:00' };
  const table: readonly (readonly [text: string, moment: string | null])[] = [
    ['90m', '2026-12-12T22:30Z'],
    ['2h30m', '2026-12-12T23:30Z'],
    ['1d12h', '2026-12-14T09:00Z'],
    ['PT2H', '2026-12-12T23:00Z'],
    ['P1D', '2026-12-13T21:00Z'],
    ['2026-12-14', '2026-12-14T21:00Z'],
    ['2026-12-14T08:15', '2026-12-14T07:15Z'],
    ['2026-12-14T08:15Z', '2026-12-14T08:15Z'],
    ['2026-12-14T08:15+05:00', '2026-12-14T03:15Z'],
    ...['2026-02-30', '2026-12-14T25:00', 'tomorrow', '2', 'h', '', 'P', '-2h', 'usr'].map((text) => [text, null] as const),
  ];
  for (const [text, moment] of table) {
    const read = readCommandTime(text);
    assert.equal(read === null ? null : momentOf(read, from, local), moment === null ? null : at(moment), text);
  }
});
