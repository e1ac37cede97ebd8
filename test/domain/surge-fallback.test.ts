import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodePool } from '../../domain/cluster-snapshot.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import { planningStateOf } from '../../domain/planning-state.ts';
import { judgePreflight } from '../../domain/preflight.ts';
import { describeReduction, judgeWithFallback } from '../../domain/surge-fallback.ts';
import type { FallbackJudgment } from '../../domain/surge-fallback.ts';
import { opening, sampleFacts, samplePolicy, samplePool, sampleSnapshot } from './cluster-samples.ts';

const sizes = 'Standard_D4s_v5';

/** Judges pools in a region that has so many vCPUs left; the sample machine has 4. */
function judge(pools: readonly NodePool[], cores: number, change: Partial<MaintenancePolicy['nodePools']> = {}): FallbackJudgment {
  const base = samplePolicy({ target: { kubernetesVersion: null, nodeImage: 'latest' } });
  const policy = { ...base, nodePools: { ...base.nodePools, surgeFallback: 'reduce' as const, ...change } };
  const quota = [{ name: 'cores', limit: 100 + cores, used: 100 }];
  const snapshot = sampleSnapshot({ nodePools: pools, nodes: [], pods: [], azureFacts: sampleFacts({ quota, network: null, subnets: null }) });
  const plan = planMaintenance(policy, opening, planningStateOf(snapshot));
  return judgeWithFallback(policy, plan, snapshot, (each) => judgePreflight(policy, each, snapshot));
}

const pool = (name: string, maxSurge: string, nodeCount = 12): NodePool => samplePool(name, { nodeCount, vmSize: sizes, upgradeSettings: { maxSurge, maxUnavailable: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null } });
const codes = (findings: readonly { readonly code: string; readonly severity: string }[]): readonly string[] => findings.map(({ code, severity }) => `${severity} ${code}`);

test('the surge that fits is planned with its own waves and estimate; the finding stays and withholds nothing', () => {
  const { plan, report, standing, reductions } = judge([pool('usr', '4')], 10);
  const [unit] = plan.units;

  assert.deepEqual([unit?.surgeNodeCount, unit?.waves, unit?.estimateMinutes], [2, 6, 84]);
  assert.deepEqual([unit?.upgradeSettings?.maxSurge, unit?.restoreSettings?.maxSurge], ['2', '4']);
  assert.deepEqual([codes(report.findings), report.result, codes(standing)], [['block QUOTA_SHORT'], 'block', []]);
  assert.match(report.findings[0]?.remedy ?? '', /usr runs with surge 2 instead of 4: 6 waves, about 84 min, and the setting is restored afterwards/);
  assert.deepEqual(reductions.map(describeReduction), ['pool/usr: surge 2 instead of 4, because no more fits and the policy allows it: 6 waves, about 84 min. The setting is restored afterwards.']);
});

test('nothing is lowered where the policy does not allow it, nothing fits, or all fits', () => {
  for (const [what, judged, wanted] of [
    ['not allowed', judge([pool('usr', '4')], 10, { surgeFallback: 'withhold' }), ['block QUOTA_SHORT']],
    ['not one fits', judge([pool('usr', '4')], 3), ['block QUOTA_SHORT']],
    ['all fit', judge([pool('usr', '4')], 16), []],
  ] as const) {
    assert.deepEqual([judged.reductions, codes(judged.standing), judged.plan.units[0]?.surgeNodeCount, judged.plan.units[0]?.restoreSettings], [[], wanted, 4, null], what);
  }
});

test('what is restored is what the run would have left without the shortage: the policy before the pool', () => {
  const none = { maxSurge: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null };
  const { plan } = judge([pool('usr', '1')], 10, { upgradeSettings: { ...none, maxSurge: '33%' } });
  assert.deepEqual([plan.units[0]?.upgradeSettings?.maxSurge, plan.units[0]?.restoreSettings?.maxSurge], ['2', '33%']);
});

test('each pool is lowered on its own, and what a smaller surge brings with it withholds again', () => {
  const both = judge([pool('one', '4'), pool('two', '1'), pool('big', '50', 600)], 8);
  assert.deepEqual(both.reductions.map(({ pool: name, wanted, fits }) => [name, wanted, fits]), [['big', 50, 2], ['one', 4, 2]]);
  assert.deepEqual(both.standing.map(({ code, where }) => `${code} ${where}`), ['ESTIMATE_EXCEEDS_DAY big']);
  assert.deepEqual([...codes(both.report.findings)].sort(), ['block ESTIMATE_EXCEEDS_DAY', 'block QUOTA_SHORT', 'block QUOTA_SHORT']);
});
