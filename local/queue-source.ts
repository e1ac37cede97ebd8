import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { HostLog } from './functions-host/host-options.ts';
import type { QueueMessage, QueueSource } from './functions-host/queue-source.ts';

/** Messages handled at once, as host.json says for Azure. */
const CONCURRENT_CALLS = 8;

/**
 * Service Bus queues for the local Functions host, received with the real client in peek-lock mode.
 *
 * A message whose verdict cannot be told to the broker (lock lost, connection cut) comes again: handlers are safe to run twice.
 */
export function createQueueSource(options: { readonly connectionString: string; readonly log?: HostLog }): QueueSource {
  const log: HostLog = options.log ?? (() => undefined);
  return {
    async receive(queue, handler) {
      const client = new ServiceBusClient(options.connectionString, { retryOptions: { retryDelayInMs: 50, maxRetryDelayInMs: 1_000 } });
      const receiver = client.createReceiver(queue);
      // One after another: rhea merges the outcomes of two neighbouring messages told in one turn of the loop into the
      // first one's, so an abandoned message would be completed.
      let lastTold: Promise<void> = Promise.resolve();
      const subscription = receiver.subscribe(
        {
          processMessage: async (message) => {
            const verdict = await handler(toQueueMessage(message));
            lastTold = lastTold.then(() => tell(receiver, message, verdict)).catch((error: unknown) => {
              log('warn', 'queue.settle-failed', { queue, messageId: message.messageId, error: String(error) });
            });
            await lastTold;
          },
          processError: async ({ error, errorSource }) => log('warn', 'queue.receiver-error', { queue, errorSource, error: error.message }),
        },
        { autoCompleteMessages: false, maxConcurrentCalls: CONCURRENT_CALLS },
      );
      return {
        async close() {
          await subscription.close();
          await client.close();
        },
      };
    },
  };
}

async function tell(receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage, verdict: 'complete' | 'abandon'): Promise<void> {
  if (verdict === 'complete') await receiver.completeMessage(message);
  else await receiver.abandonMessage(message);
}

function toQueueMessage(message: ServiceBusReceivedMessage): QueueMessage {
  const body: unknown = message.body;
  return {
    messageId: String(message.messageId ?? ''),
    body: Buffer.isBuffer(body) ? body.toString('utf8') : body,
    // The client counts earlier deliveries, the Functions host counts this one too.
    deliveryCount: (message.deliveryCount ?? 0) + 1,
    enqueuedAt: message.enqueuedTimeUtc?.getTime() ?? 0,
    sequenceNumber: Number(message.sequenceNumber ?? 0),
    applicationProperties: message.applicationProperties ?? {},
  };
}
