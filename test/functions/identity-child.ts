import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { readPolicyText } from '../../adapters/policy-file.ts';
import { nextOpenings } from '../../domain/maintenance-window.ts';
import { realClock } from '../../local/clock.ts';
import { startHost } from '../../local/functions-host/host.ts';
import { environment } from './environment.ts';

/*
 * Runs the bundle with no local endpoints, as in Azure: the platform's identity endpoint is a server of this file, and ARM
 * lies behind a proxy that is one too and lets nobody through. Prints what both were asked, as one line of JSON.
 */
const clientId = '11111111-2222-4333-8444-555555555555';
const asked: unknown[] = [];
const platform = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  asked.push({ path: url.pathname, resource: url.searchParams.get('resource'), clientId: url.searchParams.get('client_id'), header: request.headers['x-identity-header'] });
  const body = { access_token: 'made-up', expires_on: String(Math.floor(Date.now() / 1_000) + 3_600), resource: url.searchParams.get('resource'), token_type: 'Bearer' };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
});
const connected = new Promise<void>((resolve) => {
  platform.on('connect', (request, socket) => {
    asked.push({ connect: request.url });
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    resolve();
  });
});
platform.listen(0, '127.0.0.1');
await once(platform, 'listening');
const address = platform.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;

const policies = readPolicyText(readFileSync(new URL('../../fixtures/policies/lab-aks.yaml', import.meta.url), 'utf8'), 'lab-aks.yaml');
assert.ok(policies.ok);
const policy = policies.value[0] ?? assert.fail('the example has no policy');
const host = await startHost({
  appEntry: new URL('../../dist/main.mjs', import.meta.url),
  clock: realClock(),
  database: ':memory:',
  timers: 'held',
  environment: { ...environment, AZURE_CLIENT_ID: clientId, IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: 'of-the-platform', HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' },
});
const [opening] = nextOpenings(policy.window, Date.now(), 1);
const input = { policy, opening, runId: 'run', repository: 'acme/platform', pollSeconds: { shortest: 30, longest: 150 } };
host.engine.start({ name: 'maintenanceWindow', instanceId: 'window-0', inputJson: JSON.stringify(input), version: null });
await connected;
process.stdout.write(`${JSON.stringify({ asked })}\n`, () => process.exit(0));
