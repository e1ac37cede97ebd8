import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textAt } from '../../domain/json.ts';
import { appLogin, botToken, repository, startGitHub } from './github-fixture.ts';

const at = `/repos/${repository}`;

async function send(url: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(fields) });
}

test('a file on the default branch can be changed from its page: the change is a branch of its own with a pull request', async (context) => {
  const { server } = await startGitHub(context);
  const page = `${server.url}/${repository}/blob/main/README.md`;
  assert.match(await (await fetch(page)).text(), /Propose a change/);
  for (const count of [1, 2]) {
    const answer = await send(page, { login: 'demo-operator', text: `# Platform ${count}\r\n`, title: 'Say more' });
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, `/${repository}/pull/${count}`]);
  }
  const pull = server.request(appLogin, 'GET', `${at}/pulls/2`, null).body;
  assert.deepEqual([textAt(pull, 'title'), textAt(pull, 'user', 'login'), textAt(pull, 'head', 'ref')], ['Say more', 'demo-operator', 'demo-operator-patch-2']);
  const text = textAt(server.request(appLogin, 'GET', `${at}/contents/README.md`, null).body, 'content') ?? '';
  assert.equal(Buffer.from(text, 'base64').toString('utf8'), '# Platform\n', 'the default branch stays');
  assert.equal((await send(page, { login: 'demo-reader', text: 'x' })).status, 404, 'whoever may only read cannot');
  assert.equal((await send(page, { login: 'nobody', text: 'x' })).status, 422);
});

test('a check run is shown with its remarks on the page of its pull request, and its button tells the App', async (context) => {
  const { server } = await startGitHub(context);
  await send(`${server.url}/${repository}/blob/main/README.md`, { login: 'demo-operator', text: '# Other\n', title: 'Other' });
  const sha = textAt(server.request(appLogin, 'GET', `${at}/pulls/1`, null).body, 'head', 'sha');
  const annotations = [{ path: 'README.md', start_line: 1, end_line: 1, annotation_level: 'failure', message: 'Not <b>so</b>.' }];
  const actions = [{ identifier: 'approve', label: 'Approve', description: 'Approves' }];
  const check = server.request(appLogin, 'POST', `${at}/check-runs`, { name: 'slackwater / a.yaml', head_sha: sha, conclusion: 'action_required', output: { title: '1 approval missing', summary: '**Waiting**', annotations }, actions }).body;
  const page = `${server.url}/${repository}/pull/1`;
  const html = await (await fetch(page)).text();
  assert.match(html, /slackwater \/ a\.yaml<\/strong> <small>1 approval missing/);
  assert.match(html, /README\.md:1<\/code> Not &lt;b&gt;so/);
  assert.match(html, /<button title="Approves">Approve<\/button>/);

  const id = typeof check === 'object' && check !== null && 'id' in check ? String(check.id) : '';
  assert.equal((await send(`${page}/checks/${id}`, { login: 'demo-reader', identifier: 'approve' })).status, 403);
  assert.equal((await send(`${page}/checks/${id}`, { login: 'demo-operator', identifier: 'approve' }, { origin: 'http://elsewhere.example' })).status, 403);
  assert.equal((await send(`${page}/checks/${id}`, { login: 'demo-operator', identifier: 'approve' })).status, 303);
  const last = server.webhooks.deliveries.at(-1);
  assert.equal(last?.event, 'check_run');
  assert.match(last?.body ?? '', /"requested_action":\{"identifier":"approve"\}/);
});

test('what is no REST operation of GitHub is none here either', async (context) => {
  const { server } = await startGitHub(context);
  const answer = await fetch(`${server.apiUrl}/pages/${repository}/check-runs/1/requested-action`, { method: 'POST', headers: { authorization: `Bearer ${botToken}`, 'content-type': 'application/json' }, body: '{}' });
  assert.equal(answer.status, 404);
});
