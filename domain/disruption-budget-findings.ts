import { countText, demandText, namesText } from './budget-health.ts';
import type { BudgetHealth } from './budget-health.ts';
import type { DisruptionBudget } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import type { Finding } from './preflight-report.ts';
import { drainedPods, judgeBudgets, nodeNames, podNames, poolNames, severityOfBlock } from './preflight-view.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';
import { controllerOf, ownerNamedBy, placeOf } from './workload.ts';

/** Budgets that allow nothing: never (`PDB_STRUCTURAL`), or not while some pods are missing (`PDB_TRANSIENT`). */
export const checkBudgets: PreflightCheck = (view) => {
  const byBudget = groupByBudget(drainedPods(view));
  return judgeBudgets(view).flatMap(({ budget, health }) => {
    const placed = byBudget.get(fullName(budget)) ?? [];
    if (health.kind === 'structural') return placed.length === 0 ? [] : [structural(view, budget, health, placed)];
    // With the right policy unready pods may leave although the budget allows nothing to the others.
    const refused = placed.filter(({ eviction }) => eviction.status === 429);
    return health.kind === 'allows' || refused.length === 0 ? [] : [transient(view, budget, health, refused)];
  });
};

function groupByBudget(placed: readonly PlacedPod[]): ReadonlyMap<string, readonly PlacedPod[]> {
  const pairs = placed.flatMap((one) => one.budgets.map((budget) => ({ key: fullName(budget), one })));
  const groups = Map.groupBy(pairs, ({ key }) => key);
  return new Map([...groups].map(([key, members]) => [key, members.map(({ one }) => one)]));
}

function structural(view: PreflightView, budget: DisruptionBudget, health: BudgetHealth, placed: readonly PlacedPod[]): Finding {
  return {
    code: 'PDB_STRUCTURAL',
    message: `Budget ${fullName(budget)} can never allow an eviction: ${health.arithmetic} It would hold ${nodesText(placed)}.`,
    ...blocking(view, budget, health, placed),
  };
}

function transient(view: PreflightView, budget: DisruptionBudget, health: BudgetHealth, placed: readonly PlacedPod[]): Finding {
  return {
    code: 'PDB_TRANSIENT',
    message: `Budget ${fullName(budget)} allows no eviction now: ${health.arithmetic} It would hold ${nodesText(placed)}.`,
    ...blocking(view, budget, health, placed),
  };
}

function blocking(
  view: PreflightView,
  budget: DisruptionBudget,
  health: BudgetHealth,
  placed: readonly PlacedPod[],
): Omit<Finding, 'code' | 'message'> {
  const severity = severityOfBlock(view, placed);
  return {
    where: fullName(budget),
    severity,
    pools: poolNames(placed),
    remedy: health.remedy,
    evidence: {
      demand: demandText(budget),
      expectedPods: health.expectedPods,
      desiredHealthy: health.desiredHealthy,
      healthyPodsAtBest: health.healthyPodsAtBest,
      allowedAtBest: health.allowedAtBest,
      healthyNow: budget.status.currentHealthy,
      allowedNow: budget.status.disruptionsAllowed,
      unreadyPods: health.unreadyPods.map(fullName),
      syncFailed: budget.status.syncFailedMessage,
      workloads: [...new Set(placed.map(({ pod }) => placeOf(pod, view.workloads)))].sort(),
      nodes: nodeNames(placed),
      owner: ownerOf(view, budget, placed),
      ...(severity === 'warn' ? { budgetedByPolicy: true } : {}),
    },
  };
}

function ownerOf(view: PreflightView, budget: DisruptionBudget, placed: readonly PlacedPod[]): string | null {
  const [first] = placed;
  const workload = first === undefined ? null : controllerOf(first.pod, view.workloads)?.workload;
  const namespace = view.snapshot.namespaces.find(({ name }) => name === budget.namespace);
  return ownerNamedBy([workload, budget, first?.pod, namespace]);
}

/** Pods under more than one budget: the API server answers 500, whatever the budgets allow. One finding per workload. */
export const checkMultipleBudgets: PreflightCheck = (view) => {
  const shared = drainedPods(view).filter(({ eviction }) => eviction.rule === 'more-than-one-budget');
  return [...Map.groupBy(shared, ({ pod }) => placeOf(pod, view.workloads))].map(([where, placed]) => {
    const budgets = [...new Set(placed.flatMap((one) => one.budgets.map(fullName)))].sort();
    const severity = severityOfBlock(view, placed);
    return {
      code: 'PDB_MULTIPLE',
      where,
      severity,
      pools: poolNames(placed),
      message: `${countText(budgets.length, 'budget')} select the pods of ${where} (${namesText(budgets)}): the API server answers every eviction with 500.`,
      remedy: `Keep one budget for ${where}: delete the others, or narrow their selectors.`,
      evidence: {
        budgets,
        pods: podNames(placed),
        nodes: nodeNames(placed),
        ...(severity === 'warn' ? { budgetedByPolicy: true } : {}),
      },
    };
  });
};

/** Budgets that select no pod: they protect nothing and block nothing. */
export const checkEmptyBudgets: PreflightCheck = ({ snapshot, budgetPods }) =>
  snapshot.disruptionBudgets
    .filter((budget) => !budgetPods.has(fullName(budget)))
    .map((budget) => ({
      code: 'PDB_EMPTY',
      where: fullName(budget),
      severity: 'info',
      pools: [],
      message: `Budget ${fullName(budget)} selects no pod${budget.selector === null ? ': it has no selector' : ''}; it protects nothing.`,
      remedy: 'Mend its selector, or delete it.',
      evidence: { demand: demandText(budget), selector: budget.selector },
    }));

function nodesText(placed: readonly PlacedPod[]): string {
  const names = nodeNames(placed);
  return `${countText(names.length, 'node')} (${namesText(names)})`;
}
