import type { OwnerReference } from './cluster-snapshot.ts';
import { isTrueAt, recordAt, recordsAt, requireText, textAt, textMapAt, textsAt, timeAt } from './json.ts';
import type { FaultList, JsonRecord } from './json.ts';
import type { Instant } from './time.ts';

/** `metadata` of a Kubernetes object as far as the readers need it. */
interface ObjectMetadata {
  /** Empty for what lives in no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** 0 when the object carries none. */
  readonly createdAt: Instant;
  readonly deletionTimestamp: Instant | null;
  readonly finalizers: readonly string[];
  readonly owner: OwnerReference | null;
}

const ANNOTATION_CHARACTERS_MAX = 1_024;

/** Reads `metadata`; a missing name (or namespace where one is needed) is a fault. */
export function readMetadata(
  item: JsonRecord,
  scope: 'namespaced' | 'cluster',
  path: string,
  faults: FaultList,
): ObjectMetadata {
  const metadata = recordAt(item, 'metadata');
  const generation = metadata['generation'];
  return {
    namespace: scope === 'namespaced' ? requireText(metadata, 'namespace', `${path}.metadata`, faults) : '',
    name: requireText(metadata, 'name', `${path}.metadata`, faults),
    uid: textAt(metadata, 'uid') ?? '',
    generation: typeof generation === 'number' ? generation : 0,
    labels: textMapAt(metadata, 'labels'),
    annotations: shortAnnotations(textMapAt(metadata, 'annotations')),
    createdAt: readTimestamp(metadata, 'creationTimestamp', `${path}.metadata`, faults) ?? 0,
    deletionTimestamp: readTimestamp(metadata, 'deletionTimestamp', `${path}.metadata`, faults),
    finalizers: textsAt(metadata, 'finalizers'),
    owner: controllerOf(metadata),
  };
}

/** The timestamp at `key`; null when it is absent, a fault when it is no RFC 3339 timestamp. */
export function readTimestamp(record: JsonRecord, key: string, path: string, faults: FaultList): Instant | null {
  const value = record[key];
  if (value === undefined || value === null) return null;
  const moment = timeAt(record, key);
  if (moment === null) faults.add(`${path}.${key}`, 'an RFC 3339 timestamp');
  return moment;
}

/** Long annotations (a whole manifest as last applied) are dropped: no rule reads them, and they are most of the bytes. */
function shortAnnotations(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const key in annotations) {
    if ((annotations[key]?.length ?? 0) > ANNOTATION_CHARACTERS_MAX) {
      return Object.fromEntries(Object.entries(annotations).filter(([, text]) => text.length <= ANNOTATION_CHARACTERS_MAX));
    }
  }
  return annotations;
}

function controllerOf(metadata: JsonRecord): OwnerReference | null {
  for (const reference of recordsAt(metadata, 'ownerReferences')) {
    if (!isTrueAt(reference, 'controller')) continue;
    return {
      kind: textAt(reference, 'kind') ?? '',
      name: textAt(reference, 'name') ?? '',
      uid: textAt(reference, 'uid') ?? '',
    };
  }
  return null;
}
