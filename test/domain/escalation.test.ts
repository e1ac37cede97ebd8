import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextStepAt, stepsDue } from '../../domain/escalation.ts';
import { isPassed, nextBeatAt, reachOf } from '../../domain/telling.ts';
import { minutesIn, pausedStatus, statusSample } from './window-status-samples.ts';

const steps = [{ afterMinutes: 60, mention: '@acme/leads' }, { afterMinutes: 30, mention: '@acme/on-call' }];
const { pause: sample } = pausedStatus;
assert.ok(sample !== null);
const pause = { ...sample, toldAt: minutesIn(40), stepsTold: 0 };

test('steps are due in order of time, counted from when the pause was told, whatever order the policy has', () => {
  assert.equal(nextStepAt(pause, steps), minutesIn(70));
  assert.deepEqual(stepsDue(pause, steps, minutesIn(69)), []);
  assert.deepEqual(stepsDue(pause, steps, minutesIn(70)).map(({ mention }) => mention), ['@acme/on-call']);
  assert.deepEqual(stepsDue(pause, steps, minutesIn(200)).map(({ mention }) => mention), ['@acme/on-call', '@acme/leads']);
});

test('a step that was told is not due again, and after the last nothing is', () => {
  assert.deepEqual(stepsDue({ ...pause, stepsTold: 1 }, steps, minutesIn(80)), []);
  assert.equal(nextStepAt({ ...pause, stepsTold: 2 }, steps), null);
  assert.equal(nextStepAt(pause, []), null);
});

test('a failure reaches as far as it says: all of GitHub, one thread, or these words', () => {
  const failure = (code: string, failureClass: 'transient' | 'terminal' | 'conflict' | 'unreadable') => ({ code, class: failureClass, message: '', remedy: '', retryAfterSeconds: null });
  const table = [
    ['github-unavailable', 'transient', 'service'],
    ['github-rate-limited', 'transient', 'service'],
    ['github-unreadable-answer', 'unreadable', 'service'],
    ['github-unauthorized', 'terminal', 'service'],
    ['github-client-fault', 'terminal', 'service'],
    ['github-not-found', 'terminal', 'thread'],
    ['github-gone', 'terminal', 'thread'],
    ['github-forbidden', 'terminal', 'thread'],
    ['github-refused', 'terminal', 'words'],
    ['state-unreadable', 'terminal', 'words'],
  ] as const;

  for (const [code, failureClass, reach] of table) assert.equal(reachOf(failure(code, failureClass)), reach, code);
});

test('a pause has passed once the run goes on or pauses for another reason; an end never passes', () => {
  const running = statusSample();
  const other = { ...pausedStatus, pause: { ...pause, number: 2 } };

  assert.equal(isPassed('paused', pausedStatus, pausedStatus), false);
  assert.equal(isPassed('paused', pausedStatus, running), true);
  assert.equal(isPassed('escalated', pausedStatus, other), true);
  assert.equal(isPassed('resumed', running, other), true);
  assert.equal(isPassed('ended', running, running), false);
});

test('a waiting report is written again every five minutes for an hour, then every fifteen', () => {
  assert.equal(nextBeatAt(minutesIn(10), minutesIn(0)), minutesIn(15));
  assert.equal(nextBeatAt(minutesIn(60), minutesIn(0)), minutesIn(75));
});
