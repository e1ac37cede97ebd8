import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { drawsOf } from '../../domain/arm-budget.ts';
import { openingDraw } from '../../domain/fleet-load.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { startFleetRehearsal, type FleetRehearsal } from '../../local/rehearsal/fleet-rehearsal.ts';

/** More than a bucket of 60 holds: each run reads seven times from it as it begins. */
const CLUSTERS = 12;

async function begin(context: TestContext): Promise<FleetRehearsal> {
  const fleet = await startFleetRehearsal(CLUSTERS);
  context.after(() => fleet.rehearsal.close());
  return fleet;
}

/** Requests of each run before its first write, by the bucket of AKS that a subscription shares, and by ARM's. */
function openingCalls({ rehearsal: { world } }: FleetRehearsal): readonly (readonly [otherCalls: number, armReads: number])[] {
  const requests = world.log.entries.filter(({ service, path }) => service === 'arm' && /managedClusters\//i.test(path));
  return [...Map.groupBy(requests, ({ path }) => /managedClusters\/([^/]+)/i.exec(path)?.[1]).values()].map((own) => {
    const first = own.findIndex(({ method }) => method === 'PUT');
    const names = own.slice(0, first === -1 ? own.length : first).flatMap(({ method, path }) => drawsOf(method, path).map(({ budget }) => budget));
    return [names.filter((name) => name === 'otherCalls').length, names.filter((name) => name === 'armReads').length];
  });
}

describe('twelve windows of one subscription that open in the same minute, before an ARM that enforces Azure\'s buckets', () => {
  test('are thrown back by Azure when all begin at once', async (context) => {
    const fleet = await begin(context);

    fleet.startAll();
    await fleet.rehearsal.clock.advanceTo(fleet.rehearsal.opens + MINUTE_MS);

    assert.ok(fleet.throttled().length > 0);
    assert.ok(fleet.throttled().every(({ responseHeaders }) => Number(responseHeaders['retry-after']) >= 1));
  });

  test('meet no refusal when each begins at its turn, and all are at work within minutes', async (context) => {
    const fleet = await begin(context);

    const decisions = await fleet.tick();
    const waiting = decisions.filter(({ turn }) => turn !== undefined);
    await fleet.rehearsal.clock.advanceTo(fleet.rehearsal.opens + 1_500);
    const shown = fleet.statuses().filter(({ phase }) => phase === 'waiting');
    await fleet.play(5);

    assert.deepEqual(decisions.map(({ kind }) => kind), Array.from({ length: CLUSTERS }, () => 'started'));
    assert.equal(waiting.length, CLUSTERS - 1);
    assert.ok(shown.length > CLUSTERS / 2 && shown.every(({ turn, nextAt }) => turn !== undefined && nextAt === turn.startsAt));
    assert.deepEqual(fleet.throttled(), []);
    assert.deepEqual(fleet.statuses().map(({ phase }) => phase), Array.from({ length: CLUSTERS }, () => 'upgrading'));
    assert.deepEqual(fleet.rehearsal.violations(), []);
    // What each reads as it begins is what the planner reckons with.
    const [otherCalls, armReads] = openingDraw(3);
    const calls = openingCalls(fleet);
    assert.equal(calls.length, CLUSTERS);
    assert.deepEqual([Math.max(...calls.map(([others]) => others)), calls.every(([, reads]) => reads <= armReads)], [otherCalls, true], JSON.stringify(calls));
  });
});
