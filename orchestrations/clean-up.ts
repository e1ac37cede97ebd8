import type { CleanUpJudgment, CleanUpOutcome, CleanUpPlan, CleanUpStatus } from '../domain/clean-up.ts';
import { refuseUnread } from '../domain/clean-up.ts';
import { answerCleanUpEnded, answerCleanUpRefused, answerNothingToDo, type CleanUpStep, type LedgerAfter } from '../domain/clean-up-words.ts';
import { slackwaterEvent, type SlackwaterEventName } from '../domain/slackwater-event.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import { cleanUpIdOf, clusterNameOf } from '../domain/window-identity.ts';
import { hearAbort, tell, tellingOf, type CleanUpRun } from './clean-up-run.ts';
import { followCleanUpUnit } from './clean-up-unit.ts';
import type { CleanUpInput, CleanUpOutput } from './contract.ts';
import type { Flow, Step } from './flow.ts';
import { patiently } from './patience.ts';
import { releaseAsked } from './release-node.ts';

/** How long a cluster that cannot be read is asked again before the command is refused. */
const JUDGE_PATIENCE_MINUTES = 15;
const LEDGER_PATIENCE_MINUTES = 30;
/** How long the answer is tried: longer than GitHub has ever been away. */
const ANSWER_PATIENCE_HOURS = 24;

/** What a clean-up came to. */
interface CleanUpEnd {
  readonly outcome: CleanUpOutcome;
  /** Markdown; given what the ledger says afterwards. */
  readonly answer: (ledger: LedgerAfter) => string;
  /** Pools whose debts may have changed. */
  readonly pools: readonly string[];
}

/**
 * Carries out one word of a person that touches a cluster outside its runs: looks again whether it may, does it, watches it to its end,
 * brings the ledger up to date, and answers in the one comment that was promised.
 */
export function* cleanUp(flow: Flow, input: CleanUpInput): Step<CleanUpOutput> {
  const { request, policy } = input;
  const run: CleanUpRun = { flow, input, abortedBy: null, id: cleanUpIdOf(clusterNameOf(policy.clusterResourceId), request.verb, request.decisionId) };
  show(run, 'judging', null);
  const end = request.verb === 'release' ? yield* release(run) : yield* move(run);
  show(run, 'telling', end.outcome);
  const ledger = end.pools.length === 0 ? { open: [], settled: [] } : yield* recordLedger(run, end.pools);
  const until = flow.now() + ANSWER_PATIENCE_HOURS * HOUR_MS;
  const { comment, decisionId } = request;
  const told = comment === null ? null : yield* patiently(flow, until, () => flow.call('keepAnswer', { comment, decisionId, body: end.answer(ledger) }));
  if (told?.ok === false) flow.log('clean-up.answer-lost', { id: run.id, code: told.failure.code });
  if (end.outcome !== 'refused' && end.outcome !== 'nothing-to-do') yield* emit(run, 'clean-up.ended', { outcome: end.outcome, stillOwed: ledger.open === null ? null : ledger.open.length });
  // A word that came too late to stop anything is answered too, not lost with the instance.
  if (end.outcome === 'done' || end.outcome === 'incomplete') yield* hearAbort(run);
  show(run, 'ended', end.outcome);
  return { outcome: end.outcome };
}

function* release(run: CleanUpRun): Step<CleanUpEnd> {
  const { flow, input } = run;
  const { request, policy } = input;
  const { nextOpens } = input;
  const released = yield* releaseAsked(flow, request, { clusterResourceId: policy.clusterResourceId, timeZone: policy.window.timeZone, isRunUnderWay: false, nextOpens, patienceMinutes: JUDGE_PATIENCE_MINUTES });
  if (released.pool !== null) yield* emit(run, 'node.released', { node: request.target, pool: released.pool });
  return { outcome: released.outcome, answer: () => released.answer, pools: released.pool === null ? [] : [released.pool] };
}

function* move(run: CleanUpRun): Step<CleanUpEnd> {
  const { request } = run.input;
  const judged = yield* judge(run);
  if (judged.kind === 'refused') return { outcome: 'refused', answer: () => answerCleanUpRefused(request, judged), pools: [] };
  if (judged.kind === 'nothing-to-do') return { outcome: 'nothing-to-do', answer: () => answerNothingToDo(request, judged.message), pools: [] };
  show(run, 'working', null);
  yield* tell(run, judged, 'begun.');
  yield* emit(run, 'clean-up.started', { units: judged.units.map(({ unit }) => unit) });
  const steps: CleanUpStep[] = [];
  for (const [index, unit] of judged.units.entries()) {
    const step: CleanUpStep = yield* moveUnit(run, judged, { unit, looks: index === 0 ? 'just-now' : 'again' });
    steps.push(step);
    if (!step.isDone) break;
  }
  const outcome = steps.every(({ isDone }) => isDone) ? 'done' : 'incomplete';
  const pools = steps.flatMap(({ unit }) => (unit === 'control-plane' ? [] : [unit.slice('pool/'.length)]));
  return { outcome, answer: (ledger) => answerCleanUpEnded(judged, steps, ledger, tellingOf(run)), pools };
}

function* judge({ flow, input }: CleanUpRun): Step<CleanUpJudgment> {
  const { request, policy } = input;
  const read = yield* patiently(flow, flow.now() + JUDGE_PATIENCE_MINUTES * MINUTE_MS, () => flow.call('judgeCleanUp', { request, policy, instanceId: flow.instanceId }));
  return read.ok ? read.value : refuseUnread(read.failure);
}

/** One unit, unless somebody said abort. What was judged before another unit moved is judged again: the time left, a freeze, a budget. */
function* moveUnit(run: CleanUpRun, plan: CleanUpPlan, { unit, looks }: { readonly unit: PlannedUnit; readonly looks: 'just-now' | 'again' }): Step<CleanUpStep> {
  yield* hearAbort(run);
  const notBegun = (why: string): CleanUpStep => ({ unit: unit.unit, isDone: false, detail: `Not begun: ${why}` });
  if (run.abortedBy !== null) return notBegun(`${run.abortedBy} said abort.`);
  const judged = looks === 'again' ? yield* judge(run) : plan;
  if (judged.kind === 'refused') return notBegun(`${judged.message} ${judged.remedy}`);
  const present = judged.kind === 'ready' ? judged.units.find((each) => each.unit === unit.unit) : undefined;
  if (judged.kind !== 'ready' || present === undefined) return { unit: unit.unit, isDone: true, detail: 'It needs nothing any more.' };
  return yield* followCleanUpUnit(run, judged, present);
}

function* recordLedger({ flow, input, id }: CleanUpRun, pools: readonly string[]): Step<LedgerAfter> {
  const { policy, repository } = input;
  const kept = yield* patiently(flow, flow.now() + LEDGER_PATIENCE_MINUTES * MINUTE_MS, () => flow.call('recordCleanUp', { policy, repository, cleanUpId: id, pools }));
  if (kept.ok) return kept.value;
  flow.log('clean-up.ledger-late', { id, code: kept.failure.code });
  return { open: null, settled: [] };
}

function* emit({ flow, input, id }: CleanUpRun, name: Extract<SlackwaterEventName, `clean-up.${string}` | 'node.released'>, facts: Readonly<Record<string, unknown>>): Step<void> {
  const { verb, target, by } = input.request;
  const event = slackwaterEvent(name, { runId: id, unit: 'run', attempt: 1 }, flow.now(), { cluster: clusterNameOf(input.policy.clusterResourceId), verb, target, by, ...facts });
  const sent = yield* patiently(flow, flow.now() + JUDGE_PATIENCE_MINUTES * MINUTE_MS, () => flow.call('publishEvent', event));
  if (!sent.ok) flow.log('event.refused', { code: sent.failure.code, name });
}

function show({ flow, input }: CleanUpRun, phase: CleanUpStatus['phase'], outcome: CleanUpOutcome | null): void {
  const { verb, target, by, decisionId, comment } = input.request;
  const status: CleanUpStatus = { schema: 'slackwater.clean-up/v1', clusterResourceId: input.policy.clusterResourceId, repository: comment?.repository ?? input.repository, verb, target, by, decisionId, phase, outcome };
  flow.publish(status);
}
