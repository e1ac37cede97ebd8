import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, test } from 'node:test';
import { settingNames } from '../../adapters/settings.ts';
import { grammarOf } from '../../domain/command-grammar.ts';
import { isSlackwaterMode } from '../../domain/slackwater-mode.ts';
import { readBicepFiles, readText, root } from './bicep.ts';

const files = readBicepFiles();
const fileAt = (path: string) => files.find((file) => file.path === path) ?? assert.fail(`${path} is gone`);
const page = readText('docs/deploy.md');
const all = (pattern: RegExp, text = page): readonly string[] => [...text.matchAll(pattern)].flatMap(([, one, other]) => one ?? other ?? []);

describe('docs/deploy.md', () => {
  const main = fileAt('infra/main.bicep');

  test('tells every setting once, and names the parameter it comes from', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| (not set|vault|made|`(\w+)`) \|/gm)];

    assert.deepEqual(rows.map(([, name]) => name).sort(), settingNames.map(({ name }) => String(name)).sort());
    for (const [, name, , parameter] of rows) if (parameter !== undefined) assert.ok(main.parameters.some((each) => each.name === parameter), `${name} comes from ${parameter}, which is not there`);
  });

  test('sets azd variables that the parameters read', () => {
    const read = all(/"\$\{(\w+)[=}]/g, readText('infra/main.parameters.json'));
    const set = all(/azd env set ([A-Z_]+)/g);

    assert.ok(set.length > 6);
    assert.deepEqual(set.filter((name) => name !== 'NAME' && !read.includes(name)), []);
    assert.deepEqual(all(/`([A-Z_]+)=(?:storage|private)`/g).filter((name) => !read.includes(name)), []);
  });

  test('uses outputs that the installation has, and gives clusters what they take', () => {
    const outputs = main.outputs.map(({ name }) => name);
    const own = [...all(/^([A-Z_]+)=/gm), ...all(/^([A-Z_]+)=/gm, readText('docs/operations.md'))];
    const used = ['docs/deploy.md', 'docs/operations.md', 'docs/events.md'].flatMap((path) => all(/(?<!")\$\{?([A-Z][A-Z_]+)|"\$\{?([A-Z][A-Z_]+)/g, readText(path))).filter((name) => !own.includes(name));
    const given = all(/\b(\w+)="?\$[A-Z_]+"?/g);
    const taken = ['infra/cluster/main.bicep', 'infra/cluster/notices.bicep', 'infra/cluster/roles.bicep'].flatMap((path) => fileAt(path).parameters.map(({ name }) => name));

    assert.ok(used.length > 6 && given.length > 6);
    assert.deepEqual(used.filter((name) => !outputs.includes(name)), []);
    assert.deepEqual(given.filter((name) => !taken.includes(name)), []);
    for (const name of all(/properties\.outputs\.(\w+)\.value/g)) assert.ok(fileAt('infra/cluster/roles.bicep').outputs.some((each) => each.name === name), name);
    for (const { name, node } of fileAt('infra/cluster/main.bicep').parameters) if (!node.text.includes('=')) assert.ok(page.includes(`${name}=`), `${name} is not given`);
  });

  test('names files that are there', () => {
    const named = [...all(/(?:^|[\s`(])((?:infra|fixtures|test|docs)\/[\w/.-]+)/gm), ...all(/\]\((\w+\.md)\)/g).map((path) => `docs/${path}`)].map((path) => path.replace(/[.,;]+$/, ''));

    assert.ok(named.length > 6);
    assert.deepEqual(named.filter((path) => !existsSync(new URL(path, root))), []);
  });

  test('stops Slackwater by a setting, a command and a comment that there are', () => {
    for (const mode of all(/SLACKWATER_MODE[= ]([\w-]+)/g)) assert.ok(isSlackwaterMode(mode), mode);
    assert.match(page, /`az functionapp stop /);
    for (const verb of ['freeze', 'abort'] as const) assert.ok(page.includes(`/slackwater ${verb}`) && grammarOf(verb).summary !== '');
  });
});

test('every command of the pages is one a shell can read', { skip: process.platform === 'win32' ? 'needs a POSIX shell' : false }, () => {
  const blocks = globSync(['README.md', 'docs/*.md'], { cwd: root }).flatMap((path) => [...readText(path).matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block]) => ({ path, block: block ?? '' })));
  const unreadable = blocks.filter(({ block }) => spawnSync('sh', ['-n'], { input: block }).status !== 0);

  assert.ok(blocks.length > 10);
  assert.deepEqual(unreadable, []);
  assert.notEqual(spawnSync('sh', ['-n'], { input: 'az "group' }).status, 0);
});

test('files that Bicep loads are there', () => {
  const loaded = files.flatMap(({ path, text }) => all(/load(?:Json|Text)Content\('([^']+)'\)/g, text).map((name) => posix.join(posix.dirname(path), name)));

  assert.ok(loaded.length > 5);
  assert.deepEqual(loaded.filter((path) => !existsSync(new URL(path, root))), []);
});
