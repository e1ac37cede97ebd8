import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import { secondVisits, whyOutOfOrder } from '../../domain/unit-order.ts';
import { firstVisitVersion } from '../../domain/version-steps.ts';
import { unitsOf } from '../../domain/window-story.ts';
import type { UnitStatus } from '../../domain/window-status.ts';
import { opening, sampleCluster, samplePolicy, samplePool } from './cluster-samples.ts';

const plan = {
  ...planMaintenance(samplePolicy({ target: { kubernetesVersion: '1.36', nodeImage: 'latest' } }), opening, {
    cluster: sampleCluster({}),
    nodePools: [samplePool('sys'), samplePool('old', { currentOrchestratorVersion: '1.32.9', offeredVersions: ['1.35.5'] })],
    upgradeProfile: { controlPlaneUpgrades: ['1.36.2'] },
    nodeVersions: {},
  }),
  digest: 'd',
};

/** What forbids `unit` when the others are in these states. */
function disorder(unit: string, states: Readonly<Record<string, UnitStatus['state']>>): string {
  const found = plan.units.find((each) => each.unit === unit);
  assert.ok(found !== undefined);
  return whyOutOfOrder(found, plan, unitsOf(plan).map((each) => ({ ...each, state: states[each.unit] ?? each.state }))) ?? 'none';
}

test('a control plane waits for the pools that go before it, and the pools after it wait for the control plane', () => {
  assert.deepEqual(plan.units.map(({ unit, to }) => `${unit} ${to.kubernetesVersion}`), ['pool/old 1.35.5', 'control-plane 1.36.2', 'pool/sys 1.36.2']);
  assert.deepEqual(secondVisits(plan).map(({ unit }) => unit), ['pool/old']);
  assert.equal(disorder('pool/old', {}), 'none');
  assert.equal(disorder('control-plane', { 'pool/old': 'upgraded' }), 'none');
  // A stopped pool is set to the version, which is what AKS compares.
  assert.equal(disorder('control-plane', { 'pool/old': 'unproven' }), 'none');
  for (const state of ['planned', 'withheld', 'failed', 'skipped', 'not-started', 'quarantined'] as const) {
    assert.match(disorder('control-plane', { 'pool/old': state }), /pool\/old must move before the control plane/, state);
  }
  assert.equal(disorder('pool/sys', { 'control-plane': 'upgraded' }), 'none');
  assert.match(disorder('pool/sys', { 'control-plane': 'not-started' }), /must not run ahead of it/);
});

test('the step in between is the newest offered version that may stand under both control planes', () => {
  const table: readonly (readonly [offered: readonly string[], running: string, to: string, wanted: string | null])[] = [
    [['1.32.9', '1.33.7', '1.34.4'], '1.34.4', '1.35.3', '1.34.4'],
    [['1.32.9', '1.33.7'], '1.34.4', '1.35.3', '1.33.7'],
    [['1.33.9', '1.33.10'], '1.34.4', '1.35.3', '1.33.10'],
    [['1.34.5', '1.32.1'], '1.34.4', '1.35.3', '1.32.1'],
    [['1.31.9'], '1.34.4', '1.35.3', null],
    [['1.35.3', 'latest', ''], '1.34.4', '1.35.3', null],
    [[], '1.34.4', '1.35.3', null],
  ];
  for (const [offered, running, to, wanted] of table) assert.equal(firstVisitVersion({ offered, running, to }), wanted, offered.join(' '));
});
