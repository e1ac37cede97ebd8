import { isRecord, textAt, textMapAt } from '../domain/json.ts';
import { keepFields } from './kept-fields.ts';
import type { KeptFields } from './kept-fields.ts';

/**
 * Annotations that rules read: who owns something, who drains, what a budget is for. No other annotation is written, because people and tools keep
 * tokens, whole manifests and addresses in them.
 */
const keptAnnotations = [
  /^(slackwater\.dev\/(owner|cordoned-by)|owner|team|contact|app\.kubernetes\.io\/owner|ownedBy|createdBy)$/,
  /^kubernetes\.io\/config\.mirror$/,
  /^eviction-autoscaler\.azure\.com\/enable$/,
  /^weave\.works\/kured-/,
  /^flatcar-linux-update\.v1\.flatcar-linux\.net\/reboot-in-progress$/,
];

const metadata: KeptFields = {
  name: 'all', generateName: 'all', namespace: 'all', uid: 'all', labels: 'all', annotations: 'all', generation: 'all', resourceVersion: 'all',
  creationTimestamp: 'all', deletionTimestamp: 'all', deletionGracePeriodSeconds: 'all', finalizers: 'all', ownerReferences: 'all',
};
const condition: KeptFields = { type: 'all', status: 'all', reason: 'all', lastTransitionTime: 'all', lastHeartbeatTime: 'all', observedGeneration: 'all' };
const state: KeptFields = { waiting: { reason: 'all' }, running: { startedAt: 'all' }, terminated: { reason: 'all', exitCode: 'all', startedAt: 'all', finishedAt: 'all' } };
const containerStatus: KeptFields = { name: 'all', ready: 'all', started: 'all', restartCount: 'all', state, lastState: state };
// No image, command, argument or environment: nothing is judged by them, and passwords stand in all but the first.
const container: KeptFields = {
  name: 'all', resources: 'all', restartPolicy: 'all',
  readinessProbe: { initialDelaySeconds: 'all', periodSeconds: 'all', timeoutSeconds: 'all', successThreshold: 'all', failureThreshold: 'all' },
};
const podSpec: KeptFields = {
  nodeName: 'all', nodeSelector: 'all', affinity: 'all', tolerations: 'all', topologySpreadConstraints: 'all', schedulerName: 'all', priority: 'all',
  priorityClassName: 'all', terminationGracePeriodSeconds: 'all', restartPolicy: 'all', readinessGates: 'all', overhead: 'all', resources: 'all', hostNetwork: 'all',
  initContainers: container, containers: container,
  volumes: { name: 'all', emptyDir: {}, hostPath: {}, ephemeral: {}, persistentVolumeClaim: { claimName: 'all' } },
};
const template: KeptFields = { metadata: { labels: 'all' }, spec: podSpec };
const counts: KeptFields = {
  replicas: 'all', readyReplicas: 'all', availableReplicas: 'all', unavailableReplicas: 'all', updatedReplicas: 'all', currentReplicas: 'all', fullyLabeledReplicas: 'all',
  observedGeneration: 'all', currentRevision: 'all', updateRevision: 'all', collisionCount: 'all', conditions: condition,
  desiredNumberScheduled: 'all', currentNumberScheduled: 'all', updatedNumberScheduled: 'all', numberReady: 'all', numberAvailable: 'all', numberUnavailable: 'all', numberMisscheduled: 'all',
  startTime: 'all', completionTime: 'all', active: 'all', ready: 'all', succeeded: 'all', failed: 'all', uncountedTerminatedPods: {},
};
const workload: KeptFields = {
  spec: {
    replicas: 'all', selector: 'all', strategy: 'all', updateStrategy: 'all', minReadySeconds: 'all', podManagementPolicy: 'all', serviceName: 'all', revisionHistoryLimit: 'all',
    progressDeadlineSeconds: 'all', paused: 'all', parallelism: 'all', completions: 'all', completionMode: 'all', backoffLimit: 'all', activeDeadlineSeconds: 'all', suspend: 'all',
    ttlSecondsAfterFinished: 'all', podReplacementPolicy: 'all', manualSelector: 'all', schedule: 'all', concurrencyPolicy: 'all', template,
  },
  status: counts,
};
const webhook: KeptFields = {
  webhooks: {
    name: 'all', failurePolicy: 'all', matchPolicy: 'all', rules: 'all', namespaceSelector: 'all', objectSelector: 'all', matchConditions: { name: 'all' }, sideEffects: 'all',
    timeoutSeconds: 'all', reinvocationPolicy: 'all', admissionReviewVersions: 'all', clientConfig: { service: { namespace: 'all', name: 'all', port: 'all' } },
  },
};

/** Kind → what is written of it beside its metadata. A kind that is not here is never written: no Secret, no ConfigMap, no event. */
const keptKinds: Readonly<Record<string, { readonly [member: string]: KeptFields }>> = {
  Node: {
    spec: { unschedulable: 'all', taints: 'all', providerID: 'all' },
    status: {
      allocatable: 'all', capacity: 'all', conditions: condition,
      nodeInfo: { kubeletVersion: 'all', bootID: 'all', osImage: 'all', kernelVersion: 'all', containerRuntimeVersion: 'all', operatingSystem: 'all', architecture: 'all' },
    },
  },
  Pod: { spec: podSpec, status: { phase: 'all', reason: 'all', startTime: 'all', qosClass: 'all', conditions: condition, initContainerStatuses: containerStatus, containerStatuses: containerStatus } },
  // Its only free text is the controller's own, about scales it could not find.
  PodDisruptionBudget: { spec: 'all', status: 'all' },
  Namespace: { status: { phase: 'all' } },
  Deployment: workload,
  ReplicaSet: workload,
  StatefulSet: workload,
  DaemonSet: workload,
  Job: workload,
  ReplicationController: workload,
  ValidatingWebhookConfiguration: webhook,
  MutatingWebhookConfiguration: webhook,
  HorizontalPodAutoscaler: { spec: { scaleTargetRef: 'all', minReplicas: 'all', maxReplicas: 'all' } },
  Service: { spec: { type: 'all', selector: 'all', externalTrafficPolicy: 'all' } },
  PersistentVolumeClaim: { spec: { volumeName: 'all', storageClassName: 'all', accessModes: 'all' }, status: { phase: 'all' } },
  PersistentVolume: {
    spec: { capacity: 'all', accessModes: 'all', storageClassName: 'all', nodeAffinity: 'all', claimRef: { kind: 'all', namespace: 'all', name: 'all', uid: 'all' }, local: {}, hostPath: {}, csi: { driver: 'all' } },
    status: { phase: 'all' },
  },
  NodePool: { spec: { disruption: { budgets: 'all' } } },
};

/** The part of a Kubernetes object that a snapshot holds; null for a kind it never holds. */
export function keepKubernetesFields(item: unknown): unknown {
  const kind = textAt(item, 'kind') ?? '';
  const fields = Object.hasOwn(keptKinds, kind) ? keptKinds[kind] : undefined;
  const kept = fields === undefined ? null : keepFields(item, { apiVersion: 'all', kind: 'all', metadata, ...fields });
  if (!isRecord(kept)) return null;
  const annotations = Object.entries(textMapAt(kept, 'metadata', 'annotations')).filter(([name]) => keptAnnotations.some((pattern) => pattern.test(name)));
  const rest = Object.entries(isRecord(kept['metadata']) ? kept['metadata'] : {}).filter(([name]) => name !== 'annotations');
  return { ...kept, metadata: Object.fromEntries(annotations.length === 0 ? rest : [...rest, ['annotations', Object.fromEntries(annotations)]]) };
}
