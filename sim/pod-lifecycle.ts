import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import type { PodRecord, Sickness } from './kubernetes-objects.ts';
import { keyOf, markChanged, removePod, workloadOf } from './kubernetes-store.ts';
import { meetHindrance } from './pod-hindrance.ts';
import { recordPodWarning } from './upgrade-events.ts';
import { takeDisks } from './volume-attachment.ts';

/** Finalizers that Kubernetes' own controllers take off by themselves. */
const SELF_CLEARING_FINALIZERS = ['batch.kubernetes.io/job-tracking', 'foregroundDeletion', 'orphan'];
/** A node whose drivers and agents may still be on their way. */
const YOUNG_MS = 15 * MINUTE_MS;
/** Longest time from binding to Running. Unit: milliseconds. */
const RUNNING_AFTER_MS = 5 * SECOND_MS;

/** A bound pod starts: Running after a few seconds, Ready after its start time, unless it is sick. */
export function startPod(core: ClusterCore, pod: PodRecord): void {
  if (pod.nodeName !== null && pod.phase === 'Pending' && (!takeDisks(core, pod, pod.nodeName) || isWithheld(core, pod, pod.nodeName))) return;
  const { store, timeline, durations } = core;
  pod.lifeSequence += 1;
  const life = pod.lifeSequence;
  const isCurrent = (): boolean => pod.lifeSequence === life && pod.deletionAt === null && store.pods.get(keyOf(pod)) === pod;
  const configured = workloadOf(store, pod.owner)?.startSeconds ?? null;
  const startMs = configured === null ? durations.seconds(durations.physics.podStartSeconds) : configured * SECOND_MS;
  timeline.after(Math.min(RUNNING_AFTER_MS, startMs / 2), () => {
    if (!isCurrent()) return;
    pod.startedAt ??= timeline.now();
    if (pod.sickness?.phase !== 'Pending') pod.phase = 'Running';
    markChanged(store, pod);
  });
  timeline.after(startMs, () => {
    if (!isCurrent() || pod.sickness !== null) return;
    pod.phase = 'Running';
    pod.isReady = true;
    pod.readySince = timeline.now();
    markChanged(store, pod);
    timeline.tell('pod.ready', `${keyOf(pod)} is Ready on ${pod.nodeName ?? '?'}`, {
      namespace: pod.namespace,
      pod: pod.name,
      node: pod.nodeName,
    });
  });
}

/** A young node that lacks a driver or a network yet does not let the pod start; it is tried again when that is over. */
function isWithheld(core: ClusterCore, pod: PodRecord, nodeName: string): boolean {
  const { store, timeline } = core;
  const node = store.nodes.get(nodeName);
  if (node === undefined || timeline.now() - node.readySince > YOUNG_MS) return false;
  const met = meetHindrance(store.hindrances, 'unstarted', pod);
  if (met === null) return false;
  const overAt = met.minutes === null ? null : pod.createdAt + met.minutes * MINUTE_MS;
  if (overAt !== null && timeline.now() >= overAt) return false;
  recordPodWarning(core, pod, { reason: met.reason, message: met.message, component: 'kubelet' });
  if (overAt !== null) timeline.after(overAt - timeline.now(), () => (store.pods.get(keyOf(pod)) === pod ? startPod(core, pod) : undefined));
  return true;
}

/**
 * Asks a pod to end: it is terminating from now and gone when its containers stopped, at the latest after its grace.
 *
 * May be repeated; a pod already terminating is left as it is.
 */
export function terminatePod(core: ClusterCore, pod: PodRecord, graceSeconds: number | null): void {
  const { store, timeline, durations } = core;
  if (pod.deletionAt !== null) return;
  pod.lifeSequence += 1;
  const grace = graceSeconds ?? pod.graceSeconds;
  const isAtWork = pod.nodeName !== null && pod.phase !== 'Succeeded' && pod.phase !== 'Failed';
  pod.deletionAt = timeline.now() + (isAtWork ? grace * SECOND_MS : 0);
  markChanged(store, pod);
  const stopSeconds = workloadOf(store, pod.owner)?.stopSeconds ?? durations.physics.podStopSeconds;
  timeline.after(isAtWork ? Math.min(grace, stopSeconds) * SECOND_MS : 0, () => finishPod(core, pod));
}

/** The containers have stopped: the pod goes, unless a finalizer holds it or its kubelet is away. */
export function finishPod(core: ClusterCore, pod: PodRecord): void {
  const { store } = core;
  if (store.pods.get(keyOf(pod)) !== pod) return;
  const node = pod.nodeName === null ? undefined : store.nodes.get(pod.nodeName);
  if (node !== undefined && !node.isReady) return;
  pod.finalizers = pod.finalizers.filter((one) => !SELF_CLEARING_FINALIZERS.includes(one));
  if (pod.finalizers.length === 0) {
    removePod(store, pod);
    return;
  }
  pod.isReady = false;
  markChanged(store, pod);
}

/** Terminating pods of the snapshot: those without a finalizer end when their grace ends, the others stay. */
export function resumeTerminations(core: ClusterCore): void {
  const { store, timeline } = core;
  for (const pod of store.pods.values()) {
    if (pod.deletionAt === null) continue;
    timeline.after(Math.max(pod.deletionAt - timeline.now(), 5 * SECOND_MS), () => finishPod(core, pod));
  }
}

/** Makes a pod unready for good, or (null) lets it start again. */
export function setSickness(core: ClusterCore, pod: PodRecord, sickness: Sickness | null): void {
  pod.sickness = sickness;
  if (sickness === null) {
    startPod(core, pod);
    return;
  }
  pod.lifeSequence += 1;
  pod.isReady = false;
  pod.readySince = null;
  markChanged(core.store, pod);
}
