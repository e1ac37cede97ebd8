import { takesPods } from './budget-intent.ts';
import type { Node, NodePool, PodScheduling } from './cluster-snapshot.ts';
import { parallelNodeCount, surgeNodeCount } from './node-pool.ts';
import { allowsPod } from './pod-scheduling.ts';
import { settingsOf } from './preflight-view.ts';
import type { PreflightView } from './preflight-view.ts';

/** Where pods of one pool may go while some of its nodes are drained together. */
export interface Places {
  readonly elsewhereCount: number;
  /** Nodes outside the pool that take the pod; gathered when asked. */
  readonly elsewhere: () => readonly Node[];
  /** Nodes of the pool that take the pod, those about to be drained too. */
  readonly inPool: readonly Node[];
  /** Nodes of the pool drained at once. */
  readonly drainedTogether: number;
  /** Surge nodes that would take the pod. */
  readonly surgeNodes: number;
  /** Nodes there are at least while the fullest wave is drained: those that stay and the surge nodes. */
  readonly least: number;
}

/** Finds the places for a pod of `pool`, apart from room and neighbours. */
export type PlaceFinder = (scheduling: PodScheduling, pool: NodePool) => Places;

/** Nodes that differ in nothing but their name. */
interface NodeKind {
  readonly nodes: readonly Node[];
  readonly sample: Node;
}

const hostName = 'kubernetes.io/hostname';

/**
 * Prepares the question for many workloads: nodes alike are asked once, and workloads alike are answered once.
 *
 * A surge node is taken to be like the pool's other nodes; its name is new, so pods bound to a host name find none.
 */
export function findPlaces(view: PreflightView): PlaceFinder {
  const kinds = [...Map.groupBy(view.snapshot.nodes.filter(takesPods), kindOf).values()].flatMap((nodes): readonly NodeKind[] => {
    const [sample] = nodes;
    return sample === undefined ? [] : [{ nodes, sample }];
  });
  const answers = new Map<PodScheduling, Takers>();
  const takersOf = (scheduling: PodScheduling): Takers => {
    const answer = answers.get(scheduling) ?? findTakers(kinds, scheduling);
    answers.set(scheduling, answer);
    return answer;
  };
  return (scheduling, pool) => {
    const settings = settingsOf(view, pool);
    const takers = takersOf(scheduling);
    const inPool = takers.byPool.get(pool.name) ?? [];
    const elsewhereCount = takers.count - inPool.length;
    const drainedTogether = parallelNodeCount(settings, pool.nodeCount);
    const surge = surgeNodeCount(settings.maxSurge, pool.nodeCount);
    const surgeNodes = surge > 0 && takesOnNewNode(kinds, scheduling, pool) ? surge : 0;
    return {
      elsewhereCount,
      elsewhere: () => [...takers.byPool].flatMap(([name, nodes]) => (name === pool.name ? [] : nodes)),
      inPool,
      drainedTogether,
      surgeNodes,
      least: elsewhereCount + Math.max(0, inPool.length - drainedTogether) + surgeNodes,
    };
  };
}

/** Nodes that take a pod. */
interface Takers {
  readonly byPool: ReadonlyMap<string, readonly Node[]>;
  readonly count: number;
}

/** Asks each kind of node once, since thousands of workloads ask of thousands of nodes. */
function findTakers(kinds: readonly NodeKind[], scheduling: PodScheduling): Takers {
  const isNamed = namesHosts(scheduling);
  const byPool = new Map<string, readonly Node[]>();
  let count = 0;
  for (const { nodes, sample } of kinds) {
    const takers = isNamed ? nodes.filter((node) => allowsPod(scheduling, node)) : allowsPod(scheduling, sample) ? nodes : [];
    const known = byPool.get(sample.nodePool);
    if (takers.length > 0) byPool.set(sample.nodePool, known === undefined ? takers : [...known, ...takers]);
    count += takers.length;
  }
  return { byPool, count };
}

function kindOf({ nodePool, labels, taints }: Node): string {
  const named = Object.entries(labels).filter(([key]) => key !== hostName).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([nodePool, named, taints]);
}

/** Whether the pod asks for nodes by name. */
export function namesHosts({ nodeSelector, nodeTerms }: PodScheduling): boolean {
  if (nodeSelector[hostName] !== undefined) return true;
  return nodeTerms?.some(({ labels, fields }) => fields.length > 0 || labels.some(({ key }) => key === hostName)) === true;
}

function takesOnNewNode(kinds: readonly NodeKind[], scheduling: PodScheduling, pool: NodePool): boolean {
  return kinds.some(({ sample }) => sample.nodePool === pool.name && allowsPod(scheduling, { ...sample, name: '', labels: { ...sample.labels, [hostName]: '' } }));
}
