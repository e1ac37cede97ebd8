import type { Instant } from '../domain/time.ts';
import type { Perturbation } from './perturbation.ts';
import type { Physics } from './physics.ts';
import type { Simulated, WorldChange } from './wire.ts';

/** The documents of a snapshot folder, byte for byte as their tools print them, parsed as JSON. */
export interface ClusterDocuments {
  /** ARM GET body of the cluster, or `az aks show -o json`. */
  readonly cluster: unknown;
  /** ARM list of agent pools, `az aks nodepool list -o json`, or a bare list of either; null takes the cluster's own. */
  readonly nodePools: unknown;
  /** ARM upgrade profile or `az aks get-upgrades -o json`; null: nothing is offered. */
  readonly upgrades: unknown;
  /** Every item of the `kubectl get … -A -o json` lists. */
  readonly kubernetesItems: readonly unknown[];
}

/** What a world is made from. Equal options give equal worlds. */
export interface ClusterWorldOptions {
  readonly documents: ClusterDocuments;
  readonly seed: number;
  /** The world's first moment; nothing may be asked about an earlier one. */
  readonly startsAt: Instant;
  /** Differences from {@link defaultPhysics}. */
  readonly physics?: Partial<Physics>;
  /** Replaces the resource id of the documents, so that one snapshot can make several clusters. */
  readonly resourceId?: string;
  /** Image AKS offers per pool name; a pool without an entry is offered the image of the newest pool document or a newer date. */
  readonly latestNodeImages?: Readonly<Record<string, string>>;
  /** Base of operation URLs; without it the request's `host` header decides (`http` on loopback). */
  readonly armBaseUrl?: string;
}

/** What a person watching from above sees of a pool; for the story only, nothing decides by it. */
export interface PoolView {
  readonly pool: string;
  readonly provisioningState: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly kubeletVersion: string;
    readonly imageVersion: string;
    readonly isReady: boolean;
    readonly isCordoned: boolean;
    readonly isQuarantined: boolean;
    readonly isSurge: boolean;
    readonly podCount: number;
  }[];
}

/**
 * One simulated AKS cluster: its ARM face and its Kubernetes face over one state and one agenda.
 *
 * What happens by itself is returned by whichever call let the time pass (`advance`, `apply` of either face, `perturb`),
 * exactly once, so all callers feed one story. Reads change nothing.
 */
export interface ClusterWorld {
  readonly resourceId: string;
  readonly arm: Simulated;
  readonly kubernetes: Simulated;
  /** Lets time pass for both faces; the same as `arm.advance`. */
  advance(now: Instant): readonly WorldChange[];
  /** When something will happen by itself next; null when nothing will. */
  nextAt(): Instant | null;
  /** Lets time pass to `now`, then makes the perturbation happen; one about an unknown object changes nothing and says so. */
  perturb(now: Instant, perturbation: Perturbation): readonly WorldChange[];
  /** Pools as they are now, without letting time pass. */
  inspect(): readonly PoolView[];
}

/**
 * Makes a world from a snapshot's documents.
 *
 * Throws an `Error` that names every fault when a document cannot be understood; a snapshot read through the parser of
 * the snapshot folder has been told of them before.
 */
export function createClusterWorld(options: ClusterWorldOptions): ClusterWorld {
  throw new Error(`not built yet: ${options.seed}`);
}
