import { judgeStuckDisk } from './block-disk.ts';
import { eventsAbout } from './block-view.ts';
import type { BlockView, Judging } from './block-view.ts';
import type { Node, Pod } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { isDrained } from './drain-forecast.ts';
import { isFinished } from './eviction.ts';
import { isOnTarget } from './judge-progress.ts';
import { formatUtc } from './local-time.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';

/** A node's CNI, CSI drivers and agents come up after it is Ready; until it is this old its pods' troubles pass. */
export const YOUNG_NODE_MINUTES = 10;
/** A pod that does not start this long after it was made is in trouble, where its start time is not known. */
const SLOW_START_MINUTES = 2;

/** Reasons of events that say that the node, not the pod's own program, keeps a pod from starting. */
const nodeReasons: ReadonlySet<string> = new Set(['FailedMount', 'FailedCreatePodSandBox', 'NetworkNotReady', 'FailedKillPod', 'FailedToRetrieveImagePullSecret']);
/** Reasons a container waits for that lie outside its own program. */
const outsideReasons: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing', 'ImagePullBackOff', 'ErrImagePull', 'RegistryUnavailable', 'CreateContainerError']);

/** A new node that serves nothing: since when, and how it shows. */
export interface NodeFailure {
  readonly node: Node;
  readonly since: Instant;
  /** A sentence. */
  readonly what: string;
  /** Until then it may pass by itself. */
  readonly waitsUntil: Instant;
}

/** Whether this attempt made the node: it was added since, or runs the target. */
function isNewNode(view: BlockView, node: Node): boolean {
  if (view.startedAt === null || node.nodePool !== view.pool) return false;
  return node.createdAt >= view.startedAt || isOnTarget(node, view.target);
}

/** When a new node came up: a re-imaged one keeps its creation time, so its readiness tells. */
function bornAt({ recall, startedAt }: Judging, node: Node): Instant {
  if (startedAt !== null && node.createdAt >= startedAt) return node.createdAt;
  return recall.since(`born ${node.name}`, node.isReady ? node.readyChangedAt : null);
}

/** Until when troubles on this node pass by themselves; null when it is no new node. */
export function youngUntil(judging: Judging, name: string): Instant | null {
  const node = judging.nodesByName.get(name);
  return node === undefined || !isNewNode(judging, node) ? null : bornAt(judging, node) + YOUNG_NODE_MINUTES * MINUTE_MS;
}

/** New nodes of the pool that do not serve: not Ready, or keeping pods from starting. By name. */
export function findNodeFailures(judging: Judging): ReadonlyMap<string, NodeFailure> {
  const failures = new Map<string, NodeFailure>();
  const fresh = judging.objects.nodes.filter((node) => isNewNode(judging, node));
  if (fresh.length === 0) return failures;
  const podsByNode = Map.groupBy(judging.objects.pods, ({ nodeName }) => nodeName);
  for (const node of fresh) {
    const found = node.isReady ? failureByPods(judging, node, podsByNode.get(node.name) ?? []) : unready(judging, node);
    if (found !== null) failures.set(node.name, { node, ...found, waitsUntil: bornAt(judging, node) + YOUNG_NODE_MINUTES * MINUTE_MS });
  }
  return failures;
}

function unready(judging: Judging, node: Node): Pick<NodeFailure, 'since' | 'what'> {
  const since = judging.recall.since(`unready ${node.name}`, node.readyChangedAt ?? bornAt(judging, node));
  return { since, what: `New node ${node.name} has not been Ready since ${formatUtc(since)}.` };
}

/** A node on which another of the workload's pods is Ready is not to blame; nor is it for a pod that crashes by itself. */
function failureByPods(judging: Judging, node: Node, all: readonly Pod[]): Pick<NodeFailure, 'since' | 'what'> | null {
  const pods = all.filter((pod) => isDrained(pod) && isLive(pod));
  const troubles = pods.flatMap((pod) => {
    // A disk that does not let go of another node says nothing against this one.
    const trouble = judgeStuckDisk(judging, pod) === null ? startTrouble(judging, pod) : null;
    return trouble === null || pods.some((one) => one.isReady && isSibling(one, pod)) ? [] : [{ pod, ...trouble }];
  });
  const [first] = troubles.sort((one, other) => one.since - other.since);
  if (first === undefined) return null;
  return { since: first.since, what: `On new node ${node.name} pods do not start since ${formatUtc(first.since)}: ${fullName(first.pod)}, ${first.what}.` };
}

function isLive(pod: Pod): boolean {
  return pod.deletionTimestamp === null && !isFinished(pod);
}

function isSibling(one: Pod, other: Pod): boolean {
  return one.uid !== other.uid && one.owner !== null && one.owner.uid === other.owner?.uid;
}

/** Why a bound pod that is not Ready does not start, where that lies outside its own program; null when it does not, or may only be slow. */
export function startTrouble(judging: Judging, pod: Pod): { readonly since: Instant; readonly what: string } | null {
  if (pod.isReady || pod.nodeName === '') return null;
  const told = eventsAbout(judging, 'Pod', pod.name).find(({ reason, lastSeen }) => nodeReasons.has(reason) && lastSeen >= pod.createdAt);
  if (told !== undefined) return { since: told.firstSeen, what: `${told.reason}: ${told.message.slice(0, 160)}` };
  const slowAfter = pod.createdAt + Math.max(SLOW_START_MINUTES * MINUTE_MS, 2 * (pod.startSeconds ?? 0) * 1_000);
  const reason = pod.waitingReason ?? (pod.phase === 'Pending' ? 'ContainerCreating' : '');
  if (judging.now < slowAfter || !outsideReasons.has(reason)) return null;
  return { since: pod.createdAt, what: reason };
}
