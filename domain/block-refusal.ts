import type { BudgetHealth } from './budget-health.ts';
import { judgeIntent } from './budget-intent.ts';
import { causeOf } from './block-view.ts';
import type { Judging } from './block-view.ts';
import { judgeUnplaced } from './block-arrival.ts';
import { judgeStuckDisk } from './block-disk.ts';
import type { DisruptionBudget, Node, Pod } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { formatUtc } from './local-time.ts';
import type { NodeFailure } from './node-failure.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { BlockCause, RuledOut } from './unit-progress.ts';

/** How long a database operator has to move the lead away from a cordoned node; its own documents speak of seconds to minutes. */
const SWITCHOVER_MINUTES = 5;
/** How long AKS's eviction autoscaler has to add a replica. */
const SURGE_REPLICA_MINUTES = 10;

/** One refused eviction. */
export interface Refusal {
  readonly pod: Pod;
  readonly node: Node;
  readonly budgets: readonly DisruptionBudget[];
  readonly message: string;
  /** When the first eviction of this pod was refused, as far as events and earlier looks tell. */
  readonly since: Instant;
  /** `dry-run`: nothing drains, and no drain was refused it before. */
  readonly by: 'drain' | 'dry-run';
}

/** Why a budget refuses an eviction now: what it was written to do, who keeps it so, or what spent it first. Null: a helper keeps it so, and nothing drains. */
export function judgeRefusal(judging: Judging, failures: ReadonlyMap<string, NodeFailure>, refusal: Refusal): BlockCause | null {
  const { pod, node, budgets, message, since } = refusal;
  const [budget] = budgets;
  if (budget === undefined) {
    return causeOf(judging, pod, node.name, {
      class: 'UNKNOWN',
      since,
      evidence: `The API server refuses its eviction (${message}), and no budget that we see selects it.`,
      remedy: 'Look for a budget or an admission policy made a moment ago.',
      ruledOut: [{ what: 'an admission webhook', answer: 'no: the refusal is a budget\'s' }],
    });
  }
  const { health } = judging.healthOf(budget);
  const about = `${fullName(budget)}: ${health.arithmetic}`;
  const ruledOut = othersRuledOut(failures, refusal);
  const tell = (told: Omit<Parameters<typeof causeOf>[3], 'since' | 'budgets' | 'ruledOut'>): BlockCause =>
    causeOf(judging, pod, node.name, { since, budgets, ruledOut, ...told });
  const managed = judgeManaged(judging, budget, refusal, about);
  if (managed !== null) return refusal.by === 'drain' ? tell(managed) : null;
  if (health.kind === 'structural') return tell({ class: 'PDB_STRUCTURAL', evidence: about, remedy: health.remedy });
  return judgeSpent(judging, failures, { refusal, budget, health, about }) ?? tell({ class: 'PDB_TRANSIENT', evidence: about, remedy: health.remedy });
}

/** A helper answers for the pod, so the refusal is how it works; each has its time, after which it is late. */
function judgeManaged(
  judging: Judging,
  budget: DisruptionBudget,
  { pod, node, since, budgets }: Refusal,
  about: string,
): Pick<BlockCause, 'class' | 'evidence' | 'remedy' | 'waitsUntil'> & { readonly class: 'EVICTION_DELEGATED' | 'PDB_OPERATOR_MANAGED' | 'PDB_SURGEABLE' } | null {
  const delegate = judging.delegateOf({ pod, budgets });
  if (delegate !== null) {
    return {
      class: 'EVICTION_DELEGATED',
      waitsUntil: since + delegatedMs(pod),
      evidence: `${delegate.helper} moves it by itself; its budget is zero on purpose. ${about}`,
      remedy: `Nothing while it moves; if it does not, look at ${delegate.helper} and its operator.`,
    };
  }
  const placed = judging.healthOf(budget).pods.flatMap((one) => {
    const on = judging.nodesByName.get(one.nodeName);
    return on === undefined ? [] : [{ pod: one, node: on }];
  });
  const intent = judgeIntent({ snapshot: judging.objects, workloads: judging.workloadIndex }, budget, placed);
  if (intent.kind === 'operator-managed' && intent.standbys.length > 0) {
    return {
      class: 'PDB_OPERATOR_MANAGED',
      waitsUntil: since + SWITCHOVER_MINUTES * MINUTE_MS,
      evidence: `${fullName(budget)} guards the pod that leads; ${intent.operator} moves the lead to a standby (${intent.standbys.map(({ name, nodeName }) => `${name} on ${nodeName}`).join(', ')}).`,
      remedy: `Nothing for some minutes; if the lead stays on ${node.name}, look at ${intent.operator} or let it switch over.`,
    };
  }
  if (intent.kind === 'surgeable') {
    return {
      class: 'PDB_SURGEABLE',
      waitsUntil: since + SURGE_REPLICA_MINUTES * MINUTE_MS,
      evidence: `AKS's eviction autoscaler adds a replica and then lets it go. ${about}`,
      remedy: 'Nothing for some minutes; if no replica is added, look at the eviction autoscaler.',
    };
  }
  return null;
}

/** Until a helper is late with a pod: twice the time the pod needs to end and start. Unit: milliseconds. */
export function delegatedMs(pod: Pod): number {
  return 2 * ((pod.startSeconds ?? 30) + pod.graceSeconds) * 1_000;
}

interface Spent {
  readonly refusal: Refusal;
  readonly budget: DisruptionBudget;
  readonly health: BudgetHealth;
  readonly about: string;
}

/**
 * What spent a budget that would allow an eviction at full health, when that began before the refusal did: a new node that
 * does not serve, a disk that does not let go, a place that is missing. Null: its own pods did.
 */
function judgeSpent(judging: Judging, failures: ReadonlyMap<string, NodeFailure>, { refusal, budget, health, about }: Spent): BlockCause | null {
  const { pod, node, budgets, since } = refusal;
  for (const waiting of health.unreadyPods) {
    const failure = guiltyNode(failures, waiting);
    // The order decides: a node that failed only after the refusal did not spend the budget.
    if (failure === null || failure.since > since) continue;
    return causeOf(judging, pod, node.name, {
      class: 'PDB_SYMPTOM',
      guiltyNode: failure.node.name,
      since: failure.since,
      waitsUntil: failure.waitsUntil,
      budgets,
      evidence: `${failure.what} So ${fullName(waiting)} is not Ready, and ${fullName(budget)} has refused to let ${pod.name} leave ${node.name} since ${formatUtc(since)}.`,
      remedy: `Find out why ${failure.node.name} does not serve: its image, its network, its agents. The budget is right.`,
      ruledOut: [{ what: 'the budget itself', answer: `no: it would allow ${health.allowedAtBest} if its pods were Ready` }, { what: 'the order', answer: `the node failed at ${formatUtc(failure.since)}, the refusal began at ${formatUtc(since)}` }],
    });
  }
  for (const waiting of health.unreadyPods) {
    const root = judgeStuckDisk(judging, waiting) ?? (waiting.createdAt <= since ? judgeUnplaced(judging, waiting) : null);
    if (root !== null && root.since <= since) return { ...root, budgets: budgets.map(fullName), evidence: `${root.evidence} Until then ${about}` };
  }
  return null;
}

/** The failed node a pod waits on: its own, or, for one that found no place, any. */
function guiltyNode(failures: ReadonlyMap<string, NodeFailure>, pod: Pod): NodeFailure | null {
  if (pod.nodeName !== '') return failures.get(pod.nodeName) ?? null;
  const unready = [...failures.values()].filter(({ node }) => !node.isReady).sort((one, other) => one.since - other.since);
  return unready[0] ?? null;
}

function othersRuledOut(failures: ReadonlyMap<string, NodeFailure>, { since, budgets, message, pod }: Refusal): readonly RuledOut[] {
  const [failure] = [...failures.values()].sort((one, other) => one.since - other.since);
  const isWebhook = message.includes('webhook');
  return [
    { what: 'a new node that fails', answer: failure === undefined ? 'no: every new node serves' : failure.since > since ? `no: ${failure.node.name} fails since ${formatUtc(failure.since)}, after the refusal` : `${failure.node.name} fails, but its budget does not wait for a pod there` },
    { what: 'an admission webhook', answer: isWebhook ? 'it answers too' : 'no: the refusal is the budget\'s' },
    { what: 'a second budget', answer: budgets.length > 1 ? budgets.map(fullName).join(', ') : 'no' },
    { what: 'its termination grace', answer: pod.deletionTimestamp === null ? 'no: it is not ending' : 'it is ending' },
  ];
}
