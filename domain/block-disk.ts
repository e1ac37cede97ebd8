import { causeOf, eventsAbout } from './block-view.ts';
import type { Judging } from './block-view.ts';
import type { Pod } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { isFinished } from './eviction.ts';
import { formatUtc } from './local-time.ts';
import { MINUTE_MS } from './time.ts';
import type { BlockCause } from './unit-progress.ts';

/** Detaching takes minutes; after this long it does not come by itself any more (AKS docs and issues on disk detach). */
const DETACH_MINUTES = 30;

/** `VOLUME_DETACH`: a disk the pod needs is still attached to a node where no pod uses it. Null when no disk is in the way. */
export function judgeStuckDisk(judging: Judging, pod: Pod): BlockCause | null {
  const { attachments, objects } = judging;
  if (pod.isReady) return null;
  if (attachments === null) return judgeToldDisk(judging, pod);
  const claims = objects.workloadFacts.volumeClaims.filter((claim) => claim.namespace === pod.namespace && pod.volumeClaims.includes(claim.name));
  const disks = new Set(claims.map(({ volumeName }) => volumeName));
  const stuck = attachments.find(({ volume, node, isAttached }) => isAttached && disks.has(volume) && node !== pod.nodeName && !isUsedOn(judging, pod, node));
  if (stuck === undefined) return null;
  const since = judging.recall.since(`disk ${stuck.volume} ${stuck.node}`, pod.createdAt);
  const to = pod.nodeName === '' ? 'no node yet' : pod.nodeName;
  const noun = disks.size > 1 ? ` (one of its ${disks.size} disks)` : '';
  return causeOf(judging, pod, stuck.node, {
    class: 'VOLUME_DETACH',
    since,
    waitsUntil: since + DETACH_MINUTES * MINUTE_MS,
    disk: stuck.volume,
    evidence: `Disk ${stuck.volume}${noun} is still attached to ${stuck.node}, which the pod left at ${formatUtc(since)}; ${fullName(pod)} waits for it on ${to}.`,
    remedy: `Find out at Azure why ${stuck.volume} is not detached from ${stuck.node}; it is never detached by force from here.`,
    ruledOut: [
      { what: 'a pod that still uses the disk there', answer: 'no' },
      { what: 'the asked-for detach', answer: stuck.deletionTimestamp === null ? 'not asked for yet' : `asked for at ${formatUtc(stuck.deletionTimestamp)}` },
      { what: 'a disruption budget', answer: 'no: the pod has left its node' },
    ],
  });
}

/** Where attachments may not be read, the event of the attach controller still tells the disk, not the node. */
function judgeToldDisk(judging: Judging, pod: Pod): BlockCause | null {
  const told = eventsAbout(judging, 'Pod', pod.name).filter(({ reason, lastSeen }) => reason === 'FailedAttachVolume' && lastSeen >= pod.createdAt).at(-1);
  if (told === undefined) return null;
  const disk = /volume "([^"]+)"/.exec(told.message)?.[1] ?? null;
  return causeOf(judging, pod, pod.nodeName, {
    class: 'VOLUME_DETACH',
    since: told.firstSeen,
    waitsUntil: told.firstSeen + DETACH_MINUTES * MINUTE_MS,
    disk,
    evidence: `Disk ${disk ?? 'of the pod'} is still attached to another node; ${fullName(pod)} has asked for it on ${pod.nodeName} since ${formatUtc(told.firstSeen)}: ${told.message.slice(0, 200)}`,
    remedy: `Find out at Azure why ${disk ?? 'the disk'} is not detached; it is never detached by force from here.`,
    ruledOut: [{ what: 'which node holds the disk', answer: 'not known: volume attachments were not read' }],
  });
}

/** Another pod of the same claims on that node keeps the disk there by right. */
function isUsedOn({ objects }: Judging, pod: Pod, node: string): boolean {
  return objects.pods.some((one) => one.uid !== pod.uid && one.namespace === pod.namespace && one.nodeName === node && !isFinished(one) && one.volumeClaims.some((claim) => pod.volumeClaims.includes(claim)));
}
