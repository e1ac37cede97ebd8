import { isRecord, textAt, timeAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import type { AksState, OperationRecord } from './aks-state.ts';
import { armAnswer, gatewayError } from './arm-answers.ts';
import { armTime } from './timestamp.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** Events of one page, as the service gives them at most. */
const PAGE_EVENTS = 200;

/**
 * Answers the list of the activity log: the events that were given, and two for each operation of the simulated cluster, newest first. Null for other paths.
 *
 * As the service does: `$filter` is required, in its few forms, and limits time and either resource group or resource; `$select` leaves fields out.
 */
export function answerActivityLog(aks: AksState, given: readonly JsonRecord[], { method, path, query }: WireRequest): WireResponse | null {
  if (method !== 'GET' || !/^\/subscriptions\/[^/]+\/providers\/Microsoft\.Insights\/eventtypes\/management\/values$/i.test(path)) return null;
  const isAsked = readFilter(query['$filter'] ?? '', aks);
  if (isAsked === null) return gatewayError(400, 'BadRequest', 'The $filter query parameter is missing or has no start time.');
  const events = [...given, ...[...aks.operations.values()].flatMap((operation) => eventsOf(aks, operation))].filter(isAsked);
  const sorted = events.toSorted((one, other) => (timeAt(other, 'eventTimestamp') ?? 0) - (timeAt(one, 'eventTimestamp') ?? 0));
  const from = Number(query['$skiptoken'] ?? 0);
  const fields = (query['$select'] ?? '').split(',').filter((field) => field !== '');
  const page = sorted.slice(from, from + PAGE_EVENTS).map((event) => (fields.length === 0 ? event : Object.fromEntries(Object.entries(event).filter(([name]) => fields.includes(name)))));
  const rest = new URLSearchParams({ ...query, $skiptoken: String(from + PAGE_EVENTS) });
  return armAnswer(200, { value: page, ...(from + PAGE_EVENTS < sorted.length ? { nextLink: `${path}?${rest.toString()}` } : {}) });
}

function readFilter(filter: string, { resourceGroup }: AksState): ((event: JsonRecord) => boolean) | null {
  const time = (word: 'ge' | 'le'): Instant | null => timeAt({ at: new RegExp(`eventTimestamp ${word} '([^']+)'`).exec(filter)?.[1] }, 'at');
  const since = time('ge');
  if (since === null) return null;
  const until = time('le');
  const resource = /resourceUri eq '([^']+)'/.exec(filter)?.[1]?.toLowerCase();
  const group = /resourceGroupName eq '([^']+)'/.exec(filter)?.[1]?.toLowerCase();
  return (event) => {
    const at = timeAt(event, 'eventTimestamp') ?? 0;
    const id = (textAt(event, 'resourceId') ?? '').toLowerCase();
    return at >= since && (until === null || at <= until) && (resource === undefined || id === resource) && (group === undefined || group === resourceGroup.toLowerCase());
  };
}

function eventsOf(aks: AksState, operation: OperationRecord): readonly JsonRecord[] {
  const target = operation.pool === null ? 'managedClusters' : 'managedClusters/agentPools';
  const common = {
    caller: operation.by,
    operationId: operation.id,
    correlationId: operation.correlationId ?? operation.id,
    operationName: { value: `Microsoft.ContainerService/${target}/${verbOf(operation)}` },
    resourceId: operation.pool === null ? aks.resourceId : `${aks.resourceId}/agentPools/${operation.pool}`,
    resourceGroupName: aks.resourceGroup,
    subStatus: { value: '' },
  };
  const started = { ...common, eventTimestamp: armTime(operation.startedAt), status: { value: 'Started' }, properties: {} };
  if (operation.endedAt === null) return [started];
  const statusMessage = operation.error === null ? {} : { statusMessage: JSON.stringify({ error: operation.error }) };
  return [started, { ...common, eventTimestamp: armTime(operation.endedAt), status: { value: operation.status }, properties: statusMessage }];
}

function verbOf({ state }: OperationRecord): string {
  if (state === 'UpgradingNodeImageVersion') return 'upgradeNodeImageVersion/action';
  return state === 'Canceling' ? 'abort/action' : 'write';
}

/** The events in a document: the ARM list, or a bare list. */
export function readGivenEvents(document: unknown): readonly JsonRecord[] {
  const list: unknown = isRecord(document) ? document['value'] : document;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
