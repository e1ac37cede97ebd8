import type { Instant } from '../../domain/time.ts';
import type { Action, Call, OrchestratorState, Retry } from './action-list.ts';
import { eventTypes } from './history.ts';
import type { HistoryEvent } from './history.ts';

/** New work an orchestrator decided on. `id` is the task's number within the execution. */
export type Decision =
  | { readonly kind: 'activity'; readonly id: number; readonly name: string; readonly inputJson: string }
  | { readonly kind: 'child'; readonly id: number; readonly call: Call }
  | { readonly kind: 'timer'; readonly id: number; readonly fireAt: Instant };

/** A task that is scheduled and not yet finished. */
export interface OpenTask {
  readonly id: number;
  readonly kind: Decision['kind'];
  /** Function name; empty for timers. */
  readonly name: string;
}

type EventRaised = Extract<HistoryEvent, { readonly EventType: typeof eventTypes.eventRaised }>;

/** Where the execution stands after the history was replayed. */
export type TurnOutcome =
  | { readonly kind: 'running' }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'completed'; readonly outputJson: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'terminated'; readonly reason: string }
  | {
      readonly kind: 'continued-as-new';
      readonly inputJson: string;
      /** Came after the call: the next execution gets them. */
      readonly carriedOver: readonly EventRaised[];
      /** Came before and were never awaited: lost, as on Azure. */
      readonly lostEvents: readonly string[];
    };

export interface Replay {
  /** Decisions no history event confirms yet; none while suspended or after the end. */
  readonly decisions: readonly Decision[];
  readonly outcome: TurnOutcome;
  readonly openTasks: readonly OpenTask[];
}

interface ReplayOptions {
  readonly orchestration: string;
  readonly knownActivities: ReadonlySet<string>;
  readonly knownOrchestrations: ReadonlySet<string>;
  /** A longer timer is made of segments. Unit: milliseconds. */
  readonly shortTimerMaxMs: number;
  readonly timerSegmentMs: number;
  /** `strict` fails what Azure accepts and later punishes: bare scalars to activities, retry timeouts, cancelled long timers. */
  readonly strictness: 'azure' | 'strict';
}

/** Largest custom status. Unit: bytes of UTF-16. The extension throws above it, whatever the mode. */
const CUSTOM_STATUS_BYTES_MAX = 16 * 1024;

/** Something the action list waits for. */
interface Node {
  isDone(): boolean;
}

/**
 * Replays an orchestrator's action list against its history and says what is new. Pure.
 *
 * The list has no task numbers: they follow from the order of invocation, one for each activity attempt, child, timer
 * and retry timer, none for event waits. A list entry is invoked when the one before it is finished; an event wait that
 * is pending gets events last in, first out; events nobody waits for are kept in order. An execution ends only when its
 * list is finished and no numbered task is open. An unfinished instance whose history disagrees with the list fails.
 *
 * @see Azure/azure-functions-durable-extension, OutOfProcOrchestrationShim; Azure/durabletask, TaskOrchestrationExecutor.
 */
export function replay(state: OrchestratorState, history: readonly HistoryEvent[], options: ReplayOptions): Replay {
  return new Replayer(state, options).run(history);
}

class Replayer {
  readonly #state: OrchestratorState;
  readonly #options: ReplayOptions;
  readonly #open = new Map<number, OpenTask & { readonly settle: (result: 'succeeded' | 'failed') => void }>();
  readonly #unconfirmed = new Map<number, Decision>();
  readonly #waits = new Map<string, { readonly name: string; finished: 'yes' | 'no' }[]>();
  readonly #buffered = new Map<string, EventRaised[]>();
  readonly #carriedOver: EventRaised[] = [];
  #heldBack: HistoryEvent[] | null = null;
  #nextId = 0;
  #now: Instant = 0;
  #listIndex = 0;
  #current: Node | null = null;
  #continueWithJson: string | null = null;
  #fault: string | null = null;
  #ending: TurnOutcome | null = null;

  constructor(state: OrchestratorState, options: ReplayOptions) {
    this.#state = state;
    this.#options = options;
    const statusBytes = (state.customStatusJson ?? '').length * 2;
    if (statusBytes > CUSTOM_STATUS_BYTES_MAX) {
      this.#ending = {
        kind: 'failed',
        reason: `custom-status-too-large: ${statusBytes} bytes of UTF-16, at most ${CUSTOM_STATUS_BYTES_MAX}. Publish less.`,
      };
    }
  }

  run(history: readonly HistoryEvent[]): Replay {
    for (const event of history) {
      if (this.#ending !== null) break;
      this.#take(event);
    }
    const outcome = this.#outcome();
    const openTasks = [...this.#open.values()].map(({ id, kind, name }) => ({ id, kind, name }));
    const takesWork = outcome.kind === 'running' || outcome.kind === 'completed' || outcome.kind === 'continued-as-new';
    return { decisions: takesWork ? [...this.#unconfirmed.values()] : [], outcome, openTasks };
  }

  #outcome(): TurnOutcome {
    if (this.#ending !== null) return this.#ending;
    if (this.#heldBack !== null) return { kind: 'suspended' };
    const listFinished = this.#fault !== null || (this.#current === null && this.#listIndex >= this.#state.actions.length);
    if (!listFinished || this.#open.size > 0) return { kind: 'running' };
    const error = this.#fault ?? this.#state.error;
    if (error !== null) return { kind: 'failed', reason: `Orchestrator function '${this.#options.orchestration}' failed: ${error}` };
    if (this.#continueWithJson !== null) {
      const lostEvents = [...this.#buffered.values()].flat().map((event) => event.Name);
      return { kind: 'continued-as-new', inputJson: this.#continueWithJson, carriedOver: this.#carriedOver, lostEvents };
    }
    return this.#state.isDone ? { kind: 'completed', outputJson: this.#state.outputJson } : { kind: 'running' };
  }

  #take(event: HistoryEvent): void {
    switch (event.EventType) {
      case eventTypes.orchestratorStarted:
        this.#now = Math.max(this.#now, Date.parse(event.Timestamp));
        return;
      case eventTypes.executionStarted:
        this.#walk();
        return;
      case eventTypes.executionTerminated:
        this.#ending = { kind: 'terminated', reason: event.Input };
        return;
      case eventTypes.executionSuspended:
        this.#heldBack ??= [];
        return;
      case eventTypes.executionResumed: {
        const held = this.#heldBack ?? [];
        this.#heldBack = null;
        for (const earlier of held) this.#take(earlier);
        return;
      }
      case eventTypes.taskScheduled:
        this.#confirm(event.EventId, 'activity', event.Name);
        return;
      case eventTypes.childCreated:
        this.#confirm(event.EventId, 'child', event.Name);
        return;
      case eventTypes.timerCreated:
        this.#confirm(event.EventId, 'timer', '');
        return;
      case eventTypes.executionCompleted:
      case eventTypes.orchestratorCompleted:
        return;
      default:
        if (this.#heldBack !== null) this.#heldBack.push(event);
        else this.#finish(event);
    }
  }

  #finish(event: HistoryEvent): void {
    switch (event.EventType) {
      case eventTypes.taskCompleted:
      case eventTypes.childCompleted:
        this.#settle(event.TaskScheduledId, 'succeeded');
        return;
      case eventTypes.taskFailed:
      case eventTypes.childFailed:
        this.#settle(event.TaskScheduledId, 'failed');
        return;
      case eventTypes.timerFired:
        this.#settle(event.TimerId, 'succeeded');
        return;
      case eventTypes.eventRaised:
        this.#raise(event);
        return;
      default:
        return;
    }
  }

  /** An unknown or repeated completion is dropped: a cancelled timer still fires. */
  #settle(id: number, result: 'succeeded' | 'failed'): void {
    const task = this.#open.get(id);
    if (task === undefined) return;
    this.#open.delete(id);
    task.settle(result);
    this.#walk();
  }

  #raise(event: EventRaised): void {
    if (this.#continueWithJson !== null) {
      this.#carriedOver.push(event);
      return;
    }
    const key = event.Name.toLowerCase();
    const newestWait = this.#waits.get(key)?.pop();
    if (newestWait === undefined) {
      const kept = this.#buffered.get(key) ?? [];
      kept.push(event);
      this.#buffered.set(key, kept);
      return;
    }
    newestWait.finished = 'yes';
    this.#walk();
  }

  #confirm(id: number, kind: Decision['kind'], name: string): void {
    const decision = this.#unconfirmed.get(id);
    if (decision === undefined || decision.kind !== kind || nameOf(decision) !== name) {
      const found = decision === undefined ? 'nothing' : `${decision.kind} ${nameOf(decision)}`;
      this.#ending = {
        kind: 'failed',
        reason: `Non-deterministic workflow detected: history has ${kind} ${name} as task ${id}, the orchestrator now asks for ${found}.`,
      };
      return;
    }
    this.#unconfirmed.delete(id);
  }

  #walk(): void {
    while (this.#fault === null) {
      if (this.#current !== null) {
        if (!this.#current.isDone()) return;
        this.#current = null;
      }
      const action = this.#state.actions[this.#listIndex];
      if (action === undefined) return;
      this.#listIndex += 1;
      this.#current = this.#invoke(action);
    }
  }

  #invoke(action: Action): Node {
    switch (action.kind) {
      case 'activity':
      case 'child':
        return this.#call(action.kind, action.call, action.retry);
      case 'timer':
        return this.#timer(action.fireAt, action.state);
      case 'event':
        return this.#wait(action.name);
      case 'continue-as-new':
        this.#continueWithJson = action.inputJson;
        return { isDone: () => true };
      case 'any':
      case 'all': {
        // Every child is invoked, also when the first is done already: the extension maps the whole list first.
        const nodes = action.actions.map((child) => this.#invoke(child));
        return { isDone: () => (action.kind === 'any' ? nodes.some((node) => node.isDone()) : nodes.every((node) => node.isDone())) };
      }
    }
  }

  #wait(name: string): Node {
    const key = name.toLowerCase();
    if (this.#buffered.get(key)?.shift() !== undefined) return { isDone: () => true };
    const wait: { readonly name: string; finished: 'yes' | 'no' } = { name, finished: 'no' };
    const pending = this.#waits.get(key) ?? [];
    pending.push(wait);
    this.#waits.set(key, pending);
    return { isDone: () => wait.finished === 'yes' };
  }

  #call(kind: 'activity' | 'child', call: Call, retry: Retry | null): Node {
    const known = kind === 'activity' ? this.#options.knownActivities : this.#options.knownOrchestrations;
    if (!known.has(call.name)) {
      // On Azure this fails the orchestrator, not the task, so its code cannot catch it.
      const type = kind === 'activity' ? 'an activity' : 'an orchestrator';
      this.#fault = `The function '${call.name}' doesn't exist, is disabled, or is not ${type} function. Known: ${[...known].join(', ')}.`;
      return { isDone: () => false };
    }
    this.#refuseWhenStrict(kind, call, retry);
    let isDone = false;
    const startedAt = this.#now;
    const attempt = (number: number): void => {
      this.#schedule(kind, call.name, (id) => (kind === 'activity' ? { kind, id, name: call.name, inputJson: call.inputJson } : { kind, id, call }), (result) => {
        if (result === 'succeeded' || retry === null) {
          isDone = true;
          return;
        }
        const hasTimedOut = retry.timeoutMs !== null && this.#now >= startedAt + retry.timeoutMs;
        if (hasTimedOut) {
          isDone = true;
          return;
        }
        const isLast = number >= retry.attemptsMax;
        // After the last failure the extension still makes one timer, due at once, and the SDK counts on it.
        const delayMs = isLast ? 0 : Math.min(retry.firstIntervalMs * retry.backoff ** (number - 1), retry.intervalMaxMs);
        this.#scheduleTimer(this.#now + delayMs, () => {
          if (isLast) isDone = true;
          else attempt(number + 1);
        });
      });
    };
    attempt(1);
    return { isDone: () => isDone };
  }

  #refuseWhenStrict(kind: 'activity' | 'child', call: Call, retry: Retry | null): void {
    if (this.#options.strictness !== 'strict') return;
    if (retry !== null && retry.timeoutMs !== null) {
      this.#fault = `strict-mode: ${call.name} is called with retryTimeoutInMilliseconds; once it passes, the orchestration hangs. Limit the attempts.`;
    }
    if (kind === 'activity' && !/^(?:[{[]|null$)/.test(call.inputJson)) {
      this.#fault = `strict-mode: activity ${call.name} gets a bare scalar, which arrives as text. Pass an object.`;
    }
  }

  #timer(fireAt: Instant, state: 'awaited' | 'canceled'): Node {
    let isDone = state === 'canceled';
    const segment = (): void => {
      const isLong = fireAt - this.#now > this.#options.shortTimerMaxMs;
      const id = this.#scheduleTimer(isLong ? this.#now + this.#options.timerSegmentMs : fireAt, () => {
        if (isLong && fireAt > this.#now) segment();
        else isDone = true;
      });
      if (state === 'canceled') this.#open.delete(id);
      if (state === 'canceled' && isLong && this.#options.strictness === 'strict') {
        this.#fault = 'strict-mode: a timer of more than 6 days was cancelled; the SDK and the extension then number tasks differently. Wait in shorter slices.';
      }
    };
    segment();
    return { isDone: () => isDone };
  }

  #scheduleTimer(fireAt: Instant, onFired: () => void): number {
    return this.#schedule('timer', '', (id) => ({ kind: 'timer', id, fireAt }), onFired);
  }

  #schedule(kind: Decision['kind'], name: string, decide: (id: number) => Decision, settle: (result: 'succeeded' | 'failed') => void): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#unconfirmed.set(id, decide(id));
    this.#open.set(id, { id, kind, name, settle });
    return id;
  }
}

function nameOf(decision: Decision): string {
  if (decision.kind === 'activity') return decision.name;
  return decision.kind === 'child' ? decision.call.name : '';
}
