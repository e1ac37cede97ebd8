import { isAtRest } from './aks-state.ts';
import type { AksError, AksState, OperationRecord, PoolState } from './aks-state.ts';
import type { ClusterCore } from './cluster-core.ts';
import { armTime } from './timestamp.ts';

/** The cluster's two halves: what ARM keeps and what runs. */
export interface AksCore {
  readonly aks: AksState;
  readonly cluster: ClusterCore;
}

/** How an operation ended. */
export type OperationEnd =
  | { readonly status: 'Succeeded' }
  | { readonly status: 'Failed' | 'Canceled'; readonly error: AksError };

/** Begins an operation on a pool (null: on the cluster): its state word shows, and eTags change. */
export function beginOperation(
  { aks, cluster }: AksCore,
  begin: { readonly pool: PoolState | null; readonly state: string; readonly by: string; readonly result: OperationRecord['result'] },
): OperationRecord {
  const operation: OperationRecord = {
    id: cluster.prng.uuid(),
    state: begin.state,
    pool: begin.pool?.name ?? null,
    by: begin.by,
    correlationId: null,
    startedAt: cluster.timeline.now(),
    endedAt: null,
    status: 'InProgress',
    error: null,
    result: begin.result,
    stop: null,
  };
  aks.operations.set(operation.id, operation);
  const resource = begin.pool ?? aks;
  resource.running = operation;
  resource.provisioningState = begin.state;
  changeETags({ aks, cluster }, begin.pool);
  cluster.timeline.tell('operation.started', `${describe(aks, begin.pool)}: ${begin.state} by ${begin.by}`, {
    operation: operation.id,
    pool: operation.pool,
    state: begin.state,
    by: begin.by,
  });
  return operation;
}

/** Ends an operation; one that has ended stays as it is. A pool's failure is the cluster's failure too. */
export function endOperation({ aks, cluster }: AksCore, pool: PoolState | null, operation: OperationRecord, end: OperationEnd): void {
  if (operation.status !== 'InProgress') return;
  operation.status = end.status;
  operation.endedAt = cluster.timeline.now();
  operation.error = end.status === 'Succeeded' ? null : end.error;
  operation.stop = null;
  const resource = pool ?? aks;
  if (resource.running === operation) resource.running = null;
  resource.provisioningState = end.status;
  resource.error = operation.error;
  if (pool !== null && aks.running === null) showPoolsInCluster(aks, pool);
  changeETags({ aks, cluster }, pool);
  cluster.timeline.tell('operation.ended', `${describe(aks, pool)}: ${operation.state} → ${end.status}`, {
    operation: operation.id,
    pool: operation.pool,
    state: operation.state,
    status: end.status,
    error: operation.error,
  });
}

/** An Event Grid event of the cluster, as the broker would get it. */
export function tellEventGrid({ aks, cluster }: AksCore, type: string, pool: string): void {
  const event = {
    specversion: '1.0',
    type: `Microsoft.ContainerService.${type}`,
    source: aks.resourceId,
    subject: aks.name,
    id: cluster.prng.uuid(),
    time: armTime(cluster.timeline.now()),
    data: { nodePoolName: pool },
  };
  cluster.timeline.tell('event-grid', `Event Grid: ${type} ${pool}`, event);
}

/** A cluster operation changes the eTags of the cluster and all pools, a pool operation only the pool's. Source: AKS docs, eTags. */
function changeETags({ aks, cluster }: AksCore, pool: PoolState | null): void {
  if (pool !== null) {
    pool.eTag = cluster.prng.uuid();
    return;
  }
  aks.eTag = cluster.prng.uuid();
  for (const one of aks.pools.values()) one.eTag = cluster.prng.uuid();
}

/** "The upgrade operation and the managed cluster are in failed state if there are any blocked nodes" (AKS API description). */
function showPoolsInCluster(aks: AksState, pool: PoolState): void {
  const unhappy = [pool, ...aks.pools.values()].find((one) => isAtRest(one.provisioningState) && one.provisioningState !== 'Succeeded');
  aks.provisioningState = unhappy?.provisioningState ?? 'Succeeded';
  aks.error = unhappy?.error ?? null;
}

function describe(aks: AksState, pool: PoolState | null): string {
  return pool === null ? `cluster ${aks.name}` : `node pool ${pool.name}`;
}
