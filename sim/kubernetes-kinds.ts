/** A kind the simulated API server serves. */
export interface ServedKind {
  /** `/api/v1` or `/apis/<group>/<version>`. */
  readonly prefix: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
}

/** Where a request points: a kind, and within it a namespace, an object, a subresource. Null: not given. */
export interface ResourcePath {
  readonly served: ServedKind;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly subresource: string | null;
}

const SERVED: readonly ServedKind[] = [
  ...serve('/api/v1', 'cluster', { nodes: 'Node', namespaces: 'Namespace', persistentvolumes: 'PersistentVolume' }),
  ...serve('/api/v1', 'namespaced', {
    pods: 'Pod',
    events: 'Event',
    services: 'Service',
    configmaps: 'ConfigMap',
    replicationcontrollers: 'ReplicationController',
    persistentvolumeclaims: 'PersistentVolumeClaim',
  }),
  ...serve('/apis/apps/v1', 'namespaced', {
    deployments: 'Deployment',
    replicasets: 'ReplicaSet',
    statefulsets: 'StatefulSet',
    daemonsets: 'DaemonSet',
  }),
  ...serve('/apis/batch/v1', 'namespaced', { jobs: 'Job', cronjobs: 'CronJob' }),
  ...serve('/apis/policy/v1', 'namespaced', { poddisruptionbudgets: 'PodDisruptionBudget' }),
  ...serve('/apis/autoscaling/v2', 'namespaced', { horizontalpodautoscalers: 'HorizontalPodAutoscaler' }),
  ...serve('/apis/storage.k8s.io/v1', 'cluster', { storageclasses: 'StorageClass', volumeattachments: 'VolumeAttachment' }),
  ...serve('/apis/admissionregistration.k8s.io/v1', 'cluster', {
    validatingwebhookconfigurations: 'ValidatingWebhookConfiguration',
    mutatingwebhookconfigurations: 'MutatingWebhookConfiguration',
  }),
  ...serve('/apis/karpenter.sh/v1', 'cluster', { nodepools: 'NodePool' }),
];

/** Reads a path of the Kubernetes API; null when no served kind lies there. */
export function parseResourcePath(path: string): ResourcePath | null {
  const match = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)\/(?:namespaces\/([^/]+)\/([^/]+)|([^/]+))(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path);
  if (match === null) return null;
  const [, prefix, space, plural, topPlural, name, subresource] = match.map((part) =>
    part === undefined ? undefined : decodeURIComponent(part),
  );
  const wanted = plural ?? topPlural;
  const found = SERVED.find((one) => one.prefix === prefix && one.plural === wanted && one.isNamespaced === (space !== undefined || one.isNamespaced));
  if (found !== undefined) {
    return { served: found, namespace: space ?? null, name: name ?? null, subresource: subresource ?? null };
  }
  // `/api/v1/namespaces/<name>/status` and the like read as namespaced; only the namespace itself is left here.
  const namespaces = SERVED.find((one) => one.kind === 'Namespace');
  if (prefix !== '/api/v1' || space === undefined || namespaces === undefined) return null;
  return { served: namespaces, namespace: null, name: space, subresource: plural ?? null };
}

function serve(prefix: string, scope: 'cluster' | 'namespaced', kinds: Readonly<Record<string, string>>): readonly ServedKind[] {
  return Object.entries(kinds).map(([plural, kind]) => ({ prefix, plural, kind, isNamespaced: scope === 'namespaced' }));
}
