import type { CleanUpPlan } from '../domain/clean-up.ts';
import { answerCleanUpBegun, type CleanUpTelling } from '../domain/clean-up-words.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import type { CleanUpInput } from './contract.ts';
import type { Flow, Step } from './flow.ts';
import { guarded } from './patience.ts';

/** One clean-up while it is under way. */
export interface CleanUpRun {
  readonly flow: Flow;
  readonly input: CleanUpInput;
  /** What it is called in events and on the ledger. */
  readonly id: string;
}

/** Says in the answer what happens now. A word that GitHub does not take is left out: the last one tells it all. */
export function* tell(run: CleanUpRun, plan: CleanUpPlan, present: string): Step<void> {
  const { comment, decisionId } = run.input.request;
  if (comment === null) return;
  const body = answerCleanUpBegun(plan, tellingOf(run), present);
  const told = yield* guarded(run.flow.call('keepAnswer', { comment, decisionId, body }));
  if (!told.ok) run.flow.log('clean-up.word-left-out', { id: run.id, code: told.failure.code });
}

/** What the run's answers are told with, now. */
export function tellingOf({ flow, input }: CleanUpRun): CleanUpTelling {
  const { policy, request } = input;
  return { request, clusterName: clusterNameOf(policy.clusterResourceId), timeZone: policy.window.timeZone, now: flow.now() };
}
