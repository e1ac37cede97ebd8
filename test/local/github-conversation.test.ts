import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt, textAt } from '../../domain/json.ts';
import { policyRepository } from '../../local/loopback-world.ts';
import type { LoggedRequest } from '../../local/request-log.ts';
import { startBundle } from '../functions/bundle-host.ts';
import { openContract, published } from '../sim/github-contract.ts';
import type { Exchange } from '../sim/github-contract.ts';

const at = `/repos/${policyRepository}`;
const api = '/api/v3';

/** What our code asked of GitHub and was answered, over the wire; the list of deliveries is held against GitHub's types elsewhere. */
function exchangesOf(entries: readonly LoggedRequest[]): readonly Exchange[] {
  return entries.flatMap(({ service, method, path, query, requestBody, status, responseBody }) =>
    service === 'github' && path.startsWith(`${api}/`) && !path.startsWith(`${api}/app/hook/deliveries`) ? [{ method, path: decodeURIComponent(path.slice(api.length)), query, requestBody, status, responseBody }] : [],
  );
}

test('a whole run, commands and a policy pull request: every request and every answer is valid by GitHub\'s description', { skip: published.skip }, async (t) => {
  const { world, host, clock } = await startBundle(t, 'functions/main.ts', ':memory:', 'app');
  const say = (body: string, issue = 1): unknown => world.github.request('operator', 'POST', `${at}/issues/${issue}/comments`, { body }).body;
  const settle = async (): Promise<void> => {
    await world.github.webhooks.whenIdle();
    await clock.whenIdle();
  };

  await host.fireTimer('windowTimer');
  const isUpgrading = (): boolean => world.log.entries.some(({ service, method }) => service === 'arm' && method === 'PUT');
  assert.equal(await clock.runUntil(isUpgrading, 3_600_000), 'reached');
  for (const body of ['/help', '/status', '/pause', '/slackwater frobnicate', '/skip nothing-of-this-name', '/resume', '/slackwater plan', '/slackwater preflight']) {
    say(body);
    await settle();
  }
  openPolicyPullRequest(world.github.request);
  await settle();
  const [run] = host.engine.list({}).filter(({ name }) => name === 'maintenanceWindow');
  const isOver = (): boolean => !['Pending', 'Running'].includes(host.engine.read(run?.instanceId ?? '')?.runtimeStatus ?? 'Running');
  await clock.runUntil(isOver, 10 * 3_600_000);
  await settle();
  for (const body of ['/status', '/resume', '/slackwater freeze lab-aks --reason "stock-taking"', '/slackwater unfreeze lab-aks']) {
    say(body);
    await settle();
  }
  for (const timer of ['windowTimer', 'debtTimer', 'deliveryTimer']) await host.fireTimer(timer);
  await settle();

  const exchanges = exchangesOf(world.log.entries);
  const contract = openContract();
  assert.deepEqual([...new Set(exchanges.flatMap((exchange) => contract.check(exchange)))], []);
  const writes = new Set(exchanges.filter(({ method, status }) => method !== 'GET' && status < 300).map(({ method, path }) => `${method} ${path.replace(at, '').replace(/\d+/g, 'N')}`));
  for (const write of ['POST /app/installations/N/access_tokens', 'POST /check-runs', 'POST /issues', 'PATCH /issues/N', 'POST /issues/N/comments', 'POST /issues/comments/N/reactions']) assert.ok(writes.has(write), `${write} is not among ${[...writes].join(', ')}`);
  assert.ok(exchanges.length > 60, String(exchanges.length));
  assert.deepEqual(exchanges.filter(({ status }) => status >= 500), []);
});

/** Somebody proposes to open the window an hour later. */
function openPolicyPullRequest(request: (login: string, method: string, path: string, body: unknown) => { readonly body: unknown }): number {
  const head = textAt(request('operator', 'GET', `${at}/git/ref/heads/main`, null).body, 'object', 'sha');
  request('operator', 'POST', `${at}/git/refs`, { ref: 'refs/heads/later', sha: head });
  const file = request('operator', 'GET', `${at}/contents/slackwater/lab-aks.yaml`, null).body;
  const text = Buffer.from(textAt(file, 'content') ?? '', 'base64').toString('utf8').replace(/startTime: "22:00"/, 'startTime: "23:00"');
  request('operator', 'PUT', `${at}/contents/slackwater/lab-aks.yaml`, { message: 'Later', branch: 'later', sha: textAt(file, 'sha'), content: Buffer.from(`${text}# later\n`).toString('base64') });
  return numberAt(request('operator', 'POST', `${at}/pulls`, { title: 'Open later', head: 'later', base: 'main', body: 'An hour later.' }).body, 'number') ?? 0;
}
