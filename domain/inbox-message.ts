import type { UpgradeAnnouncement } from './announced-upgrade.ts';
import { CHECK_ACTION_TYPE, parseCheckAction } from './check-action-message.ts';
import type { IncomingCheckAction } from './check-action-message.ts';
import { TICK_TYPE, parseTick } from './dashboard-message.ts';
import type { IncomingTick } from './dashboard-message.ts';
import { DEBT_CHECK_TYPE } from './debt-check-message.ts';
import { runIdInReport } from './hidden-marker.ts';
import { isRecord, parseJson, timeAt } from './json.ts';
import type { JsonRecord } from './json.ts';
import { parseInstant } from './local-time.ts';
import { createFieldReader, faultOfMessage, repositoryForm } from './message-reading.ts';
import type { DeliveryProjection } from './message-reading.ts';
import { mayBeCommand } from './operator-command.ts';
import { PULL_REQUEST_TYPE, parsePullRequest } from './pull-request-message.ts';
import type { IncomingPullRequest } from './pull-request-message.ts';
import { refuse, succeed } from './result.ts';
import { parseRunMessage, runMessageTypes } from './run-message.ts';
import type { IncomingRunMessage } from './run-message.ts';
import type { Fault, Result } from './result.ts';
import { SCHEDULED_EVENT_TYPE, readScheduledNotice } from './support-notice.ts';
import type { SupportNotice } from './support-notice.ts';
import type { Instant } from './time.ts';

/** Type of our own messages on the queue `inbox`. */
export const COMMAND_TYPE = 'dev.slackwater.command.v1';

/** Characters of a comment's body that travel; a command is its first line. */
export const BODY_CHARACTERS_MAX = 2_000;

/** AKS's own event types (facts: Event Grid schema of `Microsoft.ContainerService`, 2018-01-01). */
export const aksEventTypes = [
  'Microsoft.ContainerService.NewKubernetesVersionAvailable',
  'Microsoft.ContainerService.ClusterSupportEnding',
  'Microsoft.ContainerService.ClusterSupportEnded',
  'Microsoft.ContainerService.NodePoolRollingStarted',
  'Microsoft.ContainerService.NodePoolRollingSucceeded',
  'Microsoft.ContainerService.NodePoolRollingFailed',
] as const;
type AksEventType = (typeof aksEventTypes)[number];

/** A comment that begins with a slash, as the webhook projected it. All text is untrusted. */
export interface IncomingComment {
  /** `owner/name`. */
  readonly repository: string;
  readonly issueNumber: number;
  readonly isPullRequest: boolean;
  readonly issueAuthor: string;
  /** Run whose report the issue claims to be; null when it claims none. A hint anybody could write. */
  readonly issueRunId: string | null;
  readonly commentId: number;
  readonly author: string;
  /** GitHub's user type: `User`, `Bot` … */
  readonly authorType: string;
  /** Shown for audit only; the real permission is asked of GitHub. */
  readonly authorAssociation: string;
  /** First {@link BODY_CHARACTERS_MAX} characters. */
  readonly body: string;
  /** GitHub's delivery id; a redelivery has the same. */
  readonly deliveryId: string;
  readonly action: string;
  /** When it was written, to the second, as GitHub holds it; absent before GitHub was asked. Deliveries come in any order. */
  readonly writtenAt?: Instant | null;
  /** When the message says that it was written: a hint, before GitHub was asked. */
  readonly toldAt?: Instant;
  /** What the command is known by where it did not come as a comment; never read from a message. */
  readonly commandId?: string;
}

/** One message of the queue `inbox`, understood. */
export type InboxMessage =
  | { readonly kind: 'command'; readonly comment: IncomingComment }
  | {
      readonly kind: 'aks-event';
      readonly id: string;
      readonly type: AksEventType;
      readonly clusterResourceId: string;
      /** Set for the three node pool events, which carry nothing else. */
      readonly nodePool: string | null;
      /** Set for the other three. */
      readonly kubernetesVersion: string | null;
      /** Null when the event's time cannot be read; it is a hint only. */
      readonly at: Instant | null;
    }
  /** A notice of Azure; both null: about something else. */
  | { readonly kind: 'scheduled-notice'; readonly clusterResourceId: string; readonly support: SupportNotice | null; readonly upgrade: UpgradeAnnouncement | null }
  | { readonly kind: 'run-message'; readonly message: IncomingRunMessage }
  | { readonly kind: 'debt-check'; readonly clusterResourceId: string }
  | { readonly kind: 'pull-request'; readonly pullRequest: IncomingPullRequest }
  | { readonly kind: 'check-action'; readonly action: IncomingCheckAction }
  | { readonly kind: 'tick'; readonly tick: IncomingTick };

const clusterForm = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/.*\/managedClusters\/[^/]+\/?$/i;

/** A command as a CloudEvent 1.0, ready for the queue. */
type CommandCloudEvent = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: typeof COMMAND_TYPE };

/**
 * Reads one message of the queue `inbox`, by its shape and never by its content type.
 *
 * Faults by code: `malformed-message` (with the field) · `unknown-message-type`. Either is poison: no repeat can cure it.
 */
export function parseInboxMessage(value: unknown): Result<InboxMessage, Fault> {
  const message = typeof value === 'string' ? parseJson(value) : value;
  if (!isRecord(message)) return refuse([faultOfMessage('malformed-message', 'message', 'must be one JSON object')]);
  const type = message['type'];
  if (message['specversion'] !== '1.0') {
    return refuse([faultOfMessage('malformed-message', 'specversion', 'must be "1.0": only CloudEvents 1.0 are taken')]);
  }
  if (type === COMMAND_TYPE) return parseCommand(message);
  if (type === DEBT_CHECK_TYPE) return parseDebtCheck(message);
  if (runMessageTypes.some((known) => known === type)) return mapResult(parseRunMessage(message), (read) => ({ kind: 'run-message', message: read }));
  if (type === PULL_REQUEST_TYPE) return mapResult(parsePullRequest(message), (pullRequest) => ({ kind: 'pull-request', pullRequest }));
  if (type === CHECK_ACTION_TYPE) return mapResult(parseCheckAction(message), (action) => ({ kind: 'check-action', action }));
  if (type === SCHEDULED_EVENT_TYPE) return parseScheduledNotice(message);
  if (type === TICK_TYPE) return mapResult(parseTick(message), (tick) => ({ kind: 'tick', tick }));
  const aksType = aksEventTypes.find((known) => known === type);
  if (aksType !== undefined) return parseAksEvent(message, aksType);
  const shown = typeof type === 'string' ? JSON.stringify(type.slice(0, 200)) : 'nothing';
  return refuse([faultOfMessage('unknown-message-type', 'type', `is ${shown}, which this version does not know`)]);
}

function mapResult<T>(read: Result<T, Fault>, map: (value: T) => InboxMessage): Result<InboxMessage, Fault> {
  return read.ok ? succeed(map(read.value)) : read;
}

function parseCommand(message: JsonRecord): Result<InboxMessage, Fault> {
  const reader = createFieldReader();
  const data = reader.record(message['data'], 'data');
  const runId = data['issueRunId'];
  const toldAt = timeAt(message, 'time');
  const comment: IncomingComment = {
    repository: reader.text(data, 'repository', 'data.', repositoryForm),
    issueNumber: reader.number(data, 'issueNumber', 'data.'),
    isPullRequest: data['isPullRequest'] === true,
    issueAuthor: reader.text(data, 'issueAuthor', 'data.'),
    issueRunId: typeof runId === 'string' && runId !== '' ? runId : null,
    commentId: reader.number(data, 'commentId', 'data.'),
    author: reader.text(data, 'author', 'data.', /^[\w.[\]-]+$/),
    authorType: reader.text(data, 'authorType', 'data.'),
    authorAssociation: reader.text(data, 'authorAssociation', 'data.'),
    body: reader.text(data, 'body', 'data.').slice(0, BODY_CHARACTERS_MAX),
    deliveryId: reader.text(data, 'deliveryId', 'data.', /^[\w.:-]{1,128}$/),
    action: reader.text(data, 'action', 'data.'),
    ...(toldAt === null ? {} : { toldAt }),
  };
  return reader.faults.length > 0 ? refuse(reader.faults) : succeed({ kind: 'command', comment });
}

function parseDebtCheck(message: JsonRecord): Result<InboxMessage, Fault> {
  const reader = createFieldReader();
  const data = reader.record(message['data'], 'data');
  const clusterResourceId = reader.text(data, 'clusterResourceId', 'data.', clusterForm);
  return reader.faults.length > 0 ? refuse(reader.faults) : succeed({ kind: 'debt-check', clusterResourceId });
}

function parseScheduledNotice(message: JsonRecord): Result<InboxMessage, Fault> {
  const notice = readScheduledNotice(message);
  return notice === null ? refuse([faultOfMessage('malformed-message', 'data.resourceInfo.id', 'must name a cluster')]) : succeed({ kind: 'scheduled-notice', ...notice });
}

function parseAksEvent(message: JsonRecord, type: AksEventType): Result<InboxMessage, Fault> {
  const reader = createFieldReader();
  const data = reader.record(message['data'], 'data');
  const id = reader.text(message, 'id', '');
  const clusterResourceId = reader.text(message, 'source', '', clusterForm);
  const isNodePoolEvent = type.startsWith('Microsoft.ContainerService.NodePool');
  const versionField = type.endsWith('NewKubernetesVersionAvailable') ? 'latestSupportedKubernetesVersion' : 'kubernetesVersion';
  const nodePool = isNodePoolEvent ? reader.text(data, 'nodePoolName', 'data.') : null;
  const kubernetesVersion = isNodePoolEvent ? null : reader.text(data, versionField, 'data.');
  if (reader.faults.length > 0) return refuse(reader.faults);
  const time = message['time'];
  const at = typeof time === 'string' ? parseInstant(time) : null;
  return succeed({ kind: 'aks-event', id, type, clusterResourceId, nodePool, kubernetesVersion, at });
}

/**
 * Turns a GitHub webhook delivery into a command of a few KB, or says why it is none.
 *
 * Everything that cannot be a command is dropped here, before it costs a message: other events, edits, bots, comments
 * whose first line does not begin with a slash. `payload` is untrusted although its signature was right.
 */
export function projectIssueComment(deliveryId: string, payload: unknown): DeliveryProjection {
  const reader = createFieldReader();
  const root = reader.record(payload, 'payload');
  if (reader.faults.length > 0) return { kind: 'malformed', faults: reader.faults };
  if (root['action'] !== 'created') return { kind: 'ignore', reason: 'only a new comment can be a command' };
  const comment = reader.record(root['comment'], 'comment');
  const author = reader.record(comment['user'], 'comment.user');
  if (typeof author['type'] === 'string' && author['type'] !== 'User') return { kind: 'ignore', reason: 'not written by a person' };
  const body = comment['body'];
  if (typeof body === 'string' && !mayBeCommand(body)) return { kind: 'ignore', reason: 'the first line does not begin with a slash' };

  const issue = reader.record(root['issue'], 'issue');
  // GitHub gives null for the author of an issue whose account is gone.
  const issueAuthor = isRecord(issue['user']) ? issue['user'] : { login: 'ghost' };
  const repository = reader.record(root['repository'], 'repository');
  const report = issue['body'];
  const data: IncomingComment = {
    repository: reader.text(repository, 'full_name', 'repository.', repositoryForm),
    issueNumber: reader.number(issue, 'number', 'issue.'),
    isPullRequest: isRecord(issue['pull_request']),
    issueAuthor: reader.text(issueAuthor, 'login', 'issue.user.'),
    issueRunId: typeof report === 'string' ? runIdInReport(report) : null,
    commentId: reader.number(comment, 'id', 'comment.'),
    author: reader.text(author, 'login', 'comment.user.'),
    authorType: reader.text(author, 'type', 'comment.user.'),
    authorAssociation: typeof comment['author_association'] === 'string' ? comment['author_association'] : 'NONE',
    body: reader.text(comment, 'body', 'comment.').slice(0, BODY_CHARACTERS_MAX),
    deliveryId: reader.text({ deliveryId }, 'deliveryId', '', /^[\w.:-]{1,128}$/),
    action: 'created',
  };
  const createdAt = comment['created_at'];
  if (reader.faults.length > 0) return { kind: 'malformed', faults: reader.faults };
  return { kind: 'message', event: commandCloudEvent(data, typeof createdAt === 'string' ? createdAt : null) };
}

function commandCloudEvent(data: IncomingComment, time: string | null): CommandCloudEvent {
  return {
    specversion: '1.0',
    type: COMMAND_TYPE,
    id: data.deliveryId,
    source: `/github/${data.repository}`,
    subject: `issues/${data.issueNumber}#issuecomment-${data.commentId}`,
    ...(time === null ? {} : { time }),
    datacontenttype: 'application/json',
    data,
  };
}
