import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue } from 'node:sqlite';

/** The database cannot be used; `code` is `database-in-use` or `database-unusable`. */
class DatabaseRefused extends Error {
  readonly code: 'database-in-use' | 'database-unusable';
  constructor(code: 'database-in-use' | 'database-unusable', message: string) {
    super(message);
    this.code = code;
  }
}

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS instances (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL UNIQUE, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT,
    runtime_status TEXT NOT NULL, input TEXT, output TEXT, custom_status TEXT,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    parent_instance_id TEXT, parent_execution_id TEXT, parent_task_id INTEGER,
    turns INTEGER NOT NULL DEFAULT 0, history_rows INTEGER NOT NULL DEFAULT 0, history_bytes INTEGER NOT NULL DEFAULT 0,
    history_rows_peak INTEGER NOT NULL DEFAULT 0, activity_executions INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE IF NOT EXISTS history (
    instance_id TEXT NOT NULL, sequence INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (instance_id, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT, due_at INTEGER NOT NULL, event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS inbox_due ON inbox (due_at, instance_id);
  CREATE INDEX IF NOT EXISTS inbox_instance ON inbox (instance_id, due_at);
  CREATE TABLE IF NOT EXISTS activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL,
    name TEXT NOT NULL, input TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

/** One row as SQLite gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Opens the file, makes its tables, and locks it for this process alone. Throws {@link DatabaseRefused}. */
export function openTaskHub(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path);
    // The exclusive lock is the lease: the system drops it when the process dies, so no lease outlives its owner.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    database.exec('BEGIN EXCLUSIVE; COMMIT;');
    const version = numberOf(database.prepare('PRAGMA user_version').get(), 'user_version');
    if (version !== 0 && version !== SCHEMA_VERSION) {
      throw new DatabaseRefused('database-unusable', `Database ${path} has layout ${version}, this host writes ${SCHEMA_VERSION}. Use another file.`);
    }
    database.exec(SCHEMA);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    return database;
  } catch (error) {
    if (error instanceof DatabaseRefused) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes('locked')) {
      throw new DatabaseRefused('database-in-use', `Another process holds ${path}. Stop it, or use another file.`);
    }
    throw new DatabaseRefused('database-unusable', `Database ${path} cannot be opened: ${message}.`);
  }
}

/** The text in `column`; null when there is none. */
export function textOrNull(row: Row | undefined, column: string): string | null {
  const value = row?.[column];
  return typeof value === 'string' ? value : null;
}

/** The number in `column`; null when there is none. */
export function numberOrNull(row: Row | undefined, column: string): number | null {
  const value = row?.[column];
  return typeof value === 'number' ? value : null;
}

/** The text in `column`. Throws {@link DatabaseRefused} when there is none. */
export function textOf(row: Row, column: string): string {
  const value = textOrNull(row, column);
  if (value === null) throw new DatabaseRefused('database-unusable', `Column ${column} holds no text. Use another database file.`);
  return value;
}

/** The number in `column`. Throws {@link DatabaseRefused} when there is none. */
export function numberOf(row: Row | undefined, column: string): number {
  const value = numberOrNull(row, column);
  if (value === null) throw new DatabaseRefused('database-unusable', `Column ${column} holds no number. Use another database file.`);
  return value;
}
