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

describe('a tick that repeats', () => {
  const due = fleet(200, 2);

  test('gives the same answer to the same question, and another installation another spread', () => {
    assert.deepEqual(plan(due), plan(due));
    assert.notDeepEqual(plan(due).map(({ startsAt }) => startsAt), planFleetStarts({ now: opens, seed: 'other/platform', due, atWork: [], pollSeconds }).map(({ startsAt }) => startsAt));
  });

  test('plans nobody twice: those handed over keep their place, and who comes late stands behind them', () => {
    const first = plan(due);
    const atWork = first.map(({ clusterResourceId, startsAt }): ClusterAtWork => ({ clusterResourceId, startsAt: startsAt ?? 0, closes: opens + 6 * HOUR_MS, nodePoolCount: 3 }));
    const late = [cluster(0, 900), cluster(1, 901)];

    const second = plan(late, opens + 5 * MINUTE_MS, atWork);

    assert.deepEqual(second.map(({ clusterResourceId }) => clusterResourceId), late.map(({ clusterResourceId }) => clusterResourceId));
    for (const { clusterResourceId, startsAt } of second) {
      const own = atWork.filter((each) => each.clusterResourceId.split('/')[2] === clusterResourceId.split('/')[2]);
      assert.ok((startsAt ?? 0) >= Math.max(...own.map((each) => each.startsAt)));
    }
    assert.ok(leastTokens([...due, ...late], [...first, ...second]).every((tokens) => tokens >= 0));
  });

  test('hands a cluster that found no room its turn as soon as others have ended', () => {
    const crowd = fleet(1_000, 1);
    const first = plan(crowd);
    const left = crowd.filter((_, index) => first[index]?.startsAt === null);
    // Of the runs that began, every one has ended after two hours.
    const second = plan(left, opens + 2 * HOUR_MS, []);

    assert.ok(left.length > 0);
    assert.ok(second.filter(({ startsAt }) => startsAt !== null).length > 50);
  });
});

describe('who goes first', () => {
  const startOf = (starts: readonly PlannedStart[], { clusterResourceId }: DueCluster): number => starts.find((each) => each.clusterResourceId === clusterResourceId)?.startsAt ?? Number.NaN;

  test('the cluster with the least time to spare, by what its longest run took', () => {
    const needy = cluster(0, 500, { neededMinutes: 350 });
    const short = cluster(0, 501, { opening: { opens, closes: opens + HOUR_MS } });
    const starts = plan([...fleet(60, 1), needy, short]);

    assert.deepEqual([startOf(starts, needy), startOf(starts, short)].map((at) => at - opens < 30 * SECOND_MS), [true, true]);
    assert.ok(startOf(starts, needy) < startOf(starts, short));
  });

  test('what a person waits for, beside the queue; many of those queue by themselves', () => {
    const asked = Array.from({ length: 3 }, (_, index) => cluster(0, 600 + index, { openedBy: 'person' }));
    const starts = plan([...fleet(60, 1), ...asked]);

    assert.ok(startOf(starts, asked[0] ?? cluster(0, 0)) - opens < 10 * SECOND_MS);
    assert.ok(asked.every((each) => startOf(starts, each) - opens < 5 * MINUTE_MS));
  });
});

describe('what a person is told', () => {
  test('nothing of a cluster that begins at once', () => {
    assert.deepEqual(plan([cluster(0, 1)]), [{ clusterResourceId: cluster(0, 1).clusterResourceId, startsAt: opens, pollSeconds, heldLookMinutes: 10, reason: '' }]);
  });

  test('how many open together and what Azure lets pass', () => {
    const [, reason = ''] = plan(fleet(38, 1)).map((start) => start.reason).filter((text) => text !== '');

    assert.equal(reason, '38 clusters of its subscription open at once; their starts are spread over 8 min to respect Azure\'s limits (60 reads at a time, then 1 a second).');
  });

  test('that runs at work leave a single cluster no room sooner', () => {
    const atWork = fleet(270, 1).map(({ clusterResourceId }): ClusterAtWork => ({ clusterResourceId, startsAt: opens - HOUR_MS, closes: opens + 2 * HOUR_MS, nodePoolCount: 3 }));
    const [start] = plan([cluster(0, 900)], opens, atWork);

    assert.ok((start?.startsAt ?? 0) > opens);
    assert.equal(start?.reason, '270 runs of its subscription at work leave it no room sooner within Azure\'s limits (60 reads at a time, then 1 a second).');
  });

  test('that a start leaves less than the longest remembered run took, or than half of the window', () => {
    const window = { opening: { opens, closes: opens + HOUR_MS } };
    const known = plan(fleet(120, 1, () => ({ ...window, neededMinutes: 50 }))).filter(({ startsAt, reason }) => startsAt !== null && /it may not get through/.test(reason));
    const unknown = plan(fleet(160, 1, () => window)).filter(({ startsAt, reason }) => startsAt !== null && /Less than half of the window is left/.test(reason));

    assert.ok(known.length > 0 && known.every(({ startsAt }) => (startsAt ?? 0) > opens + 10 * MINUTE_MS));
    assert.match(known[0]?.reason ?? '', /Then \d+ min are left, and its longest remembered run took 50: it may not get through\. Give some of them other windows\.$/);
    assert.ok(unknown.length > 0 && unknown.every(({ startsAt }) => (startsAt ?? 0) > opens + 30 * MINUTE_MS));
  });

  test('nobody begins once its window has closed', () => {
    for (const { startsAt } of plan(fleet(400, 1, () => ({ opening: { opens, closes: opens + HOUR_MS } })))) assert.ok(startsAt === null || startsAt < opens + HOUR_MS);
  });
});

describe('how often a cluster is looked at', () => {
  const cases: readonly (readonly [clusters: number, pools: number, shortest: number, longest: number, heldLookMinutes: number])[] = [
    [1, 3, 30, 150, 10],
    [42, 3, 30, 150, 10],
    [200, 3, 30, 150, 48],
    [375, 1, 30, 150, 54],
    [1_000, 3, 80, 150, 239],
    [2_500, 3, 200, 200, 596],
  ];
  for (const [clusters, pools, shortest, longest, heldLookMinutes] of cases) {
    test(`${clusters} of one subscription with ${pools} pools: every ${shortest} s at most, held ones every ${heldLookMinutes} min`, () => {
      const [{ pollSeconds: polled, heldLookMinutes: held } = { pollSeconds, heldLookMinutes: 0 }] = plan(fleet(clusters, 1, () => ({ nodePoolCount: pools })));

      assert.deepEqual([polled, held], [{ shortest, longest }, heldLookMinutes]);
    });
  }

  test('a cluster of a hundred pools waits for a whole share of the bucket, and the next for what it took', () => {
    const huge = cluster(0, 700, { nodePoolCount: 100, neededMinutes: 300 });
    const starts = plan([huge, ...fleet(5, 1)]);
    const order = [...starts].sort((one, other) => (one.startsAt ?? 0) - (other.startsAt ?? 0));

    assert.deepEqual([order[0]?.clusterResourceId, order[0]?.startsAt], [huge.clusterResourceId, opens]);
    assert.ok((order[1]?.startsAt ?? 0) > opens + MINUTE_MS);
  });
});
