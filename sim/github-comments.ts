import { emitComment } from './github-changes.ts';
import { hasRole, notFound, notSupplied, pageOf, problem, refuseLongBody, refuseUngranted, reply, textField, validationFailed, wholeNumber } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { issueOf } from './github-issues.ts';
import { commentShape, commentsOf, reactionShape } from './github-shapes.ts';
import { kubernetesTime as toTimestamp } from './timestamp.ts';
import { nextId, reactionContents } from './github-world.ts';
import type { Comment, Issue, Reaction } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** Comments of issues and pull requests, and reactions to both. */
export const commentRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'GET', pattern: '/issues/{number}/comments', answer: listComments },
  { method: 'POST', pattern: '/issues/{number}/comments', answer: createComment },
  { method: 'GET', pattern: '/issues/comments/{id}', answer: readComment },
  { method: 'PATCH', pattern: '/issues/comments/{id}', answer: changeComment },
  { method: 'DELETE', pattern: '/issues/comments/{id}', answer: deleteComment },
  { method: 'GET', pattern: '/issues/comments/{id}/reactions', answer: listReactions },
  { method: 'POST', pattern: '/issues/comments/{id}/reactions', answer: (call) => addReaction(call, commentOf(call)) },
  { method: 'POST', pattern: '/issues/{number}/reactions', answer: (call) => addReaction(call, issueOf(call)) },
];

function commentOf(call: RepositoryCall): Comment | null {
  return call.repository.comments.get(wholeNumber(call.parameters['id']) ?? 0) ?? null;
}

function show(call: RepositoryCall, status: number, comment: Comment): WireResponse {
  return reply(status, commentShape(call.world, call.repository, comment));
}

function listComments(call: RepositoryCall): WireResponse {
  const issue = issueOf(call);
  if (issue === null) return notFound();
  const since = call.request.query['since'] ?? '';
  const shown = commentsOf(call.repository, issue.number).filter(({ updatedAt }) => toTimestamp(updatedAt) >= since);
  return pageOf(call, shown, (comment) => commentShape(call.world, call.repository, comment));
}

function createComment(call: RepositoryCall): WireResponse {
  const issue = issueOf(call);
  if (issue === null) return notFound();
  const refused = refuseUngranted(call, issue.pull === null ? 'issues' : 'pull_requests');
  if (refused !== null) return refused;
  const body = textField(call, 'body');
  if (body === null) return notSupplied('body');
  const faulty = refuseBody(body);
  if (faulty !== null) return faulty;
  const comment: Comment = {
    id: nextId(call.world),
    issueNumber: issue.number,
    author: call.account,
    createdAt: call.now,
    updatedAt: call.now,
    body,
    reactions: [],
  };
  call.repository.comments.set(comment.id, comment);
  issue.updatedAt = call.now;
  emitComment(call, issue, comment, 'created');
  return show(call, 201, comment);
}

function refuseBody(body: string): WireResponse | null {
  if (body.trim() !== '') return refuseLongBody('IssueComment', body);
  return validationFailed([{ resource: 'IssueComment', field: 'body', code: 'missing_field' }]);
}

function readComment(call: RepositoryCall): WireResponse {
  const comment = commentOf(call);
  return comment === null ? notFound() : show(call, 200, comment);
}

/** The 403 or 404 for somebody who may not change the comment; null for its author and for writers. */
function refuseChange(call: RepositoryCall, comment: Comment): WireResponse | null {
  const ungranted = refuseUngranted(call, 'issues');
  if (ungranted !== null) return ungranted;
  const isAllowed = comment.author === call.account || hasRole(call, 'write');
  return isAllowed ? null : problem(403, 'Must have admin rights to Repository.');
}

function changeComment(call: RepositoryCall): WireResponse {
  const comment = commentOf(call);
  const issue = call.repository.issues.get(comment?.issueNumber ?? 0);
  if (comment === null || issue === undefined) return notFound();
  const body = textField(call, 'body');
  if (body === null) return notSupplied('body');
  const refused = refuseChange(call, comment) ?? refuseBody(body);
  if (refused !== null) return refused;
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = call.now;
  if (from !== body) emitComment(call, issue, comment, 'edited', { changes: { body: { from } } });
  return show(call, 200, comment);
}

function deleteComment(call: RepositoryCall): WireResponse {
  const comment = commentOf(call);
  const issue = call.repository.issues.get(comment?.issueNumber ?? 0);
  if (comment === null || issue === undefined) return notFound();
  const refused = refuseChange(call, comment);
  if (refused !== null) return refused;
  call.repository.comments.delete(comment.id);
  emitComment(call, issue, comment, 'deleted');
  return reply(204, null);
}

function listReactions(call: RepositoryCall): WireResponse {
  const comment = commentOf(call);
  if (comment === null) return notFound();
  const wanted = call.request.query['content'];
  const shown = comment.reactions.filter(({ content }) => wanted === undefined || content === wanted);
  return pageOf(call, shown, (reaction) => reactionShape(call.world, reaction));
}

function addReaction(call: RepositoryCall, target: Comment | Issue | null): WireResponse {
  if (target === null) return notFound();
  const refused = refuseUngranted(call, 'issues');
  if (refused !== null) return refused;
  const content = reactionContents.find((known) => known === textField(call, 'content'));
  if (content === undefined) return validationFailed([{ resource: 'Reaction', field: 'content', code: 'invalid' }]);
  const known = target.reactions.find((one) => one.author === call.account && one.content === content);
  if (known !== undefined) return reply(200, reactionShape(call.world, known));
  const added: Reaction = { id: nextId(call.world), author: call.account, content, at: call.now };
  target.reactions = [...target.reactions, added];
  return reply(201, reactionShape(call.world, added));
}
