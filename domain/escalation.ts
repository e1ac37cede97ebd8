import type { EscalationStep } from './maintenance-policy.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { Pause } from './window-status.ts';

/** Steps in the order in which they are due; a list of the policy may be in any. */
function inOrder(steps: readonly EscalationStep[]): readonly EscalationStep[] {
  return steps.toSorted((one, other) => one.afterMinutes - other.afterMinutes);
}

/** When the next step of escalation of a pause is due; null when none is left. Counted from when people were told of it. */
export function nextStepAt(pause: Pause, steps: readonly EscalationStep[]): Instant | null {
  const next = inOrder(steps)[pause.stepsTold ?? 0];
  return next === undefined ? null : (pause.toldAt ?? pause.since) + next.afterMinutes * MINUTE_MS;
}

/** The steps that are due and were not told, earliest first. */
export function stepsDue(pause: Pause, steps: readonly EscalationStep[], now: Instant): readonly EscalationStep[] {
  const began = pause.toldAt ?? pause.since;
  return inOrder(steps)
    .slice(pause.stepsTold ?? 0)
    .filter(({ afterMinutes }) => began + afterMinutes * MINUTE_MS <= now);
}

/** Key of the notice of one step of one pause, unique in the run. `step` counts from 1. */
export function stepKey(pauseNumber: number, step: number): string {
  return `paused-${pauseNumber}-step-${step}`;
}
