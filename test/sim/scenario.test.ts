import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readCluster, readNodePools, readUpgradeProfile } from '../../domain/azure-resource.ts';
import { isRecord, parseJson } from '../../domain/json.ts';
import { readKubernetesItems } from '../../domain/kubernetes-object.ts';
import { formatInstant } from '../../domain/local-time.ts';
import { scenarioDocuments } from '../../sim/scenario-documents.ts';
import { scenarioOrder } from '../../sim/scenario-policy.ts';
import { scenarioScript } from '../../sim/scenario-timeline.ts';
import { judgeRun, type RunFacts } from '../../sim/scenario-verdict.ts';
import { readScenario, type Scenario } from '../../sim/scenario.ts';

const [line = ''] = readFileSync(new URL('../../fixtures/scenarios/own.jsonl', import.meta.url), 'utf8').split('\n');

function scenarioOf(change: (json: Record<string, unknown>) => unknown): ReturnType<typeof readScenario> {
  const json = parseJson(line);
  assert.ok(isRecord(json));
  return readScenario(change(structuredClone(json)));
}

function good(change: (json: Record<string, unknown>) => unknown = (json) => json): Scenario {
  const read = scenarioOf(change);
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

test('every fault of a scenario is named at once, with its place', () => {
  const read = scenarioOf((json) => ({ ...json, id: '', timeline: [{ at: 'soon', event: 'pod.redy' }], policy: { window: { open: '2026-11-21T21:00:00Z', tz: 'Europe/Paris' }, target: { kind: 'os' } } }));

  assert.ok(!read.ok);
  assert.deepEqual(read.faults.map(({ where }) => where), ['id', 'policy.window.durationMin', 'policy.target.kind', 'timeline[0].at', 'timeline[0].event']);
  assert.match(read.faults.at(-1)?.remedy ?? '', /Did you mean pod\.ready\?/);
  assert.equal(scenarioOf(() => 'text').ok, false);
});

test('the documents of a scenario are read by the readers of real ones', () => {
  const documents = scenarioDocuments(good(), 1_795_294_800_000);
  const cluster = readCluster(documents.cluster);
  const pools = readNodePools(documents.nodePools);
  const objects = readKubernetesItems(documents.kubernetesItems);

  assert.ok(cluster.ok && pools.ok && objects.ok && readUpgradeProfile(documents.upgrades).ok);
  assert.deepEqual(pools.value.map(({ name, mode, nodeCount }) => [name, mode, nodeCount]), [['core', 'System', 2], ['web', 'User', 3]]);
  assert.deepEqual(objects.value.nodes.map(({ name, isReady }) => [name, isReady]), [['core-0', true], ['core-1', true], ['web-0', true], ['web-1', true], ['web-2', true]]);
  assert.deepEqual(objects.value.pods.map(({ name, nodeName, owner }) => [name, nodeName, owner?.kind]), [['cart-a', 'web-0', 'ReplicaSet'], ['cart-b', 'web-1', 'ReplicaSet'], ['cart-c', 'web-2', 'ReplicaSet']]);
  const [budget] = objects.value.disruptionBudgets;
  assert.deepEqual([budget?.maxUnavailable, budget?.status.desiredHealthy, budget?.status.disruptionsAllowed], [1, 2, 1]);
});

test('an opening is computed from local words, once where the hour comes twice, and not in a freeze', () => {
  const windowed = (window: object): ReturnType<typeof scenarioOrder> => scenarioOrder(good((json) => ({ ...json, policy: { window: { tz: 'Europe/Paris', durationMin: 180, freezes: [], ...window }, target: { kind: 'node-image' } } })));
  const spanOf = (window: object): readonly (string | undefined)[] => {
    const opening = windowed(window)?.opening ?? null;
    return opening === null ? [] : [formatInstant(opening.opens), formatInstant(opening.closes)];
  };

  assert.deepEqual(spanOf({ open: '2026-10-10T20:00:00Z' }), ['2026-10-10T20:00:00Z', '2026-10-10T23:00:00Z']);
  assert.deepEqual(spanOf({ open: 'LOCAL 2026-10-25T02:30' }), ['2026-10-25T00:30:00Z', '2026-10-25T03:30:00Z']);
  assert.deepEqual(spanOf({ open: '2026-12-26T21:00:00Z', freezes: [{ start: '2026-12-20', end: '2027-01-03' }] }), []);
  assert.equal(windowed({ open: 'tomorrow' }), null);
});

test('a timeline becomes perturbations at their minutes; what the world does by itself lets time pass', () => {
  const { before, steps } = scenarioScript(
    good((json) => ({
      ...json,
      timeline: [
        { at: 14, event: 'pool.started', data: { pool: 'web' } },
        { at: 20, event: 'eviction.refused', data: { pod: 'cart-a' } },
        { at: 30, event: 'arm.operation', data: { state: 'Failed', code: 'AllocationFailed' } },
        { at: 31, event: 'nodes.final', data: { upgraded: ['web-0'], old: ['web-1', 'web-2'] } },
        { at: 5, event: 'pdb.changed', data: { pdb: 'shop/cart', maxUnavailable: 0, by: 'flux' } },
      ],
    })),
  );

  assert.deepEqual(before.filter(({ kind }) => kind === 'hold-upgrade'), [{ kind: 'hold-upgrade', pool: 'web', nodes: ['web-0'] }]);
  assert.deepEqual(steps.map(({ atMinute, kind }) => [atMinute, kind]), [[5, 'perturb'], [14, 'anchor'], [20, 'pass'], [30, 'perturb'], [31, 'pass']]);
});

const quiet: RunFacts = {
  begins: 'window open',
  window: 'opened',
  findings: [],
  outcome: 'succeeded',
  units: [{ unit: 'pool/web', state: 'upgraded', startedAt: 1 }],
  pausedUnit: null,
  events: [],
  commands: [],
  deferredWriteCount: 0,
  seen: [],
  leftOverCount: 0,
  missedCount: 0,
  debts: null,
  waitedFor: null,
};
const blocks = (code: string, ...pools: readonly string[]): Partial<RunFacts> => ({
  findings: [{ code, severity: 'block', pools }],
  outcome: pools.includes('*') ? 'not-started' : 'completed-partial',
  units: [{ unit: 'pool/web', state: 'withheld', startedAt: null }],
});
const verdicts: readonly [what: string, facts: Partial<RunFacts>, decision: string, run: string][] = [
  ['a quiet night', {}, 'START', 'succeeded'],
  ['a clock question', { begins: 'schedule computation', outcome: null, units: [] }, 'START_ONCE', 'started'],
  ['a refused command without a run', { begins: 'comment time', commands: ['refused'], outcome: null, units: [] }, 'REJECT_COMMAND', 'none'],
  ['a freeze', { window: 'shut', outcome: null, units: [] }, 'REFUSE_START', 'not-started'],
  ['an armed force', blocks('FORCE_OVERRIDE_ACTIVE', '*'), 'REFUSE_START', 'not-started'],
  ['a failed cluster', blocks('CLUSTER_FAILED_STATE', '*'), 'HOLD', 'held'],
  ['an old API in use', blocks('DEPRECATED_API', '*'), 'DEFER', 'deferred'],
  ['somebody who asks to force it', { ...blocks('DEPRECATED_API', '*'), commands: ['refused'] }, 'REJECT_COMMAND', 'held'],
  ['another drainer', blocks('OTHER_DRAINER_ACTIVE', '*'), 'WAIT', 'waiting'],
  ['one pool withheld', blocks('PDB_STRUCTURAL', 'web'), 'HOLD_POOL', 'completed-partial'],
  ['a pool withheld and then skipped', { ...blocks('PDB_STRUCTURAL', 'web'), units: [{ unit: 'pool/web', state: 'skipped', startedAt: null }] }, 'HOLD_POOL', 'completed-partial'],
  ['a pool withheld at first', { findings: blocks('PDB_STRUCTURAL', 'web').findings ?? [], events: ['hold.cleared'] }, 'HOLD_POOL', 'succeeded'],
  ['an old API that fell silent in time', { findings: blocks('DEPRECATED_API', '*').findings ?? [], events: ['hold.cleared'] }, 'WAIT', 'succeeded'],
  ['a failed cluster that somebody mended in time', { findings: blocks('CLUSTER_FAILED_STATE', '*').findings ?? [], events: ['hold.cleared'] }, 'HOLD', 'succeeded'],
  ['a third miss', { ...blocks('PDB_STRUCTURAL', 'web'), missedCount: 3 }, 'ESCALATE', 'held'],
  ['a roll longer than a day', blocks('ESTIMATE_EXCEEDS_DAY', 'web'), 'REPLAN', 'replanned'],
  ['a pool left out of the plan', { findings: [{ code: 'OS_IMAGE_RETIRED', severity: 'block', pools: ['old'] }] }, 'HOLD_POOL', 'succeeded'],
  ['a pause that lasts', { outcome: null, pausedUnit: { unit: 'pool/web', oldCount: 2, azureSays: 'Failed' } }, 'PAUSE', 'paused'],
  ['old nodes where Azure says that all is done', { outcome: null, pausedUnit: { unit: 'pool/web', oldCount: 2, azureSays: 'Succeeded' } }, 'VERIFY_FAILED', 'paused'],
  ['a command refused while the run went on', { commands: ['refused'] }, 'REJECT_COMMAND', 'succeeded'],
  ['a failure with every node new', { outcome: null, pausedUnit: { unit: 'pool/web', oldCount: 0, azureSays: 'Failed' } }, 'PAUSE', 'needs-reconcile'],
  ['a pause that ended', { events: ['run.paused', 'run.resumed'] }, 'PAUSE_THEN_RESUME', 'succeeded'],
  ['a pause nobody answered', { outcome: 'completed-partial', events: ['run.paused'], units: [{ unit: 'pool/web', state: 'failed', startedAt: 1 }] }, 'DEFER', 'deferred'],
  ['an abort', { outcome: 'aborted', leftOverCount: 2 }, 'ABORTED_WITH_RESIDUE', 'aborted'],
  ['a quarantined node', { outcome: 'completed-with-debt' }, 'COMPLETE_WITH_DEBT', 'completed-with-debt'],
  ['a pool that went before its control plane', { outcome: 'replanned' }, 'REORDER', 'replanned'],
  ['an overrun', { outcome: 'completed-overrun' }, 'FINISH_INFLIGHT', 'completed-overrun'],
  ['no time for the last pool', { outcome: 'completed-partial', units: [...quiet.units, { unit: 'pool/big', state: 'not-started', startedAt: null }] }, 'STOP_STARTING', 'completed-partial'],
  ['a write that ARM put off', { deferredWriteCount: 1 }, 'WAIT', 'succeeded'],
  ['an answer lost to a restart', { seen: ['restart'] }, 'RESUME_TRACKING', 'succeeded'],
  ['a timer that fires twice', { seen: ['second-start'] }, 'START_ONCE', 'succeeded'],
  ["somebody else's roll", { seen: ['foreign-roll'] }, 'WATCH_FOREIGN', 'succeeded'],
  ["Azure's own cordon", { seen: ['disturbance'] }, 'CONTINUE', 'succeeded'],
  ['a node the autoscaler took', { seen: ['node-left'] }, 'COMPLETE', 'succeeded'],
];

for (const [what, facts, decision, run] of verdicts) {
  test(`${what} is read as ${decision}, ${run}`, () => assert.deepEqual(judgeRun({ ...quiet, ...facts }), { decision, run }));
}
