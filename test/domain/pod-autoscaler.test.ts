import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot, DisruptionBudget } from '../../domain/cluster-snapshot.ts';
import { sampleBudget, samplePod, sampleWorkload } from './cluster-samples.ts';
import { facts, onlyFinding, outlineOf } from './preflight-outline.ts';

function scaled(minReplicas: number, budget: Partial<Pick<DisruptionBudget, 'minAvailable' | 'maxUnavailable'>>, replicas = 3): Partial<ClusterSnapshot> {
  return {
    pods: Array.from({ length: replicas }, (_, index) => samplePod(`shop/api-${index}`, { nodeName: `usr-${(index % 3) + 1}` })),
    workloads: [sampleWorkload('shop/api', replicas)],
    disruptionBudgets: [sampleBudget('shop/api', { ...budget, status: { expectedPods: replicas, currentHealthy: replicas } })],
    ...facts({ autoscalers: [{ namespace: 'shop', name: 'api', targetKind: 'Deployment', targetName: 'api', minReplicas, maxReplicas: 9 }] }),
  };
}

test('a budget that allows one now and none after the next scale-in is at its edge', () => {
  const edge = ['warn PDB_EDGE shop/api usr'];
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['minimum equals minAvailable', scaled(2, { minAvailable: 2 }), edge],
    ['a percentage that rounds up to all of the minimum', scaled(2, { minAvailable: '51%' }), edge],
    ['the minimum leaves one to go', scaled(2, { minAvailable: 1 }), []],
    ['maxUnavailable always lets one go', scaled(1, { maxUnavailable: 1 }), []],
    ['it is at its minimum already', scaled(3, { minAvailable: 2 }), []],
    ['no autoscaler', { ...scaled(2, { minAvailable: 2 }), ...facts({}) }, []],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);
  assert.equal(onlyFinding(scaled(2, { minAvailable: 2 })).remedy, 'Set minReplicas of HorizontalPodAutoscaler shop/api from 2 to 3, or lower minAvailable of shop/api to 1.');
});

test('where an autoscaler sets the replicas, the remedy of a structural budget is its minimum', () => {
  const one = scaled(1, { minAvailable: 1 }, 1);
  const disruptionBudgets = [sampleBudget('shop/api', { minAvailable: 1, status: { disruptionsAllowed: 0, expectedPods: 1, currentHealthy: 1, desiredHealthy: 1 } })];
  const finding = onlyFinding({ ...one, disruptionBudgets });
  assert.equal(finding.code, 'PDB_STRUCTURAL');
  assert.match(finding.remedy, /^Set minReplicas of HorizontalPodAutoscaler shop\/api from 1 to 2: then one of them can move\. \(The autoscaler puts back/);
});
