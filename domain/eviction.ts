import type { AdmissionWebhook, DisruptionBudget, Namespace, Pod } from './cluster-snapshot.ts';
import { matchesSelector } from './disruption-budget.ts';

/** What must be known to say how the API server would answer an eviction. */
interface EvictionQuestion {
  readonly pod: Pod;
  /** Every budget that selects the pod. */
  readonly budgets: readonly DisruptionBudget[];
  /** The pod's namespace; null when it is not known, which counts as not terminating. */
  readonly namespace: Namespace | null;
  /** Fail-closed webhooks on evictions that are known to have no living backend. */
  readonly deadWebhooks: readonly AdmissionWebhook[];
}

/** The answer of the API server to an eviction. */
export interface EvictionVerdict {
  readonly status: 201 | 403 | 429 | 500;
  /** `message` of the Status; empty for 201. */
  readonly message: string;
  /** Message of the first cause in `details`, which names the budget and the numbers; empty when there is none. */
  readonly cause: string;
  /** `Retry-After`. Unit: seconds; null when the answer carries none. */
  readonly retryAfterSeconds: number | null;
  /** Which rule decided. */
  readonly rule:
    | 'allowed'
    | 'not-guarded'
    | 'unhealthy-allowed'
    | 'namespace-terminating'
    | 'webhook-unreachable'
    | 'more-than-one-budget'
    | 'not-observed'
    | 'sync-failed'
    | 'not-enough-healthy'
    | 'not-allowed'
    | 'corrupt-budget';
}

const allowed = { status: 201, message: '', cause: '', retryAfterSeconds: null } as const;
const violation = "Cannot evict pod as it would violate the pod's disruption budget.";
/** A budget with more unconfirmed evictions than this is refused by the API server. */
const DISRUPTED_PODS_MAX = 2_000;

/**
 * What the API server would answer to one eviction now, without asking it.
 *
 * Admission comes first, then the phase, then the budgets; a dry run differs only by admission that is not known here.
 * Measured against kube-apiserver 1.36.2; texts of older minors differ in places.
 *
 * @see Kubernetes docs, "API-initiated Eviction".
 */
export function judgeEviction(question: EvictionQuestion): EvictionVerdict {
  const { pod, budgets, namespace } = question;
  if (namespace !== null && namespace.isTerminating) return namespaceTerminating(pod);
  const [webhook] = question.deadWebhooks.filter((one) => actsOn(one, namespace));
  if (webhook !== undefined) return webhookUnreachable(webhook);
  if (!isGuarded(pod)) return { ...allowed, rule: 'not-guarded' };
  const [budget, second] = budgets;
  if (budget === undefined) return { ...allowed, rule: 'allowed' };
  if (second !== undefined) {
    return {
      status: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      cause: '',
      retryAfterSeconds: null,
      rule: 'more-than-one-budget',
    };
  }
  if (!pod.isReady && mayLeaveUnready(budget)) return { ...allowed, rule: 'unhealthy-allowed' };
  return judgeBudget(budget);
}

/**
 * Whether budgets guard the pod at all: a Pending, finished or terminating pod is evicted whatever its budget says.
 *
 * A crash-looping pod is Running and is guarded.
 */
function isGuarded(pod: Pick<Pod, 'phase' | 'deletionTimestamp'>): boolean {
  return pod.deletionTimestamp === null && pod.phase !== 'Pending' && !isFinished(pod);
}

/** Whether the pod has ended, well or not. */
export function isFinished(pod: Pick<Pod, 'phase'>): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/** Fail-closed webhooks on the creation of `pods/eviction` whose service has no Ready pod in its whole namespace. */
export function deadEvictionWebhooks(
  webhooks: readonly AdmissionWebhook[],
  pods: readonly Pod[],
): readonly AdmissionWebhook[] {
  const suspects = webhooks.filter(interceptsEvictions);
  if (suspects.length === 0) return [];
  const alive = new Set<string>();
  for (const pod of pods) if (pod.isReady && pod.phase === 'Running') alive.add(pod.namespace);
  return suspects.filter(({ service }) => service !== null && !alive.has(service.split('/', 1)[0] ?? ''));
}

function interceptsEvictions(webhook: AdmissionWebhook): boolean {
  return (
    webhook.failurePolicy === 'Fail' &&
    webhook.isUnconditional &&
    webhook.operations.some((operation) => operation === '*' || operation === 'CREATE') &&
    webhook.resources.some(matchesEvictionResource)
  );
}

function matchesEvictionResource(resource: string): boolean {
  const [group, name] = [resource.slice(0, resource.indexOf('/')), resource.slice(resource.indexOf('/') + 1)];
  // `*` covers no subresource; `*/*` and `pods/*` do.
  return (group === '' || group === '*') && ['pods/eviction', 'pods/*', '*/eviction', '*/*'].includes(name);
}

function actsOn(webhook: AdmissionWebhook, namespace: Namespace | null): boolean {
  const { matchLabels, matchExpressions } = webhook.namespaceSelector;
  const isForAll = Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
  return isForAll || (namespace !== null && matchesSelector(webhook.namespaceSelector, namespace.labels));
}

/** The rule for unready pods comes before the budget's generation is looked at, and so uses a stale status. */
function mayLeaveUnready(budget: DisruptionBudget): boolean {
  if (budget.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy, desiredHealthy } = budget.status;
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function judgeBudget(budget: DisruptionBudget): EvictionVerdict {
  const { name, status } = budget;
  if (status.observedGeneration < budget.generation) {
    const cause = `The disruption budget ${name} is still being processed by the server.`;
    return { status: 429, message: violation, cause, retryAfterSeconds: 10, rule: 'not-observed' };
  }
  if (status.disruptionsAllowed < 0) return corrupt(name, 'pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods).length > DISRUPTED_PODS_MAX) {
    return corrupt(name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (status.disruptionsAllowed > 0) return { ...allowed, rule: 'allowed' };
  const refusal = { status: 429, message: violation, retryAfterSeconds: null } as const;
  if (status.syncFailedMessage !== null) {
    const cause = `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${status.syncFailedMessage}`;
    return { ...refusal, cause, rule: 'sync-failed' };
  }
  const { currentHealthy, desiredHealthy } = status;
  if (currentHealthy > desiredHealthy) {
    return { ...refusal, cause: `The disruption budget ${name} does not allow evicting pods currently`, rule: 'not-allowed' };
  }
  const cause = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return { ...refusal, cause, rule: 'not-enough-healthy' };
}

function corrupt(name: string, why: string): EvictionVerdict {
  const message = `poddisruptionbudget.policy "${name}" is forbidden: ${why}`;
  return { status: 403, message, cause: '', retryAfterSeconds: null, rule: 'corrupt-budget' };
}

function namespaceTerminating(pod: Pod): EvictionVerdict {
  return {
    status: 403,
    message: `pods "${pod.name}" is forbidden: unable to create new content in namespace ${pod.namespace} because it is being terminated`,
    cause: `namespace ${pod.namespace} is being terminated`,
    retryAfterSeconds: null,
    rule: 'namespace-terminating',
  };
}

function webhookUnreachable(webhook: AdmissionWebhook): EvictionVerdict {
  const cause = `failed calling webhook "${webhook.name}"`;
  return {
    status: 500,
    message: `Internal error occurred: ${cause}`,
    cause,
    retryAfterSeconds: null,
    rule: 'webhook-unreachable',
  };
}
