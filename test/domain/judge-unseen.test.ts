import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodePool } from '../../domain/cluster-snapshot.ts';
import { judgePoolUnseen } from '../../domain/judge-unseen.ts';
import { beginMemory, decideNextMove } from '../../domain/next-move.ts';
import type { UnitMemory } from '../../domain/next-move.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { BlockCause, UnitProgress, UnitState } from '../../domain/unit-progress.ts';
import type { PlannedUnit } from '../../domain/upgrade-plan.ts';
import { samplePool } from './cluster-samples.ts';

const failure = { code: 'time-limit', class: 'transient', message: 'shop is a private cluster.', remedy: '', retryAfterSeconds: null, service: 'kubernetes' } as const;
const unit: PlannedUnit = {
  unit: 'pool/usr', from: { kubernetesVersion: '1.34.2', nodeImageVersion: null }, to: { kubernetesVersion: '1.35.1', nodeImageVersion: null }, action: 'pool-version', nodeCount: 3, surgeNodeCount: 1,
  waves: 3, estimateMinutes: 30, upgradeSettings: null, restoreSettings: null, drainTimeoutMinutes: 30, undrainableNodeBehavior: 'Cordon', isSpot: false,
};
const judge = (pool: Partial<NodePool>, seenAt = 10 * MINUTE_MS): UnitProgress => judgePoolUnseen({ seenAt, unit, pool: samplePool('usr', pool), failure });

test('a pool nobody saw is judged by Azure alone, and never proven', () => {
  const table: readonly (readonly [pool: Partial<NodePool>, state: UnitState])[] = [
    [{ provisioningState: 'Upgrading', orchestratorVersion: '1.35.1' }, 'running'],
    [{ provisioningState: 'Upgrading', orchestratorVersion: '1.36.0' }, 'foreign'],
    [{ provisioningState: 'Scaling', orchestratorVersion: '1.34.2' }, 'foreign'],
    [{ provisioningState: 'Succeeded', orchestratorVersion: '1.35.1' }, 'unproven'],
    [{ provisioningState: 'Succeeded', orchestratorVersion: '1.34.2' }, 'not-started'],
    [{ provisioningState: 'Failed', orchestratorVersion: '1.35.1' }, 'failed'],
    [{ provisioningState: 'Canceled', orchestratorVersion: '1.35.1' }, 'canceled'],
  ];
  for (const [pool, state] of table) {
    const progress = judge(pool);
    assert.deepEqual([progress.state, progress.inventory, progress.unseen], [state, null, 'shop is a private cluster.'], JSON.stringify(pool));
  }
});

const limits = { windowCloses: 360 * MINUTE_MS, watchUntil: 500 * MINUTE_MS, graceMinutes: 10, shortestPollSeconds: 30, longestPollSeconds: 150, attempt: 1 };
const decide = (memory: UnitMemory, progress: UnitProgress) => decideNextMove(memory, progress, progress.seenAt, limits);

test('what Azure calls done ends the unit, in words that claim no more than that', () => {
  const { verdict } = decide(beginMemory(0), judge({ provisioningState: 'Succeeded', orchestratorVersion: '1.35.1' }));

  assert.deepEqual(verdict, { kind: 'unproven', detail: 'Upgraded according to Azure Resource Manager; nodes not seen.' });
});

test('a failure of Azure still stops the unit and asks people; a drain it gave up on is never tried again unseen', () => {
  const drain = { code: 'PodDrainFailure', message: 'Drain node usr-1 failed when evicting pod web' };
  let memory = beginMemory(0);
  const reports: (string | null)[] = [];
  for (const minute of [20, 21, 25, 30, 60]) {
    const move = decide(memory, judge({ provisioningState: 'Failed', orchestratorVersion: '1.35.1', provisioningError: drain }, minute * MINUTE_MS));
    memory = move.memory;
    reports.push(move.report);
    assert.equal(move.verdict, null);
  }
  assert.deepEqual([reports, memory.stopped], [['stopped', null, null, null, null], 'blocked']);
});

test('a block that was told is not called cleared because nobody can look any more', () => {
  const cause: BlockCause = { class: 'PDB_STRUCTURAL', node: 'usr-1', pod: 'shop/web', budgets: [], owner: null, workload: null, evidence: '', remedy: '', webhook: null, disk: null, guiltyNode: null, since: 0, waitsUntil: null, ruledOut: [] };
  const running = { provisioningState: 'Upgrading', orchestratorVersion: '1.35.1' };
  const blocked = (minute: number): UnitProgress => ({ ...judge(running, minute * MINUTE_MS), state: 'blocked', causes: [cause] });
  let memory = decide(beginMemory(0), blocked(5)).memory;
  memory = decide(memory, blocked(16)).memory;
  assert.equal(memory.declared, true);

  for (const minute of [17, 18, 22, 30]) {
    const move = decide(memory, judge(running, minute * MINUTE_MS));
    memory = move.memory;
    assert.deepEqual([move.report, memory.declared, memory.clearedSince], [null, true, null]);
  }
});
