import type { Failure, Outcome } from '../domain/failure.ts';
import { answerMarker, reportMarker, withMarker } from '../domain/hidden-marker.ts';
import { lateLine, renderNotice } from '../domain/notice-markdown.ts';
import { reportOf } from '../domain/report.ts';
import { renderReport, REPORT_CHARACTERS_MAX } from '../domain/report-markdown.ts';
import { isRunSettled } from '../domain/report-result.ts';
import type { ActivityContract } from './contract.ts';
import type { IssueReference, Ports } from './ports.ts';

/** Sizes tried in turn where GitHub refuses a text: it may count otherwise than we do. Unit: characters. */
const REPORT_SIZES = [REPORT_CHARACTERS_MAX, 20_000, 4_000] as const;
const COMMENT_CHARACTERS_MAX = 2_000;
/** GitHub refuses these words themselves: too long, or not to its liking. */
const REFUSED = 'github-refused';

/**
 * Makes the run's one issue show this status; closed only when the run ended with nothing left. May be repeated.
 *
 * What GitHub refuses as too long is sent again shorter, and at last without the policy's labels.
 */
export async function publishReport(
  ports: Ports,
  input: ActivityContract['publishReport']['input'],
): Promise<Outcome<IssueReference>> {
  const { status, report, repository } = input;
  const model = reportOf(status, ports.clock.now());
  let refused: Failure | null = null;
  for (const charactersMax of REPORT_SIZES) {
    const { title, body } = renderReport(model, charactersMax);
    const ensured = await ports.github.ensureIssue({
      repository,
      marker: reportMarker(status.runId),
      title,
      body,
      labels: charactersMax === REPORT_CHARACTERS_MAX ? ['slackwater', ...report.labels] : ['slackwater'],
      state: isRunSettled(status) ? 'closed' : 'open',
      knownNumber: status.issue?.number ?? null,
    });
    if (ensured.ok || ensured.failure.code !== REFUSED) return ensured;
    refused = ensured.failure;
    ports.logger.log('warn', 'report.shortened', { runId: status.runId, charactersMax, message: refused.message });
  }
  return { ok: false, failure: refused ?? missingIssue };
}

const missingIssue: Failure = {
  code: 'issue-missing',
  class: 'transient',
  message: 'The run has no issue yet, so there is no thread to post in.',
  remedy: 'It is posted once the issue exists.',
  retryAfterSeconds: null,
};

/** Posts the one comment of a change of state. May be repeated: it is found again by its key. */
export async function postNotice(
  ports: Ports,
  input: ActivityContract['postNotice']['input'],
): Promise<Outcome<{ readonly commentId: number }>> {
  const { status, report, key, kind, owners = {}, mention = null, late = null } = input;
  const { issue } = status;
  if (issue === null) return { ok: false, failure: missingIssue };
  const { marker, body } = renderNotice(status, kind, key, { onCall: report.onCall, owners, mention, late }, ports.clock.now());
  return ensureWords(ports, { repository: issue.repository, issueNumber: issue.number, marker, body });
}

/** Answers a person's command in its thread, once however often this runs. */
export async function answerComment(
  ports: Ports,
  input: ActivityContract['answerComment']['input'],
): Promise<Outcome<{ readonly commentId: number }>> {
  const { comment, decisionId, body, late = null } = input;
  const marker = answerMarker(decisionId);
  const told = [lateLine(late, 'UTC', ports.clock.now()), body].filter((text) => text !== '').join('\n\n');
  return ensureWords(ports, { repository: comment.repository, issueNumber: comment.issueNumber, marker, body: withMarker(told, marker) });
}

/** Posts a comment; one that GitHub refuses as too long is posted shortened, and says so. */
async function ensureWords(ports: Ports, request: Parameters<Ports['github']['ensureComment']>[0]): Promise<Outcome<{ readonly commentId: number }>> {
  const ensured = await ports.github.ensureComment(request);
  if (ensured.ok) return { ok: true, value: { commentId: ensured.value.id } };
  if (ensured.failure.code !== REFUSED) return ensured;
  // Cut at a paragraph, so that no code span or fence is left open.
  const kept = request.body.slice(0, COMMENT_CHARACTERS_MAX).split('\n\n').slice(0, -1).filter((text) => !text.includes('```'));
  const body = [...kept, 'GitHub refused the whole of this as it was; the rest is left out.', request.marker].join('\n\n');
  const shorter = await ports.github.ensureComment({ ...request, body });
  return shorter.ok ? { ok: true, value: { commentId: shorter.value.id } } : shorter;
}
