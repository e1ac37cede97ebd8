import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import type { NodeRecord, PodRecord } from './kubernetes-objects.ts';
import { bindPod, keyOf, markChanged, podsIn } from './kubernetes-store.ts';
import type { KubernetesStore } from './kubernetes-store.ts';
import type { TaintRecord } from './placement.ts';
import { meetHindrance } from './pod-hindrance.ts';
import { startPod } from './pod-lifecycle.ts';
import { recordPodWarning } from './upgrade-events.ts';

/** From a new pod to the scheduler's decision. Unit: milliseconds. */
const DECISION_MS = 200;
/** Between looks at pods that found no node. Unit: milliseconds. */
const RETRY_MS = 5 * SECOND_MS;
/** Enough feasible nodes to choose among; the same lower bound kube-scheduler uses. */
const FEASIBLE_NODES_MAX = 100;

/** Taint of a cordoned node. */
const UNSCHEDULABLE_TAINT: TaintRecord = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };
/** Taint of a node whose kubelet is silent. */
const UNREACHABLE_TAINT: TaintRecord = { key: 'node.kubernetes.io/unreachable', value: '', effect: 'NoSchedule' };

/** Places pods on nodes: new ones at once, the rest again whenever room or a node may have appeared. */
export function startScheduler(core: ClusterCore): void {
  const { store, timeline } = core;
  const waiting = new Set([...store.pods.values()].filter(isWaiting));
  let isPassDue = false;
  let rotation = 0;
  const pass = (): void => {
    isPassDue = false;
    for (const pod of [...waiting]) {
      if (!isWaiting(pod) || store.pods.get(keyOf(pod)) !== pod) {
        waiting.delete(pod);
        continue;
      }
      const choice = withheldPlace(core, pod) ?? chooseNode(store, pod, rotation);
      rotation += 1;
      if (choice.kind === 'found') {
        waiting.delete(pod);
        pod.unschedulable = null;
        bindPod(store, pod, choice.node);
        startPod(core, pod);
      } else {
        noteUnschedulable(core, pod, choice.message);
      }
    }
  };
  const requestPass = (delayMs: number): void => {
    if (isPassDue) return;
    isPassDue = true;
    timeline.after(delayMs, pass);
  };
  store.listeners.push({
    podChanged(pod, change) {
      if (change === 'gone' || pod.deletionAt !== null) {
        waiting.delete(pod);
        if (waiting.size > 0) requestPass(RETRY_MS);
      } else if (isWaiting(pod)) {
        waiting.add(pod);
        requestPass(DECISION_MS);
      }
    },
    nodeChanged() {
      if (waiting.size > 0) requestPass(DECISION_MS);
    },
  });
}

/** Taints as the node object shows them: its own and those Kubernetes derives. */
export function effectiveTaints(node: NodeRecord): readonly TaintRecord[] {
  const taints = [...node.taints];
  if (node.isUnschedulable) taints.push(UNSCHEDULABLE_TAINT);
  if (!node.isReady) taints.push(UNREACHABLE_TAINT);
  return taints;
}

type Choice = { readonly kind: 'found'; readonly node: NodeRecord } | { readonly kind: 'none'; readonly message: string };

function isWaiting(pod: PodRecord): boolean {
  return pod.nodeName === null && pod.phase === 'Pending' && pod.deletionAt === null;
}

function chooseNode(store: KubernetesStore, pod: PodRecord, rotation: number): Choice {
  const nodes = store.nodeList;
  const neighbours = readNeighbours(store, pod);
  const reasons = new Map<string, number>();
  const feasible: NodeRecord[] = [];
  for (let step = 0; step < nodes.length && feasible.length < FEASIBLE_NODES_MAX; step += 1) {
    const node = nodes[(step + (nodes.length > FEASIBLE_NODES_MAX ? rotation * 37 : 0)) % nodes.length];
    if (node === undefined) continue;
    const reason = whyNot(pod, node, neighbours);
    if (reason === null) feasible.push(node);
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const scored = feasible.map((node) => ({ node, crowd: neighbours.crowd(node), load: load(node) }));
  scored.sort((a, b) => a.crowd - b.crowd || a.load - b.load || (a.node.name < b.node.name ? -1 : 1));
  const steered = meetHindrance(store.hindrances, 'steer', pod)?.node ?? null;
  const best = scored.find(({ node }) => node.name === steered) ?? scored[0];
  if (best !== undefined) return { kind: 'found', node: best.node };
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  const head = `0/${nodes.length} nodes are available: ${counted.join(', ')}.`;
  return { kind: 'none', message: `${head} preemption: 0/${nodes.length} nodes are available: ${nodes.length} Preemption is not helpful for scheduling.` };
}

/** What the outside world keeps without a node, for as long as it does. */
function withheldPlace(core: ClusterCore, pod: PodRecord): Choice | null {
  const met = meetHindrance(core.store.hindrances, 'unplaced', pod);
  if (met === null) return null;
  const overAt = met.minutes === null ? null : pod.createdAt + met.minutes * MINUTE_MS;
  if (overAt !== null && core.timeline.now() >= overAt) return null;
  // Looked at again by itself: nothing else may change until then.
  if (overAt !== null && pod.unschedulable === null) core.timeline.after(overAt - core.timeline.now(), () => markChanged(core.store, pod));
  return { kind: 'none', message: met.message };
}

function whyNot(pod: PodRecord, node: NodeRecord, neighbours: Neighbours): string | null {
  const { placement, requests } = pod;
  if (!placement.matchesNode(node.labels, node.name)) return "node(s) didn't match Pod's node affinity/selector";
  if (node.isUnschedulable && !placement.toleratesAll([UNSCHEDULABLE_TAINT])) return 'node(s) were unschedulable';
  if (!placement.toleratesAll(effectiveTaints(node))) return 'node(s) had untolerated taint(s)';
  if (node.used.pods + 1 > node.allocatable.pods) return 'Too many pods';
  // Rounding of summed fractions must not refuse a pod that just fits.
  if (node.used.cpu + requests.cpu > node.allocatable.cpu + 1e-6) return 'Insufficient cpu';
  if (node.used.memory + requests.memory > node.allocatable.memory + 1) return 'Insufficient memory';
  return neighbours.refuses(node);
}

function load(node: NodeRecord): number {
  return node.used.cpu / Math.max(node.allocatable.cpu, 1e-9) + node.used.memory / Math.max(node.allocatable.memory, 1);
}

interface Neighbours {
  /** Why other pods keep this one off the node; null when they do not. */
  refuses(node: NodeRecord): string | null;
  /** Pods of the preferred spread in the node's domain. */
  crowd(node: NodeRecord): number;
}

const NO_NEIGHBOURS: Neighbours = { refuses: () => null, crowd: () => 0 };

/** Reads once what the pod's and its neighbours' affinities say, so that a node is judged without a walk over all pods. */
function readNeighbours(store: KubernetesStore, pod: PodRecord): Neighbours {
  const { placement } = pod;
  const isTermless = placement.antiAffinity.length + placement.affinity.length + placement.spread.length === 0;
  const isUnwatched = (store.guardedPods.get(pod.namespace)?.size ?? 0) === 0;
  if (isTermless && isUnwatched && placement.preferredSpread === null) return NO_NEIGHBOURS;
  const others = [...podsIn(store, pod.namespace)].filter((other) => other !== pod && other.nodeName !== null && other.deletionAt === null);
  const domainOf = (other: PodRecord, key: string): string => store.nodes.get(other.nodeName ?? '')?.labels[key] ?? '';
  const forbidden = new Set<string>();
  for (const other of others) {
    for (const term of placement.antiAffinity) {
      if (term.selects(other.labels)) forbidden.add(`${term.topologyKey}=${domainOf(other, term.topologyKey)}`);
    }
    for (const term of other.placement.antiAffinity) {
      if (term.selects(pod.labels)) forbidden.add(`${term.topologyKey}=${domainOf(other, term.topologyKey)}`);
    }
  }
  const wanted = placement.affinity.map((term) => ({
    term,
    domains: new Set(others.filter((other) => term.selects(other.labels)).map((other) => domainOf(other, term.topologyKey))),
  }));
  const spreads = placement.spread.map((term) => ({ term, counts: countDomains(store, pod, others, term) }));
  const preferred = placement.preferredSpread;
  const preferredCounts = preferred === null ? null : countDomains(store, pod, others, preferred);
  const isForbidden = (node: NodeRecord): boolean =>
    [...forbidden].some((domain) => {
      const [key, value] = domain.split('=');
      return value !== '' && node.labels[key ?? ''] === value;
    });
  return {
    refuses(node) {
      if (isForbidden(node)) return "node(s) didn't match pod anti-affinity rules";
      // The first pod of a group that wants itself near may go anywhere.
      const isApart = wanted.some(({ term, domains }) => domains.size > 0 && !domains.has(node.labels[term.topologyKey] ?? ''));
      if (isApart) return "node(s) didn't match pod affinity rules";
      const isUneven = spreads.some(({ term, counts }) => {
        const count = counts.get(node.labels[term.topologyKey] ?? '') ?? 0;
        return count + 1 - Math.min(...counts.values()) > term.maxSkew;
      });
      return isUneven ? "node(s) didn't match pod topology spread constraints" : null;
    },
    crowd: (node) => preferredCounts?.get(node.labels[preferred?.topologyKey ?? ''] ?? '') ?? 0,
  };
}

function countDomains(
  store: KubernetesStore,
  pod: PodRecord,
  others: readonly PodRecord[],
  term: { readonly selects: (labels: Readonly<Record<string, string>>) => boolean; readonly topologyKey: string },
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of store.nodes.values()) {
    const domain = node.labels[term.topologyKey];
    if (domain !== undefined && pod.placement.matchesNode(node.labels, node.name)) counts.set(domain, 0);
  }
  for (const other of others) {
    const domain = store.nodes.get(other.nodeName ?? '')?.labels[term.topologyKey];
    if (domain !== undefined && term.selects(other.labels)) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  }
  return counts;
}

function noteUnschedulable(core: ClusterCore, pod: PodRecord, message: string): void {
  if (pod.unschedulable === message) return;
  const isNew = pod.unschedulable === null;
  pod.unschedulable = message;
  markChanged(core.store, pod);
  recordPodWarning(core, pod, { reason: 'FailedScheduling', message, component: 'default-scheduler' });
  if (isNew) {
    const { namespace, name } = pod;
    core.timeline.tell('pod.pending', `${keyOf(pod)} finds no node: ${message}`, { namespace, pod: name, reason: message });
  }
}
