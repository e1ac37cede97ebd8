import { closestWord } from './closest-word.ts';
import { formatBothDated } from './local-time.ts';
import { isLoss } from './loss-acknowledgement.ts';
import type { LossAcknowledgement } from './loss-acknowledgement.ts';
import { codeSpan, prose } from './markdown-text.ts';
import type { OperatorDecision } from './operator-decision.ts';
import type { Instant } from './time.ts';
import type { WindowStatus } from './window-status.ts';

/** What `/ack-loss` comes to: an acknowledgement, or none. The answer is for the person in either case. */
interface JudgedAcknowledgement {
  readonly acknowledgement: LossAcknowledgement | null;
  /** Markdown; names as code. */
  readonly answer: string;
}

/** Something a finding of this run is about, with the pools it keeps. */
interface Place {
  readonly where: string;
  readonly codes: readonly string[];
  readonly pools: readonly string[];
  readonly remedy: string;
}

/**
 * Judges a person's word that something may be lost: only what a finding of this run names, only a real loss, only for pools that
 * have not begun, and not beyond the window's close.
 */
export function judgeAcknowledgement(
  decision: Pick<OperatorDecision, 'target' | 'until' | 'by'>,
  status: WindowStatus,
  now: Instant,
): JudgedAcknowledgement {
  const places = placesOf(status);
  const losses = places.filter(({ codes }) => codes.some(isLoss));
  const { target } = decision;
  if (target === null) return refused(`Name what may be lost. ${offer(losses)}`);
  const same = (place: Place): boolean => place.where.toLowerCase() === target.toLowerCase();
  const loss = losses.find(same);
  if (loss === undefined) return refused(explainNoLoss(target, places.find(same), losses));
  const pools = loss.pools.filter((pool) => status.units.some(({ unit, state }) => unit === `pool/${pool}` && (state === 'withheld' || state === 'planned' || state === 'skipped')));
  if (pools.length === 0) return refused(`${codeSpan(loss.where)} is on no pool that is still to come in this run; there is nothing to acknowledge.`);
  const closes = status.window.closes;
  const until = Math.min(decision.until ?? closes, closes);
  const shown = formatBothDated(until, status.timeZone);
  if (until <= now) return refused(`${shown} has passed already. Leave ${codeSpan('--until')} out to mean the window's close.`);
  const capped = decision.until !== null && decision.until > closes ? ' It ends with the window: an acknowledgement holds for one run.' : '';
  return {
    acknowledgement: { where: loss.where, codes: loss.codes.filter(isLoss), pools, by: decision.by, at: now, until },
    answer:
      `Acknowledged until ${shown}: ${codeSpan(loss.where)} may be lost when ${pools.map((pool) => codeSpan(pool)).join(', ')} is upgraded.${capped} ` +
      'The cluster is looked at again now; the pool starts by itself when nothing else withholds it and its estimate still fits.',
  };
}

function refused(answer: string): JudgedAcknowledgement {
  return { acknowledgement: null, answer: `${answer} Nothing was changed.` };
}

function explainNoLoss(target: string, place: Place | undefined, losses: readonly Place[]): string {
  if (place !== undefined) {
    return `${codeSpan(place.where)} cannot be acknowledged away: ${place.codes.map((code) => codeSpan(code)).join(', ')} is no loss, it keeps the drain from passing. What clears it: ${prose(place.remedy, 'mid-line')}`;
  }
  const nearest = closestWord(target, losses.map(({ where }) => where));
  const hint = nearest === null ? '' : ` Did you mean ${codeSpan(nearest)}?`;
  return `No finding of this run is about ${codeSpan(target, 130)}.${hint} ${offer(losses)}`;
}

function offer(losses: readonly Place[]): string {
  if (losses.length === 0) return 'This run knows of nothing that would be lost.';
  return `What can be acknowledged: ${losses.slice(0, 20).map(({ where }) => codeSpan(where)).join(', ')}.`;
}

/** Every place that a finding or a hold names, with all that is said of it. */
function placesOf({ findings, holds }: WindowStatus): readonly Place[] {
  const said = [
    ...findings.filter(({ pools }) => !pools.includes('*')),
    ...holds.flatMap(({ unit, causes }) => (unit.startsWith('pool/') ? causes.map((cause) => ({ ...cause, pools: [unit.slice('pool/'.length)] })) : [])),
  ];
  return [...Map.groupBy(said, ({ where }) => where)].map(([where, group]) => ({
    where,
    codes: [...new Set(group.map(({ code }) => code))],
    pools: [...new Set(group.flatMap(({ pools }) => pools))],
    remedy: group[0]?.remedy ?? '',
  }));
}
