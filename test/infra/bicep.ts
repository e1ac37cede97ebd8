import { globSync, readFileSync } from 'node:fs';
import { Language, Parser } from 'web-tree-sitter';
import type { Node } from 'web-tree-sitter';

/** Root of the checkout. */
export const root = new URL('../../', import.meta.url);

export const readText = (path: string): string => readFileSync(new URL(path, root), 'utf8');

await Parser.init();
const language = await Language.load(readFileSync(new URL('node_modules/tree-sitter-bicep/tree-sitter-bicep.wasm', root)));

/** A declaration of a file, and what follows its name. */
export interface Declaration {
  readonly name: string;
  readonly node: Node;
}

/** A resource as declared: what it is, whether it is only looked up, and its body or bodies. */
export interface DeclaredResource extends Declaration {
  readonly type: string;
  readonly apiVersion: string;
  readonly isExisting: boolean;
  readonly body: Node;
}

export interface DeclaredModule extends Declaration {
  readonly path: string;
  readonly body: Node;
}

export interface BicepFile {
  readonly path: string;
  readonly text: string;
  /** Line and text of what the grammar could not read. */
  readonly unreadable: readonly string[];
  readonly parameters: readonly Declaration[];
  readonly variables: readonly Declaration[];
  readonly outputs: readonly Declaration[];
  readonly resources: readonly DeclaredResource[];
  readonly modules: readonly DeclaredModule[];
  /** How often each identifier is read, its declarations left aside. */
  readonly uses: ReadonlyMap<string, number>;
}

/** Every Bicep file below infra/. */
export function readBicepFiles(): readonly BicepFile[] {
  return globSync('infra/**/*.bicep', { cwd: root }).sort().map((path) => parseBicep(path, readText(path)));
}

export function parseBicep(path: string, text: string): BicepFile {
  const parser = new Parser();
  parser.setLanguage(language);
  const tree = parser.parse(text);
  if (tree === null) throw new Error(`${path} cannot be parsed.`);
  const top = namedChildren(tree.rootNode);
  const declared = (type: string): readonly Declaration[] => top.filter((node) => node.type === type).map((node) => ({ name: nameOf(node), node }));
  return {
    path,
    text,
    unreadable: faultsOf(tree.rootNode).map((node) => `${path}:${node.startPosition.row + 1} ${node.text.slice(0, 60)}`),
    parameters: declared('parameter_declaration'),
    variables: declared('variable_declaration'),
    outputs: declared('output_declaration'),
    resources: declared('resource_declaration').map(asResource),
    modules: declared('module_declaration').map((each) => ({ ...each, path: literalOf(stringOf(each.node)) ?? '', body: bodyOf(each.node) })),
    uses: countUses(tree.rootNode),
  };
}

function asResource(each: Declaration): DeclaredResource {
  const [type = '', apiVersion = ''] = (literalOf(stringOf(each.node)) ?? '').split('@');
  return { ...each, type, apiVersion, isExisting: / existing\s*=/.test(each.node.text.split('{')[0] ?? ''), body: bodyOf(each.node) };
}

export function namedChildren(node: Node): readonly Node[] {
  return node.namedChildren.filter((child) => child !== null && child.type !== 'comment');
}

function faultsOf(node: Node): readonly Node[] {
  if (node.isError || node.isMissing) return [node];
  return node.hasError ? node.children.flatMap((child) => (child === null ? [] : faultsOf(child))) : [];
}

function nameOf(node: Node): string {
  return namedChildren(node).find(({ type }) => type === 'identifier')?.text ?? '';
}

function stringOf(node: Node): Node | undefined {
  return namedChildren(node).find(({ type }) => type === 'string');
}

/** The text of a string without interpolation; null for anything else. */
export function literalOf(node: Node | undefined): string | null {
  if (node?.type !== 'string' || node.descendantsOfType('interpolation').length > 0) return null;
  return node.text.slice(1, -1).replaceAll("\\'", "'");
}

/** The object a resource or module is made of, behind its condition or loop. */
function bodyOf(node: Node): Node {
  const last = namedChildren(node).at(-1);
  if (last === undefined) throw new Error(`${node.text.slice(0, 60)} has no body.`);
  return last.type === 'object' ? last : bodyOf(last);
}

/** Properties of an object: key and value. Keys that are computed are left out. */
export function propertiesOf(object: Node): readonly { readonly key: string; readonly value: Node }[] {
  return namedChildren(object)
    .filter(({ type }) => type === 'object_property')
    .flatMap((property) => {
      const [key, value] = namedChildren(property);
      if (key === undefined || value === undefined) return [];
      const name = key.type === 'identifier' || key.type === 'property_identifier' ? key.text : literalOf(key);
      return name === null ? [] : [{ key: name, value }];
    });
}

export function propertyOf(object: Node, key: string): Node | undefined {
  return propertiesOf(object).find((each) => each.key === key)?.value;
}

/** Strings of an array that has nothing else. */
export function stringsOf(array: Node | undefined): readonly string[] {
  return array === undefined ? [] : namedChildren(array).map((node) => literalOf(node) ?? `not a literal: ${node.text}`);
}

function countUses(top: Node): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const node of top.descendantsOfType('identifier')) {
    if (node === null) continue;
    const { parent } = node;
    const isFirst = parent !== null && namedChildren(parent)[0]?.id === node.id;
    if (isFirst && parent !== null && (parent.type.endsWith('_declaration') || parent.type === 'object_property')) continue;
    uses.set(node.text, (uses.get(node.text) ?? 0) + 1);
  }
  return uses;
}
