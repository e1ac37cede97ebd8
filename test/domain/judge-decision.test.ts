import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeDecision } from '../../domain/judge-decision.ts';
import type { OperatorDecision } from '../../domain/operator-decision.ts';
import type { UnitStatus } from '../../domain/window-status.ts';
import { minutesIn, statusSample, unitSample } from './window-status-samples.ts';

type Situation = Parameters<typeof judgeDecision>[1];

const word = (verb: OperatorDecision['verb'], target: string | null = null): OperatorDecision => ({ verb, target, until: null, by: 'operator', decisionId: 'd', comment: null });
const free: Omit<Situation, 'status'> = { now: minutesIn(60), current: null, isStopped: false, isLeaving: false, isHeld: false, isAborting: false };
const at = (state: UnitStatus['state'], change: Partial<Situation> = {}): Situation => ({ ...free, status: statusSample({ phase: 'upgrading', units: [unitSample({ state })] }), ...change });
const current = { current: 'pool/usr' } as const;

const table: readonly [name: string, decision: OperatorDecision, situation: Situation, effect: string][] = [
  ['skip of a pool still to come leaves it out', word('skip', 'usr'), at('planned'), 'skip-later'],
  ['skip of a withheld pool is nothing, so that retry cannot bring it past preflight', word('skip', 'usr'), at('withheld'), 'none'],
  ['retry of a withheld pool is nothing', word('retry', 'usr'), at('withheld'), 'none'],
  ['retry of a skipped pool queues it', word('retry', 'usr'), at('skipped'), 'requeue'],
  ['retry of the stopped pool under way tries it again', word('retry'), at('paused', { ...current, isStopped: true }), 'go'],
  ['retry of a pool that is being left queues it', word('retry'), at('paused', { ...current, isStopped: true, isLeaving: true }), 'requeue'],
  ['resume of a pool that is being left is nothing', word('resume'), at('paused', { ...current, isStopped: true, isLeaving: true }), 'none'],
  ['a second skip is nothing', word('skip'), at('paused', { ...current, isLeaving: true }), 'none'],
  ['a second abort is nothing', word('abort'), at('running', { ...current, isAborting: true }), 'none'],
  ['resume lifts a hold', word('resume'), at('running', { ...current, isHeld: true }), 'release'],
  ['resume of a drain that Azure still tries is nothing', word('resume'), at('paused', current), 'none'],
  ['the control plane cannot be skipped', word('skip', 'control-plane'), { ...free, status: statusSample({ phase: 'upgrading', units: [unitSample({ unit: 'control-plane' })] }) }, 'none'],
  ['a pool nobody knows is asked back', word('skip', 'nope'), at('planned'), 'none'],
];

for (const [name, decision, situation, effect] of table) {
  test(name, () => {
    const judged = judgeDecision(decision, situation);

    assert.equal(judged.effect.kind, effect, judged.answer);
    assert.notEqual(judged.answer, '');
  });
}
