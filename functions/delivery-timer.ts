import { sweepDeliveries } from '../activities/sweep-deliveries.ts';
import type { SweepingPorts } from '../activities/sweep-deliveries.ts';

/** Has lost webhooks delivered again. Throws when that failed, so that the invocation shows as failed; the next tick tries again. */
export async function tickDeliveries(ports: SweepingPorts): Promise<void> {
  const swept = await sweepDeliveries(ports);
  if (!swept.ok) throw new Error(`${swept.failure.code}: ${swept.failure.message}`);
}
