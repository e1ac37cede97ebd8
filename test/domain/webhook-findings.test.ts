import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot } from '../../domain/cluster-snapshot.ts';
import { sampleBudget, sampleNamespace, samplePod, samplePool, sampleWebhook, sampleWorkload, settings } from './cluster-samples.ts';
import { facts, onlyFinding, outlineOf, reportOf } from './preflight-outline.ts';

const guard = sampleWebhook({ configuration: 'policy.shop', resources: ['/pods'], service: 'policy/webhook' });
const backends = (...nodes: readonly string[]) => nodes.map((nodeName, index) => samplePod(`policy/webhook-${index}`, { nodeName }));

function guarded(change: Partial<ClusterSnapshot>): Partial<ClusterSnapshot> {
  return {
    admissionWebhooks: [guard],
    pods: backends('usr-1', 'usr-2'),
    workloads: [sampleWorkload('policy/webhook', 2)],
    namespaces: [sampleNamespace('policy')],
    nodePools: [samplePool('sys'), samplePool('usr', { upgradeSettings: { ...settings, maxSurge: '2' } })],
    ...change,
  };
}

test('a fail-closed webhook on new pods whose own pods can leave in one wave locks itself out', () => {
  const locked = ['block WEBHOOK_SELF_LOCK policy.shop usr'];
  const own = { matchLabels: {}, matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['policy'] }] };
  const named = [sampleNamespace('policy', { labels: { 'kubernetes.io/metadata.name': 'policy' } })];
  const budget = sampleBudget('policy/webhook', { maxUnavailable: 1, status: { expectedPods: 2, currentHealthy: 2, desiredHealthy: 1 } });
  const service = (app: string) => facts({ services: [{ namespace: 'policy', name: 'webhook', type: 'ClusterIP', externalTrafficPolicy: 'Cluster', selector: { app } }] });
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['two pods, two nodes at once', guarded({}), locked],
    ['one pod', guarded({ pods: backends('usr-1') }), locked],
    ['one node at a time', guarded({ nodePools: [samplePool('sys'), samplePool('usr')] }), []],
    ['a third node', guarded({ pods: backends('usr-1', 'usr-2', 'usr-3') }), []],
    ['a pod in another pool', guarded({ pods: backends('usr-1', 'sys-1') }), []],
    ['a budget keeps one', guarded({ disruptionBudgets: [budget] }), []],
    ['its own namespace is exempt', guarded({ namespaces: named, admissionWebhooks: [{ ...guard, namespaceSelector: own }] }), []],
    ['it lets pods through when it is silent', guarded({ admissionWebhooks: [{ ...guard, failurePolicy: 'Ignore' }] }), []],
    ['it looks at something else', guarded({ admissionWebhooks: [{ ...guard, resources: ['apps/deployments'] }] }), []],
    ['it looks at changes only', guarded({ admissionWebhooks: [{ ...guard, operations: ['UPDATE'] }] }), []],
    ['it is outside the cluster', guarded({ admissionWebhooks: [{ ...guard, service: null }] }), []],
    ['its service names its pods', guarded({ ...service('webhook'), pods: [...backends('usr-1', 'usr-2'), samplePod('policy/other', { nodeName: 'sys-1' })] }), locked],
    ['its service names pods that stay', guarded({ ...service('other'), pods: [...backends('usr-1', 'usr-2'), samplePod('policy/other', { nodeName: 'sys-1' }), samplePod('policy/other-2', { nodeName: 'usr-3' })] }), []],
    ['two webhooks in one configuration are one finding', guarded({ admissionWebhooks: [guard, { ...guard, name: 'second' }] }), locked],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);
  assert.deepEqual(onlyFinding(guarded({})).evidence['nodes'], ['usr-1', 'usr-2']);
});

test('a webhook that chooses objects by more than their namespace is named as unchecked', () => {
  const { findings, unchecked } = reportOf(guarded({ admissionWebhooks: [{ ...guard, isUnconditional: false }] }));
  assert.deepEqual(findings, []);
  assert.deepEqual(unchecked.map(({ what }) => what), ['whether webhook policy.shop guards its own pods']);
});
