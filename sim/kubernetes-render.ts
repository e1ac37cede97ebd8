import { isRecord, listAt, numberAt, recordAt, textAt, valueAt, without } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { BudgetRecord, NodeRecord, PodRecord, StoredRecord, WorkloadRecord } from './kubernetes-objects.ts';
import { UNSCHEDULABLE } from './kubernetes-load.ts';
import { familyOf } from './kubernetes-store.ts';
import type { KubernetesStore } from './kubernetes-store.ts';
import { effectiveTaints } from './scheduler.ts';
import { kubernetesTime } from './timestamp.ts';

const rendered = new WeakMap<StoredRecord, { readonly version: number; readonly object: JsonRecord }>();

/** The object as the API server gives it. Objects nobody has changed are given as they came. */
export function renderRecord(store: KubernetesStore, record: StoredRecord): JsonRecord {
  if (isWorkload(record)) return renderWorkload(store, record);
  if (record.version === 0) return record.document;
  const known = rendered.get(record);
  if (known !== undefined && known.version === record.version) return known.object;
  const object = renderChanged(store, record);
  rendered.set(record, { version: record.version, object });
  return object;
}

function isWorkload(record: StoredRecord): record is WorkloadRecord {
  return record.kind !== 'Node' && record.kind !== 'Pod' && record.kind !== 'PodDisruptionBudget';
}

function renderChanged(store: KubernetesStore, record: NodeRecord | PodRecord | BudgetRecord): JsonRecord {
  if (record.kind === 'Node') return renderNode(record);
  return record.kind === 'Pod' ? renderPod(store, record) : renderBudget(record);
}

function renderMetadata(record: StoredRecord, more: JsonRecord = {}): JsonRecord {
  const metadata = without(recordAt(record.document, 'metadata'), 'managedFields');
  return {
    ...metadata,
    labels: record.labels,
    annotations: record.annotations,
    resourceVersion: record.version === 0 ? metadata['resourceVersion'] : String(record.version),
    ...more,
  };
}

function renderNode(node: NodeRecord): JsonRecord {
  const taints = effectiveTaints(node).map(({ key, value, effect }) => ({
    key,
    ...(value === '' ? {} : { value }),
    effect,
    ...(key === UNSCHEDULABLE && node.cordonedAt !== null ? { timeAdded: kubernetesTime(node.cordonedAt) } : {}),
  }));
  const since = kubernetesTime(node.readySince);
  const conditions = listAt(node.document, 'status', 'conditions').filter((one) => textAt(one, 'type') !== 'Ready');
  const ready = node.isReady
    ? { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
  return {
    ...node.document,
    metadata: renderMetadata(node),
    spec: {
      ...without(recordAt(node.document, 'spec'), 'taints', 'unschedulable'),
      ...(taints.length === 0 ? {} : { taints }),
      ...(node.isUnschedulable ? { unschedulable: true } : {}),
    },
    status: {
      ...recordAt(node.document, 'status'),
      conditions: [...conditions, { type: 'Ready', ...ready, lastHeartbeatTime: since, lastTransitionTime: since }],
      nodeInfo: {
        ...recordAt(node.document, 'status', 'nodeInfo'),
        kubeletVersion: node.kubeletVersion,
        bootID: node.bootId,
      },
    },
  };
}

function renderPod(store: KubernetesStore, pod: PodRecord): JsonRecord {
  const spec = recordAt(pod.document, 'spec');
  const deletion =
    pod.deletionAt === null
      ? {}
      : { deletionTimestamp: kubernetesTime(pod.deletionAt), deletionGracePeriodSeconds: pod.graceSeconds };
  const finalizers = pod.finalizers.length === 0 ? {} : { finalizers: pod.finalizers };
  return {
    ...pod.document,
    metadata: { ...without(renderMetadata(pod), 'finalizers'), ...finalizers, ...deletion },
    spec: pod.nodeName === null ? spec : { ...spec, nodeName: pod.nodeName },
    status: isStatusAsGiven(pod) ? recordAt(pod.document, 'status') : renderPodStatus(store, pod, spec),
  };
}

function isStatusAsGiven(pod: PodRecord): boolean {
  const { document } = pod;
  const ready = listAt(document, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Ready');
  return (
    ready !== undefined &&
    textAt(document, 'status', 'phase') === pod.phase &&
    (textAt(ready, 'status') === 'True') === pod.isReady &&
    textAt(document, 'spec', 'nodeName') === pod.nodeName
  );
}

function renderPodStatus(store: KubernetesStore, pod: PodRecord, spec: JsonRecord): JsonRecord {
  const { phase } = pod;
  if (pod.nodeName === null) return { phase, qosClass: 'Burstable', conditions: unscheduledConditions(pod) };
  const since = kubernetesTime(pod.readySince ?? pod.startedAt ?? pod.createdAt);
  const readiness = pod.isReady ? { status: 'True' } : { status: 'False', reason: 'ContainersNotReady' };
  const node = store.nodes.get(pod.nodeName);
  const hostIP = listAt(node?.document, 'status', 'addresses').find((one) => textAt(one, 'type') === 'InternalIP');
  const address = textAt(hostIP, 'address');
  return {
    phase,
    qosClass: textAt(pod.document, 'status', 'qosClass') ?? 'Burstable',
    conditions: [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: kubernetesTime(pod.createdAt) },
      { type: 'Initialized', status: 'True', lastTransitionTime: kubernetesTime(pod.createdAt) },
      { type: 'Ready', ...readiness, lastTransitionTime: since },
      { type: 'ContainersReady', ...readiness, lastTransitionTime: since },
    ],
    ...(address === null ? {} : { hostIP: address, hostIPs: [{ ip: address }] }),
    startTime: kubernetesTime(pod.startedAt ?? pod.createdAt),
    containerStatuses: containerStatuses(pod, spec),
  };
}

function unscheduledConditions(pod: PodRecord): readonly JsonRecord[] {
  if (pod.unschedulable === null) return [];
  return [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: pod.unschedulable,
      lastTransitionTime: kubernetesTime(pod.createdAt),
    },
  ];
}

function containerStatuses(pod: PodRecord, spec: JsonRecord): readonly unknown[] {
  if (pod.sickness !== null && pod.sickness.containerStatuses.length > 0) return pod.sickness.containerStatuses;
  const isRunning = pod.phase === 'Running' && pod.sickness === null;
  const startedAt = kubernetesTime(pod.startedAt ?? pod.createdAt);
  const state = isRunning
    ? { running: { startedAt } }
    : { waiting: { reason: pod.sickness?.reason ?? 'ContainerCreating' } };
  return listAt(spec, 'containers')
    .filter(isRecord)
    .map((container) => ({
      name: textAt(container, 'name') ?? '',
      image: textAt(container, 'image') ?? '',
      imageID: '',
      ready: pod.isReady,
      restartCount: 0,
      started: isRunning,
      state,
      lastState: {},
    }));
}

function renderBudget(budget: BudgetRecord): JsonRecord {
  const { status } = budget;
  const observed = status.observedGeneration === null ? {} : { observedGeneration: status.observedGeneration };
  const disrupted = [...status.disruptedPods].map(([name, since]) => [name, kubernetesTime(since)] as const);
  const { condition } = status;
  const conditions =
    condition === null
      ? []
      : [
          {
            type: 'DisruptionAllowed',
            status: condition.status,
            reason: condition.reason,
            message: condition.message,
            lastTransitionTime: kubernetesTime(condition.since),
            ...observed,
          },
        ];
  return {
    ...budget.document,
    metadata: renderMetadata(budget, { generation: budget.generation }),
    status: {
      ...observed,
      ...(disrupted.length === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted) }),
      disruptionsAllowed: status.disruptionsAllowed,
      currentHealthy: status.currentHealthy,
      desiredHealthy: status.desiredHealthy,
      expectedPods: status.expectedPods,
      conditions,
    },
  };
}

/** A workload's status follows its pods, so it is worked out at each reading. */
function renderWorkload(store: KubernetesStore, workload: WorkloadRecord): JsonRecord {
  const counts = countPods(store, workload);
  const given = recordAt(workload.document, 'status');
  if (workload.version === 0 && Object.entries(counts).every(([key, count]) => (numberAt(given, key) ?? 0) === count)) {
    return workload.document;
  }
  const spec = recordAt(workload.document, 'spec');
  const scale = workload.kind === 'Job' || workload.replicas === null ? {} : { replicas: workload.replicas };
  const isGenerational = valueAt(given, 'observedGeneration') !== undefined;
  return {
    ...workload.document,
    metadata: renderMetadata(workload, { generation: workload.generation, ...writersOf(workload) }),
    spec: { ...spec, ...scale },
    status: { ...given, ...counts, ...(isGenerational ? { observedGeneration: workload.generation } : {}) },
  };
}

/** Who wrote the workload last; its pods' status changes nothing of it. */
function writersOf({ document }: WorkloadRecord): JsonRecord {
  const managedFields = valueAt(document, 'metadata', 'managedFields');
  return managedFields === undefined ? {} : { managedFields };
}

function countPods(store: KubernetesStore, workload: WorkloadRecord): Readonly<Record<string, number>> {
  const pods = familyOf(store, workload).flatMap((one) => [...one.pods]);
  const active = pods.filter((pod) => pod.deletionAt === null && pod.phase !== 'Succeeded' && pod.phase !== 'Failed');
  const readyCount = active.filter((pod) => pod.isReady).length;
  if (workload.kind === 'DaemonSet') return { currentNumberScheduled: active.length, numberReady: readyCount, numberAvailable: readyCount };
  if (workload.kind === 'Job') return { active: active.length, ready: readyCount };
  return { replicas: active.length, readyReplicas: readyCount, availableReplicas: readyCount };
}
