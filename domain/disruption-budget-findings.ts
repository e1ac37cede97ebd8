import { countText, demandText, namesText } from './budget-health.ts';
import type { BudgetHealth } from './budget-health.ts';
import { remedyOfBudget } from './budget-remedy.ts';
import type { ReplicaSetter } from './budget-remedy.ts';
import { judgeIntent } from './budget-intent.ts';
import type { BudgetIntent, OperatorManaged } from './budget-intent.ts';
import type { DisruptionBudget } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { ownerOfPods } from './drained-workload.ts';
import { findDelegates } from './eviction-delegate.ts';
import { autoscalerOf } from './pod-autoscaler.ts';
import type { Amendment, Finding } from './preflight-report.ts';
import { groupByBudget, nodeNames, podNames, poolNames, severityOfBlock } from './preflight-view.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';
import { controllerOf, ownerNamedBy, placeOf } from './workload.ts';

/** A finding that says which nodes a drain cannot empty, with the pods that hold them. */
export interface DrainBlock {
  readonly finding: Finding;
  readonly placed: readonly PlacedPod[];
}

/**
 * Budgets that allow nothing: never (`PDB_STRUCTURAL`), not while some pods are missing (`PDB_TRANSIENT`), or never
 * because a database operator keeps it so and has no standby to lead (`PDB_OPERATOR_MANAGED`).
 */
export function blockingBudgets(view: PreflightView): readonly DrainBlock[] {
  return judgeDrainedBudgets(view).flatMap((judged): readonly DrainBlock[] => {
    const { budget, health, placed, intent } = judged;
    if (health.kind === 'structural') {
      if (intent.kind === 'surgeable') return [];
      if (intent.kind === 'operator-managed' && intent.others.length > 0) {
        return intent.standbys.length > 0 ? [] : [{ finding: operatorManaged(view, judged, intent), placed }];
      }
      return [{ finding: structural(view, budget, health, placed), placed }];
    }
    // With the right policy unready pods may leave although the budget allows nothing to the others.
    const refused = placed.filter(({ eviction }) => eviction.status === 429);
    return health.kind === 'allows' || refused.length === 0 ? [] : [{ finding: transient(view, budget, health, refused), placed: refused }];
  });
}

/** Budgets at zero on purpose that will let their pods go all the same: an operator switches over, or AKS adds a replica. */
export const checkHelpedBudgets: PreflightCheck = (view) =>
  judgeDrainedBudgets(view).flatMap((judged) => {
    if (judged.health.kind !== 'structural') return [];
    if (judged.intent.kind === 'surgeable') return [surgeable(view, judged)];
    const { intent } = judged;
    return intent.kind === 'operator-managed' && intent.standbys.length > 0 ? [operatorManaged(view, judged, intent)] : [];
  });

interface JudgedBudget {
  readonly budget: DisruptionBudget;
  readonly health: BudgetHealth;
  /** Its pods that a drain evicts, without those that a helper moves. Never empty. */
  readonly placed: readonly PlacedPod[];
  readonly intent: BudgetIntent;
}

function judgeDrainedBudgets(view: PreflightView): readonly JudgedBudget[] {
  const delegateOf = findDelegates(view);
  const byBudget = groupByBudget(view.drained.filter((one) => delegateOf(one) === null));
  return view.judgedBudgets.flatMap(({ budget, health }) => {
    const placed = byBudget.get(fullName(budget)) ?? [];
    if (placed.length === 0) return [];
    const intent: BudgetIntent = health.kind === 'structural' ? judgeIntent(view, budget, placed) : { kind: 'written' };
    return [{ budget, health, placed, intent }];
  });
}

function surgeable(view: PreflightView, { budget, health, placed }: JudgedBudget): Finding {
  return {
    code: 'PDB_SURGEABLE',
    where: fullName(budget),
    severity: 'info',
    pools: poolNames(placed),
    message: `Budget ${fullName(budget)} is kept by AKS's eviction autoscaler: ${health.arithmetic} It adds a replica while a node drains.`,
    remedy: 'Nothing: the refusals end by themselves. Afterwards see that the replicas are back to their number.',
    owner: ownerOf(view, budget, placed),
    evidence: { demand: demandText(budget), allowedAtBest: health.allowedAtBest, nodes: nodeNames(placed) },
  };
}

function operatorManaged(view: PreflightView, { budget, placed }: JudgedBudget, managed: OperatorManaged): Finding {
  const severity = managed.standbys.length > 0 ? 'warn' : 'block';
  const standbys = managed.standbys.map(fullName);
  return {
    code: 'PDB_OPERATOR_MANAGED',
    where: fullName(budget),
    severity,
    pools: poolNames(placed),
    message:
      severity === 'warn'
        ? `${managed.operator} keeps budget ${fullName(budget)} at zero and moves the lead away from a cordoned node; ${standbys.length === 1 ? 'one standby' : `${standbys.length} standbys`} can take it.`
        : `${managed.operator} keeps budget ${fullName(budget)} at zero, and ${managed.others.length === 1 ? 'its one standby is not' : `none of its ${managed.others.length} standbys is`} Ready on another node that takes pods: the lead cannot move.`,
    remedy: severity === 'warn' ? 'Nothing: give the switchover its few minutes.' : 'Bring a standby to Ready on a node that takes pods.',
    owner: ownerOf(view, budget, placed),
    evidence: {
      operator: managed.operator,
      standbys,
      standbysSchedulable: standbys.length,
      notSchedulable: managed.others.filter((pod) => !managed.standbys.includes(pod)).map(fullName),
      nodes: nodeNames(placed),
    },
  };
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
  const remedy = remedyOfBudget(health.ailment, replicaSetterOf(view, placed));
  return {
    where: fullName(budget),
    severity,
    pools: poolNames(placed),
    remedy: remedy.sentence,
    amendments: remedy.amendments,
    owner: ownerOf(view, budget, placed),
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
      ...(severity === 'warn' ? { budgetedByPolicy: true } : {}),
    },
  };
}

/** What sets the replicas of the pods' workload; null when they have none with a scale, or more than one. */
function replicaSetterOf(view: PreflightView, placed: readonly PlacedPod[]): ReplicaSetter | null {
  const [first] = placed;
  const controller = first === undefined ? null : controllerOf(first.pod, view.workloads);
  if (controller === null || new Set(placed.map(({ pod }) => placeOf(pod, view.workloads))).size > 1) return null;
  const { kind, namespace, name, workload } = controller;
  const autoscaler = autoscalerOf(view, controller);
  if (autoscaler !== null) {
    return { kind: 'HorizontalPodAutoscaler', namespace, name: autoscaler.name, field: ['spec', 'minReplicas'], replicas: autoscaler.minReplicas };
  }
  return workload === null ? null : { kind, namespace, name, field: ['spec', 'replicas'], replicas: workload.replicas };
}

function ownerOf(view: PreflightView, budget: DisruptionBudget, placed: readonly PlacedPod[]): string | null {
  const [first] = placed;
  const workload = first === undefined ? null : controllerOf(first.pod, view.workloads)?.workload;
  const namespace = view.snapshot.namespaces.find(({ name }) => name === budget.namespace);
  return ownerNamedBy([workload, budget, first?.pod, namespace]);
}

/** Pods under more than one budget: the API server answers 500, whatever the budgets allow. One finding per workload. */
export function sharedBudgets(view: PreflightView): readonly DrainBlock[] {
  const shared = view.drained.filter(({ eviction }) => eviction.rule === 'more-than-one-budget');
  return [...Map.groupBy(shared, ({ pod }) => placeOf(pod, view.workloads))].map(([where, placed]) => {
    const budgets = [...new Set(placed.flatMap((one) => one.budgets.map(fullName)))].sort();
    const severity = severityOfBlock(view, placed);
    const finding: Finding = {
      code: 'PDB_MULTIPLE',
      where,
      severity,
      pools: poolNames(placed),
      message: `${countText(budgets.length, 'budget')} select the pods of ${where} (${namesText(budgets)}): the API server answers every eviction with 500.`,
      remedy: `Keep one budget for ${where}: delete the others, or narrow their selectors.`,
      amendments: [...new Set(placed.flatMap((one) => one.budgets))].map((budget) => amendBudget(budget, ['spec', 'selector'])),
      owner: ownerOfPods(view, placed),
      evidence: {
        budgets,
        pods: podNames(placed),
        nodes: nodeNames(placed),
        ...(severity === 'warn' ? { budgetedByPolicy: true } : {}),
      },
    };
    return { finding, placed };
  });
}

/** Budgets that select no pod: they protect nothing and block nothing. */
export const checkEmptyBudgets: PreflightCheck = (view) =>
  view.snapshot.disruptionBudgets
    .filter((budget) => !view.budgetPods.has(fullName(budget)))
    .map((budget) => ({
      code: 'PDB_EMPTY',
      where: fullName(budget),
      severity: 'info',
      pools: [],
      message: `Budget ${fullName(budget)} selects no pod${budget.selector === null ? ': it has no selector' : ''}; it protects nothing.`,
      remedy: 'Mend its selector, or delete it.',
      amendments: [amendBudget(budget, ['spec', 'selector'])],
      owner: ownerOf(view, budget, []),
      evidence: { demand: demandText(budget), selector: budget.selector },
    }));

function amendBudget({ namespace, name }: DisruptionBudget, field: readonly string[]): Amendment {
  return { kind: 'PodDisruptionBudget', namespace, name, field, change: null };
}

function nodesText(placed: readonly PlacedPod[]): string {
  const names = nodeNames(placed);
  return `${countText(names.length, 'node')} (${namesText(names)})`;
}
