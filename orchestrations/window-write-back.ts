import type { Instant } from '../domain/time.ts';
import type { Step } from './flow.ts';
import { patiently } from './patience.ts';
import { say, type WindowRun } from './window-run.ts';

/**
 * Writes back to code, once, what a run that ended left running. Its words are said by then, so the pull request can name its
 * issue; a failure is told, and changes nothing of how the run ended.
 *
 * @param until - A service out of reach is asked again up to then; at least once.
 */
export function* writeBackRun(run: WindowRun, until: Instant): Step<void> {
  const { flow, input } = run;
  const places = input.policy.report.writeBack ?? [];
  const isRaised = run.status.units.some(({ state, startedAt }) => startedAt !== null && state === 'upgraded');
  if (run.isWrittenBack || places.length === 0 || !isRaised) return;
  run.isWrittenBack = true;
  const request = { status: run.status, places, repository: input.repository };
  const written = yield* patiently(flow, until, () => flow.call('writeBack', request));
  if (written.ok) for (const note of written.value.notes) say(run, note);
  else say(run, `What now runs could not be written back to the code: ${written.failure.code}. ${written.failure.remedy}`);
}
