import type { Outcome } from '../domain/failure.ts';
import { judgePreflight } from '../domain/preflight.ts';
import { severityRank } from '../domain/preflight-report.ts';
import type { Finding } from '../domain/preflight-report.ts';
import type { ActivityContract, PreflightSummary } from './contract.ts';
import type { Ports } from './ports.ts';
import { readClusterSnapshot } from './read-cluster-snapshot.ts';

/** Findings kept in history; the rest is counted. */
const FINDINGS_KEPT = 40;

/** Judges the cluster as it is now against the plan: all findings, never a throw for a bad cluster. May be repeated. */
export async function runPreflight(ports: Ports, input: ActivityContract['runPreflight']['input']): Promise<Outcome<PreflightSummary>> {
  const read = await readClusterSnapshot(ports, input.plan.clusterResourceId);
  if (!read.ok) return read;
  const report = judgePreflight(input.policy, input.plan, read.value);
  const sorted = [...report.findings].sort((a, b) => severityRank[a.severity] - severityRank[b.severity]);
  return {
    ok: true,
    value: {
      result: report.result,
      findings: sorted.slice(0, FINDINGS_KEPT).map(({ code, where, severity, pools, message, remedy, owner }) => ({ code, where, severity, pools, message, remedy, owner })),
      findingsOmitted: Math.max(0, sorted.length - FINDINGS_KEPT),
      unchecked: report.unchecked,
      withheld: sorted.filter((finding) => finding.severity === 'block').flatMap(withholds),
    },
  };
}

function withholds({ code, where, message, pools }: Finding): PreflightSummary['withheld'] {
  return pools.map((pool) => ({ pool, code, where, message }));
}
