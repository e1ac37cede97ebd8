import type { DisruptionBudget, Pod } from './cluster-snapshot.ts';
import { countsByScale, fullName, recomputeBudget } from './disruption-budget.ts';
import type { Amendment } from './preflight-report.ts';

/** What of a budget's health decides what would mend it. */
export interface BudgetAilment {
  readonly budget: DisruptionBudget;
  readonly kind: 'structural' | 'transient' | 'allows';
  readonly expectedPods: number;
  readonly healthyPodsAtBest: number;
  readonly desiredHealthy: number;
  readonly allowedAtBest: number;
  readonly unreadyPods: readonly Pod[];
  /** Selected pods that are ending. */
  readonly endingPods: readonly Pod[];
  /** The unready pods' names, shortened to a few. */
  readonly unreadyText: string;
  /** The disruption controller has no scale to take a share of. */
  readonly canNeverSync: boolean;
}

/** The object whose field sets how many pods a budget has: an autoscaler where there is one, else the workload. */
export interface ReplicaSetter {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly field: readonly string[];
  /** Null when it is not known. */
  readonly replicas: number | null;
}

/** The smallest change that makes a budget allow an eviction. */
export interface BudgetRemedy {
  readonly sentence: string;
  readonly amendments: readonly Amendment[];
}

/**
 * What would make a budget allow an eviction: the number that fits where it is arithmetic, else what to bring to Ready.
 *
 * An autoscaler would put back replicas that somebody sets on the workload, so its own minimum is proposed instead.
 *
 * @param setter - Null when nothing is known to set the replicas.
 */
export function remedyOfBudget(ailment: BudgetAilment, setter: ReplicaSetter | null): BudgetRemedy {
  const { budget, kind, expectedPods, healthyPodsAtBest, unreadyPods, allowedAtBest } = ailment;
  if (kind !== 'structural') {
    if (unreadyPods.length === 0) return plain('Wait until its pods are all there and Ready.');
    const isLoose = budget.unhealthyPodEvictionPolicy === 'AlwaysAllow' || !unreadyPods.some(isCrashing);
    const lasting = isLoose ? '' : ' So that a broken pod never holds a node again: unhealthyPodEvictionPolicy AlwaysAllow.';
    const amendments = isLoose ? [] : [amend(budget, ['spec', 'unhealthyPodEvictionPolicy'], 'unhealthyPodEvictionPolicy: AlwaysAllow')];
    return { sentence: `Bring ${ailment.unreadyText} to Ready; then it allows ${allowedAtBest}.${lasting}`, amendments };
  }
  if (ailment.canNeverSync) {
    const field = budget.maxUnavailable === null ? 'minAvailable' : 'maxUnavailable';
    return { sentence: 'Use a whole number for minAvailable: the owner of its pods has no scale to take a share of.', amendments: [amend(budget, ['spec', field], null)] };
  }
  if (countsByScale(budget) && expectedPods === 0) {
    return { sentence: 'Use a whole number for minAvailable: its pods have no controller to count by.', amendments: [amend(budget, ['spec'], null)] };
  }
  if (healthyPodsAtBest < expectedPods) {
    return { sentence: `Let its selector match all ${expectedPods} pods of the workload: it finds ${healthyPodsAtBest}.`, amendments: [amend(budget, ['spec', 'selector'], null)] };
  }
  if (budget.minAvailable === null) {
    return { sentence: 'Set maxUnavailable to 1.', amendments: [amend(budget, ['spec', 'maxUnavailable'], 'maxUnavailable: 1')] };
  }
  return remedyOfMinimum(ailment, setter);
}

function remedyOfMinimum(ailment: BudgetAilment, setter: ReplicaSetter | null): BudgetRemedy {
  const { budget, healthyPodsAtBest } = ailment;
  const replicas = fittingReplicas(ailment);
  const scaled = replicas === null ? null : scaleTo(replicas, setter);
  if (healthyPodsAtBest <= 1) {
    if (scaled !== null) return { ...scaled, sentence: `${scaled.sentence}: then one of them can move.${noteOf(setter)}` };
    return { sentence: 'Set maxUnavailable to 1 instead of minAvailable.', amendments: [amend(budget, ['spec', 'minAvailable'], 'maxUnavailable: 1')] };
  }
  const lower = healthyPodsAtBest - 1;
  const lowered = amend(budget, ['spec', 'minAvailable'], `minAvailable: ${lower}`);
  if (scaled === null) return { sentence: `Lower minAvailable to ${lower}.`, amendments: [lowered] };
  const or = `${scaled.sentence.charAt(0).toLowerCase()}${scaled.sentence.slice(1)}`;
  return { sentence: `Lower minAvailable to ${lower}, or ${or}.${noteOf(setter)}`, amendments: [lowered, ...scaled.amendments] };
}

function noteOf(setter: ReplicaSetter | null): string {
  return setter?.field.at(-1) === 'minReplicas' ? ' (The autoscaler puts back replicas that are set elsewhere.)' : '';
}

/** A sentence without its full stop. */
function scaleTo(replicas: number, setter: ReplicaSetter | null): BudgetRemedy {
  if (setter === null) return plain(`Run ${replicas} replicas`);
  const key = setter.field.at(-1) ?? 'replicas';
  const amendments = [amend(setter, setter.field, `${key}: ${replicas}`)];
  if (key === 'replicas') return { sentence: `Run ${replicas} replicas`, amendments };
  const from = setter.replicas === null ? '' : ` from ${setter.replicas}`;
  return { sentence: `Set ${key} of ${setter.kind} ${fullName(setter)}${from} to ${replicas}`, amendments };
}

/** The fewest replicas at which the minimum lets one go; null when none does (`100%`), or it counts no replicas. */
export function fittingReplicas({ budget, desiredHealthy }: Pick<BudgetAilment, 'budget' | 'desiredHealthy'>): number | null {
  const { minAvailable } = budget;
  if (minAvailable === null) return null;
  if (typeof minAvailable === 'number') return desiredHealthy + 1;
  for (let replicas = 2; replicas <= 100; replicas += 1) {
    if (recomputeBudget({ minAvailable, maxUnavailable: null }, replicas).disruptionsAllowed > 0) return replicas;
  }
  return null;
}

/** A pod that is not Ready, with what it does instead where that is known: `search-c, crash-looping, 212 restarts`. */
export function describeUnready({ name, waitingReason, restartCount }: Pick<Pod, 'name' | 'waitingReason' | 'restartCount'>): string {
  const state = waitingReason === 'CrashLoopBackOff' ? 'crash-looping' : waitingReason;
  const restarts = restartCount === 0 ? null : `${restartCount} ${restartCount === 1 ? 'restart' : 'restarts'}`;
  return [name, state, restarts].filter((part) => part !== null).join(', ');
}

function isCrashing({ waitingReason }: Pod): boolean {
  return waitingReason === 'CrashLoopBackOff' || waitingReason === 'ImagePullBackOff' || waitingReason === 'ErrImagePull';
}

function amend({ namespace, name, ...object }: { readonly kind?: string; readonly namespace: string; readonly name: string }, field: readonly string[], change: string | null): Amendment {
  return { kind: object.kind ?? 'PodDisruptionBudget', namespace, name, field, change };
}

function plain(sentence: string): BudgetRemedy {
  return { sentence, amendments: [] };
}
