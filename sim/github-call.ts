import { isRecord } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import { baseRole, githubRoles, roleOf } from './github-world.ts';
import type { Account, GitHubRole, Repository, World } from './github-world.ts';
import type { WireRequest, WireResponse, WorldChange } from './wire.ts';

/** A request on its way through the world: who asks, when, and where changes go. */
export interface Call {
  readonly now: Instant;
  readonly request: WireRequest;
  readonly world: World;
  /** A login, or the App itself. */
  readonly actor: string;
  /** Parts of the path by name, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly changes: WorldChange[];
}

/** A {@link Call} about a repository the actor may read, by an account. */
export interface RepositoryCall extends Call {
  readonly repository: Repository;
  readonly account: Account;
}

/** One operation. `pattern` names its parts in braces; a last part `{path}`, `{ref}` or `{branch}` takes slashes too. */
export interface Route<C extends Call> {
  readonly method: string;
  readonly pattern: string;
  readonly answer: (call: C) => WireResponse;
}

const DOCUMENTATION = 'https://docs.github.com/rest';

/** An answer with a JSON body. */
export function reply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): WireResponse {
  return { status, headers, body };
}

/** An error as GitHub words it. */
export function problem(status: number, message: string): WireResponse {
  return reply(status, { message, documentation_url: DOCUMENTATION, status: String(status) });
}

/** The 404 GitHub gives for what is not there and for what may not be seen. */
export function notFound(): WireResponse {
  return problem(404, 'Not Found');
}

/** One entry of a 422's `errors`. */
interface ValidationProblem {
  readonly resource: string;
  readonly field: string;
  readonly code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom';
  readonly message?: string;
}

/** The 422 GitHub gives for a body it understands and refuses. */
export function validationFailed(errors: readonly ValidationProblem[]): WireResponse {
  return reply(422, { message: 'Validation Failed', errors, documentation_url: DOCUMENTATION, status: '422' });
}

/** The 422 GitHub gives when a required field is absent or of the wrong type. */
export function notSupplied(field: string): WireResponse {
  return problem(422, `Invalid request.\n\n"${field}" wasn't supplied.`);
}

/** A field of the body; undefined when the body has none. */
export function field(call: Call, name: string): unknown {
  return isRecord(call.request.body) ? call.request.body[name] : undefined;
}

/** A text field of the body; null when it is absent or no text. */
export function textField(call: Call, name: string): string | null {
  const value = field(call, name);
  return typeof value === 'string' ? value : null;
}

/** A whole number from the path or query; null when it is none. */
export function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** Most characters of an issue's, pull request's or comment's body. */
const BODY_CHARACTERS_MAX = 65_536;

/** The 422 for a body that is too long; null when it is not. */
export function refuseLongBody(resource: string, body: string | null): WireResponse | null {
  if (body === null || body.length <= BODY_CHARACTERS_MAX) return null;
  const message = `body is too long (maximum is ${BODY_CHARACTERS_MAX} characters)`;
  return validationFailed([{ resource, field: 'body', code: 'custom', message }]);
}

/** Whether the actor's role on the repository is at least `needed`; the App's installation counts as `write`. */
export function hasRole(call: RepositoryCall, needed: GitHubRole): boolean {
  const role = call.account.type === 'Bot' ? 'write' : roleOf(call.repository, call.account.login);
  return role !== null && githubRoles.indexOf(baseRole(role)) >= githubRoles.indexOf(needed);
}

/** The 403 when the App was not given write access to `area` (`issues`, `contents` …); null for everybody else. */
export function refuseUngranted(call: RepositoryCall, area: string): WireResponse | null {
  if (call.account.type !== 'Bot' || call.world.setup.app?.permissions[area] === 'write') return null;
  return problem(403, 'Resource not accessible by integration');
}

/** One page of a list, with GitHub's `Link` header. `per_page` is 1–100, 30 by default; pages count from 1. */
export function pageOf<T>(call: Call, items: readonly T[], shape: (item: T) => unknown): WireResponse {
  const { shown, headers } = cutPage(call, items);
  return reply(200, shown.map(shape), headers);
}

/** The items of the page asked for, and the `Link` header to the others. */
export function cutPage<T>(call: Call, items: readonly T[]): { shown: readonly T[]; headers: Record<string, string> } {
  const { query } = call.request;
  const perPage = Math.min(Math.max(wholeNumber(query['per_page']) ?? 30, 1), 100);
  const page = Math.max(wholeNumber(query['page']) ?? 1, 1);
  const last = Math.max(Math.ceil(items.length / perPage), 1);
  const link = (to: number, relation: string): string => {
    const search = new URLSearchParams({ ...query, page: String(to) });
    return `<${call.world.setup.baseUrl}${call.request.path}?${search.toString()}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  const shown = items.slice((page - 1) * perPage, page * perPage);
  return { shown, headers: links.length === 0 ? {} : { link: links.join(', ') } };
}

/** Adds an ETag to a 200 of a GET and turns it into a 304 when the client has that one already. */
export function withEntityTag(request: WireRequest, response: WireResponse): WireResponse {
  if (request.method !== 'GET' || response.status !== 200) return response;
  const etag = `W/"${fingerprintOf(JSON.stringify(response.body))}"`;
  const headers = { ...response.headers, etag, 'cache-control': 'private, max-age=60, s-maxage=60' };
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
  return known.includes(etag) ? { status: 304, headers, body: null } : { ...response, headers };
}

/** 64 bits by FNV-1a in two lanes: enough to tell two answers apart, and far cheaper than a digest on every read. */
function fingerprintOf(text: string): string {
  let one = 0x811c9dc5;
  let other = 0x01000193;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ (code + index), 0x85ebca6b);
  }
  return [one, other].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
