import { isRecord, isTrueAt, numberAt, textAt, valueAt } from '../../domain/json.ts';
import type { OpenTask } from './replay.ts';

const KINDS: Readonly<Record<number, OpenTask['kind']>> = { 0: 'activity', 1: 'activity', 2: 'child', 3: 'child', 5: 'timer' };

/** A task the SDK's own replay executor still waits for. `kind` null: the SDK does not say (a retry's inner step). */
export interface SdkOpenTask {
  readonly id: number;
  readonly kind: OpenTask['kind'] | null;
  readonly name: string | null;
}

/**
 * Open tasks of the SDK's executor, read from an orchestration's invocation context. Null when the context is not shaped
 * as durable-functions 3.5.0 shapes it. An internal of the SDK: for assertions in development only.
 */
export function readSdkOpenTasks(context: unknown): readonly SdkOpenTask[] | null {
  const openTasks = valueAt(context, 'df', 'taskOrchestratorExecutor', 'openTasks');
  if (!isRecord(openTasks)) return null;
  const tasks: SdkOpenTask[] = [];
  for (const [key, task] of Object.entries(openTasks)) {
    const id = Number(key);
    const action = valueAt(task, 'action');
    if (!Number.isInteger(id) || isCanceled(task)) continue;
    tasks.push(isRecord(action) ? { id, kind: KINDS[numberAt(action, 'actionType') ?? -1] ?? null, name: textAt(action, 'functionName') } : { id, kind: null, name: null });
  }
  return tasks;
}

/** Where the SDK and the host disagree on what is open: such an instance would hang, or get wrong results, on Azure. */
export function findDrift(host: readonly OpenTask[], sdk: readonly SdkOpenTask[]): readonly string[] {
  const differences: string[] = [];
  for (const task of host) {
    const other = sdk.find((candidate) => candidate.id === task.id);
    if (other === undefined) differences.push(`task ${task.id} (${task.kind} ${task.name}) is open here and unknown to the SDK`);
    else if ((other.kind !== null && other.kind !== task.kind) || (other.name !== null && task.name !== '' && other.name !== task.name)) {
      differences.push(`task ${task.id} is ${task.kind} ${task.name} here and ${other.kind ?? 'something'} ${other.name ?? ''} to the SDK`);
    }
  }
  for (const task of sdk) {
    if (!host.some((candidate) => candidate.id === task.id)) differences.push(`task ${task.id} (${task.name ?? task.kind ?? 'retry step'}) is open to the SDK and unknown here`);
  }
  return differences;
}

function isCanceled(task: unknown): boolean {
  return isTrueAt(task, 'action', 'isCanceled') || isTrueAt(task, 'parent', 'action', 'isCanceled');
}
