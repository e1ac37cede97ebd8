import { formatBothDated } from './local-time.ts';
import { findAcknowledgement, isLoss } from './loss-acknowledgement.ts';
import type { LossAcknowledgement } from './loss-acknowledgement.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import type { Finding } from './preflight-report.ts';
import type { Instant } from './time.ts';

/** Findings that only warn and end by themselves: their pools wait for that as long as the window leaves time. */
const awaitedCodes: readonly string[] = ['JOB_WILL_BE_LOST'];

/**
 * Whether a finding keeps its pools from starting: every block does, and so does work that ends by itself and would be lost,
 * unless somebody acknowledged the loss or the policy lets findings only warn.
 */
export function keepsFromStarting(finding: Finding, policy: MaintenancePolicy, acknowledgements: readonly LossAcknowledgement[], now: Instant): boolean {
  if (finding.severity === 'block') return true;
  return awaitedCodes.includes(finding.code) && policy.onFinding.action !== 'warn' && findAcknowledgement(acknowledgements, finding, now) === null;
}

/**
 * What a block comes to after people have had their say: the finding stays and only warns.
 *
 * A loss warns while somebody's acknowledgement of it holds, and for no other reason. Any other finding of single pools warns
 * where the policy says `warn`. A finding of the whole run is never softened.
 */
export function softenFinding(
  finding: Finding,
  policy: MaintenancePolicy | null,
  acknowledgements: readonly LossAcknowledgement[],
  now: Instant,
): Finding {
  if (finding.severity !== 'block' || finding.pools.includes('*')) return finding;
  if (isLoss(finding.code)) {
    const word = findAcknowledgement(acknowledgements, finding, now);
    if (word === null) return finding;
    const until = formatBothDated(word.until, policy?.window.timeZone ?? 'UTC');
    return {
      ...finding,
      severity: 'warn',
      message: `${finding.message} ${word.by} acknowledged the loss until ${until}.`,
      evidence: { ...finding.evidence, acknowledgedBy: word.by, acknowledgedUntil: word.until },
    };
  }
  if (policy?.onFinding.action !== 'warn') return finding;
  return {
    ...finding,
    severity: 'warn',
    message: `${finding.message} It would block; the policy only warns.`,
    evidence: { ...finding.evidence, budgetedByPolicy: true },
  };
}
