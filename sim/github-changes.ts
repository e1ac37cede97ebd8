import { accountShape, commentShape, installationId, issueShape, repositoryShape } from './github-shapes.ts';
import type { Shape } from './github-shapes.ts';
import type { RepositoryCall } from './github-call.ts';
import type { Comment, Issue } from './github-world.ts';
import type { WorldChange } from './wire.ts';

/** What a change of kind `webhook` carries in `data`. */
interface WebhookData {
  /** Counts deliveries of this world from 1; the same after a replay. */
  readonly delivery: number;
  /** `issues`, `issue_comment`, `pull_request` or `check_run`, as in `X-GitHub-Event`. */
  readonly event: string;
  readonly payload: Shape;
}

/** The webhook of a change, or null for any other change. */
export function readWebhook(change: WorldChange): WebhookData | null {
  const { delivery, event, payload } = change.data;
  if (change.kind !== 'webhook' || typeof delivery !== 'number' || typeof event !== 'string') return null;
  return typeof payload === 'object' && payload !== null ? { delivery, event, payload: { ...payload } } : null;
}

/** Says that an issue was `opened`, `edited`, `closed`, `reopened`, `labeled` or `unlabeled`. Pull requests say it by an event of their own. */
export function emitIssue(call: RepositoryCall, issue: Issue, action: string, more: Shape = {}): void {
  if (issue.pull !== null) return;
  const { world, repository, account } = call;
  const text = `${account.login} ${action} ${repository.fullName}#${issue.number} “${issue.title}”`;
  emit(call, text, 'issues', { action, issue: issueShape(world, repository, issue), ...more });
}

/** Says that a comment was `created`, `edited` or `deleted`. */
export function emitComment(call: RepositoryCall, issue: Issue, comment: Comment, action: string, more: Shape = {}): void {
  const { world, repository, account } = call;
  const text = `${account.login} ${action} a comment on ${repository.fullName}#${issue.number}`;
  const shown = { issue: issueShape(world, repository, issue), comment: commentShape(world, repository, comment) };
  emit(call, text, 'issue_comment', { action, ...shown, ...more });
}

/** Gives a change of kind `webhook` with what every payload says of repository, sender and installation. */
export function emit(call: RepositoryCall, text: string, event: string, payload: Shape): void {
  const { world, repository, account, now } = call;
  world.deliveryCount += 1;
  const id = installationId(world);
  const installation = id === 0 ? {} : { installation: { id, node_id: `IN_${id}` } };
  const owner = accountShape(world, repository.owner);
  const organization = repository.owner.type === 'Organization' ? { organization: organizationOf(owner) } : {};
  const context = { repository: repositoryShape(world, repository), ...organization, sender: accountShape(world, account) };
  const data: WebhookData = { delivery: world.deliveryCount, event, payload: { ...payload, ...context, ...installation } };
  call.changes.push({ at: now, kind: 'webhook', text, data: { ...data } });
}

function organizationOf(owner: Shape): Shape {
  const { login, id, node_id, avatar_url } = owner;
  return { login, id, node_id, avatar_url, description: null };
}
