import type { IncomingComment } from '../domain/inbox-message.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import type { Verb } from '../domain/operator-decision.ts';
import { answerNotInTeam, answerRulesUnknown } from '../domain/standing-answer.ts';
import { answer, answerFailure } from './answer-command.ts';
import { isSameText, stopBy, type InboxResult } from './inbox-result.ts';
import type { Ports } from './ports.ts';

/** Verbs that only ever stop something: they pass while nobody knows which teams may say them. */
const stopping: readonly Verb[] = ['pause', 'skip', 'abort'];

/**
 * The refusal of somebody who belongs to no team that the policy names for the verb; null for those who may.
 *
 * Asks GitHub for the real membership, beside the permission on the repository. Whatever GitHub does not say counts as no.
 */
export async function refuseOutsider(ports: Ports, comment: IncomingComment, verb: Verb, policy: Pick<MaintenancePolicy, 'approvals' | 'commands'>): Promise<InboxResult | null> {
  const rules = [policy.commands?.[verb] ?? [], verb === 'approve' ? policy.approvals.teams : []].filter((teams) => teams.length > 0);
  for (const teams of rules) {
    let isUnknown = false;
    let isMember = false;
    for (const team of teams) {
      if (isMember) break;
      const asked = await ports.github.isTeamMember({ repository: comment.repository, team, login: comment.author });
      if (!asked.ok && asked.failure.class === 'transient') return stopBy(asked.failure, 'team');
      isMember = asked.ok && asked.value;
      isUnknown ||= !asked.ok;
    }
    if (!isMember) return answer(ports, comment, answerNotInTeam(verb, teams, isUnknown ? 'unknown' : 'no-member'));
  }
  return null;
}

/** The same for a command to a run, by the policy its cluster has on the default branch now. A cluster without any has no rules of teams. */
export async function refuseOutsiderOfRun(ports: Ports, comment: IncomingComment, verb: Verb, clusterResourceId: string): Promise<InboxResult | null> {
  const read = await ports.policies.readPolicies();
  if (!read.ok) return stopping.includes(verb) ? null : answerFailure(ports, comment, read.failure, 'The policies');
  const policy = read.value.policies.find((each) => isSameText(each.clusterResourceId, clusterResourceId));
  if (policy !== undefined) return refuseOutsider(ports, comment, verb, policy);
  return read.value.faults.length === 0 || stopping.includes(verb) ? null : answer(ports, comment, answerRulesUnknown(verb));
}
