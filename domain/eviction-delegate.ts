import type { AdmissionWebhook, ClusterSnapshot } from './cluster-snapshot.ts';
import type { PodForecast } from './drain-forecast.ts';

type Labels = Readonly<Record<string, string>>;

/** A helper that refuses an eviction and then moves the pod by itself. */
export interface EvictionDelegate {
  readonly helper: string;
  /** Name of its webhook configuration. */
  readonly configuration: string;
}

/** Helpers that are known to answer for the pods they refuse to let go; a webhook of anybody else is only a refusal. */
const knownHelpers: readonly {
  readonly helper: string;
  readonly webhook: RegExp;
  readonly owns: (labels: Labels) => boolean;
}[] = [
  {
    helper: 'Strimzi Drain Cleaner',
    webhook: /strimzi-drain-cleaner/,
    owns: (labels) => labels['strimzi.io/kind'] !== undefined || labels['app.kubernetes.io/managed-by']?.startsWith('strimzi') === true,
  },
  {
    helper: 'KubeVirt',
    webhook: /virt-launcher-eviction-interceptor/,
    owns: (labels) => labels['kubevirt.io'] === 'virt-launcher',
  },
];

/**
 * Finds for each pod the helper that will move it when its eviction is asked for; null when nobody will.
 *
 * A helper whose service has no Ready pod in its namespace moves nothing. Facts: Strimzi docs, "Evicting pods with the
 * Strimzi Drain Cleaner" (the Cluster Operator labels what it owns); KubeVirt, webhook
 * `virt-launcher-eviction-interceptor.kubevirt.io`.
 */
export function findDelegates({ snapshot }: {
  readonly snapshot: Pick<ClusterSnapshot, 'admissionWebhooks' | 'pods'>;
}): (forecast: Pick<PodForecast, 'pod' | 'budgets'>) => EvictionDelegate | null {
  const found = knownHelpers.flatMap((known) => {
    const webhook = snapshot.admissionWebhooks.find(
      (one) => (known.webhook.test(one.configuration) || known.webhook.test(one.name)) && seesEvictions(one) && isAnswered(one, snapshot.pods),
    );
    return webhook === undefined ? [] : [{ ...known, configuration: webhook.configuration }];
  });
  return ({ pod, budgets }) => {
    const one = found.find(({ owns }) => owns(pod.labels) || budgets.some(({ labels }) => owns(labels)));
    return one === undefined ? null : { helper: one.helper, configuration: one.configuration };
  };
}

/** Whether a webhook is asked about evictions. */
export function seesEvictions({ resources }: Pick<AdmissionWebhook, 'resources'>): boolean {
  return resources.some((resource) => resource.endsWith('/pods/eviction') || resource.endsWith('/pods/*') || resource.endsWith('/*/*'));
}

function isAnswered({ service }: AdmissionWebhook, pods: ClusterSnapshot['pods']): boolean {
  if (service === null) return true;
  const [namespace] = service.split('/', 1);
  return pods.some((pod) => pod.namespace === namespace && pod.isReady);
}
