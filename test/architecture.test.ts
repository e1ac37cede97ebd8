import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { findBreaches, law } from './architecture/law.ts';

const root = new URL('../', import.meta.url);
const rooms = Object.keys(law);

function readSources(): ReadonlyMap<string, string> {
  const paths = globSync([...rooms.map((room) => `${room}/**/*.ts`), '*.ts'], { cwd: root }).map((path) => path.replaceAll('\\', '/'));
  return new Map(paths.sort().map((path) => [path, readFileSync(new URL(path, root), 'utf8')]));
}

const readText = (path: string): string => readFileSync(new URL(path, root), 'utf8');

test('every file keeps the law of its room', () => {
  const breaches = findBreaches(readSources());

  assert.deepEqual(breaches, []);
});

test('every planted breach is found, so the law can fail', async (context) => {
  const doc = '/** Says something. */\n';
  const planted: readonly [what: string, path: string, text: string, expected: RegExp][] = [
    ['an arrow that points back', 'domain/a.ts', "import '../adapters/b.ts';\n", /may import nothing else/],
    ['a type-only arrow that points back', 'domain/a.ts', "import type { B } from '../adapters/b.ts';\nexport type A = B;\n", /may import nothing else/],
    ['a package in the domain', 'domain/a.ts', "import 'yaml';\n", /imports yaml/],
    ['node in the simulation', 'sim/a.ts', "import 'node:fs';\n", /imports node:fs/],
    ['an import without a file', 'domain/a.ts', "import './gone.ts';\n", /not there/],
    ['a clock in the domain', 'domain/a.ts', 'export const now = Date.now();\n', /uses Date/],
    ['a clock in the simulation', 'sim/a.ts', 'export const now = new Date(0);\n', /uses Date/],
    ['chance in an orchestration', 'orchestrations/a.ts', 'export const dice = Math.random();\n', /Math\.random/],
    ['a timer in an activity', 'activities/a.ts', 'setTimeout(() => undefined, 1);\n', /uses setTimeout/],
    ['the environment in the domain', 'domain/a.ts', 'export const key = process.env;\n', /uses process/],
    ['async in an orchestration', 'orchestrations/a.ts', `${doc}export async function a() {}\n`, /is async/],
    ['context.df outside its file', 'adapters/a.ts', 'declare const context: { df: unknown };\nexport const df = context.df;\n', /knows context\.df/],
    ['durable-functions outside its files', 'adapters/a.ts', "import 'durable-functions';\n", /use Flow/],
    ['a cast', 'adapters/a.ts', 'declare const b: unknown;\nexport const a = b as string;\n', /casts/],
    ['a non-null assertion', 'domain/a.ts', 'declare const b: string | null;\nexport const a = b!;\n', /overrules/],
    ['any', 'domain/a.ts', 'export type A = any;\n', /says any/],
    ['an object built in a function file', 'functions/a.ts', 'declare class Client {}\nexport const a = new Client();\n', /builds Client/],
    ['a long function', 'domain/a.ts', `${doc}export function a() {\n${'  void 0;\n'.repeat(80)}}\n`, /function of 82 lines/],
    ['a long file', 'domain/a.ts', 'export {};\n'.repeat(401), /401|402/],
    ['an export without a docstring', 'domain/a.ts', 'export function a() {}\n', /without a docstring/],
    ['a boolean option', 'domain/a.ts', `${doc}export function a(deep: boolean) { return deep; }\n`, /takes a boolean/],
    ['a utils file', 'domain/utils.ts', 'export {};\n', /says nothing/],
    ['a dead file', 'domain/a.ts', 'export {};\n', /reached from no program/],
  ];
  for (const [what, path, text, expected] of planted) {
    await context.test(what, () => {
      const files = new Map([
        [path, text],
        ['adapters/b.ts', 'export type B = string;\n'],
      ]);

      assert.match(findBreaches(files).join('\n'), expected);
    });
  }
  await context.test('a circle, by types alone', () => {
    const files = new Map([
      ['domain/a.ts', "import type { B } from './b.ts';\nexport type A = B;\n"],
      ['domain/b.ts', "import type { A } from './a.ts';\nexport type B = A;\n"],
    ]);

    assert.match(findBreaches(files).join('\n'), /circle: domain\/a\.ts → domain\/b\.ts → domain\/a\.ts/);
  });
});

test('docs/architecture.md tells the same law', () => {
  const rows = [...readText('docs/architecture.md').matchAll(/^\| `([a-z]+)\/` \| ([^|]*) \|/gm)];
  const told = Object.fromEntries(rows.map(([, room, imports]) => [room, (imports?.match(/`([^`]+)`/g) ?? []).map((word) => word.replaceAll('`', '')).sort()]));
  const written = Object.fromEntries(
    Object.entries(law).map(([room, { rooms: others, files, packages }]) => [room, [...others, ...files, ...(packages === 'any' ? ['any npm'] : packages)].sort()]),
  );

  assert.deepEqual(told, written);
});

test('every word of docs/glossary.md is a name in the code, and no forbidden word is part of one', () => {
  const rows = [...readText('docs/glossary.md').matchAll(/^\| \*\*([^*]+)\*\* \| `([A-Za-z]+)` \| [^|]+ \| ?([^|]*)\|$/gm)];
  const sources = [...readSources()];
  const all = sources.map(([, text]) => text).join('\n');
  const forbidden = rows.flatMap(([, , , words]) => (words?.match(/`([^`]+)`/g) ?? []).map((word) => word.replaceAll('`', '')));
  const locked = sources.filter(([path]) => law[path.slice(0, path.indexOf('/'))]?.isLocked === true);

  assert.ok(rows.length > 20, 'the glossary has lost its rows');
  assert.deepEqual(
    rows.filter(([, , name]) => !new RegExp(`\\b${name}\\b`).test(all)).map(([, word]) => word),
    [],
    'these words have no such name in the code any more',
  );
  for (const word of forbidden) {
    const pattern = new RegExp(`\\b(?:const|let|function|interface|type|readonly) [A-Za-z]*${word}`, 'i');
    assert.deepEqual(locked.filter(([, text]) => pattern.test(text)).map(([path]) => `${path} says ${word}`), []);
  }
});

test('every dependency stands in docs/architecture.md with its reason', () => {
  const manifest: unknown = JSON.parse(readText('package.json'));
  const names = (key: string): readonly string[] => {
    const group = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, key) : {};
    return Object.keys(typeof group === 'object' && group !== null ? group : {});
  };
  const told = [...readText('docs/architecture.md').matchAll(/^\| `([^`]+)` \| (?:runtime|development) \| ([^|]{10,}) \|/gm)].map(([, name]) => name);

  assert.deepEqual([...told].sort(), [...names('dependencies'), ...names('devDependencies')].sort());
});
