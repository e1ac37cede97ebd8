import type { Instant } from './time.ts';
import type { RunOutcome } from './window-status.ts';

/** Every outcome a record may hold. */
export const runOutcomes = [
  'succeeded',
  'succeeded-with-unproven',
  'completed-partial',
  'completed-with-debt',
  'completed-overrun',
  'aborted',
  'replanned',
  'needs-reconcile',
  'not-started',
  'none',
] as const satisfies readonly RunOutcome[];

/** Compiles only while the list above is complete: a record with an outcome it lacks could not be read again. */
export type EveryOutcomeIsNamed = Exclude<RunOutcome, (typeof runOutcomes)[number]> extends never ? true : never;
export const everyOutcomeIsNamed: EveryOutcomeIsNamed = true;

/** One run as the state branch remembers it. */
export interface RunRecord {
  /** The run's id. */
  readonly who: string;
  /** When its window opened. */
  readonly when: Instant;
  /** When its window closed. */
  readonly until: Instant;
  /** What kept it from rolling everything, in a sentence; empty when nothing did. */
  readonly why: string;
  readonly outcome: RunOutcome;
  /** Codes of what withheld or stopped pools, each once; empty after a full roll. */
  readonly reasons: readonly string[];
  /** Pool → the oldest node image it runs at the end. */
  readonly nodeImages: Readonly<Record<string, string>>;
  /** Where it was told, and whether it is open as long as something is left; absent where it was not told, or not remembered. */
  readonly issue?: { readonly repository: string; readonly number: number; readonly state: 'open' | 'closed' };
  /** Pool, or `control-plane` → how long its last attempt took. Unit: minutes. */
  readonly tookMinutes: Readonly<Record<string, number>>;
}
