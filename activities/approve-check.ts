import { canBeApproved, reportOfCheck } from '../domain/policy-check.ts';
import { answerCheckRefusal } from '../domain/check-answer.ts';
import type { CheckRefusal } from '../domain/check-answer.ts';
import { checkApprovalId } from '../domain/check-approval.ts';
import type { IncomingCheckAction } from '../domain/check-action-message.ts';
import { pathOfCheck, readCheckReference } from '../domain/check-run.ts';
import type { CheckReference } from '../domain/check-run.ts';
import type { CheckedFile, CheckedPolicy } from '../domain/checked-policy.ts';
import { isAllowed } from '../domain/command-permission.ts';
import type { Outcome } from '../domain/failure.ts';
import { answerMarker, withMarker } from '../domain/hidden-marker.ts';
import { withOrder } from '../domain/standing-order.ts';
import { checkPullRequest, readChangedFiles } from './check-pull-request.ts';
import type { PolicyPlace } from './check-pull-request.ts';
import type { Ports, PullRequestChanges } from './ports.ts';

/** What became of a button. */
type ButtonResult = Outcome<'approved' | 'answered' | 'checked' | 'ignored'>;

/**
 * Takes a button of a check run: GitHub's own "Re-run" checks the pull request again, ours approves the plan it shows.
 *
 * What GitHub holds counts, not what the message says: the check run, the pull request's head, the permission and the plan are
 * read again, and an approval is given only to the very plan and commit the person saw. May be repeated: the approval is known by
 * the delivery's id, and a refusal is one comment on the pull request.
 */
export async function takeCheckAction(ports: Ports, place: PolicyPlace, action: IncomingCheckAction): Promise<ButtonResult> {
  const { repository, checkRunId } = action;
  if (place.policyRepository?.toLowerCase() !== repository.toLowerCase()) return { ok: true, value: 'ignored' };
  const held = await ports.checks.readCheckRun({ repository, id: checkRunId });
  if (!held.ok) return held;
  const reference = held.value === null ? null : readCheckReference(held.value.reference);
  const path = held.value === null ? null : pathOfCheck(held.value.name);
  if (held.value === null || reference === null || path === null) return { ok: true, value: 'ignored' };
  if (action.identifier !== 'approve') return checkPullRequest(ports, place, { repository, number: reference.pullNumber, told: null });
  const refuse = (refusal: CheckRefusal): Promise<ButtonResult> => answer(ports, action, reference, answerCheckRefusal(refusal, { path, sender: action.sender }));
  const read = await ports.repositories.readPullRequest({ repository, number: reference.pullNumber });
  if (!read.ok) return read;
  if (read.value === null || read.value.state === 'closed') return refuse({ kind: 'closed' });
  if (read.value.headSha !== held.value.headSha) return refuse({ kind: 'pushed' });
  const refused = await refusePerson(ports, action, read.value);
  if (refused !== null) return refused.ok ? refuse(refused.value) : refused;
  return approve(ports, action, { path, reference, changes: read.value }, refuse);
}

/** Why this person may not approve; null when they may. A service out of reach is a failure, any other doubt a refusal. */
async function refusePerson(ports: Ports, { repository, sender }: IncomingCheckAction, { author }: PullRequestChanges): Promise<Outcome<CheckRefusal> | null> {
  const permission = await ports.github.permissionOf(repository, sender);
  if (!permission.ok) return permission.failure.class === 'transient' ? permission : { ok: true, value: { kind: 'permission-unknown' } };
  if (!isAllowed(permission.value, 'approve')) return { ok: true, value: { kind: 'not-allowed', permission: permission.value } };
  return author.toLowerCase() === sender.toLowerCase() ? { ok: true, value: { kind: 'own-pull-request' } } : null;
}

/** Why a person who may approve in general may not approve these policies: each names teams, and this is a member of none of them. */
async function refuseOutsider(ports: Ports, { repository, sender }: IncomingCheckAction, policies: readonly CheckedPolicy[]): Promise<Outcome<CheckRefusal> | null> {
  for (const teams of policies.flatMap(({ rule }) => rule.teams)) {
    let isMember = false;
    for (const team of teams) {
      const asked = await ports.github.isTeamMember({ repository, team, login: sender });
      if (!asked.ok && asked.failure.class === 'transient') return asked;
      isMember ||= asked.ok && asked.value;
    }
    if (!isMember) return { ok: true, value: { kind: 'not-in-team', teams } };
  }
  return null;
}

interface ShownCheck {
  readonly path: string;
  readonly reference: CheckReference;
  readonly changes: PullRequestChanges;
}

async function approve(ports: Ports, action: IncomingCheckAction, { path, reference, changes }: ShownCheck, refuse: (refusal: CheckRefusal) => Promise<ButtonResult>): Promise<ButtonResult> {
  const { repository } = action;
  const asked = { repository, number: reference.pullNumber };
  const before = await readOne(ports, asked, changes, path);
  if (!before.ok) return before;
  const report = reportOfCheck(before.value);
  const shown = readCheckReference(report.reference);
  const isSamePlan = shown?.digests.join() === reference.digests.join();
  const policies = before.value.content.kind === 'valid' ? before.value.content.policies : [];
  const hasApproved = ({ approvals }: CheckedPolicy): boolean => approvals?.approvers.some(({ who }) => who.toLowerCase() === action.sender.toLowerCase()) ?? false;
  const open = canBeApproved(before.value) ? policies.filter((policy) => policy.approvals?.kind === 'waiting' && !hasApproved(policy)) : [];
  // Pressed twice, or delivered twice: it counts already, and nobody needs to be told.
  if (!isSamePlan || (open.length === 0 && !policies.some(hasApproved))) {
    const updated = await ports.checks.ensureCheckRun({ repository, report });
    return updated.ok ? refuse({ kind: isSamePlan ? 'not-waiting' : 'plan-changed' }) : updated;
  }
  const outside = await refuseOutsider(ports, action, open);
  if (outside !== null) return outside.ok ? refuse(outside.value) : outside;
  for (const policy of open) {
    const kept = await keepApproval(ports, action, before.value, policy);
    if (!kept.ok) return kept;
  }
  const after = await readOne(ports, asked, changes, path);
  if (!after.ok) return after;
  const ensured = await ports.checks.ensureCheckRun({ repository, report: reportOfCheck(after.value) });
  return ensured.ok ? { ok: true, value: 'approved' } : ensured;
}

async function readOne(ports: Ports, asked: { readonly repository: string; readonly number: number }, changes: PullRequestChanges, path: string): Promise<Outcome<CheckedFile>> {
  const read = await readChangedFiles(ports, asked, changes, [path]);
  if (!read.ok) return read;
  const [file] = read.value;
  return { ok: true, value: file ?? { path, pullNumber: asked.number, headSha: changes.headSha, version: '', content: { kind: 'removed', clusters: [] } } };
}

async function keepApproval(ports: Ports, { sender, deliveryId }: IncomingCheckAction, file: CheckedFile, { policy, look }: CheckedPolicy): Promise<Outcome<null>> {
  if (look.kind !== 'planned') return { ok: true, value: null };
  const { opening, plan } = look;
  const order = {
    ...{ kind: 'approval' as const, id: checkApprovalId(file, deliveryId), who: sender, when: ports.clock.now(), why: `Approved on pull request #${file.pullNumber}`, until: opening.closes },
    ...{ opens: opening.opens, planDigest: plan.digest, policyVersion: file.version },
  };
  const why = `${sender} approves the plan of ${policy.name} on pull request #${file.pullNumber}`;
  const changed = await ports.state.changeState(policy.clusterResourceId, (state) => ({ ...state, orders: withOrder(state.orders, order) }), why);
  if (!changed.ok) return changed;
  ports.logger.log('info', 'check.approved', { policy: policy.name, who: sender, digest: plan.digest, headSha: file.headSha });
  return { ok: true, value: null };
}

async function answer(ports: Ports, { repository, deliveryId }: IncomingCheckAction, { pullNumber }: CheckReference, text: string): Promise<ButtonResult> {
  const marker = answerMarker(deliveryId);
  const ensured = await ports.github.ensureComment({ repository, issueNumber: pullNumber, marker, body: withMarker(text, marker) });
  return ensured.ok ? { ok: true, value: 'answered' } : ensured;
}
