import { countText, demandText } from './budget-health.ts';
import type { NodePool } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { amendWorkloads, countLivePods, ownerOfPods, startSecondsOf } from './drained-workload.ts';
import { findDelegates } from './eviction-delegate.ts';
import { drainTimeoutMinutes, nodeSoakMinutes, parallelNodeCount } from './node-pool.ts';
import { defaultPoolTimeModel } from './pool-time-model.ts';
import type { Finding } from './preflight-report.ts';
import { groupByBudget, nodeNames, settingsOf, severityOfBlock } from './preflight-view.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';

/** A pod is taken to start this fast when nothing tells. */
const START_SECONDS = 30;
/** Between two tries of a refused eviction (kubectl's own step). */
const RETRY_SECONDS = 5;
/** Minutes on top of what is needed, for the drain itself. */
const MARGIN_MINUTES = 5;
const DRAIN_TIMEOUT_MINUTES_MAX = 1_440;
/** A workload that is back sooner is missed too shortly to hold a pool for it. */
const SLOW_START_SECONDS = 300;

/** How long the evictions behind one budget take when the nodes that carry most of its pods are drained together. */
interface Queue {
  /** Pods on those nodes. */
  readonly pods: number;
  readonly nodes: number;
  readonly allowed: number;
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly lastSeconds: number;
  readonly totalSeconds: number;
}

/** Budgets whose evictions queue so long across the nodes drained together that the last node passes its drain timeout. One finding per budget. */
export const checkDrainQueues: PreflightCheck = (view) => {
  const delegateOf = findDelegates(view);
  const queuing = view.drained.filter((one) => one.pod.deletionTimestamp === null && one.budgets.length === 1 && delegateOf(one) === null);
  const byBudget = groupByBudget(queuing);
  return view.judgedBudgets.flatMap(({ budget, health }): readonly Finding[] => {
    const placed = byBudget.get(fullName(budget)) ?? [];
    if (health.allowedAtBest === 0 || placed.length < 2) return [];
    const late = [...Map.groupBy(placed, ({ pool }) => pool)]
      .map(([pool, pods]) => ({ pool, pods, queue: queueOf(view, pool, pods, { allowed: health.allowedAtBest, nodes: null }) }))
      .filter(({ pool, queue }) => queue.totalSeconds > drainTimeoutMinutes(settingsOf(view, pool)) * 60);
    return late.length === 0 ? [] : [serialises(view, { where: fullName(budget), demand: demandText(budget), late })];
  });
};

function queueOf(
  view: PreflightView,
  pool: NodePool,
  pods: readonly PlacedPod[],
  { allowed, nodes }: { readonly allowed: number; readonly nodes: number | null },
): Queue {
  const together = nodes ?? parallelNodeCount(settingsOf(view, pool), pool.nodeCount);
  const perNode = [...Map.groupBy(pods, ({ node }) => node.name).values()].map((group) => group.length).sort((one, other) => other - one);
  const fullest = perNode.slice(0, Math.max(1, together));
  const queued = fullest.reduce((sum, count) => sum + count, 0);
  const rounds = Math.ceil(queued / allowed);
  const graceSeconds = Math.max(...pods.map(({ pod }) => pod.graceSeconds));
  // A StatefulSet makes a pod anew only when the old one is gone; a Deployment at once.
  const goneSeconds = pods.some(({ pod }) => pod.owner?.kind === 'StatefulSet') ? graceSeconds : 0;
  const roundSeconds = goneSeconds + (startSecondsOf(pods) ?? START_SECONDS) + RETRY_SECONDS;
  return {
    pods: queued,
    nodes: fullest.length,
    allowed,
    rounds,
    roundSeconds,
    lastSeconds: graceSeconds,
    totalSeconds: (rounds - 1) * roundSeconds + graceSeconds,
  };
}

interface LateQueues {
  readonly where: string;
  readonly demand: string;
  readonly late: readonly { readonly pool: NodePool; readonly pods: readonly PlacedPod[]; readonly queue: Queue }[];
}

function serialises(view: PreflightView, { where, demand, late }: LateQueues): Finding {
  const placed = late.flatMap(({ pods }) => pods);
  const [worst] = [...late].sort((one, other) => other.queue.totalSeconds - one.queue.totalSeconds);
  const severity = severityOfBlock(view, placed);
  const timeout = worst === undefined ? 0 : drainTimeoutMinutes(settingsOf(view, worst.pool));
  return {
    code: 'DRAIN_SERIALISES',
    where,
    severity,
    pools: late.map(({ pool }) => pool.name).sort(),
    message: worst === undefined ? '' : `Evictions queue behind budget ${where} (${demand}): ${arithmetic(worst.queue)}, and AKS gives up on a node after ${timeout} min.`,
    remedy: worst === undefined ? '' : queueRemedy(view, worst),
    owner: ownerOfPods(view, placed),
    evidence: {
      queues: late.map(({ pool, queue }) => ({ pool: pool.name, ...queue, drainTimeoutMinutes: drainTimeoutMinutes(settingsOf(view, pool)) })),
      nodes: nodeNames(placed),
      ...(severity === 'warn' ? { budgetedByPolicy: true } : {}),
    },
  };
}

function arithmetic({ pods, nodes, allowed, rounds, roundSeconds, lastSeconds, totalSeconds }: Queue): string {
  return (
    `${countText(pods, 'pod')} on ${countText(nodes, 'node')} drained together, ${allowed} at a time, is ${rounds} rounds; ` +
    `${rounds - 1} × ${roundSeconds} s + ${lastSeconds} s = ${Math.ceil(totalSeconds / 60)} min`
  );
}

/** The largest surge whose queue fits the timeout, and the timeout that fits the queue. */
function queueRemedy(view: PreflightView, { pool, pods, queue }: LateQueues['late'][number]): string {
  const timeout = drainTimeoutMinutes(settingsOf(view, pool));
  const neededMinutes = Math.ceil(queue.totalSeconds / 60) + MARGIN_MINUTES;
  const longer = neededMinutes <= DRAIN_TIMEOUT_MINUTES_MAX ? `Set drainTimeoutInMinutes of ${pool.name} to at least ${neededMinutes}` : null;
  let fitting = queue.nodes - 1;
  while (fitting > 0 && queueOf(view, pool, pods, { allowed: queue.allowed, nodes: fitting }).totalSeconds > timeout * 60) fitting -= 1;
  const fewer = fitting > 0 ? `maxSurge to ${fitting}` : null;
  if (longer !== null) return fewer === null ? `${longer}, or let the budget allow more than ${queue.allowed}.` : `${longer}, or ${fewer}.`;
  return fewer === null ? `Let the budget allow more than ${queue.allowed}.` : `Set ${fewer} for ${pool.name}.`;
}

/**
 * Workloads without a budget that start so slowly that the next nodes are drained before the first pods are back: all of
 * them can be down together. Drains follow each other as the time model says.
 */
export const checkSlowStarts: PreflightCheck = (view) => {
  const live = countLivePods(view);
  return view.drainedWorkloads.flatMap(({ where, pods, byPool }): readonly Finding[] => {
    const [only, second] = byPool;
    const startSeconds = startSecondsOf(pods);
    const isWhole = pods.length === live.get(where);
    if (only === undefined || second !== undefined || !isWhole || pods.length < 2) return [];
    if (startSeconds === null || startSeconds < SLOW_START_SECONDS || pods.some(({ budgets }) => budgets.length > 0)) return [];
    const [pool] = only;
    const settings = settingsOf(view, pool);
    const together = parallelNodeCount(settings, pool.nodeCount);
    const cycleMinutes = defaultPoolTimeModel.drainMinutes + nodeSoakMinutes(settings) + defaultPoolTimeModel.reimageMinutes;
    const waves = Math.floor(startSeconds / 60 / cycleMinutes) + 1;
    const nodes = nodeNames(pods);
    if (nodes.length > together * waves) return [];
    return [slowStart(view, { where, pods, pool, nodes, startMinutes: Math.ceil(startSeconds / 60), cycleMinutes, together })];
  });
};

interface SlowStart {
  readonly where: string;
  readonly pods: readonly PlacedPod[];
  readonly pool: NodePool;
  readonly nodes: readonly string[];
  readonly startMinutes: number;
  readonly cycleMinutes: number;
  readonly together: number;
}

function slowStart(view: PreflightView, { where, pods, pool, nodes, startMinutes, cycleMinutes, together }: SlowStart): Finding {
  const soak = nodeSoakMinutes(settingsOf(view, pool)) + Math.max(0, startMinutes - cycleMinutes);
  return {
    code: 'NO_BUDGET_SLOW_START',
    where,
    severity: 'block',
    pools: [pool.name],
    message:
      `${where} has no budget and takes ${startMinutes} min to start; ${pool.name} drains ${countText(together, 'node')} every ${cycleMinutes} min, so ` +
      `all ${pods.length} of its pods (on ${countText(nodes.length, 'node')}) can be down together.`,
    remedy: `Give ${where} a budget with maxUnavailable 1${soak > 0 && soak <= 30 && nodes.length > together ? `, or set nodeSoakDurationInMinutes of ${pool.name} to ${soak}` : ''}.`,
    amendments: amendWorkloads(view, pods),
    owner: ownerOfPods(view, pods),
    evidence: { replicas: pods.length, nodes, startMinutes, minutesPerWave: cycleMinutes, nodesDrainedTogether: together },
  };
}
