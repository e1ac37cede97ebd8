import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { numberAt, recordsAt, textAt } from '../../domain/json.ts';
import { appLogin, policyRepository } from '../../local/loopback-world.ts';
import { openContract, published } from '../sim/github-contract.ts';
import { startBundle } from '../functions/bundle-host.ts';

const at = `/repos/${policyRepository}`;
const HOUR = 3_600_000;

test('the whole app, from the webhook to the one answer: a run, then a rollback that a person asks for in a comment, and hosts that end in the middle of it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-clean-up-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const started = await startBundle(t, 'functions/main.ts', join(folder, 'durable.sqlite'));
  const { world, clock, restart } = started;
  let { host } = started;
  const say = async (body: string): Promise<number> => {
    const id = numberAt(world.github.request('chief', 'POST', `${at}/issues/1/comments`, { body }).body, 'id') ?? 0;
    await world.github.webhooks.whenIdle();
    await clock.whenIdle();
    return id;
  };
  const answersTo = (id: number): readonly string[] =>
    recordsAt({ all: world.github.request(appLogin, 'GET', `${at}/issues/1/comments`, null).body }, 'all').flatMap((each) => textAt(each, 'body') ?? []).filter((body) => body.includes(`slackwater:answer:comment-${id} `));
  const isEnded = (name: string) => (): boolean => host.engine.list({}).some((instance) => instance.name === name) && host.engine.list({}).filter((instance) => instance.name === name).every(({ runtimeStatus }) => runtimeStatus === 'Completed');
  const imagesOf = (pool: string): readonly string[] => [...new Set(world.cluster.inspect().find((each) => each.pool === pool)?.nodes.map(({ imageVersion }) => imageVersion) ?? [])];
  const before = imagesOf('apps');

  await host.fireTimer('windowTimer');
  assert.equal(await clock.runUntil(() => world.log.entries.some(({ service, method }) => service === 'arm' && method === 'PUT'), HOUR), 'reached');
  const early = await say('/rollback apps');
  assert.match(answersTo(early).join(), /it alone may touch the cluster/);
  assert.equal(await clock.runUntil(isEnded('maintenanceWindow'), 10 * HOUR), 'reached');
  assert.notDeepEqual(imagesOf('apps'), before);

  const id = await say('/rollback apps --outside-window "checkout is down"');
  const isRolling = (count: number) => (): boolean => (world.cluster.inspect().find(({ pool }) => pool === 'apps')?.nodes ?? []).filter(({ imageVersion }) => before.includes(imageVersion)).length >= count;
  for (const count of [1, 2, 4]) {
    assert.equal(await clock.runUntil(isRolling(count), 6 * HOUR), 'reached');
    host = await restart();
  }
  assert.equal(await clock.runUntil(isEnded('cleanUp'), 6 * HOUR), 'reached');
  await clock.whenIdle();

  const [answer, ...more] = answersTo(id);
  assert.match(answer ?? '', /^\*\*Rolled back `apps` of `lab-aks`\*\*/);
  assert.deepEqual(more, []);
  assert.deepEqual(imagesOf('apps'), before);
  assert.equal(world.log.entries.filter(({ service, method, path, status }) => service === 'arm' && method === 'PUT' && path.endsWith('/apps') && status < 300).length, 2, 'the run’s request and the rollback’s');
  if (published.skip !== false) return;
  const contract = openContract();
  const exchanges = world.log.entries.flatMap(({ service, method, path, query, requestBody, status, responseBody }) =>
    service === 'github' && path.startsWith('/api/v3/') ? [{ method, path: decodeURIComponent(path.slice('/api/v3'.length)), query, requestBody, status, responseBody }] : [],
  );
  assert.deepEqual([...new Set(exchanges.flatMap((exchange) => contract.check(exchange)))], []);
});
