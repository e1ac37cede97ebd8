import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rememberTokens } from '../../adapters/credential.ts';

/** A credential whose tokens live as long as told, one after the other; null is refused. */
function counting(livesMinutes: readonly (number | null)[]) {
  const asked: string[] = [];
  const credential = rememberTokens({
    async getToken(scopes, options) {
      const lives = livesMinutes[asked.length] ?? null;
      asked.push(`${[scopes].flat().join()}${options?.claims ?? ''}${options?.abortSignal === undefined ? '' : ' with a signal'}`);
      if (lives === null) throw new Error('Please run az login.');
      return { token: `token ${asked.length}`, expiresOnTimestamp: Date.now() + lives * 60_000 };
    },
  });
  return { credential, asked };
}

test('a token is asked for once by all who want it, for each scope, until it nears its end', async () => {
  const { credential, asked } = counting([60, 60, 4, 60]);
  const abortSignal = new AbortController().signal;
  const together = await Promise.all([credential.getToken('arm', { abortSignal }), credential.getToken(['arm']), credential.getToken('arm')]);
  assert.deepEqual(together.map((one) => one?.token), ['token 1', 'token 1', 'token 1']);
  assert.equal((await credential.getToken('kubernetes'))?.token, 'token 2');
  assert.equal((await credential.getToken('arm'))?.token, 'token 1');
  assert.equal((await credential.getToken('short'))?.token, 'token 3');
  assert.equal((await credential.getToken('short'))?.token, 'token 4', 'four minutes are too few');
  assert.deepEqual(asked, ['arm', 'kubernetes', 'short', 'short']);
});

test('a refusal is not kept, and a challenge of the service is passed on', async () => {
  const { credential, asked } = counting([null, 60, 60]);
  await assert.rejects(credential.getToken('arm'), /az login/);
  assert.equal((await credential.getToken('arm'))?.token, 'token 2');
  assert.equal((await credential.getToken('arm', { claims: '!' }))?.token, 'token 3');
  assert.deepEqual(asked, ['arm', 'arm', 'arm!']);
});
