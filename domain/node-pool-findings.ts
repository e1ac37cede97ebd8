import type { NodePool } from './cluster-snapshot.ts';
import { isTerminalState } from './judge-progress.ts';
import { chooseControlPlaneTarget, judgeSkew, minorOf, SKEW_MINORS_MAX } from './kubernetes-version.ts';
import type { ControlPlaneTarget } from './kubernetes-version.ts';
import { isSpot, isStopped } from './node-pool.ts';
import { lowestVersion } from './plan-node-pool.ts';
import { countNodeVersions } from './planning-state.ts';
import type { Finding } from './preflight-report.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';

function about(pool: NodePool): Pick<Finding, 'where' | 'pools' | 'owner'> {
  return { where: pool.name, pools: [pool.name], owner: null };
}

/**
 * Pools that the control plane's next version would leave more than three minors behind. They are not withheld, because their own
 * upgrade is the remedy: the plan moves them first, where AKS offers them a version in between.
 */
export const checkVersionSkew: PreflightCheck = (view) => {
  const target = wantedControlPlane(view);
  if (target.kind !== 'target') return [];
  const controlPlane = target.version;
  const nodesByPool = Map.groupBy(view.snapshot.nodes, (node) => node.nodePool);
  return view.snapshot.nodePools.flatMap((pool): readonly Finding[] => {
    const nodePool = lowestVersion(pool, countNodeVersions(nodesByPool.get(pool.name) ?? []));
    if (judgeSkew({ nodePool, controlPlane }) !== 'pool-too-old') return [];
    const first = view.plan?.units.find(({ unit }) => unit === `pool/${pool.name}`);
    const isHelped = view.plan?.omitted.some(({ unit, code }) => unit === `pool/${pool.name}` && code === 'second-visit') === true;
    const behind = `${minorOf(controlPlane) ?? controlPlane} minus ${minorOf(nodePool) ?? nodePool}`;
    return [
      {
        code: 'VERSION_SKEW',
        where: pool.name,
        severity: 'block',
        pools: [],
        message: `${pool.name} (${minorOf(nodePool) ?? nodePool}) must move before the control plane: ${behind} is more than ${SKEW_MINORS_MAX} minors, so ${controlPlane} cannot come first.`,
        remedy: !isHelped || first === undefined
          ? `AKS offers ${pool.name} no version in between that helps (it offers ${offeredText(pool)}): make a new pool on ${view.snapshot.cluster.currentKubernetesVersion}, move its workloads there and remove it.`
          : `Nothing by hand: ${pool.name} goes to ${first.to.kubernetesVersion} first, then the control plane, then the other pools; it needs two visits and comes to ${controlPlane} in the next window.`,
        owner: null,
        evidence: { nodePool, controlPlane, mostMinorsBehind: SKEW_MINORS_MAX, firstVisit: isHelped ? (first?.to.kubernetesVersion ?? null) : null, offered: pool.offeredVersions },
      },
    ];
  });
};

function offeredText({ offeredVersions }: NodePool): string {
  if (offeredVersions === null) return 'an unknown list';
  return offeredVersions.length === 0 ? 'nothing' : offeredVersions.join(', ');
}

function wantedControlPlane({ policy, snapshot }: PreflightView): ControlPlaneTarget {
  const wanted = policy?.target.kubernetesVersion ?? null;
  if (wanted === null) return { kind: 'already-there' };
  const offered = snapshot.upgradeProfile?.controlPlaneUpgrades ?? [];
  return chooseControlPlaneTarget(wanted, snapshot.cluster.currentKubernetesVersion, offered);
}

export const checkSingleNodeSystemPool: PreflightCheck = ({ pools }) =>
  pools
    .filter((pool) => pool.mode === 'System' && pool.nodeCount === 1)
    .map((pool) => ({
      ...about(pool),
      code: 'SINGLE_NODE_SYSTEM_POOL',
      severity: 'warn',
      message: `System pool ${pool.name} has one node: everything it carries, DNS too, moves at once.`,
      remedy: 'Run at least two nodes, better three, in a system pool.',
      evidence: { nodeCount: pool.nodeCount },
    }));

export const checkSpot: PreflightCheck = ({ pools }) =>
  pools.filter(isSpot).map((pool) => ({
    ...about(pool),
    code: 'SPOT_NO_DRAIN',
    severity: 'warn',
    message: `AKS neither surges nor drains spot pool ${pool.name}: its pods leave with a short notice, whatever their budgets say.`,
    remedy: 'Nothing, where its workloads bear preemption; else move them to a regular pool.',
    evidence: { nodeCount: pool.nodeCount },
  }));

export const checkStopped: PreflightCheck = ({ pools }) =>
  pools.filter(isStopped).map((pool) => ({
    ...about(pool),
    code: 'POOL_STOPPED',
    severity: 'warn',
    message: `${pool.name} is stopped: no node of it can prove a version until it is started.`,
    remedy: 'Start it inside a window, or accept that it stays unproven.',
    evidence: { powerState: pool.powerState },
  }));

export const checkEmpty: PreflightCheck = ({ pools, snapshot }) =>
  pools
    .filter((pool) => !isStopped(pool) && pool.nodeCount === 0 && !snapshot.nodes.some((node) => node.nodePool === pool.name))
    .map((pool) => ({
      ...about(pool),
      code: 'POOL_EMPTY',
      severity: 'info',
      message: `${pool.name} has no nodes: there is nothing to drain and nothing to prove.`,
      remedy: 'Nothing.',
      evidence: { nodeCount: 0 },
    }));

export const checkNodesReady: PreflightCheck = ({ pools, snapshot }) =>
  pools.flatMap((pool) =>
    snapshot.nodes
      .filter((node) => node.nodePool === pool.name && !node.isReady)
      .map((node) => ({
        code: 'NODE_NOT_READY',
        where: node.name,
        severity: 'block',
        pools: [pool.name],
        message: `Node ${node.name} is not Ready: a drain of it hangs, and its pods are missing elsewhere already.`,
        remedy: `Repair or delete ${node.name} (az aks nodepool delete-machines), then look again.`,
        owner: null,
        evidence: { node: node.name, zone: node.zone },
      })),
  );

/** Only while AKS is not at work: a cordon during an operation is its own. */
export const checkOperatorCordon: PreflightCheck = ({ pools, snapshot }) =>
  pools
    .filter((pool) => isTerminalState(pool.provisioningState))
    .flatMap((pool) =>
      snapshot.nodes
        .filter((node) => node.nodePool === pool.name && node.isCordoned && !node.isQuarantined && !snapshot.openDebts.some((debt) => debt.node === node.name))
        .map((node) => ({
          code: 'OPERATOR_CORDON',
          where: node.name,
          severity: 'block',
          pools: [pool.name],
          message: `Somebody cordoned node ${node.name}: an upgrade would re-image it and open it again.`,
          remedy: `Ask who cordoned it; when it may be touched: kubectl uncordon ${node.name}.`,
          owner: null,
          evidence: { node: node.name, taints: node.taints.map(({ key, effect }) => `${key}:${effect}`) },
        })),
    );
