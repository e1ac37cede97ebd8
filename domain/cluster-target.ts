import type { MaintenancePolicy } from './maintenance-policy.ts';
import { clusterNameOf } from './window-identity.ts';

/** Where a command about a cluster was written, and whose report it is. */
export interface ClusterLocation {
  readonly repository: string;
  /** Cluster of the run whose report the issue is; null elsewhere. */
  readonly reportOf: string | null;
  /** `owner/name` of the policies; null when they do not come from a repository. */
  readonly policyRepository: string | null;
}

/** The policy a command about a cluster is for, or why none is. */
export type FoundCluster =
  | { readonly kind: 'cluster'; readonly policy: MaintenancePolicy }
  /** Several fit, or a short name was written: all that may have been meant, each by a name that fits it alone. */
  | { readonly kind: 'which-one'; readonly names: readonly string[] }
  | { readonly kind: 'unknown'; readonly names: readonly string[] };

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/**
 * Finds the cluster a command is for: the one named in full, that of the report it stands in, or the only one here.
 *
 * A short or shared name is asked back, never guessed. Clusters that report elsewhere do not exist here, but in the repository
 * of their policies.
 */
export function findCluster(policies: readonly MaintenancePolicy[], location: ClusterLocation, target: string | null): FoundCluster {
  const isHere = ({ report }: MaintenancePolicy): boolean => [report.repository ?? location.policyRepository, location.policyRepository].some((each) => each !== null && isSame(each, location.repository));
  const here = policies.filter(isHere);
  const named = here.filter((policy) => namesOf(policy).some((name) => isSame(name, target ?? location.reportOf ?? '')));
  const [only, another] = target === null && location.reportOf === null ? here : named;
  if (only !== undefined && another === undefined) return { kind: 'cluster', policy: only };
  const near = target === null ? [] : here.filter((policy) => namesOf(policy).some((name) => name.toLowerCase().startsWith(target.toLowerCase())));
  const meant = named.length > 1 ? named : near;
  if (meant.length > 0 || target === null) return { kind: here.length === 0 ? 'unknown' : 'which-one', names: fullNames(meant.length > 0 ? meant : here) };
  return { kind: 'unknown', names: fullNames(here) };
}

function namesOf({ name, clusterResourceId }: MaintenancePolicy): readonly string[] {
  return [clusterNameOf(clusterResourceId), name];
}

/** The cluster's name, or its policy's where two clusters share theirs. */
function fullNames(policies: readonly MaintenancePolicy[]): readonly string[] {
  const clusters = policies.map(({ clusterResourceId }) => clusterNameOf(clusterResourceId));
  return policies.map(({ name, clusterResourceId }) => {
    const cluster = clusterNameOf(clusterResourceId);
    return clusters.filter((each) => isSame(each, cluster)).length > 1 ? name : cluster;
  });
}
