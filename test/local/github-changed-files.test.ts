import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repository, setup, startGitHub } from './github-fixture.ts';

const before = ['one', 'two', 'three', 'four', 'version = "1.34" # <b>', 'six', 'seven', 'eight', 'nine'].join('\n');

/** The page of a pull request that writes these files to a branch. */
async function pageOf(context: Parameters<typeof startGitHub>[0], files: Readonly<Record<string, string>>): Promise<string> {
  const repositories = setup.repositories.map((each) => (each.name === repository ? { ...each, files: { 'infra/main.tf': before } } : each));
  const { server } = await startGitHub(context, { setup: { ...setup, repositories } });
  const held = server.github.world.repositories.get(repository) ?? assert.fail();
  const at = `/repos/${repository}`;
  server.request('demo-admin', 'POST', `${at}/git/refs`, { ref: 'refs/heads/topic', sha: held.branches.get('main') });
  for (const [path, text] of Object.entries(files)) {
    const sha = [...held.commits.values()].at(-1)?.files.get(path)?.sha;
    server.request('demo-admin', 'PUT', `${at}/contents/${path}`, { message: 'm', branch: 'topic', content: btoa(text), ...(sha === undefined ? {} : { sha }) });
  }
  server.request('demo-admin', 'POST', `${at}/pulls`, { title: 't', head: 'topic', base: 'main' });
  return (await fetch(`${server.url}/${repository}/pull/1`)).text();
}

test('the page of a pull request shows each changed file with its changed lines and a few around them', async (context) => {
  const page = await pageOf(context, { 'infra/main.tf': before.replace('1.34', '1.35'), 'new.txt': 'fresh\n' });

  assert.match(page, /Files changed<\/strong> <small>topic into main/);
  assert.match(page, /<code>infra\/main\.tf<\/code>/);
  assert.ok(page.includes('<code>  three\n  four\n- version = &quot;1.34&quot; # &lt;b&gt;\n+ version = &quot;1.35&quot; # &lt;b&gt;\n  six\n  seven\n⋯'), page);
  assert.doesNotMatch(page, /^ {2}(?:one|two|eight|nine)$/m);
  assert.match(page, /<code>new\.txt<\/code>[^]*\+ fresh/);
});

test('lines that were put in stand alone as new', async (context) => {
  const page = await pageOf(context, { 'infra/main.tf': before.replace('four', 'four\nfour and a half') });

  assert.ok(page.includes('  three\n  four\n+ four and a half\n  version'), page);
  assert.doesNotMatch(page, /^- /m);
});
