import type { DisruptionBudget, Pod } from './cluster-snapshot.ts';
import { describeUnready, fittingReplicas, remedyOfBudget } from './budget-remedy.ts';
import type { BudgetAilment } from './budget-remedy.ts';
import { allowedDisruptions, countsByScale, fullName, recomputeBudget } from './disruption-budget.ts';
import { isFinished } from './eviction.ts';
import { controllerOf } from './workload.ts';
import type { WorkloadIndex } from './workload.ts';

/** What a budget could allow, apart from how its pods happen to be now. */
export interface BudgetHealth {
  /** `structural` allows nothing even at full health · `transient` would, but not now · `allows` one now. */
  readonly kind: 'structural' | 'transient' | 'allows';
  /** Pods the disruption controller expects at full health. */
  readonly expectedPods: number;
  /** Pods the selector can find healthy at best; fewer than expected when it selects a part of a workload. */
  readonly healthyPodsAtBest: number;
  /** Of those, how many must stay. */
  readonly desiredHealthy: number;
  readonly allowedAtBest: number;
  /** Selected pods that are not Ready now; the ones a transient budget waits for. */
  readonly unreadyPods: readonly Pod[];
  /** The arithmetic, in a sentence. */
  readonly arithmetic: string;
  /** What `remedyOfBudget` needs to say it in view of what sets the replicas. */
  readonly ailment: BudgetAilment;
  /** The smallest change that makes it allow an eviction, in a sentence. */
  readonly remedy: string;
  /** The fewest replicas at which it allows one; null when no number does, or it counts no replicas. */
  readonly fittingReplicas: number | null;
}

/** How many live pods each topmost controller has, by its uid or, where that is unknown, its name. */
export type ControllerPodCounts = ReadonlyMap<string, number>;

/** Counts live pods per topmost controller, once for all budgets. */
export function countControllerPods(pods: readonly Pod[], workloads: WorkloadIndex): ControllerPodCounts {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const group = groupOf(pod, workloads);
    if (group !== null && isLive(pod)) counts.set(group.key, (counts.get(group.key) ?? 0) + 1);
  }
  return counts;
}

/**
 * Judges what a budget could allow at full health, from its spec, its synced status and the wanted replicas.
 *
 * @param pods - Every pod its selector matches.
 */
export function judgeBudgetHealth(
  budget: DisruptionBudget,
  pods: readonly Pod[],
  workloads: WorkloadIndex,
  counts: ControllerPodCounts,
): BudgetHealth {
  const live = pods.filter(isLive);
  const best = countAtBest(live, workloads, counts);
  const { status } = budget;
  const isSynced = status.observedGeneration >= budget.generation && status.syncFailedMessage === null;
  const expectedPods = !countsByScale(budget) ? best.healthyPods : isSynced ? status.expectedPods : best.scaledPods;
  const { desiredHealthy } = recomputeBudget(budget, expectedPods);
  const canNeverSync = status.syncFailedMessage?.includes('does not implement the scale subresource') === true;
  const isEmpty = budget.minAvailable === null && budget.maxUnavailable === null;
  const allowedAtBest =
    canNeverSync || isEmpty ? 0 : allowedDisruptions({ expectedPods, desiredHealthy, currentHealthy: best.healthyPods });
  const numbers = { expectedPods, healthyPodsAtBest: best.healthyPods, desiredHealthy, allowedAtBest };
  const allowsNow = isSynced && status.disruptionsAllowed > 0;
  const kind = allowedAtBest === 0 ? 'structural' : allowsNow ? 'allows' : 'transient';
  const unreadyPods = live.filter((pod) => !pod.isReady);
  const unreadyText = namesText(unreadyPods.map(({ name }) => name));
  const endingPods = pods.filter((pod) => pod.deletionTimestamp !== null && !isFinished(pod));
  const ailment: BudgetAilment = { budget, ...numbers, kind, unreadyPods, unreadyText, endingPods, canNeverSync };
  return { kind, ...numbers, unreadyPods, ailment, arithmetic: arithmeticOf(ailment), remedy: remedyOfBudget(ailment, null).sentence, fittingReplicas: fittingReplicas(ailment) };
}

function isLive(pod: Pod): boolean {
  return pod.deletionTimestamp === null && !isFinished(pod);
}

function groupOf(pod: Pod, workloads: WorkloadIndex): { readonly key: string; readonly replicas: number | null } | null {
  const controller = controllerOf(pod, workloads);
  if (controller === null) return null;
  const key = controller.workload?.uid ?? `${controller.kind} ${fullName(controller)}`;
  return { key, replicas: controller.workload?.replicas ?? null };
}

/** Healthy pods if all that is wanted were there, and what the controllers' scales add up to. */
function countAtBest(
  live: readonly Pod[],
  workloads: WorkloadIndex,
  counts: ControllerPodCounts,
): { readonly healthyPods: number; readonly scaledPods: number } {
  const groups = new Map<string, { matched: number; readonly replicas: number | null }>();
  let barePods = 0;
  for (const pod of live) {
    const group = groupOf(pod, workloads);
    if (group === null) barePods += 1;
    else {
      const seen = groups.get(group.key) ?? { matched: 0, replicas: group.replicas };
      seen.matched += 1;
      groups.set(group.key, seen);
    }
  }
  let healthyPods = barePods;
  let scaledPods = 0;
  for (const [key, { matched, replicas }] of groups) {
    // A selector that finds only some of a workload's pods will never find the missing ones.
    const isWhole = matched >= (counts.get(key) ?? matched);
    healthyPods += isWhole ? replicas ?? matched : matched;
    scaledPods += replicas ?? matched;
  }
  return { healthyPods, scaledPods };
}

/** What the spec says, as a person wrote it. */
export function demandText(budget: Pick<DisruptionBudget, 'minAvailable' | 'maxUnavailable'>): string {
  if (budget.maxUnavailable !== null) return `maxUnavailable ${budget.maxUnavailable}`;
  return budget.minAvailable === null ? 'neither minAvailable nor maxUnavailable' : `minAvailable ${budget.minAvailable}`;
}

function arithmeticOf(facts: BudgetAilment): string {
  const { budget, expectedPods, healthyPodsAtBest, desiredHealthy, allowedAtBest } = facts;
  const { status } = budget;
  if (facts.canNeverSync) return `${demandText(budget)} cannot be computed: ${status.syncFailedMessage ?? ''}.`;
  const needs = `${demandText(budget)} of ${countText(expectedPods, 'pod')} needs ${desiredHealthy} healthy${roundingText(budget, expectedPods)}`;
  if (facts.kind === 'structural') {
    return `${needs}; at full health there ${healthyPodsAtBest === 1 ? 'is' : 'are'} ${healthyPodsAtBest}, which allows ${allowedAtBest}.`;
  }
  if (status.syncFailedMessage !== null) return `${demandText(budget)} could not be computed now: ${status.syncFailedMessage}.`;
  if (status.observedGeneration < budget.generation) return `${needs}; the disruption controller has not yet seen its newest spec.`;
  const { unreadyPods } = facts;
  const spentBy = namesText(unreadyPods.map((pod) => (unreadyPods.length > 1 ? pod.name : describeUnready(pod))));
  const unready = unreadyPods.length === 0 ? '' : ` Not Ready: ${unreadyPods.length} of ${healthyPodsAtBest} (${spentBy}).`;
  return `${needs}, has ${status.currentHealthy} now and would have ${healthyPodsAtBest} at full health.${unready}${unspentText(facts)}`;
}

/** Why none may go although its own counts would allow one; empty where they do not. */
function unspentText({ budget: { status }, desiredHealthy, endingPods }: BudgetAilment): string {
  if (status.currentHealthy <= desiredHealthy) return '';
  const ending = endingPods.length === 0 ? '' : `, and ${namesText(endingPods.map(({ name }) => name))} ${endingPods.length === 1 ? 'is' : 'are'} ending`;
  return ` Its status says that none may go all the same${ending}.`;
}

/** Percentages round up, which is why `80%` of three is all of them. */
function roundingText({ minAvailable }: DisruptionBudget, expectedPods: number): string {
  if (typeof minAvailable !== 'string') return '';
  const share = (Number.parseInt(minAvailable, 10) * expectedPods) / 100;
  return Number.isInteger(share) ? '' : ` (${Number(share.toFixed(2))} rounds up)`;
}

/** `1 pod`, `2 pods`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** At most three names, then how many more. */
export function namesText(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
