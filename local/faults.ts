import type { WireRequest, WireResponse } from '../sim/wire.ts';

/** What goes wrong with a request. `after` lets the service apply it first, so that only the answer is lost. */
export type Mishap =
  | { readonly kind: 'answer'; readonly moment: 'before' | 'after'; readonly response: WireResponse }
  | { readonly kind: 'cut'; readonly moment: 'before' | 'after' }
  | { readonly kind: 'delay'; readonly milliseconds: number };

/** A fault on demand: the next `times` requests that match meet `mishap`. */
export interface InjectedFault {
  /** Upper case; null matches every method. */
  readonly method: string | null;
  /** Tested against the path without query, as it came; null matches every path. */
  readonly path: RegExp | null;
  /** Whole, ≥ 1; `Infinity` until cleared. */
  readonly times: number;
  readonly mishap: Mishap;
}

/** Faults a server will meet, in the order they were added. */
export interface FaultList {
  add(fault: InjectedFault): void;
  /** The mishap for this request, used up by one; null when none matches. */
  take(request: WireRequest): Mishap | null;
  clear(): void;
}

/** Makes an empty list of faults. */
export function createFaultList(): FaultList {
  let pending: { readonly fault: InjectedFault; left: number }[] = [];
  return {
    add(fault) {
      pending.push({ fault, left: fault.times });
    },
    take(request) {
      const entry = pending.find(({ fault }) => isMatch(fault, request));
      if (entry === undefined) return null;
      entry.left -= 1;
      if (entry.left <= 0) pending = pending.filter((other) => other !== entry);
      return entry.fault.mishap;
    },
    clear() {
      pending = [];
    },
  };
}

function isMatch(fault: InjectedFault, request: WireRequest): boolean {
  if (fault.method !== null && fault.method !== request.method) return false;
  return fault.path === null || fault.path.test(request.path);
}
