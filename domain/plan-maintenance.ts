import type { Cluster, NodePool, UpgradeProfile } from './cluster-snapshot.ts';
import { isImageAtLeast } from './judge-progress.ts';
import { chooseControlPlaneTarget, isMinorUpgrade, judgeSkew } from './kubernetes-version.ts';
import type { MaintenancePolicy, WindowOpening } from './maintenance-policy.ts';
import {
  drainTimeoutMinutes,
  isSameSettings,
  isSpot,
  isStopped,
  mergeUpgradeSettings,
  nodeSoakMinutes,
  orderNodePools,
  parallelNodeCount,
  surgeNodeCount,
  undrainableNodeBehavior,
} from './node-pool.ts';
import { defaultPoolTimeModel, estimatePoolMinutes } from './pool-time-model.ts';
import type { OmittedUnit, PlannedUnit, UnitName, UnitVersion, UpgradePlan } from './upgrade-plan.ts';

/** What planning needs of a cluster: no pods, and nodes only counted. */
export interface PlanningState {
  readonly cluster: Cluster;
  readonly nodePools: readonly NodePool[];
  readonly upgradeProfile: UpgradeProfile | null;
  /** Per pool name: what its nodes run now. */
  readonly nodeVersions: Readonly<Record<string, readonly NodeVersions[]>>;
}

/** Nodes of a pool that run one version and image. */
export interface NodeVersions {
  readonly kubeletVersion: string;
  readonly imageVersion: string;
  readonly count: number;
}

/** A plan before its digest is taken. */
export type UndigestedPlan = Omit<UpgradePlan, 'digest'>;

type Choice =
  | { readonly kind: 'planned'; readonly unit: PlannedUnit }
  | { readonly kind: 'omitted'; readonly unit: OmittedUnit };

/** What the control plane's part came to, and which version the pools shall follow; null leaves their version alone. */
interface ControlPlaneChoice {
  readonly choice: Choice;
  readonly poolVersion: string | null;
}

/**
 * What one run would do: the control plane alone, then one pool at a time, each with its estimate; and what it leaves
 * out, each with its code.
 *
 * Only versions of the upgrade profile are ever chosen, a pool never passes its control plane, and nothing is planned
 * that the nodes already show. The plan says what would be done, not whether it may: preflight judges that.
 */
export function planMaintenance(policy: MaintenancePolicy, opening: WindowOpening, state: PlanningState): UndigestedPlan {
  const controlPlane = chooseControlPlane(policy, opening, state);
  const choices = [
    controlPlane.choice,
    ...orderNodePools(state.nodePools, policy.nodePools.order).map((pool) =>
      choosePool({ policy, opening, pool, nodes: state.nodeVersions[pool.name] ?? [], version: controlPlane.poolVersion }),
    ),
  ];
  return {
    clusterResourceId: state.cluster.resourceId,
    clusterName: state.cluster.name,
    units: choices.flatMap((choice) => (choice.kind === 'planned' ? [choice.unit] : [])),
    omitted: choices.flatMap((choice) => (choice.kind === 'omitted' ? [choice.unit] : [])),
  };
}

/** The plan as one text with sorted keys: equal plans have equal texts, whatever order their fields were written in. */
export function canonicalPlanText(plan: UndigestedPlan): string {
  const { clusterResourceId, clusterName, units, omitted } = plan;
  return JSON.stringify(sortKeys({ clusterResourceId, clusterName, units, omitted }));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}

/** Whether the cluster upgrades itself: then AKS refuses an upgrade of the control plane alone. */
export function activeAutoUpgradeChannel(cluster: Cluster): string | null {
  const channel = cluster.autoUpgradeChannel;
  return channel === null || channel.toLowerCase() === 'none' ? null : channel;
}

function chooseControlPlane(policy: MaintenancePolicy, opening: WindowOpening, state: PlanningState): ControlPlaneChoice {
  const wanted = policy.target.kubernetesVersion;
  const running = state.cluster.currentKubernetesVersion;
  const leaveOut = (code: string, message: string, poolVersion: string | null): ControlPlaneChoice => ({
    choice: omit('control-plane', code, message),
    poolVersion,
  });
  if (wanted === null) return leaveOut('not-wanted', 'The policy names no Kubernetes version.', null);
  const target = chooseControlPlaneTarget(wanted, running, state.upgradeProfile?.controlPlaneUpgrades ?? []);
  if (target.kind === 'already-there') return leaveOut('already-there', `The control plane runs ${running}.`, running);
  if (target.kind === 'too-many-minors') {
    const message = `${wanted} is more than one minor above ${running}; AKS goes one minor at a time: ask for ${target.firstHop} first.`;
    return leaveOut('target-not-offered', message, null);
  }
  if (target.kind === 'not-offered') {
    return leaveOut('target-not-offered', notOfferedText(wanted, running, state.upgradeProfile), null);
  }
  const channel = activeAutoUpgradeChannel(state.cluster);
  if (channel !== null) {
    const message = `The cluster's auto-upgrade channel is ${channel}; AKS refuses to upgrade the control plane alone while it is on.`;
    return leaveOut('auto-upgrade-channel', message, running);
  }
  if (opening.restriction === 'minor' && isMinorUpgrade({ from: running, to: target.version }) !== false) {
    return leaveOut('minor-not-allowed', minorText(opening), running);
  }
  const left = state.nodePools.filter((pool) => isLeftBehind(pool, state, target.version));
  if (left.length > 0) {
    const names = left.map((pool) => pool.name).join(', ');
    return leaveOut('version-skew', `${target.version} would leave ${names} more than three minors behind; they go first.`, running);
  }
  return { choice: { kind: 'planned', unit: controlPlaneUnit(running, target.version) }, poolVersion: target.version };
}

function notOfferedText(wanted: string, running: string, profile: UpgradeProfile | null): string {
  if (profile === null) return `The upgrade profile could not be read, so nothing shows that AKS offers ${wanted}.`;
  const offered = profile.controlPlaneUpgrades.length === 0 ? 'nothing' : profile.controlPlaneUpgrades.join(', ');
  return `AKS does not offer ${wanted} to a control plane on ${running}; it offers ${offered}.`;
}

function minorText(opening: WindowOpening): string {
  return `No minor version may be raised in this window${opening.reason === '' ? '' : `: ${opening.reason}`}.`;
}

function isLeftBehind(pool: NodePool, state: PlanningState, controlPlane: string): boolean {
  const nodePool = lowestVersion(pool, state.nodeVersions[pool.name] ?? []);
  return judgeSkew({ nodePool, controlPlane }) === 'pool-too-old';
}

function controlPlaneUnit(from: string, to: string): PlannedUnit {
  return {
    unit: 'control-plane',
    from: { kubernetesVersion: from, nodeImageVersion: null },
    to: { kubernetesVersion: to, nodeImageVersion: null },
    action: 'control-plane-version',
    nodeCount: 0,
    surgeNodeCount: 0,
    waves: 0,
    estimateMinutes: defaultPoolTimeModel.controlPlaneMinutes,
    upgradeSettings: null,
    drainTimeoutMinutes: 0,
    undrainableNodeBehavior: 'Schedule',
    isSpot: false,
  };
}

interface PoolQuestion {
  readonly policy: MaintenancePolicy;
  readonly opening: WindowOpening;
  readonly pool: NodePool;
  readonly nodes: readonly NodeVersions[];
  /** What the control plane runs or will run; null leaves the pool's version alone. */
  readonly version: string | null;
}

function choosePool(question: PoolQuestion): Choice {
  const { policy, opening, pool, nodes, version } = question;
  const unit: UnitName = `pool/${pool.name}`;
  if (version === null && policy.target.nodeImage === 'keep') {
    return omit(unit, 'not-wanted', 'The policy wants neither a version nor an image for it.');
  }
  if (isStopped(pool)) return omit(unit, 'pool-stopped', `${pool.name} is stopped: no node would boot on a new version.`);
  if (pool.nodeCount === 0 && nodes.length === 0) return omit(unit, 'pool-empty', `${pool.name} has no nodes to upgrade.`);
  if (version === null || isOnVersion(pool, nodes, version)) return chooseImage(question);
  const lowest = lowestVersion(pool, nodes);
  const skew = judgeSkew({ nodePool: lowest, controlPlane: version });
  if (skew === 'pool-ahead' || skew === 'unreadable') {
    return omit(unit, 'version-skew', `${pool.name} runs ${lowest} and cannot go to ${version}.`);
  }
  if (opening.restriction === 'minor' && isMinorUpgrade({ from: lowest, to: version }) !== false) {
    const image = chooseImage(question);
    return image.kind === 'planned' ? image : omit(unit, 'minor-not-allowed', minorText(opening));
  }
  return planPool(question, 'pool-version', { kubernetesVersion: version, nodeImageVersion: pool.latestNodeImageVersion });
}

function chooseImage(question: PoolQuestion): Choice {
  const { policy, pool, nodes, version } = question;
  const unit: UnitName = `pool/${pool.name}`;
  const latest = pool.latestNodeImageVersion;
  if (policy.target.nodeImage === 'keep') return omit(unit, 'already-there', `${pool.name} runs ${version ?? pool.currentOrchestratorVersion}.`);
  if (latest === null) {
    return omit(unit, 'unknown-node-image', `AKS did not say which node image is the newest for ${pool.name}.`);
  }
  const images = nodes.length > 0 ? nodes.map((node) => node.imageVersion) : [pool.nodeImageVersion];
  if (images.every((image) => isImageAtLeast(image, latest))) return omit(unit, 'already-there', `${pool.name} runs ${latest}.`);
  return planPool(question, 'pool-node-image', {
    kubernetesVersion: pool.currentOrchestratorVersion,
    nodeImageVersion: latest,
  });
}

function planPool({ policy, pool, nodes }: PoolQuestion, action: PlannedUnit['action'], to: UnitVersion): Choice {
  const settings = mergeUpgradeSettings(policy.nodePools, pool);
  const isSpotPool = isSpot(pool);
  const seenNodes = nodes.reduce((sum, each) => sum + each.count, 0);
  const nodeCount = pool.nodeCount > 0 ? pool.nodeCount : seenNodes;
  const surge = isSpotPool ? 0 : surgeNodeCount(settings.maxSurge, nodeCount);
  const waves = isSpotPool ? nodeCount : Math.ceil(nodeCount / parallelNodeCount(settings, nodeCount));
  const shape = { waves, surgeNodeCount: surge, nodeSoakMinutes: nodeSoakMinutes(settings), isSpot: isSpotPool };
  return {
    kind: 'planned',
    unit: {
      unit: `pool/${pool.name}`,
      from: { kubernetesVersion: lowestVersion(pool, nodes), nodeImageVersion: emptyAsNull(pool.nodeImageVersion) },
      to,
      action,
      nodeCount,
      surgeNodeCount: surge,
      waves,
      estimateMinutes: estimatePoolMinutes(shape),
      upgradeSettings: isSameSettings(settings, pool.upgradeSettings) ? null : settings,
      drainTimeoutMinutes: drainTimeoutMinutes(settings),
      undrainableNodeBehavior: undrainableNodeBehavior(settings),
      isSpot: isSpotPool,
    },
  };
}

/** Judged by nodes where there are any: ARM shows the target version while nodes are still old. */
function isOnVersion(pool: NodePool, nodes: readonly NodeVersions[], version: string): boolean {
  const isPoolThere = pool.currentOrchestratorVersion === version;
  return isPoolThere && nodes.every((node) => node.kubeletVersion === version);
}

/** The oldest version the pool or one of its nodes runs. */
function lowestVersion(pool: NodePool, nodes: readonly NodeVersions[]): string {
  let lowest = pool.currentOrchestratorVersion;
  for (const node of nodes) {
    if (judgeSkew({ nodePool: lowest, controlPlane: node.kubeletVersion }) === 'pool-ahead') lowest = node.kubeletVersion;
  }
  return lowest;
}

function omit(unit: UnitName, code: string, message: string): Choice {
  return { kind: 'omitted', unit: { unit, code, message } };
}

function emptyAsNull(text: string): string | null {
  return text === '' ? null : text;
}
