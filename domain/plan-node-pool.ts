import type { NodePool } from './cluster-snapshot.ts';
import { isImageAtLeast } from './judge-progress.ts';
import { isMinorUpgrade, judgeSkew } from './kubernetes-version.ts';
import type { MaintenancePolicy, WindowOpening } from './maintenance-policy.ts';
import { drainTimeoutMinutes, isSameSettings, isSpot, isStopped, mergeUpgradeSettings, undrainableNodeBehavior } from './node-pool.ts';
import { shapeRoll } from './roll-shape.ts';
import type { OmittedUnit, PlannedUnit, UnitName, UnitVersion } from './upgrade-plan.ts';

/** Nodes of a pool that run one version and image. */
export interface NodeVersions {
  readonly kubeletVersion: string;
  readonly imageVersion: string;
  readonly count: number;
}

/** What a unit came to: planned, or left out with its code. */
export type UnitChoice = PlannedChoice | { readonly kind: 'omitted'; readonly unit: OmittedUnit };

interface PlannedChoice {
  readonly kind: 'planned';
  readonly unit: PlannedUnit;
}

/** Everything the choice for one pool rests on. */
interface PoolQuestion {
  readonly policy: MaintenancePolicy;
  readonly opening: WindowOpening;
  readonly pool: NodePool;
  readonly nodes: readonly NodeVersions[];
  /** What the control plane runs or will run; null leaves the pool's version alone. */
  readonly version: string | null;
}

export function isPlanned(choice: UnitChoice): choice is PlannedChoice {
  return choice.kind === 'planned';
}

export function omitUnit(unit: UnitName, code: string, message: string): UnitChoice {
  return { kind: 'omitted', unit: { unit, code, message } };
}

export function minorText(opening: WindowOpening): string {
  return `No minor version may be raised in this window${opening.reason === '' ? '' : `: ${opening.reason}`}.`;
}

/** What is to be done with one pool once its control plane is where it shall be. */
export function choosePool(question: PoolQuestion): UnitChoice {
  const { policy, opening, pool, nodes, version } = question;
  const unit: UnitName = `pool/${pool.name}`;
  if (version === null && policy.target.nodeImage === 'keep') {
    return omitUnit(unit, 'not-wanted', 'The policy wants neither a version nor an image for it.');
  }
  if (version === null || isOnVersion(pool, nodes, version)) return chooseImage(question);
  const lowest = lowestVersion(pool, nodes);
  const skew = judgeSkew({ nodePool: lowest, controlPlane: version });
  if (skew === 'pool-ahead' || skew === 'unreadable') {
    return omitUnit(unit, 'version-skew', `${pool.name} runs ${lowest} and cannot go to ${version}.`);
  }
  if (opening.restriction === 'minor' && isMinorUpgrade({ from: lowest, to: version }) !== false) {
    const image = chooseImage(question);
    return isPlanned(image) ? image : omitUnit(unit, 'minor-not-allowed', minorText(opening));
  }
  return planPool(question, 'pool-version', { kubernetesVersion: version, nodeImageVersion: pool.latestNodeImageVersion });
}

/**
 * What is to be done with a pool that its control plane's next version would leave too far behind: it goes to `version` now, and to
 * its target when it is visited a second time.
 *
 * @param version - Null: AKS offers none that helps, and the pool is left out.
 */
export function planFirstVisit(question: PoolQuestion, version: string | null): readonly UnitChoice[] {
  const { pool, nodes } = question;
  const unit: UnitName = `pool/${pool.name}`;
  const lowest = lowestVersion(pool, nodes);
  if (version === null) {
    return [omitUnit(unit, 'version-skew', `${pool.name} runs ${lowest}, and AKS offers it no version that the next control plane may stand on.`)];
  }
  const target = question.version ?? version;
  const message = `${pool.name} (${lowest}) must move before the control plane: it needs two visits, ${version} in this window and ${target} in the next.`;
  return [
    planPool(question, 'pool-version', { kubernetesVersion: version, nodeImageVersion: pool.latestNodeImageVersion }),
    omitUnit(unit, 'second-visit', message),
  ];
}

function chooseImage(question: PoolQuestion): UnitChoice {
  const { policy, pool, nodes, version } = question;
  const unit: UnitName = `pool/${pool.name}`;
  const latest = pool.latestNodeImageVersion;
  const rest = restOf(pool, nodes);
  const isThere = (runs: string): UnitChoice =>
    rest === null ? omitUnit(unit, 'already-there', `${pool.name} runs ${runs}.`) : omitUnit(unit, `pool-${rest}`, `${pool.name} is ${rest} and set to ${runs} already; no node has booted on it.`);
  if (policy.target.nodeImage === 'keep') return isThere(version ?? pool.orchestratorVersion);
  if (latest === null) {
    return omitUnit(unit, 'unknown-node-image', `AKS did not say which node image is the newest for ${pool.name}.`);
  }
  const images = nodes.length > 0 ? nodes.map((node) => node.imageVersion) : [pool.nodeImageVersion];
  if (images.every((image) => isImageAtLeast(image, latest))) return isThere(latest);
  return planPool(question, 'pool-node-image', {
    kubernetesVersion: rest === null ? pool.currentOrchestratorVersion : pool.orchestratorVersion,
    nodeImageVersion: latest,
  });
}

function planPool({ policy, pool, nodes }: PoolQuestion, action: PlannedUnit['action'], to: UnitVersion): PlannedChoice {
  const settings = mergeUpgradeSettings(policy.nodePools, pool);
  const seenNodes = nodes.reduce((sum, each) => sum + each.count, 0);
  const nodeCount = pool.nodeCount > 0 ? pool.nodeCount : seenNodes;
  const rest = restOf(pool, nodes);
  const isSettled = rest !== null || isSameSettings(settings, pool.upgradeSettings);
  return {
    kind: 'planned',
    unit: {
      unit: `pool/${pool.name}`,
      from: { kubernetesVersion: lowestVersion(pool, nodes), nodeImageVersion: emptyAsNull(pool.nodeImageVersion) },
      to,
      action,
      nodeCount,
      ...shapeRoll(settings, { nodeCount, kind: rest !== null ? 'resting' : isSpot(pool) ? 'spot' : 'regular' }),
      upgradeSettings: isSettled ? null : settings,
      restoreSettings: null,
      drainTimeoutMinutes: drainTimeoutMinutes(settings),
      undrainableNodeBehavior: undrainableNodeBehavior(settings),
      isSpot: isSpot(pool),
    },
  };
}

/** Why no node of the pool can boot on what is set now; null when nodes run. */
function restOf(pool: NodePool, nodes: readonly NodeVersions[]): 'stopped' | 'empty' | null {
  if (isStopped(pool)) return 'stopped';
  return pool.nodeCount === 0 && nodes.length === 0 ? 'empty' : null;
}

/** Judged by nodes where there are any: ARM shows the target version while nodes are still old. */
function isOnVersion(pool: NodePool, nodes: readonly NodeVersions[], version: string): boolean {
  const isPoolThere = restOf(pool, nodes) === null ? pool.currentOrchestratorVersion === version : pool.orchestratorVersion === version;
  return isPoolThere && nodes.every((node) => node.kubeletVersion === version);
}

/** The oldest version the pool or one of its nodes runs. */
export function lowestVersion(pool: NodePool, nodes: readonly NodeVersions[]): string {
  let lowest = pool.currentOrchestratorVersion;
  for (const node of nodes) {
    if (judgeSkew({ nodePool: lowest, controlPlane: node.kubeletVersion }) === 'pool-ahead') lowest = node.kubeletVersion;
  }
  return lowest;
}

function emptyAsNull(text: string): string | null {
  return text === '' ? null : text;
}
