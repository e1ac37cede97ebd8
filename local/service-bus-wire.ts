import { randomUUID } from 'node:crypto';
import rhea from 'rhea';
import type { Message } from 'rhea';
import { isRecord, recordAt, textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { LockedMessage, Settlement } from './service-bus-broker.ts';
import type { AddedProperty, StoredMessage } from './service-bus-store.ts';

/** Message format of a batch: one data section per message (facts: Service Bus AMQP protocol guide). */
const batchFormat = 0x80013700;

/** AMQP conditions by which Service Bus names a failure; the SDK turns them into its error codes. */
export const condition = {
  lockLost: 'com.microsoft:message-lock-lost',
  messageNotFound: 'com.microsoft:message-not-found',
  serverBusy: 'com.microsoft:server-busy',
  timeout: 'com.microsoft:timeout',
  notFound: 'amqp:not-found',
  notImplemented: 'amqp:not-implemented',
  notAllowed: 'amqp:not-allowed',
  unauthorized: 'amqp:unauthorized-access',
  tooLarge: 'amqp:link:message-size-exceeded',
  internal: 'amqp:internal-error',
} as const;

/** Messages of one transfer with the ids they go by; an absent id is assigned. */
export function readArrivals(message: unknown, format: number): readonly { readonly messageId: string; readonly encoded: Buffer }[] {
  if (format !== batchFormat) return isRecord(message) ? [readArrival(message)] : [];
  if (!Buffer.isBuffer(message)) return [];
  const body: unknown = rhea.message.decode(message)['body'];
  const content: unknown = isRecord(body) ? body['content'] : null;
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  return parts.filter((part) => Buffer.isBuffer(part)).map((part) => readArrival(rhea.message.decode(part)));
}

function readArrival(message: JsonRecord): { readonly messageId: string; readonly encoded: Buffer } {
  const given = message['message_id'];
  const messageId = given === undefined || given === null || given === '' ? randomUUID() : String(given);
  return { messageId, encoded: rhea.message.encode({ ...fieldsOf(message), message_id: given ?? messageId }) };
}

/** Own fields of a decoded message, without the methods of its class. */
function fieldsOf(message: JsonRecord): Record<string, unknown> {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => typeof value !== 'function'));
}

/** The message as a receiver gets it: the sender's, with what the broker knows of it. */
export function writeDelivery(stored: StoredMessage | LockedMessage): Message {
  const fields = fieldsOf(rhea.message.decode(Buffer.from(stored.encoded)));
  const { types } = rhea;
  return {
    ...fields,
    body: fields['body'],
    delivery_count: stored.deliveryCount,
    message_annotations: {
      ...recordAt(fields, 'message_annotations'),
      'x-opt-sequence-number': types.wrap_long(stored.sequenceNumber),
      'x-opt-enqueued-time': types.wrap_timestamp(stored.enqueuedAt),
      'x-opt-message-state': types.wrap_int(stored.state === 'deferred' ? 1 : 0),
      ...('lockedUntil' in stored ? { 'x-opt-locked-until': types.wrap_timestamp(stored.lockedUntil) } : {}),
    },
    application_properties: { ...recordAt(fields, 'application_properties'), ...stored.addedProperties },
  };
}

/** A message inside the answer of a management request. */
export function writeEncoded(stored: StoredMessage | LockedMessage): Buffer {
  return rhea.message.encode(writeDelivery(stored));
}

/** A lock token as a delivery tag: 16 bytes in the order of a .NET Guid. The same swap leads back. */
export function tagOf(lockToken: string): Buffer {
  return swapGuidOrder(rhea.string_to_uuid(lockToken));
}

/** The lock token of a delivery tag. */
export function lockTokenOf(tag: Buffer | string): string {
  return rhea.uuid_to_string(swapGuidOrder(typeof tag === 'string' ? Buffer.from(tag, 'latin1') : tag));
}

function swapGuidOrder(bytes: Buffer): Buffer {
  return Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((index) => bytes[index] ?? 0));
}

/** What a disposition of a receiver means. */
export function readSettlement(outcome: 'accepted' | 'modified' | 'rejected' | 'released', state: unknown): Settlement {
  const fields = fieldsAt(state);
  switch (outcome) {
    case 'accepted':
      return { kind: 'complete' };
    case 'released':
      return { kind: 'abandon', properties: {} };
    case 'modified':
      return { kind: fields('undeliverable_here') === true ? 'defer' : 'abandon', properties: readProperties(fields('message_annotations')) };
    case 'rejected':
      return { kind: 'dead-letter', properties: readProperties(fieldsAt(fields('error'))('info')) };
  }
}

/** Reads a field of rhea's composite values, whose fields are getters. */
function fieldsAt(composite: unknown): (name: string) => unknown {
  return (name) => (typeof composite === 'object' && composite !== null ? Reflect.get(composite, name) : undefined);
}

/** Settlement properties, without those that are null or no plain value. */
function readProperties(map: unknown): Readonly<Record<string, AddedProperty>> {
  if (!isRecord(map)) return {};
  const isPlain = (entry: [string, unknown]): entry is [string, AddedProperty] => ['string', 'number', 'boolean'].includes(typeof entry[1]);
  return Object.fromEntries(Object.entries(map).filter(isPlain));
}

/** A management disposition in words of the broker; null for one this broker refuses. */
export function readManagementSettlement(body: JsonRecord): Settlement | null {
  const properties = readProperties(body['properties-to-modify']);
  switch (textAt(body, 'disposition-status')) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', properties };
    case 'defered':
      return { kind: 'defer', properties };
    case 'suspended': {
      const told = { DeadLetterReason: body['deadletter-reason'], DeadLetterErrorDescription: body['deadletter-description'] };
      return { kind: 'dead-letter', properties: { ...properties, ...readProperties(told) } };
    }
    default:
      return null;
  }
}
