import { collectFaults, isRecord, numberAt, recordAt, textAt } from './json.ts';
import type { FaultList, JsonRecord } from './json.ts';
import { readTimestamp } from './kubernetes-metadata.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';
import type { Instant } from './time.ts';

/** A `v1` Event: a hint about a node or pod, never the truth. */
export interface KubernetesEvent {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly involvedKind: string;
  readonly involvedName: string;
  readonly source: string;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
  readonly count: number;
}

/**
 * Reads `v1` Events, oldest last sighting first.
 *
 * Newer writers leave `firstTimestamp`, `lastTimestamp` and `count` empty and fill `eventTime` and `series`; both forms
 * are read. Items of other kinds are left out.
 */
export function readKubernetesEvents(items: readonly unknown[]): Result<readonly KubernetesEvent[], Fault> {
  const faults = collectFaults('the Kubernetes events', 'List them again with kubectl get events -A -o json.');
  const events: KubernetesEvent[] = [];
  items.forEach((item, index) => {
    if (!isRecord(item) || (item['kind'] ?? 'Event') !== 'Event') return;
    events.push(readEvent(item, `items[${index}]`, faults));
  });
  if (faults.faults.length > 0) return refuse(faults.faults);
  return succeed(events.sort((one, other) => one.lastSeen - other.lastSeen));
}

function readEvent(item: JsonRecord, path: string, faults: FaultList): KubernetesEvent {
  const involved = recordAt(item, 'involvedObject');
  const series = recordAt(item, 'series');
  const eventTime = readTimestamp(item, 'eventTime', path, faults);
  const created = readTimestamp(recordAt(item, 'metadata'), 'creationTimestamp', `${path}.metadata`, faults) ?? 0;
  const firstSeen = readTimestamp(item, 'firstTimestamp', path, faults) ?? eventTime ?? created;
  const lastSeen =
    readTimestamp(series, 'lastObservedTime', `${path}.series`, faults) ??
    readTimestamp(item, 'lastTimestamp', path, faults) ??
    firstSeen;
  return {
    reason: textAt(item, 'reason') ?? '',
    message: textAt(item, 'message') ?? '',
    type: textAt(item, 'type') ?? '',
    involvedKind: textAt(involved, 'kind') ?? '',
    involvedName: textAt(involved, 'name') ?? '',
    source: textAt(item, 'source', 'component') ?? textAt(item, 'reportingComponent') ?? '',
    firstSeen,
    lastSeen,
    count: numberAt(series, 'count') ?? numberAt(item, 'count') ?? 1,
  };
}
