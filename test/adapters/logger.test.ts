import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../adapters/logger.ts';

function logged(fields: Readonly<Record<string, unknown>>): unknown {
  const lines: string[] = [];
  createLogger((level, line) => void lines.push(`${level} ${line}`)).log('warn', 'some.code', fields);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^warn \{/);
  return JSON.parse((lines[0] ?? '').slice('warn '.length));
}

test('a line holds level, code and fields, and no field can take their place', () => {
  assert.deepEqual(logged({ pool: 'usr', code: 'other', level: 'info' }), { level: 'warn', code: 'some.code', pool: 'usr' });
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
