import type { Instant } from '../domain/time.ts';

/** A request as a service gets it, without any transport. Header names are lower case. */
export interface WireRequest {
  readonly method: string;
  /** Path without query, decoded only as far as the service needs. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or null when there was no body. */
  readonly body: unknown;
}

/** An answer as a service gives it. `body` is JSON, or a text for the rare plain answers. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Something that happened in a simulated service, for the story and for deliveries (Event Grid events, webhooks). */
export interface WorldChange {
  readonly at: Instant;
  /** For example `node.cordoned`, `pod.evicted`, `eviction.refused`, `node.reimaged`, `event-grid`, `webhook`. */
  readonly kind: string;
  /** One line for a person. */
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * A simulated service: a state machine without clock, chance (a seed decides) or I/O.
 *
 * The same requests at the same moments give the same state, whatever reads lie between, so a world is kept by keeping
 * its mutating requests and is rebuilt by applying them again.
 */
export interface Simulated {
  /** Lets time pass to `now` (never backwards), then answers. */
  apply(now: Instant, request: WireRequest): { readonly response: WireResponse; readonly changes: readonly WorldChange[] };
  /** Lets time pass to `now`; returns what happened on the way, in order. */
  advance(now: Instant): readonly WorldChange[];
  /** When something will happen by itself next; null when nothing will. */
  nextAt(): Instant | null;
}
