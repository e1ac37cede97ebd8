import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviseOn, sentenceOf } from '../../cli/live-advice.ts';

const failure = (code: string, message = '') => ({ code, message, class: 'terminal', remedy: 'of the service', retryAfterSeconds: null }) as const;
const target = { resourceId: '/subscriptions/s', kubeconfig: null };

test('a missing sign-in is told in a sentence, with what Entra itself answered', () => {
  const tried = 'ChainedTokenCredential authentication failed.\nCredentialUnavailableError: EnvironmentCredential is unavailable.\nCredentialUnavailableError: ';
  assert.equal(sentenceOf(failure('no-token', tried)), 'No sign-in to Azure was found here.');
  assert.equal(sentenceOf(failure('no-token', `${tried}AADSTS700082: The refresh token has expired due to inactivity. Trace ID: x`)), 'No sign-in to Azure was found here. AADSTS700082: The refresh token has expired due to inactivity.');
  assert.equal(sentenceOf(failure('Forbidden', 'nodes is forbidden')), 'nodes is forbidden');
  assert.match(adviseOn(failure('no-token', tried), target), /az login/);
});

test('advice goes by where the refusal came from, and what nobody foresaw keeps the remedy of the service', () => {
  const kubeconfig = { file: 'config', context: null };
  assert.match(adviseOn(failure('Unauthorized'), target), /does not take Entra tokens/);
  assert.match(adviseOn(failure('Unauthorized'), { ...target, kubeconfig }), /no longer taken/);
  assert.equal(adviseOn(failure('TooStrange'), target), 'of the service');
});
