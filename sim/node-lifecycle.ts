import { MINUTE_MS } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import type { NodeRecord, PodRecord } from './kubernetes-objects.ts';
import { addRecord, markChanged, removeNode, removePod } from './kubernetes-store.ts';
import { finishPod, startPod, terminatePod } from './pod-lifecycle.ts';
import { placeDaemonPods } from './workload-controller.ts';

/** How long pods stay bound to a node whose kubelet is silent. Source: Kubernetes' default toleration of `unreachable`. */
const UNREACHABLE_EVICTION_MS = 5 * MINUTE_MS;

/** The label AKS puts on a node it could not drain, and its value. Source: AKS API, undrainableNodeBehavior `Cordon`. */
export const UPGRADE_STATUS_LABEL = 'kubernetes.azure.com/upgrade-status';
export const QUARANTINED = 'Quarantined';
/** The label that says which image a node runs. */
export const NODE_IMAGE_LABEL = 'kubernetes.azure.com/node-image-version';

/** Whether AKS has set this node aside. */
export function isQuarantined(node: NodeRecord): boolean {
  return node.labels[UPGRADE_STATUS_LABEL] === QUARANTINED;
}

/** Marks the node unschedulable; without effect on one that is. */
export function cordonNode(core: ClusterCore, node: NodeRecord, by: string): void {
  if (node.isUnschedulable) return;
  node.isUnschedulable = true;
  node.cordonedAt = core.timeline.now();
  markChanged(core.store, node);
  core.timeline.tell('node.cordoned', `${node.name} is cordoned by ${by}`, { node: node.name, pool: node.pool, by });
}

/** Marks the node schedulable again; without effect on one that is. */
export function uncordonNode(core: ClusterCore, node: NodeRecord, by: string): void {
  if (!node.isUnschedulable) return;
  node.isUnschedulable = false;
  node.cordonedAt = null;
  markChanged(core.store, node);
  core.timeline.tell('node.uncordoned', `${node.name} is schedulable again (${by})`, { node: node.name, pool: node.pool, by });
}

/** Sets (or with null removes) one label. */
export function labelNode(
  core: ClusterCore,
  node: NodeRecord,
  label: { readonly key: string; readonly value: string | null; readonly by: string },
): void {
  if ((node.labels[label.key] ?? null) === label.value) return;
  const others = Object.entries(node.labels).filter(([key]) => key !== label.key);
  node.labels = Object.fromEntries(label.value === null ? others : [...others, [label.key, label.value]]);
  markChanged(core.store, node);
  const text = label.value === null ? `loses label ${label.key}` : `gets label ${label.key}=${label.value}`;
  core.timeline.tell('node.labelled', `${node.name} ${text} (${label.by})`, { node: node.name, ...label });
}

/** Puts a `NoSchedule` taint on the node. */
export function taintNode(core: ClusterCore, node: NodeRecord, { key, by }: { readonly key: string; readonly by: string }): void {
  if (node.taints.some((taint) => taint.key === key)) return;
  node.taints = [...node.taints, { key, value: '', effect: 'NoSchedule' }];
  markChanged(core.store, node);
  core.timeline.tell('node.tainted', `${node.name} gets taint ${key} (${by})`, { node: node.name, pool: node.pool, key, by });
}

/** A node joins the cluster, Ready, and gets its DaemonSet pods. */
export function joinNode(core: ClusterCore, node: NodeRecord): void {
  addRecord(core.store, node);
  markChanged(core.store, node);
  placeDaemonPods(core, node);
}

/** A node leaves the cluster with whatever still runs on it. */
export function leaveNode(core: ClusterCore, node: NodeRecord): void {
  dropPods(core, node);
  removeNode(core.store, node);
  core.timeline.tell('node.deleted', `${node.name} is deleted`, { node: node.name, pool: node.pool });
}

/** The machine goes down for its new image: pods still on it are gone, the node is not Ready. */
export function takeDown(core: ClusterCore, node: NodeRecord): void {
  node.isReady = false;
  node.readySince = core.timeline.now();
  dropPods(core, node);
  markChanged(core.store, node);
  core.timeline.tell('node.reimaging', `${node.name} is re-imaged`, { node: node.name, pool: node.pool });
}

/** The machine is back under its old name with a new version, image and boot id. */
export function bringUp(
  core: ClusterCore,
  node: NodeRecord,
  release: { readonly kubernetesVersion: string; readonly nodeImageVersion: string },
): void {
  node.kubeletVersion = `v${release.kubernetesVersion}`;
  node.bootId = core.prng.uuid();
  node.labels = { ...node.labels, [NODE_IMAGE_LABEL]: release.nodeImageVersion };
  node.isReady = true;
  node.readySince = core.timeline.now();
  markChanged(core.store, node);
  placeDaemonPods(core, node);
  core.timeline.tell('node.reimaged', `${node.name} runs ${node.kubeletVersion} on ${release.nodeImageVersion}`, {
    node: node.name,
    pool: node.pool,
    ...release,
  });
}

/** The kubelet falls silent: its pods are unready at once, and replaced elsewhere after five minutes. */
export function silenceNode(core: ClusterCore, node: NodeRecord): void {
  if (!node.isReady) return;
  const since = core.timeline.now();
  node.isReady = false;
  node.readySince = since;
  markChanged(core.store, node);
  core.timeline.tell('node.not-ready', `${node.name} is not Ready`, { node: node.name, pool: node.pool });
  for (const pod of [...node.pods]) {
    pod.lifeSequence += 1;
    if (!pod.isReady) continue;
    pod.isReady = false;
    pod.readySince = null;
    markChanged(core.store, pod);
  }
  core.timeline.after(UNREACHABLE_EVICTION_MS, () => {
    if (node.isReady || node.readySince !== since) return;
    for (const pod of [...node.pods]) if (!isDaemonPod(pod)) terminatePod(core, pod, null);
  });
}

/** The kubelet speaks again: terminating pods end, the others start again. */
export function hearNode(core: ClusterCore, node: NodeRecord): void {
  if (node.isReady) return;
  node.isReady = true;
  node.readySince = core.timeline.now();
  markChanged(core.store, node);
  core.timeline.tell('node.ready', `${node.name} is Ready again`, { node: node.name, pool: node.pool });
  for (const pod of [...node.pods]) {
    if (pod.deletionAt !== null) finishPod(core, pod);
    else if (pod.phase === 'Running' || pod.phase === 'Pending') startPod(core, pod);
  }
}

/** Whether a DaemonSet (known or not to the snapshot) owns the pod. */
export function isDaemonPod(pod: PodRecord): boolean {
  return pod.owner?.kind === 'DaemonSet';
}

function dropPods(core: ClusterCore, node: NodeRecord): void {
  for (const pod of [...node.pods]) removePod(core.store, pod);
}
