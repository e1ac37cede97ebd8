import { countText, demandText } from './budget-health.ts';
import { countsByScale, fullName, recomputeBudget } from './disruption-budget.ts';
import { ownerOfPods } from './drained-workload.ts';
import type { Finding } from './preflight-report.ts';
import { nodeNames, poolNames } from './preflight-view.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';
import { controllerOf } from './workload.ts';
import type { PodAutoscaler } from './workload-facts.ts';

/** The autoscaler that sets a controller's replicas; null when none does. */
export function autoscalerOf(
  view: PreflightView,
  controller: { readonly kind: string; readonly namespace: string; readonly name: string } | null,
): PodAutoscaler | null {
  if (controller === null) return null;
  const { kind, namespace, name } = controller;
  return (
    view.snapshot.workloadFacts.autoscalers.find(
      (one) => one.namespace === namespace && one.targetKind === kind && one.targetName === name,
    ) ?? null
  );
}

/** Budgets that let a pod go now and none once the autoscaler has scaled in: fine at noon, spent at night. One finding per workload. */
export const checkScaleIn: PreflightCheck = (view) => {
  const { autoscalers } = view.snapshot.workloadFacts;
  if (autoscalers.length === 0) return [];
  const judged = new Map(view.judgedBudgets.map((one) => [fullName(one.budget), one]));
  return view.drainedWorkloads.flatMap(({ where, pods }): readonly Finding[] => {
    const [first] = pods;
    const controller = first === undefined ? null : controllerOf(first.pod, view.workloads);
    const autoscaler = autoscalerOf(view, controller);
    const [budget, second] = first?.budgets ?? [];
    // Without a budget nothing is spent, and two of them are refused whatever they allow.
    if (autoscaler === null || budget === undefined || second !== undefined) return [];
    const health = judged.get(fullName(budget))?.health;
    const now = controller?.workload?.replicas ?? health?.expectedPods ?? 0;
    const least = autoscaler.minReplicas;
    // A budget over several workloads is not this autoscaler's alone.
    if (health === undefined || health.kind === 'structural' || least >= now || health.expectedPods !== now) return [];
    const then = recomputeBudget(budget, least);
    if (least === 0 || then.disruptionsAllowed > 0) return [];
    const fitting = health.fittingReplicas;
    return [
      {
        code: 'PDB_EDGE',
        where,
        severity: 'warn',
        pools: poolNames(pods),
        message:
          `${where} runs ${countText(now, 'pod')} and its autoscaler may go down to ${least}: ${demandText(budget)} of ${least} needs ` +
          `${then.desiredHealthy} healthy, which allows 0; at ${now} it allows ${health.allowedAtBest}.`,
        remedy: `Set minReplicas of HorizontalPodAutoscaler ${fullName(autoscaler)} from ${least} to ${fitting ?? now}, or ${countsByScale(budget) ? 'loosen' : `lower minAvailable of`} ${fullName(budget)}${countsByScale(budget) ? '' : ` to ${least - 1}`}.`,
        amendments: [
          { kind: 'HorizontalPodAutoscaler', namespace: autoscaler.namespace, name: autoscaler.name, field: ['spec', 'minReplicas'], change: `minReplicas: ${fitting ?? now}` },
        ],
        owner: ownerOfPods(view, pods),
        evidence: {
          autoscaler: fullName(autoscaler),
          minReplicas: least,
          maxReplicas: autoscaler.maxReplicas,
          replicas: now,
          budget: fullName(budget),
          demand: demandText(budget),
          allowedAtMinimum: 0,
          allowedNow: health.allowedAtBest,
          nodes: nodeNames(pods),
        },
      },
    ];
  });
};
