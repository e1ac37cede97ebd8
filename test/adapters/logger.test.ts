import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveInvocation } from '../../adapters/invocation.ts';
import { createLogger } from '../../adapters/logger.ts';
import { isRecord } from '../../domain/json.ts';

function logged(fields: Readonly<Record<string, unknown>>): unknown {
  const lines: string[] = [];
  createLogger((level, line) => void lines.push(`${level} ${line}`)).log('warn', 'some.code', fields);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^warn \{/);
  return JSON.parse((lines[0] ?? '').slice('warn '.length));
}

test('a line holds level, code and fields, and no field can take their place; a reason of its own is kept beside', () => {
  assert.deepEqual(logged({ pool: 'usr', code: 'other', level: 'info' }), { level: 'warn', code: 'some.code', pool: 'usr', reasonCode: 'other' });
});

test('what a line is about is found wherever it holds it, under one name', () => {
  const line = logged({ clusterResourceId: '/subscriptions/s/x', unit: { unit: 'pool/usr' }, attempt: 2, status: { planDigest: 'abc', phase: 'paused' }, failure: { code: 'QuotaExceeded' }, decisionId: 'comment-7', deliveryId: 'd-1' });

  assert.ok(isRecord(line));
  const { cluster, pool, attempt, planId, phase, reasonCode, decision, githubDelivery } = line;
  assert.deepEqual({ cluster, pool, attempt, planId, phase, reasonCode, decision, githubDelivery }, { cluster: '/subscriptions/s/x', pool: 'usr', attempt: 2, planId: 'abc', phase: 'paused', reasonCode: 'QuotaExceeded', decision: 'comment-7', githubDelivery: 'd-1' });
});

test('a line says what its invocation is about, and its own fields say it better', () => {
  const lines: string[] = [];
  const logger = createLogger((_level, line) => void lines.push(line));
  serveInvocation({ fields: { cluster: 'one', correlationId: 'c' }, logger, traceParent: null }, () => logger.log('info', 'some.code', { cluster: 'other' }));
  logger.log('info', 'some.code', {});

  assert.deepEqual(lines.map((line): unknown => JSON.parse(line)), [{ level: 'info', code: 'some.code', cluster: 'other', correlationId: 'c' }, { level: 'info', code: 'some.code' }]);
});

test('what looks like a secret is redacted in any text', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----';
  const texts = ['Bearer abc.def', 'ghs_0123456789abcdef0123', 'github_pat_11AAAAAAA0123456789', key, 'Endpoint=sb://x;SharedAccessKey=a+/b==;E=1', 'https://x/y?a=1&sig=abc%2F&b=2', 'jwt eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2ln'];
  const line = JSON.stringify(logged({ texts, failed: new Error(`refused: ${texts[0]}`) }));

  for (const secret of ['abc.def', 'ghs_0123', 'github_pat_11', 'MIIabc', 'a+/b==', 'sig=abc', 'eyJpc3Mi']) assert.ok(!line.includes(secret), `${secret} in ${line}`);
  for (const rest of ['Endpoint=sb://x;', ';E=1', '&b=2', 'refused: ']) assert.ok(line.includes(rest), `${rest} not in ${line}`);
});

test('a field whose name speaks of a secret is redacted at any depth, in any case', () => {
  const line = logged({ githubToken: 'a', nested: [{ Authorization: 'b', apiKey: 'c', safe: 'd' }], ServiceBusConnectionString: 'e', 'x-hub-signature-256': 'f', webhookSecrets: ['g'] });

  assert.deepEqual(line, {
    level: 'warn',
    code: 'some.code',
    githubToken: '[redacted]',
    nested: [{ Authorization: '[redacted]', apiKey: '[redacted]', safe: 'd' }],
    ServiceBusConnectionString: '[redacted]',
    'x-hub-signature-256': '[redacted]',
    webhookSecrets: '[redacted]',
  });
});

test('what JSON cannot hold is told in words and nothing throws', () => {
  const circle: Record<string, unknown> = { big: 10n, run: () => 1, failed: new TypeError('no'), long: 'x'.repeat(5_000) };
  circle['self'] = circle;
  const line = logged({ circle });

  assert.deepEqual(line, {
    level: 'warn',
    code: 'some.code',
    circle: { big: '10', run: '[function]', failed: { name: 'TypeError', message: 'no' }, long: `${'x'.repeat(4_000)}…`, self: '[circular]' },
  });
});
