import { APPROVE_IDENTIFIER } from './check-action-message.ts';
import { CHECK_DIGESTS_MAX, checkNameOf, writeCheckReference } from './check-run.ts';
import type { CheckRunReport, LineRemark } from './check-run.ts';
import type { CheckedFile, CheckedPolicy, LocatedPolicyFault } from './checked-policy.ts';
import { renderCheckedFile } from './policy-check-markdown.ts';

/** Remarks GitHub is given of one file; the rest is counted in the summary. */
const REMARKS_MAX = 200;
const TITLE_CHARACTERS_MAX = 255;
const MESSAGE_CHARACTERS_MAX = 4_000;

/**
 * The check run of a policy file.
 *
 * `failure`: the file has faults, each at its line · `action_required`: approvals are missing · `neutral`: valid, but the
 * cluster could not be read or would be blocked now, or the file is removed · `success`: else. What is wrong with the cluster
 * is no fault of the file, so it does not fail the check; an approval that cannot be given keeps it from passing.
 */
export function reportOfCheck(file: CheckedFile): CheckRunReport {
  const { path, pullNumber, headSha, content } = file;
  const policies = content.kind === 'valid' ? content.policies : [];
  const digests = policies.map(({ look }) => (look.kind === 'planned' ? look.plan.digest : '-'));
  const { conclusion, title } = judgeCheck(file);
  return {
    name: checkNameOf(path),
    headSha,
    reference: writeCheckReference({ pullNumber, digests }),
    conclusion,
    title,
    ...renderCheckedFile(file),
    remarks: content.kind === 'faulty' ? content.faults.slice(0, REMARKS_MAX).map((fault) => remarkOf(path, fault)) : [],
    buttons: canBeApproved(file) ? [{ identifier: APPROVE_IDENTIFIER, label: 'Approve', description: 'Approves the plan at this commit' }] : [],
  };
}

/** Whether the button can approve every policy of the file: each has a plan, and one at least waits for approvals. */
export function canBeApproved({ content }: CheckedFile): boolean {
  if (content.kind !== 'valid' || content.policies.length > CHECK_DIGESTS_MAX) return false;
  return content.policies.some(isWaiting) && content.policies.every(({ look }) => look.kind === 'planned');
}

function isWaiting({ rule, approvals }: CheckedPolicy): boolean {
  return approvals === null ? rule.required > 0 : approvals.kind === 'waiting';
}

function judgeCheck({ content }: CheckedFile): Pick<CheckRunReport, 'conclusion' | 'title'> {
  if (content.kind === 'removed') return { conclusion: 'neutral', title: 'Removed: no window opens by this file any more' };
  if (content.kind === 'faulty') return { conclusion: 'failure', title: countOf(content.faults.length, 'fault') };
  const { policies } = content;
  if (policies.some(isWaiting)) {
    const missing = policies.reduce((sum, { rule, approvals }) => sum + Math.max(0, (approvals?.required ?? rule.required) - (approvals?.approvers.length ?? 0)), 0);
    return { conclusion: 'action_required', title: missing === 0 ? 'Valid; somebody else has to approve' : `Valid; ${countOf(missing, 'approval')} missing` };
  }
  const unread = policies.filter(({ look }) => look.kind === 'not-read').length;
  if (unread > 0) return { conclusion: 'neutral', title: `Valid; ${countOf(unread, 'cluster')} not read` };
  const blocking = policies.flatMap(({ look }) => (look.kind === 'planned' ? look.report.findings.filter(({ severity }) => severity === 'block') : [])).length;
  if (blocking > 0) return { conclusion: 'neutral', title: `Valid; ${countOf(blocking, 'finding')} would block now` };
  const units = policies.reduce((sum, { look }) => sum + (look.kind === 'planned' ? look.plan.units.length : 0), 0);
  return { conclusion: 'success', title: units === 0 ? 'Valid; nothing to upgrade now' : `Valid; ${countOf(units, 'unit')} to upgrade, nothing would block now` };
}

function countOf(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function remarkOf(path: string, { code, where, line, column, message, remedy }: LocatedPolicyFault): LineRemark {
  const said = message.includes(where) ? message : `${where}: ${message}`;
  return { path, line, column, title: code.slice(0, TITLE_CHARACTERS_MAX), message: `${said} ${remedy}`.slice(0, MESSAGE_CHARACTERS_MAX) };
}
