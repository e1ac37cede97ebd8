import type { CleanUpRequest, CleanUpVerb } from '../domain/clean-up.ts';
import { findCleanUpTarget } from '../domain/clean-up-target.ts';
import { answerNoCluster, answerNoNodeNamed, answerRunFirst, answerWhichCluster } from '../domain/clean-up-words.ts';
import { commandIdOf } from '../domain/comment-truth.ts';
import type { Outcome } from '../domain/failure.ts';
import type { IncomingComment } from '../domain/inbox-message.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import { nextOpenings } from '../domain/maintenance-window.ts';
import type { OperatorCommand } from '../domain/operator-command.ts';
import type { OperatorDecision } from '../domain/operator-decision.ts';
import { cleanUpInstanceId, windowInstanceId } from '../domain/window-identity.ts';
import { answer, answerFailure } from './answer-command.ts';
import { isSameText, stopBy, type InboxResult, type ReceiveInboxSettings } from './inbox-result.ts';
import { isRunUnderWay } from './judge-clean-up.ts';
import type { KnownRun } from './known-run.ts';
import type { Ports } from './ports.ts';
import { refuseOutsider } from './refuse-outsider.ts';

/** A permitted command that touches a cluster. */
interface CleanUpCommand {
  readonly comment: IncomingComment;
  readonly command: OperatorCommand & { readonly verb: CleanUpVerb };
  readonly runs: readonly KnownRun[];
}

/** Clusters whose memory is read to find the one whose issue of debts a word stands in. */
const MEMORIES_READ_MAX = 50;
const defaultPollSeconds = { shortest: 30, longest: 150 };

/**
 * Begins what a permitted word asks of a cluster, or answers why not. A cluster's own run goes first: a release is its to carry out, and
 * anything else waits for its end. What is begun answers by itself.
 *
 * May be repeated: one comment begins one clean-up.
 */
export async function requestCleanUp(ports: Ports, settings: ReceiveInboxSettings, { comment, command, runs }: CleanUpCommand): Promise<InboxResult> {
  const read = await ports.policies.readPolicies();
  if (!read.ok) return answerFailure(ports, comment, read.failure, 'The policies');
  const here = read.value.policies.filter((policy) => isSameText(policy.report.repository ?? settings.policyRepository ?? '', comment.repository));
  const debtsOf = await findDebtsCluster(ports, settings, here, comment);
  if (!debtsOf.ok) return answerFailure(ports, comment, debtsOf.failure, 'What is remembered of the cluster');
  const known = runs.map((run) => ({ ...run, clusterResourceId: run.status.clusterResourceId }));
  const found = findCleanUpTarget(here, known, { ...comment, debtsOf: debtsOf.value }, command.target);
  if (found.kind === 'no-cluster') return answer(ports, comment, answerNoCluster(command.verb));
  if (found.kind === 'which-one') return answer(ports, comment, answerWhichCluster(command.verb, found.names));
  const outside = await refuseOutsider(ports, comment, command.verb, found.policy);
  if (outside !== null) return outside;
  const { repository, issueNumber, commentId } = comment;
  const request: CleanUpRequest = {
    verb: command.verb,
    target: found.target,
    outsideWindow: command.flags['outside-window'] ?? null,
    by: comment.author,
    decisionId: commandIdOf(comment),
    comment: { repository, issueNumber, commentId },
  };
  if (request.verb === 'release' && request.target === null) return answer(ports, comment, answerNoNodeNamed());
  return begin(ports, settings, { comment, request, policy: found.policy, runs });
}

async function begin(ports: Ports, settings: ReceiveInboxSettings, asked: { readonly comment: IncomingComment; readonly request: CleanUpRequest; readonly policy: MaintenancePolicy; readonly runs: readonly KnownRun[] }): Promise<InboxResult> {
  const { comment, request, policy } = asked;
  const windowId = windowInstanceId(policy.clusterResourceId);
  const window = await ports.windows.read(windowId);
  if (!window.ok) return stopBy(window.failure, 'task hub');
  if (window.value !== null && isRunUnderWay(window.value)) {
    const { status } = window.value;
    if (request.verb !== 'release') return answer(ports, comment, answerRunFirst(request, status?.runId ?? null, status?.issue?.number ?? null));
    const decision: OperatorDecision = { verb: 'release', target: request.target, until: null, by: request.by, decisionId: request.decisionId, comment: request.comment };
    const raised = await ports.windows.raise(windowId, 'decision', decision);
    if (!raised.ok) return stopBy(raised.failure, 'task hub');
    if (raised.value === 'raised') return { kind: 'done', what: 'raised' };
  }
  const [next] = nextOpenings(policy.window, ports.clock.now(), 1);
  const input = { request, policy, repository: policy.report.repository ?? settings.policyRepository ?? comment.repository, nextOpens: next?.opens ?? null, pollSeconds: settings.pollSeconds ?? defaultPollSeconds };
  const started = await ports.windows.startCleanUp(cleanUpInstanceId(policy.clusterResourceId, request.decisionId), input);
  if (!started.ok) return stopBy(started.failure, 'task hub');
  ports.logger.log('info', 'inbox.clean-up-begun', { ...request, cluster: policy.clusterResourceId, kind: started.value });
  return { kind: 'done', what: 'raised' };
}

/** The cluster whose issue of debts a word stands in; null when it stands in another. */
async function findDebtsCluster(ports: Ports, { appLogin }: ReceiveInboxSettings, policies: readonly MaintenancePolicy[], comment: IncomingComment): Promise<Outcome<string | null>> {
  const isOurs = appLogin !== null && isSameText(comment.issueAuthor, appLogin);
  if (!isOurs || comment.issueRunId !== null || policies.length < 2) return { ok: true, value: null };
  for (const { clusterResourceId } of policies.slice(0, MEMORIES_READ_MAX)) {
    const memory = await ports.state.readState(clusterResourceId);
    if (!memory.ok && memory.failure.class !== 'terminal') return memory;
    const issue = memory.ok ? memory.value.debtIssue : null;
    if (issue !== null && issue.number === comment.issueNumber && isSameText(issue.repository, comment.repository)) return { ok: true, value: clusterResourceId };
  }
  return { ok: true, value: null };
}
