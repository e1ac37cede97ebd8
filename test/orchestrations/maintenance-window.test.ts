import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Perturbation } from '../../sim/perturbation.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';

/** Runs one rehearsal and closes it whatever happens. */
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
const unitState = (rehearsal: Rehearsal, unit: string): string | undefined => rehearsal.status().units.find((each) => each.unit === unit)?.state;
const isDraining = (rehearsal: Rehearsal, pool: string) => (): boolean =>
  rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes(`-${pool}-`));
const whats = (rehearsal: Rehearsal): readonly string[] => rehearsal.armWrites().map(({ what }) => what);
const notices = (rehearsal: Rehearsal, kind: string): number => rehearsal.comments().filter((body) => body.includes(`slackwater:notice:`) && body.includes(`:${kind}`)).length;

/** The issues that report a run; pull requests are issues to GitHub, too. */
const reportsOf = (rehearsal: Rehearsal) => rehearsal.issues().filter(({ body }) => body.includes('<!-- slackwater:run:'));

test('a quiet night upgrades everything with one upgrade call per unit, proves every node and closes its one issue', () =>
  rehearse({}, async (rehearsal) => {
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', JSON.stringify(status, null, 1));
    assert.deepEqual(whats(rehearsal), ['PUT cluster', 'PUT pool/system', 'PUT pool/apps', 'PUT pool/spot']);
    assert.deepEqual(reportsOf(rehearsal).map(({ state }) => state), ['closed']);
    assert.equal(notices(rehearsal, 'ended'), 1);
    for (const { nodes } of rehearsal.world.cluster.inspect()) for (const node of nodes) assert.match(node.kubeletVersion, /^v?1\.36\./);
  }));

test('a budget that blocks a drain pauses the run once, names itself, and the run goes on after it is mended', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().phase === 'paused');
    const { pause, issue } = rehearsal.status();
    const [report] = rehearsal.issues();
    rehearsal.world.perturb(images(2));
    const mendedAt = rehearsal.minute();
    await rehearsal.until(() => rehearsal.status().phase !== 'paused');
    const resumedAt = rehearsal.minute();
    const status = await rehearsal.untilEnded();

    assert.deepEqual(pause?.causes[0]?.budgets, ['shop/images']);
    assert.equal(pause?.causes[0]?.class, 'PDB_STRUCTURAL');
    assert.ok(pause?.drainDeadline !== null && pause !== null && pause.windowDeadline === rehearsal.closes);
    assert.equal(issue?.number, 1);
    assert.match(report?.body ?? '', /shop\/images/);
    assert.ok(resumedAt - mendedAt >= 3, `resumed ${resumedAt - mendedAt} min after the fix`);
    assert.equal(status.outcome, 'succeeded');
    assert.equal(notices(rehearsal, 'paused-1'), 1);
    assert.equal(notices(rehearsal, 'resumed-1'), 1);
    assert.equal(notices(rehearsal, 'paused-2'), 0);
    assert.deepEqual(whats(rehearsal), ['PUT cluster', 'PUT pool/system', 'PUT pool/apps', 'PUT pool/spot']);
  }));

test('a pool Azure gave up on is tried again by itself, with the same request, after its budget is mended', () =>
  rehearse({ policy: (text) => text.replace('undrainableNodeBehavior: Cordon', 'undrainableNodeBehavior: Schedule') }, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().timeline.some(({ text }) => text.includes('cannot go on') || rehearsal.status().pause?.drainDeadline === null), 120);
    await rehearsal.until(() => rehearsal.world.cluster.inspect().find(({ pool }) => pool === 'apps')?.provisioningState === 'Failed', 120);
    rehearsal.world.perturb(images(2));
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    assert.equal(status.units.find(({ unit }) => unit === 'pool/apps')?.attempt, 2);
    assert.deepEqual(whats(rehearsal), ['PUT cluster', 'PUT pool/system', 'PUT pool/apps', 'PUT pool/apps', 'PUT pool/spot']);
  }));

test('quarantined nodes wait for a person; skip goes on with the others and leaves a debt in an open issue', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'quarantined', 240);
    const before = whats(rehearsal).length;
    await rehearsal.until(() => rehearsal.minute() > 230, 240);
    assert.equal(whats(rehearsal).length, before, 'something was sent while the run waited');
    rehearsal.say('skip');
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'completed-with-debt');
    assert.ok(status.leftOver.some((line) => line.includes('quarantined')));
    assert.equal(unitState(rehearsal, 'pool/spot') === 'upgraded' || unitState(rehearsal, 'pool/spot') === 'unproven', true);
    assert.equal(rehearsal.issues()[0]?.state, 'open');
  }));

test('abort stops Azure at once, starts nothing more, and says what is left', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.say('abort');
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'aborted');
    assert.equal(whats(rehearsal).at(-1), 'POST pool/apps/abort');
    assert.equal(unitState(rehearsal, 'pool/spot'), 'not-started');
    assert.ok(status.leftOver.length > 0);
  }));

test('a word delivered twice is answered once and does its work once', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'system'));
    rehearsal.say('skip', 'spot', 'delivery-1');
    rehearsal.say('skip', 'spot', 'delivery-1');
    await rehearsal.untilEnded();

    assert.equal(rehearsal.comments().filter((body) => body.includes('slackwater:answer:delivery-1')).length, 1);
    assert.equal(unitState(rehearsal, 'pool/spot'), 'skipped');
    assert.equal(whats(rehearsal).includes('PUT pool/spot'), false);
  }));

test('pause holds the next unit while the one under way goes on; resume lets it start', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'system'));
    rehearsal.say('pause');
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'operator');
    const before = whats(rehearsal);
    await rehearsal.until(() => rehearsal.minute() > 150);
    assert.deepEqual(whats(rehearsal), before);
    rehearsal.say('resume');
    const status = await rehearsal.untilEnded();

    assert.deepEqual(before, ['PUT cluster', 'PUT pool/system']);
    assert.equal(status.outcome, 'succeeded');
  }));

test('a unit whose estimate does not fit the time left is not started, and nothing is written after the window', () =>
  rehearse({ policy: (text) => text.replace('durationHours: 6', 'durationHours: 1') }, async (rehearsal) => {
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'completed-partial');
    assert.deepEqual(status.units.filter(({ state }) => state === 'not-started').map(({ unit }) => unit).includes('pool/apps'), true);
    assert.ok(rehearsal.armWrites().every(({ minute }) => minute < 60));
  }));

test('an operation somebody else started for the same target is adopted, not sent again', () =>
  rehearse({ policy: (text) => text.replace('kubernetesVersion: "1.36"', '').replace(/target:\n\s+# follows.*\n/, 'target:\n') }, async (rehearsal) => {
    rehearsal.world.perturb({ kind: 'foreign-operation', pool: 'system', operation: 'UpgradingNodeImageVersion', minutes: 20, by: 'somebody' });
    await rehearsal.until(() => unitState(rehearsal, 'pool/system') === 'running');
    await rehearsal.until(() => rehearsal.minute() > 15);

    assert.equal(whats(rehearsal).some((what) => what.includes('pool/system/upgradeNodeImageVersion')), false);
  }));

test('while GitHub is down the run goes on, and what it has to say arrives in order afterwards', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.faults.github.add({ method: null, path: null, times: 40, mishap: { kind: 'answer', moment: 'before', response: { status: 502, headers: {}, body: null } } });
    const status = await rehearsal.untilEnded(1_500);

    assert.equal(status.outcome, 'succeeded');
    assert.equal(reportsOf(rehearsal).length, 1);
    assert.equal(notices(rehearsal, 'ended'), 1);
  }));

test('ARM that throttles and stumbles delays the run, and each unit is still sent once', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'system'));
    rehearsal.world.faults.arm.add({ method: null, path: null, times: 6, mishap: { kind: 'answer', moment: 'before', response: { status: 429, headers: { 'retry-after': '90' }, body: { error: { code: 'Throttled', message: 'slow down' } } } } });
    await rehearsal.until(() => rehearsal.status().units.some(({ unit, state }) => unit === 'pool/apps' && state === 'running'));
    rehearsal.world.faults.arm.add({ times: 2, method: 'PUT', path: null, mishap: { kind: 'cut', moment: 'after' } });
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    assert.equal(new Set(whats(rehearsal)).size, whats(rehearsal).length);
  }));
