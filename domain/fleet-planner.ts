import { armBudgets, subscriptionOf } from './arm-budget.ts';
import { heldLookDraw, openingDraw, sharedBudgets, steadyDraw, USUAL_HELD_LOOK_MINUTES, type Draw, type LookPace } from './fleet-load.ts';
import { spellMinutes } from './report-words.ts';
import { tokensAt, type TokenBucket } from './token-bucket.ts';
import { MINUTE_MS, SECOND_MS } from './time.ts';
import type { Instant, Span } from './time.ts';
import { spreadOf } from './window-identity.ts';

/** A cluster whose window is open and whose run has not begun. */
export interface DueCluster {
  readonly clusterResourceId: string;
  readonly opening: Span;
  /** As the last run saw them; null when none is remembered. */
  readonly nodePoolCount: number | null;
  /** What its longest remembered run took. Unit: minutes; null when none is remembered. */
  readonly neededMinutes: number | null;
  /** `person`: somebody asked for this run or moved it here, and waits for it. */
  readonly openedBy: 'schedule' | 'person';
}

/** A run that has begun, or waits for its turn. */
export interface ClusterAtWork {
  readonly clusterResourceId: string;
  /** When it began to read its cluster, or will. */
  readonly startsAt: Instant;
  readonly closes: Instant;
  /** Null when not known. */
  readonly nodePoolCount: number | null;
}

/** What the fleet is to do from now on. */
export interface FleetQuestion {
  readonly now: Instant;
  /** Anything that stays the same for one installation: it sets this one's spread apart from others'. */
  readonly seed: string;
  readonly due: readonly DueCluster[];
  readonly atWork: readonly ClusterAtWork[];
  /** As the settings say. Unit: seconds. */
  readonly pollSeconds: LookPace['pollSeconds'];
}

/** When one cluster begins, and how often it is looked at. */
export interface PlannedStart extends LookPace {
  readonly clusterResourceId: string;
  /** Null: Azure's limits leave no room before the window closes. */
  readonly startsAt: Instant | null;
  /** Why it does not begin at once, and what that costs, in sentences; empty when it does. */
  readonly reason: string;
}

/**
 * How much of a bucket the fleet takes: the rest is left to people, their tools, and what a run reads out of turn.
 * Runs that a person waits for have a share of their own, so that they need not queue behind a whole fleet.
 */
const SCHEDULED: Share = { burst: 1 / 2, refill: 7 / 10 };
const ASKED_FOR: Share = { burst: 1 / 4, refill: 1 / 20 };
/** Of the refill that looks at runs at work, and at those that are held, may take. */
const LOOKS_SHARE = 1 / 2;
const HELD_SHARE = 7 / 20;
/** Starts that fall together are set apart by up to so much. Unit: seconds. */
const JITTER_SECONDS = 5;
/** A start that leaves less of the window than this, of a cluster whose need is not known, is told as late. */
const LATE_SHARE = 1 / 2;

interface Share {
  readonly burst: number;
  readonly refill: number;
}

/**
 * Says when each cluster begins so that Azure's buckets for its subscription never run empty, and how often it is looked at.
 *
 * The cluster with the least time to spare goes first: whoever has time can wait without losing anything, and whoever has none would lose its
 * night. What people asked for takes a share of its own. The same question gives the same answer; runs that have begun, or wait, are never planned
 * again and keep their place.
 */
export function planFleetStarts(question: FleetQuestion): readonly PlannedStart[] {
  const planned = new Map<string, PlannedStart>();
  for (const [subscription, due] of Map.groupBy(question.due, ({ clusterResourceId }) => subscriptionOf(clusterResourceId))) {
    const atWork = question.atWork.filter((each) => subscriptionOf(each.clusterResourceId) === subscription && each.closes > question.now);
    for (const start of planSubscription(question, due, atWork)) planned.set(start.clusterResourceId, start);
  }
  return question.due.flatMap(({ clusterResourceId }) => planned.get(clusterResourceId) ?? []);
}

function planSubscription(question: FleetQuestion, due: readonly DueCluster[], atWork: readonly ClusterAtWork[]): readonly PlannedStart[] {
  const pace = paceOf([...due, ...atWork], question.pollSeconds);
  const runs: Run[] = atWork.map((each) => ({ startsAt: each.startsAt, closes: each.closes, opening: openingDraw(each.nodePoolCount), steady: steadyDraw(each.nodePoolCount, pace) }));
  const place = (lane: Lane, clusters: readonly DueCluster[]): readonly Placed[] =>
    clusters.map((cluster) => {
      const { nodePoolCount, opening: { closes } } = cluster;
      const startsAt = nextStart(lane, cluster, question.seed);
      if (startsAt !== null) runs.push({ startsAt, closes, opening: openingDraw(nodePoolCount), steady: steadyDraw(nodePoolCount, pace) });
      return { cluster, startsAt };
    });
  const queue = beginLane(question.now, SCHEDULED, runs);
  const inOrder = [...due].sort((one, other) => spareMs(one, question.now) - spareMs(other, question.now) || orderOf(question.seed, one) - orderOf(question.seed, other));
  const asked = inOrder.filter(({ openedBy }) => openedBy === 'person');
  const placed = [...place(beginLane(question.now, ASKED_FOR, []), asked), ...place(queue, inOrder.filter(({ openedBy }) => openedBy === 'schedule'))];
  const waiting = runs.flatMap(({ startsAt }) => (startsAt >= question.now ? [startsAt] : []));
  const crowd: Crowd = { atWork: atWork.length, clusters: waiting.length + placed.filter(({ startsAt }) => startsAt === null).length, minutes: Math.ceil((Math.max(question.now, ...waiting) - question.now) / MINUTE_MS) };
  return placed.map(({ cluster, startsAt }) => ({ clusterResourceId: cluster.clusterResourceId, startsAt, ...pace, reason: reasonOf(cluster, startsAt, question.now, crowd) }));
}

/** Whom a cluster shares its subscription's limits with. */
interface Crowd {
  readonly atWork: number;
  /** That open now or wait for their turn, itself included. */
  readonly clusters: number;
  /** From now to the last turn. */
  readonly minutes: number;
}

interface Placed {
  readonly cluster: DueCluster;
  readonly startsAt: Instant | null;
}

/** A run as its subscription's buckets feel it. */
interface Run {
  readonly startsAt: Instant;
  readonly closes: Instant;
  readonly opening: Draw;
  /** Each second while its window is open. */
  readonly steady: Draw;
}

/** How long a cluster could wait and still do what it needs; of one nobody knows, half its window is taken as the need. */
function spareMs({ opening, neededMinutes }: DueCluster, now: Instant): number {
  return opening.closes - now - (neededMinutes === null ? (opening.closes - opening.opens) / 2 : neededMinutes * MINUTE_MS);
}

function orderOf(seed: string, { clusterResourceId }: DueCluster): number {
  return spreadOf(`${seed}\n${clusterResourceId.toLowerCase()}`, 1_000_000_007);
}

/** Looks are as frequent as the settings ask, and slower only where so many clusters of one subscription would outrun Azure's refill. */
function paceOf(clusters: readonly { readonly nodePoolCount: number | null }[], { shortest, longest }: LookPace['pollSeconds']): LookPace {
  const slowest = Math.max(shortest, Math.ceil(clusters.length / (armBudgets.armReads.refillPerSecond * LOOKS_SHARE)));
  const heldCalls = clusters.reduce((sum, { nodePoolCount }) => sum + heldLookDraw(nodePoolCount)[0], 0);
  const heldLookMinutes = Math.max(USUAL_HELD_LOOK_MINUTES, Math.ceil(heldCalls / (armBudgets.otherCalls.refillPerSecond * HELD_SHARE * 60)));
  return { pollSeconds: { shortest: slowest, longest: Math.max(slowest, longest) }, heldLookMinutes };
}

/** The queue for one share of a subscription's buckets, and what they hold where it ends. */
interface Lane {
  readonly buckets: readonly TokenBucket[];
  /** Whose looks take of the refill; those that are placed join them. */
  readonly runs: readonly Run[];
  at: Instant;
  tokens: readonly number[];
  /** Whether anything stands in it before the next cluster. */
  isTaken: boolean;
}

/** Whole buckets, less what runs drew that began or are to begin; who comes now stands behind those that wait. */
function beginLane(now: Instant, { burst, refill }: Share, runs: readonly Run[]): Lane {
  const buckets = sharedBudgets.map((name) => ({ burst: armBudgets[name].burst * burst, refillPerSecond: armBudgets[name].refillPerSecond * refill }));
  const past = [...runs].sort((one, other) => one.startsAt - other.startsAt);
  const lane: Lane = { buckets, runs, at: Math.min(now, past[0]?.startsAt ?? now), tokens: buckets.map((bucket) => bucket.burst), isTaken: past.length > 0 && (past.at(-1)?.startsAt ?? 0) >= now };
  for (const run of past) {
    refillTo(lane, run.startsAt);
    draw(lane, run.opening);
  }
  refillTo(lane, Math.max(now, lane.at));
  return lane;
}

/** What is left of each bucket's refill beside the runs that are at work. Unit: tokens a second. */
function netRefill({ buckets, runs, at }: Lane): readonly number[] {
  const working = runs.filter(({ startsAt, closes }) => startsAt <= at && at < closes);
  return buckets.map(({ refillPerSecond }, index) => refillPerSecond - working.reduce((sum, { steady }) => sum + (steady[index] ?? 0), 0));
}

function refillTo(lane: Lane, at: Instant): void {
  const net = netRefill(lane);
  lane.tokens = lane.buckets.map(({ burst }, index) => tokensAt({ burst, refillPerSecond: net[index] ?? 0 }, { tokens: lane.tokens[index] ?? 0, at: lane.at }, at));
  lane.at = at;
}

function draw(lane: Lane, opening: Draw): void {
  lane.tokens = lane.tokens.map((tokens, index) => tokens - (opening[index] ?? 0));
}

/** The moment the buckets hold what the cluster's first reads need, drawn from them; null when that is not before its window closes. */
function nextStart(lane: Lane, { clusterResourceId, nodePoolCount, opening: { closes } }: DueCluster, seed: string): Instant | null {
  const opening = openingDraw(nodePoolCount);
  for (;;) {
    const ready = lane.at + secondsUntilReady(lane, opening) * SECOND_MS;
    // A run that ends hands its part of the refill back.
    const ends = lane.runs.flatMap((run) => (run.startsAt <= lane.at && run.closes > lane.at && run.closes < ready ? [run.closes] : []));
    const next = Math.min(ready, ...ends);
    if (next >= closes) return null;
    refillTo(lane, next);
    if (next < ready) continue;
    const jitterMs = lane.isTaken ? spreadOf(`${seed}\n${clusterResourceId.toLowerCase()}`, JITTER_SECONDS * SECOND_MS) : 0;
    const startsAt = lane.isTaken ? Math.ceil((next + jitterMs) / SECOND_MS) * SECOND_MS : next;
    if (startsAt >= closes) return null;
    refillTo(lane, startsAt);
    draw(lane, opening);
    lane.isTaken = true;
    return startsAt;
  }
}

/** Infinity where looks at runs at work take all there is. A cluster of very many pools waits for a whole bucket and leaves a debt. */
function secondsUntilReady(lane: Lane, opening: Draw): number {
  const net = netRefill(lane);
  const waits = lane.buckets.map(({ burst }, index) => {
    const missing = Math.min(burst, opening[index] ?? 0) - (lane.tokens[index] ?? 0);
    const refill = net[index] ?? 0;
    return missing <= 0 ? 0 : refill <= 0 ? Number.POSITIVE_INFINITY : missing / refill;
  });
  return Math.max(...waits);
}

function reasonOf({ opening, neededMinutes }: DueCluster, startsAt: Instant | null, now: Instant, crowd: Crowd): string {
  if (startsAt !== null && startsAt <= now) return '';
  const limits = `Azure's limits (${armBudgets.otherCalls.burst} reads at a time, then ${armBudgets.otherCalls.refillPerSecond} a second)`;
  const why =
    crowd.clusters > 1
      ? `${crowd.clusters} clusters of its subscription open at once; their starts are spread over ${spellMinutes(crowd.minutes)} to respect ${limits}.`
      : `${crowd.atWork} ${crowd.atWork === 1 ? 'run' : 'runs'} of its subscription at work leave it no room sooner within ${limits}.`;
  if (startsAt === null) return `${why} No room is left before the window closes: give some of them other windows, or longer ones.`;
  const left = opening.closes - startsAt;
  const isLate = neededMinutes === null ? left < (opening.closes - opening.opens) * LATE_SHARE : left < neededMinutes * MINUTE_MS;
  if (!isLate) return why;
  const cost = neededMinutes === null ? 'Less than half of the window is left then.' : `Then ${Math.floor(left / MINUTE_MS)} min are left, and its longest remembered run took ${neededMinutes}: it may not get through.`;
  return `${why} ${cost} Give some of them other windows.`;
}
