import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readClusterSnapshot } from '../../activities/read-cluster-snapshot.ts';
import { createAksPort } from '../../adapters/aks-client.ts';
import { createAzureFactsPort } from '../../adapters/azure-facts-client.ts';
import { createLocalCredential } from '../../adapters/credential.ts';
import { createKubernetesPort } from '../../adapters/kubernetes-client.ts';
import { createKubernetesServers } from '../../adapters/kubernetes-servers.ts';
import { isRecord } from '../../domain/json.ts';
import { serveArm } from '../../local/arm-server.ts';
import { createFaultList } from '../../local/faults.ts';
import { serveKubernetes } from '../../local/kubernetes-server.ts';
import { createRequestLog } from '../../local/request-log.ts';
import type { WireRequest, WireResponse } from '../../sim/wire.ts';
import { clusterDocument, createSmallArm, poolDocument, resourceId } from './small-arm.ts';
import { createSmallKubernetes, node, status } from './small-kubernetes.ts';

/** The cluster as ARM shows it, with these properties. */
function clusterWith(properties: object): unknown {
  const document: unknown = clusterDocument();
  assert.ok(isRecord(document) && isRecord(document['properties']));
  return { ...document, properties: { ...document['properties'], ...properties } };
}

/** The port of a server that has just gone: nothing answers there. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The real adapters, from ARM to the API server it names, as the app composes them. */
async function connect(context: TestContext, properties: object, kubernetes: { readonly answer: (request: WireRequest) => WireResponse | null } | 'nobody' | 'silence') {
  const shared = { now: () => 0, journal: null, onChanges: () => undefined };
  const faults = createFaultList();
  const log = createRequestLog(null);
  const simulated = createSmallKubernetes({ '/api/v1/nodes': [node('n1')] }, typeof kubernetes === 'string' ? undefined : kubernetes.answer);
  const server = await serveKubernetes({ ...shared, faults, log, simulated });
  if (kubernetes === 'silence') faults.add({ method: null, path: null, times: Infinity, mishap: { kind: 'delay', milliseconds: 400 } });
  const arm = await serveArm({
    ...shared,
    faults: createFaultList(),
    log,
    simulated: createSmallArm(clusterWith(properties), poolDocument()),
    kubernetesUrl: kubernetes === 'nobody' ? `http://127.0.0.1:${await deadPort()}` : server.url,
  });
  context.after(() => Promise.all([arm.close(), server.close()]));
  const connection = { credential: createLocalCredential('local', [arm.url, server.url]), endpoint: arm.url, allowInsecureConnection: 'loopback-only' as const };
  const clock = { now: () => 0 };
  const ports = {
    clock,
    aks: createAksPort({ ...connection, clock }),
    azureFacts: createAzureFactsPort({ ...connection, clock }),
    kubernetes: createKubernetesPort({ credential: createLocalCredential('local', [arm.url, server.url, 'http://127.0.0.1']), endpointOverride: null, servers: createKubernetesServers(connection), timeLimitMs: 200, clock }),
  };
  return { ports, log };
}

const entra = { enableRBAC: true, aadProfile: { managed: true, enableAzureRBAC: false }, disableLocalAccounts: true };
const ofAzure = { ...entra, aadProfile: { managed: true, enableAzureRBAC: true } };
const isReview = ({ path }: { readonly path: string }): boolean => path.endsWith('/selfsubjectaccessreviews');
const deniesNodes = { answer: (request: WireRequest): WireResponse | null => (isReview(request) ? { status: 201, headers: {}, body: { kind: 'SelfSubjectAccessReview', status: { allowed: !JSON.stringify(request.body).includes('"nodes"') } } } : null) };
const unauthorized = { answer: (): WireResponse => status(401, 'Unauthorized', 'Unauthorized') };
const asBefore = { answer: (): null => null };

test('every kind of cluster that cannot be read says which it is and what to do, and is judged by Azure where the policy can do without', async (context) => {
  const table: readonly (readonly [what: string, properties: object, kubernetes: Parameters<typeof connect>[2], says: RegExp, remedy: RegExp])[] = [
    ['private, nothing listens', { ...entra, apiServerAccessProfile: { enablePrivateCluster: true } }, 'nobody', /private cluster, and no route leads/, /NETWORK_ACCESS=private, peer/],
    ['private, nothing answers', { ...entra, apiServerAccessProfile: { enablePrivateCluster: true } }, 'silence', /private cluster, and no route leads/, /NETWORK_ACCESS=private, peer/],
    ['authorized ranges', { ...entra, apiServerAccessProfile: { authorizedIPRanges: ['198.51.100.7/32'] } }, 'silence', /authorized address ranges alone/, /EGRESS_ADDRESS/],
    ['public', entra, 'nobody', /The API server of .* does not answer\./, /asked again/],
    ['without Entra ID', { aadProfile: null }, unauthorized, /has no Entra ID/, /--enable-aad/],
    ['of another tenant', entra, unauthorized, /takes no token of ours\./, /tenant/],
    ['Kubernetes RBAC, local accounts off', entra, deniesNodes, /refuses what no drain.*list nodes/, /^Apply infra\/kubernetes\/rbac\.yaml/],
    ['Azure RBAC, local accounts off', ofAzure, deniesNodes, /refuses what no drain.*list nodes/, /^Assign the role Slackwater Kubernetes Reader/],
  ];
  for (const [what, properties, kubernetes, says, remedy] of table) {
    const { ports, log } = await connect(context, properties, kubernetes);
    const required = await readClusterSnapshot(ports, resourceId);
    const optional = await readClusterSnapshot(ports, resourceId, 'optional');

    assert.ok(!required.ok && optional.ok, `${what}: ${JSON.stringify(required)}`);
    assert.match(required.failure.message, says, what);
    assert.match(required.failure.remedy, remedy, what);
    assert.deepEqual([required.failure.service, optional.value.nodes.length, optional.value.nodePools.length > 0], ['kubernetes', 0, true], what);
    assert.equal(optional.value.kubernetesUnread?.message !== undefined, true, what);
    assert.ok(!log.entries.some(({ path }) => /listClusterAdmin/i.test(path)), what);
    if (what === 'without Entra ID') assert.ok(!log.entries.some(({ path }) => path.endsWith('/listClusterUserCredential') || path.startsWith('/api')), 'nothing of it is asked');
  }
});

test('kinds of cluster that can be read are read', async (context) => {
  for (const properties of [entra, ofAzure, { ...entra, apiServerAccessProfile: { enablePrivateCluster: true } }, { ...entra, disableLocalAccounts: false }]) {
    const { ports } = await connect(context, properties, asBefore);
    const read = await readClusterSnapshot(ports, resourceId);

    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual([read.value.nodes.length, read.value.kubernetesUnread], [1, undefined]);
  }
});
