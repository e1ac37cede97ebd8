import { causeOf, eventsAbout } from './block-view.ts';
import type { Judging } from './block-view.ts';
import type { Pod } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { isDrained } from './drain-forecast.ts';
import { isFinished } from './eviction.ts';
import { formatUtc } from './local-time.ts';
import { findNodeFailures, startTrouble, youngUntil } from './node-failure.ts';
import type { NodeFailure } from './node-failure.ts';
import { MINUTE_MS, minutesBetween } from './time.ts';
import type { BlockCause, RuledOut } from './unit-progress.ts';

/** Detaching takes minutes; after this long it does not come by itself any more (AKS docs and issues on disk detach). */
const DETACH_MINUTES = 30;
/** A new pod needs a moment to find its node. */
const UNPLACED_MINUTES = 1;
/** A node comes back this long after it is empty: its re-image. */
const REIMAGE_MINUTES = 15;

/** Pods that left a draining node and do not come up elsewhere, and new nodes that do not serve: one cause each. */
export function judgeArrivals(judging: Judging, failures: ReadonlyMap<string, NodeFailure> = findNodeFailures(judging)): readonly BlockCause[] {
  const { startedAt } = judging;
  if (startedAt === null) return [];
  const newcomers = judging.objects.pods.filter((pod) => pod.createdAt >= startedAt && isReplacement(pod));
  const causes = newcomers.flatMap((pod) => judgeStuckDisk(judging, pod) ?? judgeUnstarted(judging, pod) ?? judgeUnplaced(judging, pod) ?? []);
  const told = new Set(causes.filter((cause) => cause.class === 'YOUNG_NODE').map(({ node }) => node));
  const unready = [...failures.values()].filter(({ node }) => !node.isReady && !told.has(node.name));
  return [...causes, ...unready.map((failure) => nodeCause(failure))];
}

/** A pod that a controller made in place of another; a Job's pods come and go by themselves. */
function isReplacement(pod: Pod): boolean {
  return isDrained(pod) && pod.owner !== null && pod.owner.kind !== 'Job' && !pod.isReady && pod.deletionTimestamp === null && !isFinished(pod);
}

/** `VOLUME_DETACH`: a disk the pod needs is still attached to a node where no pod uses it. Null when no disk is in the way. */
export function judgeStuckDisk(judging: Judging, pod: Pod): BlockCause | null {
  const { attachments, objects, now } = judging;
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
    evidence: `Disk ${stuck.volume}${noun} is still attached to ${stuck.node} ${minutesBetween(since, now)} min after the pod left; ${fullName(pod)} waits for it on ${to}.`,
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
    evidence: `Disk ${disk ?? 'of the pod'} is still attached to another node ${minutesBetween(told.firstSeen, judging.now)} min after ${fullName(pod)} asked for it on ${pod.nodeName}: ${told.message.slice(0, 200)}`,
    remedy: `Find out at Azure why ${disk ?? 'the disk'} is not detached; it is never detached by force from here.`,
    ruledOut: [{ what: 'which node holds the disk', answer: 'not known: volume attachments were not read' }],
  });
}

/** Another pod of the same claims on that node keeps the disk there by right. */
function isUsedOn({ objects }: Judging, pod: Pod, node: string): boolean {
  return objects.pods.some((one) => one.uid !== pod.uid && one.namespace === pod.namespace && one.nodeName === node && !isFinished(one) && one.volumeClaims.some((claim) => pod.volumeClaims.includes(claim)));
}

/** `YOUNG_NODE`: bound to a new node that does not let it start; until that node is some minutes old it passes. */
function judgeUnstarted(judging: Judging, pod: Pod): BlockCause | null {
  const waitsUntil = youngUntil(judging, pod.nodeName);
  const trouble = waitsUntil === null ? null : startTrouble(judging, pod);
  if (waitsUntil === null || trouble === null) return null;
  const isYoung = judging.now < waitsUntil;
  return causeOf(judging, pod, pod.nodeName, {
    class: 'YOUNG_NODE',
    since: trouble.since,
    waitsUntil,
    evidence: `It does not start on new node ${pod.nodeName} (${trouble.what})${isYoung ? `; the node is young until ${formatUtc(waitsUntil)}.` : ', which is not young any more.'}`,
    remedy: isYoung ? 'Nothing for some minutes: drivers and agents come up after the node.' : `Look at the drivers, agents and network of ${pod.nodeName}; this pod may need a restart once they are there.`,
    ruledOut: [{ what: 'a disruption budget', answer: 'no: the pod has left its old node' }, { what: 'a disk still attached elsewhere', answer: judging.attachments === null ? 'not looked at: it uses none' : 'no' }],
  });
}

/** `UNSCHEDULABLE`: no node takes the pod, in the scheduler's words. Null for one that has a node, or was made only now. */
export function judgeUnplaced(judging: Judging, pod: Pod): BlockCause | null {
  if (pod.nodeName !== '' || pod.deletionTimestamp !== null || judging.now - pod.createdAt < UNPLACED_MINUTES * MINUTE_MS) return null;
  const said = eventsAbout(judging, 'Pod', pod.name).filter(({ reason }) => reason === 'FailedScheduling').at(-1)?.message ?? null;
  const isHomeAway = said !== null && said.includes('volume node affinity conflict') && isZoneAway(judging, pod);
  const since = pod.createdAt;
  const reason = said ?? pod.waitingReason ?? 'no reason given';
  const answers: readonly RuledOut[] = [
    { what: 'a disruption budget', answer: 'no: the pod has left its node' },
    { what: 'nodes on their way back', answer: isHomeAway ? 'yes: the zone of its disk is being upgraded' : 'no node that is away would take it for its disk' },
  ];
  return causeOf(judging, pod, judging.draining[0]?.name ?? '', {
    class: 'UNSCHEDULABLE',
    since,
    waitsUntil: isHomeAway ? since + (judging.drainTimeoutMinutes + REIMAGE_MINUTES) * MINUTE_MS : null,
    evidence: `It waits for a node since ${formatUtc(since)}: ${reason.slice(0, 300)}`,
    remedy: 'Make room, or change what the pod demands of its node: a label, an affinity, a zone, its requests.',
    ruledOut: answers,
  });
}

/** A node from which the pod's disks can be reached is cordoned or down now, and comes back with its wave. */
function isZoneAway({ objects, pool }: Judging, pod: Pod): boolean {
  const { volumeClaims, volumes } = objects.workloadFacts;
  const names = volumeClaims.filter((claim) => claim.namespace === pod.namespace && pod.volumeClaims.includes(claim.name)).map(({ volumeName }) => volumeName);
  const zones = new Set(volumes.filter(({ name }) => names.includes(name)).flatMap((volume) => volume.zones));
  return objects.nodes.some((node) => node.nodePool === pool && (node.isCordoned || !node.isReady) && (zones.size === 0 || zones.has(node.zone ?? '')));
}

/** `YOUNG_NODE` of a node that no pod tells of: it is not Ready. */
function nodeCause({ node, since, what, waitsUntil }: NodeFailure): BlockCause {
  return {
    class: 'YOUNG_NODE',
    node: node.name,
    pod: '',
    budgets: [],
    webhook: null,
    disk: null,
    owner: null,
    workload: null,
    since,
    waitsUntil,
    evidence: what,
    remedy: `Find out why ${node.name} does not become Ready: its image, its network, its agents.`,
    ruledOut: [{ what: 'a disruption budget', answer: 'no: nothing was evicted for it' }],
  };
}
