import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot, NodePool } from '../../domain/cluster-snapshot.ts';
import { sampleBudget, sampleNode, samplePod, samplePool, sampleSnapshot, sampleWorkload, settings } from './cluster-samples.ts';
import { onlyFinding, outlineOf } from './preflight-outline.ts';

const spent = { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };

/** Single-replica workloads with a budget of one, each on the node given. */
function guarded(places: Readonly<Record<string, string>>, pool: Partial<NodePool> = {}): Partial<ClusterSnapshot> {
  const names = Object.keys(places);
  return {
    pods: names.map((name) => samplePod(`a/${name}`, { nodeName: places[name] ?? '' })),
    workloads: names.map((name) => sampleWorkload(`a/${name}`, 1)),
    disruptionBudgets: names.map((name) => sampleBudget(`a/${name}`, { minAvailable: 1, status: spent })),
    nodePools: [samplePool('sys'), samplePool('usr', { upgradeSettings: { ...settings, maxSurge: '1', undrainableNodeBehavior: 'Cordon' }, ...pool })],
  };
}

const allow = (continueUpToNodes: number) => ({ onQuarantined: { continueUpToNodes, action: 'pause' } }) as const;
const surgeTwo = { upgradeSettings: { ...settings, maxSurge: '2', undrainableNodeBehavior: 'Cordon' } } as const;

test('blocks that AKS bears one by one and not together are one finding about the pool', () => {
  const two = { one: 'usr-1', two: 'usr-3' };
  const each = ['block PDB_STRUCTURAL a/one usr', 'block PDB_STRUCTURAL a/two usr'];
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['two blocked nodes, one surge node', guarded(two), ['block QUARANTINE_EXCEEDS_SURGE usr usr']],
    ['two blocked nodes, two surge nodes', guarded(two, surgeTwo), each],
    ['two surge nodes, but AKS told to bear one', guarded(two, { ...surgeTwo, maxBlockedNodes: '1' }), ['block QUARANTINE_EXCEEDS_SURGE usr usr']],
    ['two blocks on one node', guarded({ one: 'usr-1', two: 'usr-1' }), each],
    ['AKS sets none aside', guarded(two, { upgradeSettings: { ...settings, maxSurge: '1' } }), each],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);

  const finding = onlyFinding(guarded(two));
  assert.deepEqual([finding.evidence['predictedBlocked'], finding.evidence['surgeNodes']], [2, 1]);
  assert.match(finding.remedy, /^a\/one: Run 2 replicas.* a\/two: Run 2 replicas/);
});

test('a policy bears quarantined nodes per pool, not per budget', () => {
  const two = guarded({ one: 'usr-1', two: 'usr-3' }, surgeTwo);
  assert.deepEqual(outlineOf(two, allow(2)), ['warn PDB_STRUCTURAL a/one usr', 'warn PDB_STRUCTURAL a/two usr']);
  assert.deepEqual(outlineOf(two, allow(1)), ['block PDB_STRUCTURAL a/one usr', 'block PDB_STRUCTURAL a/two usr']);
});

test('a node still quarantined for the same cause is a debt, and withholds its pool', () => {
  const withNode = (change: Parameters<typeof sampleNode>[1]) => sampleSnapshot().nodes.map((node) => (node.name === 'usr-2' ? sampleNode('usr-2', change) : node));
  const quarantined = { isCordoned: true, isQuarantined: true };
  const debt = { ...guarded({ one: 'usr-2' }, surgeTwo), nodes: withNode(quarantined) };
  const finding = onlyFinding(debt);
  assert.deepEqual([finding.code, finding.where, finding.severity, finding.pools], ['OPEN_DEBT_SAME_CAUSE', 'usr-2', 'block', ['usr']]);
  assert.match(finding.message, /a\/one still keeps it from draining/);

  assert.deepEqual(outlineOf({ ...guarded({ one: 'usr-1' }, surgeTwo), nodes: withNode(quarantined) }), ['block PDB_STRUCTURAL a/one usr'], 'blocked elsewhere');
  assert.deepEqual(outlineOf({ nodes: withNode(quarantined) }), [], 'the cause is gone');
});

test('a node of the ledger is a debt although its label was taken away, and a person\'s cordon is none', () => {
  const openDebts = [{ node: 'usr-2', since: Date.UTC(2026, 9, 3, 21, 10), who: 'shop-20261003T2000Z' }];
  const nodes = (change: Parameters<typeof sampleNode>[1]) => sampleSnapshot().nodes.map((node) => (node.name === 'usr-2' ? sampleNode('usr-2', change) : node));
  const blocked = guarded({ one: 'usr-2' }, surgeTwo);

  const finding = onlyFinding({ ...blocked, nodes: nodes({ isCordoned: true }), openDebts });
  assert.deepEqual([finding.code, finding.where], ['OPEN_DEBT_SAME_CAUSE', 'usr-2']);
  assert.match(finding.message, /since Sat 3 Oct 2026 21:10Z \(left by shop-20261003T2000Z\)/);

  assert.deepEqual(outlineOf({ nodes: nodes({ isCordoned: true }), openDebts }), [], 'its cause is gone, and the cordon is AKS\'s own');
  assert.deepEqual(outlineOf({ nodes: nodes({ isCordoned: true }) }), ['block OPERATOR_CORDON usr-2 usr']);
  assert.deepEqual(outlineOf({ ...blocked, nodes: nodes({}), openDebts }), ['block PDB_STRUCTURAL a/one usr'], 'it takes pods again, so it is blocked like any other');
});
