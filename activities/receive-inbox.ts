import {
  answerClosedRun,
  answerHelp,
  answerNoRun,
  answerNotAllowed,
  answerNotTakenHere,
  answerNotUnderstood,
  answerPermissionUnknown,
  answerRuns,
  answerStatus,
  answerUnknownTarget,
  answerWhichOne,
  type CommandPlace,
} from '../domain/command-answer.ts';
import { isAllowed } from '../domain/command-permission.ts';
import { findTarget, isReportOf, type AddressableRun, type FoundTarget } from '../domain/command-target.ts';
import type { Failure } from '../domain/failure.ts';
import { answerMarker, withMarker } from '../domain/hidden-marker.ts';
import { parseMomentOrDuration } from '../domain/local-time.ts';
import { parseInboxMessage, type InboxMessage, type IncomingComment } from '../domain/inbox-message.ts';
import { parseComment, type OperatorCommand } from '../domain/operator-command.ts';
import type { OperatorDecision, Verb } from '../domain/operator-decision.ts';
import type { Fault } from '../domain/result.ts';
import { windowInstanceId } from '../domain/window-identity.ts';
import type { WindowStatus } from '../domain/window-status.ts';
import { checkDebts } from './check-debts.ts';
import type { InstanceView, Ports } from './ports.ts';

/** What receiving needs to know of the installation. */
export interface ReceiveInboxSettings {
  /** Login Slackwater writes as, for example `slackwater[bot]`; null when unknown. */
  readonly appLogin: string | null;
  /** `owner/name` a run reports to before its issue exists; null when policies do not come from a repository. */
  readonly policyRepository: string | null;
}

/** What became of one message. */
export type InboxResult =
  /** Settled; `what` is a stable word for the log. */
  | { readonly kind: 'done'; readonly what: 'answered' | 'raised' | 'woken' | 'no-run' | 'noted' | 'ignored' | 'checked' | 'no-policy' }
  /** A service was out of reach; the message must come again. Nothing was lost, and what was done is not done twice. */
  | { readonly kind: 'retry-later'; readonly failure: Failure }
  /** No repeat can cure it: to the dead-letter queue, with the first fault's code. */
  | { readonly kind: 'poison'; readonly faults: readonly Fault[] };

/** Windows looked through for the one a command is for: those of many clusters, newest first. */
const WINDOWS_LISTED_MAX = 1_000;

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
    case 'debt-check':
      return receiveDebtCheck(ports, settings, parsed.value.clusterResourceId);
    case 'aks-event':
      return receiveAksEvent(ports, parsed.value);
    case 'pull-request':
    case 'check-action':
      return { kind: 'done', what: 'noted' };
  }
}

/** A window's run as the task hub shows it, ready to be addressed. */
interface KnownRun extends AddressableRun {
  readonly status: WindowStatus;
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
  return { kind: 'done', what: 'checked' };
}

async function receiveAksEvent(ports: Ports, event: Extract<InboxMessage, { kind: 'aks-event' }>): Promise<InboxResult> {
  if (event.nodePool === null) {
    ports.logger.log('info', 'inbox.aks-event-noted', { type: event.type, cluster: event.clusterResourceId, version: event.kubernetesVersion });
    return { kind: 'done', what: 'noted' };
  }
  const signal = { kind: 'look', reason: event.type, pool: event.nodePool };
  const raised = await ports.windows.raise(windowInstanceId(event.clusterResourceId), 'wake', signal);
  if (!raised.ok) return stopBy(raised.failure, 'task hub');
  // Without a run the event is somebody else's upgrade: a hint about nothing of ours.
  return { kind: 'done', what: raised.value === 'raised' ? 'woken' : 'no-run' };
}

async function receiveComment(ports: Ports, settings: ReceiveInboxSettings, comment: IncomingComment): Promise<InboxResult> {
  const { appLogin } = settings;
  const anywhere = parseComment({ ...comment, appLogin, issueOpenedBy: 'somebody-else' });
  if (anywhere.kind !== 'ignore') await acknowledge(ports, comment);
  else if (anywhere.reason !== 'not-ours') return ignore(ports, comment, anywhere.reason);
  const listed = await ports.windows.list(WINDOWS_LISTED_MAX);
  if (!listed.ok) return stopBy(listed.failure, 'task hub');
  const runs = listed.value.flatMap((view) => knownRun(view, settings));
  const place = placeOf(comment, runs, settings);
  const parse = place === 'report' ? parseComment({ ...comment, appLogin, issueOpenedBy: 'slackwater' }) : anywhere;
  if (parse.kind === 'ignore') return ignore(ports, comment, parse.reason);
  if (anywhere.kind === 'ignore') await acknowledge(ports, comment);
  if (parse.kind === 'not-understood') return answer(ports, comment, answerNotUnderstood(parse, place));

  const { verb } = parse.command;
  const permission = await ports.github.permissionOf(comment.repository, comment.author);
  if (!permission.ok) {
    if (permission.failure.class === 'transient') return stopBy(permission.failure, 'permission');
    return answer(ports, comment, answerPermissionUnknown(verb));
  }
  if (!isAllowed(permission.value, verb)) return answer(ports, comment, answerNotAllowed(verb, permission.value));
  if (verb === 'help') return answer(ports, comment, answerHelp(place));
  const isHome = runs.some(({ repository }) => isSameText(repository, comment.repository));
  if (!isHome && !isSameText(settings.policyRepository ?? '', comment.repository)) return answer(ports, comment, answerNotTakenHere());
  return verb === 'status' ? answerWithStatus(ports, comment, runs, parse.command) : decide(ports, comment, runs, { ...parse.command, verb });
}

/**
 * What a failed call makes of its message: one that a repeat may cure comes again; any other (the issue was deleted, a right
 * is missing, an answer nobody understands) is poison under the failure's own code, so that the dead letter tells it.
 */
function stopBy(failure: Failure, where: string): InboxResult {
  if (failure.class === 'transient' || failure.class === 'conflict') return { kind: 'retry-later', failure };
  const { code, message, remedy } = failure;
  return { kind: 'poison', faults: [{ code, where, message, remedy }] };
}

function isSameText(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function ignore(ports: Ports, comment: IncomingComment, reason: string): InboxResult {
  ports.logger.log('info', 'inbox.comment-ignored', { deliveryId: comment.deliveryId, repository: comment.repository, reason });
  return { kind: 'done', what: 'ignored' };
}

const liveStatuses: readonly InstanceView['runtimeStatus'][] = ['Pending', 'Running', 'Suspended', 'ContinuedAsNew'];

function knownRun(view: InstanceView, settings: ReceiveInboxSettings): readonly KnownRun[] {
  const { status, instanceId } = view;
  if (status === null) return [];
  return [
    {
      instanceId,
      status,
      clusterName: status.clusterName,
      runId: status.runId,
      issueNumber: status.issue?.number ?? null,
      repository: status.issue?.repository ?? settings.policyRepository ?? '',
      isLive: liveStatuses.includes(view.runtimeStatus),
      units: status.units.map(({ unit }) => (unit === 'control-plane' ? unit : unit.slice('pool/'.length))),
    },
  ];
}

/** The bare form of a command is taken only where Slackwater itself opened the issue. */
function placeOf(comment: IncomingComment, runs: readonly KnownRun[], { appLogin }: ReceiveInboxSettings): CommandPlace {
  const isOurs = appLogin !== null && isSameText(comment.issueAuthor, appLogin);
  return isOurs || runs.some((run) => isReportOf(run, comment)) ? 'report' : 'elsewhere';
}

/** Shows at once that the command was read. A sign only: when it fails the command goes on. */
async function acknowledge(ports: Ports, comment: IncomingComment): Promise<void> {
  const { repository, commentId } = comment;
  const reacted = await ports.github.react({ repository, commentId, content: 'eyes' });
  if (!reacted.ok) ports.logger.log('warn', 'inbox.reaction-failed', { deliveryId: comment.deliveryId, code: reacted.failure.code });
}

async function answer(ports: Ports, comment: IncomingComment, text: string): Promise<InboxResult> {
  const { repository, issueNumber, deliveryId } = comment;
  const marker = answerMarker(deliveryId);
  const ensured = await ports.github.ensureComment({ repository, issueNumber, marker, body: withMarker(text, marker) });
  return ensured.ok ? { kind: 'done', what: 'answered' } : stopBy(ensured.failure, 'answer');
}

async function answerWithStatus(ports: Ports, comment: IncomingComment, runs: readonly KnownRun[], command: OperatorCommand): Promise<InboxResult> {
  const own = runs.find((run) => isReportOf(run, comment));
  if (own !== undefined) return answer(ports, comment, answerStatus(own.status, ports.clock.now()));
  const here = runs.filter(({ repository }) => isSameText(repository, comment.repository));
  const found = findTarget(here, comment, command.target);
  if (found.kind === 'run') return answer(ports, comment, answerStatus(found.run.status, ports.clock.now()));
  if (found.kind === 'closed') return answer(ports, comment, answerClosedRun('status', found.runId, found.current));
  const listed = here.slice(0, 20).map((run) => ({ ...run, state: run.isLive ? run.status.phase : (run.status.outcome ?? 'ended') }));
  return answer(ports, comment, answerRuns(listed));
}

async function decide(
  ports: Ports,
  comment: IncomingComment,
  runs: readonly KnownRun[],
  command: OperatorCommand & { readonly verb: OperatorDecision['verb'] },
): Promise<InboxResult> {
  // What may be lost has a name of its own, which is no name of a run or pool; the run itself knows it.
  const isLoss = command.verb === 'ack-loss';
  const found = findTarget(runs, comment, isLoss ? null : command.target);
  if (found.kind !== 'run') return answer(ports, comment, explainNotFound(found, command.verb, command.target));
  const until = command.until === null ? null : parseMomentOrDuration(command.until, ports.clock.now());
  if (until === null && command.until !== null) {
    return answer(ports, comment, answerNotUnderstood({ reason: 'bad-until', written: command.until, suggestion: null }, 'report'));
  }
  const { repository, issueNumber, commentId, deliveryId } = comment;
  const decision: OperatorDecision = {
    verb: command.verb,
    target: isLoss ? command.target : found.unit,
    until,
    by: comment.author,
    decisionId: deliveryId,
    comment: { repository, issueNumber, commentId },
  };
  const raised = await ports.windows.raise(found.run.instanceId, 'decision', decision);
  if (!raised.ok) return stopBy(raised.failure, 'task hub');
  if (raised.value === 'not-running') return answer(ports, comment, answerClosedRun(command.verb, found.run.runId, null));
  ports.logger.log('info', 'inbox.decision-raised', { ...decision, runId: found.run.runId });
  return { kind: 'done', what: 'raised' };
}

function explainNotFound(found: Exclude<FoundTarget<KnownRun>, { kind: 'run' }>, verb: Verb, target: string | null): string {
  switch (found.kind) {
    case 'closed':
      return answerClosedRun(verb, found.runId, found.current);
    case 'unknown-target':
      return answerUnknownTarget(target ?? '', found.run, found.run.units);
    case 'which-one':
      return answerWhichOne(verb, found.runs);
    case 'no-run':
      return answerNoRun(verb);
  }
}
