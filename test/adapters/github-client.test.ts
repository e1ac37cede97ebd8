import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createGitHubPort } from '../../adapters/github-client.ts';
import type { GitHubPortOptions } from '../../adapters/github-client.ts';
import type { Outcome } from '../../domain/failure.ts';
import { numberAt } from '../../domain/json.ts';
import type { InjectedFault } from '../../local/faults.ts';
import { appKeys, appLogin, botToken, repository, startedAt, startGitHub } from '../local/github-fixture.ts';

async function connect(context: TestContext, changed: Partial<GitHubPortOptions> = {}) {
  const local = await startGitHub(context);
  const port = createGitHubPort({ baseUrl: local.server.apiUrl, auth: { kind: 'token', token: botToken }, appLogin, ...changed });
  const writes = () => local.log.entries.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path.replace('/api/v3/repos/acme/platform', '')}`);
  return { ...local, port, writes };
}

const marker = '<!-- slackwater:run:shop-20261121T2200Z -->';
const report = { repository, marker, title: 'Maintenance of shop', body: 'All is well.', labels: ['maintenance'], state: 'open', knownNumber: null } as const;

function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.failure.message);
  return outcome.value;
}

function failureOf<T>(outcome: Outcome<T>) {
  assert.equal(outcome.ok, false);
  return outcome.ok ? assert.fail() : outcome.failure;
}

test('an issue is opened once, found by its marker, and written only when something differs', async (context) => {
  const { port, writes, server } = await connect(context);

  const first = valueOf(await port.ensureIssue(report));
  const again = valueOf(await port.ensureIssue(report));
  const known = valueOf(await port.ensureIssue({ ...report, knownNumber: first.number }));
  assert.deepEqual([again, known], [first, first]);
  assert.deepEqual(writes(), ['POST /issues']);

  valueOf(await port.ensureIssue({ ...report, body: 'A drain is blocked.', knownNumber: first.number }));
  valueOf(await port.ensureIssue({ ...report, body: 'A drain is blocked.', state: 'closed' }));
  valueOf(await port.ensureIssue({ ...report, body: 'A drain is blocked.', state: 'closed' }));
  assert.deepEqual(writes(), ['POST /issues', 'PATCH /issues/1', 'PATCH /issues/1']);

  const kept = server.github.world.repositories.get(repository)?.issues.get(1);
  assert.equal(kept?.body, `A drain is blocked.\n\n${marker}\n`);
  assert.deepEqual([kept?.state, kept?.labels], ['closed', ['slackwater', 'maintenance']]);
  assert.equal(first.url, `${server.url}/acme/platform/issues/1`);
});

test('an issue is read again before it is revised, opened where there is none, and left where nothing differs', async (context) => {
  const { port, writes, server } = await connect(context);
  const marked = '<!-- slackwater:dashboard -->';
  const revision = { repository, marker: marked, label: 'slackwater-dashboard', knownNumber: null, whenMissing: 'open' } as const;
  const wanted = { title: 'Dashboard', body: 'Nothing.', state: 'open' } as const;
  server.request('demo-operator', 'POST', `/repos/${repository}/issues`, { title: 'A forgery', body: marked, labels: ['slackwater', 'slackwater-dashboard'] });

  assert.equal(valueOf(await port.reviseIssue({ ...revision, whenMissing: 'leave', revise: () => wanted })), null, "a stranger's issue is none of ours");
  const opened = valueOf(await port.reviseIssue({ ...revision, revise: () => wanted }));
  assert.equal(opened?.number, 2);
  server.request('demo-operator', 'PATCH', `/repos/${repository}/issues/2`, { body: `A person was here.\n${marked}` });
  const seen: string[] = [];
  valueOf(await port.reviseIssue({ ...revision, revise: (present) => (seen.push(present?.body ?? ''), null) }));
  valueOf(await port.reviseIssue({ ...revision, revise: (present) => present }));
  valueOf(await port.reviseIssue({ ...revision, knownNumber: 2, label: null, revise: (present) => (present === null ? null : { ...present, body: present.body.replace('person', 'cat') }) }));

  assert.deepEqual(seen, [`A person was here.\n${marked}`]);
  assert.deepEqual(writes(), ['POST /issues', 'PATCH /issues/2']);
  const kept = server.github.world.repositories.get(repository)?.issues.get(2);
  assert.equal(kept?.body?.trimEnd(), `A cat was here.\n${marked}`);
  assert.deepEqual(kept?.labels, ['slackwater', 'slackwater-dashboard']);
});

test('a marker is found behind a hundred newer issues', async (context) => {
  const { port, server, writes } = await connect(context);
  const first = valueOf(await port.ensureIssue(report));
  for (let count = 0; count < 130; count += 1) {
    server.request(appLogin, 'POST', `/repos/${repository}/issues`, { title: `Run ${count}`, labels: ['slackwater'] });
  }

  assert.deepEqual(valueOf(await port.ensureIssue(report)), first);
  assert.deepEqual(writes(), ['POST /issues']);
});

test('an issue with our marker that somebody else opened is not ours', async (context) => {
  const { port, server } = await connect(context);
  server.request('demo-operator', 'POST', `/repos/${repository}/issues`, { title: 'Trap', body: marker, labels: ['slackwater'] });

  assert.equal(valueOf(await port.ensureIssue(report)).number, 2);
  assert.equal(valueOf(await port.ensureIssue({ ...report, knownNumber: 1 })).number, 2);
  assert.equal(server.github.world.repositories.get(repository)?.issues.get(1)?.title, 'Trap');
});

test('of two issues opened at once the lower number stays and the other is closed', async (context) => {
  const { port, server } = await connect(context);

  const outcomes = await Promise.all([port.ensureIssue(report), port.ensureIssue(report), port.ensureIssue(report)]);

  assert.deepEqual(outcomes.map((outcome) => valueOf(outcome).number), [1, 1, 1]);
  const issues = [...(server.github.world.repositories.get(repository)?.issues.values() ?? [])];
  assert.deepEqual(issues.filter(({ state }) => state === 'open').map(({ number }) => number), [1]);
  assert.equal(valueOf(await port.ensureIssue(report)).number, 1);
});

test('two issues left by a killed process become one at the next look', async (context) => {
  const { port, server } = await connect(context);
  for (const title of ['first', 'second']) {
    server.request(appLogin, 'POST', `/repos/${repository}/issues`, { title, body: marker, labels: ['slackwater'] });
  }

  assert.equal(valueOf(await port.ensureIssue(report)).number, 1);
  const second = server.github.world.repositories.get(repository)?.issues.get(2);
  assert.equal(second?.state, 'closed');
  assert.match(second?.body ?? '', /kept in #1/);
});

test('a lost answer to a creation does not make a second issue', async (context) => {
  const { port, faults, server } = await connect(context);
  faults.add({ method: 'POST', path: /issues$/, times: 1, mishap: { kind: 'cut', moment: 'after' } });

  const failure = failureOf(await port.ensureIssue(report));
  assert.deepEqual([failure.code, failure.class], ['github-unreachable', 'transient']);
  assert.equal(valueOf(await port.ensureIssue(report)).number, 1);
  assert.equal(server.github.world.repositories.get(repository)?.issues.size, 1);
});

test('a comment is posted once, and a marker somebody else typed does not count', async (context) => {
  const { port, server } = await connect(context);
  const { number: issueNumber } = valueOf(await port.ensureIssue(report));
  const notice = '<!-- slackwater:notice:run:pause-1 -->';
  for (let count = 0; count < 120; count += 1) {
    server.request('demo-operator', 'POST', `/repos/${repository}/issues/${issueNumber}/comments`, { body: `word ${count} ${notice}` });
  }

  const request = { repository, issueNumber, marker: notice, body: 'A drain is blocked.' };
  const posted = valueOf(await port.ensureComment(request));
  const again = valueOf(await port.ensureComment(request));

  assert.equal(posted.created, true);
  assert.deepEqual(again, { id: posted.id, created: false });
  assert.equal(server.github.world.repositories.get(repository)?.comments.get(posted.id)?.body, `A drain is blocked.\n\n${notice}\n`);
});

test('an answer is posted once and then changed in place, a lost answer of GitHub included', async (context) => {
  const { port, server, writes, faults } = await connect(context);
  const { number: issueNumber } = valueOf(await port.ensureIssue(report));
  const answer = '<!-- slackwater:answer:comment-7 -->';
  faults.add({ method: 'POST', path: /\/comments$/, times: 1, mishap: { kind: 'cut', moment: 'after' } });
  failureOf(await port.keepComment({ repository, issueNumber, marker: answer, body: 'Begun.' }));
  const first = valueOf(await port.keepComment({ repository, issueNumber, marker: answer, body: 'Begun.' }));
  const second = valueOf(await port.keepComment({ repository, issueNumber, marker: answer, body: 'Done.' }));

  assert.deepEqual(second, first);
  assert.deepEqual(writes().slice(1), [`POST /issues/${issueNumber}/comments`, `PATCH /issues/comments/${first.id}`, `PATCH /issues/comments/${first.id}`]);
  assert.equal(server.github.world.repositories.get(repository)?.comments.get(first.id)?.body, `Done.\n\n${answer}\n`);
});

test('a comment is told as GitHub holds it now, with its issue, and null when it is gone', async (context) => {
  const { port, server } = await connect(context);
  const { number: issueNumber } = valueOf(await port.ensureIssue(report));
  const written = server.request('demo-operator', 'POST', `/repos/${repository}/issues/${issueNumber}/comments`, { body: '/abort' }).body;
  const commentId = numberAt(written, 'id') ?? 0;

  const { createdAt, updatedAt, ...held } = valueOf(await port.readComment({ repository, commentId })) ?? assert.fail('it is there');
  assert.deepEqual(held, { author: 'demo-operator', authorType: 'User', body: '/abort', issueNumber, issueAuthor: appLogin, isPullRequest: false, issueRunId: 'shop-20261121T2200Z' });
  assert.equal(updatedAt, createdAt);

  server.request('demo-operator', 'PATCH', `/repos/${repository}/issues/comments/${commentId}`, { body: '/abort now' });
  const edited = valueOf(await port.readComment({ repository, commentId }));
  assert.ok(edited !== null && edited.body === '/abort now' && edited.updatedAt > createdAt);
  server.request('demo-operator', 'DELETE', `/repos/${repository}/issues/comments/${commentId}`, null);
  assert.equal(valueOf(await port.readComment({ repository, commentId })), null);
});

test('our comment with a marker is found among many since a moment, and nobody else\'s is', async (context) => {
  const { port, server, log } = await connect(context);
  const { number: issueNumber } = valueOf(await port.ensureIssue(report));
  const answer = '<!-- slackwater:answer:comment-7 -->';
  const has = async (since: number) => valueOf(await port.hasComment({ repository, issueNumber, marker: answer, since }));
  server.request('demo-operator', 'POST', `/repos/${repository}/issues/${issueNumber}/comments`, { body: `mine ${answer}` });
  assert.equal(await has(startedAt), false);

  valueOf(await port.ensureComment({ repository, issueNumber, marker: answer, body: 'Done.' }));

  assert.equal(await has(startedAt), true);
  assert.equal(await has(startedAt + 86_400_000), false);
  assert.equal(log.entries.at(-1)?.query['since'], '2026-11-22T22:00:00.000Z');
});

test('a reaction is there once however often it is added', async (context) => {
  const { port, server, log } = await connect(context);
  const { number: issueNumber } = valueOf(await port.ensureIssue(report));
  const { id: commentId } = valueOf(await port.ensureComment({ repository, issueNumber, marker, body: 'Word' }));

  valueOf(await port.react({ repository, commentId, content: 'eyes' }));
  valueOf(await port.react({ repository, commentId, content: 'eyes' }));

  assert.deepEqual(log.entries.slice(-2).map(({ status }) => status), [201, 200]);
  assert.equal(server.github.world.repositories.get(repository)?.comments.get(commentId)?.reactions.length, 1);
});

const people: readonly (readonly [string, string])[] = [
  ['demo-reader', 'read'],
  ['demo-triager', 'triage'],
  ['demo-operator', 'write'],
  ['demo-maintainer', 'maintain'],
  ['demo-admin', 'admin'],
  ['DEMO-ADMIN', 'admin'],
  ['demo-release-manager', 'write'],
  ['demo-stranger', 'none'],
  ['nobody-by-this-name', 'none'],
];

for (const [login, permission] of people) {
  test(`${login} has permission ${permission}`, async (context) => {
    const { port } = await connect(context);
    assert.equal(valueOf(await port.permissionOf(repository, login)), permission);
  });
}

test('a custom role named like a stronger one counts as its legacy permission', async (context) => {
  const { port, faults } = await connect(context);
  const body = { permission: 'read', role_name: 'admin', user: null };
  faults.add(answer({ method: 'GET', path: /permission$/, status: 200, body }));
  assert.equal(valueOf(await port.permissionOf(repository, 'demo-reader')), 'read');
});

interface FaultyAnswer {
  readonly method?: string;
  readonly path?: RegExp;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function answer({ method, path, status, headers, body }: FaultyAnswer): InjectedFault {
  const response = { status, headers: headers ?? {}, body: body ?? { message: `answer ${status}`, documentation_url: 'https://docs.github.com/rest' } };
  return { method: method ?? null, path: path ?? null, times: 1, mishap: { kind: 'answer', moment: 'before', response } };
}

const inAnHour = String(Math.floor(Date.now() / 1000) + 3_600);
const secondary = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' };
const failures: readonly (readonly [string, FaultyAnswer, string, string, number | null])[] = [
  ['a 429 that names its wait', { status: 429, headers: { 'retry-after': '17' } }, 'github-rate-limited', 'transient', 17],
  ['a 403 that names its wait', { status: 403, headers: { 'retry-after': '30' } }, 'github-rate-limited', 'transient', 30],
  ['a secondary limit without a time', { status: 403, body: secondary }, 'github-rate-limited', 'transient', 60],
  ['a plain 403', { status: 403 }, 'github-forbidden', 'terminal', null],
  ['a 401', { status: 401 }, 'github-unauthorized', 'terminal', null],
  ['a 404', { status: 404 }, 'github-not-found', 'terminal', null],
  ['a 409', { status: 409 }, 'github-conflict', 'conflict', null],
  ['a 410', { status: 410 }, 'github-gone', 'terminal', null],
  ['a 422', { status: 422 }, 'github-refused', 'terminal', null],
  ['a 500', { status: 500 }, 'github-unavailable', 'transient', null],
  ['a 502 with a page', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>bad gateway</html>' }, 'github-unavailable', 'transient', null],
  ['a 503 that names its wait', { status: 503, headers: { 'retry-after': '5' } }, 'github-unavailable', 'transient', 5],
  ['a 503 that names a moment', { status: 503, headers: { date: 'Sat, 21 Nov 2026 20:00:00 GMT', 'retry-after': 'Sat, 21 Nov 2026 20:00:45 GMT' } }, 'github-unavailable', 'transient', 45],
  ['a page where a list belongs', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>hello</html>' }, 'github-unreadable-answer', 'unreadable', null],
  ['an object where a list belongs', { status: 200, body: {} }, 'github-unreadable-answer', 'unreadable', null],
];

for (const [name, faulty, code, failureClass, retryAfterSeconds] of failures) {
  test(`${name} is ${code}, ${failureClass}`, async (context) => {
    const { port, faults, writes } = await connect(context);
    faults.add(answer(faulty));
    const started = performance.now();
    const failure = failureOf(await port.ensureIssue(report));
    assert.deepEqual([failure.code, failure.class, failure.retryAfterSeconds], [code, failureClass, retryAfterSeconds]);
    assert.deepEqual(writes(), []);
    assert.ok(performance.now() - started < 2_000, 'nothing sleeps inside');
    assert.doesNotMatch(failure.message, /<html>/);
  });
}

test('a spent rate limit asks to wait until it is filled again', async (context) => {
  const { port, faults } = await connect(context);
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inAnHour };
  faults.add(answer({ status: 403, headers, body: { message: 'API rate limit exceeded' } }));
  const { code, retryAfterSeconds } = failureOf(await port.ensureIssue(report));
  assert.equal(code, 'github-rate-limited');
  assert.ok(retryAfterSeconds !== null && retryAfterSeconds > 3_500 && retryAfterSeconds <= 3_601, String(retryAfterSeconds));
});

test('a connection cut before the service saw the request is transient and changes nothing', async (context) => {
  const { port, faults, server } = await connect(context);
  faults.add({ method: 'POST', path: null, times: 1, mishap: { kind: 'cut', moment: 'before' } });
  assert.equal(failureOf(await port.ensureIssue(report)).class, 'transient');
  assert.equal(server.github.world.repositories.get(repository)?.issues.size, 0);
});

test('a server that is gone is a transient failure', async (context) => {
  const { port, server } = await connect(context);
  await server.close();
  const failure = failureOf(await port.permissionOf(repository, 'demo-admin'));
  assert.deepEqual([failure.code, failure.class], ['github-unreachable', 'transient']);
});

test('a body that is too long is refused by GitHub and terminal', async (context) => {
  const { port } = await connect(context);
  const failure = failureOf(await port.ensureIssue({ ...report, body: 'x'.repeat(65_600) }));
  assert.deepEqual([failure.code, failure.class], ['github-refused', 'terminal']);
  assert.match(failure.message, /body is too long/);
});

test('no message carries the token', async (context) => {
  const { port, faults } = await connect(context);
  faults.add(answer({ status: 401, body: { message: `Bad credentials: ${botToken} ghs_16C7e42F292c6912E7710c838347Ae178B4a` } }));
  const failure = failureOf(await port.ensureIssue(report));
  assert.match(failure.message, /\[redacted\]/);
  assert.equal(JSON.stringify(failure).includes(botToken), false);
  assert.equal(JSON.stringify(failure).includes('ghs_16C7'), false);
});

test('a wrong login in the settings is named at the first write', async (context) => {
  const { port } = await connect(context, { appLogin: 'somebody-else' });
  assert.match(failureOf(await port.ensureIssue(report)).message, /slackwater\[bot\].*GITHUB_APP_LOGIN/);
});

test('a repository that is no owner/name is refused before anything is sent', async (context) => {
  const { port, log } = await connect(context);
  assert.equal(failureOf(await port.permissionOf('platform', 'demo-admin')).class, 'terminal');
  assert.equal(log.entries.length, 0);
});

test('a GitHub App finds its installation once and writes as its bot', async (context) => {
  const { port, log } = await connect(context, { auth: { kind: 'app', appId: 4711, privateKey: appKeys.privateKey } });

  const { number: issueNumber } = valueOf(await port.ensureIssue(report));
  valueOf(await port.ensureComment({ repository, issueNumber, marker, body: 'Word' }));

  const asked = log.entries.map(({ path }) => path.replace('/api/v3', ''));
  assert.equal(asked.filter((path) => path.endsWith('/installation')).length, 1);
  assert.equal(asked.filter((path) => path.endsWith('/access_tokens')).length, 1);
});

test('a GitHub App with a key that is none, or of another App, is terminal', async (context) => {
  const { port } = await connect(context, { auth: { kind: 'app', appId: 4711, privateKey: 'not a key' } });
  assert.deepEqual(failureOf(await port.permissionOf(repository, 'demo-admin')).code, 'github-client-fault');
  const other = await connect(context, { auth: { kind: 'app', appId: 4712, privateKey: appKeys.privateKey } });
  assert.deepEqual(failureOf(await other.port.permissionOf(repository, 'demo-admin')).code, 'github-unauthorized');
});
