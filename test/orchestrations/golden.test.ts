import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { recorded } from '../../adapters/trust-boundary.ts';
import { parseJson, textAt } from '../../domain/json.ts';
import { eventTypes, type HistoryEvent, type PendingEvent } from '../../local/durable/history.ts';
import { runTurn, type DurableFunctions, type Turn } from '../../local/durable/turn.ts';
import { installCoreApi } from '../../local/functions-host/core-api.ts';
import { durableFunctions } from '../../local/functions-host/durable-invocations.ts';
import { goldenNights, type RecordedExecution } from './golden-nights.ts';

const folder = new URL('./golden/', import.meta.url);
const advice =
  'This change alters what a recorded history means. A run that an older version began would break, or do something else than it began. Either keep the old orchestration for old runs and give the new one a new version ' +
  '(docs/operations.md, "Orchestration versions"), or, if runs under way may take the change (a field more in an input, a word in a status), record again: node test/orchestrations/record-golden.ts.';

let functions: DurableFunctions | null = null;

before(async () => {
  const core = installCoreApi();
  await import('../../local/rehearsal/rehearsal-app.ts');
  await core.start();
  functions = durableFunctions({ core, functions: [...core.functions.values()], extraInputs: () => ({}) });
});

function readGolden(name: string): readonly RecordedExecution[] {
  const lines = gunzipSync(readFileSync(new URL(name, folder))).toString('utf8').split('\n');
  return lines.map((line) => recorded<RecordedExecution>(JSON.parse(line)));
}

/** What an execution decided, in the order of its tasks: activities and children with their input, timers with their moment. */
function decidedIn(events: readonly HistoryEvent[]): readonly string[] {
  const found = events.flatMap((event): readonly (readonly [number, string])[] => {
    if (event.EventType === eventTypes.taskScheduled) return [[event.EventId, `activity ${event.Name} ${event.Input}`]];
    if (event.EventType === eventTypes.childCreated) return [[event.EventId, `child ${event.Name} ${event.InstanceId} ${event.Input}`]];
    return event.EventType === eventTypes.timerCreated ? [[event.EventId, `timer ${event.FireAt}`]] : [];
  });
  return found.toSorted(([one], [other]) => one - other).map(([, text]) => text);
}

function decidedBy(turn: Turn): readonly string[] {
  // Unconfirmed, the turn's own confirmations name every decision since the start.
  return decidedIn(turn.events);
}

/** Today's orchestrator over a whole recorded history, without what the history says of its decisions. */
async function replayed({ orchestration, instanceId, events }: RecordedExecution): Promise<Turn> {
  const confirmations: readonly number[] = [eventTypes.taskScheduled, eventTypes.childCreated, eventTypes.timerCreated];
  const lastTurn = events.findLastIndex(({ EventType }) => EventType === eventTypes.orchestratorStarted);
  const told = (from: number, to: number): readonly HistoryEvent[] => events.slice(from, to).filter(({ EventType }) => !confirmations.includes(EventType));
  const inbox: readonly PendingEvent[] = told(lastTurn + 1, events.length).filter(({ EventType }) => EventType !== eventTypes.orchestratorCompleted);
  const start = events.find((event) => event.EventType === eventTypes.executionStarted);
  assert.ok(start?.EventType === eventTypes.executionStarted && functions !== null);
  const instance = {
    instanceId, executionId: start.OrchestrationInstance.ExecutionId, name: orchestration, version: start.Version, runtimeStatus: 'Running' as const, inputJson: start.Input, outputJson: null, customStatusJson: null,
    createdAt: 0, lastUpdatedAt: 0, parent: null,
  };
  return runTurn({ instance, past: told(0, lastTurn), inbox, now: Date.parse(events[lastTurn]?.Timestamp ?? '') }, functions, { strictness: 'strict', drift: 'off' });
}

const ended: readonly string[] = ['completed', 'continued-as-new'];

describe('what today\'s orchestrations make of recorded histories', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz'));

  test('of every golden night there is one', () => {
    assert.deepEqual(files.map((name) => name.replace('.jsonl.gz', '')).sort(), Object.keys(goldenNights).sort());
    const names = new Set(files.flatMap((name) => readGolden(name).map(({ orchestration }) => orchestration)));
    assert.deepEqual([...names].sort(), ['cleanUp', 'controlPlaneUpgrade', 'maintenanceWindow', 'nodePoolUpgrade']);
  });

  for (const name of files) {
    test(`${name.replace('.jsonl.gz', '')}: the same decisions, inputs, moments and ends`, async () => {
      for (const execution of readGolden(name)) {
        const turn = await replayed(execution);
        const wanted = decidedIn(execution.events);
        const got = decidedBy(turn);
        const at = wanted.findIndex((each, index) => each !== got[index]);

        const differs = at >= 0 ? `task ${at} was ${wanted[at]?.slice(0, 400)}, and is ${got[at]?.slice(0, 400) ?? 'nothing'}` : got.length > wanted.length ? `after its last task comes ${got[wanted.length]?.slice(0, 400)}` : '';
        assert.ok(differs === '' && ended.includes(turn.outcome.kind), `${execution.orchestration} ${execution.instanceId}: ${differs || JSON.stringify(turn.outcome).slice(0, 600)}. ${advice}`);
      }
    });
  }

  test('a task that moved, an input that changed and an end that came earlier are found', async () => {
    const [execution = assert.fail()] = readGolden('quiet.jsonl.gz').filter(({ orchestration }) => orchestration === 'controlPlaneUpgrade');
    const renamed = { ...execution, orchestration: 'cleanUp' };
    const turn = await replayed(renamed);
    assert.notDeepEqual(decidedBy(turn), decidedIn(execution.events));
    const other = execution.events.map((event) => (event.EventType === eventTypes.executionStarted ? { ...event, Input: (event.Input ?? '').replace('"attempt":1', '"attempt":2') } : event));
    const changed = await replayed({ ...execution, events: other });
    assert.notDeepEqual(decidedBy(changed), decidedIn(execution.events));
    const shortened = { ...execution, events: execution.events.slice(0, Math.floor(execution.events.length / 2)) };
    assert.equal((await replayed({ ...shortened, events: shortened.events.slice(0, shortened.events.findLastIndex(({ EventType }) => EventType === eventTypes.orchestratorCompleted) + 1) })).outcome.kind, 'running');
  });

  test('they were recorded by the version that host.json gives to new runs', () => {
    const version = textAt(parseJson(readFileSync(new URL('../../host.json', import.meta.url), 'utf8')), 'extensions', 'durableTask', 'defaultVersion');
    const versions = new Set(files.flatMap((name) => readGolden(name).flatMap(({ events }) => events.flatMap((event) => (event.EventType === eventTypes.executionStarted ? [event.Version] : [])))));

    assert.match(version ?? '', /^[1-9]\d*$/);
    assert.deepEqual([...versions], [version]);
  });
});
