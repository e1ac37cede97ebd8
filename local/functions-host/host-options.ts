import type { DurableEngine } from '../durable/instance.ts';
import type { HostClock } from '../clock.ts';
import type { HistoryEvent } from '../durable/history.ts';
import type { QueueSource } from './queue-source.ts';

/** A line of the host's log: a stable code and fields. */
export type HostLog = (level: 'debug' | 'info' | 'warn' | 'error', code: string, fields: Readonly<Record<string, unknown>>) => void;

/** What the host does, for whoever counts it: one execution of one function, or the rows one turn added to a history. */
export type HostMoment =
  | { readonly kind: 'began' | 'ended'; readonly functionName: string; readonly trigger: string }
  | { readonly kind: 'recorded'; readonly orchestration: string; readonly instanceId: string; readonly events: readonly HistoryEvent[] };

/** How the local Functions host is started. */
export interface HostOptions {
  /** The app: its bundle, or its source module (`functions/main.ts`). A file URL. */
  readonly appEntry: URL;
  readonly clock: HostClock;
  /** A file, or `:memory:`. One process at a time may hold a file. */
  readonly database: string;
  /** 0, the default, lets the system choose. */
  readonly httpPort?: number;
  /** Null: queue functions are registered and get no messages. */
  readonly queueSource?: QueueSource | null;
  /** Settings of the app, put into `process.env` before the app is loaded. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly log?: HostLog;
  /** Called at every moment as it happens; must not throw. */
  readonly watch?: (moment: HostMoment) => void;
  /** `strict` refuses what Azure accepts and later punishes (bare scalars to activities, retry timeouts, cancelled long timers). Default `azure`. */
  readonly strictness?: 'azure' | 'strict';
  /** `assert` fails an instance whose open tasks differ between the SDK and the host: it would hang on Azure. Default `off`. */
  readonly drift?: 'off' | 'assert';
  /** `held`: timer functions fire only through {@link RunningHost.fireTimer}. Default `scheduled`. */
  readonly timers?: 'scheduled' | 'held';
}

/** A host that runs. */
export interface RunningHost {
  /** `http://127.0.0.1:<port>`; HTTP functions lie under `/api/` (or host.json's routePrefix). */
  readonly url: string;
  readonly engine: DurableEngine;
  /** Names of the loaded functions with the type of their trigger. */
  readonly functions: readonly { readonly name: string; readonly trigger: string }[];
  /** Resolves when no invocation, turn or activity is in progress or due now. */
  whenIdle(): Promise<void>;
  /** Runs one timer function now; rejects with its error. */
  fireTimer(name: string): Promise<void>;
  /** Ends as a killed process does: nothing in progress is recorded. Invocations in progress run to their end all the same; resolves when nobody listens any more. */
  kill(): Promise<void>;
  /** Stops triggers, waits for what runs, and closes the database. The app stays loaded: one app a process. */
  close(): Promise<void>;
}
