import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createLocalCredential } from '../../adapters/credential.ts';
import { createKubernetesPort } from '../../adapters/kubernetes-client.ts';
import { createKubernetesServers } from '../../adapters/kubernetes-servers.ts';
import { serveArm } from '../../local/arm-server.ts';
import { createFaultList } from '../../local/faults.ts';
import { createRequestLog } from '../../local/request-log.ts';
import { clusterDocument, createSmallArm, poolDocument } from './small-arm.ts';
import { cluster, connectToSmallKubernetes, createSmallKubernetes, list, node } from './small-kubernetes.ts';

/** A certificate of our own for 127.0.0.1, or null where openssl is missing. */
function makeCertificate(): { readonly key: string; readonly cert: string } | null {
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=kubernetes', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject]);
  return made.status === 0 ? { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') } : null;
}

function kubeconfig(server: string, authority: string): string {
  const data = Buffer.from(authority).toString('base64');
  return `apiVersion: v1\nclusters:\n- name: shop\n  cluster:\n    certificate-authority-data: ${data}\n    server: ${server}\n`;
}

/** An adapter that finds its API server through the credential list of a local ARM. */
async function connectThroughArm(context: TestContext, answer: unknown, kubernetesUrl: string | null = null) {
  const small = createSmallArm(clusterDocument(), poolDocument());
  const log = createRequestLog(null);
  const arm = await serveArm({
    simulated: {
      ...small,
      apply: (now, request) =>
        request.path.endsWith('/listClusterUserCredential')
          ? { response: { status: 200, headers: {}, body: answer }, changes: [] }
          : small.apply(now, request),
    },
    now: () => 0,
    journal: null,
    onChanges: () => undefined,
    faults: createFaultList(),
    log,
    kubernetesUrl,
  });
  context.after(() => arm.close());
  const credential = createLocalCredential('local', [arm.url]);
  const servers = createKubernetesServers({ credential, endpoint: arm.url, allowInsecureConnection: 'loopback-only' });
  return { kubernetes: createKubernetesPort({ credential, endpointOverride: null, servers, timeLimitMs: 2_000 }), log };
}

function credentials(config: string): unknown {
  return { kubeconfigs: [{ name: 'clusterUser', value: Buffer.from(config).toString('base64') }] };
}

test('the API server is found once through ARM and trusted by its own authority only', async (context) => {
  const certificate = makeCertificate();
  if (certificate === null) return context.skip('openssl is not here to make a certificate');
  const other = makeCertificate();
  const server = createServer(certificate, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(list('/api/v1/nodes', [node('n1')]).body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const url = `https://127.0.0.1:${address.port}`;
  const trusted = await connectThroughArm(context, credentials(kubeconfig(url, certificate.cert)));
  const mistrusted = await connectThroughArm(context, credentials(kubeconfig(url, other?.cert ?? '')));

  const first = await trusted.kubernetes.readNodes(cluster);
  const second = await trusted.kubernetes.readNodes(cluster);
  const refused = await mistrusted.kubernetes.readNodes(cluster);

  assert.ok(first.ok && second.ok);
  assert.deepEqual(first.value.map(({ name }) => name), ['n1']);
  assert.equal(trusted.log.entries.length, 1);
  assert.deepEqual([refused.ok, refused.ok ? '' : refused.failure.code], [false, 'no-connection']);
});

test('a local ARM server names the local API server itself', async (context) => {
  const { server } = await connectToSmallKubernetes(context, createSmallKubernetes({ '/api/v1/nodes': [node('n1')] }));
  const { kubernetes } = await connectThroughArm(context, null, server.url);

  const nodes = await kubernetes.readNodes(cluster);

  assert.ok(nodes.ok, nodes.ok ? '' : nodes.failure.message);
  assert.equal(nodes.value.length, 1);
});

test('a credential list without a usable kubeconfig is unreadable, and http to another machine is refused', async (context) => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{}, /no kubeconfig/],
    [credentials('a: [1'), /could not be read/],
    [credentials('clusters: []'), /no server/],
    [credentials(kubeconfig('http://10.0.0.4', '')), /not safe/],
  ];
  for (const [answer, expected] of cases) {
    const { kubernetes } = await connectThroughArm(context, answer);

    const nodes = await kubernetes.readNodes(cluster);

    assert.ok(!nodes.ok);
    assert.equal(nodes.failure.class, 'unreadable');
    assert.match(nodes.failure.message, expected);
  }
});

test('both local servers refuse a request without a bearer token, as the real ones do', async (context) => {
  const { server } = await connectToSmallKubernetes(context, createSmallKubernetes({}));
  const arm = await serveArm({
    simulated: createSmallArm(clusterDocument(), poolDocument()),
    now: () => 0,
    journal: null,
    onChanges: () => undefined,
    faults: createFaultList(),
    log: createRequestLog(null),
    kubernetesUrl: null,
  });
  context.after(() => arm.close());

  const fromKubernetes = await fetch(`${server.url}/api/v1/nodes`);
  const fromArm = await fetch(`${arm.url}/subscriptions/s`);

  assert.deepEqual([fromKubernetes.status, fromArm.status], [401, 401]);
  assert.match(await fromKubernetes.text(), /"reason":"Unauthorized"/);
  assert.match(await fromArm.text(), /"code":"AuthenticationFailed"/);
  assert.ok(fromArm.headers.get('x-ms-request-id'));
});

test('operation addresses of the local ARM server are absolute and its own', async (context) => {
  const arm = await serveArm({
    simulated: createSmallArm(clusterDocument(), poolDocument()),
    now: () => 5,
    journal: null,
    onChanges: () => undefined,
    faults: createFaultList(),
    log: createRequestLog(null),
    kubernetesUrl: null,
  });
  context.after(() => arm.close());

  const response = await fetch(`${arm.url}/subscriptions/s/x/abort`, { method: 'POST', headers: { authorization: 'Bearer t' } });

  assert.ok(response.headers.get('azure-asyncoperation')?.startsWith(`${arm.url}/subscriptions/`));
  assert.ok(response.headers.get('location')?.startsWith(`${arm.url}/subscriptions/`));
  assert.match(response.headers.get('x-ms-correlation-request-id') ?? '', /^[0-9a-f-]{36}$/);
});

test('a client certificate proves who we are instead of a token, and the name on the server\'s certificate is the one that was given', async (context) => {
  const own = makeCertificate();
  const client = makeCertificate();
  if (own === null || client === null) return context.skip('openssl is not here to make a certificate');
  const seen: (string | undefined)[] = [];
  const server = createServer({ ...own, ca: client.cert, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    seen.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(list('/api/v1/nodes', [node('n1')]).body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const url = new URL(`https://127.0.0.1:${address.port}`);
  const read = (more: object) => {
    const found = { ok: true as const, value: { url, certificateAuthority: own.cert, ...more } };
    const credential = { getToken: () => Promise.reject(new Error('no token is asked for')) };
    return createKubernetesPort({ credential, endpointOverride: null, servers: { find: () => Promise.resolve(found), forget: () => undefined }, timeLimitMs: 2_000 }).readNodes(cluster);
  };
  const clientCertificate = { certificate: client.cert, key: client.key };

  const welcome = await read({ clientCertificate });
  assert.equal(welcome.ok && welcome.value.length, 1);
  assert.deepEqual(seen, [undefined]);
  const stranger = await read({ clientCertificate: { certificate: own.cert, key: own.key } });
  assert.equal(!stranger.ok && stranger.failure.code, 'no-connection');
  const elsewhere = await read({ clientCertificate, serverName: 'another.example' });
  assert.match(elsewhere.ok ? '' : elsewhere.failure.message, /ERR_TLS_CERT_ALTNAME_INVALID/);
  assert.equal(seen.length, 1);
});

test('of a cluster without Entra ID no credential is asked for: it would be an administrator\'s', async (context) => {
  const { kubernetes, log } = await connectThroughArm(context, credentials(kubeconfig('https://127.0.0.1:1', '')));
  const access = { reach: 'public', signIn: 'certificates', judge: 'kubernetes-rbac', localAccounts: 'on' } as const;

  const objects = await kubernetes.readObjects({ ...cluster, access });

  assert.deepEqual([objects.ok, objects.ok ? '' : objects.failure.code, log.entries.length], [false, 'no-entra-id', 0]);
});
