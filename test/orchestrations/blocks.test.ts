import assert from 'node:assert/strict';
import { test } from 'node:test';
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
const unitOf = (rehearsal: Rehearsal, unit: string) => rehearsal.status().units.find((each) => each.unit === unit);
const isDraining = (rehearsal: Rehearsal, pool: string) => (): boolean =>
  rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes(`-${pool}-`));
const pausedComments = (rehearsal: Rehearsal): number => rehearsal.comments().filter((body) => body.includes(':paused')).length;

test('new nodes that do not come up stop their pool, and with it every pool that moves to the same version', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb({ kind: 'surge-unready', pool: 'system', minutes: null });
    await rehearsal.until(() => rehearsal.status().phase === 'paused');
    const cause = rehearsal.status().pause?.causes[0];
    rehearsal.say('skip', 'system');
    const status = await rehearsal.untilEnded();

    assert.ok(cause !== undefined && ['YOUNG_NODE', 'PDB_SYMPTOM'].includes(cause.class), JSON.stringify(cause));
    assert.notEqual(cause?.guiltyNode, null);
    assert.equal(unitOf(rehearsal, 'pool/apps')?.state, 'not-started');
    assert.match(unitOf(rehearsal, 'pool/apps')?.note ?? '', /may lie in the version or image/);
    assert.equal(rehearsal.armWrites().some(({ what }) => what === 'PUT pool/apps'), false);
    assert.notEqual(status.outcome, 'succeeded');
  }));

test('a budget in one pool stops that pool alone: after skip the others go on', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().phase === 'paused');
    const cause = rehearsal.status().pause?.causes[0];
    rehearsal.say('skip', 'apps');
    await rehearsal.untilEnded();

    assert.equal(cause?.class, 'PDB_STRUCTURAL');
    assert.equal(rehearsal.armWrites().some(({ what }) => what === 'PUT pool/spot'), true);
  }));

test('a refusal shorter than the grace is told nobody', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    const tight = rehearsal.minute();
    await rehearsal.until(() => rehearsal.minute() >= tight + 8);
    rehearsal.world.perturb(images(2));
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    assert.equal(pausedComments(rehearsal), 0);
    assert.equal(status.timeline.some(({ text }) => text.includes('waits for')), false);
  }));

test('somebody else\'s cordon in another pool is told once and left alone', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    const node = rehearsal.world.cluster.inspect().find(({ pool }) => pool === 'system')?.nodes[0]?.name ?? '';
    rehearsal.world.perturb({ kind: 'cordon-node', node, by: 'alice' });
    const since = rehearsal.minute();
    await rehearsal.until(() => rehearsal.minute() >= since + 15);
    rehearsal.world.perturb({ kind: 'uncordon-node', node, by: 'alice' });
    const status = await rehearsal.untilEnded();

    assert.equal(status.timeline.filter(({ text }) => text.includes('not by this run')).length, 1);
    assert.equal(pausedComments(rehearsal), 0);
    assert.equal(status.outcome, 'succeeded');
  }));

test('a quiet night asks for no disk, and lists all pods only while nodes drain', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.untilEnded();
    const reads = rehearsal.world.log.entries.filter(({ service, method }) => service === 'kubernetes' && method === 'GET');
    const looks = reads.filter(({ path, query }) => path === '/api/v1/pods' && query['fieldSelector'] === 'status.phase=Pending').length;
    const wholeLists = reads.filter(({ path, query }) => path === '/api/v1/pods' && query['fieldSelector'] === undefined && query['continue'] === undefined).length;

    assert.equal(reads.some(({ path }) => path.endsWith('/volumeattachments')), false);
    assert.ok(looks > 20, `${looks} looks`);
    assert.ok(wholeLists < looks, `${wholeLists} lists of all pods in ${looks} looks`);
  }));
