import { countText, namesText } from './budget-health.ts';
import type { NodePool } from './cluster-snapshot.ts';
import { blockingBudgets, sharedBudgets } from './disruption-budget-findings.ts';
import type { DrainBlock } from './disruption-budget-findings.ts';
import { ownersText } from './drained-workload.ts';
import { formatUtcDated } from './local-time.ts';
import { amountOf, drainTimeoutMinutes, surgeNodeCount, undrainableNodeBehavior } from './node-pool.ts';
import type { Finding } from './preflight-report.ts';
import { settingsOf } from './preflight-view.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';

/** What a pool's blocked nodes come to when they are counted together. */
interface PoolBlocks {
  readonly pool: NodePool;
  readonly placed: readonly PlacedPod[];
  /** Names of the nodes that a drain cannot empty, sorted. */
  readonly nodes: readonly string[];
  /** Of those, nodes an earlier run left quarantined. */
  readonly debts: readonly string[];
  /** Nodes AKS can set aside before it stops; null where it sets none aside. */
  readonly bearable: number | null;
}

/**
 * Everything that keeps drains from passing, counted per pool.
 *
 * A block that is part of a larger finding is told there and not again: nodes an earlier run left quarantined for it
 * (`OPEN_DEBT_SAME_CAUSE`), and pools where AKS would bear each block alone and not all of them (`QUARANTINE_EXCEEDS_SURGE`).
 * A block that AKS would not bear even alone is the thing to mend, and stays a finding of its own.
 */
export const checkDrainBlocks: PreflightCheck = (view) => {
  const blocks = [...blockingBudgets(view), ...sharedBudgets(view)];
  const pools = [...Map.groupBy(blocks.flatMap(({ placed }) => placed), ({ pool }) => pool)].map(([pool, placed]) => countBlocks(view, pool, placed));
  const exceeding = pools.filter((one) => exceedsOnlyTogether(one, blocks));
  const exceedingPools = new Set(exceeding.map(({ pool }) => pool));
  const debts = new Set(pools.flatMap((one) => one.debts));
  const isTold = ({ pool, node }: PlacedPod): boolean => exceedingPools.has(pool) || debts.has(node.name);
  return [
    ...blocks.filter(({ placed }) => !placed.every(isTold)).map((block) => weigh(view, block, pools)),
    ...exceeding.map((one) => exceeds(one, blocks)),
    ...pools.flatMap((one) => one.debts.map((node) => openDebt(view, one, { node, blocks }))),
  ];
};

function exceedsOnlyTogether({ pool, nodes, bearable }: PoolBlocks, blocks: readonly DrainBlock[]): boolean {
  if (bearable === null || nodes.length <= bearable) return false;
  const each = blocks.map(({ placed }) => new Set(placed.flatMap((one) => (one.pool === pool ? [one.node.name] : []))).size);
  return each.every((count) => count <= bearable);
}

function countBlocks(view: PreflightView, pool: NodePool, placed: readonly PlacedPod[]): PoolBlocks {
  const settings = settingsOf(view, pool);
  const nodes = [...new Set(placed.map(({ node }) => node.name))].sort();
  // The label is what AKS says; the ledger knows nodes whose label somebody took away.
  const owed = new Set(view.snapshot.openDebts.map(({ node }) => node));
  const quarantined = new Set(placed.flatMap(({ node }) => (node.isQuarantined || (node.isCordoned && owed.has(node.name)) ? [node.name] : [])));
  const surge = surgeNodeCount(settings.maxSurge, pool.nodeCount);
  const bearable = undrainableNodeBehavior(settings) === 'Cordon' ? Math.min(surge, amountOf(pool.maxBlockedNodes, pool.nodeCount) ?? surge) : null;
  return { pool, placed, nodes, debts: nodes.filter((name) => quarantined.has(name)), bearable };
}

/** A policy that bears some quarantined nodes bears them per pool, not per budget. */
function weigh(view: PreflightView, { finding, placed }: DrainBlock, pools: readonly PoolBlocks[]): Finding {
  if (finding.severity !== 'warn') return finding;
  const mostNodes = view.policy?.onQuarantined.continueUpToNodes ?? 0;
  const touched = new Set(placed.map(({ pool }) => pool));
  const isBorne = pools.every(({ pool, nodes }) => !touched.has(pool) || nodes.length <= mostNodes);
  return isBorne ? finding : { ...finding, severity: 'block', evidence: { ...finding.evidence, budgetedByPolicy: false } };
}

function causesIn(blocks: readonly DrainBlock[], isMeant: (pod: PlacedPod) => boolean): readonly DrainBlock[] {
  return blocks.filter(({ placed }) => placed.some(isMeant));
}

function exceeds({ pool, nodes, bearable }: PoolBlocks, blocks: readonly DrainBlock[]): Finding {
  const causes = causesIn(blocks, (one) => one.pool === pool);
  const names = causes.map(({ finding }) => finding.where);
  return {
    code: 'QUARANTINE_EXCEEDS_SURGE',
    where: pool.name,
    severity: 'block',
    pools: [pool.name],
    message:
      `${countText(nodes.length, 'node')} of ${pool.name} would not drain (${namesText(nodes)}) because of ${namesText(names)}, and AKS can set aside ` +
      `${bearable ?? 0}: it would stop in the middle, all surge nodes used up.`,
    remedy: causes.map(({ finding }) => `${finding.where}: ${finding.remedy}`).join(' '),
    amendments: causes.flatMap(({ finding }) => finding.amendments ?? []),
    owner: ownersText(causes.map(({ finding }) => finding.owner)),
    evidence: {
      predictedBlocked: nodes.length,
      nodes,
      surgeNodes: bearable,
      maxBlockedNodes: pool.maxBlockedNodes,
      causes: causes.map(({ finding }) => ({ code: finding.code, where: finding.where, message: finding.message, remedy: finding.remedy, owner: finding.owner })),
    },
  };
}

function openDebt({ snapshot }: PreflightView, { pool }: PoolBlocks, { node, blocks }: { readonly node: string; readonly blocks: readonly DrainBlock[] }): Finding {
  const known = snapshot.openDebts.find((debt) => debt.node === node);
  const since = known === undefined ? 'from an earlier run' : `since ${formatUtcDated(known.since)} (left by ${known.who})`;
  const causes = causesIn(blocks, (one) => one.node.name === node);
  const names = causes.map(({ finding }) => finding.where);
  return {
    code: 'OPEN_DEBT_SAME_CAUSE',
    where: node,
    severity: 'block',
    pools: [pool.name],
    message:
      `Node ${node} is still quarantined ${since}, and ${namesText(names)} still keeps it from draining: another run would block there ` +
      `again and keep a second extra node, ${pool.nodeCount + 1} in all.`,
    remedy: `${causes[0]?.finding.remedy ?? ''} Then run ${pool.name}; other pools can go on meanwhile.`,
    amendments: causes.flatMap(({ finding }) => finding.amendments ?? []),
    owner: ownersText(causes.map(({ finding }) => finding.owner)),
    evidence: {
      node,
      since: known === undefined ? null : formatUtcDated(known.since),
      causes: causes.map(({ finding }) => ({ code: finding.code, where: finding.where, message: finding.message, owner: finding.owner })),
      drainTimeoutMinutes: drainTimeoutMinutes(pool.upgradeSettings),
    },
  };
}
