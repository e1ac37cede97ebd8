import type { Instant } from './time.ts';

/** Words of the block classifier: why a draining node keeps a pod, or a pod that left one does not come up elsewhere. */
export type BlockClass =
  | 'PDB_SYMPTOM'
  | 'PDB_STRUCTURAL'
  | 'PDB_MULTIPLE'
  | 'PDB_TRANSIENT'
  | 'PDB_OPERATOR_MANAGED'
  | 'PDB_SURGEABLE'
  | 'EVICTION_WEBHOOK_UNREACHABLE'
  | 'EVICTION_DELEGATED'
  | 'VOLUME_DETACH'
  | 'UNSCHEDULABLE'
  | 'YOUNG_NODE'
  | 'NODE_DEAD'
  | 'FINALIZER'
  | 'UNKNOWN'
  | 'GRACE_RUNNING';

/** What a class means beyond its own pod. */
interface BlockTraits {
  /** What a cause of this class stops: its pool, or everything that moves to the same version or image. */
  readonly stops: 'pool' | 'target';
  /** Which side of a move is stuck: a pod that stays on a draining node, or one that does not come up elsewhere. */
  readonly side: 'leaving' | 'arriving';
}

const leaving: BlockTraits = { stops: 'pool', side: 'leaving' };
const arriving: BlockTraits = { stops: 'pool', side: 'arriving' };

/** In the order in which causes are told: what may be everywhere first, what clears by itself last. */
const traits: Readonly<Record<BlockClass, BlockTraits>> = {
  PDB_SYMPTOM: { stops: 'target', side: 'leaving' },
  PDB_STRUCTURAL: leaving,
  PDB_MULTIPLE: leaving,
  PDB_TRANSIENT: leaving,
  PDB_OPERATOR_MANAGED: leaving,
  PDB_SURGEABLE: leaving,
  EVICTION_WEBHOOK_UNREACHABLE: leaving,
  EVICTION_DELEGATED: leaving,
  VOLUME_DETACH: arriving,
  UNSCHEDULABLE: arriving,
  YOUNG_NODE: { stops: 'target', side: 'arriving' },
  NODE_DEAD: leaving,
  FINALIZER: leaving,
  UNKNOWN: leaving,
  GRACE_RUNNING: leaving,
};
const order = Object.keys(traits);

function traitsOf(name: string): BlockTraits {
  const known = Object.entries(traits).find(([word]) => word === name);
  return known?.[1] ?? leaving;
}

/** Whether a cause of this class may lie in the new version or image, so that nothing else is moved onto it. */
export function mayLieInTarget(name: string): boolean {
  return traitsOf(name).stops === 'target';
}

/** Whether the cause is about a pod that has left and does not come up, so that no drain time-out of Azure's runs on it. */
export function isAboutArrival(name: string): boolean {
  return traitsOf(name).side === 'arriving';
}

/** Whether a cause is a block at `now`: it cannot clear by itself, or has not in its time. */
export function isBlocking(cause: { readonly waitsUntil: Instant | null }, now: Instant): boolean {
  return cause.waitsUntil === null || cause.waitsUntil <= now;
}

/** Place of a class in the order of telling; an unknown word is last. */
export function classRank(name: string): number {
  const rank = order.indexOf(name);
  return rank === -1 ? order.length : rank;
}
