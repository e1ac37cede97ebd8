import type { Failure } from './failure.ts';
import type { WindowSchedule } from './maintenance-policy.ts';
import type { RecentWrite } from './recent-write.ts';
import type { Instant } from './time.ts';

/**
 * What Azure says around a cluster: room, rights and other drivers. Each part is null when it was not read; `whyUnread`
 * then has the reason, and preflight lists it as unchecked wherever the run depends on it.
 */
export interface AzureFacts {
  /** vCPU meters of the cluster's region. */
  readonly quota: readonly CoreUsage[] | null;
  readonly network: ClusterNetwork | null;
  /** Addresses of the subnets the pools use. */
  readonly subnets: readonly SubnetUsage[] | null;
  /** Locks that lie on the cluster, its resource group, its node resource group or something in them. */
  readonly locks: readonly ResourceLock[] | null;
  readonly maintenanceConfigurations: readonly MaintenanceConfiguration[] | null;
  /** Uses of API versions that a later Kubernetes removes; empty when there was none. */
  readonly deprecatedApiUses: readonly DeprecatedApiUse[] | null;
  readonly credential: ClusterCredential | null;
  /** The last writes to the cluster and its pools, newest first: of the last day, and of a failed cluster as far back as the log goes. */
  readonly recentWrites: readonly RecentWrite[] | null;
  /** Pools whose upgrade profile was read and names no node image. */
  readonly poolsWithoutNodeImage: readonly string[] | null;
  /** Null also where the cluster is in no ring and has no partner. */
  readonly fleet: FleetFacts | null;
  readonly whyUnread: Readonly<Partial<Record<AzureFactName, string>>>;
  /** A part that Azure asked to read later, with the wait. Absent: none. */
  readonly throttled?: Failure;
}

export type AzureFactName = Exclude<keyof AzureFacts, 'whyUnread' | 'throttled'>;

/** One meter of `Microsoft.Compute` usages. Unit: vCPUs. */
export interface CoreUsage {
  /** `cores` is the region's total; a family's is like `standardDSv5Family`. */
  readonly name: string;
  readonly used: number;
  readonly limit: number;
}

/** How a cluster gives addresses and ports to its nodes and pods. */
export interface ClusterNetwork {
  /**
   * `node-subnet`: every pod takes an address of the nodes' subnet · `overlay` (and kubenet): pods live in `podCidr`.
   * A pool with a pod subnet of its own overrides it.
   */
  readonly podAddresses: 'node-subnet' | 'overlay';
  /** Null when ARM shows none. */
  readonly podCidr: string | null;
  /** Pool name → its subnets. */
  readonly poolSubnets: Readonly<Record<string, PoolSubnets>>;
  readonly outbound: OutboundPorts | null;
}

/** Where one pool's addresses come from; ids as ARM spells them. */
export interface PoolSubnets {
  /** Null: the network that AKS manages. */
  readonly nodeSubnetId: string | null;
  readonly podSubnetId: string | null;
  readonly podAllocation: 'dynamic' | 'static-block';
}

/** Source ports of the cluster's load balancer. */
export interface OutboundPorts {
  readonly publicAddresses: number;
  /** Ports set aside for each node; 0 lets Azure choose by the number of nodes. */
  readonly portsPerNode: number;
}

/** Addresses of one subnet. `limit` leaves out the five that Azure keeps (facts: Get-AzVirtualNetworkUsageList shows 251 for a /24). */
export interface SubnetUsage {
  readonly id: string;
  readonly used: number;
  readonly limit: number;
}

/** A management lock. */
export interface ResourceLock {
  readonly name: string;
  /** `CanNotDelete` or `ReadOnly`; an open text. */
  readonly level: string;
  /** ARM id of what it lies on. */
  readonly scope: string;
}

/** When AKS may start work of its own. */
export interface MaintenanceConfiguration {
  /** `aksManagedAutoUpgradeSchedule`, `aksManagedNodeOSUpgradeSchedule` or `default`. */
  readonly name: string;
  /** In the fixed offset AKS knows; null for the older form of hours in a week. */
  readonly window: WindowSchedule | null;
}

/** One use of an API version that is going away. */
export interface DeprecatedApiUse {
  /** `group/version`. */
  readonly api: string;
  /** For example `flowschemas`; null when unknown. */
  readonly resource: string | null;
  /** Null: nobody could tell; the API server's metrics name neither verb nor client nor time. */
  readonly verb: string | null;
  readonly client: string | null;
  readonly lastSeen: Instant | null;
  /** The minor that no longer serves it, for example `1.35`; null when unknown. */
  readonly removedIn: string | null;
}

/** What the cluster signs in to Azure with. */
export interface ClusterCredential {
  readonly kind: 'managed-identity' | 'service-principal';
  /** Null: it does not expire, or nobody could tell when. */
  readonly expiresAt: Instant | null;
}

/** The clusters that go before this one, or must stand while it is worked on. */
export interface FleetFacts {
  /** Earlier rings, first ring first. */
  readonly earlierRings: readonly RingMember[];
  /** The paired region's cluster; null when there is none. */
  readonly partner: {
    readonly cluster: string;
    readonly isHealthy: boolean;
    /** How it stands, in words: `paused: 1 quarantined node`. */
    readonly state: string;
  } | null;
}

/** A cluster of an earlier ring. */
export interface RingMember {
  readonly cluster: string;
  readonly isUpgraded: boolean;
  /** When its time of proof is over; null when it has not begun. */
  readonly bakesUntil: Instant | null;
  /** What alarmed since it was upgraded. */
  readonly alerts: readonly { readonly name: string; readonly since: Instant }[];
  /** Node images it ran; null when unknown. */
  readonly nodeImages: readonly string[] | null;
}

/** No fact at all, for one reason. */
export function noAzureFacts(why: string): AzureFacts {
  return {
    quota: null,
    network: null,
    subnets: null,
    locks: null,
    maintenanceConfigurations: null,
    deprecatedApiUses: null,
    credential: null,
    recentWrites: null,
    poolsWithoutNodeImage: null,
    fleet: null,
    whyUnread: {
      quota: why,
      network: why,
      subnets: why,
      locks: why,
      maintenanceConfigurations: why,
      deprecatedApiUses: why,
      credential: why,
      recentWrites: why,
    },
  };
}
