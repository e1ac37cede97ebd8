import { countControllerPods, judgeBudgetHealth } from './budget-health.ts';
import type { BudgetHealth } from './budget-health.ts';
import type { BlockClass } from './block-class.ts';
import type { AdmissionWebhook, ClusterSnapshot, DisruptionBudget, Node, Pod } from './cluster-snapshot.ts';
import { fullName, indexBudgets, matchesSelector } from './disruption-budget.ts';
import type { BudgetIndex } from './disruption-budget.ts';
import { findDelegates } from './eviction-delegate.ts';
import type { EvictionDelegate } from './eviction-delegate.ts';
import { deadEvictionWebhooks } from './eviction.ts';
import type { KubernetesEvent } from './kubernetes-event.ts';
import type { Instant } from './time.ts';
import type { BlockCause, RuledOut, SeenSignal } from './unit-progress.ts';
import type { UnitVersion } from './upgrade-plan.ts';
import type { VolumeAttachment } from './volume-attachment.ts';
import { controllerOf, controllerText, indexWorkloads, ownerNamedBy } from './workload.ts';
import type { WorkloadIndex } from './workload.ts';

/** What the API server answered to a dry-run eviction of a pod. */
export interface KnownEvictionAnswer {
  readonly status: number;
  /** Cause text or message; empty for 201. */
  readonly message: string;
}

/** What one look at a pool's roll knows, with the order in which things began. */
export interface BlockView {
  readonly now: Instant;
  /** When the attempt began: younger nodes and pods are its own doing. Null before it began: then only what drains is judged. */
  readonly startedAt: Instant | null;
  /** `stopped`: Azure's operation ended, so nothing drains and nobody moves anything now. */
  readonly phase: 'rolling' | 'stopped';
  readonly pool: string;
  readonly target: UnitVersion;
  readonly drainTimeoutMinutes: number;
  /** Nodes whose pods must leave: cordoned ones of the pool, or every old one after the operation stopped. */
  readonly draining: readonly Node[];
  /** The whole cluster's: budgets count pods elsewhere too. */
  readonly objects: Pick<ClusterSnapshot, 'nodes' | 'pods' | 'disruptionBudgets' | 'workloads' | 'namespaces' | 'admissionWebhooks' | 'workloadFacts'>;
  /** Pod uid → what a dry run answered; a pod without an entry is judged by the rules instead. */
  readonly answers: ReadonlyMap<string, KnownEvictionAnswer>;
  /** Of AKS's upgrader and of the pods in trouble; hints, never the truth. */
  readonly events: readonly KubernetesEvent[];
  /** Null: not read, because no disk is suspected or the right is missing. */
  readonly attachments: readonly VolumeAttachment[] | null;
  /** What earlier looks of the attempt saw, with when it began. */
  readonly seen: readonly SeenSignal[];
}

/** Signals kept from look to look; history holds them at every look. */
const SIGNALS_KEPT = 40;
const SIGNAL_CHARACTERS = 160;

/** What earlier looks saw: tells since when, and notes what is seen now. */
interface Recall {
  /** When `key` began: what was remembered, or `hint` (the moment an object or event tells), or now; whichever is first. Noted. */
  since(key: string, hint?: Instant | null): Instant;
  /** When `key` was first seen; null when no look saw it. Not noted. */
  knows(key: string): Instant | null;
  /** What is to be remembered: what was noted now, and refusals of pods that are still there; at most {@link SIGNALS_KEPT}, the oldest first. */
  notes(livePods: ReadonlySet<string>): readonly SeenSignal[];
}

function createRecall(seen: readonly SeenSignal[], now: Instant): Recall {
  const earlier = new Map(seen.map(({ key, since }) => [key, since]));
  const noted = new Map<string, Instant>();
  return {
    since(name, hint = null) {
      const key = name.slice(0, SIGNAL_CHARACTERS);
      const since = Math.min(noted.get(key) ?? now, earlier.get(key) ?? now, hint ?? now);
      noted.set(key, since);
      return since;
    },
    knows: (name) => earlier.get(name.slice(0, SIGNAL_CHARACTERS)) ?? null,
    notes: (livePods) => {
      const kept = seen.filter(({ key }) => !noted.has(key) && isRefusalOf(key, livePods));
      return [...[...noted].map(([key, since]) => ({ key, since })), ...kept].sort((one, other) => one.since - other.since).slice(0, SIGNALS_KEPT);
    },
  };
}

/** A refusal is remembered as long as its pod is there: between two looks Azure may give its node up and take it again. */
function isRefusalOf(key: string, livePods: ReadonlySet<string>): boolean {
  return key.startsWith(REFUSED) && livePods.has(key.slice(REFUSED.length));
}

/** Key of a refusal in what looks remember, before the pod's uid. */
export const REFUSED = 'refused ';
/** Key of a webhook's denial, before workload, uid and name of the pod. */
export const DENIED = 'denied ';
/** Key of a helper that has moved a pod, before its workload. */
export const MOVED = 'moved ';
/** Key of a pod that waits for a node of its disk's zone, before its uid and the reason. */
export const AWAY = 'away ';
/** Whether a signal outlives looks that see no drain. */
export function isKeptBetweenDrains({ key }: SeenSignal): boolean {
  return [REFUSED, DENIED, MOVED, AWAY].some((start) => key.startsWith(start));
}

/** A budget with the pods it selects and what it could allow. */
interface GuardedBudget {
  readonly pods: readonly Pod[];
  readonly health: BudgetHealth;
}

/** A view with what every rule needs of it, derived once. */
export interface Judging extends BlockView {
  readonly budgets: BudgetIndex;
  readonly workloadIndex: WorkloadIndex;
  readonly deadWebhooks: readonly AdmissionWebhook[];
  readonly nodesByName: ReadonlyMap<string, Node>;
  /** What a budget guards and could allow; judged once, however many of its pods are refused. */
  readonly healthOf: (budget: DisruptionBudget) => GuardedBudget;
  readonly recall: Recall;
  readonly delegateOf: (subject: { readonly pod: Pod; readonly budgets: readonly DisruptionBudget[] }) => EvictionDelegate | null;
}

/** Derives what the rules share. */
export function beginJudging(view: BlockView): Judging {
  const { objects } = view;
  const workloadIndex = indexWorkloads(objects.workloads);
  const counts = countControllerPods(objects.pods, workloadIndex);
  const podsByNamespace = Map.groupBy(objects.pods, ({ namespace }) => namespace);
  const known = new Map<DisruptionBudget, GuardedBudget>();
  const healthOf = (budget: DisruptionBudget): GuardedBudget => {
    const pods = known.get(budget)?.pods ?? (podsByNamespace.get(budget.namespace) ?? []).filter((pod) => matchesSelector(budget.selector, pod.labels));
    const judged = known.get(budget) ?? { pods, health: judgeBudgetHealth(budget, pods, workloadIndex, counts) };
    known.set(budget, judged);
    return judged;
  };
  return {
    ...view,
    workloadIndex,
    budgets: indexBudgets(objects.disruptionBudgets),
    healthOf,
    deadWebhooks: deadEvictionWebhooks(objects.admissionWebhooks, objects.pods),
    nodesByName: new Map(objects.nodes.map((node) => [node.name, node])),
    recall: createRecall(view.seen, view.now),
    delegateOf: findDelegates({ snapshot: objects }),
  };
}

/** What a rule says of one pod; the rest of a cause is the same for all rules. */
export interface ToldCause {
  readonly class: BlockClass;
  readonly evidence: string;
  readonly remedy: string;
  readonly since: Instant;
  readonly waitsUntil?: Instant | null;
  readonly budgets?: readonly DisruptionBudget[];
  readonly webhook?: string | null;
  readonly disk?: string | null;
  readonly guiltyNode?: string | null;
  readonly ruledOut?: readonly RuledOut[];
}

/** A cause about a pod, with its workload and owner. */
export function causeOf(judging: Judging, pod: Pod, node: string, told: ToldCause): BlockCause {
  const { budgets = [] } = told;
  const controller = controllerOf(pod, judging.workloadIndex);
  const namespace = judging.objects.namespaces.find(({ name }) => name === pod.namespace);
  return {
    class: told.class,
    node,
    pod: fullName(pod),
    budgets: budgets.map(fullName),
    webhook: told.webhook ?? null,
    disk: told.disk ?? null,
    guiltyNode: told.guiltyNode ?? null,
    owner: ownerNamedBy([controller?.workload, ...budgets, pod, namespace]),
    workload: controller === null ? null : controllerText(controller),
    since: told.since,
    waitsUntil: told.waitsUntil ?? null,
    evidence: told.evidence,
    remedy: told.remedy,
    ruledOut: told.ruledOut ?? [],
  };
}

/** Events about one object, oldest first. */
export function eventsAbout(view: BlockView, kind: 'Pod' | 'Node', name: string): readonly KubernetesEvent[] {
  return view.events.filter((event) => event.involvedKind === kind && event.involvedName === name);
}
