import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStateFile, renderStateFile } from '../../domain/state-file.ts';
import type { StateFile } from '../../domain/state-file.ts';
import { DAY_MS } from '../../domain/time.ts';
import { stateFileName } from '../../domain/window-identity.ts';
import type { InjectedFault } from '../../local/faults.ts';
import { policyRepository } from '../../local/loopback-world.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import { findCommit } from '../../sim/github-world.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import { debtCheckEvent } from '../../domain/debt-check-message.ts';

const isTight = { kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable: 3, by: 'team-shop' } as const;
const contents = /contents.*clusters/;
const silent = (): void => undefined;

async function rehearse(play: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal({ beginning: 'held' });
  try {
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const statePort = ({ composition }: Rehearsal) => composition.portsOf({ error: silent, warn: silent, info: silent }).state;

function memoryOf({ world, input }: Rehearsal): StateFile | null {
  const repository = world.github.github.world.repositories.get(policyRepository);
  const bytes = repository === undefined ? undefined : findCommit(repository, 'slackwater-state')?.files.get(`clusters/${stateFileName(input.policy.clusterResourceId)}`)?.bytes;
  const parsed = bytes === undefined ? null : parseStateFile(bytes);
  return parsed?.ok === true ? parsed.value : null;
}

function fault(status: number, times: number): InjectedFault {
  return { method: 'PUT', path: contents, times, mishap: { kind: 'answer', moment: 'before', response: { status, headers: {}, body: { message: 'made to fail' } } } };
}

/** A window in which AKS sets a node of pool apps aside. */
async function leaveDebt(rehearsal: Rehearsal): Promise<void> {
  rehearsal.begin();
  await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes('-apps-')));
  rehearsal.world.perturb(isTight);
  await rehearsal.until(() => rehearsal.status().pause?.kind === 'quarantined', 240);
  rehearsal.say('skip', 'pool/apps');
  await rehearsal.untilEnded();
}

test('a run leaves one record of itself, with what it took and which images run', () =>
  rehearse(async (rehearsal) => {
    rehearsal.begin();
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    const memory = memoryOf(rehearsal);
    assert.deepEqual(memory?.runs.map(({ who, outcome, reasons }) => [who, outcome, reasons]), [[rehearsal.input.runId, 'succeeded', []]]);
    assert.deepEqual(memory?.debts, []);
    assert.ok((memory?.runs[0]?.tookMinutes['apps'] ?? 0) > 10);
    assert.ok(Object.keys(memory?.runs[0]?.nodeImages ?? {}).includes('apps'));
  }));

test('a node AKS set aside is a debt of its run; the daily look then keeps it, and closes it when the node is new', () =>
  rehearse(async (rehearsal) => {
    await leaveDebt(rehearsal);
    const debts = memoryOf(rehearsal)?.debts.filter(({ node }) => node !== null) ?? [];
    const [debt] = debts;
    assert.deepEqual([...new Set(debts.map(({ kind, who, whenFrom }) => `${kind} ${who} ${whenFrom}`))], [`quarantined-node ${rehearsal.input.runId} node`]);

    const { policy } = rehearsal.input;
    const given = rehearsal.composition.portsOf({ error: silent, warn: silent, info: silent });
    const windows = { startWindow: async () => assert.fail(), startCleanUp: async () => assert.fail(), listCleanUps: async () => assert.fail(), raise: async () => assert.fail(), read: async () => assert.fail(), list: async () => assert.fail() };
    const ports = { ...given, windows, policies: { readPolicies: async () => ({ ok: true as const, value: { policies: [policy], faults: [] } }) } };
    const look = async (): Promise<void> => {
      const { event } = debtCheckEvent(policy.clusterResourceId, rehearsal.clock.now());
      assert.deepEqual(await receiveInboxMessage(ports, { appLogin: 'slackwater[bot]', policyRepository }, event), { kind: 'done', what: 'checked' });
    };
    const issue = () => rehearsal.issues().find(({ body }) => body.includes('slackwater:debts:'));
    await look();
    await look();

    assert.deepEqual([issue()?.state, memoryOf(rehearsal)?.debts.find(({ id }) => id === debt?.id)?.stepDays], ['open', 0]);
    assert.equal(memoryOf(rehearsal)?.debtIssue?.number, rehearsal.issues().findIndex(({ body }) => body.includes('slackwater:debts:')) + 1);
    assert.ok(issue()?.body.includes(debt?.node ?? 'nothing'));
    const report = () => rehearsal.issues()[0];
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 3 * DAY_MS);
    await look();
    assert.equal(report()?.state, 'open');
    assert.match(report()?.body ?? '', /^> \*\*Done, with something left over\.\*\*/);
    assert.match(report()?.body ?? '', /\*\*Still owed:\*\* \d debts?; the next word is at day 7, .*\n\n\| Debt \| Since \| Age[^]*3 days[^]*Each step is told in acme\/platform#\d+\./);
    assert.equal(report()?.body.split('**Still owed:**').length, 2, 'told once however often it is looked at');
    const spoken = rehearsal.world.log.entries.filter(({ service, method, path, status }) => service === 'github' && method === 'POST' && path.endsWith('/comments') && status === 201).length;

    for (const { node } of debts) rehearsal.world.perturb({ kind: 'delete-node', node: node ?? '', by: 'the owner' });
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + DAY_MS);
    await look();
    const open = memoryOf(rehearsal)?.debts.filter(({ until }) => until === null) ?? [];
    assert.equal(report()?.state, open.length === 0 ? 'closed' : 'open', JSON.stringify(open));

    assert.equal(memoryOf(rehearsal)?.debts.find(({ id }) => id === debt?.id)?.settledBy, 'gone');
    assert.equal(rehearsal.world.log.entries.filter(({ service, method, path, status }) => service === 'github' && method === 'POST' && path.endsWith('/comments') && status === 201).length, spoken);
  }));

test('a memory that cannot be written holds back no word, and is written once it can be', () =>
  rehearse(async (rehearsal) => {
    rehearsal.world.faults.github.add(fault(503, 4));
    rehearsal.begin();
    await rehearsal.until(() => rehearsal.comments().some((body) => body.includes('Ended')), 900);
    assert.equal(memoryOf(rehearsal)?.runs.length ?? 0, 0);

    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    assert.equal(memoryOf(rehearsal)?.runs.length, 1);
    assert.equal(rehearsal.comments().filter((body) => body.includes('Ended')).length, 1);
  }));

test('a memory of a newer version is left as it is, and the report says that this run is not in it', () =>
  rehearse(async (rehearsal) => {
    const text = renderStateFile({ cluster: rehearsal.input.policy.clusterResourceId, debtIssue: null, debts: [], runs: [], orders: [], nodeImages: {} }).replace('state/v1', 'state/v2');
    const made = await statePort(rehearsal).changeState('/subscriptions/0/managedClusters/other', (state) => ({ ...state, nodeImages: { sys: ['image'] } }), 'make the branch');
    assert.ok(made.ok);
    const path = `clusters/${stateFileName(rehearsal.input.policy.clusterResourceId)}`;
    const put = rehearsal.world.github.request('slackwater[bot]', 'PUT', `/repos/${policyRepository}/contents/${path}`, { message: 'newer', branch: 'slackwater-state', content: btoa(text) });
    assert.equal(put.status, 201);
    rehearsal.begin();

    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    assert.ok(status.timeline.some(({ text: line }) => line.includes('could not be remembered') && line.includes('state-too-new')));
    assert.match(rehearsal.issues()[0]?.body ?? '', /could not be remembered/);
    assert.equal(memoryOf(rehearsal), null);
  }));

test('the third window in a row that is missed is told as such, once, to whoever is on call', () =>
  rehearse(async (rehearsal) => {
    const { policy, opening } = rehearsal.input;
    const missedRun = (weeks: number, reason: string) => ({ who: `run-${weeks}`, when: opening.opens - weeks * 7 * DAY_MS, until: opening.closes - weeks * 7 * DAY_MS, why: '', outcome: 'not-started' as const, reasons: [reason], nodeImages: {}, tookMinutes: {} });
    const rolled = { ...missedRun(3, ''), outcome: 'succeeded' as const, reasons: [] };
    const remembered = await statePort(rehearsal).changeState(policy.clusterResourceId, (state) => ({ ...state, runs: [rolled, missedRun(2, 'CLUSTER_STOPPED'), missedRun(1, 'QUOTA_SHORT')] }), 'earlier runs');
    assert.ok(remembered.ok);
    rehearsal.begin();
    await rehearsal.until(() => rehearsal.status().phase === 'upgrading', 30);
    rehearsal.say('abort');

    const status = await rehearsal.untilEnded();

    assert.deepEqual([status.missed?.count, status.missed?.lastRollAt], [3, rolled.when]);
    const ended = rehearsal.comments().filter((body) => body.includes('No full roll since'));
    assert.equal(ended.length, 1);
    assert.match(ended[0] ?? '', /3 windows in a row were missed.*`CLUSTER_STOPPED`/);
    assert.match(ended[0] ?? '', /@acme\/on-call: please look/);
    const names = rehearsal.world.serviceBus.broker.peek('events/subscriptions/all', 0, 1_000).map(({ messageId }) => messageId.split('/').at(-1));
    assert.equal(names.filter((name) => name === 'window.missed').length, 1);
  }));
