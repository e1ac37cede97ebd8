import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, listAt, recordAt, textAt } from '../../domain/json.ts';
import { readWebhook } from '../../sim/github-changes.ts';
import { actorHeader, createGitHub, pagePrefix } from '../../sim/github.ts';
import { appLogin, repository, setup, startedAt } from '../local/github-fixture.ts';
import { openContract, published } from './github-contract.ts';
import type { Exchange } from './github-contract.ts';

const at = `/repos/${repository}`;
const base = { baseUrl: 'http://127.0.0.1:4000/api/v3', webUrl: 'http://127.0.0.1:4000' };

function makeWorld() {
  const github = createGitHub({ ...setup, ...base });
  const exchanges: Exchange[] = [];
  const told: NonNullable<ReturnType<typeof readWebhook>>[] = [];
  let now = startedAt;
  const ask = (login: string, method: string, path: string, body: unknown = null, query: Readonly<Record<string, string>> = {}) => {
    now += 1_000;
    const { response, changes } = github.apply(now, { method, path, query, headers: { [actorHeader]: login }, body });
    if (!path.startsWith(pagePrefix)) exchanges.push({ method, path, query, requestBody: body, status: response.status, responseBody: response.body });
    told.push(...changes.flatMap((change) => readWebhook(change) ?? []));
    return { ...response, record: isRecord(response.body) ? response.body : {}, list: Array.isArray(response.body) ? response.body : [] };
  };
  const push = (login: string, where: string, branch: string, text: string) => {
    const known = ask(login, 'GET', `/repos/${where}/contents/README.md`, null, { ref: branch });
    return ask(login, 'PUT', `/repos/${where}/contents/README.md`, { message: 'Change', branch, content: btoa(text), sha: textAt(known.record, 'sha') });
  };
  const branch = (name: string): void => {
    const main = textAt(ask('demo-operator', 'GET', `${at}/git/ref/heads/main`).record, 'object', 'sha');
    ask('demo-operator', 'POST', `${at}/git/refs`, { ref: `refs/heads/${name}`, sha: main });
    push('demo-operator', repository, name, '# Changed\n');
  };
  return { ask, push, branch, exchanges, told };
}

const output = { title: 'Fine', summary: 'All is well.' };
const button = { label: 'Approve', description: 'Lets this plan run', identifier: 'approve' };
const remark = { path: 'README.md', start_line: 1, end_line: 1, annotation_level: 'failure', message: 'Wrong.' };

test('a check run is made, added to, found again by its commit and name, and its button told to the App', { skip: published.skip }, () => {
  const { ask, push, branch, exchanges, told } = makeWorld();
  branch('change');
  const pull = ask('demo-operator', 'POST', `${at}/pulls`, { title: 'Change', head: 'change', base: 'main' });
  const sha = textAt(pull.record, 'head', 'sha') ?? '';
  const made = ask(appLogin, 'POST', `${at}/check-runs`, { name: 'slackwater / a', head_sha: sha, external_id: 'x', status: 'in_progress', output: { ...output, annotations: [remark] } });
  const id = Number(made.record['id']);
  const changed = ask(appLogin, 'PATCH', `${at}/check-runs/${id}`, { status: 'completed', conclusion: 'action_required', actions: [button], output: { ...output, annotations: [remark] } });
  assert.equal(recordAt(changed.record, 'output')['annotations_count'], 2);
  assert.equal(textAt(changed.record, 'conclusion'), 'action_required');
  ask(appLogin, 'POST', `${at}/check-runs`, { name: 'slackwater / a', head_sha: sha, conclusion: 'success' });
  const found = ask(appLogin, 'GET', `${at}/commits/${sha}/check-runs`, null, { check_name: 'slackwater / a', filter: 'all' });
  assert.equal(found.record['total_count'], 2);
  assert.equal(listAt(ask(appLogin, 'GET', `${at}/commits/${sha}/check-runs`).record, 'check_runs').length, 1, 'only the latest of a name');
  assert.equal(ask(appLogin, 'GET', `${at}/check-runs/${id}`).status, 200);
  assert.equal(ask('demo-operator', 'POST', `${pagePrefix}/${repository}/check-runs/${id}/requested-action`, { identifier: 'approve' }).status, 201);
  assert.equal(ask('demo-reader', 'POST', `${pagePrefix}/${repository}/check-runs/${id}/requested-action`, { identifier: 'approve' }).status, 403);
  assert.deepEqual(ask(appLogin, 'GET', `${at}/pulls/1/files`).list.map((file) => [textAt(file, 'filename'), textAt(file, 'status')]), [['README.md', 'modified']]);
  push('demo-operator', repository, 'change', '# Changed again\n');
  ask('demo-operator', 'PATCH', `${at}/pulls/1`, { state: 'closed' });

  const actions = told.map(({ event, payload }) => `${event} ${textAt(payload, 'action')}`);
  assert.deepEqual(actions, ['pull_request opened', 'check_run created', 'check_run completed', 'check_run created', 'check_run completed', 'check_run requested_action', 'pull_request synchronize', 'pull_request closed']);
  const pressed = told.find(({ payload }) => textAt(payload, 'action') === 'requested_action')?.payload;
  assert.deepEqual([textAt(pressed, 'requested_action', 'identifier'), textAt(pressed, 'sender', 'login')], ['approve', 'demo-operator']);
  const contract = openContract();
  assert.deepEqual(exchanges.flatMap((exchange) => contract.check(exchange)), []);
});

test('check runs that GitHub would refuse are refused', () => {
  const { ask, branch } = makeWorld();
  branch('change');
  const sha = textAt(ask(appLogin, 'GET', `${at}/git/ref/heads/change`).record, 'object', 'sha') ?? '';
  const fine = { name: 'a', head_sha: sha };
  const refused: readonly (readonly [string, unknown, number])[] = [
    [appLogin, { name: 'a', head_sha: 'f'.repeat(40) }, 422],
    [appLogin, { head_sha: sha }, 422],
    [appLogin, { ...fine, status: 'completed' }, 422],
    [appLogin, { ...fine, conclusion: 'fine' }, 422],
    [appLogin, { ...fine, output: { ...output, annotations: Array.from({ length: 51 }, () => remark) } }, 422],
    [appLogin, { ...fine, output: { ...output, annotations: [{ ...remark, start_line: 0 }] } }, 422],
    [appLogin, { ...fine, output: { ...output, text: 'x'.repeat(65_536) } }, 422],
    [appLogin, { ...fine, output: { title: 'no summary' } }, 422],
    [appLogin, { ...fine, actions: [{ ...button, label: 'x'.repeat(21) }] }, 422],
    [appLogin, { ...fine, actions: [button, button, button, button] }, 422],
    ['demo-admin', fine, 403],
  ];
  for (const [login, body, status] of refused) assert.equal(ask(login, 'POST', `${at}/check-runs`, body).status, status, JSON.stringify(body).slice(0, 120));
  assert.equal(ask(appLogin, 'PATCH', `${at}/check-runs/9`, { output }).status, 404);
});

test('a pull request from a fork names the fork, its commit is read here, and check runs name no pull request of it', () => {
  const { ask, push, told } = makeWorld();
  push('demo-stranger', 'demo-stranger/platform', 'main', '# Mine\n');
  const opened = ask('demo-stranger', 'POST', `${at}/pulls`, { title: 'Mine', head: 'demo-stranger:main', base: 'main' });
  assert.equal(opened.status, 404, 'a private repository is not seen by a stranger');
  const pull = ask('demo-operator', 'POST', `${at}/pulls`, { title: 'Mine', head: 'demo-stranger:main', base: 'main' });
  assert.equal(pull.status, 403, 'nobody opens it from a fork that is not theirs');

  const open = { ...setup, repositories: setup.repositories.map((each) => ({ ...each, visibility: 'public' as const })) };
  const github = createGitHub({ ...open, ...base });
  const asked = (login: string, method: string, path: string, body: unknown, query: Readonly<Record<string, string>> = {}) => github.apply(startedAt, { method, path, query, headers: { [actorHeader]: login }, body });
  const known = asked('demo-stranger', 'GET', '/repos/demo-stranger/platform/contents/README.md', null).response.body;
  asked('demo-stranger', 'PUT', '/repos/demo-stranger/platform/contents/README.md', { message: 'Mine', content: btoa('# Mine\n'), sha: textAt(known, 'sha') });
  const made = asked('demo-stranger', 'POST', `${at}/pulls`, { title: 'Mine', head: 'demo-stranger:main', base: 'main' });
  assert.equal(made.response.status, 201);
  assert.equal(textAt(made.response.body, 'head', 'repo', 'full_name'), 'demo-stranger/platform');
  const sha = textAt(made.response.body, 'head', 'sha') ?? '';
  assert.equal(asked(appLogin, 'GET', `${at}/contents/README.md`, null, { ref: sha }).response.status, 200);
  assert.deepEqual(listAt(asked(appLogin, 'POST', `${at}/check-runs`, { name: 'a', head_sha: sha }).response.body, 'pull_requests'), []);
  const again = textAt(asked('demo-stranger', 'GET', '/repos/demo-stranger/platform/contents/README.md', null).response.body, 'sha');
  const moved = asked('demo-stranger', 'PUT', '/repos/demo-stranger/platform/contents/README.md', { message: 'More', content: btoa('# More\n'), sha: again });
  const webhook = moved.changes.flatMap((change) => readWebhook(change) ?? []);
  assert.deepEqual(webhook.map(({ event, payload }) => [event, textAt(payload, 'action'), textAt(payload, 'repository', 'full_name')]), [['pull_request', 'synchronize', repository]]);
  assert.deepEqual(told, []);
});
