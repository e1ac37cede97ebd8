import { judgeAcknowledgement } from './judge-acknowledgement.ts';
import type { LossAcknowledgement } from './loss-acknowledgement.ts';
import type { OperatorDecision } from './operator-decision.ts';
import { findContradiction, type Contradiction, type HeardWord } from './opposite-words.ts';
import type { Instant } from './time.ts';
import type { UnitStatus, WindowStatus } from './window-status.ts';

/** What a run does on a person's word. `none` changes nothing; the answer says why. */
export type DecisionEffect =
  | { readonly kind: 'none' }
  | { readonly kind: 'hold' }
  | { readonly kind: 'release' }
  /** The run goes on although the cluster does not look well; a hold, if any, is released. */
  | { readonly kind: 'accept-health' }
  /** A stopped unit is tried again; a hold, if any, is released. */
  | { readonly kind: 'go' }
  /** The unit under way is watched no more; the run goes on with the others. */
  | { readonly kind: 'leave-current' }
  | { readonly kind: 'skip-later'; readonly unit: UnitStatus['unit'] }
  | { readonly kind: 'requeue'; readonly unit: UnitStatus['unit'] }
  /** What is withheld is looked at now; a unit that was left out on a person's word waits again. */
  | { readonly kind: 'look-again'; readonly unit: UnitStatus['unit'] | null }
  | { readonly kind: 'acknowledge'; readonly acknowledgement: LossAcknowledgement }
  | { readonly kind: 'abort' }
  /** The quarantine label is taken off a node, once the cluster was looked at; what came of it is the answer. */
  | { readonly kind: 'release-node'; readonly node: string };

/** Where a run stands when the word arrives. */
interface DecisionSituation {
  readonly status: WindowStatus;
  readonly now: Instant;
  /** The unit whose orchestration runs now; null between units. */
  readonly current: UnitStatus['unit'] | null;
  /** Azure's operation on it ended with the unit incomplete. */
  readonly isStopped: boolean;
  /** A word or the policy has it left already; its orchestration is about to end. */
  readonly isLeaving: boolean;
  readonly isHeld: boolean;
  /** Words taken up before, of which one may contradict this. */
  readonly heard?: readonly HeardWord[];
  readonly isAborting: boolean;
}

interface JudgedDecision {
  readonly effect: DecisionEffect;
  /** A sentence or two for the person: what happens, what remains. Plain text without untrusted parts but names already known to the run. */
  readonly answer: string;
}

const stillToCome: readonly UnitStatus['state'][] = ['planned'];
const triable: readonly UnitStatus['state'][] = ['failed', 'quarantined', 'skipped', 'not-started'];

/** Decides what a permitted word does to a run, and the answer. The safer reading wins where two are possible. */
export function judgeDecision(decision: OperatorDecision, situation: DecisionSituation): JudgedDecision {
  if (situation.status.phase === 'ended') return none('This run has ended; nothing was changed. The issue says what is left.');
  if (situation.isAborting && decision.verb !== 'abort') {
    return none('The run is being aborted; nothing else is taken up any more.');
  }
  const contradiction = findContradiction(decision, situation.heard ?? []);
  if (contradiction !== null) return judgeContradiction(decision, contradiction, situation);
  return judgeWord(decision, situation);
}

/** Two opposite words in one second end in the safer state, and both people are told. */
function judgeContradiction(decision: OperatorDecision, { isSafer, opposite }: Contradiction, situation: DecisionSituation): JudgedDecision {
  const state = decision.verb === 'pause' || decision.verb === 'resume' ? 'the run stays paused' : 'the pool is left as it is';
  const conflict = `Two opposite commands within a second (${decision.verb} and ${opposite.verb}, by ${decision.by} and ${opposite.by}): ${state} until one of you repeats.`;
  if (!isSafer) return none(conflict);
  const judged = judgeWord(decision, situation);
  return { effect: judged.effect, answer: `${conflict} ${judged.answer}` };
}

function judgeWord(decision: OperatorDecision, situation: DecisionSituation): JudgedDecision {
  switch (decision.verb) {
    case 'pause':
      return situation.isHeld
        ? none('The run is held already. Say resume to go on.')
        : { effect: { kind: 'hold' }, answer: `Held: nothing new is started until somebody says resume. ${inFlight(situation)}` };
    case 'ack-loss': {
      const { acknowledgement, answer } = judgeAcknowledgement(decision, situation.status, situation.now);
      return acknowledgement === null ? none(answer) : { effect: { kind: 'acknowledge', acknowledgement }, answer };
    }
    case 'resume':
      return judgeResume(situation);
    case 'retry':
      return judgeRetry(decision, situation);
    case 'skip':
      return judgeSkip(decision, situation);
    case 'abort':
      return judgeAbort(situation);
    case 'release':
      return decision.target === null ? none('Name the node to release.') : { effect: { kind: 'release-node', node: decision.target }, answer: '' };
  }
}

function inFlight({ current, isStopped }: DecisionSituation): string {
  if (current === null) return 'Nothing is under way now.';
  return isStopped ? `${current} stays as it is.` : `What Azure does on ${current} goes on; it cannot be paused.`;
}

function judgeResume(situation: DecisionSituation): JudgedDecision {
  if (situation.isStopped && !situation.isLeaving) {
    return { effect: { kind: 'go' }, answer: `Going on: ${situation.current ?? 'the unit'} is tried again now with the same request.` };
  }
  if (situation.status.pause?.kind === 'health') {
    return { effect: { kind: 'accept-health' }, answer: 'Going on, although the cluster does not look well. It is looked at again after the next unit; what ends meanwhile does not count as verified.' };
  }
  if (situation.isHeld) return { effect: { kind: 'release' }, answer: 'Going on: the hold is lifted.' };
  if (situation.status.phase === 'paused') {
    return none(
      'Azure is still draining and goes on by itself as soon as the eviction is allowed; there is nothing to restart. The cause named in the issue has to clear, or say skip or abort.',
    );
  }
  const waitsFor = situation.status.standing?.waitsFor ?? null;
  if (situation.status.phase === 'held' && waitsFor !== null) {
    if (waitsFor === 'deployment') return none('The run waits for a deployment of Slackwater to be over, and goes on by itself then.');
    return none(waitsFor === 'approval' ? 'The run waits for approval, which resume does not give: say approve.' : 'The cluster is frozen, which resume does not end: say unfreeze.');
  }
  if (situation.status.phase === 'waiting') return none('The run waits for its turn, which the issue and the dashboard name, and begins by itself then.');
  if (situation.status.phase === 'held') return { effect: { kind: 'look-again', unit: null }, answer: lookingAgain };
  return none('The run is not paused.');
}

const lookingAgain = 'What is withheld is looked at again now; it starts by itself once nothing has withheld it for 3 min and its estimate still fits.';

/** Whether preflight has not let it go: then no word brings it past preflight. */
function isWithheld({ unit }: UnitStatus, { status }: DecisionSituation): 'waiting' | 'over' | 'no' {
  const hold = status.holds.findLast((each) => each.unit === unit || each.unit === 'run');
  return hold === undefined || hold.state === 'cleared' ? 'no' : hold.state;
}

function judgeRetry(decision: OperatorDecision, situation: DecisionSituation): JudgedDecision {
  const wanted = findUnit(decision.target, situation);
  if (wanted === 'unknown') return unknownTarget(decision, situation);
  if (wanted === null || wanted.unit === situation.current) {
    if (situation.isLeaving && situation.current !== null) return requeue(situation.current);
    if (situation.isStopped) return { effect: { kind: 'go' }, answer: `${situation.current ?? 'It'} is tried again now with the same request.` };
    return none(situation.current === null ? 'Nothing has stopped; name the pool to try again.' : `${situation.current} is still under way; there is nothing to retry.`);
  }
  const withheld = wanted.state === 'withheld' || wanted.state === 'skipped' ? isWithheld(wanted, situation) : 'no';
  if (withheld === 'over') return none(`${wanted.unit} is withheld and its last useful start has passed.`);
  if (withheld === 'waiting') return { effect: { kind: 'look-again', unit: wanted.unit }, answer: lookingAgain };
  if (!triable.includes(wanted.state)) return none(`${wanted.unit} is ${wanted.state}; there is nothing to retry.`);
  return requeue(wanted.unit);
}

function requeue(unit: UnitStatus['unit']): JudgedDecision {
  return { effect: { kind: 'requeue', unit }, answer: `${unit} is tried again after the others, if its estimate still fits the window.` };
}

function judgeSkip(decision: OperatorDecision, situation: DecisionSituation): JudgedDecision {
  const wanted = findUnit(decision.target, situation);
  if (wanted === 'unknown') return unknownTarget(decision, situation);
  const unit = wanted ?? situation.status.units.find((each) => each.unit === situation.current) ?? null;
  if (unit === null) return none('Nothing is under way; name the pool to skip.');
  if (unit.unit === 'control-plane') return none('The control plane cannot be skipped: its node pools would have nothing to move to. Say abort to stop the run.');
  if (unit.unit === situation.current) {
    if (situation.isLeaving) return none(`${unit.unit} is being left already.`);
    const tail = situation.isStopped
      ? 'Azure is not at work on it; old nodes stay old and serve.'
      : 'If Azure is at work on it already, it goes on until its own drain timeout; nothing is sent to stop it.';
    return { effect: { kind: 'leave-current' }, answer: `${unit.unit} is left as it is and the run goes on with the others. ${tail}` };
  }
  const isWaiting = unit.state === 'withheld' && isWithheld(unit, situation) === 'waiting';
  if (!isWaiting && !stillToCome.includes(unit.state)) return none(`${unit.unit} is ${unit.state}; there is nothing to skip.`);
  return { effect: { kind: 'skip-later', unit: unit.unit }, answer: `${unit.unit} is not started in this window; its nodes stay as they are.` };
}

function judgeAbort(situation: DecisionSituation): JudgedDecision {
  if (situation.isAborting) return none('The run is being aborted already.');
  const tail = 'Nothing is rolled back: new nodes stay new, old nodes stay old; what is left behind is listed in the issue.';
  const isAtWork = situation.current !== null && !situation.isStopped;
  return {
    effect: { kind: 'abort' },
    answer: isAtWork ? `Aborting: Azure is told to stop ${situation.current}. ${tail}` : `Aborting: nothing more is started. ${tail}`,
  };
}

function findUnit(target: string | null, { status }: DecisionSituation): UnitStatus | null | 'unknown' {
  if (target === null) return null;
  return status.units.find(({ unit }) => unit === target || unit === `pool/${target}`) ?? 'unknown';
}

function unknownTarget(decision: OperatorDecision, { status }: DecisionSituation): JudgedDecision {
  const names = status.units.map(({ unit }) => (unit === 'control-plane' ? unit : unit.slice('pool/'.length))).join(', ');
  return none(`This run has no unit of that name. Its units: ${names === '' ? 'none' : names}. (${decision.verb})`);
}

function none(answer: string): JudgedDecision {
  return { effect: { kind: 'none' }, answer };
}
