import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openWindows } from '../../activities/open-windows.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import { isRecord } from '../../domain/json.ts';
import type { InstanceView, Ports } from '../../activities/ports.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import type { Fault } from '../../domain/result.ts';
import type { StandingOrder } from '../../domain/standing-order.ts';
import { emptyState } from '../../domain/state-file.ts';
import { cleanUpInstanceId, clusterNameOf, windowInstanceId } from '../../domain/window-identity.ts';
import { beginStatus } from '../../domain/window-story.ts';
import type { MaintenanceWindowInput } from '../../orchestrations/contract.ts';
import { goodPolicy, policyWith } from '../domain/good-policy.ts';
import { emptyWorld, failureOf, recordingPorts } from './recording-ports.ts';

/** Saturday 22:00 in Paris, in winter. */
const opens = Date.UTC(2026, 10, 21, 21);
const closes = opens + 6 * 3_600_000;
const settings = { policyRepository: 'acme/platform', pollSeconds: { shortest: 30, longest: 150 } };
const runId = 'shop-prod-weu-20261121T2100Z';

function readPolicy(document: unknown): MaintenancePolicy {
  const parsed = parseMaintenancePolicy(document, 'shop.yaml');
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

const policy = readPolicy(goodPolicy());
const instanceId = windowInstanceId(policy.clusterResourceId);

function setUp(now: number, policies: readonly MaintenancePolicy[] = [policy], faults: readonly Fault[] = []) {
  const world = emptyWorld(now);
  const inputs: unknown[] = [];
  const lines: { readonly code: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  const recording = recordingPorts(world);
  const ports: Ports = {
    ...recording,
    logger: { log: (_level, code, fields) => void lines.push({ code, fields }) },
    policies: { readPolicies: async () => ({ ok: true, value: { policies, faults } }) },
    windows: {
      ...recording.windows,
      startWindow: (id, input) => {
        inputs.push(input);
        return recording.windows.startWindow(id, input);
      },
    },
  };
  return { world, ports, inputs, lines };
}

function instance(changes: Partial<InstanceView>): InstanceView {
  return { instanceId, orchestration: 'maintenanceWindow', runtimeStatus: 'Completed', status: null, createdAt: opens - 604_800_000, lastUpdatedAt: opens, output: null, ...changes };
}

async function decide(ports: Ports): Promise<readonly string[]> {
  const opened = await openWindows(ports, settings);
  assert.ok(opened.ok);
  return opened.value.map(({ kind }) => kind);
}

describe('an open window', () => {
  test('starts its run under the cluster\'s fixed id, with all the run needs', async () => {
    const { world, ports, inputs } = setUp(opens);

    const kinds = await decide(ports);

    assert.deepEqual(kinds, ['started']);
    assert.deepEqual(world.started, [instanceId]);
    assert.deepEqual(inputs, [{ policy, opening: { opens, closes, restriction: 'none', reason: '' }, consent: 'not-needed', nextOpens: opens + 7 * 24 * 3_600_000, runId, repository: 'acme/platform', policyRepository: 'acme/platform', pollSeconds: settings.pollSeconds }]);
  });

  test('starts nothing, and reads nothing, while Slackwater is stopped', async () => {
    const { world, ports, lines } = setUp(opens);

    const kinds = await decide({ ...ports, mode: 'stopped' });

    assert.deepEqual(kinds, []);
    assert.deepEqual(world.started, []);
    assert.deepEqual([world.calls, lines.map(({ code }) => code)], [[], ['windows.stopped']]);
  });

  test('tells the run in the repository its policy names', async () => {
    const { ports, inputs } = setUp(opens, [readPolicy(policyWith('spec.report', { repository: 'acme/shop' }))]);

    await decide(ports);

    assert.match(JSON.stringify(inputs), /"repository":"acme\/shop","policyRepository":"acme\/platform"/);
  });

  test('is the same success for a second host that started it in the same moment', async () => {
    const { world, ports } = setUp(opens);
    world.started.push(instanceId);

    assert.deepEqual(await decide(ports), ['already-running']);
  });

  const present: readonly [what: string, view: Partial<InstanceView>, kind: string][] = [
    ['runs', { runtimeStatus: 'Running' }, 'already-running'],
    ['is suspended', { runtimeStatus: 'Suspended' }, 'already-running'],
    ['runs for an earlier opening still', { runtimeStatus: 'Running', output: { runId: 'older' } }, 'already-running'],
    ['ended this very run', { output: { runId, outcome: 'succeeded', leftOverCount: 0 } }, 'already-used'],
    ['was terminated in this opening', { runtimeStatus: 'Terminated', createdAt: opens + 1 }, 'already-used'],
    ['failed before it said a word, in this opening', { runtimeStatus: 'Failed', output: 'Error: no', createdAt: opens }, 'already-used'],
    ['ended the run of last week', { output: { runId: 'shop-prod-weu-20261114T2100Z' } }, 'started'],
    ['failed last week without a word', { runtimeStatus: 'Failed' }, 'started'],
  ];
  for (const [what, view, kind] of present) {
    test(`whose instance ${what} is ${kind}`, async () => {
      const { world, ports } = setUp(opens + 60_000);
      world.windows.push(instance(view));

      assert.deepEqual(await decide(ports), [kind]);
      assert.equal(world.started.length, kind === 'started' ? 1 : 0);
    });
  }
});

test('a policy edited while its run goes on starts nothing beside it, whatever the edit says of the window', async () => {
  for (const edit of [policyWith('spec.window.startTime', '22:30'), policyWith('spec.target.kubernetesVersion', '1.36'), policyWith('metadata.name', 'renamed')]) {
    const { world, ports } = setUp(opens + 3_600_000, [readPolicy(edit)]);
    world.windows.push(instance({ runtimeStatus: 'Running', createdAt: opens }));

    assert.deepEqual(await decide(ports), ['already-running']);
    assert.deepEqual(world.started, []);
  }
});

test('a window waits for a clean-up of its cluster, and for none of another; one that only has to tell its end is none', async () => {
  const other = policy.clusterResourceId.replace('shop-prod-weu', 'pay-prod-weu');
  for (const [id, phase, kind] of [[cleanUpInstanceId(policy.clusterResourceId, 'comment-1'), 'working', 'cleaning-up'], [cleanUpInstanceId(policy.clusterResourceId, 'comment-1'), 'telling', 'started'], [cleanUpInstanceId(other, 'comment-1'), 'working', 'started']] as const) {
    const { world, ports } = setUp(opens + 60_000);
    const status = { schema: 'slackwater.clean-up/v1', clusterResourceId: policy.clusterResourceId, repository: 'acme/platform', verb: 'rollback', target: 'apps', by: 'chief', decisionId: 'comment-1', phase, outcome: null } as const;
    const windows = { ...ports.windows, listCleanUps: async () => ({ ok: true as const, value: [{ instanceId: id, createdAt: opens, status }] }) };

    assert.deepEqual(await decide({ ...ports, windows }), [kind], `${id} ${phase}`);
    assert.equal(world.started.length, kind === 'started' ? 1 : 0);
  }
});

describe('many windows of one subscription that open at once', () => {
  const many = Array.from({ length: 40 }, (_, index) => readPolicy(policyWith('spec.cluster.resourceId', policy.clusterResourceId.replace(/shop-prod-weu$/, `shop-${index}`))));
  const turnsOf = (inputs: readonly unknown[]): readonly (readonly [cluster: string, startsAt: number])[] =>
    inputs.flatMap((input) => (isRecord(input) && isRecord(input['policy']) && isRecord(input['turn']) ? [[String(input['policy']['clusterResourceId']), Number(input['turn']['startsAt'])] as const] : []));

  test('are all handed over in the first tick, each with its turn and the reason', async () => {
    const { world, ports, inputs } = setUp(opens, many);

    const opened = await openWindows(ports, settings);

    assert.ok(opened.ok);
    assert.equal(world.started.length, 40);
    const turns = turnsOf(inputs);
    assert.ok(turns.length > 30, String(turns.length));
    assert.ok(turns.every(([, startsAt]) => startsAt > opens && startsAt < closes));
    assert.match(opened.value.find(({ turn }) => turn !== undefined)?.turn?.reason ?? '', /^40 clusters of its subscription open at once; their starts are spread over \d+ min to respect Azure's limits/);
  });

  test('cost one list of runs and one of clean-ups a tick, and one read of each that is started', async () => {
    const { world, ports } = setUp(opens, many);

    await decide(ports);

    const count = (name: string): number => world.calls.filter((call) => call === name).length;
    assert.deepEqual([count('list'), count('listCleanUps'), count('read')], [1, 1, 40]);
  });

  test('are not planned again once they are handed over; one that comes later stands behind them', async () => {
    const { world, ports, inputs } = setUp(opens, many);
    await decide(ports);
    const last = Math.max(...turnsOf(inputs).map(([, startsAt]) => startsAt));
    for (const input of inputs) {
      const given = recorded<MaintenanceWindowInput>(input);
      const status = { ...beginStatus({ policy: given.policy, opening: given.opening, runId: given.runId, clusterName: clusterNameOf(given.policy.clusterResourceId) }), ...(given.turn === undefined ? {} : { turn: given.turn }) };
      world.windows.push(instance({ instanceId: windowInstanceId(given.policy.clusterResourceId), runtimeStatus: 'Running', status, createdAt: opens }));
    }
    world.now = opens + 300_000;
    const late = setUp(world.now, [...many, policy]);
    late.world.windows.push(...world.windows);

    const kinds = await decide(late.ports);

    assert.deepEqual(kinds, [...many.map(() => 'already-running'), 'started']);
    assert.ok((turnsOf(late.inputs)[0]?.[1] ?? 0) >= last);
  });

  test('a list that cannot be read opens windows all the same, each asked for by itself', async () => {
    const { world, ports } = setUp(opens, many.slice(0, 2));
    world.failures.set('list', [failureOf('transient', 'task-hub-unreachable')]);

    assert.deepEqual(await decide(ports), ['started', 'started']);
  });

  test('without room before they close they wait for a later tick, and are begun shortly before, to tell it', async () => {
    const crowd = Array.from({ length: 400 }, (_, index) => readPolicy(policyWith('spec.cluster.resourceId', policy.clusterResourceId.replace(/shop-prod-weu$/, `shop-${index}`)))).map((each) => ({ ...each, window: { ...each.window, durationHours: 4 } }));
    const early = setUp(opens, crowd);
    const kinds = await decide(early.ports);
    const late = setUp(opens + 4 * 3_600_000 - 500_000, crowd);

    const lateKinds = await decide(late.ports);

    assert.ok(kinds.includes('no-room') && kinds.includes('started'));
    assert.ok(lateKinds.every((kind) => kind === 'started'));
    assert.ok(turnsOf(late.inputs).some(([, startsAt]) => startsAt === opens + 4 * 3_600_000));
  });
});

describe('what does not open', () => {
  for (const [what, now] of [['a moment before it opens', opens - 1], ['the moment it closes', closes]] as const) {
    test(what, async () => {
      const { world, ports, lines } = setUp(now);

      assert.deepEqual(await decide(ports), ['closed']);
      assert.deepEqual(world.calls, ['readStates']);
      assert.deepEqual(lines, []);
    });
  }

  test('a faulty policy opens nothing, is logged with its place, and hides no other', async () => {
    const fault = { code: 'unknown-field', where: 'slackwater/bad.yaml:3:5', message: 'spec.windw is not known.', remedy: 'Write window.' };
    const { world, ports, lines } = setUp(opens, [policy], [fault]);

    assert.deepEqual(await decide(ports), ['started']);
    assert.deepEqual(world.started, [instanceId]);
    assert.deepEqual(lines.map(({ code, fields }) => [code, fields['where'] ?? fields['policy']]), [['windows.policy-faulty', 'slackwater/bad.yaml:3:5'], ['windows.started', 'shop-prod-weu']]);
  });

  test('a task hub out of reach fails one cluster and leaves the next its chance', async () => {
    const other = readPolicy(policyWith('spec.cluster.resourceId', policy.clusterResourceId.replace(/shop-prod-weu$/, 'shop-prod-neu')));
    const { world, ports } = setUp(opens, [policy, other]);
    world.failures.set('read', [failureOf('transient')]);

    assert.deepEqual(await decide(ports), ['failed', 'started']);
    assert.deepEqual(world.started, [windowInstanceId(other.clusterResourceId)]);
  });

  test('policies that cannot be read start nothing and say so', async () => {
    const { world, ports, lines } = setUp(opens);
    const failing = { ...ports, policies: { readPolicies: async () => ({ ok: false as const, failure: failureOf('transient', 'github-unreachable') }) } };

    const opened = await openWindows(failing, settings);

    assert.ok(!opened.ok);
    assert.deepEqual(world.started, []);
    assert.deepEqual(lines.map(({ code }) => code), ['windows.policies-unreadable']);
  });
});

describe('what people ordered', () => {
  const order = { id: 'c-1', who: 'hana', when: opens - 3_600_000, why: 'CVE-2026-31431', until: null };
  const frozen = readPolicy(policyWith('spec.window.notAllowedDates', [{ start: '2026-11-20', end: '2026-11-30', reason: 'freeze', scope: 'all' }]));
  const request: StandingOrder = { ...order, kind: 'request', opens, freeze: 'overridden' };
  const approval = (who: string): StandingOrder => ({ ...order, id: who, who, kind: 'approval', opens, planDigest: 'p', policyVersion: '' });
  const moved: StandingOrder = { ...order, kind: 'postponement', opens, movedTo: opens + 7_200_000, until: closes + 7_200_000 };
  const cases: readonly (readonly [what: string, orders: readonly StandingOrder[], of: MaintenancePolicy, now: number, kind: string])[] = [
    ['a freeze keeps it shut', [{ ...order, kind: 'freeze', endedBy: null }], policy, opens, 'frozen'],
    ['a freeze that ended does not', [{ ...order, kind: 'freeze', until: opens, endedBy: null }], policy, opens, 'started'],
    ['dates that are not allowed stay shut', [], frozen, opens, 'closed'],
    ['an override nobody else approved opens nothing', [request, approval('hana')], frozen, opens, 'closed'],
    ['an override that was approved opens this opening', [request, approval('hana'), approval('ivan')], frozen, opens, 'started'],
    ['and no other', [request, approval('ivan')], frozen, opens + 7 * 86_400_000, 'closed'],
    ['a freeze said after the override wins', [request, approval('ivan'), { ...order, id: 'f', when: opens, kind: 'freeze', endedBy: null }], frozen, opens, 'frozen'],
    ['a postponed opening does not open', [moved], policy, opens, 'closed'],
    ['it opens when it was moved to', [moved], policy, opens + 7_200_000, 'started'],
    ['and closes as much later', [moved], policy, closes + 7_200_000, 'closed'],
    ['a run that was taken back is not started', [{ ...order, kind: 'run-message', opens, run: 'r9', sequence: 3, wants: 'cancelled' }], policy, opens, 'cancelled'],
  ];
  for (const [what, orders, of, now, kind] of cases) {
    test(what, async () => {
      const { world, ports } = setUp(now, [of]);
      world.memory.set(of.clusterResourceId, { ...emptyState(of.clusterResourceId), orders });

      assert.deepEqual(await decide(ports), [kind]);
    });
  }

  test('a person may ask for another run in an opening whose run has ended', async () => {
    const { world, ports, inputs } = setUp(opens + 7_200_000);
    world.windows.push(instance({ output: { runId }, createdAt: opens, lastUpdatedAt: opens + 3_600_000 }));
    world.memory.set(policy.clusterResourceId, { ...emptyState(policy.clusterResourceId), orders: [{ ...order, kind: 'request', opens, freeze: 'heeded', when: opens + 5_400_000 }] });

    assert.deepEqual(await decide(ports), ['started']);
    assert.match(JSON.stringify(inputs), /"runId":"shop-prod-weu-20261121T2230Z"/);
  });

  test('a memory that cannot be read opens nothing', async () => {
    const { world, ports } = setUp(opens);
    world.failures.set('readStates', [failureOf('transient', 'github-unreachable')]);

    assert.deepEqual(await decide(ports), ['failed']);
  });
});

test('an opening gets no second run because the task hub has forgotten its first', async () => {
  const { world, ports } = setUp(opens + 3_600_000);
  const record = { who: runId, when: opens, until: closes, why: '', outcome: 'succeeded' as const, reasons: [], nodeImages: {}, tookMinutes: {} };
  world.memory.set(policy.clusterResourceId, { ...emptyState(policy.clusterResourceId), runs: [record] });

  assert.deepEqual(await decide(ports), ['already-used']);
  assert.deepEqual(world.started, []);
  world.now = opens + 7 * 86_400_000;
  assert.deepEqual(await decide(ports), ['started'], 'the next opening is its own');
});
