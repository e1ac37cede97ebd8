import { randomUUID } from 'node:crypto';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import { openServiceBusStore } from './service-bus-store.ts';
import type { AddedProperty, MailboxCounts, ServiceBusStore, StoredMessage } from './service-bus-store.ts';

/** A queue, or a subscription of a topic, as data; the words are those of Service Bus. */
interface MailboxDeclaration {
  readonly name: string;
  readonly lockDurationSeconds: number;
  /** Deliveries after which a message goes to the dead-letter queue. Whole, ≥ 1. */
  readonly maxDeliveryCount: number;
}

export interface QueueDeclaration extends MailboxDeclaration {
  /** How long a message id is remembered, so that a repeat is dropped; null never drops. */
  readonly duplicateDetectionMinutes: number | null;
}

/** A topic gives each of its subscriptions a copy; without a subscription what is sent is lost, as in Azure. */
export interface TopicDeclaration {
  readonly name: string;
  readonly duplicateDetectionMinutes: number | null;
  readonly subscriptions: readonly MailboxDeclaration[];
}

/** A message one receiver holds until `lockedUntil`. */
export interface LockedMessage extends StoredMessage {
  readonly lockToken: string;
  readonly lockedUntil: Instant;
}

/** What a receiver says of a message it holds. */
export type Settlement =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon' | 'defer' | 'dead-letter'; readonly properties: Readonly<Record<string, AddedProperty>> };

/**
 * Queues and topics kept in SQLite: what was accepted is there after a kill.
 *
 * Entities are addressed as Service Bus addresses them, in any letter case: `inbox`, `inbox/$deadletterqueue`,
 * `events`, `events/subscriptions/all`. A lock outlives its link, but not the process, because its receiver does not.
 */
export interface ServiceBusBroker {
  canSendTo(entity: string): boolean;
  canReceiveFrom(mailbox: string): boolean;
  /** Takes a message, or drops it as a repeat of a message id; either way the sender is told it was accepted. */
  send(entity: string, message: { readonly messageId: string; readonly encoded: Uint8Array }): 'kept' | 'duplicate';
  /** Locks the oldest active message of the mailbox; null when there is none. */
  acquire(mailbox: string): LockedMessage | null;
  /** Locks one deferred message; null when there is none of that number. */
  acquireDeferred(mailbox: string, sequenceNumber: number): LockedMessage | null;
  /** Ends the hold on a message; `lock-lost` when the lock expired or was never given. */
  settle(mailbox: string, lockToken: string, settlement: Settlement): 'settled' | 'lock-lost';
  /** Begins the lock anew; null when it is lost. */
  renew(mailbox: string, lockToken: string): Instant | null;
  /** Messages from a sequence number on, locked and deferred ones included; nothing is locked by looking. */
  peek(mailbox: string, fromSequenceNumber: number, countMax: number): readonly StoredMessage[];
  counts(mailbox: string): MailboxCounts;
  /** Gives back what is locked past its time. */
  expireLocks(): void;
  /** Called with the mailbox whenever a message may be acquired there; must not call back into the broker at once. */
  onAvailable(listener: (mailbox: string) => void): void;
  close(): void;
}

const deadLetterSuffix = '/$deadletterqueue';

interface Mailbox {
  readonly path: string;
  readonly lockMs: number;
  /** Null for a dead-letter queue: nothing leaves it but by a receiver. */
  readonly maxDeliveryCount: number | null;
}

interface Entity {
  readonly path: string;
  readonly historyMs: number | null;
  readonly mailboxes: readonly string[];
}

/** Opens the broker on a SQLite file (`:memory:` for tests). The file may hold other tables. */
export function openServiceBusBroker(options: {
  readonly database: string;
  readonly now: () => Instant;
  readonly queues: readonly QueueDeclaration[];
  readonly topics: readonly TopicDeclaration[];
}): ServiceBusBroker {
  const { now } = options;
  const { entities, mailboxes } = layOut(options.queues, options.topics);
  const store = openServiceBusStore(options.database);
  const listeners: ((mailbox: string) => void)[] = [];
  const announce = (mailbox: string): void => listeners.forEach((listener) => listener(mailbox));
  const mailboxOf = (path: string): Mailbox | undefined => mailboxes.get(path.toLowerCase());
  const expireLocks = (): void => {
    for (const { mailbox: path, message } of store.expired(now())) {
      const mailbox = mailboxOf(path);
      if (mailbox !== undefined) announce(giveBack(store, mailbox, message, {}));
    }
  };
  const lock = (mailbox: Mailbox, message: StoredMessage | null): LockedMessage | null => {
    if (message === null) return null;
    const lockToken = randomUUID();
    const lockedUntil = now() + mailbox.lockMs;
    store.lock(mailbox.path, message.sequenceNumber, { token: lockToken, until: lockedUntil });
    return { ...message, lockToken, lockedUntil };
  };
  /** Runs `use` on a mailbox that exists, after expired locks went back; null otherwise. */
  const within = <T>(path: string, use: (mailbox: Mailbox) => T): T | null => {
    expireLocks();
    const mailbox = mailboxOf(path);
    return mailbox === undefined ? null : use(mailbox);
  };
  return {
    canSendTo: (entity) => entities.has(entity.toLowerCase()),
    canReceiveFrom: (path) => mailboxOf(path) !== undefined,
    send(path, message) {
      const entity = entities.get(path.toLowerCase());
      if (entity === undefined) throw new Error(`The broker has no queue or topic ${path}.`);
      const isKept = store.insert({ ...entity, ...message, entity: entity.path, at: now() });
      if (isKept) entity.mailboxes.forEach(announce);
      return isKept ? 'kept' : 'duplicate';
    },
    acquire: (path) => within(path, (mailbox) => lock(mailbox, store.oldestActive(mailbox.path))),
    acquireDeferred: (path, sequence) => within(path, (mailbox) => lock(mailbox, store.deferred(mailbox.path, sequence))),
    settle(path, lockToken, settlement) {
      const settled = within(path, (mailbox) => {
        const held = store.held(mailbox.path, lockToken);
        if (held === null) return null;
        announce(letGo(store, mailbox, held, settlement));
        return 'settled' as const;
      });
      return settled ?? 'lock-lost';
    },
    renew: (path, lockToken) =>
      within(path, (mailbox) => {
        const held = store.held(mailbox.path, lockToken);
        if (held === null) return null;
        const until = now() + mailbox.lockMs;
        store.lock(mailbox.path, held.sequenceNumber, { token: lockToken, until });
        return until;
      }),
    peek: (path, fromSequence, countMax) => store.list(path.toLowerCase(), fromSequence, countMax),
    counts: (path) => store.counts(path.toLowerCase()),
    expireLocks,
    onAvailable: (listener) => void listeners.push(listener),
    close: () => store.close(),
  };
}

/** Carries out a settlement and returns the mailbox that may now hold something to acquire. */
function letGo(store: ServiceBusStore, mailbox: Mailbox, held: StoredMessage, settlement: Settlement): string {
  if (settlement.kind === 'complete') {
    store.remove(mailbox.path, held.sequenceNumber);
    return mailbox.path;
  }
  if (settlement.kind === 'abandon') return giveBack(store, mailbox, held, settlement.properties);
  const isDeadLetter = settlement.kind === 'dead-letter';
  const to = isDeadLetter && mailbox.maxDeliveryCount !== null ? mailbox.path + deadLetterSuffix : mailbox.path;
  const addedProperties = { ...held.addedProperties, ...settlement.properties };
  store.move({ ...held, state: isDeadLetter ? 'active' : 'deferred', addedProperties }, { from: mailbox.path, to });
  return to;
}

/** Returns a held message to its mailbox, or to the dead letters when it was delivered too often. */
function giveBack(store: ServiceBusStore, mailbox: Mailbox, held: StoredMessage, properties: Readonly<Record<string, AddedProperty>>): string {
  const deliveryCount = held.deliveryCount + 1;
  const isExhausted = mailbox.maxDeliveryCount !== null && deliveryCount >= mailbox.maxDeliveryCount && held.state === 'active';
  const to = isExhausted ? mailbox.path + deadLetterSuffix : mailbox.path;
  const addedProperties = { ...held.addedProperties, ...properties, ...(isExhausted ? exhausted(deliveryCount) : {}) };
  store.move({ ...held, deliveryCount, addedProperties }, { from: mailbox.path, to });
  return to;
}

/** What Service Bus writes on a message it dead-letters by itself. */
function exhausted(deliveryCount: number): Readonly<Record<string, AddedProperty>> {
  return {
    DeadLetterReason: 'MaxDeliveryCountExceeded',
    DeadLetterErrorDescription: `Message could not be consumed after ${deliveryCount} delivery attempts.`,
  };
}

function layOut(queues: readonly QueueDeclaration[], topics: readonly TopicDeclaration[]) {
  const entities = new Map<string, Entity>();
  const mailboxes = new Map<string, Mailbox>();
  const addMailbox = (path: string, declared: MailboxDeclaration): string => {
    const lockMs = declared.lockDurationSeconds * SECOND_MS;
    mailboxes.set(path, { path, lockMs, maxDeliveryCount: declared.maxDeliveryCount });
    mailboxes.set(path + deadLetterSuffix, { path: path + deadLetterSuffix, lockMs, maxDeliveryCount: null });
    return path;
  };
  const addEntity = (path: string, detectionMinutes: number | null, paths: readonly string[]): void => {
    entities.set(path, { path, historyMs: detectionMinutes === null ? null : detectionMinutes * MINUTE_MS, mailboxes: paths });
  };
  for (const queue of queues) {
    const path = queue.name.toLowerCase();
    addEntity(path, queue.duplicateDetectionMinutes, [addMailbox(path, queue)]);
  }
  for (const topic of topics) {
    const path = topic.name.toLowerCase();
    const paths = topic.subscriptions.map((subscription) => addMailbox(`${path}/subscriptions/${subscription.name.toLowerCase()}`, subscription));
    addEntity(path, topic.duplicateDetectionMinutes, paths);
  }
  return { entities, mailboxes };
}
