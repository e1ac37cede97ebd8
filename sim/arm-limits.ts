import { armBudgets, drawsOf, subscriptionOf, type ArmDraw } from '../domain/arm-budget.ts';
import { secondsUntil, tokensAt, type BucketLevel } from '../domain/token-bucket.ts';
import type { Instant } from '../domain/time.ts';
import { gatewayError, serviceError } from './arm-answers.ts';
import type { Simulated, WireRequest, WireResponse } from './wire.ts';

/** What remains of ARM's own bucket, by the header's last word. */
const remainingHeaders = { armReads: 'x-ms-ratelimit-remaining-subscription-reads', armWrites: 'x-ms-ratelimit-remaining-subscription-writes' } as const;

/**
 * Puts Azure's token buckets before a simulated ARM, all full at first: what finds one empty is refused with 429 and `Retry-After`, and changes nothing.
 *
 * @see the sources of `armBudgets`; the words are those of AKS's own answer.
 */
export function withArmLimits(simulated: Simulated): Simulated {
  const levels = new Map<string, BucketLevel>();
  const tokensOf = ({ budget, key }: ArmDraw, now: Instant): number => tokensAt(armBudgets[budget], levels.get(key) ?? { tokens: armBudgets[budget].burst, at: now }, now);
  return {
    ...simulated,
    apply(now, request) {
      const draws = drawsOf(request.method, request.path);
      const empty = draws.find((each) => tokensOf(each, now) < 1);
      if (empty !== undefined) return { response: refuse(request, empty, tokensOf(empty, now)), changes: simulated.advance(now) };
      for (const each of draws) levels.set(each.key, { tokens: tokensOf(each, now) - 1, at: now });
      const { response, changes } = simulated.apply(now, request);
      const [gateway] = draws;
      return { response: gateway === undefined ? response : withRemaining(response, gateway, tokensOf(gateway, now)), changes };
    },
  };
}

function refuse({ method, path }: WireRequest, { budget }: ArmDraw, tokens: number): WireResponse {
  const seconds = secondsUntil(armBudgets[budget], tokens, 1);
  const headers = { 'retry-after': String(seconds) };
  const subscription = subscriptionOf(path).split('/').at(-1) ?? '';
  if (budget === 'armReads' || budget === 'armWrites') {
    const message = `Number of requests for subscription '${subscription}' exceeded the limit. Please try again after '${seconds}' seconds.`;
    const answer = gatewayError(429, 'SubscriptionRequestsThrottled', message);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
  return serviceError(429, 'Throttled', `The ${method} request limit has been exceeded for SubID='${subscription}', please retry again in ${seconds} seconds. For more information, see aka.ms/aks/throttling`, headers);
}

function withRemaining(response: WireResponse, { budget }: ArmDraw, tokens: number): WireResponse {
  if (budget !== 'armReads' && budget !== 'armWrites') return response;
  return { ...response, headers: { ...response.headers, [remainingHeaders[budget]]: String(Math.floor(tokens)) } };
}
