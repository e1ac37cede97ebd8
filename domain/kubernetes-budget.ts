import type { DisruptionBudget, LabelSelector } from './cluster-snapshot.ts';
import { isRecord, numberAt, recordAt, recordsAt, textAt, textMapAt, textsAt, timeAt } from './json.ts';
import type { FaultList, JsonRecord } from './json.ts';
import { readMetadata } from './kubernetes-metadata.ts';
import type { Instant } from './time.ts';

/** Reads a `policy/v1` PodDisruptionBudget. Faults are added to `faults` under `path`. */
export function readDisruptionBudget(item: JsonRecord, path: string, faults: FaultList): DisruptionBudget {
  const metadata = readMetadata(item, 'namespaced', path, faults);
  const spec = recordAt(item, 'spec');
  const status = recordAt(item, 'status');
  const policy = textAt(spec, 'unhealthyPodEvictionPolicy');
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    generation: metadata.generation,
    labels: metadata.labels,
    annotations: metadata.annotations,
    selector: isRecord(spec['selector']) ? readSelector(spec['selector']) : null,
    minAvailable: readAmount(spec, 'minAvailable', path, faults),
    maxUnavailable: readAmount(spec, 'maxUnavailable', path, faults),
    unhealthyPodEvictionPolicy: policy === 'AlwaysAllow' || policy === 'IfHealthyBudget' ? policy : null,
    status: {
      observedGeneration: numberAt(status, 'observedGeneration') ?? 0,
      currentHealthy: numberAt(status, 'currentHealthy') ?? 0,
      desiredHealthy: numberAt(status, 'desiredHealthy') ?? 0,
      disruptionsAllowed: numberAt(status, 'disruptionsAllowed') ?? 0,
      expectedPods: numberAt(status, 'expectedPods') ?? 0,
      disruptedPods: readDisruptedPods(recordAt(status, 'disruptedPods')),
      syncFailedMessage: syncFailureOf(recordsAt(status, 'conditions')),
    },
  };
}

/** Reads a `meta/v1` LabelSelector as it stands; whether its operators are valid is judged where it is used. */
export function readSelector(selector: JsonRecord): LabelSelector {
  return {
    matchLabels: textMapAt(selector, 'matchLabels'),
    matchExpressions: recordsAt(selector, 'matchExpressions').map((expression) => ({
      key: textAt(expression, 'key') ?? '',
      operator: textAt(expression, 'operator') ?? '',
      values: textsAt(expression, 'values'),
    })),
  };
}

function readAmount(spec: JsonRecord, key: string, path: string, faults: FaultList): number | string | null {
  const value = spec[key];
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  if (typeof value === 'string' && /^\d+%$/.test(value)) return value;
  faults.add(`${path}.spec.${key}`, 'a whole number or a percentage such as "50%"');
  return null;
}

function readDisruptedPods(pods: JsonRecord): Readonly<Record<string, Instant>> {
  return Object.fromEntries(Object.keys(pods).map((name) => [name, timeAt(pods, name) ?? 0]));
}

function syncFailureOf(conditions: readonly JsonRecord[]): string | null {
  const failed = conditions.find((one) => one['type'] === 'DisruptionAllowed' && one['reason'] === 'SyncFailed');
  return failed === undefined ? null : textAt(failed, 'message') ?? '';
}
