import { isRecord, textAt, timeAt } from './json.ts';
import type { JsonRecord } from './json.ts';
import { commitForm, createFieldReader, deliveryForm, repositoryForm } from './message-reading.ts';
import type { DeliveryProjection } from './message-reading.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';
import type { Instant } from './time.ts';

/** Type of a pull request's message on the queue `inbox`. */
export const PULL_REQUEST_TYPE = 'dev.slackwater.pull-request.v1';

/** Actions after which a pull request's files may differ from what was looked at before. */
const pullRequestActions = ['opened', 'synchronize', 'reopened'] as const;

/** A pull request whose head moved, as the webhook told it: a hint, for everything that counts is read again. All text is untrusted. */
export interface IncomingPullRequest {
  /** `owner/name` it would be merged into. */
  readonly repository: string;
  readonly number: number;
  readonly action: (typeof pullRequestActions)[number];
  readonly headSha: string;
  /** When GitHub said so, to the second; null when it did not. */
  readonly updatedAt: Instant | null;
  readonly author: string;
  /** GitHub's delivery id; a redelivery has the same. */
  readonly deliveryId: string;
}

/** Turns a `pull_request` delivery into a message of a few hundred bytes, or says why it is none. `payload` is untrusted. */
export function projectPullRequest(deliveryId: string, payload: unknown): DeliveryProjection {
  const reader = createFieldReader();
  const root = reader.record(payload, 'payload');
  if (reader.faults.length > 0) return { kind: 'malformed', faults: reader.faults };
  const action = pullRequestActions.find((known) => known === root['action']);
  if (action === undefined) return { kind: 'ignore', reason: 'the files of the pull request did not change' };
  const pull = reader.record(root['pull_request'], 'pull_request');
  const data: Omit<IncomingPullRequest, 'updatedAt'> = {
    repository: reader.text(reader.record(root['repository'], 'repository'), 'full_name', 'repository.', repositoryForm),
    number: reader.number(pull, 'number', 'pull_request.'),
    action,
    headSha: reader.text(reader.record(pull['head'], 'pull_request.head'), 'sha', 'pull_request.head.', commitForm),
    // GitHub gives null for an author whose account is gone.
    author: isRecord(pull['user']) ? reader.text(pull['user'], 'login', 'pull_request.user.') : 'ghost',
    deliveryId: reader.text({ deliveryId }, 'deliveryId', '', deliveryForm),
  };
  if (reader.faults.length > 0) return { kind: 'malformed', faults: reader.faults };
  const time = textAt(pull, 'updated_at');
  return {
    kind: 'message',
    event: {
      specversion: '1.0',
      type: PULL_REQUEST_TYPE,
      id: deliveryId,
      source: `/github/${data.repository}`,
      subject: `pull/${data.number}`,
      ...(time === null ? {} : { time }),
      datacontenttype: 'application/json',
      data,
    },
  };
}

/** Reads a message of type {@link PULL_REQUEST_TYPE}; every fault at once, code `malformed-message`. */
export function parsePullRequest(message: JsonRecord): Result<IncomingPullRequest, Fault> {
  const reader = createFieldReader();
  const data = reader.record(message['data'], 'data');
  const written = reader.text(data, 'action', 'data.', new RegExp(`^(?:${pullRequestActions.join('|')})$`));
  const pullRequest: IncomingPullRequest = {
    repository: reader.text(data, 'repository', 'data.', repositoryForm),
    number: reader.number(data, 'number', 'data.'),
    action: pullRequestActions.find((known) => known === written) ?? 'synchronize',
    headSha: reader.text(data, 'headSha', 'data.', commitForm),
    updatedAt: timeAt(message, 'time'),
    author: reader.text(data, 'author', 'data.'),
    deliveryId: reader.text(data, 'deliveryId', 'data.', deliveryForm),
  };
  return reader.faults.length > 0 ? refuse(reader.faults) : succeed(pullRequest);
}

/**
 * Whether what GitHub answers is what a delivery told of: `same` head, a `later` one, which has a delivery of its own, or an `earlier`
 * one, because GitHub's answers may lag behind its deliveries. Within one second nobody can tell, so the answer counts.
 */
export function judgeHead(told: Pick<IncomingPullRequest, 'headSha' | 'updatedAt'>, read: { readonly headSha: string; readonly updatedAt: Instant }): 'same' | 'later' | 'earlier' {
  if (told.headSha === read.headSha || told.updatedAt === null || told.updatedAt === read.updatedAt) return 'same';
  return read.updatedAt > told.updatedAt ? 'later' : 'earlier';
}
