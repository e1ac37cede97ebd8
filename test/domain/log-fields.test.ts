import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeOf, heardBy, logFieldNames, logFieldsOf, readTrace, withTrace, withoutTrace } from '../../domain/log-fields.ts';
import type { LogFields } from '../../domain/log-fields.ts';

const known: LogFields = { cluster: '/subscriptions/s/x', planId: 'abc', instanceId: 'window-1', version: '1', phase: 'paused', pool: 'usr', attempt: 2, decision: 'comment-7', correlationId: '72d3162e-cc78-11e3-81ab-4c9367dc0958', githubDelivery: 'd-1' };

test('what an input tells by itself is not sent beside it, and comes back the same', () => {
  const input = { clusterResourceId: '/subscriptions/s/y', unit: { unit: 'pool/sys' } };
  const sent = withTrace(input, known);

  assert.deepEqual(withoutTrace(sent), input);
  assert.deepEqual(readTrace(sent), { planId: 'abc', version: '1', phase: 'paused', attempt: 2, decision: 'comment-7', correlationId: known.correlationId, githubDelivery: 'd-1' });
  assert.deepEqual({ ...readTrace(sent), ...logFieldsOf(withoutTrace(sent)) }.cluster, '/subscriptions/s/y');
  assert.equal(withTrace('text', known), 'text');
  assert.equal(withTrace(input, {}), input);
});

test('a trace that is none is left out: it could be read by nobody, or break a line', () => {
  for (const trace of [null, 'x', { correlationId: 'a\nb' }, { correlationId: 'x'.repeat(500) }, { correlationId: 7 }, { attempt: '2' }, { somethingElse: 'x' }]) assert.deepEqual(readTrace({ trace }), {}, JSON.stringify(trace));
});

test('what a run hears takes the place of what it heard before, and a hint of nobody takes nothing', () => {
  const byEvent = heardBy(known, withTrace({ kind: 'look', reason: 'x', pool: 'usr' }, { correlationId: 'e-1' }));

  assert.deepEqual(causeOf(byEvent), { correlationId: 'e-1' });
  assert.equal(byEvent.planId, 'abc');
  assert.deepEqual(causeOf(heardBy(byEvent, withTrace({ decisionId: 'comment-9', verb: 'resume' }, { correlationId: 'c-9', githubDelivery: 'd-9' }))), { decision: 'comment-9', correlationId: 'c-9', githubDelivery: 'd-9' });
  assert.equal(heardBy(known, { kind: 'look' }), known);
});

test('every field has one place at least where it is found', () => {
  const found = logFieldsOf({ ...known, node: 'aks-usr-0', reasonCode: 'QuotaExceeded' });

  assert.deepEqual(Object.keys(found).sort(), [...logFieldNames].sort());
});
