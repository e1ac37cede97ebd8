import type { AksState, PoolState } from './aks-state.ts';
import { serviceError } from './arm-answers.ts';
import type { WireRequest, WireResponse } from './wire.ts';

const WAIT = 'please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details';

/** 412 when `If-Match` names another eTag, 400 for the two combinations AKS does not take; null when the request may go on. */
export function refuseByETag(request: WireRequest, eTag: string): WireResponse | null {
  const ifMatch = request.headers['if-match'];
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    return serviceError(400, 'BadRequest', 'If-Match and If-None-Match must not be set together.');
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') return serviceError(400, 'BadRequest', 'If-None-Match only takes the value *.');
    return serviceError(412, 'PreConditionFailed', 'The resource exists already.');
  }
  if (ifMatch === undefined || ifMatch === '*' || ifMatch.replaceAll('"', '') === eTag) return null;
  return serviceError(412, 'PreConditionFailed', `The resource's eTag does not match: expected ${ifMatch}, actual ${eTag}.`);
}

/** 409 while an operation runs that excludes one on the cluster. */
export function refuseBusyCluster(state: AksState): WireResponse | null {
  if (state.running !== null) {
    return busy(`Operation is not allowed: Another operation (${state.provisioningState}) is in progress on the managed cluster, ${WAIT}`);
  }
  const pool = [...state.pools.values()].find((one) => one.running !== null);
  if (pool === undefined) return null;
  return busy(`Managed Cluster operation is not allowed: Another operation (${pool.provisioningState}) is in progress on agent pool (${pool.name}), ${WAIT}`);
}

/** 409 while an operation runs that excludes one on this pool; other pools do not. */
export function refuseBusyPool(state: AksState, pool: PoolState): WireResponse | null {
  if (state.running !== null) {
    return busy(`Operation is not allowed: managed cluster is in Provisioning State(${state.provisioningState}), ${WAIT}`);
  }
  if (pool.running === null) return null;
  return busy(`Operation is not allowed: Another agentpool operation (${pool.provisioningState}) is in progress, ${WAIT}`);
}

/** 409 for an abort when nothing runs that could be aborted. */
export function refuseAbort(resource: AksState | PoolState): WireResponse | null {
  if (resource.running !== null && resource.provisioningState !== 'Canceling') return null;
  return busy(`Cancel operation is not allowed when the ProvisioningState is ${resource.provisioningState}`);
}

function busy(message: string): WireResponse {
  return serviceError(409, 'OperationNotAllowed', message);
}
