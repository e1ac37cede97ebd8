import type { Node } from './cluster-snapshot.ts';
import type { Instant } from './time.ts';
import type { ForeignCordon, SeenSignal } from './unit-progress.ts';

/** Cordons remembered from the first look; those of more nodes are taken for known. */
const CORDONS_KEPT = 20;
const LOOKED = 'cordons-known';

/**
 * Marks by which other drainers tell that a cordon is theirs.
 *
 * Facts: AKS docs, "Node auto-drain" (taint `remediator.kubernetes.azure.com/unschedulable`); kured's `--annotate-nodes`; Flatcar
 * update operator; node problem and termination handlers mark by taint.
 */
const marks: readonly { readonly by: string; readonly taint?: RegExp; readonly annotation?: RegExp }[] = [
  { by: 'Azure (node auto-drain)', taint: /^remediator\.kubernetes\.azure\.com\// },
  { by: 'kured', annotation: /^weave\.works\/kured-/ },
  { by: 'the Flatcar update operator', annotation: /^flatcar-linux-update\.v1\.flatcar-linux\.net\/reboot-in-progress$/ },
  { by: 'Karpenter', taint: /^karpenter\.sh\/disrupted$/ },
  { by: 'the cluster autoscaler', taint: /^ToBeDeletedByClusterAutoscaler$/ },
];

/** Who says on the node itself that the cordon is theirs; null when nobody does. */
export function cordonMarkOf(node: Pick<Node, 'taints' | 'annotations'>): string | null {
  return drainerOf(node) ?? node.annotations['slackwater.dev/cordoned-by'] ?? null;
}

/** The drainer that is at work on a node and takes it back by itself; null when none says so. */
export function drainerOf(node: Pick<Node, 'taints' | 'annotations'>): string | null {
  const keys = Object.entries(node.annotations).flatMap(([key, value]) => (value === 'false' ? [] : [key]));
  const known = marks.find(({ taint, annotation }) => (taint !== undefined && node.taints.some(({ key }) => taint.test(key))) || (annotation !== undefined && keys.some((key) => annotation.test(key))));
  return known?.by ?? null;
}

/**
 * Cordons that somebody else made while a pool rolls: attributed, never adopted.
 *
 * In the pool that rolls only a marked cordon is foreign, for AKS cordons there itself; in other pools every cordon that is
 * newer than the first look is. One entry per actor and pool, so that another roll is told once.
 */
export function findForeignCordons(nodes: readonly Node[], rolling: string, seen: readonly SeenSignal[], now: Instant): { readonly cordons: readonly ForeignCordon[]; readonly signals: readonly SeenSignal[] } {
  const cordoned = nodes.filter((node) => node.isCordoned && !node.isQuarantined);
  const known = seen.find(({ key }) => key === LOOKED) ?? null;
  if (known === null) {
    const before = cordoned.slice(0, CORDONS_KEPT).map(({ name }) => ({ key: `cordoned ${name}`, since: now }));
    const others = cordoned.filter((node) => node.nodePool === rolling && drainerOf(node) !== null);
    return { cordons: others.map((node) => told(node, now)), signals: [{ key: LOOKED, since: now }, ...before] };
  }
  const kept = seen.filter(({ key }) => key === LOOKED || cordoned.some(({ name }) => key === `cordoned ${name}` || key === `foreign ${name}`));
  const isFull = seen.filter(({ key }) => key.startsWith('cordoned ')).length >= CORDONS_KEPT;
  const foreign = cordoned.filter((node) => {
    const isMarked = cordonMarkOf(node) !== null;
    return node.nodePool === rolling ? isMarked : isMarked || (!isFull && !seen.some(({ key }) => key === `cordoned ${node.name}`));
  });
  const fresh = foreign.filter(({ name }) => !seen.some(({ key }) => key === `foreign ${name}`));
  const first = Map.groupBy(foreign, (node) => `${cordonMarkOf(node) ?? ''} ${node.nodePool}`);
  const cordons = [...first.values()].flatMap(([node]) => (node === undefined ? [] : [told(node, seen.find(({ key }) => key === `foreign ${node.name}`)?.since ?? now)]));
  return { cordons, signals: [...kept, ...fresh.slice(0, CORDONS_KEPT).map(({ name }) => ({ key: `foreign ${name}`, since: now }))] };
}

function told(node: Node, since: Instant): ForeignCordon {
  return { node: node.name, pool: node.nodePool, by: cordonMarkOf(node), since };
}
