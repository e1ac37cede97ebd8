import { isEqualJson, isRecord, listAt, numberAt, recordAt, textAt, textMapAt, textsAt, valueAt, without } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { ClusterCore } from './cluster-core.ts';
import { readBudgetSpec } from './disruption-budget-record.ts';
import type { ResourcePath } from './kubernetes-kinds.ts';
import type { BudgetRecord, NodeRecord, PodRecord, StoredRecord, WorkloadRecord } from './kubernetes-objects.ts';
import { applyPatch } from './kubernetes-patch.ts';
import { findRecord, renderScale, typeOf } from './kubernetes-read.ts';
import { renderRecord } from './kubernetes-render.ts';
import { badRequest, failureStatus, invalid, notFound, notSimulated, objectAnswer } from './kubernetes-status.ts';
import { keyOf, markChanged, removeBudget, reselectBudgets, reselectPods } from './kubernetes-store.ts';
import { DERIVED_TAINTS } from './kubernetes-load.ts';
import { readTaints } from './placement.ts';
import { finishPod, terminatePod } from './pod-lifecycle.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** PATCH or PUT of a node, pod, budget or workload: what a person's kubectl sends. Fields without effect here are refused with 501. */
export function answerChange(core: ClusterCore, target: ResourcePath, request: WireRequest, by: string): WireResponse {
  const record = findRecord(core.store, target);
  if (record === null) return notFound(target.served.plural, target.name ?? '');
  if (target.subresource === 'scale') return answerScale(core, record, request, by);
  if (target.subresource !== null) return notSimulated(`${request.method} of ${target.subresource}`);
  const before = { ...typeOf(target.served), ...renderRecord(core.store, record) };
  const wanted = request.method === 'PUT' ? readReplacement(request) : readPatched(before, request);
  if (!isDocument(wanted)) return wanted.response;
  const conflict = findConflict(before, wanted.document, target);
  if (conflict !== null) return conflict;
  const isDry = request.query['dryRun'] === 'All';
  const refusal = adopt(core, record, { before, after: wanted.document, by, isDry });
  if (refusal !== null) return refusal;
  return objectAnswer(200, isDry ? wanted.document : { ...typeOf(target.served), ...renderRecord(core.store, record) });
}

/** DELETE of a pod (budgets are not asked) or of a budget. */
export function answerDelete(core: ClusterCore, target: ResourcePath, request: WireRequest, by: string): WireResponse {
  const record = findRecord(core.store, target);
  if (record === null) return notFound(target.served.plural, target.name ?? '');
  const isDry = request.query['dryRun'] === 'All' || listAt(request.body, 'dryRun').includes('All');
  const object = { ...typeOf(target.served), ...renderRecord(core.store, record) };
  if (record.kind === 'Pod') {
    const seconds = numberAt(request.body, 'gracePeriodSeconds') ?? Number(request.query['gracePeriodSeconds'] ?? Number.NaN);
    if (!isDry) deletePod(core, record, { graceSeconds: Number.isNaN(seconds) ? null : seconds, by });
    return objectAnswer(200, object);
  }
  if (record.kind !== 'PodDisruptionBudget') return notSimulated(`DELETE of a ${record.kind}`);
  if (!isDry) deleteBudget(core, record, by);
  return objectAnswer(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: record.name, uid: record.uid } });
}

/** Deletes a pod by hand. */
export function deletePod(core: ClusterCore, pod: PodRecord, options: { readonly graceSeconds: number | null; readonly by: string }): void {
  core.timeline.tell('pod.deleted', `${keyOf(pod)} is deleted by ${options.by}`, { namespace: pod.namespace, pod: pod.name, by: options.by });
  terminatePod(core, pod, options.graceSeconds);
}

/** Deletes a budget. */
export function deleteBudget(core: ClusterCore, budget: BudgetRecord, by: string): void {
  removeBudget(core.store, budget);
  core.timeline.tell('budget.deleted', `${keyOf(budget)} is deleted by ${by}`, { namespace: budget.namespace, budget: budget.name, by });
}

/** Gives a budget a new spec: its generation rises, and until the controller has looked every eviction waits. */
export function changeBudget(core: ClusterCore, budget: BudgetRecord, spec: JsonRecord, by: string): void {
  budget.document = { ...budget.document, spec };
  Object.assign(budget, readBudgetSpec(budget.document));
  reselectPods(core.store, budget);
  budget.generation += 1;
  markChanged(core.store, budget);
  core.timeline.tell('budget.changed', `${keyOf(budget)} is changed by ${by}`, { namespace: budget.namespace, budget: budget.name, spec, by });
}

/** Scales a workload. */
export function scaleWorkload(core: ClusterCore, workload: WorkloadRecord, replicas: number, by: string): void {
  if (workload.replicas === replicas) return;
  workload.replicas = replicas;
  workload.generation += 1;
  markChanged(core.store, workload);
  const { kind, namespace, name } = workload;
  core.timeline.tell('workload.scaled', `${kind} ${namespace}/${name} is scaled to ${replicas} by ${by}`, { kind, namespace, name, replicas, by });
}

type Wanted = { readonly document: JsonRecord } | { readonly response: WireResponse };

function isDocument(wanted: Wanted): wanted is { readonly document: JsonRecord } {
  return 'document' in wanted;
}

function readReplacement({ body }: WireRequest): Wanted {
  return isRecord(body) ? { document: body } : { response: badRequest('the object provided is unrecognized') };
}

function readPatched(before: JsonRecord, request: WireRequest): Wanted {
  const result = applyPatch(before, request.body, request.headers['content-type'] ?? 'application/merge-patch+json');
  if (result.kind === 'patched') return { document: result.document };
  return { response: result.kind === 'failed' ? invalid(result.message) : notSimulated(result.message) };
}

function findConflict(before: JsonRecord, after: JsonRecord, { served, name }: ResourcePath): WireResponse | null {
  const wanted = textAt(after, 'metadata', 'resourceVersion');
  if (wanted === null || wanted === textAt(before, 'metadata', 'resourceVersion')) return null;
  const group = served.prefix.startsWith('/apis/') ? `.${served.prefix.split('/')[2] ?? ''}` : '';
  return failureStatus(409, {
    message: `Operation cannot be fulfilled on ${served.plural}${group} "${name ?? ''}": the object has been modified; please apply your changes to the latest version and try again`,
    reason: 'Conflict',
    details: { name: name ?? '', kind: served.plural },
  });
}

interface Adoption {
  readonly before: JsonRecord;
  readonly after: JsonRecord;
  readonly by: string;
  readonly isDry: boolean;
}

/** Takes over what the simulation keeps; a difference elsewhere is refused. Null: taken (or would be). */
function adopt(core: ClusterCore, record: StoredRecord, adoption: Adoption): WireResponse | null {
  const { before, after } = adoption;
  const kept = (document: JsonRecord): JsonRecord => ({
    ...without(document, 'metadata', 'spec', 'status', 'kind', 'apiVersion'),
    spec: without(recordAt(document, 'spec'), ...adoptedSpec(record)),
  });
  if (!isEqualJson(kept(before), kept(after))) return notSimulated(`this change of a ${record.kind}`);
  if (record.kind === 'PodDisruptionBudget' && valueAt(after, 'spec', 'minAvailable') !== undefined && valueAt(after, 'spec', 'maxUnavailable') !== undefined) {
    return invalid(`PodDisruptionBudget.policy "${record.name}" is invalid: spec: Invalid value: minAvailable and maxUnavailable cannot be both set`);
  }
  if (adoption.isDry) return null;
  const isLabelled = !isEqualJson(recordAt(before, 'metadata', 'labels'), recordAt(after, 'metadata', 'labels'));
  record.labels = textMapAt(after, 'metadata', 'labels');
  record.annotations = textMapAt(after, 'metadata', 'annotations');
  if (record.kind === 'Node') adoptNode(core, record, adoption, isLabelled ? 'labelled' : 'as-before');
  else if (record.kind === 'Pod') adoptPod(core, record, after);
  else if (record.kind === 'PodDisruptionBudget') adoptBudget(core, record, adoption);
  else adoptWorkload(core, record, adoption);
  return null;
}

function adoptedSpec(record: StoredRecord): readonly string[] {
  if (record.kind === 'Node') return ['unschedulable', 'taints'];
  if (record.kind === 'Pod') return [];
  return record.kind === 'PodDisruptionBudget' ? ['minAvailable', 'maxUnavailable', 'selector', 'unhealthyPodEvictionPolicy'] : ['replicas'];
}

function adoptNode(core: ClusterCore, node: NodeRecord, { after, by }: Adoption, labels: 'labelled' | 'as-before'): void {
  const wasCordoned = node.isUnschedulable;
  node.isUnschedulable = valueAt(after, 'spec', 'unschedulable') === true;
  if (wasCordoned !== node.isUnschedulable) node.cordonedAt = node.isUnschedulable ? core.timeline.now() : null;
  node.taints = readTaints(listAt(after, 'spec', 'taints')).filter((taint) => !DERIVED_TAINTS.includes(taint.key));
  markChanged(core.store, node);
  const tell = (kind: string, what: string): void => core.timeline.tell(kind, `${node.name} ${what} by ${by}`, { node: node.name, pool: node.pool, by });
  if (!wasCordoned && node.isUnschedulable) tell('node.cordoned', 'is cordoned');
  if (wasCordoned && !node.isUnschedulable) tell('node.uncordoned', 'is made schedulable');
  if (labels === 'labelled') tell('node.labelled', 'gets other labels');
}

function adoptPod(core: ClusterCore, pod: PodRecord, after: JsonRecord): void {
  reselectBudgets(core.store, pod);
  pod.finalizers = textsAt(after, 'metadata', 'finalizers');
  markChanged(core.store, pod);
  if (pod.deletionAt !== null && pod.deletionAt <= core.timeline.now()) finishPod(core, pod);
}

function adoptBudget(core: ClusterCore, budget: BudgetRecord, { before, after, by }: Adoption): void {
  if (isEqualJson(before['spec'], after['spec'])) markChanged(core.store, budget);
  else changeBudget(core, budget, recordAt(after, 'spec'), by);
}

function adoptWorkload(core: ClusterCore, workload: WorkloadRecord, { after, by }: Adoption): void {
  const replicas = numberAt(after, 'spec', 'replicas');
  if (replicas === null || replicas === workload.replicas) markChanged(core.store, workload);
  else scaleWorkload(core, workload, replicas, by);
}

function answerScale(core: ClusterCore, record: StoredRecord, request: WireRequest, by: string): WireResponse {
  if (record.kind === 'Node' || record.kind === 'Pod' || record.kind === 'PodDisruptionBudget') return notFound('scale', record.name);
  const before = renderScale(renderRecord(core.store, record));
  const wanted = request.method === 'PUT' ? readReplacement(request) : readPatched(before, request);
  if (!isDocument(wanted)) return wanted.response;
  const replicas = numberAt(wanted.document, 'spec', 'replicas');
  if (replicas === null || !isRecord(wanted.document['spec'])) return invalid('spec.replicas: Required value');
  if (request.query['dryRun'] !== 'All') scaleWorkload(core, record, replicas, by);
  return objectAnswer(200, renderScale(renderRecord(core.store, record)));
}
