import type { Amendment } from './preflight-report.ts';

/** One object written in a YAML file of a repository. */
export interface ManifestDocument {
  /** From the repository's root, with `/`. */
  readonly file: string;
  /** Where the object begins; lines count from 1. */
  readonly line: number;
  readonly kind: string;
  readonly name: string;
  /** Null when the file names none. */
  readonly namespace: string | null;
  readonly fields: readonly ManifestField[];
}

/** One field of an object, by the keys that lead to it. */
export interface ManifestField {
  readonly path: readonly string[];
  readonly line: number;
  /** Its value as written; null when it is no single value. */
  readonly text: string | null;
}

/** A kustomization: what it takes in, and how it renames that. */
export interface Kustomization {
  readonly file: string;
  readonly namespace: string | null;
  readonly namePrefix: string;
  readonly nameSuffix: string;
  /** Files and folders it takes in or patches with, from the repository's root; remote ones left out. */
  readonly resources: readonly string[];
}

/** Where a field stands, or would. */
export interface ManifestPlace {
  readonly file: string;
  readonly line: number;
  /** The field as written now; null when the object does not hold it. */
  readonly now: string | null;
  /** The file names no namespace, so only kind and name speak for it. */
  readonly isByNameAlone: boolean;
}

interface Identity {
  readonly document: ManifestDocument;
  readonly namespace: string | null;
  readonly name: string;
}

/** Finds the manifests of objects by kind, namespace and name. */
export type ManifestFinder = (amendment: Amendment) => readonly ManifestPlace[];

/**
 * Prepares the question for many objects. Kustomizations give what they take in their namespace, prefix and suffix; a file
 * that no namespace is known for is looked at only when no other defines the object.
 *
 * More than one place is answered when more than one file defines it: which of them is live cannot be told from here.
 */
export function indexManifests(documents: readonly ManifestDocument[], kustomizations: readonly Kustomization[]): ManifestFinder {
  const identities = Map.groupBy(identitiesOf(documents, kustomizations), ({ document, name }) => `${document.kind} ${name}`);
  return (amendment) => {
    const named = identities.get(`${amendment.kind} ${amendment.name}`) ?? [];
    const exact = named.filter(({ namespace }) => namespace === amendment.namespace);
    const known = exact.length > 0 ? exact : named.filter(({ namespace }) => namespace === null);
    const found = [...new Set(known.map(({ document }) => document))];
    const holding = found.filter(({ fields }) => fields.some((field) => isSamePath(field.path, amendment.field)));
    // A patch that leaves the field alone is not where it is set.
    return (holding.length > 0 ? holding : found).map((document) => placeIn(document, amendment, exact.length === 0));
  };
}

function placeIn({ file, line, fields }: ManifestDocument, { field }: Amendment, isByNameAlone: boolean): ManifestPlace {
  const own = fields.find(({ path }) => isSamePath(path, field));
  if (own !== undefined && field.length > 0) {
    const key = field.at(-1) ?? '';
    return { file, line: own.line, now: own.text === null ? key : `${key}: ${own.text}`, isByNameAlone };
  }
  for (let depth = field.length - 1; depth > 0; depth -= 1) {
    const parent = fields.find(({ path }) => isSamePath(path, field.slice(0, depth)));
    if (parent !== undefined) return { file, line: parent.line, now: null, isByNameAlone };
  }
  return { file, line, now: null, isByNameAlone };
}

function isSamePath(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}

/** Every name under which a document may reach the cluster. */
function identitiesOf(documents: readonly ManifestDocument[], kustomizations: readonly Kustomization[]): readonly Identity[] {
  const byFile = Map.groupBy(documents, ({ file }) => file);
  const byFolder = new Map(kustomizations.map((one) => [folderOf(one.file), one]));
  const inner = new Set(kustomizations.flatMap(({ resources }) => resources));
  // What another one takes in reaches the cluster through that one.
  const outermost = kustomizations.filter(({ file }) => !inner.has(folderOf(file)));
  const renamed = outermost.flatMap((one) => reachedBy(one, byFile, byFolder, new Set()));
  const taken = new Set(renamed.map(({ document }) => document));
  const own = documents.filter((document) => !taken.has(document));
  return [...renamed, ...own.map((document): Identity => ({ document, namespace: document.namespace, name: document.name }))];
}

/** What a kustomization makes of all it takes in; the outermost namespace wins. */
function reachedBy(
  one: Kustomization,
  byFile: ReadonlyMap<string, readonly ManifestDocument[]>,
  byFolder: ReadonlyMap<string, Kustomization>,
  passed: ReadonlySet<Kustomization>,
): readonly Identity[] {
  if (passed.has(one)) return [];
  const through = new Set([...passed, one]);
  const inner = one.resources.flatMap((resource): readonly Identity[] => {
    const next = byFolder.get(resource);
    if (next !== undefined) return reachedBy(next, byFile, byFolder, through);
    return (byFile.get(resource) ?? []).map((document) => ({ document, namespace: document.namespace, name: document.name }));
  });
  return inner.map(({ document, namespace, name }) => ({
    document,
    namespace: one.namespace ?? namespace,
    name: `${one.namePrefix}${name}${one.nameSuffix}`,
  }));
}

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
}
