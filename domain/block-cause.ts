import { judgeArrivals, noteReturns } from './block-arrival.ts';
import { classRank, isAboutArrival, isBlocking } from './block-class.ts';
import { judgeLeaving } from './block-leaving.ts';
import { judgeRefusal } from './block-refusal.ts';
import type { Refusal } from './block-refusal.ts';
import { beginJudging, causeOf, eventsAbout, REFUSED } from './block-view.ts';
import type { BlockView, Judging, KnownEvictionAnswer } from './block-view.ts';
import { judgeDenial, judgeUnreachableWebhook, noteDenials } from './block-webhook.ts';
import { namesText } from './budget-health.ts';
import type { DisruptionBudget, Node, Pod } from './cluster-snapshot.ts';
import { budgetsOfPod, fullName } from './disruption-budget.ts';
import { isDrained } from './drain-forecast.ts';
import { isFinished, judgeEviction } from './eviction.ts';
import { findNodeFailures } from './node-failure.ts';
import type { NodeFailure } from './node-failure.ts';
import type { Instant } from './time.ts';
import type { BlockCause, HelpedMove, SeenSignal } from './unit-progress.ts';

/** Causes told of one look: history keeps every look. */
const CAUSES_TOLD = 8;

/** Why a pool's roll does not move on, from one look and what earlier looks saw. */
export interface JudgedBlocks {
  /** What may be everywhere first, what clears by itself last; at most {@link CAUSES_TOLD}. */
  readonly causes: readonly BlockCause[];
  /** For the next look. */
  readonly signals: readonly SeenSignal[];
  /** Pods the drains still have to move; those of DaemonSets and static ones stay by nature. */
  readonly podsLeft: number;
  readonly helpedMoves: readonly HelpedMove[];
}

/**
 * Names what keeps draining nodes from emptying, and pods that left from coming up: one cause per workload and class.
 *
 * The order in time decides between classes: a budget spent by a node that failed before the refusal is that node's symptom,
 * a refusal that came first is the budget's own. A pod whose eviction would be accepted now is no cause.
 */
export function judgeBlocks(view: BlockView): JudgedBlocks {
  const judging = beginJudging(view);
  const failures = findNodeFailures(judging);
  const draining = new Map(judging.draining.map((node) => [node.name, node]));
  const leaving = judging.objects.pods.flatMap((pod) => {
    const node = draining.get(pod.nodeName);
    return node === undefined || !isDrained(pod) || isFinished(pod) ? [] : [{ node, pod }];
  });
  // Only what was remembered has to be looked for among the pods that are there.
  const here = new Set(view.seen.length === 0 ? [] : judging.objects.pods.map(({ uid }) => uid));
  const denied: Refusal[] = [];
  const stays = leaving.flatMap(({ node, pod }) => judgePod(judging, failures, { node, pod, denied }) ?? []);
  const helpedMoves = [...noteDenials(judging, denied, here), ...noteReturns(judging)];
  const guilty = new Set(stays.flatMap(({ guiltyNode }) => guiltyNode ?? []));
  const known = new Set(stays.map((cause) => `${cause.class} ${cause.pod}`));
  const arrivals = judgeArrivals(judging, failures).filter((cause) => !known.has(`${cause.class} ${cause.pod}`) && !(cause.class === 'YOUNG_NODE' && guilty.has(cause.node)));
  const causes = mergeAlike([...stays, ...arrivals]);
  const ordered = causes.sort((one, other) => rankOf(one, view.now) - rankOf(other, view.now) || (one.pod < other.pod ? -1 : 1));
  return { causes: ordered.slice(0, CAUSES_TOLD), signals: judging.recall.notes(here), podsLeft: leaving.length, helpedMoves };
}

function rankOf(cause: BlockCause, now: Instant): number {
  return classRank(cause.class) + (isBlocking(cause, now) ? 0 : 100);
}

/** Ten pods of one workload behind one budget are one thing to clear; it began with the first of them. */
function mergeAlike(causes: readonly BlockCause[]): BlockCause[] {
  const groups = Map.groupBy(causes, (cause) => [cause.class, isAboutArrival(cause.class) ? '' : cause.node, cause.workload ?? cause.pod, cause.disk ?? '', ...cause.budgets].join(' '));
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = [...group].sort((one, other) => (one.pod < other.pod ? -1 : 1));
    if (first === undefined) return [];
    const pods = [...new Set(others.map(({ pod }) => pod))].filter((pod) => pod !== first.pod);
    if (pods.length === 0) return [first];
    const isOneNode = others.every(({ node }) => node === first.node);
    return [{
      ...first,
      since: Math.min(...group.map(({ since }) => since)),
      waitsUntil: group.some(({ waitsUntil }) => waitsUntil === null) ? null : Math.min(...group.map(({ waitsUntil }) => waitsUntil ?? Infinity)),
      evidence: `${first.evidence} The same holds ${namesText(pods)}${isOneNode ? ' on this node' : ''}.`,
    }];
  });
}

interface LeavingPod {
  readonly node: Node;
  readonly pod: Pod;
  /** Grows by the refusals that are a webhook's own. */
  readonly denied: Refusal[];
}

function judgePod(judging: Judging, failures: ReadonlyMap<string, NodeFailure>, { node, pod, denied }: LeavingPod): BlockCause | null {
  if (pod.deletionTimestamp !== null) return judgeLeaving(judging, node, pod, pod.deletionTimestamp);
  const budgets = budgetsOfPod(judging.budgets, pod);
  const known = judging.answers.get(pod.uid);
  const { status, message } = known === undefined || isOverload(known) ? forecastAnswer(judging, pod, budgets) : known;
  if (status === 201) return null;
  const refusal: Refusal = { pod, node, budgets, message, ...refusedSince(judging, node, pod) };
  if (status === 429) return judgeRefusal(judging, failures, refusal);
  if (status === 500 && message.includes('more than one PodDisruptionBudget')) return judgeSeveral(judging, refusal);
  if (message.includes('failed calling webhook')) return judgeUnreachableWebhook(judging, refusal);
  if ((status === 403 || status === 422) && /webhook/i.test(message)) {
    denied.push(refusal);
    return judgeDenial(judging, refusal);
  }
  return causeOf(judging, pod, node.name, {
    class: 'UNKNOWN',
    since: refusal.since,
    budgets,
    evidence: `The API server answers its eviction with ${status}: ${message.slice(0, 240)}`,
    remedy: 'Read the answer: something other than a disruption budget refuses the eviction.',
    ruledOut: [{ what: 'a disruption budget', answer: 'no: the answer is not a budget\'s' }],
  });
}

/**
 * AKS's upgrader writes an event for each pod it may not evict; where that is missing, the first look that saw it counts. What a
 * dry run alone refuses after the operation stopped was never refused to a drain.
 */
function refusedSince(judging: Judging, node: Node, pod: Pod): Pick<Refusal, 'since' | 'by'> {
  const key = `${REFUSED}${pod.uid}`;
  const told = eventsAbout(judging, 'Node', node.name).find(({ type, reason, message, lastSeen }) => type === 'Warning' && reason === 'Drain' && message.endsWith(` ${pod.name}`) && lastSeen >= pod.createdAt);
  if (judging.phase === 'stopped' && told === undefined && judging.recall.knows(key) === null) return { since: judging.now, by: 'dry-run' };
  return { since: judging.recall.since(key, told?.firstSeen ?? null), by: 'drain' };
}

function judgeSeveral(judging: Judging, { pod, node, budgets, since }: Refusal): BlockCause {
  return causeOf(judging, pod, node.name, {
    class: 'PDB_MULTIPLE',
    since,
    budgets,
    evidence: `Budgets ${budgets.map(fullName).join(' and ')} both select it, and the API server answers such an eviction with 500.`,
    remedy: `Keep one of ${budgets.map(({ name }) => name).join(', ')}: delete the others, or narrow their selectors.`,
    ruledOut: [
      { what: 'an admission webhook', answer: 'no: the answer names the budgets' },
      { what: 'how many each budget allows', answer: 'no matter: two budgets are refused whatever they allow' },
    ],
  });
}

/** A 429 of the API server's own load protection says nothing about the pod. */
function isOverload(answer: KnownEvictionAnswer): boolean {
  return answer.status === 429 && /too many requests, please try again later/i.test(answer.message);
}

function forecastAnswer({ objects, deadWebhooks }: Judging, pod: Pod, budgets: readonly DisruptionBudget[]): KnownEvictionAnswer {
  const namespace = objects.namespaces.find(({ name }) => name === pod.namespace) ?? null;
  const { status, message, cause: text } = judgeEviction({ pod, budgets, namespace, deadWebhooks });
  return { status, message: text === '' ? message : text };
}
