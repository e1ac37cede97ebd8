import type { Cluster, NodePool, UpgradeProfile } from './cluster-snapshot.ts';
import { chooseControlPlaneTarget, isMinorUpgrade, judgeSkew } from './kubernetes-version.ts';
import type { MaintenancePolicy, WindowOpening } from './maintenance-policy.ts';
import { orderNodePools } from './node-pool.ts';
import { choosePool, isPlanned, lowestVersion, minorText, omitUnit, planFirstVisit } from './plan-node-pool.ts';
import type { NodeVersions, UnitChoice } from './plan-node-pool.ts';
import { defaultPoolTimeModel } from './pool-time-model.ts';
import type { PlannedUnit, UpgradePlan } from './upgrade-plan.ts';
import { firstVisitVersion } from './version-steps.ts';

/** What planning needs of a cluster: no pods, and nodes only counted. */
export interface PlanningState {
  readonly cluster: Cluster;
  readonly nodePools: readonly NodePool[];
  readonly upgradeProfile: UpgradeProfile | null;
  /** Per pool name: what its nodes run now. */
  readonly nodeVersions: Readonly<Record<string, readonly NodeVersions[]>>;
}

/** A plan before its digest is taken. */
export type UndigestedPlan = Omit<UpgradePlan, 'digest'>;

/** What the control plane's part came to, and what that means for the pools. */
interface ControlPlaneChoice {
  readonly choice: UnitChoice;
  /** The version the pools shall follow; null leaves their version alone. */
  readonly poolVersion: string | null;
  /** Pools that must move before the control plane, with the version they go to first; null when AKS offers none that helps. */
  readonly firstVisits: ReadonlyMap<string, string | null>;
}

/**
 * What one run would do: the control plane alone, then one pool at a time, each with its estimate; and what it leaves
 * out, each with its code.
 *
 * Only versions that AKS offers are ever chosen, a pool never passes its control plane, and nothing is planned that the
 * nodes already show. A pool that the new control plane would leave more than three minors behind moves before it, to a
 * version in between, and comes to its target in a later window. The plan says what would be done, not whether it may:
 * preflight judges that.
 */
export function planMaintenance(policy: MaintenancePolicy, opening: WindowOpening, state: PlanningState): UndigestedPlan {
  const { choice, poolVersion, firstVisits } = chooseControlPlane(policy, opening, state);
  const questions = orderNodePools(state.nodePools, policy.nodePools.order).map((pool) => ({
    policy,
    opening,
    pool,
    nodes: state.nodeVersions[pool.name] ?? [],
    version: poolVersion,
  }));
  const [early, late] = [questions.filter(({ pool }) => firstVisits.has(pool.name)), questions.filter(({ pool }) => !firstVisits.has(pool.name))];
  const choices = [
    ...early.flatMap((question) => planFirstVisit(question, firstVisits.get(question.pool.name) ?? null)),
    choice,
    ...late.map(choosePool),
  ];
  return {
    clusterResourceId: state.cluster.resourceId,
    clusterName: state.cluster.name,
    units: choices.flatMap((one) => (isPlanned(one) ? [one.unit] : [])),
    omitted: choices.flatMap((one) => (isPlanned(one) ? [] : [one.unit])),
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
  const leaveOut = (code: string, message: string, poolVersion: string | null, firstVisits: ControlPlaneChoice['firstVisits'] = new Map()): ControlPlaneChoice => ({
    choice: omitUnit('control-plane', code, message),
    poolVersion,
    firstVisits,
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
  const firstVisits = firstVisitsOf(state, running, target.version, opening);
  const stuck = new Map([...firstVisits].filter(([, version]) => version === null));
  if (stuck.size > 0) {
    const message = `${target.version} would leave ${[...stuck.keys()].join(', ')} more than three minors behind, and no version in between is offered and allowed now.`;
    return leaveOut('version-skew', message, running, stuck);
  }
  return { choice: { kind: 'planned', unit: controlPlaneUnit(running, target.version) }, poolVersion: target.version, firstVisits };
}

/** The pools that `to` would leave too far behind, each with the version it goes to while the control plane still runs `running`. */
function firstVisitsOf(state: PlanningState, running: string, to: string, { restriction }: WindowOpening): ControlPlaneChoice['firstVisits'] {
  const visits = state.nodePools.flatMap((pool): readonly (readonly [string, string | null])[] => {
    const lowest = lowestVersion(pool, state.nodeVersions[pool.name] ?? []);
    if (judgeSkew({ nodePool: lowest, controlPlane: to }) !== 'pool-too-old') return [];
    const offered = [...(pool.offeredVersions ?? [running]), pool.currentOrchestratorVersion];
    return [[pool.name, restriction === 'minor' ? null : firstVisitVersion({ offered, running, to })]];
  });
  return new Map(visits);
}

function notOfferedText(wanted: string, running: string, profile: UpgradeProfile | null): string {
  if (profile === null) return `The upgrade profile could not be read, so nothing shows that AKS offers ${wanted}.`;
  const offered = profile.controlPlaneUpgrades.length === 0 ? 'nothing' : profile.controlPlaneUpgrades.join(', ');
  return `AKS does not offer ${wanted} to a control plane on ${running}; it offers ${offered}.`;
}

/** The unit that takes the control plane from one version to another; it has no nodes to drain. Versions as AKS writes them, such as 1.35.3. */
export function controlPlaneUnit(from: string, to: string): PlannedUnit {
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
    restoreSettings: null,
    drainTimeoutMinutes: 0,
    undrainableNodeBehavior: 'Schedule',
    isSpot: false,
  };
}
