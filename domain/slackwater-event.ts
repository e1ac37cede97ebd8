import type { Instant } from './time.ts';
import type { UnitName } from './upgrade-plan.ts';
import type { RunOutcome } from './window-status.ts';

/** Names of the topic `events`, without their prefix: the only list. A consumer filters by them, so none changes its meaning. */
export const slackwaterEventNames = [
  'window.opened',
  'window.overrun',
  'window.missed',
  'run.started',
  'run.held',
  'run.paused',
  'run.resumed',
  'run.succeeded',
  'run.succeeded-with-unproven',
  'run.completed-partial',
  'run.completed-with-debt',
  'run.completed-overrun',
  'run.replanned',
  'run.needs-reconcile',
  'run.aborted',
  'run.not-started',
  'run.none',
  'control-plane.started',
  'control-plane.succeeded',
  'control-plane.failed',
  'pool.started',
  'pool.succeeded',
  'pool.failed',
  'pool.withheld',
  'pool.surge-reduced',
  'pool.skipped',
  'pool.aborted',
  'pool.unproven',
  'node.quarantined',
  'hold.started',
  'hold.acknowledged',
  'hold.escalated',
  'hold.cleared',
  'node.released',
  'clean-up.started',
  'clean-up.ended',
  'debt.opened',
  'debt.escalated',
  'debt.closed',
] as const;
export type SlackwaterEventName = (typeof slackwaterEventNames)[number];

/** Prefix of every name on the wire. */
const EVENT_PREFIX = 'dev.slackwater.';

/** The one event that tells how a run ended. */
export function runEndedEventName(outcome: RunOutcome): SlackwaterEventName {
  return `run.${outcome}`;
}

/** What an event is about; with its name this makes the message id. */
interface EventOccasion {
  readonly runId: string;
  /** `run` when it is about the whole run. */
  readonly unit: UnitName | 'run';
  /** Attempt at the unit, or the count of such events in the run (second pause: 2). Whole, ≥ 1. */
  readonly attempt: number;
}

/** An event ready for the activity `publishEvent`. */
interface SlackwaterMessage {
  readonly name: string;
  readonly subject: string;
  readonly at: Instant;
  readonly messageId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * An event about debts, outside any run. `occasion` sets it apart from every other debt, `step` from its other steps.
 */
export function debtEvent(
  name: Extract<SlackwaterEventName, `debt.${string}`>,
  about: { readonly occasion: string; readonly step: number },
  at: Instant,
  facts: Readonly<Record<string, unknown>>,
): SlackwaterMessage {
  return { name: `${EVENT_PREFIX}${name}`, subject: about.occasion, at, messageId: `${about.occasion}/${about.step}/${name}`, data: facts };
}

/**
 * An event with the message id by which a broker drops its repeat: run, unit, attempt and name.
 *
 * The same occasion always gives the same id, so a replay or a retry cannot tell a thing twice. At most 128 characters
 * for every name AKS allows (facts: Service Bus MessageId).
 */
export function slackwaterEvent(
  name: SlackwaterEventName,
  occasion: EventOccasion,
  at: Instant,
  facts: Readonly<Record<string, unknown>>,
): SlackwaterMessage {
  const { runId, unit, attempt } = occasion;
  return {
    name: `${EVENT_PREFIX}${name}`,
    subject: unit === 'run' ? runId : `${runId}/${unit}`,
    at,
    messageId: `${runId}/${unit}/${attempt}/${name}`,
    data: { ...facts, runId, unit, attempt },
  };
}
