import type { JsonRecord } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import type { HindranceRecord } from './pod-hindrance.ts';
import type { BudgetRecord, NodeRecord, OwnerRecord, PodRecord, StoredRecord, WorkloadRecord } from './kubernetes-objects.ts';

/** A Kubernetes event; repeats raise its count. */
export interface EventRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  readonly involved: { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly firstSeen: Instant;
  lastSeen: Instant;
  count: number;
  version: number;
}

/** A disk attached to a node. */
export interface AttachmentRecord {
  readonly volume: string;
  readonly node: string;
  readonly since: Instant;
  /** Null while a pod on the node uses it. */
  detachAskedAt: Instant | null;
}

/** Told after a pod, node, budget or workload changed; `gone` when it left the store. */
interface StoreListener {
  podChanged?(pod: PodRecord, change: 'changed' | 'gone'): void;
  nodeChanged?(node: NodeRecord): void;
  budgetChanged?(budget: BudgetRecord): void;
  workloadChanged?(workload: WorkloadRecord): void;
}

/** Everything the simulated API server keeps. Keys of namespaced objects are `namespace/name`. Change it through this file. */
export interface KubernetesStore {
  readonly nodes: Map<string, NodeRecord>;
  readonly pods: Map<string, PodRecord>;
  readonly budgets: Map<string, BudgetRecord>;
  /** By uid. */
  readonly workloads: Map<string, WorkloadRecord>;
  /** Objects that only rest here, as given: namespaces, autoscalers, webhooks, events of the snapshot and others. */
  readonly resting: JsonRecord[];
  /** By reason, involved object and message, so that repeats are counted. */
  readonly events: Map<string, EventRecord>;
  readonly podsByNamespace: Map<string, Set<PodRecord>>;
  readonly budgetsByNamespace: Map<string, Set<BudgetRecord>>;
  readonly workloadsByOwner: Map<string, WorkloadRecord[]>;
  /** Pods with required anti-affinity, by namespace: only they can keep others off a node. */
  readonly guardedPods: Map<string, Set<PodRecord>>;
  /** Every node, in the order they came; replaced when one comes or goes. */
  nodeList: readonly NodeRecord[];
  readonly terminatingNamespaces: Set<string>;
  readonly listeners: StoreListener[];
  /** Operators of databases do nothing. */
  areOperatorsAway: boolean;
  /** What is fixed from outside about pods to come. */
  readonly hindrances: HindranceRecord[];
  /** PersistentVolume → where it is attached. */
  readonly attachments: Map<string, AttachmentRecord>;
  /** The newest resource version given. */
  version: number;
}

/** Makes an empty store whose resource versions go on from `firstVersion`. */
export function createKubernetesStore(firstVersion: number): KubernetesStore {
  return {
    nodes: new Map(),
    pods: new Map(),
    budgets: new Map(),
    workloads: new Map(),
    resting: [],
    events: new Map(),
    podsByNamespace: new Map(),
    budgetsByNamespace: new Map(),
    workloadsByOwner: new Map(),
    guardedPods: new Map(),
    nodeList: [],
    terminatingNamespaces: new Set(),
    listeners: [],
    areOperatorsAway: false,
    hindrances: [],
    attachments: new Map(),
    version: firstVersion,
  };
}

/** `namespace/name`. */
export function keyOf(object: { readonly namespace: string; readonly name: string }): string {
  return `${object.namespace}/${object.name}`;
}

/** Pods of a namespace. */
export function podsIn(store: KubernetesStore, namespace: string): ReadonlySet<PodRecord> {
  return store.podsByNamespace.get(namespace) ?? new Set();
}

/** Budgets of the pod's namespace that select it. */
export function budgetsOf(store: KubernetesStore, pod: PodRecord): readonly BudgetRecord[] {
  const found: BudgetRecord[] = [];
  for (const budget of store.budgetsByNamespace.get(pod.namespace) ?? []) if (budget.pods.has(pod)) found.push(budget);
  return found;
}

/** The controller behind an owner reference; null when there is none in the store. */
export function workloadOf(store: KubernetesStore, owner: OwnerRecord | null): WorkloadRecord | null {
  return owner === null ? null : (store.workloads.get(owner.uid) ?? null);
}

/** The workload of this kind and name; null when there is none. */
export function workloadNamed(
  store: KubernetesStore,
  wanted: { readonly kind: string; readonly namespace: string; readonly name: string },
): WorkloadRecord | null {
  const isWanted = (one: WorkloadRecord): boolean =>
    one.kind === wanted.kind && one.namespace === wanted.namespace && one.name === wanted.name;
  return [...store.workloads.values()].find(isWanted) ?? null;
}

/** The workload and those it owns in turn: a Deployment's ReplicaSets. */
export function familyOf(store: KubernetesStore, workload: WorkloadRecord): readonly WorkloadRecord[] {
  return [workload, ...(store.workloadsByOwner.get(workload.uid) ?? [])];
}

/** Puts a record into the store without a new version; owners before what they own. */
export function addRecord(store: KubernetesStore, record: StoredRecord): void {
  switch (record.kind) {
    case 'Node':
      store.nodes.set(record.name, record);
      store.nodeList = [...store.nodes.values()];
      return;
    case 'Pod':
      store.pods.set(keyOf(record), record);
      memberSet(store.podsByNamespace, record.namespace).add(record);
      workloadOf(store, record.owner)?.pods.add(record);
      for (const budget of store.budgetsByNamespace.get(record.namespace) ?? []) if (budget.selects(record.labels)) budget.pods.add(record);
      if (record.placement.antiAffinity.length > 0) memberSet(store.guardedPods, record.namespace).add(record);
      joinNode(store, record);
      return;
    case 'PodDisruptionBudget':
      store.budgets.set(keyOf(record), record);
      memberSet(store.budgetsByNamespace, record.namespace).add(record);
      reselectPods(store, record);
      return;
    default:
      store.workloads.set(record.uid, record);
      if (record.owner === null) return;
      store.workloadsByOwner.set(record.owner.uid, [...(store.workloadsByOwner.get(record.owner.uid) ?? []), record]);
  }
}

/** Finds the pods of a budget whose selector is new. */
export function reselectPods(store: KubernetesStore, budget: BudgetRecord): void {
  budget.pods.clear();
  for (const pod of podsIn(store, budget.namespace)) if (budget.selects(pod.labels)) budget.pods.add(pod);
}

/** Finds the budgets of a pod whose labels are new. */
export function reselectBudgets(store: KubernetesStore, pod: PodRecord): void {
  for (const budget of store.budgetsByNamespace.get(pod.namespace) ?? []) {
    if (budget.selects(pod.labels)) budget.pods.add(pod);
    else budget.pods.delete(pod);
  }
}

/** Gives the record a new resource version and tells the listeners. */
export function markChanged(store: KubernetesStore, record: StoredRecord): void {
  record.version = nextVersion(store);
  for (const listener of store.listeners) {
    if (record.kind === 'Node') listener.nodeChanged?.(record);
    else if (record.kind === 'Pod') listener.podChanged?.(record, 'changed');
    else if (record.kind === 'PodDisruptionBudget') listener.budgetChanged?.(record);
    else listener.workloadChanged?.(record);
  }
}

/** Binds a pod to a node. */
export function bindPod(store: KubernetesStore, pod: PodRecord, node: NodeRecord): void {
  pod.nodeName = node.name;
  joinNode(store, pod);
  markChanged(store, pod);
}

/** Takes a pod out of the store and tells the listeners. */
export function removePod(store: KubernetesStore, pod: PodRecord): void {
  store.pods.delete(keyOf(pod));
  store.podsByNamespace.get(pod.namespace)?.delete(pod);
  workloadOf(store, pod.owner)?.pods.delete(pod);
  leaveNode(store, pod);
  store.guardedPods.get(pod.namespace)?.delete(pod);
  pod.version = nextVersion(store);
  for (const listener of store.listeners) listener.podChanged?.(pod, 'gone');
  // Only now: the listeners look for the budgets the pod has left.
  for (const budget of store.budgetsByNamespace.get(pod.namespace) ?? []) budget.pods.delete(pod);
}

/** Takes a node out of the store; its pods must have left. */
export function removeNode(store: KubernetesStore, node: NodeRecord): void {
  store.nodes.delete(node.name);
  store.nodeList = [...store.nodes.values()];
  nextVersion(store);
}

/** Takes a budget out of the store. */
export function removeBudget(store: KubernetesStore, budget: BudgetRecord): void {
  store.budgets.delete(keyOf(budget));
  store.budgetsByNamespace.get(budget.namespace)?.delete(budget);
  nextVersion(store);
}

/** The next resource version. */
export function nextVersion(store: KubernetesStore): number {
  store.version += 1;
  return store.version;
}

function joinNode(store: KubernetesStore, pod: PodRecord): void {
  const node = pod.nodeName === null ? undefined : store.nodes.get(pod.nodeName);
  if (node === undefined || node.pods.has(pod)) return;
  node.pods.add(pod);
  node.used.cpu += pod.requests.cpu;
  node.used.memory += pod.requests.memory;
  node.used.pods += pod.requests.pods;
}

function leaveNode(store: KubernetesStore, pod: PodRecord): void {
  const node = pod.nodeName === null ? undefined : store.nodes.get(pod.nodeName);
  if (node === undefined || !node.pods.delete(pod)) return;
  node.used.cpu -= pod.requests.cpu;
  node.used.memory -= pod.requests.memory;
  node.used.pods -= pod.requests.pods;
}

function memberSet<T>(sets: Map<string, Set<T>>, key: string): Set<T> {
  const found = sets.get(key);
  if (found !== undefined) return found;
  const made = new Set<T>();
  sets.set(key, made);
  return made;
}
