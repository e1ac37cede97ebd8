import type { PreflightSummary } from '../activities/contract.ts';
import { describeReduction } from '../domain/surge-fallback.ts';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.ts';
import type { PlannedUnit, UpgradePlan } from '../domain/upgrade-plan.ts';
import { unitsOf } from '../domain/window-story.ts';
import type { Step } from './flow.ts';
import { guarded, waitSecondsAfter } from './patience.ts';
import { hear } from './window-decision.ts';
import { emit, say, update, type WindowRun } from './window-run.ts';

/** How long a pool may be at work before its settings are left as they are, and how often it is asked. */
const RESTORE_MINUTES = 10;
const ASK_AGAIN_SECONDS = 60;

/** Takes up the plan as preflight adjusted it: longer drains, fewer surge nodes; its digest is the run's from here on. */
export function adoptAdjustments(run: WindowRun, before: UpgradePlan, { adjusted }: Pick<PreflightSummary, 'adjusted'>): UpgradePlan {
  if (adjusted === null) return before;
  const { plan, reductions } = adjusted;
  run.plan = plan;
  update(run, { planDigest: plan.digest, units: unitsOf(plan) });
  for (const reduction of reductions) {
    const { pool, ...facts } = reduction;
    say(run, describeReduction(reduction));
    emit(run, 'pool.surge-reduced', { unit: `pool/${pool}`, attempt: 1 }, facts);
  }
  for (const { unit, estimateMinutes } of plan.units) {
    const usual = before.units.find((each) => each.unit === unit)?.estimateMinutes ?? estimateMinutes;
    if (estimateMinutes === usual || reductions.some(({ pool }) => unit === `pool/${pool}`)) continue;
    say(run, `${unit}: about ${estimateMinutes} min instead of ${usual}, because its pods may take long to end.`);
  }
  return plan;
}

/** Gives a pool that was upgraded its own settings back at once; any other waits for {@link restoreRest}. */
export function* restoreAfter(run: WindowRun, unit: PlannedUnit): Step<void> {
  if (unit.restoreSettings === null || stateOf(run, unit) === undefined) return;
  run.unrestored.set(unit.unit, 'it was not tried.');
  if (stateOf(run, unit) === 'upgraded') yield* restore(run, unit, restoreDeadline(run));
}

/** Before the last look: what still has the settings of this run gets its own back, or is named as left over with the reason. */
export function* restoreRest(run: WindowRun, plan: UpgradePlan): Step<void> {
  const until = restoreDeadline(run);
  for (const unit of plan.units) if (run.unrestored.has(unit.unit)) yield* restore(run, unit, until);
}

/** A sentence for each pool whose settings this run changed and could not change back. */
export function listUnrestored(run: WindowRun, plan: UpgradePlan): readonly string[] {
  return plan.units.flatMap(({ unit, upgradeSettings, restoreSettings }) => {
    const why = run.unrestored.get(unit);
    const [is, was] = [upgradeSettings?.maxSurge ?? 'unset', restoreSettings?.maxSurge ?? 'unset'];
    return why === undefined ? [] : [`${unit}: changed settings, maxSurge stays at ${is} instead of ${was}: ${why}`];
  });
}

function restoreDeadline({ flow, input }: WindowRun): Instant {
  return Math.min(input.opening.closes, flow.now() + RESTORE_MINUTES * MINUTE_MS);
}

function* restore(run: WindowRun, unit: PlannedUnit, until: Instant): Step<void> {
  const { flow, input } = run;
  const request = { clusterResourceId: input.policy.clusterResourceId, unit, windowOpens: input.opening.opens, windowCloses: input.opening.closes };
  for (let tries = 0; ; tries += 1) {
    const outcome = yield* guarded(flow.call('restoreSettings', request));
    if (outcome.ok && outcome.value.kind === 'restored') {
      run.unrestored.delete(unit.unit);
      say(run, `${unit.unit}: its own settings are restored. ${outcome.value.detail}`);
      return;
    }
    run.unrestored.set(unit.unit, outcome.ok ? outcome.value.detail : `${outcome.failure.code}.`);
    if (outcome.ok && outcome.value.kind === 'kept') return;
    const wait = outcome.ok ? ASK_AGAIN_SECONDS : waitSecondsAfter(outcome.failure, tries);
    const next = flow.now() + wait * SECOND_MS;
    if ((!outcome.ok && outcome.failure.class === 'terminal') || next >= until) return;
    while (flow.now() < next) yield* hear(run, next);
  }
}

/** State of a unit that was tried, even if nothing but its settings was sent; undefined of any other. */
function stateOf(run: WindowRun, { unit }: PlannedUnit): string | undefined {
  const found = run.status.units.find((each) => each.unit === unit);
  return found === undefined || found.attempt === 0 ? undefined : found.state;
}
