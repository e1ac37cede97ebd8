import { formatBothDated, formatInstant, formatLocalDay, lastClockChange, utcOffsetAt } from './local-time.ts';
import type { WindowOpening, WindowSchedule } from './maintenance-policy.ts';
import { nextOpenings, openingAt } from './maintenance-window.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';
import { activeAutoUpgradeChannel } from './plan-maintenance.ts';
import { spellMinutes } from './report-words.ts';
import { DAY_MS, minutesBetween } from './time.ts';
import type { Instant } from './time.ts';

/** Names AKS gives to the windows of its two channels (facts: AKS "Use planned maintenance"). */
type AksSchedule = 'aksManagedAutoUpgradeSchedule' | 'aksManagedNodeOSUpgradeSchedule';

/** AKS's opening that lies nearest to ours. */
interface NearestOpening {
  readonly window: WindowSchedule;
  readonly aks: WindowOpening;
  readonly ours: WindowOpening;
}

/** How far around our opening AKS's is looked for: a monthly schedule has one on either side. */
const REACH_DAYS = 32;
const OPENINGS_LOOKED_AT = 2 * REACH_DAYS + 1;

/** The opening the snapshot was taken in, or the next; null without a policy, or when it never opens again. */
export function ourOpening({ policy, snapshot }: Pick<PreflightView, 'policy' | 'snapshot'>): WindowOpening | null {
  if (policy === null) return null;
  return openingAt(policy.window, snapshot.takenAt) ?? nextOpenings(policy.window, snapshot.takenAt, 1)[0] ?? null;
}

/** Null when AKS has no such schedule, it was not read, or one of the two never opens. */
function nearestOpening(view: PreflightView, name: AksSchedule): NearestOpening | null {
  const window = view.snapshot.azureFacts.maintenanceConfigurations?.find((one) => one.name === name)?.window ?? null;
  const ours = ourOpening(view);
  if (window === null || ours === null) return null;
  const openings = nextOpenings(window, ours.opens - REACH_DAYS * DAY_MS, OPENINGS_LOOKED_AT);
  const [aks] = openings.toSorted((one, other) => Math.abs(one.opens - ours.opens) - Math.abs(other.opens - ours.opens));
  return aks === undefined ? null : { window, aks, ours };
}

/**
 * How AKS's own work lies to our window: `same` start, `apart` by its start, `any-time` when AKS has no schedule for it,
 * `unknown` when the schedules were not read or there is no window of ours to compare.
 */
export function compareWithAks(view: PreflightView, name: AksSchedule): 'same' | 'apart' | 'any-time' | 'unknown' {
  const configurations = view.snapshot.azureFacts.maintenanceConfigurations;
  if (configurations === null) return 'unknown';
  if (!configurations.some((one) => one.name === name)) return 'any-time';
  const nearest = nearestOpening(view, name);
  if (nearest === null) return 'unknown';
  return nearest.aks.opens === nearest.ours.opens ? 'same' : 'apart';
}

/** Whether AKS rolls node images by itself; `Unmanaged` patches without a roll and knows no schedule. */
export function activeNodeOsChannel({ snapshot: { cluster } }: { readonly snapshot: Pick<PreflightView['snapshot'], 'cluster'> }): string | null {
  const channel = cluster.nodeOsUpgradeChannel;
  return channel === 'NodeImage' || channel === 'SecurityPatch' ? channel : null;
}

/** By how much AKS is early or late, and since which change of clocks. */
function apartText(aks: Instant, ours: Instant, zone: string): string {
  const minutes = minutesBetween(Math.min(aks, ours), Math.max(aks, ours));
  const since = lastClockChange(ours, zone);
  return ` AKS opens ${spellMinutes(minutes)} ${aks < ours ? 'before' : 'after'} us${since === null ? '' : ` since clocks changed on ${formatLocalDay(since, zone)}`}.`;
}

/** A window of AKS's that opens at another instant than ours, most often because its offset stands still while clocks change. */
export const checkWindowMismatch: PreflightCheck = (view) => {
  const channels: readonly (readonly [AksSchedule, string | null])[] = [
    ['aksManagedAutoUpgradeSchedule', activeAutoUpgradeChannel(view.snapshot.cluster)],
    ['aksManagedNodeOSUpgradeSchedule', activeNodeOsChannel(view)],
  ];
  const zone = view.policy?.window.timeZone ?? 'UTC';
  return channels.flatMap(([name, channel]) => {
    const nearest = channel === null ? null : nearestOpening(view, name);
    if (nearest === null || nearest.aks.opens === nearest.ours.opens) return [];
    const { window, aks, ours } = nearest;
    const offset = utcOffsetAt(ours.opens, zone);
    const isSameClock = window.startTime === view.policy?.window.startTime && window.timeZone !== offset;
    const apart = isSameClock ? apartText(aks.opens, ours.opens, zone) : '';
    const why = isSameClock ? `${apart} Both say ${window.startTime}, but AKS counts in the fixed offset ${window.timeZone} and ${zone} stands at ${offset}.` : '';
    return [
      {
        code: 'WINDOW_MISMATCH',
        where: name,
        severity: 'warn',
        pools: [],
        message: `AKS opens its own window ${formatBothDated(aks.opens, zone)}, ours opens ${formatBothDated(ours.opens, zone)}.${why}`,
        remedy: isSameClock
          ? `Set utcOffset of ${name} to ${offset}, and again when clocks change.`
          : `Let ${name} open when ours does, or leave it where it is on purpose.`,
        owner: null,
        evidence: { aksOpens: formatInstant(aks.opens), oursOpens: formatInstant(ours.opens), channel, utcOffset: window.timeZone, utcOffsetThatFits: offset },
      },
    ];
  });
};
