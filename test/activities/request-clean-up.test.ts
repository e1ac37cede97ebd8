import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InboxResult } from '../../activities/inbox-result.ts';
import type { InstanceView, Ports, RepositoryPermission } from '../../activities/ports.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import { COMMAND_TYPE, type IncomingComment } from '../../domain/inbox-message.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { emptyState } from '../../domain/state-file.ts';
import { windowInstanceId } from '../../domain/window-identity.ts';
import { samplePolicy } from '../domain/cluster-samples.ts';
import { pausedNow, pausedStatus } from '../domain/window-status-samples.ts';
import { emptyWorld, failureOf, recordingPorts, type World } from './recording-ports.ts';

const settings = { appLogin: 'slackwater[bot]', policyRepository: 'acme/platform' };
const policyOf = (name: string, repository: string | null = null): MaintenancePolicy =>
  samplePolicy({ name, clusterResourceId: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/${name}`, report: { ...samplePolicy().report, repository } });
const shop = policyOf('shop-prod');
const pay = policyOf('pay-prod');

interface Asking {
  readonly by?: RepositoryPermission;
  readonly policies?: readonly MaintenancePolicy[];
  readonly issue?: Partial<Pick<IncomingComment, 'issueNumber' | 'issueAuthor' | 'issueRunId'>>;
  readonly world?: World;
  readonly ports?: Partial<Ports>;
}

/** Gives a comment to the service and tells what came of it. */
async function say(body: string, { by = 'admin', policies = [shop], issue = {}, world = emptyWorld(pausedNow), ports = {} }: Asking = {}): Promise<{ readonly result: InboxResult; readonly world: World; readonly answer: string; readonly begun: readonly unknown[] }> {
  world.permissions.set('acme/platform/lia', by);
  const data: IncomingComment = {
    repository: 'acme/platform', issueNumber: 12, isPullRequest: false, issueAuthor: 'slackwater[bot]', issueRunId: null, commentId: 5_001, author: 'lia', authorType: 'User', authorAssociation: 'MEMBER', body, deliveryId: 'd-1', action: 'created', ...issue,
  };
  const { author, authorType, issueNumber, issueAuthor, isPullRequest, issueRunId } = data;
  world.written.set('acme/platform/5001', { author, authorType, body, issueNumber, issueAuthor, isPullRequest, issueRunId, createdAt: pausedNow - 60_000, updatedAt: pausedNow - 60_000 });
  const all: Ports = { ...recordingPorts(world), policies: { readPolicies: async () => ({ ok: true, value: { policies, faults: [] } }) }, ...ports };
  const result = await receiveInboxMessage(all, settings, { specversion: '1.0', type: COMMAND_TYPE, id: 'd-1', source: '/github/acme/platform', data });
  return { result, world, answer: world.comments.map((each) => each.body).join('\n'), begun: [...world.cleanUps.values()] };
}

test('each verb begins its clean-up, bound to the comment, with what was named and the reason that was given', async () => {
  const cases: readonly (readonly [body: string, by: RepositoryPermission, verb: string, target: string | null, outsideWindow: string | null])[] = [
    ['/slackwater release aks-apps-1', 'maintain', 'release', 'aks-apps-1', null],
    ['/slackwater release shop-prod/aks-apps-1', 'maintain', 'release', 'aks-apps-1', null],
    ['/slackwater resolve apps', 'admin', 'resolve', 'apps', null],
    ['/slackwater resolve shop-prod', 'admin', 'resolve', null, null],
    ['/rollback pool/apps --outside-window "checkout is down"', 'admin', 'rollback', 'apps', 'checkout is down'],
  ];
  for (const [body, by, verb, target, outsideWindow] of cases) {
    const { result, world, begun } = await say(body, { by });
    assert.deepEqual(result, { kind: 'done', what: 'raised' }, body);
    const comment = { repository: 'acme/platform', issueNumber: 12, commentId: 5_001 };
    assert.deepEqual(begun.map((input) => JSON.parse(JSON.stringify(input)).request), [{ verb, target, outsideWindow, by: 'lia', decisionId: 'comment-5001', comment }], body);
    assert.deepEqual([world.comments, [...world.reactions]], [[], ['acme/platform/5001/eyes']], 'it answers by itself, and the sign is there at once');
  }
});

test('what is not begun is answered at once, with the next step', async () => {
  const elsewhere = policyOf('web-prod', 'acme/web');
  const cases: readonly (readonly [what: string, body: string, asking: Asking, text: RegExp])[] = [
    ['a writer may not release', '/slackwater release aks-apps-1', { by: 'write' }, /needs the permission \*\*maintain\*\*/],
    ['a maintainer may not resolve', '/slackwater resolve apps', { by: 'maintain' }, /needs the permission \*\*admin\*\*/],
    ['a maintainer may not roll back', '/slackwater rollback apps', { by: 'maintain' }, /needs the permission \*\*admin\*\*/],
    ['no node is named', '/slackwater release', {}, /Which node\?/],
    ['two clusters', '/slackwater resolve apps', { policies: [shop, pay] }, /Which cluster: `shop-prod` or `pay-prod`\?/],
    ['a short name', '/slackwater resolve shop/apps', { policies: [shop, policyOf('shop-test')] }, /Which cluster: `shop-prod` or `shop-test`\?/],
    ['no cluster reports here', '/slackwater resolve apps', { policies: [elsewhere] }, /No policy lets a cluster report to this repository/],
    ['a flag of another verb', '/slackwater release aks-apps-1 --outside-window now', {}, /--outside-window.*is no flag/],
  ];
  for (const [what, body, asking, text] of cases) {
    const { result, answer, begun } = await say(body, asking);
    assert.deepEqual(result, { kind: 'done', what: 'answered' }, what);
    assert.match(answer, text, what);
    assert.deepEqual(begun, [], what);
  }
});

test('a clean-up is of the cluster whose report or issue of debts it is said in', async () => {
  const policies = [shop, pay];
  const report = await say('/resolve apps', { policies, issue: { issueRunId: 'pay-prod-20261121T2100Z' } });
  const world = emptyWorld(pausedNow);
  world.memory.set(pay.clusterResourceId, { ...emptyState(pay.clusterResourceId), debtIssue: { repository: 'acme/platform', number: 31 } });
  const debts = await say('/resolve apps', { policies, world, issue: { issueNumber: 31 } });
  const forged = await say('/slackwater resolve apps', { policies, world: emptyWorld(pausedNow), issue: { issueNumber: 31, issueAuthor: 'jon' } });
  assert.deepEqual([report, debts].map(({ world: { cleanUps } }) => [...cleanUps.values()].map((input) => JSON.parse(JSON.stringify(input)).policy.name)), [['pay-prod'], ['pay-prod']]);
  assert.match(forged.answer, /Which cluster/);
});

test('an abort that no run takes goes to the clean-up of its cluster, and to no other', async () => {
  const statusOf = (policy: MaintenancePolicy, change: object = {}) => ({ schema: 'slackwater.clean-up/v1', clusterResourceId: policy.clusterResourceId, repository: 'acme/platform', verb: 'rollback', target: 'apps', by: 'chief', decisionId: 'c', phase: 'working', outcome: null, ...change }) as const;
  const policies = [shop, pay];
  const abort = async (body: string, live: readonly ReturnType<typeof statusOf>[], change: Asking = {}): Promise<string> => {
    const world = emptyWorld(pausedNow);
    const raised: string[] = [];
    const windows: Ports['windows'] = {
      ...recordingPorts(world).windows,
      listCleanUps: async () => ({ ok: true, value: live.map((status, index) => ({ instanceId: `c-${index}`, createdAt: 0, status })) }),
      raise: async (instanceId, event) => (raised.push(`${instanceId} ${event}`), { ok: true, value: 'raised' }),
    };
    const { answer } = await say(body, { policies, world, ports: { windows }, by: 'maintain', ...change });
    return raised.length > 0 ? raised.join() : (answer.split('.')[0] ?? '');
  };
  const both = [statusOf(shop), statusOf(pay)];
  assert.equal(await abort('/slackwater abort', [statusOf(shop)]), 'c-0 decision');
  assert.equal(await abort('/slackwater abort pay-prod', both), 'c-1 decision');
  assert.equal(await abort('/slackwater abort pay-prod/apps', both), 'c-1 decision');
  assert.match(await abort('/slackwater abort', both), /^Which one: `shop-prod` or `pay-prod`\?/);
  assert.equal(await abort('/abort', both, { issue: { issueRunId: 'pay-prod-20261121T2100Z' } }), 'c-1 decision');
  assert.match(await abort('/abort', [statusOf(shop)], { issue: { issueRunId: 'pay-prod-20261121T2100Z' } }), /^Refused: run/);
  assert.match(await abort('/slackwater abort', [statusOf(shop, { repository: 'acme/elsewhere' })]), /^No run is under way/);
  assert.match(await abort('/slackwater abort', [statusOf(shop, { verb: 'release' })]), /^No run is under way/);
  assert.match(await abort('/slackwater abort', [statusOf(shop, { phase: 'telling' })]), /^No run is under way/);
  assert.match(await abort('/slackwater abort', [statusOf(shop)], { by: 'write' }), /needs the permission \*\*maintain\*\*/);
  assert.match(await abort('/slackwater abort', [statusOf(shop)], { policies: [{ ...shop, commands: { abort: ['acme/leads'] } }] }), /acme\/leads/);
});

test('while its run is under way a release goes to the run, and the others wait; one that only has words left is no run', async () => {
  const cluster = shop.clusterResourceId;
  const running = (phase: 'paused' | 'ended'): InstanceView => ({
    instanceId: windowInstanceId(cluster), orchestration: 'maintenanceWindow', runtimeStatus: 'Running', status: { ...pausedStatus, clusterResourceId: cluster, clusterName: 'shop-prod', phase }, createdAt: 0, lastUpdatedAt: 0, output: null,
  });
  const during = emptyWorld(pausedNow);
  during.windows.push(running('paused'));
  const release = await say('/slackwater release shop-prod/aks-apps-1', { world: during });
  assert.deepEqual([release.result, release.begun], [{ kind: 'done', what: 'raised' }, []]);
  assert.deepEqual(during.raised.map(({ event, payload }) => [event, JSON.parse(JSON.stringify(payload)).verb, JSON.parse(JSON.stringify(payload)).target]), [['decision', 'release', 'aks-apps-1']]);

  const waiting = emptyWorld(pausedNow);
  waiting.windows.push(running('paused'));
  const resolve = await say('/slackwater resolve shop-prod/apps', { world: waiting });
  assert.match(resolve.answer, /Run `.*` of this cluster is under way, and it alone may touch the cluster/);
  assert.deepEqual([resolve.begun, waiting.raised], [[], []]);

  const after = emptyWorld(pausedNow);
  after.windows.push(running('ended'));
  assert.equal((await say('/slackwater resolve shop-prod/apps', { world: after })).begun.length, 1);
});

test('a command delivered again begins nothing again, and a service out of reach makes it come again', async () => {
  const world = emptyWorld(pausedNow);
  await say('/slackwater resolve apps', { world });
  const again = await say('/slackwater resolve apps', { world });
  assert.deepEqual([again.result, again.begun.length], [{ kind: 'done', what: 'raised' }, 1]);
  for (const call of ['read', 'startCleanUp']) {
    const broken = emptyWorld(pausedNow);
    broken.failures.set(call, [failureOf('transient')]);
    const met = await say('/slackwater resolve apps', { world: broken });
    assert.deepEqual([met.result.kind, met.begun.length], ['retry-later', 0], call);
    assert.equal((await say('/slackwater resolve apps', { world: broken })).begun.length, 1, call);
  }
  const unread = await say('/slackwater resolve apps', { ports: { policies: { readPolicies: async () => ({ ok: false, failure: failureOf('transient') }) } } });
  assert.equal(unread.result.kind, 'retry-later');
  const forGood = await say('/slackwater resolve apps', { ports: { policies: { readPolicies: async () => ({ ok: false, failure: failureOf('terminal') }) } } });
  assert.deepEqual([forGood.result, forGood.begun], [{ kind: 'done', what: 'answered' }, []]);
  assert.match(forGood.answer, /The policies/);
});
