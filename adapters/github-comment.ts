import type { Octokit } from '@octokit/rest';
import type { HeldComment } from '../domain/comment-truth.ts';
import { runIdInReport } from '../domain/hidden-marker.ts';
import { isRecord, recordAt, textAt, timeAt } from '../domain/json.ts';
import { UnreadableAnswer } from './github-failure.ts';
import { isStatus } from './github-issue.ts';
import type { RepositoryName } from './github-session.ts';

/** Who GitHub shows for an account that is gone. */
const ghost = { login: 'ghost', type: 'User' };

/**
 * The comment and its issue as GitHub holds them now; null when the comment is gone. Two GETs.
 *
 * @see GitHub REST, "Get an issue comment" and "Get an issue".
 */
export async function readHeldComment(github: Octokit, name: RepositoryName, commentId: number): Promise<HeldComment | null> {
  const comment = await orNull(github.rest.issues.getComment({ ...name, comment_id: commentId }));
  if (comment === null) return null;
  const issueNumber = Number(/\/issues\/(\d+)$/.exec(textAt(comment, 'issue_url') ?? '')?.[1]);
  const [createdAt, updatedAt] = [timeAt(comment, 'created_at'), timeAt(comment, 'updated_at')];
  if (!Number.isSafeInteger(issueNumber) || createdAt === null || updatedAt === null) {
    throw new UnreadableAnswer('GitHub answered a comment without issue_url, created_at or updated_at.');
  }
  const issue = await orNull(github.rest.issues.get({ ...name, issue_number: issueNumber }));
  if (issue === null) return null;
  const author = isRecord(comment['user']) ? comment['user'] : ghost;
  return {
    author: textAt(author, 'login') ?? '',
    authorType: textAt(author, 'type') ?? '',
    body: textAt(comment, 'body') ?? '',
    createdAt,
    updatedAt,
    issueNumber,
    issueAuthor: textAt(isRecord(issue['user']) ? issue['user'] : ghost, 'login') ?? '',
    isPullRequest: isRecord(issue['pull_request']),
    issueRunId: runIdInReport(textAt(issue, 'body') ?? ''),
  };
}

async function orNull(asked: Promise<{ readonly data: unknown }>): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const { data } = await asked;
    return recordAt({ data }, 'data');
  } catch (thrown) {
    if (isStatus(thrown, 404) || isStatus(thrown, 410)) return null;
    throw thrown;
  }
}
