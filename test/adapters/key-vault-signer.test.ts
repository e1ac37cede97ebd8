import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { test } from 'node:test';
import { createLocalCredential } from '../../adapters/credential.ts';
import { createVaultSigner, SigningFailure } from '../../adapters/key-vault-signer.ts';
import { compose } from '../../functions/compose.ts';
import { appKeys, setup, startGitHub } from '../local/github-fixture.ts';
import { environment } from '../functions/environment.ts';
import { startKeyVault } from './small-key-vault.ts';

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined };

test('a key in a vault signs what verifies by its public half; only a digest goes there, with the vault\'s own token', async (context) => {
  const { keyId, requests } = await startKeyVault(context, appKeys.privateKey);
  const sign = createVaultSigner({ keyId, credential: createLocalCredential('local', [keyId]), allowInsecureConnection: 'loopback-only' });

  const signature = await sign('header.payload');

  assert.ok(verify('RSA-SHA256', Buffer.from('header.payload'), appKeys.publicKey, Buffer.from(signature, 'base64url')));
  assert.deepEqual(requests.map(({ method, url, authorization }) => [method, url, authorization]), [['POST', '/keys/github/0123/sign?api-version=7.4', 'Bearer local']]);
  assert.doesNotMatch(JSON.stringify(requests), /payload/);
});

test('plain http is for this machine only', () => {
  const credential = createLocalCredential('local', ['http://127.0.0.1:1']);

  assert.throws(() => createVaultSigner({ keyId: 'http://shop.vault.azure.net/keys/github/0123', credential, allowInsecureConnection: 'loopback-only' }), /not safe/);
  assert.throws(() => createVaultSigner({ keyId: 'http://127.0.0.1:1/keys/github/0123', credential, allowInsecureConnection: 'never' }), /not safe/);
});

test('a vault that sends elsewhere gets no second request', async (context) => {
  const { keyId, requests } = await startKeyVault(context, appKeys.privateKey, [302]);
  const sign = createVaultSigner({ keyId, credential: createLocalCredential('local', [keyId]), allowInsecureConnection: 'loopback-only' });

  await assert.rejects(sign('x'), SigningFailure);
  assert.equal(requests.length, 1);
});

/** The whole app's ports, signing by a vault, against a GitHub that verifies. */
async function composed(context: Parameters<typeof startGitHub>[0], answers: number[] = []) {
  const { server, log } = await startGitHub(context);
  const { keyId, requests } = await startKeyVault(context, appKeys.privateKey, answers);
  const { GITHUB_TOKEN: _none, ...rest } = environment;
  const made = compose({
    ...rest,
    GITHUB_API_URL: server.apiUrl,
    GITHUB_APP_ID: String(setup.app?.id),
    GITHUB_APP_KEY_ID: keyId,
    SLACKWATER_ARM_ENDPOINT: 'http://127.0.0.1:1',
    SLACKWATER_LOCAL_TOKEN: 'local',
  });
  assert.ok(made.ok, JSON.stringify(made));
  return { ports: made.value.portsOf(silent), log, requests };
}

test('GitHub takes the App\'s tokens that a vault signed, and one serves for several requests', async (context) => {
  const { ports, log, requests } = await composed(context);

  assert.deepEqual(await ports.github.permissionOf('acme/platform', 'demo-admin'), { ok: true, value: 'admin' });
  assert.equal((await ports.deliveries.listAttempts(0)).ok, true);

  assert.deepEqual(log.entries.filter(({ status }) => status >= 400), []);
  assert.equal(requests.length, 1);
});

test('a vault that refuses is a failure with its own remedy, one that is away is worth another try', async (context) => {
  const { ports } = await composed(context, [403, 503, 429]);

  const failures = [];
  for (let count = 0; count < 3; count += 1) {
    const answer = await ports.deliveries.listAttempts(0);
    failures.push(answer.ok ? null : [answer.failure.code, answer.failure.class]);
  }
  assert.deepEqual(failures, [['key-vault-refused', 'terminal'], ['key-vault-unavailable', 'transient'], ['key-vault-unavailable', 'transient']]);
  assert.equal((await ports.deliveries.listAttempts(0)).ok, true);
});
