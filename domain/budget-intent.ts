import type { ClusterSnapshot, DisruptionBudget, Node, Pod } from './cluster-snapshot.ts';
import { controllerOf } from './workload.ts';
import type { WorkloadIndex } from './workload.ts';

/** What is asked of a cluster to tell who keeps a budget at zero. */
interface IntentView {
  readonly snapshot: Pick<ClusterSnapshot, 'pods' | 'nodes' | 'namespaces'>;
  readonly workloads: WorkloadIndex;
}

/** A pod the budget selects, with its node. */
type GuardedPod = { readonly pod: Pod; readonly node: Node };

/** Why a budget allows nothing: somebody wrote it so, or a helper keeps it at zero and moves the pods itself. */
export type BudgetIntent =
  | { readonly kind: 'written' }
  | OperatorManaged
  /** AKS's eviction autoscaler adds a replica while a cordoned node drains. */
  | { readonly kind: 'surgeable' };

/** A database operator guards the pod that leads, and moves the lead away from a cordoned node. */
export interface OperatorManaged {
  readonly kind: 'operator-managed';
  readonly operator: string;
  /** Pods of other roles of the same cluster. */
  readonly others: readonly Pod[];
  /** Of those, Ready ones on other nodes that take pods. */
  readonly standbys: readonly Pod[];
}

const written: BudgetIntent = { kind: 'written' };

/** Labels by which database operators tell the leading pod, the values that mean it, and the operator. */
const leaderLabels: readonly { readonly key: string; readonly leads: readonly string[]; readonly operator: string }[] = [
  { key: 'cnpg.io/instanceRole', leads: ['primary'], operator: 'CloudNativePG' },
  { key: 'spilo-role', leads: ['master', 'primary'], operator: 'Zalando postgres-operator' },
  { key: 'postgres-operator.crunchydata.com/role', leads: ['master', 'primary'], operator: 'Crunchy postgres-operator' },
];

/**
 * Why a budget that never allows an eviction may be no mistake.
 *
 * Facts: CloudNativePG docs, "Kubernetes Upgrade and Maintenance" (label `cnpg.io/instanceRole`); Zalando
 * postgres-operator docs (`spilo-role`); Azure/eviction-autoscaler README (annotation `ownedBy: EvictionAutoScaler`,
 * `createdBy` in older releases; Deployments only; namespaces opt out by `eviction-autoscaler.azure.com/enable`).
 */
export function judgeIntent(view: IntentView, budget: DisruptionBudget, placed: readonly GuardedPod[]): BudgetIntent {
  if (isSurgeable(view, budget, placed)) return { kind: 'surgeable' };
  const labels = budget.selector?.matchLabels ?? {};
  const role = leaderLabels.find(({ key, leads }) => leads.includes(labels[key] ?? ''));
  if (role === undefined) return written;
  const cluster = Object.entries(labels).filter(([key]) => key !== role.key);
  const isOther = (pod: Pod): boolean =>
    pod.namespace === budget.namespace &&
    pod.deletionTimestamp === null &&
    pod.labels[role.key] !== undefined &&
    !role.leads.includes(pod.labels[role.key] ?? '') &&
    cluster.every(([key, value]) => pod.labels[key] === value);
  const others = view.snapshot.pods.filter(isOther);
  const leaders = new Set(placed.map(({ node }) => node.name));
  const open = new Set(view.snapshot.nodes.filter(takesPods).map(({ name }) => name));
  const standbys = others.filter((pod) => pod.isReady && open.has(pod.nodeName) && !leaders.has(pod.nodeName));
  return { kind: 'operator-managed', operator: role.operator, others, standbys };
}

function isSurgeable(view: IntentView, budget: DisruptionBudget, placed: readonly GuardedPod[]): boolean {
  const { annotations, labels } = budget;
  const isOwned =
    annotations['ownedBy'] === 'EvictionAutoScaler' ||
    annotations['createdBy'] === 'DeploymentToPDBController' ||
    labels['app.kubernetes.io/managed-by'] === 'eviction-autoscaler';
  if (!isOwned) return false;
  const namespace = view.snapshot.namespaces.find(({ name }) => name === budget.namespace);
  if (namespace?.annotations['eviction-autoscaler.azure.com/enable'] === 'false') return false;
  return placed.every(({ pod }) => controllerOf(pod, view.workloads)?.kind === 'Deployment');
}

/** Whether the scheduler puts new pods on a node. */
export function takesPods(node: Pick<Node, 'isReady' | 'isCordoned'>): boolean {
  return node.isReady && !node.isCordoned;
}
