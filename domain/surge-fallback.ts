import type { ClusterSnapshot } from './cluster-snapshot.ts';
import { numberAt, valueAt } from './json.ts';
import { longestGraces, withLongDrain, withLongDrains } from './long-drains.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import { mergeUpgradeSettings } from './node-pool.ts';
import type { UndigestedPlan } from './plan-maintenance.ts';
import type { Finding, PreflightReport } from './preflight-report.ts';
import { resultOfFindings } from './preflight-report.ts';
import { shapeRoll } from './roll-shape.ts';
import type { PlannedUnit } from './upgrade-plan.ts';

/** Findings that fewer surge nodes mend. */
const surgeCodes: ReadonlySet<string> = new Set(['SUBNET_TOO_SMALL', 'QUOTA_SHORT', 'SNAT_PORTS_SHORT', 'SCALESET_LIMIT']);

/** A pool that is upgraded with fewer surge nodes than its setting says, in this run only. */
export interface SurgeReduction {
  readonly pool: string;
  /** Surge nodes the setting gives, and how many fit. Unit: nodes. */
  readonly wanted: number;
  readonly fits: number;
  readonly waves: number;
  /** The estimate, made anew for the smaller surge. Unit: minutes. */
  readonly estimateMinutes: number;
}

/** A judgment with the plan it holds for. */
export interface FallbackJudgment {
  /** What the policy's settings would meet, and what the plan as it shall be carried out meets. */
  readonly report: PreflightReport;
  /** The findings of the plan as it shall be carried out: only these withhold. */
  readonly standing: readonly Finding[];
  readonly plan: UndigestedPlan;
  /** Empty: surge stays as it is. */
  readonly reductions: readonly SurgeReduction[];
}

/**
 * Judges a plan with the time its pods may take to end, and where the policy allows it a second time with as many surge nodes as
 * fit: the findings of the first judgment stay, what withholds is what the second still finds.
 *
 * @param judge - One judgment of one plan on one snapshot.
 */
export function judgeWithFallback(
  policy: MaintenancePolicy,
  given: UndigestedPlan,
  snapshot: ClusterSnapshot,
  judge: (plan: UndigestedPlan) => PreflightReport,
): FallbackJudgment {
  const graces = longestGraces(snapshot);
  const plan = withLongDrains(given, graces);
  const report = judge(plan);
  const kept: FallbackJudgment = { report, standing: report.findings, plan, reductions: [] };
  if (policy.nodePools.surgeFallback === 'withhold') return kept;
  const reduced = plan.units.map((unit) => withLongDrainAnew(unit, reduceUnit(policy, unit, snapshot, report.findings), graces));
  const reductions = plan.units.flatMap((before, index) => {
    const after = reduced[index];
    return after === undefined || after === before
      ? []
      : [{ pool: poolOf(before), wanted: before.surgeNodeCount, fits: after.surgeNodeCount, waves: after.waves, estimateMinutes: after.estimateMinutes }];
  });
  if (reductions.length === 0) return kept;
  const smaller = { ...plan, units: reduced };
  const second = judge(smaller);
  const isFound = (finding: Finding): boolean => second.findings.some(({ code, where }) => code === finding.code && where === finding.where);
  const mended = report.findings.filter((finding) => surgeCodes.has(finding.code) && !isFound(finding)).map((finding) => ({ ...finding, remedy: remedyOf(finding, reductions) }));
  const findings = [...mended, ...second.findings];
  return { report: { ...second, findings, result: resultOfFindings(findings) }, standing: second.findings, plan: smaller, reductions };
}

/** `usr: surge 1 instead of 2 …`, for the story of the run. */
export function describeReduction({ pool, wanted, fits, waves, estimateMinutes }: SurgeReduction): string {
  return `pool/${pool}: surge ${fits} instead of ${wanted}, because no more fits and the policy allows it: ${waves} waves, about ${estimateMinutes} min. The setting is restored afterwards.`;
}

/** A plan of this moment with the surge that units of the run's own plan were lowered to. */
export function withLoweredSurge(plan: UndigestedPlan, lowered: readonly PlannedUnit[]): UndigestedPlan {
  const units = plan.units.map((unit) => {
    const settings = lowered.find((each) => each.unit === unit.unit)?.upgradeSettings ?? null;
    return settings === null ? unit : { ...unit, ...shapeRoll(settings, { nodeCount: unit.nodeCount, kind: 'regular' }), upgradeSettings: settings };
  });
  return { ...plan, units };
}

function remedyOf({ pools, remedy }: Finding, reductions: readonly SurgeReduction[]): string {
  const mine = reductions.filter(({ pool }) => pools.includes('*') || pools.includes(pool));
  const done = mine.map(({ pool, wanted, fits, waves, estimateMinutes }) => `${pool} runs with surge ${fits} instead of ${wanted}: ${waves} waves, about ${estimateMinutes} min`);
  return `Nothing in this run: ${done.join('; ')}, and the setting is restored afterwards. For good: ${remedy}`;
}

/** A unit that was reckoned anew knows nothing of its pods yet. */
function withLongDrainAnew(before: PlannedUnit, after: PlannedUnit, graces: ReadonlyMap<string, number>): PlannedUnit {
  return after === before ? before : withLongDrain(after, graces);
}

/** The unit with as many surge nodes as every shortage leaves; the unit itself where none fits or nothing is short. */
function reduceUnit(policy: MaintenancePolicy, unit: PlannedUnit, snapshot: ClusterSnapshot, findings: readonly Finding[]): PlannedUnit {
  const pool = snapshot.nodePools.find(({ name }) => unit.unit === `pool/${name}`);
  if (pool === undefined || unit.surgeNodeCount === 0) return unit;
  const limits = findings.flatMap((finding) => limitOf(finding, pool.name));
  const fits = Math.min(unit.surgeNodeCount, ...limits);
  if (fits < 1 || fits === unit.surgeNodeCount) return unit;
  const wanted = unit.upgradeSettings ?? mergeUpgradeSettings(policy.nodePools, pool);
  const settings = { ...wanted, maxSurge: String(fits) };
  return { ...unit, ...shapeRoll(settings, { nodeCount: unit.nodeCount, kind: 'regular' }), upgradeSettings: settings, restoreSettings: wanted };
}

/** Surge nodes a finding leaves a pool; none where it is not about the pool, or does not say. */
function limitOf({ code, pools, evidence }: Finding, pool: string): readonly number[] {
  if (!surgeCodes.has(code) || !(pools.includes(pool) || pools.includes('*'))) return [];
  const own = valueAt(evidence, 'pools', pool);
  const fits = numberAt(own === undefined ? evidence : own, 'maxSurgeThatFits');
  return fits === null ? [] : [Math.max(0, fits)];
}

function poolOf({ unit }: PlannedUnit): string {
  return unit.slice('pool/'.length);
}
