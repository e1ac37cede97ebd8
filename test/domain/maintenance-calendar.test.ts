import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderIcs } from '../../domain/calendar-ics.ts';
import { renderCalendarMarkdown } from '../../domain/calendar-markdown.ts';
import { calendarOf } from '../../domain/maintenance-calendar.ts';
import type { CalendarSource } from '../../domain/maintenance-calendar.ts';
import type { WindowSchedule } from '../../domain/maintenance-policy.ts';
import type { StandingOrder } from '../../domain/standing-order.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const saturday = Date.parse('2026-11-21T21:00:00Z');
const window: WindowSchedule = {
  timeZone: 'Europe/Paris',
  startTime: '22:00',
  durationHours: 6,
  schedule: { kind: 'weekly', intervalWeeks: 1, dayOfWeek: 'Saturday' },
  startDate: null,
  notAllowedDates: [{ start: '2026-12-18', end: '2027-01-04', reason: 'year-end freeze', scope: 'all' }],
};
const source = (orders: readonly StandingOrder[] | null = [], name = 'shop'): CalendarSource => ({
  policy: { name, clusterResourceId: `/subscriptions/0/resourceGroups/r/providers/Microsoft.ContainerService/managedClusters/${name}-prod-weu`, window },
  orders,
});
const said = { id: '1', who: 'ann', when: now - HOUR_MS, why: 'audit, then; a \\ and\nmore' };
const freeze = (until: number | null): StandingOrder => ({ ...said, kind: 'freeze', until, endedBy: null });
const postponed: StandingOrder = { ...said, kind: 'postponement', opens: saturday, movedTo: saturday + DAY_MS, until: saturday + DAY_MS + 6 * HOUR_MS };
const ics = (orders: readonly StandingOrder[] | null, present: string | null = null, at = now): string => renderIcs(calendarOf([source(orders)], now, 5), present, at);
const events = (text: string): readonly (readonly string[])[] =>
  [...text.replaceAll('\r\n ', '').matchAll(/BEGIN:VEVENT\r\n([^]*?)END:VEVENT/g)].map(([, body = '']) => body.split('\r\n').slice(0, -1));
const field = (event: readonly string[] | undefined, name: string): string => event?.find((line) => line.startsWith(`${name}:`) || line.startsWith(`${name};`))?.slice(name.length + 1) ?? '';

test('openings come by time, each with its span, and frozen dates up to the last of them', () => {
  const { openings, freezes } = calendarOf([source(), source([], 'pay')], now, 5);

  assert.deepEqual(openings.map(({ cluster, opens }) => `${cluster.policyName} ${new Date(opens).toISOString().slice(0, 16)}`).slice(0, 4), ['pay 2026-11-21T21:00', 'shop 2026-11-21T21:00', 'pay 2026-11-28T21:00', 'shop 2026-11-28T21:00']);
  assert.equal(openings.length, 10);
  assert.ok(openings.every(({ opens, closes, state }) => closes - opens === 6 * HOUR_MS && state === 'opens'));
  assert.ok(!openings.some(({ opens }) => opens > Date.parse('2026-12-18') && opens < Date.parse('2027-01-05')));
  assert.deepEqual(freezes.map(({ cluster, dates }) => [cluster.policyName, dates.start]), [['pay', '2026-12-18'], ['shop', '2026-12-18']]);
});

test('the calendar stays the same until an opening has passed', () => {
  const at = (moment: number) => calendarOf([source()], moment, 5);

  assert.deepEqual(at(now + HOUR_MS), at(now));
  assert.deepEqual(at(saturday + HOUR_MS), at(now));
  assert.notDeepEqual(at(saturday + 6 * HOUR_MS), at(now));
});

test('a postponed opening stands where it was moved, under the name it had', () => {
  const [opening] = calendarOf([source([postponed])], now, 5).openings;
  const [before] = events(ics([]));
  const [after] = events(ics([postponed]));

  assert.deepEqual([opening?.opens, opening?.scheduled, opening?.state], [saturday + DAY_MS, saturday, 'moved']);
  assert.match(opening?.notes[0] ?? '', /^Postponed from Sat 21 Nov 22:00 \(21:00Z\) by ann: audit/);
  assert.equal(field(after, 'UID'), field(before, 'UID'));
  assert.deepEqual([field(before, 'DTSTART'), field(after, 'DTSTART'), field(after, 'DTEND')], ['20261121T210000Z', '20261122T210000Z', '20261123T030000Z']);
  assert.equal(field(after, 'SUMMARY'), 'Maintenance of shop-prod-weu (postponed)');
});

const freezes: readonly (readonly [what: string, orders: readonly StandingOrder[], frozen: readonly boolean[]])[] = [
  ['without end', [freeze(null)], [true, true, true]],
  ['until after the first opening', [freeze(saturday + DAY_MS)], [true, false, false]],
  ['until the moment it opens', [freeze(saturday)], [false, false, false]],
  ['said for later than now', [{ ...said, kind: 'freeze', when: now + HOUR_MS, until: null, endedBy: null }], [false, false, false]],
  ['ended', [freeze(now - 1)], [false, false, false]],
];
for (const [what, orders, frozen] of freezes) {
  test(`a freeze ${what} marks the openings it reaches`, () => {
    const { openings } = calendarOf([source(orders)], now, 3);

    assert.deepEqual(openings.map(({ state }) => state === 'frozen'), frozen);
    assert.deepEqual(events(ics(orders)).slice(0, 3).map((event) => field(event, 'STATUS') === 'TENTATIVE'), frozen);
  });
}

test('orders that could not be read are said to be unknown', () => {
  assert.match(renderCalendarMarkdown(calendarOf([source(null)], now, 1)), /What people ordered for this cluster could not be read\./);
});

test('iCalendar: lines end in CRLF, hold at most 75 octets, and give the text back unfolded and unescaped', () => {
  const long: StandingOrder = { ...postponed, why: `größe 🚧 ${'é'.repeat(200)}; a, b \\ c\nnext line` };
  const text = ics([long]);
  const [event] = events(text);

  assert.ok(text.endsWith('END:VCALENDAR\r\n'));
  assert.ok(!/[^\r]\n|\r[^\n]/.test(text));
  for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
  assert.ok(!text.includes('\uFFFD'));
  const unescaped = field(event, 'DESCRIPTION').replace(/\\(.)/g, (_whole, sign: string) => (sign === 'n' ? '\n' : sign));
  assert.match(unescaped, /größe 🚧 é{200}; a, b \\ c\nnext line/);
  assert.ok(text.split('\r\n').filter((line) => line.startsWith(' ')).length > 5);
  const required = ['UID', 'DTSTAMP', 'DTSTART', 'DTEND', 'SUMMARY'];
  for (const each of events(text)) assert.deepEqual(required.filter((name) => field(each, name) === ''), []);
  assert.equal(new Set(events(text).map((each) => field(each, 'UID'))).size, events(text).length);
});

test('no text of a person begins a line, a property or an event of its own', () => {
  const nasty = 'x\r\nEND:VEVENT\r\nBEGIN:VEVENT\nUID:evil\u2028\u0000';
  const text = ics([{ ...postponed, who: nasty, why: nasty }]);

  assert.equal(events(text).length, events(ics([])).length);
  assert.ok(!/^(?:UID:evil|END:VEVENT\\r)/m.test(text));
  assert.ok(!text.includes('\u0000'));
});

test('frozen dates are whole days, the end left out', () => {
  const freezeOf = events(ics([])).at(-1);

  assert.deepEqual([field(freezeOf, 'DTSTART'), field(freezeOf, 'DTEND')], ['VALUE=DATE:20261218', 'VALUE=DATE:20270105']);
  assert.equal(field(freezeOf, 'SUMMARY'), 'No maintenance of shop-prod-weu: year-end freeze');
});

test('written again it is the same text; what changed alone gets a new stamp and the next sequence', () => {
  const first = ics([]);
  const later = now + HOUR_MS;

  assert.equal(ics([], first, later), first);
  const changed = events(ics([postponed], first, later));
  const [moved, ...others] = [...changed].sort((one, other) => (field(one, 'SUMMARY').includes('postponed') ? -1 : field(other, 'SUMMARY').includes('postponed') ? 1 : 0));
  assert.deepEqual([field(moved, 'DTSTAMP'), field(moved, 'SEQUENCE')], ['20261120T130000Z', '1']);
  assert.ok(others.every((event) => field(event, 'DTSTAMP') === '20261120T120000Z' && field(event, 'SEQUENCE') === '0'));
});

test('a file that is no calendar is replaced', () => {
  for (const present of ['', 'by hand', 'BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n']) assert.equal(ics([], present), ics([]));
});

test('as a page it tells both times and escapes what people wrote', () => {
  const page = renderCalendarMarkdown(calendarOf([source([{ ...postponed, who: 'ann', why: '@everyone <b>|x|</b>' }])], now, 2));

  assert.match(page, /\| Sun 22 Nov 2026 22:00 \(21:00Z\) \| Mon 23 Nov 2026 04:00 \(03:00Z\) \| Europe\/Paris \| `shop-prod-weu` \| `shop` \| \*\*Postponed\.\*\* Postponed from/);
  assert.doesNotMatch(page, /@everyone|<b>/);
  for (const row of page.split('\n').filter((line) => line.startsWith('|'))) assert.equal(row.match(/\|/g)?.length, 7);
});

test('a policy that never opens gives an empty calendar, not a fault', () => {
  const never = { ...source(), policy: { ...source().policy, window: { ...window, startDate: '2200-01-01' } } };

  assert.match(renderCalendarMarkdown(calendarOf([never], now, 5)), /No opening in the next ten years/);
  assert.match(renderIcs(calendarOf([never], now, 5), null, now), /^BEGIN:VCALENDAR\r\n/);
});
