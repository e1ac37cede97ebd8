import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InstanceView } from '../../activities/ports.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import { COMMAND_TYPE, type IncomingComment } from '../../domain/inbox-message.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import type { StandingOrder } from '../../domain/standing-order.ts';
import { emptyState } from '../../domain/state-file.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { windowInstanceId } from '../../domain/window-identity.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import { goodPolicy, policyWith } from '../domain/good-policy.ts';
import { pausedStatus, statusSample } from '../domain/window-status-samples.ts';
import { emptyWorld, failureOf, recordingPorts, type World } from './recording-ports.ts';

const settings = { appLogin: 'slackwater[bot]', policyRepository: 'acme/platform' };

function readPolicy(document: unknown): MaintenancePolicy {
  const parsed = parseMaintenancePolicy(document, 'shop.yaml');
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

const policy = readPolicy(goodPolicy());
const cluster = policy.clusterResourceId;
/** Saturday 22:00 in Paris, in winter; the commands are written at noon. */
const opens = Date.UTC(2026, 10, 21, 21);
const now = opens - 10 * HOUR_MS;

function worldWith(policies: readonly MaintenancePolicy[] = [policy], orders: readonly StandingOrder[] = []): World {
  const world = emptyWorld(now);
  world.policies.push(...policies);
  world.memory.set(cluster, { ...emptyState(cluster), orders });
  world.permissions.set('acme/platform/hana', 'admin').set('acme/platform/ivan', 'admin').set('acme/platform/lia', 'maintain').set('acme/platform/wim', 'write').set('acme/platform/jon', 'read');
  return world;
}

function liveRun(status: WindowStatus): InstanceView {
  return { instanceId: windowInstanceId(status.clusterResourceId), orchestration: 'maintenanceWindow', runtimeStatus: 'Running', status, createdAt: now, lastUpdatedAt: now, output: null };
}

let comments = 0;

/** Says it in an issue of their own, once or twice, and gives the answer. */
async function say(world: World, author: string, body: string, change: Partial<IncomingComment> & { readonly at?: number } = {}): Promise<string> {
  comments += 1;
  const { at = world.now, ...rest } = change;
  const data: IncomingComment = {
    ...{ repository: 'acme/platform', issueNumber: 40, isPullRequest: false, issueAuthor: author, issueRunId: null, commentId: comments, author, authorType: 'User', authorAssociation: 'MEMBER' },
    ...{ body: body.replace(/^\//, '/slackwater '), deliveryId: `d-${comments}`, action: 'created', ...rest },
  };
  world.written.set(`${data.repository}/${data.commentId}`, { ...data, createdAt: at, updatedAt: at });
  const message = { specversion: '1.0', type: COMMAND_TYPE, id: data.deliveryId, source: '/github/acme/platform', data };
  const before = world.comments.length;
  const first = await receiveInboxMessage(recordingPorts(world), settings, message);
  const second = await receiveInboxMessage(recordingPorts(world), settings, message);
  assert.deepEqual([first.kind, second.kind], ['done', 'done'], `${body}: ${JSON.stringify(first)}`);
  assert.equal(world.comments.length, before + 1, `${body} gets exactly one answer`);
  assert.ok(world.reactions.has(`acme/platform/${data.commentId}/eyes`), body);
  return world.comments.at(-1)?.body ?? '';
}

const ordersOf = (world: World): readonly StandingOrder[] => world.memory.get(cluster)?.orders ?? [];

describe('freeze and unfreeze', () => {
  test('are kept with who, when, why and until, once', async () => {
    const world = worldWith();

    assert.match(await say(world, 'hana', '/freeze --until 2026-12-01 --reason "incident 4711"'), /Frozen: nothing is started on `shop-prod-weu` until Tue 1 Dec 23:59 \(22:59Z\).*`incident 4711`/);
    assert.deepEqual(ordersOf(world).map(({ kind, who, why, when, until }) => [kind, who, why, when, until]), [['freeze', 'hana', 'incident 4711', now, Date.UTC(2026, 11, 1, 22, 59)]]);
    world.now += MINUTE_MS;
    assert.match(await say(world, 'ivan', '/unfreeze'), /Unfrozen.*frozen by `hana`/);
    assert.deepEqual(ordersOf(world).map(({ until }) => until), [now + MINUTE_MS]);
    world.now += MINUTE_MS;
    assert.match(await say(world, 'ivan', '/unfreeze'), /nothing to end/);
  });

  test('a freeze until a moment that has passed is none', async () => {
    const world = worldWith();
    assert.match(await say(world, 'hana', '/freeze --until 2026-11-01'), /has passed already\. Nothing was changed/);
    assert.match(await say(world, 'hana', '/freeze --until soon'), /`soon` is neither a moment/);
    assert.deepEqual(ordersOf(world), []);
  });

  test('in one second end frozen, in whichever order they come', async () => {
    for (const verbs of [['/freeze', '/unfreeze'], ['/unfreeze', '/freeze']]) {
      const world = worldWith();
      const answers = [];
      for (const verb of verbs) answers.push(await say(world, verb === '/freeze' ? 'hana' : 'ivan', verb));

      assert.equal(ordersOf(world).filter(({ until }) => until === null).length, 1, verbs.join());
      if (verbs[0] === '/freeze') assert.match(answers[1] ?? '', /Two opposite commands within a second.*stays frozen by `hana`/);
    }
  });

  test('have a run under way look at them', async () => {
    const world = worldWith();
    world.windows.push(liveRun(statusSample({ clusterResourceId: cluster })));

    assert.match(await say(world, 'hana', '/freeze'), /In the run under way no further unit starts; what Azure is doing now goes on/);
    assert.deepEqual(world.raised.map(({ event }) => event)[0], 'wake');
  });
});

describe('postpone', () => {
  const cases: readonly (readonly [body: string, words: RegExp, movedTo: number | null])[] = [
    ['/postpone 2h', /opens Sun 22 Nov 00:00 \(Sat 23:00Z\) instead of Sat 21 Nov 22:00/, opens + 2 * HOUR_MS],
    ['/postpone 2026-11-22', /opens Sun 22 Nov 22:00/, opens + 24 * HOUR_MS],
    ['/postpone 2026-11-22T03:30', /opens Sun 22 Nov 03:30/, opens + 5.5 * HOUR_MS],
    ['/postpone 7d', /run into the next opening, Sat 28 Nov 22:00/, null],
    ['/postpone 2026-11-20', /not later than the opening/, null],
    ['/postpone 0m', /not later/, null],
  ];
  for (const [body, words, movedTo] of cases) {
    test(body, async () => {
      const world = worldWith();

      assert.match(await say(world, 'wim', body), words);
      assert.deepEqual(ordersOf(world).map((order) => (order.kind === 'postponement' ? [order.opens, order.movedTo] : [])), movedTo === null ? [] : [[opens, movedTo]]);
    });
  }

  test('does not move into dates that are not allowed, nor an opening whose run is under way', async () => {
    const frozen = readPolicy(policyWith('spec.window.notAllowedDates', [{ start: '2026-11-22', end: '2026-11-24', reason: 'freeze', scope: 'all' }]));
    assert.match(await say(worldWith([frozen]), 'wim', '/postpone 1d'), /on a date that the policy does not allow/);
    const world = worldWith();
    world.windows.push(liveRun(statusSample({ clusterResourceId: cluster })));
    assert.match(await say(world, 'wim', '/postpone 2h'), /under way. Say `pause`/);
  });
});

describe('upgrade', () => {
  const frozen = readPolicy(policyWith('spec.window.notAllowedDates', [{ start: '2026-11-20', end: '2026-11-30', reason: 'freeze', scope: 'all' }]));

  test('opens nothing outside a window and says so', async () => {
    const world = worldWith();

    assert.match(await say(world, 'lia', '/upgrade'), /Nothing is started outside a window: `shop-prod-weu` is upgraded in its next opening, Sat 21 Nov 22:00 \(21:00Z\)/);
    assert.deepEqual(world.started, []);
  });

  test('in an open window asks for a run now', async () => {
    const world = worldWith();
    world.now = opens + MINUTE_MS;

    assert.match(await say(world, 'lia', '/upgrade'), /is open until Sun 22 Nov 04:00.*starts within 5 min/);
  });

  test('names the frozen opening it does not open, and an override names this cluster, this opening, this reason', async () => {
    const world = worldWith([frozen]);

    assert.match(await say(world, 'lia', '/upgrade'), /next opening, Sat 5 Dec 22:00.*The one on Sat 21 Nov 22:00 \(21:00Z\) stays shut.*An admin may open that one/);
    assert.match(await say(world, 'lia', '/upgrade --override-freeze CVE-1'), /needs the permission \*\*admin\*\*/);
    assert.match(await say(world, 'hana', '/upgrade --override-freeze CVE-1'), /overridden for `CVE-1`, for `shop-prod-weu` alone and for this opening alone: Sat 21 Nov 22:00.*cannot approve alone.*1 of 1 approval is missing/);
    assert.deepEqual(ordersOf(world).map((order) => (order.kind === 'request' ? [order.freeze, order.opens, order.why] : [])), [['heeded', Date.UTC(2026, 11, 5, 21), ''], ['overridden', opens, 'CVE-1']]);
  });

  test('without a freeze there is nothing to override', async () => {
    assert.match(await say(worldWith(), 'hana', '/upgrade --override-freeze CVE-1'), /there is nothing to override/);
  });

  test('a run under way is not doubled', async () => {
    const world = worldWith();
    world.windows.push(liveRun(statusSample({ clusterResourceId: cluster })));

    assert.match(await say(world, 'lia', '/upgrade'), /is under way; a second is never started/);
  });
});

test('after the run of an opening has ended, words are about the next, unless somebody asked for another run', async () => {
  const world = worldWith();
  world.now = opens + HOUR_MS;
  assert.match(await say(world, 'jon', '/status shop-prod-weu'), /opens Sat 21 Nov 22:00/);
  const ended = statusSample({ clusterResourceId: cluster, phase: 'ended', outcome: 'succeeded', window: { opens, closes: opens + 6 * HOUR_MS } });
  world.windows.push({ ...liveRun(ended), runtimeStatus: 'Completed', lastUpdatedAt: opens + 1_000 });
  assert.match(await say(world, 'jon', '/status shop-prod-weu'), /opens Sat 28 Nov 22:00/);
  assert.match(await say(world, 'lia', '/upgrade'), /is open until Sun 22 Nov 04:00/);
  assert.match(await say(world, 'jon', '/status shop-prod-weu'), /opens Sat 21 Nov 22:00/);
});

describe('which cluster', () => {
  const other = { ...policy, name: 'shop-prod-neu', clusterResourceId: cluster.replace('weu', 'neu') };

  test('a short name that fits two is refused with both full names, as is no name', async () => {
    for (const verb of ['upgrade', 'freeze', 'approve', 'plan', 'preflight', 'rehearse', 'postpone 2h']) {
      for (const body of [`/${verb} shop-prod`, `/${verb}`]) {
        const world = worldWith([policy, other]);
        assert.match(await say(world, 'hana', body), /Which one: `shop-prod-weu` or `shop-prod-neu`\? Nothing was changed/, body);
        assert.deepEqual(ordersOf(world), []);
      }
    }
  });

  test('a full name and the report of a run are enough; another name is answered with those there are', async () => {
    const world = worldWith([policy, other]);
    assert.match(await say(world, 'hana', '/freeze SHOP-PROD-WEU'), /Frozen.*`shop-prod-weu`/);
    world.windows.push(liveRun({ ...pausedStatus, clusterResourceId: cluster }));
    assert.match(await say(world, 'hana', '/freeze', { issueNumber: 12 }), /Frozen.*`shop-prod-weu`/);
    assert.match(await say(world, 'hana', '/freeze crm'), /No cluster of that name/);
  });

  test('a cluster that reports to another repository does not exist there', async () => {
    const world = worldWith();
    world.permissions.set('acme/other/hana', 'admin');
    world.windows.push(liveRun({ ...pausedStatus, issue: { repository: 'acme/other', number: 1, url: '' } }));
    comments += 1;
    const data: IncomingComment = { repository: 'acme/other', issueNumber: 40, isPullRequest: false, issueAuthor: 'hana', issueRunId: null, commentId: comments, author: 'hana', authorType: 'User', authorAssociation: 'MEMBER', body: '/slackwater freeze shop-prod-weu', deliveryId: 'd', action: 'created' };
    world.written.set(`acme/other/${comments}`, { ...data, createdAt: now, updatedAt: now });

    await receiveInboxMessage(recordingPorts(world), settings, { specversion: '1.0', type: COMMAND_TYPE, id: 'd', source: '/github/acme/other', data });

    assert.match(world.comments[0]?.body ?? '', /No cluster has a policy that reports here/);
    assert.deepEqual(ordersOf(world), []);
  });
});

describe('teams', () => {
  const ruled = readPolicy(policyWith('spec.commands', { freeze: ['acme/sre', 'acme/leads'], pause: ['acme/sre'], resume: ['acme/sre'] }));

  test('a verb that the policy gives to teams needs a membership GitHub confirms, beside the permission', async () => {
    const world = worldWith([ruled]);
    assert.match(await say(world, 'hana', '/freeze'), /members of `acme\/sre` or `acme\/leads` say `freeze`, and you are in none/);
    world.permissions.set('team acme/leads/hana', 'read');
    assert.match(await say(world, 'hana', '/freeze'), /Frozen/);
    world.failures.set('isTeamMember', [failureOf('terminal'), failureOf('terminal')]);
    assert.match(await say(world, 'ivan', '/freeze'), /GitHub did not say whether you are/);
  });

  test('holds for words to a run too', async () => {
    const world = worldWith([ruled]);
    world.windows.push(liveRun({ ...pausedStatus, clusterResourceId: cluster }));
    assert.match(await say(world, 'lia', '/resume'), /members of `acme\/sre` say `resume`/);
    assert.deepEqual(world.raised, []);
  });

  test('approvals are for members of the teams the policy names', async () => {
    const world = worldWith([readPolicy(policyWith('spec.approvals', { required: 1, teams: ['acme/leads'] }))]);
    assert.match(await say(world, 'hana', '/approve'), /members of `acme\/leads` say `approve`/);
    assert.deepEqual(ordersOf(world), []);
  });
});

test('what no repeat can cure is answered, what one may cure comes again', async () => {
  for (const body of ['/freeze', '/unfreeze', '/postpone 2h', '/upgrade', '/approve', '/plan', '/preflight', '/rehearse', '/ack-loss ops/debug']) {
    const world = worldWith();
    for (const call of ['readState', 'changeState']) world.failures.set(call, [failureOf('terminal', 'state-too-new'), failureOf('terminal', 'state-too-new')]);
    assert.match(await say(world, 'hana', body), /Not done\. What is remembered of the cluster cannot be read or written: `state-too-new`/, body);
    assert.deepEqual(ordersOf(world), []);
  }
  const world = worldWith();
  world.failures.set('changeState', [failureOf('conflict', 'state-contended')]);
  const data: IncomingComment = { repository: 'acme/platform', issueNumber: 40, isPullRequest: false, issueAuthor: 'hana', issueRunId: null, commentId: 9_999, author: 'hana', authorType: 'User', authorAssociation: 'MEMBER', body: '/slackwater freeze', deliveryId: 'd', action: 'created' };
  world.written.set('acme/platform/9999', { ...data, createdAt: now, updatedAt: now });
  const message = { specversion: '1.0', type: COMMAND_TYPE, id: 'd', source: '/github/acme/platform', data };

  assert.equal((await receiveInboxMessage(recordingPorts(world), settings, message)).kind, 'retry-later');
  assert.equal(world.comments.length, 0);
  assert.equal((await receiveInboxMessage(recordingPorts(world), settings, message)).kind, 'done');
  assert.equal(ordersOf(world).length, 1);
});
