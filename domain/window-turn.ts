import type { Instant } from './time.ts';

/** When a run begins that had to wait, because its subscription had no room for all that opened at once. */
export interface WindowTurn {
  /** The window's close where no room was found before it. */
  readonly startsAt: Instant;
  /** Why it waits, and what that costs, in sentences. */
  readonly reason: string;
}
