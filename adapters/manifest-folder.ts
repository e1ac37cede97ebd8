import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, YAMLMap } from 'yaml';
import { codeOwnersPlaces, parseCodeOwners } from '../domain/code-owners.ts';
import type { CodeOwnersRule } from '../domain/code-owners.ts';
import type { Manifests } from '../domain/locate-remedies.ts';
import type { Kustomization, ManifestDocument, ManifestField } from '../domain/manifest.ts';
import type { Result } from '../domain/result.ts';
import { refuse, succeed } from '../domain/result.ts';
import type { Fault } from '../domain/result.ts';

const BYTES_MAX = 1_048_576;
const FILES_MAX = 20_000;
/** Deep enough for `spec.template.spec.terminationGracePeriodSeconds`. */
const DEPTH_MAX = 5;

/**
 * Reads the Kubernetes manifests below a folder: where each object and each of its fields stands, the kustomizations
 * around them, and the CODEOWNERS of the repository the folder lies in.
 *
 * Only plain YAML is read; hidden folders, `node_modules`, links and files of more than 1 MiB are left out. Faults:
 * `unreadable-folder`.
 */
export async function readManifestFolder(folder: string): Promise<Result<Manifests, Fault>> {
  const start = resolve(folder);
  const root = (await findRepositoryRoot(start)) ?? start;
  try {
    const files = await filesBelow(start);
    const documents: ManifestDocument[] = [];
    const kustomizations: Kustomization[] = [];
    const unread: string[] = [];
    for (const path of files.slice(0, FILES_MAX)) {
      const file = relative(root, path).split(sep).join('/');
      const read = await readManifestFile(path, file);
      if (read === null) unread.push(file);
      else {
        documents.push(...read.documents);
        kustomizations.push(...read.kustomizations);
      }
    }
    const beyond = files.length > FILES_MAX ? [`${files.length - FILES_MAX} files beyond the first ${FILES_MAX}`] : [];
    return succeed({ folder, documents, kustomizations, codeOwners: await readCodeOwners(root), unread: [...unread, ...beyond] });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return refuse([{ code: 'unreadable-folder', where: folder, message: `The manifests cannot be read: ${message}.`, remedy: 'Name a folder you may read: --manifests DIR.' }]);
  }
}

/** The nearest folder upwards that Git keeps; null when there is none. */
async function findRepositoryRoot(start: string): Promise<string | null> {
  for (let folder = start; ; folder = dirname(folder)) {
    if (await exists(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return null;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function readCodeOwners(root: string): Promise<readonly CodeOwnersRule[]> {
  for (const place of codeOwnersPlaces) {
    if (await exists(join(root, place))) return parseCodeOwners(await readFile(join(root, place), 'utf8'));
  }
  return [];
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(path)));
    else if (entry.isFile() && (/\.ya?ml$/i.test(entry.name) || entry.name === 'Kustomization')) files.push(path);
  }
  return files;
}

/** Null when the file is too long, or no YAML. */
async function readManifestFile(path: string, file: string): Promise<Pick<Manifests, 'documents' | 'kustomizations'> | null> {
  if ((await stat(path)).size > BYTES_MAX) return null;
  return readManifestText(await readFile(path, 'utf8'), file);
}

/** The objects of one YAML text, several documents and lists of objects allowed; null when a document is no YAML. */
export function readManifestText(text: string, file: string): Pick<Manifests, 'documents' | 'kustomizations'> | null {
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter, prettyErrors: false, schema: 'core', uniqueKeys: false, version: '1.2', logLevel: 'silent' });
  if ('empty' in parsed) return { documents: [], kustomizations: [] };
  if (parsed.some(({ errors }) => errors.length > 0)) return null;
  const objects = parsed.flatMap((document) => objectsOf(document).map((object) => ({ document, object })));
  const documents = objects.flatMap(({ document, object }) => toManifest(object, { document, lineCounter, file }));
  const kustomizations = /(?:^|\/)kustomization(?:\.ya?ml)?$/i.test(file) ? objects.map(({ document, object }) => toKustomization(object, document, file)) : [];
  return { documents, kustomizations };
}

type YamlObject = YAMLMap<unknown, unknown>;

function objectsOf(document: Document.Parsed): readonly YamlObject[] {
  const { contents } = document;
  if (!isMap(contents)) return [];
  const items = contents.get('items', true);
  if (!textOf(contents.get('kind', true), document)?.endsWith('List') || !isSeq(items)) return [contents];
  return items.items.filter(isMap);
}

interface Place {
  readonly document: Document.Parsed;
  readonly lineCounter: LineCounter;
  readonly file: string;
}

function toManifest(object: YamlObject, place: Place): readonly ManifestDocument[] {
  const { document, file } = place;
  const kind = textOf(object.get('kind', true), document);
  const name = textOf(object.getIn(['metadata', 'name'], true), document);
  if (kind === null || name === null || textOf(object.get('apiVersion', true), document) === null) return [];
  const namespace = textOf(object.getIn(['metadata', 'namespace'], true), document);
  const line = lineOf(object, place) ?? 1;
  return [{ file, line, kind, name, namespace, fields: fieldsOf(object, [], place) }];
}

function fieldsOf(map: YamlObject, above: readonly string[], place: Place): readonly ManifestField[] {
  return map.items.flatMap((pair): readonly ManifestField[] => {
    const key = textOf(pair.key, place.document);
    const line = lineOf(pair.key, place);
    if (key === null || line === null) return [];
    const path = [...above, key];
    const value = isAlias(pair.value) ? pair.value.resolve(place.document) : pair.value;
    const field = { path, line, text: textOf(value, place.document) };
    return isMap(value) && path.length < DEPTH_MAX ? [field, ...fieldsOf(value, path, place)] : [field];
  });
}

function lineOf(node: unknown, { lineCounter }: Place): number | null {
  return isNode(node) && node.range ? lineCounter.linePos(node.range[0]).line : null;
}

function textOf(node: unknown, document: Document.Parsed): string | null {
  const value = isAlias(node) ? node.resolve(document) : node;
  return isScalar(value) && value.value !== null && value.value !== undefined ? String(value.value) : null;
}

function toKustomization(object: YamlObject, document: Document.Parsed, file: string): Kustomization {
  const text = (key: string): string | null => textOf(object.get(key, true), document);
  const listed = ['resources', 'bases', 'components', 'patchesStrategicMerge'].flatMap((key) => itemsOf(object, key).flatMap((item) => textOf(item, document) ?? []));
  const patches = itemsOf(object, 'patches').flatMap((item) => (isMap(item) ? textOf(item.get('path', true), document) ?? [] : []));
  return {
    file,
    namespace: text('namespace'),
    namePrefix: text('namePrefix') ?? '',
    nameSuffix: text('nameSuffix') ?? '',
    resources: [...listed, ...patches].filter((entry) => !entry.includes('://') && !entry.includes('\n')).map((entry) => fromRoot(file, entry)),
  };
}

function itemsOf(object: YamlObject, key: string): readonly unknown[] {
  const list = object.get(key, true);
  return isSeq(list) ? list.items : [];
}

/** A path beside `file` as one from the root; `.` and `..` resolved, no slash at its end. */
function fromRoot(file: string, entry: string): string {
  const path = posix.normalize(posix.join(posix.dirname(file), entry)).replace(/\/$/, '');
  return path === '.' ? '' : path;
}
