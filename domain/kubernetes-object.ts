import type {
  AdmissionWebhook,
  ClusterSnapshot,
  DisruptionBudget,
  Namespace,
  Node,
  Pod,
  Workload,
} from './cluster-snapshot.ts';
import { collectFaults, isRecord, listAt, recordAt, textAt } from './json.ts';
import type { FaultList, JsonRecord } from './json.ts';
import { readDisruptionBudget } from './kubernetes-budget.ts';
import { readNode } from './kubernetes-node.ts';
import { readPod } from './kubernetes-pod.ts';
import { growFacts, readWorkloadFact } from './kubernetes-workload-facts.ts';
import type { GrowingFacts } from './kubernetes-workload-facts.ts';
import { readNamespace, readWebhooks, readWorkload } from './kubernetes-workload.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';

/** What is read of Kubernetes, without what could not be read. */
export type KubernetesParts = Pick<
  ClusterSnapshot,
  'nodes' | 'pods' | 'disruptionBudgets' | 'workloads' | 'namespaces' | 'admissionWebhooks' | 'workloadFacts'
>;

const workloadKinds: ReadonlySet<string> = new Set([
  'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'ReplicationController',
]);

const FAULTS_MAX = 50;

/** Takes Kubernetes objects in portions, so that the documents of a large cluster need not all be held at once. */
export interface KubernetesReader {
  /** Reads some more; a fault is kept and told by `finish`. */
  add(items: readonly unknown[]): void;
  /** Everything read, or every `unreadable-field`, at most 50, each with its path. */
  finish(): Result<KubernetesParts, Fault>;
}

/** Begins to read Kubernetes objects as the API server or kubectl print them, each with its `kind`. */
export function beginKubernetesReading(): KubernetesReader {
  const faults = collectFaults('the Kubernetes objects', 'Read the objects again with kubectl get … -A -o json.');
  const parts = {
    nodes: new Array<Node>(),
    pods: new Array<Pod>(),
    disruptionBudgets: new Array<DisruptionBudget>(),
    workloads: new Array<Workload>(),
    namespaces: new Array<Namespace>(),
    admissionWebhooks: new Array<AdmissionWebhook>(),
    workloadFacts: growFacts(),
  };
  let count = 0;
  return {
    add(items) {
      for (let index = 0; index < items.length && faults.faults.length < FAULTS_MAX; index += 1) {
        const item = items[index];
        if (!isRecord(item)) faults.add(`items[${count + index}]`, 'a Kubernetes object');
        else readItem(item, pathOf(item, count + index), parts, faults);
      }
      count += items.length;
    },
    finish: () => (faults.faults.length > 0 ? refuse(faults.faults) : succeed(parts)),
  };
}

/**
 * Reads Kubernetes objects as the API server or kubectl print them, each with its `kind`.
 *
 * Kinds no rule needs are left out. Linear and without copies of what it keeps, since a large cluster has 150 000 pods.
 * Errors: every `unreadable-field`, at most 50, each with its path.
 */
export function readKubernetesItems(items: readonly unknown[]): Result<KubernetesParts, Fault> {
  const reader = beginKubernetesReading();
  reader.add(items);
  return reader.finish();
}

/** An object's own name finds it in whatever file it came from; its place in the list only serves when it has none. */
function pathOf(item: JsonRecord, index: number): string {
  const metadata = recordAt(item, 'metadata');
  const name = textAt(metadata, 'name');
  if (name === null) return `items[${index}]`;
  const namespace = textAt(metadata, 'namespace');
  return `${textAt(item, 'kind') ?? 'object'} ${namespace === null ? '' : `${namespace}/`}${name}`;
}

interface GrowingParts {
  readonly nodes: Node[];
  readonly pods: Pod[];
  readonly disruptionBudgets: DisruptionBudget[];
  readonly workloads: Workload[];
  readonly namespaces: Namespace[];
  readonly admissionWebhooks: AdmissionWebhook[];
  readonly workloadFacts: GrowingFacts;
}

function readItem(item: JsonRecord, path: string, parts: GrowingParts, faults: FaultList): void {
  const kind = textAt(item, 'kind');
  if (kind === 'Pod') parts.pods.push(readPod(item, path, faults));
  else if (kind === 'Node') parts.nodes.push(readNode(item, path, faults));
  else if (kind === 'PodDisruptionBudget') parts.disruptionBudgets.push(readDisruptionBudget(item, path, faults));
  else if (kind === 'Namespace') parts.namespaces.push(readNamespace(item, path, faults));
  else if (kind === 'ValidatingWebhookConfiguration') {
    parts.admissionWebhooks.push(...readWebhooks(item, 'validating', path, faults));
  } else if (kind === 'MutatingWebhookConfiguration') {
    parts.admissionWebhooks.push(...readWebhooks(item, 'mutating', path, faults));
  } else if (kind === null) faults.add(`${path}.kind`, 'a text such as Pod');
  else {
    if (workloadKinds.has(kind)) parts.workloads.push(readWorkload(item, kind, path, faults));
    readWorkloadFact(item, kind, path, parts.workloadFacts, faults);
  }
}

/**
 * The objects of a Kubernetes document: a `List` of kubectl, a typed list of the API server such as `PodList`, whose items
 * carry no kind and version of their own and get them here, lists put into a list, or one object alone.
 *
 * Errors: `not-a-kubernetes-list`.
 */
export function readListItems(document: unknown, source: string): Result<readonly unknown[], Fault> {
  if (isListed(document)) return succeed(itemsOf(document));
  if (isRecord(document) && textAt(document, 'apiVersion') !== null && textAt(document, 'metadata', 'name') !== null) return succeed([document]);
  return refuse([
    {
      code: 'not-a-kubernetes-list',
      where: source,
      message: `${source} is not a Kubernetes list: it needs a kind that ends in List, and items.`,
      remedy: 'Write it with kubectl get … -A -o json.',
    },
  ]);
}

function isListed(document: unknown): document is JsonRecord {
  if (!isRecord(document) || textAt(document, 'kind')?.endsWith('List') !== true) return false;
  return Array.isArray(document['items']) || document['items'] === null;
}

function itemsOf(list: JsonRecord): readonly unknown[] {
  const items = listAt(list, 'items');
  const itemKind = (textAt(list, 'kind') ?? '').slice(0, -'List'.length);
  if (itemKind !== '') {
    const apiVersion = textAt(list, 'apiVersion');
    const own = apiVersion === null ? { kind: itemKind } : { apiVersion, kind: itemKind };
    return items.map((item) => (isRecord(item) && item['kind'] === undefined ? { ...item, ...own } : item));
  }
  return items.some(isListed) ? items.flatMap((item) => (isListed(item) ? itemsOf(item) : [item])) : items;
}
