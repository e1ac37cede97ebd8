import type { ContainerServiceClient } from '@azure/arm-containerservice';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import type { Failure, Outcome } from '../domain/failure.ts';
import { classifyArmAnswer, classifyBrokenCall } from './arm-failure.ts';
import type { ArmAnswer } from './arm-failure.ts';
import { judgeWrite } from './arm-write-guard.ts';
import type { WriteAllowance } from './arm-write-guard.ts';
import { armScope } from './credential.ts';
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
 * Prepares ARM clients. The SDK is loaded with the first one, so that a cold start does not pay for it.
 *
 * No retries inside the SDK: they would sleep in a billed, killable activity and repeat writes nobody counted. Throws
 * where the app is composed when the endpoint is not safe.
 */
export function createArmConnector(connection: ArmConnection): OpenArmClient {
  const { endpoint, credential, allowInsecureConnection } = connection;
  const url = endpoint === null ? null : requireSafeEndpoint(endpoint, allowInsecureConnection);
  const isInsecure = url?.protocol === 'http:';
  return async (subscriptionId, guard) => {
    const { ContainerServiceClient } = await import('@azure/arm-containerservice');
    const client = new ContainerServiceClient(credential, subscriptionId, {
      ...(endpoint === null ? {} : { endpoint }),
      retryOptions: { maxRetries: 0 },
      userAgentOptions: { userAgentPrefix: 'slackwater' },
      additionalPolicies: guard === null ? [] : [{ policy: guardPolicy(guard), position: 'perCall' as const }],
    });
    // A write leaves once, and no answer of ARM is a redirect: one is told as it came.
    client.pipeline.removePolicy({ name: 'redirectPolicy' });
    if (isInsecure) {
      // The SDK's own token policy throws for http, and a proxy of the environment cannot reach this machine.
      client.pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' });
      client.pipeline.removePolicy({ name: 'proxyPolicy' });
      client.pipeline.addPolicy(loopbackTokenPolicy(credential));
    }
    return client;
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
class RefusedWrite extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'RefusedWrite';
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
      if (failure !== null) throw new RefusedWrite(failure);
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
  if (thrown instanceof RefusedWrite) return { ok: false, failure: thrown.failure };
  if (answer === undefined) return { ok: false, failure: classifyBrokenCall(thrown) };
  const isSuccess = answer.status >= 200 && answer.status < 300;
  return isSuccess ? { ok: true, value: answer } : { ok: false, failure: classifyArmAnswer(answer) };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
