import { listAt, numberAt, recordAt, textAt, textMapAt, timeAt, valueAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { BudgetRecord, BudgetStatus } from './kubernetes-objects.ts';
import { readLabelSelector } from './label-selector.ts';

/** Reads a `policy/v1` PodDisruptionBudget as the API server gives it. */
export function readBudget(document: JsonRecord): BudgetRecord {
  return {
    kind: 'PodDisruptionBudget',
    namespace: textAt(document, 'metadata', 'namespace') ?? 'default',
    name: textAt(document, 'metadata', 'name') ?? '',
    uid: textAt(document, 'metadata', 'uid') ?? '',
    document,
    labels: textMapAt(document, 'metadata', 'labels'),
    annotations: textMapAt(document, 'metadata', 'annotations'),
    version: 0,
    generation: numberAt(document, 'metadata', 'generation') ?? 1,
    ...readBudgetSpec(document),
    status: readBudgetStatus(document),
    pods: new Set(),
    isSyncDue: false,
  };
}

/** What a budget's spec decides. */
type BudgetSpec = Pick<BudgetRecord, 'selects' | 'minAvailable' | 'maxUnavailable' | 'unhealthyPodEvictionPolicy'>;

/** Reads `spec` of a budget. */
export function readBudgetSpec(document: unknown): BudgetSpec {
  const policy = textAt(document, 'spec', 'unhealthyPodEvictionPolicy');
  return {
    selects: readLabelSelector(valueAt(document, 'spec', 'selector')),
    minAvailable: readCount(valueAt(document, 'spec', 'minAvailable')),
    maxUnavailable: readCount(valueAt(document, 'spec', 'maxUnavailable')),
    unhealthyPodEvictionPolicy: policy === 'AlwaysAllow' || policy === 'IfHealthyBudget' ? policy : null,
  };
}

/** A count or percentage of a budget, resolved against `expectedPods`; percentages round up, as Kubernetes has it. */
export function resolveCount(count: number | string, expectedPods: number): number {
  if (typeof count === 'number') return count;
  const percent = /^(\d+)%$/.exec(count);
  return percent === null ? Number(count) || 0 : Math.ceil((Number(percent[1]) * expectedPods) / 100);
}

function readCount(value: unknown): number | string | null {
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}

function readBudgetStatus(document: JsonRecord): BudgetStatus {
  const condition = listAt(document, 'status', 'conditions').find((one) => textAt(one, 'type') === 'DisruptionAllowed');
  const disrupted = Object.entries(recordAt(document, 'status', 'disruptedPods'));
  return {
    observedGeneration: numberAt(document, 'status', 'observedGeneration'),
    currentHealthy: numberAt(document, 'status', 'currentHealthy') ?? 0,
    desiredHealthy: numberAt(document, 'status', 'desiredHealthy') ?? 0,
    disruptionsAllowed: numberAt(document, 'status', 'disruptionsAllowed') ?? 0,
    expectedPods: numberAt(document, 'status', 'expectedPods') ?? 0,
    disruptedPods: new Map(
      disrupted.flatMap(([name, since]) => {
        const moment = timeAt(since);
        return moment === null ? [] : [[name, moment] as const];
      }),
    ),
    condition:
      condition === undefined
        ? null
        : {
            status: textAt(condition, 'status') === 'True' ? 'True' : 'False',
            reason: textAt(condition, 'reason') ?? '',
            message: textAt(condition, 'message') ?? '',
            since: timeAt(condition, 'lastTransitionTime') ?? 0,
          },
  };
}
