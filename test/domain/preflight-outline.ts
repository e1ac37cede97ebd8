import type { ClusterSnapshot } from '../../domain/cluster-snapshot.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import { planningStateOf } from '../../domain/planning-state.ts';
import { judgePreflight } from '../../domain/preflight.ts';
import type { Finding, PreflightReport } from '../../domain/preflight-report.ts';
import { noWorkloadFacts } from '../../domain/workload-facts.ts';
import type { WorkloadFacts } from '../../domain/workload-facts.ts';
import { opening, samplePolicy, sampleSnapshot } from './cluster-samples.ts';

/** The preflight of the sample cluster with changes. */
export function reportOf(change: Partial<ClusterSnapshot>, policyChange: Partial<MaintenancePolicy> = {}): PreflightReport {
  const snapshot = sampleSnapshot(change);
  const policy = samplePolicy(policyChange);
  return judgePreflight(policy, planMaintenance(policy, opening, planningStateOf(snapshot)), snapshot);
}

/** `severity CODE where pools` of each finding. */
export function outlineOf(change: Partial<ClusterSnapshot>, policyChange: Partial<MaintenancePolicy> = {}): readonly string[] {
  return reportOf(change, policyChange).findings.map(({ severity, code, where, pools }) => `${severity} ${code} ${where} ${pools.join(',')}`);
}

/** The only finding; fails when there are more or none. */
export function onlyFinding(change: Partial<ClusterSnapshot>, policyChange: Partial<MaintenancePolicy> = {}): Finding {
  const { findings } = reportOf(change, policyChange);
  const [finding] = findings;
  if (finding === undefined || findings.length > 1) throw new Error(`one finding was expected: ${JSON.stringify(findings)}`);
  return finding;
}

/** Facts about workloads with some of them given. */
export function facts(change: Partial<WorkloadFacts>): { readonly workloadFacts: WorkloadFacts } {
  return { workloadFacts: { ...noWorkloadFacts, ...change } };
}
