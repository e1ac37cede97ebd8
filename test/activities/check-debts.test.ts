import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { askDebtChecks } from '../../activities/ask-debt-checks.ts';
import { checkDebts } from '../../activities/check-debts.ts';
import type { Ports } from '../../activities/ports.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import type { Node } from '../../domain/cluster-snapshot.ts';
import { debtCheckEvent } from '../../domain/debt-check-message.ts';
import { emptyState } from '../../domain/state-file.ts';
import { DAY_MS } from '../../domain/time.ts';
import { tickDebts } from '../../functions/debt-timer.ts';
import { sampleCluster, sampleNode, samplePolicy, samplePool } from '../domain/cluster-samples.ts';
import { debtNow, debtSample } from '../domain/debt-samples.ts';
import { emptyWorld, failureOf, recordingPorts, type World } from './recording-ports.ts';

const policy = samplePolicy({ debts: { nodeCostPerDay: null, owners: { 'team-pay': '@acme/pay' } }, report: { repository: null, labels: ['maintenance'], onCall: '@acme/lead' } });
const cluster = policy.clusterResourceId;
const repository = 'acme/platform';
const old = debtSample.image;
const newest = 'AKSUbuntu-2204gen2containerd-202610.06.0';
const quarantined: Partial<Node> = { nodePool: 'usr', isCordoned: true, isQuarantined: true, imageVersion: old, cordonedAt: debtNow - 20 * DAY_MS };

function setUp(nodes: readonly Node[]) {
  const world = emptyWorld(debtNow);
  const recording = recordingPorts(world);
  const shown = { nodes };
  const ports: Ports = {
    ...recording,
    aks: {
      ...recording.aks,
      readCluster: async () => ({ ok: true, value: { cluster: sampleCluster({ resourceId: cluster }), nodePools: [samplePool('usr', { nodeCount: nodes.length, nodeImageVersion: newest, orchestratorVersion: '1.35.5' })] } }),
      readNodePoolOffers: async () => ({ ok: true, value: { latestNodeImageVersion: newest, offeredVersions: [] } }),
    },
    kubernetes: { ...recording.kubernetes, readNodes: async () => ({ ok: true, value: shown.nodes }) },
    policies: { readPolicies: async () => ({ ok: true, value: { policies: [policy], faults: [] } }) },
  };
  const check = () => checkDebts(ports, { policy, repository });
  return { world, ports, shown, check };
}

const eventsOf = (world: World): readonly string[] => [...world.events.values()].map((event) => (typeof event === 'object' && event !== null && 'name' in event ? String(event.name).replace('dev.slackwater.', '') : ''));

async function done(outcome: ReturnType<typeof checkDebts>) {
  const result = await outcome;
  assert.ok(result.ok, result.ok ? '' : result.failure.message);
  return result.value;
}

describe('a check', () => {
  test('of a cluster that owes nothing opens no issue and writes only the images it saw', async () => {
    const { world, check } = setUp([sampleNode('usr-1', { nodePool: 'usr' })]);

    assert.deepEqual(await done(check()), { kind: 'checked', open: [], opened: [], settled: [], notices: [] });
    assert.deepEqual([world.issues, world.comments, eventsOf(world)], [[], [], []]);
    assert.deepEqual(world.memory.get(cluster)?.nodeImages, { usr: [newest] });
  });

  test('opens the debt of a node nobody looked at, tells its step, and the same day tells nothing more', async () => {
    const { world, check } = setUp([sampleNode('usr-2', quarantined)]);

    const first = await done(check());
    const after = structuredClone([world.issues, world.comments, world.memory.get(cluster)]);
    const again = await done(check());

    assert.deepEqual([first.opened.map(({ id }) => id), first.notices.map(({ stepDays }) => stepDays)], [['node/usr-2'], [14]]);
    assert.deepEqual([again.opened, again.notices, again.open.length], [[], [], 1]);
    assert.deepEqual([world.issues, world.comments, world.memory.get(cluster)], after);
    assert.deepEqual(eventsOf(world), ['debt.opened', 'debt.escalated']);
    assert.equal(world.comments.length, 1);
    assert.match(world.comments[0]?.body ?? '', /@acme\/lead/);
    assert.deepEqual(world.memory.get(cluster)?.debtIssue, { repository, number: 1 });
  });

  test('speaks at days 1, 3, 7, 14, 21 and 28 of forty daily looks, in one issue, then once more when it is settled', async () => {
    const { world, shown, check } = setUp([sampleNode('usr-2', { ...quarantined, cordonedAt: debtNow })]);
    for (let day = 0; day <= 30; day += 1) {
      world.now = debtNow + day * DAY_MS;
      await done(check());
      await done(check());
    }
    assert.deepEqual(world.comments.map(({ body }) => /Day (\d+)/.exec(body)?.[1]), ['1', '3', '7', '14', '21', '28']);
    assert.deepEqual(world.comments.map(({ body }) => body.includes('@acme/lead')), [false, false, false, true, true, true]);
    assert.deepEqual(world.issues.map(({ state }) => state), ['open']);

    shown.nodes = [sampleNode('usr-2', { nodePool: 'usr', imageVersion: newest, kubeletVersion: '1.35.5' })];
    const settled = await done(check());

    assert.deepEqual([settled.open, settled.settled.map(({ settledBy }) => settledBy)], [[], ['upgraded']]);
    assert.deepEqual(world.issues.map(({ state }) => state), ['closed']);
    assert.equal(world.comments.length, 6);
    assert.equal(eventsOf(world).at(-1), 'debt.closed');
  });

  test('keeps a debt open whose label was taken away, and says so', async () => {
    const { world, shown, check } = setUp([sampleNode('usr-2', quarantined)]);
    await done(check());
    shown.nodes = [sampleNode('usr-2', { ...quarantined, isQuarantined: false })];
    world.now += DAY_MS / 2;

    const result = await done(check());

    assert.deepEqual([result.open.map(({ label }) => label), result.settled, result.notices], [['removed'], [], []]);
    assert.match(world.issues[0]?.body ?? '', /the label was removed, the node was not upgraded and still takes no pods/);
  });

  test('of a stopped cluster judges nothing', async () => {
    const { world, ports, check } = setUp([]);
    world.memory.set(cluster, { ...emptyState(cluster), debts: [debtSample] });
    const stopped = sampleCluster({ resourceId: cluster, powerState: 'Stopped' });
    const result = await done(checkDebts({ ...ports, aks: { ...ports.aks, readCluster: async () => ({ ok: true, value: { cluster: stopped, nodePools: [] } }) } }, { policy, repository }));

    assert.deepEqual([result.kind, result.open.length], ['skipped', 1]);
    assert.deepEqual(world.issues, []);
    await done(check());
    assert.equal(world.memory.get(cluster)?.debts[0]?.settledBy, 'gone');
  });

  test('settles nothing by an offer that could not be read', async () => {
    const { world, ports } = setUp([sampleNode('usr-2', { nodePool: 'usr', imageVersion: old, kubeletVersion: '1.35.5' })]);
    world.memory.set(cluster, { ...emptyState(cluster), debts: [{ ...debtSample, stepDays: 14 }], nodeImages: { usr: [newest, old] } });
    const aks: Ports['aks'] = {
      ...ports.aks,
      readCluster: async () => ({ ok: true, value: { cluster: sampleCluster({ resourceId: cluster }), nodePools: [samplePool('usr', { nodeImageVersion: old, orchestratorVersion: '1.35.5' })] } }),
      readNodePoolOffers: async () => ({ ok: false, failure: failureOf('transient') }),
    };

    assert.equal((await done(checkDebts({ ...ports, aks }, { policy, repository }))).open.length, 1);
  });
});

describe('a check that meets a service out of reach', () => {
  for (const call of ['readState', 'changeState', 'ensureIssue', 'ensureComment', 'publishEvent']) {
    test(`at ${call} fails, and the next one tells everything exactly once`, async () => {
      const { world, check } = setUp([sampleNode('usr-2', quarantined)]);
      world.failures.set(call, [failureOf('transient')]);

      assert.equal((await check()).ok, false);
      await done(check());
      await done(check());

      assert.deepEqual([world.issues.length, world.comments.length], [1, 1]);
      assert.deepEqual(eventsOf(world), ['debt.opened', 'debt.escalated']);
      assert.equal(world.memory.get(cluster)?.debts[0]?.stepDays, 14);
    });
  }

  test('a memory nobody can read tells nothing and is not overwritten', async () => {
    const { world, check } = setUp([sampleNode('usr-2', quarantined)]);
    world.failures.set('readState', [failureOf('terminal', 'state-too-new')]);

    const outcome = await check();

    assert.equal(outcome.ok ? '' : outcome.failure.code, 'state-too-new');
    assert.deepEqual([world.issues, world.comments, world.memory.size, eventsOf(world)], [[], [], 0, []]);
  });
});

describe('the daily timer', () => {
  test('asks once a day for each policy, however often it fires', async () => {
    const { world, ports } = setUp([]);

    await tickDebts(ports);
    await tickDebts(ports);
    assert.deepEqual([...world.inbox.keys()].map((id) => id.replace(/[0-9a-f]{8}-2026/, '…-2026')), ['debts-shop-…-2026-10-10']);
    world.now += DAY_MS;
    await tickDebts(ports);

    assert.equal(world.inbox.size, 2);
  });

  test('fails the invocation by name when a check could not be asked for, and when no policy can be read', async () => {
    const { world, ports } = setUp([]);
    world.failures.set('enqueueInbox', [failureOf('transient', 'queue-unreachable')]);

    await assert.rejects(tickDebts(ports), /debts-not-asked: .* \(queue-unreachable\)/);
    const unread = { readPolicies: async () => ({ ok: false as const, failure: failureOf('transient', 'github-unreachable') }) };
    await assert.rejects(tickDebts({ ...ports, policies: unread }), /github-unreachable/);
    assert.equal((await askDebtChecks(ports)).ok, true);
  });

  test('its message is taken by the inbox, checked once, and met again when a service is down', async () => {
    const { world, ports } = setUp([sampleNode('usr-2', quarantined)]);
    const { event } = debtCheckEvent(cluster, debtNow);
    const settings = { appLogin: 'slackwater[bot]', policyRepository: repository };
    world.failures.set('ensureIssue', [failureOf('transient')]);

    assert.equal((await receiveInboxMessage(ports, settings, event)).kind, 'retry-later');
    assert.deepEqual(await receiveInboxMessage(ports, settings, event), { kind: 'done', what: 'checked' });
    assert.deepEqual(await receiveInboxMessage(ports, settings, event), { kind: 'done', what: 'checked' });
    assert.equal(world.comments.length, 1);

    const nobodys = debtCheckEvent(cluster.replace(/[^/]+$/, 'other'), debtNow);
    assert.deepEqual(await receiveInboxMessage(ports, settings, nobodys.event), { kind: 'done', what: 'no-policy' });
    assert.equal((await receiveInboxMessage(ports, settings, { ...event, data: { clusterResourceId: 'none' } })).kind, 'poison');
    world.failures.set('readState', [failureOf('terminal', 'state-unreadable')]);
    const dead = await receiveInboxMessage(ports, settings, event);
    assert.deepEqual(dead.kind === 'poison' ? dead.faults.map(({ code }) => code) : dead.kind, ['state-unreadable']);
  });
});
