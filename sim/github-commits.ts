import { blobSha, decodeBase64, encodeUtf8 } from './git-object.ts';
import type { ByteText } from './git-object.ts';
import { field, hasRole, notFound, notSupplied, problem, refuseUngranted, reply, textField } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { fileCommitShape } from './github-contents.ts';
import { repositoryUrl } from './github-shapes.ts';
import type { Shape } from './github-shapes.ts';
import { addCommit, findCommit, treeShaOf } from './github-world.ts';
import type { Blob, Commit, Repository } from './github-world.ts';
import { isRecord, textAt, textsAt } from '../domain/json.ts';
import type { WireResponse } from './wire.ts';

/** Blobs, trees and commits made piece by piece: what a commit of several files, or a branch without a common history, needs. */
export const commitRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'POST', pattern: '/git/blobs', answer: createBlob },
  { method: 'GET', pattern: '/git/trees/{sha}', answer: readTree },
  { method: 'POST', pattern: '/git/trees', answer: createTree },
  { method: 'POST', pattern: '/git/commits', answer: createCommit },
];

function refuseWriter(call: RepositoryCall): WireResponse | null {
  return refuseUngranted(call, 'contents') ?? (hasRole(call, 'write') ? null : notFound());
}

function gitUrl(call: RepositoryCall): string {
  return `${repositoryUrl(call.world, call.repository)}/git`;
}

function createBlob(call: RepositoryCall): WireResponse {
  const refused = refuseWriter(call);
  if (refused !== null) return refused;
  const content = textField(call, 'content');
  if (content === null) return notSupplied('content');
  const bytes = textField(call, 'encoding') === 'base64' ? decodeBase64(content) : encodeUtf8(content);
  if (bytes === null) return problem(422, 'content is not valid Base64');
  const blob = makeBlob(bytes);
  call.repository.blobs.set(blob.sha, blob);
  return reply(201, { sha: blob.sha, url: `${gitUrl(call)}/blobs/${blob.sha}` });
}

function makeBlob(bytes: ByteText): Blob {
  return { sha: blobSha(bytes), bytes };
}

/** By a commit, a branch or the tree's own id; always whole, as with `recursive`, folders left out. */
function readTree(call: RepositoryCall): WireResponse {
  const { repository } = call;
  const reference = call.parameters['sha'] ?? '';
  const files = findTree(repository, reference) ?? findCommit(repository, reference)?.files;
  return files === undefined || files === null ? notFound() : reply(200, treeShape(call, files));
}

function treeShape(call: RepositoryCall, files: Commit['files']): Shape {
  const sha = treeShaOf(files, '');
  const url = gitUrl(call);
  const tree = [...files].map(([path, blob]) => ({ path, mode: '100644', type: 'blob', sha: blob.sha, size: blob.bytes.length, url: `${url}/blobs/${blob.sha}` }));
  return { sha, url: `${url}/trees/${sha}`, truncated: false, tree };
}

/** Takes files by their text or by the id of a blob, alone or upon another tree; each counts as a plain file. */
function createTree(call: RepositoryCall): WireResponse {
  const refused = refuseWriter(call);
  if (refused !== null) return refused;
  const { repository } = call;
  const entries = field(call, 'tree');
  if (!Array.isArray(entries)) return notSupplied('tree');
  const base = textField(call, 'base_tree');
  const below = base === null ? null : (findTree(repository, base) ?? findCommit(repository, base)?.files ?? 'missing');
  if (below === 'missing') return problem(422, 'base_tree is not a valid tree');
  const files = new Map<string, Blob>(below ?? []);
  for (const entry of entries) {
    const [path, content, sha] = [textAt(entry, 'path'), textAt(entry, 'content'), textAt(entry, 'sha')];
    const blob = content !== null ? makeBlob(encodeUtf8(content)) : sha === null ? null : findBlob(repository, sha);
    if (!isRecord(entry) || path === null || blob === null) return problem(422, 'tree.sha does not exist, or an entry has neither content nor sha');
    files.set(path, blob);
  }
  repository.trees.set(treeShaOf(files, ''), files);
  return reply(201, treeShape(call, files));
}

function findBlob(repository: Repository, sha: string): Blob | null {
  const made = repository.blobs.get(sha);
  if (made !== undefined) return made;
  for (const { files } of repository.commits.values()) for (const blob of files.values()) if (blob.sha === sha) return blob;
  return null;
}

function createCommit(call: RepositoryCall): WireResponse {
  const refused = refuseWriter(call);
  if (refused !== null) return refused;
  const [message, treeSha] = [textField(call, 'message'), textField(call, 'tree')];
  if (message === null) return notSupplied('message');
  if (treeSha === null) return notSupplied('tree');
  const { repository } = call;
  const parents = textsAt(call.request.body, 'parents');
  const files = findTree(repository, treeSha);
  if (files === null) return problem(422, 'Tree SHA does not exist');
  if (parents.some((sha) => !repository.commits.has(sha))) return problem(422, 'Parent SHA does not exist or is not a commit object');
  const commit = addCommit(repository, { parents, message, author: call.account, at: call.now, files });
  return reply(201, fileCommitShape(call, commit));
}

/** The tree of this id, made by itself or a commit's. */
function findTree({ trees, commits }: Repository, treeSha: string): Commit['files'] | null {
  return trees.get(treeSha) ?? [...commits.values()].find((commit) => commit.treeSha === treeSha)?.files ?? null;
}
