import { SECOND_MS } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import { surgeForEviction } from './eviction-autoscaler.ts';
import type { BudgetRecord, PodRecord } from './kubernetes-objects.ts';
import { budgetsOf, keyOf, markChanged } from './kubernetes-store.ts';
import type { KubernetesStore } from './kubernetes-store.ts';
import { terminatePod } from './pod-lifecycle.ts';
import { timeoutText, webhookTimingOut } from './tunnel-outage.ts';

/** An admission webhook that answers evictions in the simulation. */
export interface EvictionWebhook {
  /** Null: every namespace. */
  readonly namespace: string | null;
  readonly status: 403 | 422 | 500;
  readonly message: string;
  /** A helper that refuses these pods and moves them by itself; absent: the webhook only refuses. */
  readonly helper?: EvictionHelper;
}

/** Refuses evictions of one workload's pods and deletes them itself a while later, as drain cleaners do. */
export interface EvictionHelper {
  /** Name of its webhook configuration. */
  readonly name: string;
  /** Beginning of the names of the pods it answers for. */
  readonly pods: string;
  /** From the first refusal to the move; null: it never moves one. Unit: seconds. */
  readonly moveAfterSeconds: number | null;
}

/**
 * What the Eviction API answers for one pod now.
 *
 * `refused` is 429; `retryAfterSeconds` is 10 while the budget has not been observed. `several-budgets` is 500,
 * `denied` a webhook's answer, `namespace-terminating` 403.
 */
export type EvictionAnswer =
  | { readonly kind: 'accepted'; readonly spends: BudgetRecord | null }
  | { readonly kind: 'refused'; readonly budget: BudgetRecord; readonly message: string; readonly retryAfterSeconds: number | null }
  | { readonly kind: 'several-budgets'; readonly budgets: readonly BudgetRecord[] }
  | { readonly kind: 'denied'; readonly webhook: EvictionWebhook }
  | { readonly kind: 'namespace-terminating' };

/** Decides an eviction as kube-apiserver 1.36 does: namespace, admission, phase, number of budgets, readiness, allowance. */
export function decideEviction(store: KubernetesStore, pod: PodRecord, webhooks: readonly EvictionWebhook[]): EvictionAnswer {
  if (store.terminatingNamespaces.has(pod.namespace)) return { kind: 'namespace-terminating' };
  const webhook = webhooks.find((one) => (one.namespace === null || one.namespace === pod.namespace) && (one.helper === undefined || pod.name.startsWith(one.helper.pods)));
  if (webhook !== undefined) return { kind: 'denied', webhook };
  const timingOut = webhookTimingOut(store, 'eviction');
  if (timingOut !== null) return { kind: 'denied', webhook: { namespace: null, status: 500, message: timeoutText(timingOut) } };
  if (pod.phase === 'Pending' || pod.phase === 'Succeeded' || pod.phase === 'Failed' || pod.deletionAt !== null) {
    return { kind: 'accepted', spends: null };
  }
  const budgets = budgetsOf(store, pod);
  const [budget] = budgets;
  if (budget === undefined) return { kind: 'accepted', spends: null };
  if (budgets.length > 1) return { kind: 'several-budgets', budgets };
  return !pod.isReady && mayEvictUnready(budget) ? { kind: 'accepted', spends: null } : askBudget(budget);
}

/** Evicts the pod when the API allows it: the budget is spent at once, the pod terminates within its grace. */
export function evictPod(
  core: ClusterCore,
  pod: PodRecord,
  options: { readonly webhooks: readonly EvictionWebhook[]; readonly graceSeconds: number | null; readonly by: string },
): EvictionAnswer {
  const answer = decideEviction(core.store, pod, options.webhooks);
  if (answer.kind === 'denied' && answer.webhook.helper !== undefined) askHelper(core, pod, answer.webhook.helper);
  if (answer.kind === 'refused') surgeForEviction(core, pod, answer.budget);
  if (answer.kind !== 'accepted') return answer;
  if (answer.spends !== null) {
    answer.spends.status.disruptionsAllowed -= 1;
    answer.spends.status.disruptedPods.set(pod.name, core.timeline.now());
    markChanged(core.store, answer.spends);
  }
  if (pod.deletionAt === null) {
    core.timeline.tell('pod.evicted', `${keyOf(pod)} leaves ${pod.nodeName ?? 'no node'}`, {
      namespace: pod.namespace,
      pod: pod.name,
      node: pod.nodeName,
      by: options.by,
    });
  }
  terminatePod(core, pod, options.graceSeconds);
  return answer;
}

const asked = new WeakSet<PodRecord>();

/** The helper has heard that the pod is to go, and moves it once. */
function askHelper(core: ClusterCore, pod: PodRecord, { name, moveAfterSeconds }: EvictionHelper): void {
  if (asked.has(pod) || moveAfterSeconds === null) return;
  asked.add(pod);
  core.timeline.after(moveAfterSeconds * SECOND_MS, () => {
    if (core.store.pods.get(keyOf(pod)) !== pod) return;
    core.timeline.tell('pod.moved', `${keyOf(pod)} is moved by ${name}`, { namespace: pod.namespace, pod: pod.name, by: name });
    terminatePod(core, pod, null);
  });
}

/** The cause text of a refusal, word for word as the API server gives it. */
function askBudget(budget: BudgetRecord): EvictionAnswer {
  const { status, name } = budget;
  if ((status.observedGeneration ?? 0) < budget.generation) {
    const message = `The disruption budget ${name} is still being processed by the server.`;
    return { kind: 'refused', budget, message, retryAfterSeconds: 10 };
  }
  if (status.disruptionsAllowed > 0) return { kind: 'accepted', spends: budget };
  const refused = (message: string): EvictionAnswer => ({ kind: 'refused', budget, message, retryAfterSeconds: null });
  if (status.condition?.reason === 'SyncFailed') {
    return refused(`The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${status.condition.message}`);
  }
  if (status.currentHealthy <= status.desiredHealthy) {
    return refused(`The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`);
  }
  return refused(`The disruption budget ${name} does not allow evicting pods currently`);
}

function mayEvictUnready(budget: BudgetRecord): boolean {
  if (budget.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy, desiredHealthy } = budget.status;
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}
