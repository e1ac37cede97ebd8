import { answerMarker, withMarker } from '../domain/hidden-marker.ts';
import type { Outcome } from '../domain/failure.ts';
import type { ActivityContract } from './contract.ts';
import type { Ports } from './ports.ts';

/**
 * Answers a person's command in its thread with what is known now: the one answer is posted, and later changed in place. May be
 * repeated.
 */
export async function keepAnswer(ports: Ports, { comment, decisionId, body }: ActivityContract['keepAnswer']['input']): Promise<Outcome<{ readonly commentId: number }>> {
  const { repository, issueNumber } = comment;
  const marker = answerMarker(decisionId);
  const kept = await ports.github.keepComment({ repository, issueNumber, marker, body: withMarker(body, marker) });
  return kept.ok ? { ok: true, value: { commentId: kept.value.id } } : kept;
}
