import type { MaintenancePolicy } from './maintenance-policy.ts';
import type { PolicyFault } from './policy-parse.ts';

/**
 * What is wrong with policies only when they are taken together.
 *
 * Codes: `repeated-policy-name`, and `repeated-cluster` (two policies would fight over one cluster; resource ids are
 * compared without regard to case, as Azure does). Each repetition is told once, at the later policy.
 */
export function judgePolicySet(policies: readonly MaintenancePolicy[]): readonly PolicyFault[] {
  return policies.flatMap((policy, index) => {
    const earlier = policies.slice(0, index);
    const namesake = earlier.find((each) => each.name === policy.name);
    const rival = earlier.find((each) => clusterKeyOf(each) === clusterKeyOf(policy));
    const faults: PolicyFault[] = [];
    if (namesake !== undefined) {
      faults.push({
        code: 'repeated-policy-name',
        where: 'metadata.name',
        path: ['metadata', 'name'],
        source: policy.source,
        message: `metadata.name ${policy.name} is taken by the policy in ${namesake.source}.`,
        remedy: 'Give each policy a name of its own.',
      });
    }
    if (rival !== undefined) {
      faults.push({
        code: 'repeated-cluster',
        where: 'spec.cluster.resourceId',
        path: ['spec', 'cluster', 'resourceId'],
        source: policy.source,
        message: `spec.cluster.resourceId is that of policy ${rival.name} in ${rival.source}: one cluster, two policies.`,
        remedy: 'Keep one policy for each cluster; until then none of them opens a window.',
      });
    }
    return faults;
  });
}

/** The policies that may open windows: of those that share a cluster none, because which of them counts would be a guess. */
export function withoutRivals(policies: readonly MaintenancePolicy[]): readonly MaintenancePolicy[] {
  const byCluster = Map.groupBy(policies, clusterKeyOf);
  return policies.filter((policy) => byCluster.get(clusterKeyOf(policy))?.length === 1);
}

function clusterKeyOf({ clusterResourceId }: MaintenancePolicy): string {
  return clusterResourceId.toLowerCase();
}
