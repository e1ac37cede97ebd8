import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { classifyServiceBusError } from '../../adapters/service-bus-failure.ts';
import { createMessagePort } from '../../adapters/service-bus-client.ts';
import { startServiceBus } from '../../local/service-bus-server.ts';

const mailbox = { lockDurationSeconds: 60, maxDeliveryCount: 10 };

async function setUp(t: TestContext) {
  const bus = await startServiceBus({
    database: ':memory:',
    now: Date.now,
    queues: [{ name: 'inbox', ...mailbox, duplicateDetectionMinutes: 60 }],
    topics: [{ name: 'events', duplicateDetectionMinutes: 60, subscriptions: [{ name: 'all', ...mailbox }] }],
  });
  const connection = { connectionString: bus.connectionString };
  const port = createMessagePort({ connection, queue: 'inbox', topic: 'events', attemptMs: 500 });
  const reader = new ServiceBusClient(bus.connectionString);
  t.after(async () => {
    await port.close();
    await reader.close();
    await bus.close();
  });
  return { bus, port, reader, connection };
}

const event = { name: 'dev.slackwater.run.started', subject: 'shop-20261121T2200Z', at: Date.UTC(2026, 10, 21, 22), messageId: 'shop-20261121T2200Z/run/1/run.started', data: { runId: 'shop-20261121T2200Z' } };

describe('the message port', () => {
  test('an event reaches a subscription of the topic as a CloudEvent 1.0', async (t) => {
    const { port, reader } = await setUp(t);

    const sent = await port.publishEvent(event);
    const [message] = await reader.createReceiver('events', 'all').receiveMessages(1, { maxWaitTimeInMs: 1_500 });

    assert.deepEqual(sent, { ok: true, value: null });
    assert.equal(message?.messageId, event.messageId);
    assert.equal(message?.contentType, 'application/cloudevents+json');
    assert.equal(message?.subject, event.subject);
    assert.deepEqual(message?.body, {
      specversion: '1.0',
      id: event.messageId,
      source: '/slackwater',
      type: 'dev.slackwater.run.started',
      subject: event.subject,
      time: '2026-11-21T22:00:00.000Z',
      datacontenttype: 'application/json',
      data: event.data,
    });
  });

  test('the same message id twice is one message, and one connection serves both', async (t) => {
    const { bus, port } = await setUp(t);

    await port.enqueueInbox('delivery-1', { specversion: '1.0', type: 'a' });
    await port.enqueueInbox('delivery-1', { specversion: '1.0', type: 'a' });

    assert.equal(bus.broker.counts('inbox').active, 1);
    assert.deepEqual(bus.log.entries.map((entry) => entry.responseBody), ['kept', 'duplicate']);
  });

  const passing: readonly [what: string, mishap: Parameters<Awaited<ReturnType<typeof setUp>>['bus']['faults']['add']>[0]['mishap'], times: number][] = [
    ['busy', { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: null } }, 2],
    ['slow to answer', { kind: 'answer', moment: 'after', response: { status: 504, headers: {}, body: null } }, 1],
    ['cut off before the message was kept', { kind: 'cut', moment: 'before' }, 2],
    ['cut off after the message was kept', { kind: 'cut', moment: 'after' }, 1],
  ];
  for (const [what, mishap, times] of passing) {
    test(`a service that was ${what} gets the message once in the end`, async (t) => {
      const { bus, port } = await setUp(t);
      bus.faults.add({ method: 'SEND', path: null, times, mishap });

      const sent = await port.enqueueInbox('delivery-1', { specversion: '1.0' });

      assert.deepEqual(sent, { ok: true, value: null });
      assert.equal(bus.broker.counts('inbox').active, 1);
    });
  }

  const failing: readonly [what: string, status: number, code: string, failureClass: string, attempts: number][] = [
    ['stays busy', 503, 'service-bus-busy', 'transient', 4],
    ['does not let us', 401, 'service-bus-unauthorized', 'terminal', 2],
    ['finds the message too large', 413, 'message-too-large', 'terminal', 1],
  ];
  for (const [what, status, code, failureClass, attempts] of failing) {
    test(`a service that ${what} is a failure as a value, after a bounded number of attempts`, async (t) => {
      const { bus, port } = await setUp(t);
      bus.faults.add({ method: 'SEND', path: null, times: Number.POSITIVE_INFINITY, mishap: { kind: 'answer', moment: 'before', response: { status, headers: {}, body: null } } });

      const sent = await port.enqueueInbox('delivery-1', { specversion: '1.0' });

      assert.ok(!sent.ok);
      assert.equal(sent.failure.code, code);
      assert.equal(sent.failure.class, failureClass);
      assert.equal(bus.log.entries.length, attempts);
    });
  }

  test('a message larger than the tier takes, and an entity nobody deployed, are terminal', async (t) => {
    const { port, connection } = await setUp(t);
    const elsewhere = createMessagePort({ connection, queue: 'nowhere', topic: 'nowhere', attemptMs: 500 });

    const large = await port.enqueueInbox('large', { data: 'x'.repeat(300_000) });
    const missing = await elsewhere.enqueueInbox('id', {});
    await elsewhere.close();

    assert.deepEqual([large, missing].map((sent) => !sent.ok && [sent.failure.code, sent.failure.class]), [['message-too-large', 'terminal'], ['service-bus-entity-missing', 'terminal']]);
  });

  test('a port works again after its connection was lost between two messages', async (t) => {
    const { bus, port } = await setUp(t);

    const first = await port.enqueueInbox('1', {});
    bus.dropConnections();
    const second = await port.enqueueInbox('2', {});

    assert.deepEqual([first.ok, second.ok], [true, true]);
    assert.equal(bus.broker.counts('inbox').active, 2);
  });

  test('nobody there is a transient failure within the time GitHub waits', async () => {
    const connection = { connectionString: 'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true' };
    const port = createMessagePort({ connection, queue: 'inbox', topic: 'events' });
    const began = performance.now();

    const sent = await port.enqueueInbox('1', {});
    await port.close();

    assert.ok(!sent.ok);
    assert.equal(sent.failure.class, 'transient');
    assert.ok(performance.now() - began < 9_000);
  });

  test('a connection string that leads to Azure is refused where it is composed', () => {
    const connection = { connectionString: 'Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b' };

    assert.throws(() => createMessagePort({ connection, queue: 'inbox', topic: 'events' }), /loopback only/);
  });
});

test('errors the service did not send are classified too', () => {
  const named = (name: string, extra: object = {}) => Object.assign(new Error('told'), { name }, extra);
  const table: readonly [error: unknown, code: string, failureClass: string][] = [
    [named('CredentialUnavailableError'), 'service-bus-unauthorized', 'terminal'],
    [named('ServiceBusError', { code: 'QuotaExceeded' }), 'service-bus-quota-exceeded', 'transient'],
    [named('MessagingError', { retryable: true }), 'service-bus-unreachable', 'transient'],
    [new AggregateError([named('ServiceBusError', { code: 'ServiceTimeout' }), named('ServiceBusError', { code: 'UnauthorizedAccess' })]), 'service-bus-unauthorized', 'terminal'],
    [new TypeError('messageId is too long'), 'message-refused', 'terminal'],
    [new Error('never seen'), 'service-bus-unknown', 'unreadable'],
    [named('constructor', { code: 'toString' }), 'service-bus-unknown', 'unreadable'],
    ['a text', 'service-bus-unknown', 'unreadable'],
    [null, 'service-bus-unknown', 'unreadable'],
  ];

  assert.deepEqual(table.map(([error]) => classifyServiceBusError(error)).map((failure) => [failure.code, failure.class]), table.map(([, code, failureClass]) => [code, failureClass]));
});
