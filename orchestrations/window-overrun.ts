import { formatUtc } from '../domain/local-time.ts';
import { countPool } from '../domain/node-count.ts';
import { spellMinutes } from '../domain/report-words.ts';
import { MINUTE_MS, minutesBetween, type Instant } from '../domain/time.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import { emit, say, type WindowRun } from './window-run.ts';

/** What people were told of a unit's end, and the pace it showed: nodes that were new, and when the last of them came. */
export interface Overrun {
  readonly told: 'nothing' | 'forecast' | 'fact';
  readonly provenCount: number;
  readonly provenAt: Instant;
}

/** So long before the window closes a unit that should have ended is spoken of. */
const FORESEE_MINUTES = 15;

/** Of a unit that begins now. */
export function beginOverrun(now: Instant): Overrun {
  return { told: 'nothing', provenCount: 0, provenAt: now };
}

/** Tells once that the unit will end after the window, and once that the window has closed over it. */
export function tellOverrun(run: WindowRun, unit: PlannedUnit, before: Overrun): Overrun {
  const now = run.flow.now();
  const { closes } = run.input.opening;
  const known = run.status.units.find((each) => each.unit === unit.unit);
  const count = known?.inventory == null ? null : countPool(known.inventory, []);
  const provenCount = count?.proven ?? 0;
  const overrun = provenCount > before.provenCount ? { ...before, provenCount, provenAt: now } : before;
  if (overrun.told === 'fact' || known?.startedAt == null || run.status.pause !== null) return overrun;
  if (now >= closes) {
    say(run, `The window has closed. Azure lets ${unit.unit} finish; nothing more is started.`);
    emit(run, 'window.overrun', { unit: unit.unit, attempt: known.attempt }, { closes });
    return { ...overrun, told: 'fact' };
  }
  const facts = { overrun, startedAt: known.startedAt, estimateMinutes: unit.estimateMinutes, wanted: count === null ? 0 : count.total - count.spare, now, closes };
  const forecast = overrun.told === 'forecast' ? null : foresee(facts);
  if (forecast === null) return overrun;
  say(run, `${unit.unit} ${forecast}; Azure lets a started pool finish.`);
  return { ...overrun, told: 'forecast' };
}

/** When the next of these words may be due; after the last one there is none. */
export function nextOverrunWord({ flow, input, status }: WindowRun, unit: PlannedUnit, { told }: Overrun): Instant | null {
  const { closes } = input.opening;
  const should = (status.units.find((each) => each.unit === unit.unit)?.startedAt ?? 0) + unit.estimateMinutes * MINUTE_MS;
  const moments = told === 'fact' ? [] : [...(told === 'nothing' ? [Math.max(should, closes - FORESEE_MINUTES * MINUTE_MS)] : []), closes];
  return moments.find((moment) => moment > flow.now()) ?? null;
}

interface ForecastFacts {
  readonly overrun: Overrun;
  readonly startedAt: Instant;
  readonly estimateMinutes: number;
  readonly wanted: number;
  readonly now: Instant;
  readonly closes: Instant;
}

/** What its pace, or its own estimate, says of the unit's end; null while that lies inside the window. */
function foresee({ overrun: { provenCount, provenAt }, startedAt, estimateMinutes, wanted, now, closes }: ForecastFacts): string | null {
  if (provenCount > 0 && provenCount < wanted) {
    const ends = startedAt + Math.round(((provenAt - startedAt) * wanted) / provenCount);
    return ends <= closes ? null : `ends about ${formatUtc(ends)} at this pace, ${spellMinutes(minutesBetween(closes, ends))} past the window`;
  }
  const should = startedAt + estimateMinutes * MINUTE_MS;
  const isLate = now >= should && closes - now <= FORESEE_MINUTES * MINUTE_MS;
  return isLate ? `may end after the window: it should have ended at ${formatUtc(should)}, and Azure is still at work on it` : null;
}
