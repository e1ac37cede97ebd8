import { debtLines } from '../domain/debt-words.ts';
import type { Outcome } from '../domain/failure.ts';
import { keepsFromStarting } from '../domain/finding-leniency.ts';
import type { HoldCause } from '../domain/hold.ts';
import { describeSight } from '../domain/kubernetes-unread.ts';
import { longestGraces, withLongDrains } from '../domain/long-drains.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import { planMaintenance } from '../domain/plan-maintenance.ts';
import type { UndigestedPlan } from '../domain/plan-maintenance.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import { judgePlan, judgePreflight } from '../domain/preflight.ts';
import { severityRank } from '../domain/preflight-report.ts';
import type { Finding } from '../domain/preflight-report.ts';
import { findMode } from '../domain/slackwater-mode.ts';
import { withLoweredSurge } from '../domain/surge-fallback.ts';
import type { ActivityContract, HoldsLook, PreflightSummary, WithheldPool } from './contract.ts';
import { withDigest } from './make-plan.ts';
import type { Ports } from './ports.ts';
import { readClusterSnapshot } from './read-cluster-snapshot.ts';

/** Findings kept in history; the rest is counted. */
const FINDINGS_KEPT = 40;
/** Debts of earlier runs that a report names; the rest is counted. */
const DEBTS_TOLD = 5;
/** Causes kept of a pool that is withheld; the rest is counted. */
const CAUSES_KEPT = 3;

/** Judges the cluster as it is now against the plan: all findings, never a throw for a bad cluster. May be repeated. */
export async function runPreflight(ports: Ports, input: ActivityContract['runPreflight']['input']): Promise<Outcome<PreflightSummary>> {
  const read = await readClusterSnapshot(ports, input.plan.clusterResourceId, input.kubernetesApi);
  if (!read.ok) return read;
  const { report, standing, plan, reductions } = judgePlan(input.policy, input.plan, read.value, input.acknowledgements);
  const ofMode = findMode(ports.mode);
  const earlierDebts = await tellEarlierDebts(ports, input.policy);
  const sorted = [...ofMode, ...report.findings].sort((a, b) => severityRank[a.severity] - severityRank[b.severity]);
  return {
    ok: true,
    value: {
      result: ofMode.length > 0 ? 'block' : report.result,
      findings: sorted.slice(0, FINDINGS_KEPT).map(({ code, where, severity, pools, message, remedy, owner }) => ({ code, where, severity, pools, message, remedy, owner })),
      findingsOmitted: Math.max(0, sorted.length - FINDINGS_KEPT),
      unchecked: report.unchecked,
      sight: describeSight({ ...read.value, unchecked: report.unchecked }),
      ...(read.value.kubernetesUnread === undefined ? {} : { kubernetesUnread: read.value.kubernetesUnread }),
      adjusted: plan === input.plan ? null : { plan: withDigest(plan), reductions },
      withheld: withheldBy([...ofMode, ...standing].filter((finding) => keepsFromStarting(finding, input.policy, input.acknowledgements, read.value.takenAt))),
      ...(earlierDebts.length === 0 ? {} : { earlierDebts }),
    },
  };
}

/** What earlier runs left and is owed still; none where it cannot be read, which `unchecked` tells. */
async function tellEarlierDebts(ports: Ports, { clusterResourceId, debts }: MaintenancePolicy): Promise<readonly string[]> {
  const read = await ports.state.readState(clusterResourceId);
  return read.ok ? debtLines(read.value.debts, { now: ports.clock.now(), nodeImages: read.value.nodeImages, nodeCostPerDay: debts.nodeCostPerDay }, DEBTS_TOLD) : [];
}

/**
 * Judges pools that are withheld again, on a fresh snapshot: what keeps each from starting now, and how long each would take now.
 * Changes nothing; may be repeated.
 */
export async function judgeHolds(ports: Ports, input: ActivityContract['judgeHolds']['input']): Promise<Outcome<HoldsLook>> {
  const { policy, opening, acknowledgements, pools, lowered } = input;
  const read = await readClusterSnapshot(ports, policy.clusterResourceId, input.kubernetesApi);
  if (!read.ok) return read;
  // A plan of this moment says which pools still need something; the run's own plan stays what it was.
  const planned = withLoweredSurge(planMaintenance(policy, opening, planningStateOf(read.value)), lowered);
  const plan = startingWith(withLongDrains(planned, longestGraces(read.value)), pools);
  const judged = [...findMode(ports.mode), ...judgePreflight(policy, plan, read.value, acknowledgements).findings];
  const findings = judged.filter((finding) => keepsFromStarting(finding, policy, acknowledgements, read.value.takenAt));
  const estimates = plan.units.flatMap(({ unit, estimateMinutes }) => {
    const pool = pools.find((each) => unit === `pool/${each}`);
    return pool === undefined ? [] : [{ pool, estimateMinutes }];
  });
  return { ok: true, value: { withheld: withheldBy(findings).filter(({ pool }) => pool === '*' || pools.includes(pool)), estimates } };
}

/** The plan with the pools that wait before the others: what is judged is a start at this moment, not after theirs. */
function startingWith(plan: UndigestedPlan, pools: readonly string[]): UndigestedPlan {
  const isNext = ({ unit }: UndigestedPlan['units'][number]): boolean => unit === 'control-plane' || pools.some((pool) => unit === `pool/${pool}`);
  return { ...plan, units: [...plan.units.filter(isNext), ...plan.units.filter((unit) => !isNext(unit))] };
}

/** Every pool that these findings keep from starting, with the first of its causes. */
function withheldBy(findings: readonly Finding[]): readonly WithheldPool[] {
  const byPool = new Map<string, HoldCause[]>();
  for (const { code, where, pools, message, remedy, owner } of findings) {
    for (const pool of pools) byPool.set(pool, [...(byPool.get(pool) ?? []), { code, where, message, remedy, owner }]);
  }
  return [...byPool].map(([pool, causes]) => ({ pool, causes: causes.slice(0, CAUSES_KEPT), causesOmitted: Math.max(0, causes.length - CAUSES_KEPT) }));
}
