import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';
import type { Perturbation } from '../../sim/perturbation.ts';

async function rehearse(options: RehearsalOptions, play: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal(options);
  try {
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const images = (minAvailable: number): Perturbation => ({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable, by: 'team-shop' });
const scaling = (pool: string, minutes: number): Perturbation => ({ kind: 'foreign-operation', pool, operation: 'Scaling', minutes, by: 'somebody' });
const stateOf = (rehearsal: Rehearsal, unit: string): string | undefined => rehearsal.status().units.find((each) => each.unit === unit)?.state;
const whats = (rehearsal: Rehearsal): readonly string[] => rehearsal.armWrites().map(({ what }) => what);
const notices = (rehearsal: Rehearsal, kind: string): number => rehearsal.comments().filter((body) => body.includes('slackwater:notice:') && body.includes(`:${kind}-`)).length;
const isDraining = (rehearsal: Rehearsal, pool: string) => (): boolean =>
  rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes(`-${pool}-`));

/** Until the pool's orchestration waits for the end of somebody else's scaling. */
async function untilKeptWaiting(rehearsal: Rehearsal, pool: string): Promise<void> {
  await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'operation.ended' && data['pool'] === null));
  rehearsal.world.perturb(scaling(pool, 90));
  await rehearsal.until(() => stateOf(rehearsal, `pool/${pool}`) === 'running');
  await rehearsal.clock.advanceTo(rehearsal.clock.now() + 3 * MINUTE_MS);
}

test('abort before anything was sent sends nothing any more, and leaves the operation of somebody else alone', () =>
  rehearse({}, async (rehearsal) => {
    await untilKeptWaiting(rehearsal, 'system');
    rehearsal.say('abort');
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'aborted');
    assert.deepEqual(whats(rehearsal), ['PUT cluster']);
    assert.equal(stateOf(rehearsal, 'pool/system'), 'not-started');
    assert.equal(rehearsal.changes.some(({ kind, data }) => kind === 'operation.ended' && data['pool'] === 'system' && data['status'] === 'Canceled'), false);
  }));

test('skip before anything was sent leaves the pool untouched and goes on with the others', () =>
  rehearse({}, async (rehearsal) => {
    await untilKeptWaiting(rehearsal, 'system');
    rehearsal.say('skip');
    await rehearsal.untilEnded();

    assert.equal(stateOf(rehearsal, 'pool/system'), 'skipped');
    assert.equal(whats(rehearsal).includes('PUT pool/system'), false);
    assert.equal(stateOf(rehearsal, 'pool/apps'), 'upgraded');
  }));

test('an abort that Azure does not take is told again until it does, while the run keeps listening', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    const at = rehearsal.minute();
    rehearsal.world.faults.arm.add({ method: 'POST', path: /\/abort$/i, times: 24, mishap: { kind: 'answer', moment: 'before', response: { status: 500, headers: {}, body: null } } });
    rehearsal.say('abort');
    await rehearsal.until(() => rehearsal.status().timeline.some(({ text }) => text.includes('did not take the abort')));
    assert.ok(rehearsal.minute() - at <= 3, `told after ${rehearsal.minute() - at} min`);
    rehearsal.world.faults.arm.clear();
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'aborted');
    assert.deepEqual(whats(rehearsal).filter((what) => what.endsWith('/abort')), ['POST pool/apps/abort']);
  }));

test('a pool that was skipped ahead and then wanted again is upgraded, once', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'system'));
    rehearsal.say('skip', 'spot');
    await rehearsal.until(() => stateOf(rehearsal, 'pool/spot') === 'skipped');
    rehearsal.say('retry', 'spot');
    const status = await rehearsal.untilEnded();

    assert.equal(stateOf(rehearsal, 'pool/spot'), 'upgraded', JSON.stringify(status.timeline));
    assert.equal(status.units.find(({ unit }) => unit === 'pool/spot')?.attempt, 1);
    assert.equal(whats(rehearsal).filter((what) => what === 'PUT pool/spot').length, 1);
  }));

test('skip and retry are no way past preflight: a withheld pool stays withheld', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => stateOf(rehearsal, 'pool/apps') === 'withheld' && isDraining(rehearsal, 'system')());
    rehearsal.say('skip', 'apps');
    rehearsal.say('retry', 'apps');
    await rehearsal.untilEnded();

    assert.equal(stateOf(rehearsal, 'pool/apps'), 'withheld');
    assert.equal(whats(rehearsal).includes('PUT pool/apps'), false);
  }));

test('skip and then retry of the pool under way: it is left, and tried again after the others', () =>
  rehearse({ policy: (text) => text.replace('undrainableNodeBehavior: Cordon', 'undrainableNodeBehavior: Schedule') }, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'blocked' && rehearsal.status().pause?.drainDeadline === null, 240);
    rehearsal.world.perturb(images(2));
    rehearsal.say('skip');
    rehearsal.say('retry', 'apps');
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    assert.deepEqual(whats(rehearsal), ['PUT cluster', 'PUT pool/system', 'PUT pool/apps', 'PUT pool/spot', 'PUT pool/apps']);
    assert.equal(notices(rehearsal, 'resumed'), notices(rehearsal, 'paused') - 1, 'the blocked drain and Azure giving up are two pauses in a row; one resume ends them');
  }));

test('a run that is held when its window closes tells one pause and no going on', () =>
  rehearse({ policy: (text) => text.replace('durationHours: 6', 'durationHours: 1') }, async (rehearsal) => {
    await rehearsal.until(() => stateOf(rehearsal, 'control-plane') === 'running');
    rehearsal.say('pause');
    await rehearsal.untilEnded();

    assert.deepEqual(whats(rehearsal), ['PUT cluster']);
    assert.equal(notices(rehearsal, 'paused'), 1);
    assert.equal(notices(rehearsal, 'resumed'), 0);
    assert.equal(stateOf(rehearsal, 'pool/apps'), 'not-started');
  }));

test('abort of a held run says nothing of going on', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(() => stateOf(rehearsal, 'control-plane') === 'running');
    rehearsal.say('pause');
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'operator');
    rehearsal.say('abort');
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'aborted');
    assert.equal(notices(rehearsal, 'resumed'), 0);
  }));

test('a pool that was tried and finds no time for another try is called failed, not "not started"', () =>
  rehearse({ policy: (text) => text.replace('undrainableNodeBehavior: Cordon', 'undrainableNodeBehavior: Schedule').replace('durationHours: 6', 'durationHours: 3') }, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.world.cluster.inspect().find(({ pool }) => pool === 'apps')?.provisioningState === 'Failed', 120);
    await rehearsal.until(() => rehearsal.minute() >= 160, 200);
    rehearsal.world.perturb(images(2));
    const status = await rehearsal.untilEnded();

    assert.equal(stateOf(rehearsal, 'pool/apps'), 'failed', JSON.stringify(status.timeline));
    assert.equal(status.timeline.some(({ text }) => text === 'pool/apps goes on.'), false);
  }));

test('while the cluster cannot be read people are told, and an abort ends the wait', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.faults.kubernetes.add({ method: null, path: null, times: Number.POSITIVE_INFINITY, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: null } } });
    await rehearsal.until(() => rehearsal.issues().length === 1, 30);
    rehearsal.say('abort');
    const status = await rehearsal.untilEnded(30);

    assert.equal(status.outcome, 'aborted');
    assert.deepEqual(whats(rehearsal), []);
    assert.match(rehearsal.issues()[0]?.body ?? '', /cannot be read yet/);
  }));
