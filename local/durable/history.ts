import { isRecord, numberAt, parseJson, textAt } from '../../domain/json.ts';

/** Numbers of history events as the durable protocol has them. */
export const eventTypes = {
  executionStarted: 0,
  executionCompleted: 1,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  childCreated: 7,
  childCompleted: 8,
  childFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventRaised: 15,
  executionSuspended: 19,
  executionResumed: 20,
} as const;

type Types = typeof eventTypes;

/** What all events carry. `EventId` is the task's id on events that confirm a decision, else -1. */
interface EventHead {
  readonly EventId: number;
  /** ISO 8601, UTC. */
  readonly Timestamp: string;
}

/**
 * One row of an instance's history, spelled as the SDK reads it. `Input` and `Result` are JSON text; `Result` is never
 * absent because the SDK parses it unseen.
 */
export type HistoryEvent = EventHead &
  (
    | {
        readonly EventType: Types['executionStarted'];
        readonly Name: string;
        readonly Version: string | null;
        readonly Input: string | null;
        readonly OrchestrationInstance: { readonly InstanceId: string; readonly ExecutionId: string };
        readonly ParentInstance: { readonly OrchestrationInstance: { readonly InstanceId: string } } | null;
      }
    | { readonly EventType: Types['executionCompleted']; readonly OrchestrationStatus: string; readonly Result: string }
    | { readonly EventType: Types['executionTerminated' | 'executionSuspended' | 'executionResumed']; readonly Input: string }
    | { readonly EventType: Types['taskScheduled']; readonly Name: string; readonly Input: string }
    | { readonly EventType: Types['taskCompleted' | 'childCompleted']; readonly TaskScheduledId: number; readonly Result: string }
    | {
        readonly EventType: Types['taskFailed' | 'childFailed'];
        readonly TaskScheduledId: number;
        readonly Reason: string;
        readonly Details: string;
      }
    | { readonly EventType: Types['childCreated']; readonly Name: string; readonly InstanceId: string; readonly Input: string }
    | { readonly EventType: Types['timerCreated']; readonly FireAt: string }
    | { readonly EventType: Types['timerFired']; readonly TimerId: number; readonly FireAt: string }
    | { readonly EventType: Types['orchestratorStarted' | 'orchestratorCompleted'] }
    | { readonly EventType: Types['eventRaised']; readonly Name: string; readonly Input: string }
  );

/** An event without its moment: what waits in the inbox. */
export type PendingEvent = HistoryEvent extends infer E ? (E extends HistoryEvent ? Omit<E, 'Timestamp'> : never) : never;

/** Reads a row this host wrote. Throws `history-unreadable` for anything else: the file is not ours or is damaged. */
export function parseHistoryEvent(json: string): HistoryEvent {
  const value = parseJson(json);
  if (isHistoryEvent(value)) return value;
  throw new Error(`history-unreadable: not a history event: ${json.slice(0, 120)}. Use another database file.`);
}

/** Reads an inbox row this host wrote; see {@link parseHistoryEvent}. */
export function parsePendingEvent(json: string): PendingEvent {
  const value = parseJson(json);
  if (isPendingEvent(value)) return value;
  throw new Error(`history-unreadable: not an inbox event: ${json.slice(0, 120)}. Use another database file.`);
}

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(eventTypes));

function isPendingEvent(value: unknown): value is PendingEvent {
  return isRecord(value) && KNOWN_TYPES.has(numberAt(value, 'EventType') ?? -1) && numberAt(value, 'EventId') !== null;
}

function isHistoryEvent(value: unknown): value is HistoryEvent {
  return isPendingEvent(value) && isRecord(value) && textAt(value, 'Timestamp') !== null;
}
