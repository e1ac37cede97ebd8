import { isRecord, parseJson, recordsAt, textAt, timeAt } from './json.ts';
import type { JsonRecord } from './json.ts';
import type { Fault, Result } from './result.ts';
import { refuse, succeed } from './result.ts';
import type { Instant } from './time.ts';

/** One write to a cluster or its pools, as Azure's activity log tells it. */
export interface RecentWrite {
  /** For example `Microsoft.ContainerService/managedClusters/agentPools/write`. */
  readonly operation: string;
  /** ARM id of what was written, as the log spells it. */
  readonly resourceId: string;
  /** A person's sign-in name, or the id of an application; null where the log names nobody. */
  readonly caller: string | null;
  readonly startedAt: Instant;
  /** Null while it is under way. */
  readonly endedAt: Instant | null;
  readonly outcome: 'under-way' | 'succeeded' | 'failed' | 'canceled';
  /** Code of the service where it failed and gave one. */
  readonly errorCode: string | null;
}

/** Writes kept, newest first: what names the last drivers, not a history. */
const WRITES_KEPT = 20;

/**
 * Reads the writes to a cluster and its pools from the ARM list of the activity log or from `az monitor activity-log list -o json`.
 *
 * The several events of one operation become one write; reads, credentials and other resources are left out. At most 20, newest first.
 * Errors: `unreadable-field` when it is no list.
 */
export function readRecentWrites(document: unknown, clusterResourceId: string): Result<readonly RecentWrite[], Fault> {
  const list: unknown = isRecord(document) ? document['value'] : document;
  if (!Array.isArray(list)) {
    return refuse([{ code: 'unreadable-field', where: 'the document', message: 'The activity log is no list.', remedy: 'Read it again with az monitor activity-log list -o json.' }]);
  }
  const events = recordsAt({ list }, 'list').flatMap((event) => readEvent(event, clusterResourceId));
  const writes = [...Map.groupBy(events, ({ key }) => key).values()].flatMap(joinEvents);
  return succeed(writes.sort((one, other) => other.startedAt - one.startedAt).slice(0, WRITES_KEPT));
}

/** The newest write that failed; null when the log holds none. */
export function lastFailedWrite(writes: readonly RecentWrite[]): RecentWrite | null {
  return writes.find(({ outcome }) => outcome === 'failed') ?? null;
}

/** What was done and by whom, as part of a sentence: `agentPools/write on usr by ann@example.com`. */
export function describeWrite({ operation, resourceId, caller }: RecentWrite): string {
  const what = operation.replace(/^Microsoft\.ContainerService\/managedClusters\//i, '');
  return `${what} on ${resourceId.slice(resourceId.lastIndexOf('/') + 1)}${caller === null ? '' : ` by ${caller}`}`;
}

interface WriteEvent extends RecentWrite {
  readonly key: string;
  readonly at: Instant;
}

function readEvent(event: JsonRecord, clusterResourceId: string): readonly WriteEvent[] {
  const operation = textAt(event, 'operationName', 'value') ?? '';
  const resourceId = textAt(event, 'resourceId') ?? '';
  const at = timeAt(event, 'eventTimestamp');
  const id = resourceId.toLowerCase();
  const cluster = clusterResourceId.toLowerCase();
  if (at === null || !isWrite(operation) || (id !== cluster && !id.startsWith(`${cluster}/`))) return [];
  const outcome = outcomeOf(textAt(event, 'status', 'value') ?? '');
  const caller = textAt(event, 'caller');
  return [
    {
      // One correlation id may join all that a run wrote (facts: Azure REST reference, "Activity logs": an operation's events share its operation id).
      key: `${textAt(event, 'operationId') ?? textAt(event, 'correlationId') ?? ''} ${operation} ${id}`.toLowerCase(),
      at,
      operation,
      resourceId,
      caller: caller === '' ? null : caller,
      startedAt: at,
      endedAt: outcome === 'under-way' ? null : at,
      outcome,
      errorCode: outcome === 'failed' ? errorCodeOf(event) : null,
    },
  ];
}

/** The log also holds reads that are actions, above all those that hand out credentials. */
function isWrite(operation: string): boolean {
  return /^Microsoft\.ContainerService\/managedClusters\/(.+\/)?(write|delete|action)$/i.test(operation) && !/\/(list|get)[^/]*\/action$/i.test(operation);
}

function outcomeOf(status: string): RecentWrite['outcome'] {
  switch (status.toLowerCase()) {
    case 'succeeded':
      return 'succeeded';
    case 'failed':
      return 'failed';
    case 'canceled':
    case 'cancelled':
      return 'canceled';
    default:
      return 'under-way';
  }
}

/** The service's own error lies as JSON text inside the event's properties. */
function errorCodeOf(event: JsonRecord): string | null {
  const message = parseJson(textAt(event, 'properties', 'statusMessage') ?? '');
  const code = textAt(message, 'error', 'code') ?? textAt(message, 'code') ?? textAt(event, 'subStatus', 'value');
  return code === '' ? null : code;
}

function joinEvents(events: readonly WriteEvent[]): readonly RecentWrite[] {
  const [first, ...rest] = events.toSorted((one, other) => one.at - other.at);
  if (first === undefined) return [];
  const { key: _key, at: _at, ...begun } = first;
  const end = [first, ...rest].findLast(({ outcome }) => outcome !== 'under-way') ?? first;
  return [{ ...begun, endedAt: end.endedAt, outcome: end.outcome, errorCode: end.errorCode, caller: begun.caller ?? end.caller }];
}
