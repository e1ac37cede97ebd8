import { randomUUID } from 'node:crypto';
import { stringify } from 'yaml';
import { isRecord, textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { withArmLimits } from '../sim/arm-limits.ts';
import type { Simulated, WireRequest, WireResponse } from '../sim/wire.ts';
import { serveSimulated } from './simulated-server.ts';
import type { Exchange, RunningServer, SimulatedServerOptions } from './simulated-server.ts';

/** How the simulated ARM is served. */
type ArmServerOptions = Omit<SimulatedServerOptions, 'service' | 'guard' | 'rewrite' | 'prefix' | 'isMutating'> & {
  /** Where the API server of a cluster is, by its resource id in lower case, for `listClusterUserCredential`; null leaves that call to the service. */
  readonly kubernetesUrl: string | ((resourceId: string) => string) | null;
  /** `enforced`: Azure's token buckets refuse what is too much. Default `none`. */
  readonly limits?: 'enforced' | 'none';
};

/**
 * Serves the ARM face of a simulated cluster to the real SDK.
 *
 * As ARM does: a bearer token is required, every answer carries `x-ms-request-id` and
 * `x-ms-correlation-request-id`, and operation URLs are absolute and this server's own.
 */
export function serveArm(options: ArmServerOptions): Promise<RunningServer> {
  const { kubernetesUrl, limits, ...rest } = options;
  const simulated = withCredentials(rest.simulated, kubernetesUrl);
  return serveSimulated({
    ...rest,
    simulated: limits === 'enforced' ? withArmLimits(simulated) : simulated,
    service: 'arm',
    guard: refuseWithoutToken,
    isMutating: ({ method, path }) => method !== 'GET' && method !== 'HEAD' && !CREDENTIAL.test(path),
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

const CREDENTIAL = /^(.*\/managedClusters\/[^/]+)\/listClusterUserCredential$/i;

/** A service that also says where API servers are, which only the wire knows. */
function withCredentials(simulated: Simulated, kubernetesUrl: ArmServerOptions['kubernetesUrl']): Simulated {
  if (kubernetesUrl === null) return simulated;
  const urlOf = typeof kubernetesUrl === 'string' ? () => kubernetesUrl : kubernetesUrl;
  return {
    ...simulated,
    apply(now, request) {
      const response = answerCredential(request, urlOf);
      return response === null ? simulated.apply(now, request) : { response, changes: simulated.advance(now) };
    },
  };
}

function answerCredential({ method, path }: WireRequest, urlOf: (resourceId: string) => string): WireResponse | null {
  const [, resourceId] = CREDENTIAL.exec(path) ?? [];
  if (method !== 'POST' || resourceId === undefined) return null;
  const kubeconfig = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server: urlOf(resourceId.toLowerCase()) } }],
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
