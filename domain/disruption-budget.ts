import type { DisruptionBudget, LabelSelector, Pod } from './cluster-snapshot.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * Whether a label selector of `policy/v1` matches: `{}` matches all, a missing one (null) and one with an invalid
 * expression match nothing. `NotIn` and `DoesNotExist` match labels without the key.
 *
 * @see Kubernetes docs, "Labels and Selectors"; measured on kube-apiserver 1.36.2.
 */
export function matchesSelector(selector: LabelSelector | null, labels: Labels): boolean {
  if (selector === null) return false;
  for (const key in selector.matchLabels) if (labels[key] !== selector.matchLabels[key]) return false;
  return selector.matchExpressions.every((expression) => matchesExpression(expression, labels));
}

function matchesExpression(expression: LabelSelector['matchExpressions'][number], labels: Labels): boolean {
  const { key, operator, values } = expression;
  // A key such as `constructor` is not on the object but on every object's prototype.
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (operator === 'In') return value !== undefined && values.includes(value);
  if (operator === 'NotIn') return values.length > 0 && (value === undefined || !values.includes(value));
  // With values these two are invalid, and a budget whose selector is invalid is passed over by the API server.
  if (operator === 'Exists') return values.length === 0 && value !== undefined;
  if (operator === 'DoesNotExist') return values.length === 0 && value === undefined;
  return false;
}

/** Budgets arranged so that those of a pod are found without trying every budget of its namespace. */
export interface BudgetIndex {
  /** Namespace → budgets to try. */
  readonly namespaces: ReadonlyMap<string, NamespaceBudgets>;
}

interface NamespaceBudgets {
  /** Label key → value → budgets that demand it. */
  readonly byLabel: ReadonlyMap<string, ReadonlyMap<string, readonly DisruptionBudget[]>>;
  /** Budgets that demand no single label: an empty selector, or expressions only. */
  readonly others: readonly DisruptionBudget[];
}

interface GrowingBudgets extends NamespaceBudgets {
  readonly byLabel: Map<string, Map<string, DisruptionBudget[]>>;
  readonly others: DisruptionBudget[];
}

/** Arranges budgets for {@link budgetsOfPod}. */
export function indexBudgets(budgets: readonly DisruptionBudget[]): BudgetIndex {
  const namespaces = new Map<string, GrowingBudgets>();
  for (const budget of budgets) {
    if (budget.selector === null) continue;
    const place: GrowingBudgets = namespaces.get(budget.namespace) ?? { byLabel: new Map(), others: [] };
    namespaces.set(budget.namespace, place);
    const [demanded] = Object.entries(budget.selector.matchLabels);
    if (demanded === undefined) place.others.push(budget);
    else {
      const [key, value] = demanded;
      const values = place.byLabel.get(key) ?? new Map<string, DisruptionBudget[]>();
      place.byLabel.set(key, values);
      const list = values.get(value);
      if (list === undefined) values.set(value, [budget]);
      else list.push(budget);
    }
  }
  return { namespaces };
}

/** Every budget whose selector matches the pod, by name. */
export function budgetsOfPod(index: BudgetIndex, pod: Pick<Pod, 'namespace' | 'labels'>): readonly DisruptionBudget[] {
  const place = index.namespaces.get(pod.namespace);
  if (place === undefined) return [];
  const found = place.others.filter((budget) => matchesSelector(budget.selector, pod.labels));
  for (const [key, values] of place.byLabel) {
    const value = pod.labels[key];
    if (value === undefined) continue;
    for (const budget of values.get(value) ?? []) if (matchesSelector(budget.selector, pod.labels)) found.push(budget);
  }
  return found.length < 2 ? found : found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** `namespace/name` of a budget, pod or workload. */
export function fullName(item: { readonly namespace: string; readonly name: string }): string {
  return `${item.namespace}/${item.name}`;
}

/** What a budget's spec demands of so many pods. */
interface BudgetDemand {
  /** Pods that must stay healthy. */
  readonly desiredHealthy: number;
  /** Evictions it allows while every expected pod is healthy. */
  readonly disruptionsAllowed: number;
}

/**
 * What a budget would demand and allow at full health, from its spec alone. Percentages round up, both ways.
 *
 * @param expectedPods - What the disruption controller counts: pods for a whole `minAvailable`, else the wanted
 *   replicas of their controllers. Whole, ≥ 0.
 * @see Kubernetes docs, "Specifying a Disruption Budget for your Application"; measured on kube-apiserver 1.36.2.
 */
export function recomputeBudget(
  budget: Pick<DisruptionBudget, 'minAvailable' | 'maxUnavailable'>,
  expectedPods: number,
): BudgetDemand {
  const desiredHealthy = desiredHealthyOf(budget, expectedPods);
  // A budget with neither number is accepted by the API and never allows anything.
  const isEmpty = budget.minAvailable === null && budget.maxUnavailable === null;
  return {
    desiredHealthy,
    disruptionsAllowed: isEmpty ? 0 : allowedDisruptions({ expectedPods, desiredHealthy, currentHealthy: expectedPods }),
  };
}

/** What the disruption controller writes into `disruptionsAllowed`. */
export function allowedDisruptions(count: {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
  readonly currentHealthy: number;
}): number {
  return count.expectedPods <= 0 ? 0 : Math.max(0, count.currentHealthy - count.desiredHealthy);
}

function desiredHealthyOf(budget: Pick<DisruptionBudget, 'minAvailable' | 'maxUnavailable'>, expectedPods: number): number {
  if (budget.maxUnavailable !== null) {
    return Math.max(0, expectedPods - scaledAmount(budget.maxUnavailable, expectedPods));
  }
  return budget.minAvailable === null ? 0 : scaledAmount(budget.minAvailable, expectedPods);
}

/** A number as it is; a percentage of `total`, rounded up. */
function scaledAmount(amount: number | string, total: number): number {
  return typeof amount === 'number' ? amount : Math.ceil((Number.parseInt(amount, 10) * total) / 100);
}

/** Whether the controller counts a budget's pods by the wanted replicas of their controllers instead of one by one. */
export function countsByScale(budget: Pick<DisruptionBudget, 'minAvailable' | 'maxUnavailable'>): boolean {
  return budget.maxUnavailable !== null || typeof budget.minAvailable === 'string';
}
