import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closestWord } from '../../domain/closest-word.ts';
import {
  closestTimeZone,
  findTimeZone,
  formatBoth,
  formatBothDated,
  formatInstant,
  formatLocal,
  formatLocalDate,
  formatUtc,
  formatUtcDated,
  isLocalDate,
  isTimeZone,
  parseInstant,
  parseMomentOrDuration,
} from '../../domain/local-time.ts';

test('every time is told in local and UTC, in the same words on every host', () => {
  const winter = Date.UTC(2026, 10, 21, 21, 0, 59, 999);
  const summer = Date.UTC(2026, 9, 17, 20, 0);
  const night = Date.UTC(2026, 9, 17, 23, 5);

  assert.equal(formatLocal(winter, 'Europe/Paris'), 'Sat 21 Nov 2026 22:00');
  assert.equal(formatUtc(winter), '21:00Z');
  assert.equal(formatUtcDated(winter), 'Sat 21 Nov 2026 21:00Z');
  assert.equal(formatBoth(winter, 'Europe/Paris'), '22:00 (21:00Z)');
  assert.equal(formatBothDated(summer, 'Europe/Paris'), 'Sat 17 Oct 22:00 (20:00Z)');
  assert.equal(formatBothDated(night, 'Europe/Paris'), 'Sun 18 Oct 01:05 (Sat 23:05Z)');
  assert.equal(formatLocal(winter, '-07:00'), 'Sat 21 Nov 2026 14:00');
  assert.equal(formatLocalDate('2027-01-03'), 'Sun 3 Jan 2027');
  assert.equal(formatInstant(winter), '2026-11-21T21:00:59.999Z');
});

test('a time zone is known, spelt usually, or guessed from a slip', () => {
  assert.equal(findTimeZone('Europe/Paris'), 'Europe/Paris');
  assert.equal(findTimeZone('europe/paris'), 'Europe/Paris');
  assert.equal(isTimeZone('+05:30'), true);
  for (const name of ['', 'Europe/Pari', 'W. Europe Standard Time', '+1:00', 'local']) assert.equal(isTimeZone(name), false, name);
  assert.equal(closestTimeZone('Europe/Pari'), 'Europe/Paris');
  assert.equal(closestTimeZone('Middle/Earth'), null);
});

test('a local date is a day that exists', () => {
  for (const text of ['2026-02-28', '2028-02-29', '2026-12-31']) assert.equal(isLocalDate(text), true, text);
  for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', '26-01-01', '2026-01-01T00:00', '', '2026-00-10']) {
    assert.equal(isLocalDate(text), false, text);
  }
});

test('a moment needs its zone', () => {
  assert.equal(parseInstant('2026-11-01T00:00Z'), Date.UTC(2026, 10, 1));
  assert.equal(parseInstant('2026-11-01T01:00+01:00'), Date.UTC(2026, 10, 1));
  for (const text of ['', '2026-11-01', '2026-11-01T00:00', 'now', '2026-02-30T00:00Z']) assert.equal(parseInstant(text), null, text);
});

test('a mistyped word finds the nearest candidate, and nothing when none is near', () => {
  const table: readonly (readonly [string, string | null])[] = [
    ['calender', 'calendar'],
    ['lnit', 'lint'],
    ['LINT', 'lint'],
    ['plant', 'plan'],
    ['preflihgt', 'preflight'],
    ['xx', null],
    ['deployment', null],
    ['', null],
  ];
  for (const [written, meant] of table) assert.equal(closestWord(written, ['lint', 'calendar', 'plan', 'preflight']), meant, written);
});

test('a moment or a duration from now is read; anything else is nothing', () => {
  const table: readonly (readonly [text: string, moment: number | null])[] = [
    ['90m', 90 * 60_000],
    ['90min', 90 * 60_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['PT2H', 7_200_000],
    ['1970-01-01T01:00Z', 3_600_000],
    ['1970-01-01T01:00+01:00', 0],
    ['', null],
    ['h', null],
    ['tomorrow', null],
    ['03:15', null],
    ['PT', null],
    ['-2h', null],
  ];
  for (const [text, moment] of table) assert.equal(parseMomentOrDuration(text, 0), moment, text);
});
