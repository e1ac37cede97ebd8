import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, parseJson, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { policyRepository } from '../../local/loopback-world.ts';
import { startBundle } from './bundle-host.ts';

const HOUR = 3_600_000;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test('a run that somebody asked for goes back to that word', async (t) => {
  const lines: JsonRecord[] = [];
  const { world, host, clock } = await startBundle(t, 'functions/main.ts', ':memory:', 'token', {
    log: (_level, code, { message }) => {
      const line = code === 'app.log' && typeof message === 'string' ? parseJson(message) : null;
      if (isRecord(line)) lines.push(line);
    },
  });
  world.github.request('operator', 'POST', `/repos/${policyRepository}/issues`, { title: 'Please', body: '' });
  world.github.request('operator', 'POST', `/repos/${policyRepository}/issues/1/comments`, { body: '/slackwater upgrade lab-aks' });
  await world.github.webhooks.whenIdle();
  await clock.whenIdle();
  await host.fireTimer('windowTimer');
  assert.equal(await clock.runUntil(() => world.log.entries.some(({ service, method, status }) => service === 'arm' && method === 'PUT' && status < 300), HOUR), 'reached');

  const decision = textAt(lines.find(({ code, what }) => code === 'inbox.done' && what === 'kept'), 'decision');
  const put = lines.find(({ code, method }) => code === 'arm.request' && method === 'PUT');
  assert.match(decision ?? '', /^comment-\d+$/);
  assert.equal(textAt(put, 'decision'), decision);
  assert.ok(put?.['githubDelivery'] === undefined && guid.test(textAt(put, 'correlationId') ?? ''));
});
