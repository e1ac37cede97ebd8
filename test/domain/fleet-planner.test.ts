import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { armBudgets } from '../../domain/arm-budget.ts';
import { heldLookDraw, openingDraw, steadyDraw } from '../../domain/fleet-load.ts';
import { planFleetStarts, type ClusterAtWork, type DueCluster, type PlannedStart } from '../../domain/fleet-planner.ts';
import { tokensAt, type BucketLevel } from '../../domain/token-bucket.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/time.ts';

const opens = Date.UTC(2026, 10, 21, 21);
const pollSeconds = { shortest: 30, longest: 150 };
const seed = 'acme/platform';

function cluster(subscription: number, index: number, changes: Partial<DueCluster> = {}): DueCluster {
  const clusterResourceId = `/subscriptions/00000000-0000-0000-0000-${String(subscription).padStart(12, '0')}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop-${index}`;
  return { clusterResourceId, opening: { opens, closes: opens + 6 * HOUR_MS }, nodePoolCount: 3, neededMinutes: null, openedBy: 'schedule', ...changes };
}

function fleet(clusters: number, subscriptions: number, changes: (index: number) => Partial<DueCluster> = () => ({})): readonly DueCluster[] {
  return Array.from({ length: clusters }, (_, index) => cluster(index % subscriptions, index, changes(index)));
}

function plan(due: readonly DueCluster[], now = opens, atWork: readonly ClusterAtWork[] = []): readonly PlannedStart[] {
  return planFleetStarts({ now, seed, due, atWork, pollSeconds });
}

/** Least that Azure's own buckets would hold, were every run held and looking, or working, whichever draws more. */
function leastTokens(due: readonly DueCluster[], starts: readonly PlannedStart[]): readonly [otherCalls: number, armReads: number] {
  const least: [number, number] = [armBudgets.otherCalls.burst, armBudgets.armReads.burst];
  for (const group of Map.groupBy(due, ({ clusterResourceId }) => clusterResourceId.split('/')[2]).values()) {
    const calls = group.flatMap((each) => callsOf(each, starts)).sort((one, other) => one.at - other.at);
    for (const [index, budget] of [armBudgets.otherCalls, armBudgets.armReads].entries()) {
      let level: BucketLevel = { tokens: budget.burst, at: opens };
      for (const { at, draws } of calls) {
        level = { tokens: tokensAt(budget, level, at) - (draws[index] ?? 0), at };
        least[index] = Math.min(least[index] ?? 0, level.tokens);
      }
    }
  }
  return least;
}

function callsOf(due: DueCluster, starts: readonly PlannedStart[]): readonly { readonly at: number; readonly draws: readonly [number, number] }[] {
  const start = starts.find(({ clusterResourceId }) => clusterResourceId === due.clusterResourceId);
  if (start?.startsAt == null) return [];
  const { startsAt, ...pace } = start;
  const calls = [{ at: startsAt, draws: openingDraw(due.nodePoolCount) }];
  const steady = steadyDraw(due.nodePoolCount, pace);
  const held = heldLookDraw(due.nodePoolCount);
  const isHeldDearer = held[0] / (pace.heldLookMinutes * 60) >= steady[0];
  // A held run looks whole; one at work once a poll, and draws its other calls as they come.
  const everyMs = isHeldDearer ? pace.heldLookMinutes * MINUTE_MS : pace.pollSeconds.shortest * SECOND_MS;
  const draws: readonly [number, number] = isHeldDearer ? held : [(steady[0] * everyMs) / SECOND_MS, 1];
  for (let at = startsAt + everyMs; at < due.opening.closes; at += everyMs) calls.push({ at, draws });
  return calls;
}

function delays(starts: readonly PlannedStart[]): readonly number[] {
  return starts.flatMap(({ startsAt }) => (startsAt === null ? [] : [(startsAt - opens) / MINUTE_MS]));
}

describe('Azure\'s buckets never run empty', () => {
  const cases: readonly (readonly [what: string, due: readonly DueCluster[], longestDelayMinutes: number])[] = [
    ['one cluster', fleet(1, 1), 0],
    ['20 clusters of one subscription', fleet(20, 1), 5],
    ['20 clusters, each in its own', fleet(20, 20), 0],
    ['200 clusters of one subscription', fleet(200, 1), 75],
    ['200 clusters of ten subscriptions', fleet(200, 10), 5],
    ['200 clusters nobody has counted pools of', fleet(200, 4, () => ({ nodePoolCount: null })), 20],
    ['1 000 clusters of 40 subscriptions', fleet(1_000, 40), 6],
    ['1 000 clusters of pools by the dozen', fleet(1_000, 40, (index) => ({ nodePoolCount: index % 13 })), 10],
    ['short windows beside long ones', fleet(60, 1, (index) => ({ opening: { opens, closes: opens + (1 + (index % 6)) * HOUR_MS } })), 30],
    ['many that people asked for', fleet(60, 1, (index) => ({ openedBy: index % 2 === 0 ? 'person' : 'schedule' })), 250],
  ];
  for (const [what, due, longestDelayMinutes] of cases) {
    test(what, () => {
      const starts = plan(due);

      const [otherCalls, armReads] = leastTokens(due, starts);
      assert.ok(otherCalls >= 0, `otherCalls ${otherCalls}`);
      assert.ok(armReads >= 0, `armReads ${armReads}`);
      assert.equal(starts.length, due.length);
      assert.ok(Math.max(...delays(starts)) <= longestDelayMinutes, `the last begins after ${Math.max(...delays(starts))} min`);
    });
  }

  test('more than one subscription can serve in a window: some find no room, and are told so', () => {
    const due = fleet(1_000, 1);
    const starts = plan(due);

    const left = starts.filter(({ startsAt }) => startsAt === null);
    assert.ok(left.length > 0 && left.length < 1_000, String(left.length));
    assert.ok(left.every(({ reason }) => /No room is left before the window closes/.test(reason)));
    assert.ok(leastTokens(due, starts).every((tokens) => tokens >= 0));
  });

  test('all at once they would have been empty: the case the planner is for', () => {
    const due = fleet(20, 1);
    const together = plan(due).map((start) => ({ ...start, startsAt: opens }));

    assert.ok(leastTokens(due, together)[0] < 0);
  });
});
