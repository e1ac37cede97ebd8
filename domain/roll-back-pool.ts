import { activeNodeOsChannel } from './aks-window.ts';
import type { CleanUpRefusal } from './clean-up.ts';
import { refuseCleanUp } from './clean-up.ts';
import type { Cluster, Node, NodePool, RecentlyUsedVersion } from './cluster-snapshot.ts';
import { findPool, refuseUnfit, refuseUnfitPool } from './judge-clean-up.ts';
import type { CleanUpIntent, CleanUpQuestion } from './judge-clean-up.ts';
import { judgeSkew } from './kubernetes-version.ts';
import { formatBothDated } from './local-time.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import { nextOpenings } from './maintenance-window.ts';
import { drainTimeoutMinutes, isSpot, undrainableNodeBehavior } from './node-pool.ts';
import { activeAutoUpgradeChannel } from './plan-maintenance.ts';
import { shapeRoll } from './roll-shape.ts';
import { DAY_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { PlannedUnit } from './upgrade-plan.ts';

/** How long after an upgrade AKS takes a pool back. */
const ROLLBACK_DAYS = 7;

/**
 * What takes a pool back to the version and image it ran before, or why AKS cannot: one step, within seven days, all nodes or none.
 *
 * @param used - What the pool ran before, newest first.
 * @see AKS "Roll back node pool versions": a control plane never goes back.
 */
export function judgeRollback(question: CleanUpQuestion, used: readonly RecentlyUsedVersion[]): CleanUpIntent {
  const { policy, snapshot } = question;
  const { cluster, nodes, takenAt } = snapshot;
  const pool = findPool(question);
  if ('code' in pool) return pool;
  const unfit = refuseUnfit(snapshot) ?? refuseUnfitPool(pool, snapshot) ?? refuseByChannel(cluster);
  if (unfit !== null) return unfit;
  const before = findBefore(pool, used, takenAt, policy.window.timeZone);
  if ('code' in before) return before;
  const skew = judgeSkew({ nodePool: before.kubernetesVersion, controlPlane: cluster.currentKubernetesVersion });
  if (skew !== 'allowed') {
    return refuseCleanUp('version-skew', `${pool.name} ran ${before.kubernetesVersion}, which may not stand beside the control plane's ${cluster.currentKubernetesVersion}; the control plane never goes back.`, '');
  }
  const mine = nodes.filter((node) => node.nodePool === pool.name);
  const unit = rollbackUnit(pool, mine, before);
  return { kind: 'wanted', units: [unit], will: [describe(pool, unit, mine.length)], remains: remainsOf(policy, cluster, pool, unit, takenAt) };
}

/** AKS documents that the channel must be off first: it would upgrade the pool again. */
function refuseByChannel(cluster: Cluster): CleanUpRefusal | null {
  const channel = activeAutoUpgradeChannel(cluster);
  if (channel === null) return null;
  return refuseCleanUp('auto-upgrade-channel', `The auto-upgrade channel of ${cluster.name} is ${channel}; AKS takes no pool back while one is on, and would upgrade it again.`, 'Turn it off first: az aks update --auto-upgrade-channel none.');
}

function findBefore(pool: NodePool, used: readonly RecentlyUsedVersion[], now: Instant, timeZone: string): RecentlyUsedVersion | CleanUpRefusal {
  const [before] = used.filter(({ kubernetesVersion, nodeImageVersion }) => kubernetesVersion !== pool.orchestratorVersion || nodeImageVersion !== pool.nodeImageVersion);
  if (before === undefined) {
    return refuseCleanUp('nothing-to-go-back-to', `Azure names no version that ${pool.name} ran before. It keeps one step for ${ROLLBACK_DAYS} days after an upgrade, and none after a rollback.`, 'A new pool from a snapshot of an older image is the way that remains.');
  }
  const until = before.usedAt === null ? null : before.usedAt + ROLLBACK_DAYS * DAY_MS;
  if (until === null || until > now) return before;
  return refuseCleanUp('too-late-to-go-back', `${pool.name} ran ${nameOf(before)} until ${formatBothDated(before.usedAt ?? now, timeZone)}; AKS takes a pool back for ${ROLLBACK_DAYS} days only.`, 'A new pool from a snapshot of an older image is the way that remains.');
}

function rollbackUnit(pool: NodePool, nodes: readonly Node[], { kubernetesVersion, nodeImageVersion }: RecentlyUsedVersion): PlannedUnit {
  const settings = pool.upgradeSettings;
  return {
    unit: `pool/${pool.name}`,
    from: { kubernetesVersion: pool.orchestratorVersion, nodeImageVersion: pool.nodeImageVersion },
    to: { kubernetesVersion, nodeImageVersion, isExact: true },
    action: 'pool-rollback',
    nodeCount: nodes.length,
    ...shapeRoll(settings, { nodeCount: nodes.length, kind: nodes.length === 0 ? 'resting' : isSpot(pool) ? 'spot' : 'regular' }),
    upgradeSettings: null,
    restoreSettings: null,
    drainTimeoutMinutes: drainTimeoutMinutes(settings),
    undrainableNodeBehavior: undrainableNodeBehavior(settings),
    isSpot: isSpot(pool),
  };
}

function nameOf({ kubernetesVersion, nodeImageVersion }: Pick<RecentlyUsedVersion, 'kubernetesVersion' | 'nodeImageVersion'>): string {
  return `${kubernetesVersion} (${nodeImageVersion})`;
}

function describe(pool: NodePool, unit: PlannedUnit, nodesCount: number): string {
  const from = nameOf({ kubernetesVersion: pool.orchestratorVersion, nodeImageVersion: pool.nodeImageVersion });
  const to = nameOf({ kubernetesVersion: unit.to.kubernetesVersion, nodeImageVersion: unit.to.nodeImageVersion ?? '' });
  return `${pool.name} goes back from ${from} to ${to}: all ${nodesCount} nodes are drained and re-imaged, about ${unit.estimateMinutes} min. If one node cannot go back, Azure calls the whole operation failed.`;
}

/** What a rollback does not change, and what would undo it. */
function remainsOf(policy: MaintenancePolicy, cluster: Cluster, pool: NodePool, unit: PlannedUnit, now: Instant): readonly string[] {
  const channel = activeNodeOsChannel({ snapshot: { cluster } });
  const [next] = nextOpenings(policy.window, now, 1);
  const when = next === undefined ? 'the next window' : `the next window (${formatBothDated(next.opens, policy.window.timeZone)})`;
  const { kubernetesVersion, nodeImage } = policy.target;
  const wants = [...(kubernetesVersion === null ? [] : [`Kubernetes ${kubernetesVersion}`]), ...(nodeImage === 'latest' ? ['the newest node image'] : [])];
  return [
    `The control plane stays at ${cluster.currentKubernetesVersion}; it never goes back.`,
    'Security fixes of the newer image are gone until the pool is upgraded again. There is no second step back.',
    ...(channel === null ? [] : [`The node OS channel (${channel}) may roll ${pool.name} forward again by itself; to keep ${unit.to.nodeImageVersion ?? 'the older image'}, turn it off.`]),
    ...(wants.length === 0 ? [] : [`The policy still asks for ${wants.join(' and ')}: ${when} upgrades ${pool.name} again unless the policy changes or somebody says freeze.`]),
  ];
}
