import type { Clock } from '../activities/ports.ts';

/** One name for every copy of this module: the app may be a bundle beside the program that lends the clock. */
const lentClock = Symbol.for('slackwater.clock');

/** The machine's own clock. */
export function machineClock(): Clock {
  return { now: () => Date.now() };
}

/**
 * The clock the process lent, the machine's while none is lent. For local use only: there, a night may pass in half a minute.
 */
export function borrowedClock(): Clock {
  const machine = machineClock();
  return {
    now() {
      const lent: unknown = Reflect.get(globalThis, lentClock);
      return isClock(lent) ? lent.now() : machine.now();
    },
  };
}

/** Lends `clock` to the function app of this process, until the returned function is called. */
export function lendClock(clock: Clock): () => void {
  Reflect.set(globalThis, lentClock, clock);
  return () => void Reflect.deleteProperty(globalThis, lentClock);
}

function isClock(value: unknown): value is Clock {
  return typeof value === 'object' && value !== null && 'now' in value && typeof value.now === 'function';
}
