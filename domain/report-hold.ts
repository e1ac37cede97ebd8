import type { Hold, HoldCause } from './hold.ts';
import { UNREAD_CODE } from './kubernetes-unread.ts';
import { isLoss } from './loss-acknowledgement.ts';
import type { LossAcknowledgement } from './loss-acknowledgement.ts';
import type { Phrase } from './markdown-text.ts';
import { fitsWindow, poolPhrase, spellMinutes, unitPhrase } from './report-words.ts';
import { minutesBetween, MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { WindowStatus } from './window-status.ts';

/** Unbroken time for which what withholds must be gone before a run goes on by itself. Unit: minutes. */
const CLEAR_MINUTES = 3;

const isUnreadCause = ({ code }: HoldCause): boolean => code === UNREAD_CODE;

/** Holds that may still end in a start: neither over nor left out on a person's word. */
function waitingHolds({ holds, units }: WindowStatus): readonly Hold[] {
  const isWithheld = (hold: Hold): boolean => hold.unit === 'run' || units.some(({ unit, state }) => unit === hold.unit && state === 'withheld');
  return holds.filter((hold) => hold.state === 'waiting' && isWithheld(hold));
}

/** What a run that has nothing else to do waits for: the first of its holds; the others are named below the fold. */
export function waitingWhileHeld(status: WindowStatus, now: Instant): Phrase {
  const [hold, ...others] = waitingHolds(status);
  if (hold === undefined) return ['what was withheld to start.'];
  const since: Phrase = [' Since ', { at: hold.since, form: 'clock' }, `, ${spellMinutes(minutesBetween(hold.since, now))}.`];
  if (hold.clearedSince !== null) {
    return ['a second look at ', ...unitPhrase(hold.unit), '. Nothing withholds it since ', { at: hold.clearedSince, form: 'clock' }, '.'];
  }
  const [cause] = hold.causes;
  const more: Phrase = others.length === 0 ? [] : [` And ${others.length} more, named below.`];
  return [...unitPhrase(hold.unit), ', withheld by ', ...(cause === undefined ? ['a finding.'] : causePhrase(cause)), ...since, ...more];
}

function causePhrase({ where, owner, message }: HoldCause): Phrase {
  return [{ name: where }, ' (', owner ?? 'no owner is named on it', '). ', message];
}

/** What somebody has to do, and that the start then comes by itself. */
export function neededWhileHeld(status: WindowStatus): Phrase {
  const [hold] = waitingHolds(status);
  if (hold === undefined) return ['nothing.'];
  if (hold.clearedSince !== null) {
    return ['nothing. It starts by itself at about ', { at: hold.clearedSince + CLEAR_MINUTES * MINUTE_MS, form: 'clock' }, ' if it stays so.'];
  }
  const remedies = hold.causes.flatMap(({ remedy }) => (remedy === '' ? [] : [remedy]));
  const change: Phrase = remedies.slice(0, 2).flatMap((remedy, index): Phrase => (index === 0 ? [remedy] : [' Also: ', remedy]));
  const next: Phrase = status.nextAt === null ? [] : [' The next look is at ', { at: status.nextAt, form: 'clock' }, '.'];
  const start = hold.causes.some(isUnreadCause) ? ' It starts by itself once it can be read.' : ` It starts by itself ${CLEAR_MINUTES} min after a look finds nothing any more.`;
  return [...change, start, ...next];
}

/** What is withheld while other units are at work: what clears each, and until when; nothing when nothing is. */
export function neededBesides(status: WindowStatus): Phrase {
  const holds = waitingHolds(status);
  if (holds.length === 0) return ['nothing.'];
  const told = holds.slice(0, 2).flatMap(({ unit, causes, lastUsefulStart }): Phrase => {
    const [cause] = causes;
    const by: Phrase = cause === undefined ? [' is withheld'] : [' is withheld by ', { name: cause.where }, ` (${cause.owner ?? 'no owner is named on it'}): `, cause.remedy];
    return [' ', ...unitPhrase(unit), ...by, ' Last useful start ', { at: lastUsefulStart, form: 'clock' }, '.'];
  });
  return ['nothing for what runs now.', ...told, ...(holds.length > 2 ? [` And ${holds.length - 2} more, named below.`] : [])];
}

/** The word that lets a loss happen, where one withholds something. */
export function optionOfLoss(status: WindowStatus): Phrase {
  const loss = waitingHolds(status).flatMap(({ causes }) => causes).find(({ code }) => isLoss(code));
  return loss === undefined ? [] : [{ command: `/ack-loss ${loss.where}` }, ' let it be lost · '];
}

/** Until when a start is useful, and what becomes of it afterwards. */
export function fateWhileHeld(status: WindowStatus): Phrase {
  const phrases = waitingHolds(status).slice(0, 3).flatMap((hold): Phrase => [
    'the last useful start of ',
    ...unitPhrase(hold.unit),
    ' is ',
    { at: hold.lastUsefulStart, form: 'dated' },
    ` (it needs about ${hold.estimateMinutes} min). `,
  ]);
  return [...phrases, 'After that it is left for the next window; old nodes stay old and serve.'];
}

/** The words that do something now. */
export function optionsWhileHeld(status: WindowStatus): Phrase {
  const [hold] = waitingHolds(status);
  const pool = hold?.unit.startsWith('pool/') === true ? hold.unit.slice('pool/'.length) : null;
  const leave: Phrase = pool === null ? [] : [{ command: `/skip ${pool}` }, ' leave it for another window · '];
  return [{ command: '/resume' }, ' look again at once · ', ...optionOfLoss(status), ...leave, { command: '/abort' }, ' end the run here; nothing is rolled back.'];
}

/** Below the fold: every hold of the run with how it stands or ended, and every loss people let happen. */
export function holdPhrases(status: WindowStatus): readonly Phrase[] {
  return [...status.holds.map((hold) => holdPhrase(hold, status)), ...status.acknowledgements.map((word) => lossPhrase(word, status))];
}

function holdPhrase(hold: Hold, status: WindowStatus): Phrase {
  const { unit, since, endedAt, causes, causesOmitted, estimateMinutes, lastUsefulStart } = hold;
  const by = causes.flatMap(({ code, where, owner }, index): Phrase => [index === 0 ? '' : ', ', { name: code }, ' at ', { name: where }, ` (${owner ?? 'no owner is named on it'})`]);
  const more = causesOmitted === 0 ? '' : ` and ${causesOmitted} more`;
  const told: Phrase = [{ strong: 'withheld' }, ' ', ...unitPhrase(unit), ' since ', { at: since, form: 'dated' }, ' by ', ...by, `${more}. `];
  const start: Phrase = fitsWindow(hold, status)
    ? ['Last useful start ', { at: lastUsefulStart, form: 'dated' }, `: it needs about ${estimateMinutes} min. `]
    : [`It needs about ${spellMinutes(estimateMinutes)}, more than the window has. `];
  if (hold.state === 'cleared') {
    const [cause] = causes;
    const was: Phrase = cause === undefined ? [] : ['It was: ', cause.message, ' ', cause.remedy, ' '];
    return [...told, ...was, ...start, 'Cleared', ...momentOf(endedAt), ...(endedAt === null ? [] : [`, after ${spellMinutes(minutesBetween(since, endedAt))}`]), '.'];
  }
  const isLeft = status.phase === 'ended' && fitsWindow(hold, status);
  if (hold.state === 'over') return [...told, ...start, 'It was not started in this window', isLeft ? ', and is left for the next one.' : '.'];
  const when = causes.some(isUnreadCause) ? 'once it can be read' : `${CLEAR_MINUTES} min after nothing withholds it`;
  return [...told, ...start, `It is looked at again every few minutes, and starts by itself ${when}.`];
}

function momentOf(at: Instant | null): Phrase {
  return at === null ? [] : [' ', { at, form: 'dated' }];
}

/** Who let what be lost until when; of an ended run what became of it. */
function lossPhrase({ where, by, until, pools }: LossAcknowledgement, status: WindowStatus): Phrase {
  const told: Phrase = [{ strong: 'acknowledged' }, ' ', { name: where }, ' may be lost, said ', { name: by }, ', until ', { at: until, form: 'dated' }, '.'];
  if (status.phase !== 'ended') return told;
  const units = status.units.filter(({ unit }) => pools.some((pool) => unit === `pool/${pool}`));
  const names = units.flatMap(({ unit }, index): Phrase => (index === 0 ? poolPhrase(unit) : [', ', ...poolPhrase(unit)]));
  if (units.every(({ startedAt }) => startedAt === null)) return [...told, ' It was not: ', ...names, ' was not started.'];
  if (units.every(({ state }) => state === 'upgraded')) return [...told, ' It was lost when ', ...names, ' was upgraded.'];
  return [...told, ' It may have been: ', ...names, ' was upgraded in part.'];
}
