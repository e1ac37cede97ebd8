import type { Instant } from './time.ts';

/** A person's word that one loss may happen, for a time: a bare pod nobody re-creates, data on a node's own disk, a running Job. */
export interface LossAcknowledgement {
  /** What may be lost, exactly as the finding names it: `namespace/name`. */
  readonly where: string;
  /** Codes of the findings the word was given for; another code at the same place needs another word. */
  readonly codes: readonly string[];
  /** Names of the pools it concerns. */
  readonly pools: readonly string[];
  /** GitHub login of the person. */
  readonly by: string;
  readonly at: Instant;
  /** From then on the loss counts as not acknowledged again. */
  readonly until: Instant;
}

/** Findings that withhold a pool until somebody acknowledges the loss, and no longer. */
const lossCodes: readonly string[] = ['UNMANAGED_POD', 'LOCAL_DATA_LOSS', 'JOB_WILL_BE_LOST'];

/** Whether a finding of this code is about something that would be lost, so that a person can let it be. */
export function isLoss(code: string): boolean {
  return lossCodes.includes(code);
}

/** The word that holds for the finding at `now`; null when nobody gave one or it has run out. */
export function findAcknowledgement(
  acknowledgements: readonly LossAcknowledgement[],
  finding: { readonly code: string; readonly where: string },
  now: Instant,
): LossAcknowledgement | null {
  const holds = ({ where, codes, until }: LossAcknowledgement): boolean => where === finding.where && codes.includes(finding.code) && now < until;
  return isLoss(finding.code) ? (acknowledgements.find(holds) ?? null) : null;
}
