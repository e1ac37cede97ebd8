import type { ClusterNetwork, SubnetUsage } from './azure-facts.ts';
import type { NodePool } from './cluster-snapshot.ts';
import { isStopped, nodeCountAtMost } from './node-pool.ts';

/** What pods of a pool cost where AKS shows no `maxPods` (facts: AKS "IP address planning"). */
const MAX_PODS_NODE_SUBNET = 30;
const MAX_PODS_POD_SUBNET = 110;
/** Addresses of a batch a node takes from a dynamic pod subnet, and of one static block (a /28). */
const BLOCK_ADDRESSES = 16;
/** Each node takes a /24 of the pods' own range where pods have one. */
const NODE_RANGE_PREFIX = 24;

/** One place a surge node takes addresses from, with what it would hold and what it can. Unit: addresses, or /24 ranges of a pod CIDR. */
export interface AddressDemand {
  /** Subnet id, or the pod CIDR. */
  readonly place: string;
  readonly unit: 'addresses' | 'node ranges';
  /** Taken now. */
  readonly used: number;
  /** What autoscalers may still take. */
  readonly growth: number;
  /** What one surge node takes. */
  readonly perNode: number;
  /** `1+30` where it is a sum; else the number. */
  readonly perNodeText: string;
  readonly limit: number;
}

/**
 * Every place a surge node of `pool` takes addresses from; a subnet whose usage is unknown has none.
 *
 * Autoscalers count at their maximum, for all pools of the subnet: an upgrade may meet them there. Pods live in the nodes' subnet
 * (1 + maxPods addresses a node), in an overlay (1, and a /24 of the pod CIDR) or in a subnet of their own (16 at first,
 * or a static block of 16 for every 16 of maxPods + 1).
 * @see AKS "Plan IP addressing", "Azure CNI overlay", "Azure CNI with pod subnet".
 */
export function addressDemands(
  pool: NodePool,
  nodePools: readonly NodePool[],
  network: ClusterNetwork,
  usages: readonly SubnetUsage[],
): readonly AddressDemand[] {
  const running = nodePools.filter((one) => !isStopped(one));
  const demands = takesOf(pool, network).flatMap(({ subnetId, addresses, text, holds }): readonly AddressDemand[] => {
    const usage = usages.find(({ id }) => id.toLowerCase() === subnetId.toLowerCase());
    if (usage === undefined) return [];
    const inSubnet = running.flatMap((one) =>
      takesOf(one, network)
        .filter((take) => take.subnetId.toLowerCase() === subnetId.toLowerCase())
        .map((take) => ({ now: one.nodeCount * take.addresses, atMost: nodeCountAtMost(one) * take.addresses })),
    );
    const now = inSubnet.reduce((sum, each) => sum + each.now, 0);
    const growth = inSubnet.reduce((sum, each) => sum + each.atMost, 0) - now;
    // Azure's count also holds load balancers and private endpoints; ours the nodes that just came. Pods in their own subnet come in batches nobody can count.
    const used = holds === 'nodes' ? Math.max(usage.used, now) : usage.used;
    return [{ place: usage.id, unit: 'addresses', used, growth, perNode: addresses, perNodeText: text, limit: usage.limit }];
  });
  return [...demands, ...overlayDemand(pool, running, network)];
}

/** Ids of the subnets a surge node of the pool takes addresses from; empty text for one that AKS manages and nobody named. */
export function subnetsOf(pool: NodePool, network: ClusterNetwork): readonly string[] {
  return takesOf(pool, network).map(({ subnetId }) => subnetId);
}

/** Addresses of all its subnets that one more node of the pool takes. */
export function addressesOfNode(pool: NodePool, network: ClusterNetwork): number {
  return takesOf(pool, network).reduce((sum, { addresses }) => sum + addresses, 0);
}

interface AddressTake {
  readonly subnetId: string;
  readonly holds: 'nodes' | 'pods';
  readonly addresses: number;
  readonly text: string;
}

function takesOf(pool: NodePool, network: ClusterNetwork): readonly AddressTake[] {
  const subnets = network.poolSubnets[pool.name];
  const nodeSubnet = subnets?.nodeSubnetId ?? '';
  const podSubnet = subnets?.podSubnetId ?? null;
  if (podSubnet !== null) {
    const pods = (pool.maxPods ?? MAX_PODS_POD_SUBNET) + 1;
    const addresses = subnets?.podAllocation === 'static-block' ? Math.ceil(pods / BLOCK_ADDRESSES) * BLOCK_ADDRESSES : BLOCK_ADDRESSES;
    return [
      { subnetId: nodeSubnet, holds: 'nodes', addresses: 1, text: '1' },
      { subnetId: podSubnet, holds: 'pods', addresses, text: String(addresses) },
    ];
  }
  if (network.podAddresses === 'overlay') return [{ subnetId: nodeSubnet, holds: 'nodes', addresses: 1, text: '1' }];
  const pods = pool.maxPods ?? MAX_PODS_NODE_SUBNET;
  return [{ subnetId: nodeSubnet, holds: 'nodes', addresses: 1 + pods, text: `(1+${pods})` }];
}

function overlayDemand(pool: NodePool, running: readonly NodePool[], network: ClusterNetwork): readonly AddressDemand[] {
  const isInside = (one: NodePool): boolean => (network.poolSubnets[one.name]?.podSubnetId ?? null) === null;
  const prefix = /^\d+\.\d+\.\d+\.\d+\/(\d+)$/.exec(network.podCidr ?? '')?.[1];
  if (network.podAddresses !== 'overlay' || network.podCidr === null || prefix === undefined || !isInside(pool)) return [];
  const inside = running.filter(isInside);
  const used = inside.reduce((sum, one) => sum + one.nodeCount, 0);
  const growth = inside.reduce((sum, one) => sum + nodeCountAtMost(one), 0) - used;
  const limit = 2 ** Math.max(0, NODE_RANGE_PREFIX - Number(prefix));
  return [{ place: network.podCidr, unit: 'node ranges', used, growth, perNode: 1, perNodeText: '1', limit }];
}
