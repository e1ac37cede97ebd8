import { isRecord, listAt, numberAt, recordAt, textAt, textMapAt, textsAt, timeAt, valueAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import type { NodeRecord, OwnerRecord, PodPhase, PodRecord, Sickness, WorkloadKind, WorkloadRecord } from './kubernetes-objects.ts';
import { addRecord, createKubernetesStore, workloadOf } from './kubernetes-store.ts';
import type { KubernetesStore } from './kubernetes-store.ts';
import { readBudget } from './disruption-budget-record.ts';
import { readAmounts, readPlacement, readRequests, readTaints } from './placement.ts';

const WORKLOAD_KINDS: readonly WorkloadKind[] = [
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'DaemonSet',
  'Job',
];
const PHASES: readonly PodPhase[] = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'];
/** Waiting reasons of a pod that is merely starting. */
const STARTING_REASONS = ['ContainerCreating', 'PodInitializing'];

/** The taint of a cordoned node. */
export const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
/** Taints Kubernetes derives from a node's state; the records keep the state instead. */
export const DERIVED_TAINTS: readonly string[] = [UNSCHEDULABLE, 'node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'];

/** When a cordon began, by the taint Kubernetes gives it; null when nothing tells. */
function cordonTimeOf(document: JsonRecord): Instant | null {
  const taint = listAt(document, 'spec', 'taints').find((one) => textAt(one, 'key') === UNSCHEDULABLE);
  return taint === undefined ? null : timeAt(taint, 'timeAdded');
}

/**
 * Puts the items of `kubectl get … -o json` into a store.
 *
 * Items without kind or name are left out. Owners the items do not hold become `Custom` workloads, so that their pods are
 * re-created as by an operator.
 */
export function loadKubernetesStore(items: readonly unknown[], startsAt: Instant): KubernetesStore {
  const objects = items.filter(isRecord).filter((item) => textAt(item, 'metadata', 'name') !== null);
  const versions = objects.map((item) => Number(textAt(item, 'metadata', 'resourceVersion') ?? 0));
  const store = createKubernetesStore(versions.reduce((newest, one) => (one > newest ? one : newest), 1_000));
  const ofKind = (kind: string): readonly JsonRecord[] => objects.filter((item) => textAt(item, 'kind') === kind);
  for (const item of ofKind('Node')) addRecord(store, readNode(item));
  for (const kind of WORKLOAD_KINDS) for (const item of ofKind(kind)) addRecord(store, readWorkload(item, kind));
  for (const item of ofKind('Pod')) {
    const pod = readPod(item, startsAt);
    ensureOwner(store, pod);
    addRecord(store, pod);
  }
  for (const item of ofKind('PodDisruptionBudget')) addRecord(store, readBudget(item));
  const known: readonly string[] = ['Node', 'Pod', 'PodDisruptionBudget', ...WORKLOAD_KINDS];
  for (const item of objects) if (!known.includes(textAt(item, 'kind') ?? '')) store.resting.push(item);
  restoreNamespaces(store);
  for (const item of store.resting) if (isTerminatingNamespace(item)) store.terminatingNamespaces.add(textAt(item, 'metadata', 'name') ?? '');
  for (const workload of store.workloads.values()) workload.sicknesses = sicknessesOf(workload);
  return store;
}

/** Reads a node as the API server gives it. */
export function readNode(document: JsonRecord): NodeRecord {
  const labels = textMapAt(document, 'metadata', 'labels');
  const ready = listAt(document, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'Ready');
  const createdAt = timeAt(document, 'metadata', 'creationTimestamp') ?? 0;
  return {
    kind: 'Node',
    namespace: '',
    name: textAt(document, 'metadata', 'name') ?? '',
    uid: textAt(document, 'metadata', 'uid') ?? '',
    document,
    labels,
    annotations: textMapAt(document, 'metadata', 'annotations'),
    version: 0,
    pool: labels['kubernetes.azure.com/agentpool'] ?? labels['agentpool'] ?? '',
    createdAt,
    taints: readTaints(listAt(document, 'spec', 'taints')).filter((taint) => !DERIVED_TAINTS.includes(taint.key)),
    isUnschedulable: valueAt(document, 'spec', 'unschedulable') === true,
    cordonedAt: cordonTimeOf(document),
    isReady: textAt(ready, 'status') === 'True',
    readySince: timeAt(ready, 'lastTransitionTime') ?? createdAt,
    kubeletVersion: textAt(document, 'status', 'nodeInfo', 'kubeletVersion') ?? '',
    bootId: textAt(document, 'status', 'nodeInfo', 'bootID') ?? '',
    allocatable: readAmounts(recordAt(document, 'status', 'allocatable')),
    used: { cpu: 0, memory: 0, pods: 0 },
    pods: new Set(),
    isSurge: false,
  };
}

/** Reads a pod as the API server gives it. One whose containers are only being created is not sick: it starts. */
export function readPod(document: JsonRecord, startsAt: Instant): PodRecord {
  const conditions = listAt(document, 'status', 'conditions');
  const ready = conditions.find((condition) => textAt(condition, 'type') === 'Ready');
  const scheduled = conditions.find((condition) => textAt(condition, 'type') === 'PodScheduled');
  const phase = PHASES.find((one) => one === textAt(document, 'status', 'phase')) ?? 'Pending';
  const isReady = textAt(ready, 'status') === 'True';
  const isFinished = phase === 'Succeeded' || phase === 'Failed';
  const annotations = textMapAt(document, 'metadata', 'annotations');
  const nodeName = textAt(document, 'spec', 'nodeName');
  const isUnbound = nodeName === null || nodeName === '';
  return {
    kind: 'Pod',
    namespace: textAt(document, 'metadata', 'namespace') ?? 'default',
    name: textAt(document, 'metadata', 'name') ?? '',
    uid: textAt(document, 'metadata', 'uid') ?? '',
    document,
    labels: textMapAt(document, 'metadata', 'labels'),
    annotations,
    version: 0,
    owner: readOwner(document),
    createdAt: timeAt(document, 'metadata', 'creationTimestamp') ?? startsAt,
    placement: readPlacement(document['spec']),
    requests: isFinished ? { cpu: 0, memory: 0, pods: 0 } : readRequests(document['spec']),
    graceSeconds: numberAt(document, 'spec', 'terminationGracePeriodSeconds') ?? 30,
    isMirror: annotations['kubernetes.io/config.mirror'] !== undefined,
    finalizers: textsAt(document, 'metadata', 'finalizers'),
    nodeName: isUnbound ? null : nodeName,
    phase,
    isReady,
    readySince: isReady ? timeAt(ready, 'lastTransitionTime') : null,
    startedAt: timeAt(document, 'status', 'startTime'),
    deletionAt: timeAt(document, 'metadata', 'deletionTimestamp'),
    sickness: isReady || isFinished || isUnbound ? null : readSickness(document, phase),
    unschedulable: isUnbound ? (textAt(scheduled, 'message') ?? 'not scheduled yet') : null,
    lifeSequence: 0,
  };
}

/** Reads the owner reference with `controller: true`; null when there is none. */
function readOwner(document: unknown): OwnerRecord | null {
  const reference = listAt(document, 'metadata', 'ownerReferences').find((one) => valueAt(one, 'controller') === true);
  if (reference === undefined) return null;
  return {
    apiVersion: textAt(reference, 'apiVersion') ?? '',
    kind: textAt(reference, 'kind') ?? '',
    name: textAt(reference, 'name') ?? '',
    uid: textAt(reference, 'uid') ?? '',
  };
}

function readWorkload(document: JsonRecord, kind: WorkloadKind): WorkloadRecord {
  const name = textAt(document, 'metadata', 'name') ?? '';
  const uid = textAt(document, 'metadata', 'uid') ?? '';
  const scale = kind === 'Job' ? numberAt(document, 'spec', 'parallelism') : numberAt(document, 'spec', 'replicas');
  return {
    kind,
    namespace: textAt(document, 'metadata', 'namespace') ?? 'default',
    name,
    uid,
    document,
    labels: textMapAt(document, 'metadata', 'labels'),
    annotations: textMapAt(document, 'metadata', 'annotations'),
    version: 0,
    owner: readOwner(document),
    owned: { apiVersion: textAt(document, 'apiVersion') ?? 'apps/v1', kind, name, uid },
    generation: numberAt(document, 'metadata', 'generation') ?? 1,
    replicas: kind === 'DaemonSet' ? null : (scale ?? 1),
    template: recordAt(document, 'spec', 'template'),
    pods: new Set(),
    sicknesses: [],
    startSeconds: null,
    stopSeconds: null,
    succeededCount: numberAt(document, 'status', 'succeeded') ?? 0,
    isReconcileDue: false,
  };
}

function readSickness(document: JsonRecord, phase: PodPhase): Sickness | null {
  const statuses = listAt(document, 'status', 'containerStatuses');
  const reasons = statuses.flatMap((status) => textAt(status, 'state', 'waiting', 'reason') ?? []);
  if (reasons.some((reason) => STARTING_REASONS.includes(reason))) return null;
  return { phase, reason: reasons[0] ?? 'Unready', containerStatuses: statuses };
}

function sicknessesOf(workload: WorkloadRecord): readonly Sickness[] {
  return [...workload.pods].flatMap((pod) => (pod.deletionAt === null && pod.sickness !== null ? [pod.sickness] : []));
}

/** A pod's owner that is not among the items: a custom resource, or a controller nobody listed. */
function ensureOwner(store: KubernetesStore, pod: PodRecord): void {
  const { owner } = pod;
  if (owner === null || owner.kind === 'Node') return;
  const known = workloadOf(store, owner);
  if (known !== null) {
    if (known.kind === 'Custom' && known.replicas !== null) known.replicas += 1;
    return;
  }
  addRecord(store, {
    kind: 'Custom',
    namespace: pod.namespace,
    name: owner.name,
    uid: owner.uid,
    document: {},
    labels: {},
    annotations: {},
    version: 0,
    owner: null,
    owned: owner,
    generation: 1,
    replicas: 1,
    template: {},
    pods: new Set(),
    sicknesses: [],
    startSeconds: null,
    stopSeconds: null,
    succeededCount: 0,
    isReconcileDue: false,
  });
}

function isTerminatingNamespace(item: JsonRecord): boolean {
  if (textAt(item, 'kind') !== 'Namespace') return false;
  return valueAt(item, 'metadata', 'deletionTimestamp') !== undefined || textAt(item, 'status', 'phase') === 'Terminating';
}

/** Namespaces are part of no recorded minimum, yet every namespaced object has one. */
function restoreNamespaces(store: KubernetesStore): void {
  const given = store.resting.filter((item) => textAt(item, 'kind') === 'Namespace');
  const names = new Set(given.map((item) => textAt(item, 'metadata', 'name') ?? ''));
  const used = [...store.pods.values(), ...store.budgets.values(), ...store.workloads.values()].map((one) => one.namespace);
  for (const name of [...new Set([...used, 'default', 'kube-system'])].sort()) {
    if (names.has(name)) continue;
    store.resting.push({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, uid: `namespace-${name}`, resourceVersion: '1', labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
}
