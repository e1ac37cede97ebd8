import type { Outcome } from '../domain/failure.ts';
import { answerMarker, reportMarker, withMarker } from '../domain/hidden-marker.ts';
import { renderNotice } from '../domain/notice-markdown.ts';
import { reportOf } from '../domain/report.ts';
import { renderReport } from '../domain/report-markdown.ts';
import { provenOutcome } from '../domain/report-result.ts';
import type { ActivityContract } from './contract.ts';
import type { IssueReference, Ports } from './ports.ts';

/** Makes the run's one issue show this status; closed only when the run ended with nothing left. May be repeated. */
export async function publishReport(
  ports: Ports,
  input: ActivityContract['publishReport']['input'],
): Promise<Outcome<IssueReference>> {
  const { status, report, repository } = input;
  const { title, body } = renderReport(reportOf(status, ports.clock.now()));
  const isSettled = status.phase === 'ended' && status.leftOver.length === 0 && provenOutcome(status) === 'succeeded';
  return ports.github.ensureIssue({
    repository,
    marker: reportMarker(status.runId),
    title,
    body,
    labels: ['slackwater', ...report.labels],
    state: isSettled ? 'closed' : 'open',
    knownNumber: status.issue?.number ?? null,
  });
}

/** Posts the one comment of a change of state. May be repeated: it is found again by its key. */
export async function postNotice(
  ports: Ports,
  input: ActivityContract['postNotice']['input'],
): Promise<Outcome<{ readonly commentId: number }>> {
  const { status, report, key, kind } = input;
  const { issue } = status;
  if (issue === null) {
    return {
      ok: false,
      failure: {
        code: 'issue-missing',
        class: 'transient',
        message: 'The run has no issue yet, so there is no thread to post in.',
        remedy: 'It is posted once the issue exists.',
        retryAfterSeconds: null,
      },
    };
  }
  const { marker, body } = renderNotice(status, kind, key, report.onCall, ports.clock.now());
  const ensured = await ports.github.ensureComment({ repository: issue.repository, issueNumber: issue.number, marker, body });
  return ensured.ok ? { ok: true, value: { commentId: ensured.value.id } } : ensured;
}

/** Answers a person's command in its thread, once however often this runs. */
export async function answerComment(
  ports: Ports,
  input: ActivityContract['answerComment']['input'],
): Promise<Outcome<{ readonly commentId: number }>> {
  const { comment, decisionId, body } = input;
  const marker = answerMarker(decisionId);
  const ensured = await ports.github.ensureComment({
    repository: comment.repository,
    issueNumber: comment.issueNumber,
    marker,
    body: withMarker(body, marker),
  });
  return ensured.ok ? { ok: true, value: { commentId: ensured.value.id } } : ensured;
}
