import { formatBothDated, formatLocal, formatLocalDate } from './local-time.ts';
import type { CalendarFreeze, CalendarOpening, MaintenanceCalendar } from './maintenance-calendar.ts';
import { codeSpan, prose } from './markdown-text.ts';

/** The calendar as a page to read; the same calendar gives the same text. */
export function renderCalendarMarkdown({ openings, freezes }: MaintenanceCalendar): string {
  const rows = openings.length === 0 ? ['No opening in the next ten years.'] : ['| opens | closes | zone | cluster | policy | note |', '| --- | --- | --- | --- | --- | --- |', ...openings.map(openingRow)];
  const frozen = freezes.length === 0 ? [] : ['', '## Frozen dates', '', '| from | to | cluster | what | why |', '| --- | --- | --- | --- | --- |', ...freezes.map(freezeRow)];
  return `${['# Maintenance calendar', '', "Slackwater writes this page from the policies and from what people ordered. Times are the cluster's own, UTC in brackets.", '', ...rows, ...frozen].join('\n')}\n`;
}

function openingRow({ cluster, opens, closes, state, notes }: CalendarOpening): string {
  // With the year, because months lie between some openings.
  const at = (moment: number): string => `${formatLocal(moment, cluster.timeZone)} ${/\([^)]*\)$/.exec(formatBothDated(moment, cluster.timeZone))?.[0] ?? ''}`;
  const told = [state === 'moved' ? '**Postponed.**' : state === 'frozen' ? '**Frozen.**' : '', ...notes.map((note) => prose(note))].filter((part) => part !== '').join(' ');
  return `| ${at(opens)} | ${at(closes)} | ${prose(cluster.timeZone)} | ${codeSpan(cluster.clusterName)} | ${codeSpan(cluster.policyName)} | ${told} |`;
}

function freezeRow({ cluster, dates }: CalendarFreeze): string {
  return `| ${formatLocalDate(dates.start)} | ${formatLocalDate(dates.end)} | ${codeSpan(cluster.clusterName)} | ${dates.scope === 'all' ? 'nothing opens' : 'no minor version'} | ${prose(dates.reason)} |`;
}
