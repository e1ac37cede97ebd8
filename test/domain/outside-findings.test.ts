import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot } from '../../domain/cluster-snapshot.ts';
import type { ProvisioningBudget, ServiceFront } from '../../domain/workload-facts.ts';
import { sampleNode, samplePod, sampleSnapshot, sampleWorkload } from './cluster-samples.ts';
import { facts, onlyFinding, outlineOf } from './preflight-outline.ts';

const kured = (lock: string, kind = 'DaemonSet'): Partial<ClusterSnapshot> => ({
  workloads: [sampleWorkload('kube-system/kured', null, { kind, annotations: { 'weave.works/kured-node-lock': lock } })],
});
const marked = (annotations: Readonly<Record<string, string>>): Partial<ClusterSnapshot> => ({
  nodes: sampleSnapshot().nodes.map((node) => (node.name === 'usr-2' ? sampleNode('usr-2', { annotations }) : node)),
});

test('another drainer at work holds the whole run', () => {
  const held = ['block OTHER_DRAINER_ACTIVE kured *'];
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['kured holds its lock', kured('{"nodeID":"usr-2","created":"2026-11-21T19:00:00Z","TTL":0}'), held],
    ['the lock has not run out', kured('{"nodeID":"usr-2","created":"2026-11-21T19:00:00Z","TTL":7200000000000}'), held],
    ['the lock has run out', kured('{"nodeID":"usr-2","created":"2026-11-21T19:00:00Z","TTL":60000000000}'), []],
    ['several locks', kured('{"maxOwners":2,"locks":[{"nodeID":"usr-2","created":"2026-11-21T19:00:00Z","TTL":0}]}'), held],
    ['no lock held', kured('{"maxOwners":2,"locks":[]}'), []],
    ['not JSON', kured('usr-2'), []],
    ['not a DaemonSet', kured('{"nodeID":"usr-2"}', 'Deployment'), []],
    ['kured marks the node it reboots', marked({ 'weave.works/kured-reboot-in-progress': '2026-11-21T19:00:00Z' }), held],
    ['a reboot was needed, none runs', marked({ 'weave.works/kured-most-recent-reboot-needed': '2026-11-21T19:00:00Z' }), []],
    ['the Flatcar update operator reboots', marked({ 'flatcar-linux-update.v1.flatcar-linux.net/reboot-in-progress': 'true' }), ['block OTHER_DRAINER_ACTIVE flatcar-linux-update-operator *']],
    ['the Flatcar update operator is idle', marked({ 'flatcar-linux-update.v1.flatcar-linux.net/reboot-in-progress': 'false' }), []],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);
  assert.deepEqual(onlyFinding(kured('{"nodeID":"usr-2"}')).evidence['nodes'], ['usr-2']);
});

test('a budget of node auto-provisioning that limits only during its schedule is no window', () => {
  const budget = (change: Partial<ProvisioningBudget>): ProvisioningBudget => ({ nodes: '0', schedule: null, duration: null, reasons: [], ...change });
  const day = budget({ schedule: '0 8 * * 1-5', duration: '10h' });
  const table: readonly (readonly [string, readonly ProvisioningBudget[], readonly string[]])[] = [
    ['only by day', [day], ['warn NAP_BUDGET_NOT_A_WINDOW default ']],
    ['by day, and a little always', [day, budget({ nodes: '10%' })], []],
    ['by day, and always for one reason', [day, budget({ reasons: ['Drifted'] })], ['warn NAP_BUDGET_NOT_A_WINDOW default ']],
    ['always', [budget({ nodes: '10%' })], []],
    ['none written, so the default of 10 % limits always', [], []],
  ];
  for (const [name, budgets, wanted] of table) {
    assert.deepEqual(outlineOf(facts({ provisionedPools: [{ name: 'default', budgets }] })), wanted, name);
  }
});

test('a load balancer that goes through any node is told as information', () => {
  const front = (change: Partial<ServiceFront> = {}): Partial<ClusterSnapshot> => ({
    pods: [samplePod('edge/gw-1')],
    ...facts({ services: [{ namespace: 'edge', name: 'gw', type: 'LoadBalancer', externalTrafficPolicy: 'Cluster', selector: { app: 'gw' }, ...change }] }),
  });
  assert.deepEqual(outlineOf(front()), ['info LB_CLUSTER_POLICY edge/gw sys,usr']);
  for (const change of [{ externalTrafficPolicy: 'Local' }, { type: 'ClusterIP' }, { selector: { app: 'gone' } }, { selector: {} }]) {
    assert.deepEqual(outlineOf(front(change)), [], JSON.stringify(change));
  }
});
