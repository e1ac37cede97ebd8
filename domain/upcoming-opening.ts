import type { MaintenancePolicy, WindowOpening } from './maintenance-policy.ts';
import { frozenOpeningAt, movedOpening, nextFrozenOpening, nextOpenings, openingAt } from './maintenance-window.ts';
import { postponementOf, requestFor } from './standing-order.ts';
import type { StandingOrder } from './standing-order.ts';
import type { Instant } from './time.ts';

/** The opening that is open or comes next, as people's orders have it. */
export interface UpcomingOpening {
  readonly opening: WindowOpening;
  /** When the policy would open it; differs where it was moved. */
  readonly scheduled: Instant;
  /** Why dates of the policy keep it shut; null when they do not. */
  readonly frozen: string | null;
}

/** How many openings people may have moved beyond the next. */
const MOVED_MAX = 10;

/**
 * The opening that is open at `now` or opens next: moved where it was moved, a frozen one only where somebody asked to override
 * its freeze. Null when the window never opens again.
 */
export function upcomingOpening({ window }: Pick<MaintenancePolicy, 'window'>, orders: readonly StandingOrder[], now: Instant): UpcomingOpening | null {
  const open = openingAt(window, now);
  const regular = [...(open === null ? [] : [open]), ...nextOpenings(window, now, MOVED_MAX)];
  const moved = orders.flatMap((order) => {
    if (order.kind !== 'postponement' || order.until === null || order.until <= now || postponementOf(orders, order.opens)?.id !== order.id) return [];
    const opening = movedOpening(window, { opens: order.movedTo, closes: order.until }, order.movedTo);
    return opening === null ? [] : [{ opening, scheduled: order.opens, frozen: null }];
  });
  const frozen = frozenOpening({ window }, now);
  const overridden = frozen !== null && requestFor(orders, frozen.opening.opens)?.freeze === 'overridden' ? [frozen] : [];
  const staying = regular.filter(({ opens }) => postponementOf(orders, opens) === null).map((opening) => ({ opening, scheduled: opening.opens, frozen: null }));
  const all = [...moved, ...overridden, ...staying];
  return all.sort((one, other) => one.opening.opens - other.opening.opens)[0] ?? null;
}

/** The frozen opening that would be open at `now`, or come before any that opens; null when there is none. */
export function frozenOpening({ window }: Pick<MaintenancePolicy, 'window'>, now: Instant): UpcomingOpening | null {
  const found = frozenOpeningAt(window, now) ?? nextFrozenOpening(window, now);
  return found === null ? null : { opening: found.opening, scheduled: found.opening.opens, frozen: found.reason };
}
