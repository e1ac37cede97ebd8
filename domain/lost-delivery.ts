import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';
import { isEventTaken } from './webhook-delivery.ts';

/** One attempt of GitHub to deliver a webhook of the App, as its list of deliveries shows it. */
export interface DeliveryAttempt {
  /** Of this attempt alone. */
  readonly id: number;
  /** Of the delivery: its repeats have the same. */
  readonly guid: string;
  readonly at: Instant;
  readonly event: string;
  /** HTTP status of our answer; 0 when none came. */
  readonly status: number;
}

/** What is to be done about deliveries that were never taken. */
interface LostDeliveries {
  /** The newest attempt of each delivery that is to be tried again now, oldest first. */
  readonly due: readonly DeliveryAttempt[];
  /** Tried so often that a person has to look. */
  readonly givenUp: readonly DeliveryAttempt[];
}

/** How far back the list is read; a command older than hours is asked for again anyway, but it is answered. Unit: hours. */
export const LOOKBACK_HOURS = 24;
/** An attempt younger than this may still be under way. Unit: minutes. */
const SETTLE_MINUTES = 1;
/** Attempts of one delivery, GitHub's own first one included: with doubling waits some ten hours. */
const ATTEMPTS_MAX = 9;
/** Wait after the second attempt; each further one doubles it. Unit: minutes. */
const WAIT_MINUTES = 5;

/**
 * Finds the deliveries that no attempt brought to us, and which of them are due.
 *
 * The list itself is the memory: an attempt that was taken ends a delivery for good, so each is handled once and no cursor can be lost.
 * Events we do not take are left alone.
 */
export function findLostDeliveries(attempts: readonly DeliveryAttempt[], now: Instant): LostDeliveries {
  const byGuid = Map.groupBy(attempts.filter(({ event }) => isEventTaken(event)), ({ guid }) => guid);
  const due: DeliveryAttempt[] = [];
  const givenUp: DeliveryAttempt[] = [];
  for (const tries of byGuid.values()) {
    const newest = tries.reduce((one, other) => (other.at > one.at ? other : one));
    if (tries.some(({ status }) => status >= 200 && status < 300)) continue;
    if (tries.length >= ATTEMPTS_MAX) givenUp.push(newest);
    else if (now - newest.at >= waitMinutes(tries.length) * MINUTE_MS) due.push(newest);
  }
  return { due: due.sort((one, other) => one.at - other.at), givenUp };
}

function waitMinutes(attemptCount: number): number {
  return attemptCount === 1 ? SETTLE_MINUTES : WAIT_MINUTES * 2 ** (attemptCount - 2);
}
