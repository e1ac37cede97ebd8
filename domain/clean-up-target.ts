import type { CommandLocation } from './command-target.ts';
import { isReportOf, type AddressableRun } from './command-target.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import { clusterNameOf } from './window-identity.ts';

/** What a word about a cluster means: a policy's cluster, and a pool or node of it. */
export type CleanUpTarget =
  | { readonly kind: 'found'; readonly policy: MaintenancePolicy; readonly target: string | null }
  /** Several clusters fit, or none of those there are: each by its full name. */
  | { readonly kind: 'which-one'; readonly names: readonly string[] }
  | { readonly kind: 'no-cluster' };

/** Where the word was written. */
interface CleanUpLocation extends CommandLocation {
  /** Cluster whose issue of debts this is; null when it is none. */
  readonly debtsOf: string | null;
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/**
 * Finds the cluster, and the pool or node if one is named, that a word is for.
 *
 * In a run's report, or a cluster's issue of debts, it is that cluster. Elsewhere it is the only cluster that reports to this repository, or
 * the one named in full; a short or shared name is asked back, never guessed.
 *
 * @param policies - Those that report to this repository.
 */
export function findCleanUpTarget(policies: readonly MaintenancePolicy[], runs: readonly (AddressableRun & { readonly clusterResourceId: string })[], location: CleanUpLocation, written: string | null): CleanUpTarget {
  if (policies.length === 0) return { kind: 'no-cluster' };
  const home = findHome(policies, runs, location);
  const { cluster, rest } = split(written);
  if (cluster !== null) return findNamed(policies, cluster, rest);
  if (rest !== null && policies.some((policy) => isNamed(policy, rest))) return findNamed(policies, rest, null);
  const [only, other] = home ?? policies;
  return only !== undefined && other === undefined ? { kind: 'found', policy: only, target: rest } : { kind: 'which-one', names: fullNames(policies) };
}

/** `cluster/pool`, `pool/name`, or one name that may be either. */
function split(written: string | null): { readonly cluster: string | null; readonly rest: string | null } {
  if (written === null) return { cluster: null, rest: null };
  const [first = '', ...more] = written.split('/');
  if (more.length === 0 || isSame(first, 'pool')) return { cluster: null, rest: more.length === 0 ? first : more.join('/') };
  return { cluster: first, rest: more.join('/').replace(/^pool\//i, '') };
}

/** The cluster whose issue the word stands in; null when it stands in no such issue. */
function findHome(policies: readonly MaintenancePolicy[], runs: readonly (AddressableRun & { readonly clusterResourceId: string })[], location: CleanUpLocation): readonly MaintenancePolicy[] | null {
  const id = location.debtsOf ?? runs.find((run) => isReportOf(run, location))?.clusterResourceId ?? null;
  if (id !== null) return policies.filter((policy) => isSame(policy.clusterResourceId, id));
  if (location.issueRunId === null) return null;
  // Anybody can write a run's name into an issue, so it chooses only among what could be named here anyway.
  const name = location.issueRunId.replace(/-\d{8}T\d{4}Z$/, '');
  const named = policies.filter((policy) => isSame(clusterNameOf(policy.clusterResourceId), name));
  return named.length === 0 ? null : named;
}

function isNamed(policy: MaintenancePolicy, name: string): boolean {
  return isSame(policy.name, name) || isSame(clusterNameOf(policy.clusterResourceId), name);
}

function findNamed(policies: readonly MaintenancePolicy[], name: string, rest: string | null): CleanUpTarget {
  const named = policies.filter((policy) => isNamed(policy, name));
  // The policy's own name tells two clusters of one name apart.
  const exact = policies.filter((policy) => isSame(policy.name, name));
  const [found] = named.length === 1 ? named : exact;
  if (found !== undefined && (named.length === 1 || exact.length === 1)) return { kind: 'found', policy: found, target: rest };
  const near = named.length > 0 ? named : policies.filter((policy) => [policy.name, clusterNameOf(policy.clusterResourceId)].some((each) => each.toLowerCase().startsWith(name.toLowerCase())));
  return { kind: 'which-one', names: fullNames(near.length > 0 ? near : policies) };
}

/** Cluster names where each is alone, else the names of their policies. */
function fullNames(policies: readonly MaintenancePolicy[]): readonly string[] {
  const names = policies.map(({ clusterResourceId }) => clusterNameOf(clusterResourceId));
  return policies.map(({ name }, index) => (names.filter((each) => isSame(each, names[index] ?? '')).length === 1 ? (names[index] ?? name) : name));
}
