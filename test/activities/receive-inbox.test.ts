import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceView, Ports } from '../../activities/ports.ts';
import type { InboxResult, ReceiveInboxSettings } from '../../activities/inbox-result.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import type { HeldComment } from '../../domain/comment-truth.ts';
import { COMMAND_TYPE, type IncomingComment } from '../../domain/inbox-message.ts';
import { isRecord } from '../../domain/json.ts';
import { windowInstanceId } from '../../domain/window-identity.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import { pausedNow, pausedStatus, statusSample } from '../domain/window-status-samples.ts';
import { emptyWorld, failureOf, recordingPorts, type World } from './recording-ports.ts';

const settings: ReceiveInboxSettings = { appLogin: 'slackwater[bot]', policyRepository: 'acme/platform' };
const clusterId = pausedStatus.clusterResourceId;
const instanceId = windowInstanceId(clusterId);

function view(status: WindowStatus, change: Partial<InstanceView> = {}): InstanceView {
  return {
    instanceId: windowInstanceId(status.clusterResourceId),
    orchestration: 'maintenanceWindow',
    runtimeStatus: 'Running',
    status,
    createdAt: status.window.opens,
    lastUpdatedAt: pausedNow,
    output: null,
    ...change,
  };
}

function worldWith(...windows: readonly InstanceView[]): World {
  const world = emptyWorld(pausedNow);
  world.windows.push(...windows);
  world.permissions.set('acme/platform/lia', 'maintain').set('acme/platform/wim', 'write').set('acme/platform/jon', 'read');
  return world;
}

function command(body: string, change: Partial<IncomingComment> = {}) {
  const data: IncomingComment = {
    repository: 'acme/platform',
    issueNumber: 12,
    isPullRequest: false,
    issueAuthor: 'slackwater[bot]',
    issueRunId: null,
    commentId: 5_001,
    author: 'lia',
    authorType: 'User',
    authorAssociation: 'MEMBER',
    body,
    deliveryId: 'd-1',
    action: 'created',
    ...change,
  };
  return { specversion: '1.0', type: COMMAND_TYPE, id: data.deliveryId, source: '/github/acme/platform', data };
}

/** What GitHub holds under a command's id when the message tells the truth, written a minute ago. */
function held({ author, authorType, body, issueNumber, issueAuthor, isPullRequest, issueRunId }: IncomingComment): HeldComment {
  return { author, authorType, body, issueNumber, issueAuthor, isPullRequest, issueRunId, createdAt: pausedNow - 60_000, updatedAt: pausedNow - 60_000 };
}

const isCommand = (raw: unknown): raw is ReturnType<typeof command> => isRecord(raw) && isRecord(raw['data']) && 'commentId' in raw['data'];

/** Takes a message whose comment GitHub holds as told. */
function receive(world: World, raw: unknown, changed: Partial<ReceiveInboxSettings> = {}, ports: Partial<Ports> = {}): Promise<InboxResult> {
  if (isCommand(raw)) world.written.set(`${raw.data.repository}/${raw.data.commentId}`, held(raw.data));
  return receiveInboxMessage({ ...recordingPorts(world), ...ports }, { ...settings, ...changed }, raw);
}

const answered = { kind: 'done', what: 'answered' };
const otherPlace = { issueNumber: 40, issueAuthor: 'lia' };

test('a permitted decision is shown as read and raised to the run, which will answer it', async () => {
  const world = worldWith(view(pausedStatus));

  assert.deepEqual(await receive(world, command('/skip usr')), { kind: 'done', what: 'raised' });

  assert.deepEqual([...world.reactions], ['acme/platform/5001/eyes']);
  assert.deepEqual(world.comments, []);
  assert.deepEqual(world.raised, [
    {
      instanceId,
      event: 'decision',
      payload: {
        verb: 'skip',
        target: 'usr',
        until: null,
        by: 'lia',
        decisionId: 'comment-5001',
        comment: { repository: 'acme/platform', issueNumber: 12, commentId: 5_001 },
        writtenAt: pausedNow - 60_000,
      },
    },
  ]);
});

test('ack-loss goes to the run with the name as it was written and the moment its duration ends, by anybody who may write', async () => {
  for (const [body, target, minutes] of [
    ['/ack-loss ops/debug-jump', 'ops/debug-jump', null],
    ['/ack-loss usr/sys --until 90m', 'usr/sys', 90],
    ['/ack-loss', null, null],
  ] as const) {
    const world = worldWith(view(pausedStatus));
    const now = recordingPorts(world).clock.now();

    assert.deepEqual(await receive(world, command(body, { author: 'wim' })), { kind: 'done', what: 'raised' }, body);

    const { payload } = world.raised[0] ?? assert.fail(body);
    assert.deepEqual(payload, {
      verb: 'ack-loss',
      target,
      until: minutes === null ? null : now + minutes * 60_000,
      by: 'wim',
      decisionId: 'comment-5001',
      comment: { repository: 'acme/platform', issueNumber: 12, commentId: 5_001 },
      writtenAt: pausedNow - 60_000,
    });
  }
});

/** Body, author, where → words of the one answer. */
const answers: readonly (readonly [string, Partial<IncomingComment>, RegExp])[] = [
  ['/help', { author: 'jon' }, /`\/abort`/],
  ['/slackwater help', { ...otherPlace, author: 'jon' }, /`\/slackwater abort`/],
  ['/status', { author: 'jon' }, /Paused: shop-prod-weu/],
  ['/slackwater status', { ...otherPlace, author: 'jon' }, /Paused: shop-prod-weu/],
  ['/abort', { author: 'jon' }, /needs the permission \*\*maintain\*\*.*you have `read`/],
  ['/pause', { author: 'jon' }, /needs the permission \*\*write\*\*/],
  ['/ack-loss ops/debug-jump', { author: 'jon' }, /`ack-loss` needs the permission \*\*write\*\*.*you have `read`/],
  ['/ack-loss ops/debug-jump --until tomorrow', {}, /`tomorrow` is neither a moment .* nor a duration/],
  ['/ack-loss ops/debug-jump --until', {}, /`--until` needs a value/],
  ['/abort', { author: 'wim' }, /needs the permission \*\*maintain\*\*.*you have `write`/],
  ['/status', { author: 'stranger' }, /you have none/],
  ['/abrot', {}, /Did you mean `\/abort`/],
  ['/slackwater rehearse', otherPlace, /No cluster has a policy that reports here/],
  ['/abort --help', { author: 'jon' }, /`\/abort \[cluster\]` stops Azure now.*maintain/],
  ['/skip gpu', {}, /`gpu` is no pool.*`sys`, `usr`/],
  ['/slackwater skip shop-prod', otherPlace, /Which one: `shop-prod-weu`/],
  ['/abort', { issueNumber: 7, issueRunId: 'shop-prod-weu-20261003T2000Z' }, /`shop-prod-weu-20261003T2000Z` has ended.*say it in #12/],
  ['/slackwater status', { ...otherPlace, repository: 'acme/shop', author: 'jon' }, /you have none/],
];

test('everything else that is a command gets exactly one answer and raises nothing, however often it is delivered', async () => {
  for (const [body, change, words] of answers) {
    const world = worldWith(view(pausedStatus));

    assert.deepEqual(await receive(world, command(body, change)), answered, body);
    assert.deepEqual(await receive(world, command(body, change)), { kind: 'done', what: 'ignored' }, body);

    assert.equal(world.comments.length, 1, body);
    assert.match(world.comments[0]?.body ?? '', words);
    assert.match(world.comments[0]?.body ?? '', /<!-- slackwater:answer:comment-5001 -->\n$/);
    assert.equal(world.reactions.size, 1);
    assert.deepEqual(world.raised, []);
  }
});

test('the same decision delivered twice carries one id, so the run takes it once', async () => {
  const world = worldWith(view(pausedStatus));

  await receive(world, command('/abort'));
  await receive(world, command('/abort'));

  assert.equal(new Set(world.raised.map(({ payload }) => JSON.stringify(payload))).size, 1);
  assert.equal(world.reactions.size, 1);
  assert.deepEqual(world.comments, []);
});

test('the real permission counts, not the association the message claims', async () => {
  const world = worldWith(view(pausedStatus));

  await receive(world, command('/abort', { author: 'mallory', authorAssociation: 'OWNER' }));

  assert.deepEqual(world.raised, []);
  assert.match(world.comments[0]?.body ?? '', /you have none/);
});

test('a right in another repository decides nothing here', async () => {
  const world = worldWith(view(pausedStatus));
  world.permissions.set('mallory/own/mallory', 'admin');

  for (const body of ['/slackwater abort shop-prod-weu', '/slackwater abort']) {
    await receive(world, command(body, { ...otherPlace, repository: 'mallory/own', author: 'mallory', commentId: body.length, deliveryId: `d-${body.length}` }));
  }

  assert.deepEqual(world.raised, []);
  assert.equal(world.comments.length, 2);
  for (const { body } of world.comments) {
    assert.match(body, /no command is taken here/);
    assert.doesNotMatch(body, /shop-prod-weu/);
  }
});

test('where several runs are under way a decision without a name is asked back with full names', async () => {
  const other = statusSample({ clusterName: 'shop-prod-neu', clusterResourceId: clusterId.replace('weu', 'neu'), issue: null });
  const world = worldWith(view(pausedStatus), view(other));

  await receive(world, command('/slackwater pause', otherPlace));
  await receive(world, command('/slackwater pause shop-prod-neu', { ...otherPlace, commentId: 5_002, deliveryId: 'd-2' }));

  assert.match(world.comments[0]?.body ?? '', /Which one: `shop-prod-weu` or `shop-prod-neu`/);
  assert.deepEqual(world.raised.map((each) => each.instanceId), [windowInstanceId(other.clusterResourceId)]);
});

test('a decision for a run that has ended is answered, not lost', async () => {
  const ended = statusSample({ phase: 'ended', outcome: 'completed-partial' });
  const world = worldWith(view(ended, { runtimeStatus: 'Completed' }));

  assert.deepEqual(await receive(world, command('/resume')), answered);
  assert.match(world.comments[0]?.body ?? '', /has ended/);

  // Shown as running, gone by the time the decision is raised.
  const stale = worldWith(view(pausedStatus));
  const ports = recordingPorts(stale);
  const windows = { ...ports.windows, raise: () => Promise.resolve({ ok: true, value: 'not-running' } as const) };
  assert.deepEqual(await receive(stale, command('/resume'), {}, { windows }), answered);
  assert.match(stale.comments[0]?.body ?? '', /has ended/);
});

test('status still works on the report of an ended run, and lists the runs where none is meant', async () => {
  const ended = statusSample({ phase: 'ended', outcome: 'completed-partial' });
  const world = worldWith(view(ended, { runtimeStatus: 'Completed' }));

  await receive(world, command('/status'));
  await receive(world, command('/slackwater status', { ...otherPlace, commentId: 5_002, deliveryId: 'd-2' }));

  assert.match(world.comments[0]?.body ?? '', /Partly done/);
  assert.match(world.comments[1]?.body ?? '', /`shop-prod-weu`: completed-partial, report #12/);
});

test('chatter, bots, edits and other tools cost nothing: no call, no reaction, no answer', async () => {
  const silent: readonly (readonly [string, Partial<IncomingComment>])[] = [
    ['looks good', {}],
    ['/pause', { authorType: 'Bot' }],
    ['/pause', { author: 'slackwater[bot]', authorType: 'Bot' }],
    ['/pause', { action: 'edited' }],
    ['> /pause', {}],
  ];
  for (const [body, change] of silent) {
    const world = worldWith(view(pausedStatus));

    assert.deepEqual(await receive(world, command(body, change)), { kind: 'done', what: 'ignored' });
    assert.deepEqual(world.calls, [], body);
  }
  const elsewhere = worldWith(view(pausedStatus));
  assert.deepEqual(await receive(elsewhere, command('/pause', otherPlace)), { kind: 'done', what: 'ignored' });
  assert.deepEqual(elsewhere.calls, ['list']);
});

test('the bare form works on the run\'s own report even while our login is unknown', async () => {
  const world = worldWith(view(pausedStatus));

  const result = await receive(world, command('/pause'), { appLogin: null });

  assert.deepEqual(result, { kind: 'done', what: 'raised' });
});

test('a service out of reach makes the message come again, and the second time does what is missing', async () => {
  for (const call of ['list', 'readComment', 'hasComment', 'permissionOf', 'raise', 'ensureComment']) {
    const world = worldWith(view(pausedStatus));
    world.failures.set(call, [failureOf('transient')]);
    const body = call === 'ensureComment' ? '/status' : '/pause';

    const first = await receive(world, command(body));
    assert.equal(first.kind, 'retry-later', call);
    assert.equal(world.raised.length + world.comments.length, 0, call);

    const second = await receive(world, command(body));
    assert.equal(second.kind, 'done', call);
    assert.equal(world.raised.length + world.comments.length, 1, call);
  }
});

test('a failure no repeat can cure is poison under its own code, and a conflict comes again', async () => {
  const cases: readonly (readonly [call: string, body: string, where: string])[] = [
    ['list', '/pause', 'task hub'],
    ['readComment', '/pause', 'comment'],
    ['hasComment', '/pause', 'comment'],
    ['raise', '/pause', 'task hub'],
    ['ensureComment', '/status', 'answer'],
  ];
  for (const [call, body, where] of cases) {
    for (const failureClass of ['terminal', 'unreadable'] as const) {
      const world = worldWith(view(pausedStatus));
      world.failures.set(call, [failureOf(failureClass, 'github-not-found')]);

      const result = await receive(world, command(body));

      assert.ok(result.kind === 'poison', `${call} ${failureClass}`);
      assert.deepEqual(result.faults.map((fault) => [fault.code, fault.where]), [['github-not-found', where]]);
    }
    const busy = worldWith(view(pausedStatus));
    busy.failures.set(call, [failureOf('conflict')]);
    assert.equal((await receive(busy, command(body))).kind, 'retry-later', call);
  }
});

test('a permission that cannot be known is none, and the refusal says so', async () => {
  const world = worldWith(view(pausedStatus));
  world.failures.set('permissionOf', [failureOf('unreadable')]);

  assert.deepEqual(await receive(world, command('/abort')), answered);

  assert.deepEqual(world.raised, []);
  assert.match(world.comments[0]?.body ?? '', /GitHub did not say which permission/);
});

test('a reaction that fails does not stop the command', async () => {
  const world = worldWith(view(pausedStatus));
  world.failures.set('react', [failureOf('terminal')]);

  assert.deepEqual(await receive(world, command('/pause')), { kind: 'done', what: 'raised' });
  assert.deepEqual(world.logged.map(({ code }) => code), ['inbox.reaction-failed', 'inbox.decision-raised']);
});

const rolling = (type: string, data: unknown) => ({ specversion: '1.0', type: `Microsoft.ContainerService.${type}`, id: 'e-1', source: clusterId.toUpperCase(), subject: 'shop', data });

test('a node pool event wakes the window of its cluster, whatever the case of the id', async () => {
  const world = worldWith(view(pausedStatus));

  assert.deepEqual(await receive(world, rolling('NodePoolRollingFailed', { nodePoolName: 'usr' })), { kind: 'done', what: 'woken' });

  assert.deepEqual(world.raised, [
    { instanceId, event: 'wake', payload: { kind: 'look', reason: 'Microsoft.ContainerService.NodePoolRollingFailed', pool: 'usr' } },
  ]);
});

test('an AKS event without a run, or about versions, wakes nobody and is settled', async () => {
  const idle = worldWith();
  assert.deepEqual(await receive(idle, rolling('NodePoolRollingStarted', { nodePoolName: 'usr' })), { kind: 'done', what: 'no-run' });

  const world = worldWith(view(pausedStatus));
  const withoutRepository = { ...settings, policyRepository: null };
  assert.deepEqual(await receiveInboxMessage(recordingPorts(world), withoutRepository, rolling('ClusterSupportEnding', { kubernetesVersion: '1.33.9' })), { kind: 'done', what: 'noted' });
  assert.deepEqual(world.calls, []);

  world.failures.set('raise', [failureOf('transient')]);
  assert.equal((await receive(world, rolling('NodePoolRollingStarted', { nodePoolName: 'usr' }))).kind, 'retry-later');
});

test('a roll that begins in the window of a run that has ended is told in its issue once, and only while no clean-up is under way', async () => {
  const [last = 0] = pausedStatus.timeline.slice(-1).map(({ at }) => at);
  const over = view({ ...pausedStatus, phase: 'ended', outcome: 'succeeded', pause: null }, { runtimeStatus: 'Completed' });
  const started = (afterMinutes: number, type = 'NodePoolRollingStarted') => ({ ...rolling(type, { nodePoolName: 'usr' }), time: new Date(last + afterMinutes * 60_000).toISOString() });

  const world = worldWith(over);
  for (let time = 0; time < 2; time += 1) assert.deepEqual(await receive(world, started(80)), { kind: 'done', what: 'noted' });
  assert.equal(world.comments.length, 1);
  assert.match(world.comments[0]?.body ?? '', /Not this run:.*began to roll pool `usr`/);

  const quiet: readonly (readonly [string, unknown, boolean])[] = [
    ['the run\'s own, told a moment late', started(1), false],
    ['an end, which tells nothing new', started(80, 'NodePoolRollingSucceeded'), false],
    ['after the window', started(24 * 60), false],
    ['a clean-up\'s', started(80), true],
  ];
  for (const [why, event, hasCleanUp] of quiet) {
    const other = worldWith(over);
    if (hasCleanUp) other.cleanUps.set('clean-up-1', {});
    assert.deepEqual(await receive(other, event), { kind: 'done', what: 'no-run' }, why);
    assert.deepEqual(other.comments, [], why);
  }
});

test('what no repeat can cure is poison with a code, and touches nothing', async () => {
  const world = worldWith(view(pausedStatus));

  for (const raw of [null, '{', {}, { specversion: '1.0', type: 'x' }, command('/pause', { deliveryId: '' }), command('/pause', { repository: '../..' })]) {
    const result = await receive(world, raw);

    assert.ok(result.kind === 'poison' && result.faults.every(({ code, where, remedy }) => code !== '' && where !== '' && remedy !== ''), JSON.stringify(raw));
  }
  assert.deepEqual(world.calls, []);
});
