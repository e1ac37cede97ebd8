import { formatBothDated } from '../domain/local-time.ts';
import { SECOND_MS } from '../domain/time.ts';
import { fitToHost } from '../domain/window-story.ts';
import type { Step } from './flow.ts';
import { takeDecision } from './window-decision.ts';
import { say, update, type WindowRun } from './window-run.ts';
import { nextWordsAt, publish } from './window-words.ts';

/**
 * Waits for the turn the fleet planner gave the run, on one durable timer that a killed host does not lose.
 *
 * Nothing is read of the cluster meanwhile and no issue is opened: the dashboard and the status tell the turn. People are heard; whoever says
 * something has the issue opened, and an abort ends the wait. A run without room before its window closes says so then.
 */
export function* awaitTurn(run: WindowRun): Step<'begins' | 'ends'> {
  const { flow, input } = run;
  const { turn, opening } = input;
  if (turn === undefined || turn.startsAt <= flow.now()) return 'begins';
  update(run, { phase: 'waiting', turn, nextAt: turn.startsAt });
  say(run, `Its turn comes at ${formatBothDated(turn.startsAt, run.status.timeZone)}. ${turn.reason}`);
  flow.publish(fitToHost(run.status));
  while (flow.now() < turn.startsAt && run.abortedBy === null) {
    const words = run.words.length === 0 ? null : nextWordsAt(run);
    const got = yield* flow.waitFor(['decision', 'wake'], words === null ? turn.startsAt : Math.min(turn.startsAt, Math.max(flow.now() + SECOND_MS, words)));
    if (got.kind === 'received' && got.event === 'decision') yield* takeDecision(run, got.value, null);
    if (run.words.length > 0) yield* publish(run);
  }
  update(run, { phase: 'planning', nextAt: null });
  if (run.abortedBy !== null) return 'ends';
  if (turn.startsAt < opening.closes) return 'begins';
  say(run, 'The window closed before it was its turn.');
  update(run, {
    findings: [{ code: 'NO_ROOM_IN_WINDOW', where: 'cluster', severity: 'block', pools: ['*'], message: turn.reason, remedy: 'Give some clusters of the subscription other windows, or longer ones.', owner: null }],
  });
  return 'ends';
}
