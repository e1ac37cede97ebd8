import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseState, parseThrownState } from '../../local/durable/action-list.ts';
import type { OrchestratorState } from '../../local/durable/action-list.ts';
import { eventTypes } from '../../local/durable/history.ts';
import type { HistoryEvent } from '../../local/durable/history.ts';
import { replay } from '../../local/durable/replay.ts';
import type { Replay } from '../../local/durable/replay.ts';

const DAY = 86_400_000;
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

function stateOf(actions: readonly object[], rest: object = {}): OrchestratorState {
  const parsed = parseState({ isDone: false, actions: [actions], schemaVersion: 3, ...rest });
  assert.ok(parsed.kind === 'state', JSON.stringify(parsed));
  return parsed.state;
}

function replayed(state: OrchestratorState, events: readonly HistoryEvent[]): Replay {
  return replay(state, [started(0), begun, ...events], {
    orchestration: 'o',
    knownActivities: new Set(['a', 'b']),
    knownOrchestrations: new Set(['kid']),
    shortTimerMaxMs: 6 * DAY,
    timerSegmentMs: 3 * DAY,
    strictness: 'azure',
  });
}

const head = { EventId: -1, Timestamp: at(0) };
const begun: HistoryEvent = { ...head, EventType: eventTypes.executionStarted, Name: 'o', Version: null, Input: null, OrchestrationInstance: { InstanceId: 'i', ExecutionId: 'e' }, ParentInstance: null };
const started = (minute: number): HistoryEvent => ({ ...head, EventType: eventTypes.orchestratorStarted, Timestamp: at(minute) });
const raised = (name: string): HistoryEvent => ({ ...head, EventType: eventTypes.eventRaised, Name: name, Input: '1' });
const scheduled = (id: number, name: string): HistoryEvent => ({ ...head, EventId: id, EventType: eventTypes.taskScheduled, Name: name, Input: '[1]' });
const completed = (id: number): HistoryEvent => ({ ...head, EventType: eventTypes.taskCompleted, TaskScheduledId: id, Result: '1' });
const failed = (id: number): HistoryEvent => ({ ...head, EventType: eventTypes.taskFailed, TaskScheduledId: id, Reason: 'r', Details: '' });
const timerCreated = (id: number): HistoryEvent => ({ ...head, EventId: id, EventType: eventTypes.timerCreated, FireAt: at(0) });
const timerFired = (id: number): HistoryEvent => ({ ...head, EventType: eventTypes.timerFired, TimerId: id, FireAt: at(0) });

const call = (name: string): object => ({ actionType: 0, functionName: name, input: { n: 1 } });
const wait = (name: string): object => ({ actionType: 6, externalEventName: name });
const timer = (minute: number, rest: object = {}): object => ({ actionType: 5, fireAt: at(minute), isCanceled: false, ...rest });
const any = (...compoundActions: object[]): object => ({ actionType: 11, compoundActions });
const all = (...compoundActions: object[]): object => ({ actionType: 12, compoundActions });
const retry = (name: string, attempts: number): object => ({ actionType: 1, functionName: name, input: {}, retryOptions: { firstRetryIntervalInMilliseconds: 60_000, maxNumberOfAttempts: attempts, backoffCoefficient: 2 } });

const ids = (result: Replay): readonly string[] => result.decisions.map((decision) => `${decision.id} ${decision.kind}`);

test('an action is asked for only when the one before it is finished', () => {
  const state = stateOf([call('a'), call('b')]);

  assert.deepEqual(ids(replayed(state, [])), ['0 activity']);
  assert.deepEqual(ids(replayed(state, [scheduled(0, 'a')])), []);
  assert.deepEqual(ids(replayed(state, [scheduled(0, 'a'), completed(0)])), ['1 activity']);
});

test('children of a compound are numbered in order, event waits not at all', () => {
  const state = stateOf([all(call('a'), any(wait('e'), timer(5)), call('b'))]);

  assert.deepEqual(ids(replayed(state, [])), ['0 activity', '1 timer', '2 activity']);
});

test('"all" waits for every child, also after one failed, as the extension does', () => {
  const state = stateOf([all(call('a'), call('b')), call('a')], { isDone: false });
  const events = [scheduled(0, 'a'), scheduled(1, 'b'), failed(0)];

  assert.deepEqual(ids(replayed(state, events)), []);
  assert.deepEqual(ids(replayed(state, [...events, completed(1)])), ['2 activity']);
});

test('a retried activity takes a number for each attempt and each timer, and one more timer after the last', () => {
  const state = stateOf([retry('a', 2), call('b')]);
  const first = [scheduled(0, 'a'), started(1), failed(0)];
  const second = [...first, timerCreated(1), started(2), timerFired(1), scheduled(2, 'a'), failed(2)];

  assert.deepEqual(replayed(state, first).decisions, [{ kind: 'timer', id: 1, fireAt: Date.UTC(2026, 0, 1, 0, 2) }]);
  assert.deepEqual(replayed(state, second).decisions, [{ kind: 'timer', id: 3, fireAt: Date.UTC(2026, 0, 1, 0, 2) }]);
  assert.deepEqual(ids(replayed(state, [...second, timerCreated(3), timerFired(3)])), ['4 activity']);
});

test('of two waits for one name the newest gets the event', () => {
  const state = stateOf([any(wait('e'), timer(5)), any(wait('e'), timer(9, { isCanceled: true })), wait('e')]);
  const events = [timerCreated(0), timerFired(0), timerCreated(1), raised('E')];
  const result = replayed({ ...state, isDone: true }, events);

  assert.equal(result.outcome.kind, 'completed', 'the third wait is the newest and finishes the list');
});

test('a finished list with an open task is not an end', () => {
  const state = { ...stateOf([any(wait('e'), timer(5))]), isDone: true };

  assert.equal(replayed(state, [timerCreated(0), raised('e')]).outcome.kind, 'running');
  assert.equal(replayed(state, [timerCreated(0), raised('e'), timerFired(0)]).outcome.kind, 'completed');
});

test('events after continueAsNew are carried over, unawaited ones before it are lost', () => {
  const state = { ...stateOf([wait('go'), { actionType: 4, input: { n: 2 } }]), isDone: true };

  const { outcome } = replayed(state, [raised('early'), raised('go'), raised('late')]);

  assert.ok(outcome.kind === 'continued-as-new');
  assert.deepEqual([outcome.inputJson, outcome.lostEvents, outcome.carriedOver.map(({ Name }) => Name)], ['{"n":2}', ['early'], ['late']]);
});

test('a history the list does not explain is a failure that names the task', () => {
  const outcome = replayed(stateOf([call('b')]), [scheduled(0, 'a')]).outcome;

  assert.deepEqual(outcome, { kind: 'failed', reason: 'Non-deterministic workflow detected: history has activity a as task 0, the orchestrator now asks for activity b.' });
});

test('while suspended nothing new is decided; resumed, all that came is taken in order', () => {
  const state = stateOf([call('a'), call('b')]);
  const suspended: HistoryEvent = { ...head, EventType: eventTypes.executionSuspended, Input: '' };
  const resumed: HistoryEvent = { ...head, EventType: eventTypes.executionResumed, Input: '' };
  const events = [scheduled(0, 'a'), suspended, completed(0)];

  assert.deepEqual([replayed(state, events).outcome.kind, ids(replayed(state, events))], ['suspended', []]);
  assert.deepEqual(ids(replayed(state, [...events, resumed])), ['1 activity']);
});

const refused: readonly { readonly what: string; readonly state: unknown; readonly code: string; readonly says: RegExp }[] = [
  { what: 'callHttp', state: { isDone: false, schemaVersion: 3, actions: [[{ actionType: 8 }]] }, code: 'not-implemented-locally', says: /callHttp/ },
  { what: 'df.lock inside a compound', state: { isDone: false, schemaVersion: 3, actions: [[any({ actionType: 13 })]] }, code: 'not-implemented-locally', says: /df\.lock/ },
  { what: 'an unknown action', state: { isDone: false, schemaVersion: 3, actions: [[{ actionType: 99 }]] }, code: 'unreadable-state', says: /actionType/ },
  { what: 'another schema', state: { isDone: false, schemaVersion: 0, actions: [[]] }, code: 'unreadable-state', says: /schemaVersion/ },
  { what: 'a timer without a moment', state: { isDone: false, schemaVersion: 3, actions: [[timer(0, { fireAt: 'soon' })]] }, code: 'unreadable-state', says: /fireAt/ },
  { what: 'no object', state: 7, code: 'unreadable-state', says: /state/ },
];
for (const { what, state, code, says } of refused) {
  test(`${what} is refused with ${code}`, () => {
    const parsed = parseState(state);

    assert.ok(parsed.kind === 'refused');
    assert.equal(parsed.code, code);
    assert.match(parsed.message, says);
  });
}

test('a thrown state is read from behind the mark', () => {
  const state = { isDone: false, actions: [[call('a')]], schemaVersion: 3, error: 'kaput' };
  const parsed = parseThrownState(`false\n\n$OutOfProcData$:${JSON.stringify(state)}`);

  assert.ok(parsed?.kind === 'state');
  assert.equal(parsed.state.error, 'kaput');
  assert.equal(parseThrownState('kaput'), null);
});
