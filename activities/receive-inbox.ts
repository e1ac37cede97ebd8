import type { Outcome } from '../domain/failure.ts';
import type { InboxMessage } from '../domain/inbox-message.ts';
import { parseInboxMessage } from '../domain/inbox-message.ts';
import type { IncomingPullRequest } from '../domain/pull-request-message.ts';
import { supportOfEvent } from '../domain/support-notice.ts';
import { formatInstant } from '../domain/local-time.ts';
import { measure } from '../domain/slackwater-metric.ts';
import { stateFileName, windowInstanceId } from '../domain/window-identity.ts';
import { takeCheckAction } from './approve-check.ts';
import { checkDebts } from './check-debts.ts';
import { checkPullRequest } from './check-pull-request.ts';
import type { PolicyPlace } from './check-pull-request.ts';
import { keepAnnouncedUpgrade } from './keep-announced-upgrade.ts';
import { isSameText, stopBy, type InboxResult, type ReceiveInboxSettings } from './inbox-result.ts';
import type { Ports } from './ports.ts';
import { proposeUpgrades } from './propose-upgrades.ts';
import { receiveComment } from './receive-comment.ts';
import { receiveVersionEvent } from './receive-version-event.ts';
import { takeTick } from './take-tick.ts';
import { tellMetrics } from './tell-metric.ts';
import { tellForeignRoll } from './tell-foreign-roll.ts';
import { warnOfUndo } from './warn-of-undo.ts';
import { receiveRunMessage } from './receive-run-message.ts';

/**
 * Takes one message of the queue `inbox`: answers a person's command, passes a decision to its run, wakes a run, or checks debts.
 *
 * May be repeated: reaction and answer are found again by the delivery id, and a run takes a decision id once. A decision
 * that was raised is answered by the run itself, so every command gets exactly one answer.
 */
export async function receiveInboxMessage(ports: Ports, settings: ReceiveInboxSettings, raw: unknown): Promise<InboxResult> {
  const parsed = parseInboxMessage(raw);
  if (!parsed.ok) return { kind: 'poison', faults: parsed.faults };
  switch (parsed.value.kind) {
    case 'command':
      return receiveComment(ports, settings, parsed.value.comment);
    case 'run-message':
      return receiveRunMessage(ports, parsed.value.message);
    case 'debt-check':
      return receiveDebtCheck(ports, settings, parsed.value.clusterResourceId);
    case 'aks-event':
      return receiveAksEvent(ports, settings, parsed.value);
    case 'scheduled-notice':
      return receiveNotice(ports, settings, parsed.value);
    case 'pull-request':
      return receivePullRequest(ports, settings, parsed.value.pullRequest);
    case 'tick':
      return takeTick(ports, settings, parsed.value.tick);
    case 'check-action':
      return settle(await takeCheckAction(ports, placeOf(settings), parsed.value.action), 'check run');
  }
}

/** Remembers what Azure says of a version's support, or of an upgrade AKS makes by itself; any other notice is nobody's here. */
async function receiveNotice(ports: Ports, settings: ReceiveInboxSettings, notice: Extract<InboxMessage, { kind: 'scheduled-notice' }>): Promise<InboxResult> {
  if (notice.support !== null) return settle(await receiveVersionEvent(ports, settings.policyRepository, notice), 'upgrade');
  if (notice.upgrade === null) return { kind: 'done', what: 'noted' };
  return settle(await keepAnnouncedUpgrade(ports, notice.clusterResourceId, notice.upgrade), 'announced upgrade');
}

/** Checks the policies it changes, and tells whoever would undo an upgrade; neither waits for the other. */
async function receivePullRequest(ports: Ports, settings: ReceiveInboxSettings, pull: IncomingPullRequest): Promise<InboxResult> {
  const checked = await checkPullRequest(ports, placeOf(settings), { ...pull, told: pull });
  const warned = await warnOfUndo(ports, settings, pull);
  return settle(checked.ok && (!warned.ok || warned.value !== 'ignored') ? warned : checked, 'pull request');
}

function placeOf({ policyRepository, policyPath = '' }: ReceiveInboxSettings): PolicyPlace {
  return { policyRepository, policyPath };
}

function settle(outcome: Outcome<Extract<InboxResult, { kind: 'done' }>['what']>, where: string): InboxResult {
  return outcome.ok ? { kind: 'done', what: outcome.value } : stopBy(outcome.failure, where);
}

/** Checks the debts of a cluster by the policy it has now; a cluster that has none any more is nobody's to look at. */
async function receiveDebtCheck(ports: Ports, settings: ReceiveInboxSettings, clusterResourceId: string): Promise<InboxResult> {
  const read = await ports.policies.readPolicies();
  if (!read.ok) return stopBy(read.failure, 'policies');
  const policy = read.value.policies.find((each) => isSameText(each.clusterResourceId, clusterResourceId));
  const repository = policy?.report.repository ?? settings.policyRepository;
  if (policy === undefined || repository === null) return { kind: 'done', what: 'no-policy' };
  const checked = await checkDebts(ports, { policy, repository });
  if (!checked.ok) return stopBy(checked.failure, 'debts');
  const { open, opened, settled, notices, kind } = checked.value;
  ports.logger.log('info', 'debts.checked', { policy: policy.name, kind, open: open.length, opened: opened.length, settled: settled.length, steps: notices.map(({ stepDays }) => stepDays) });
  tellMetrics(ports, [measure('slackwater.debts.open', open.length, `${stateFileName(policy.clusterResourceId)}/${formatInstant(ports.clock.now()).slice(0, 10)}`)]);
  await tidyUpgrade(ports, settings, policy.clusterResourceId);
  return { kind: 'done', what: 'checked' };
}

/** Brings the cluster's upgrade pull request up to date once a day; it opens none, and what goes wrong waits for the next day. */
async function tidyUpgrade(ports: Ports, { policyRepository }: ReceiveInboxSettings, clusterResourceId: string): Promise<void> {
  if (policyRepository === null) return;
  const tidied = await proposeUpgrades(ports, { repository: policyRepository, clusterResourceId, occasion: 'daily' });
  if (!tidied.ok) ports.logger.log('warn', 'upgrade.not-tidied', { clusterResourceId, failure: tidied.failure });
}

async function receiveAksEvent(ports: Ports, settings: ReceiveInboxSettings, event: Extract<InboxMessage, { kind: 'aks-event' }>): Promise<InboxResult> {
  if (event.nodePool === null) {
    ports.logger.log('info', 'inbox.aks-event-noted', { type: event.type, cluster: event.clusterResourceId, kubernetesVersion: event.kubernetesVersion });
    return settle(await receiveVersionEvent(ports, settings.policyRepository, { clusterResourceId: event.clusterResourceId, support: supportOfEvent(event) }), 'upgrade');
  }
  const signal = { kind: 'look', reason: event.type, pool: event.nodePool };
  const raised = await ports.windows.raise(windowInstanceId(event.clusterResourceId), 'wake', signal);
  if (!raised.ok) return stopBy(raised.failure, 'task hub');
  if (raised.value === 'raised') return { kind: 'done', what: 'woken' };
  // Without a run the event is somebody else's upgrade, which readers of a run that has just ended should know of.
  if (!event.type.endsWith('RollingStarted')) return { kind: 'done', what: 'no-run' };
  return settle(await tellForeignRoll(ports, { clusterResourceId: event.clusterResourceId, pool: event.nodePool, at: event.at }), 'run issue');
}
