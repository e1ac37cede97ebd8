import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';

/**
 * The policy as a rehearsal runs it: everything that decides about the cluster is the same. What only a person, another
 * repository or a service inside the cluster could answer is taken for granted, and a rehearsal says so.
 */
export function rehearsedPolicy(policy: MaintenancePolicy): MaintenancePolicy {
  return {
    ...policy,
    approvals: { required: 0, teams: [] },
    verify: policy.verify === null ? null : { ...policy.verify, probes: [] },
    report: { ...policy.report, repository: null, writeBack: [], calendar: null, upgradePullRequests: 'off', escalation: [] },
  };
}

/** The same with every finding of single pools let pass, as the policy itself could say. */
export function lenientPolicy(policy: MaintenancePolicy): MaintenancePolicy {
  return { ...rehearsedPolicy(policy), onFinding: { action: 'warn' } };
}
