import { refuseCleanUp } from './clean-up.ts';
import type { Node, NodePool } from './cluster-snapshot.ts';
import { newestImage } from './debt-ledger.ts';
import { findPool, refuseUnfit, refuseUnfitPool } from './judge-clean-up.ts';
import type { CleanUpIntent, CleanUpQuestion } from './judge-clean-up.ts';
import { isImageAtLeast } from './judge-progress.ts';
import { drainTimeoutMinutes, isSpot, undrainableNodeBehavior } from './node-pool.ts';
import { controlPlaneUnit } from './plan-maintenance.ts';
import { lowestVersion } from './plan-node-pool.ts';
import { countNodeVersions } from './planning-state.ts';
import { shapeRoll } from './roll-shape.ts';
import type { PlannedUnit } from './upgrade-plan.ts';

/**
 * What brings a pool, or all of a cluster, to an end state: the same request once more, which AKS takes up where it stopped.
 *
 * @see AKS "Upgrade options and recommendations", section "Resolve undrainable nodes": fix the cause, take the label off, reconcile.
 */
export function judgeResolve(question: CleanUpQuestion): CleanUpIntent {
  const { request, snapshot } = question;
  const { cluster, nodePools } = snapshot;
  const unfit = refuseUnfit(snapshot);
  if (unfit !== null) return unfit;
  const meant = request.target === null ? nodePools.filter((pool) => pool.provisioningState !== 'Succeeded') : [findPool(question)];
  const units: PlannedUnit[] = [];
  const will: string[] = [];
  for (const pool of meant) {
    if ('code' in pool) return pool;
    const refused = refuseUnfitPool(pool, snapshot);
    if (refused !== null) return refused;
    const nodes = snapshot.nodes.filter((node) => node.nodePool === pool.name);
    if (pool.provisioningState === 'Succeeded') return nothingToSend(pool, nodes);
    const unit = resolvePool(pool, nodes);
    units.push(unit);
    will.push(describePool(pool, unit, nodesBehind(pool, nodes).length));
  }
  if (units.length > 0) return { kind: 'wanted', units, will, remains: remainsOf(snapshot.nodes, units) };
  if (cluster.provisioningState === 'Succeeded') return { kind: 'nothing-to-do', message: `Azure holds ${cluster.name} and each of its pools in state Succeeded.` };
  return {
    kind: 'wanted',
    units: [controlPlaneUnit(cluster.currentKubernetesVersion, cluster.kubernetesVersion)],
    will: [`Azure is asked once more for ${cluster.name} at ${cluster.kubernetesVersion}, unchanged (now ${cluster.provisioningState}). Azure itself warns that this may touch nodes where something else is still to be applied.`],
    remains: remainsOf(snapshot.nodes, []),
  };
}

/** A pool that AKS calls Succeeded takes the same request for done, so nothing would come of it. */
function nothingToSend(pool: NodePool, nodes: readonly Node[]): CleanUpIntent {
  const behind = nodesBehind(pool, nodes);
  if (behind.length === 0) return { kind: 'nothing-to-do', message: `Azure holds ${pool.name} in state Succeeded, and its nodes are alike.` };
  return refuseCleanUp(
    'already-succeeded',
    `Azure holds ${pool.name} in state Succeeded, so the same request would change nothing; ${behind.length} of its ${nodes.length} nodes are older than the others or set aside.`,
    'The next window rolls them. A node that only shall take pods again: kubectl uncordon.',
  );
}

/** Nodes that the request may move: older than the newest beside them or than what AKS offers, or cordoned. */
function nodesBehind(pool: NodePool, nodes: readonly Node[]): readonly Node[] {
  const wanted = newestImage([...nodes.map(({ imageVersion }) => imageVersion), ...(pool.provisioningState === 'Succeeded' ? [] : [pool.latestNodeImageVersion ?? ''])].filter((image) => image !== ''));
  return nodes.filter((node) => node.isCordoned || node.kubeletVersion !== pool.orchestratorVersion || (wanted !== null && !isImageAtLeast(node.imageVersion, wanted)));
}

function resolvePool(pool: NodePool, nodes: readonly Node[]): PlannedUnit {
  const settings = pool.upgradeSettings;
  const behind = nodesBehind(pool, nodes);
  const images = nodes.map(({ imageVersion }) => imageVersion).filter((image) => image !== '');
  return {
    unit: `pool/${pool.name}`,
    from: { kubernetesVersion: lowestVersion(pool, countNodeVersions(nodes)), nodeImageVersion: pool.nodeImageVersion === '' ? null : pool.nodeImageVersion },
    // Whatever AKS moves, no node may end older than the newest is now.
    to: { kubernetesVersion: pool.orchestratorVersion, nodeImageVersion: newestImage(images) },
    action: 'pool-version',
    nodeCount: nodes.length,
    ...shapeRoll(settings, { nodeCount: behind.length, kind: behind.length === 0 ? 'resting' : isSpot(pool) ? 'spot' : 'regular' }),
    upgradeSettings: null,
    restoreSettings: null,
    drainTimeoutMinutes: drainTimeoutMinutes(settings),
    undrainableNodeBehavior: undrainableNodeBehavior(settings),
    isSpot: isSpot(pool),
  };
}

function describePool(pool: NodePool, unit: PlannedUnit, behindCount: number): string {
  const moves = behindCount === 0 ? 'No node is expected to move.' : `It goes on where it stopped: up to ${behindCount} ${behindCount === 1 ? 'node is' : 'nodes are'} drained and re-imaged, about ${unit.estimateMinutes} min.`;
  return `Azure is asked once more for ${pool.name} at ${pool.orchestratorVersion}, unchanged (now ${pool.provisioningState}). ${moves}`;
}

/** What resolving these units leaves as it is. */
function remainsOf(nodes: readonly Node[], units: readonly PlannedUnit[]): readonly string[] {
  const others = nodes.filter((node) => node.isCordoned && !units.some(({ unit }) => unit === `pool/${node.nodePool}`)).map(({ name }) => name);
  return [
    ...(others.length === 0 ? [] : [`Nodes of other pools stay cordoned: ${others.slice(0, 5).join(' and ')}${others.length > 5 ? ` and ${others.length - 5} more` : ''}.`]),
    'Settings, budgets and other pools stay as they are.',
  ];
}
