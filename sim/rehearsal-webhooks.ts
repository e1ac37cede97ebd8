import type { ClusterSnapshot } from '../domain/cluster-snapshot.ts';
import { forecastPods } from '../domain/drain-forecast.ts';
import { findDelegates, seesEvictions } from '../domain/eviction-delegate.ts';
import type { Perturbation } from './perturbation.ts';

/** Within this a helper has moved a pod: the Strimzi operator reconciles every two minutes unless told otherwise. Unit: seconds. */
const HELPER_SECONDS = 120;

/** What stands between an eviction and its pod beside budgets, made to happen in a simulated cluster. */
export interface RehearsedWebhooks {
  readonly perturbations: readonly Perturbation[];
  /** Helpers that are taken to move their pods in {@link HELPER_SECONDS}. */
  readonly helpers: readonly string[];
  readonly helperSeconds: number;
  /** Webhooks on evictions whose answer nobody knows; taken to allow. */
  readonly unknown: readonly string[];
}

/** Reads from the webhook configurations who would refuse evictions: helpers that move pods, and what fails closed with nobody behind it. */
export function rehearsedWebhooks(snapshot: ClusterSnapshot): RehearsedWebhooks {
  const forecasts = forecastPods(snapshot);
  const delegateOf = findDelegates({ snapshot });
  const helped = forecasts.flatMap((forecast) => {
    const delegate = delegateOf(forecast);
    return delegate === null ? [] : [{ ...delegate, pod: forecast.pod }];
  });
  const broken = new Map<string, string>();
  for (const { pod, eviction } of forecasts) {
    const text = /failed calling webhook (.*)$/s.exec(eviction.message)?.[1];
    if (eviction.status === 500 && text !== undefined) broken.set(pod.namespace, text);
  }
  const known = new Set(helped.map(({ configuration }) => configuration));
  const watching = snapshot.admissionWebhooks.filter((webhook) => seesEvictions(webhook) && !known.has(webhook.configuration));
  return {
    perturbations: [
      ...[...broken].map(([namespace, message]) => ({ kind: 'eviction-webhook', namespace, status: 500, message }) as const),
      ...helped.map(({ helper, pod }) => ({ kind: 'eviction-helper', namespace: pod.namespace, pods: pod.name, name: helper, message: `${helper} moves the pod`, moveAfterSeconds: HELPER_SECONDS }) as const),
    ],
    helpers: [...new Set(helped.map(({ helper }) => helper))],
    helperSeconds: HELPER_SECONDS,
    unknown: broken.size > 0 ? [] : [...new Set(watching.map(({ configuration }) => configuration))],
  };
}
