import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import rhea from 'rhea';
import type { Connection, Delivery, EventContext, Receiver, Sender, Session } from 'rhea';
import type { Instant } from '../domain/time.ts';
import { createFaultList } from './faults.ts';
import type { FaultList } from './faults.ts';
import { createRequestLog } from './request-log.ts';
import type { RequestLog } from './request-log.ts';
import { openServiceBusBroker } from './service-bus-broker.ts';
import type { QueueDeclaration, ServiceBusBroker, TopicDeclaration } from './service-bus-broker.ts';
import { createExchange } from './service-bus-exchange.ts';
import type { Exchange, TellOutcome } from './service-bus-exchange.ts';
import { answerManagement } from './service-bus-management.ts';
import { condition, lockTokenOf, readArrivals, readSettlement, tagOf, writeDelivery } from './service-bus-wire.ts';

interface ServiceBusOptions {
  /** A SQLite file, or `:memory:`. */
  readonly database: string;
  /**
   * Time of locks and of duplicate detection. Locks guard against dead receivers, so a scaled clock shortens them: with
   * one, declare lock durations long enough for a handler of this machine.
   */
  readonly now: () => Instant;
  readonly queues: readonly QueueDeclaration[];
  readonly topics: readonly TopicDeclaration[];
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  readonly log?: RequestLog;
  readonly faults?: FaultList;
}

/** A Service Bus that runs on loopback. */
export interface RunningServiceBus {
  /** For `@azure/service-bus`: `Endpoint=sb://127.0.0.1:<port>;…;UseDevelopmentEmulator=true`. The key opens nothing. */
  readonly connectionString: string;
  readonly port: number;
  readonly broker: ServiceBusBroker;
  /** One entry for each `SEND`, `RECEIVE`, `COMPLETE`, `ABANDON`, `DEFER`, `DEAD-LETTER` and `MANAGE`; the entity is its path. */
  readonly log: RequestLog;
  /** Faults by those methods; an `answer` of 401, 404, 413, 503 or 504 becomes the AMQP condition Service Bus has for it. */
  readonly faults: FaultList;
  /** Cuts every connection, as a restart of the service would. */
  dropConnections(): void;
  close(): Promise<void>;
}

/** Largest message of the Standard tier. Unit: bytes. */
const MESSAGE_BYTES_MAX = 262_144;
/** How often expired locks are looked for. Unit: milliseconds of the machine. */
const LOCK_SWEEP_MS = 50;
const managementSuffix = '/$management';
/** A modified outcome is told apart from a released one, which rhea's types do not know as an option. */
const senderOptions = { autosettle: false, treat_modified_as_released: false };

/**
 * Serves a broker as Service Bus: AMQP 1.0 on plain TCP, for the real `@azure/service-bus` client.
 *
 * Speaks `$cbs`, send (batches too), peek-lock receive and its settlements, and `$management` for renew-lock, peek and
 * deferred messages. Refused by name: receive-and-delete, sessions, scheduling, transactions.
 */
export async function startServiceBus(options: ServiceBusOptions): Promise<RunningServiceBus> {
  const broker = openServiceBusBroker(options);
  const log = options.log ?? createRequestLog(null);
  const faults = options.faults ?? createFaultList();
  const exchange = createExchange({ now: options.now, log, faults });
  const container = rhea.create_container({ id: 'slackwater-service-bus' });
  const outlets = serveLinks(container, broker, exchange);
  const server: Server = container.listen({
    port: options.port ?? 0,
    host: '127.0.0.1',
    sender_options: senderOptions,
    receiver_options: { autoaccept: false, credit_window: 500, max_message_size: MESSAGE_BYTES_MAX },
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await once(server, 'listening');
  const sweep = setInterval(() => broker.expireLocks(), LOCK_SWEEP_MS);
  sweep.unref();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  // With an error, because rhea does not hear of a socket that is destroyed in silence, and keeps its heartbeat going.
  const dropConnections = (): void => sockets.forEach((socket) => socket.destroy(new Error('The connection was cut.')));
  return {
    connectionString: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=local;SharedAccessKey=opens-nothing;UseDevelopmentEmulator=true`,
    port,
    broker,
    log,
    faults,
    dropConnections,
    async close() {
      clearInterval(sweep);
      outlets.stop();
      const closed = once(server, 'close');
      server.close();
      dropConnections();
      await closed;
      broker.close();
    },
  };
}

type Container = ReturnType<typeof rhea.create_container>;

/** Binds the events of every link to the broker. */
function serveLinks(container: Container, broker: ServiceBusBroker, exchange: Exchange): Outlets {
  const outlets = createOutlets(broker, exchange);
  /** The link on which a session's `$cbs` or `$management` answers go out. */
  const answerLinks = new WeakMap<Session, Sender>();
  container.on('sender_open', ({ sender }: EventContext) => {
    if (sender === undefined) return;
    const address = sender.source?.address ?? '';
    sender.set_source({ address });
    if (isRequestAddress(address)) answerLinks.set(sender.session, sender);
    else if (!broker.canReceiveFrom(address)) refuseLink(sender, condition.notFound, entityNotFound(address));
    else if (sender.snd_settle_mode === 1) refuseLink(sender, condition.notImplemented, 'Receive-and-delete is not served here; use peek-lock.');
    else outlets.open(sender, address);
  });
  container.on('receiver_open', ({ receiver }: EventContext) => {
    if (receiver === undefined) return;
    const address = receiver.target?.address ?? '';
    receiver.set_target({ address });
    if (isRequestAddress(address) || broker.canSendTo(address)) return;
    refuseLink(receiver, condition.notFound, entityNotFound(address));
  });
  container.on('message', (context: EventContext) => {
    const { receiver, delivery } = context;
    if (receiver === undefined || delivery === undefined) return;
    const address = receiver.target?.address ?? '';
    const message: unknown = context.message;
    if (!isRequestAddress(address)) return exchange.meet({ method: 'SEND', path: address, connection: receiver.connection, sent: delivery }, () => takeArrivals(broker, exchange, { address, message, delivery }));
    delivery.accept();
    const sender = answerLinks.get(receiver.session);
    if (sender === undefined) return;
    const entity = address.slice(0, -managementSuffix.length);
    return exchange.meet({ method: 'MANAGE', path: address, connection: receiver.connection, sent: null }, () => {
      const answer = answerManagement(broker, entity, message, exchange);
      return () => void sender.send(answer);
    });
  });
  for (const outcome of ['accepted', 'modified', 'rejected', 'released'] as const) {
    container.on(outcome, ({ sender, delivery }: EventContext) => {
      const address = sender?.source?.address ?? '';
      if (sender !== undefined && delivery !== undefined && !isRequestAddress(address)) settle(broker, exchange, { outcome, sender, delivery, address });
    });
  }
  container.on('sendable', ({ sender }: EventContext) => sender !== undefined && outlets.pump(sender));
  container.on('sender_draining', ({ sender }: EventContext) => sender !== undefined && outlets.drain(sender));
  container.on('sender_close', ({ sender }: EventContext) => sender !== undefined && outlets.shut(sender));
  container.on('session_close', ({ session }: EventContext) => outlets.shutWhere((sender) => sender.session === session));
  container.on('disconnected', ({ connection }: EventContext) => outlets.shutWhere((sender) => sender.connection === connection));
  // A peer that goes away in the middle is everyday life here, and an unheard error event would end the process.
  for (const event of ['connection_error', 'session_error', 'sender_error', 'receiver_error', 'protocol_error', 'error']) container.on(event, () => undefined);
  return outlets;
}

function isRequestAddress(address: string): boolean {
  return address === '$cbs' || address.endsWith(managementSuffix);
}

/** In the words of Service Bus, by which the SDK knows this error from other communication problems. */
function entityNotFound(address: string): string {
  return `The messaging entity '${address}' could not be found.`;
}

function refuseLink(link: Sender | Receiver, code: string, description: string): void {
  link.close({ condition: code, description });
}

function takeArrivals(
  broker: ServiceBusBroker,
  exchange: Exchange,
  { address, message, delivery }: { readonly address: string; readonly message: unknown; readonly delivery: Delivery },
): TellOutcome {
  const arrivals = readArrivals(message, delivery.format);
  if (arrivals.some((arrival) => arrival.encoded.length > MESSAGE_BYTES_MAX)) {
    return () => delivery.reject({ condition: condition.tooLarge, description: `A message is larger than ${MESSAGE_BYTES_MAX} bytes.` });
  }
  for (const arrival of arrivals) {
    const fate = broker.send(address, arrival);
    exchange.record({ method: 'SEND', path: address, status: 202, asked: { messageId: arrival.messageId, bytes: arrival.encoded.length }, answered: fate });
  }
  return () => delivery.accept();
}

function settle(
  broker: ServiceBusBroker,
  exchange: Exchange,
  told: { readonly outcome: 'accepted' | 'modified' | 'rejected' | 'released'; readonly sender: Sender; readonly delivery: Delivery; readonly address: string },
): void {
  const { delivery, address } = told;
  const settlement = readSettlement(told.outcome, delivery.remote_state);
  const method = settlement.kind.toUpperCase();
  exchange.meet({ method, path: address, connection: told.sender.connection, sent: null }, () => {
    const fate = broker.settle(address, lockTokenOf(delivery.tag), settlement);
    exchange.record({ method, path: address, status: fate === 'settled' ? 200 : 410, asked: settlement, answered: fate });
    const lost = { error: { condition: condition.lockLost, description: 'The lock expired or the message is settled already; receive it again.' } };
    const { message } = rhea;
    return () => {
      delivery.update(true, fate === 'settled' ? outcomeOf(message, 'accepted', {}) : outcomeOf(message, 'rejected', lost));
      // The client settles by taking ours and says no more; unless rhea believes it did, its buffer of 2048 deliveries fills up.
      Reflect.set(delivery, 'remote_settled', true);
    };
  });
}

/** rhea's outcome constructors, which its types leave out. */
function outcomeOf(makers: object, name: 'accepted' | 'rejected', fields: object): unknown {
  const make: unknown = Reflect.get(makers, name);
  const made: unknown = typeof make === 'function' ? make(fields) : undefined;
  const described: unknown = typeof made === 'object' && made !== null ? Reflect.get(made, 'described') : undefined;
  return typeof described === 'function' ? described.call(made) : undefined;
}

type Outlets = ReturnType<typeof createOutlets>;

/** Links on which messages go out, and the credit each has left. */
function createOutlets(broker: ServiceBusBroker, exchange: Exchange) {
  const open = new Map<Sender, { readonly address: string; unflushed: number }>();
  let isStopped = false;
  const creditOf = (sender: Sender): number => Number('credit' in sender ? sender.credit : 0);
  /** Sends while there is credit and a message; true when credit is left because nothing more is there. */
  const pump = (sender: Sender): boolean => {
    const outlet = open.get(sender);
    if (outlet === undefined || isStopped || !sender.is_open()) return false;
    let sent = 0;
    let isEmpty = false;
    while (!isEmpty && sender.sendable() && creditOf(sender) > outlet.unflushed) {
      const message = broker.acquire(outlet.address);
      if (message === null) {
        isEmpty = true;
        continue;
      }
      sender.send(writeDelivery(message), tagOf(message.lockToken));
      outlet.unflushed += 1;
      sent += 1;
      const told = { messageId: message.messageId, sequenceNumber: message.sequenceNumber, deliveryCount: message.deliveryCount + 1 };
      exchange.record({ method: 'RECEIVE', path: outlet.address, status: 200, asked: null, answered: told });
    }
    // rhea takes credit off only when it writes the transfers, on the next turn.
    if (sent > 0) setImmediate(() => void (outlet.unflushed -= sent));
    return isEmpty;
  };
  const pumpMailbox = (mailbox: string): void => {
    for (const [sender, { address }] of open) if (address.toLowerCase() === mailbox) pump(sender);
  };
  // Not at once: the broker announces in the middle of its own changes.
  broker.onAvailable((mailbox) => void setImmediate(pumpMailbox, mailbox));
  const shut = (sender: Sender): void => void open.delete(sender);
  return {
    // Not at once: a transfer written before our own attach breaks the protocol.
    open(sender: Sender, address: string): void {
      open.set(sender, { address, unflushed: 0 });
      setImmediate(pump, sender);
    },
    pump,
    drain(sender: Sender): void {
      pump(sender);
      sender.set_drained(true);
    },
    shut,
    shutWhere(matches: (sender: { readonly session: Session; readonly connection: Connection }) => boolean): void {
      for (const sender of [...open.keys()]) if (matches(sender)) shut(sender);
    },
    stop(): void {
      isStopped = true;
    },
  };
}
