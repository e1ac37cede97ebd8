import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '../../domain/cluster-snapshot.ts';
import { cordonMarkOf, findForeignCordons } from '../../domain/foreign-cordon.ts';
import { sampleNode } from './cluster-samples.ts';

const cordoned = (name: string, change: Partial<Node> = {}): Node => sampleNode(name, { isCordoned: true, ...change });
const remediated = { taints: [{ key: 'remediator.kubernetes.azure.com/unschedulable', value: '', effect: 'NoSchedule' }] };

/** Names of what is told at the second look, after a first that saw `before`. */
function second(before: readonly Node[], now: readonly Node[]): readonly string[] {
  const first = findForeignCordons(before, 'usr', [], 0);
  return findForeignCordons(now, 'usr', first.signals, 1).cordons.map(({ node, by }) => `${node} ${by ?? '?'}`);
}

test('a node says who cordoned it, by taint or annotation', () => {
  assert.equal(cordonMarkOf(cordoned('a', remediated)), 'Azure (node auto-drain)');
  assert.equal(cordonMarkOf(cordoned('a', { annotations: { 'weave.works/kured-reboot-in-progress': '2026' } })), 'kured');
  assert.equal(cordonMarkOf(cordoned('a', { annotations: { 'slackwater.dev/cordoned-by': 'alice' } })), 'alice');
  assert.equal(cordonMarkOf(cordoned('a')), null);
});

test('in the pool that rolls only a marked cordon is somebody else\'s; elsewhere every new one is', () => {
  assert.deepEqual(second([], [cordoned('usr-1')]), []);
  assert.deepEqual(second([], [cordoned('usr-1', remediated)]), ['usr-1 Azure (node auto-drain)']);
  assert.deepEqual(second([], [cordoned('sys-1')]), ['sys-1 ?']);
  assert.deepEqual(second([], [cordoned('sys-1', remediated)]), ['sys-1 Azure (node auto-drain)']);
});

test('what was cordoned before the attempt, or set aside by AKS, is no news', () => {
  assert.deepEqual(second([cordoned('sys-1')], [cordoned('sys-1')]), []);
  assert.deepEqual(second([], [cordoned('sys-1', { isQuarantined: true })]), []);
});

test('another roll of many nodes is one thing to tell', () => {
  assert.deepEqual(second([], ['sys-1', 'sys-2', 'sys-3'].map((name) => cordoned(name))), ['sys-1 ?']);
});
