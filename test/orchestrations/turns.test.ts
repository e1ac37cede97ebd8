import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { drawsOf } from '../../domain/arm-budget.ts';
import { openingDraw, steadyDraw } from '../../domain/fleet-load.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';

const reason = '40 clusters of its subscription are open at once.';

/** A run that the fleet planner gave a turn after `minutes`; null: the window's close. */
async function begin(context: TestContext, minutes: number | null): Promise<Rehearsal> {
  const rehearsal = await startRehearsal({ beginning: 'held' });
  context.after(() => rehearsal.close());
  const startsAt = minutes === null ? rehearsal.closes : rehearsal.opens + minutes * MINUTE_MS;
  rehearsal.host.engine.start({ name: 'maintenanceWindow', instanceId: rehearsal.instanceId, inputJson: JSON.stringify({ ...rehearsal.input, turn: { startsAt, reason } }), version: null });
  return rehearsal;
}

function armRequests({ world }: Rehearsal): number {
  return world.log.entries.filter(({ service }) => service === 'arm').length;
}

test('a run waits for its turn without a read and without an issue, says when it comes and why, and then upgrades as ever', async (context) => {
  const rehearsal = await begin(context, 40);

  await rehearsal.clock.advanceTo(rehearsal.opens + 39 * MINUTE_MS);
  const waiting = rehearsal.status();
  assert.deepEqual([waiting.phase, waiting.turn?.reason, waiting.nextAt], ['waiting', reason, rehearsal.opens + 40 * MINUTE_MS]);
  assert.equal(armRequests(rehearsal), 0);
  assert.deepEqual(rehearsal.issues(), []);

  const ended = await rehearsal.untilEnded();
  assert.equal(ended.outcome, 'succeeded');
  const first = rehearsal.world.log.entries.find(({ service }) => service === 'arm');
  assert.equal(first?.at, rehearsal.opens + 40 * MINUTE_MS);
  assert.match(rehearsal.issues()[0]?.body ?? '', /Its turn comes at .*40 clusters of its subscription are open at once/);
  assert.deepEqual(rehearsal.violations(), []);
  // From the bucket that a whole subscription shares it drew what the fleet planner reckons with.
  const drawn = rehearsal.world.log.entries.filter(({ service, method, path }) => service === 'arm' && drawsOf(method, path).some(({ budget }) => budget === 'otherCalls')).length;
  const [working] = steadyDraw(3, { pollSeconds: { shortest: 30, longest: 150 }, heldLookMinutes: 100_000 });
  assert.ok(drawn <= openingDraw(3)[0] + Math.ceil(working * 60 * (rehearsal.minute() - 40)), `${drawn} calls in ${rehearsal.minute() - 40} min`);
});

test('people are heard while a run waits for its turn: an abort ends it before anything was read', async (context) => {
  const rehearsal = await begin(context, 120);
  await rehearsal.clock.advanceTo(rehearsal.opens + 5 * MINUTE_MS);

  rehearsal.say('abort');
  const ended = await rehearsal.untilEnded();

  assert.equal(ended.outcome, 'aborted');
  assert.ok(rehearsal.minute() < 10);
  // What runs is read once at the end, for the pins in code.
  assert.equal(armRequests(rehearsal), 1);
});

test('a run whose turn does not come before its window closes says so, with what to change', async (context) => {
  const rehearsal = await begin(context, null);

  const ended = await rehearsal.untilEnded();

  assert.equal(ended.outcome, 'not-started');
  assert.deepEqual(ended.findings.map(({ code }) => code), ['NO_ROOM_IN_WINDOW']);
  assert.match(rehearsal.issues()[0]?.body ?? '', /Give some clusters of the subscription other windows/);
  assert.equal(armRequests(rehearsal), 1);
});

test('a freeze that is said while a run waits for its turn is heeded when the turn comes, before anything is sent', async (context) => {
  const rehearsal = await begin(context, 40);
  await rehearsal.clock.advanceTo(rehearsal.opens + 5 * MINUTE_MS);
  const silent = (): void => undefined;
  const { state } = rehearsal.composition.portsOf({ error: silent, warn: silent, info: silent });
  const now = rehearsal.clock.now();
  const kept = await state.changeState(rehearsal.input.policy.clusterResourceId, (memory) => ({ ...memory, orders: [{ kind: 'freeze', id: 'f', who: 'hana', when: now, why: 'incident 4711', until: now + 3 * HOUR_MS, endedBy: null }] }), 'freeze');
  assert.ok(kept.ok);
  rehearsal.host.engine.raiseEvent(rehearsal.instanceId, 'wake', JSON.stringify({ kind: 'look', reason: 'freeze', pool: null }));
  await rehearsal.clock.advanceTo(rehearsal.opens + 60 * MINUTE_MS);

  const held = rehearsal.status();
  const writes = rehearsal.armWrites();
  const ended = await rehearsal.untilEnded();

  assert.deepEqual([held.phase, held.standing?.waitsFor, writes], ['held', 'unfreeze', []]);
  assert.equal(ended.outcome, 'succeeded');
  assert.ok(rehearsal.armWrites().every(({ minute }) => minute >= 180));
});
