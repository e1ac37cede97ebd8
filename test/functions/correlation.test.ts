import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, parseJson, recordsAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { policyRepository } from '../../local/loopback-world.ts';
import { startBundle } from './bundle-host.ts';

const HOUR = 3_600_000;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test('one comment and one event of AKS are followed to the requests Azure got, and Azure\'s own log calls them so too', async (t) => {
  const lines: JsonRecord[] = [];
  const { world, host, clock } = await startBundle(t, 'functions/main.ts', ':memory:', 'token', {
    log: (_level, code, { message }) => {
      const line = code === 'app.log' && typeof message === 'string' ? parseJson(message) : null;
      if (isRecord(line)) lines.push(line);
    },
  });
  const upgrades = () => world.log.entries.filter(({ service, method, status }) => service === 'arm' && method === 'PUT' && status < 300);
  const calledBy = (id: string) => upgrades().filter(({ requestHeaders }) => requestHeaders['x-ms-correlation-request-id'] === id);
  const codesOf = (id: string): readonly string[] => [...new Set(lines.filter(({ correlationId }) => correlationId === id).map(({ code }) => String(code)))];

  await host.fireTimer('windowTimer');
  assert.equal(await clock.runUntil(() => upgrades().length === 1, HOUR), 'reached');
  world.github.request('operator', 'POST', `/repos/${policyRepository}/issues/1/comments`, { body: '/pause' });
  await world.github.webhooks.whenIdle();
  assert.equal(await clock.runUntil(() => world.cluster.inspect().length > 0 && clock.now() > (upgrades()[0]?.at ?? 0) + HOUR, 2 * HOUR), 'reached');
  assert.equal(upgrades().length, 1, 'paused, nothing more is started');
  world.github.request('operator', 'POST', `/repos/${policyRepository}/issues/1/comments`, { body: '/resume' });
  await world.github.webhooks.whenIdle();
  assert.equal(await clock.runUntil(() => upgrades().length === 3, 3 * HOUR), 'reached');
  await clock.whenIdle();

  const webhooks = world.github.webhooks.deliveries;
  const resumed = webhooks.findLast(({ body }) => body.includes('"/resume"'))?.guid ?? assert.fail('no webhook');
  // Event Grid's message has the event's own id; the webhook's has a minute behind it.
  const events = world.log.entries.flatMap(({ service, method, path, requestBody }) => (service === 'service-bus' && method === 'SEND' && path === 'inbox' ? [textAt(requestBody, 'messageId') ?? ''] : [])).filter((id) => guid.test(id));
  const [first, second, third = ''] = upgrades().map(({ requestHeaders, responseHeaders }) => {
    assert.equal(responseHeaders['x-ms-correlation-request-id'], requestHeaders['x-ms-correlation-request-id']);
    assert.match(requestHeaders['x-ms-client-request-id'] ?? '', guid);
    return requestHeaders['x-ms-correlation-request-id'] ?? '';
  });

  assert.ok(!webhooks.some((each) => each.guid === first) && guid.test(first ?? ''), 'a run that a timer opened is called by an id of its own');
  assert.equal(second, resumed, 'the word that let it go on');
  assert.ok(events.includes(third), `the event that woke it: ${third} is none of ${events.join(', ')}`);
  for (const code of ['webhook.queued', 'inbox.decision-raised', 'inbox.done', 'event.told', 'arm.request', 'unit.start-sent', 'unit.looked']) assert.ok(codesOf(resumed).includes(code), `${code} is not among ${codesOf(resumed).join(', ')}`);
  for (const code of ['inbox.done', 'arm.request', 'unit.start-sent']) assert.ok(codesOf(third).includes(code), `${code} is not among ${codesOf(third).join(', ')}`);

  const sent = lines.find(({ code, correlationId }) => code === 'arm.request' && correlationId === resumed);
  const [put] = calledBy(resumed);
  const decision = textAt(lines.findLast(({ code }) => code === 'inbox.decision-raised'), 'decisionId');
  assert.match(textAt(sent, 'planId') ?? '', /^[0-9a-f]{64}$/);
  assert.match(textAt(sent, 'instanceId') ?? '', /^unit-/);
  assert.deepEqual({ ...sent, durationMs: 0, planId: '', instanceId: '' }, {
    ...{ level: 'info', code: 'arm.request', method: 'PUT', path: put?.path, status: 200, durationMs: 0 },
    ...{ armRequestId: put?.responseHeaders['x-ms-request-id'], armCorrelationId: resumed, clientRequestId: put?.requestHeaders['x-ms-client-request-id'] },
    ...{ cluster: put?.path.replace(/\/agentPools.*/, ''), planId: '', instanceId: '', version: '1', phase: 'upgrading', pool: 'system', attempt: 1 },
    ...{ decision, correlationId: resumed, githubDelivery: resumed },
  });

  const [, subscription = '', group = ''] = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)/.exec(put?.path ?? '') ?? [];
  const filter = `eventTimestamp ge '${new Date(0).toISOString()}' and resourceGroupName eq '${group}'`;
  const asked = `${world.environment['SLACKWATER_ARM_ENDPOINT']}/subscriptions/${subscription}/providers/Microsoft.Insights/eventtypes/management/values?${new URLSearchParams({ 'api-version': '2015-04-01', $filter: filter }).toString()}`;
  const log: unknown = await (await fetch(asked, { headers: { authorization: 'Bearer made-up' } })).json();
  assert.deepEqual(recordsAt(log, 'value').flatMap((event) => (event['correlationId'] === resumed ? [textAt(event, 'resourceId')] : [])), [put?.path, put?.path]);
});
