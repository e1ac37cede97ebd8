import type { Instant } from '../domain/time.ts';
import { kubernetesTime as toTimestamp } from './timestamp.ts';
import { baseRole, botLogin, findAccount, reactionContents, roleOf } from './github-world.ts';
import type { Account, Comment, Issue, Label, Reaction, Repository, World } from './github-world.ts';

/** JSON as GitHub sends it. */
export type Shape = Readonly<Record<string, unknown>>;

/** `simple-user`. */
export function accountShape(world: World, account: Account): Shape {
  const { baseUrl, webUrl } = world.setup;
  const url = `${baseUrl}/users/${encodeURIComponent(account.login)}`;
  const page = account.type === 'Bot' ? `apps/${account.login.replace('[bot]', '')}` : account.login;
  return {
    login: account.login,
    id: account.id,
    node_id: `U_${account.id}`,
    avatar_url: `${webUrl}/avatars/${account.id}`,
    gravatar_id: '',
    url,
    html_url: `${webUrl}/${page}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** `public-user`: an account with its (empty) profile. */
export function profileShape(world: World, account: Account): Shape {
  const at = toTimestamp(world.setup.startedAt);
  const unsaid = { name: null, company: null, blog: '', location: null, email: null, hireable: null, bio: null };
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  return { ...accountShape(world, account), ...unsaid, ...counts, created_at: at, updated_at: at };
}

/** What the App is told of. */
const appEvents = ['check_run', 'issue_comment', 'issues', 'pull_request'] as const;

/** `integration`: the App. Null when the world has none. */
export function appShape(world: World): Shape | null {
  const { app } = world.setup;
  const owner = [...world.repositories.values()][0]?.owner;
  if (app === null || owner === undefined) return null;
  const at = toTimestamp(world.setup.startedAt);
  return {
    id: app.id,
    slug: app.slug,
    client_id: `Iv1.${app.id}`,
    node_id: `A_${app.id}`,
    owner: accountShape(world, owner),
    name: app.slug,
    description: '',
    external_url: `${world.setup.webUrl}/apps/${app.slug}`,
    html_url: `${world.setup.webUrl}/apps/${app.slug}`,
    created_at: at,
    updated_at: at,
    permissions: app.permissions,
    events: appEvents,
  };
}

/** Names below a repository's URL that GitHub lists as `<name>_url`. */
const repositoryUrls: readonly (readonly [string, string])[] = [
  ['archive_url', '/{archive_format}{/ref}'],
  ['assignees_url', '/assignees{/user}'],
  ['blobs_url', '/git/blobs{/sha}'],
  ['branches_url', '/branches{/branch}'],
  ['collaborators_url', '/collaborators{/collaborator}'],
  ['comments_url', '/comments{/number}'],
  ['commits_url', '/commits{/sha}'],
  ['compare_url', '/compare/{base}...{head}'],
  ['contents_url', '/contents/{+path}'],
  ['contributors_url', '/contributors'],
  ['deployments_url', '/deployments'],
  ['downloads_url', '/downloads'],
  ['events_url', '/events'],
  ['forks_url', '/forks'],
  ['git_commits_url', '/git/commits{/sha}'],
  ['git_refs_url', '/git/refs{/sha}'],
  ['git_tags_url', '/git/tags{/sha}'],
  ['hooks_url', '/hooks'],
  ['issue_comment_url', '/issues/comments{/number}'],
  ['issue_events_url', '/issues/events{/number}'],
  ['issues_url', '/issues{/number}'],
  ['keys_url', '/keys{/key_id}'],
  ['labels_url', '/labels{/name}'],
  ['languages_url', '/languages'],
  ['merges_url', '/merges'],
  ['milestones_url', '/milestones{/number}'],
  ['notifications_url', '/notifications{?since,all,participating}'],
  ['pulls_url', '/pulls{/number}'],
  ['releases_url', '/releases{/id}'],
  ['stargazers_url', '/stargazers'],
  ['statuses_url', '/statuses/{sha}'],
  ['subscribers_url', '/subscribers'],
  ['subscription_url', '/subscription'],
  ['tags_url', '/tags'],
  ['teams_url', '/teams'],
  ['trees_url', '/git/trees{/sha}'],
];

/** API URL of a repository. */
export function repositoryUrl(world: World, repository: Repository): string {
  return `${world.setup.baseUrl}/repos/${repository.fullName}`;
}

/** `full-repository`, which is also a valid `repository`. */
export function repositoryShape(world: World, repository: Repository): Shape {
  const url = repositoryUrl(world, repository);
  const page = `${world.setup.webUrl}/${repository.fullName}`;
  const at = toTimestamp(world.setup.startedAt);
  const openCount = [...repository.issues.values()].filter(({ state }) => state === 'open').length;
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name: repository.name,
    full_name: repository.fullName,
    owner: accountShape(world, repository.owner),
    private: repository.setup.visibility === 'private',
    visibility: repository.setup.visibility,
    html_url: page,
    description: null,
    fork: repository.setup.forkOf !== undefined,
    url,
    ...Object.fromEntries(repositoryUrls.map(([name, below]) => [name, url + below])),
    git_url: `${page}.git`,
    ssh_url: `${page}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    ...{ mirror_url: null, homepage: null, language: null, license: null },
    ...{ forks_count: 0, forks: 0, stargazers_count: 0, watchers_count: 0, watchers: 0, size: 0 },
    ...{ network_count: 0, subscribers_count: 0, open_issues_count: openCount, open_issues: openCount },
    default_branch: repository.setup.defaultBranch,
    ...{ has_issues: true, has_projects: false, has_wiki: false, has_pages: false, has_downloads: false },
    ...{ has_discussions: false, archived: false, disabled: false },
    ...{ pushed_at: at, created_at: at, updated_at: at },
  };
}

/** `label`. */
export function labelShape(world: World, repository: Repository, label: Label): Shape {
  const url = `${repositoryUrl(world, repository)}/labels/${encodeURIComponent(label.name)}`;
  return { ...label, node_id: `LA_${label.id}`, url, default: false };
}

/** The labels an issue carries, as GitHub shows them. */
export function labelShapes(world: World, repository: Repository, names: readonly string[]): readonly Shape[] {
  return names.flatMap((name) => {
    const label = repository.labels.get(name.toLowerCase());
    return label === undefined ? [] : [labelShape(world, repository, label)];
  });
}

/** `reaction`. */
export function reactionShape(world: World, reaction: Reaction): Shape {
  return {
    id: reaction.id,
    node_id: `REA_${reaction.id}`,
    user: accountShape(world, reaction.author),
    content: reaction.content,
    created_at: toTimestamp(reaction.at),
  };
}

function reactionSummary(url: string, reactions: readonly Reaction[]): Shape {
  const counts = reactionContents.map((content) => [content, reactions.filter((one) => one.content === content).length]);
  return { url: `${url}/reactions`, total_count: reactions.length, ...Object.fromEntries(counts) };
}

/** How an author stands to a repository, as `author_association`. */
export function associationOf(repository: Repository, author: Account): string {
  if (author.login === repository.owner.login) return 'OWNER';
  const role = author.type === 'Bot' ? null : roleOf(repository, author.login);
  if (role === null || baseRole(role) === 'read') return 'NONE';
  return repository.owner.type === 'Organization' ? 'MEMBER' : 'COLLABORATOR';
}

/** `issue`; a pull request carries `pull_request`. */
export function issueShape(world: World, repository: Repository, issue: Issue): Shape {
  const parent = repositoryUrl(world, repository);
  const url = `${parent}/issues/${issue.number}`;
  const kind = issue.pull === null ? 'issues' : 'pull';
  const page = `${world.setup.webUrl}/${repository.fullName}/${kind}/${issue.number}`;
  const pull = { url: `${parent}/pulls/${issue.number}`, html_url: page, diff_url: `${page}.diff`, patch_url: `${page}.patch`, merged_at: null };
  return {
    id: issue.id,
    node_id: `I_${issue.id}`,
    url,
    repository_url: parent,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: page,
    number: issue.number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    body: issue.body,
    user: accountShape(world, issue.author),
    labels: labelShapes(world, repository, issue.labels),
    ...{ assignee: null, assignees: [], milestone: null, locked: false, active_lock_reason: null },
    comments: commentsOf(repository, issue.number).length,
    ...(issue.pull === null ? {} : { pull_request: pull, draft: false }),
    closed_at: issue.closedAt === null ? null : toTimestamp(issue.closedAt),
    created_at: toTimestamp(issue.createdAt),
    updated_at: toTimestamp(issue.updatedAt),
    author_association: associationOf(repository, issue.author),
    performed_via_github_app: viaApp(world, issue.author),
    reactions: reactionSummary(url, issue.reactions),
  };
}

/** `issue-comment`. */
export function commentShape(world: World, repository: Repository, comment: Comment): Shape {
  const parent = repositoryUrl(world, repository);
  const url = `${parent}/issues/comments/${comment.id}`;
  const kind = (repository.issues.get(comment.issueNumber)?.pull ?? null) === null ? 'issues' : 'pull';
  return {
    id: comment.id,
    node_id: `IC_${comment.id}`,
    url,
    html_url: `${world.setup.webUrl}/${repository.fullName}/${kind}/${comment.issueNumber}#issuecomment-${comment.id}`,
    issue_url: `${parent}/issues/${comment.issueNumber}`,
    body: comment.body,
    user: accountShape(world, comment.author),
    created_at: toTimestamp(comment.createdAt),
    updated_at: toTimestamp(comment.updatedAt),
    author_association: associationOf(repository, comment.author),
    performed_via_github_app: viaApp(world, comment.author),
    reactions: reactionSummary(url, comment.reactions),
  };
}

/** Comments of an issue, oldest first. */
export function commentsOf(repository: Repository, issueNumber: number): readonly Comment[] {
  return [...repository.comments.values()].filter((comment) => comment.issueNumber === issueNumber);
}

function viaApp(world: World, author: Account): Shape | null {
  return author.type === 'Bot' ? appShape(world) : null;
}

/** A git author or committer. */
export function signatureShape(author: Account, at: Instant): Shape {
  return { name: author.login, email: `${author.id}@users.noreply.example`, date: toTimestamp(at) };
}

/** `installation` of the App on everything. Null when the world has no App. */
export function installationShape(world: World): Shape | null {
  const { app, baseUrl, webUrl, startedAt } = world.setup;
  const owner = [...world.repositories.values()][0]?.owner;
  if (app === null || owner === undefined) return null;
  const id = installationId(world);
  return {
    id,
    account: accountShape(world, owner),
    repository_selection: 'all',
    access_tokens_url: `${baseUrl}/app/installations/${id}/access_tokens`,
    repositories_url: `${baseUrl}/installation/repositories`,
    html_url: `${webUrl}/settings/installations/${id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: owner.id,
    target_type: owner.type,
    permissions: app.permissions,
    events: appEvents,
    created_at: toTimestamp(startedAt),
    updated_at: toTimestamp(startedAt),
    ...{ single_file_name: null, suspended_by: null, suspended_at: null },
  };
}

/** Id of the App's one installation; it is tied to the bot's account. */
export function installationId(world: World): number {
  const { app } = world.setup;
  return app === null ? 0 : 5_000_000 + (findAccount(world, botLogin(app))?.id ?? 0);
}
