import type { ClusterSnapshot, DisruptionBudget, Node, NodePool, Pod, UpgradeSettings } from './cluster-snapshot.ts';
import { countControllerPods, judgeBudgetHealth } from './budget-health.ts';
import type { BudgetHealth } from './budget-health.ts';
import { fullName } from './disruption-budget.ts';
import { forecastPods, isDrained } from './drain-forecast.ts';
import type { PodForecast } from './drain-forecast.ts';
import { isFinished } from './eviction.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import { isSpot, mergeUpgradeSettings, undrainableNodeBehavior } from './node-pool.ts';
import type { UndigestedPlan } from './plan-maintenance.ts';
import type { Finding, Severity } from './preflight-report.ts';
import { indexWorkloads, placeOf } from './workload.ts';
import type { WorkloadIndex } from './workload.ts';

/** What the checks of preflight look at; derived once, so that each check is a few lines. */
export interface PreflightView {
  readonly snapshot: ClusterSnapshot;
  /** Null when a cluster is judged without a policy: every pool is then in scope. */
  readonly policy: MaintenancePolicy | null;
  readonly plan: UndigestedPlan | null;
  /** Pools the run would touch, or would if it could. */
  readonly pools: readonly NodePool[];
  /** Per pool name: the settings it would be upgraded with. */
  readonly settings: ReadonlyMap<string, UpgradeSettings>;
  readonly workloads: WorkloadIndex;
  readonly forecasts: readonly PodForecast[];
  /** The pods of `pools`. */
  readonly placed: readonly PlacedPod[];
  /** `namespace/name` of every budget → the pods its selector matches, anywhere. */
  readonly budgetPods: ReadonlyMap<string, readonly PodForecast[]>;
  /** Pods of the scope that a drain must evict: no static, DaemonSet or finished pods, and nothing of spot pools, which AKS does not drain. */
  readonly drained: readonly PlacedPod[];
  /** `drained` by what re-creates it; bare and terminating pods left out. */
  readonly drainedWorkloads: readonly DrainedWorkload[];
  /** Budgets that select anything, each with its health. */
  readonly judgedBudgets: readonly JudgedBudget[];
}

/** The pods of one workload that drains will move, by pool. */
export interface DrainedWorkload {
  /** `namespace/name` of the workload. */
  readonly where: string;
  readonly pods: readonly PlacedPod[];
  readonly byPool: ReadonlyMap<NodePool, readonly PlacedPod[]>;
}

/** A budget with what it could allow. */
export interface JudgedBudget {
  readonly budget: DisruptionBudget;
  readonly health: BudgetHealth;
}

/** A pod on a node of a pool in scope. */
export interface PlacedPod extends PodForecast {
  readonly pool: NodePool;
  readonly node: Node;
}

/** One check: everything it finds, in any order. */
export type PreflightCheck = (view: PreflightView) => readonly Finding[];

/** Codes of the plan whose pools need nothing and are therefore not judged. */
const settledCodes: ReadonlySet<string> = new Set(['already-there', 'not-wanted', 'minor-not-allowed']);

export function viewPreflight(
  policy: MaintenancePolicy | null,
  plan: UndigestedPlan | null,
  snapshot: ClusterSnapshot,
): PreflightView {
  const settled = new Set(plan?.omitted.filter(({ code }) => settledCodes.has(code)).map(({ unit }) => unit));
  const pools = snapshot.nodePools.filter((pool) => !settled.has(`pool/${pool.name}`));
  const poolsByName = new Map(pools.map((pool) => [pool.name, pool]));
  const nodes = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const forecasts = forecastPods(snapshot);
  const placed: PlacedPod[] = [];
  for (const forecast of forecasts) {
    const node = nodes.get(forecast.pod.nodeName);
    const pool = node === undefined ? undefined : poolsByName.get(node.nodePool);
    if (node !== undefined && pool !== undefined) placed.push({ ...forecast, node, pool });
  }
  const workloads = indexWorkloads(snapshot.workloads);
  const budgetPods = groupByBudget(forecasts);
  const drained = placed.filter(({ pod, pool }) => isDrained(pod) && !isFinished(pod) && !isSpot(pool));
  return {
    snapshot,
    policy,
    plan,
    pools,
    settings: settingsByPool(policy, plan, snapshot.nodePools),
    workloads,
    forecasts,
    placed,
    budgetPods,
    drained,
    drainedWorkloads: groupByWorkload(drained, workloads),
    judgedBudgets: judgeBudgets(snapshot, budgetPods, workloads),
  };
}

/** `namespace/name` of every budget → those of the pods that it selects. */
export function groupByBudget<P extends PodForecast>(pods: readonly P[]): ReadonlyMap<string, readonly P[]> {
  const groups = new Map<DisruptionBudget, P[]>();
  for (const one of pods) {
    for (const budget of one.budgets) {
      const group = groups.get(budget);
      if (group === undefined) groups.set(budget, [one]);
      else group.push(one);
    }
  }
  return new Map([...groups].map(([budget, group]) => [fullName(budget), group]));
}

function groupByWorkload(drained: readonly PlacedPod[], workloads: WorkloadIndex): readonly DrainedWorkload[] {
  const moving = drained.filter(({ pod }) => pod.owner !== null && pod.deletionTimestamp === null);
  return [...Map.groupBy(moving, ({ pod }) => placeOf(pod, workloads))].map(([where, pods]) => ({
    where,
    pods,
    byPool: Map.groupBy(pods, ({ pool }) => pool),
  }));
}

function judgeBudgets(
  snapshot: ClusterSnapshot,
  budgetPods: PreflightView['budgetPods'],
  workloads: WorkloadIndex,
): readonly JudgedBudget[] {
  const counts = countControllerPods(snapshot.pods, workloads);
  return snapshot.disruptionBudgets.flatMap((budget) => {
    const pods = budgetPods.get(fullName(budget));
    if (pods === undefined) return [];
    return [{ budget, health: judgeBudgetHealth(budget, pods.map((one) => one.pod), workloads, counts) }];
  });
}

/** The policy's time zone, in which people read moments; UTC without a policy. */
export function zoneOf({ policy }: Pick<PreflightView, 'policy'>): string {
  return policy?.window.timeZone ?? 'UTC';
}

/** Settings the pool would be upgraded with: those of its planned unit, else the policy's. */
export function settingsOf({ settings }: Pick<PreflightView, 'settings'>, pool: NodePool): UpgradeSettings {
  return settings.get(pool.name) ?? pool.upgradeSettings;
}

function settingsByPool(policy: MaintenancePolicy | null, plan: UndigestedPlan | null, pools: readonly NodePool[]): PreflightView['settings'] {
  const planned = new Map(plan?.units.map(({ unit, upgradeSettings }) => [unit, upgradeSettings]));
  return new Map(
    pools.map((pool) => {
      const own = planned.get(`pool/${pool.name}`) ?? null;
      return [pool.name, own ?? (policy === null ? pool.upgradeSettings : mergeUpgradeSettings(policy.nodePools, pool))] as const;
    }),
  );
}

/**
 * `warn` where the policy has budgeted for the block: every pool keeps going around nodes it cannot drain (`Cordon`),
 * and no more of its nodes are concerned than the policy lets be quarantined; else `block`.
 */
export function severityOfBlock(view: PreflightView, placed: readonly PlacedPod[]): Severity {
  const mostNodes = view.policy?.onQuarantined.continueUpToNodes ?? 0;
  const nodesByPool = Map.groupBy(placed, ({ pool }) => pool);
  const isBudgeted = [...nodesByPool].every(
    ([pool, pods]) =>
      undrainableNodeBehavior(settingsOf(view, pool)) === 'Cordon' &&
      new Set(pods.map(({ node }) => node.name)).size <= mostNodes,
  );
  return placed.length > 0 && isBudgeted ? 'warn' : 'block';
}

/** Names of the pools of these pods, each once, sorted. */
export function poolNames(placed: readonly PlacedPod[]): readonly string[] {
  return [...new Set(placed.map(({ pool }) => pool.name))].sort();
}

/** Names of the nodes of these pods, each once, sorted. */
export function nodeNames(placed: readonly PlacedPod[]): readonly string[] {
  return [...new Set(placed.map(({ node }) => node.name))].sort();
}

/** Full names of these pods, sorted. */
export function podNames(pods: readonly { readonly pod: Pod }[]): readonly string[] {
  return pods.map(({ pod }) => fullName(pod)).sort();
}
