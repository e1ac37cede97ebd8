import type { ContainerServiceClient } from '@azure/arm-containerservice';
import type { Pipeline, PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import type { Failure, Outcome } from '../domain/failure.ts';
import { textAt, valueAt } from '../domain/json.ts';
import { classifyArmAnswer, classifyBrokenCall, unreadableAnswer } from './arm-failure.ts';
import type { ArmAnswer } from './arm-failure.ts';
import type { ArmThrottle } from './arm-throttle.ts';
import { judgeWrite } from './arm-write-guard.ts';
import type { WriteAllowance } from './arm-write-guard.ts';
import { findArmOperation } from './cluster-operations.ts';
import { armScope } from './credential.ts';
import { presentInvocation, witnessed } from './invocation.ts';
import { requireSafeEndpoint } from './loopback.ts';

/** How ARM is reached. */
export interface ArmConnection {
  readonly credential: TokenCredential;
  /** Null: Azure's public cloud. */
  readonly endpoint: string | null;
  /** `loopback-only` lets http be used for servers on this machine, which the SDK refuses by itself. */
  readonly allowInsecureConnection: 'never' | 'loopback-only';
  /** Limit of each call. Unit: milliseconds, 20 000 unless given. */
  readonly timeLimitMs?: number;
  /** What Azure asked to wait with, remembered for all clients of the process. Absent: nothing is. */
  readonly throttle?: ArmThrottle;
  /** Sees every answer as it came; whoever writes a snapshot of a cluster keeps what was read of it this way. */
  readonly onAnswer?: (request: { readonly method: string; readonly url: URL }, answer: ArmAnswer) => void;
}

/** What every client of an ARM SDK has. */
interface ArmClient {
  readonly pipeline: Pipeline;
}

/** Options that every client of an ARM SDK takes. */
export interface ArmClientOptions {
  readonly endpoint?: string;
  readonly retryOptions: { readonly maxRetries: number };
  readonly userAgentOptions: { readonly userAgentPrefix: string };
  readonly additionalPolicies: { readonly policy: PipelinePolicy; readonly position: 'perCall' }[];
}

/** What a PUT is held against before it leaves. */
export interface WriteGuard {
  /** Body of the GET the write was made from, as it came on the wire. */
  readonly read: unknown;
  readonly allowance: WriteAllowance;
}

/** Makes a client for one subscription; with a guard, one that lets no other PUT out. */
export type OpenArmClient = (subscriptionId: string, guard: WriteGuard | null) => Promise<ContainerServiceClient>;

/** Options of an SDK call that hand over the answer as it came on the wire. */
export interface CaptureOptions {
  readonly onResponse: (response: {
    readonly status: number;
    readonly headers: { toJSON(): Record<string, string> };
    readonly bodyAsText?: string | null;
  }) => void;
  readonly requestOptions: { readonly timeout: number };
}

const TIME_LIMIT_MS = 20_000;

/**
 * Prepares clients of AKS. The SDK is loaded with the first one, so that a cold start does not pay for it.
 *
 * Throws where the app is composed when the endpoint is not safe.
 */
export function createArmConnector(connection: ArmConnection): OpenArmClient {
  baseOf(connection);
  return async (subscriptionId, guard) => {
    const { ContainerServiceClient } = await import('./aks-sdk.ts');
    const policies = guard === null ? [] : [guardPolicy(guard)];
    return prepareArmClient(connection, policies, (options) => new ContainerServiceClient(connection.credential, subscriptionId, options));
  };
}

/**
 * Makes a client of any ARM SDK that behaves as all of ours do.
 *
 * No retries inside the SDK: they would sleep in a billed, killable activity and repeat writes nobody counted. No redirects: a write
 * leaves once, and no answer of ARM is one. No other host than ARM's own, so that no link in an answer takes the token elsewhere.
 */
export function prepareArmClient<C extends ArmClient>(connection: ArmConnection, policies: readonly PipelinePolicy[], make: (options: ArmClientOptions) => C): C {
  const base = baseOf(connection);
  const client = make({
    ...(connection.endpoint === null ? {} : { endpoint: connection.endpoint }),
    retryOptions: { maxRetries: 0 },
    userAgentOptions: { userAgentPrefix: 'slackwater' },
    additionalPolicies: [stayHomePolicy(base), leastPrivilegePolicy, ...throttlePolicies(connection), ...policies, ...observePolicies(connection), correlationPolicy].map((policy) => ({ policy, position: 'perCall' as const })),
  });
  client.pipeline.removePolicy({ name: 'redirectPolicy' });
  if (base.protocol === 'http:') {
    // The SDK's own token policy throws for http, and a proxy of the environment cannot reach this machine.
    client.pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' });
    client.pipeline.removePolicy({ name: 'proxyPolicy' });
    client.pipeline.addPolicy(loopbackTokenPolicy(connection.credential));
  }
  return client;
}

/** Where ARM is; throws when that is not safe. */
export function baseOf({ endpoint, allowInsecureConnection }: Pick<ArmConnection, 'endpoint' | 'allowInsecureConnection'>): URL {
  return endpoint === null ? new URL(PUBLIC_CLOUD) : requireSafeEndpoint(endpoint, allowInsecureConnection);
}

const PUBLIC_CLOUD = 'https://management.azure.com';

function stayHomePolicy(base: URL): PipelinePolicy {
  return {
    name: 'slackwaterStayHome',
    sendRequest(request, next) {
      const { origin, host, protocol } = new URL(request.url);
      // Regions answer with links to hosts of their own below ARM's.
      if (origin !== base.origin && !(protocol === 'https:' && host.endsWith(`.${base.host}`))) throw new RefusedRequest(elsewhere(origin));
      return next(request);
    },
  };
}

/** What no role is meant to grant is not even asked for; reads may follow any link of an answer. */
const leastPrivilegePolicy: PipelinePolicy = {
  name: 'slackwaterLeastPrivilege',
  sendRequest(request, next) {
    const { pathname } = new URL(request.url);
    if (request.method !== 'GET' && findArmOperation(request.method, pathname) === null) throw new RefusedRequest(unlisted(`${request.method} ${pathname}`));
    return next(request);
  },
};

function unlisted(what: string): Failure {
  return {
    code: 'operation-unlisted',
    class: 'terminal',
    message: `Nothing was sent: ${what} is none of the operations Slackwater has rights for.`,
    remedy: 'Report this message: it is a fault of the program.',
    retryAfterSeconds: null,
  };
}

function elsewhere(origin: string): Failure {
  return {
    code: 'link-elsewhere',
    class: 'unreadable',
    message: `An answer of ARM links to ${origin}, which is not ARM; nothing was sent there.`,
    remedy: 'Nothing is assumed from an answer we do not understand.',
    retryAfterSeconds: null,
  };
}

/**
 * Calls every request by the correlation id of what made us send it, and leaves a line of every write and every read that failed.
 *
 * Azure's activity log shows that id for whatever the request did, and support asks for the id of the request (facts: ARM resource provider contract, "Instrumentation and
 * tracing across services"; `x-ms-client-request-id` is set by the SDK, one for each request).
 */
const correlationPolicy: PipelinePolicy = {
  name: 'slackwaterCorrelation',
  async sendRequest(request, next) {
    const invocation = presentInvocation();
    const { method } = request;
    const { host, pathname: path } = new URL(request.url);
    const correlationId = invocation?.fields.correlationId;
    if (correlationId !== undefined) request.headers.set('x-ms-correlation-request-id', correlationId);
    const began = performance.now();
    let response: PipelineResponse | null = null;
    try {
      response = await witnessed({ service: 'arm', method, host, path }, () => next(request), (answer) => answer.status);
      return response;
    } finally {
      const isDone = response !== null && response.status < 400;
      if (method !== 'GET' || !isDone) {
        invocation?.logger.log(isDone ? 'info' : 'warn', 'arm.request', {
          method,
          path,
          status: response?.status ?? null,
          durationMs: Math.round(performance.now() - began),
          armRequestId: response?.headers.get('x-ms-request-id') ?? null,
          armCorrelationId: response?.headers.get('x-ms-correlation-request-id') ?? null,
          clientRequestId: request.headers.get('x-ms-client-request-id') ?? null,
        });
      }
    }
  },
};

/** What Azure asked to wait with is answered here instead of being sent. */
function throttlePolicies({ throttle }: ArmConnection): readonly PipelinePolicy[] {
  if (throttle === undefined) return [];
  return [
    {
      name: 'slackwaterThrottle',
      async sendRequest(request, next) {
        const asked = { method: request.method, path: new URL(request.url).pathname };
        const failure = throttle.judge(asked);
        if (failure !== null) throw new RefusedRequest(failure);
        const response = await next(request);
        throttle.note(asked, { status: response.status, headers: response.headers.toJSON() });
        return response;
      },
    },
  ];
}

function observePolicies({ onAnswer }: ArmConnection): readonly PipelinePolicy[] {
  return onAnswer === undefined ? [] : [answersTo('slackwaterObserve', onAnswer)];
}

/** A policy that hands over every answer as it came on the wire. */
export function answersTo(name: string, take: NonNullable<ArmConnection['onAnswer']>): PipelinePolicy {
  return {
    name,
    async sendRequest(request, next) {
      const response = await next(request);
      take(
        { method: request.method, url: new URL(request.url) },
        { status: response.status, headers: response.headers.toJSON(), body: parseBody(response.bodyAsText ?? '') },
      );
      return response;
    },
  };
}

function loopbackTokenPolicy(credential: TokenCredential): PipelinePolicy {
  return {
    name: 'slackwaterLoopbackToken',
    async sendRequest(request, next) {
      requireSafeEndpoint(request.url, 'loopback-only');
      const token = await credential.getToken(armScope);
      request.allowInsecureConnection = true;
      if (token !== null) request.headers.set('authorization', `Bearer ${token.token}`);
      return next(request);
    },
  };
}

/** Thrown inside the pipeline instead of sending; carries the failure the caller gets. */
class RefusedRequest extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'RefusedRequest';
    this.failure = failure;
  }
}

function guardPolicy({ read, allowance }: WriteGuard): PipelinePolicy {
  return {
    name: 'slackwaterWriteGuard',
    sendRequest(request, next) {
      if (request.method !== 'PUT') return next(request);
      const sent: unknown = typeof request.body === 'string' ? JSON.parse(request.body) : undefined;
      const failure = judgeWrite(read, sent, allowance);
      if (failure !== null) throw new RefusedRequest(failure);
      return next(request);
    },
  };
}

/**
 * Makes one call through the SDK and returns what came on the wire.
 *
 * What the SDK makes of an answer of success is left aside: its models throw on real answers (`agentPoolProfiles: null`
 * in upgrade profiles) and drop what they do not know.
 */
export async function callArm(
  { timeLimitMs }: ArmConnection,
  call: (options: CaptureOptions) => Promise<unknown>,
): Promise<Outcome<ArmAnswer>> {
  const answers: ArmAnswer[] = [];
  const options: CaptureOptions = {
    onResponse: (response) => {
      answers.push({
        status: response.status,
        headers: response.headers.toJSON(),
        body: parseBody(response.bodyAsText ?? ''),
      });
    },
    requestOptions: { timeout: timeLimitMs ?? TIME_LIMIT_MS },
  };
  let thrown: unknown = new Error('The SDK returned without an answer.');
  try {
    await call(options);
  } catch (error) {
    thrown = error;
  }
  const answer = answers.at(-1);
  if (thrown instanceof RefusedRequest) return { ok: false, failure: thrown.failure };
  if (answer === undefined) return { ok: false, failure: classifyBrokenCall(thrown) };
  return isSuccess(answer) ? { ok: true, value: answer } : { ok: false, failure: classifyArmAnswer(answer) };
}

function isSuccess({ status }: ArmAnswer): boolean {
  return status >= 200 && status < 300;
}

/** Pages after which a list is taken for endless. */
const PAGES_MAX = 50;

/**
 * Reads a list whole, page by page, through a client's own iterator, and gives its entries as they came on the wire.
 *
 * What the SDK makes of them is left aside, as in {@link callArm}; half a list is a failure, because it would hide what matters. `make` gets one
 * client for this list alone. Errors: as ARM gives them, `link-elsewhere`, `unreadable-answer`.
 */
export async function listArm<C extends ArmClient>(
  connection: ArmConnection,
  what: string,
  make: (options: ArmClientOptions) => C,
  pages: (client: C) => AsyncIterable<unknown>,
): Promise<Outcome<readonly unknown[]>> {
  const answers: ArmAnswer[] = [];
  const limit: PipelinePolicy = {
    name: 'slackwaterTimeLimit',
    sendRequest(request, next) {
      request.timeout = connection.timeLimitMs ?? TIME_LIMIT_MS;
      return next(request);
    },
  };
  const client = prepareArmClient(connection, [limit, answersTo('slackwaterPages', (_request, answer) => answers.push(answer))], make);
  let thrown: unknown = null;
  try {
    let count = 0;
    for await (const _page of pages(client)) if ((count += 1) >= PAGES_MAX) break;
  } catch (error) {
    thrown = error;
  }
  if (thrown instanceof RefusedRequest) return { ok: false, failure: thrown.failure };
  return joinPages(what, answers, thrown);
}

function joinPages(what: string, answers: readonly ArmAnswer[], thrown: unknown): Outcome<readonly unknown[]> {
  const last = answers.at(-1);
  if (last === undefined) return { ok: false, failure: classifyBrokenCall(thrown) };
  if (!isSuccess(last)) return { ok: false, failure: classifyArmAnswer(last) };
  const lists = answers.map(({ body }) => valueAt(body, 'value'));
  if (!lists.every((list) => Array.isArray(list))) return { ok: false, failure: unreadableAnswer(what, 'it holds no list') };
  if ((textAt(last.body, 'nextLink') ?? '') === '') return { ok: true, value: lists.flat() };
  // The next page was asked for and did not come, or there is no end to them.
  return thrown === null
    ? { ok: false, failure: unreadableAnswer(what, `it has more than ${PAGES_MAX} pages`) }
    : { ok: false, failure: classifyBrokenCall(thrown) };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
