import type { Outcome } from '../domain/failure.ts';
import { findLostDeliveries, LOOKBACK_HOURS } from '../domain/lost-delivery.ts';
import { HOUR_MS } from '../domain/time.ts';
import type { Ports } from './ports.ts';

/** The ports that sweeping needs. */
export type SweepingPorts = Pick<Ports, 'clock' | 'logger' | 'deliveries'>;

/** What one sweep did. */
interface Sweep {
  /** Deliveries GitHub was asked to try again. */
  readonly redelivered: readonly string[];
  /** Deliveries nobody tries again by itself. */
  readonly givenUp: readonly string[];
}

/**
 * Looks through GitHub's own list of the App's deliveries for webhooks that never reached us, and has each tried again, so that it goes
 * the way every webhook goes. GitHub does not repeat a failed delivery by itself.
 *
 * May be repeated, and by several hosts at once: a delivery that is taken twice is handled once. Null when we do not sign as a
 * GitHub App, which alone has such a list. Fails when the list cannot be read or a repeat cannot be asked for; the next sweep begins anew.
 */
export async function sweepDeliveries({ clock, logger, deliveries }: SweepingPorts): Promise<Outcome<Sweep | null>> {
  const now = clock.now();
  const listed = await deliveries.listAttempts(now - LOOKBACK_HOURS * HOUR_MS);
  if (!listed.ok) return listed;
  if (listed.value === null) return { ok: true, value: null };
  const { attempts, isComplete } = listed.value;
  if (!isComplete) logger.log('warn', 'deliveries.list-cut', { attempts: attempts.length });
  const { due, givenUp } = findLostDeliveries(attempts, now);
  const redelivered: string[] = [];
  for (const { id, guid, event, status } of due) {
    const asked = await deliveries.redeliver(id);
    if (!asked.ok) return asked;
    logger.log('warn', 'deliveries.redelivered', { deliveryId: guid, event, status });
    redelivered.push(guid);
  }
  for (const { guid, event, status } of givenUp) logger.log('error', 'deliveries.given-up', { deliveryId: guid, event, status });
  return { ok: true, value: { redelivered, givenUp: givenUp.map(({ guid }) => guid) } };
}
