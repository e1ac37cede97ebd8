import { readFileSync } from 'node:fs';
import { parseJson } from '../domain/json.ts';
import { agrees, compareScenario, type Agreement, type ScenarioResult } from '../sim/scenario-agreement.ts';
import { readScenario, type Scenario } from '../sim/scenario.ts';
import type { Command, CommandIo } from './command.ts';
import { printable, renderCount, renderFault, renderTable } from './print.ts';
import { loadSimulation } from './simulation.ts';

/** `slackwater scenario`: plays scenarios through the whole service on a simulated cluster and compares them with what they expect. */
export const scenarioCommand: Command = {
  name: 'scenario',
  summary: 'Play scenarios of a file through the whole service in virtual time and compare with what they expect.',
  usage: 'FILE.jsonl [--id ID]',
  options: { id: { type: 'string', value: 'ID', help: 'Play only the scenario of this id.' } },
  notes: [
    'With -o json one line per scenario: preflight, decision, final, events, report, ARM writes, broken invariants.',
    'Exit code 0: all agree (json: all were played); 2: one differs or breaks an invariant; 1: the file cannot be read.',
  ],
  async run(args, io) {
    const [file, ...surplus] = args.positionals;
    if (file === undefined || surplus.length > 0) {
      io.printError('slackwater scenario: name one file of scenarios, one JSON object a line.');
      return 1;
    }
    const scenarios = readFile(file, io)?.filter(({ id }) => (args.values.get('id') ?? id) === id) ?? null;
    if (scenarios === null) return 1;
    if (scenarios.length === 0) {
      io.printError(`slackwater scenario: ${file} holds no ${args.values.has('id') ? `scenario ${args.values.get('id')}` : 'scenario'}.`);
      return 1;
    }
    const runner = await loadSimulation('scenario', io, () => import('../local/scenario/run-scenario.ts'));
    if (runner === null) return 1;
    const rows: (readonly string[])[] = [];
    let differs = 0;
    let broken = 0;
    for (const scenario of scenarios) {
      const result = await runner.runScenario(scenario);
      const agreement = compareScenario(scenario, result);
      if (!agrees(agreement)) differs += 1;
      if (result.violations.length > 0) broken += 1;
      if (args.output === 'json') io.print(JSON.stringify(result));
      else rows.push(rowOf(result, agreement));
    }
    if (args.output === 'json') return broken > 0 ? 2 : 0;
    io.print(renderTable([['scenario', 'preflight', 'decision', 'final', 'invariants', 'differs in'], ...rows]));
    io.print(`\n${scenarios.length - differs} of ${renderCount(scenarios.length, { one: 'scenario', many: 'scenarios' })} agree.`);
    return differs > 0 ? 2 : 0;
  },
};

/** Reads every line, or tells every fault of every line and gives null. */
function readFile(file: string, io: CommandIo): readonly Scenario[] | null {
  const text = readText(file);
  if (text === null) {
    io.printError(`slackwater scenario: ${file} cannot be read. Name a file of scenarios, one JSON object a line.`);
    return null;
  }
  const reads = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [{ place: `${file}:${index + 1}`, read: readScenario(parseJson(line)) }]));
  const faults = reads.flatMap(({ place, read }) => (read.ok ? [] : read.faults.map((fault) => renderFault(fault, place))));
  if (faults.length === 0) return reads.flatMap(({ read }) => (read.ok ? [read.value] : []));
  for (const fault of faults) io.printError(fault);
  return null;
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function rowOf({ id }: ScenarioResult, agreement: Agreement): readonly string[] {
  const { preflight, decision, final, violations } = agreement;
  const cell = (differences: readonly string[]): string => (differences.length === 0 ? 'agrees' : 'differs');
  return [id, cell(preflight), cell(decision), cell(final), violations.length === 0 ? 'hold' : 'broken', printable([...preflight, ...decision, ...final, ...violations].join(' · '))];
}
