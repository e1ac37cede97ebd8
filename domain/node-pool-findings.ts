import { namesText } from './budget-health.ts';
import type { NodePool } from './cluster-snapshot.ts';
import { isDrained } from './drain-forecast.ts';
import { isTerminalState } from './judge-progress.ts';
import { chooseControlPlaneTarget, judgeSkew, minorOf, SKEW_MINORS_MAX } from './kubernetes-version.ts';
import type { ControlPlaneTarget } from './kubernetes-version.ts';
import { isSpot, isStopped } from './node-pool.ts';
import { lowestVersion } from './plan-node-pool.ts';
import { countNodeVersions } from './planning-state.ts';
import type { Finding } from './preflight-report.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';
import { placeOf } from './workload.ts';
import type { WorkloadIndex } from './workload.ts';

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

export const checkSingleNodeSystemPool: PreflightCheck = ({ pools, placed, workloads }) =>
  pools
    .filter((pool) => pool.mode === 'System' && pool.nodeCount === 1)
    .map((pool) => ({
      ...about(pool),
      code: 'SINGLE_NODE_SYSTEM_POOL',
      severity: 'warn',
      message: `System pool ${pool.name} has one node: everything it carries, DNS too, moves at once.${allOnOneNode(pool, placed, workloads)}`,
      remedy: 'Run at least two nodes, better three, in a system pool; with one, expect about a minute without it.',
      evidence: { nodeCount: pool.nodeCount },
    }));

/** Workloads of kube-system with several pods, all of them on the pool's one node. */
function allOnOneNode(pool: NodePool, placed: readonly PlacedPod[], workloads: WorkloadIndex): string {
  const here = placed.filter((one) => one.pool === pool && one.pod.namespace === 'kube-system' && isDrained(one.pod));
  const several = [...Map.groupBy(here, ({ pod }) => placeOf(pod, workloads))].filter(([, pods]) => pods.length > 1);
  const told = several.map(([where, pods]) => `${pods.length} pods of ${where}`);
  return told.length === 0 ? '' : ` ${namesText(told)} live on it together.`;
}

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

export const checkNodesReady: PreflightCheck = ({ pools, snapshot, placed }) => {
  const silent = new Set(snapshot.nodes.filter(({ isReady }) => !isReady).map(({ name }) => name));
  const byNode = Map.groupBy(placed.filter(({ node }) => silent.has(node.name)), ({ node }) => node.name);
  return pools.flatMap((pool) =>
    snapshot.nodes
      .filter((node) => node.nodePool === pool.name && !node.isReady)
      .map((node) => ({
        code: 'NODE_NOT_READY',
        where: node.name,
        severity: 'block',
        pools: [pool.name],
        message: `Node ${node.name} is not Ready: a drain of it hangs, and its pods are missing elsewhere already. AKS advises against an upgrade until it is healthy or removed.`,
        remedy: `AKS may restart or re-image it by itself within an hour; look again then, or repair or delete ${node.name} (az aks nodepool delete-machines).${twoWriters(byNode.get(node.name) ?? [])}`,
        owner: null,
        evidence: { node: node.name, zone: node.zone },
      })),
  );
};

/** A StatefulSet's pod on a silent node may still write; deleting it by force makes a second writer. */
function twoWriters(placed: readonly PlacedPod[]): string {
  const pods = placed.filter(({ pod }) => pod.owner?.kind === 'StatefulSet').map(({ pod }) => pod.name);
  return pods.length === 0 ? '' : ` Force-deleting ${namesText(pods)} risks two writers on one disk.`;
}

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
