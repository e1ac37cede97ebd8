import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Instant } from '../domain/time.ts';
import { inTransaction, openDatabase } from './database.ts';

/** A property a settlement adds to a message; the server writes it among the application properties. */
export type AddedProperty = string | number | boolean;

/** A message as it is kept: the sender's bytes, never decoded here. */
export interface StoredMessage {
  /** Grows with each message the broker ever took; kept when the message is dead-lettered. */
  readonly sequenceNumber: number;
  readonly messageId: string;
  readonly encoded: Uint8Array;
  readonly enqueuedAt: Instant;
  /** Deliveries that ended without completion. Whole, ≥ 0. */
  readonly deliveryCount: number;
  readonly state: 'active' | 'deferred';
  readonly addedProperties: Readonly<Record<string, AddedProperty>>;
}

/** Messages of one mailbox, by what can be done with them. */
export interface MailboxCounts {
  readonly active: number;
  readonly locked: number;
  readonly deferred: number;
}

/** A message on its way in: where a copy goes, and how long its id is remembered (null: not at all). */
interface Arrival {
  readonly entity: string;
  readonly mailboxes: readonly string[];
  readonly historyMs: number | null;
  readonly messageId: string;
  readonly encoded: Uint8Array;
  readonly at: Instant;
}

/** Rows of the broker. Every change is one statement or one transaction, so a kill leaves whole messages. */
export interface ServiceBusStore {
  /** Keeps the message and remembers its id, or neither; false when the id is remembered already. */
  insert(arrival: Arrival): boolean;
  oldestActive(mailbox: string): StoredMessage | null;
  deferred(mailbox: string, sequenceNumber: number): StoredMessage | null;
  held(mailbox: string, lockToken: string): StoredMessage | null;
  expired(at: Instant): readonly { readonly mailbox: string; readonly message: StoredMessage }[];
  list(mailbox: string, fromSequenceNumber: number, countMax: number): readonly StoredMessage[];
  counts(mailbox: string): MailboxCounts;
  lock(mailbox: string, sequenceNumber: number, lock: { readonly token: string; readonly until: Instant }): void;
  /** Writes what changed of a message and lets go of it. */
  move(message: StoredMessage, way: { readonly from: string; readonly to: string }): void;
  remove(mailbox: string, sequenceNumber: number): void;
  close(): void;
}

const tables = `
CREATE TABLE IF NOT EXISTS service_bus_counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS service_bus_message (
  mailbox TEXT NOT NULL, sequence INTEGER NOT NULL, message_id TEXT NOT NULL, encoded BLOB NOT NULL, enqueued_at INTEGER NOT NULL,
  delivery_count INTEGER NOT NULL, state TEXT NOT NULL, added_properties TEXT NOT NULL, lock_token TEXT, locked_until INTEGER,
  PRIMARY KEY (mailbox, sequence)
) STRICT;
CREATE INDEX IF NOT EXISTS service_bus_lock ON service_bus_message (locked_until) WHERE locked_until IS NOT NULL;
CREATE TABLE IF NOT EXISTS service_bus_history (entity TEXT NOT NULL, message_id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (entity, message_id)) STRICT;
INSERT OR IGNORE INTO service_bus_counter VALUES ('sequence', 0);
UPDATE service_bus_message SET locked_until = 0 WHERE lock_token IS NOT NULL;
`;

type Row = Record<string, unknown>;

const selectFrom = 'SELECT * FROM service_bus_message WHERE mailbox = ?';

/** Opens the tables `service_bus_*` in a SQLite file, or makes them. What was locked when the file was left counts as expired. */
export function openServiceBusStore(file: string): ServiceBusStore {
  const database = openDatabase(file, tables);
  const run = (sql: string, ...values: SQLInputValue[]): void => void database.prepare(sql).run(...values);
  const all = (sql: string, ...values: SQLInputValue[]): Row[] => database.prepare(sql).all(...values);
  const one = (sql: string, ...values: SQLInputValue[]): StoredMessage | null => {
    const row = all(sql, ...values)[0];
    return row === undefined ? null : readMessage(row);
  };
  return {
    insert: (arrival) => insert(database, arrival),
    oldestActive: (mailbox) => one(`${selectFrom} AND state = 'active' AND lock_token IS NULL ORDER BY sequence LIMIT 1`, mailbox),
    deferred: (mailbox, sequence) => one(`${selectFrom} AND state = 'deferred' AND lock_token IS NULL AND sequence = ?`, mailbox, sequence),
    held: (mailbox, lockToken) => one(`${selectFrom} AND lock_token = ?`, mailbox, lockToken),
    expired: (at) =>
      all('SELECT * FROM service_bus_message WHERE locked_until <= ? ORDER BY sequence', at)
        .map((row) => ({ mailbox: String(row['mailbox']), message: readMessage(row) })),
    list: (mailbox, fromSequence, countMax) =>
      all(`${selectFrom} AND sequence >= ? ORDER BY sequence LIMIT ?`, mailbox, fromSequence, countMax).map(readMessage),
    counts(mailbox) {
      const count = (condition: string): number =>
        Number(all(`SELECT COUNT(*) AS count FROM service_bus_message WHERE mailbox = ? AND ${condition}`, mailbox)[0]?.['count']);
      return {
        active: count("state = 'active' AND lock_token IS NULL"),
        locked: count('lock_token IS NOT NULL'),
        deferred: count("state = 'deferred' AND lock_token IS NULL"),
      };
    },
    lock: (mailbox, sequence, lock) =>
      run('UPDATE service_bus_message SET lock_token = ?, locked_until = ? WHERE mailbox = ? AND sequence = ?', lock.token, lock.until, mailbox, sequence),
    move: (message, way) =>
      run(
        'UPDATE service_bus_message SET mailbox = ?, state = ?, delivery_count = ?, added_properties = ?, lock_token = NULL, locked_until = NULL WHERE mailbox = ? AND sequence = ?',
        way.to,
        message.state,
        message.deliveryCount,
        JSON.stringify(message.addedProperties),
        way.from,
        message.sequenceNumber,
      ),
    remove: (mailbox, sequence) => run('DELETE FROM service_bus_message WHERE mailbox = ? AND sequence = ?', mailbox, sequence),
    close: () => database.close(),
  };
}

function insert(database: DatabaseSync, arrival: Arrival): boolean {
  return inTransaction(database, () => {
    if (arrival.historyMs !== null && !remember(database, arrival, arrival.at - arrival.historyMs)) return false;
    const counter = database.prepare("UPDATE service_bus_counter SET value = value + 1 WHERE name = 'sequence' RETURNING value").get();
    const keep = database.prepare("INSERT INTO service_bus_message VALUES (?, ?, ?, ?, ?, 0, 'active', '{}', NULL, NULL)");
    for (const mailbox of arrival.mailboxes) keep.run(mailbox, Number(counter?.['value']), arrival.messageId, arrival.encoded, arrival.at);
    return true;
  });
}

function remember(database: DatabaseSync, arrival: Arrival, forgetBefore: Instant): boolean {
  database.prepare('DELETE FROM service_bus_history WHERE entity = ? AND at <= ?').run(arrival.entity, forgetBefore);
  const { changes } = database.prepare('INSERT OR IGNORE INTO service_bus_history VALUES (?, ?, ?)').run(arrival.entity, arrival.messageId, arrival.at);
  return Number(changes) === 1;
}

function readMessage(row: Row): StoredMessage {
  const addedProperties: Readonly<Record<string, AddedProperty>> = JSON.parse(String(row['added_properties']));
  return {
    sequenceNumber: Number(row['sequence']),
    messageId: String(row['message_id']),
    encoded: row['encoded'] instanceof Uint8Array ? row['encoded'] : new Uint8Array(),
    enqueuedAt: Number(row['enqueued_at']),
    deliveryCount: Number(row['delivery_count']),
    state: row['state'] === 'deferred' ? 'deferred' : 'active',
    addedProperties,
  };
}
