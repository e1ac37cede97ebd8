import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { recordsAt, textAt } from '../../domain/json.ts';
import { policyRepository } from '../../local/loopback-world.ts';
import type { LoggedRequest } from '../../local/request-log.ts';
import { startBundle } from './bundle-host.ts';
import { startIngestion } from './small-ingestion.ts';

const HOUR = 3_600_000;
const at = `/repos/${policyRepository}`;

/** Ways in which a secret shows: as it is, in JSON, in a link, and in base64 at each of the three places it may begin. */
function formsOf(secret: string): readonly string[] {
  const parts = secret.split('\n').filter((line) => line.length >= 16);
  const bytes = Buffer.from(secret);
  const encoded = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset, 'x'), bytes]).toString('base64').replaceAll('=', '');
    const inner = text.slice(offset === 0 ? 0 : offset + 1, -2);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set([...parts, ...parts.flatMap((part) => [encodeURIComponent(part), JSON.stringify(part).slice(1, -1)]), ...encoded])];
}

/** Names of the secrets that show in the text, in whatever form. */
function findSecrets(text: string, secrets: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => (formsOf(secret).some((form) => text.includes(form)) ? [name] : []));
}

test('a planted secret is found, as it is, in base64, in a link and in JSON', () => {
  const secrets = { token: 'ab+/"cd-0123456789', key: `-----BEGIN PRIVATE KEY-----\n${'MIIx'.repeat(16)}\n-----END PRIVATE KEY-----` };
  const planted: readonly [string, readonly string[]][] = [
    ['{"note":"none here"}', []],
    [`said ${secrets.token} aloud`, ['token']],
    [JSON.stringify({ it: secrets.token }), ['token']],
    [`https://x/?a=${encodeURIComponent(secrets.token)}`, ['token']],
    ...['', 'a', 'ab', 'abc'].map((before): [string, readonly string[]] => [Buffer.from(`${before}${secrets.token}${before}`).toString('base64'), ['token']]),
    [Buffer.from(secrets.token).toString('base64url'), ['token']],
    [`line ${'MIIx'.repeat(16)}`, ['key']],
  ];
  for (const [text, expected] of planted) assert.deepEqual(findSecrets(text, secrets), expected, text);
});

test('after a whole night with pauses, words, refusals and outages, no secret is in any line, span, issue, comment, event or answer', async (t) => {
  const ingestion = await startIngestion(t);
  const written: string[] = [];
  capture(t, written);
  const clientKey = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }).privateKey;
  const { world, host, clock } = await startBundle(t, 'functions/main.ts', ':memory:', 'app', {
    // The kubeconfig of ARM is read, because no endpoint is named.
    environment: { SLACKWATER_KUBERNETES_ENDPOINT: '', OTEL_ENABLED: 'true', APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString },
    log: (level, code, fields) => void written.push(JSON.stringify({ level, code, ...fields })),
  });
  const { environment: env } = world;
  const bearer = env['SLACKWATER_LOCAL_TOKEN'] ?? '';
  const kubeconfig = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server: env['SLACKWATER_KUBERNETES_ENDPOINT'] } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'admin' } }],
    'current-context': 'local',
    users: [{ name: 'admin', user: { 'client-key-data': Buffer.from(clientKey).toString('base64'), token: 'of-the-kubeconfig-0123456789' } }],
  });
  const answerCredential = (value: string) => ({ kind: 'answer', moment: 'before', response: { status: 200, headers: {}, body: { kubeconfigs: [{ name: 'clusterUser', value: Buffer.from(value).toString('base64') }] } } }) as const;
  const credentials = /listClusterUserCredential$/i;
  world.faults.arm.add({ method: 'POST', path: credentials, times: 1, mishap: answerCredential(`${kubeconfig}\nusers: [ broken\n  client-key-data: ${Buffer.from(clientKey).toString('base64')}`) });
  world.faults.arm.add({ method: 'POST', path: credentials, times: Infinity, mishap: answerCredential(kubeconfig) });
  // Services that quote what they were sent.
  const quoting = (status: number, code: string) => ({ kind: 'answer', moment: 'before', response: { status, headers: { 'content-type': 'application/json' }, body: { error: { code, message: `Refused: Authorization: Bearer ${bearer}` }, message: `Refused: Bearer ${bearer}` } } }) as const;
  world.faults.arm.add({ method: 'GET', path: /managedClusters\/[^/]+$/, times: 1, mishap: quoting(500, 'InternalServerError') });
  world.faults.arm.add({ method: 'PUT', path: /agentPools\/apps$/, times: 1, mishap: quoting(503, 'ServiceUnavailable') });
  world.faults.kubernetes.add({ method: 'GET', path: /\/nodes$/, times: 2, mishap: quoting(500, 'InternalError') });
  world.faults.github.add({ method: 'PATCH', path: /\/issues\/1$/, times: 2, mishap: { kind: 'cut', moment: 'before' } });

  const say = async (body: string): Promise<void> => {
    world.github.request('operator', 'POST', `${at}/issues/1/comments`, { body });
    await world.github.webhooks.whenIdle();
    await clock.advanceTo(clock.now() + 120_000);
  };
  await host.fireTimer('windowTimer');
  assert.equal(await clock.runUntil(() => puts(world.log.entries) === 1, 2 * HOUR), 'reached');
  for (const body of ['/status', '/pause', '/slackwater frobnicate', '/resume']) await say(body);
  for (const secret of ['of somebody else, who guesses', env['GITHUB_WEBHOOK_SECRETS'] ?? '']) {
    const body = JSON.stringify({ action: 'created', secret });
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    await fetch(`${host.url}/api/github/webhook`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-github-event': 'issue_comment', 'x-github-delivery': 'd-1', 'x-hub-signature-256': `sha256=${signature}` }, body });
  }
  const [run] = host.engine.list({}).filter(({ name }) => name === 'maintenanceWindow');
  assert.equal(await clock.runUntil(() => host.engine.read(run?.instanceId ?? '')?.runtimeStatus === 'Completed', 10 * HOUR), 'reached');
  for (const timer of ['windowTimer', 'debtTimer', 'deliveryTimer']) await host.fireTimer(timer);
  await clock.whenIdle();
  written.push(JSON.stringify(await (await fetch(`${host.url}/api/status`)).json()), ingestion.text(), ...toldOthers(world.log.entries));
  const events = world.serviceBus.broker.peek('events/subscriptions/all', 0, 1_000).map(({ encoded }) => Buffer.from(encoded).toString('utf8'));
  written.push(...events);

  const tokens = world.log.entries.flatMap(({ path, responseBody }) => (path.endsWith('/access_tokens') ? (textAt(responseBody, 'token') ?? []) : []));
  assert.ok(tokens.length > 0 && puts(world.log.entries) >= 4 && events.length > 10 && written.length > 50);
  const secrets = {
    'webhook secret': env['GITHUB_WEBHOOK_SECRETS'] ?? '',
    'private key of the App': env['GITHUB_APP_PRIVATE_KEY'] ?? '',
    'bearer token': bearer,
    'shared access key': /SharedAccessKey=([^;]+)/.exec(env['ServiceBusConnection'] ?? '')?.[1] ?? '',
    'client key of the kubeconfig': clientKey,
    'token of the kubeconfig': 'of-the-kubeconfig-0123456789',
    ...Object.fromEntries(tokens.map((token, index) => [`installation token ${index}`, token])),
  };
  for (const [name, secret] of Object.entries(secrets)) assert.ok(secret.length >= 8, `no ${name}`);
  const text = written.join('\n');
  assert.deepEqual(findSecrets(text, secrets), []);
  assert.ok(!/\beyJ[\w-]{8,}\.[\w-]{8,}\./.test(text), 'a JSON Web Token');
  assert.ok(/Refused: (Authorization: )?\[redacted\]/.test(text), 'what a service quoted was told, without the secret');
  assert.deepEqual(findSecrets(`${text}\n${bearer}`, secrets), ['bearer token']);
});

function puts(entries: readonly LoggedRequest[]): number {
  return entries.filter(({ service, method, status }) => service === 'arm' && method === 'PUT' && status < 300).length;
}

/** What was written to GitHub, contents of files in the clear. */
function toldOthers(entries: readonly LoggedRequest[]): readonly string[] {
  return entries.flatMap(({ service, method, requestBody }) => {
    if (service !== 'github' || method === 'GET') return [];
    const content = textAt(requestBody, 'content');
    const files = recordsAt(requestBody, 'tree').flatMap((file) => textAt(file, 'content') ?? []);
    return [JSON.stringify(requestBody), ...(content === null ? [] : [Buffer.from(content, 'base64').toString('utf8')]), ...files];
  });
}

/** Keeps what the process writes to its outputs, too. */
function capture(t: { after(work: () => void): void }, written: string[]): void {
  for (const stream of [process.stdout, process.stderr]) {
    const original = stream.write;
    stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      written.push(Buffer.from(chunk).toString('utf8'));
      return Reflect.apply(original, stream, [chunk, ...rest]);
    };
    t.after(() => void (stream.write = original));
  }
}
