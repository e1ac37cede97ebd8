import { parseJson } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { DAY_MS } from '../../domain/time.ts';
import type { Instant } from '../../domain/time.ts';
import type { StateParse } from './action-list.ts';
import { findDrift } from './drift.ts';
import type { SdkOpenTask } from './drift.ts';
import { eventTypes } from './history.ts';
import type { HistoryEvent, PendingEvent } from './history.ts';
import type { InstanceRecord } from './instance.ts';
import { replay } from './replay.ts';
import type { Decision, TurnOutcome } from './replay.ts';

/** What an orchestrator function answered. */
export interface OrchestratorAnswer {
  /** Null: it threw without a state, which is a failure of the app's plumbing. */
  readonly state: StateParse | null;
  /** The error's message when it threw; empty otherwise. */
  readonly error: string;
  readonly sdkOpenTasks: readonly SdkOpenTask[] | null;
}

/** What an activity function answered. */
export type ActivityAnswer =
  | { readonly kind: 'completed'; readonly resultJson: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly details: string };

/** The app's durable functions, as the engine calls them. */
export interface DurableFunctions {
  readonly activities: ReadonlySet<string>;
  readonly orchestrations: ReadonlySet<string>;
  /** Never rejects. */
  invokeOrchestrator(name: string, binding: JsonRecord): Promise<OrchestratorAnswer>;
  /** Never rejects. */
  invokeActivity(name: string, inputJson: string, instanceId: string): Promise<ActivityAnswer>;
}

export interface TurnOptions {
  readonly strictness: 'azure' | 'strict';
  readonly drift: 'off' | 'assert';
}

/** What one turn adds. */
export interface Turn {
  /** To be appended to the history, in order. */
  readonly events: readonly HistoryEvent[];
  readonly decisions: readonly Decision[];
  readonly outcome: TurnOutcome;
  /** Null: leave the status as it is. */
  readonly customStatusJson: string | null;
}

/** Azure Storage's limits: a longer timer is made of segments. */
const SHORT_TIMER_MAX_MS = 6 * DAY_MS;
const TIMER_SEGMENT_MS = 3 * DAY_MS;

/** Runs one turn: the past and the inbox go to the orchestrator, its list is replayed, the difference is the turn. */
export async function runTurn(
  work: { readonly instance: InstanceRecord; readonly past: readonly HistoryEvent[]; readonly inbox: readonly PendingEvent[]; readonly now: Instant },
  functions: DurableFunctions,
  options: TurnOptions,
): Promise<Turn> {
  const { instance, past, inbox, now } = work;
  const moment = toIso(now);
  const starts = inbox.filter((event) => event.EventType === eventTypes.executionStarted);
  const others = inbox.filter((event) => event.EventType !== eventTypes.executionStarted);
  const fresh: readonly HistoryEvent[] = [{ EventType: eventTypes.orchestratorStarted, EventId: -1 } as const, ...starts, ...others].map((event) => ({ ...event, Timestamp: moment }));
  const end: HistoryEvent = { EventType: eventTypes.orchestratorCompleted, EventId: -1, Timestamp: moment };

  const termination = others.find((event) => event.EventType === eventTypes.executionTerminated);
  if (termination?.EventType === eventTypes.executionTerminated) {
    return { events: [...fresh, end], decisions: [], outcome: { kind: 'terminated', reason: termination.Input }, customStatusJson: null };
  }
  const answer = await functions.invokeOrchestrator(instance.name, toBinding(instance, past, fresh));
  if (answer.state === null || answer.state.kind === 'refused') {
    const reason = answer.state === null ? answer.error : `${answer.state.code}: ${answer.state.message}`;
    return { events: [...fresh, end], decisions: [], outcome: { kind: 'failed', reason: `Orchestrator function '${instance.name}' failed: ${reason}` }, customStatusJson: null };
  }
  const { state } = answer.state;
  const replayed = replay(state, [...past, ...fresh], {
    orchestration: instance.name,
    knownActivities: functions.activities,
    knownOrchestrations: functions.orchestrations,
    shortTimerMaxMs: SHORT_TIMER_MAX_MS,
    timerSegmentMs: TIMER_SEGMENT_MS,
    strictness: options.strictness,
  });
  // The SDK stops reading history once it is done, so only a turn in progress can be compared.
  const isComparable = options.drift === 'assert' && replayed.outcome.kind === 'running' && !state.isDone && state.error === null;
  const differences = isComparable && answer.sdkOpenTasks !== null ? findDrift(replayed.openTasks, answer.sdkOpenTasks) : [];
  const outcome: TurnOutcome = differences.length === 0 ? replayed.outcome : { kind: 'failed', reason: `drift-detected: ${differences.join('; ')}.` };
  const decisions = differences.length === 0 ? replayed.decisions : [];
  return {
    events: [...fresh, ...decisions.map((decision) => toConfirmation(decision, instance, moment)), end],
    decisions,
    outcome,
    customStatusJson: state.customStatusJson,
  };
}

/** The id a child gets when its parent named none. */
export function childInstanceId(instance: InstanceRecord, decision: Extract<Decision, { readonly kind: 'child' }>): string {
  return decision.call.instanceId ?? `${instance.executionId}:${decision.id}`;
}

/** ISO 8601 in UTC with milliseconds. */
export function toIso(at: Instant): string {
  return new Date(at).toISOString();
}

function toConfirmation(decision: Decision, instance: InstanceRecord, moment: string): HistoryEvent {
  const head = { EventId: decision.id, Timestamp: moment };
  switch (decision.kind) {
    case 'activity':
      return { ...head, EventType: eventTypes.taskScheduled, Name: decision.name, Input: `[${decision.inputJson}]` };
    case 'child':
      return {
        ...head,
        EventType: eventTypes.childCreated,
        Name: decision.call.name,
        InstanceId: childInstanceId(instance, decision),
        Input: decision.call.inputJson,
      };
    case 'timer':
      return { ...head, EventType: eventTypes.timerCreated, FireAt: toIso(decision.fireAt) };
  }
}

/** The orchestration trigger's payload; the misspelling is the protocol's. */
function toBinding(instance: InstanceRecord, past: readonly HistoryEvent[], fresh: readonly HistoryEvent[]): JsonRecord {
  return {
    history: [...past.map((event) => ({ ...event, IsPlayed: true })), ...fresh.map((event) => ({ ...event, IsPlayed: false }))],
    input: instance.inputJson === null ? null : parseJson(instance.inputJson),
    instanceId: instance.instanceId,
    isReplaying: past.length > 0,
    parentInstanceId: instance.parent?.instanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
}
