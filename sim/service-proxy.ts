import { recordAt, textAt, textMapAt } from '../domain/json.ts';
import type { ClusterCore } from './cluster-core.ts';
import { failureStatus, notFound } from './kubernetes-status.ts';
import { podsIn } from './kubernetes-store.ts';
import { failsNext, outagesIn } from './tunnel-outage.ts';
import type { WireRequest, WireResponse } from './wire.ts';

const PROXY = /^\/api\/v1\/namespaces\/([^/]+)\/services\/(?:https?:)?([^/:]+)(?::[^/]*)?\/proxy(?:\/.*)?$/;
const LOG = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/log$/;

/** What goes through the tunnel to nodes: a service's proxy and a pod's log. Null: the request is neither. */
export function answerThroughTunnel(core: ClusterCore, { method, path }: WireRequest): WireResponse | null {
  if (method !== 'GET') return null;
  const proxied = PROXY.exec(path);
  if (proxied !== null) return answerProxy(core, { namespace: proxied[1] ?? '', name: proxied[2] ?? '' });
  const log = LOG.exec(path);
  return log === null ? null : answerLog(core, { namespace: log[1] ?? '', name: log[2] ?? '' });
}

/** A service with a selector answers while one of its pods is Ready; without one it has endpoints of its own. */
function answerProxy({ store }: ClusterCore, target: { readonly namespace: string; readonly name: string }): WireResponse {
  const service = store.resting.find((item) => textAt(item, 'kind') === 'Service' && textAt(item, 'metadata', 'namespace') === target.namespace && textAt(item, 'metadata', 'name') === target.name);
  if (service === undefined) return notFound('services', target.name);
  const outages = outagesIn(store);
  if (outages.tunnelError !== null) return unavailable(`error trying to reach service: ${outages.tunnelError}`);
  const selector = Object.entries(textMapAt(recordAt(service, 'spec'), 'selector'));
  const hasEndpoint = selector.length === 0 || [...podsIn(store, target.namespace)].some((pod) => pod.isReady && selector.every(([key, value]) => pod.labels[key] === value));
  if (!hasEndpoint) return unavailable(`no endpoints available for service "${target.name}"`);
  const failing = outages.services.get(`${target.namespace}/${target.name}`);
  if (failing !== undefined && failsNext(failing) === 'fails') return { status: 500, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'SERVFAIL' };
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'ok' };
}

function unavailable(message: string): WireResponse {
  return failureStatus(503, { message, reason: 'ServiceUnavailable' });
}

function answerLog({ store }: ClusterCore, { namespace, name }: { readonly namespace: string; readonly name: string }): WireResponse {
  const pod = store.pods.get(`${namespace}/${name}`);
  if (pod === undefined) return notFound('pods', name);
  const { tunnelError } = outagesIn(store);
  if (tunnelError !== null) return failureStatus(500, { message: `Get "https://${pod.nodeName ?? 'node'}:10250/containerLogs/${namespace}/${name}/main": ${tunnelError}`, reason: 'InternalError' });
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '.' };
}
