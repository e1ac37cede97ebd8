import { DAY_MS } from '../domain/time.ts';
import type { Ports, PurgeInstances } from './ports.ts';

/** A unit's verdict is part of its run's own history; its instance stays for people who look into a fault. */
const UNIT_DAYS_KEPT = 2;

/**
 * Has the task hub forget what ended: units that ended well after two days, and every run and clean-up `runDaysKept` days after it began; null
 * leaves those to the task hub's own retention. What still runs always stays. May be repeated; a failure is logged, and the next day tries again.
 *
 * @param runDaysKept - At least 7. An opening lasts a day at most, so none is open any more whose run is forgotten.
 */
export async function purgeHistory({ clock, logger }: Pick<Ports, 'clock' | 'logger'>, purgeInstances: PurgeInstances, runDaysKept: number | null): Promise<void> {
  const now = clock.now();
  const purged = await purgeInstances({ unitsBefore: now - UNIT_DAYS_KEPT * DAY_MS, allBefore: runDaysKept === null ? null : now - runDaysKept * DAY_MS });
  if (purged.ok) logger.log('info', 'history.purged', { ...purged.value });
  else logger.log('warn', 'history.not-purged', { code: purged.failure.code, message: purged.failure.message });
}
