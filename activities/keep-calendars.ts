import { renderIcs } from '../domain/calendar-ics.ts';
import { renderCalendarMarkdown } from '../domain/calendar-markdown.ts';
import { calendarOf } from '../domain/maintenance-calendar.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import type { Ports } from './ports.ts';

/** Openings shown of each policy, and of all together: GitHub gives back files of at most 1 MB. */
const OPENINGS_EACH = 8;
const OPENINGS_MAX = 1_200;

/** The ports that calendars need. */
type CalendarPorts = Pick<Ports, 'clock' | 'logger' | 'policies' | 'state'>;

/**
 * Keeps the calendars that policies ask for on the state branch, one a path, and writes them only where they say something new. A
 * calendar is a courtesy: a failure is logged and met again at the next tick, and stops nothing.
 */
export async function keepCalendars(ports: CalendarPorts): Promise<void> {
  const read = await ports.policies.readPolicies();
  const asking = read.ok ? read.value.policies.filter(({ report }) => report.calendar != null) : [];
  for (const [path, policies] of Map.groupBy(asking, ({ report }) => report.calendar?.path ?? '')) {
    const code = await keepCalendar(ports, path, policies);
    if (code !== null) ports.logger.log('warn', 'calendar.not-kept', { path, code });
  }
}

/** Writes both files of one calendar. Null: they say what they should; else the code of the failure. */
async function keepCalendar(ports: CalendarPorts, path: string, policies: readonly MaintenancePolicy[]): Promise<string | null> {
  const memories = await ports.state.readStates(policies.map(({ clusterResourceId }) => clusterResourceId));
  // A calendar that left out a freeze would be worse than one of an hour ago.
  if (!memories.ok) return memories.failure.code;
  const now = ports.clock.now();
  const sources = policies.map((policy) => {
    const memory = memories.value.get(policy.clusterResourceId);
    return { policy, orders: memory === undefined ? [] : memory.ok ? memory.value.orders : null };
  });
  const calendar = calendarOf(sources, now, Math.max(1, Math.min(OPENINGS_EACH, Math.floor(OPENINGS_MAX / policies.length))));
  const page = await ports.state.changeDocument(`${path}.md`, () => renderCalendarMarkdown(calendar), 'Keep the maintenance calendar');
  if (!page.ok) return page.failure.code;
  const feed = await ports.state.changeDocument(`${path}.ics`, (present) => renderIcs(calendar, present, now), 'Keep the maintenance calendar');
  if (!feed.ok) return feed.failure.code;
  if (page.value === 'written' || feed.value === 'written') ports.logger.log('info', 'calendar.kept', { path, openings: calendar.openings.length });
  return null;
}
