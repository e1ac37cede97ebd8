import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Instant } from '../../domain/time.ts';
import { inTransaction } from '../database.ts';
import { parseHistoryEvent, parsePendingEvent } from './history.ts';
import type { HistoryEvent, PendingEvent } from './history.ts';
import type { InstanceFilter, InstanceRecord, InstanceStatistics, ParentReference, RuntimeStatus } from './instance.ts';
import { numberOf, numberOrNull, openTaskHub, textOf, textOrNull } from './task-hub-database.ts';
import type { Row } from './task-hub-database.ts';

/** A message to an instance, due at a moment; a timer is one due later. */
export interface InboxMessage {
  readonly id: number;
  /** Null: for whatever execution runs. */
  readonly executionId: string | null;
  readonly event: PendingEvent;
}

/** An activity that is to run, or ran without its completion being recorded. */
export interface ActivityRow {
  readonly id: number;
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  readonly inputJson: string;
}

/**
 * Opens the task hub's database and takes it for this process alone until `close` or the process's end.
 *
 * A killed process loses nothing that was committed; a power cut may lose the last commits (`synchronous=NORMAL`).
 * Throws `DatabaseRefused`.
 */
export function openStore(path: string): DurableStore {
  return new DurableStore(openTaskHub(path));
}

/** Rows of the durable task hub. No rule lives here. */
export class DurableStore {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  close(): void {
    this.#database.close();
  }

  /** Commits all of `work`, or none of it when it throws. */
  transaction<T>(work: () => T): T {
    return inTransaction(this.#database, work);
  }

  readInstance(instanceId: string): InstanceRecord | null {
    const row = this.#get('SELECT * FROM instances WHERE instance_id = ?', instanceId);
    return row === undefined ? null : toInstance(row);
  }

  /** Oldest first. */
  listInstances(filter: InstanceFilter): readonly InstanceRecord[] {
    return this.#all('SELECT * FROM instances ORDER BY sequence')
      .map(toInstance)
      .filter((instance) => filter.runtimeStatus === undefined || filter.runtimeStatus.includes(instance.runtimeStatus))
      .filter((instance) => filter.createdFrom === undefined || instance.createdAt >= filter.createdFrom)
      .filter((instance) => filter.createdTo === undefined || instance.createdAt <= filter.createdTo)
      .filter((instance) => filter.instanceIdPrefix === undefined || instance.instanceId.startsWith(filter.instanceIdPrefix));
  }

  /** Adds an instance; everything of a former one under its id is gone. */
  insertInstance(instance: InstanceRecord): void {
    this.deleteInstance(instance.instanceId);
    this.#run(
      `INSERT INTO instances (instance_id, execution_id, name, version, runtime_status, input, output, custom_status, created_at, updated_at,
        parent_instance_id, parent_execution_id, parent_task_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      instance.instanceId,
      instance.executionId,
      instance.name,
      instance.version,
      instance.runtimeStatus,
      instance.inputJson,
      instance.outputJson,
      instance.customStatusJson,
      instance.createdAt,
      instance.lastUpdatedAt,
      instance.parent?.instanceId ?? null,
      instance.parent?.executionId ?? null,
      instance.parent?.taskId ?? null,
    );
  }

  /** Writes what may change of an instance. */
  updateInstance(instance: InstanceRecord): void {
    this.#run(
      'UPDATE instances SET execution_id = ?, runtime_status = ?, input = ?, output = ?, custom_status = ?, updated_at = ? WHERE instance_id = ?',
      instance.executionId,
      instance.runtimeStatus,
      instance.inputJson,
      instance.outputJson,
      instance.customStatusJson,
      instance.lastUpdatedAt,
      instance.instanceId,
    );
  }

  deleteInstance(instanceId: string): void {
    this.#run('DELETE FROM instances WHERE instance_id = ?', instanceId);
    this.clearExecution(instanceId);
    this.#run('DELETE FROM inbox WHERE instance_id = ?', instanceId);
  }

  /** Forgets history, timers and activities of the present execution; events for any execution stay. */
  clearExecution(instanceId: string): void {
    this.#run('DELETE FROM history WHERE instance_id = ?', instanceId);
    this.#run('DELETE FROM inbox WHERE instance_id = ? AND execution_id IS NOT NULL', instanceId);
    this.#run('DELETE FROM activities WHERE instance_id = ?', instanceId);
  }

  /** Forgets what waits for an instance that has ended. */
  clearInbox(instanceId: string): void {
    this.#run('DELETE FROM inbox WHERE instance_id = ?', instanceId);
  }

  readHistory(instanceId: string): readonly HistoryEvent[] {
    return this.#all('SELECT event FROM history WHERE instance_id = ? ORDER BY sequence', instanceId).map((row) => parseHistoryEvent(textOf(row, 'event')));
  }

  /** Appends the events of one turn after `historyRowCount` rows, and counts them. */
  appendHistory(instanceId: string, historyRowCount: number, events: readonly HistoryEvent[]): void {
    let bytes = 0;
    events.forEach((event, index) => {
      const json = JSON.stringify(event);
      bytes += Buffer.byteLength(json);
      this.#run('INSERT INTO history (instance_id, sequence, event) VALUES (?, ?, ?)', instanceId, historyRowCount + index, json);
    });
    this.#run(
      `UPDATE instances SET turns = turns + 1, history_rows = history_rows + ?, history_bytes = history_bytes + ?,
        history_rows_peak = max(history_rows_peak, ?) WHERE instance_id = ?`,
      events.length,
      bytes,
      historyRowCount + events.length,
      instanceId,
    );
  }

  insertMessage(message: { readonly instanceId: string; readonly executionId: string | null; readonly dueAt: Instant; readonly event: PendingEvent }): void {
    this.#run(
      'INSERT INTO inbox (instance_id, execution_id, due_at, event) VALUES (?, ?, ?, ?)',
      message.instanceId,
      message.executionId,
      message.dueAt,
      JSON.stringify(message.event),
    );
  }

  /** In the order they fell due. */
  dueMessages(instanceId: string, now: Instant): readonly InboxMessage[] {
    return this.#all('SELECT id, execution_id, event FROM inbox WHERE instance_id = ? AND due_at <= ? ORDER BY due_at, id', instanceId, now).map((row) => ({
      id: numberOf(row, 'id'),
      executionId: textOrNull(row, 'execution_id'),
      event: parsePendingEvent(textOf(row, 'event')),
    }));
  }

  deleteMessages(messages: readonly InboxMessage[]): void {
    for (const message of messages) this.#run('DELETE FROM inbox WHERE id = ?', message.id);
  }

  /** Instances with something due, longest due first. */
  instancesDue(now: Instant): readonly string[] {
    return this.#all('SELECT instance_id, min(due_at) AS due FROM inbox WHERE due_at <= ? GROUP BY instance_id ORDER BY due, instance_id', now).map((row) => textOf(row, 'instance_id'));
  }

  /** When the next message falls due after `now`; null when none will. */
  nextDueAt(now: Instant): Instant | null {
    return numberOrNull(this.#get('SELECT min(due_at) AS due FROM inbox WHERE due_at > ?', now), 'due');
  }

  insertActivity(activity: Omit<ActivityRow, 'id'>): void {
    this.#run(
      'INSERT INTO activities (instance_id, execution_id, task_id, name, input) VALUES (?, ?, ?, ?, ?)',
      activity.instanceId,
      activity.executionId,
      activity.taskId,
      activity.name,
      activity.inputJson,
    );
  }

  /** Oldest first. */
  listActivities(): readonly ActivityRow[] {
    return this.#all('SELECT * FROM activities ORDER BY id').map((row) => ({
      id: numberOf(row, 'id'),
      instanceId: textOf(row, 'instance_id'),
      executionId: textOf(row, 'execution_id'),
      taskId: numberOf(row, 'task_id'),
      name: textOf(row, 'name'),
      inputJson: textOf(row, 'input'),
    }));
  }

  deleteActivity(id: number): void {
    this.#run('DELETE FROM activities WHERE id = ?', id);
  }

  countActivityExecution(instanceId: string): void {
    this.#run('UPDATE instances SET activity_executions = activity_executions + 1 WHERE instance_id = ?', instanceId);
  }

  statistics(): readonly InstanceStatistics[] {
    return this.#all('SELECT * FROM instances ORDER BY sequence').map((row) => ({
      instanceId: textOf(row, 'instance_id'),
      name: textOf(row, 'name'),
      turnCount: numberOf(row, 'turns'),
      historyRowCount: numberOf(row, 'history_rows'),
      historyBytes: numberOf(row, 'history_bytes'),
      historyRowCountPeak: numberOf(row, 'history_rows_peak'),
      activityExecutionCount: numberOf(row, 'activity_executions'),
    }));
  }

  readNote(key: string): string | null {
    return textOrNull(this.#get('SELECT value FROM notes WHERE key = ?', key), 'value');
  }

  writeNote(key: string, value: string): void {
    this.#run('INSERT INTO notes (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
  }

  #statement(sql: string): ReturnType<DatabaseSync['prepare']> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#statement(sql).run(...values);
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  #all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values);
  }
}

const STATUSES: readonly RuntimeStatus[] = ['Pending', 'Running', 'Suspended', 'Completed', 'Failed', 'Terminated'];

function toInstance(row: Row): InstanceRecord {
  return {
    instanceId: textOf(row, 'instance_id'),
    executionId: textOf(row, 'execution_id'),
    name: textOf(row, 'name'),
    version: textOrNull(row, 'version'),
    runtimeStatus: STATUSES.find((status) => status === row['runtime_status']) ?? 'Failed',
    inputJson: textOrNull(row, 'input'),
    outputJson: textOrNull(row, 'output'),
    customStatusJson: textOrNull(row, 'custom_status'),
    createdAt: numberOf(row, 'created_at'),
    lastUpdatedAt: numberOf(row, 'updated_at'),
    parent: toParent(row),
  };
}

function toParent(row: Row): ParentReference | null {
  const instanceId = textOrNull(row, 'parent_instance_id');
  if (instanceId === null) return null;
  return { instanceId, executionId: textOf(row, 'parent_execution_id'), taskId: numberOf(row, 'parent_task_id') };
}
