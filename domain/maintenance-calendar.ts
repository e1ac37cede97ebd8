import type { MaintenancePolicy, NotAllowedDates, WindowOpening } from './maintenance-policy.ts';
import { movedOpening, nextOccurrences, openingAt } from './maintenance-window.ts';
import { formatBothDated, formatInstant } from './local-time.ts';
import { postponementOf } from './standing-order.ts';
import type { Freeze, Postponement, StandingOrder } from './standing-order.ts';
import type { Instant } from './time.ts';
import { clusterNameOf, stateFileName } from './window-identity.ts';

/** One opening as people may expect it. */
export interface CalendarOpening {
  readonly cluster: CalendarCluster;
  readonly opens: Instant;
  readonly closes: Instant;
  /** When the policy would open it: what the opening is known by, wherever it was moved. */
  readonly scheduled: Instant;
  /** `moved`: somebody postponed it · `frozen`: it opens, and nothing is started while somebody's freeze holds. */
  readonly state: 'opens' | 'moved' | 'frozen';
  /** A sentence each; what people wrote is untrusted. */
  readonly notes: readonly string[];
}

/** Local dates on which a policy opens nothing, or raises no minor version. */
export interface CalendarFreeze {
  readonly cluster: CalendarCluster;
  readonly dates: NotAllowedDates;
}

/** Whose calendar it is. */
interface CalendarCluster {
  readonly policyName: string;
  readonly clusterName: string;
  /** Sets it apart from clusters of the same name elsewhere. */
  readonly key: string;
  readonly timeZone: string;
}

/** What is to come for some clusters, by time. */
export interface MaintenanceCalendar {
  readonly openings: readonly CalendarOpening[];
  readonly freezes: readonly CalendarFreeze[];
}

/** One policy and what people ordered for its cluster; null: that could not be read. */
export interface CalendarSource {
  readonly policy: Pick<MaintenancePolicy, 'name' | 'clusterResourceId' | 'window'>;
  readonly orders: readonly StandingOrder[] | null;
}

/**
 * The opening that is open now and the next ones of each policy, as people's orders have them, and the policy's own frozen dates up
 * to the last of them. The same until an opening has passed, a policy changed or somebody ordered something.
 *
 * @param count - Openings of each policy, whole, from 1.
 */
export function calendarOf(sources: readonly CalendarSource[], now: Instant, count: number): MaintenanceCalendar {
  const parts = sources.map((source) => partOf(source, now, count));
  const openings = parts.flatMap((part) => part.openings).sort((one, other) => one.opens - other.opens || (one.cluster.key < other.cluster.key ? -1 : 1));
  const freezes = parts.flatMap((part) => part.freezes).sort((one, other) => (one.dates.start < other.dates.start ? -1 : one.dates.start > other.dates.start ? 1 : one.cluster.key < other.cluster.key ? -1 : 1));
  return { openings, freezes };
}

function partOf({ policy, orders }: CalendarSource, now: Instant, count: number): MaintenanceCalendar {
  const { window, clusterResourceId } = policy;
  const cluster = { policyName: policy.name, clusterName: clusterNameOf(clusterResourceId), key: stateFileName(clusterResourceId).replace(/\.json$/, '').toLowerCase(), timeZone: window.timeZone };
  const open = openingAt(window, now);
  const present = open === null ? [] : [{ opening: open, notes: restrictionOf(open) }];
  const coming = nextOccurrences(window, now, count).flatMap((each) => (each.kind === 'opens' && each.opening.opens !== open?.opens ? [{ opening: each.opening, notes: each.notes }] : []));
  const staying = [...present, ...coming].filter(({ opening }) => postponementOf(orders ?? [], opening.opens) === null);
  const regular = staying.map(({ opening, notes }): CalendarOpening => ({ cluster, opens: opening.opens, closes: opening.closes, scheduled: opening.opens, state: 'opens', notes }));
  const openings = [...regular, ...movedOf({ policy, orders }, cluster, now)].map((opening) => heedFreezes(opening, orders, now)).sort((one, other) => one.opens - other.opens).slice(0, count);
  const last = formatInstant(openings.at(-1)?.closes ?? now).slice(0, 10);
  const first = formatInstant(now).slice(0, 10);
  const freezes = window.notAllowedDates.filter(({ start, end }) => end >= first && start <= last).map((dates) => ({ cluster, dates }));
  return { openings: orders === null ? openings.map((each) => ({ ...each, notes: [...each.notes, 'What people ordered for this cluster could not be read.'] })) : openings, freezes };
}

function restrictionOf({ restriction, reason }: WindowOpening): readonly string[] {
  return restriction === 'minor' ? [`No minor version: ${reason}.`] : [];
}

/** Openings that were moved and have not closed. */
function movedOf({ policy, orders }: CalendarSource, cluster: CalendarCluster, now: Instant): readonly CalendarOpening[] {
  const latest = (orders ?? []).filter((order): order is Postponement => order.kind === 'postponement' && (order.until ?? 0) > now && postponementOf(orders ?? [], order.opens)?.id === order.id);
  return latest.flatMap(({ opens: scheduled, movedTo, until, who, why }) => {
    const opening = movedOpening(policy.window, { opens: movedTo, closes: until ?? movedTo }, movedTo);
    if (opening === null) return [];
    const note = `Postponed from ${formatBothDated(scheduled, cluster.timeZone)} by ${who}${why === '' ? '' : `: ${why}`}.`;
    return [{ cluster, opens: opening.opens, closes: opening.closes, scheduled, state: 'moved' as const, notes: [note, ...restrictionOf(opening)] }];
  });
}

/** The freeze that will hold when it opens, by what is ordered now. */
function heedFreezes(opening: CalendarOpening, orders: readonly StandingOrder[] | null, now: Instant): CalendarOpening {
  const freeze = (orders ?? []).findLast((order): order is Freeze => order.kind === 'freeze' && order.when <= now && (order.until === null || Math.max(opening.opens, now) < order.until));
  if (freeze === undefined) return opening;
  const until = freeze.until === null ? 'until somebody ends it' : `until ${formatBothDated(freeze.until, opening.cluster.timeZone)}`;
  return { ...opening, state: 'frozen', notes: [`Frozen ${until} by ${freeze.who}${freeze.why === '' ? '' : `: ${freeze.why}`}. Nothing is started meanwhile.`, ...opening.notes] };
}
