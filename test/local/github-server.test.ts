import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createGitHubPort } from '../../adapters/github-client.ts';
import { verifySignature } from '../../adapters/github-signature.ts';
import { isRecord, textAt } from '../../domain/json.ts';
import { openJournal } from '../../local/journal.ts';
import { listenOnLoopback } from '../../local/loopback-http.ts';
import { openContract, published } from '../sim/github-contract.ts';
import { appLogin, botToken, repository, setup, startGitHub } from './github-fixture.ts';

const secret = 'webhook-secret-of-the-test';

interface Received {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Takes webhooks and answers with the statuses given, then 202. */
async function receive(context: TestContext, statuses: readonly number[] = []) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    received.push({ headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(statuses[received.length - 1] ?? 202).end();
  });
  const { port, close } = await listenOnLoopback(server, 0);
  context.after(close);
  return { received, url: `http://127.0.0.1:${port}/api/github/webhook` };
}

function webhookTo(url: string | null) {
  return { webhook: { secret, seed: 1, deliverTo: () => url } };
}

function openIssue(server: { request(login: string, method: string, path: string, body: unknown): unknown }, body = 'Report') {
  server.request(appLogin, 'POST', `/repos/${repository}/issues`, { title: 'Maintenance', body });
}

test('a request without a token, or with an unknown one, is refused', async (context) => {
  const { server } = await startGitHub(context);
  const get = async (headers: Readonly<Record<string, string>>) => (await fetch(`${server.apiUrl}/repos/${repository}`, { headers })).status;
  assert.equal(await get({}), 401);
  assert.equal(await get({ authorization: 'Bearer nobody' }), 401);
  assert.equal(await get({ authorization: 'Bearer a.b.c' }), 401);
  assert.equal(await get({ 'x-simulated-actor': 'demo-admin' }), 401);
  assert.equal(await get({ authorization: 'token token-of-reader' }), 200);
  assert.equal(await get({ authorization: 'token token-of-stranger', 'x-simulated-actor': 'demo-admin' }), 404);
});

test('a comment is delivered as a signed webhook', async (context) => {
  const { received, url } = await receive(context);
  const { server } = await startGitHub(context, webhookTo(url));
  openIssue(server);
  server.request('demo-operator', 'POST', `/repos/${repository}/issues/1/comments`, { body: '/status' });
  await server.webhooks.whenIdle();

  assert.deepEqual(received.map(({ headers }) => headers['x-github-event']), ['issues', 'issue_comment']);
  const [, comment] = received;
  assert.ok(comment);
  assert.equal(verifySignature(comment.body, String(comment.headers['x-hub-signature-256']), [secret]), 'valid');
  assert.match(String(comment.headers['x-github-delivery']), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(comment.headers['content-type'], 'application/json');
  const payload: unknown = JSON.parse(comment.body.toString('utf8'));
  assert.ok(isRecord(payload));
  assert.deepEqual([textAt(payload, 'action'), textAt(payload, 'comment', 'body')], ['created', '/status']);
});

test('a failed delivery is kept, not tried again, and redelivered under its own id', async (context) => {
  const { received, url } = await receive(context, [500]);
  const { server } = await startGitHub(context, webhookTo(url));
  openIssue(server);
  await server.webhooks.whenIdle();
  const [delivery] = server.webhooks.deliveries;
  assert.deepEqual([delivery?.state, delivery?.status, received.length], ['failed', 500, 1]);

  assert.equal(server.webhooks.redeliver(delivery?.guid ?? ''), true);
  await server.webhooks.whenIdle();
  assert.deepEqual([delivery?.state, delivery?.status, delivery?.attempts], ['delivered', 202, 2]);
  assert.deepEqual(received.map(({ headers }) => headers['x-github-delivery']), [delivery?.guid, delivery?.guid]);
  assert.equal(server.webhooks.redeliver('none'), false);
});

test('a delivery to nobody fails and hurts nothing', async (context) => {
  const { server } = await startGitHub(context, webhookTo(null));
  openIssue(server);
  await server.webhooks.whenIdle();
  assert.deepEqual(server.webhooks.deliveries.map(({ state, status }) => [state, status]), [['failed', null]]);
});

test('a world is the same after a restart, and its webhooks keep their ids without being sent again', async (context) => {
  const journal = openJournal(':memory:');
  const { received, url } = await receive(context);
  const first = await startGitHub(context, { journal, ...webhookTo(url) });
  const port = createGitHubPort({ baseUrl: first.server.apiUrl, auth: { kind: 'token', token: botToken }, appLogin });
  const marker = '<!-- slackwater:run:x -->';
  await port.ensureIssue({ repository, marker, title: 'T', body: 'B', labels: [], state: 'open', knownNumber: null });
  first.server.request('demo-operator', 'POST', `/repos/${repository}/issues/1/comments`, { body: '/status' });
  await first.server.webhooks.whenIdle();
  const before = first.server.webhooks.deliveries.map(({ guid }) => guid);
  await first.server.close();

  const second = await startGitHub(context, { journal, ...webhookTo(url) });
  assert.deepEqual(second.server.github.world.repositories, first.server.github.world.repositories);
  assert.deepEqual(second.server.webhooks.deliveries.map(({ guid, state }) => [guid, state]), before.map((guid) => [guid, 'unknown']));
  second.server.request('demo-operator', 'POST', `/repos/${repository}/issues/1/comments`, { body: '/help' });
  await second.server.webhooks.whenIdle();
  assert.equal(received.length, 3);
  assert.equal(new Set(received.map(({ headers }) => headers['x-github-delivery'])).size, 3);
  journal.close();
});

test('what Octokit sends and gets keeps to the published description', { skip: published.skip }, async (context) => {
  const { server, log } = await startGitHub(context);
  const port = createGitHubPort({ baseUrl: server.apiUrl, auth: { kind: 'token', token: botToken }, appLogin });
  const marker = '<!-- slackwater:run:x -->';
  const report = { repository, marker, title: 'T', body: 'B', labels: ['a'], state: 'open', knownNumber: null } as const;
  await Promise.all([port.ensureIssue(report), port.ensureIssue(report)]);
  await port.ensureIssue({ ...report, state: 'closed', knownNumber: 1 });
  await port.ensureIssue({ ...report, knownNumber: 99 });
  const comment = await port.ensureComment({ repository, issueNumber: 1, marker, body: 'C' });
  await port.react({ repository, commentId: comment.ok ? comment.value.id : 0, content: 'eyes' });
  await port.permissionOf(repository, 'demo-admin');
  await port.permissionOf(repository, 'nobody');

  const contract = openContract();
  const faults = log.entries.flatMap((entry) => contract.check({ ...entry, path: entry.path.replace('/api/v3', '') }));
  assert.deepEqual(faults, []);
  assert.ok(log.entries.length >= 12);
});

test('every URL an answer names begins with this server', async (context) => {
  const { server } = await startGitHub(context);
  openIssue(server);
  const response = await fetch(`${server.apiUrl}/repos/${repository}/issues/1`, { headers: { authorization: `Bearer ${botToken}` } });
  const text = await response.text();
  const foreign = [...text.matchAll(/"([a-z_]*url)":"([^"]+)"/g)].filter(([, , url]) => !url?.startsWith(server.url));
  assert.deepEqual(foreign, []);
});

test('a box of an issue is ticked on its page by whoever may edit it, and the receiver hears of it', async (context) => {
  const { server } = await startGitHub(context);
  openIssue(server, 'A list\n\n- [ ] <!-- one -->the first\n- [x] the second');
  const tick = (login: string, line: number) => fetch(`${server.url}/${repository}/issues/1/ticks/${line}`, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ login }).toString() });
  const bodyNow = () => server.github.world.repositories.get(repository)?.issues.get(1)?.body;

  assert.match(await (await fetch(`${server.url}/${repository}/issues/1`)).text(), /issues\/1\/ticks\/2">☐ the first<[^]*ticks\/3">☑ the second</);
  assert.equal((await tick('demo-operator', 2)).status, 303);
  assert.equal(bodyNow(), 'A list\n\n- [x] <!-- one -->the first\n- [x] the second');
  await tick('demo-operator', 3);
  await tick('demo-operator', 0);
  assert.equal(bodyNow(), 'A list\n\n- [x] <!-- one -->the first\n- [ ] the second');
  assert.equal((await tick('demo-reader', 2)).status, 403);
  assert.deepEqual(server.webhooks.deliveries.map(({ event }) => event).filter((event) => event === 'issues').length, 3);
});

test('pages show repositories, issues and files', async (context) => {
  const { server } = await startGitHub(context);
  openIssue(server, '## Users\n\n| pool | state |\n| --- | --- |\n| usr | **blocked** |\n<!-- hidden -->');
  const read = async (path: string) => {
    const response = await fetch(server.url + path);
    assert.equal(response.status, 200, path);
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    return response.text();
  };
  assert.match(await read('/'), /href="\/acme\/platform\/issues"/);
  assert.match(await read('/acme/platform/issues'), /href="\/acme\/platform\/issues\/1">Maintenance/);
  const issue = await read('/acme/platform/issues/1');
  assert.match(issue, /<h2>Users<\/h2>/);
  assert.match(issue, /<td class="left"><strong>blocked<\/strong><\/td>/);
  assert.doesNotMatch(issue, /hidden -/);
  assert.match(await read('/acme/platform/blob/main/README.md'), /# Platform/);
  assert.equal((await fetch(`${server.url}/acme/platform/issues/9`)).status, 404);
  assert.equal((await fetch(`${server.url}/acme/none`)).status, 404);
});

const nasty = '<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) "quoted" \'single\' <a href="https://example.com" onclick="x()">y</a>';

test('nasty text in titles, bodies, labels, comments and files stays text', async (context) => {
  const { server } = await startGitHub(context);
  const at = `/repos/${repository}`;
  server.request(appLogin, 'POST', `${at}/issues`, { title: nasty, body: nasty, labels: ['<b>"label'] });
  server.request('demo-operator', 'POST', `${at}/issues/1/comments`, { body: `<details><summary>${nasty}</summary>\n\n${nasty}\n` });
  server.request(appLogin, 'PUT', `${at}/contents/${encodeURIComponent('"><script>.txt')}`, { message: 'x', content: btoa(nasty) });
  for (const path of ['/acme/platform/issues', '/acme/platform/issues/1', `/acme/platform/blob/main/${encodeURIComponent('"><script>.txt')}`]) {
    const html = await (await fetch(server.url + path)).text();
    assert.match(html, /&lt;script&gt;/, path);
    assert.doesNotMatch(html, /<(script|img|iframe|svg|b>"label)/i, path);
    assert.doesNotMatch(html, /<[^>]*\son\w+\s*=/i, path);
    assert.doesNotMatch(html, /href="\s*javascript:/i, path);
  }
});

async function submit(url: string, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
  return fetch(url, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(form) });
}

test('a comment written on a page is a comment of that person and triggers the webhook', async (context) => {
  const { received, url } = await receive(context);
  const journal = openJournal(':memory:');
  const { server } = await startGitHub(context, { journal, ...webhookTo(url) });
  openIssue(server);
  const page = `${server.url}/acme/platform/issues/1`;

  const answer = await submit(page, { login: 'demo-operator', body: '/resume\r\nplease' }, { origin: server.url });
  await server.webhooks.whenIdle();

  assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/acme/platform/issues/1']);
  const [comment] = [...(server.github.world.repositories.get(repository)?.comments.values() ?? [])];
  assert.deepEqual([comment?.author.login, comment?.body], ['demo-operator', '/resume\nplease']);
  assert.equal(received.at(-1)?.headers['x-github-event'], 'issue_comment');
  assert.equal(journal.rows().length, 2);
  journal.close();
});

test('a page takes comments from itself only, of people it knows, on issues that exist', async (context) => {
  const { server } = await startGitHub(context);
  openIssue(server);
  const page = `${server.url}/acme/platform/issues/1`;
  assert.equal((await submit(page, { login: 'demo-operator', body: 'x' }, { origin: 'https://example.com' })).status, 403);
  assert.equal((await submit(page, { login: appLogin, body: 'x' })).status, 422);
  assert.equal((await submit(page, { login: 'demo-operator', body: '' })).status, 422);
  assert.equal((await submit(`${server.url}/acme/platform/issues/7`, { login: 'demo-operator', body: 'x' })).status, 404);
  assert.equal((await submit(`${server.url}/acme/platform`, { login: 'demo-operator', body: 'x' })).status, 405);
  assert.equal(server.github.world.repositories.get(repository)?.comments.size, 0);
});

test('no token of the setup reaches the log or a page', async (context) => {
  const { server, log } = await startGitHub(context);
  openIssue(server);
  await fetch(`${server.apiUrl}/user`, { headers: { authorization: 'Bearer token-of-admin' } });
  await fetch(`${server.url}/acme/platform/issues/1`);
  const told = JSON.stringify(log.entries);
  for (const { token } of setup.people) assert.equal(told.includes(token ?? ''), false);
});
