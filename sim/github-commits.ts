import { blobSha, encodeUtf8 } from './git-object.ts';
import { field, hasRole, notFound, notSupplied, problem, refuseUngranted, reply, textField } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { fileCommitShape } from './github-contents.ts';
import { repositoryUrl } from './github-shapes.ts';
import { addCommit, treeShaOf } from './github-world.ts';
import type { Blob, Commit } from './github-world.ts';
import { isRecord, textAt, textsAt } from '../domain/json.ts';
import type { WireResponse } from './wire.ts';

/** Trees and commits made piece by piece: what a branch without a common history needs. */
export const commitRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'POST', pattern: '/git/trees', answer: createTree },
  { method: 'POST', pattern: '/git/commits', answer: createCommit },
];

function refuseWriter(call: RepositoryCall): WireResponse | null {
  return refuseUngranted(call, 'contents') ?? (hasRole(call, 'write') ? null : notFound());
}

/** Takes files by their text; entries by sha and trees upon trees are not simulated. */
function createTree(call: RepositoryCall): WireResponse {
  const refused = refuseWriter(call);
  if (refused !== null) return refused;
  const entries = field(call, 'tree');
  if (!Array.isArray(entries)) return notSupplied('tree');
  if (field(call, 'base_tree') !== undefined) return problem(501, 'base_tree is not simulated.');
  const files = new Map<string, Blob>();
  for (const entry of entries) {
    const [path, content] = [textAt(entry, 'path'), textAt(entry, 'content')];
    if (!isRecord(entry) || path === null || content === null) return problem(422, 'Only entries with path and content are simulated.');
    const bytes = encodeUtf8(content);
    files.set(path, { sha: blobSha(bytes), bytes });
  }
  const sha = treeShaOf(files, '');
  call.repository.trees.set(sha, files);
  const git = `${repositoryUrl(call.world, call.repository)}/git`;
  const tree = [...files].map(([path, blob]) => ({ path, mode: '100644', type: 'blob', sha: blob.sha, size: blob.bytes.length, url: `${git}/blobs/${blob.sha}` }));
  return reply(201, { sha, url: `${git}/trees/${sha}`, truncated: false, tree });
}

function createCommit(call: RepositoryCall): WireResponse {
  const refused = refuseWriter(call);
  if (refused !== null) return refused;
  const [message, treeSha] = [textField(call, 'message'), textField(call, 'tree')];
  if (message === null) return notSupplied('message');
  if (treeSha === null) return notSupplied('tree');
  const { repository } = call;
  const parents = textsAt(call.request.body, 'parents');
  const files = repository.trees.get(treeSha) ?? treeOfCommits(repository.commits, treeSha);
  if (files === null) return problem(422, 'Tree SHA does not exist');
  if (parents.some((sha) => !repository.commits.has(sha))) return problem(422, 'Parent SHA does not exist or is not a commit object');
  const commit = addCommit(repository, { parents, message, author: call.account, at: call.now, files });
  return reply(201, fileCommitShape(call, commit));
}

function treeOfCommits(commits: ReadonlyMap<string, Commit>, treeSha: string): Commit['files'] | null {
  return [...commits.values()].find((commit) => commit.treeSha === treeSha)?.files ?? null;
}
