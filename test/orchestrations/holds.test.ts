import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';
import type { Perturbation } from '../../sim/perturbation.ts';

async function rehearse(options: RehearsalOptions, play: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal({ beginning: 'held', ...options });
  try {
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const images = (minAvailable: number): Perturbation => ({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable, by: 'team-shop' });
const stateOf = (rehearsal: Rehearsal, unit: string): string | undefined => rehearsal.status().units.find((each) => each.unit === unit)?.state;
const holdOf = (rehearsal: Rehearsal, unit: string) => rehearsal.status().holds.findLast((hold) => hold.unit === unit);
const startsOf = (rehearsal: Rehearsal, what: string): readonly number[] => rehearsal.armWrites().filter((write) => write.what === what).map(({ minute }) => minute);
const isWaiting = (rehearsal: Rehearsal) => (): boolean => rehearsal.status().phase === 'held';
/** Fresh snapshots beyond that of the plan and that of preflight. */
const looksOf = (rehearsal: Rehearsal): number => rehearsal.world.log.entries.filter(({ service, path }) => service === 'arm' && /\/managedClusters\/[^/]+\/maintenanceConfigurations$/i.test(path)).length - 2;
const events = (rehearsal: Rehearsal): readonly string[] =>
  rehearsal.world.serviceBus.broker.peek('events/subscriptions/all', 0, 1_000).map(({ messageId }) => messageId.slice(rehearsal.input.runId.length + 1));
const letGo = (rehearsal: Rehearsal): number => rehearsal.comments().filter((body) => body.includes(':let-go-')).length;

test('a pool that preflight withholds starts by itself once its budget is mended, after the others, and the run says so', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    rehearsal.begin();
    await rehearsal.until(isWaiting(rehearsal));
    // An issue is edited at most every thirty seconds.
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 31_000);
    const report = rehearsal.issues()[0]?.body ?? '';
    assert.deepEqual(['control-plane', 'pool/system', 'pool/spot'].map((unit) => stateOf(rehearsal, unit)), ['upgraded', 'upgraded', 'upgraded'], 'the others went on');
    rehearsal.world.perturb(images(2));
    const mendedAt = rehearsal.minute();
    const status = await rehearsal.untilEnded();

    assert.match(report, /Waiting for:\*\* pool `apps`, withheld by `shop\/images`/);
    assert.match(report, /last useful start of pool `apps` is Sun 22 Nov \d\d:\d\d \((?:Sun )?\d\d:\d\dZ\)/);
    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    const [started = 0] = startsOf(rehearsal, 'PUT pool/apps');
    assert.ok(started - mendedAt >= 3 && started - mendedAt <= 15, `started ${started - mendedAt} min after the budget was mended`);
    assert.equal(startsOf(rehearsal, 'PUT pool/apps').length, 1);
    assert.equal(status.units.find(({ unit }) => unit === 'pool/apps')?.attempt, 1);
    assert.deepEqual(events(rehearsal).filter((id) => /held|hold\.|withheld/.test(id)), ['pool/apps/1/pool.withheld', 'run/1/run.held', 'pool/apps/1/hold.started', 'pool/apps/1/hold.cleared']);
    assert.equal(letGo(rehearsal), 1);
    assert.deepEqual(status.findings.filter(({ severity }) => severity === 'block'), [], 'what is mended is not asked for any more');
  }));

test('a pool whose budget is mended while others are at work follows them without a wait', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    rehearsal.begin();
    await rehearsal.until(() => stateOf(rehearsal, 'pool/system') === 'running');
    rehearsal.world.perturb(images(2));
    await rehearsal.until(() => stateOf(rehearsal, 'pool/system') === 'upgraded');
    const others = rehearsal.minute();
    await rehearsal.untilEnded();

    const [started = 0] = startsOf(rehearsal, 'PUT pool/apps');
    assert.ok(started >= others && looksOf(rehearsal) <= 4, `${started}, ${looksOf(rehearsal)} looks`);
  }));

test('a pool that stays withheld is looked at every ten minutes, given up at its last useful start, and left for the next window', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    rehearsal.begin();
    await rehearsal.until(isWaiting(rehearsal));
    const waitsFrom = rehearsal.minute();
    const status = await rehearsal.untilEnded();
    const hold = holdOf(rehearsal, 'pool/apps');

    assert.equal(status.outcome, 'completed-partial');
    assert.equal(stateOf(rehearsal, 'pool/apps'), 'withheld');
    assert.deepEqual(startsOf(rehearsal, 'PUT pool/apps'), []);
    assert.equal(hold?.state, 'over');
    assert.equal(hold?.lastUsefulStart, rehearsal.closes - (hold?.estimateMinutes ?? 0) * MINUTE_MS);
    assert.ok(rehearsal.clock.now() >= (hold?.lastUsefulStart ?? 0) && rehearsal.clock.now() < rehearsal.closes, 'every wait has an end');
    const waited = ((hold?.lastUsefulStart ?? 0) - rehearsal.opens) / MINUTE_MS - waitsFrom;
    assert.ok(looksOf(rehearsal) <= waited / 10 + 6, `${looksOf(rehearsal)} looks in ${waited} min`);
    assert.match(rehearsal.issues()[0]?.body ?? '', /It was not started in this window, and is left for the next one/);
  }));

test('a budget that is mended and spoilt again does not start the pool', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    rehearsal.begin();
    await rehearsal.until(isWaiting(rehearsal));
    rehearsal.world.perturb(images(2));
    await rehearsal.until(() => holdOf(rehearsal, 'pool/apps')?.clearedSince !== null);
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => holdOf(rehearsal, 'pool/apps')?.clearedSince === null);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 30 * MINUTE_MS);

    assert.deepEqual(startsOf(rehearsal, 'PUT pool/apps'), []);
    assert.equal(holdOf(rehearsal, 'pool/apps')?.state, 'waiting');
  }));

test('resume has what is withheld looked at within two minutes', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    rehearsal.begin();
    await rehearsal.until(isWaiting(rehearsal));
    await rehearsal.until(() => (rehearsal.status().nextAt ?? 0) - rehearsal.clock.now() > 8 * MINUTE_MS);
    rehearsal.world.perturb(images(2));
    const said = rehearsal.minute();
    rehearsal.say('resume');
    await rehearsal.until(() => holdOf(rehearsal, 'pool/apps')?.clearedSince !== null);

    assert.ok(rehearsal.minute() - said <= 2, `${rehearsal.minute() - said} min`);
    assert.match(rehearsal.comments().join('\n'), /looked at again now/);
  }));

test('a pool that is skipped while it waits ends the wait, and retry puts it back without a way past preflight', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    rehearsal.begin();
    await rehearsal.until(() => stateOf(rehearsal, 'pool/system') === 'running');
    rehearsal.say('skip', 'apps');
    await rehearsal.until(() => stateOf(rehearsal, 'pool/apps') === 'skipped');
    rehearsal.say('retry', 'apps');
    await rehearsal.until(isWaiting(rehearsal));
    assert.equal(stateOf(rehearsal, 'pool/apps'), 'withheld');
    rehearsal.say('skip', 'apps');
    const status = await rehearsal.untilEnded(30);

    assert.equal(stateOf(rehearsal, 'pool/apps'), 'skipped', JSON.stringify(status.timeline));
    assert.deepEqual(startsOf(rehearsal, 'PUT pool/apps'), []);
  }));

test('an abort ends the wait at once', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    rehearsal.begin();
    await rehearsal.until(isWaiting(rehearsal));
    rehearsal.say('abort');
    const status = await rehearsal.untilEnded(10);

    assert.equal(status.outcome, 'aborted');
    assert.equal(holdOf(rehearsal, 'pool/apps')?.state, 'over');
  }));

test('a person who holds the run while it waits pauses it; after resume what was mended meanwhile starts soon', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    rehearsal.begin();
    await rehearsal.until(isWaiting(rehearsal));
    rehearsal.say('pause');
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'operator');
    rehearsal.world.perturb(images(2));
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 30 * MINUTE_MS);
    assert.deepEqual(startsOf(rehearsal, 'PUT pool/apps'), []);
    rehearsal.say('resume');
    const resumedAt = rehearsal.minute();
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    const [started = 0] = startsOf(rehearsal, 'PUT pool/apps');
    assert.ok(started - resumedAt >= 3 && started - resumedAt <= 8, `${started - resumedAt} min`);
  }));

test('looks that cannot be made let nothing go', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    rehearsal.begin();
    await rehearsal.until(isWaiting(rehearsal));
    rehearsal.world.perturb(images(2));
    rehearsal.world.faults.kubernetes.add({ method: null, path: null, times: Number.POSITIVE_INFINITY, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: null } } });
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 30 * MINUTE_MS);
    assert.equal(holdOf(rehearsal, 'pool/apps')?.state, 'waiting');
    assert.deepEqual(startsOf(rehearsal, 'PUT pool/apps'), []);
    rehearsal.world.faults.kubernetes.clear();
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
  }));
