import type { Failure, Outcome } from '../domain/failure.ts';
import { SECOND_MS, type Instant } from '../domain/time.ts';
import type { Flow, Step } from './flow.ts';

const FIRST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 300;

/** How long to wait before the same call is made again: what the service asked for, else doubling from 30 s to 5 min. */
export function waitSecondsAfter(failure: Failure, tries: number): number {
  const own = Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** Math.min(tries, 5));
  return Math.max(own, failure.retryAfterSeconds ?? 0);
}

/**
 * Meets a throw like a passing failure. An activity that threw at every retry (a lost host, a fault of ours) must end
 * neither the watch of an upgrade that goes on nor the run that has to tell of it.
 */
export function* guarded<T>(step: Step<Outcome<T>>): Step<Outcome<T>> {
  try {
    return yield* step;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, failure: { code: 'activity-failed', class: 'transient', message, remedy: 'Look at the log of the function app.', retryAfterSeconds: null } };
  }
}

/**
 * Calls again, on durable timers that cost nothing, until the call succeeds, fails for good, or `until` has passed.
 * The last failure is the answer then.
 */
export function* patiently<T>(flow: Flow, until: Instant, attempt: () => Step<Outcome<T>>): Step<Outcome<T>> {
  for (let tries = 0; ; tries += 1) {
    const outcome = yield* guarded(attempt());
    if (outcome.ok || outcome.failure.class === 'terminal') return outcome;
    const next = flow.now() + waitSecondsAfter(outcome.failure, tries) * SECOND_MS;
    if (next >= until) return outcome;
    yield* flow.sleepUntil(next);
  }
}
