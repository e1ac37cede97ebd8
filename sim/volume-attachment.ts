import { listAt, textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import type { PodRecord } from './kubernetes-objects.ts';
import { keyOf, podsIn } from './kubernetes-store.ts';
import type { AttachmentRecord, KubernetesStore } from './kubernetes-store.ts';
import { meetHindrance } from './pod-hindrance.ts';
import { kubernetesTime } from './timestamp.ts';
import { recordPodWarning } from './upgrade-events.ts';

/** From a pod's end to its disks being free, when nothing holds them. */
const DETACH_MS = 5 * SECOND_MS;

const diskIndexes = new WeakMap<KubernetesStore, ReadonlyMap<string, string>>();

/** PersistentVolumes behind a pod's claims that a cloud attaches to one node at a time. */
function disksOf(store: KubernetesStore, pod: PodRecord): readonly string[] {
  const claims = listAt(pod.document, 'spec', 'volumes').flatMap((volume) => textAt(volume, 'persistentVolumeClaim', 'claimName') ?? []);
  if (claims.length === 0) return [];
  const known = diskIndex(store);
  return claims.flatMap((claim) => known.get(`${pod.namespace}/${claim}`) ?? []);
}

/** Claim → disk, read once: nothing in the simulation binds a claim anew. */
function diskIndex(store: KubernetesStore): ReadonlyMap<string, string> {
  const known = diskIndexes.get(store);
  if (known !== undefined) return known;
  const isDisk = (item: JsonRecord): boolean => textAt(item, 'kind') === 'PersistentVolume' && textAt(item, 'spec', 'csi', 'driver') === 'disk.csi.azure.com';
  const disks = new Set(store.resting.filter(isDisk).map((item) => textAt(item, 'metadata', 'name')));
  const claims = store.resting.filter((item) => textAt(item, 'kind') === 'PersistentVolumeClaim');
  const index = new Map(claims.flatMap((item): [string, string][] => {
    const volume = textAt(item, 'spec', 'volumeName');
    return volume !== null && disks.has(volume) ? [[`${textAt(item, 'metadata', 'namespace') ?? ''}/${textAt(item, 'metadata', 'name') ?? ''}`, volume]] : [];
  }));
  diskIndexes.set(store, index);
  return index;
}

/** Attaches and detaches disks as pods come and go; `freed` is told of each pod whose disk has just let go. */
export function startAttachController(core: ClusterCore, freed: (pod: PodRecord) => void): void {
  const { store, timeline } = core;
  for (const pod of store.pods.values()) if (pod.nodeName !== null) takeDisks(core, pod, pod.nodeName);
  store.listeners.push({
    podChanged(pod, change) {
      if (change !== 'gone' || pod.nodeName === null) return;
      for (const attachment of disksOf(store, pod).map((volume) => store.attachments.get(volume))) {
        if (attachment === undefined || attachment.node !== pod.nodeName || isUsed(store, attachment)) continue;
        attachment.detachAskedAt = timeline.now();
        letGo(core, pod, attachment, freed);
      }
    },
  });
}

function isUsed(store: KubernetesStore, { volume, node }: AttachmentRecord): boolean {
  return [...(store.nodes.get(node)?.pods ?? [])].some((pod) => disksOf(store, pod).includes(volume));
}

function letGo(core: ClusterCore, pod: PodRecord, attachment: AttachmentRecord, freed: (pod: PodRecord) => void): void {
  const { store, timeline } = core;
  // One disk that does not let go is enough; the others of the pod do.
  const held = disksOf(store, pod)[0] === attachment.volume ? meetHindrance(store.hindrances, 'held-disk', pod, attachment.node) : null;
  if (held !== null && held.minutes === null) return;
  timeline.after(held === null ? DETACH_MS : (held.minutes ?? 0) * MINUTE_MS, () => {
    if (store.attachments.get(attachment.volume) !== attachment) return;
    store.attachments.delete(attachment.volume);
    timeline.tell('disk.detached', `${attachment.volume} leaves ${attachment.node}`, { disk: attachment.volume, node: attachment.node });
    for (const one of podsIn(store, pod.namespace)) if (one.nodeName !== null && !one.isReady && disksOf(store, one).includes(attachment.volume)) freed(one);
  });
}

/** Attaches a pod's disks to its node; false while one of them is still attached elsewhere, which an event then tells. */
export function takeDisks(core: ClusterCore, pod: PodRecord, node: string): boolean {
  const { store, timeline } = core;
  const disks = disksOf(store, pod);
  const stuck = disks.find((volume) => (store.attachments.get(volume)?.node ?? node) !== node);
  if (stuck !== undefined) {
    recordPodWarning(core, pod, {
      reason: 'FailedAttachVolume',
      message: `Multi-Attach error for volume "${stuck}" Volume is already exclusively attached to one node and can't be attached to another`,
      component: 'attachdetach-controller',
    });
    timeline.tell('disk.stuck', `${keyOf(pod)} waits on ${node} for ${stuck}`, { disk: stuck, node, pod: pod.name });
    return false;
  }
  for (const volume of disks) {
    const known = store.attachments.get(volume);
    if (known === undefined) store.attachments.set(volume, { volume, node, since: timeline.now(), detachAskedAt: null });
    else known.detachAskedAt = null;
  }
  return true;
}

/** The VolumeAttachments as the API server lists them. */
export function renderAttachments(store: KubernetesStore): readonly JsonRecord[] {
  return [...store.attachments.values()].map(({ volume, node, since, detachAskedAt }) => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: {
      name: `csi-${volume}-${node}`,
      uid: `va-${volume}-${node}`,
      resourceVersion: '100',
      creationTimestamp: kubernetesTime(since),
      ...(detachAskedAt === null ? {} : { deletionTimestamp: kubernetesTime(detachAskedAt) }),
    },
    spec: { attacher: 'disk.csi.azure.com', nodeName: node, source: { persistentVolumeName: volume } },
    status: { attached: true },
  }));
}
