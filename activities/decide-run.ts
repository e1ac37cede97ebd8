import { answerClosedRun, answerNoRun, answerNotUnderstood, answerUnknownTarget, answerWhichOne } from '../domain/command-answer.ts';
import { findTarget, type FoundTarget } from '../domain/command-target.ts';
import { commandIdOf } from '../domain/comment-truth.ts';
import { momentOf, readCommandTime } from '../domain/command-time.ts';
import type { IncomingComment } from '../domain/inbox-message.ts';
import { judgeAcknowledgement } from '../domain/judge-acknowledgement.ts';
import type { OperatorCommand } from '../domain/operator-command.ts';
import type { OperatorDecision, RunVerb, Verb } from '../domain/operator-decision.ts';
import { abortCleanUp } from './abort-clean-up.ts';
import { answer, answerFailure } from './answer-command.ts';
import { stopBy, type InboxResult } from './inbox-result.ts';
import type { KnownRun } from './known-run.ts';
import { lossOrder } from './order-loss.ts';
import { keepOrder } from './order-opening.ts';
import type { Ports } from './ports.ts';
import { refuseOutsiderOfRun } from './refuse-outsider.ts';

/** A command for a run under way. */
interface RunCommand {
  readonly comment: IncomingComment;
  readonly command: OperatorCommand & { readonly verb: RunVerb };
  readonly runs: readonly KnownRun[];
}

/** Passes a permitted word to its run, which answers it; answers here where there is no such run. */
export async function decideRun(ports: Ports, { comment, command, runs }: RunCommand): Promise<InboxResult> {
  // What may be lost has a name of its own, which is no name of a run or pool; the run itself knows it.
  const isLoss = command.verb === 'ack-loss';
  const found = findTarget(runs, comment, isLoss ? null : command.target);
  if (found.kind !== 'run') {
    const clusterName = found.kind === 'closed' ? found.runId.replace(/-\d{8}T\d{4}Z$/, '') : null;
    const taken = command.verb === 'abort' ? await abortCleanUp(ports, { comment, target: command.target, clusterName }) : null;
    return taken ?? answer(ports, comment, explainNotFound(found, command.verb, command.target));
  }
  const outside = await refuseOutsiderOfRun(ports, comment, command.verb, found.run.status.clusterResourceId);
  if (outside !== null) return outside;
  const written = command.flags.until;
  const time = written === undefined ? null : readCommandTime(written);
  if (time === null && written !== undefined) {
    return answer(ports, comment, answerNotUnderstood({ reason: 'bad-until', written, suggestion: null }, 'report'));
  }
  const { repository, issueNumber, commentId, deliveryId } = comment;
  const decision: OperatorDecision = {
    verb: command.verb,
    target: isLoss ? command.target : found.unit,
    until: time === null ? null : momentOf(time, ports.clock.now(), { timeZone: found.run.status.timeZone, timeOfDay: '23:59' }),
    by: comment.author,
    decisionId: commandIdOf(comment),
    comment: { repository, issueNumber, commentId },
    ...(comment.writtenAt === undefined || comment.writtenAt === null ? {} : { writtenAt: comment.writtenAt }),
  };
  const unkept = isLoss ? await keepLoss(ports, comment, found.run, decision, command.flags.reason ?? '') : null;
  if (unkept !== null) return unkept;
  const raised = await ports.windows.raise(found.run.instanceId, 'decision', decision);
  if (!raised.ok) return stopBy(raised.failure, 'task hub');
  if (raised.value === 'not-running') return answer(ports, comment, answerClosedRun(command.verb, found.run.runId, null));
  ports.logger.log('info', 'inbox.decision-raised', { ...decision, deliveryId, runId: found.run.runId });
  return { kind: 'done', what: 'raised' };
}

/** Keeps a loss that the run will let happen; what the run will refuse is not kept. Null: go on. */
async function keepLoss(ports: Ports, comment: IncomingComment, { status }: KnownRun, decision: OperatorDecision, why: string): Promise<InboxResult | null> {
  const { acknowledgement } = judgeAcknowledgement(decision, status, ports.clock.now());
  if (acknowledgement === null) return null;
  const kept = await keepOrder(ports, status, lossOrder(decision.decisionId, acknowledgement, why), `Let ${acknowledgement.where} be lost on ${status.clusterName}: ${decision.by}`);
  return kept.ok ? null : answerFailure(ports, comment, kept.failure, 'What is remembered of the cluster');
}

/** Why a command reached no run. */
export function explainNotFound(found: Exclude<FoundTarget<KnownRun>, { kind: 'run' }>, verb: Verb, target: string | null): string {
  switch (found.kind) {
    case 'closed':
      return answerClosedRun(verb, found.runId, found.current);
    case 'unknown-target':
      return answerUnknownTarget(target ?? '', found.run, found.run.units);
    case 'which-one':
      return answerWhichOne(verb, found.runs);
    case 'no-run':
      return answerNoRun(verb);
  }
}
