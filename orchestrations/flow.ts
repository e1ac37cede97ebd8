import type { ActivityContract, ActivityName } from '../activities/contract.ts';
import type { OperatorDecision } from '../domain/operator-decision.ts';
import type { Instant } from '../domain/time.ts';
import type { OrchestrationContract, OrchestrationName, UnitProgressReport, WakeSignal } from './contract.ts';

/** A part of an orchestration: run it with `yield*`. What it yields is the host's affair. */
export type Step<T> = Generator<unknown, T, unknown>;

/** Events an orchestration may wait for, with what each carries. One spelling each: hosts differ in case. */
export interface FlowEvents {
  /** A permitted word of a person, to a window. */
  decision: OperatorDecision;
  /** A child tells its window what it saw. */
  unitProgress: UnitProgressReport;
  /** Look again now, or stop; to a unit's orchestration and (forwarded) to a window. */
  wake: WakeSignal;
}
export type FlowEventName = keyof FlowEvents;

export type Received<E extends FlowEventName> =
  | { [K in E]: { readonly kind: 'received'; readonly event: K; readonly value: FlowEvents[K] } }[E]
  | { readonly kind: 'timed-out' };

/** A child orchestration that runs beside its parent. */
export interface Running<N extends OrchestrationName> {
  readonly orchestration: N;
  readonly instanceId: string;
}

export type RaceResult<N extends OrchestrationName, E extends FlowEventName> =
  | { readonly kind: 'ended'; readonly output: OrchestrationContract[N]['output'] }
  | { readonly kind: 'failed'; readonly message: string }
  | { [K in E]: { readonly kind: 'received'; readonly event: K; readonly value: FlowEvents[K] } }[E]
  | { readonly kind: 'timed-out' };

/**
 * The only thing an orchestrator sees. No clock, no chance, no I/O: the same generator runs on durable-functions and in
 * the simulator, and nothing in scope can differ on replay.
 */
export interface Flow {
  readonly instanceId: string;
  /** The orchestration's own time: that of the last recorded step. */
  now(): Instant;
  /**
   * Runs an activity with the retry its contract states. Throws only when the activity threw at every attempt;
   * expected failures are values of its output.
   */
  call<N extends ActivityName>(name: N, input: ActivityContract[N]['input']): Step<ActivityContract[N]['output']>;
  /** Sleeps until `at`; a moment in the past returns at once. */
  sleepUntil(at: Instant): Step<void>;
  /**
   * Waits for an event until `deadline`. The wait is made once per event name and kept across calls, and the losing
   * timer is cancelled at once, so an event is never given to a forgotten wait and no timer keeps the instance open.
   */
  waitFor<E extends FlowEventName>(events: readonly E[], deadline: Instant): Step<Received<E>>;
  /** Starts a child under an explicit id. */
  start<N extends OrchestrationName>(orchestration: N, instanceId: string, input: OrchestrationContract[N]['input']): Running<N>;
  /** Waits for the child's end, one of the events, or the deadline, whichever is first. May be repeated for one child. */
  race<N extends OrchestrationName, E extends FlowEventName>(
    child: Running<N>,
    events: readonly E[],
    deadline: Instant,
  ): Step<RaceResult<N, E>>;
  /** Publishes the custom status. At most 16 KB of UTF-16. */
  publish(status: unknown): void;
  /** Ends this execution and begins again with `input` and an empty history. Events not yet awaited are lost; see the design, decision 3. */
  restart(input: unknown): Step<never>;
  /** Logged once, not again on replay. */
  log(code: string, fields: Readonly<Record<string, unknown>>): void;
}

/** An orchestration over {@link Flow}. */
export type Orchestration<N extends OrchestrationName> = (
  flow: Flow,
  input: OrchestrationContract[N]['input'],
) => Step<OrchestrationContract[N]['output']>;
