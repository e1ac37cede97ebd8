import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatInstant, formatLocal, parseInstant } from '../../domain/local-time.ts';
import type { NotAllowedDates, Schedule, WindowSchedule } from '../../domain/maintenance-policy.ts';
import { nextOccurrences, nextOpenings, openingAt, openingsBetween } from '../../domain/maintenance-window.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import type { Instant } from '../../domain/time.ts';

const saturday: WindowSchedule = {
  timeZone: 'Europe/Paris',
  startTime: '22:00',
  durationHours: 6,
  schedule: { kind: 'weekly', intervalWeeks: 1, dayOfWeek: 'Saturday' },
  startDate: null,
  notAllowedDates: [],
};
const daily: Schedule = { kind: 'daily', intervalDays: 1 };

function at(text: string): Instant {
  const instant = parseInstant(text);
  assert.ok(instant !== null, text);
  return instant;
}

function spans(window: WindowSchedule, from: string, count: number): readonly string[] {
  return nextOpenings(window, at(from), count).map(({ opens, closes }) => `${formatInstant(opens)} ${formatInstant(closes)}`);
}

function localStarts(window: WindowSchedule, from: string, count: number): readonly string[] {
  return nextOpenings(window, at(from), count).map(({ opens }) => formatLocal(opens, window.timeZone));
}

function freeze(start: string, end: string, scope: NotAllowedDates['scope'] = 'all'): NotAllowedDates {
  return { start, end, reason: 'freeze', scope };
}

test('a window opens at local time and lasts elapsed hours, whatever the clocks do meanwhile', () => {
  const table: readonly (readonly [title: string, window: WindowSchedule, from: string, span: string])[] = [
    ['winter', saturday, '2026-11-16T00:00Z', '2026-11-21T21:00:00Z 2026-11-22T03:00:00Z'],
    ['clocks go forward inside', saturday, '2026-03-27T00:00Z', '2026-03-28T21:00:00Z 2026-03-29T03:00:00Z'],
    ['clocks go back inside', saturday, '2026-10-23T00:00Z', '2026-10-24T20:00:00Z 2026-10-25T02:00:00Z'],
    ['a start in the missing hour moves forward', { ...saturday, schedule: daily, startTime: '02:30' }, '2026-03-29T00:00Z', '2026-03-29T01:30:00Z 2026-03-29T07:30:00Z'],
    ['a start in the doubled hour is the first', { ...saturday, schedule: daily, startTime: '02:30' }, '2026-10-24T12:00Z', '2026-10-25T00:30:00Z 2026-10-25T06:30:00Z'],
    ['a gap of half an hour', { ...saturday, timeZone: 'Australia/Lord_Howe', schedule: daily, startTime: '02:15' }, '2026-10-03T12:00Z', '2026-10-03T15:45:00Z 2026-10-03T21:45:00Z'],
    ['an overlap of half an hour', { ...saturday, timeZone: 'Australia/Lord_Howe', schedule: daily, startTime: '01:45' }, '2026-04-04T12:00Z', '2026-04-04T14:45:00Z 2026-04-04T20:45:00Z'],
    ['a start moved over midnight', { ...saturday, timeZone: 'America/Nuuk', startTime: '23:30' }, '2024-03-30T12:00Z', '2024-03-31T01:30:00Z 2024-03-31T07:30:00Z'],
    ['a fixed offset has no summer time', { ...saturday, timeZone: '+01:00' }, '2026-07-01T00:00Z', '2026-07-04T21:00:00Z 2026-07-05T03:00:00Z'],
    ['a negative offset with half hours', { ...saturday, timeZone: '-03:30' }, '2026-07-01T00:00Z', '2026-07-05T01:30:00Z 2026-07-05T07:30:00Z'],
  ];
  for (const [title, window, from, span] of table) assert.deepEqual(spans(window, from, 1), [span], title);
});

test('a date that a zone left out has no opening, and the days beside it keep theirs', () => {
  const apia: WindowSchedule = { ...saturday, timeZone: 'Pacific/Apia', schedule: daily };

  assert.deepEqual(localStarts(apia, '2011-12-29T12:00Z', 2), ['Thu 29 Dec 2011 22:00', 'Sat 31 Dec 2011 22:00']);
  const skipped = nextOccurrences(apia, at('2011-12-29T12:00Z'), 2).filter((each) => each.kind === 'skipped');
  assert.deepEqual(skipped, [{ kind: 'skipped', localDate: '2011-12-30', code: 'no-such-day', reason: 'Pacific/Apia has no such day.' }]);
});

test('a daily window of 24 hours never overlaps the next one', () => {
  const allDay: WindowSchedule = { ...saturday, schedule: daily, durationHours: 24 };

  assert.deepEqual(spans(allDay, '2026-03-28T12:00Z', 2), ['2026-03-28T21:00:00Z 2026-03-29T20:00:00Z', '2026-03-29T20:00:00Z 2026-03-30T20:00:00Z']);
  assert.equal(openingAt(allDay, at('2026-03-29T20:00Z'))?.opens, at('2026-03-29T20:00Z'));
});

test('the four schedules name their dates, counted from the start date', () => {
  const table: readonly (readonly [title: string, Schedule, startDate: string | null, from: string, starts: readonly string[]])[] = [
    ['every third day', { kind: 'daily', intervalDays: 3 }, '2026-11-01', '2026-10-01T00:00Z', ['Sun 1 Nov', 'Wed 4 Nov', 'Sat 7 Nov']],
    ['every third day, asked later', { kind: 'daily', intervalDays: 3 }, '2026-11-01', '2026-11-05T00:00Z', ['Sat 7 Nov', 'Tue 10 Nov']],
    ['every second Wednesday', { kind: 'weekly', intervalWeeks: 2, dayOfWeek: 'Wednesday' }, '2026-11-05', '2026-10-01T00:00Z', ['Wed 11 Nov', 'Wed 25 Nov', 'Wed 9 Dec']],
    ['the start date itself counts', { kind: 'weekly', intervalWeeks: 1, dayOfWeek: 'Saturday' }, '2026-11-07', '2026-01-01T00:00Z', ['Sat 7 Nov']],
    ['without a start date weeks count from 1970-01-05', { kind: 'weekly', intervalWeeks: 2, dayOfWeek: 'Monday' }, null, '2026-11-01T00:00Z', ['Mon 9 Nov', 'Mon 23 Nov']],
    ['the 15th', { kind: 'absoluteMonthly', intervalMonths: 1, dayOfMonth: 15 }, '2026-11-20', '2026-11-01T00:00Z', ['Tue 15 Dec', 'Fri 15 Jan']],
    ['the 15th of every third month, from the first after the start', { kind: 'absoluteMonthly', intervalMonths: 3, dayOfMonth: 15 }, '2026-11-20', '2026-11-01T00:00Z', ['Tue 15 Dec', 'Mon 15 Mar']],
    ['without a start date months count from January', { kind: 'absoluteMonthly', intervalMonths: 3, dayOfMonth: 1 }, null, '2026-11-01T00:00Z', ['Fri 1 Jan', 'Thu 1 Apr']],
    ['months without the 31st have no opening', { kind: 'absoluteMonthly', intervalMonths: 1, dayOfMonth: 31 }, null, '2027-01-15T00:00Z', ['Sun 31 Jan', 'Wed 31 Mar', 'Mon 31 May']],
    ['the 29th of February', { kind: 'absoluteMonthly', intervalMonths: 6, dayOfMonth: 29 }, '2028-02-01', '2028-02-01T00:00Z', ['Tue 29 Feb', 'Tue 29 Aug', 'Wed 29 Aug']],
    ['the first Monday', { kind: 'relativeMonthly', intervalMonths: 1, weekIndex: 'First', dayOfWeek: 'Monday' }, null, '2026-11-01T00:00Z', ['Mon 2 Nov', 'Mon 7 Dec']],
    ['the fourth Sunday', { kind: 'relativeMonthly', intervalMonths: 1, weekIndex: 'Fourth', dayOfWeek: 'Sunday' }, null, '2026-11-01T00:00Z', ['Sun 22 Nov', 'Sun 27 Dec']],
    ['the last Sunday, a fifth one too', { kind: 'relativeMonthly', intervalMonths: 1, weekIndex: 'Last', dayOfWeek: 'Sunday' }, null, '2026-11-01T00:00Z', ['Sun 29 Nov', 'Sun 27 Dec', 'Sun 31 Jan']],
    ['the last Friday every second month, gone by in the first', { kind: 'relativeMonthly', intervalMonths: 2, weekIndex: 'Last', dayOfWeek: 'Friday' }, '2026-11-28', '2026-11-01T00:00Z', ['Fri 25 Dec', 'Fri 26 Feb']],
  ];
  for (const [title, schedule, startDate, from, starts] of table) {
    const found = localStarts({ ...saturday, schedule, startDate }, from, starts.length);
    assert.deepEqual(found.map((text) => text.split(' ').slice(0, 3).join(' ')), starts, title);
  }
});

test('a month without the day is listed as skipped on its last day', () => {
  const occurrences = nextOccurrences({ ...saturday, schedule: { kind: 'absoluteMonthly', intervalMonths: 1, dayOfMonth: 31 } }, at('2027-02-10T00:00Z'), 1);

  assert.deepEqual(occurrences.map(({ kind, localDate }) => `${kind} ${localDate}`), ['skipped 2027-02-28', 'opens 2027-03-31']);
});

test('a freeze keeps shut what would begin on its dates, both included', () => {
  const table: readonly (readonly [title: string, NotAllowedDates, isOpen: boolean])[] = [
    ['on the day', freeze('2026-11-21', '2026-11-21'), false],
    ['ends on the day', freeze('2026-11-01', '2026-11-21'), false],
    ['ended the day before', freeze('2026-11-01', '2026-11-20'), true],
    ['begins on the day', freeze('2026-11-21', '2026-12-01'), false],
    ['only minor versions', freeze('2026-11-21', '2026-11-21', 'minor'), true],
  ];
  for (const [title, dates, isOpen] of table) {
    assert.equal(openingAt({ ...saturday, notAllowedDates: [dates] }, at('2026-11-21T21:30Z')) !== null, isOpen, title);
  }
});

test('a freeze that begins while the window is open closes it at local midnight', () => {
  const window: WindowSchedule = { ...saturday, notAllowedDates: [freeze('2026-12-01', '2026-12-02'), freeze('2026-11-22', '2026-11-30')] };

  assert.deepEqual(spans(window, '2026-11-20T00:00Z', 1), ['2026-11-21T21:00:00Z 2026-11-21T23:00:00Z']);
  assert.equal(openingAt(window, at('2026-11-21T22:59:59.999Z'))?.closes, at('2026-11-21T23:00Z'));
  assert.equal(openingAt(window, at('2026-11-21T23:00Z')), null);
  const [occurrence] = nextOccurrences(window, at('2026-11-20T00:00Z'), 1);
  assert.deepEqual(occurrence?.kind === 'opens' && occurrence.notes, ['Closes at midnight: freeze (from 2026-11-22).']);
});

test('a start that moved over midnight into a freeze, or out of one, does not open', () => {
  const nuuk: WindowSchedule = { ...saturday, timeZone: 'America/Nuuk', startTime: '23:30' };
  const moved = at('2024-03-31T02:00Z');

  assert.notEqual(openingAt(nuuk, moved), null);
  assert.equal(openingAt({ ...nuuk, notAllowedDates: [freeze('2024-03-31', '2024-03-31')] }, moved), null);
  assert.equal(openingAt({ ...nuuk, notAllowedDates: [freeze('2024-03-30', '2024-03-30')] }, moved), null);
});

test('a freeze of minor versions that touches an opening restricts the whole of it and says why', () => {
  const table: readonly (readonly [string, string, 'none' | 'minor'])[] = [
    ['2026-11-21', '2026-11-21', 'minor'],
    ['2026-11-22', '2026-11-25', 'minor'],
    ['2026-11-23', '2026-11-25', 'none'],
    ['2026-11-01', '2026-11-20', 'none'],
  ];
  for (const [start, end, restriction] of table) {
    const opening = openingAt({ ...saturday, notAllowedDates: [freeze(start, end, 'minor')] }, at('2026-11-21T22:00Z'));
    assert.equal(opening?.restriction, restriction, start);
    assert.equal(opening?.reason, restriction === 'minor' ? 'freeze' : '', start);
  }
});

test('an opening that closes exactly at midnight does not touch the next day', () => {
  const window: WindowSchedule = { ...saturday, durationHours: 2, notAllowedDates: [freeze('2026-11-22', '2026-11-22'), freeze('2026-11-22', '2026-11-22', 'minor')] };

  const [occurrence] = nextOccurrences(window, at('2026-11-20T00:00Z'), 1);

  assert.deepEqual(occurrence?.kind === 'opens' && [occurrence.opening.restriction, occurrence.notes], ['none', []]);
});

test('a window is open from its first moment and shut from its last', () => {
  const opens = at('2026-11-21T21:00Z');
  assert.equal(openingAt(saturday, opens - 1), null);
  assert.equal(openingAt(saturday, opens)?.opens, opens);
  assert.equal(openingAt(saturday, opens + 6 * HOUR_MS - 1)?.opens, opens);
  assert.equal(openingAt(saturday, opens + 6 * HOUR_MS), null);
});

test('nothing opens before the start date', () => {
  const window: WindowSchedule = { ...saturday, startDate: '2026-11-22' };
  assert.equal(openingAt(window, at('2026-11-21T22:00Z')), null);
  assert.notEqual(openingAt(window, at('2026-11-28T22:00Z')), null);
});

test('what is not understood is shut', () => {
  const broken: readonly Partial<WindowSchedule>[] = [
    { timeZone: 'Europe/Atlantis' },
    { startTime: '25:00' },
    { durationHours: 0 },
    { durationHours: Number.NaN },
    { startDate: '2026-02-30' },
    { notAllowedDates: [freeze('soon', 'later')] },
  ];
  for (const part of broken) {
    const window: WindowSchedule = { ...saturday, schedule: daily, ...part };
    assert.equal(openingAt(window, at('2026-11-21T22:00Z')), null, JSON.stringify(part));
    assert.deepEqual(nextOpenings(window, at('2026-11-21T22:00Z'), 1), [], JSON.stringify(part));
  }
});

test('a window frozen for ever has no next opening', () => {
  assert.deepEqual(nextOpenings({ ...saturday, notAllowedDates: [freeze('2000-01-01', '2099-12-31')] }, at('2026-11-21T22:00Z'), 1), []);
});

test('openings of a year are in order, apart from each other, and the same whatever span is asked for', () => {
  const schedules: readonly Schedule[] = [
    daily,
    { kind: 'daily', intervalDays: 2 },
    { kind: 'weekly', intervalWeeks: 3, dayOfWeek: 'Sunday' },
    { kind: 'absoluteMonthly', intervalMonths: 1, dayOfMonth: 30 },
    { kind: 'relativeMonthly', intervalMonths: 1, weekIndex: 'Last', dayOfWeek: 'Sunday' },
  ];
  const from = at('2026-01-01T00:00Z');
  const to = at('2027-01-01T00:00Z');
  for (const timeZone of ['Europe/Paris', 'Australia/Lord_Howe', 'Africa/Casablanca']) {
    for (const schedule of schedules) {
      const title = `${timeZone} ${schedule.kind}`;
      const window: WindowSchedule = { ...saturday, timeZone, schedule, durationHours: 24, startTime: '01:30', notAllowedDates: [freeze('2026-10-20', '2026-10-24')] };
      const whole = openingsBetween(window, from, to);
      assert.ok(whole.length >= 10, title);
      for (const [index, opening] of whole.entries()) {
        assert.ok(opening.opens < opening.closes && opening.closes - opening.opens <= DAY_MS, title);
        assert.ok((whole[index - 1]?.closes ?? 0) <= opening.opens, title);
        assert.deepEqual(openingAt(window, opening.closes - 1), opening, title);
      }
      const inParts: Instant[] = [];
      for (let day = from; day < to; day += 30 * DAY_MS) {
        for (const { opens } of openingsBetween(window, day, Math.min(to, day + 30 * DAY_MS))) if (opens >= day) inParts.push(opens);
      }
      assert.deepEqual(inParts, whole.map(({ opens }) => opens).filter((opens) => opens >= from), title);
    }
  }
});
