import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { constructsIn } from './markdown-oracle.ts';
import { markdownMakers, wordsOfOurs } from './markdown-makers.ts';
import { nastyNames } from './nasty-names.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

for (const { covers, make, titles } of markdownMakers) {
  test(`${covers.join(', ')}: whatever strangers write pings nobody, links nowhere and ends no fence, cell or tag`, () => {
    const plain = make('plain').map(constructsIn);
    for (const name of nastyNames) {
      make(name).forEach((markdown, index) => {
        const worse = [...constructsIn(markdown)].filter(([kind, times]) => times > (plain[index]?.get(kind) ?? 0));

        assert.deepEqual(worse, [], `${JSON.stringify(name.slice(0, 60))} in:\n${markdown.slice(0, 3_000)}`);
      });
      for (const title of titles?.(name) ?? []) assert.doesNotMatch(title, /[\p{Cc}\p{Cf}\u2028\u2029]/u, JSON.stringify(title));
    }
  });
}

test('every maker of Markdown is tried, here or in a test of its own', () => {
  const makers = globSync('domain/*.ts', { cwd: root }).flatMap((file) => [...read(file).matchAll(/^export function ((?:render|answer)[A-Z]\w*)\(/gm)].map(([, name]) => name ?? ''));
  const tried = new Set([...wordsOfOurs, ...markdownMakers.flatMap(({ covers }) => covers)]);
  const tests = globSync('test/**/*.test.ts', { cwd: root }).map((file) => read(file)).filter((text) => text.includes("/nasty-names.ts'"));
  // What renders parts of Markdown for the others, and what is no Markdown.
  const parts = ['renderPhrase', 'renderIcs'];
  const forgotten = makers.filter((name) => !tried.has(name) && !parts.includes(name) && !tests.some((text) => new RegExp(`import \\{[^}]*\\b${name}\\b`).test(text)));

  assert.ok(makers.length > 30);
  assert.deepEqual(forgotten, [], 'add them to markdown-makers.ts');
  assert.deepEqual([...tried].filter((name) => !makers.includes(name) && !name.startsWith('describe')), [], 'these are gone');
});

test('the comparison sees what a page would make of bad Markdown', () => {
  const bad: readonly (readonly [markdown: string, kind: string])[] = [
    ['ask @octocat', 'a mention'],
    ['`code` and @octocat', 'a mention'],
    ['see https://evil.example', 'an address'],
    ['[a](b)', 'a link or image'],
    ['<b>', 'HTML'],
    ['<!-- x -->', 'HTML'],
    ['```\nx', 'a fence that is not closed'],
    ['a `b', 'a loose backtick'],
    ['# a', 'a heading'],
    ['- [ ] a', 'a task'],
    ['a\u202Eb', 'a control, bidi or zero-width character'],
    ['fixes #1', 'an issue reference'],
  ];
  for (const [markdown, kind] of bad) assert.equal(constructsIn(markdown).get(kind), 1, markdown);
  assert.deepEqual([...constructsIn('```\n@octocat <b>\n```\n`@octocat <b>` words')], [['a fence', 1]]);
});
