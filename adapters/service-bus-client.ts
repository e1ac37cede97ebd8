import type { TokenCredential } from '@azure/identity';
import type { ServiceBusClient, ServiceBusSender } from '@azure/service-bus';
import type { MessagePort, SlackwaterEvent } from '../activities/ports.ts';
import type { Outcome } from '../domain/failure.ts';
import { presentInvocation, witnessed } from './invocation.ts';
import type { Invocation } from './invocation.ts';
import { classifyServiceBusError } from './service-bus-failure.ts';
import { isLocalConnectionString } from './settings.ts';

/** How Service Bus is reached. A connection string is taken for an emulator on loopback only. */
export type ServiceBusConnection =
  | { readonly fullyQualifiedNamespace: string; readonly credential: TokenCredential }
  | { readonly connectionString: string };

interface MessagePortOptions {
  readonly connection: ServiceBusConnection;
  /** Queue of what came in. */
  readonly queue: string;
  /** Topic of what we tell. */
  readonly topic: string;
  /** Limit of one attempt. Unit: milliseconds, 2 000 unless given; four attempts must fit in the 10 s GitHub waits. */
  readonly attemptMs?: number;
}

/** The port, and a way to end its connection. */
interface ClosableMessagePort extends MessagePort {
  close(): Promise<void>;
}

const contentType = 'application/cloudevents+json';
/** Source of our events: a URI reference, as CloudEvents wants one. */
const eventSource = '/slackwater';

interface OutgoingMessage {
  readonly messageId: string;
  readonly subject: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Connected {
  readonly client: ServiceBusClient;
  readonly senders: Map<string, ServiceBusSender>;
}

/**
 * Service Bus through `@azure/service-bus`, loaded at the first message.
 *
 * One connection is kept. After a failure that may pass it is thrown away and the message is sent once more over a new
 * one, because a link opened while the connection breaks waits for ever; the message id makes that safe. Failures:
 * `service-bus-busy`, `service-bus-unreachable`, `service-bus-quota-exceeded` (transient) · `service-bus-unauthorized`,
 * `service-bus-entity-missing`, `message-too-large`, `message-refused` (terminal) · `service-bus-unknown` (unreadable).
 *
 * Throws where it is composed when the connection string does not lead to this machine.
 */
export function createMessagePort(options: MessagePortOptions): ClosableMessagePort {
  const { connection } = options;
  if ('connectionString' in connection && !isLocalConnectionString(connection.connectionString)) {
    throw new Error('A Service Bus connection string is accepted for an emulator on loopback only; use the namespace and an identity.');
  }
  let connected: Promise<Connected> | null = null;
  const forget = async (): Promise<void> => {
    const old = connected;
    connected = null;
    // A connection that just failed may fail to close as well; nothing depends on it.
    await old?.then(({ client }) => client.close()).catch(() => undefined);
  };
  const attempt = async (entity: string, message: OutgoingMessage): Promise<Outcome<null>> => {
    connected ??= connect(options);
    try {
      const sender = senderOf(await connected, entity);
      await witnessed({ service: 'service-bus', method: 'SEND', host: hostOf(options.connection), path: `/${entity}` }, () => sender.sendMessages({ ...message, contentType, ...parentOf(presentInvocation()) }), () => 202);
      return { ok: true, value: null };
    } catch (error) {
      return { ok: false, failure: classifyServiceBusError(error) };
    }
  };
  const send = async (entity: string, message: OutgoingMessage): Promise<Outcome<null>> => {
    const first = await attempt(entity, message);
    if (first.ok || first.failure.class !== 'transient') return first;
    void forget();
    const second = await attempt(entity, message);
    if (!second.ok && second.failure.class === 'transient') void forget();
    return second;
  };
  return {
    publishEvent: (event) => send(options.topic, { messageId: event.messageId, subject: event.subject, body: toCloudEvent(event) }),
    enqueueInbox: (messageId, cloudEvent) => {
      const { type } = cloudEvent;
      return send(options.queue, { messageId, subject: typeof type === 'string' ? type : '', body: cloudEvent });
    },
    close: forget,
  };
}

function hostOf(connection: ServiceBusConnection): string {
  return 'connectionString' in connection ? 'localhost' : connection.fullyQualifiedNamespace;
}

/** The property by which the host that takes the message goes on with the trace of the invocation that sent it (facts: Azure Service Bus docs, "End-to-end tracing"). */
function parentOf(invocation: Invocation | null): { readonly applicationProperties?: { readonly 'Diagnostic-Id': string } } {
  const traceParent = invocation?.traceParent ?? null;
  return traceParent === null ? {} : { applicationProperties: { 'Diagnostic-Id': traceParent } };
}

function toCloudEvent(event: SlackwaterEvent): Readonly<Record<string, unknown>> {
  return {
    specversion: '1.0',
    id: event.messageId,
    source: eventSource,
    type: event.name,
    subject: event.subject,
    time: new Date(event.at).toISOString(),
    datacontenttype: 'application/json',
    data: event.data,
  };
}

async function connect({ connection, attemptMs = 2_000 }: MessagePortOptions): Promise<Connected> {
  const { ServiceBusClient } = await import('./service-bus-sdk.ts');
  const clientOptions = { retryOptions: { maxRetries: 1, retryDelayInMs: 200, timeoutInMs: attemptMs } };
  const client =
    'connectionString' in connection
      ? new ServiceBusClient(connection.connectionString, clientOptions)
      : new ServiceBusClient(connection.fullyQualifiedNamespace, connection.credential, clientOptions);
  return { client, senders: new Map() };
}

function senderOf({ client, senders }: Connected, entity: string): ServiceBusSender {
  const known = senders.get(entity);
  if (known !== undefined) return known;
  const made = client.createSender(entity);
  senders.set(entity, made);
  return made;
}
