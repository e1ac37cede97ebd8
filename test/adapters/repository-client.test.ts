import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { WantedPullRequest } from '../../activities/ports.ts';
import { createRepositoryPort } from '../../adapters/repository-client.ts';
import type { Outcome } from '../../domain/failure.ts';
import type { InjectedFault } from '../../local/faults.ts';
import { findCommit } from '../../sim/github-world.ts';
import { appLogin, botToken, repository, setup, startGitHub } from '../local/github-fixture.ts';
import { openContract, published } from '../sim/github-contract.ts';

const files = { 'README.md': '# Platform\n', 'infra/main.tf': 'version = "1.34"\n', 'infra/é.json': '{}' };
const branch = 'slackwater/write-back/shop/20261121T2100Z';

async function connect(context: TestContext, permissions: Readonly<Record<string, 'read' | 'write'>> = { issues: 'write', contents: 'write', pull_requests: 'write', metadata: 'read' }) {
  const repositories = setup.repositories.map((each) => (each.name === repository ? { ...each, files } : each));
  const local = await startGitHub(context, { setup: { ...setup, repositories, app: { id: 4711, slug: 'slackwater', permissions, token: botToken } } });
  const open = () => createRepositoryPort({ baseUrl: local.server.apiUrl, auth: { kind: 'token', token: botToken }, appLogin });
  const held = local.server.github.world.repositories.get(repository) ?? assert.fail();
  const pulls = () => [...held.issues.values()].filter(({ pull }) => pull !== null);
  const fileOn = (name: string, path = 'infra/main.tf') => findCommit(held, name)?.files.get(path)?.bytes ?? null;
  const writes = () => local.log.entries.filter(({ method, status }) => method !== 'GET' && status < 300).map(({ method, path }) => `${method} ${path.replace(/^.*\/repos\/acme\/platform/, '')}`);
  return { ...local, port: open(), open, held, pulls, fileOn, writes };
}
type Connected = Awaited<ReturnType<typeof connect>>;

function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

function failureOf<T>(outcome: Outcome<T>) {
  return outcome.ok ? assert.fail('It should have failed.') : outcome.failure;
}

async function wanted({ port }: Connected, changed: Partial<WantedPullRequest> = {}): Promise<WantedPullRequest> {
  const base = valueOf(await port.readTree(repository));
  const bytes = new TextEncoder().encode('version = "1.35"\n');
  return { repository, base, branch, marker: '<!-- m -->', title: 'Write back', body: 'Because.', message: 'Write back\n\nSlackwater-Run: shop', files: [{ path: 'infra/main.tf', bytes }], ...changed };
}

/** A commit of somebody else on a branch that exists. */
function commitBeside({ server, held }: Connected, on: string, path: string, text: string): void {
  const sha = findCommit(held, on)?.files.get(path)?.sha;
  const answer = server.request('demo-admin', 'PUT', `/repos/${repository}/contents/${path}`, { message: 'by hand', branch: on, content: btoa(text), ...(sha === undefined ? {} : { sha }) });
  assert.ok(answer.status < 300);
}

test('the tree of the default branch lists every file, and a file comes back byte for byte', async (context) => {
  const { port } = await connect(context);

  const tree = valueOf(await port.readTree(repository));
  const bytes = valueOf(await port.readFile({ repository, commit: tree.commit, path: 'infra/main.tf' }));

  assert.deepEqual([tree.branch, tree.isComplete, tree.files.map(({ path }) => path)], ['main', true, Object.keys(files)]);
  assert.equal(new TextDecoder().decode(bytes ?? assert.fail()), files['infra/main.tf']);
  assert.equal(valueOf(await port.readFile({ repository, commit: tree.commit, path: 'infra/none.tf' })), null);
  assert.equal(valueOf(await port.readFile({ repository, commit: tree.commit, path: 'infra' })), null);
});

test('a pull request changes only its files, and the same once more writes nothing', async (context) => {
  const local = await connect(context);
  const request = await wanted(local);

  const first = valueOf(await local.port.ensurePullRequest(request));
  const writes = local.writes();
  const again = valueOf(await local.open().ensurePullRequest(request));

  assert.deepEqual([first.state, first.branch, again], ['open', branch, first]);
  assert.deepEqual(writes, ['POST /git/blobs', 'POST /git/trees', 'POST /git/commits', 'POST /git/refs', 'POST /pulls']);
  assert.deepEqual(local.writes().slice(writes.length), []);
  assert.deepEqual([local.fileOn(branch), local.fileOn(branch, 'README.md'), local.fileOn('main')], ['version = "1.35"\n', files['README.md'], files['infra/main.tf']]);
  assert.match(local.pulls()[0]?.body ?? '', /^Because\.\n\n<!-- m -->/);
});

test('it is updated in place: files, title and body', async (context) => {
  const local = await connect(context);
  const first = valueOf(await local.port.ensurePullRequest(await wanted(local)));
  commitBeside(local, 'main', 'other.txt', 'meanwhile');

  const next = await wanted(local, { title: 'New title', body: 'New body.', files: [{ path: 'infra/main.tf', bytes: new TextEncoder().encode('version = "1.36"\n') }] });
  const second = valueOf(await local.port.ensurePullRequest(next));

  assert.equal(second.number, first.number);
  assert.deepEqual([local.fileOn(branch), local.fileOn(branch, 'other.txt')], ['version = "1.36"\n', 'meanwhile']);
  assert.deepEqual([local.pulls()[0]?.title, local.pulls().length], ['New title', 1]);
});

test('what somebody else wrote to the branch is kept', async (context) => {
  const local = await connect(context);
  valueOf(await local.port.ensurePullRequest(await wanted(local)));
  commitBeside(local, branch, 'infra/main.tf', 'version = "by hand"\n');

  valueOf(await local.port.ensurePullRequest(await wanted(local, { body: 'Later.' })));

  assert.equal(local.fileOn(branch), 'version = "by hand"\n');
  assert.match(local.pulls()[0]?.body ?? '', /^Later\./);
});

test('a pull request that a person closed is neither opened again nor made anew', async (context) => {
  const local = await connect(context);
  const { number } = valueOf(await local.port.ensurePullRequest(await wanted(local)));
  local.server.request('demo-admin', 'PATCH', `/repos/${repository}/pulls/${number}`, { state: 'closed' });
  const writes = local.writes().length;

  const again = valueOf(await local.port.ensurePullRequest(await wanted(local)));

  assert.deepEqual([again.number, again.state, local.writes().length], [number, 'closed', writes]);
});

test('a pull request of the same branch and words by somebody else is not taken for ours', async (context) => {
  const local = await connect(context);
  const request = await wanted(local);
  local.server.request('demo-admin', 'POST', `/repos/${repository}/git/refs`, { ref: 'refs/heads/other', sha: request.base.commit });
  commitBeside(local, 'other', 'infra/main.tf', 'x');
  local.server.request('demo-admin', 'POST', `/repos/${repository}/pulls`, { title: 't', head: 'other', base: 'main', body: request.marker });

  valueOf(await local.port.ensurePullRequest(request));

  assert.deepEqual(local.pulls().map(({ author }) => author.login), ['demo-admin', appLogin]);
});

test('two at the same moment make one branch and one pull request', async (context) => {
  const local = await connect(context);
  const request = await wanted(local);

  const outcomes = await Promise.all([local.port.ensurePullRequest(request), local.open().ensurePullRequest(request), local.open().ensurePullRequest(request)]);

  assert.equal(new Set(outcomes.map((outcome) => valueOf(outcome).number)).size, 1);
  assert.equal(local.pulls().length, 1);
});

const crashes: readonly (readonly [what: string, method: string, path: RegExp])[] = [
  ['the blob', 'POST', /git\/blobs/],
  ['the tree', 'POST', /git\/trees/],
  ['the commit', 'POST', /git\/commits/],
  ['the branch', 'POST', /git\/refs/],
  ['the pull request', 'POST', /\/pulls$/],
];
for (const [what, method, path] of crashes) {
  test(`a crash after ${what} was made and before its answer came leaves one pull request in the end`, async (context) => {
    const local = await connect(context);
    local.faults.add({ method, path, times: 1, mishap: { kind: 'cut', moment: 'after' } });

    assert.equal(failureOf(await local.port.ensurePullRequest(await wanted(local))).class, 'transient');
    valueOf(await local.open().ensurePullRequest(await wanted(local)));

    assert.deepEqual([local.pulls().length, local.fileOn(branch)], [1, 'version = "1.35"\n']);
  });
}

const answerOf = (status: number, message: string): InjectedFault['mishap'] => ({ kind: 'answer', moment: 'before', response: { status, headers: {}, body: { message } } });
const races: readonly (readonly [what: string, path: RegExp, status: number])[] = [
  ['409 where the branch is made', /git\/refs/, 409],
  ['422 where the branch is made', /git\/refs/, 422],
  ['422 where the pull request is opened', /\/pulls$/, 422],
];
for (const [what, path, status] of races) {
  test(`${what} is a lost race: it is read again`, async (context) => {
    const local = await connect(context);
    local.faults.add({ method: 'POST', path, times: 1, mishap: answerOf(status, 'somebody was faster') });

    valueOf(await local.port.ensurePullRequest(await wanted(local)));

    assert.equal(local.pulls().length, 1);
  });

  test(`${what} every time is a conflict, to be tried later`, async (context) => {
    const local = await connect(context);
    local.faults.add({ method: 'POST', path, times: Infinity, mishap: answerOf(status, 'somebody was faster') });

    const failure = failureOf(await local.port.ensurePullRequest(await wanted(local)));

    assert.deepEqual([failure.code, failure.class], ['pull-request-contended', 'conflict']);
    assert.match(failure.message, /somebody was faster/);
  });
}

test('a missing right is a terminal failure that names it', async (context) => {
  for (const permissions of [{ issues: 'write', contents: 'read', metadata: 'read' }, { issues: 'write', contents: 'write', metadata: 'read' }] as const) {
    const local = await connect(context, permissions);

    const failure = failureOf(await local.port.ensurePullRequest(await wanted(local)));

    assert.deepEqual([failure.code, failure.class], ['github-forbidden', 'terminal']);
    assert.match(failure.remedy, /pull requests/);
    assert.equal(local.pulls().length, 0);
  }
});

test('of open pull requests only ours on the branches asked for are listed, and one is closed once however often it is asked', async (context) => {
  const local = await connect(context);
  const { number } = valueOf(await local.port.ensurePullRequest(await wanted(local)));
  valueOf(await local.port.ensurePullRequest(await wanted(local, { branch: 'slackwater/other/1', marker: '<!-- o -->' })));

  const listed = valueOf(await local.port.listPullRequests({ repository, branchPrefix: 'slackwater/write-back/shop/' }));
  valueOf(await local.port.closePullRequest({ repository, number }));
  valueOf(await local.port.closePullRequest({ repository, number }));

  assert.deepEqual(listed.map((each) => each.number), [number]);
  assert.deepEqual(valueOf(await local.port.listPullRequests({ repository, branchPrefix: 'slackwater/write-back/shop/' })), []);
});

test('somebody\'s pull request is read with the commit it began from', async (context) => {
  const local = await connect(context);
  const { commit } = valueOf(await local.port.readTree(repository));
  local.server.request('demo-admin', 'POST', `/repos/${repository}/git/refs`, { ref: 'refs/heads/topic', sha: commit });
  commitBeside(local, 'topic', 'infra/main.tf', 'version = "1.33"\n');
  commitBeside(local, 'main', 'README.md', 'meanwhile');
  local.server.request('demo-admin', 'POST', `/repos/${repository}/pulls`, { title: 't', head: 'topic', base: 'main' });

  const changes = valueOf(await local.port.readPullRequest({ repository, number: 1 }));

  assert.deepEqual([changes?.author, changes?.state, changes?.baseBranch, changes?.mergeBase], ['demo-admin', 'open', 'main', commit]);
  assert.equal(changes?.headSha, findCommit(local.held, 'topic')?.sha);
  assert.ok(changes?.paths.includes('infra/main.tf'));
  assert.equal(valueOf(await local.port.readPullRequest({ repository, number: 99 })), null);
});

test('every request and answer keeps to the published description of GitHub', { skip: published.skip }, async (context) => {
  const local = await connect(context);
  valueOf(await local.port.ensurePullRequest(await wanted(local)));
  valueOf(await local.port.ensurePullRequest(await wanted(local, { title: 'New' })));
  valueOf(await local.port.readPullRequest({ repository, number: 1 }));
  valueOf(await local.port.listPullRequests({ repository, branchPrefix: 'slackwater/' }));
  valueOf(await local.port.closePullRequest({ repository, number: 1 }));
  const contract = openContract();

  const faulty = local.log.entries.flatMap(({ method, path, query, requestBody, status, responseBody }) => contract.check({ method, path: path.replace('/api/v3', ''), query, requestBody, status, responseBody }));

  assert.deepEqual(faulty, []);
});
