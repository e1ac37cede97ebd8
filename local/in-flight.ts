/** Work that has begun and not ended: what keeps a virtual clock still. */
export interface InFlight {
  /** Counts one piece of work until the returned function is called; calling it twice counts once. */
  begin(what: string): () => void;
  /** Counts `work` until it settles and returns it. */
  track<T>(what: string, work: Promise<T>): Promise<T>;
  /** Adds a counter kept elsewhere (deliveries waiting in a broker); it is asked whenever idleness is judged. */
  addCounter(what: string, count: () => number): { remove(): void };
  /** Pieces of work now in flight, counters included. Whole, ≥ 0. */
  count(): number;
  /** What is in flight, by name, for a message to a person. */
  describe(): Readonly<Record<string, number>>;
  /** Resolves when nothing is in flight and nothing began during two turns of the event loop. */
  whenIdle(): Promise<void>;
}

const COUNTER_POLL_MS = 2;

/** A new, empty ledger of work. */
export function createInFlight(): InFlight {
  const running = new Map<string, number>();
  const counters = new Map<symbol, { readonly what: string; readonly count: () => number }>();
  let begun = 0;
  let ended: (() => void)[] = [];

  const count = (): number => sum(running.values()) + sum([...counters.values()].map((counter) => counter.count()));

  const begin = (what: string): (() => void) => {
    begun += 1;
    running.set(what, (running.get(what) ?? 0) + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = (running.get(what) ?? 1) - 1;
      if (left === 0) running.delete(what);
      else running.set(what, left);
      const waiting = ended;
      ended = [];
      for (const wake of waiting) wake();
    };
  };

  return {
    begin,
    track: async (what, work) => {
      const end = begin(what);
      try {
        return await work;
      } finally {
        end();
      }
    },
    addCounter: (what, counter) => {
      const key = Symbol(what);
      counters.set(key, { what, count: counter });
      return { remove: () => void counters.delete(key) };
    },
    count,
    describe: () => {
      const all: Record<string, number> = Object.fromEntries(running);
      for (const counter of counters.values()) {
        const present = counter.count();
        if (present > 0) all[counter.what] = (all[counter.what] ?? 0) + present;
      }
      return all;
    },
    whenIdle: async () => {
      for (;;) {
        if (sum(running.values()) > 0) {
          await new Promise<void>((resolve) => ended.push(resolve));
        } else if (count() > 0) {
          await new Promise((resolve) => setTimeout(resolve, COUNTER_POLL_MS));
        } else {
          const seen = begun;
          await turnOfTheLoop();
          await turnOfTheLoop();
          if (seen === begun && count() === 0) return;
        }
      }
    },
  };
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
