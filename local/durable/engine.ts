import { randomUUID } from 'node:crypto';
import type { Instant } from '../../domain/time.ts';
import type { HostClock, Scheduled } from '../clock.ts';
import { eventTypes } from './history.ts';
import type { HistoryEvent, PendingEvent } from './history.ts';
import { isFinished } from './instance.ts';
import type { DurableEngine, InstanceAnswer, InstanceFilter, InstanceRecord, InstanceStatistics } from './instance.ts';
import type { ActivityRow, DurableStore } from './store.ts';
import { commitTurn, startInstance } from './turn-commit.ts';
import { runTurn } from './turn.ts';
import type { ActivityAnswer, DurableFunctions, Turn, TurnOptions } from './turn.ts';

interface EngineOptions extends TurnOptions {
  readonly clock: HostClock;
  readonly store: DurableStore;
  readonly functions: DurableFunctions;
  /** Given to instances started without a version (host.json `durableTask.defaultVersion`). */
  readonly defaultVersion: string | null;
  readonly concurrentOrchestratorsMax: number;
  readonly concurrentActivitiesMax: number;
  /** Told of the rows each turn added, once they are committed. */
  readonly onRecorded?: (instance: InstanceRecord, events: readonly HistoryEvent[]) => void;
  readonly log: (level: 'info' | 'warn' | 'error', code: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Characters an instance id may not hold, and `@` first, as the extension rules. */
const INVALID_INSTANCE_ID = /^@|[/\\#?\p{Cc}]/u;
const INSTANCE_ID_LENGTH_MAX = 256;

/**
 * Runs durable functions over a store: inbox, turns, activities at least once, timers.
 *
 * Whatever a killed process had not committed is done again by the next one. Nothing runs before {@link LocalEngine.run}.
 */
export class LocalEngine implements DurableEngine {
  readonly #options: EngineOptions;
  readonly #turnsInProgress = new Set<string>();
  readonly #activitiesInProgress = new Set<number>();
  #state: 'stopped' | 'running' | 'closed' | 'killed' = 'stopped';
  #alarm: { readonly at: Instant; readonly scheduled: Scheduled } | null = null;
  #pumpRequested: 'yes' | 'no' = 'no';

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Begins to work off what is due; overdue timers fire now. */
  run(): void {
    this.#state = 'running';
    this.#requestPump();
  }

  start(request: Parameters<DurableEngine['start']>[0]): ReturnType<DurableEngine['start']> {
    const instanceId = request.instanceId ?? randomUUID().replaceAll('-', '');
    if (INVALID_INSTANCE_ID.test(instanceId) || instanceId.length > INSTANCE_ID_LENGTH_MAX) return { kind: 'invalid-id' };
    if (!this.#options.functions.orchestrations.has(request.name)) return { kind: 'unknown-function' };
    const { store, defaultVersion } = this.#options;
    const present = store.readInstance(instanceId);
    if (present !== null && !isFinished(present.runtimeStatus)) return { kind: 'conflict' };
    store.transaction(() => {
      const version = request.version ?? defaultVersion;
      startInstance(store, { instanceId, name: request.name, inputJson: request.inputJson, version, parent: null, now: this.#options.clock.now() });
    });
    this.#requestPump();
    return { kind: 'started', instanceId };
  }

  raiseEvent(instanceId: string, name: string, payloadJson: string): InstanceAnswer {
    return this.#send(instanceId, { EventType: eventTypes.eventRaised, EventId: -1, Name: name, Input: payloadJson });
  }

  terminate(instanceId: string, reason: string): InstanceAnswer {
    return this.#send(instanceId, { EventType: eventTypes.executionTerminated, EventId: -1, Input: reason });
  }

  suspend(instanceId: string, reason: string): InstanceAnswer {
    if (this.read(instanceId)?.runtimeStatus === 'Suspended') return 'already-so';
    return this.#send(instanceId, { EventType: eventTypes.executionSuspended, EventId: -1, Input: reason });
  }

  resume(instanceId: string, reason: string): InstanceAnswer {
    const instance = this.read(instanceId);
    if (instance !== null && !isFinished(instance.runtimeStatus) && instance.runtimeStatus !== 'Suspended') return 'already-so';
    return this.#send(instanceId, { EventType: eventTypes.executionResumed, EventId: -1, Input: reason });
  }

  purge(instanceId: string): InstanceAnswer {
    const instance = this.read(instanceId);
    if (instance === null) return 'not-found';
    if (!isFinished(instance.runtimeStatus)) return 'already-so';
    this.#options.store.transaction(() => this.#options.store.deleteInstance(instanceId));
    return 'accepted';
  }

  read(instanceId: string): InstanceRecord | null {
    return this.#options.store.readInstance(instanceId);
  }

  list(filter: InstanceFilter = {}): readonly InstanceRecord[] {
    return this.#options.store.listInstances(filter);
  }

  statistics(): readonly InstanceStatistics[] {
    return this.#options.store.statistics();
  }

  kill(): void {
    this.#state = 'killed';
    this.#alarm?.scheduled.cancel();
    this.#options.store.close();
  }

  async close(): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'killed') return;
    this.#state = 'closed';
    this.#alarm?.scheduled.cancel();
    while (this.#turnsInProgress.size > 0 || this.#activitiesInProgress.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    this.#options.store.close();
  }

  #send(instanceId: string, event: PendingEvent): InstanceAnswer {
    const { store, clock } = this.#options;
    const instance = store.readInstance(instanceId);
    if (instance === null) return 'not-found';
    if (isFinished(instance.runtimeStatus)) return 'finished';
    store.insertMessage({ instanceId, executionId: null, dueAt: clock.now(), event });
    this.#requestPump();
    return 'accepted';
  }

  /** One pump for all that happened in this turn of the event loop. It counts as in flight until it ran. */
  #requestPump(): void {
    if (this.#state !== 'running' || this.#pumpRequested === 'yes') return;
    this.#pumpRequested = 'yes';
    const end = this.#options.clock.inFlight.begin('durable engine');
    setImmediate(() => {
      this.#pumpRequested = 'no';
      try {
        if (this.#state === 'running') this.#pump();
      } finally {
        end();
      }
    });
  }

  #pump(): void {
    const { store, clock, concurrentActivitiesMax, concurrentOrchestratorsMax } = this.#options;
    const now = clock.now();
    for (const instanceId of store.instancesDue(now)) {
      if (this.#turnsInProgress.size >= concurrentOrchestratorsMax) break;
      if (!this.#turnsInProgress.has(instanceId)) this.#beginTurn(instanceId);
    }
    for (const activity of store.listActivities()) {
      if (this.#activitiesInProgress.size >= concurrentActivitiesMax) break;
      if (!this.#activitiesInProgress.has(activity.id)) this.#beginActivity(activity);
    }
    this.#setAlarm(store.nextDueAt(now));
  }

  #setAlarm(at: Instant | null): void {
    if (this.#alarm !== null && this.#alarm.at === at) return;
    this.#alarm?.scheduled.cancel();
    this.#alarm = null;
    if (at === null) return;
    const scheduled = this.#options.clock.schedule(at, () => {
      this.#alarm = null;
      this.#requestPump();
    });
    this.#alarm = { at, scheduled };
  }

  #beginTurn(instanceId: string): void {
    this.#turnsInProgress.add(instanceId);
    void this.#options.clock.inFlight.track(
      'orchestrator turn',
      this.#turn(instanceId)
        .catch((error: unknown) => this.#halt('durable.turn-not-recorded', { instanceId }, error))
        .finally(() => {
          this.#turnsInProgress.delete(instanceId);
          this.#requestPump();
        }),
    );
  }

  async #turn(instanceId: string): Promise<void> {
    const { store, clock, functions, log } = this.#options;
    const now = clock.now();
    const inbox = store.dueMessages(instanceId, now);
    const instance = store.readInstance(instanceId);
    const present = instance === null || isFinished(instance.runtimeStatus) ? [] : inbox.filter(({ executionId }) => executionId === null || executionId === instance.executionId);
    if (instance === null || present.length === 0) {
      store.deleteMessages(inbox);
      return;
    }
    const past = store.readHistory(instanceId);
    const turn: Turn = await runTurn({ instance, past, inbox: present.map(({ event }) => event), now }, functions, this.#options);
    if (this.#isKilled()) return;
    store.transaction(() => {
      store.deleteMessages(inbox);
      store.appendHistory(instanceId, past.length, turn.events);
      commitTurn(store, instance, turn, now);
    });
    this.#options.onRecorded?.(instance, turn.events);
    const { outcome } = turn;
    if (outcome.kind === 'failed') log('error', 'durable.instance-failed', { instanceId, orchestration: instance.name, reason: outcome.reason });
    if (outcome.kind === 'continued-as-new' && outcome.lostEvents.length > 0) {
      log('warn', 'durable.events-lost', { instanceId, events: outcome.lostEvents, why: 'received but not awaited before continueAsNew' });
    }
  }

  #beginActivity(activity: ActivityRow): void {
    this.#activitiesInProgress.add(activity.id);
    void this.#options.clock.inFlight.track(
      'activity',
      this.#activity(activity)
        .catch((error: unknown) => this.#halt('durable.activity-not-recorded', { activity: activity.name, instanceId: activity.instanceId }, error))
        .finally(() => {
          this.#activitiesInProgress.delete(activity.id);
          this.#requestPump();
        }),
    );
  }

  async #activity(activity: ActivityRow): Promise<void> {
    const { store, clock, functions } = this.#options;
    const answer = functions.activities.has(activity.name)
      ? await functions.invokeActivity(activity.name, activity.inputJson, activity.instanceId)
      : { kind: 'failed' as const, reason: `Activity function '${activity.name}' failed: it is not registered`, details: '' };
    if (this.#isKilled()) return;
    store.transaction(() => {
      store.deleteActivity(activity.id);
      store.countActivityExecution(activity.instanceId);
      const { instanceId, executionId } = activity;
      store.insertMessage({ instanceId, executionId, dueAt: clock.now(), event: toCompletion(activity.taskId, answer) });
    });
  }

  /** Asked after each await: a kill may have come meanwhile. */
  #isKilled(): boolean {
    return this.#state === 'killed';
  }

  /** The store refused: going on could do work twice and call it once. What is due stays due for the next process. */
  #halt(code: string, fields: Readonly<Record<string, unknown>>, error: unknown): void {
    if (this.#state === 'running') this.#state = 'stopped';
    this.#options.log('error', code, { ...fields, error: error instanceof Error ? error.message : String(error), remedy: 'The engine has stopped. Free the database and start the host again.' });
  }
}

function toCompletion(taskId: number, answer: ActivityAnswer): PendingEvent {
  return answer.kind === 'completed'
    ? { EventType: eventTypes.taskCompleted, EventId: -1, TaskScheduledId: taskId, Result: answer.resultJson }
    : { EventType: eventTypes.taskFailed, EventId: -1, TaskScheduledId: taskId, Reason: answer.reason, Details: answer.details };
}
