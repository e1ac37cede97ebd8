import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseJson } from '../../domain/json.ts';
import { runScenario } from '../../local/scenario/run-scenario.ts';
import { agrees, compareScenario, type Agreement } from '../../sim/scenario-agreement.ts';
import { readScenario, type Scenario } from '../../sim/scenario.ts';
import { sharedMaterial } from '../shared-material.ts';

const shared = sharedMaterial('scenarios/scenarios.jsonl');

/** Scenarios of the shared corpus that agree in everything a machine compares. The list may only grow. */
const floor: readonly string[] = [
  'PDB-01', 'PDB-02', 'PDB-03', 'PDB-05', 'PDB-07', 'PDB-09', 'PDB-11', 'PDB-12', 'PDB-13', 'PDB-14', 'PDB-15', 'PDB-16', 'PDB-17', 'PDB-18', 'PDB-19', 'PDB-20', 'PDB-21', 'PDB-25',
  'QUA-01', 'QUA-02', 'QUA-03', 'QUA-04', 'QUA-06', 'QUA-07', 'QUA-10',
  'CAP-01', 'CAP-03', 'CAP-05', 'CAP-06', 'CAP-07', 'CAP-08', 'CAP-09', 'CAP-10', 'CAP-11', 'CAP-12', 'CAP-13',
  'ARM-01', 'ARM-02', 'ARM-04', 'ARM-05', 'ARM-06', 'ARM-09', 'ARM-10', 'ARM-11', 'ARM-12', 'ARM-13', 'ARM-15', 'ARM-16', 'ARM-17', 'ARM-19',
  'NET-01', 'NET-04', 'NET-05', 'NET-06', 'NET-07', 'NET-08',
  'WIN-01', 'WIN-02', 'WIN-04', 'WIN-08', 'WIN-09',
  'CHAT-01', 'CHAT-03', 'CHAT-05', 'CHAT-07', 'CHAT-08', 'CHAT-09',
  'FLT-01', 'FLT-03', 'FLT-04', 'FLT-07', 'FLT-08',
];

function readCorpus(url: URL): readonly Scenario[] {
  return readFileSync(url, 'utf8').trim().split('\n').map((line) => {
    const read = readScenario(parseJson(line));
    assert.ok(read.ok, JSON.stringify(read));
    return read.value;
  });
}

async function play(scenario: Scenario): Promise<Agreement> {
  const result = await runScenario(scenario);
  assert.deepEqual(result.violations, [], `${scenario.id} breaks a rule of the house`);
  return compareScenario(scenario, result);
}

test("the project's own scenarios come out as expected", async () => {
  const files = ['own.jsonl', 'families.jsonl', 'people.jsonl'].map((name) => new URL(`../../fixtures/scenarios/${name}`, import.meta.url));
  for (const scenario of files.flatMap(readCorpus)) {
    assert.deepEqual(await play(scenario), { preflight: [], decision: [], final: [], violations: [] }, scenario.id);
  }
});

test('every shared scenario runs without an exception or a broken rule, and those that agreed agree still', { skip: shared.skip }, async (context) => {
  const differing = new Map<string, Agreement>();
  const scenarios = readCorpus(shared.url);
  for (const scenario of scenarios) {
    const agreement = await play(scenario);
    if (!agrees(agreement)) differing.set(scenario.id, agreement);
  }

  const lost = floor.filter((id) => differing.has(id)).map((id) => ({ id, ...differing.get(id) }));
  assert.deepEqual(lost, []);
  const gained = scenarios.map(({ id }) => id).filter((id) => !differing.has(id) && !floor.includes(id));
  context.diagnostic(`${scenarios.length - differing.size} of ${scenarios.length} agree${gained.length === 0 ? '' : `; add to the floor: ${gained.join(' ')}`}`);
});
