import type { Instant } from '../../domain/time.ts';

/** Status words of the durable management API. */
export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

/** One orchestration instance as it is kept. JSON fields hold JSON text; null means absent. */
export interface InstanceRecord {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string | null;
  readonly runtimeStatus: RuntimeStatus;
  readonly inputJson: string | null;
  readonly outputJson: string | null;
  readonly customStatusJson: string | null;
  readonly createdAt: Instant;
  readonly lastUpdatedAt: Instant;
  readonly parent: ParentReference | null;
}

/** Who waits for an instance's end. */
export interface ParentReference {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
}

/** What an instance cost so far, all its executions since its creation together. */
export interface InstanceStatistics {
  readonly instanceId: string;
  readonly name: string;
  /** Orchestrator invocations. */
  readonly turnCount: number;
  /** History rows ever written. */
  readonly historyRowCount: number;
  /** Their JSON. Unit: bytes. */
  readonly historyBytes: number;
  /** Most rows one execution held at once. */
  readonly historyRowCountPeak: number;
  /** Activity executions, repeats included. */
  readonly activityExecutionCount: number;
}

/** Answer of an operation on an instance. */
export type InstanceAnswer = 'accepted' | 'not-found' | 'finished' | 'already-so';

/** Whether an instance has ended; nothing changes it any more. */
export function isFinished(status: RuntimeStatus): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Terminated';
}

/** The durable task hub of this process. Every write is committed when the call returns. */
export interface DurableEngine {
  /** Starts an instance. A live id is `conflict`; a finished one is replaced. */
  start(request: {
    readonly name: string;
    readonly instanceId: string | null;
    readonly inputJson: string | null;
    readonly version: string | null;
  }): { readonly kind: 'started'; readonly instanceId: string } | { readonly kind: 'conflict' } | { readonly kind: 'unknown-function' } | { readonly kind: 'invalid-id' };
  raiseEvent(instanceId: string, name: string, payloadJson: string): InstanceAnswer;
  terminate(instanceId: string, reason: string): InstanceAnswer;
  suspend(instanceId: string, reason: string): InstanceAnswer;
  resume(instanceId: string, reason: string): InstanceAnswer;
  /** Removes a finished instance and its history; a live one is `already-so` and stays. */
  purge(instanceId: string): InstanceAnswer;
  read(instanceId: string): InstanceRecord | null;
  /** Oldest first. */
  list(filter?: InstanceFilter): readonly InstanceRecord[];
  statistics(): readonly InstanceStatistics[];
  /** Ends as a killed process does: what is in progress is never recorded, and the database is let go at once. */
  kill(): void;
  /** Takes no new work, waits for turns and activities in progress, and lets go of the database. */
  close(): Promise<void>;
}

export interface InstanceFilter {
  readonly runtimeStatus?: readonly string[];
  readonly createdFrom?: Instant;
  readonly createdTo?: Instant;
  readonly instanceIdPrefix?: string;
}
