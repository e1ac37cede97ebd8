import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { verifySignature } from '../../adapters/github-signature.ts';

const secret = "It's a Secret to Everybody";
const body = Buffer.from('Hello, World!');
/** The vector of GitHub Docs, "Validating webhook deliveries". */
const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

const cases: readonly (readonly [string, string | null, readonly string[], string])[] = [
  ['the published vector', signature, [secret], 'valid'],
  ['the second of several secrets', signature, ['another secret', secret], 'valid'],
  ['the first of several secrets', signature, [secret, 'another secret'], 'valid'],
  ['digits in capitals', signature.toUpperCase().replace('SHA256', 'sha256'), [secret], 'valid'],
  ['another secret', signature, ['another secret'], 'invalid'],
  ['no secrets at all', signature, [], 'invalid'],
  ['an empty secret whose signature is right', `sha256=${createHmac('sha256', '').update(body).digest('hex')}`, [''], 'invalid'],
  ['one wrong digit', signature.replace(/7$/, '8'), [secret], 'invalid'],
  ['no header', null, [secret], 'missing'],
  ['an empty header', '', [secret], 'missing'],
  ['a SHA-1 signature', 'sha1=757107ea0eb2509fc211221cce984b8a37570b6d', [secret], 'malformed'],
  ['a signature cut short', signature.slice(0, -1), [secret], 'malformed'],
  ['something behind the signature', `${signature}00`, [secret], 'malformed'],
  ['no digits', 'sha256=', [secret], 'malformed'],
];

for (const [name, header, secrets, verdict] of cases) {
  test(`a signature with ${name} is ${verdict}`, () => {
    assert.equal(verifySignature(body, header, secrets), verdict);
  });
}

test('one changed byte of the body makes a signature invalid', () => {
  assert.equal(verifySignature(Buffer.from('Hello, World?'), signature, [secret]), 'invalid');
});

test('bytes that are no UTF-8 are signed as they are', () => {
  const raw = Uint8Array.of(0xff, 0x00, 0xfe);
  const header = `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
  assert.equal(verifySignature(raw, header, [secret]), 'valid');
});
