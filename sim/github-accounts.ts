import { cutPage, notFound, problem, reply, wholeNumber } from './github-call.ts';
import type { Call, RepositoryCall, Route } from './github-call.ts';
import { HOUR_MS } from '../domain/time.ts';
import { encodeUtf8, sha1 } from './git-object.ts';
import { accountShape, appShape, installationId, installationShape, profileShape, repositoryShape } from './github-shapes.ts';
import type { Shape } from './github-shapes.ts';
import { kubernetesTime as toTimestamp } from './timestamp.ts';
import { appActor, baseRole, botLogin, findAccount, githubRoles, roleOf } from './github-world.ts';
import type { CustomRole, GitHubRole } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** Who asks, the App and its installation, and how much may be asked. */
export const accountRoutes: readonly Route<Call>[] = [
  { method: 'GET', pattern: '/user', answer: readUser },
  { method: 'GET', pattern: '/rate_limit', answer: (call) => reply(200, rateLimits(call)) },
  { method: 'GET', pattern: '/app', answer: (call) => onlyApp(call, () => appShape(call.world)) },
  { method: 'POST', pattern: '/app/installations/{id}/access_tokens', answer: createToken },
  { method: 'GET', pattern: '/installation/repositories', answer: listInstallationRepositories },
  { method: 'GET', pattern: '/repos/{owner}/{repo}/installation', answer: readInstallation },
  { method: 'GET', pattern: '/orgs/{org}/teams/{team}/memberships/{login}', answer: readMembership },
];

/** People on one repository. */
export const collaboratorRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'GET', pattern: '', answer: (call) => reply(200, repositoryShape(call.world, call.repository)) },
  { method: 'GET', pattern: '/collaborators/{login}/permission', answer: readPermission },
  { method: 'GET', pattern: '/collaborators/{login}', answer: readCollaborator },
];

/** Requests an installation may make an hour; this world never runs out, a fault says so when it should. */
const REQUESTS_PER_HOUR = 5_000;

function rateLimits(call: Call): Shape {
  const rate = { limit: REQUESTS_PER_HOUR, used: 0, remaining: REQUESTS_PER_HOUR, reset: Math.floor((call.now + HOUR_MS) / 1000) };
  const search = { ...rate, limit: 30, remaining: 30 };
  return { resources: { core: rate, search }, rate };
}

function readUser(call: Call): WireResponse {
  const account = findAccount(call.world, call.actor);
  if (account === null || account.type === 'Bot') return problem(403, 'Resource not accessible by integration');
  return reply(200, profileShape(call.world, account));
}

function onlyApp(call: Call, shape: () => unknown): WireResponse {
  if (call.actor === appActor) return reply(200, shape());
  return problem(401, 'A JSON web token could not be decoded');
}

function createToken(call: Call): WireResponse {
  const { world, now } = call;
  const { app } = world.setup;
  if (call.actor !== appActor || app === null) return problem(401, 'A JSON web token could not be decoded');
  if (wholeNumber(call.parameters['id']) !== installationId(world)) return notFound();
  world.tokenCount += 1;
  const token = `ghs_${sha1(encodeUtf8(`${app.slug} ${world.tokenCount}`))}`;
  // Kept past its hour: the world's clock may run faster than that of a client, which keeps a token for an hour of its own.
  world.tokens.set(token, botLogin(app));
  const expires_at = toTimestamp(now + HOUR_MS);
  return reply(201, { token, expires_at, permissions: app.permissions, repository_selection: 'all' });
}

function listInstallationRepositories(call: Call): WireResponse {
  const all = call.actor.endsWith('[bot]') ? [...call.world.repositories.values()] : [];
  const { shown, headers } = cutPage(call, all);
  const repositories = shown.map((repository) => repositoryShape(call.world, repository));
  return reply(200, { total_count: all.length, repositories }, headers);
}

function readInstallation(call: Call): WireResponse {
  const name = `${call.parameters['owner']}/${call.parameters['repo']}`.toLowerCase();
  return onlyApp(call, () => null).status !== 200 || call.world.repositories.has(name)
    ? onlyApp(call, () => installationShape(call.world))
    : notFound();
}

/** Members read it, and an App that was granted to. */
function readMembership(call: Call): WireResponse {
  const { org, team, login = '' } = call.parameters;
  const { app, teams = {} } = call.world.setup;
  if (call.actor.endsWith('[bot]') && app?.permissions['members'] === undefined) return problem(403, 'Resource not accessible by integration');
  const members = Object.entries(teams).find(([name]) => name.toLowerCase() === `${org}/${team}`.toLowerCase())?.[1] ?? [];
  if (!members.some((member) => member.toLowerCase() === login.toLowerCase())) return notFound();
  return reply(200, { url: `${call.world.setup.baseUrl}${call.request.path}`, role: 'member', state: 'active' });
}

function readPermission(call: RepositoryCall): WireResponse {
  const login = call.parameters['login'] ?? '';
  const account = findAccount(call.world, login);
  if (account === null || account.type === 'Organization') return problem(404, `${login} is not a user`);
  const role = account.type === 'Bot' ? 'write' : roleOf(call.repository, account.login);
  const roleName = role === null ? '' : typeof role === 'string' ? role : role.name;
  const user = { ...accountShape(call.world, account), permissions: permissionFlags(role), role_name: roleName };
  return reply(200, { permission: legacyPermission(role), role_name: roleName, user });
}

/** `maintain` shows as `write` and `triage` as `read`. @see GitHub REST, "Get repository permissions for a user". */
function legacyPermission(role: GitHubRole | CustomRole | null): 'none' | 'read' | 'write' | 'admin' {
  if (role === null) return 'none';
  const base = baseRole(role);
  return base === 'maintain' ? 'write' : base === 'triage' ? 'read' : base;
}

function permissionFlags(role: GitHubRole | CustomRole | null): Shape {
  const rank = role === null ? -1 : githubRoles.indexOf(baseRole(role));
  const names = ['pull', 'triage', 'push', 'maintain', 'admin'];
  return Object.fromEntries(names.map((name, index) => [name, rank >= index]));
}

function readCollaborator(call: RepositoryCall): WireResponse {
  const login = (call.parameters['login'] ?? '').toLowerCase();
  const isNamed = Object.keys(call.repository.setup.roles).some((name) => name.toLowerCase() === login);
  return isNamed || login === call.repository.owner.login.toLowerCase() ? reply(204, null) : notFound();
}
