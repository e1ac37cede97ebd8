import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseJson, recordAt, recordsAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { runScenario } from '../../local/scenario/run-scenario.ts';
import type { ScenarioResult } from '../../sim/scenario-agreement.ts';
import { readScenario } from '../../sim/scenario.ts';

/** A night on a cluster of one system pool `core` and the pools given, as its scenario would be written. */
interface Night {
  readonly cluster?: JsonRecord;
  readonly core?: JsonRecord;
  /** Each on top of an ordinary pool of three nodes. */
  readonly pools: readonly JsonRecord[];
  readonly workloads?: readonly JsonRecord[];
  readonly policy?: JsonRecord;
  readonly timeline?: readonly JsonRecord[];
}

const [line = ''] = readFileSync(new URL('../../fixtures/scenarios/own.jsonl', import.meta.url), 'utf8').split('\n');

async function play({ cluster = {}, core = {}, pools, workloads = [], policy = {}, timeline = [] }: Night): Promise<ScenarioResult> {
  const base = parseJson(line);
  const [system = {}, user = {}] = recordsAt(base, 'initial', 'pools');
  const initial = { cluster: { ...recordAt(base, 'initial', 'cluster'), ...cluster }, pools: [{ ...system, ...core }, ...pools.map((pool) => ({ ...user, ...pool }))], nodeExceptions: [], workloads };
  const read = readScenario({ ...recordAt(base), initial, policy: { ...recordAt(base, 'policy'), ...policy }, timeline });
  assert.ok(read.ok, JSON.stringify(read));
  const result = await runScenario(read.value);
  assert.deepEqual(result.violations, []);
  return result;
}

const writes = ({ armWrites }: ScenarioResult): readonly string[] => armWrites.map(({ verb, target }) => `${verb} ${target}`);
const toVersion = { target: { kind: 'kubernetes', version: '1.36.2' } };
/** Seven nodes of 31 addresses each fill 217 of 251: one surge node fits, two do not. */
const tight = { networkPlugin: 'azure-flat', subnet: { cidr: '10.1.0.0/24', usable: 251, used: 217 } };
const five = { count: 5, maxSurge: '2', maxPods: 30 };
const small = { core: { count: 2, maxPods: 30 }, cluster: tight };

test('a pool whose surge does not fit runs with what fits where the policy allows it, and gets its own setting back', async () => {
  const result = await play({ ...small, pools: [five], policy: { surgeFallback: 'allowed-with-report' } });

  assert.deepEqual([result.decision, result.final['run'], result.final['web']], ['START_REDUCED', 'succeeded', 'upgraded']);
  assert.deepEqual(result.preflight.findings.map(({ code, where, severity }) => [code, where, severity]), [['SUBNET_TOO_SMALL', 'web', 'block']]);
  // Its setting, its upgrade, its setting again.
  assert.deepEqual(writes(result), ['upgradeNodeImage core', 'upgradePool web', 'upgradeNodeImage web', 'upgradePool web']);
  assert.match(result.report.body, /surge 1 instead of 2.*5 waves, about 71 min/);
  assert.match(result.report.body, /its own settings are restored\. maxSurge is 2\./);
});

test('without that word the pool waits, and nothing of it is changed', async () => {
  const result = await play({ ...small, pools: [five] });

  assert.deepEqual([result.decision, result.final['web']], ['HOLD_POOL', 'untouched']);
  assert.deepEqual(writes(result), ['upgradeNodeImage core']);
});

test('a smaller surge is no help where another finding withholds the pool too', async () => {
  const ledger = { ns: 'pay', name: 'ledger', kind: 'Deployment', replicas: 1, ready: 1, on: ['web-1'], graceSec: 30, startSec: 20, owner: null, pdbs: [{ name: 'ledger', disruptionsAllowed: 0, unhealthyPodEvictionPolicy: 'IfHealthyBudget', minAvailable: 1 }] };
  const result = await play({ ...small, pools: [five], workloads: [ledger], policy: { surgeFallback: 'allowed-with-report' } });

  assert.deepEqual([result.decision, result.final['web']], ['HOLD_POOL', 'untouched']);
  assert.deepEqual(result.preflight.findings.map(({ code }) => code).sort(), ['PDB_STRUCTURAL', 'SUBNET_TOO_SMALL']);
});

test('a pool that came too late after its setting was lowered gets it back too', async () => {
  // The estimate of 71 min fits when its turn comes at about 33 min, and no more once the setting is there.
  const window = { open: '2026-11-21T21:00:00Z', tz: 'Europe/Paris', durationMin: 105, freezes: [] };
  const result = await play({ ...small, pools: [five], policy: { surgeFallback: 'allowed-with-report', window } });

  assert.deepEqual(writes(result), ['upgradeNodeImage core', 'upgradePool web', 'upgradePool web']);
  assert.equal(result.final['web'], 'untouched');
  assert.match(result.report.body, /its own settings are restored\. maxSurge is 2\./);
});

test('a setting is not given back to a pool whose upgrade stopped half-way, where any write makes Azure go on: it is left over', async () => {
  const timeline = [{ at: 40, event: 'pool.started', data: { pool: 'web' } }, { at: 70, event: 'arm.operation', data: { state: 'Failed', code: 'AllocationFailed' } }, { at: 360, event: 'window.closed' }];
  const result = await play({ ...small, pools: [five], policy: { surgeFallback: 'allowed-with-report' }, timeline });

  assert.match(result.report.body, /changed settings, maxSurge stays at 1 instead of 2: Azure holds it in state Failed/);
});

test('a pool too old for the next control plane moves first, then the control plane, then the others; its target needs a second visit', async () => {
  const result = await play({ pools: [{ name: 'legacy', k8s: '1.32.9', availableUpgrades: ['1.33.9', '1.35.5'] }], policy: toVersion });

  assert.deepEqual([result.decision, result.final['run'], result.final['legacy']], ['REORDER', 'replanned', 'upgraded']);
  assert.deepEqual(writes(result), ['upgradePool legacy', 'upgradeControlPlane cluster', 'upgradePool core']);
  assert.match(result.report.body, /legacy \(1\.32\.9\) must move before the control plane: it needs two visits, 1\.35\.5 in this window and 1\.36\.2 in the next/);
});

test('while such a pool is withheld, the control plane and what follows it stay too', async () => {
  const ledger = { ns: 'pay', name: 'ledger', kind: 'Deployment', replicas: 1, ready: 1, on: ['legacy-1'], graceSec: 30, startSec: 20, owner: null, pdbs: [{ name: 'ledger', disruptionsAllowed: 0, unhealthyPodEvictionPolicy: 'IfHealthyBudget', minAvailable: 1 }] };
  const result = await play({ pools: [{ name: 'legacy', k8s: '1.32.9', availableUpgrades: ['1.35.5'] }], workloads: [ledger], policy: toVersion });

  assert.deepEqual(writes(result), []);
  assert.match(result.report.body, /pool\/legacy must move before the control plane/);
});

test('stopped and empty pools are set to the target, unproven, and never started', async () => {
  const pools = [{ name: 'gpu', count: 4, powerState: 'Stopped' }, { name: 'burst', count: 0, autoscale: { min: 0, max: 10 } }];
  const version = await play({ pools, policy: toVersion });
  const image = await play({ pools });

  assert.deepEqual([version.decision, version.final['run']], ['START', 'succeeded-with-unproven']);
  assert.deepEqual(writes(version), ['upgradeControlPlane cluster', 'upgradePool core', 'upgradePool gpu', 'upgradePool burst']);
  assert.match(version.report.body, /gpu is stopped: its version is set, no node has booted on it\./);
  assert.match(version.report.body, /burst is empty: set, unproven\./);
  assert.deepEqual(writes(image), ['upgradeNodeImage core', 'upgradeNodeImage gpu', 'upgradeNodeImage burst']);
  assert.equal(image.final['run'], 'succeeded-with-unproven');
});

test('a node that Azure takes from a spot pool pauses nothing', async () => {
  const timeline = [{ at: 20, event: 'pool.started', data: { pool: 'spot' } }, { at: 23, event: 'node.deleted', data: { node: 'spot-2', reason: 'Preempted' } }];
  const result = await play({ pools: [{ name: 'spot', count: 4, priority: 'Spot' }], timeline });

  assert.deepEqual([result.decision, result.final['run']], ['START', 'succeeded']);
  assert.equal(result.events.includes('run.paused'), false);
  assert.match(result.report.body, /spot: 3 of 3 present nodes upgraded, 1 preempted by Azure/);
});

test('a pool still at work when the window closes is spoken of before and at the close, and told as one event', async () => {
  const window = { open: '2026-11-21T21:00:00Z', tz: 'Europe/Paris', durationMin: 60, freezes: [] };
  const timeline = [{ at: 5, event: 'pool.started', data: { pool: 'web' } }, { at: 60, event: 'window.closed' }, { at: 82, event: 'pool.succeeded', data: { pool: 'web' } }];
  const result = await play({ pools: [{ name: 'web' }], policy: { window }, timeline });

  assert.equal(result.decision, 'FINISH_INFLIGHT');
  assert.deepEqual(result.events.filter((name) => name.startsWith('window.')), ['window.opened', 'window.overrun(web)']);
  assert.match(result.report.body, /22:45 \(21:45Z\) pool\/web may end after the window: it should have ended at 22:45[^]*23:00 \(22:00Z\) The window has closed\. Azure lets pool\/web finish/);
});

test('what keeps a pool from being sent is told while it does, with who it is, and once more when it is over', async () => {
  const timeline = [
    { at: 0, event: 'arm.reply', data: { status: 409, code: 'OperationNotAllowed', text: 'Another operation (web - Updating) is in progress' } },
    { at: 18, event: 'arm.operation', data: { state: 'Succeeded', by: 'sp:terraform-ci' } },
    { at: 19, event: 'arm.reply', data: { status: 202 } },
  ];
  const result = await play({ pools: [{ name: 'web' }], timeline });

  assert.deepEqual([result.decision, result.final['run']], ['WAIT', 'succeeded']);
  assert.equal(result.armWrites[0]?.atMin, 20);
  assert.match(result.report.body, /pool\/core cannot be sent yet: Another operation \(web - Updating\) is in progress, an operation by sp:terraform-ci\./);
  assert.match(result.report.body, /pool\/core waited 19 min until it could be sent: Another operation \(web - Updating\) is in progress, an operation by sp:terraform-ci\./);
});
