import { findAcknowledgement } from './loss-acknowledgement.ts';
import type { LossAcknowledgement } from './loss-acknowledgement.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';
import { startCutOff } from './upgrade-plan.ts';
import type { PlannedUnit, UnitName } from './upgrade-plan.ts';

/** One blocking finding, as far as a hold needs it. */
export interface HoldCause {
  readonly code: string;
  readonly where: string;
  readonly message: string;
  readonly remedy: string;
  /** Who can clear it; null when nothing names anyone. */
  readonly owner: string | null;
}

/** A pool, or the whole run, that preflight keeps from starting; judged again until its last useful start. */
export interface Hold {
  readonly unit: UnitName | 'run';
  /** `over`: its last useful start passed, or the run ended, with the cause still there. */
  readonly state: 'waiting' | 'cleared' | 'over';
  readonly since: Instant;
  readonly endedAt: Instant | null;
  /** What holds it, as last seen; never empty. */
  readonly causes: readonly HoldCause[];
  readonly causesOmitted: number;
  /** How long it would take as the pool is now. Unit: minutes. */
  readonly estimateMinutes: number;
  /** The window's close minus the estimate: nothing is started after it. */
  readonly lastUsefulStart: Instant;
  /** Since when looks found nothing any more; null while something holds it. */
  readonly clearedSince: Instant | null;
  /** Count of holds and pauses of this run so far, this one included. */
  readonly number: number;
}

/** What one fresh look at the cluster says of one hold. */
interface HoldLook {
  readonly at: Instant;
  readonly causes: readonly HoldCause[];
  readonly causesOmitted: number;
  /** Null: as estimated before. */
  readonly estimateMinutes: number | null;
  readonly closes: Instant;
}

/** Unbroken time for which looks must find nothing; the same as of a block. Unit: minutes. */
const CLEAR_AFTER_MINUTES = 3;
/** Between two looks at what is withheld. Unit: minutes. */
const LOOK_EVERY_MINUTES = 10;
/** A hint (a word, an event of AKS) brings the next look forward, not closer than this. Unit: minutes. */
const LOOK_APART_MINUTES = 1;

/** A hold that begins now. */
export function beginHold(unit: Hold['unit'], look: HoldLook & { readonly estimateMinutes: number }, number: number): Hold {
  const { at, causes, causesOmitted, estimateMinutes, closes } = look;
  const lastUsefulStart = startCutOff({ estimateMinutes }, closes);
  return { unit, state: 'waiting', since: at, endedAt: null, causes, causesOmitted, estimateMinutes, lastUsefulStart, clearedSince: null, number };
}

/**
 * What a fresh look makes of a hold: cleared after two good looks three minutes apart, or at once where people acknowledged all
 * that held it; over once its last useful start has passed. A pool that grew needs longer and must start sooner.
 */
export function judgeHold(hold: Hold, look: HoldLook, acknowledgements: readonly LossAcknowledgement[]): Hold {
  if (hold.state !== 'waiting') return hold;
  const estimateMinutes = Math.max(hold.estimateMinutes, look.estimateMinutes ?? 0);
  const seen: Hold = { ...hold, estimateMinutes, lastUsefulStart: startCutOff({ estimateMinutes }, look.closes) };
  if (look.at > seen.lastUsefulStart) return endHold(seen, 'over', look.at);
  if (look.causes.length > 0) return { ...seen, causes: look.causes, causesOmitted: look.causesOmitted, clearedSince: null };
  const isLetBe = hold.causesOmitted === 0 && hold.causes.every((cause) => findAcknowledgement(acknowledgements, cause, look.at) !== null);
  const isLasting = hold.clearedSince !== null && look.at - hold.clearedSince >= CLEAR_AFTER_MINUTES * MINUTE_MS;
  if (isLetBe || isLasting) return endHold(seen, 'cleared', look.at);
  return { ...seen, clearedSince: hold.clearedSince ?? look.at };
}

/** Ends a hold. */
export function endHold(hold: Hold, state: 'cleared' | 'over', at: Instant): Hold {
  return { ...hold, state, endedAt: at };
}

/**
 * When what is withheld should be looked at next: every ten minutes (or as given), three minutes after a look that found nothing, in time
 * before a last useful start for a second look, and soon after a hint.
 */
export function nextLookAt(holds: readonly Hold[], lookedAt: Instant, hint: 'hinted' | 'quiet', everyMinutes = LOOK_EVERY_MINUTES): Instant {
  const soonest = lookedAt + LOOK_APART_MINUTES * MINUTE_MS;
  if (hint === 'hinted') return soonest;
  const moments = holds.flatMap(({ clearedSince, lastUsefulStart }) => [
    ...(clearedSince === null ? [] : [clearedSince + CLEAR_AFTER_MINUTES * MINUTE_MS]),
    lastUsefulStart - (CLEAR_AFTER_MINUTES + LOOK_APART_MINUTES) * MINUTE_MS,
  ]);
  return Math.max(soonest, Math.min(lookedAt + everyMinutes * MINUTE_MS, ...moments.filter((moment) => moment > lookedAt)));
}

/** How long the run must have left to do anything useful: its shortest unit that waits for no other. Unit: minutes. */
export function shortestStart(units: readonly Pick<PlannedUnit, 'unit' | 'action' | 'estimateMinutes'>[]): number {
  const hasControlPlane = units.some(({ unit }) => unit === 'control-plane');
  const first = units.filter(({ action }) => !hasControlPlane || action !== 'pool-version');
  return Math.min(...first.map(({ estimateMinutes }) => estimateMinutes));
}
