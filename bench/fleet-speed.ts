import { armBudgets, subscriptionOf } from '../domain/arm-budget.ts';
import { openingDraw, steadyDraw } from '../domain/fleet-load.ts';
import { planFleetStarts, type DueCluster, type PlannedStart } from '../domain/fleet-planner.ts';
import { tokensAt, type BucketLevel } from '../domain/token-bucket.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';
import { startFleetRehearsal } from '../local/rehearsal/fleet-rehearsal.ts';
import { median } from './bundle-import.ts';

const RUNS = 15;
const POOLS = 3;
const OPENS = Date.UTC(2026, 10, 21, 21);
const REHEARSED = 12;
const question = { now: OPENS, seed: 'acme/platform', atWork: [], pollSeconds: { shortest: 30, longest: 150 } };

/**
 * What one tick costs that plans a whole fleet, and what Azure would be asked: every start as planned, beside every start at once, in the same run. The
 * last lines play both against an ARM that enforces Azure's buckets.
 */
export async function measureFleet(): Promise<readonly string[]> {
  const lines = [
    `Planning the starts of one tick, clusters of ${POOLS} pools whose windows of 6 h open at once, median of ${RUNS}`,
    '  clusters  subscriptions  planned in   calls of AKS\'s shared bucket in one second    least left of its 60 tokens    last start',
    '                                         at once           planned                    at once       planned',
    ...[[20, 1], [200, 1], [200, 10], [1_000, 10], [1_000, 40]].map(([clusters = 0, subscriptions = 0]) => measurePlan(clusters, subscriptions)),
  ];
  const atOnce = await countRefusals('at-once');
  const planned = await countRefusals('planned');
  return [...lines, `${REHEARSED} clusters of one subscription rehearsed for ten minutes before an ARM with Azure's buckets`, `  refused with 429         ${atOnce} when all begin at once, ${planned} as planned`];
}

function measurePlan(clusters: number, subscriptions: number): string {
  const due = Array.from({ length: clusters }, (_, index) => clusterOf(index, index % subscriptions));
  const times: number[] = [];
  let starts: readonly PlannedStart[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const began = performance.now();
    starts = planFleetStarts({ ...question, due });
    times.push(performance.now() - began);
  }
  const atOnce = starts.map((start) => ({ ...start, startsAt: OPENS }));
  const last = Math.max(...starts.map(({ startsAt }) => startsAt ?? OPENS));
  const left = starts.filter(({ startsAt }) => startsAt === null).length;
  const cells = [
    String(clusters).padStart(10), String(subscriptions).padStart(15), `${median(times).toFixed(1)} ms`.padStart(12),
    String(peakCalls(atOnce)).padStart(18), String(peakCalls(starts)).padStart(18),
    leastTokens(atOnce).toFixed(0).padStart(27), leastTokens(starts).toFixed(0).padStart(14),
    `${((last - OPENS) / MINUTE_MS).toFixed(0)} min`.padStart(16), left === 0 ? '' : `, ${left} without room`,
  ];
  return cells.join('');
}

function clusterOf(index: number, subscription: number): DueCluster {
  const clusterResourceId = `/subscriptions/00000000-0000-0000-0000-${String(subscription).padStart(12, '0')}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop-${index}`;
  return { clusterResourceId, opening: { opens: OPENS, closes: OPENS + 6 * HOUR_MS }, nodePoolCount: POOLS, neededMinutes: null, openedBy: 'schedule' };
}

function bySubscription(starts: readonly PlannedStart[]): readonly (readonly (PlannedStart & { readonly startsAt: number })[])[] {
  const begun = starts.flatMap((start) => (start.startsAt === null ? [] : [{ ...start, startsAt: start.startsAt }]));
  return [...Map.groupBy(begun, ({ clusterResourceId }) => subscriptionOf(clusterResourceId)).values()];
}

/** Most calls of one subscription in one second, were each run's first reads sent in the second it begins. */
function peakCalls(starts: readonly PlannedStart[]): number {
  const perSecond = bySubscription(starts).flatMap((own) => [...Map.groupBy(own, ({ startsAt }) => Math.floor(startsAt / 1_000)).values()]);
  return Math.max(...perSecond.map((together) => together.length * openingDraw(POOLS)[0]));
}

/** Least that any subscription's bucket would hold, looks at runs at work included; below nothing is what Azure would have to refuse. */
function leastTokens(starts: readonly PlannedStart[]): number {
  let least: number = armBudgets.otherCalls.burst;
  for (const own of bySubscription(starts)) {
    let level: BucketLevel = { tokens: armBudgets.otherCalls.burst, at: OPENS };
    let steady = 0;
    for (const start of own.toSorted((one, other) => one.startsAt - other.startsAt)) {
      const net = { burst: armBudgets.otherCalls.burst, refillPerSecond: armBudgets.otherCalls.refillPerSecond - steady };
      level = { tokens: tokensAt(net, level, start.startsAt) - openingDraw(POOLS)[0], at: start.startsAt };
      least = Math.min(least, level.tokens);
      steady += steadyDraw(POOLS, start)[0];
    }
  }
  return least;
}

async function countRefusals(how: 'at-once' | 'planned'): Promise<number> {
  const fleet = await startFleetRehearsal(REHEARSED);
  try {
    if (how === 'at-once') fleet.startAll();
    else await fleet.tick();
    await fleet.play(10);
    return fleet.throttled().length;
  } finally {
    await fleet.rehearsal.close();
  }
}
