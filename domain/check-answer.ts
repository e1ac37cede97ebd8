import { leastPermissionFor } from './command-permission.ts';
import { codeSpan } from './markdown-text.ts';

/** Why the button of a check run was not taken. */
export type CheckRefusal =
  | { readonly kind: 'not-allowed'; readonly permission: string }
  | { readonly kind: 'permission-unknown' }
  | { readonly kind: 'not-in-team'; readonly teams: readonly string[] }
  /** The pull request was pushed to, closed or merged since the check run was shown. */
  | { readonly kind: 'pushed' | 'closed' }
  | { readonly kind: 'own-pull-request' }
  | { readonly kind: 'plan-changed' }
  | { readonly kind: 'not-waiting' };

/** The one answer to a button that was not taken: what it was about, why, and what to do. */
export function answerCheckRefusal(refusal: CheckRefusal, { path, sender }: { readonly path: string; readonly sender: string }): string {
  return `The approval of ${codeSpan(path)} by ${codeSpan(sender)} was refused: ${reasonOf(refusal)} Nothing was changed.`;
}

function reasonOf(refusal: CheckRefusal): string {
  switch (refusal.kind) {
    case 'not-allowed':
      return `it needs the permission **${leastPermissionFor('approve')}** on this repository, and ${refusal.permission === 'none' ? 'there is none' : `the permission is ${codeSpan(refusal.permission)}`}.`;
    case 'permission-unknown':
      return `GitHub did not say which permission there is, and **${leastPermissionFor('approve')}** is needed. Press again, or have somebody look at the rights of the Slackwater app.`;
    case 'not-in-team':
      return `the policy lets only members of ${refusal.teams.map((team) => codeSpan(team)).join(', ')} approve.`;
    case 'pushed':
      return 'the pull request was pushed to since; look at the check run of its newest commit.';
    case 'closed':
      return 'the pull request is closed. Approve the run itself in its issue.';
    case 'own-pull-request':
      return 'who opened a pull request cannot approve it.';
    case 'plan-changed':
      return 'the plan has changed since it was shown. The check run shows the new one; look at it and press again.';
    case 'not-waiting':
      return 'no approval is missing any more, or none can be given now; the check run says which.';
  }
}
