import { recordAt, textAt } from '../../domain/json.ts';
import { readWebhook } from '../../sim/github-changes.ts';
import { pagePrefix } from '../../sim/github.ts';
import type { WorldChange } from '../../sim/wire.ts';
import type { GitHubServer } from '../github-server.ts';
import { policyRepository } from '../loopback-world.ts';

/** A colleague proposes another policy, and the operator approves it by the button of its check run. */
export interface NightProposal {
  /** Opens the pull request, unless an earlier part of the night did. */
  begin(): void;
  /** Presses the button once the check run asks for it. */
  watch(changes: readonly WorldChange[]): void;
}

/** People of the local GitHub who take part. */
interface ProposalPeople {
  readonly author: string;
  /** Null: nobody presses; whoever looks at the page may. */
  readonly approver: string | null;
}

const branch = 'longer-window';
const path = 'slackwater/lab-aks.yaml';
const at = `/repos/${policyRepository}`;

/** Prepares the proposal: a window that is two hours longer, and one approval for whatever changes the policy. */
export function createNightProposal(github: () => GitHubServer, policyText: string, { author, approver }: ProposalPeople): NightProposal {
  const text = policyText.replace(/durationHours: (\d+)/, (_whole, hours: string) => `durationHours: ${Number(hours) + 2}`).replace(/^(\s*)onWindowEnd:/m, '$1approvals: { required: 1 }\n$1onWindowEnd:');
  return {
    begin() {
      const { request } = github();
      if (request(author, 'GET', `${at}/git/ref/heads/${branch}`, null).status === 200) return;
      const main = request(author, 'GET', `${at}/git/ref/heads/main`, null).body;
      const held = request(author, 'GET', `${at}/contents/${path}`, null).body;
      request(author, 'POST', `${at}/git/refs`, { ref: `refs/heads/${branch}`, sha: textAt(main, 'object', 'sha') });
      request(author, 'PUT', `${at}/contents/${path}`, { message: 'Lengthen the window', branch, content: Buffer.from(text).toString('base64'), sha: textAt(held, 'sha') });
      request(author, 'POST', `${at}/pulls`, { title: 'Give the window two hours more, and ask for an approval', head: branch, base: 'main', body: 'The last nights were tight.' });
    },
    watch(changes) {
      for (const change of approver === null ? [] : changes) {
        const webhook = readWebhook(change);
        const check = recordAt(webhook?.payload, 'check_run');
        const isAsking = webhook?.event === 'check_run' && webhook.payload['action'] === 'completed' && check['conclusion'] === 'action_required';
        // The webhook is told while the answer to the App is still on its way.
        if (isAsking) setImmediate(() => github().request(approver ?? '', 'POST', `${pagePrefix}/${policyRepository}/check-runs/${String(check['id'])}/requested-action`, { identifier: 'approve' }));
      }
    },
  };
}
