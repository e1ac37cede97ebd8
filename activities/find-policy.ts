import { findCluster } from '../domain/cluster-target.ts';
import { isReportOf } from '../domain/command-target.ts';
import type { IncomingComment } from '../domain/inbox-message.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import type { OperatorCommand } from '../domain/operator-command.ts';
import { answerWhichCluster } from '../domain/standing-answer.ts';
import { answer, answerFailure } from './answer-command.ts';
import { isSameText, type InboxResult, type ReceiveInboxSettings } from './inbox-result.ts';
import type { KnownRun } from './known-run.ts';
import type { Ports } from './ports.ts';

/** A command about a cluster, found by its policy on the default branch. */
export interface ClusterCommand {
  readonly comment: IncomingComment;
  readonly command: OperatorCommand;
  readonly policy: MaintenancePolicy;
  /** The cluster's run under way; null when there is none. */
  readonly run: KnownRun | null;
}

/** Finds the cluster a command is for, or answers that it could not be found. */
export async function findPolicy(
  ports: Ports,
  settings: ReceiveInboxSettings,
  { comment, command, runs }: { readonly comment: IncomingComment; readonly command: OperatorCommand; readonly runs: readonly KnownRun[] },
): Promise<{ readonly found: ClusterCommand } | { readonly settled: InboxResult }> {
  const read = await ports.policies.readPolicies();
  if (!read.ok) return { settled: await answerFailure(ports, comment, read.failure, 'The policies') };
  const reported = runs.find((run) => isReportOf(run, comment))?.clusterName ?? comment.issueRunId?.replace(/-\d{8}T\d{4}Z$/, '') ?? null;
  const location = { repository: comment.repository, reportOf: reported, policyRepository: settings.policyRepository };
  const found = findCluster(read.value.policies, location, command.target);
  if (found.kind !== 'cluster') return { settled: await answer(ports, comment, answerWhichCluster(command.verb, found.kind, found.names)) };
  const { policy } = found;
  // A run that has ended and only has words left to say hears no order any more.
  const run = runs.find(({ isLive, status }) => isLive && status.phase !== 'ended' && isSameText(status.clusterResourceId, policy.clusterResourceId)) ?? null;
  return { found: { comment, command, policy, run } };
}
