import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeDecision } from '../../domain/judge-decision.ts';
import type { OperatorDecision } from '../../domain/operator-decision.ts';
import { findContradiction, type HeardWord } from '../../domain/opposite-words.ts';
import { statusSample } from './window-status-samples.ts';

const at = Date.UTC(2026, 9, 10, 20, 40);
const heard = (verb: HeardWord['verb'], writtenAt = at, target: string | null = null): HeardWord => ({ verb, target, by: 'max', writtenAt });
const said = (verb: OperatorDecision['verb'], target: string | null = null): OperatorDecision => ({ verb, target, until: null, by: 'lia', decisionId: 'c', comment: null, writtenAt: at });

test('only opposite words about the same thing within a second contradict each other', () => {
  const table: readonly (readonly [OperatorDecision, HeardWord, 'safer' | 'bolder' | null])[] = [
    [said('pause'), heard('resume'), 'safer'],
    [said('resume'), heard('pause'), 'bolder'],
    [said('resume'), heard('pause', at - 1_000), 'bolder'],
    [said('resume'), heard('pause', at - 1_001), null],
    [said('resume'), heard('resume'), null],
    [said('skip', 'usr'), heard('retry', at, 'usr'), 'safer'],
    [said('retry', 'usr'), heard('skip', at, 'sys'), null],
    [said('abort'), heard('resume'), null],
    [{ ...said('pause'), writtenAt: null }, heard('resume'), null],
  ];
  for (const [decision, word, expected] of table) {
    const found = findContradiction(decision, [word]);
    assert.equal(found === null ? null : found.isSafer ? 'safer' : 'bolder', expected, `${decision.verb} ${word.verb}`);
  }
});

test('the safer of two opposite words is done, the other is not, and both people are told', () => {
  const situation = { status: statusSample({ phase: 'upgrading', pause: null }), now: at, current: null, isStopped: false, isLeaving: false, isHeld: false, isAborting: false };
  const paused = judgeDecision(said('pause'), { ...situation, heard: [heard('resume')] });
  const resumed = judgeDecision(said('resume'), { ...situation, isHeld: true, heard: [heard('pause')] });

  assert.equal(paused.effect.kind, 'hold');
  assert.equal(resumed.effect.kind, 'none');
  for (const { answer } of [paused, resumed]) assert.match(answer, /Two opposite commands within a second .* stays paused until one of you repeats/);
});
