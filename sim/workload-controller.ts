import { isRecord, listAt, recordAt, recordsAt, without } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { ClusterCore } from './cluster-core.ts';
import { readPod } from './kubernetes-load.ts';
import type { NodeRecord, PodRecord, WorkloadRecord } from './kubernetes-objects.ts';
import { addRecord, keyOf, markChanged, nextVersion, workloadOf } from './kubernetes-store.ts';
import { startPod, terminatePod } from './pod-lifecycle.ts';
import { effectiveTaints } from './scheduler.ts';
import { kubernetesTime } from './timestamp.ts';
import { refuseCreate } from './tunnel-outage.ts';

/** From a change to the controllers' answer. Unit: milliseconds. */
const RECONCILE_MS = 250;

/** What the DaemonSet controller lets its pods tolerate. Source: Kubernetes docs, DaemonSet, "Taints and tolerations". */
const DAEMON_TOLERATIONS = [
  ['not-ready', 'NoExecute'],
  ['unreachable', 'NoExecute'],
  ['unreachable', 'NoSchedule'],
  ['disk-pressure', 'NoSchedule'],
  ['memory-pressure', 'NoSchedule'],
  ['pid-pressure', 'NoSchedule'],
  ['unschedulable', 'NoSchedule'],
] as const;

/** Re-creates the pods of ReplicaSets, StatefulSets, Jobs and custom kinds; a bare pod is gone for good. */
export function startWorkloadControllers(core: ClusterCore): void {
  const { store, timeline } = core;
  const requestReconcile = (workload: WorkloadRecord, delayMs: number): void => {
    if (workload.isReconcileDue) return;
    workload.isReconcileDue = true;
    timeline.after(delayMs, () => {
      workload.isReconcileDue = false;
      reconcile(core, workload);
    });
  };
  store.listeners.push({
    podChanged(pod, change) {
      const workload = workloadOf(store, pod.owner);
      if (workload === null) return;
      if (workload.kind === 'Custom') {
        if (change === 'gone') timeline.after(RECONCILE_MS, () => recreate(core, workload, pod));
        return;
      }
      if (change === 'gone' && workload.kind === 'StatefulSet') keepVolumes(workload, pod);
      const hasLeft = change === 'gone' || pod.deletionAt !== null;
      const lets = workload.kind === 'StatefulSet' && pod.isReady;
      if (hasLeft || lets) requestReconcile(workload, RECONCILE_MS);
    },
    workloadChanged: (workload) => requestReconcile(workload, RECONCILE_MS),
  });
}

/** Gives a new or re-imaged node the pods of every DaemonSet that wants it. */
export function placeDaemonPods(core: ClusterCore, node: NodeRecord): void {
  for (const workload of core.store.workloads.values()) {
    if (workload.kind !== 'DaemonSet') continue;
    if ([...node.pods].some((pod) => pod.owner?.uid === workload.uid && pod.deletionAt === null)) continue;
    const document = newPodDocument(core, workload, `${workload.name}-${core.prng.suffix(5)}`, workload.template);
    const pod = readPod(withDaemonRules(document, node), core.timeline.now());
    if (!pod.placement.matchesNode(node.labels, node.name) || !pod.placement.toleratesAll(effectiveTaints(node))) continue;
    pod.nodeName = node.name;
    pod.unschedulable = null;
    admit(core, workload, pod);
    startPod(core, pod);
  }
}

function reconcile(core: ClusterCore, workload: WorkloadRecord): void {
  switch (workload.kind) {
    case 'ReplicaSet':
    case 'ReplicationController':
      reconcileReplicas(core, workload, workload.replicas ?? 0);
      return;
    case 'Job':
      reconcileReplicas(core, workload, wantedJobPods(workload));
      return;
    case 'StatefulSet':
      reconcileStatefulSet(core, workload);
      return;
    case 'Deployment':
      scaleNewestReplicaSet(core, workload);
      return;
    default:
  }
}

function reconcileReplicas(core: ClusterCore, workload: WorkloadRecord, wanted: number): void {
  const active = activePods(workload);
  for (let count = active.length; count < wanted; count += 1) {
    createPod(core, workload, freeName(core, workload), workload.template);
  }
  // Kubernetes ends pods that are not ready before those that are.
  const leaving = [...active].sort((a, b) => Number(a.isReady) - Number(b.isReady) || b.createdAt - a.createdAt);
  if (workload.kind !== 'Job') {
    for (const pod of leaving.slice(0, Math.max(0, active.length - wanted))) terminatePod(core, pod, null);
  }
}

/** Ordinals in order: a missing pod is made when its name is free and, unless pods are managed in parallel, all before it are ready. */
function reconcileStatefulSet(core: ClusterCore, workload: WorkloadRecord): void {
  const isParallel = recordAt(workload.document, 'spec')['podManagementPolicy'] === 'Parallel';
  const wanted = workload.replicas ?? 0;
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
    const name = `${workload.name}-${ordinal}`;
    const pod = core.store.pods.get(`${workload.namespace}/${name}`);
    if (pod === undefined) createPod(core, workload, name, withKeptVolumes(workload, name));
    if (!isParallel && pod?.isReady !== true) return;
  }
  const surplus = activePods(workload).filter((pod) => Number(pod.name.slice(workload.name.length + 1)) >= wanted);
  for (const pod of surplus) terminatePod(core, pod, null);
}

const keptVolumes = new WeakMap<WorkloadRecord, Map<string, readonly unknown[]>>();

/** A pod of a StatefulSet comes back to the claims it had, whatever the template says. */
function keepVolumes(workload: WorkloadRecord, pod: PodRecord): void {
  const kept = keptVolumes.get(workload) ?? new Map<string, readonly unknown[]>();
  keptVolumes.set(workload, kept.set(pod.name, listAt(pod.document, 'spec', 'volumes')));
}

function withKeptVolumes(workload: WorkloadRecord, name: string): JsonRecord {
  const volumes = keptVolumes.get(workload)?.get(name) ?? [];
  return volumes.length === 0 ? workload.template : { ...workload.template, spec: { ...recordAt(workload.template, 'spec'), volumes } };
}

function scaleNewestReplicaSet(core: ClusterCore, deployment: WorkloadRecord): void {
  const sets = core.store.workloadsByOwner.get(deployment.uid) ?? [];
  const current = [...sets].sort((a, b) => (b.replicas ?? 0) - (a.replicas ?? 0))[0];
  if (current === undefined || current.replicas === deployment.replicas) return;
  current.replicas = deployment.replicas;
  current.generation += 1;
  markChanged(core.store, current);
}

/** An operator makes its pod again under the same name, from what the old one was. */
function recreate(core: ClusterCore, workload: WorkloadRecord, gone: PodRecord): void {
  if (core.store.pods.has(keyOf(gone)) || activePods(workload).length >= (workload.replicas ?? 0)) return;
  const spec = recordAt(gone.document, 'spec');
  if (refuseCreate(core, workload, () => recreate(core, workload, gone)) === 'refused') return;
  createPod(core, workload, gone.name, {
    metadata: { labels: gone.labels, annotations: gone.annotations },
    spec: without(spec, 'nodeName'),
  });
}

function wantedJobPods(job: WorkloadRecord): number {
  const completions = recordAt(job.document, 'spec')['completions'];
  const left = typeof completions === 'number' ? completions - job.succeededCount : (job.replicas ?? 1);
  return Math.max(0, Math.min(job.replicas ?? 1, left));
}

function activePods(workload: WorkloadRecord): readonly PodRecord[] {
  return [...workload.pods].filter((pod) => pod.deletionAt === null && pod.phase !== 'Succeeded' && pod.phase !== 'Failed');
}

function createPod(core: ClusterCore, workload: WorkloadRecord, name: string, template: JsonRecord): void {
  if (refuseCreate(core, workload, () => markChanged(core.store, workload)) === 'refused') return;
  admit(core, workload, readPod(newPodDocument(core, workload, name, template), core.timeline.now()));
}

/** Puts a new pod in: as sick as its siblings were, if one of the workload's sick places is free. */
function admit(core: ClusterCore, workload: WorkloadRecord, pod: PodRecord): void {
  const sickCount = activePods(workload).filter((one) => one.sickness !== null).length;
  pod.sickness = workload.sicknesses[sickCount] ?? null;
  pod.unschedulable = null;
  addRecord(core.store, pod);
  markChanged(core.store, pod);
}

function newPodDocument(core: ClusterCore, workload: WorkloadRecord, name: string, template: JsonRecord): JsonRecord {
  const { owned } = workload;
  const spec = recordAt(template, 'spec');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(name.startsWith(`${workload.name}-`) && workload.kind !== 'Custom' ? { generateName: `${workload.name}-` } : {}),
      namespace: workload.namespace,
      uid: core.prng.uuid(),
      resourceVersion: String(nextVersion(core.store)),
      creationTimestamp: kubernetesTime(core.timeline.now()),
      labels: { ...recordAt(template, 'metadata', 'labels'), ...ordinalLabels(workload, name) },
      annotations: recordAt(template, 'metadata', 'annotations'),
      ownerReferences: [{ ...owned, controller: true, blockOwnerDeletion: true }],
    },
    spec: { ...spec, tolerations: withDefaultTolerations(listAt(spec, 'tolerations')) },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
}

/** Labels a StatefulSet adds to each pod. */
function ordinalLabels(workload: WorkloadRecord, name: string): JsonRecord {
  if (workload.kind !== 'StatefulSet') return {};
  return {
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': name.slice(workload.name.length + 1),
  };
}

/** What admission adds to every pod (`DefaultTolerationSeconds`). */
function withDefaultTolerations(tolerations: readonly unknown[]): readonly unknown[] {
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerations.some((one) => isRecord(one) && (one['key'] === key || one['key'] === undefined)))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  return [...tolerations, ...added];
}

/** A DaemonSet's pod belongs to one node and stays through its cordon. */
function withDaemonRules(document: JsonRecord, node: NodeRecord): JsonRecord {
  const spec = recordAt(document, 'spec');
  const affinity = recordAt(spec, 'affinity');
  const wanted = recordAt(affinity, 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  const field = { key: 'metadata.name', operator: 'In', values: [node.name] };
  const terms = recordsAt(wanted, 'nodeSelectorTerms');
  const pinned = (terms.length === 0 ? [{}] : terms).map((term) => ({ ...term, matchFields: [field] }));
  return {
    ...document,
    spec: {
      ...spec,
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...recordAt(affinity, 'nodeAffinity'),
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: pinned },
        },
      },
      tolerations: [
        ...listAt(spec, 'tolerations'),
        ...DAEMON_TOLERATIONS.map(([name, effect]) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect })),
      ],
    },
  };
}

function freeName(core: ClusterCore, workload: WorkloadRecord): string {
  for (;;) {
    const name = `${workload.name}-${core.prng.suffix(5)}`;
    if (!core.store.pods.has(`${workload.namespace}/${name}`)) return name;
  }
}
