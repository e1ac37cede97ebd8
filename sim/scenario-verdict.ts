import type { Finding } from '../domain/preflight-report.ts';
import type { UnitName } from '../domain/upgrade-plan.ts';
import type { RunOutcome, UnitStatus } from '../domain/window-status.ts';

/** What a run showed of itself, as far as its decision is read from it. */
export interface RunFacts {
  /** What moment 0 was: `window open`, `run in progress`, `comment time`, … */
  readonly begins: string;
  /** `shut`: dates that are not allowed kept the window from opening · `cancelled`: programs took their run back · `moved`: a person postponed it. */
  readonly window: 'opened' | 'shut' | 'cancelled' | 'moved';
  readonly findings: readonly Pick<Finding, 'code' | 'severity' | 'pools'>[];
  /** Null while the run had not ended. */
  readonly outcome: RunOutcome | null;
  readonly units: readonly Pick<UnitStatus, 'unit' | 'state' | 'startedAt'>[];
  /** Unit that waited for a person when the scenario ended, and what Azure said of its last operation; null when none did. */
  readonly pausedUnit: { readonly unit: UnitName | 'run'; readonly oldCount: number; readonly azureSays: string } | null;
  /** Names of the events of the run, without run and unit. */
  readonly events: readonly string[];
  /** What became of each command of a person, oldest first. */
  readonly commands: readonly ('raised' | 'kept' | 'refused' | 'ignored')[];
  /** What of people's orders kept the run from starting anything up to its end; null when nothing did. */
  readonly waitedFor: 'unfreeze' | 'approval' | 'deployment' | null;
  /** ARM writes of ours that ARM put off (409, 429). */
  readonly deferredWriteCount: number;
  /** What the world did beside the run. */
  readonly seen: readonly ('restart' | 'second-start' | 'foreign-operation' | 'foreign-roll' | 'disturbance' | 'node-left')[];
  readonly leftOverCount: number;
  /** Windows in a row that rolled not everything, this one included, as the service says it; 0 while it says nothing. */
  readonly missedCount: number;
  /** What the last daily look at debts came to; null when there was none. */
  readonly debts: DebtFacts | null;
}

/** What one daily look at debts came to. */
export interface DebtFacts {
  readonly openCount: number;
  readonly settledCount: number;
  /** The highest step that was told now; null when none was. */
  readonly toldStepDays: number | null;
  readonly issueTitle: string;
}

/** The decision and the run's end in the words of the scenarios. */
export interface RunVerdict {
  readonly decision: string;
  readonly run: string;
}

type Rule = (facts: RunFacts) => RunVerdict | null;

/** What a block of the whole run means, by its code; any other refuses the start. */
const wholeRunBlocks: Readonly<Record<string, RunVerdict>> = {
  CLUSTER_FAILED_STATE: { decision: 'HOLD', run: 'held' },
  OTHER_DRAINER_ACTIVE: { decision: 'WAIT', run: 'waiting' },
  DEPRECATED_API: { decision: 'DEFER', run: 'deferred' },
};

/** Blocks of the whole run that time alone ends; any other that ended was mended by somebody. */
const passingBlocks: readonly string[] = ['OTHER_DRAINER_ACTIVE', 'DEPRECATED_API', 'FORCE_OVERRIDE_ACTIVE'];

/** What a block of single pools means where it is not merely that they wait. */
const poolBlocks: Readonly<Record<string, RunVerdict>> = {
  ESTIMATE_EXCEEDS_DAY: { decision: 'REPLAN', run: 'replanned' },
};

/** From this many missed windows on somebody above the owner must know. */
const MISSED_TOO_OFTEN = 3;

/** Reads a run's decision and end from what it showed: the first rule that applies, in this order. */
export function judgeRun(facts: RunFacts): RunVerdict {
  const verdict = rules.map((rule) => rule(facts)).find((found) => found !== null);
  return verdict ?? { decision: 'START', run: facts.outcome ?? 'started' };
}

const debtCheck: Rule = ({ debts }) => {
  if (debts === null) return null;
  if (debts.toldStepDays !== null) return { decision: 'ESCALATE', run: 'none' };
  if (debts.openCount > 0) return { decision: 'KEEP_DEBT_OPEN', run: 'none' };
  return { decision: debts.settledCount > 0 ? 'COMPLETE' : 'IGNORE', run: 'none' };
};

const withoutWindow: Rule = ({ begins, commands }) => {
  if (begins === 'schedule computation') return { decision: 'START_ONCE', run: 'started' };
  if (begins === 'window open' || begins === 'run in progress') return null;
  if (commands.includes('refused')) return { decision: 'REJECT_COMMAND', run: 'none' };
  return commands.includes('kept') ? { decision: 'DEFER', run: 'deferred' } : { decision: 'IGNORE', run: 'none' };
};

/** What it means that no run began in a window. */
const unopened: Readonly<Record<RunFacts['window'], RunVerdict | null>> = {
  opened: null,
  shut: { decision: 'REFUSE_START', run: 'not-started' },
  cancelled: { decision: 'IGNORE', run: 'cancelled' },
  moved: { decision: 'DEFER', run: 'deferred' },
};

const shutWindow: Rule = ({ window }) => unopened[window];

const unheeded: Rule = ({ waitedFor, units }) => {
  if (waitedFor === null || units.some(({ startedAt }) => startedAt !== null)) return null;
  return waitedFor === 'unfreeze' ? { decision: 'REFUSE_START', run: 'not-started' } : { decision: 'HOLD', run: 'held' };
};

const blockedRun: Rule = ({ findings, commands, units }) => {
  const whole = findings.find(({ severity, pools }) => severity === 'block' && pools.includes('*'));
  if (whole === undefined || units.some(({ startedAt }) => startedAt !== null)) return null;
  // A person wanted to go on against a finding: the run waits for people now, not for the finding alone.
  if (commands.includes('refused')) return { decision: 'REJECT_COMMAND', run: 'held' };
  return wholeRunBlocks[whole.code] ?? { decision: 'REFUSE_START', run: 'not-started' };
};

const aborted: Rule = ({ outcome, leftOverCount }) =>
  outcome === 'aborted' ? { decision: leftOverCount > 0 ? 'ABORTED_WITH_RESIDUE' : 'COMPLETE', run: 'aborted' } : null;

const paused: Rule = ({ pausedUnit, outcome }) => {
  if (pausedUnit === null || outcome !== null) return null;
  if (pausedUnit.azureSays === 'Succeeded' && pausedUnit.oldCount > 0) return { decision: 'VERIFY_FAILED', run: 'paused' };
  // Every node is on its target and Azure alone says that it failed.
  return { decision: 'PAUSE', run: pausedUnit.unit !== 'run' && pausedUnit.oldCount === 0 && pausedUnit.azureSays === 'Failed' ? 'needs-reconcile' : 'paused' };
};

const heldPools: Rule = ({ findings, units, outcome, missedCount }) => {
  const blocking = findings.filter(({ severity }) => severity === 'block');
  // A pool that the plan left out altogether is held as well.
  const isLeftOut = blocking.some(({ pools }) => pools.some((pool) => pool !== '*' && !units.some(({ unit }) => unit === `pool/${pool}`)));
  // So is one that a person left out while it was withheld.
  const isHeld = ({ unit, state, startedAt }: RunFacts['units'][number]): boolean =>
    state === 'withheld' || (state === 'skipped' && startedAt === null && blocking.some(({ pools }) => pools.some((pool) => unit === `pool/${pool}`)));
  // What only warns and ends by itself is waited for; that is an order of pools.
  if (blocking.length === 0 || (!isLeftOut && !units.some(isHeld))) return null;
  const special = blocking.map(({ code }) => poolBlocks[code]).find((verdict) => verdict !== undefined);
  if (special !== undefined) return special;
  if (missedCount >= MISSED_TOO_OFTEN) return { decision: 'ESCALATE', run: 'held' };
  return { decision: 'HOLD_POOL', run: outcome ?? 'held' };
};

const clearedHold: Rule = ({ findings, events, outcome }) => {
  const blocking = findings.filter(({ severity }) => severity === 'block');
  if (blocking.length === 0 || !events.includes('hold.cleared') || events.includes('run.paused')) return null;
  const whole = blocking.find(({ pools }) => pools.includes('*'));
  const decision = whole === undefined ? 'HOLD_POOL' : passingBlocks.includes(whole.code) ? 'WAIT' : 'HOLD';
  return { decision, run: outcome ?? 'started' };
};

/** The policy lets a pool be upgraded with fewer surge nodes where no more fit. */
const reducedSurge: Rule = ({ events, outcome }) => (events.includes('pool.surge-reduced') ? { decision: 'START_REDUCED', run: outcome ?? 'started' } : null);

const unansweredPause: Rule = ({ events, outcome, units }) => {
  const isLeft = units.some(({ state }) => state === 'failed' || state === 'paused' || state === 'not-started');
  return outcome !== null && isLeft && events.includes('run.paused') && !events.includes('run.resumed') ? { decision: 'DEFER', run: 'deferred' } : null;
};

const debt: Rule = ({ outcome }) => (outcome === 'completed-with-debt' ? { decision: 'COMPLETE_WITH_DEBT', run: outcome } : null);
/** A pool moved before its control plane, and comes to its target in a later window. */
const replanned: Rule = ({ outcome }) => (outcome === 'replanned' ? { decision: 'REORDER', run: outcome } : null);
const overrun: Rule = ({ outcome }) => (outcome === 'completed-overrun' ? { decision: 'FINISH_INFLIGHT', run: outcome } : null);

const cutOff: Rule = ({ units, outcome }) =>
  outcome !== null && units.some(({ state }) => state === 'not-started') && units.some(({ state }) => state === 'upgraded') ? { decision: 'STOP_STARTING', run: outcome } : null;

const resumed: Rule = ({ events, outcome }) => (events.includes('run.resumed') ? { decision: 'PAUSE_THEN_RESUME', run: outcome ?? 'started' } : null);

const waited: Rule = ({ deferredWriteCount, seen, outcome }) =>
  deferredWriteCount > 0 || seen.includes('foreign-operation') ? { decision: 'WAIT', run: outcome ?? 'started' } : null;

const refused: Rule = ({ commands, outcome }) => (commands.includes('refused') ? { decision: 'REJECT_COMMAND', run: outcome ?? 'started' } : null);

const begunTwice: Rule = ({ seen, outcome }) => (seen.includes('second-start') ? { decision: 'START_ONCE', run: outcome ?? 'started' } : null);
const restarted: Rule = ({ seen, outcome }) => (seen.includes('restart') ? { decision: 'RESUME_TRACKING', run: outcome ?? 'started' } : null);

const foreign: Rule = ({ seen, outcome }) => (seen.includes('foreign-roll') ? { decision: 'WATCH_FOREIGN', run: outcome ?? 'started' } : null);

const reordered: Rule = ({ findings, outcome }) =>
  findings.some(({ code }) => code === 'JOB_WILL_BE_LOST') ? { decision: 'REORDER', run: outcome ?? 'started' } : null;

const disturbed: Rule = ({ seen, outcome }) => (seen.includes('disturbance') ? { decision: 'CONTINUE', run: outcome ?? 'started' } : null);
const shrunken: Rule = ({ seen, findings, outcome }) => (seen.includes('node-left') && findings.length === 0 ? { decision: 'COMPLETE', run: outcome ?? 'started' } : null);

const rules: readonly Rule[] = [debtCheck, withoutWindow, shutWindow, unheeded, blockedRun, aborted, paused, heldPools, clearedHold, debt, unansweredPause, overrun, replanned, reducedSurge, cutOff, resumed, refused, begunTwice, restarted, waited, foreign, reordered, disturbed, shrunken];
