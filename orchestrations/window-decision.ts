import type { Outcome } from '../domain/failure.ts';
import { judgeDecision, type DecisionEffect } from '../domain/judge-decision.ts';
import type { LossAcknowledgement } from '../domain/loss-acknowledgement.ts';
import type { OperatorDecision } from '../domain/operator-decision.ts';
import { SECOND_MS, type Instant } from '../domain/time.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import type { WakeSignal } from './contract.ts';
import type { Flow, Step } from './flow.ts';
import { guarded, waitSecondsAfter } from './patience.ts';
import { releaseAsked } from './release-node.ts';
import { endPause } from './window-pause.ts';
import { answer, emit, say, update, updateUnit, type WindowRun } from './window-run.ts';

/** The run listens to nobody else while it asks the cluster about a node. */
const RELEASE_PATIENCE_MINUTES = 2;

/** The unit whose orchestration runs, as decisions need to know it. */
export interface CurrentUnit {
  readonly unit: PlannedUnit;
  readonly instanceId: string;
  /** Azure's operation ended with the unit incomplete. */
  isStopped: boolean;
  /** Why the unit is to be watched no more; null while it is watched. */
  leaving: string | null;
  /** Why a stopped unit is to be tried again; repeated until it is, because a signal is a hint that may be lost. */
  going: string | null;
  /** When Azure is to be told (again) to stop; null when it need not be. */
  abortAt: Instant | null;
  abortTries: number;
}

/** A unit whose orchestration has just been started. */
export function beginCurrent(unit: PlannedUnit, instanceId: string): CurrentUnit {
  return { unit, instanceId, isStopped: false, leaving: null, going: null, abortAt: null, abortTries: 0 };
}

/** Takes up the words that came in, until `until`; a short wait takes up what is in the inbox already. */
export function* hear(run: WindowRun, until: Instant): Step<void> {
  for (;;) {
    const got = yield* run.flow.waitFor(['decision'], until);
    if (got.kind === 'timed-out') return;
    const wasHeld = run.heldBy;
    const { acceptedAt } = run.health;
    yield* takeDecision(run, got.value, null);
    if (run.heldBy !== wasHeld || run.health.acceptedAt !== acceptedAt || run.abortedBy !== null) return;
  }
}

/** Takes up a person's word once: does it, tells the story, answers in the thread. A word delivered again is dropped. */
export function* takeDecision(run: WindowRun, decision: OperatorDecision, current: CurrentUnit | null): Step<void> {
  if (run.decisionsSeen.has(decision.decisionId)) return;
  run.decisionsSeen.add(decision.decisionId);
  const judged = judgeDecision(decision, {
    status: run.status,
    now: run.flow.now(),
    current: current?.unit.unit ?? null,
    isStopped: current?.isStopped ?? false,
    isLeaving: current !== null && current.leaving !== null,
    isHeld: run.heldBy !== null,
    isAborting: run.abortedBy !== null,
    heard: run.heard,
  });
  if (decision.writtenAt != null) run.heard.push({ verb: decision.verb, target: decision.target, by: decision.by, writtenAt: decision.writtenAt });
  if (judged.effect.kind !== 'none') {
    say(run, `${decision.by} said ${decision.verb}${decision.target === null ? '' : ` ${decision.target}`}.`);
  }
  yield* carryOut(run, judged.effect, decision, current);
  const body = judged.effect.kind === 'release-node' ? yield* releaseInRun(run, decision, judged.effect.node) : judged.answer;
  if (decision.comment !== null) answer(run, { comment: decision.comment, decisionId: decision.decisionId, body });
}

/** Takes the quarantine label off a node while the run lasts; the run's own retry then takes the node up. */
function* releaseInRun(run: WindowRun, { by, decisionId, comment }: OperatorDecision, node: string): Step<string> {
  const { policy, nextOpens } = run.input;
  const request = { verb: 'release', target: node, outsideWindow: null, by, decisionId, comment } as const;
  const context = { clusterResourceId: policy.clusterResourceId, timeZone: policy.window.timeZone, isRunUnderWay: true, nextOpens: nextOpens ?? null, patienceMinutes: RELEASE_PATIENCE_MINUTES };
  const { pool, answer: told } = yield* releaseAsked(run.flow, request, context);
  if (pool === null) return told;
  say(run, `${by} released ${node}; it stays cordoned until Azure takes it up again.`);
  run.holds += 1;
  emit(run, 'node.released', { unit: `pool/${pool}`, attempt: run.holds }, { node, pool, by });
  return told;
}

function* carryOut(run: WindowRun, effect: DecisionEffect, decision: OperatorDecision, current: CurrentUnit | null): Step<void> {
  switch (effect.kind) {
    case 'none':
    case 'release-node':
      return;
    case 'hold':
      run.heldBy = decision.by;
      return;
    case 'release':
      run.heldBy = null;
      return;
    case 'accept-health':
      run.heldBy = null;
      run.health.acceptedAt = run.flow.now();
      // Between units the gate itself ends its pause.
      if (current !== null) yield* endPause(run, 'cleared');
      return;
    case 'go':
      run.heldBy = null;
      if (current !== null) yield* go(run.flow, current, `${decision.by} said ${decision.verb}.`);
      return;
    case 'leave-current':
      if (current !== null) yield* leave(run.flow, current, `${decision.by} said skip.`);
      return;
    case 'skip-later':
      run.skipped.set(effect.unit, decision.by);
      updateUnit(run, effect.unit, { state: 'skipped', note: `Skipped by ${decision.by}.` });
      emit(run, 'pool.skipped', { unit: effect.unit, attempt: 1 + (run.status.units.find(({ unit }) => unit === effect.unit)?.attempt ?? 0) }, { by: decision.by });
      return;
    case 'requeue':
      run.skipped.delete(effect.unit);
      if (!run.requeued.includes(effect.unit)) run.requeued.push(effect.unit);
      updateUnit(run, effect.unit, { state: 'planned', note: `${decision.by} wants it tried again.` });
      return;
    case 'look-again':
      run.isLookHinted = true;
      if (effect.unit === null || !run.skipped.delete(effect.unit)) return;
      updateUnit(run, effect.unit, { state: 'withheld', note: `${decision.by} wants it again; it waits until nothing withholds it.` });
      return;
    case 'acknowledge':
      return acknowledge(run, effect.acknowledgement);
    case 'abort':
      yield* abort(run, decision.by, current);
      return;
  }
}

/** Takes up that something may be lost; a later word about the same takes the place of an earlier one. */
function acknowledge(run: WindowRun, word: LossAcknowledgement): void {
  const { where, codes, by, until, pools } = word;
  run.holds += 1;
  run.isLookHinted = true;
  update(run, { acknowledgements: [...run.status.acknowledgements.filter((each) => each.where !== where), word] });
  say(run, `${by} acknowledged that ${where} may be lost.`);
  const [pool] = pools;
  emit(run, 'hold.acknowledged', { unit: pool === undefined ? 'run' : `pool/${pool}`, attempt: run.holds }, { where, codes, pools, by, until });
}

function* abort(run: WindowRun, by: string, current: CurrentUnit | null): Step<void> {
  run.abortedBy = by;
  update(run, {});
  if (current === null) return;
  if (current.isStopped || current.leaving !== null) return yield* leave(run.flow, current, `${by} said abort.`);
  yield* pressAbort(run, current, by);
}

/**
 * Tells Azure to stop the unit; when it does not take it, it is told again while the run keeps listening. A unit Azure is
 * not at work on has not been sent yet, or has just ended: it is left, so that nothing is sent any more.
 */
function* pressAbort(run: WindowRun, current: CurrentUnit, by: string): Step<void> {
  const { flow } = run;
  const { unit } = current;
  const sent = yield* guarded(flow.call('abortUnit', { clusterResourceId: run.input.policy.clusterResourceId, unit, by }));
  if (!sent.ok) {
    if (current.abortTries === 0) say(run, `Azure did not take the abort of ${unit.unit}: ${sent.failure.code}. It is told again until it does or the unit ends.`);
    current.abortAt = flow.now() + waitSecondsAfter(sent.failure, current.abortTries) * SECOND_MS;
    current.abortTries += 1;
    return;
  }
  current.abortAt = null;
  if (sent.value.kind === 'aborting') {
    say(run, `Azure was told to stop ${unit.unit}.`);
    yield* signal(flow, current, 'look', `${by} said abort.`);
    return;
  }
  say(run, `Azure was not at work on ${unit.unit} for this run.`);
  yield* leave(flow, current, `${by} said abort.`);
}

/** Repeats what has been asked of the unit and has not come about: signals get lost, Azure may be out of reach. */
export function* remind(run: WindowRun, current: CurrentUnit): Step<void> {
  if (current.abortAt !== null && run.abortedBy !== null) {
    if (run.flow.now() >= current.abortAt) yield* pressAbort(run, current, run.abortedBy);
    return;
  }
  if (current.leaving !== null) yield* leave(run.flow, current, current.leaving);
  else if (current.going !== null) yield* go(run.flow, current, current.going);
}

/** Has a stopped unit tried again. */
function* go(flow: Flow, current: CurrentUnit, reason: string): Step<void> {
  current.going = reason;
  yield* signal(flow, current, 'go', reason);
}

/** Ends the watch of a unit. The signal is a hint that may be lost, so the caller repeats it until the unit ended. */
export function* leave(flow: Flow, current: CurrentUnit, reason: string): Step<void> {
  current.leaving = reason;
  current.going = null;
  current.abortAt = null;
  yield* signal(flow, current, 'leave', reason);
}

/** Wakes the unit's orchestration. */
export function* signal(flow: Flow, current: CurrentUnit, kind: 'look' | 'go' | 'leave', reason: string): Step<void> {
  yield* guarded(told(flow, current.instanceId, { kind, reason, pool: null }));
}

function* told(flow: Flow, instanceId: string, wake: WakeSignal): Step<Outcome<{ readonly told: boolean }>> {
  return { ok: true, value: yield* flow.call('wakeUnit', { instanceId, signal: wake }) };
}
