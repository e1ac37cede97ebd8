import type { CleanUpPlan } from '../domain/clean-up.ts';
import { answerCleanUpAborted, answerCleanUpBegun, type CleanUpTelling } from '../domain/clean-up-words.ts';
import type { OperatorDecision } from '../domain/operator-decision.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import type { CleanUpInput } from './contract.ts';
import type { Flow, Step } from './flow.ts';
import { guarded, patiently } from './patience.ts';

/** How long Azure, and then GitHub, is asked again while an abort waits. */
const ABORT_PATIENCE_MINUTES = 10;

/** One clean-up while it is under way. */
export interface CleanUpRun {
  readonly flow: Flow;
  readonly input: CleanUpInput;
  /** What it is called in events and on the ledger. */
  readonly id: string;
  /** Who ended it before its time; null while nobody did. */
  abortedBy: string | null;
}

/** Says in the answer what happens now. A word that GitHub does not take is left out: the last one tells it all. */
export function* tell(run: CleanUpRun, plan: CleanUpPlan, present: string): Step<void> {
  const { comment, decisionId } = run.input.request;
  if (comment === null) return;
  const body = answerCleanUpBegun(plan, tellingOf(run), present);
  const told = yield* guarded(run.flow.call('keepAnswer', { comment, decisionId, body }));
  if (!told.ok) run.flow.log('clean-up.word-left-out', { id: run.id, code: told.failure.code });
}

/** Takes up an abort that came in before a unit is begun. */
export function* hearAbort(run: CleanUpRun): Step<void> {
  const got = yield* run.flow.waitFor(['decision'], run.flow.now() + SECOND_MS);
  if (got.kind === 'received') yield* takeAbort(run, got.value, null);
}

/**
 * Ends the clean-up on an authorised person's word: Azure is told to stop what it is at, and nothing more is begun. Answers whether Azure
 * was at work.
 */
export function* takeAbort(run: CleanUpRun, { verb, by, comment, decisionId }: OperatorDecision, unit: PlannedUnit | null): Step<'aborting' | 'nothing-to-abort'> {
  if (verb !== 'abort') return 'nothing-to-abort';
  run.abortedBy = by;
  const { flow, input } = run;
  const request = { clusterResourceId: input.policy.clusterResourceId, by };
  const sent = unit === null ? null : yield* patiently(flow, flow.now() + ABORT_PATIENCE_MINUTES * MINUTE_MS, () => flow.call('abortUnit', { ...request, unit }));
  const kind = sent?.ok === true ? sent.value.kind : 'nothing-to-abort';
  if (comment === null) return kind;
  const body = answerCleanUpAborted(unit?.unit ?? null, sent?.ok === false ? 'refused' : kind);
  const told = yield* patiently(flow, flow.now() + ABORT_PATIENCE_MINUTES * MINUTE_MS, () => flow.call('keepAnswer', { comment, decisionId, body }));
  if (!told.ok) flow.log('clean-up.word-left-out', { id: run.id, code: told.failure.code });
  return kind;
}

/** What the run's answers are told with, now. */
export function tellingOf({ flow, input }: CleanUpRun): CleanUpTelling {
  const { policy, request } = input;
  return { request, clusterName: clusterNameOf(policy.clusterResourceId), timeZone: policy.window.timeZone, now: flow.now() };
}
