import type { Instant } from '../domain/time.ts';
import { blobSha, encodeUtf8, sha1 } from './git-object.ts';
import type { ByteText } from './git-object.ts';

/** GitHub's built-in repository roles, weakest first. */
export const githubRoles = ['read', 'triage', 'write', 'maintain', 'admin'] as const;
export type GitHubRole = (typeof githubRoles)[number];

/** A role of an organization's own making: its name and the built-in role it extends. */
export interface CustomRole {
  readonly name: string;
  readonly base: GitHubRole;
}

/** Somebody with an account. `token` signs requests as this person; null: nobody can. */
interface GitHubPerson {
  readonly login: string;
  readonly token: string | null;
}

/** A repository as the world begins. */
interface GitHubRepositorySetup {
  /** `owner/name`. An owner who is none of the people is an organization. */
  readonly name: string;
  readonly visibility: 'public' | 'private';
  readonly defaultBranch: string;
  /** Login → role. Who is not named may read a public repository and does not see a private one. */
  readonly roles: Readonly<Record<string, GitHubRole | CustomRole>>;
  /** Path → text, on the default branch. */
  readonly files: Readonly<Record<string, string>>;
  /** `owner/name` of the repository this one is a fork of. */
  readonly forkOf?: string;
}

/** The GitHub App that is installed on every repository of this world. */
interface GitHubAppSetup {
  readonly id: number;
  /** Its account is `<slug>[bot]`. */
  readonly slug: string;
  /** For example `{issues: 'write', contents: 'write', metadata: 'read'}`. */
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  /** A fixed installation token for clients that do not sign as the App; null: only issued tokens count. */
  readonly token: string | null;
}

/** All a simulated GitHub starts from. */
export interface GitHubSetup {
  /** Base of every API URL, without a trailing slash, for example `http://127.0.0.1:4000/api/v3`. */
  readonly baseUrl: string;
  /** Base of every page's URL, without a trailing slash. */
  readonly webUrl: string;
  /** When repositories and accounts were made. */
  readonly startedAt: Instant;
  readonly repositories: readonly GitHubRepositorySetup[];
  readonly people: readonly GitHubPerson[];
  /** `organization/slug` → logins of its members. */
  readonly teams?: Readonly<Record<string, readonly string[]>>;
  readonly app: GitHubAppSetup | null;
}

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Bot' | 'Organization';
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export const reactionContents = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'] as const;
type ReactionContent = (typeof reactionContents)[number];

export interface Reaction {
  readonly id: number;
  readonly author: Account;
  readonly content: ReactionContent;
  readonly at: Instant;
}

export interface Comment {
  readonly id: number;
  readonly issueNumber: number;
  readonly author: Account;
  readonly createdAt: Instant;
  body: string;
  updatedAt: Instant;
  reactions: readonly Reaction[];
}

/** What makes an issue a pull request. */
export interface PullBranches {
  readonly head: string;
  /** The fork that has the head branch; null: this repository. */
  readonly headRepository: string | null;
  base: string;
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly author: Account;
  readonly createdAt: Instant;
  readonly pull: PullBranches | null;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: string | null;
  /** Names; the repository keeps the labels. */
  labels: readonly string[];
  updatedAt: Instant;
  closedAt: Instant | null;
  reactions: readonly Reaction[];
}

export interface Blob {
  readonly sha: string;
  readonly bytes: ByteText;
}

export interface Commit {
  readonly sha: string;
  readonly treeSha: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Account;
  readonly at: Instant;
  /** Path → blob: the whole tree. */
  readonly files: ReadonlyMap<string, Blob>;
}

/** A remark about lines of a file, as GitHub takes it. */
export type CheckAnnotation = Readonly<Record<string, unknown>>;

/** A button of a check run. */
export interface CheckAction {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

/** A check run of the App. */
export interface CheckRun {
  readonly id: number;
  readonly suiteId: number;
  readonly name: string;
  readonly headSha: string;
  readonly externalId: string | null;
  readonly detailsUrl: string | null;
  readonly startedAt: Instant;
  readonly completedAt: Instant | null;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: string | null;
  readonly output: { readonly title: string | null; readonly summary: string | null; readonly text: string | null };
  readonly annotations: readonly CheckAnnotation[];
  readonly actions: readonly CheckAction[];
}

export interface Repository {
  readonly id: number;
  readonly owner: Account;
  readonly name: string;
  readonly fullName: string;
  readonly setup: GitHubRepositorySetup;
  /** Lower-case name → label. */
  readonly labels: Map<string, Label>;
  readonly issues: Map<number, Issue>;
  readonly comments: Map<number, Comment>;
  /** Branch → commit sha. */
  readonly branches: Map<string, string>;
  readonly commits: Map<string, Commit>;
  readonly checkRuns: Map<number, CheckRun>;
  /** Contents made by themselves: sha → blob. */
  readonly blobs: Map<string, Blob>;
  /** Trees made by themselves: sha → path → blob. */
  readonly trees: Map<string, Commit['files']>;
}

/** Everything a simulated GitHub knows. Changed only by mutating requests, so a replay of them rebuilds it. */
export interface World {
  readonly setup: GitHubSetup;
  /** Lower-case login → account. */
  readonly accounts: Map<string, Account>;
  /** Lower-case `owner/name` → repository. */
  readonly repositories: Map<string, Repository>;
  /** Token → actor, see {@link appActor}. */
  readonly tokens: Map<string, string>;
  /** Issue, comment and every other id comes from here; each value once. */
  lastId: number;
  /** Webhook deliveries so far. */
  deliveryCount: number;
  tokenCount: number;
}

/** The actor a request signed by the App itself (not its installation) has. Not a possible login. */
export const appActor = '@app';

/** Login of the App's account. */
export function botLogin(app: GitHubAppSetup): string {
  return `${app.slug}[bot]`;
}

/** Makes the world of `setup`: accounts, repositories with one commit each, tokens. */
export function createWorld(setup: GitHubSetup): World {
  const world: World = {
    setup,
    accounts: new Map(),
    repositories: new Map(),
    tokens: new Map(),
    lastId: 1000,
    deliveryCount: 0,
    tokenCount: 0,
  };
  for (const { login, token } of setup.people) {
    addAccount(world, login, 'User');
    if (token !== null) world.tokens.set(token, login);
  }
  if (setup.app !== null) {
    const bot = addAccount(world, botLogin(setup.app), 'Bot');
    if (setup.app.token !== null) world.tokens.set(setup.app.token, bot.login);
  }
  for (const repository of setup.repositories) addRepository(world, repository);
  return world;
}

/** The next id; ids are handed out in the order things are made. */
export function nextId(world: World): number {
  world.lastId += 1;
  return world.lastId;
}

/** The account of a login in any case; null when there is none. */
export function findAccount(world: World, login: string): Account | null {
  return world.accounts.get(login.toLowerCase()) ?? null;
}

/** Adds a commit on top of `parents`; the caller moves a branch to it. */
export function addCommit(
  repository: Repository,
  commit: Pick<Commit, 'parents' | 'message' | 'author' | 'at' | 'files'>,
): Commit {
  // Not git's own tree and commit ids, only ids that move exactly when the content does; blob ids are git's.
  const treeSha = treeShaOf(commit.files, '');
  const identity = [treeSha, ...commit.parents, commit.author.login, String(commit.at), commit.message].join('\n');
  const added: Commit = { ...commit, treeSha, sha: sha1(encodeUtf8(`commit\n${identity}`)) };
  repository.commits.set(added.sha, added);
  return added;
}

/** Id of the tree below `folder` (`''` is the root): moves when any path or content below it does. */
export function treeShaOf(files: Commit['files'], folder: string): string {
  const below = [...files].filter(([path]) => folder === '' || path.startsWith(`${folder}/`));
  return sha1(encodeUtf8(`tree\n${below.map(([path, { sha }]) => `${path} ${sha}`).sort().join('\n')}`));
}

/** The commit a branch, a `heads/` or `refs/heads/` name or a full sha stands for; null when there is none. */
export function findCommit(repository: Repository, reference: string): Commit | null {
  const branch = reference.replace(/^(refs\/)?heads\//, '');
  const sha = repository.branches.get(branch) ?? reference;
  return repository.commits.get(sha) ?? null;
}

/** Role of a login on a repository; null: none, not even to read. */
export function roleOf(repository: Repository, login: string): GitHubRole | CustomRole | null {
  const wanted = login.toLowerCase();
  if (wanted === repository.owner.login.toLowerCase()) return 'admin';
  const entry = Object.entries(repository.setup.roles).find(([name]) => name.toLowerCase() === wanted);
  return entry?.[1] ?? (repository.setup.visibility === 'public' ? 'read' : null);
}

/** The built-in role a role amounts to. */
export function baseRole(role: GitHubRole | CustomRole): GitHubRole {
  return typeof role === 'string' ? role : role.base;
}

function addAccount(world: World, login: string, type: Account['type']): Account {
  const account: Account = { id: nextId(world), login, type };
  world.accounts.set(login.toLowerCase(), account);
  return account;
}

function addRepository(world: World, setup: GitHubRepositorySetup): void {
  const [ownerLogin = '', name = ''] = setup.name.split('/');
  const owner = findAccount(world, ownerLogin) ?? addAccount(world, ownerLogin, 'Organization');
  const repository: Repository = {
    id: nextId(world),
    owner,
    name,
    fullName: `${owner.login}/${name}`,
    setup,
    labels: new Map(),
    issues: new Map(),
    comments: new Map(),
    branches: new Map(),
    commits: new Map(),
    checkRuns: new Map(),
    blobs: new Map(),
    trees: new Map(),
  };
  const blobs = Object.entries(setup.files).map(([path, text]): [string, Blob] => {
    const bytes = encodeUtf8(text);
    return [path, { sha: blobSha(bytes), bytes }];
  });
  const files = new Map(blobs);
  const first = addCommit(repository, { parents: [], message: 'Initial commit', author: owner, at: world.setup.startedAt, files });
  repository.branches.set(setup.defaultBranch, first.sha);
  world.repositories.set(repository.fullName.toLowerCase(), repository);
}
