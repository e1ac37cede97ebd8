import type { Cluster, Node, NodePool } from './cluster-snapshot.ts';
import { isSpot, isStopped } from './node-pool.ts';
import type { Instant } from './time.ts';
import { isAboutArrival, isBlocking } from './block-class.ts';
import type { NodeInventory, UnitProgress, UnitState } from './unit-progress.ts';
import type { PlannedUnit, UnitVersion } from './upgrade-plan.ts';

/** Whether ARM's open state word means that nothing runs (facts: the API types it as a plain string). */
export function isTerminalState(provisioningState: string): boolean {
  return provisioningState === 'Succeeded' || provisioningState === 'Failed' || provisioningState === 'Canceled';
}

/** The dated part of a node image, `202610.06.0` → `[202610, 6, 0]`; null when there is none. A security-patch suffix is kept. */
function imageDate(image: string): readonly number[] | null {
  const match = /(\d{6})\.(\d{2})\.(\d+)$/.exec(image);
  return match === null ? null : match.slice(1).map(Number);
}

/**
 * Whether `image` is `wanted` or a newer one.
 *
 * Newer counts, because AKS takes the newest image at the moment it re-images, which may be newer than the one planned.
 * Images without a readable date must be equal.
 */
export function isImageAtLeast(image: string, wanted: string): boolean {
  if (image === wanted) return true;
  const have = imageDate(image);
  const want = imageDate(wanted);
  if (have === null || want === null) return false;
  for (let index = 0; index < want.length; index += 1) {
    const difference = (have[index] ?? 0) - (want[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Whether the node itself shows the target: kubelet version and image, not what ARM says. */
export function isOnTarget(node: Node, target: UnitVersion): boolean {
  if (node.kubeletVersion !== target.kubernetesVersion) return false;
  return target.nodeImageVersion === null || isImageWanted(node.imageVersion, target.nodeImageVersion, target.isExact === true ? 'exactly' : 'at-least');
}

function isImageWanted(image: string, wanted: string, match: 'exactly' | 'at-least'): boolean {
  return match === 'exactly' ? image === wanted : isImageAtLeast(image, wanted);
}

/** Old nodes named when nothing else is special about them; the rest is in `total`. History keeps every look. */
const PLAIN_OLD_NAMED = 50;

/** Counts a pool's nodes against a target; names only the special ones. */
export function takeInventory(pool: NodePool, nodes: readonly Node[], target: UnitVersion): NodeInventory {
  const mine = nodes.filter((node) => node.nodePool === pool.name);
  const names = (wanted: (node: Node) => boolean): readonly string[] => mine.filter(wanted).map((node) => node.name).sort();
  const spares = mine.length - pool.nodeCount;
  const newest = [...mine].sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? 1 : -1));
  const surge = spares > 0 ? newest.slice(0, spares).map((node) => node.name) : [];
  return {
    total: mine.length,
    upgraded: mine.filter((node) => isOnTarget(node, target) && node.isReady && !node.isCordoned && !node.isQuarantined).length,
    old: nameOld(mine, surge, target),
    cordoned: names((node) => node.isCordoned),
    quarantined: names((node) => node.isQuarantined),
    notReady: names((node) => !node.isReady),
    surge,
  };
}

/** Every old node that is cordoned, quarantined, not Ready or spare, because counting rests on their names; of the others only some. */
function nameOld(nodes: readonly Node[], surge: readonly string[], target: UnitVersion): readonly string[] {
  const old = nodes.filter((node) => !isOnTarget(node, target));
  const spare = new Set(surge);
  const isSpecial = (node: Node): boolean => node.isCordoned || node.isQuarantined || !node.isReady || spare.has(node.name);
  const byName = (some: readonly Node[]): readonly string[] => some.map((node) => node.name).sort();
  return [...byName(old.filter(isSpecial)), ...byName(old.filter((node) => !isSpecial(node))).slice(0, PLAIN_OLD_NAMED)].sort();
}

/**
 * Whether every node is proven: on the target, Ready, schedulable, and as many as the pool should have. Of a spot pool the nodes
 * that are there count: Azure takes machines of it at any time, and its count says what is wished for.
 */
function isProven(pool: NodePool, inventory: NodeInventory): boolean {
  return (
    inventory.total >= (isSpot(pool) ? 1 : pool.nodeCount) &&
    inventory.upgraded === inventory.total &&
    inventory.old.length + inventory.cordoned.length + inventory.quarantined.length + inventory.notReady.length === 0
  );
}

/** What a look found besides ARM and the nodes. */
type PoolFindings = Pick<UnitProgress, 'causes' | 'signals' | 'podsLeft' | 'foreignCordons' | 'helpedMoves' | 'drainStartedAt'>;

/** A look that searched for no block. */
export const nothingFound: PoolFindings = { causes: [], signals: [], podsLeft: null, foreignCordons: [], helpedMoves: [], drainStartedAt: null };

interface PoolLook extends PoolFindings {
  readonly seenAt: Instant;
  readonly unit: PlannedUnit;
  readonly pool: NodePool;
  readonly nodes: readonly Node[];
}

/** Judges a node pool from its nodes, with ARM's state as one line of evidence: the two disagree both ways. */
export function judgePool(look: PoolLook): UnitProgress {
  const { pool, unit } = look;
  const inventory = takeInventory(pool, look.nodes, unit.to);
  return {
    seenAt: look.seenAt,
    state: poolState(look, inventory),
    provisioningState: pool.provisioningState,
    inventory,
    causes: look.causes,
    signals: look.signals,
    podsLeft: look.podsLeft,
    foreignCordons: look.foreignCordons,
    helpedMoves: look.helpedMoves,
    drainStartedAt: look.drainStartedAt,
    provisioningError: pool.provisioningError,
    eTag: pool.eTag,
  };
}

function poolState(look: PoolLook, inventory: NodeInventory): UnitState {
  const { pool, unit } = look;
  if (!isTerminalState(pool.provisioningState)) {
    if (!isOurOperation(pool, unit)) return 'foreign';
    return look.causes.some((cause) => isBlocking(cause, look.seenAt)) ? 'blocked' : 'running';
  }
  const hasNoNodes = isStopped(pool) || (inventory.total === 0 && (pool.nodeCount === 0 || isSpot(pool)));
  if (hasNoNodes) return isSetTo(pool, unit) ? 'unproven' : 'not-started';
  // A node beside the pool's count that is new still serves as the stand-in of a quarantined one; only nodes prove.
  if (isProven(pool, inventory)) {
    if (pool.provisioningState === 'Failed') return 'needs-reconcile';
    // New nodes are not all: what was moved off the old ones has to come up again.
    const arriving = look.causes.filter((cause) => isAboutArrival(cause.class));
    if (arriving.length === 0) return 'succeeded';
    return arriving.some((cause) => isBlocking(cause, look.seenAt)) ? 'blocked' : 'running';
  }
  if (inventory.quarantined.length > 0) return 'quarantined';
  if (pool.provisioningState === 'Canceled') return 'canceled';
  if (pool.provisioningState === 'Failed') return 'failed';
  return 'not-started';
}

/** Whether ARM says the pool is set to the target, which nothing but a node can prove. */
export function isSetTo(pool: NodePool, { action, to }: PlannedUnit): boolean {
  if (pool.provisioningState !== 'Succeeded' || pool.orchestratorVersion !== to.kubernetesVersion) return false;
  if (action === 'pool-rollback') return pool.nodeImageVersion === to.nodeImageVersion;
  return action !== 'pool-node-image' || to.nodeImageVersion === null || isImageAtLeast(pool.nodeImageVersion, to.nodeImageVersion);
}

/** An operation that runs now and drives the pool to this unit's target. A node image has no version to compare: the state word tells. */
export function isOurOperation(pool: NodePool, unit: PlannedUnit): boolean {
  if (pool.provisioningState === 'Canceling') return true;
  if (unit.action === 'pool-node-image') return pool.provisioningState === 'UpgradingNodeImageVersion';
  // What AKS calls a pool that goes back is not documented; that it is wanted at the older version is the sign.
  if (unit.action === 'pool-rollback') return pool.orchestratorVersion === unit.to.kubernetesVersion && /^(?:Upgrading|UpgradingNodeImageVersion|Updating)$|roll/i.test(pool.provisioningState);
  return pool.provisioningState === 'Upgrading' && pool.orchestratorVersion === unit.to.kubernetesVersion;
}

/**
 * Whether nothing is to be sent, because the unit runs its target. Where a person asks for it again, what Azure calls canceled is sent once
 * more although every node is new: that makes its state true again.
 */
export function isThereAlready({ state, provisioningState }: Pick<UnitProgress, 'state' | 'provisioningState'>, attempt: number): boolean {
  return (state === 'succeeded' || state === 'unproven') && (attempt === 1 || provisioningState !== 'Canceled');
}

/** Judges the control plane. `currentKubernetesVersion` shows the target early, so it proves nothing until the operation ended. */
export function judgeControlPlane(cluster: Cluster, unit: PlannedUnit, seenAt: Instant): UnitProgress {
  const wanted = unit.to.kubernetesVersion;
  return {
    seenAt,
    state: controlPlaneState(cluster, wanted),
    provisioningState: cluster.provisioningState,
    inventory: null,
    ...nothingFound,
    provisioningError: cluster.provisioningError,
    eTag: cluster.eTag,
  };
}

function controlPlaneState(cluster: Cluster, wanted: string): UnitState {
  if (!isTerminalState(cluster.provisioningState)) {
    if (cluster.provisioningState === 'Canceling') return 'running';
    return cluster.provisioningState === 'Upgrading' && cluster.kubernetesVersion === wanted ? 'running' : 'foreign';
  }
  if (cluster.provisioningState === 'Succeeded' && cluster.currentKubernetesVersion === wanted) return 'succeeded';
  if (cluster.kubernetesVersion !== wanted || cluster.provisioningState === 'Succeeded') return 'not-started';
  return cluster.provisioningState === 'Canceled' ? 'canceled' : 'failed';
}
