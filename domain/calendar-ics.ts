import { Temporal } from 'temporal-polyfill';
import { formatBothDated, formatInstant } from './local-time.ts';
import type { CalendarFreeze, CalendarOpening, MaintenanceCalendar } from './maintenance-calendar.ts';
import type { Instant } from './time.ts';

/** Most octets of a line, its end left out. @see RFC 5545 §3.1. */
const LINE_OCTETS_MAX = 75;
/** A note of a person may be long; calendars show little. */
const NOTE_CHARACTERS_MAX = 400;

interface CalendarEvent {
  readonly uid: string;
  /** Lines of the event, not folded, without UID, DTSTAMP and SEQUENCE. */
  readonly lines: readonly string[];
}

/**
 * The calendar as iCalendar (RFC 5545), moments in UTC.
 *
 * An event keeps its UID wherever it is moved. One that says what it said in `present` keeps its DTSTAMP and SEQUENCE too, so that the
 * same calendar gives the same text; one that says something else gets `now` and the next SEQUENCE.
 *
 * @param present - The text it replaces; null when there is none. Anything unreadable in it is as if it were not there.
 */
export function renderIcs({ openings, freezes }: MaintenanceCalendar, present: string | null, now: Instant): string {
  const known = new Map((present === null ? [] : readEvents(present)).map((event) => [event.uid, event] as const));
  const events = [...openings.map(openingEvent), ...freezes.map(freezeEvent)];
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Slackwater//Maintenance calendar//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    'NAME:Maintenance',
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    ...events.flatMap((event) => linesOf(event, known.get(event.uid), now)),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${foldLine(line)}\r\n`).join('');
}

function linesOf({ uid, lines }: CalendarEvent, known: KnownEvent | undefined, now: Instant): readonly string[] {
  const isSame = known !== undefined && known.lines.join('\n') === lines.join('\n');
  const stamp = isSame ? known.stamp : stampOf(now);
  const sequence = known === undefined ? 0 : isSame ? known.sequence : known.sequence + 1;
  return ['BEGIN:VEVENT', `UID:${uid}`, `DTSTAMP:${stamp}`, `SEQUENCE:${sequence}`, ...lines, 'END:VEVENT'];
}

function openingEvent({ cluster, opens, closes, scheduled, state, notes }: CalendarOpening): CalendarEvent {
  const { clusterName, policyName, timeZone, key } = cluster;
  const span = `${formatBothDated(opens, timeZone)} to ${formatBothDated(closes, timeZone)}, ${timeZone}; UTC in brackets. Policy ${policyName}.`;
  const told = notes.map((note) => note.slice(0, NOTE_CHARACTERS_MAX));
  return {
    uid: `${stampOf(scheduled).toLowerCase()}-${key}@slackwater`,
    lines: [
      `DTSTART:${stampOf(opens)}`,
      `DTEND:${stampOf(closes)}`,
      `SUMMARY:${escapeText(`Maintenance of ${clusterName}${state === 'moved' ? ' (postponed)' : state === 'frozen' ? ' (frozen)' : ''}`)}`,
      `DESCRIPTION:${escapeText([span, ...told].join('\n'))}`,
      `STATUS:${state === 'frozen' ? 'TENTATIVE' : 'CONFIRMED'}`,
      'CATEGORIES:MAINTENANCE',
      'TRANSP:TRANSPARENT',
    ],
  };
}

function freezeEvent({ cluster, dates }: CalendarFreeze): CalendarEvent {
  const what = dates.scope === 'all' ? 'No maintenance of' : 'No minor version of';
  const compact = (date: string): string => date.replaceAll('-', '');
  const after = Temporal.PlainDate.from(dates.end).add({ days: 1 }).toString();
  return {
    uid: `freeze-${dates.scope}-${compact(dates.start)}-${compact(dates.end)}-${cluster.key}@slackwater`,
    lines: [
      `DTSTART;VALUE=DATE:${compact(dates.start)}`,
      `DTEND;VALUE=DATE:${compact(after)}`,
      `SUMMARY:${escapeText(`${what} ${cluster.clusterName}: ${dates.reason.slice(0, NOTE_CHARACTERS_MAX)}`)}`,
      'STATUS:CONFIRMED',
      'CATEGORIES:MAINTENANCE',
      'TRANSP:TRANSPARENT',
    ],
  };
}

/** `20261121T210000Z`. */
function stampOf(instant: Instant): string {
  return formatInstant(Math.floor(instant / 1_000) * 1_000).replace(/[-:]/g, '');
}

function escapeText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .replace(/[\\;,]/g, '\\$&')
    .replaceAll('\n', '\\n');
}

/** Cuts a line into pieces of at most 75 octets of UTF-8, never within a character. */
function foldLine(line: string): string {
  const pieces: string[] = [''];
  let octets = 0;
  for (const character of line) {
    const width = octetsOf(character);
    if (octets + width > LINE_OCTETS_MAX) {
      pieces.push(' ');
      octets = 1;
    }
    pieces.push(`${pieces.pop() ?? ''}${character}`);
    octets += width;
  }
  return pieces.join('\r\n');
}

function octetsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

interface KnownEvent extends CalendarEvent {
  readonly stamp: string;
  readonly sequence: number;
}

function readEvents(text: string): readonly KnownEvent[] {
  const blocks = text.replace(/\r?\n[ \t]/g, '').matchAll(/^BEGIN:VEVENT\r?\n([^]*?)^END:VEVENT/gm);
  return [...blocks].flatMap(([, block = '']) => {
    const lines = block.split(/\r?\n/).filter((line) => line !== '');
    const valueOf = (name: string): string => lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1) ?? '';
    const [uid, stamp, sequence] = [valueOf('UID'), valueOf('DTSTAMP'), Number(valueOf('SEQUENCE'))];
    if (uid === '' || !/^\d{8}T\d{6}Z$/.test(stamp) || !Number.isSafeInteger(sequence)) return [];
    return [{ uid, stamp, sequence, lines: lines.filter((line) => !/^(?:UID|DTSTAMP|SEQUENCE):/.test(line)) }];
  });
}
