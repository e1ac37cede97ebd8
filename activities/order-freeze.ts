import { momentOf, readCommandTime } from '../domain/command-time.ts';
import { answerNotUnderstood } from '../domain/command-answer.ts';
import { answerFrozen, answerUnfrozen, explainPassed } from '../domain/standing-answer.ts';
import { freezeAt, withOrder, withoutFreezes, type Freeze } from '../domain/standing-order.ts';
import type { StateFile } from '../domain/state-file.ts';
import { trimState } from '../domain/state-file.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import { commandIdOf } from '../domain/comment-truth.ts';
import { answer, answerFailure } from './answer-command.ts';
import type { ClusterCommand } from './find-policy.ts';
import type { InboxResult } from './inbox-result.ts';
import type { Ports } from './ports.ts';

/** Keeps a freeze on the state branch, and has the run under way look at it. */
export async function freeze(ports: Ports, { comment, command, policy, run }: ClusterCommand): Promise<InboxResult> {
  const now = ports.clock.now();
  const written = command.flags.until;
  const time = written === undefined ? null : readCommandTime(written);
  if (time === null && written !== undefined) return answer(ports, comment, answerNotUnderstood({ reason: 'bad-until', written, suggestion: null }, 'report'));
  const until = time === null ? null : momentOf(time, now, { timeZone: policy.window.timeZone, timeOfDay: '23:59' });
  if (until !== null && until <= now) return answer(ports, comment, explainPassed(until, policy.window.timeZone));
  const order: Freeze = { kind: 'freeze', id: commandIdOf(comment), who: comment.author, when: comment.writtenAt ?? now, why: command.flags.reason ?? '', until, endedBy: null };
  const name = clusterNameOf(policy.clusterResourceId);
  const kept = await ports.state.changeState(policy.clusterResourceId, (state) => trimState({ ...state, orders: withOrder(state.orders, order) }, now), `Freeze ${name}: ${comment.author}`);
  if (!kept.ok) return answerFailure(ports, comment, kept.failure, 'What is remembered of the cluster');
  await wakeRun(ports, { comment, command, policy, run });
  return answer(ports, comment, answerFrozen({ clusterName: name, timeZone: policy.window.timeZone }, until, order.why, run === null ? 'no-run' : 'run-under-way'), 'kept');
}

/** Ends every freeze that people said, but one said within the same second. */
export async function unfreeze(ports: Ports, { comment, command, policy, run }: ClusterCommand): Promise<InboxResult> {
  const now = ports.clock.now();
  const ending = { who: comment.author, when: comment.writtenAt ?? now };
  const name = clusterNameOf(policy.clusterResourceId);
  const change = (state: StateFile): StateFile => trimState({ ...state, orders: withoutFreezes(state.orders, ending) }, now);
  const kept = await ports.state.changeState(policy.clusterResourceId, change, `Unfreeze ${name}: ${comment.author}`);
  if (!kept.ok) return answerFailure(ports, comment, kept.failure, 'What is remembered of the cluster');
  await wakeRun(ports, { comment, command, policy, run });
  // Told from what the file now says, so that a repeat of the command tells the same.
  const ended = kept.value.orders.filter((order): order is Freeze => order.kind === 'freeze' && order.endedBy === ending.who && order.until === ending.when);
  return answer(ports, comment, answerUnfrozen({ clusterName: name, timeZone: policy.window.timeZone }, freezeAt(kept.value.orders, ending.when + 1_000), ended), 'kept');
}

/** Has the run under way read the orders again. A hint: the run reads them between units in any case. */
export async function wakeRun(ports: Ports, { command, run }: ClusterCommand): Promise<void> {
  if (run === null) return;
  const raised = await ports.windows.raise(run.instanceId, 'wake', { kind: 'look', reason: command.verb, pool: null });
  if (!raised.ok) ports.logger.log('warn', 'inbox.run-not-woken', { runId: run.runId, code: raised.failure.code });
}
