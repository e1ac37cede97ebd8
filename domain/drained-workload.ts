import type { Pod } from './cluster-snapshot.ts';
import { isFinished } from './eviction.ts';
import type { PlacedPod, PreflightView } from './preflight-view.ts';
import type { Amendment } from './preflight-report.ts';
import { controllerOf, ownerOfPod, placeOf } from './workload.ts';

/** Live pods per workload wherever they run, by its `namespace/name`. */
export function countLivePods(view: PreflightView): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const pod of view.snapshot.pods) {
    if (pod.deletionTimestamp !== null || isFinished(pod)) continue;
    const where = placeOf(pod, view.workloads);
    counts.set(where, (counts.get(where) ?? 0) + 1);
  }
  return counts;
}

/**
 * How long a workload's pods take to become Ready: the quickest one seen, since a readiness that came back late looks
 * like a slow start. Null when no pod tells. Unit: seconds.
 */
export function startSecondsOf(pods: readonly { readonly pod: Pod }[]): number | null {
  let quickest: number | null = null;
  for (const { pod } of pods) {
    if (pod.startSeconds !== null && (quickest === null || pod.startSeconds < quickest)) quickest = pod.startSeconds;
  }
  return quickest;
}

/** Who can act on the workloads of these pods; null when nothing names anyone. */
export function ownerOfPods(view: PreflightView, pods: readonly PlacedPod[]): string | null {
  const firsts = new Map(pods.map(({ pod }) => [placeOf(pod, view.workloads), pod]));
  return ownersText([...firsts.values()].map((pod) => ownerOfPod(pod, view.snapshot, view.workloads)));
}

/** What makes these pods, so that its manifest can be found; a bare pod is its own. */
export function amendWorkloads(view: Pick<PreflightView, 'workloads'>, pods: readonly { readonly pod: Pod }[]): readonly Amendment[] {
  const makers = new Map(pods.map(({ pod }) => [placeOf(pod, view.workloads), controllerOf(pod, view.workloads) ?? { kind: 'Pod', namespace: pod.namespace, name: pod.name }]));
  return [...makers.values()].map(({ kind, namespace, name }) => ({ kind, namespace, name, field: [], change: null }));
}

/** Owners as one text, each once; null when there is none. */
export function ownersText(owners: readonly (string | null)[]): string | null {
  const named = [...new Set(owners.flatMap((owner) => owner ?? []))];
  return named.length === 0 ? null : named.join(', ');
}
