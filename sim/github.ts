import { accountRoutes, collaboratorRoutes } from './github-accounts.ts';
import { branchRoutes } from './github-branches.ts';
import { notFound, problem, withEntityTag } from './github-call.ts';
import type { Call, RepositoryCall, Route } from './github-call.ts';
import { checkPageRoutes, checkRoutes } from './github-checks.ts';
import { commentRoutes } from './github-comments.ts';
import { commitRoutes } from './github-commits.ts';
import { compareRoutes } from './github-compare.ts';
import { contentRoutes } from './github-contents.ts';
import { issueLabelRoutes } from './github-issue-labels.ts';
import { issueRoutes, searchRoutes } from './github-issues.ts';
import { labelRoutes } from './github-labels.ts';
import { pullRoutes } from './github-pulls.ts';
import { appActor, createWorld, findAccount, roleOf } from './github-world.ts';
import type { GitHubSetup, World } from './github-world.ts';
import type { Simulated, WireRequest, WireResponse, WorldChange } from './wire.ts';

/**
 * Header that says who asks: a login, or {@link appActor}.
 *
 * The service is told, it does not verify: whoever puts it on a wire checks the credential, sets this header and drops
 * one that came from outside.
 */
export const actorHeader = 'x-simulated-actor';

/** Below it lies what people do on GitHub's pages and no REST operation does; a wire takes nothing there from an API client. */
export const pagePrefix = '/pages';

/** GitHub as a state machine, and what a wire needs beside requests. */
export interface SimulatedGitHub extends Simulated {
  /** The login a token stands for, issued installation tokens included; null when it stands for nobody. */
  actorOf(token: string): string | null;
  /** What the pages show, read only. */
  readonly world: Readonly<World>;
}

/**
 * Makes a GitHub of repositories and people: REST without a wire, ids and answers the same for the same requests.
 *
 * Serves issues, comments, reactions, labels, search, pull requests between branches and from forks, check runs, contents, references,
 * trees and commits, permissions and the App's tokens; any other operation is a 501 that names itself. Nothing happens by itself. Each write
 * to an issue, comment, pull request or check run also gives a change of kind `webhook`, see `readWebhook`.
 *
 * @see GitHub REST API description (github/rest-api-description).
 */
export function createGitHub(setup: GitHubSetup): SimulatedGitHub {
  const world = createWorld(setup);
  return {
    world,
    apply(now, request) {
      const changes: WorldChange[] = [];
      const actor = request.headers[actorHeader] ?? '';
      const call: Call = { now, request, world, actor, parameters: {}, changes };
      const response = actor === '' ? problem(401, 'Requires authentication') : answer(call);
      return { response: withRateHeaders(withEntityTag(request, response)), changes };
    },
    advance: () => [],
    nextAt: () => null,
    actorOf: (token) => world.tokens.get(token) ?? null,
  };
}

const repositoryRoutes: readonly Route<RepositoryCall>[] = [
  ...collaboratorRoutes,
  ...issueRoutes,
  ...issueLabelRoutes,
  ...commentRoutes,
  ...labelRoutes,
  ...pullRoutes,
  ...checkRoutes,
  ...contentRoutes,
  ...branchRoutes,
  ...commitRoutes,
  ...compareRoutes,
];
const plainRoutes: readonly Route<Call>[] = [...accountRoutes, ...searchRoutes];

const plain = compile(plainRoutes);
const inRepository = compile([
  ...repositoryRoutes.map((route) => ({ ...route, pattern: `/repos/{owner}/{repo}${route.pattern}` })),
  ...checkPageRoutes.map((route) => ({ ...route, pattern: `${pagePrefix}/{owner}/{repo}${route.pattern}` })),
]);

/** Every operation of the API served here, as GitHub's description writes them: method and path. */
export const servedOperations: readonly string[] = [
  ...plainRoutes.map(({ method, pattern }) => `${method} ${pattern}`),
  ...repositoryRoutes.map(({ method, pattern }) => `${method} /repos/{owner}/{repo}${pattern}`),
];

interface Compiled<C extends Call> {
  readonly route: Route<C>;
  readonly path: RegExp;
}

function compile<C extends Call>(routes: readonly Route<C>[]): readonly Compiled<C>[] {
  return routes.map((route) => {
    const parts = route.pattern.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
      ['path', 'ref', 'branch'].includes(name) ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`,
    );
    return { route, path: new RegExp(`^${parts}$`) };
  });
}

function findRoute<C extends Call>(routes: readonly Compiled<C>[], request: WireRequest) {
  const asked = request.path.replace(/\/+$/, '');
  for (const { route, path } of routes) {
    const match = route.method === request.method ? path.exec(asked) : null;
    const parameters = match === null ? null : decodeAll(match.groups ?? {});
    if (parameters !== null) return { route, parameters };
  }
  return null;
}

/** Path parts, decoded; null when one is not valid percent-encoding. */
function decodeAll(groups: Readonly<Record<string, string>>): Record<string, string> | null {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, part]) => [name, decodeURIComponent(part)]));
  } catch {
    return null;
  }
}

function answer(call: Call): WireResponse {
  const found = findRoute(plain, call.request);
  if (found !== null) return found.route.answer({ ...call, parameters: found.parameters });
  const inside = findRoute(inRepository, call.request);
  if (inside === null) return problem(501, `${call.request.method} ${call.request.path} is not simulated here.`);
  const { owner, repo } = inside.parameters;
  const repository = call.world.repositories.get(`${owner}/${repo}`.toLowerCase());
  const account = findAccount(call.world, call.actor);
  if (account === null) {
    const isApp = call.actor === appActor;
    return isApp ? problem(403, 'Resource not accessible by integration') : problem(401, 'Bad credentials');
  }
  const isReadable = repository !== undefined && (account.type === 'Bot' || roleOf(repository, account.login) !== null);
  if (!isReadable) return notFound();
  return inside.route.answer({ ...call, parameters: inside.parameters, repository, account });
}

function withRateHeaders(response: WireResponse): WireResponse {
  const rate = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999', 'x-ratelimit-resource': 'core' };
  return { ...response, headers: { 'x-github-media-type': 'github.v3; format=json', ...rate, ...response.headers } };
}
