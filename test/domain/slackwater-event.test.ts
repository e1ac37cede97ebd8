import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runEndedEventName, slackwaterEvent, slackwaterEventNames } from '../../domain/slackwater-event.ts';
import { runIdOf } from '../../domain/window-identity.ts';

const runId = runIdOf('shop', 0);

test('an event carries its name, subject, occasion and facts', () => {
  assert.deepEqual(slackwaterEvent('pool.succeeded', { runId, unit: 'pool/usr', attempt: 2 }, 7, { nodes: 3 }), {
    name: 'dev.slackwater.pool.succeeded',
    subject: `${runId}/pool/usr`,
    at: 7,
    messageId: `${runId}/pool/usr/2/pool.succeeded`,
    data: { nodes: 3, runId, unit: 'pool/usr', attempt: 2 },
  });
});

test('the same occasion has one message id whenever and with whatever facts it is told; another has another', () => {
  const id = (attempt: number, at: number) => slackwaterEvent('run.paused', { runId, unit: 'run', attempt }, at, { at }).messageId;

  assert.equal(id(1, 0), id(1, 99));
  assert.notEqual(id(1, 0), id(2, 0));
});

test('every message id fits the broker for the longest names AKS allows', () => {
  const longest = runIdOf('c'.repeat(63), 0);
  for (const name of slackwaterEventNames) {
    const unit = name.startsWith('pool.') || name.startsWith('node.') || name.startsWith('hold.') ? (`pool/${'p'.repeat(12)}` as const) : 'run';
    const { messageId } = slackwaterEvent(name, { runId: longest, unit, attempt: 99 }, 0, {});

    assert.ok(messageId.length <= 128, `${messageId.length} ${messageId}`);
  }
});

test('no name is listed twice and facts cannot overwrite the occasion', () => {
  assert.equal(new Set(slackwaterEventNames).size, slackwaterEventNames.length);
  assert.equal(slackwaterEvent('run.started', { runId, unit: 'run', attempt: 1 }, 0, { runId: 'other' }).data['runId'], runId);
});

test('each outcome of a run has its own event', () => {
  assert.equal(runEndedEventName('completed-with-debt'), 'run.completed-with-debt');
  assert.equal(runEndedEventName('succeeded'), 'run.succeeded');
});
