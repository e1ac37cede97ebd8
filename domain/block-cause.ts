import { countControllerPods, judgeBudgetHealth, namesText } from './budget-health.ts';
import type { BudgetHealth, ControllerPodCounts } from './budget-health.ts';
import type { AdmissionWebhook, ClusterSnapshot, DisruptionBudget, Node, Pod } from './cluster-snapshot.ts';
import { budgetsOfPod, fullName, indexBudgets, matchesSelector } from './disruption-budget.ts';
import type { BudgetIndex } from './disruption-budget.ts';
import { isDrained } from './drain-forecast.ts';
import { deadEvictionWebhooks, isFinished, judgeEviction } from './eviction.ts';
import { formatUtc } from './local-time.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { BlockCause } from './unit-progress.ts';
import { controllerOf, controllerText, indexWorkloads, ownerNamedBy } from './workload.ts';
import type { WorkloadIndex } from './workload.ts';

/** What is known of a cluster whose nodes drain. */
type DrainView = Pick<
  ClusterSnapshot,
  'pods' | 'disruptionBudgets' | 'workloads' | 'namespaces' | 'admissionWebhooks'
>;

/** What the API server answered to a dry-run eviction of a pod. */
export interface KnownEvictionAnswer {
  readonly status: number;
  /** Cause text or message; empty for 201. */
  readonly message: string;
}

/** A cordoned node that does not empty. */
interface BlockedNodeQuestion {
  readonly node: Pick<Node, 'name' | 'isReady'>;
  /** Pods of the node. */
  readonly pods: readonly Pod[];
  /** The whole cluster's: budgets count pods elsewhere too. */
  readonly objects: DrainView;
  /** Pod uid → what a dry run answered; a pod without an entry is judged by the rules instead. */
  readonly answers: ReadonlyMap<string, KnownEvictionAnswer>;
  readonly now: Instant;
}

/** A pod is late once its grace has been over for this long: the kubelet and the lists need a moment. */
const lateAfterMs = MINUTE_MS;

interface Judging extends BlockedNodeQuestion {
  readonly budgets: BudgetIndex;
  readonly workloads: WorkloadIndex;
  readonly counts: ControllerPodCounts;
  readonly deadWebhooks: readonly AdmissionWebhook[];
}

/**
 * Why a draining node keeps its pods: one cause per workload and class, refusals before pods that are already leaving.
 *
 * Pods whose eviction would be accepted now are no cause. Classes: `PDB_STRUCTURAL`, `PDB_TRANSIENT`, `PDB_MULTIPLE`,
 * `EVICTION_WEBHOOK_UNREACHABLE`, `FINALIZER`, `UNKNOWN`, `GRACE_RUNNING`.
 */
export function judgeBlockedNode(question: BlockedNodeQuestion): readonly BlockCause[] {
  const workloads = indexWorkloads(question.objects.workloads);
  const judging: Judging = {
    ...question,
    workloads,
    budgets: indexBudgets(question.objects.disruptionBudgets),
    counts: countControllerPods(question.objects.pods, workloads),
    deadWebhooks: deadEvictionWebhooks(question.objects.admissionWebhooks, question.objects.pods),
  };
  const causes = question.pods
    .filter((pod) => isDrained(pod) && !isFinished(pod))
    .map((pod) => judgePod(judging, pod))
    .filter((cause) => cause !== null);
  return mergeAlike(causes).sort((one, other) => classRank(one.class) - classRank(other.class) || (one.pod < other.pod ? -1 : 1));
}

const classOrder = ['PDB_STRUCTURAL', 'PDB_MULTIPLE', 'PDB_TRANSIENT', 'EVICTION_WEBHOOK_UNREACHABLE', 'FINALIZER', 'UNKNOWN', 'GRACE_RUNNING'];

function classRank(name: string): number {
  return classOrder.indexOf(name);
}

/** Ten pods of one workload behind one budget are one thing to clear. */
function mergeAlike(causes: readonly BlockCause[]): BlockCause[] {
  const groups = Map.groupBy(causes, (cause) => [cause.class, cause.workload ?? cause.pod, ...cause.budgets].join(' '));
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = [...group].sort((one, other) => (one.pod < other.pod ? -1 : 1));
    if (first === undefined) return [];
    if (others.length === 0) return [first];
    return [{ ...first, evidence: `${first.evidence} The same holds ${namesText(others.map(({ pod }) => pod))} on this node.` }];
  });
}

function judgePod(judging: Judging, pod: Pod): BlockCause | null {
  if (pod.deletionTimestamp !== null) return judgeLeaving(judging, pod, pod.deletionTimestamp);
  const budgets = budgetsOfPod(judging.budgets, pod);
  const known = judging.answers.get(pod.uid);
  const answer = known === undefined || isOverload(known) ? forecastAnswer(judging, pod, budgets) : known;
  if (answer.status === 201) return null;
  if (answer.status === 429) return judgeRefusal(judging, pod, budgets, answer.message);
  if (answer.status === 500 && answer.message.includes('more than one PodDisruptionBudget')) {
    return cause(judging, pod, budgets, {
      class: 'PDB_MULTIPLE',
      evidence: `Budgets ${budgets.map(fullName).join(' and ')} both select it, and the API server answers such an eviction with 500.`,
      remedy: `Keep one of ${budgets.map(({ name }) => name).join(', ')}: delete the others, or narrow their selectors.`,
    });
  }
  if (answer.message.includes('failed calling webhook')) {
    return cause(judging, pod, [], {
      class: 'EVICTION_WEBHOOK_UNREACHABLE',
      evidence: `The API server could not ask an admission webhook: ${answer.message}`,
      remedy: 'Bring the backend of the webhook back, or let its owner take the webhook away.',
    });
  }
  return cause(judging, pod, budgets, {
    class: 'UNKNOWN',
    evidence: `The API server answers its eviction with ${answer.status}: ${answer.message}`,
    remedy: 'Read the answer: something other than a disruption budget refuses the eviction.',
  });
}

/** A 429 of the API server's own load protection says nothing about the pod. */
function isOverload(answer: KnownEvictionAnswer): boolean {
  return answer.status === 429 && /too many requests, please try again later/i.test(answer.message);
}

function forecastAnswer(judging: Judging, pod: Pod, budgets: readonly DisruptionBudget[]): KnownEvictionAnswer {
  const { objects, deadWebhooks } = judging;
  const namespace = objects.namespaces.find(({ name }) => name === pod.namespace) ?? null;
  const { status, message, cause: text } = judgeEviction({ pod, budgets, namespace, deadWebhooks });
  return { status, message: text === '' ? message : text };
}

function judgeRefusal(judging: Judging, pod: Pod, budgets: readonly DisruptionBudget[], answer: string): BlockCause {
  const [budget] = budgets;
  if (budget === undefined) {
    return cause(judging, pod, [], {
      class: 'UNKNOWN',
      evidence: `The API server refuses its eviction (${answer}), and no budget that we see selects it.`,
      remedy: 'Look for a budget or an admission policy made a moment ago.',
    });
  }
  const health = healthOf(judging, budget);
  return cause(judging, pod, budgets, {
    class: health.kind === 'structural' ? 'PDB_STRUCTURAL' : 'PDB_TRANSIENT',
    evidence: `${fullName(budget)}: ${health.arithmetic}`,
    remedy: health.remedy,
  });
}

function healthOf(judging: Judging, budget: DisruptionBudget): BudgetHealth {
  const pods = judging.objects.pods.filter(
    (pod) => pod.namespace === budget.namespace && matchesSelector(budget.selector, pod.labels),
  );
  return judgeBudgetHealth(budget, pods, judging.workloads, judging.counts);
}

function judgeLeaving(judging: Judging, pod: Pod, deletedAt: Instant): BlockCause {
  const { now, node } = judging;
  if (now - deletedAt < lateAfterMs) {
    return cause(judging, pod, [], {
      class: 'GRACE_RUNNING',
      evidence: `It is ending and has until ${formatUtc(deletedAt)} (grace ${pod.graceSeconds} s).`,
      remedy: 'Nothing: it leaves by itself.',
    });
  }
  if (pod.finalizers.length > 0) {
    return cause(judging, pod, [], {
      class: 'FINALIZER',
      evidence: `It should have ended at ${formatUtc(deletedAt)}; finalizer ${pod.finalizers.join(', ')} keeps it.`,
      remedy: `The controller that owns ${pod.finalizers.join(', ')} must take it off.`,
    });
  }
  const suspect = node.isReady ? 'its containers do not end' : `node ${node.name} is not Ready`;
  return cause(judging, pod, [], {
    class: 'UNKNOWN',
    evidence: `It should have ended at ${formatUtc(deletedAt)}; ${suspect}.`,
    remedy: node.isReady ? `Look at the kubelet of ${node.name}.` : `Repair or delete node ${node.name}.`,
  });
}

function cause(
  judging: Judging,
  pod: Pod,
  budgets: readonly DisruptionBudget[],
  told: Pick<BlockCause, 'class' | 'evidence' | 'remedy'>,
): BlockCause {
  const controller = controllerOf(pod, judging.workloads);
  const namespace = judging.objects.namespaces.find(({ name }) => name === pod.namespace);
  return {
    class: told.class,
    node: judging.node.name,
    pod: fullName(pod),
    budgets: budgets.map(fullName),
    owner: ownerNamedBy([controller?.workload, ...budgets, pod, namespace]),
    workload: controller === null ? null : controllerText(controller),
    evidence: told.evidence,
    remedy: told.remedy,
  };
}
