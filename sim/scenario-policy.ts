import { numberAt, recordsAt, textAt } from '../domain/json.ts';
import { formatLocal, formatLocalDate, parseInstant } from '../domain/local-time.ts';
import type { DayOfWeek, MaintenancePolicy, WindowOpening, WindowSchedule } from '../domain/maintenance-policy.ts';
import { nextFrozenOpening, nextOpenings } from '../domain/maintenance-window.ts';
import { DAY_MS, HOUR_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import { scenarioResourceId } from './scenario-azure.ts';
import { verifyOf } from './scenario-health.ts';
import type { Scenario } from './scenario.ts';

/** A scenario's policy in the service's own form, and the opening it is about. */
export interface ScenarioOrder {
  readonly policy: MaintenancePolicy;
  /** Null: dates that are not allowed keep the window shut. */
  readonly opening: WindowOpening | null;
  /** The opening that dates which are not allowed keep shut; null when none is. */
  readonly frozen: WindowOpening | null;
  /** Moment 0 of the timeline. */
  readonly zero: Instant;
}

const days: readonly DayOfWeek[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
/** Who is called when a run or a debt needs somebody above the owner. */
const PLATFORM_LEAD = '@acme/platform-lead';
/** The earliest a local day begins before the same day in UTC. */
const EARLIEST_DAY_MS = 14 * HOUR_MS;

/** Reads `policy` into a policy and its opening; null when the opening's time cannot be understood. */
export function scenarioOrder(scenario: Scenario): ScenarioOrder | null {
  const { policy: words } = scenario;
  const start = readStart(textAt(words, 'window', 'open') ?? '', textAt(words, 'window', 'tz') ?? 'UTC');
  if (start === null) return null;
  const window: WindowSchedule = {
    timeZone: textAt(words, 'window', 'tz') ?? 'UTC',
    startTime: start.time,
    durationHours: (numberAt(words, 'window', 'durationMin') ?? 0) / 60,
    schedule: { kind: 'weekly', intervalWeeks: 1, dayOfWeek: start.dayOfWeek },
    startDate: null,
    notAllowedDates: recordsAt(words, 'window', 'freezes').map((freeze) => ({
      start: textAt(freeze, 'start') ?? '',
      end: textAt(freeze, 'end') ?? '',
      reason: textAt(freeze, 'reason') ?? 'freeze',
      scope: 'all',
    })),
  };
  const [next] = nextOpenings(window, start.notBefore, 1);
  const opening = next !== undefined && next.opens < start.notBefore + 3 * DAY_MS ? next : null;
  const frozen = opening === null ? (nextFrozenOpening(window, start.notBefore)?.opening ?? null) : null;
  return { policy: policyOf(scenario, window), opening, frozen, zero: opening?.opens ?? frozen?.opens ?? start.notBefore };
}

/** `2026-10-10T20:00:00Z`, or `LOCAL 2026-10-25T02:30` for a time of day in the window's zone. */
function readStart(written: string, timeZone: string): { readonly time: string; readonly dayOfWeek: DayOfWeek; readonly notBefore: Instant } | null {
  const local = /^LOCAL (\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})$/.exec(written);
  if (local !== null) {
    const [, date = '', time = ''] = local;
    const midnight = parseInstant(`${date}T00:00Z`);
    const dayOfWeek = dayNamed(formatLocalDate(date));
    return midnight === null || dayOfWeek === null ? null : { time, dayOfWeek, notBefore: midnight - EARLIEST_DAY_MS };
  }
  const moment = parseInstant(written);
  if (moment === null) return null;
  const shown = formatLocal(moment, timeZone);
  const dayOfWeek = dayNamed(shown);
  return dayOfWeek === null ? null : { time: shown.slice(-5), dayOfWeek, notBefore: moment };
}

function dayNamed(shown: string): DayOfWeek | null {
  return days.find((day) => shown.startsWith(day.slice(0, 3))) ?? null;
}

function policyOf(scenario: Scenario, window: WindowSchedule): MaintenancePolicy {
  const { policy: words } = scenario;
  const budgeted = /^continue-up-to:(\d+)$/.exec(textAt(words, 'onQuarantine') ?? '');
  const keep = { maxSurge: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null };
  return {
    name: textAt(scenario.cluster, 'name') ?? '',
    source: 'scenario',
    clusterResourceId: scenarioResourceId(scenario),
    target: { kubernetesVersion: textAt(words, 'target', 'kind') === 'kubernetes' ? textAt(words, 'target', 'version') : null, nodeImage: 'latest' },
    window,
    nodePools: { order: orderOf(scenario), upgradeSettings: keep, overrides: {}, surgeFallback: textAt(words, 'surgeFallback') === 'allowed-with-report' ? 'reduce' : 'withhold' },
    onFinding: { action: /^warn-only\b/.test(textAt(words, 'preflight') ?? '') ? 'warn' : 'withhold' },
    onBlocked: { graceMinutes: numberAt(words, 'blockGraceMin') ?? 10, action: 'pause' },
    onQuarantined: { continueUpToNodes: Number(budgeted?.[1] ?? 0), action: 'pause' },
    verify: verifyOf(scenario),
    onWindowEnd: 'finishInFlight',
    approvals: { required: Math.max(numberAt(words, 'approvals') ?? 0, scenario.timeline.some(({ event }) => event === 'pr.approved') ? 1 : 0), teams: [] },
    report: { repository: null, labels: [], onCall: PLATFORM_LEAD },
    debts: debtsOf(scenario),
  };
}

/** Owners whose names can be a team's are mentioned as that team; an address is nobody's login. */
function debtsOf({ extra, workloads }: Scenario): MaintenancePolicy['debts'] {
  const owners = workloads.flatMap(({ words }) => textAt(words, 'owner') ?? []).filter((owner) => /^[a-z0-9-]+$/.test(owner));
  const amount = numberAt(extra, 'nodeCostPerDay');
  return { nodeCostPerDay: amount === null ? null : { amount, currency: 'EUR' }, owners: Object.fromEntries(owners.map((owner) => [owner, `@acme/${owner}`])) };
}

/** System pools, then user pools as declared, spot last: the order every scenario's policy names. */
export function orderOf({ pools }: Pick<Scenario, 'pools'>): readonly string[] {
  const rank = (mode: string, priority: string | null): number => (mode === 'System' ? 0 : priority === 'Spot' ? 2 : 1);
  return [...pools].sort((one, other) => rank(one.mode, textAt(one.words, 'priority')) - rank(other.mode, textAt(other.words, 'priority'))).map(({ name }) => name);
}
