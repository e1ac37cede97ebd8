import type { ClusterSnapshot, DisruptionBudget, Pod } from './cluster-snapshot.ts';
import { budgetsOfPod, fullName, indexBudgets } from './disruption-budget.ts';
import { deadEvictionWebhooks, isFinished, judgeEviction } from './eviction.ts';
import type { EvictionVerdict } from './eviction.ts';
import type { PodVerdict } from './preflight-report.ts';

type ForecastInput = Pick<ClusterSnapshot, 'pods' | 'disruptionBudgets' | 'namespaces' | 'admissionWebhooks'>;

/** One pod with what an eviction of it would meet. */
export interface PodForecast {
  readonly pod: Pod;
  readonly budgets: readonly DisruptionBudget[];
  readonly eviction: EvictionVerdict;
  readonly verdict: PodVerdict['verdict'];
}

/**
 * Pod by pod: would a drain evict it, and what would the API server answer now.
 *
 * Each answer stands alone, as a dry run's does: it spends no budget, so pods under one budget that allows a single
 * eviction are all `evictable`. Mirror and DaemonSet pods are `skipped`, as a drain leaves them, with the status the
 * API server would answer nevertheless. Time is near linear in pods.
 */
export function forecastPods(snapshot: ForecastInput): readonly PodForecast[] {
  const index = indexBudgets(snapshot.disruptionBudgets);
  const namespaces = new Map(snapshot.namespaces.map((namespace) => [namespace.name, namespace]));
  const deadWebhooks = deadEvictionWebhooks(snapshot.admissionWebhooks, snapshot.pods);
  return snapshot.pods.map((pod) => {
    const budgets = budgetsOfPod(index, pod);
    const eviction = judgeEviction({ pod, budgets, namespace: namespaces.get(pod.namespace) ?? null, deadWebhooks });
    return { pod, budgets, eviction, verdict: verdictOf(pod, eviction) };
  });
}

/** The forecast as preflight reports it. */
export function forecastDrain(snapshot: ForecastInput): readonly PodVerdict[] {
  return forecastPods(snapshot).map(describeForecast);
}

/** One line of the report's pod list. */
export function describeForecast(forecast: PodForecast): PodVerdict {
  const { pod, budgets, eviction, verdict } = forecast;
  return {
    namespace: pod.namespace,
    name: pod.name,
    node: pod.nodeName,
    verdict,
    status: eviction.status,
    budgets: budgets.map(fullName),
    reason: reasonOf(forecast),
  };
}

/** Whether a drain moves the pod: kubectl, and AKS with it, leaves mirror and DaemonSet pods where they are. */
export function isDrained(pod: Pick<Pod, 'isMirror' | 'owner'>): boolean {
  return !pod.isMirror && pod.owner?.kind !== 'DaemonSet';
}

function verdictOf(pod: Pod, eviction: EvictionVerdict): PodVerdict['verdict'] {
  if (!isDrained(pod)) return 'skipped';
  if (eviction.status === 429) return 'blocked';
  if (eviction.status !== 201) return 'error';
  const isGoneForGood = pod.owner === null && !isFinished(pod) && pod.deletionTimestamp === null;
  return isGoneForGood ? 'unmanaged' : 'evictable';
}

function reasonOf({ pod, eviction, verdict }: PodForecast): string {
  if (verdict === 'skipped') return pod.isMirror ? 'a static pod: no drain touches it' : 'a DaemonSet pod: a drain leaves it on the node';
  if (verdict === 'unmanaged') return 'no controller re-creates it: an eviction deletes it for good';
  if (verdict !== 'evictable') return eviction.cause === '' ? eviction.message : eviction.cause;
  if (pod.deletionTimestamp !== null) return 'already terminating: the drain waits until it is gone';
  if (isFinished(pod)) return `finished (${pod.phase})`;
  if (pod.phase === 'Pending') return 'Pending: budgets do not guard it';
  return eviction.rule === 'unhealthy-allowed' ? 'not Ready, and its budget lets unready pods go' : '';
}
