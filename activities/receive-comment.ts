import {
  answerClosedRun,
  answerHelp,
  answerHelpAbout,
  answerNotAllowed,
  answerNotTakenHere,
  answerNotUnderstood,
  answerPermissionUnknown,
  answerRuns,
  answerStatus,
  type CommandPlace,
} from '../domain/command-answer.ts';
import { isAllowed, leastPermissionFor, type CommandWeight } from '../domain/command-permission.ts';
import { findTarget, isReportOf } from '../domain/command-target.ts';
import type { IncomingComment } from '../domain/inbox-message.ts';
import { parseComment, type OperatorCommand } from '../domain/operator-command.ts';
import type { StandingVerb } from '../domain/operator-decision.ts';
import { answerEdited, answerLate } from '../domain/comment-truth.ts';
import { acknowledge, answer } from './answer-command.ts';
import { confirmComment, type ConfirmedComment } from './confirm-comment.ts';
import { approvePlan } from './approve-plan.ts';
import { decideRun } from './decide-run.ts';
import { findPolicy, type ClusterCommand } from './find-policy.ts';
import { isSameText, stopBy, type InboxResult, type ReceiveInboxSettings } from './inbox-result.ts';
import { listRuns, placeOf, type KnownRun } from './known-run.ts';
import { freeze, unfreeze } from './order-freeze.ts';
import { acknowledgeAhead } from './order-loss.ts';
import { postpone, requestUpgrade } from './order-opening.ts';
import { refuseOutsider } from './refuse-outsider.ts';
import { showForecast, showOutlook, showPlan, showPreflight } from './show-cluster.ts';
import type { Ports } from './ports.ts';
import { requestCleanUp } from './request-clean-up.ts';

/** A permitted command with all that is needed to carry it out. */
interface PermittedCommand {
  readonly comment: IncomingComment;
  readonly command: OperatorCommand;
  readonly runs: readonly KnownRun[];
  readonly place: CommandPlace;
}

/** Takes a person's comment: shows that it was read, asks GitHub what the person may do, and does it or answers why not. */
export async function receiveComment(ports: Ports, settings: ReceiveInboxSettings, claimed: IncomingComment): Promise<InboxResult> {
  const { appLogin } = settings;
  const anywhere = parseComment({ ...claimed, appLogin, issueOpenedBy: 'somebody-else' });
  if (anywhere.kind === 'ignore' && anywhere.reason !== 'not-ours') return ignore(ports, claimed, anywhere.reason);
  const runs = await listRuns(ports, settings);
  if (!runs.ok) return stopBy(runs.failure, 'task hub');
  if (anywhere.kind === 'ignore' && placeOf(claimed, runs.value, settings) !== 'report') return ignore(ports, claimed, anywhere.reason);
  const confirmed = await confirmComment(ports, claimed);
  if (!('comment' in confirmed)) return settleUnconfirmed(ports, claimed, confirmed);
  const { comment } = confirmed;
  const place = placeOf(comment, runs.value, settings);
  const parse = place === 'report' ? parseComment({ ...comment, appLogin, issueOpenedBy: 'slackwater' }) : anywhere;
  if (parse.kind === 'ignore') return ignore(ports, comment, parse.reason);
  await acknowledge(ports, comment);
  if (parse.kind === 'not-understood') return answer(ports, comment, answerNotUnderstood(parse, place));
  const asked = parse.kind === 'command' ? parse.command : { verb: 'help' as const, target: null, time: null, flags: {} };
  if (confirmed.kind === 'late' && leastPermissionFor(asked.verb) !== 'read') return answer(ports, comment, answerLate(confirmed.minutes));
  const refused = await refuseUnpermitted(ports, comment, asked);
  if (refused !== null) return refused;
  if (parse.kind === 'help-about') return answer(ports, comment, answerHelpAbout(parse.verb, place));
  if (asked.verb === 'help') return answer(ports, comment, answerHelp(place));
  const isHome = runs.value.some(({ repository }) => isSameText(repository, comment.repository));
  if (!isHome && !isSameText(settings.policyRepository ?? '', comment.repository)) return answer(ports, comment, answerNotTakenHere());
  return carryOut(ports, settings, { comment, command: asked, runs: runs.value, place });
}

function ignore(ports: Ports, comment: IncomingComment, reason: string): InboxResult {
  ports.logger.log('info', 'inbox.comment-ignored', { deliveryId: comment.deliveryId, repository: comment.repository, reason });
  return { kind: 'done', what: 'ignored' };
}

/** The end of a command that GitHub does not confirm. */
async function settleUnconfirmed(ports: Ports, claimed: IncomingComment, confirmed: Exclude<ConfirmedComment, { comment: IncomingComment }>): Promise<InboxResult> {
  switch (confirmed.kind) {
    case 'handled':
    case 'gone':
      return ignore(ports, claimed, confirmed.kind);
    case 'edited':
      return answer(ports, claimed, answerEdited());
    case 'forged':
      return { kind: 'poison', faults: [confirmed.fault] };
    case 'failed':
      return stopBy(confirmed.failure, 'comment');
  }
}

/** The refusal of somebody who may not give the command, or of whom GitHub does not say so; null for those who may. */
async function refuseUnpermitted(ports: Ports, comment: IncomingComment, { verb, flags }: OperatorCommand): Promise<InboxResult | null> {
  const weight: CommandWeight = flags['override-freeze'] === undefined ? 'ordinary' : 'overrides-freeze';
  const permission = await ports.github.permissionOf(comment.repository, comment.author);
  if (!permission.ok) {
    if (permission.failure.class === 'transient') return stopBy(permission.failure, 'permission');
    return answer(ports, comment, answerPermissionUnknown(verb));
  }
  return isAllowed(permission.value, verb, weight) ? null : answer(ports, comment, answerNotAllowed(verb, permission.value, weight));
}

/** Carries out a command that did not come as a comment, by the rights of whoever gave it, or answers why not. */
export async function takeCommand(ports: Ports, settings: ReceiveInboxSettings, comment: IncomingComment, command: OperatorCommand): Promise<InboxResult> {
  const runs = await listRuns(ports, settings);
  if (!runs.ok) return stopBy(runs.failure, 'task hub');
  const refused = await refuseUnpermitted(ports, comment, command);
  return refused ?? carryOut(ports, settings, { comment, command, runs: runs.value, place: 'elsewhere' });
}

function carryOut(ports: Ports, settings: ReceiveInboxSettings, permitted: PermittedCommand): Promise<InboxResult> {
  const { comment, command, runs, place } = permitted;
  const { verb } = command;
  switch (verb) {
    case 'help':
      return answer(ports, comment, answerHelp(place));
    case 'status':
      return answerWithStatus(ports, settings, permitted);
    case 'pause':
    case 'resume':
    case 'retry':
    case 'skip':
    case 'abort':
      return decideRun(ports, { comment, command: { ...command, verb }, runs });
    case 'ack-loss':
      return acknowledgeLoss(ports, settings, permitted);
    case 'release':
    case 'resolve':
    case 'rollback':
      return requestCleanUp(ports, settings, { comment, command: { ...command, verb }, runs });
    case 'plan':
    case 'preflight':
    case 'rehearse':
    case 'freeze':
    case 'unfreeze':
    case 'postpone':
    case 'upgrade':
    case 'approve':
      return carryOutForCluster(ports, settings, permitted, verb);
  }
}

type ClusterVerb = StandingVerb | 'plan' | 'preflight' | 'rehearse';

const byCluster: Readonly<Record<ClusterVerb, (ports: Ports, given: ClusterCommand) => Promise<InboxResult>>> = {
  plan: showPlan,
  preflight: showPreflight,
  rehearse: showForecast,
  freeze,
  unfreeze,
  postpone,
  upgrade: requestUpgrade,
  approve: approvePlan,
};

async function carryOutForCluster(ports: Ports, settings: ReceiveInboxSettings, permitted: PermittedCommand, verb: ClusterVerb): Promise<InboxResult> {
  const named = await findPolicy(ports, settings, permitted);
  if ('settled' in named) return named.settled;
  const outside = await refuseOutsider(ports, permitted.comment, verb, named.found.policy);
  return outside ?? byCluster[verb](ports, named.found);
}

/** Goes to the run under way that will hear it; before any run it is kept for the next one. */
async function acknowledgeLoss(ports: Ports, settings: ReceiveInboxSettings, permitted: PermittedCommand): Promise<InboxResult> {
  const { comment, command, runs } = permitted;
  if (findTarget(runs, comment, null).kind !== 'no-run') return decideRun(ports, { comment, command: { ...command, verb: 'ack-loss' }, runs });
  // Its target names what may be lost, not a cluster.
  const named = await findPolicy(ports, settings, { ...permitted, command: { ...command, target: null } });
  if ('settled' in named) return named.settled;
  const outside = await refuseOutsider(ports, comment, 'ack-loss', named.found.policy);
  return outside ?? acknowledgeAhead(ports, { ...named.found, command });
}

async function answerWithStatus(ports: Ports, settings: ReceiveInboxSettings, permitted: PermittedCommand): Promise<InboxResult> {
  const { comment, command, runs } = permitted;
  const own = runs.find((run) => isReportOf(run, comment));
  if (own !== undefined) return answer(ports, comment, answerStatus(own.status, ports.clock.now()));
  const here = runs.filter(({ repository }) => isSameText(repository, comment.repository));
  const found = findTarget(here, comment, command.target);
  if (found.kind === 'run') return answer(ports, comment, answerStatus(found.run.status, ports.clock.now()));
  if (found.kind === 'closed') return answer(ports, comment, answerClosedRun('status', found.runId, found.current));
  if (command.target !== null) {
    const named = await findPolicy(ports, settings, permitted);
    return 'settled' in named ? named.settled : showOutlook(ports, named.found);
  }
  const listed = here.slice(0, 20).map((run) => ({ ...run, state: run.isLive ? run.status.phase : (run.status.outcome ?? 'ended') }));
  return answer(ports, comment, answerRuns(listed));
}
