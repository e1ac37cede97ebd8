import { eventTypes } from '../local/durable/history.ts';
import type { HistoryEvent } from '../local/durable/history.ts';
import type { HostMoment } from '../local/functions-host/host-options.ts';
import type { LoggedRequest } from '../local/request-log.ts';

/** Services whose calls are counted, reads apart from writes. */
export const callKinds = ['armRead', 'armWrite', 'kubernetes', 'gitHubRead', 'gitHubWrite', 'serviceBus'] as const;
type CallKind = (typeof callKinds)[number];
export type Calls = Readonly<Record<CallKind, number>>;

/** Scale groups of Flex Consumption: each has instances of its own (facts: Azure docs, Flex Consumption plan, per-function scaling). */
export type ScaleGroup = 'durable' | 'http' | `function:${string}`;

/** Executions of one function, and the calls they made. */
export interface FunctionCount {
  readonly group: ScaleGroup;
  readonly executions: number;
  readonly calls: Calls;
}

/** Executions that followed each other without a wait, in one scale group, and how often that happened. */
export interface PeriodCount {
  readonly times: number;
  readonly executions: Readonly<Record<string, number>>;
}

/** What was counted from the first moment to the last. */
export interface ActionCount {
  readonly functions: Readonly<Record<string, FunctionCount>>;
  readonly periods: readonly PeriodCount[];
  /** Rows of history by what they record. */
  readonly durable: DurableCount;
  /** Messages to Service Bus, from it, and what was said of them: its operations. */
  readonly serviceBusOperations: number;
  /** Events AKS put on the inbox. */
  readonly eventGridEvents: number;
  readonly logLines: number;
  /** UTF-8, of our own lines. */
  readonly logBytes: number;
}

/** What the task hub did. */
export interface DurableCount {
  readonly orchestrationsStarted: number;
  readonly activitiesStarted: number;
  readonly activityResults: number;
  readonly childResults: number;
  readonly timersFired: number;
  readonly eventsRaised: number;
  readonly suspendedResumedTerminated: number;
  readonly orchestratorExecutions: number;
  readonly historyRows: number;
  readonly historyBytes: number;
  /** Rows whose JSON is larger than what Azure Storage keeps in a table: 45 KiB. */
  readonly largeRows: number;
}

const LARGE_ROW_BYTES = 45 * 1_024;
const none: Calls = { armRead: 0, armWrite: 0, kubernetes: 0, gitHubRead: 0, gitHubWrite: 0, serviceBus: 0 };

/**
 * Actions as Durable Task Scheduler bills them: a message dispatched to the app (facts: Azure docs, "Durable Task Scheduler
 * billing", May 2026: starting an orchestration or sub-orchestration, starting an activity, completing a timer, an external event,
 * suspend, resume or terminate, processing the result of an activity or sub-orchestration; entities we have none).
 */
export function schedulerActions(count: DurableCount): number {
  return count.orchestrationsStarted + count.activitiesStarted + count.activityResults + count.childResults + count.timersFired + count.eventsRaised + count.suspendedResumedTerminated;
}

/** Counts rows of one turn into `before`. */
export function countTurn(before: DurableCount, events: readonly HistoryEvent[]): DurableCount {
  const of = (...types: readonly number[]): number => events.filter(({ EventType }) => types.includes(EventType)).length;
  const sizes = events.map((event) => Buffer.byteLength(JSON.stringify(event)));
  return {
    orchestrationsStarted: before.orchestrationsStarted + of(eventTypes.executionStarted),
    activitiesStarted: before.activitiesStarted + of(eventTypes.taskScheduled),
    activityResults: before.activityResults + of(eventTypes.taskCompleted, eventTypes.taskFailed),
    childResults: before.childResults + of(eventTypes.childCompleted, eventTypes.childFailed),
    timersFired: before.timersFired + of(eventTypes.timerFired),
    eventsRaised: before.eventsRaised + of(eventTypes.eventRaised),
    suspendedResumedTerminated: before.suspendedResumedTerminated + of(eventTypes.executionSuspended, eventTypes.executionResumed, eventTypes.executionTerminated),
    orchestratorExecutions: before.orchestratorExecutions + 1,
    historyRows: before.historyRows + events.length,
    historyBytes: before.historyBytes + sizes.reduce((sum, size) => sum + size, 0),
    largeRows: before.largeRows + sizes.filter((size) => size > LARGE_ROW_BYTES).length,
  };
}

/** A task hub that has done nothing. */
export const idleHub: DurableCount = {
  orchestrationsStarted: 0, activitiesStarted: 0, activityResults: 0, childResults: 0, timersFired: 0, eventsRaised: 0, suspendedResumedTerminated: 0, orchestratorExecutions: 0, historyRows: 0, historyBytes: 0, largeRows: 0,
};

/** Counts what a host and the services around it do, until asked. */
export interface ActionTally {
  moment(moment: HostMoment): void;
  line(text: string): void;
  eventGrid(events: number): void;
  /** Forgets all it has counted. */
  restart(): void;
  count(): ActionCount;
}

/**
 * Begins to count. `requests` grows while it counts; a call belongs to the execution that began last and has not ended, which is
 * exact while one works at a time. `now` tells apart what followed without a wait.
 */
export function startTally(requests: () => readonly LoggedRequest[], now: () => number): ActionTally {
  let seen = requests().length;
  let durable = idleHub;
  let [logLines, logBytes, serviceBusOperations, eventGridEvents] = [0, 0, 0, 0];
  const functions = new Map<string, { readonly group: ScaleGroup; executions: number; calls: Calls }>();
  const running: string[] = [];
  const periods = new Map<string, Map<string, number>>();
  const assignCalls = (): void => {
    const fresh = requests().slice(seen);
    seen += fresh.length;
    serviceBusOperations += fresh.filter(({ service }) => service === 'service-bus').length;
    const mine = functions.get(running.at(-1) ?? '');
    if (mine !== undefined) mine.calls = fresh.reduce(addCall, mine.calls);
  };
  return {
    moment(moment) {
      if (moment.kind === 'recorded') {
        durable = countTurn(durable, moment.events);
        return;
      }
      assignCalls();
      const name = moment.functionName;
      if (moment.kind === 'ended') {
        running.splice(running.lastIndexOf(name), running.includes(name) ? 1 : 0);
        return;
      }
      running.push(name);
      const group = groupOf(moment.trigger, name);
      const known = functions.get(name) ?? { group, executions: 0, calls: none };
      known.executions += 1;
      functions.set(name, known);
      const period = periods.get(`${group} ${now()}`) ?? new Map<string, number>();
      periods.set(`${group} ${now()}`, period.set(name, (period.get(name) ?? 0) + 1));
    },
    line(text) {
      logLines += 1;
      logBytes += Buffer.byteLength(text);
    },
    eventGrid: (events) => void (eventGridEvents += events),
    restart() {
      seen = requests().length;
      durable = idleHub;
      [logLines, logBytes, serviceBusOperations, eventGridEvents] = [0, 0, 0, 0];
      functions.clear();
      periods.clear();
    },
    count() {
      assignCalls();
      const sorted = [...functions].sort(([a], [b]) => (a < b ? -1 : 1));
      return { functions: Object.fromEntries(sorted.map(([name, one]) => [name, { ...one }])), periods: summarize([...periods.values()]), durable, serviceBusOperations, eventGridEvents, logLines, logBytes };
    },
  };
}

function groupOf(trigger: string, name: string): ScaleGroup {
  if (trigger === 'orchestrationTrigger' || trigger === 'activityTrigger') return 'durable';
  return trigger === 'httpTrigger' ? 'http' : `function:${name}`;
}

function addCall(calls: Calls, { service, method }: LoggedRequest): Calls {
  const kind = kindOf(service, method);
  return kind === null ? calls : { ...calls, [kind]: calls[kind] + 1 };
}

function kindOf(service: string, method: string): CallKind | null {
  if (service === 'arm') return method === 'GET' ? 'armRead' : 'armWrite';
  if (service === 'github') return method === 'GET' ? 'gitHubRead' : 'gitHubWrite';
  if (service === 'kubernetes') return 'kubernetes';
  return service === 'service-bus' && method === 'SEND' ? 'serviceBus' : null;
}

/** Equal periods once, with how often they were; the most frequent first. */
function summarize(periods: readonly ReadonlyMap<string, number>[]): readonly PeriodCount[] {
  const shapes = new Map<string, number>();
  for (const period of periods) {
    const shape = JSON.stringify([...period].sort(([a], [b]) => (a < b ? -1 : 1)));
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  }
  const sorted = [...shapes].sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1));
  return sorted.map(([shape, times]) => ({ times, executions: Object.fromEntries(JSON.parse(shape)) }));
}
