import type { OperatorDecision, RunVerb } from './operator-decision.ts';
import { OPPOSITES_MS } from './standing-order.ts';
import type { Instant } from './time.ts';

/** A word a run has taken up, as far as a later one may contradict it. */
export interface HeardWord {
  readonly verb: RunVerb;
  readonly target: string | null;
  readonly by: string;
  readonly writtenAt: Instant;
}

/** Words that undo each other; of each pair the first leaves the cluster safer. */
const pairs: readonly (readonly [safer: RunVerb, other: RunVerb])[] = [
  ['pause', 'resume'],
  ['skip', 'retry'],
];

/** What a word and its opposite, written within a second, come to. */
export interface Contradiction {
  /** Whether this word is the safer one of the two. */
  readonly isSafer: boolean;
  readonly opposite: HeardWord;
}

/**
 * The opposite of a decision that was written within the same second, whichever was delivered first; null when there is none.
 *
 * GitHub tells times to the second, and deliveries come in any order, so of such two neither is the later.
 */
export function findContradiction({ verb, target, writtenAt }: Pick<OperatorDecision, 'verb' | 'target' | 'writtenAt'>, heard: readonly HeardWord[]): Contradiction | null {
  if (writtenAt == null) return null;
  for (const [safer, other] of pairs) {
    if (verb !== safer && verb !== other) continue;
    const opposite = heard.findLast((word) => word.verb === (verb === safer ? other : safer) && word.target === target && Math.abs(word.writtenAt - writtenAt) <= OPPOSITES_MS);
    if (opposite !== undefined) return { isSafer: verb === safer, opposite };
  }
  return null;
}
