import { formatUtcDated } from '../domain/local-time.ts';
import type { SimulatedGitHub } from '../sim/github.ts';
import { findCommit } from '../sim/github-world.ts';
import type { Account, Issue, Reaction, Repository } from '../sim/github-world.ts';
import type { WireResponse } from '../sim/wire.ts';
import { renderChangedFiles } from './github-changed-files.ts';
import { renderChecks } from './github-checks-page.ts';
import { pageStyle } from './github-page-style.ts';
import { renderTicks } from './github-task-list.ts';
import { renderMarkdown } from './markdown.ts';
import { escapeHtml } from './markdown-inline.ts';

/** What a person may look at: repositories, their issues and pull requests, and files. */
export function renderPage(github: SimulatedGitHub, path: string): WireResponse {
  const [owner, name, kind, ...rest] = path.split('/').filter((part) => part !== '');
  if (owner === undefined) return page('Repositories', repositoryList(github));
  const repository = github.world.repositories.get(`${owner}/${name ?? ''}`.toLowerCase());
  if (repository === undefined) return missing();
  if (kind === undefined) return redirect(`/${repository.fullName}/issues`);
  if (kind === 'issues' && rest.length === 0) return page(`Issues · ${repository.fullName}`, issueList(repository));
  if ((kind === 'issues' || kind === 'pull') && rest.length === 1) return issuePage(github, repository, Number(rest[0]));
  if (kind === 'blob') return filePage(github, repository, rest);
  return missing();
}

/** Tells a browser to look elsewhere on this server. */
export function redirect(path: string): WireResponse {
  return { status: 303, headers: { location: path }, body: null };
}

/** A page that says what was wrong with a form. */
export function refusal(status: number, text: string): WireResponse {
  return page('Not done', `<h1>Not done</h1><p>${escapeHtml(text)}</p><p><a href="">Back</a></p>`, status);
}

function missing(): WireResponse {
  return page('Not found', '<h1>Not found</h1><p><a href="/">All repositories</a></p>', 404);
}

function page(title: string, body: string, status = 200): WireResponse {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${escapeHtml(title)}</title><style>${pageStyle}</style>`;
  const top = '<header><a href="/">Local GitHub</a><span>a stand-in on this machine</span></header>';
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
    body: `<!doctype html><html lang="en"><head>${head}</head><body>${top}<main>${body}</main></body></html>`,
  };
}

function repositoryList(github: SimulatedGitHub): string {
  const rows = [...github.world.repositories.values()].map(({ fullName, issues }) => {
    const openCount = [...issues.values()].filter(({ state }) => state === 'open').length;
    return `<li><a href="/${escapeHtml(fullName)}/issues">${escapeHtml(fullName)}</a> <small>${openCount} open</small></li>`;
  });
  return `<h1>Repositories</h1><ul class="list">${rows.join('')}</ul>`;
}

function issueList(repository: Repository): string {
  const rows = [...repository.issues.values()].toReversed().map((issue) => {
    const labels = issue.labels.map((label) => `<span class="label">${escapeHtml(label)}</span>`).join(' ');
    const about = `#${issue.number} by ${escapeHtml(issue.author.login)}, ${formatUtcDated(issue.createdAt)}`;
    return `<li>${stateBadge(issue)} <a href="${issuePath(repository, issue)}">${escapeHtml(issue.title)}</a> ${labels}<br><small>${about}</small></li>`;
  });
  const others = [...repository.branches.keys()].filter((branch) => branch !== repository.setup.defaultBranch).toSorted();
  const listed = [repository.setup.defaultBranch, ...others].map((branch) => fileList(repository, branch)).join('');
  const issues = rows.length === 0 ? '<p>No issues yet.</p>' : `<ul class="list">${rows.join('')}</ul>`;
  return `<h1>${escapeHtml(repository.fullName)}</h1><h2>Issues</h2>${issues}${listed}`;
}

function fileList(repository: Repository, branch: string): string {
  const files = [...(findCommit(repository, branch)?.files.keys() ?? [])].toSorted();
  const blob = (path: string): string => `/${repository.fullName}/blob/${encodeURIComponent(branch)}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const listed = files.map((path) => `<li><a href="${escapeHtml(blob(path))}">${escapeHtml(path)}</a></li>`).join('');
  return `<h2>Files on ${escapeHtml(branch)}</h2><ul class="list">${listed}</ul>`;
}

function issuePath(repository: Repository, issue: Issue): string {
  return escapeHtml(`/${repository.fullName}/${issue.pull === null ? 'issues' : 'pull'}/${issue.number}`);
}

function stateBadge(issue: Issue): string {
  return `<span class="state ${issue.state}">${issue.state === 'open' ? 'Open' : 'Closed'}</span>`;
}

function issuePage(github: SimulatedGitHub, repository: Repository, issueNumber: number): WireResponse {
  const issue = repository.issues.get(issueNumber);
  if (issue === undefined) return missing();
  const comments = [...repository.comments.values()].filter((comment) => comment.issueNumber === issueNumber);
  const entries = [
    entry({ id: 'issue', author: issue.author, at: issue.createdAt, edited: issue.updatedAt, body: issue.body ?? '', reactions: issue.reactions }),
    ...comments.map(({ id, author, createdAt, updatedAt, body, reactions }) =>
      entry({ id: `issuecomment-${id}`, author, at: createdAt, edited: updatedAt, body, reactions }),
    ),
  ];
  const above = `<p><a href="/${escapeHtml(repository.fullName)}/issues">${escapeHtml(repository.fullName)}</a></p>`;
  const title = `<h1>${escapeHtml(issue.title)} <small>#${issue.number}</small></h1><p>${stateBadge(issue)} ${issue.labels.map((label) => `<span class="label">${escapeHtml(label)}</span>`).join(' ')}</p>`;
  const people = peopleOptions(github, repository);
  const checks = renderChecks(github.world, repository, issue, people);
  return page(`${issue.title} · #${issue.number}`, above + title + entries.join('') + renderTicks(repository, issue, people) + checks + renderChangedFiles(github.world, repository, issue) + commentForm(people, repository, issue));
}

interface Entry {
  readonly id: string;
  readonly author: Account;
  readonly at: number;
  readonly edited: number;
  readonly body: string;
  readonly reactions: readonly Reaction[];
}

const emoji: Readonly<Record<string, string>> = {
  '+1': '👍',
  '-1': '👎',
  laugh: '😄',
  confused: '😕',
  heart: '❤️',
  hooray: '🎉',
  rocket: '🚀',
  eyes: '👀',
};

function entry({ id, author, at, edited, body, reactions }: Entry): string {
  const when = formatUtcDated(at) + (id !== 'issue' && edited > at ? ', edited' : '');
  const bot = author.type === 'Bot' ? ' <span class="label">bot</span>' : '';
  const below = reactions.map(({ content, author: by }) => `<span class="reaction" title="${escapeHtml(by.login)}">${emoji[content] ?? ''}</span>`).join('');
  const head = `<div class="head"><strong>${escapeHtml(author.login)}</strong>${bot} <a href="#${id}"><small>${when}</small></a></div>`;
  return `<article id="${id}">${head}<div class="body">${renderMarkdown(body)}</div>${below === '' ? '' : `<div class="reactions">${below}</div>`}</article>`;
}

/** Who may be spoken as, with their roles. */
function peopleOptions(github: SimulatedGitHub, repository: Repository): string {
  const people = github.world.setup.people.map(({ login }) => {
    const role = repository.setup.roles[login];
    const shown = role === undefined ? 'no role' : typeof role === 'string' ? role : role.name;
    return `<option value="${escapeHtml(login)}">${escapeHtml(login)} (${escapeHtml(shown)})</option>`;
  });
  return people.join('');
}

function commentForm(people: string, repository: Repository, issue: Issue): string {
  return `<form method="post" action="${issuePath(repository, issue)}"><textarea name="body" rows="4" required maxlength="65536" placeholder="Write a comment, for example /status" aria-label="Comment"></textarea><div><label>as <select name="login">${people}</select></label> <button>Comment</button></div></form>`;
}

function filePage(github: SimulatedGitHub, repository: Repository, [branch = '', ...parts]: readonly string[]): WireResponse {
  const path = parts.map(decodePart).join('/');
  const blob = findCommit(repository, decodePart(branch))?.files.get(path);
  if (blob === undefined) return missing();
  const text = Buffer.from(blob.bytes, 'latin1').toString('utf8');
  const above = `<p><a href="/${escapeHtml(repository.fullName)}/issues">${escapeHtml(repository.fullName)}</a></p>`;
  return page(path, `${above}<h1>${escapeHtml(path)}</h1><pre><code>${escapeHtml(text)}</code></pre>${decodePart(branch) === repository.setup.defaultBranch ? proposalForm(peopleOptions(github, repository), text) : ''}`);
}

/** A change of the file on a branch of its own, with a pull request. */
function proposalForm(people: string, text: string): string {
  const area = `<textarea name="text" rows="24" maxlength="65536" aria-label="New text">\n${escapeHtml(text)}</textarea>`;
  return `<details><summary>Propose a change</summary><form method="post" action="">${area}<div><input name="title" maxlength="200" placeholder="Title of the pull request" aria-label="Title"> <label>as <select name="login">${people}</select></label> <button>Propose changes</button></div></form></details>`;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
