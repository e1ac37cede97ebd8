import type { JsonRecord } from '../domain/json.ts';
import { answerActivityLog } from './activity-log.ts';
import { putCluster } from './aks-cluster-write.ts';
import type { AksCore } from './aks-operation.ts';
import { postAbort, postNodeImageUpgrade, putPool } from './aks-pool-write.ts';
import { renderCluster, renderClusterProfile, renderOperation, renderPool, renderPoolProfile } from './aks-render.ts';
import type { OperationRecord, PoolState } from './aks-state.ts';
import { actionHeaders, armAnswer, armNotSimulated, gatewayError, resourceNotFound, serviceError } from './arm-answers.ts';
import { answerAzureList } from './azure-usages.ts';
import type { AzureLists } from './azure-usages.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** Who sends an ARM request when no header says so. */
const SERVICE = 'an ARM client';

/** What ARM knows besides the state of the cluster. */
interface AroundCluster extends AzureLists {
  readonly maintenanceConfigurations: readonly JsonRecord[];
  /** Events of the activity log from before the world began. */
  readonly activityLog: readonly JsonRecord[];
}

/** Answers one request to ARM about this cluster. Paths are compared without case, as ARM does. */
export function answerArm(core: AksCore, around: AroundCluster, request: WireRequest): WireResponse {
  const { aks } = core;
  if ((request.query['api-version'] ?? '') === '') {
    return gatewayError(400, 'MissingApiVersionParameter', 'The api-version query parameter (?api-version=) is required for all requests.');
  }
  const path = request.path.replace(/\/+$/, '');
  const operation = /^\/subscriptions\/[^/]+\/providers\/Microsoft\.ContainerService\/locations\/[^/]+\/(operations|operationresults)\/([^/]+)$/i.exec(path);
  if (operation !== null) return answerOperation(core, operation[1]?.toLowerCase() ?? '', operation[2] ?? '', request);
  const listed = answerAzureList(around, { ...request, path }) ?? answerActivityLog(aks, around.activityLog, { ...request, path });
  if (listed !== null) return listed;
  const target = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)(\/.*)?$/i.exec(path);
  if (target === null) return answerCollection(core, path, request);
  const [, subscription = '', group = '', name = '', rest = ''] = target;
  const isThis =
    subscription.toLowerCase() === aks.subscriptionId.toLowerCase() &&
    group.toLowerCase() === aks.resourceGroup.toLowerCase() &&
    name.toLowerCase() === aks.name.toLowerCase();
  if (!isThis) return resourceNotFound(group, name);
  const before = new Set(aks.operations.keys());
  const answered = answerCluster(core, around, rest, request);
  for (const [id, begun] of aks.operations) if (!before.has(id)) begun.correlationId = request.headers['x-ms-correlation-request-id'] ?? null;
  return answered;
}

function answerCollection({ aks }: AksCore, path: string, request: WireRequest): WireResponse {
  const scope = /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?\/providers\/Microsoft\.ContainerService\/managedClusters$/i.exec(path);
  if (scope === null || request.method !== 'GET') return armNotSimulated(`${request.method} ${path}`);
  const isInside = scope[2] === undefined || scope[2].toLowerCase() === aks.resourceGroup.toLowerCase();
  return armAnswer(200, { value: isInside ? [renderCluster(aks)] : [] });
}

function answerCluster(core: AksCore, { maintenanceConfigurations }: AroundCluster, rest: string, request: WireRequest): WireResponse {
  const { aks } = core;
  const { method } = request;
  const by = request.headers['x-actor'] ?? SERVICE;
  const action = `${method} ${rest.toLowerCase()}`;
  switch (action) {
    case 'GET ':
      return armAnswer(200, renderCluster(aks));
    case 'PUT ':
      return putCluster(core, request, by);
    case 'POST /abort':
      return postAbort(core, null, () => renderCluster(aks), by);
    case 'GET /upgradeprofiles/default':
      return armAnswer(200, renderClusterProfile(aks));
    case 'GET /agentpools':
      return armAnswer(200, { value: [...aks.pools.values()].map((pool) => renderPool(aks, pool)) });
    case 'GET /maintenanceconfigurations':
      return armAnswer(200, { value: maintenanceConfigurations });
    default:
  }
  const match = /^\/agentPools\/([^/]+)(\/.*)?$/i.exec(rest);
  if (match === null) return armNotSimulated(`${method} ${rest}`);
  const pool = [...aks.pools.values()].find((one) => one.name.toLowerCase() === (match[1] ?? '').toLowerCase());
  if (pool === undefined) {
    if (method === 'PUT' && match[2] === undefined) return armNotSimulated('a new node pool');
    return serviceError(404, 'NotFound', `The requested resource was not found: agent pool ${match[1] ?? ''}.`);
  }
  return answerPool(core, pool, `${method} ${(match[2] ?? '').toLowerCase()}`, request, by);
}

function answerPool(core: AksCore, pool: PoolState, action: string, request: WireRequest, by: string): WireResponse {
  const { aks } = core;
  switch (action) {
    case 'GET ':
      return armAnswer(200, renderPool(aks, pool));
    case 'PUT ':
      return putPool(core, pool, request, by);
    case 'GET /upgradeprofiles/default':
      return armAnswer(200, renderPoolProfile(aks, pool));
    case 'POST /upgradenodeimageversion':
      return postNodeImageUpgrade(core, pool, by);
    case 'POST /abort':
      return postAbort(core, pool, () => renderPool(aks, pool), by);
    default:
      return armNotSimulated(action);
  }
}

/** Status of an operation, or its result: 202 while it runs, then the resource, or 204 for an abort. */
function answerOperation(core: AksCore, kind: string, id: string, { method }: WireRequest): WireResponse {
  const operation = core.aks.operations.get(id);
  if (method !== 'GET' || operation === undefined) return serviceError(404, 'NotFound', `The operation ${id} was not found.`);
  if (kind === 'operations') return armAnswer(200, renderOperation(operation));
  const headers = { location: actionHeaders(core.aks, operation)['location'] ?? '' };
  if (operation.status === 'InProgress') return { status: 202, headers, body: null };
  return operation.result === 'nothing' ? { status: 204, headers, body: null } : armAnswer(200, resourceOf(core, operation));
}

function resourceOf({ aks }: AksCore, operation: OperationRecord): JsonRecord {
  const pool = operation.pool === null ? undefined : aks.pools.get(operation.pool);
  return pool === undefined ? renderCluster(aks) : renderPool(aks, pool);
}
