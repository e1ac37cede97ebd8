import { RetryOptions } from 'durable-functions';
import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import { activityRetry } from '../activities/contract.ts';
import type { ActivityContract, ActivityName } from '../activities/contract.ts';
import type { Logger } from '../activities/ports.ts';
import { textAt } from '../domain/json.ts';
import { heardBy, logFieldsOf, readTrace, withTrace, withoutTrace } from '../domain/log-fields.ts';
import type { LogFields } from '../domain/log-fields.ts';
import { DAY_MS, SECOND_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import type { OrchestrationContract, OrchestrationName } from '../orchestrations/contract.ts';
import type { Flow, FlowEventName, FlowEvents, Orchestration, RaceResult, Received, Running, Step } from '../orchestrations/flow.ts';
import { correlationIdOf } from './correlation.ts';
import { createLogger } from './logger.ts';
import { recorded } from './trust-boundary.ts';

/**
 * Longest single timer. Unit: milliseconds. Cancelling one of more than 6 days makes the SDK and the extension number
 * tasks differently (Azure/azure-functions-durable-python issue 573), so long waits are chains.
 */
const TIMER_SLICE_MS = DAY_MS;
/** An event nobody raises: what an execution that has restarted waits for. */
const NEVER = 'slackwater-never';

/** The handler `df.app.orchestration` takes, for an orchestration over {@link Flow}. */
export function toDurableOrchestrator<N extends OrchestrationName>(orchestration: Orchestration<N>): OrchestrationHandler {
  return function* (context) {
    const flow = new DurableFlow(context);
    try {
      const steps = orchestration(flow, recorded<OrchestrationContract[N]['input']>(withoutTrace(context.df.getInput())));
      const output = yield* onlyTasks(steps);
      yield* onlyTasks(flow.listStartedChildren());
      return output;
    } catch (error) {
      // An alert reads this line: the extension's own words differ from version to version, and a worker that exports its own telemetry loses them.
      flow.log('orchestration.failed', { instanceId: context.df.instanceId, message: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  };
}

/** Passes on what a part of an orchestration yields, and refuses what the SDK would refuse later and less clearly. */
function* onlyTasks<T>(steps: Step<T>): Generator<Task, T, unknown> {
  let step = steps.next();
  while (step.done !== true) {
    if (!isTask(step.value)) throw new Error('flow-misuse: an orchestration yielded something itself. Use yield* with the methods of Flow.');
    let answer: { readonly kind: 'value' | 'error'; readonly value: unknown };
    try {
      answer = { kind: 'value', value: yield step.value };
    } catch (error) {
      answer = { kind: 'error', value: error };
    }
    step = answer.kind === 'value' ? steps.next(answer.value) : steps.throw(answer.value);
  }
  return step.value;
}

/**
 * {@link Flow} on durable-functions 3.5.
 *
 * Each task goes into the action list once, when it is first waited for. Handing the same task to a second `Task.any`
 * would list it again: the extension then schedules it again under a new number, and the SDK registers an event wait
 * twice and gives a later event to the spent one. So a task that is waited for again is only told its new parent.
 * A child that was started but not yet waited for is listed with the next thing waited for.
 */
class DurableFlow implements Flow {
  readonly instanceId: string;
  readonly #context: OrchestrationContext;
  readonly #waits = new Map<FlowEventName, Task>();
  readonly #children = new Map<string, Task>();
  readonly #listed = new WeakSet<Task>();
  readonly #logger: Logger;
  /** What its lines are about, by what it was begun with, has heard last and shows. */
  #known: LogFields;

  constructor(context: OrchestrationContext) {
    this.#context = context;
    this.instanceId = context.df.instanceId;
    const input = context.df.getInput();
    const { version } = context.df;
    const trace = readTrace(input);
    this.#known = { ...trace, ...logFieldsOf(input), correlationId: trace.correlationId ?? correlationIdOf(textAt(input, 'runId') ?? this.instanceId), ...(version === undefined ? {} : { version }), instanceId: this.instanceId };
    this.#logger = createLogger((level, line) => context[level](line), () => this.#known);
  }

  now(): Instant {
    return this.#context.df.currentUtcDateTime.getTime();
  }

  *call<N extends ActivityName>(name: N, input: ActivityContract[N]['input']): Step<ActivityContract[N]['output']> {
    yield* this.listStartedChildren();
    const retry = new RetryOptions(activityRetry.firstIntervalSeconds * SECOND_MS, activityRetry.attempts);
    retry.backoffCoefficient = activityRetry.backoff;
    // Never in a Task.any or Task.all: a retry beside another open task can get that task's result.
    return recorded<ActivityContract[N]['output']>(yield this.#context.df.callActivityWithRetry(name, retry, withTrace(input, this.#known)));
  }

  *sleepUntil(at: Instant): Step<void> {
    yield* this.#firstOf([], at);
  }

  *waitFor<E extends FlowEventName>(events: readonly E[], deadline: Instant): Step<Received<E>> {
    yield* this.#firstOf(this.#waitsFor(events), deadline);
    return this.#takeEvent(events) ?? { kind: 'timed-out' };
  }

  start<N extends OrchestrationName>(orchestration: N, instanceId: string, input: OrchestrationContract[N]['input']): Running<N> {
    const present = this.#children.get(instanceId);
    if (present === undefined || isSettled(present)) {
      this.#children.set(instanceId, this.#context.df.callSubOrchestrator(orchestration, withTrace(input, this.#known), instanceId));
    }
    return { orchestration, instanceId };
  }

  *race<N extends OrchestrationName, E extends FlowEventName>(child: Running<N>, events: readonly E[], deadline: Instant): Step<RaceResult<N, E>> {
    const task = this.#children.get(child.instanceId);
    if (task === undefined) throw new Error(`flow-misuse: child ${child.instanceId} was not started by this execution. Call flow.start first.`);
    yield* this.#firstOf([task, ...this.#waitsFor(events)], deadline);
    if (task.isFaulted) return { kind: 'failed', message: task.result instanceof Error ? task.result.message : String(task.result) };
    if (task.isCompleted) return { kind: 'ended', output: recorded<OrchestrationContract[N]['output']>(task.result) };
    return this.#takeEvent(events) ?? { kind: 'timed-out' };
  }

  publish(status: unknown): void {
    const { planId, phase } = logFieldsOf(status);
    this.#known = { ...this.#known, ...(planId === undefined ? {} : { planId }), ...(phase === undefined ? {} : { phase }) };
    this.#context.df.setCustomStatus(status);
  }

  *restart(input: unknown): Step<never> {
    yield* this.listStartedChildren();
    this.#context.df.continueAsNew(withTrace(input, this.#known));
    // The SDK ends the execution at the next yield, whatever it is, and lists nothing more.
    for (;;) yield this.#context.df.waitForExternalEvent(NEVER);
  }

  log(code: string, fields: Readonly<Record<string, unknown>>): void {
    if (!this.#context.df.isReplaying) this.#logger.log('info', code, fields);
  }

  /** Has every started child scheduled; costs one turn when there are any that nothing waited for yet. */
  *listStartedChildren(): Step<void> {
    const { df } = this.#context;
    const children = this.#unlisted([...this.#children.values()]);
    if (children.length === 0) return;
    const timer = df.createTimer(df.currentUtcDateTime);
    yield df.Task.any([...children, timer]);
    if (!timer.isCompleted) timer.cancel();
  }

  /** Waits until one of `tasks` has settled or `deadline` is reached. The losing timer is cancelled at once. */
  *#firstOf(tasks: readonly Task[], deadline: Instant): Step<void> {
    const { df } = this.#context;
    while (!tasks.some(isSettled) && this.now() < deadline) {
      const fresh = this.#unlisted([...tasks, ...this.#children.values()]);
      const timer = df.createTimer(new Date(Math.min(deadline, this.now() + TIMER_SLICE_MS)));
      const race = df.Task.any([...fresh, timer]);
      for (const task of tasks) if (!fresh.includes(task)) Reflect.set(task, 'parent', race);
      yield race;
      if (!timer.isCompleted) timer.cancel();
    }
  }

  /** Those of `tasks` no list has yet; from now on they count as listed. */
  #unlisted(tasks: readonly Task[]): readonly Task[] {
    const fresh = [...new Set(tasks)].filter((task) => !this.#listed.has(task));
    for (const task of fresh) this.#listed.add(task);
    return fresh;
  }

  #waitsFor(events: readonly FlowEventName[]): readonly Task[] {
    return events.map((event) => {
      const wait = this.#waits.get(event) ?? this.#context.df.waitForExternalEvent(event);
      this.#waits.set(event, wait);
      return wait;
    });
  }

  /** The first of `events`, in the order given, that has come; its wait is spent. */
  #takeEvent<E extends FlowEventName>(events: readonly E[]): { [K in E]: { readonly kind: 'received'; readonly event: K; readonly value: FlowEvents[K] } }[E] | null {
    for (const event of events) {
      const wait = this.#waits.get(event);
      if (wait === undefined || !wait.isCompleted) continue;
      this.#waits.delete(event);
      // From here on the run does what this word, or event of AKS, made it do.
      this.#known = heardBy(this.#known, wait.result);
      return { kind: 'received', event, value: recorded<FlowEvents[E]>(withoutTrace(wait.result)) };
    }
    return null;
  }
}

function isSettled(task: Task): boolean {
  return task.isCompleted || task.isFaulted;
}

function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && 'isCompleted' in value && 'isFaulted' in value;
}
