import { parseInstant } from './local-time.ts';
import { readMachineSize, plainFamily } from './machine-size.ts';
import type { NodePool } from './cluster-snapshot.ts';
import { isSpot, isStopped, nodeCountAtMost, nodeSoakMinutes, parallelNodeCount, surgeNodeCount } from './node-pool.ts';
import { estimatePoolMinutes } from './pool-time-model.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';
import { settingsOf } from './preflight-view.ts';
import { surgingPools } from './subnet-findings.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';

/** Most machines of one scale set (facts: AKS "Perform rolling upgrades": more are refused before the start). */
const SCALE_SET_MACHINES_MAX = 1_000;
/** Source ports one public address gives (facts: Azure Load Balancer "SNAT for outbound connections"). */
const PORTS_PER_ADDRESS = 64_000;
/** Ports are set aside in multiples of this. */
const PORTS_STEP = 8;

/** vCPUs of the surge nodes against what the region and the family have left; the tighter is named. */
export const checkQuota: PreflightCheck = (view) =>
  surgingNow(view).flatMap(({ pool, surge }) => {
    const room = coresLeft(view, pool);
    const size = readMachineSize(pool.vmSize);
    if (room === null || size === null) return [];
    const need = surge * size.cores;
    const binding = room.family !== null && room.family < room.regional ? 'family' : 'regional';
    const free = binding === 'family' ? (room.family ?? 0) : room.regional;
    if (need <= free) return [];
    const fits = Math.max(0, Math.floor(free / size.cores));
    return [
      {
        code: 'QUOTA_SHORT',
        where: pool.name,
        severity: 'block',
        pools: [pool.name],
        message: `${pool.name} needs ${surge} × ${size.cores} = ${need} vCPUs for its surge nodes; ${binding} headroom is ${free}.`,
        remedy:
          fits > 0
            ? `Set maxSurge of ${pool.name} to ${fits} (${Math.ceil(pool.nodeCount / fits)} waves), or ask for ${need - free} more vCPUs of ${binding} quota.`
            : `Ask for ${need - free} more vCPUs of ${binding} quota, or free as many.`,
        owner: null,
        evidence: { need, familyFree: room.family, regionalFree: room.regional, bindingLimit: binding, maxSurgeThatFits: fits },
      },
    ];
  });

/** vCPUs left in the region and, where its meter is known, in the family of the pool's machines; null when the region's is not known. */
export function coresLeft({ snapshot }: PreflightView, pool: NodePool): { readonly regional: number; readonly family: number | null } | null {
  const quota = snapshot.azureFacts.quota ?? [];
  const regional = quota.find(({ name }) => name.toLowerCase() === 'cores');
  if (regional === undefined) return null;
  const families = readMachineSize(pool.vmSize)?.families ?? [];
  const family = quota.find(({ name }) => families.includes(plainFamily(name)));
  return { regional: regional.limit - regional.used, family: family === undefined ? null : family.limit - family.used };
}

/** Fixed outbound ports for every node there may be, the surge nodes of one pool at a time included. */
export const checkOutboundPorts: PreflightCheck = (view) => {
  const outbound = view.snapshot.azureFacts.network?.outbound ?? null;
  const surge = Math.max(0, ...surgingPools(view).map((one) => one.surge));
  if (outbound === null || outbound.portsPerNode === 0 || surge === 0) return [];
  const nodes = view.snapshot.nodePools.filter((pool) => !isStopped(pool)).reduce((sum, pool) => sum + nodeCountAtMost(pool), 0);
  const exist = outbound.publicAddresses * PORTS_PER_ADDRESS;
  const need = (nodes + surge) * outbound.portsPerNode;
  if (need <= exist) return [];
  const fits = Math.floor(exist / (nodes + surge) / PORTS_STEP) * PORTS_STEP;
  return [
    {
      code: 'SNAT_PORTS_SHORT',
      where: 'cluster',
      severity: 'block',
      pools: ['*'],
      message: `${exist} outbound ports exist; ${nodes + surge} nodes × ${outbound.portsPerNode} = ${need} are needed (${nodes} nodes at most, ${surge} of surge).`,
      remedy: `Set allocatedOutboundPorts to ${fits}, or give the load balancer ${Math.ceil(need / PORTS_PER_ADDRESS)} public addresses instead of ${outbound.publicAddresses}.`,
      owner: null,
      evidence: { nodes, surge, ...outbound, formula: `(${nodes}+${surge})*${outbound.portsPerNode}=${need} > ${exist}`, portsThatFit: fits, maxSurgeThatFits: Math.max(0, Math.floor(exist / outbound.portsPerNode) - nodes) },
    },
  ];
};

/** A scale set beyond its largest size; AKS refuses the upgrade before it starts. */
export const checkScaleSet: PreflightCheck = (view) =>
  surgingNow(view)
    .filter(({ pool, surge }) => pool.nodeCount + surge > SCALE_SET_MACHINES_MAX)
    .map(({ pool, surge }) => {
      const fits = Math.max(0, SCALE_SET_MACHINES_MAX - pool.nodeCount);
      const minutes = minutesAt(view, pool, fits);
      const time = fits > 0 ? `: ${Math.ceil(pool.nodeCount / fits)} waves, about ${minutes} min` : '';
      return {
        code: 'SCALESET_LIMIT',
        where: pool.name,
        severity: 'block',
        pools: [pool.name],
        message: `${pool.name}: ${pool.nodeCount} + ${surge} = ${pool.nodeCount + surge} exceeds the ${SCALE_SET_MACHINES_MAX} machines of a scale set.`,
        remedy: fits > 0 ? `Set maxSurge of ${pool.name} to ${fits}${time}.` : `Scale ${pool.name} below ${SCALE_SET_MACHINES_MAX} nodes, or split it.`,
        owner: null,
        evidence: { nodeCount: pool.nodeCount, surge, formula: `${pool.nodeCount}+${surge}=${pool.nodeCount + surge} > ${SCALE_SET_MACHINES_MAX}`, maxSurgeThatFits: fits },
      };
    });

/** Longer than a day: no window holds it, and AKS never starts such a roll by itself. */
export const checkEstimate: PreflightCheck = (view) =>
  slowPools(view).map(({ pool, minutes, waves }) => {
    const windowMinutes = view.policy === null ? DAY_MS / MINUTE_MS : (view.policy.window.durationHours * HOUR_MS) / MINUTE_MS;
    const fits = isSpot(pool) ? null : surgeForMinutes(view, pool, windowMinutes);
    const age = imageAgeWeeks(view, pool);
    return {
      code: 'ESTIMATE_EXCEEDS_DAY',
      where: pool.name,
      severity: 'block',
      pools: [pool.name],
      message:
        `${surgeText(view, pool)}${pool.name} needs about ${Math.floor(minutes / 60)} h (${waves} waves, ${minutes} min)` +
        `${fits === null ? '' : `; surge ${fits} fits one window`}. AKS never starts an automatic roll of more than 24 h` +
        `${age === null ? '' : `, and its image is ${age} weeks old`}.`,
      remedy:
        fits === null
          ? `No surge brings ${pool.name} into a window of ${windowMinutes} min: split the pool.`
          : `Set maxSurge of ${pool.name} to ${fits}: ${Math.ceil(pool.nodeCount / fits)} waves, about ${minutesAt(view, pool, fits)} of ${windowMinutes} min.`,
      owner: null,
      evidence: { estimateMin: minutes, waves, windowMin: windowMinutes, maxSurgeThatFits: fits, imageAgeWeeks: age },
    };
  });

/** `At surge 1 `; empty where the pool is not surged. */
function surgeText(view: PreflightView, pool: NodePool): string {
  const surge = isSpot(pool) ? 0 : surgeNodeCount(settingsOf(view, pool).maxSurge, pool.nodeCount);
  return surge === 0 ? '' : `At surge ${surge} `;
}

/** Pools whose upgrade would take more than a day. Unit: minutes. */
export function slowPools(view: PreflightView): readonly { readonly pool: NodePool; readonly minutes: number; readonly waves: number }[] {
  return view.pools
    .filter((pool) => !isStopped(pool) && pool.nodeCount > 0)
    .map((pool) => {
      const unit = view.plan?.units.find((one) => one.unit === `pool/${pool.name}`);
      if (unit !== undefined) return { pool, minutes: unit.estimateMinutes, waves: unit.waves };
      const settings = settingsOf(view, pool);
      const waves = isSpot(pool) ? pool.nodeCount : Math.ceil(pool.nodeCount / parallelNodeCount(settings, pool.nodeCount));
      return { pool, waves, minutes: estimate(view, pool, waves, surgeNodeCount(settings.maxSurge, pool.nodeCount)) };
    })
    .filter(({ minutes }) => minutes * MINUTE_MS > DAY_MS);
}

function surgingNow(view: PreflightView): readonly { readonly pool: NodePool; readonly surge: number }[] {
  return surgingPools(view).map(({ pool }) => ({ pool, surge: surgeNodeCount(settingsOf(view, pool).maxSurge, pool.nodeCount) }));
}

/** The smallest surge that ends in `minutes`; null when none does. */
function surgeForMinutes(view: PreflightView, pool: NodePool, minutes: number): number | null {
  for (let surge = 1; surge <= pool.nodeCount; surge += 1) if (minutesAt(view, pool, surge) <= minutes) return surge;
  return null;
}

function minutesAt(view: PreflightView, pool: NodePool, surge: number): number {
  return estimate(view, pool, Math.ceil(pool.nodeCount / Math.max(1, surge)), surge);
}

function estimate(view: PreflightView, pool: NodePool, waves: number, surge: number): number {
  return estimatePoolMinutes({ waves, surgeNodeCount: surge, nodeSoakMinutes: nodeSoakMinutes(settingsOf(view, pool)), isSpot: isSpot(pool) });
}

/** Whole weeks since the pool's image was made, by the date in its name; null when it names none. */
function imageAgeWeeks({ snapshot }: PreflightView, pool: NodePool): number | null {
  const [, year, month, day] = /(\d{4})(\d{2})\.(\d{2})\.\d+$/.exec(pool.nodeImageVersion) ?? [];
  const made = year === undefined ? null : parseInstant(`${year}-${month ?? ''}-${day ?? ''}T00:00Z`);
  return made === null ? null : Math.floor((snapshot.takenAt - made) / (7 * DAY_MS));
}
