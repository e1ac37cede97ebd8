import { recordAt, textAt, textMapAt, valueAt, without } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { ClusterCore } from './cluster-core.ts';
import type { ResourcePath, ServedKind } from './kubernetes-kinds.ts';
import type { StoredRecord } from './kubernetes-objects.ts';
import { renderRecord } from './kubernetes-render.ts';
import { badRequest, notFound, notSimulated, objectAnswer } from './kubernetes-status.ts';
import type { KubernetesStore } from './kubernetes-store.ts';
import { parseSelectorText } from './label-selector.ts';
import { liveEvents } from './upgrade-events.ts';
import { renderAttachments } from './volume-attachment.ts';
import type { WireRequest, WireResponse } from './wire.ts';

type Entry = { readonly key: string; readonly object: JsonRecord };

/** The last list of each kind with the version it was made at; a page after page walk sorts once. */
const sortedLists = new WeakMap<KubernetesStore, Map<string, { readonly version: number; readonly entries: readonly Entry[] }>>();

/** GET of an object, or LIST with `limit`/`continue`, label and field selectors. `watch` is refused. */
export function answerRead(core: ClusterCore, target: ResourcePath, request: WireRequest): WireResponse {
  if (request.query['watch'] === 'true' || request.query['watch'] === '1') return notSimulated('watch');
  if (target.name === null) return answerList(core, target, request);
  const object = findObject(core, target);
  if (object === null) return notFound(target.served.plural, target.name);
  if (target.subresource === 'scale') return objectAnswer(200, renderScale(object));
  if (target.subresource !== null && target.subresource !== 'status') return notSimulated(`GET of ${target.subresource}`);
  // Asked for metadata alone, the API server gives nothing else.
  if (/as=PartialObjectMetadata/.test(request.headers['accept'] ?? '')) {
    return objectAnswer(200, { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: recordAt(object, 'metadata') });
  }
  return objectAnswer(200, { ...typeOf(target.served), ...object });
}

/** `kind` and `apiVersion` of a served kind. */
export function typeOf(served: ServedKind): JsonRecord {
  return { kind: served.kind, apiVersion: served.prefix.replace(/^\/apis?\//, '') };
}

/** The `Scale` of a workload. */
export function renderScale(object: JsonRecord): JsonRecord {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = recordAt(object, 'metadata');
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: valueAt(object, 'spec', 'replicas') ?? 0 },
    status: { replicas: valueAt(object, 'status', 'replicas') ?? 0 },
  };
}

function answerList(core: ClusterCore, target: ResourcePath, { query }: WireRequest): WireResponse {
  const { store } = core;
  const selects = parseSelectorText(query['labelSelector'] ?? '');
  if (selects === null) return badRequest(`unable to parse requirement: ${query['labelSelector'] ?? ''}`);
  const fields = parseFieldSelector(query['fieldSelector'] ?? '');
  if (typeof fields === 'string') return badRequest(fields);
  const token = query['continue'] ?? '';
  const startKey = token === '' ? null : readContinueToken(token);
  if (token !== '' && startKey === null) return badRequest('continue key is not valid: encoding error');
  const isWhole = target.namespace === null && query['labelSelector'] === undefined && (query['fieldSelector'] ?? '') === '';
  const isWanted = ({ key, object }: Entry): boolean =>
    (target.namespace === null || key.startsWith(`${target.namespace}/`)) &&
    (query['labelSelector'] === undefined || selects(textMapAt(object, 'metadata', 'labels'))) &&
    fields(object);
  const all = listEntries(core, target.served);
  const matching = isWhole ? all : all.filter(isWanted);
  const from = startKey === null ? 0 : firstAfter(matching, startKey);
  const limit = Number(query['limit'] ?? 0);
  const page = limit > 0 ? matching.slice(from, from + limit) : matching.slice(from);
  const last = page.at(-1);
  const leftCount = matching.length - from - page.length;
  const more = leftCount > 0 && last !== undefined ? { continue: `${store.version}:${encodeURIComponent(last.key)}`, remainingItemCount: leftCount } : {};
  const { kind, apiVersion } = typeOf(target.served);
  return objectAnswer(200, {
    kind: `${String(kind)}List`,
    apiVersion,
    metadata: { resourceVersion: String(store.version), ...more },
    items: page.map(({ object }) => asItem(object)),
  });
}

/** Place of the first entry behind `key`; the count of entries when there is none. Entries are sorted. */
function firstAfter(entries: readonly Entry[], key: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.key ?? '') > key) high = middle;
    else low = middle + 1;
  }
  return low;
}

const items = new WeakMap<JsonRecord, JsonRecord>();

/** The object as a list holds it; the same one for the same object, which nobody changes in place. */
function asItem(object: JsonRecord): JsonRecord {
  const known = items.get(object);
  if (known !== undefined) return known;
  const item = without(object, 'kind', 'apiVersion');
  items.set(object, item);
  return item;
}

/** The one object a path names; null when it is not there. */
function findObject(core: ClusterCore, target: ResourcePath): JsonRecord | null {
  const { store } = core;
  const key = target.served.isNamespaced ? `${target.namespace ?? 'default'}/${target.name ?? ''}` : `/${target.name ?? ''}`;
  const record = findRecord(store, target);
  if (record !== null) return renderRecord(store, record);
  return listEntries(core, target.served).find((entry) => entry.key === key)?.object ?? null;
}

/** The stored record a path names; null for kinds that only rest, or when it is not there. */
export function findRecord(store: KubernetesStore, { served, namespace, name }: ResourcePath): StoredRecord | null {
  const key = `${namespace ?? 'default'}/${name ?? ''}`;
  if (served.kind === 'Node') return store.nodes.get(name ?? '') ?? null;
  if (served.kind === 'Pod') return store.pods.get(key) ?? null;
  if (served.kind === 'PodDisruptionBudget') return store.budgets.get(key) ?? null;
  for (const workload of store.workloads.values()) {
    if (workload.kind === served.kind && workload.name === name && workload.namespace === (namespace ?? 'default')) return workload;
  }
  return null;
}

function listEntries(core: ClusterCore, served: ServedKind): readonly Entry[] {
  const { store } = core;
  const lists = sortedLists.get(store) ?? new Map();
  sortedLists.set(store, lists);
  // Events also leave by age, and disks by their own time, which no version tells.
  const known = served.kind === 'Event' || served.kind === 'VolumeAttachment' ? undefined : lists.get(served.kind);
  if (known !== undefined && known.version === store.version) return known.entries;
  const entries = objectsOf(core, served.kind)
    .map((object) => ({ key: `${textAt(object, 'metadata', 'namespace') ?? ''}/${textAt(object, 'metadata', 'name') ?? ''}`, object }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  lists.set(served.kind, { version: store.version, entries });
  return entries;
}

function objectsOf({ store, timeline }: ClusterCore, kind: string): readonly JsonRecord[] {
  if (kind === 'Event') return liveEvents(store, timeline.now());
  if (kind === 'VolumeAttachment') return renderAttachments(store);
  const render = (records: Iterable<StoredRecord>): readonly JsonRecord[] => [...records].map((record) => renderRecord(store, record));
  if (kind === 'Node') return render(store.nodes.values());
  if (kind === 'Pod') return render(store.pods.values());
  if (kind === 'PodDisruptionBudget') return render(store.budgets.values());
  const workloads = [...store.workloads.values()].filter((workload) => workload.kind === kind);
  return workloads.length > 0 ? render(workloads) : store.resting.filter((item) => textAt(item, 'kind') === kind);
}

const FIELD_PATHS: Readonly<Record<string, readonly string[]>> = {
  'metadata.name': ['metadata', 'name'],
  'metadata.namespace': ['metadata', 'namespace'],
  'spec.nodeName': ['spec', 'nodeName'],
  'spec.unschedulable': ['spec', 'unschedulable'],
  'status.phase': ['status', 'phase'],
  'involvedObject.kind': ['involvedObject', 'kind'],
  'involvedObject.name': ['involvedObject', 'name'],
  'involvedObject.namespace': ['involvedObject', 'namespace'],
  'involvedObject.uid': ['involvedObject', 'uid'],
  reason: ['reason'],
  type: ['type'],
  source: ['source', 'component'],
  reportingComponent: ['reportingComponent'],
};

/** Every term must hold (a comma is "and"); a text is the API server's complaint. */
function parseFieldSelector(text: string): ((object: JsonRecord) => boolean) | string {
  const terms: ((object: JsonRecord) => boolean)[] = [];
  for (const part of text.split(',').filter((raw) => raw !== '')) {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
    if (match === null) return `invalid selector: '${text}'; can't understand '${part}'`;
    const [, field = '', sign, wanted = ''] = match;
    const path = FIELD_PATHS[field];
    if (path === undefined) return `field label not supported: ${field}`;
    terms.push((object) => (String(valueAt(object, ...path) ?? '') === wanted) === (sign !== '!='));
  }
  return (object) => terms.every((term) => term(object));
}

function readContinueToken(token: string): string | null {
  const match = /^\d+:(.+)$/.exec(token);
  return match === null ? null : decodeURIComponent(match[1] ?? '');
}
