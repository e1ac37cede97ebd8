import type { Octokit } from '@octokit/rest';
import type { Outcome } from '../domain/failure.ts';
import type { CreateAppToken } from './app-jwt.ts';
import { tryGitHub } from './github-failure.ts';
import { witnessed } from './invocation.ts';

/** How requests are signed: a token, or a GitHub App that gets one per installation. */
export type GitHubIdentity = { readonly kind: 'token'; readonly token: string } | AppIdentity;

/** A GitHub App with its key, or with a signer that keeps the key to itself. */
type AppIdentity =
  | { readonly kind: 'app'; readonly appId: number; readonly privateKey: string }
  | { readonly kind: 'signed-app'; readonly appId: number; readonly createJwt: CreateAppToken };

export interface GitHubSessionOptions {
  /** Base of the REST API, for example `https://api.github.com`. */
  readonly baseUrl: string;
  readonly auth: GitHubIdentity;
  readonly fetch?: typeof fetch;
}

/** A repository as every REST call names it. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

/** Signed requests to GitHub. */
export interface GitHubSession {
  /**
   * Runs `work` with a client that may act on `repository` (`owner/name`); what it throws comes back as a failure.
   *
   * Nothing is retried here and nothing waits for a rate limit: the caller does, on a durable timer.
   */
  use<T>(repository: string, work: (github: Octokit, name: RepositoryName) => Promise<T>): Promise<Outcome<T>>;
  /** Runs `work` with a client that signs as the App itself, for what concerns no repository; null when we have but a token. */
  useApp<T>(work: (github: Octokit) => Promise<T>): Promise<Outcome<T | null>>;
}

/** Longest wait for one answer. Unit: ms. */
const ANSWER_MS_MAX = 15_000;

/** Opens a session. Octokit is loaded at the first request, so that functions which never call GitHub start without it. */
export function createGitHubSession(options: GitHubSessionOptions): GitHubSession {
  const secret = secretOf(options.auth);
  const clients = new Map<string, Promise<Octokit>>();
  const clientOf = (name: RepositoryName): Promise<Octokit> => {
    const key = options.auth.kind === 'token' ? '' : `${name.owner}/${name.repo}`.toLowerCase();
    const known = clients.get(key);
    if (known !== undefined) return known;
    const made = openClient(options, name);
    clients.set(key, made);
    // A failure must not be remembered: the App may be installed a minute later.
    made.catch(() => clients.delete(key));
    return made;
  };
  return {
    use: (repository, work) =>
      tryGitHub(secret, async () => {
        const name = splitRepository(repository);
        return work(await clientOf(name), name);
      }),
    useApp: (work) => tryGitHub(secret, async () => (options.auth.kind === 'token' ? null : work(await openApp(options, options.auth)))),
  };
}

function splitRepository(repository: string): RepositoryName {
  const [owner = '', repo = '', ...rest] = repository.split('/');
  if (owner === '' || repo === '' || rest.length > 0) throw new Error(`“${repository}” is not owner/name.`);
  return { owner, repo };
}

async function openClient(options: GitHubSessionOptions, name: RepositoryName): Promise<Octokit> {
  const { Octokit } = await import('@octokit/rest');
  const { auth } = options;
  if (auth.kind === 'token') return new Octokit({ ...clientSettings(options), auth: auth.token });
  const { createAppAuth } = await import('@octokit/auth-app');
  const app = await openApp(options, auth);
  const installation = await app.rest.apps.getRepoInstallation({ ...name });
  return new Octokit({ ...clientSettings(options), authStrategy: createAppAuth, auth: { ...signerOf(auth), installationId: installation.data.id } });
}

async function openApp(options: GitHubSessionOptions, auth: AppIdentity): Promise<Octokit> {
  const { Octokit } = await import('@octokit/rest');
  const { createAppAuth } = await import('@octokit/auth-app');
  return new Octokit({ ...clientSettings(options), authStrategy: createAppAuth, auth: signerOf(auth) });
}

function secretOf(auth: GitHubIdentity): string {
  return auth.kind === 'token' ? auth.token : auth.kind === 'app' ? auth.privateKey : '';
}

function signerOf(auth: AppIdentity) {
  const { appId } = auth;
  return auth.kind === 'app' ? { appId, privateKey: auth.privateKey } : { appId, createJwt: auth.createJwt };
}

function clientSettings({ baseUrl, fetch: given }: GitHubSessionOptions) {
  const send = given ?? fetch;
  return {
    baseUrl: baseUrl.replace(/\/+$/, ''),
    userAgent: 'slackwater',
    // Octokit would print warnings with URLs; ours go through the logger.
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    request: {
      fetch: (url: string, init: RequestInit) => {
        const { host, pathname: path } = new URL(url);
        return witnessed({ service: 'github', method: init.method ?? 'GET', host, path }, () => send(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) }), ({ status }) => status);
      },
    },
  };
}

function ignore(): void {}
