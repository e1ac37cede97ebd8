import type { HoldsLook, PreflightSummary, WithheldPool } from '../activities/contract.ts';
import { beginHold, endHold, judgeHold, nextLookAt, shortestStart, type Hold, type HoldCause } from '../domain/hold.ts';
import { letGoKey } from '../domain/notice-markdown.ts';
import { isLoss } from '../domain/loss-acknowledgement.ts';
import { SECOND_MS, type Instant } from '../domain/time.ts';
import type { PlannedUnit, UnitName, UpgradePlan } from '../domain/upgrade-plan.ts';
import type { StatusFinding } from '../domain/window-status.ts';
import type { Step } from './flow.ts';
import { guarded } from './patience.ts';
import { takeDecision } from './window-decision.ts';
import { emit, noteLook, notify, say, update, updateUnit, type WindowRun } from './window-run.ts';
import { holdWhileHeld } from './window-unit.ts';
import { nextWordsAt, publish } from './window-words.ts';

/** Marks what preflight withholds: single pools, or the whole run. Tells each hold once. */
export function withhold(run: WindowRun, plan: UpgradePlan, { withheld }: Pick<PreflightSummary, 'withheld'>): void {
  run.lookedAt = run.flow.now();
  const whole = withheld.find(({ pool }) => pool === '*');
  if (whole !== undefined) startHold(run, 'run', whole, shortestStart(plan.units));
  for (const unit of plan.units) {
    const own = withheld.find(({ pool }) => unit.unit === `pool/${pool}`);
    const [cause] = (own ?? whole)?.causes ?? [];
    if (cause === undefined) continue;
    updateUnit(run, unit.unit, { state: 'withheld', note: noteOf(cause) });
    emit(run, 'pool.withheld', { unit: unit.unit, attempt: 1 }, { code: cause.code, where: cause.where });
    say(run, `${unit.unit} is withheld: ${cause.code} ${cause.where}.`);
    if (whole === undefined && own !== undefined) startHold(run, unit.unit, own, unit.estimateMinutes);
  }
}

function noteOf({ code, where, message }: HoldCause): string {
  return `${code} ${where}: ${message}`;
}

/** Begins a hold, and tells it. */
export function startHold(run: WindowRun, unit: Hold['unit'], { causes, causesOmitted }: Pick<WithheldPool, 'causes' | 'causesOmitted'>, estimateMinutes: number): void {
  if (run.status.holds.length === 0) emit(run, 'run.held', { unit: 'run', attempt: 1 }, { unit });
  run.holds += 1;
  const at = run.flow.now();
  const hold = beginHold(unit, { at, causes, causesOmitted, estimateMinutes, closes: run.input.opening.closes }, run.holds);
  update(run, { holds: [...run.status.holds, hold] });
  const facts = { causes: causes.map(({ code, where, owner }) => ({ code, where, owner })), lastUsefulStart: hold.lastUsefulStart };
  emit(run, 'hold.started', { unit, attempt: hold.number }, facts);
}

/** Holds that may still end in a start: neither over nor left out on a person's word. */
function waitingHolds(run: WindowRun): readonly Hold[] {
  return run.status.holds.filter(({ unit, state }) => state === 'waiting' && (unit === 'run' || stateOf(run, unit) === 'withheld'));
}

function stateOf(run: WindowRun, unit: UnitName): string | undefined {
  return run.status.units.find((each) => each.unit === unit)?.state;
}

/**
 * Waits, while anything is withheld, until a hold clears, its last useful start has passed, somebody ends the run, or wants
 * another unit tried. People are heard meanwhile.
 *
 * @returns The units that may start now, in the plan's order, each with the estimate it has now; empty when nothing is waited for.
 */
export function* awaitHolds(run: WindowRun, plan: UpgradePlan): Step<readonly PlannedUnit[]> {
  for (;;) {
    endLateHolds(run);
    const holds = waitingHolds(run);
    if (holds.length === 0 || run.abortedBy !== null || run.requeued.length > 0) return waited(run, []);
    if (run.heldBy !== null) {
      yield* holdWhileHeld(run);
      run.isLookHinted = true;
      continue;
    }
    const due = nextLookAt(holds, run.lookedAt, run.isLookHinted ? 'hinted' : 'quiet', run.input.heldLookMinutes);
    if (run.flow.now() >= due) {
      const cleared = yield* look(run, plan, holds);
      if (cleared.length > 0) return waited(run, cleared);
      continue;
    }
    if (run.status.phase !== 'held' || run.status.nextAt !== due) update(run, { phase: 'held', nextAt: due });
    yield* publish(run);
    yield* listen(run, Math.min(due, ...holds.map(({ lastUsefulStart }) => lastUsefulStart + SECOND_MS)));
  }
}

function waited(run: WindowRun, cleared: readonly PlannedUnit[]): readonly PlannedUnit[] {
  if (run.status.nextAt !== null) update(run, { nextAt: null });
  return cleared;
}

/** Looks at what is withheld between two units, so that a hold that cleared meanwhile need not be waited for at the end. */
export function* glanceAtHolds(run: WindowRun, plan: UpgradePlan): Step<readonly PlannedUnit[]> {
  endLateHolds(run);
  const holds = waitingHolds(run);
  if (holds.length === 0 || run.abortedBy !== null || run.flow.now() < nextLookAt(holds, run.lookedAt, 'hinted')) return [];
  return yield* look(run, plan, holds);
}

/** Ends what still waits when the run ends or its whole start is given up. */
export function giveUpHolds(run: WindowRun): void {
  const at = run.flow.now();
  update(run, { holds: run.status.holds.map((hold) => (hold.state === 'waiting' ? endHold(hold, 'over', at) : hold)) });
}

/** Hears one word or hint, until `until` or until words that wait may be said again. */
export function* listen(run: WindowRun, until: Instant): Step<void> {
  const now = run.flow.now();
  const words = nextWordsAt(run);
  const got = yield* run.flow.waitFor(['decision', 'wake'], words === null ? until : Math.min(until, Math.max(now + SECOND_MS, words)));
  if (got.kind === 'timed-out') return;
  if (got.event === 'wake') run.isLookHinted = true;
  else yield* takeDecision(run, got.value, null);
}

/** A pool whose last useful start has passed stays as it is. */
function endLateHolds(run: WindowRun): void {
  const now = run.flow.now();
  for (const hold of run.status.holds) {
    if (hold.state !== 'waiting' || now <= hold.lastUsefulStart) continue;
    changeHold(run, endHold(hold, 'over', now));
    const why = hold.lastUsefulStart < run.input.opening.opens ? `it needs about ${hold.estimateMinutes} min, more than the window has` : 'its last useful start has passed and it is still withheld';
    say(run, `${nameOf(hold)} is not started in this window: ${why}.`);
  }
}

function changeHold(run: WindowRun, changed: Hold): void {
  update(run, { holds: run.status.holds.map((hold) => (hold.number === changed.number ? changed : hold)) });
}

function nameOf({ unit }: Hold): string {
  return unit === 'run' ? 'The run' : unit;
}

/** One fresh look. What cannot be seen changes nothing: unknown means withheld. */
function* look(run: WindowRun, plan: UpgradePlan, holds: readonly Hold[]): Step<readonly PlannedUnit[]> {
  const { flow, input } = run;
  const { policy, opening } = input;
  const names = holds.some(({ unit }) => unit === 'run') ? plan.units.map(({ unit }) => unit) : holds.map(({ unit }) => unit);
  const pools = names.flatMap((name) => (name.startsWith('pool/') ? [name.slice('pool/'.length)] : []));
  const seen = yield* guarded(flow.call('judgeHolds', { policy, opening, pools, lowered: plan.units.filter(({ restoreSettings }) => restoreSettings !== null), acknowledgements: run.status.acknowledgements, kubernetesApi: run.judgedFrom === 'azure-alone' ? 'optional' : 'required' }));
  run.lookedAt = flow.now();
  run.isLookHinted = false;
  if (!seen.ok) {
    // As if it had been looked at when the service takes questions again: the next look counts from there.
    run.lookedAt += (seen.failure.retryAfterSeconds ?? 0) * SECOND_MS;
    flow.log('holds.look-failed', { runId: input.runId, code: seen.failure.code });
    return [];
  }
  noteLook(run, run.lookedAt);
  const cleared = holds.flatMap((hold) => takeLook(run, plan, hold, seen.value));
  update(run, { findings: findingsAfter(run) });
  return plan.units.flatMap((unit) => cleared.find((each) => each.unit === unit.unit) ?? []);
}

/** Takes one hold's part of a look; the units that may start for it. */
function takeLook(run: WindowRun, plan: UpgradePlan, hold: Hold, seen: HoldsLook): readonly PlannedUnit[] {
  const own = seen.withheld.filter(({ pool }) => pool === '*' || hold.unit === `pool/${pool}`);
  const estimateMinutes = seen.estimates.find(({ pool }) => hold.unit === `pool/${pool}`)?.estimateMinutes ?? null;
  const next = judgeHold(
    hold,
    {
      at: run.flow.now(),
      causes: own.flatMap(({ causes }) => causes),
      causesOmitted: own.reduce((sum, each) => sum + each.causesOmitted, 0),
      estimateMinutes,
      closes: run.input.opening.closes,
    },
    run.status.acknowledgements,
  );
  changeHold(run, next);
  tellLook(run, hold, next);
  if (next.state !== 'cleared') return [];
  emit(run, 'hold.cleared', { unit: hold.unit, attempt: hold.number });
  update(run, { phase: 'upgrading', nextAt: null });
  const freed = hold.unit === 'run' ? releaseRun(run, plan, seen) : releaseUnit(run, plan, next);
  notify(run, 'resumed', letGoKey(hold.number));
  return freed;
}

function releaseUnit(run: WindowRun, plan: UpgradePlan, { unit: name, estimateMinutes }: Hold): readonly PlannedUnit[] {
  if (name !== 'run') updateUnit(run, name, { state: 'planned', note: '' });
  return plan.units.flatMap((unit) => (unit.unit === name ? [{ ...unit, estimateMinutes }] : []));
}

function tellLook(run: WindowRun, before: Hold, after: Hold): void {
  if (after.state === 'over') {
    say(run, `${nameOf(after)} is not started in this window: it needs about ${after.estimateMinutes} min and its last useful start has passed.`);
  } else if (after.state === 'cleared') {
    say(run, `${nameOf(after)} is withheld no more.`);
  } else if (after.clearedSince !== null && before.clearedSince === null) {
    say(run, `${nameOf(after)}: what withheld it looks cleared; it has to stay so for 3 min.`);
  } else {
    const [was] = before.causes;
    const [is] = after.causes;
    const isOther = is !== undefined && (is.code !== was?.code || is.where !== was.where);
    if (isOther || (before.clearedSince !== null && after.clearedSince === null)) say(run, `${nameOf(after)} is withheld: ${is?.code ?? ''} ${is?.where ?? ''}.`);
    if (isOther && after.unit !== 'run') updateUnit(run, after.unit, { note: noteOf(is) });
  }
}

/** The whole run may start: what still withholds single pools holds those alone. */
function releaseRun(run: WindowRun, plan: UpgradePlan, seen: HoldsLook): readonly PlannedUnit[] {
  for (const { unit, estimateMinutes } of plan.units) {
    if (stateOf(run, unit) !== 'withheld') continue;
    const own = seen.withheld.find(({ pool }) => unit === `pool/${pool}`);
    const [cause] = own?.causes ?? [];
    if (own !== undefined) startHold(run, unit, own, estimateMinutes);
    updateUnit(run, unit, cause === undefined ? { state: 'planned', note: '' } : { note: noteOf(cause) });
  }
  return plan.units.filter(({ unit }) => stateOf(run, unit) === 'planned');
}

/** The findings without those that held something and hold it no more; an acknowledged loss stays told, as a warning. */
function findingsAfter(run: WindowRun): readonly StatusFinding[] {
  const isOpen = (pool: string): boolean => {
    const last = run.status.holds.findLast(({ unit }) => unit === (pool === '*' ? 'run' : `pool/${pool}`));
    return last === undefined || last.state !== 'cleared';
  };
  const isLetBe = ({ code, where }: StatusFinding): boolean => isLoss(code) && run.status.acknowledgements.some((word) => word.where === where);
  return run.status.findings.flatMap((finding) => {
    if (finding.severity !== 'block' || finding.pools.some(isOpen)) return [finding];
    return isLetBe(finding) ? [{ ...finding, severity: 'warn' as const }] : [];
  });
}
