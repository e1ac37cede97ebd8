import type { ClusterCore } from './cluster-core.ts';
import type { EvictionWebhook } from './eviction.ts';
import { actorOf, answerEviction } from './kubernetes-eviction-api.ts';
import { parseResourcePath } from './kubernetes-kinds.ts';
import { answerRead } from './kubernetes-read.ts';
import { notFound, notSimulated, objectAnswer, unknownResource } from './kubernetes-status.ts';
import { answerChange, answerDelete } from './kubernetes-write.ts';
import { answerThroughTunnel } from './service-proxy.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** What the API server needs beside the objects. */
interface KubernetesApiOptions {
  /** Version of the control plane now, without the leading `v`. */
  readonly version: () => string;
  readonly evictionWebhooks: () => readonly EvictionWebhook[];
}

/** Answers one request to the Kubernetes API. What a real server does and this one does not is 501, never a pretence. */
export function answerKubernetes(core: ClusterCore, options: KubernetesApiOptions, request: WireRequest): WireResponse {
  const { method, path } = request;
  if (path === '/version') return answerVersion(options.version());
  if (path === '/readyz' || path === '/livez' || path === '/healthz') return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'ok' };
  const tunnelled = answerThroughTunnel(core, request);
  if (tunnelled !== null) return tunnelled;
  const target = parseResourcePath(path);
  if (target === null) return unknownResource();
  const { served, namespace, name, subresource } = target;
  if (method === 'GET') return answerRead(core, target, request);
  if (method === 'POST' && served.kind === 'Pod' && subresource === 'eviction' && name !== null) {
    return answerEviction(core, { namespace: namespace ?? 'default', name }, request, options.evictionWebhooks());
  }
  if (name === null) return notSimulated(`${method} of ${served.plural}`);
  if (method === 'PATCH' || method === 'PUT') return answerChange(core, target, request, actorOf(request));
  if (method === 'DELETE') return answerDelete(core, target, request, actorOf(request));
  return method === 'POST' ? notFound(served.plural, name) : notSimulated(`${method} of ${served.plural}`);
}

function answerVersion(version: string): WireResponse {
  const [major = '1', minor = '0'] = version.split('.');
  return objectAnswer(200, { major, minor, gitVersion: `v${version}`, platform: 'linux/amd64' });
}
