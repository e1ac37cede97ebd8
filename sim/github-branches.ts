import { field, hasRole, notFound, notSupplied, problem, refuseUngranted, reply, textField } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { fileCommitShape } from './github-contents.ts';
import { moveBranch } from './github-pull-events.ts';
import { accountShape, repositoryUrl, signatureShape } from './github-shapes.ts';
import type { Shape } from './github-shapes.ts';
import { findCommit } from './github-world.ts';
import type { Commit, Repository } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** Branches and the references and commits below them. */
export const branchRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'GET', pattern: '/branches/{branch}', answer: readBranch },
  { method: 'GET', pattern: '/git/ref/{ref}', answer: readReference },
  { method: 'GET', pattern: '/git/matching-refs/{ref}', answer: listReferences },
  { method: 'POST', pattern: '/git/refs', answer: createReference },
  { method: 'PATCH', pattern: '/git/refs/{ref}', answer: moveReference },
  { method: 'DELETE', pattern: '/git/refs/{ref}', answer: deleteReference },
  { method: 'GET', pattern: '/git/commits/{sha}', answer: readCommit },
];

function referenceShape(call: RepositoryCall, branch: string, sha: string): Shape {
  const url = `${repositoryUrl(call.world, call.repository)}/git`;
  return {
    ref: `refs/heads/${branch}`,
    node_id: `REF_${branch}`,
    url: `${url}/refs/heads/${branch.split('/').map(encodeURIComponent).join('/')}`,
    object: { type: 'commit', sha, url: `${url}/commits/${sha}` },
  };
}

function branchName(reference: string | null | undefined): string {
  return (reference ?? '').replace(/^(refs\/)?heads\//, '');
}

function readReference(call: RepositoryCall): WireResponse {
  const branch = branchName(call.parameters['ref']);
  const sha = call.repository.branches.get(branch);
  return sha === undefined ? notFound() : reply(200, referenceShape(call, branch, sha));
}

function listReferences(call: RepositoryCall): WireResponse {
  const start = branchName(call.parameters['ref']);
  const found = [...call.repository.branches].filter(([branch]) => branch.startsWith(start));
  return reply(200, found.map(([branch, sha]) => referenceShape(call, branch, sha)));
}

function refuseWriter(call: RepositoryCall): WireResponse | null {
  return refuseUngranted(call, 'contents') ?? (hasRole(call, 'write') ? null : notFound());
}

function createReference(call: RepositoryCall): WireResponse {
  const refused = refuseWriter(call);
  if (refused !== null) return refused;
  const reference = textField(call, 'ref');
  const sha = textField(call, 'sha');
  if (reference === null) return notSupplied('ref');
  if (sha === null) return notSupplied('sha');
  if (!/^refs\/heads\/.+/.test(reference)) return problem(422, "Reference name must start with 'refs/heads/'.");
  const branch = branchName(reference);
  if (call.repository.branches.has(branch)) return problem(422, 'Reference already exists');
  if (!call.repository.commits.has(sha)) return problem(422, 'Object does not exist');
  call.repository.branches.set(branch, sha);
  return reply(201, referenceShape(call, branch, sha));
}

function moveReference(call: RepositoryCall): WireResponse {
  const refused = refuseWriter(call);
  if (refused !== null) return refused;
  const branch = branchName(call.parameters['ref']);
  const sha = textField(call, 'sha');
  const from = call.repository.branches.get(branch);
  if (sha === null) return notSupplied('sha');
  if (from === undefined) return problem(422, 'Reference does not exist');
  if (!call.repository.commits.has(sha)) return problem(422, 'Object does not exist');
  if (field(call, 'force') !== true && !isAncestor(call.repository, from, sha)) return problem(422, 'Update is not a fast forward');
  moveBranch(call, branch, sha);
  return reply(200, referenceShape(call, branch, sha));
}

function isAncestor(repository: Repository, ancestor: string, sha: string): boolean {
  if (ancestor === sha) return true;
  return (repository.commits.get(sha)?.parents ?? []).some((parent) => isAncestor(repository, ancestor, parent));
}

function deleteReference(call: RepositoryCall): WireResponse {
  const refused = refuseWriter(call);
  if (refused !== null) return refused;
  const wasThere = call.repository.branches.delete(branchName(call.parameters['ref']));
  return wasThere ? reply(204, null) : problem(422, 'Reference does not exist');
}

function readCommit(call: RepositoryCall): WireResponse {
  const commit = findCommit(call.repository, call.parameters['sha'] ?? '');
  return commit === null ? notFound() : reply(200, fileCommitShape(call, commit));
}

function readBranch(call: RepositoryCall): WireResponse {
  const name = call.parameters['branch'] ?? '';
  const commit = findCommit(call.repository, call.repository.branches.get(name) ?? '');
  if (commit === null) return problem(404, 'Branch not found');
  const self = `${repositoryUrl(call.world, call.repository)}/branches/${encodeURIComponent(name)}`;
  const html = `${call.world.setup.webUrl}/${call.repository.fullName}/tree/${encodeURIComponent(name)}`;
  return reply(200, {
    name,
    commit: commitShape(call, commit),
    _links: { html, self },
    protected: false,
    protection: { enabled: false },
    protection_url: `${self}/protection`,
  });
}

/** `commit`: one commit with its author's account. */
export function commitShape(call: RepositoryCall, commit: Commit): Shape {
  const url = `${repositoryUrl(call.world, call.repository)}/commits/${commit.sha}`;
  const signature = signatureShape(commit.author, commit.at);
  const { message, tree, verification, html_url, parents, node_id, url: gitUrl } = fileCommitShape(call, commit);
  const author = accountShape(call.world, commit.author);
  return {
    sha: commit.sha,
    ...{ node_id, url, html_url, parents, author, committer: author },
    comments_url: `${url}/comments`,
    commit: { author: signature, committer: signature, message, tree, verification, url: gitUrl, comment_count: 0 },
  };
}
