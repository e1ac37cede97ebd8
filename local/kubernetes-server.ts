import type { WireRequest, WireResponse } from '../sim/wire.ts';
import { serveSimulated } from './simulated-server.ts';
import type { RunningServer, SimulatedServerOptions } from './simulated-server.ts';

/** How the simulated API server is served. */
type KubernetesServerOptions = Omit<SimulatedServerOptions, 'service' | 'guard' | 'rewrite' | 'prefix' | 'isMutating'>;

/**
 * Serves the Kubernetes face of a simulated cluster: JSON, gzip for clients that take it, a bearer token required.
 *
 * A dry run and a question about rights change nothing, so they are answered and logged but not kept in the journal.
 */
export function serveKubernetes(options: KubernetesServerOptions): Promise<RunningServer> {
  return serveSimulated({
    ...options,
    service: 'kubernetes',
    guard: refuseWithoutToken,
    isMutating: ({ method, path, query }) => method !== 'GET' && method !== 'HEAD' && query['dryRun'] !== 'All' && !path.endsWith('/selfsubjectaccessreviews'),
  });
}

function refuseWithoutToken(request: WireRequest): WireResponse | null {
  if (/^Bearer \S+$/.test(request.headers['authorization'] ?? '')) return null;
  return {
    status: 401,
    headers: {},
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 },
  };
}
