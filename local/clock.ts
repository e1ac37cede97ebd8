import { HOUR_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import { createInFlight } from './in-flight.ts';
import type { InFlight } from './in-flight.ts';

/** A callback due at a moment. */
export interface Scheduled {
  /** Forgets the callback; harmless when it has run. */
  cancel(): void;
}

/**
 * Time for everything in this room. Also serves as the `Clock` port of activities.
 *
 * `schedule` never calls back synchronously; a moment in the past is due at once. A callback that starts asynchronous
 * work must count it in `inFlight` before it returns, or a virtual clock may run ahead of it.
 */
export interface HostClock {
  readonly kind: 'real' | 'scaled' | 'virtual';
  /** Whole milliseconds since 1970, never backwards for `scaled` and `virtual`. */
  now(): Instant;
  schedule(at: Instant, callback: () => void): Scheduled;
  /** Work in flight on this clock. Everyone who works asynchronously outside a request or invocation counts here. */
  readonly inFlight: InFlight;
}

/** Why {@link VirtualClock.runUntil} stopped. */
type VirtualRun = 'reached' | 'limit' | 'nothing-left';

/** A clock that moves only when told, and then only while nothing is in flight. */
export interface VirtualClock extends HostClock {
  readonly kind: 'virtual';
  /** Resolves when nothing is due now and nothing is in flight. Time stands still. */
  whenIdle(): Promise<void>;
  /** Moves to `at`, firing on the way, in order, what falls due; each only when all before it has come to rest. */
  advanceTo(at: Instant): Promise<void>;
  /**
   * Jumps from one due moment to the next until `predicate` holds at rest (`reached`), `maxVirtualMs` have passed
   * (`limit`) or nothing is scheduled any more (`nothing-left`).
   */
  runUntil(predicate: () => boolean | Promise<boolean>, maxVirtualMs: number): Promise<VirtualRun>;
}

// Long waits are re-armed: setTimeout overflows at 2^31-1 ms, and a suspended machine must notice that time has passed.
const STEP_MAX_MS = HOUR_MS;

/** The machine's own clock. */
export function realClock(): HostClock {
  const now = (): Instant => Date.now();
  return { kind: 'real', now, schedule: (at, callback) => arm({ now, factor: 1 }, at, callback), inFlight: createInFlight() };
}

/** A clock that runs at another speed than the machine's. */
export interface ScaledClock extends HostClock {
  readonly kind: 'scaled';
  /** Lets time pass; harmless when it does already. */
  run(): void;
}

/**
 * A clock that shows `start` now and runs `factor` times as fast as the machine's. `factor` > 0. With `beginning: 'held'`
 * it stands still until `run` is called.
 */
export function scaledClock(options: { readonly start: Instant; readonly factor: number; readonly beginning?: 'running' | 'held' }): ScaledClock {
  const { start, factor, beginning = 'running' } = options;
  let began = beginning === 'running' ? performance.now() : null;
  const now = (): Instant => (began === null ? start : Math.floor(start + (performance.now() - began) * factor));
  return {
    kind: 'scaled',
    now,
    schedule: (at, callback) => arm({ now, factor }, at, callback),
    inFlight: createInFlight(),
    run: () => {
      began ??= performance.now();
    },
  };
}

function arm(time: { readonly now: () => Instant; readonly factor: number }, at: Instant, callback: () => void): Scheduled {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const delayMs = Math.ceil(Math.max(0, at - time.now()) / time.factor);
    timer = setTimeout(() => (time.now() >= at ? callback() : wait()), Math.min(delayMs, STEP_MAX_MS));
  };
  wait();
  return { cancel: () => clearTimeout(timer) };
}

/** A clock that shows `start` until it is told to move. */
export function virtualClock(start: Instant): VirtualClock {
  let current = start;
  let sequence = 0;
  const agenda = new Map<number, { readonly at: Instant; readonly callback: () => void }>();
  const inFlight = createInFlight();

  const next = (): { readonly key: number; readonly at: Instant } | null => {
    let first: { readonly key: number; readonly at: Instant } | null = null;
    for (const [key, entry] of agenda) if (first === null || entry.at < first.at) first = { key, at: entry.at };
    return first;
  };
  /** Fires the earliest entry not later than `limit`; moves time to it. */
  const fireNext = (limit: Instant): boolean => {
    const due = next();
    if (due === null || due.at > limit) return false;
    const entry = agenda.get(due.key);
    agenda.delete(due.key);
    current = Math.max(current, due.at);
    entry?.callback();
    return true;
  };
  const whenIdle = async (): Promise<void> => {
    do await inFlight.whenIdle();
    while (fireNext(current));
  };
  return {
    kind: 'virtual',
    now: () => current,
    schedule: (at, callback) => {
      const key = sequence++;
      agenda.set(key, { at, callback });
      return { cancel: () => void agenda.delete(key) };
    },
    inFlight,
    whenIdle,
    advanceTo: async (at) => {
      do await whenIdle();
      while (fireNext(at));
      current = Math.max(current, at);
    },
    runUntil: async (predicate, maxVirtualMs) => {
      const limit = current + maxVirtualMs;
      for (;;) {
        await whenIdle();
        if (await predicate()) return 'reached';
        if (fireNext(limit)) continue;
        if (next() === null) return 'nothing-left';
        current = limit;
        return 'limit';
      }
    },
  };
}
