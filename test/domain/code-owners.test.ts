import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOwnersOf, parseCodeOwners } from '../../domain/code-owners.ts';

/** The example of GitHub's own page, "About code owners". */
const example = `
# These owners will be the default owners for everything in the repo.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
/apps/github @doctocat
`;

test("a file belongs to the last rule that matches, as GitHub's own examples say", () => {
  const table: readonly (readonly [path: string, owners: string])[] = [
    ['README.md', '@global-owner1 @global-owner2'],
    ['src/deep/main.js', '@js-owner'],
    ['main.go', 'docs@example.com'],
    ['notes/a.txt', '@octo-org/octocats'],
    ['build/logs/a/b', '@octocat'],
    ['other/build/logs/a', '@octocat'],
    ['docs/getting-started.md', '@doctocat'],
    ['docs/build-app/troubleshooting.md', '@doctocat'],
    ['other/docs/a.md', '@global-owner1 @global-owner2'],
    ['web/apps/x', '@octocat'],
    ['scripts/run.sh', '@doctocat @octocat'],
    ['deeply/nested/logs/today', '@octocat'],
    ['apps/github/a', '@doctocat'],
  ];
  const rules = parseCodeOwners(example);
  for (const [path, owners] of table) assert.equal(codeOwnersOf(rules, path).join(' '), owners, path);
});

test('patterns are anchored, starred and folded as GitHub does it', () => {
  const table: readonly (readonly [pattern: string, path: string, isMatch: boolean])[] = [
    ['docs/*', 'docs/a.md', true],
    ['docs/*', 'docs/build/a.md', false],
    ['docs/**', 'docs/build/a.md', true],
    ['docs/**/a.md', 'docs/a.md', true],
    ['**/a.md', 'a.md', true],
    ['a/b', 'x/a/b', false],
    ['b', 'x/b/c', true],
    ['b/', 'x/b', false],
    ['/b', 'x/b', false],
    ['*.yaml', 'deep/x.yaml', true],
    ['*.yaml', 'deep/x.yml', false],
    ['p?b.yaml', 'pdb.yaml', true],
    ['p?b.yaml', 'pb.yaml', false],
    ['*a*a*a*b', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac', false],
    ['my\\ folder/x', 'my folder/x', true],
    ['Docs/', 'docs/a', false],
    ['a.c', 'abc', false],
    ['/', 'a', false],
  ];
  for (const [pattern, path, isMatch] of table) {
    const owners = codeOwnersOf(parseCodeOwners(`${pattern} @team`), path);
    assert.equal(owners.length === 1, isMatch, `${pattern} ${path}`);
  }
});

test('lines GitHub skips are skipped: negations, ranges, words that are no owner; a rule without owners takes ownership away', () => {
  const rules = parseCodeOwners('* @all\n!x @a\n[ab] @a\nx nobody\ny @-bad\nz @a b\n\\#x @a\nfree.yaml\n');
  assert.deepEqual(rules, [{ pattern: '*', owners: ['@all'] }, { pattern: 'free.yaml', owners: [] }]);
  assert.deepEqual(codeOwnersOf(rules, 'free.yaml'), []);
  assert.deepEqual(codeOwnersOf([], 'free.yaml'), []);
});
