import type { OrdersLook } from '../activities/contract.ts';
import { missingApprovals } from '../domain/approval.ts';
import { formatBothDated } from '../domain/local-time.ts';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.ts';
import type { UpgradePlan } from '../domain/upgrade-plan.ts';
import type { RunStanding } from '../domain/window-status.ts';
import type { Step } from './flow.ts';
import { guarded, waitSecondsAfter } from './patience.ts';
import { takeDecision } from './window-decision.ts';
import { emit, say, update, type WindowRun } from './window-run.ts';
import { nextWordsAt, publish } from './window-words.ts';

/** How often people's orders are read again while a run waits for them; a command wakes it sooner. Unit: minutes. */
const READ_EVERY_MINUTES = 5;

/**
 * Reads what people and programs ordered, and waits while they have the run wait: for a freeze to end, for approvals.
 *
 * A read that fails leaves what was last seen, so that GitHub being away stops nothing but a run that still needs approvals.
 * People are heard meanwhile; an abort ends the wait.
 *
 * @returns Null when the run may go on; else why nothing is started up to `lastUsefulStart`.
 */
export function* heedOrders(run: WindowRun, plan: UpgradePlan, lastUsefulStart: Instant): Step<string | null> {
  const { flow, input } = run;
  const { policy, opening } = input;
  const question = { clusterResourceId: policy.clusterResourceId, opens: opening.opens, required: policy.approvals.required, planDigest: plan.digest, policyVersion: policy.version ?? '' };
  for (let failures = 0; ; ) {
    const look = yield* guarded(flow.call('readOrders', question));
    if (look.ok) note(run, look.value, lastUsefulStart);
    else flow.log('orders.unread', { runId: input.runId, code: look.failure.code });
    failures = look.ok ? 0 : failures + 1;
    const why = whyStopped(run);
    if (why === null || run.abortedBy !== null) return null;
    if (run.status.standing?.isCancelled === true || flow.now() > lastUsefulStart) return why;
    const again = flow.now() + (look.ok ? READ_EVERY_MINUTES * MINUTE_MS : waitSecondsAfter(look.failure, failures) * SECOND_MS);
    const next = Math.min(again, Math.max(flow.now() + SECOND_MS, deploymentEnd(run) ?? Infinity));
    update(run, { phase: 'held', nextAt: Math.min(next, lastUsefulStart) });
    yield* publish(run);
    yield* listen(run, Math.min(next, lastUsefulStart + SECOND_MS));
  }
}

/** When a deployment that alone holds the run is over by itself; null when none does. */
function deploymentEnd({ status: { standing } }: WindowRun): Instant | null {
  return standing?.waitsFor === 'deployment' ? (standing.deployment?.until ?? null) : null;
}

/** Takes up what was read: what the run waits for, whose approvals it has, which losses were acknowledged before. */
function note(run: WindowRun, { freeze, isCancelled, approval, losses, deployment = null }: OrdersLook, lastUsefulStart: Instant): void {
  const before = run.status.standing;
  const waitsFor = isCancelled || freeze !== null ? 'unfreeze' : approval.kind === 'waiting' ? 'approval' : deployment !== null ? 'deployment' : null;
  const standing: RunStanding = { freeze, isCancelled, approval, ...(deployment === null ? {} : { deployment }), policyVersion: run.input.policy.version ?? '', waitsFor, lastUsefulStart: waitsFor === null ? null : lastUsefulStart };
  const added = losses.filter(({ where, at }) => !run.status.acknowledgements.some((word) => word.where === where && word.at >= at));
  const kept = run.status.acknowledgements.filter(({ where }) => !added.some((word) => word.where === where));
  update(run, { standing, acknowledgements: [...kept, ...added], ...(waitsFor === null && before?.waitsFor != null ? { phase: 'upgrading', nextAt: null } : {}) });
  tellStanding(run, before, standing);
}

/** Tells each change once. */
function tellStanding(run: WindowRun, before: RunStanding | undefined, { freeze, approval, waitsFor, isCancelled, deployment = null }: RunStanding): void {
  const { timeZone } = run.status;
  if (waitsFor !== null && before?.waitsFor !== waitsFor) emit(run, 'run.held', { unit: 'run', attempt: 1 }, { waitsFor });
  if (isCancelled && before?.isCancelled !== true) say(run, 'The run was taken back by the program that asked for it; nothing more is started.');
  if (freeze !== null && before?.freeze?.when !== freeze.when) {
    const until = freeze.until === null ? 'until somebody says unfreeze' : `until ${formatBothDated(freeze.until, timeZone)}`;
    say(run, `Frozen by ${freeze.who} ${until}${freeze.why === '' ? '' : ` (${freeze.why})`}: nothing more is started; what is in flight goes on.`);
  }
  if (freeze === null && before?.freeze != null) say(run, 'The freeze has ended.');
  if (deployment !== null && before?.deployment?.when !== deployment.when) {
    say(run, `A deployment of Slackwater was announced by ${deployment.who} (${deployment.why}): nothing is started until ${formatBothDated(deployment.until, timeZone)} or until it is over; what is in flight goes on.`);
  }
  if (deployment === null && before?.deployment != null) say(run, 'The deployment of Slackwater is over.');
  const known = before?.approval.approvers.length ?? 0;
  for (const { who } of approval.approvers.slice(known)) say(run, `${who} approved this plan.`);
  for (const { who, changed } of approval.voided) {
    if (before?.approval.voided.some((each) => each.who === who) !== true) say(run, `The approval of ${who} is void: the ${changed === 'plan' ? 'plan' : 'policy file'} changed since.`);
  }
  if (approval.kind === 'waiting' && before?.approval.kind !== 'waiting') say(run, `The run waits for approval: ${missingApprovals(approval)}.`);
  if (approval.kind === 'granted' && approval.override !== null && before?.approval.kind !== 'granted') {
    const { why, who } = approval.override;
    say(run, `The freeze is overridden for ${why} by ${who}, approved by ${othersOf(approval.approvers, who)}, for this opening alone.`);
  }
}

function othersOf(approvers: readonly { readonly who: string }[], requester: string): string {
  return approvers.map(({ who }) => who).filter((who) => who.toLowerCase() !== requester.toLowerCase()).join(' and ');
}

/** Why nothing may be started, as far as people's orders go; null when they have nothing against it. */
function whyStopped({ status: { standing }, input: { consent, policy } }: WindowRun): string | null {
  // Who opened the window read the orders just before: a freeze would have kept it shut. Approvals are never assumed.
  const isConsentNeeded = consent === undefined ? policy.approvals.required > 0 : consent === 'needed';
  if (standing === undefined) return isConsentNeeded ? 'Approvals are needed, and those given could not be read.' : null;
  if (standing.isCancelled) return 'The run was taken back by the program that asked for it.';
  if (standing.freeze !== null) return `Frozen by ${standing.freeze.who}.`;
  if (standing.waitsFor === 'deployment') return 'A deployment of Slackwater was announced.';
  return standing.waitsFor === 'approval' ? `Not approved: ${missingApprovals(standing.approval)}.` : null;
}

/** Hears one word or hint, until `until` or until words that wait may be said again. */
function* listen(run: WindowRun, until: Instant): Step<void> {
  const words = nextWordsAt(run);
  const got = yield* run.flow.waitFor(['decision', 'wake'], words === null ? until : Math.min(until, Math.max(run.flow.now() + SECOND_MS, words)));
  if (got.kind === 'received' && got.event === 'decision') yield* takeDecision(run, got.value, null);
}
