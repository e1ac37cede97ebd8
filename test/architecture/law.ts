import { posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/** What one room may import and what it must not do. The same table stands in docs/architecture.md; a test compares them. */
interface Room {
  /** Rooms it may import besides itself. */
  readonly rooms: readonly string[];
  /** Single files of other rooms it may import. */
  readonly files: readonly string[];
  /** npm and node modules: the allowed ones, or all. */
  readonly packages: readonly string[] | 'any';
  /** No clock, no chance, no environment. */
  readonly isLocked: boolean;
  /** No `async`, no `await`. */
  readonly isSynchronous: boolean;
}

const everything = ['domain', 'activities', 'orchestrations', 'adapters', 'functions', 'sim', 'local', 'cli'];

export const law: Readonly<Record<string, Room>> = {
  domain: { rooms: [], files: [], packages: ['temporal-polyfill'], isLocked: true, isSynchronous: true },
  activities: { rooms: ['domain'], files: [], packages: ['node:crypto'], isLocked: true, isSynchronous: false },
  orchestrations: { rooms: ['domain'], files: ['activities/contract.ts'], packages: [], isLocked: true, isSynchronous: true },
  adapters: {
    rooms: ['domain'],
    files: ['activities/ports.ts', 'activities/contract.ts', 'orchestrations/flow.ts', 'orchestrations/contract.ts'],
    packages: 'any',
    isLocked: false,
    isSynchronous: false,
  },
  functions: { rooms: ['domain', 'activities', 'orchestrations', 'adapters'], files: [], packages: 'any', isLocked: false, isSynchronous: false },
  sim: { rooms: ['domain', 'activities', 'orchestrations'], files: [], packages: [], isLocked: true, isSynchronous: false },
  local: { rooms: everything, files: [], packages: 'any', isLocked: false, isSynchronous: false },
  cli: { rooms: everything, files: [], packages: 'any', isLocked: false, isSynchronous: false },
  bench: { rooms: everything, files: [], packages: 'any', isLocked: false, isSynchronous: false },
  schema: { rooms: ['domain'], files: [], packages: 'any', isLocked: false, isSynchronous: false },
};

const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 400;

/** Where programs begin: what none of these reaches is dead. */
const entries = ['functions/main.ts', 'cli/main.ts', 'local/start.ts', 'bench/run.ts', 'schema/write.ts', 'build.ts'];

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value;
}

interface ParsedFile {
  readonly path: string;
  readonly text: string;
  readonly nodes: readonly { readonly node: SyntaxNode; readonly parent: SyntaxNode | null }[];
  readonly imports: readonly { readonly specifier: string; readonly at: number; readonly isLazy: boolean }[];
  readonly comments: readonly { readonly start: number; readonly end: number; readonly type: string; readonly value: string }[];
}

function parse(path: string, text: string): ParsedFile {
  const { program, comments } = parseSync(path, text);
  const nodes: { node: SyntaxNode; parent: SyntaxNode | null }[] = [];
  const imports: { specifier: string; at: number; isLazy: boolean }[] = [];
  const visit = (value: unknown, parent: SyntaxNode | null): void => {
    if (Array.isArray(value)) {
      for (const each of value) visit(each, parent);
      return;
    }
    if (!isNode(value)) return;
    nodes.push({ node: value, parent });
    const { source } = value;
    if (isNode(source) && typeof source['value'] === 'string') {
      imports.push({ specifier: source['value'], at: value.start, isLazy: value.type === 'ImportExpression' });
    }
    for (const [key, child] of Object.entries(value)) if (key !== 'parent') visit(child, value);
  };
  visit(program, null);
  return { path, text, nodes, imports, comments };
}

function lineOf(file: ParsedFile, at: number): number {
  return file.text.slice(0, at).split('\n').length;
}

const roomOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Every breach of the law in the files given (path → text), each with its place and its mend. */
export function findBreaches(files: ReadonlyMap<string, string>): readonly string[] {
  const parsed = [...files].map(([path, text]) => parse(path, text));
  return [
    ...parsed.flatMap((file) => [
      ...importBreaches(file, files),
      ...lockedBreaches(file),
      ...seamBreaches(file),
      ...sizeBreaches(file),
      ...signatureBreaches(file),
      ...nameBreaches(file),
    ]),
    ...circleBreaches(parsed),
    ...deadFiles(parsed, files),
  ];
}

function resolveImport(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function importBreaches(file: ParsedFile, files: ReadonlyMap<string, string>): readonly string[] {
  const room = law[roomOf(file.path)];
  if (room === undefined) return [];
  return file.imports.flatMap(({ specifier, at }) => {
    const where = `${file.path}:${lineOf(file, at)}`;
    if (!specifier.startsWith('.')) {
      const name = packageOf(specifier);
      if (room.packages === 'any' || room.packages.includes(name)) return [];
      return [`${where} imports ${name}; the room ${roomOf(file.path)} may not. Move the code that needs it to adapters/ and hand the result in.`];
    }
    const target = resolveImport(file.path, specifier);
    if (!files.has(target) && !target.endsWith('.json')) return [`${where} imports ${specifier}, which is not there. Name the file with its .ts ending.`];
    const targetRoom = roomOf(target);
    if (targetRoom === '' || targetRoom === roomOf(file.path) || room.rooms.includes(targetRoom) || room.files.includes(target)) return [];
    return [`${where} imports ${target}; the room ${roomOf(file.path)} may import ${[...room.rooms, ...room.files].join(', ') || 'nothing else'}. Turn the arrow: let the other room hand in what is needed.`];
  });
}

const lockedNames = new Set(['Date', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'fetch', 'performance', 'crypto', 'console', 'globalThis', 'require']);

function lockedBreaches(file: ParsedFile): readonly string[] {
  const room = law[roomOf(file.path)];
  if (room === undefined) return [];
  const found: string[] = [];
  for (const { node, parent } of file.nodes) {
    const where = `${file.path}:${lineOf(file, node.start)}`;
    if (room.isLocked && node.type === 'Identifier' && lockedNames.has(textOf(node['name'])) && !isPropertyName(node, parent)) {
      found.push(`${where} uses ${textOf(node['name'])}; ${roomOf(file.path)} has no clock, chance or environment. Take the value as a parameter.`);
    }
    if (room.isLocked && node.type === 'MemberExpression' && file.text.slice(node.start, node.end) === 'Math.random') {
      found.push(`${where} uses Math.random; use a seed that is handed in.`);
    }
    if (room.isSynchronous && (node['async'] === true || node.type === 'AwaitExpression')) {
      found.push(`${where} is async; ${roomOf(file.path)} only computes. Make it an activity.`);
    }
  }
  return found;
}

function isPropertyName(node: SyntaxNode, parent: SyntaxNode | null): boolean {
  if (parent === null) return false;
  const isMember = parent.type === 'MemberExpression' && parent['property'] === node && parent['computed'] === false;
  const isKey = parent['key'] === node && parent['computed'] !== true && parent['shorthand'] !== true;
  return isMember || isKey;
}

const durableFiles = new Set(['adapters/durable-flow.ts', 'adapters/durable-client.ts', 'functions/durable.ts']);
const builtIns = new Set(['Error', 'TypeError', 'RangeError', 'URL', 'Map', 'Set', 'Headers', 'Response', 'Request', 'Uint8Array', 'TextDecoder', 'TextEncoder', 'Date']);

function seamBreaches(file: ParsedFile): readonly string[] {
  if (law[roomOf(file.path)] === undefined) return [];
  const found: string[] = [];
  for (const { node } of file.nodes) {
    const where = `${file.path}:${lineOf(file, node.start)}`;
    if (node.type === 'MemberExpression' && file.path !== 'adapters/durable-flow.ts' && /\bcontext\.df$/.test(file.text.slice(node.start, node.end))) {
      found.push(`${where} knows context.df; only adapters/durable-flow.ts may. Use Flow.`);
    }
    if (file.path !== 'adapters/trust-boundary.ts') {
      if (node.type === 'TSAsExpression' && file.text.slice(node.start, node.end).endsWith('as const') === false) {
        found.push(`${where} casts; only adapters/trust-boundary.ts may. Narrow with a guard.`);
      }
      if (node.type === 'TSNonNullExpression' || node.type === 'TSTypeAssertion') found.push(`${where} overrules the compiler; narrow with a guard.`);
      if (node.type === 'TSAnyKeyword') found.push(`${where} says any; say unknown and narrow.`);
    }
    if (roomOf(file.path) === 'functions' && file.path !== 'functions/compose.ts' && node.type === 'NewExpression') {
      const callee = node['callee'];
      const name = isNode(callee) ? textOf(callee['name']) : '';
      if (!builtIns.has(name)) found.push(`${where} builds ${name || 'an object'}; only functions/compose.ts does.`);
    }
  }
  const hasDurable = file.imports.find(({ specifier }) => packageOf(specifier) === 'durable-functions');
  const mayHaveDurable = durableFiles.has(file.path) || ['functions', 'local', 'bench'].includes(roomOf(file.path));
  if (hasDurable !== undefined && !mayHaveDurable) found.push(`${file.path}:${lineOf(file, hasDurable.at)} imports durable-functions; use Flow or WindowHost.`);
  return found;
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

function sizeBreaches(file: ParsedFile): readonly string[] {
  if (law[roomOf(file.path)] === undefined) return [];
  const found: string[] = [];
  const fileLines = file.text.split('\n').length;
  if (fileLines > FILE_LINES_MAX) found.push(`${file.path} has ${fileLines} lines; split it by noun (at most ${FILE_LINES_MAX}).`);
  for (const { node } of file.nodes) {
    if (!functionTypes.has(node.type)) continue;
    const lines = lineOf(file, node.end) - lineOf(file, node.start) + 1;
    if (lines > FUNCTION_LINES_MAX) found.push(`${file.path}:${lineOf(file, node.start)} is a function of ${lines} lines; split it (at most ${FUNCTION_LINES_MAX}).`);
  }
  return found;
}

function signatureBreaches(file: ParsedFile): readonly string[] {
  if (law[roomOf(file.path)] === undefined) return [];
  const found: string[] = [];
  for (const { node } of file.nodes) {
    if (node.type !== 'ExportNamedDeclaration') continue;
    const declared = node['declaration'];
    if (!isNode(declared) || declared.type !== 'FunctionDeclaration') continue;
    const id = declared['id'];
    const name = isNode(id) ? textOf(id['name']) : '';
    const where = `${file.path}:${lineOf(file, node.start)}`;
    const hasDoc = file.comments.some((comment) => comment.type === 'Block' && comment.value.startsWith('*') && /^\s*$/.test(file.text.slice(comment.end, node.start)));
    if (!hasDoc) found.push(`${where} exports ${name} without a docstring; say what it returns, its units, its errors and whether it may be repeated.`);
    const parameters = declared['params'];
    if (Array.isArray(parameters) && parameters.some((parameter) => isNode(parameter) && / ?: boolean$/.test(file.text.slice(parameter.start, parameter.end)))) {
      found.push(`${where} ${name} takes a boolean; pass a union whose words say what happens.`);
    }
  }
  return found;
}

const emptyNames = /(^|\/)(utils?|helpers?|misc|common|manager|handler)(\.ts$|\/|-)/;

function nameBreaches(file: ParsedFile): readonly string[] {
  if (emptyNames.test(file.path)) return [`${file.path} has a name that says nothing; name it by its noun.`];
  if (!/^[a-z0-9/.-]+$/.test(file.path)) return [`${file.path} is not kebab-case.`];
  return [];
}

function circleBreaches(parsed: readonly ParsedFile[]): readonly string[] {
  const arrows = new Map(parsed.map((file) => [file.path, file.imports.filter(({ specifier }) => specifier.startsWith('.')).map(({ specifier }) => resolveImport(file.path, specifier))]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const seen = trail.indexOf(path);
    if (seen >= 0) {
      found.push(`circle: ${[...trail.slice(seen), path].join(' → ')}. Move what both need into a file of its own.`);
      return;
    }
    if (done.has(path)) return;
    for (const next of arrows.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of arrows.keys()) walk(path, []);
  return found;
}

function deadFiles(parsed: readonly ParsedFile[], files: ReadonlyMap<string, string>): readonly string[] {
  const byPath = new Map(parsed.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const queue = entries.filter((entry) => files.has(entry));
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const file = byPath.get(path);
    for (const { specifier } of file?.imports ?? []) if (specifier.startsWith('.')) queue.push(resolveImport(path, specifier));
    // A program may name another file that it starts as a process or loads by address.
    for (const [, named] of file?.text.matchAll(/new URL\('([^']+\.ts)', import\.meta\.url\)/g) ?? []) if (named !== undefined) queue.push(resolveImport(path, named));
  }
  return [...byPath.keys()].filter((path) => law[roomOf(path)] !== undefined && !reached.has(path)).map((path) => `${path} is reached from no program. Delete it, or import it where it is needed.`);
}
