import { realClock, virtualClock } from '../../local/clock.ts';
import type { VirtualClock } from '../../local/clock.ts';
import { isFinished } from '../../local/durable/instance.ts';
import type { InstanceRecord } from '../../local/durable/instance.ts';
import type { HostOptions, RunningHost } from '../../local/functions-host/host-options.ts';
import { startHost } from '../../local/functions-host/host.ts';

export const START = Date.UTC(2026, 10, 7, 21, 0, 0);
const entry = new URL('./durable-sample-app.ts', import.meta.url);

/** Lines the host logged, as `code field=…`. */
type Lines = { readonly code: string; readonly fields: Readonly<Record<string, unknown>> }[];

/** Runs `work` on a host of the sample app with a virtual clock that starts at {@link START}. */
export async function withHost<T>(
  options: Partial<HostOptions>,
  work: (host: RunningHost, clock: VirtualClock, lines: Lines) => Promise<T>,
): Promise<T> {
  const clock = virtualClock(START);
  const lines: Lines = [];
  const host = await startHost({
    appEntry: entry,
    clock,
    database: ':memory:',
    environment: { SAMPLE_QUEUE: 'inbox' },
    timers: 'held',
    drift: 'assert',
    log: (_level, code, fields) => void lines.push({ code, fields }),
    ...options,
  });
  try {
    return await work(host, clock, lines);
  } finally {
    await host.close();
  }
}

/** A host on the real clock over a file, for a process that will be killed. */
export async function startRealHost(database: string): Promise<RunningHost> {
  return await startHost({ appEntry: entry, clock: realClock(), database, environment: { SAMPLE_QUEUE: 'inbox' }, timers: 'held', drift: 'assert' });
}

/** Starts an orchestration and lets virtual time run until it has ended, or for `maxVirtualMs`. */
export async function runToEnd(host: RunningHost, clock: VirtualClock, request: { name: string; id: string; input?: unknown; maxVirtualMs?: number }): Promise<Ended> {
  const started = host.engine.start({ name: request.name, instanceId: request.id, inputJson: JSON.stringify(request.input ?? {}), version: null });
  if (started.kind !== 'started') throw new Error(`not started: ${started.kind}`);
  return await untilEnd(host, clock, request.id, request.maxVirtualMs ?? 30 * 86_400_000);
}

interface Ended {
  readonly status: InstanceRecord['runtimeStatus'];
  readonly output: unknown;
  /** Virtual milliseconds since {@link START}. */
  readonly elapsedMs: number;
}

export async function untilEnd(host: RunningHost, clock: VirtualClock, id: string, maxVirtualMs: number): Promise<Ended> {
  await clock.runUntil(() => {
    const instance = host.engine.read(id);
    return instance !== null && isFinished(instance.runtimeStatus);
  }, maxVirtualMs);
  return ended(host, clock, id);
}

export function ended(host: RunningHost, clock: VirtualClock, id: string): Ended {
  const instance = host.engine.read(id);
  if (instance === null) throw new Error(`no instance ${id}`);
  return { status: instance.runtimeStatus, output: JSON.parse(instance.outputJson ?? 'null'), elapsedMs: clock.now() - START };
}
