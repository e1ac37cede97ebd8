import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { ServiceBusClient, isServiceBusError } from '@azure/service-bus';
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import rhea from 'rhea';
import { startServiceBus } from '../../local/service-bus-server.ts';
import type { RunningServiceBus } from '../../local/service-bus-server.ts';

const inbox = { name: 'inbox', lockDurationSeconds: 60, maxDeliveryCount: 3, duplicateDetectionMinutes: 10 };
const events = { name: 'events', duplicateDetectionMinutes: 10, subscriptions: [{ name: 'all', lockDurationSeconds: 60, maxDeliveryCount: 10 }, { name: 'audit', lockDurationSeconds: 60, maxDeliveryCount: 10 }] };
const start = Date.UTC(2026, 10, 21, 22);

interface Bench {
  readonly bus: RunningServiceBus;
  readonly client: ServiceBusClient;
  readonly receiver: ServiceBusReceiver;
  readonly time: { now: number };
}

async function setUp(t: TestContext, database = ':memory:'): Promise<Bench> {
  const time = { now: start };
  const bus = await startServiceBus({ database, now: () => time.now, queues: [inbox], topics: [events] });
  const client = new ServiceBusClient(bus.connectionString, { retryOptions: { maxRetries: 1, retryDelayInMs: 10, timeoutInMs: 2_000 } });
  t.after(async () => {
    await client.close();
    await bus.close();
  });
  return { bus, client, receiver: client.createReceiver('inbox'), time };
}

async function send(client: ServiceBusClient, ...ids: readonly string[]): Promise<void> {
  const sender = client.createSender('inbox');
  for (const messageId of ids) await sender.sendMessages({ messageId, body: { n: messageId }, contentType: 'application/cloudevents+json', applicationProperties: { from: 'test' } });
  await sender.close();
}

async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1_500 });
  assert.ok(message !== undefined, 'a message was expected');
  return message;
}

async function receiveNone(receiver: ServiceBusReceiver): Promise<void> {
  assert.deepEqual((await receiver.receiveMessages(1, { maxWaitTimeInMs: 60 })).map((message) => message.messageId), []);
}

describe('the local Service Bus, through the real client', () => {
  test('a message arrives as it was sent, once, and is gone when completed', async (t) => {
    const { bus, client, receiver } = await setUp(t);

    await send(client, 'one');
    const message = await receiveOne(receiver);
    await receiver.completeMessage(message);

    assert.equal(message.messageId, 'one');
    assert.deepEqual(message.body, { n: 'one' });
    assert.equal(message.contentType, 'application/cloudevents+json');
    assert.deepEqual(message.applicationProperties, { from: 'test' });
    assert.equal(message.deliveryCount, 0);
    assert.equal(message.enqueuedTimeUtc?.getTime(), start);
    assert.equal(message.lockedUntilUtc?.getTime(), start + 60_000);
    assert.equal(Number(message.sequenceNumber), 1);
    assert.deepEqual(bus.broker.counts('inbox'), { active: 0, locked: 0, deferred: 0 });
    await receiveNone(receiver);
  });

  test('messages come in the order of their sequence numbers, batches included', async (t) => {
    const { client, receiver } = await setUp(t);
    const sender = client.createSender('inbox');
    const batch = await sender.createMessageBatch();

    for (const messageId of ['a', 'b', 'c']) assert.ok(batch.tryAddMessage({ messageId, body: messageId }));
    await sender.sendMessages(batch);
    await sender.sendMessages([{ body: 'no id' }, { messageId: 'd', body: 'd' }]);
    const bodies: unknown[] = [];
    while (bodies.length < 5) for (const message of await receiver.receiveMessages(5, { maxWaitTimeInMs: 1_500 })) bodies.push(message.body);

    assert.deepEqual(bodies, ['a', 'b', 'c', 'no id', 'd']);
  });

  test('an abandoned message comes again at once and goes to the dead letters after the last delivery', async (t) => {
    const { bus, client, receiver } = await setUp(t);

    await send(client, 'poison');
    const counts: (number | undefined)[] = [];
    for (let delivery = 0; delivery < 3; delivery += 1) {
      const message = await receiveOne(receiver);
      counts.push(message.deliveryCount);
      await receiver.abandonMessage(message, { seen: delivery });
    }
    const dead = await receiveOne(client.createReceiver('inbox', { subQueueType: 'deadLetter' }));

    assert.deepEqual(counts, [0, 1, 2]);
    assert.equal(dead.messageId, 'poison');
    assert.equal(dead.deadLetterReason, 'MaxDeliveryCountExceeded');
    assert.equal(dead.deadLetterErrorDescription, 'Message could not be consumed after 3 delivery attempts.');
    assert.equal(dead.applicationProperties?.['seen'], 2);
    assert.equal(bus.broker.counts('inbox').active, 0);
    await receiveNone(receiver);
  });

  test('a message dead-lettered on purpose keeps the reason given', async (t) => {
    const { client, receiver } = await setUp(t);

    await send(client, 'bad');
    await receiver.deadLetterMessage(await receiveOne(receiver), { deadLetterReason: 'unreadable', deadLetterErrorDescription: 'No JSON.' });
    const deadLetters = client.createReceiver('inbox', { subQueueType: 'deadLetter' });
    const dead = await receiveOne(deadLetters);
    await deadLetters.completeMessage(dead);

    assert.equal(dead.deadLetterReason, 'unreadable');
    assert.equal(dead.deadLetterErrorDescription, 'No JSON.');
    assert.deepEqual(dead.body, { n: 'bad' });
    await receiveNone(deadLetters);
  });

  test('a message id seen within the history is accepted and dropped, and is new after it', async (t) => {
    const { client, receiver, time } = await setUp(t);

    await send(client, 'same', 'same');
    await receiver.completeMessage(await receiveOne(receiver));
    await send(client, 'same');
    await receiveNone(receiver);
    time.now += 10 * 60_000;
    await send(client, 'same');

    assert.equal((await receiveOne(receiver)).messageId, 'same');
  });

  test('a lock that expires gives the message to the next receiver and refuses the first', async (t) => {
    const { client, receiver, time } = await setUp(t);

    await send(client, 'slow');
    const held = await receiveOne(receiver);
    time.now += 60_000;
    const again = await receiveOne(client.createReceiver('inbox'));

    assert.equal(again.deliveryCount, 1);
    await assert.rejects(receiver.completeMessage(held), (error) => isServiceBusError(error) && error.code === 'MessageLockLost');
  });

  test('a renewed lock holds beyond its first time; an expired one cannot be renewed', async (t) => {
    const { client, receiver, time } = await setUp(t);

    await send(client, 'long');
    const held = await receiveOne(receiver);
    time.now += 59_000;
    const until = await receiver.renewMessageLock(held);
    time.now += 59_000;
    await receiveNone(client.createReceiver('inbox'));
    time.now += 1_000;

    assert.equal(until.getTime(), start + 119_000);
    await assert.rejects(receiver.renewMessageLock(held), (error) => isServiceBusError(error) && error.code === 'MessageLockLost');
  });

  test('a deferred message waits until it is asked for by its number', async (t) => {
    const { client, receiver } = await setUp(t);

    await send(client, 'later');
    const message = await receiveOne(receiver);
    await receiver.deferMessage(message);
    await receiveNone(receiver);
    assert.ok(message.sequenceNumber !== undefined);
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber);
    assert.ok(deferred !== undefined);
    await receiver.completeMessage(deferred);

    assert.equal(deferred.messageId, 'later');
    assert.deepEqual(await receiver.peekMessages(5), []);
  });

  test('peeking shows what is there and locks nothing', async (t) => {
    const { client, receiver } = await setUp(t);

    await send(client, 'a', 'b');
    const peeked = await receiver.peekMessages(10);

    assert.deepEqual(peeked.map((message) => message.messageId), ['a', 'b']);
    assert.deepEqual(peeked[1]?.body, { n: 'b' });
    assert.equal((await receiveOne(receiver)).deliveryCount, 0);
  });

  test('each subscription of a topic gets its own copy', async (t) => {
    const { client } = await setUp(t);

    await client.createSender('events').sendMessages([{ messageId: 'e1', body: 1 }, { messageId: 'e1', body: 1 }]);

    for (const subscription of ['all', 'audit']) {
      const receiver = client.createReceiver('events', subscription);
      await receiver.completeMessage(await receiveOne(receiver));
      await receiveNone(receiver);
    }
  });

  test('an entity that was not declared is named in the error', async (t) => {
    const { client } = await setUp(t);

    await assert.rejects(client.createSender('nowhere').sendMessages({ body: 1 }), (error) => isServiceBusError(error) && error.code === 'MessagingEntityNotFound');
    await assert.rejects(client.createReceiver('nowhere').receiveMessages(1, { maxWaitTimeInMs: 500 }), (error) => isServiceBusError(error) && error.code === 'MessagingEntityNotFound');
  });

  test('a message beyond the size of the Standard tier is refused', async (t) => {
    const { client } = await setUp(t);

    await assert.rejects(client.createSender('inbox').sendMessages({ body: 'x'.repeat(270_000) }), (error) => isServiceBusError(error) && error.code === 'MessageSizeExceeded');
  });
});

test('of two messages sent at once, the kept one and the refused one are told apart', async (t) => {
  const { client } = await setUp(t);
  const sender = client.createSender('inbox');
  await sender.sendMessages({ body: 'opens the link' });

  const [small, large] = await Promise.allSettled([sender.sendMessages({ body: 'small' }), sender.sendMessages({ body: 'x'.repeat(270_000) })]);

  assert.deepEqual([small?.status, large?.status], ['fulfilled', 'rejected']);
});

describe('the local Service Bus under faults', () => {
  test('a send refused once as busy succeeds at the client\'s retry', async (t) => {
    const { bus, client, receiver } = await setUp(t);
    bus.faults.add({ method: 'SEND', path: /^inbox$/, times: 1, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: null } } });

    await send(client, 'persistent');

    assert.equal((await receiveOne(receiver)).messageId, 'persistent');
    assert.deepEqual(bus.log.entries.map((entry) => [entry.method, entry.status]), [['SEND', 503], ['SEND', 202], ['RECEIVE', 200]]);
  });

  test('an answer lost after the message was kept leads to one message, not two', async (t) => {
    const { bus, client, receiver } = await setUp(t);
    bus.faults.add({ method: 'SEND', path: null, times: 1, mishap: { kind: 'cut', moment: 'after' } });

    await send(client, 'once');
    await receiver.completeMessage(await receiveOne(receiver));

    await receiveNone(receiver);
    assert.deepEqual(bus.log.entries.filter((entry) => entry.method === 'SEND').map((entry) => entry.responseBody), ['kept', 'fault', 'duplicate']);
  });

  test('a subscriber goes on by itself when its connection was cut', async (t) => {
    const { bus, client, receiver } = await setUp(t);
    const seen: string[] = [];
    const arrived = new Map<string, () => void>();
    const arrival = (id: string) => new Promise<void>((resolve) => void arrived.set(id, resolve));
    receiver.subscribe({
      processMessage: async (message) => {
        seen.push(String(message.messageId));
        arrived.get(String(message.messageId))?.();
      },
      processError: async () => undefined,
    });

    const first = arrival('before');
    await send(client, 'before');
    await first;
    bus.dropConnections();
    const second = arrival('after');
    bus.broker.send('inbox', { messageId: 'after', encoded: encode('after') });
    await second;

    assert.deepEqual(seen, ['before', 'after']);
  });

  test('more messages than an AMQP session buffers are each delivered once', async (t) => {
    const { bus, receiver } = await setUp(t);
    const total = 2_300;
    for (let index = 0; index < total; index += 1) bus.broker.send('inbox', { messageId: `m${index}`, encoded: encode(`m${index}`) });
    const numbers = new Set<number>();
    const { promise, resolve } = Promise.withResolvers<void>();

    const subscription = receiver.subscribe(
      {
        processMessage: async (message) => {
          numbers.add(Number(message.sequenceNumber));
          if (numbers.size === total) resolve();
        },
        processError: async () => undefined,
      },
      { maxConcurrentCalls: 50 },
    );
    await promise;
    await subscription.close();

    assert.equal(numbers.size, total);
  });
});

function encode(messageId: string): Buffer {
  return rhea.message.encode({ message_id: messageId, body: 1 });
}

describe('the local Service Bus after a kill', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'service-bus-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('what was accepted, held or dead-lettered is there again, and a seen id is still dropped', async (t) => {
    const database = join(folder, 'kill.sqlite');
    const first = await setUp(t, database);
    await send(first.client, 'kept', 'held', 'dead');
    await receiveOne(first.receiver);
    await receiveOne(first.receiver);
    await first.receiver.deadLetterMessage(await receiveOne(first.receiver), { deadLetterReason: 'because', deadLetterErrorDescription: 'told so' });

    // Nothing is closed: a second process finds the file as a kill leaves it.
    const second = await setUp(t, database);
    await send(second.client, 'kept');

    assert.deepEqual([await receiveOne(second.receiver), await receiveOne(second.receiver)].map((message) => [message.messageId, message.deliveryCount]), [['kept', 1], ['held', 1]]);
    await receiveNone(second.receiver);
    assert.equal((await receiveOne(second.client.createReceiver('inbox', { subQueueType: 'deadLetter' }))).deadLetterReason, 'because');
  });
});
