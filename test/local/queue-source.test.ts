import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessagePort } from '../../adapters/service-bus-client.ts';
import type { QueueMessage } from '../../local/functions-host/queue-source.ts';
import { createQueueSource } from '../../local/queue-source.ts';
import { startServiceBus } from '../../local/service-bus-server.ts';

test('the host gets each message with its metadata, again when abandoned, and no more when completed', async () => {
  const now = Date.UTC(2026, 10, 21, 22);
  const queue = { name: 'inbox', lockDurationSeconds: 60, maxDeliveryCount: 3, duplicateDetectionMinutes: 60 };
  const bus = await startServiceBus({ database: ':memory:', now: () => now, queues: [queue], topics: [] });
  const { connectionString } = bus;
  const port = createMessagePort({ connection: { connectionString }, queue: 'inbox', topic: 'events' });
  const seen: QueueMessage[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();

  const receiver = await createQueueSource({ connectionString }).receive('inbox', async (message) => {
    seen.push(message);
    if (message.messageId === 'last') end();
    return message.messageId === 'poison' || (message.messageId === 'once more' && message.deliveryCount === 1) ? 'abandon' : 'complete';
  });
  for (const messageId of ['once more', 'poison']) await port.enqueueInbox(messageId, { specversion: '1.0', id: messageId });
  while (bus.broker.counts('inbox/$deadletterqueue').active === 0) await new Promise((resolve) => setImmediate(resolve));
  await port.enqueueInbox('last', { specversion: '1.0', id: 'last' });
  await ended;
  await receiver.close();
  await port.close();
  const left = bus.broker.counts('inbox');
  await bus.close();

  assert.deepEqual(
    seen.map(({ messageId, deliveryCount }) => `${messageId} ${deliveryCount}`).sort(),
    ['last 1', 'once more 1', 'once more 2', 'poison 1', 'poison 2', 'poison 3'],
  );
  assert.deepEqual(seen.find(({ messageId }) => messageId === 'last'), { messageId: 'last', body: { specversion: '1.0', id: 'last' }, deliveryCount: 1, enqueuedAt: now, sequenceNumber: 3, applicationProperties: {} });
  assert.deepEqual(left, { active: 0, locked: 0, deferred: 0 });
});
