import type { CleanUpStatus } from '../domain/clean-up.ts';
import { answerWhichCleanUp } from '../domain/clean-up-words.ts';
import { commandIdOf } from '../domain/comment-truth.ts';
import type { IncomingComment } from '../domain/inbox-message.ts';
import type { OperatorDecision } from '../domain/operator-decision.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import { answer } from './answer-command.ts';
import { isSameText, stopBy, type InboxResult } from './inbox-result.ts';
import type { CleanUpView, Ports } from './ports.ts';
import { refuseOutsiderOfRun } from './refuse-outsider.ts';

/** An abort that no run takes. */
interface UnclaimedAbort {
  readonly comment: IncomingComment;
  /** As written. */
  readonly target: string | null;
  /** Cluster whose report the word stands in; null when it stands in none. */
  readonly clusterName: string | null;
}

type ShownCleanUp = CleanUpView & { readonly status: CleanUpStatus };

/**
 * Passes an abort to the clean-up it is for, which answers it; null where there is none. May be repeated: a clean-up takes a decision
 * once.
 */
export async function abortCleanUp(ports: Ports, { comment, target, clusterName }: UnclaimedAbort): Promise<InboxResult | null> {
  const listed = await ports.windows.listCleanUps();
  if (!listed.ok) return stopBy(listed.failure, 'task hub');
  const here = listed.value.filter((each): each is ShownCleanUp => each.status !== null && isSameText(each.status.repository, comment.repository) && each.status.verb !== 'release' && ['judging', 'working'].includes(each.status.phase));
  const meant = here.filter(({ status }) => isMeant(status, target, clusterName));
  const [found, other] = meant;
  if (found === undefined) return null;
  if (other !== undefined) return answer(ports, comment, answerWhichCleanUp(meant.map(({ status }) => nameOf(status))));
  const outside = await refuseOutsiderOfRun(ports, comment, 'abort', found.status.clusterResourceId);
  if (outside !== null) return outside;
  const { repository, issueNumber, commentId } = comment;
  const decision: OperatorDecision = { verb: 'abort', target: null, until: null, by: comment.author, decisionId: commandIdOf(comment), comment: { repository, issueNumber, commentId } };
  const raised = await ports.windows.raise(found.instanceId, 'decision', decision);
  if (!raised.ok) return stopBy(raised.failure, 'task hub');
  return raised.value === 'raised' ? { kind: 'done', what: 'raised' } : null;
}

function nameOf({ clusterResourceId }: CleanUpStatus): string {
  return clusterNameOf(clusterResourceId);
}

/** Named in full, or not named and of the cluster whose report this is. */
function isMeant(status: CleanUpStatus, target: string | null, clusterName: string | null): boolean {
  const cluster = nameOf(status);
  if (target === null) return clusterName === null || isSameText(cluster, clusterName);
  return [cluster, `${cluster}/${status.target ?? ''}`, status.target ?? ''].some((name) => isSameText(name, target)) && (clusterName === null || isSameText(cluster, clusterName) || target.includes('/'));
}
