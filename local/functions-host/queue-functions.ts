import { textAt } from '../../domain/json.ts';
import type { InFlight } from '../in-flight.ts';
import { AppRefused } from './core-api.ts';
import type { CoreApi, RegisteredFunction, TypedData } from './core-api.ts';
import { resolveSetting } from './host-settings.ts';
import type { QueueMessage, QueueSource } from './queue-source.ts';

interface QueueFunctionOptions {
  readonly core: CoreApi;
  readonly functions: readonly RegisteredFunction[];
  readonly source: QueueSource;
  readonly inFlight: InFlight;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly extraInputs: (registered: RegisteredFunction) => Readonly<Record<string, TypedData>>;
  readonly onFailure: (name: string, error: unknown) => void;
}

/** Queue of a Service Bus trigger. Throws `not-implemented-locally` for topics, sessions and batches. */
export function queueNameOf(registered: RegisteredFunction, environment: Readonly<Record<string, string | undefined>>): string {
  const binding = registered.bindings[registered.triggerName] ?? {};
  const queue = textAt(binding, 'queueName');
  if (queue === null) throw new AppRefused('not-implemented-locally', `Function ${registered.name} reads a Service Bus topic. The local host serves queues only.`);
  for (const feature of ['isSessionsEnabled', 'cardinality']) {
    const value = binding[feature];
    if (value === true || value === 'many') throw new AppRefused('not-implemented-locally', `Function ${registered.name} sets ${feature}. The local host hands over one message at a time, without sessions.`);
  }
  return resolveSetting(queue, environment);
}

/** Connects queue-triggered functions to their source: completed on return, abandoned on a throw. */
export async function receiveQueues(options: QueueFunctionOptions): Promise<{ close(): Promise<void> }> {
  const receivers: { close(): Promise<void> }[] = [];
  for (const registered of options.functions) {
    const queue = queueNameOf(registered, options.environment);
    receivers.push(await options.source.receive(queue, (message) => options.inFlight.track('queue function', invoke(options, registered, message))));
  }
  return { close: async () => void (await Promise.all(receivers.map((receiver) => receiver.close()))) };
}

async function invoke(options: QueueFunctionOptions, registered: RegisteredFunction, message: QueueMessage): Promise<'complete' | 'abandon'> {
  const { body } = message;
  const result = await options.core.invoke(registered, {
    triggerData: typeof body === 'string' ? { string: body } : { json: JSON.stringify(body) ?? 'null' },
    extraInputs: options.extraInputs(registered),
    triggerMetadata: {
      MessageId: { json: JSON.stringify(message.messageId) },
      DeliveryCount: { json: String(message.deliveryCount) },
      EnqueuedTimeUtc: { json: JSON.stringify(new Date(message.enqueuedAt).toISOString()) },
      SequenceNumber: { json: String(message.sequenceNumber) },
      ApplicationProperties: { json: JSON.stringify(message.applicationProperties) },
    },
    traceParent: textAt(message.applicationProperties, 'Diagnostic-Id'),
  });
  if (result.kind === 'returned') return 'complete';
  options.onFailure(registered.name, result.error);
  return 'abandon';
}
