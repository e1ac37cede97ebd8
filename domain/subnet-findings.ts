import type { NodePool } from './cluster-snapshot.ts';
import { isSpot, isStopped, nodeCountAtMost, surgeNodeCount } from './node-pool.ts';
import type { Finding } from './preflight-report.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';
import { settingsOf } from './preflight-view.ts';
import type { AddressDemand } from './subnet-demand.ts';
import { addressDemands } from './subnet-demand.ts';

interface Shortage {
  readonly pool: NodePool;
  readonly surge: number;
  readonly demand: AddressDemand;
  readonly surgeThatFits: number;
}

/** Pools of the scope that AKS would give surge nodes, with how many at the autoscaler's maximum. */
export function surgingPools(view: PreflightView): readonly { readonly pool: NodePool; readonly surge: number }[] {
  return view.pools
    .filter((pool) => !isSpot(pool) && !isStopped(pool) && pool.nodeCount > 0)
    .map((pool) => ({ pool, surge: surgeNodeCount(settingsOf(view, pool).maxSurge, nodeCountAtMost(pool)) }))
    .filter(({ surge }) => surge > 0);
}

/** Room for surge nodes in every subnet and pod range; where no pool has any, the run is what is blocked. */
export const checkSubnets: PreflightCheck = (view) => {
  const surging = surgingPools(view);
  const shortages = surging.flatMap(({ pool, surge }) => shortageOf(view, pool, surge));
  const [first] = shortages;
  if (first === undefined) return [];
  if (shortages.length < surging.length) return shortages.map((one) => toFinding(one, { where: one.pool.name, pools: [one.pool.name] }));
  const wholeRun = toFinding(first, { where: 'cluster', pools: ['*'] });
  if (shortages.length === 1) return [wholeRun];
  return [
    {
      ...wholeRun,
      message: shortages.map(describe).join(' '),
      remedy: shortages.map((one) => `${one.pool.name}: ${remedyOf(one)}`).join(' '),
      evidence: { pools: Object.fromEntries(shortages.map((one) => [one.pool.name, evidenceOf(one)])) },
    },
  ];
};

/** The tightest place the surge does not fit; none where it fits everywhere or nothing is known. */
function shortageOf(view: PreflightView, pool: NodePool, surge: number): readonly Shortage[] {
  const { azureFacts, nodePools } = view.snapshot;
  if (azureFacts.network === null) return [];
  const short = addressDemands(pool, nodePools, azureFacts.network, azureFacts.subnets ?? [])
    .filter((demand) => neededBy(demand, surge) > demand.limit)
    .map((demand) => ({ pool, surge, demand, surgeThatFits: surgeThatFits(demand) }))
    .sort((one, other) => one.surgeThatFits - other.surgeThatFits);
  return short.slice(0, 1);
}

function neededBy({ used, growth, perNode }: AddressDemand, surge: number): number {
  return used + growth + surge * perNode;
}

function surgeThatFits({ used, growth, perNode, limit }: AddressDemand): number {
  return Math.max(0, Math.floor((limit - used - growth) / perNode));
}

function toFinding(shortage: Shortage, about: Pick<Finding, 'where' | 'pools'>): Finding {
  return {
    ...about,
    code: 'SUBNET_TOO_SMALL',
    severity: 'block',
    message: describe(shortage),
    remedy: remedyOf(shortage),
    owner: null,
    evidence: evidenceOf(shortage),
  };
}

function nameOf(place: string): string {
  return place.startsWith('/') ? `Subnet ${place.slice(place.lastIndexOf('/') + 1)}` : `Pod range ${place}`;
}

function describe({ pool, surge, demand, surgeThatFits: fits }: Shortage): string {
  const growth = demand.growth > 0 ? `, ${demand.growth} for nodes the autoscaler may still add` : '';
  const less = fits > 0 ? `; surge ${fits} needs ${neededBy(demand, fits)}` : '';
  return (
    `Surge ${surge} of ${pool.name} needs ${neededBy(demand, surge)} ${demand.unit}, ${demand.limit} exist${less}. ` +
    `${nameOf(demand.place)}: ${demand.used} taken${growth}, ${surge}×${demand.perNodeText} for surge nodes.`
  );
}

function remedyOf({ pool, surge, demand, surgeThatFits: fits }: Shortage): string {
  if (fits > 0) return `Set maxSurge of ${pool.name} to ${fits}.`;
  const missing = neededBy(demand, surge) - demand.limit;
  const scaler = demand.growth > 0 ? `lower the autoscaler's maximum for the night, or ` : '';
  const inPlace = pool.mode === 'System' ? '' : `, or upgrade ${pool.name} in place (maxSurge 0, maxUnavailable 1)`;
  return `No surge fits: ${scaler}free or add ${demand.unit} (${missing} missing)${inPlace}.`;
}

function evidenceOf({ surge, demand, surgeThatFits: fits }: Shortage): Finding['evidence'] {
  const { place, used, growth, perNode, perNodeText, limit } = demand;
  const formula = `${used + growth}+${surge}*${perNodeText}=${neededBy(demand, surge)} > ${limit}`;
  return { place, used, growth, perNode, surge, limit, formula, maxSurgeThatFits: fits };
}
