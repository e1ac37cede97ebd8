import { blobSha, decodeBase64, encodeBase64 } from './git-object.ts';
import { hasRole, notFound, notSupplied, problem, refuseUngranted, reply, textField } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { moveBranch } from './github-pull-events.ts';
import { repositoryUrl, signatureShape } from './github-shapes.ts';
import type { Shape } from './github-shapes.ts';
import { addCommit, findCommit, treeShaOf } from './github-world.ts';
import type { Blob, Commit } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** Files and folders on a branch: read, write, delete. */
export const contentRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'GET', pattern: '/contents', answer: readContents },
  { method: 'GET', pattern: '/contents/{path}', answer: readContents },
  { method: 'PUT', pattern: '/contents/{path}', answer: (call) => changeFile(call, 'write') },
  { method: 'DELETE', pattern: '/contents/{path}', answer: (call) => changeFile(call, 'delete') },
];

/** A larger file is listed but its content is left out. Unit: bytes. @see GitHub REST, "Get repository content". */
const CONTENT_BYTES_MAX = 1_048_576;
/** GitHub cuts the list of a folder here. */
const FOLDER_ENTRIES_MAX = 1_000;

function pathOf(call: RepositoryCall): string {
  return (call.parameters['path'] ?? '').replace(/^\/+|\/+$/g, '');
}

function readContents(call: RepositoryCall): WireResponse {
  const reference = call.request.query['ref'] ?? call.repository.setup.defaultBranch;
  const commit = findCommit(call.repository, reference);
  if (commit === null) return problem(404, `No commit found for the ref ${reference}`);
  const path = pathOf(call);
  const blob = commit.files.get(path);
  if (blob !== undefined) return reply(200, fileShape(call, path, blob, reference));
  const entries = folderEntries(call, commit, path, reference);
  return entries.length === 0 && path !== '' ? notFound() : reply(200, entries.slice(0, FOLDER_ENTRIES_MAX));
}

function folderEntries(call: RepositoryCall, commit: Commit, folder: string, reference: string): readonly Shape[] {
  const start = folder === '' ? '' : `${folder}/`;
  const names = [...commit.files.keys()].filter((path) => path.startsWith(start)).map((path) => path.slice(start.length).split('/'));
  const unique = new Map(names.map(([name = '', ...below]) => [name, below.length === 0]));
  return [...unique].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([name, isFile]) => {
    const path = start + name;
    const blob = isFile ? commit.files.get(path) : undefined;
    const sha = blob?.sha ?? treeShaOf(commit.files, path);
    return { type: isFile ? 'file' : 'dir', size: blob?.bytes.length ?? 0, ...entryShape(call, { path, sha, reference, kind: isFile ? 'blob' : 'tree' }) };
  });
}

interface Entry {
  readonly path: string;
  readonly sha: string;
  readonly reference: string;
  readonly kind: 'blob' | 'tree';
}

function entryShape(call: RepositoryCall, { path, sha, reference, kind }: Entry): Shape {
  const { world, repository } = call;
  const parent = repositoryUrl(world, repository);
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const self = `${parent}/contents/${encoded}?ref=${encodeURIComponent(reference)}`;
  const git = `${parent}/git/${kind}s/${sha}`;
  const html = `${world.setup.webUrl}/${repository.fullName}/${kind}/${encodeURIComponent(reference)}/${encoded}`;
  const download = kind === 'blob' ? `${world.setup.webUrl}/${repository.fullName}/raw/${encodeURIComponent(reference)}/${encoded}` : null;
  const name = path.split('/').at(-1) ?? path;
  return { name, path, sha, url: self, git_url: git, html_url: html, download_url: download, _links: { self, git, html } };
}

function fileShape(call: RepositoryCall, path: string, blob: Blob, reference: string): Shape {
  const isShown = blob.bytes.length <= CONTENT_BYTES_MAX;
  return {
    type: 'file',
    encoding: isShown ? 'base64' : 'none',
    size: blob.bytes.length,
    content: isShown ? encodeBase64(blob.bytes) : '',
    ...entryShape(call, { path, sha: blob.sha, reference, kind: 'blob' }),
  };
}

function changeFile(call: RepositoryCall, effect: 'write' | 'delete'): WireResponse {
  const { repository } = call;
  const refused = refuseUngranted(call, 'contents');
  if (refused !== null) return refused;
  if (!hasRole(call, 'write')) return notFound();
  const message = textField(call, 'message');
  if (message === null) return notSupplied('message');
  const branch = (textField(call, 'branch') ?? repository.setup.defaultBranch).replace(/^refs\/heads\//, '');
  const parent = findCommit(repository, repository.branches.get(branch) ?? '');
  if (parent === null) return problem(404, `Branch ${branch} not found`);
  const path = pathOf(call);
  const before = parent.files.get(path);
  const stale = refuseStale(call, path, before);
  if (stale !== null) return stale;
  if (effect === 'delete' && before === undefined) return notFound();
  const blob = effect === 'write' ? readBlob(call) : null;
  if (blob === 'invalid') return problem(422, 'content is not valid Base64');
  const files = new Map(parent.files);
  if (blob === null) files.delete(path);
  else files.set(path, blob);
  const commit = addCommit(repository, { parents: [parent.sha], message, author: call.account, at: call.now, files });
  moveBranch(call, branch, commit.sha);
  const shown = blob === null ? null : withoutContent(fileShape(call, path, blob, branch));
  return reply(before === undefined ? 201 : 200, { content: shown, commit: fileCommitShape(call, commit) });
}

/** 422 when an existing file is written without its sha, 409 when the sha is not the present one. */
function refuseStale(call: RepositoryCall, path: string, before: Blob | undefined): WireResponse | null {
  const sha = textField(call, 'sha');
  if (before === undefined) return sha === null ? null : problem(409, `${path} does not match ${sha}`);
  if (sha === null) return notSupplied('sha');
  return sha === before.sha ? null : problem(409, `${path} does not match ${sha}`);
}

function readBlob(call: RepositoryCall): Blob | 'invalid' {
  const bytes = decodeBase64(textField(call, 'content') ?? '!');
  return bytes === null ? 'invalid' : { sha: blobSha(bytes), bytes };
}

function withoutContent(shape: Shape): Shape {
  const { content: _content, encoding: _encoding, ...rest } = shape;
  return rest;
}

/** A commit as the contents and git APIs show it. */
export function fileCommitShape(call: RepositoryCall, commit: Commit): Shape {
  const { world, repository } = call;
  const url = (sha: string): string => `${repositoryUrl(world, repository)}/git/commits/${sha}`;
  const html = (sha: string): string => `${world.setup.webUrl}/${repository.fullName}/commit/${sha}`;
  const signature = signatureShape(commit.author, commit.at);
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: url(commit.sha),
    html_url: html(commit.sha),
    author: signature,
    committer: signature,
    message: commit.message,
    tree: { sha: commit.treeSha, url: `${repositoryUrl(world, repository)}/git/trees/${commit.treeSha}` },
    parents: commit.parents.map((sha) => ({ sha, url: url(sha), html_url: html(sha) })),
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  };
}
