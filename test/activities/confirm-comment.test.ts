import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import type { HeldComment } from '../../domain/comment-truth.ts';
import { COMMAND_TYPE, type IncomingComment } from '../../domain/inbox-message.ts';
import { windowInstanceId } from '../../domain/window-identity.ts';
import { pausedNow, pausedStatus } from '../domain/window-status-samples.ts';
import { emptyWorld, recordingPorts, type World } from './recording-ports.ts';

const told: IncomingComment = {
  repository: 'acme/platform',
  issueNumber: 12,
  isPullRequest: false,
  issueAuthor: 'slackwater[bot]',
  issueRunId: null,
  commentId: 5_001,
  author: 'lia',
  authorType: 'User',
  authorAssociation: 'MEMBER',
  body: '/abort',
  deliveryId: 'd-1',
  action: 'created',
};
const written: HeldComment = {
  author: 'lia',
  authorType: 'User',
  body: '/abort',
  issueNumber: 12,
  issueAuthor: 'slackwater[bot]',
  isPullRequest: false,
  issueRunId: null,
  createdAt: pausedNow - 60_000,
  updatedAt: pausedNow - 60_000,
};

function worldOf(held: HeldComment | null): World {
  const world = emptyWorld(pausedNow);
  world.windows.push({
    instanceId: windowInstanceId(pausedStatus.clusterResourceId),
    orchestration: 'maintenanceWindow',
    runtimeStatus: 'Running',
    status: pausedStatus,
    createdAt: pausedStatus.window.opens,
    lastUpdatedAt: pausedNow,
    output: null,
  });
  world.permissions.set('acme/platform/lia', 'admin').set('acme/platform/jon', 'read');
  if (held !== null) world.written.set('acme/platform/5001', held);
  return world;
}

function receive(world: World, change: Partial<IncomingComment> = {}, envelope: Readonly<Record<string, unknown>> = {}) {
  const data = { ...told, ...change };
  const message = { specversion: '1.0', type: COMMAND_TYPE, id: data.deliveryId, source: '/github/acme/platform', data, ...envelope };
  return receiveInboxMessage(recordingPorts(world), { appLogin: 'slackwater[bot]', policyRepository: 'acme/platform' }, message);
}

test('a command that GitHub holds as told reaches its run', async () => {
  const world = worldOf(written);

  assert.deepEqual(await receive(world), { kind: 'done', what: 'raised' });
  assert.equal(world.raised.length, 1);
});

const forged: readonly (readonly [what: string, claim: Partial<IncomingComment>, held: Partial<HeldComment>, difference: string])[] = [
  ['an author who did not write it', {}, { author: 'jon' }, 'author'],
  ['a text that was never written', {}, { body: 'looks good' }, 'text'],
  ['a part of the text', { body: '/skip' }, { body: '/skip usr' }, 'text'],
  ['an issue it does not stand on', {}, { issueNumber: 40 }, 'issue'],
];
for (const [what, claim, held, difference] of forged) {
  test(`a message that claims ${what} is poison, and nothing is done`, async () => {
    const world = worldOf({ ...written, ...held });

    const result = await receive(world, claim);

    assert.ok(result.kind === 'poison');
    assert.deepEqual(result.faults.map(({ code }) => code), ['command-forged']);
    assert.match(result.faults[0]?.message ?? '', new RegExp(difference));
    assert.deepEqual([world.raised, world.comments, [...world.reactions]], [[], [], []]);
  });
}

test('an issue that is not ours stays so whatever the message claims: a bare word there is for somebody else', async () => {
  const world = worldOf({ ...written, issueNumber: 40, issueAuthor: 'jon' });

  assert.deepEqual(await receive(world, { issueNumber: 40, issueAuthor: 'slackwater[bot]' }), { kind: 'done', what: 'ignored' });
  assert.deepEqual([world.raised, world.comments], [[], []]);
});

test('a bot is a bot whatever the message claims', async () => {
  const world = worldOf({ ...written, authorType: 'Bot' });

  assert.deepEqual(await receive(world), { kind: 'done', what: 'ignored' });
  assert.deepEqual(world.raised, []);
});

test('a comment that was edited before it was read is not carried out, and says so once', async () => {
  const world = worldOf({ ...written, body: '/abort now', updatedAt: pausedNow });

  assert.deepEqual(await receive(world), { kind: 'done', what: 'answered' });
  await receive(world);

  assert.deepEqual(world.raised, []);
  assert.equal(world.comments.length, 1);
  assert.match(world.comments[0]?.body ?? '', /was edited/);
});

test('a comment that was deleted before it was read is taken back', async () => {
  const world = worldOf(null);

  assert.deepEqual(await receive(world), { kind: 'done', what: 'ignored' });
  assert.deepEqual([world.raised, world.comments], [[], []]);
});

test('a comment that GitHub told of a moment ago and does not show yet is asked for again, not taken for deleted', async () => {
  const world = worldOf(null);
  const fresh = { time: new Date(pausedNow - 10_000).toISOString() };

  const early = await receive(world, {}, fresh);
  assert.deepEqual(early.kind === 'retry-later' ? [early.failure.code, early.failure.retryAfterSeconds] : early, ['comment-not-there-yet', 15]);
  world.now = pausedNow + 60_000;
  assert.deepEqual(await receive(world, {}, fresh), { kind: 'done', what: 'ignored' });
});

test('what was answered is handled, under whatever delivery id it comes again', async () => {
  const world = worldOf({ ...written, body: '/status' });
  const about = { body: '/status' };

  assert.deepEqual(await receive(world, about), { kind: 'done', what: 'answered' });
  assert.deepEqual(await receive(world, { ...about, deliveryId: 'd-2' }), { kind: 'done', what: 'ignored' });
  assert.equal(world.comments.length, 1);
});

test('what was only seen is not handled: a command whose first delivery failed is carried out by the second', async () => {
  const world = worldOf(written);
  world.failures.set('raise', [{ code: 'gone-wrong', class: 'terminal', message: '', remedy: '', retryAfterSeconds: null }]);

  assert.equal((await receive(world)).kind, 'poison');
  assert.deepEqual(await receive(world), { kind: 'done', what: 'raised' });
});

test('a command found hours later is asked for again instead of carried out; a question is answered all the same', async () => {
  const old = { ...written, createdAt: pausedNow - 3 * 3_600_000, updatedAt: pausedNow - 3 * 3_600_000 };
  const late = worldOf(old);
  const question = worldOf({ ...old, body: '/status' });

  assert.deepEqual(await receive(late), { kind: 'done', what: 'answered' });
  assert.deepEqual(late.raised, []);
  assert.match(late.comments[0]?.body ?? '', /180 minutes after it was written.*Write it again/);
  assert.deepEqual(await receive(question, { body: '/status' }), { kind: 'done', what: 'answered' });
  assert.match(question.comments[0]?.body ?? '', /Paused/);
});
