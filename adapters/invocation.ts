import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '../activities/ports.ts';
import type { LogFields } from '../domain/log-fields.ts';
import type { SlackwaterMetric } from '../domain/slackwater-metric.ts';

/** One call of one function, while it lasts. */
export interface Invocation {
  /** What all its lines and requests are about. */
  readonly fields: LogFields;
  readonly logger: Logger;
  /** W3C trace context the host gave it; null where there is none. */
  readonly traceParent: string | null;
}

/** A request to another service, once it has ended. */
export interface OutboundCall {
  readonly service: 'arm' | 'github' | 'kubernetes' | 'service-bus';
  readonly method: string;
  readonly host: string;
  /** Without query. */
  readonly path: string;
  /** Null: no answer came. */
  readonly status: number | null;
  readonly startedAt: number;
  /** Unit: milliseconds. */
  readonly durationMs: number;
}

/** Who wants to know of requests and measurements; nobody by default. */
interface InvocationWatch {
  readonly onCall: (call: OutboundCall, invocation: Invocation) => void;
  readonly onMetric: (metric: SlackwaterMetric, fields: LogFields) => void;
}

const serving = new AsyncLocalStorage<Invocation>();
let watching: InvocationWatch | null = null;

/**
 * Runs the work of one invocation.
 *
 * Ports are composed once for the life of the process, and several invocations use them at a time; what is sent and logged on the way finds here whose work it is.
 */
export function serveInvocation<T>(invocation: Invocation, work: () => T): T {
  return serving.run(invocation, work);
}

/** The invocation that is being served; null outside of any, as in a program. */
export function presentInvocation(): Invocation | null {
  return serving.getStore() ?? null;
}

/** Has every request and measurement told from now on; one watch a process. */
export function watchInvocations(watch: InvocationWatch): void {
  watching = watch;
}

/** Tells a measurement to whoever watches. */
export function tellMetric(metric: SlackwaterMetric, fields: LogFields): void {
  watching?.onMetric(metric, fields);
}

/** Sends a request and tells of it, whatever becomes of it. */
export async function witnessed<A>(about: Pick<OutboundCall, 'service' | 'method' | 'host' | 'path'>, send: () => Promise<A>, statusOf: (answer: A) => number | null): Promise<A> {
  const invocation = presentInvocation();
  if (watching === null || invocation === null) return send();
  const { onCall } = watching;
  const startedAt = Date.now();
  const began = performance.now();
  let status: number | null = null;
  try {
    const answer = await send();
    status = statusOf(answer);
    return answer;
  } finally {
    onCall({ ...about, status, startedAt, durationMs: performance.now() - began }, invocation);
  }
}
