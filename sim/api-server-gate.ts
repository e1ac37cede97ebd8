import { recordAt, textAt, valueAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { AksCore } from './aks-operation.ts';
import { parseResourcePath } from './kubernetes-kinds.ts';
import { failureStatus, objectAnswer } from './kubernetes-status.ts';
import type { KubernetesStore } from './kubernetes-store.ts';
import type { Perturbation } from './perturbation.ts';
import type { WireRequest, WireResponse } from './wire.ts';

type GateChange = Extract<Perturbation, { readonly kind: 'api-server-route' | 'api-server-access' | 'deny-rights' }>;

/** Who comes to the API server at all, and what it lets each do. */
interface Gate {
  route: 'open' | 'none';
  signIn: 'entra' | 'certificates';
  /** By bearer token, or `*` for everybody: rights such as `list events` or `create pods/eviction`. */
  readonly denied: Map<string, readonly string[]>;
}

const gates = new WeakMap<KubernetesStore, Gate>();
const EVERYBODY = '*';
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
/** Rights of Slackwater's ClusterRoles besides reading. */
const GRANTED_WRITES = ['create pods/eviction', 'patch nodes'];

function gateOf(store: KubernetesStore): Gate {
  const gate = gates.get(store) ?? { route: 'open', signIn: 'entra', denied: new Map<string, readonly string[]>() };
  gates.set(store, gate);
  return gate;
}

/** Changes how the API server is reached, who it knows and what it grants; ARM shows the kind of cluster it then is. */
export function changeGate({ aks, cluster }: AksCore, change: GateChange): true {
  const gate = gateOf(cluster.store);
  switch (change.kind) {
    case 'api-server-route':
      gate.route = change.route;
      cluster.timeline.tell('api-server.route', change.route === 'open' ? 'The API server is reached again' : 'No route leads to the API server', { route: change.route });
      return true;
    case 'deny-rights':
      gate.denied.set(change.who ?? EVERYBODY, change.rights);
      cluster.timeline.tell('rights.denied', change.rights.length === 0 ? 'Every right is granted again' : `Not granted: ${change.rights.join(', ')}`, { rights: change.rights, who: change.who });
      return true;
    case 'api-server-access': {
      gate.signIn = change.signIn;
      aks.properties = { ...aks.properties, ...profilesOf(change, recordAt(aks.properties, 'apiServerAccessProfile')) };
      aks.eTag = cluster.prng.uuid();
      return true;
    }
  }
}

function profilesOf({ signIn, reach, judge }: Extract<GateChange, { readonly kind: 'api-server-access' }>, present: JsonRecord): JsonRecord {
  return {
    enableRBAC: true,
    aadProfile: signIn === 'entra' ? { managed: true, enableAzureRBAC: judge === 'azure-rbac' } : null,
    disableLocalAccounts: signIn === 'entra',
    apiServerAccessProfile: { ...present, enablePrivateCluster: reach === 'private', authorizedIPRanges: reach === 'authorized-ranges' ? ['198.51.100.7/32'] : [] },
  };
}

/** What the API server answers before it looks at any object: nothing (status 0), 401, 403, or a review of rights. Null: go on. */
export function answerAtGate(store: KubernetesStore, request: WireRequest): WireResponse | null {
  const { route, signIn, denied } = gateOf(store);
  if (route === 'none') return { status: 0, headers: {}, body: null };
  if (signIn === 'certificates') return failureStatus(401, { message: 'Unauthorized', reason: 'Unauthorized' });
  const token = (request.headers['authorization'] ?? '').replace(/^Bearer /, '');
  const lacks = [...(denied.get(EVERYBODY) ?? []), ...(denied.get(token) ?? [])];
  if (request.path === REVIEWS && request.method === 'POST') return answerReview(request, lacks);
  const right = rightOf(request);
  if (!lacks.includes(right)) return null;
  const [verb = '', resource = ''] = right.split(' ');
  return failureStatus(403, { message: `${resource} is forbidden: User "slackwater" cannot ${verb} resource "${resource}" at the cluster scope`, reason: 'Forbidden' });
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function rightOf({ method, path }: WireRequest): string {
  const target = parseResourcePath(path);
  if (target === null) return `get ${path}`;
  const { served, name, subresource } = target;
  return `${verbs[method] ?? (name === null ? 'list' : 'get')} ${served.plural}${subresource === null ? '' : `/${subresource}`}`;
}

function answerReview({ body }: WireRequest, lacks: readonly string[]): WireResponse {
  const asked = valueAt(body, 'spec', 'resourceAttributes');
  const subresource = textAt(asked, 'subresource') ?? '';
  const verb = textAt(asked, 'verb') ?? 'get';
  const path = textAt(body, 'spec', 'nonResourceAttributes', 'path');
  const right = path === null ? `${verb} ${textAt(asked, 'resource') ?? ''}${subresource === '' ? '' : `/${subresource}`}` : `get ${path}`;
  const isAllowed = !lacks.includes(right) && (['get', 'list', 'watch'].includes(verb) || GRANTED_WRITES.includes(right));
  return objectAnswer(201, {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: valueAt(body, 'spec') ?? {},
    status: isAllowed ? { allowed: true, reason: 'RBAC: allowed by ClusterRoleBinding "slackwater-reader" of ClusterRole "slackwater-reader"' } : { allowed: false },
  });
}
