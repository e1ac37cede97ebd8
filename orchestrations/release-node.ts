import type { ActivityContract } from '../activities/contract.ts';
import type { CleanUpOutcome, CleanUpRequest } from '../domain/clean-up.ts';
import { refuseCleanUp, refuseUnread, type CleanUpRefusal } from '../domain/clean-up.ts';
import type { Failure } from '../domain/failure.ts';
import { answerCleanUpRefused, answerReleased } from '../domain/clean-up-words.ts';
import { MINUTE_MS, type Instant } from '../domain/time.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import type { Flow, Step } from './flow.ts';
import { patiently } from './patience.ts';

/** How a release ended, with its answer. */
export interface Release {
  readonly outcome: CleanUpOutcome;
  /** Markdown. */
  readonly answer: string;
  /** Null where nothing was released. */
  readonly pool: string | null;
}

/** What a release is told with besides. */
interface ReleaseContext {
  readonly clusterResourceId: string;
  readonly timeZone: string;
  readonly isRunUnderWay: boolean;
  readonly nextOpens: Instant | null;
  readonly patienceMinutes: number;
}

/**
 * Takes the quarantine label off a node, on a person's word, after its preconditions were looked at again.
 *
 * The look is one activity and the removal another: history keeps that the label was there, so a removal that runs twice is still told
 * as one.
 */
export function* releaseAsked(flow: Flow, request: CleanUpRequest, context: ReleaseContext): Step<Release> {
  const { clusterResourceId, timeZone, isRunUnderWay, nextOpens } = context;
  const node = request.target ?? '';
  const until = flow.now() + context.patienceMinutes * MINUTE_MS;
  const judged = yield* patiently<Extract<ActivityContract['judgeNodeRelease']['output'], { ok: true }>['value']>(flow, until, () => flow.call('judgeNodeRelease', { clusterResourceId, node }));
  const judgment = judged.ok ? judged.value : refuseUnread(judged.failure);
  if (judgment.kind === 'refused') return { outcome: 'refused', answer: answerCleanUpRefused(request, judgment), pool: null };
  const removed = yield* patiently(flow, until, () => flow.call('releaseNode', { clusterResourceId, node, by: request.by }));
  if (!removed.ok) return { outcome: 'refused', answer: answerCleanUpRefused(request, refuseRemoval(removed.failure)), pool: null };
  const telling = { request, clusterName: clusterNameOf(clusterResourceId), timeZone, now: flow.now(), isRunUnderWay, nextOpens };
  return { outcome: 'done', answer: answerReleased(judgment, telling), pool: judgment.pool };
}

function refuseRemoval({ code, message, remedy }: Failure): CleanUpRefusal {
  return refuseCleanUp(code, `The label could not be taken off: ${message}`, remedy);
}
