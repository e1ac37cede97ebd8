import type { ComputeResources, Pod } from './cluster-snapshot.ts';
import { isRecord, numberAt, optionalCount, recordAt, recordsAt, textAt, timeAt } from './json.ts';
import type { FaultList, JsonRecord } from './json.ts';
import { readMetadata } from './kubernetes-metadata.ts';
import { parseCpuMillicores, parseMemoryBytes } from './kubernetes-quantity.ts';
import { readScheduling } from './kubernetes-scheduling.ts';
import { SECOND_MS } from './time.ts';

/** Reads a `v1` Pod. Faults are added to `faults` under `path`. */
export function readPod(item: JsonRecord, path: string, faults: FaultList): Pod {
  const metadata = readMetadata(item, 'namespaced', path, faults);
  const spec = recordAt(item, 'spec');
  const status = recordAt(item, 'status');
  const conditions = recordsAt(status, 'conditions');
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    nodeName: textAt(spec, 'nodeName') ?? '',
    labels: metadata.labels,
    annotations: metadata.annotations,
    phase: phaseOf(textAt(status, 'phase')),
    isReady: conditions.some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True'),
    createdAt: metadata.createdAt,
    deletionTimestamp: metadata.deletionTimestamp,
    graceSeconds: graceOf(spec, `${path}.spec`, faults),
    owner: metadata.owner,
    isMirror: metadata.annotations['kubernetes.io/config.mirror'] !== undefined,
    hasEmptyDir: recordsAt(spec, 'volumes').some((volume) => isRecord(volume['emptyDir'])),
    finalizers: metadata.finalizers,
    requests: requestsOf(spec, `${path}.spec`, faults),
    waitingReason: waitingReasonOf(status, conditions),
    restartCount: recordsAt(status, 'containerStatuses').reduce((sum, container) => sum + (numberAt(container, 'restartCount') ?? 0), 0),
    volumeClaims: volumeClaimsOf(metadata.name, spec),
    startSeconds: startSecondsOf(spec, status, conditions),
    scheduling: readScheduling(spec),
  };
}

/** What API servers of before took below 0 is read as 1, as the kubelet does (facts: Kubernetes API, PodSpec). */
function graceOf(spec: JsonRecord, path: string, faults: FaultList): number {
  const seconds = numberAt(spec, 'terminationGracePeriodSeconds');
  if (seconds !== null && seconds < 0) return 1;
  return optionalCount(spec, 'terminationGracePeriodSeconds', path, faults) ?? 30;
}

const noClaims: readonly string[] = [];

/** A generic ephemeral volume gets a claim named after the pod and the volume. */
function volumeClaimsOf(pod: string, spec: JsonRecord): readonly string[] {
  const claims: string[] = [];
  for (const volume of recordsAt(spec, 'volumes')) {
    const claim = textAt(volume, 'persistentVolumeClaim', 'claimName');
    if (claim !== null) claims.push(claim);
    else if (isRecord(volume['ephemeral'])) claims.push(`${pod}-${textAt(volume, 'name') ?? ''}`);
  }
  return claims.length === 0 ? noClaims : claims;
}

/** A pod that became Ready later than this after its start was hardly starting all the time. */
const LONGEST_START_SECONDS = 3_600;

/**
 * How long the pod took to become Ready, where no container has restarted since; at least the delay its probes declare.
 *
 * Readiness that was lost and came back looks like a slow start, so callers take the quickest pod of a workload.
 */
function startSecondsOf(spec: JsonRecord, status: JsonRecord, conditions: readonly JsonRecord[]): number | null {
  const delays = recordsAt(spec, 'containers').flatMap((container) => numberAt(container, 'readinessProbe', 'initialDelaySeconds') ?? []);
  const declared = delays.length === 0 ? null : Math.max(...delays);
  const started = timeAt(status, 'startTime');
  const ready = conditions.find((condition) => condition['type'] === 'Ready' && condition['status'] === 'True');
  const readyAt = ready === undefined ? null : timeAt(ready, 'lastTransitionTime');
  if (started !== null && readyAt !== null && !hasRestarted(status)) {
    const seconds = Math.max(0, Math.round((readyAt - started) / SECOND_MS));
    if (seconds <= LONGEST_START_SECONDS) return Math.max(seconds, declared ?? 0);
  }
  return declared;
}

function hasRestarted(status: JsonRecord): boolean {
  return recordsAt(status, 'containerStatuses').some((container) => (numberAt(container, 'restartCount') ?? 0) > 0);
}

function phaseOf(text: string | null): Pod['phase'] {
  // An unknown phase is guarded by budgets like a running one: the cautious reading.
  return text === 'Pending' || text === 'Running' || text === 'Succeeded' || text === 'Failed' ? text : 'Unknown';
}

function waitingReasonOf(status: JsonRecord, conditions: readonly JsonRecord[]): string | null {
  for (const condition of conditions) {
    if (condition['type'] === 'PodScheduled' && condition['status'] === 'False') return textAt(condition, 'reason');
  }
  for (const list of ['initContainerStatuses', 'containerStatuses']) {
    for (const container of recordsAt(status, list)) {
      const reason = textAt(container, 'state', 'waiting', 'reason');
      if (reason !== null) return reason;
    }
  }
  return null;
}

const nothing: ComputeResources = { cpuMillicores: 0, memoryBytes: 0 };

/**
 * What the scheduler counts for a pod: containers and sidecars together, or the hungriest moment of its start, whichever
 * is more, plus the overhead of its runtime.
 *
 * @see Kubernetes docs, "Sidecar Containers", section "Resource sharing within containers".
 */
function requestsOf(spec: JsonRecord, path: string, faults: FaultList): ComputeResources {
  let running = nothing;
  let starting = nothing;
  for (const container of recordsAt(spec, 'initContainers')) {
    const requests = readRequests(recordAt(container, 'resources'), path, faults);
    if (container['restartPolicy'] === 'Always') running = plus(running, requests);
    else starting = larger(starting, plus(running, requests));
  }
  for (const container of recordsAt(spec, 'containers')) {
    running = plus(running, readRequests(recordAt(container, 'resources'), path, faults));
  }
  const overhead = isRecord(spec['overhead']) ? resourcesOf(spec['overhead'], path, faults) : nothing;
  const podLevel = readRequests(recordAt(spec, 'resources'), path, faults);
  return plus(larger(larger(running, starting), podLevel), overhead);
}

function readRequests(resources: JsonRecord, path: string, faults: FaultList): ComputeResources {
  const requests = resources['requests'];
  return isRecord(requests) ? resourcesOf(requests, path, faults) : nothing;
}

/** `cpu` and `memory` of a resource list; an unreadable quantity is a fault. */
export function resourcesOf(list: JsonRecord, path: string, faults: FaultList): ComputeResources {
  const cpuMillicores = list['cpu'] === undefined ? 0 : parseCpuMillicores(list['cpu']);
  const memoryBytes = list['memory'] === undefined ? 0 : parseMemoryBytes(list['memory']);
  if (cpuMillicores === null) faults.add(`${path} cpu`, 'a Kubernetes quantity such as 500m');
  if (memoryBytes === null) faults.add(`${path} memory`, 'a Kubernetes quantity such as 2Gi');
  return { cpuMillicores: cpuMillicores ?? 0, memoryBytes: memoryBytes ?? 0 };
}

function plus(one: ComputeResources, other: ComputeResources): ComputeResources {
  return {
    cpuMillicores: one.cpuMillicores + other.cpuMillicores,
    memoryBytes: one.memoryBytes + other.memoryBytes,
  };
}

function larger(one: ComputeResources, other: ComputeResources): ComputeResources {
  return {
    cpuMillicores: Math.max(one.cpuMillicores, other.cpuMillicores),
    memoryBytes: Math.max(one.memoryBytes, other.memoryBytes),
  };
}
