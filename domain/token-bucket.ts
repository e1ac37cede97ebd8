import { SECOND_MS } from './time.ts';
import type { Instant } from './time.ts';

/** How a service limits requests: each takes one token, and tokens come back at a steady rate up to a most. */
export interface TokenBucket {
  /** Most tokens it holds. Whole, ≥ 1. */
  readonly burst: number;
  /** Unit: tokens a second, > 0. */
  readonly refillPerSecond: number;
}

/** A bucket's content at one moment. */
export interface BucketLevel {
  readonly tokens: number;
  readonly at: Instant;
}

/** What a bucket holds at `now`, not before the moment of its level. */
export function tokensAt({ burst, refillPerSecond }: TokenBucket, { tokens, at }: BucketLevel, now: Instant): number {
  return Math.min(burst, tokens + (refillPerSecond * (now - at)) / SECOND_MS);
}

/** Whole seconds until a bucket that holds `tokens` and is left alone holds `wanted`, which is at most its burst; 0 when it does. */
export function secondsUntil({ refillPerSecond }: TokenBucket, tokens: number, wanted: number): number {
  return tokens >= wanted ? 0 : Math.ceil((wanted - tokens) / refillPerSecond);
}
