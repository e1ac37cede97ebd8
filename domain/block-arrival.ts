import { judgeStuckDisk } from './block-disk.ts';
import { AWAY, causeOf, eventsAbout } from './block-view.ts';
import type { Judging } from './block-view.ts';
import type { Pod } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { isDrained } from './drain-forecast.ts';
import { isFinished } from './eviction.ts';
import { formatUtc } from './local-time.ts';
import { findNodeFailures, startTrouble, youngUntil } from './node-failure.ts';
import type { NodeFailure } from './node-failure.ts';
import { MINUTE_MS } from './time.ts';
import type { BlockCause, HelpedMove, RuledOut } from './unit-progress.ts';

/** A new pod needs a moment to find its node. */
const UNPLACED_MINUTES = 1;
/** A node comes back this long after it is empty: its re-image. */
const REIMAGE_MINUTES = 15;

/** Pods that left a draining node and do not come up elsewhere, and new nodes that do not serve: one cause each. */
export function judgeArrivals(judging: Judging, failures: ReadonlyMap<string, NodeFailure> = findNodeFailures(judging)): readonly BlockCause[] {
  const { startedAt } = judging;
  if (startedAt === null) return [];
  const newcomers = judging.objects.pods.filter((pod) => pod.createdAt >= startedAt && isReplacement(pod));
  const causes = newcomers.flatMap((pod) => judgeStuckDisk(judging, pod) ?? judgeUnstarted(judging, pod) ?? (isForWantOfNode(failures, pod) ? null : judgeUnplaced(judging, pod)) ?? []);
  const told = new Set(causes.filter((cause) => cause.class === 'YOUNG_NODE').map(({ node }) => node));
  const unready = [...failures.values()].filter(({ node }) => !node.isReady && !told.has(node.name));
  return [...causes, ...unready.map((failure) => nodeCause(failure))];
}

/** A pod made after a new node failed to come up waits for that node, which is told by itself. */
function isForWantOfNode(failures: ReadonlyMap<string, NodeFailure>, pod: Pod): boolean {
  return [...failures.values()].some(({ node, since }) => !node.isReady && since <= pod.createdAt);
}

/** A pod that a controller made in place of another; a Job's pods come and go by themselves. */
function isReplacement(pod: Pod): boolean {
  return isDrained(pod) && pod.owner !== null && pod.owner.kind !== 'Job' && !pod.isReady && pod.deletionTimestamp === null && !isFinished(pod);
}

/** `YOUNG_NODE`: bound to a new node that does not let it start; until that node is some minutes old it passes. */
function judgeUnstarted(judging: Judging, pod: Pod): BlockCause | null {
  const waitsUntil = youngUntil(judging, pod.nodeName);
  const trouble = waitsUntil === null ? null : startTrouble(judging, pod);
  if (waitsUntil === null || trouble === null) return null;
  const isYoung = judging.now < waitsUntil;
  return causeOf(judging, pod, pod.nodeName, {
    class: 'YOUNG_NODE',
    guiltyNode: pod.nodeName,
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
  if (isHomeAway) judging.recall.since(`${AWAY}${pod.uid}|${zoneText(judging, pod)}`, since);
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

/** Pods that waited for a node of their disk's zone and are Ready now, each told once. */
export function noteReturns(judging: Judging): readonly HelpedMove[] {
  const owed = judging.seen.filter(({ key }) => key.startsWith(AWAY));
  if (owed.length === 0) return [];
  const pods = new Map(judging.objects.pods.map((pod) => [pod.uid, pod]));
  return owed.flatMap(({ key, since }) => {
    const [uid = '', why = ''] = key.slice(AWAY.length).split('|');
    const pod = pods.get(uid);
    if (pod === undefined || isFinished(pod)) return [];
    if (pod.isReady) return [{ pod: fullName(pod), minutes: Math.max(1, Math.round((judging.now - since) / MINUTE_MS)), why }];
    judging.recall.since(key, since);
    return [];
  });
}

/** Where its disk can be reached from, and where the spare nodes came up. */
function zoneText({ objects, pool, startedAt }: Judging, pod: Pod): string {
  const own = [...zonesOf(objects, pod)].sort();
  const spare = objects.nodes.filter((node) => node.nodePool === pool && startedAt !== null && node.createdAt >= startedAt).flatMap(({ zone }) => zone ?? []);
  const spares = [...new Set(spare)].filter((zone) => !own.includes(zone)).sort();
  return `its disk is reached from ${own.length === 0 ? 'its own zone' : own.join(', ')} only${spares.length === 0 ? '' : `, and ${spare.length === 1 ? 'the spare node is' : 'spare nodes are'} in ${spares.join(', ')}`}`;
}

function zonesOf({ workloadFacts }: Judging['objects'], pod: Pod): ReadonlySet<string> {
  const { volumeClaims, volumes } = workloadFacts;
  const names = volumeClaims.filter((claim) => claim.namespace === pod.namespace && pod.volumeClaims.includes(claim.name)).map(({ volumeName }) => volumeName);
  return new Set(volumes.filter(({ name }) => names.includes(name)).flatMap((volume) => volume.zones));
}

/** A node from which the pod's disks can be reached is cordoned or down now, and comes back with its wave. */
function isZoneAway({ objects, pool }: Judging, pod: Pod): boolean {
  const zones = zonesOf(objects, pod);
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
    guiltyNode: node.name,
    owner: null,
    workload: null,
    since,
    waitsUntil,
    evidence: what,
    remedy: `Find out why ${node.name} does not become Ready: its image, its network, its agents.`,
    ruledOut: [{ what: 'a disruption budget', answer: 'no: nothing was evicted for it' }],
  };
}
