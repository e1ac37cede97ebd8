import type { Instant } from '../domain/time.ts';
import type { Simulated, WireRequest } from '../sim/wire.ts';
import { openDatabase } from './database.ts';

/** One request that changed a simulated service, with its cluster time. */
interface JournalRow {
  readonly at: Instant;
  /** Which simulated service took it: `arm`, `kubernetes`, `github`, or any other name its owner chose. */
  readonly service: string;
  readonly request: WireRequest;
}

/** Requests that changed the simulated world, in the order they were applied. */
export interface Journal {
  /** Appends one row durably; returns only when it is written. */
  record(row: JournalRow): void;
  /** Every row, oldest first. */
  rows(): readonly JournalRow[];
  close(): void;
}

/**
 * Opens the journal in a SQLite file (`:memory:` for tests), or makes it.
 *
 * Its table is `world_journal`; the file may hold other tables. Authorization headers are not kept.
 */
export function openJournal(file: string): Journal {
  const database = openDatabase(
    file,
    'CREATE TABLE IF NOT EXISTS world_journal (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, service TEXT NOT NULL, request TEXT NOT NULL) STRICT',
  );
  const insert = database.prepare('INSERT INTO world_journal (at, service, request) VALUES (?, ?, ?)');
  const select = database.prepare('SELECT at, service, request FROM world_journal ORDER BY sequence');
  return {
    record({ at, service, request }) {
      const { authorization: _secret, ...headers } = request.headers;
      insert.run(at, service, JSON.stringify({ ...request, headers }));
    },
    rows() {
      return select.all().map((row) => ({
        at: Number(row['at']),
        service: String(row['service']),
        request: readRequest(String(row['request'])),
      }));
    },
    close() {
      database.close();
    },
  };
}

function readRequest(text: string): WireRequest {
  const { method, path, query, headers, body }: WireRequest = JSON.parse(text);
  return { method, path, query, headers, body };
}

/**
 * Rebuilds a world by applying its journal again; answers and changes are dropped, for they were given before.
 *
 * @param services - Fresh simulated services by the name their rows carry; a row of another service is left out, so that
 * worlds that share a journal can be rebuilt one by one.
 * @returns The cluster time of the last row applied, null when there was none: no clock may start before it.
 */
export function replayJournal(
  services: Readonly<Record<string, Pick<Simulated, 'apply'>>>,
  rows: readonly JournalRow[],
): Instant | null {
  let lastAt: Instant | null = null;
  for (const row of rows) {
    const service = services[row.service];
    if (service === undefined) continue;
    service.apply(row.at, row.request);
    lastAt = row.at;
  }
  return lastAt;
}
