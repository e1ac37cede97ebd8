import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { appPermissions } from '../../domain/github-app.ts';
import { isRecord, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import { readWebhook } from '../../sim/github-changes.ts';
import { actorHeader, createGitHub, servedOperations } from '../../sim/github.ts';
import { appActor } from '../../sim/github-world.ts';
import { blobSha, decodeBase64, encodeBase64, encodeUtf8, sha1 } from '../../sim/git-object.ts';
import type { WireRequest } from '../../sim/wire.ts';
import { appLogin, repository, setup, startedAt } from '../local/github-fixture.ts';
import { openContract, published } from './github-contract.ts';
import type { Exchange } from './github-contract.ts';

const base = { baseUrl: 'http://127.0.0.1:4000/api/v3', webUrl: 'http://127.0.0.1:4000' };

interface Asked {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A world and a way to ask it; every exchange and change is kept. */
function makeWorld(changed: Partial<typeof setup> = {}) {
  const github = createGitHub({ ...setup, ...base, ...changed });
  const exchanges: Exchange[] = [];
  const changes: NonNullable<ReturnType<typeof readWebhook>>[] = [];
  const requests: { at: number; request: WireRequest }[] = [];
  let now = startedAt;
  const ask = (login: string, method: string, path: string, { query = {}, headers = {}, body = null }: Asked = {}) => {
    now += 60_000;
    const request: WireRequest = { method, path, query, headers: { [actorHeader]: login, ...headers }, body };
    const { response, changes: made } = github.apply(now, request);
    requests.push({ at: now, request });
    exchanges.push({ method, path, query, requestBody: body, status: response.status, responseBody: response.body });
    changes.push(...made.flatMap((change) => readWebhook(change) ?? []));
    return { ...response, record: isRecord(response.body) ? response.body : {}, list: Array.isArray(response.body) ? response.body : [] };
  };
  return { github, ask, exchanges, changes, requests };
}

const at = `/repos/${repository}`;
const base64 = (text: string): string => btoa(text);

/** One of everything this GitHub does. */
function exercise(ask: ReturnType<typeof makeWorld>['ask']): void {
  const people = ['demo-reader', 'demo-admin', 'demo-release-manager', 'demo-stranger', 'nobody'];
  for (const login of people) ask(appLogin, 'GET', `${at}/collaborators/${login}/permission`);
  ask(appLogin, 'GET', `${at}/collaborators/demo-reader`);
  ask(appLogin, 'GET', `${at}/collaborators/demo-stranger`);
  for (const path of ['/user', '/rate_limit', at]) ask('demo-operator', 'GET', path);
  ask('demo-operator', 'GET', '/search/issues', { query: { q: 'is:issue' } });
  for (const path of ['/app', `${at}/installation`, '/repos/acme/none/installation']) ask(appActor, 'GET', path);
  const installation = Number(ask(appActor, 'GET', `${at}/installation`).record['id']);
  ask(appActor, 'POST', `/app/installations/${installation}/access_tokens`, { body: {} });
  ask(appActor, 'POST', '/app/installations/1/access_tokens', { body: {} });
  ask(appLogin, 'GET', '/installation/repositories');
  exerciseIssues(ask);
  exerciseContents(ask);
}

function exerciseIssues(ask: ReturnType<typeof makeWorld>['ask']): void {
  ask(appLogin, 'POST', `${at}/labels`, { body: { name: 'slackwater', color: '0b5bc0', description: 'Maintenance' } });
  ask(appLogin, 'POST', `${at}/labels`, { body: { name: 'Slackwater' } });
  ask(appLogin, 'GET', `${at}/labels/slackwater`);
  ask(appLogin, 'GET', `${at}/labels/none`);
  ask(appLogin, 'POST', `${at}/issues`, { body: { title: 'Maintenance', body: 'Report', labels: ['slackwater', 'night'] } });
  ask(appLogin, 'POST', `${at}/issues`, { body: { body: 'no title' } });
  ask(appLogin, 'POST', `${at}/issues`, { body: { title: 'Long', body: 'x'.repeat(65_537) } });
  ask(appLogin, 'PATCH', `${at}/issues/1`, { body: { title: 'Maintenance of shop', body: 'Paused' } });
  ask(appLogin, 'POST', `${at}/issues/1/labels`, { body: { labels: ['paused'] } });
  ask(appLogin, 'PUT', `${at}/issues/1/labels`, { body: { labels: ['slackwater'] } });
  ask(appLogin, 'DELETE', `${at}/issues/1/labels/slackwater`);
  ask(appLogin, 'DELETE', `${at}/issues/1/labels/slackwater`);
  const comment = Number(ask('demo-operator', 'POST', `${at}/issues/1/comments`, { body: { body: '/resume' } }).record['id']);
  ask('demo-operator', 'POST', `${at}/issues/1/comments`, { body: { body: '' } });
  ask('demo-operator', 'POST', `${at}/issues/9/comments`, { body: { body: 'x' } });
  ask('demo-operator', 'PATCH', `${at}/issues/comments/${comment}`, { body: { body: '/abort' } });
  for (const content of ['eyes', 'eyes', 'shrug']) ask(appLogin, 'POST', `${at}/issues/comments/${comment}/reactions`, { body: { content } });
  ask(appLogin, 'POST', `${at}/issues/1/reactions`, { body: { content: 'rocket' } });
  ask(appLogin, 'GET', `${at}/issues/comments/${comment}/reactions`);
  ask(appLogin, 'GET', `${at}/issues/comments/${comment}`);
  ask(appLogin, 'GET', `${at}/issues/1/comments`);
  ask(appLogin, 'GET', `${at}/issues/1`);
  ask(appLogin, 'GET', `${at}/issues/77`);
  ask(appLogin, 'GET', `${at}/issues`, { query: { state: 'all' } });
  ask(appLogin, 'GET', `${at}/issues`, { query: { state: 'mad' } });
  ask(appLogin, 'GET', '/search/issues', { query: { q: `repo:${repository} is:issue in:body "paused"` } });
  ask(appLogin, 'GET', '/search/issues', { query: { q: '' } });
  ask(appLogin, 'PATCH', `${at}/issues/1`, { body: { state: 'closed', state_reason: 'completed' } });
  ask(appLogin, 'DELETE', `${at}/issues/comments/${comment}`);
}

function exerciseContents(ask: ReturnType<typeof makeWorld>['ask']): void {
  const main = textAt(recordAt(ask(appLogin, 'GET', `${at}/git/ref/heads/main`).record, 'object'), 'sha');
  ask(appLogin, 'POST', `${at}/git/refs`, { body: { ref: 'refs/heads/slackwater-state', sha: main } });
  ask(appLogin, 'POST', `${at}/git/refs`, { body: { ref: 'refs/heads/slackwater-state', sha: main } });
  const write = (body: Readonly<Record<string, unknown>>) => ask(appLogin, 'PUT', `${at}/contents/state%2Fshop.json`, { body });
  const written = write({ message: 'Freeze', content: base64('{}'), branch: 'slackwater-state' });
  const sha = textAt(written.record, 'content', 'sha');
  write({ message: 'Thaw', content: base64('{"a":1}'), branch: 'slackwater-state', sha });
  write({ message: 'Lost race', content: base64('{"b":1}'), branch: 'slackwater-state', sha });
  write({ message: 'No sha', content: base64('{"b":1}'), branch: 'slackwater-state' });
  write({ message: 'No branch', content: base64('{}'), branch: 'none' });
  write({ message: 'No base64', content: '%%%', branch: 'main' });
  ask(appLogin, 'GET', `${at}/contents/state/shop.json`, { query: { ref: 'slackwater-state' } });
  ask(appLogin, 'GET', `${at}/contents/state`, { query: { ref: 'slackwater-state' } });
  ask(appLogin, 'GET', `${at}/contents/none`);
  ask(appLogin, 'GET', `${at}/contents`);
  ask(appLogin, 'GET', `${at}/branches/slackwater-state`);
  ask(appLogin, 'GET', `${at}/branches/none`);
  ask(appLogin, 'GET', `${at}/git/matching-refs/heads/sl`);
  ask(appLogin, 'GET', `${at}/git/commits/${main}`);
  ask(appLogin, 'PATCH', `${at}/git/refs/heads/slackwater-state`, { body: { sha: main } });
  ask(appLogin, 'PATCH', `${at}/git/refs/heads/slackwater-state`, { body: { sha: main, force: true } });
  write({ message: 'Again', content: base64('{"c":1}'), branch: 'slackwater-state' });
  ask(appLogin, 'POST', `${at}/pulls`, { body: { title: 'State', head: 'slackwater-state', base: 'main', body: 'See' } });
  ask(appLogin, 'POST', `${at}/pulls`, { body: { title: 'State', head: 'slackwater-state', base: 'main' } });
  ask(appLogin, 'POST', `${at}/pulls`, { body: { title: 'State', head: 'none', base: 'main' } });
  ask(appLogin, 'GET', `${at}/pulls`, { query: { head: 'acme:slackwater-state' } });
  ask(appLogin, 'PATCH', `${at}/pulls/2`, { body: { title: 'State of shop', state: 'closed' } });
  ask(appLogin, 'GET', `${at}/pulls/2`);
  ask(appLogin, 'GET', `${at}/pulls/1`);
  const again = textAt(recordAt(write({ message: 'x', content: base64('{"d":1}'), branch: 'main' }).record, 'content'), 'sha');
  ask(appLogin, 'DELETE', `${at}/contents/state%2Fshop.json`, { body: { message: 'Forget', sha: again } });
  ask(appLogin, 'DELETE', `${at}/git/refs/heads/slackwater-state`);
}

/** Check runs, commits made piece by piece, and people in teams. */
function exercisePieces(ask: ReturnType<typeof makeWorld>['ask']): void {
  const main = textAt(recordAt(ask(appLogin, 'GET', `${at}/git/ref/heads/main`).record, 'object'), 'sha') ?? '';
  const tree = textAt(ask(appLogin, 'GET', `${at}/git/commits/${main}`).record, 'tree', 'sha') ?? '';
  ask(appLogin, 'GET', `${at}/git/trees/${tree}`, { query: { recursive: '1' } });
  ask(appLogin, 'GET', `${at}/git/trees/0000`);
  const blob = textAt(ask(appLogin, 'POST', `${at}/git/blobs`, { body: { content: base64('{}'), encoding: 'base64' } }).record, 'sha');
  const written = ask(appLogin, 'POST', `${at}/git/trees`, { body: { base_tree: tree, tree: [{ path: 'a.json', mode: '100644', type: 'blob', sha: blob }] } });
  const made = ask(appLogin, 'POST', `${at}/git/commits`, { body: { message: 'Piece by piece', tree: textAt(written.record, 'sha'), parents: [main] } });
  const sha = textAt(made.record, 'sha') ?? '';
  ask(appLogin, 'POST', `${at}/git/refs`, { body: { ref: 'refs/heads/pieces', sha } });
  const pull = Number(ask('demo-operator', 'POST', `${at}/pulls`, { body: { title: 'Pieces', head: 'pieces', base: 'main' } }).record['number']);
  ask(appLogin, 'GET', `${at}/pulls/${pull}/files`, { query: { per_page: '100' } });
  ask(appLogin, 'GET', `${at}/pulls/999/files`);
  ask(appLogin, 'GET', `${at}/compare/${main}...${sha}`);
  const annotation = { path: 'a.json', start_line: 1, end_line: 1, annotation_level: 'failure', message: 'Not so' };
  const check = ask(appLogin, 'POST', `${at}/check-runs`, { body: { name: 'policy', head_sha: sha, status: 'in_progress' } }).record['id'];
  ask('demo-operator', 'POST', `${at}/check-runs`, { body: { name: 'policy', head_sha: sha } });
  const output = { title: 'One fault', summary: 'See', annotations: [annotation] };
  ask(appLogin, 'PATCH', `${at}/check-runs/${check}`, { body: { status: 'completed', conclusion: 'action_required', output, actions: [{ label: 'Approve', description: 'This plan', identifier: 'approve' }] } });
  ask(appLogin, 'GET', `${at}/check-runs/${check}`);
  ask(appLogin, 'GET', `${at}/commits/${sha}/check-runs`, { query: { check_name: 'policy', filter: 'latest' } });
  for (const login of ['demo-operator', 'demo-reader']) ask(appLogin, 'GET', `/orgs/acme/teams/sre/memberships/${login}`);
}

const permissions = Object.fromEntries(appPermissions.map(({ name, access }) => [name, access]));
const wholeApp = { app: setup.app === null ? null : { ...setup.app, permissions }, teams: { 'acme/sre': ['demo-operator'] } };

test('every request and answer keeps to the published description', { skip: published.skip }, () => {
  const { ask, exchanges } = makeWorld(wholeApp);
  exercise(ask);
  exercisePieces(ask);
  const contract = openContract();
  const faults = exchanges.flatMap((exchange) => contract.check(exchange));
  assert.deepEqual(faults, []);
  assert.ok(exchanges.length > 75);
});

test('every operation served is one GitHub publishes, and each is held against its description here', { skip: published.skip }, () => {
  const { ask, exchanges } = makeWorld(wholeApp);
  exercise(ask);
  exercisePieces(ask);
  const { operations } = openContract();
  const plain = (operation: string): string => operation.replace('/{path}', '').replaceAll(/\{\w+\}/g, '{}');
  const known = new Set(operations.map(plain));
  // A file's path and a reference may hold slashes.
  const isOf = (operation: string, { method, path }: Exchange): boolean =>
    new RegExp(`^${operation.replaceAll(/\{(path|ref|branch)\}/g, '.+').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(`${method} ${path}`);

  assert.deepEqual(servedOperations.filter((operation) => !known.has(plain(operation))), []);
  assert.deepEqual(servedOperations.filter((operation) => !exchanges.some((exchange) => exchange.status < 300 && isOf(operation, exchange))), []);
});

test('the check of the description finds a field that is missing', { skip: published.skip }, () => {
  const { ask, exchanges } = makeWorld();
  ask(appLogin, 'POST', `${at}/issues`, { body: { title: 'x' } });
  const broken = exchanges.map((exchange) => ({ ...exchange, responseBody: { number: 1 }, requestBody: { body: 1 } }));
  const faults = broken.flatMap((exchange) => openContract().check(exchange));
  assert.match(faults.join('\n'), /html_url/);
  assert.match(faults.join('\n'), /request: .*title/);
});

test('what an exercise does is answered as GitHub answers it', () => {
  const { ask, exchanges } = makeWorld();
  exercise(ask);
  const told = exchanges.map(({ method, path, status }) => `${method} ${path.replace(at, '')} ${status}`);
  const expected = [
    'POST /labels 422',
    'POST /issues 422',
    'DELETE /issues/1/labels/slackwater 404',
    'POST /issues/9/comments 404',
    'POST /git/refs 422',
    'PUT /contents/state%2Fshop.json 201',
    'PUT /contents/state%2Fshop.json 200',
    'PUT /contents/state%2Fshop.json 409',
    'PUT /contents/state%2Fshop.json 422',
    'PUT /contents/state%2Fshop.json 404',
    'PATCH /git/refs/heads/slackwater-state 422',
    'POST /pulls 422',
    'GET /pulls/1 404',
    'DELETE /git/refs/heads/slackwater-state 204',
  ];
  for (const line of expected) assert.ok(told.includes(line), line);
  const search = exchanges.find(({ query }) => (query['q'] ?? '').includes('in:body'));
  assert.equal(isRecord(search?.responseBody) ? search.responseBody['total_count'] : null, 1);
});

test('the same mutating requests give the same world and the same answers', () => {
  const first = makeWorld();
  exercise(first.ask);
  const again = createGitHub({ ...setup, ...base });
  const deliveries: number[] = [];
  for (const { at: moment, request } of first.requests) {
    if (request.method === 'GET') continue;
    for (const change of again.apply(moment, request).changes) deliveries.push(readWebhook(change)?.delivery ?? 0);
  }
  assert.deepEqual(again.world, first.github.world);
  assert.deepEqual(deliveries, first.changes.map(({ delivery }) => delivery));
});

test('issues, their comments and pull requests say themselves as webhooks', () => {
  const { ask, changes } = makeWorld();
  exercise(ask);
  const told = changes.map(({ event, payload }) => `${event} ${textAt(payload, 'action')}`);
  assert.deepEqual(told, [
    'issues opened',
    'issues edited',
    'issues labeled',
    'issues unlabeled',
    'issues unlabeled',
    'issues unlabeled',
    'issue_comment created',
    'issue_comment edited',
    'issues closed',
    'issue_comment deleted',
    'pull_request opened',
    'pull_request edited',
    'pull_request closed',
  ]);
  const created = changes.find(({ event }) => event === 'issue_comment')?.payload ?? {};
  assert.equal(textAt(created, 'comment', 'body'), '/resume');
  assert.equal(textAt(created, 'sender', 'login'), 'demo-operator');
  assert.equal(textAt(created, 'repository', 'full_name'), repository);
  assert.equal(recordAt(created, 'issue')['number'], 1);
  assert.equal(typeof recordAt(created, 'installation')['id'], 'number');
});

test('a list is cut into pages that link to each other', () => {
  const { ask } = makeWorld();
  for (let count = 1; count <= 5; count += 1) ask(appLogin, 'POST', `${at}/issues`, { body: { title: `Issue ${count}`, labels: ['a'] } });
  const query = { per_page: '2', labels: 'a' };
  const numbers = (page: string): unknown[] => ask(appLogin, 'GET', `${at}/issues`, { query: { ...query, page } }).list.map((issue: unknown) => (isRecord(issue) ? issue['number'] : null));
  assert.deepEqual([numbers('1'), numbers('2'), numbers('3'), numbers('4')], [[5, 4], [3, 2], [1], []]);
  const link = ask(appLogin, 'GET', `${at}/issues`, { query: { ...query, page: '2' } }).headers['link'] ?? '';
  const url = (page: number): string => `<${base.baseUrl}${at}/issues?per_page=2&labels=a&page=${page}>`;
  assert.equal(link, `${url(1)}; rel="prev", ${url(3)}; rel="next", ${url(3)}; rel="last", ${url(1)}; rel="first"`);
});

test('issues are listed by label, state, creator and time of change', () => {
  const { ask } = makeWorld();
  ask(appLogin, 'POST', `${at}/issues`, { body: { title: 'one', labels: ['a', 'b'] } });
  ask('demo-operator', 'POST', `${at}/issues`, { body: { title: 'two', labels: ['a'] } });
  ask(appLogin, 'PATCH', `${at}/issues/1`, { body: { state: 'closed' } });
  const titles = (query: Readonly<Record<string, string>>): unknown => ask(appLogin, 'GET', `${at}/issues`, { query }).list.map((issue: unknown) => (isRecord(issue) ? issue['title'] : null));
  assert.deepEqual(titles({}), ['two']);
  assert.deepEqual(titles({ state: 'all', labels: 'A,b' }), ['one']);
  assert.deepEqual(titles({ state: 'all', creator: 'demo-operator' }), ['two']);
  assert.deepEqual(titles({ state: 'all', since: '2026-11-21T22:03:00Z' }), ['one']);
});

test('an unchanged answer is a 304 to who has it', () => {
  const { ask } = makeWorld();
  const etag = ask(appLogin, 'GET', `${at}/contents/README.md`).headers['etag'] ?? '';
  const same = ask(appLogin, 'GET', `${at}/contents/README.md`, { headers: { 'if-none-match': etag } });
  assert.deepEqual([same.status, same.body], [304, null]);
  const sha = ask(appLogin, 'GET', `${at}/contents/README.md`).record['sha'];
  ask(appLogin, 'PUT', `${at}/contents/README.md`, { body: { message: 'x', content: base64('new'), sha } });
  assert.equal(ask(appLogin, 'GET', `${at}/contents/README.md`, { headers: { 'if-none-match': etag } }).status, 200);
});

const rights: readonly (readonly [string, string, string, unknown, number])[] = [
  ['demo-stranger', 'GET', at, null, 404],
  ['demo-stranger', 'GET', '/repos/acme/open', null, 200],
  ['demo-reader', 'POST', `${at}/issues`, { title: 'x' }, 201],
  ['demo-reader', 'PATCH', `${at}/issues/1`, { title: 'y' }, 403],
  ['demo-triager', 'PATCH', `${at}/issues/1`, { title: 'y' }, 200],
  ['demo-triager', 'PUT', `${at}/contents/a`, { message: 'x', content: '' }, 404],
  ['demo-operator', 'PUT', `${at}/contents/a`, { message: 'x', content: '' }, 201],
  ['nobody', 'GET', at, null, 401],
  ['', 'GET', at, null, 401],
  [appActor, 'GET', at, null, 403],
  [appLogin, 'GET', '/app', null, 401],
  [appLogin, 'GET', '/user', null, 403],
  [appLogin, 'GET', `${at}/milestones`, null, 501],
  [appLogin, 'GET', `${at}/contents/%E0%A4%A`, null, 501],
];

for (const [login, method, path, body, status] of rights) {
  test(`${login || 'nobody'} gets ${status} for ${method} ${path}`, () => {
    const { ask } = makeWorld();
    ask(appLogin, 'POST', `${at}/issues`, { body: { title: 'of the App' } });
    assert.equal(ask(login, method, path, { body }).status, status);
  });
}

test('an App without write access to issues is refused', () => {
  const app = { id: 1, slug: 'slackwater', permissions: { metadata: 'read' }, token: null } as const;
  const github = createGitHub({ ...setup, ...base, app });
  const request = { method: 'POST', path: `${at}/issues`, query: {}, headers: { [actorHeader]: appLogin }, body: { title: 'x' } };
  assert.equal(github.apply(startedAt, request).response.status, 403);
  assert.equal(github.world.repositories.get(repository)?.issues.size, 0);
});

test('a folder lists files and folders, each once', () => {
  const { ask } = makeWorld();
  for (const path of ['a/b/c.txt', 'a/b/d.txt', 'a/e.txt']) ask(appLogin, 'PUT', `${at}/contents/${path}`, { body: { message: 'x', content: base64(path) } });
  const names = recordsAt({ list: ask(appLogin, 'GET', `${at}/contents/a`).list }, 'list').map((entry) => `${textAt(entry, 'type')} ${textAt(entry, 'path')}`);
  assert.deepEqual(names, ['dir a/b', 'file a/e.txt']);
  assert.equal(ask(appLogin, 'GET', `${at}/contents/`).list.length, 2);
});

test('a blob has the id git gives it', () => {
  // `printf 'what is up, doc?' | git hash-object --stdin`, the example of the Pro Git book.
  assert.equal(blobSha(encodeUtf8('what is up, doc?')), 'bd9dbf5aae1a3862dd1526723246b20206e5fc37');
});

test('SHA-1 agrees with the platform for every length around a block', () => {
  for (let length = 0; length < 200; length += 1) {
    const text = 'é'.repeat(length).slice(0, length);
    assert.equal(sha1(encodeUtf8(text)), createHash('sha1').update(text).digest('hex'));
  }
});

test('Base64 survives there and back, and what is none is refused', () => {
  const bytes = encodeUtf8('Maintenance ✓ '.repeat(20));
  assert.equal(decodeBase64(encodeBase64(bytes)), bytes);
  assert.equal(decodeBase64('%%%'), null);
});
