import type { Failure } from '../domain/failure.ts';
import type { Fault } from '../domain/result.ts';

/** What receiving needs to know of the installation. */
export interface ReceiveInboxSettings {
  /** Login Slackwater writes as, for example `slackwater[bot]`; null when unknown. */
  readonly appLogin: string | null;
  /** `owner/name` a run reports to before its issue exists; null when policies do not come from a repository. */
  readonly policyRepository: string | null;
  /** Folder or file of the policies in that repository; the root when absent. */
  readonly policyPath?: string;
  /** Shortest and longest wait between two looks of a clean-up. Unit: seconds; 30 and 150 when absent. */
  readonly pollSeconds?: { readonly shortest: number; readonly longest: number };
}

/** What became of one message. */
export type InboxResult =
  /** Settled; `what` is a stable word for the log. */
  | { readonly kind: 'done'; readonly what: 'answered' | 'raised' | 'kept' | 'woken' | 'no-run' | 'noted' | 'ignored' | 'checked' | 'approved' | 'proposed' | 'withdrawn' | 'no-policy' }
  /** A service was out of reach; the message must come again. Nothing was lost, and what was done is not done twice. */
  | { readonly kind: 'retry-later'; readonly failure: Failure }
  /** No repeat can cure it: to the dead-letter queue, with the first fault's code. */
  | { readonly kind: 'poison'; readonly faults: readonly Fault[] };

/**
 * What a failed call makes of its message: one that a repeat may cure comes again; any other (the issue was deleted, a right
 * is missing, an answer nobody understands) is poison under the failure's own code, so that the dead letter tells it.
 */
export function stopBy(failure: Failure, where: string): InboxResult {
  if (failure.class === 'transient' || failure.class === 'conflict') return { kind: 'retry-later', failure };
  const { code, message, remedy } = failure;
  return { kind: 'poison', faults: [{ code, where, message, remedy }] };
}

/** Whether two names are one to GitHub and Azure, which do not heed case. */
export function isSameText(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
