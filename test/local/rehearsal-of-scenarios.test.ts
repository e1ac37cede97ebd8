import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSnapshotDocuments, readSnapshotFolder } from '../../adapters/snapshot-folder.ts';
import { parseJson } from '../../domain/json.ts';
import { rehearseSnapshot } from '../../local/rehearsal/rehearse-snapshot.ts';
import { runScenario } from '../../local/scenario/run-scenario.ts';
import { latestImagesOf } from '../../sim/scenario-azure.ts';
import { scenarioDocuments } from '../../sim/scenario-documents.ts';
import { scenarioOrder } from '../../sim/scenario-policy.ts';
import { readScenario, type Scenario } from '../../sim/scenario.ts';
import type { RehearsalReport } from '../../sim/rehearsal-report.ts';
import { sharedMaterial } from '../shared-material.ts';

const shared = sharedMaterial('scenarios/scenarios.jsonl');
const folder = mkdtempSync(join(tmpdir(), 'slackwater-rehearsed-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function findScenario(id: string): Scenario {
  const reads = readFileSync(shared.url, 'utf8').split('\n').map((line) => readScenario(parseJson(line)));
  const found = reads.flatMap((read) => (read.ok && read.value.id === id ? [read.value] : []))[0];
  assert.ok(found !== undefined, id);
  return found;
}

/** Rehearses how the scenario begins, from a snapshot folder; its script is not played. */
async function rehearseBeginning(scenario: Scenario): Promise<RehearsalReport> {
  const order = scenarioOrder(scenario);
  assert.ok(order !== null && order.opening !== null);
  const { policy, opening } = order;
  const { cluster, nodePools, upgrades, kubernetesItems } = scenarioDocuments(scenario, order.zero);
  const nodePoolUpgrades = Object.entries(latestImagesOf(scenario)).map(([pool, image]) => ({ id: `${policy.clusterResourceId}/agentPools/${pool}/upgradeProfiles/default`, properties: { kubernetesVersion: '1.35.5', osType: 'Linux', latestNodeImageVersion: image } }));
  const place = mkdtempSync(join(folder, 'snapshot-'));
  const files = { cluster, nodepools: nodePools, upgrades, 'nodepool-upgrades': nodePoolUpgrades, kubernetes: { kind: 'List', apiVersion: 'v1', items: kubernetesItems } };
  for (const [name, content] of Object.entries(files)) if (content !== null) writeFileSync(join(place, `${name}.json`), JSON.stringify(content));
  const snapshot = await readSnapshotFolder(place);
  const documents = await readSnapshotDocuments(place);
  assert.ok(snapshot.ok && documents.ok, JSON.stringify(snapshot));
  return rehearseSnapshot({ documents: documents.value, snapshot: snapshot.value, policy, opening, seed: 1, seeds: 1, onProgress: () => undefined });
}

interface Predicted {
  readonly id: string;
  readonly outcome: string;
  readonly ifStarted: string | null;
  /** Class and budget of the first block; null: none. */
  readonly block: readonly [blockClass: string, budget: string] | null;
  /** What the scenario's own run, with the people and helpers of its script, makes of the pool. */
  readonly played: string;
}

const table: readonly Predicted[] = [
  { id: 'PDB-01', outcome: 'not-started', ifStarted: 'blocked', block: ['PDB_STRUCTURAL', 'pay/ledger-pdb'], played: 'untouched' },
  { id: 'PDB-07', outcome: 'not-started', ifStarted: 'blocked', block: ['PDB_TRANSIENT', 'shop/search-pdb'], played: 'upgraded' },
  { id: 'PDB-11', outcome: 'upgraded', ifStarted: null, block: null, played: 'upgraded' },
  { id: 'QUA-01', outcome: 'quarantined', ifStarted: null, block: ['PDB_STRUCTURAL', 'pay/ledger-pdb'], played: 'in-progress' },
  { id: 'PDB-14', outcome: 'not-started', ifStarted: 'upgraded', block: null, played: 'untouched' },
];

for (const { id, outcome, ifStarted, block, played } of table) {
  test(`${id}: the rehearsal of its beginning foretells what its run meets`, { skip: shared.skip }, async () => {
    const scenario = findScenario(id);
    const report = await rehearseBeginning(scenario);
    const [unit] = report.units.filter((each) => !['control-plane', 'pool/sys'].includes(each.unit));

    assert.deepEqual([unit?.outcome, unit?.ifStarted?.outcome ?? null], [outcome, ifStarted]);
    const [first] = report.blocks;
    assert.deepEqual(first === undefined ? null : [first.class, first.budgets[0]], block);
    const run = await runScenario(scenario);
    const told = JSON.stringify([run.preflight.findings, run.report.body]);
    for (const word of block ?? []) assert.ok(told.includes(word), `${id} is not about ${word}`);
    assert.equal(run.final[unit?.unit.slice('pool/'.length) ?? ''], played);
  });
}
