import { verify } from 'node:crypto';
import type { Instant } from '../domain/time.ts';
import { actorHeader, createGitHub, pagePrefix } from '../sim/github.ts';
import type { SimulatedGitHub } from '../sim/github.ts';
import { appActor } from '../sim/github-world.ts';
import type { GitHubSetup } from '../sim/github-world.ts';
import { problem } from '../sim/github-call.ts';
import type { Simulated, WireRequest, WireResponse, WorldChange } from '../sim/wire.ts';
import type { FaultList } from './faults.ts';
import { createAppManifests } from './github-app-manifests.ts';
import { answerDeliveries } from './github-deliveries.ts';
import { takeForm } from './github-forms.ts';
import { renderPage } from './github-pages.ts';
import { createWebhooks } from './github-webhooks.ts';
import type { Webhooks } from './github-webhooks.ts';
import type { InFlight } from './in-flight.ts';
import { replayJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import type { RequestLog } from './request-log.ts';
import { serveSimulated } from './simulated-server.ts';
import type { Exchange } from './simulated-server.ts';

/** How the local GitHub is put together. */
export interface GitHubServerOptions {
  readonly setup: Omit<GitHubSetup, 'baseUrl' | 'webUrl'>;
  readonly now: () => Instant;
  /** Null: nothing is kept, the world dies with the process. What it holds is applied again before the first request. */
  readonly journal: Journal | null;
  readonly faults: FaultList;
  readonly log: RequestLog;
  /** 0 lets the system choose. */
  readonly port?: number;
  readonly webhook: {
    readonly secret: string;
    /** Goes into delivery ids. */
    readonly seed: number;
    /** Where deliveries go now; null while nobody listens. */
    readonly deliverTo: () => string | null;
  };
  /** Public key (PEM) that the App's own requests must be signed for; null takes none of them. */
  readonly appPublicKey: string | null;
  readonly onChanges?: (changes: readonly WorldChange[]) => void;
  /** Counts webhooks on their way, so that a virtual clock waits for them. */
  readonly inFlight?: InFlight;
}

/** A GitHub on loopback. */
export interface GitHubServer {
  /** Base of the pages, without a trailing slash. */
  readonly url: string;
  /** Base of the REST API: Octokit's `baseUrl`. */
  readonly apiUrl: string;
  readonly port: number;
  readonly github: SimulatedGitHub;
  readonly webhooks: Webhooks;
  /** Does an API request as `login`, as if it came over the wire: kept in the journal, webhooks delivered. `path` is as in the API. */
  request(login: string, method: string, path: string, body: unknown): WireResponse;
  close(): Promise<void>;
}

/** Name in the log and the journal. */
const githubService = 'github';
const API = '/api/v3';

/**
 * Serves a simulated GitHub: REST under `/api/v3`, pages for people elsewhere, webhooks to one receiver.
 *
 * Every API request needs a token of the setup, an issued installation token, or, for the App's own routes, a JSON web
 * token of the App. Comments written on a page go through the same API. Webhooks of before a restart are listed, not sent
 * again, for GitHub does not either; `webhooks.redeliver` does.
 */
export async function startGitHubServer(options: GitHubServerOptions): Promise<GitHubServer> {
  const { journal, webhook, setup } = options;
  let world: SimulatedGitHub | null = null;
  const github = (): SimulatedGitHub => {
    if (world === null) throw new Error('The local GitHub is asked before it has started.');
    return world;
  };
  let tryCount = 0;
  const webhooks = createWebhooks({
    ...webhook,
    now: options.now,
    nextTryId: () => (tryCount += 1),
    appId: setup.app?.id ?? 0,
    beginWork: (what) => options.inFlight?.begin(what) ?? (() => undefined),
  });
  const onChanges = (changes: readonly WorldChange[]): void => {
    options.onChanges?.(changes);
    webhooks.send(changes);
  };
  const signed = (request: WireRequest): WireRequest => withActor(request, findActor(options, github(), request));
  const simulated: Simulated = {
    apply: (now, request) => github().apply(now, signed(request)),
    advance: (now) => github().advance(now),
    nextAt: () => github().nextAt(),
  };
  const keep = journal === null ? null : { ...journal, record: (row: Parameters<Journal['record']>[0]) => journal.record({ ...row, request: signed(row.request) }) };
  const request: GitHubServer['request'] = (login, method, path, body) => {
    const at = options.now();
    const wire: WireRequest = { method, path, query: {}, headers: { [actorHeader]: login }, body };
    const { response, changes } = github().apply(at, wire);
    if (method !== 'GET') journal?.record({ at, service: githubService, request: wire });
    onChanges(changes);
    return response;
  };
  const manifests = createAppManifests();
  const answerOfWire = (incoming: WireRequest): WireResponse | null => {
    const request = { ...incoming, path: incoming.path.slice(API.length) };
    const stranger = manifests.answerApi(request, github(), options.now()) ?? refuseStranger(options, github(), incoming);
    if (stranger !== null) return stranger;
    const isApp = findActor(options, github(), incoming) === appActor;
    return answerDeliveries(webhooks, request, `${server.url}${API}`, isApp ? 'app' : 'somebody-else');
  };
  const server = await serveSimulated({
    service: githubService,
    simulated,
    now: options.now,
    journal: keep,
    onChanges,
    faults: options.faults,
    log: options.log,
    port: options.port ?? 0,
    guard: (incoming, exchange) => (incoming.path.startsWith(`${API}/`) ? answerOfWire(incoming) : (manifests.answerPage(incoming, exchange.rawBody) ?? answerPage(github(), incoming, exchange, request))),
  });
  const apiUrl = `${server.url}${API}`;
  world = createGitHub({ ...setup, baseUrl: apiUrl, webUrl: server.url });
  if (journal !== null) replay(world, journal, webhooks);
  return { url: server.url, apiUrl, port: server.port, github: world, webhooks, request, close: server.close };
}

function replay(world: SimulatedGitHub, journal: Journal, webhooks: Webhooks): void {
  const apply: Simulated['apply'] = (at, request) => {
    const result = world.apply(at, request);
    webhooks.remember(result.changes);
    return result;
  };
  replayJournal({ [githubService]: { apply } }, journal.rows());
}

/** The request as the simulated service takes it: path below the API, and who asks as we found out, not as was claimed. */
function withActor(request: WireRequest, actor: string): WireRequest {
  const { [actorHeader]: _claimed, authorization: _secret, ...headers } = request.headers;
  const path = request.path.startsWith(API) ? request.path.slice(API.length) : request.path;
  return { ...request, path, headers: actor === '' ? headers : { ...headers, [actorHeader]: actor } };
}

/** A login, the App itself, or `''` for nobody. */
function findActor(options: GitHubServerOptions, github: SimulatedGitHub, request: WireRequest): string {
  const token = tokenOf(request);
  const login = github.actorOf(token);
  if (login !== null) return login;
  return isSignedByApp(options, token) ? appActor : '';
}

function tokenOf(request: WireRequest): string {
  return /^(?:bearer|token)\s+(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1] ?? '';
}

function refuseStranger(options: GitHubServerOptions, github: SimulatedGitHub, request: WireRequest): WireResponse | null {
  if (request.headers['authorization'] === undefined) return problem(401, 'Requires authentication');
  if (request.path.startsWith(`${API}${pagePrefix}/`)) return problem(404, 'Not Found');
  return findActor(options, github, request) === '' ? problem(401, 'Bad credentials') : null;
}

/** Whether a token is a JSON web token (RS256) of the App that has not run out. @see RFC 7515, RFC 7519. */
function isSignedByApp({ appPublicKey, setup }: GitHubServerOptions, token: string): boolean {
  const [header, payload, signature, ...rest] = token.split('.');
  if (appPublicKey === null || signature === undefined || rest.length > 0) return false;
  const isSigned = verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), appPublicKey, Buffer.from(signature, 'base64url'));
  if (!isSigned) return false;
  const claims: { iss?: unknown; exp?: unknown } = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString('utf8'));
  // The machine's own clock on purpose: client and server share it, whatever time the world has.
  return String(claims.iss) === String(setup.app?.id) && Number(claims.exp) > Date.now() / 1000;
}

function answerPage(github: SimulatedGitHub, request: WireRequest, exchange: Exchange, send: GitHubServer['request']): WireResponse {
  return request.method === 'GET' ? renderPage(github, request.path) : takeForm(github, request, exchange, send);
}
