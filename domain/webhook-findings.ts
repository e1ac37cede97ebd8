import { countText } from './budget-health.ts';
import type { AdmissionWebhook, NodePool } from './cluster-snapshot.ts';
import { fullName, matchesSelector } from './disruption-budget.ts';
import type { PodForecast } from './drain-forecast.ts';
import { amendWorkloads, ownerOfPods } from './drained-workload.ts';
import { findDelegates } from './eviction-delegate.ts';
import { isFinished } from './eviction.ts';
import { parallelNodeCount } from './node-pool.ts';
import type { Finding } from './preflight-report.ts';
import { nodeNames, podNames, poolNames, settingsOf } from './preflight-view.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';
import { placeOf } from './workload.ts';

/** Pods whose eviction a helper refuses and then carries out by itself. One finding per workload. */
export const checkDelegatedEvictions: PreflightCheck = (view) => {
  const delegateOf = findDelegates(view);
  const delegated = view.drained.flatMap((placed) => {
    const delegate = delegateOf(placed);
    return delegate === null ? [] : [{ placed, delegate }];
  });
  return [...Map.groupBy(delegated, ({ placed }) => placeOf(placed.pod, view.workloads))].map(([where, members]) => {
    const pods = members.map(({ placed }) => placed);
    const helper = members[0]?.delegate.helper ?? '';
    return {
      code: 'EVICTION_DELEGATED',
      where,
      severity: 'warn',
      pools: poolNames(pods),
      message: `${helper} refuses evictions of ${where} and moves the pods by itself: a refusal is no block while its pods leave the node.`,
      remedy: `Nothing, while ${helper} and its operator run; judge by where the pods are.`,
      owner: ownerOfPods(view, pods),
      evidence: { by: members[0]?.delegate.configuration ?? '', helper, pods: podNames(pods), nodes: nodeNames(pods) },
    };
  });
};

/**
 * Fail-closed webhooks on new pods whose own pods can all leave in one wave: then no pod can be made, theirs neither.
 *
 * A webhook that leaves its own namespace out, or has a budget that keeps a pod, is safe. One finding per configuration.
 */
export const checkWebhookSelfLock: PreflightCheck = (view) => {
  const guards = view.snapshot.admissionWebhooks.filter((webhook) => guardsPods(webhook) && webhook.isUnconditional && isUnderItself(webhook, view));
  if (guards.length === 0) return [];
  const keeping = budgetsThatKeepOne(view);
  const placedByUid = new Map(view.placed.map((placed) => [`${fullName(placed.pod)}`, placed]));
  return [...Map.groupBy(guards, ({ configuration, service }) => `${configuration} ${service ?? ''}`).values()].flatMap(([webhook]): readonly Finding[] => {
    if (webhook === undefined) return [];
    const backends = backendsOf(webhook, view);
    const placed = backends.flatMap(({ pod }) => placedByUid.get(fullName(pod)) ?? []);
    const [pool, second] = new Set(placed.map((one) => one.pool));
    // Pods that stay, or leave with another pool, keep the webhook answering.
    if (pool === undefined || second !== undefined || placed.length < backends.length) return [];
    if (placed.some(({ budgets }) => budgets.length === 1 && budgets.every((budget) => keeping.has(fullName(budget))))) return [];
    const together = parallelNodeCount(settingsOf(view, pool), pool.nodeCount);
    return nodeNames(placed).length > together ? [] : [selfLock(view, webhook, { pool, placed, together })];
  });
};

function selfLock(
  view: PreflightView,
  { configuration, name, service, namespaceSelector }: AdmissionWebhook,
  { pool, placed, together }: { readonly pool: NodePool; readonly placed: readonly PlacedPod[]; readonly together: number },
): Finding {
  const [namespace] = (service ?? '').split('/', 1);
  return {
    code: 'WEBHOOK_SELF_LOCK',
    where: configuration,
    severity: 'block',
    pools: [pool.name],
    message:
      `Webhook ${configuration} lets no pod be made while it does not answer, and its ${placed.length === 1 ? 'one pod' : `own ${countText(placed.length, 'pod')}`} (${service ?? ''}) can leave${placed.length === 1 ? '' : ' together'}: ` +
      `${pool.name} drains ${countText(together, 'node')} at once, no budget keeps one, and its own namespace is not exempt. Pod creation would then stop ${isEverywhere(namespaceSelector) ? 'in the whole cluster' : 'in every namespace it guards'}, that of its own pods included.`,
    remedy: `Give its pods a budget with maxUnavailable 1 and ${placed.length < 2 ? 'a second replica' : 'spread them over more nodes'}, and exempt namespace ${namespace} in its namespaceSelector.`,
    amendments: amendWorkloads(view, placed),
    owner: ownerOfPods(view, placed),
    evidence: { webhook: name, service, pods: podNames(placed), nodes: nodeNames(placed), nodesDrainedTogether: together },
  };
}

function isEverywhere({ matchLabels, matchExpressions }: AdmissionWebhook['namespaceSelector']): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

/** Fail-closed webhooks on new pods that look at more than the namespace, so that it cannot be told whether their own pods meet them. */
export function uncheckedWebhooks({ snapshot }: PreflightView): readonly string[] {
  return [...new Set(snapshot.admissionWebhooks.filter((webhook) => guardsPods(webhook) && !webhook.isUnconditional).map(({ configuration }) => configuration))];
}

function guardsPods({ failurePolicy, operations, resources, service }: AdmissionWebhook): boolean {
  return (
    failurePolicy === 'Fail' &&
    service !== null &&
    operations.some((operation) => operation === '*' || operation === 'CREATE') &&
    resources.some((resource) => ['/pods', '*/pods', '/*', '*/*', '/*/*', '*/*/*'].includes(resource))
  );
}

/** Whether the webhook acts on its own namespace; a namespace we do not see counts as meant. */
function isUnderItself({ service, namespaceSelector }: AdmissionWebhook, { snapshot }: PreflightView): boolean {
  const [own] = (service ?? '').split('/', 1);
  const namespace = snapshot.namespaces.find(({ name }) => name === own);
  return namespace === undefined || matchesSelector(namespaceSelector, namespace.labels);
}

/** The pods behind the webhook's service; where the service was not read, those of the workload of its name, else of its namespace. */
function backendsOf({ service }: AdmissionWebhook, { snapshot, forecasts, workloads }: PreflightView): readonly PodForecast[] {
  const [namespace = '', name = ''] = (service ?? '').split('/');
  const front = snapshot.workloadFacts.services.find((one) => one.namespace === namespace && one.name === name);
  const local = forecasts.filter(({ pod }) => pod.namespace === namespace && pod.deletionTimestamp === null && !isFinished(pod));
  if (front !== undefined && Object.keys(front.selector).length > 0) {
    const selector = { matchLabels: front.selector, matchExpressions: [] };
    return local.filter(({ pod }) => matchesSelector(selector, pod.labels));
  }
  const own = local.filter(({ pod }) => placeOf(pod, workloads) === `${namespace}/${name}`);
  return own.length > 0 ? own : local;
}

/** Full names of budgets under which at least one pod always stays. */
function budgetsThatKeepOne(view: PreflightView): ReadonlySet<string> {
  return new Set(view.judgedBudgets.flatMap(({ budget, health }) => (health.desiredHealthy > 0 || health.kind === 'structural' ? [fullName(budget)] : [])));
}
