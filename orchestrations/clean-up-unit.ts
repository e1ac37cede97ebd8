import type { CleanUpPlan } from '../domain/clean-up.ts';
import type { CleanUpStep } from '../domain/clean-up-words.ts';
import { countPool } from '../domain/node-count.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { UnitProgress } from '../domain/unit-progress.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import { unitInstanceId } from '../domain/window-identity.ts';
import { takeAbort, tell, type CleanUpRun } from './clean-up-run.ts';
import type { UnitProgressReport, UnitUpgradeInput, UnitVerdict } from './contract.ts';
import type { RaceResult, Step } from './flow.ts';
import { guarded } from './patience.ts';

/** How long a quiet race lasts at most, and how often a unit that is to be left is told again. */
const QUIET_MINUTES = 60;
const REMIND_MINUTES = 1;
/** The person's word stands for the first try: the same request is sent again, also where every node is new, and never by itself. */
const ATTEMPT = 2;

/**
 * Watches one unit of a clean-up to its end, as a window watches its own: the request is sent once, and what Azure stops is not tried
 * again.
 */
export function* followCleanUpUnit(run: CleanUpRun, plan: CleanUpPlan, unit: PlannedUnit): Step<CleanUpStep> {
  const { flow, input, id } = run;
  const childInput: UnitUpgradeInput = {
    runId: id,
    windowInstanceId: flow.instanceId,
    clusterResourceId: input.policy.clusterResourceId,
    unit,
    attempt: ATTEMPT,
    windowOpens: plan.opens,
    windowCloses: plan.closes,
    graceMinutes: input.policy.onBlocked.graceMinutes,
    pollSeconds: input.pollSeconds,
    memory: null,
  };
  const instanceId = unitInstanceId({ windowInstanceId: flow.instanceId, runId: id, unit: unit.unit, attempt: ATTEMPT });
  const child = flow.start(unit.unit === 'control-plane' ? 'controlPlaneUpgrade' : 'nodePoolUpgrade', instanceId, childInput);
  let lastSequence = 0;
  let stopped: UnitProgressReport | null = null;
  let leaving: string | null = null;
  for (;;) {
    const got: RaceResult<'controlPlaneUpgrade' | 'nodePoolUpgrade', 'decision' | 'unitProgress'> = yield* flow.race(child, ['decision', 'unitProgress'], flow.now() + (leaving === null ? QUIET_MINUTES : REMIND_MINUTES) * MINUTE_MS);
    if (got.kind === 'ended') return describeEnd(unit, got.output, stopped);
    if (got.kind === 'failed') return { unit: unit.unit, isDone: false, detail: `Its orchestration failed: ${got.message}` };
    if (got.kind === 'received' && got.event === 'decision' && got.value.verb === 'abort') {
      const kind: 'aborting' | 'nothing-to-abort' = yield* takeAbort(run, got.value, unit);
      if (kind === 'aborting') yield* guarded(wake(run, instanceId, 'look', 'It is being aborted.'));
      else leaving = `${got.value.by} said abort.`;
    }
    if (got.kind === 'received' && got.event === 'unitProgress' && got.value.unit === unit.unit && got.value.sequence > lastSequence) {
      lastSequence = got.value.sequence;
      if (got.value.kind === 'stopped') {
        stopped = got.value;
        leaving = 'Azure stopped it.';
      } else yield* tell(run, plan, describePresent(got.value));
    }
    // A unit that Azure gave up waits for a person's next word, and here there is none. Told again, because a signal may be lost.
    if (leaving !== null) yield* guarded(wake(run, instanceId, 'leave', leaving));
  }
}

function* wake({ flow }: CleanUpRun, instanceId: string, kind: 'look' | 'leave', reason: string) {
  return { ok: true, value: yield* flow.call('wakeUnit', { instanceId, signal: { kind, reason, pool: null } }) } as const;
}

function describePresent({ kind, progress }: UnitProgressReport): string {
  const [cause] = progress.causes;
  if ((kind === 'blocked' || kind === 'clearing') && cause !== undefined) return `${cause.node} waits for ${cause.pod}: ${cause.evidence} ${cause.remedy}`;
  if (kind === 'unseen') return 'it could not be looked at for some minutes.';
  return nodesText(progress);
}

function nodesText({ inventory, provisioningState }: UnitProgress): string {
  if (inventory === null) return `Azure says ${provisioningState}.`;
  const { proven, total, spare } = countPool(inventory, []);
  return `${proven} of ${total - spare} nodes are there; Azure says ${provisioningState}.`;
}

function describeEnd({ unit, waves }: PlannedUnit, { kind, progress, detail }: UnitVerdict, stopped: UnitProgressReport | null): CleanUpStep {
  // What Azure holds as failed or canceled is what a resolve is there to end.
  const isDone = kind === 'succeeded' && (progress === null || progress.provisioningState === 'Succeeded');
  if (kind === 'unproven' && waves === 0) return { unit, isDone: true, detail: 'It is set, and no node of it runs that could prove it.' };
  if (isDone) return { unit, isDone, detail: progress === null ? detail : nodesText(progress) };
  const last = stopped?.progress ?? progress;
  const error = last?.provisioningError ?? null;
  const why = [detail, ...(last === null ? [] : [nodesText(last)]), ...(error === null ? [] : [`${error.code}: ${error.message}`]), ...(last?.causes.slice(0, 2).map(({ node, pod, evidence, remedy }) => `${node} waits for ${pod}: ${evidence} ${remedy}`) ?? [])];
  return { unit, isDone, detail: why.join(' ') };
}
