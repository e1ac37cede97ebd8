import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isRecord } from '../../domain/json.ts';
import { isEventTaken } from '../../domain/webhook-delivery.ts';
import { compose } from '../../functions/compose.ts';
import { tickDeliveries } from '../../functions/delivery-timer.ts';
import { realClock } from '../../local/clock.ts';
import { createFaultList } from '../../local/faults.ts';
import { startHost } from '../../local/functions-host/host.ts';
import type { RunningHost } from '../../local/functions-host/host-options.ts';
import { startGitHubServer } from '../../local/github-server.ts';
import type { GitHubServer } from '../../local/github-server.ts';
import { createRequestLog } from '../../local/request-log.ts';
import { startServiceBus } from '../../local/service-bus-server.ts';
import type { RunningServiceBus } from '../../local/service-bus-server.ts';
import { appKeys, repository, setup } from '../local/github-fixture.ts';
import { environment } from './environment.ts';

const webhookSecret = 'webhook-secret-of-the-test';

describe('webhooks that were lost while nobody listened', () => {
  let host: RunningHost;
  let github: GitHubServer;
  let serviceBus: RunningServiceBus;
  const log = createRequestLog(null);
  const faults = createFaultList();
  let listener: 'away' | 'there' = 'away';
  let minutesAgo = 30;

  before(async () => {
    serviceBus = await startServiceBus({
      database: ':memory:',
      now: Date.now,
      queues: [{ name: 'inbox', lockDurationSeconds: 30, maxDeliveryCount: 5, duplicateDetectionMinutes: 60 }],
      topics: [],
    });
    github = await startGitHubServer({
      setup,
      now: () => Date.now() - minutesAgo * 60_000,
      journal: null,
      faults,
      log,
      webhook: { secret: webhookSecret, seed: 1, deliverTo: () => (listener === 'away' ? null : `${host.url}/api/github/webhook`) },
      appPublicKey: appKeys.publicKey,
    });
    const { GITHUB_TOKEN: _none, ...rest } = environment;
    host = await startHost({
      appEntry: new URL('../../functions/main.ts', import.meta.url),
      clock: realClock(),
      database: ':memory:',
      timers: 'held',
      environment: {
        ...rest,
        GITHUB_API_URL: github.apiUrl,
        GITHUB_APP_ID: String(setup.app?.id),
        GITHUB_APP_PRIVATE_KEY: appKeys.privateKey,
        GITHUB_WEBHOOK_SECRETS: webhookSecret,
        ServiceBusConnection: serviceBus.connectionString,
      },
    });
  });
  after(async () => {
    await host.close();
    await github.close();
    await serviceBus.close();
  });

  const waiting = (): number => serviceBus.broker.counts('inbox').active;
  const asked = (): readonly string[] => log.entries.map(({ method, path, status }) => `${method} ${path.replaceAll(/\/\d+/g, '/N')} ${status}`);

  test('each is found in the list of the App and comes the way every webhook comes, once', async () => {
    github.request('demo-operator', 'POST', `/repos/${repository}/issues`, { title: 'A question' });
    for (const body of ['/slackwater status', '/slackwater help', 'mere talk']) github.request('demo-operator', 'POST', `/repos/${repository}/issues/1/comments`, { body });
    await github.webhooks.whenIdle();
    assert.equal(waiting(), 0);

    listener = 'there';
    minutesAgo = 20;
    await host.fireTimer('deliveryTimer');
    await github.webhooks.whenIdle();
    assert.equal(waiting(), 2);

    minutesAgo = 0;
    await host.fireTimer('deliveryTimer');
    await github.webhooks.whenIdle();

    assert.equal(waiting(), 2);
    // Talk is taken and ignored; an event that is none of ours is left alone.
    assert.deepEqual(github.webhooks.deliveries.map(({ event, attempts }) => `${event} ${attempts}`), github.webhooks.deliveries.map(({ event }) => `${event} ${isEventTaken(event) ? 2 : 1}`));
    assert.deepEqual([...new Set(asked())], ['GET /api/v3/app/hook/deliveries 200', 'POST /api/v3/app/hook/deliveries/N/attempts 202']);
  });

  test('a longer list is read page by page, and its items are as GitHub publishes them', async () => {
    listener = 'away';
    minutesAgo = 30;
    for (let count = 0; count < 120; count += 1) github.request('demo-operator', 'POST', `/repos/${repository}/issues/1/comments`, { body: '/slackwater help' });
    await github.webhooks.whenIdle();
    const before = log.entries.length;

    listener = 'there';
    minutesAgo = 0;
    await host.fireTimer('deliveryTimer');
    await github.webhooks.whenIdle();

    const lists = log.entries.slice(before).filter(({ method }) => method === 'GET');
    assert.deepEqual(lists.map(({ query }) => Object.keys(query).join()), ['per_page', 'per_page,cursor']);
    assert.equal(waiting(), 122);
    const [item] = Array.isArray(lists[0]?.responseBody) ? lists[0].responseBody : [];
    assert.ok(isRecord(item));
    assert.deepEqual(Object.keys(item).sort(), ['action', 'delivered_at', 'duration', 'event', 'guid', 'id', 'installation_id', 'redelivery', 'repository_id', 'status', 'status_code', 'throttled_at']);
  });

  test('with a token instead of an App there is no list, and the sweep leaves it at that', async () => {
    const composed = compose({ ...environment, GITHUB_API_URL: github.apiUrl });
    assert.ok(composed.ok);
    const before = log.entries.length;

    await tickDeliveries(composed.value.portsOf({ error: () => undefined, warn: () => undefined, info: () => undefined }));

    assert.equal(log.entries.length, before);
  });

  test('a sweep that GitHub refuses shows as failed, and the next one makes up for it', async () => {
    listener = 'away';
    minutesAgo = 30;
    github.request('demo-operator', 'POST', `/repos/${repository}/issues/1/comments`, { body: '/slackwater help' });
    await github.webhooks.whenIdle();
    listener = 'there';
    minutesAgo = 0;
    faults.add({ method: 'GET', path: /hook\/deliveries/, mishap: { kind: 'answer', moment: 'before', response: { status: 502, headers: {}, body: { message: 'Bad gateway' } } }, times: 1 });

    await assert.rejects(host.fireTimer('deliveryTimer'), /github-unavailable/);
    await host.fireTimer('deliveryTimer');
    await github.webhooks.whenIdle();

    assert.equal(waiting(), 123);
  });
});
