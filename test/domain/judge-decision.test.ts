import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeDecision } from '../../domain/judge-decision.ts';
import type { OperatorDecision } from '../../domain/operator-decision.ts';
import type { UnitStatus } from '../../domain/window-status.ts';
import { heldStatus, minutesIn, statusSample, unitSample } from './window-status-samples.ts';

type Situation = Parameters<typeof judgeDecision>[1];

const word = (verb: OperatorDecision['verb'], target: string | null = null): OperatorDecision => ({ verb, target, until: null, by: 'operator', decisionId: 'd', comment: null });
const free: Omit<Situation, 'status'> = { now: minutesIn(60), current: null, isStopped: false, isLeaving: false, isHeld: false, isAborting: false };
const at = (state: UnitStatus['state'], change: Partial<Situation> = {}): Situation => ({ ...free, status: statusSample({ phase: 'upgrading', units: [unitSample({ state })] }), ...change });
const waiting = (state: UnitStatus['state'], hold: 'waiting' | 'over' | 'cleared' = 'waiting'): Situation => ({
  ...free,
  status: { ...heldStatus, units: [unitSample({ state })], holds: heldStatus.holds.map((each) => ({ ...each, state: hold })) },
});
const current = { current: 'pool/usr' } as const;

const table: readonly [name: string, decision: OperatorDecision, situation: Situation, effect: string][] = [
  ['skip of a pool still to come leaves it out', word('skip', 'usr'), at('planned'), 'skip-later'],
  ['skip of a withheld pool is nothing, so that retry cannot bring it past preflight', word('skip', 'usr'), at('withheld'), 'none'],
  ['retry of a withheld pool is nothing', word('retry', 'usr'), at('withheld'), 'none'],
  ['skip of a pool that preflight withholds leaves it out', word('skip', 'usr'), waiting('withheld'), 'skip-later'],
  ['retry of a pool that preflight withholds has it looked at, no more', word('retry', 'usr'), waiting('withheld'), 'look-again'],
  ['retry of a withheld pool that was skipped is no way past preflight', word('retry', 'usr'), waiting('skipped'), 'look-again'],
  ['retry of a withheld pool whose last useful start has passed is nothing', word('retry', 'usr'), waiting('skipped', 'over'), 'none'],
  ['retry of a pool that was withheld, let go and failed queues it', word('retry', 'usr'), waiting('failed', 'cleared'), 'requeue'],
  ['resume of a run that waits has it looked at', word('resume'), waiting('withheld'), 'look-again'],
  ['a loss that withholds a pool may be acknowledged', word('ack-loss', 'ops/debug-jump'), waiting('withheld'), 'acknowledge'],
  ['a loss nobody knows is asked back', word('ack-loss', 'usr'), waiting('withheld'), 'none'],
  ['an aborted run takes no acknowledgement', word('ack-loss', 'ops/debug-jump'), { ...waiting('withheld'), isAborting: true }, 'none'],
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
