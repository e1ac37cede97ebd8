import { judgeDecision, type DecisionEffect } from '../domain/judge-decision.ts';
import type { OperatorDecision } from '../domain/operator-decision.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import type { Flow, Step } from './flow.ts';
import { patiently } from './patience.ts';
import { answer, say, update, updateUnit, type WindowRun } from './window-run.ts';

/** The unit whose orchestration runs, as decisions need to know it. */
export interface CurrentUnit {
  readonly unit: PlannedUnit;
  readonly instanceId: string;
  /** Azure's operation ended with the unit incomplete. */
  isStopped: boolean;
  /** Why the unit is to be watched no more; null while it is watched. */
  leaving: string | null;
}

/** How long an abort is tried when Azure is out of reach. */
const ABORT_PATIENCE_MINUTES = 10;

/** Takes up a person's word once: does it, tells the story, answers in the thread. A word delivered again is dropped. */
export function* takeDecision(run: WindowRun, decision: OperatorDecision, current: CurrentUnit | null): Step<void> {
  if (run.decisionsSeen.has(decision.decisionId)) return;
  run.decisionsSeen.add(decision.decisionId);
  const judged = judgeDecision(decision, {
    status: run.status,
    current: current?.unit.unit ?? null,
    isStopped: current?.isStopped ?? false,
    isHeld: run.heldBy !== null,
    isAborting: run.abortedBy !== null,
  });
  if (judged.effect.kind !== 'none') {
    say(run, `${decision.by} said ${decision.verb}${decision.target === null ? '' : ` ${decision.target}`}.`);
  }
  yield* carryOut(run, judged.effect, decision, current);
  if (decision.comment !== null) {
    answer(run, { comment: decision.comment, decisionId: decision.decisionId, body: judged.answer });
  }
}

function* carryOut(run: WindowRun, effect: DecisionEffect, decision: OperatorDecision, current: CurrentUnit | null): Step<void> {
  switch (effect.kind) {
    case 'none':
      return;
    case 'hold':
      run.heldBy = decision.by;
      return;
    case 'release':
      run.heldBy = null;
      return;
    case 'go':
      run.heldBy = null;
      if (current !== null) yield* signal(run.flow, current, 'go', `${decision.by} said ${decision.verb}.`);
      return;
    case 'leave-current':
      if (current !== null) yield* leave(run.flow, current, `${decision.by} said skip.`);
      return;
    case 'skip-later':
      run.skipped.set(effect.unit, decision.by);
      updateUnit(run, effect.unit, { state: 'skipped', note: `Skipped by ${decision.by}.` });
      return;
    case 'requeue':
      run.requeued.push(effect.unit);
      updateUnit(run, effect.unit, { state: 'planned', note: `${decision.by} wants it tried again.` });
      return;
    case 'abort':
      yield* abort(run, decision.by, current);
      return;
  }
}

function* abort(run: WindowRun, by: string, current: CurrentUnit | null): Step<void> {
  run.abortedBy = by;
  update(run, {});
  if (current === null) return;
  if (current.isStopped) return yield* leave(run.flow, current, `${by} said abort.`);
  const { flow } = run;
  const clusterResourceId = run.input.policy.clusterResourceId;
  const unit = current.unit.unit;
  const until = flow.now() + ABORT_PATIENCE_MINUTES * MINUTE_MS;
  const sent = yield* patiently(flow, until, () => flow.call('abortUnit', { clusterResourceId, unit, by }));
  if (sent.ok && sent.value.kind === 'aborting') return say(run, `Azure was told to stop ${unit}.`);
  say(run, sent.ok ? `Azure was not at work on ${unit} any more.` : `Azure did not take the abort of ${unit}: ${sent.failure.code}.`);
  yield* signal(flow, current, 'look', `${by} said abort.`);
}

/** Ends the watch of a unit. The signal is a hint that may be lost, so the caller repeats it until the unit ended. */
export function* leave(flow: Flow, current: CurrentUnit, reason: string): Step<void> {
  current.leaving = reason;
  yield* signal(flow, current, 'leave', reason);
}

/** Wakes the unit's orchestration. */
export function* signal(flow: Flow, current: CurrentUnit, kind: 'look' | 'go' | 'leave', reason: string): Step<void> {
  yield* flow.call('wakeUnit', { instanceId: current.instanceId, signal: { kind, reason, pool: null } });
}
