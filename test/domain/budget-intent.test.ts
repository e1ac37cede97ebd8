import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot } from '../../domain/cluster-snapshot.ts';
import { sampleBudget, sampleNamespace, sampleNode, samplePod, samplePool, sampleSnapshot, sampleWebhook, sampleWorkload } from './cluster-samples.ts';
import { onlyFinding, outlineOf, reportOf } from './preflight-outline.ts';

const one = { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
const three = { disruptionsAllowed: 0, currentHealthy: 3, desiredHealthy: 3, expectedPods: 3 };

/** A CloudNativePG cluster: an operator's object controls the pods, and a budget guards the primary alone. */
function database(standbys: readonly { readonly node: string; readonly isReady?: boolean }[], change: Partial<ClusterSnapshot> = {}): Partial<ClusterSnapshot> {
  const owner = { kind: 'Cluster', name: 'orders', uid: 'orders' };
  const pod = (name: string, nodeName: string, role: string, isReady = true) =>
    samplePod(`db/${name}`, { nodeName, owner, isReady, labels: { 'cnpg.io/cluster': 'orders', 'cnpg.io/instanceRole': role } });
  const selector = { matchLabels: { 'cnpg.io/cluster': 'orders', 'cnpg.io/instanceRole': 'primary' }, matchExpressions: [] };
  return {
    pods: [pod('orders-1', 'usr-1', 'primary'), ...standbys.map(({ node, isReady }, index) => pod(`orders-${index + 2}`, node, 'replica', isReady))],
    disruptionBudgets: [sampleBudget('db/orders-primary', { minAvailable: 1, selector, status: one })],
    ...change,
  };
}

test('a database operator keeps the primary at zero: fine while a standby can take the lead', () => {
  const cordoned = sampleSnapshot().nodes.map((node) => (node.name === 'usr-2' ? sampleNode('usr-2', { isCordoned: true, isQuarantined: true }) : node));
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['two standbys', database([{ node: 'usr-2' }, { node: 'usr-3' }]), ['warn PDB_OPERATOR_MANAGED db/orders-primary usr']],
    ['the only standby is not Ready', database([{ node: 'usr-2', isReady: false }]), ['block PDB_OPERATOR_MANAGED db/orders-primary usr']],
    ['the only standby is on a cordoned node', database([{ node: 'usr-2' }], { nodes: cordoned }), ['block PDB_OPERATOR_MANAGED db/orders-primary usr']],
    ['the only standby is beside the primary', database([{ node: 'usr-1' }]), ['block PDB_OPERATOR_MANAGED db/orders-primary usr']],
    ['one instance, nobody to switch to', database([]), ['block PDB_STRUCTURAL db/orders-primary usr']],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);
  assert.equal(onlyFinding(database([{ node: 'usr-2' }, { node: 'usr-3' }])).evidence['standbysSchedulable'], 2);
});

const web = [1, 2, 3].map((index) => samplePod(`shop/web-${index}`, { nodeName: `usr-${index}` }));

test("AKS's eviction autoscaler makes room for Deployments in namespaces that are not opted out; that alone is a pass", () => {
  const owned = (annotations: Readonly<Record<string, string>>, kind = 'Deployment', namespace = sampleNamespace('shop')): Partial<ClusterSnapshot> => ({
    pods: web.map((pod) => ({ ...pod, owner: { kind, name: 'web', uid: 'web' } })),
    workloads: [sampleWorkload('shop/web', 3, { kind })],
    namespaces: [namespace],
    disruptionBudgets: [sampleBudget('shop/web', { minAvailable: 3, annotations, status: three })],
  });
  const optedOut = sampleNamespace('shop', { annotations: { 'eviction-autoscaler.azure.com/enable': 'false' } });
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, string, readonly string[]])[] = [
    ['owned', owned({ ownedBy: 'EvictionAutoScaler' }), 'pass', ['info PDB_SURGEABLE shop/web usr']],
    ['owned, by the older mark', owned({ createdBy: 'DeploymentToPDBController' }), 'pass', ['info PDB_SURGEABLE shop/web usr']],
    ['a StatefulSet', owned({ ownedBy: 'EvictionAutoScaler' }, 'StatefulSet'), 'block', ['block PDB_STRUCTURAL shop/web usr']],
    ['opted out', owned({ ownedBy: 'EvictionAutoScaler' }, 'Deployment', optedOut), 'block', ['block PDB_STRUCTURAL shop/web usr']],
    ['written by somebody', owned({}), 'block', ['block PDB_STRUCTURAL shop/web usr']],
  ];
  for (const [name, snapshot, result, wanted] of table) {
    assert.deepEqual(outlineOf(snapshot), wanted, name);
    assert.equal(reportOf(snapshot).result, result, name);
  }
});

test('a helper that refuses evictions and moves the pods itself is no block, while it answers', () => {
  const kafka = [1, 2, 3].map((index) => samplePod(`kafka/broker-${index}`, { nodeName: `usr-${index}`, labels: { app: 'broker', 'strimzi.io/kind': 'Kafka' } }));
  const cleaner = sampleWebhook({ configuration: 'strimzi-drain-cleaner', name: 'strimzi-drain-cleaner.strimzi.io', failurePolicy: 'Ignore', service: 'strimzi/cleaner' });
  const alive = samplePod('strimzi/cleaner-1', { nodeName: 'sys-1' });
  const base: Partial<ClusterSnapshot> = {
    pods: [...kafka, alive],
    workloads: [sampleWorkload('kafka/broker', 3)],
    admissionWebhooks: [cleaner],
    disruptionBudgets: [sampleBudget('kafka/broker', { maxUnavailable: 0, status: three })],
  };
  const refused = ['block PDB_STRUCTURAL kafka/broker usr'];
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['at work', base, ['warn EVICTION_DELEGATED kafka/broker usr']],
    ['told by the budget', { ...base, pods: [...kafka.map((pod) => ({ ...pod, labels: { app: 'broker' } })), alive], disruptionBudgets: [sampleBudget('kafka/broker', { maxUnavailable: 0, labels: { 'app.kubernetes.io/managed-by': 'strimzi-cluster-operator' }, status: three })] }, ['warn EVICTION_DELEGATED kafka/broker usr']],
    ['without a living pod', { ...base, pods: kafka }, refused],
    ['with a webhook on something else', { ...base, admissionWebhooks: [{ ...cleaner, resources: ['/pods'] }] }, refused],
    ['a webhook nobody knows', { ...base, admissionWebhooks: [{ ...cleaner, configuration: 'guard', name: 'guard.example.com' }] }, refused],
    ["somebody else's pods", { ...base, pods: [...kafka.map((pod) => ({ ...pod, labels: { app: 'broker' } })), alive] }, refused],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);
  assert.equal(onlyFinding(base).evidence['by'], 'strimzi-drain-cleaner');
});

test('pods under a helped budget queue behind no budget', () => {
  const nodePools = [samplePool('sys'), samplePool('usr', { upgradeSettings: { ...samplePool('usr').upgradeSettings, maxSurge: '3' } })];
  assert.deepEqual(outlineOf({ ...database([{ node: 'usr-2' }, { node: 'usr-3' }]), nodePools }), ['warn PDB_OPERATOR_MANAGED db/orders-primary usr']);
});
