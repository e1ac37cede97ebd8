import { activeNodeOsChannel, compareWithAks, ourOpening } from './aks-window.ts';
import { slowPools } from './capacity-findings.ts';
import type { ClusterSnapshot } from './cluster-snapshot.ts';
import { chooseControlPlaneTarget, isMinorUpgrade, minorOf } from './kubernetes-version.ts';
import { formatBothDated, formatInstant, formatUtcDated } from './local-time.ts';
import { activeAutoUpgradeChannel } from './plan-maintenance.ts';
import type { Finding } from './preflight-report.ts';
import { zoneOf } from './preflight-view.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';
import { describeWrite, lastFailedWrite } from './recent-write.ts';
import type { RecentWrite } from './recent-write.ts';
import { HOUR_MS } from './time.ts';
import type { Instant } from './time.ts';

const wholeRun = { where: 'cluster', pools: ['*'], owner: null } as const;

export const checkClusterStopped: PreflightCheck = ({ snapshot: { cluster } }) => {
  if (cluster.powerState.toLowerCase() === 'running') return [];
  return [
    {
      ...wholeRun,
      code: 'CLUSTER_STOPPED',
      severity: 'block',
      message: `${cluster.name} is ${cluster.powerState.toLowerCase()}; AKS upgrades no stopped cluster.`,
      remedy: 'Start the cluster, or take it out of the policy while it rests.',
      evidence: { powerState: cluster.powerState },
    },
  ];
};

export const checkClusterFailed: PreflightCheck = ({ policy, snapshot: { cluster, nodes, azureFacts, takenAt } }) => {
  if (cluster.provisioningState !== 'Failed') return [];
  const error = cluster.provisioningError;
  const why = error === null ? '' : ` (${error.code}: ${error.message})`;
  const lastFailed = lastFailedWrite(azureFacts.recentWrites ?? []);
  const since = lastFailed === null ? '' : ` since ${formatBothDated(lastFailed.endedAt ?? lastFailed.startedAt, zoneOf({ policy }))}, when ${describeWrite(lastFailed)} failed`;
  const ready = nodes.filter((node) => node.isReady).length;
  return [
    {
      ...wholeRun,
      code: 'CLUSTER_FAILED_STATE',
      severity: 'block',
      message: `Azure holds ${cluster.name} in state Failed${since}${why}; ${nodes.length === 0 ? 'its nodes were not seen' : `${ready} of ${nodes.length} nodes are Ready`}, so what runs on it may be well.`,
      remedy: `Bring it back to Succeeded first: update the cluster without a change (az aks update), or say resolve ${cluster.name} in a comment while no run is under way. That may go on with a stopped upgrade at once and touch nodes.`,
      evidence: { provisioningState: cluster.provisioningState, provisioningError: error, readyNodes: ready, nodes: nodes.length, lastFailed: lastFailed === null ? null : evidenceOf(lastFailed, takenAt) },
    },
  ];
};

function evidenceOf(write: RecentWrite, now: Instant): Readonly<Record<string, unknown>> {
  const at = write.endedAt ?? write.startedAt;
  return { operation: write.operation, caller: write.caller, errorCode: write.errorCode, at: formatInstant(at), ageHours: Math.floor((now - at) / HOUR_MS) };
}

export const checkForceOverride: PreflightCheck = ({ policy, snapshot: { cluster, takenAt } }) => {
  const until = cluster.forceUpgradeUntil;
  if (until === null || until <= takenAt) return [];
  return [
    {
      ...wholeRun,
      code: 'FORCE_OVERRIDE_ACTIVE',
      severity: 'block',
      message: `Somebody left forceUpgrade armed until ${formatBothDated(until, zoneOf({ policy }))}: any upgrade now ignores every disruption budget, and the setting for nodes that do not drain does not apply.`,
      remedy: 'Switch it off: az aks update --disable-force-upgrade.',
      evidence: { until: formatUtcDated(until) },
    },
  ];
};

/** Two drivers of the version: AKS upgrades control plane and pools together, and refuses the control plane alone. */
export const checkAutoUpgradeChannel: PreflightCheck = (view) => {
  const channel = activeAutoUpgradeChannel(view.snapshot.cluster);
  if (channel === null) return [];
  const isMinor = raisesMinor(view);
  const overlap = compareWithAks(view, 'aksManagedAutoUpgradeSchedule');
  const opening = overlap === 'same' ? ourOpening(view) : null;
  const when = opening === null ? '' : ` Both would start ${formatBothDated(opening.opens, view.policy?.window.timeZone ?? 'UTC')}.`;
  return [
    {
      ...wholeRun,
      code: 'AUTO_UPGRADE_CHANNEL_ACTIVE',
      severity: isMinor ? 'block' : 'warn',
      pools: isMinor ? ['*'] : [],
      message: `The cluster upgrades itself (channel ${channel}); AKS refuses to upgrade its control plane alone while that is on.${when}`,
      remedy: 'Set the channel to none and let the policy drive it, or leave the Kubernetes version out of the policy: AKS then upgrades it, and this service only watches.',
      evidence: { channel, aksWindow: overlap },
    },
  ];
};

/** Whether the policy wants a new minor. The wish counts, not the plan: with the channel on the plan leaves the control plane out. */
export function raisesMinor({ policy, snapshot }: PreflightView): boolean {
  const wanted = policy?.target.kubernetesVersion ?? null;
  if (wanted === null) return false;
  const to = minorOf(wanted) === null ? `${wanted}.0` : wanted;
  return isMinorUpgrade({ from: snapshot.cluster.currentKubernetesVersion, to }) !== false;
}

/**
 * A second driver of node images. Where AKS opens at another instant, that is its own finding; where a pool takes more than
 * a day, AKS does not start by itself.
 */
export const checkNodeOsChannel: PreflightCheck = (view) => {
  const channel = activeNodeOsChannel(view);
  if (channel === null || view.pools.length === 0) return [];
  const overlap = compareWithAks(view, 'aksManagedNodeOSUpgradeSchedule');
  if (overlap === 'apart' || slowPools(view).length > 0) return [];
  const when = { same: 'in the same hour as this window', 'any-time': 'at any time, for want of a schedule', unknown: 'by a schedule that was not read' }[overlap];
  return [
    {
      ...wholeRun,
      code: 'NODE_OS_CHANNEL_ACTIVE',
      severity: 'warn',
      pools: [],
      message: `AKS rolls node images too (node OS channel ${channel}), ${when}; a pool may be at work when its turn comes.`,
      remedy: 'Set the node OS channel to None, or keep its maintenance window apart from this one.',
      evidence: { channel, aksWindow: overlap },
    },
  ];
};

export const checkTargetOffered: PreflightCheck = ({ plan, policy, snapshot }) => {
  const left = plan?.omitted.find(({ unit, code }) => unit === 'control-plane' && code === 'target-not-offered');
  if (left === undefined) return [];
  const wanted = policy?.target.kubernetesVersion ?? '';
  const hop = nextHop(wanted, snapshot);
  const finding: Finding = {
    ...wholeRun,
    code: 'TARGET_NOT_OFFERED',
    severity: 'block',
    message: left.message,
    remedy:
      hop === null
        ? 'Write a version into the policy that AKS offers (az aks get-upgrades shows them), or a minor such as "1.35".'
        : `Go in two steps, a window each: ${hop} now, ${wanted} after it.`,
    evidence: {
      wanted: policy?.target.kubernetesVersion ?? null,
      running: snapshot.cluster.currentKubernetesVersion,
      offered: snapshot.upgradeProfile?.controlPlaneUpgrades ?? null,
      nextHop: hop,
    },
  };
  return [finding];
};

/** The version to go through first when the wish is more than a minor away and AKS offers one; else null. */
function nextHop(wanted: string, { cluster, upgradeProfile }: ClusterSnapshot): string | null {
  const offered = upgradeProfile?.controlPlaneUpgrades ?? [];
  const wish = chooseControlPlaneTarget(wanted, cluster.currentKubernetesVersion, offered);
  if (wish.kind !== 'too-many-minors') return null;
  const hop = chooseControlPlaneTarget(wish.firstHop, cluster.currentKubernetesVersion, offered);
  return hop.kind === 'target' ? hop.version : null;
}
