import { randomUUID } from 'node:crypto';
import { stringify } from 'yaml';
import { isRecord, textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { WireRequest, WireResponse } from '../sim/wire.ts';
import { serveSimulated } from './simulated-server.ts';
import type { Exchange, RunningServer, SimulatedServerOptions } from './simulated-server.ts';

/** How the simulated ARM is served. */
type ArmServerOptions = Omit<SimulatedServerOptions, 'service' | 'guard' | 'rewrite' | 'prefix'> & {
  /** Where the cluster's API server is, for `listClusterUserCredential`; null leaves that call to the service. */
  readonly kubernetesUrl: string | null;
};

/**
 * Serves the ARM face of a simulated cluster to the real SDK.
 *
 * As ARM does: a bearer token is required, every answer carries `x-ms-request-id` and
 * `x-ms-correlation-request-id`, and operation URLs are absolute and this server's own.
 */
export function serveArm(options: ArmServerOptions): Promise<RunningServer> {
  const { kubernetesUrl, ...rest } = options;
  return serveSimulated({
    ...rest,
    service: 'arm',
    guard: (request) => refuseWithoutToken(request) ?? (kubernetesUrl === null ? null : answerCredential(request, kubernetesUrl)),
    rewrite: finishArmAnswer,
  });
}

function refuseWithoutToken(request: WireRequest): WireResponse | null {
  if (/^Bearer \S+$/.test(request.headers['authorization'] ?? '')) return null;
  const message = "Authentication failed. The 'Authorization' header is missing or has an invalid format.";
  return {
    status: 401,
    headers: { 'www-authenticate': 'Bearer', 'x-ms-failure-cause': 'gateway' },
    body: { error: { code: 'AuthenticationFailed', message } },
  };
}

function answerCredential({ method, path }: WireRequest, kubernetesUrl: string): WireResponse | null {
  if (method !== 'POST' || !/\/managedClusters\/[^/]+\/listClusterUserCredential$/i.test(path)) return null;
  const kubeconfig = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server: kubernetesUrl } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'local' } }],
    'current-context': 'local',
    users: [],
  });
  const value = Buffer.from(kubeconfig, 'utf8').toString('base64');
  return { status: 200, headers: {}, body: { kubeconfigs: [{ name: 'clusterUser', value }] } };
}

const operationHeaders = ['azure-asyncoperation', 'location'] as const;

function finishArmAnswer(request: WireRequest, response: WireResponse, { baseUrl }: Exchange): WireResponse {
  const headers: Record<string, string> = {
    'x-ms-request-id': randomUUID(),
    'x-ms-correlation-request-id': request.headers['x-ms-correlation-request-id'] ?? randomUUID(),
    ...response.headers,
  };
  for (const name of operationHeaders) {
    const url = headers[name];
    if (url?.startsWith('/') === true) headers[name] = `${baseUrl}${url}`;
  }
  return { ...response, headers, body: isRecord(response.body) ? finishLink(response.body, baseUrl) : response.body };
}

/** The link to a list's next page, with this server in front. */
function finishLink(body: JsonRecord, baseUrl: string): JsonRecord {
  const link = textAt(body, 'nextLink');
  return link?.startsWith('/') === true ? { ...body, nextLink: `${baseUrl}${link}` } : body;
}
