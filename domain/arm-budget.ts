import type { TokenBucket } from './token-bucket.ts';

/** Name of one of Azure's buckets. */
export type ArmBudgetName = keyof typeof armBudgets;

/**
 * What Azure Resource Manager and AKS let pass.
 *
 * `armReads` and `armWrites`: per region, subscription and identity · the others are AKS's own, per region.
 * @see Microsoft Learn, "Understand how Azure Resource Manager throttles requests" (limits by region) and AKS "Quotas, SKUs and regions" (throttling limits of the resource provider).
 */
export const armBudgets = {
  armReads: { burst: 250, refillPerSecond: 25 },
  armWrites: { burst: 200, refillPerSecond: 10 },
  /** GET of one cluster. */
  clusterReads: { burst: 60, refillPerSecond: 1 },
  /** PUT of one cluster. */
  clusterWrites: { burst: 20, refillPerSecond: 1 / 60 },
  /** PUT of one node pool. */
  poolWrites: { burst: 20, refillPerSecond: 1 / 60 },
  /** List of the clusters of a subscription. */
  clusterLists: { burst: 500, refillPerSecond: 1 },
  /** Status of operations, of a whole subscription. */
  operationReads: { burst: 200, refillPerSecond: 2 },
  /** Everything else of AKS, of a whole subscription: node pools, upgrade profiles, maintenance configurations, credentials, actions. */
  otherCalls: { burst: 60, refillPerSecond: 1 },
} as const satisfies Readonly<Record<string, TokenBucket>>;

/** One bucket a request draws from. */
export interface ArmDraw {
  readonly budget: ArmBudgetName;
  /** Sets this bucket apart from every other, for example `otherCalls /subscriptions/5f1c…`. */
  readonly key: string;
}

const CLUSTER = /^(\/subscriptions\/[^/]+)\/resourcegroups\/[^/]+\/providers\/microsoft\.containerservice\/managedclusters\/[^/]+(\/agentpools\/[^/]+)?(\/.*)?$/;
const OPERATION = /^(\/subscriptions\/[^/]+)\/providers\/microsoft\.containerservice\/locations\/[^/]+\/operation(?:s|results)\//;
const CLUSTER_LIST = /^(\/subscriptions\/[^/]+)(?:\/resourcegroups\/[^/]+)?\/providers\/microsoft\.containerservice\/managedclusters$/;

/** The subscription of an ARM path or resource id, `/subscriptions/<id>` in lower case; empty where it names none. */
export function subscriptionOf(path: string): string {
  return /^\/subscriptions\/[^/]+/.exec(path.toLowerCase())?.[0] ?? '';
}

/** Buckets one request draws from: that of Azure Resource Manager first, then that of AKS where the request is about a cluster. */
export function drawsOf(method: string, path: string): readonly ArmDraw[] {
  const isRead = method === 'GET' || method === 'HEAD';
  const arm = isRead ? 'armReads' : 'armWrites';
  const lower = path.toLowerCase().replace(/\/+$/, '');
  const own = aksDraw(isRead ? 'GET' : method, lower);
  return [{ budget: arm, key: `${arm} ${subscriptionOf(lower)}` }, ...(own === null ? [] : [own])];
}

function aksDraw(method: string, path: string): ArmDraw | null {
  const list = CLUSTER_LIST.exec(path);
  if (list !== null) return { budget: 'clusterLists', key: `clusterLists ${list[1] ?? ''}` };
  const operation = OPERATION.exec(path);
  if (operation !== null) return { budget: 'operationReads', key: `operationReads ${operation[1] ?? ''}` };
  const cluster = CLUSTER.exec(path);
  if (cluster === null) return null;
  const [, subscription = '', pool, rest] = cluster;
  if (rest !== undefined || (pool !== undefined && method !== 'PUT') || (method !== 'GET' && method !== 'PUT')) return { budget: 'otherCalls', key: `otherCalls ${subscription}` };
  const budget = pool !== undefined ? 'poolWrites' : method === 'GET' ? 'clusterReads' : 'clusterWrites';
  return { budget, key: `${budget} ${path}` };
}
