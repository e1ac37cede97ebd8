import type { Clock } from '../activities/ports.ts';
import { armBudgets, drawsOf, subscriptionOf } from '../domain/arm-budget.ts';
import type { Failure } from '../domain/failure.ts';
import { formatUtc } from '../domain/local-time.ts';
import { SECOND_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import { spreadOf } from '../domain/window-identity.ts';
import { readRetryAfterSeconds } from './arm-failure.ts';
import type { ArmAnswer } from './arm-failure.ts';

/** One request, as far as its limits go. */
interface ArmRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
}

/** What Azure asked this process to wait with. */
export interface ArmThrottle {
  /** Null: it may be sent. Else the wait that is left, as the failure its sender gets. */
  judge(request: ArmRequest): Failure | null;
  /** Takes up what an answer says of limits. */
  note(request: ArmRequest, answer: Pick<ArmAnswer, 'status' | 'headers'>): void;
}

/** Of ARM's own bucket, a tenth: below it reads wait until about half of it has come back. */
const LOW_TOKENS = armBudgets.armReads.burst / 10;
const ENOUGH_TOKENS = armBudgets.armReads.burst / 2;
/** Those who were held back do not come back in one second. Unit: seconds. */
const SPREAD_SECONDS = 20;

/**
 * A memory of "not before": one run's throttled answer holds back every run of this process that draws from the same bucket, without sending.
 *
 * It is a value, not a sleep: the sender gets the rest of the wait and spends it on a durable timer. 429 counts for the bucket it came from (ARM's by
 * the header `x-ms-failure-cause: gateway`, else the resource provider's), 503 with `Retry-After` for that cluster alone. A low
 * `x-ms-ratelimit-remaining-subscription-reads` holds reads back for some seconds.
 * @see Microsoft Learn, "Understand how Azure Resource Manager throttles requests": Retry-After and the remaining-requests headers.
 */
export function createArmThrottle(clock: Clock): ArmThrottle {
  const notBefore = new Map<string, Instant>();
  const hold = (key: string, seconds: number): void => {
    const now = clock.now();
    for (const [other, until] of notBefore) if (until <= now) notBefore.delete(other);
    notBefore.set(key, Math.max(notBefore.get(key) ?? 0, now + seconds * SECOND_MS));
  };
  return {
    judge(request) {
      const now = clock.now();
      const { gateway, provider, cluster } = keysOf(request);
      const until = Math.max(...[gateway, provider, cluster].map((key) => notBefore.get(key) ?? 0));
      return until <= now ? null : heldBack(request, until, now);
    },
    note(request, { status, headers }) {
      const { gateway, provider, cluster } = keysOf(request);
      const seconds = status === 429 || status === 503 ? readRetryAfterSeconds(headers) : null;
      if (seconds !== null) hold(status === 503 ? cluster : headers['x-ms-failure-cause'] === 'gateway' ? gateway : provider, seconds);
      const left = headers['x-ms-ratelimit-remaining-subscription-reads'];
      const tokens = left === undefined || !/^\d+$/.test(left) ? null : Number(left);
      if (tokens !== null && tokens < LOW_TOKENS && request.method === 'GET') hold(gateway, Math.ceil((ENOUGH_TOKENS - tokens) / armBudgets.armReads.refillPerSecond));
    },
  };
}

/** Names of the buckets a request draws from, and of the cluster it is about. */
function keysOf({ method, path }: ArmRequest): { readonly gateway: string; readonly provider: string; readonly cluster: string } {
  const [gateway, own] = drawsOf(method, path);
  const lower = path.toLowerCase();
  const provider = /\/providers\/([^/]+)/.exec(lower)?.[1] ?? '';
  return {
    gateway: gateway?.key ?? '',
    provider: own?.key ?? `${method === 'GET' ? 'reads' : 'writes'} ${subscriptionOf(lower)}/${provider}`,
    cluster: `${method === 'GET' ? 'reads' : 'writes'} ${clusterOf(lower)}`,
  };
}

/** The cluster a path lies in, else the path. */
function clusterOf(path: string): string {
  return /^.*\/managedclusters\/[^/]+/.exec(path)?.[0] ?? path;
}

function heldBack({ path }: ArmRequest, until: Instant, now: Instant): Failure {
  const left = Math.ceil((until - now) / SECOND_MS);
  return {
    code: 'throttled-earlier',
    class: 'transient',
    message: `Nothing was sent: Azure asked to wait with such requests until ${formatUtc(until)}.`,
    remedy: 'Nothing to do: it is sent when Azure takes it again. If it lasts, give some clusters of the subscription other windows.',
    retryAfterSeconds: left + spreadOf(clusterOf(path.toLowerCase()), SPREAD_SECONDS),
  };
}
