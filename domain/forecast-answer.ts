import type { ClusterSnapshot } from './cluster-snapshot.ts';
import { formatBothDated, formatUtc } from './local-time.ts';
import type { WindowOpening } from './maintenance-policy.ts';
import { codeSpan } from './markdown-text.ts';
import type { PreflightReport } from './preflight-report.ts';
import { whyNothingStarts, type SlackwaterMode } from './slackwater-mode.ts';
import type { AnsweredCluster } from './standing-answer.ts';
import { MINUTE_MS, type Instant } from './time.ts';
import type { PlannedUnit, UnitName, UpgradePlan } from './upgrade-plan.ts';

/** One unit of a night as the plan estimates it. */
export interface ForecastUnit {
  readonly unit: UnitName;
  /** Null: preflight withholds it. */
  readonly startsAt: Instant | null;
  readonly endsAt: Instant | null;
  /** What withholds it, each `CODE where`. */
  readonly withheldBy: readonly string[];
  /** Pods of its nodes whose eviction the API server would refuse as things are, with their budgets. */
  readonly refused: readonly { readonly pod: string; readonly budgets: readonly string[] }[];
}

/** Names of one kind in a cell; the rest is counted. */
const NAMES_SHOWN = 3;

/** Lines a plan's units up by their estimates, without those that preflight withholds. A reckoning only: nothing is played. */
export function forecastUnits(plan: UpgradePlan, opening: WindowOpening, report: PreflightReport, nodes: ClusterSnapshot['nodes']): readonly ForecastUnit[] {
  const poolOf = new Map(nodes.map(({ name, nodePool }) => [name, nodePool]));
  const blocked = report.pods.filter(({ verdict }) => verdict === 'blocked' || verdict === 'error');
  let at = opening.opens;
  return plan.units.map(({ unit, estimateMinutes }: PlannedUnit): ForecastUnit => {
    const isOf = (pool: string | undefined): boolean => pool === '*' || unit === `pool/${pool ?? ''}`;
    const withheldBy = report.findings.flatMap(({ severity, pools, code, where }) => (severity === 'block' && pools.some(isOf) ? [`${code} ${where}`] : []));
    const refused = blocked.flatMap(({ namespace, name, node, budgets }) => (isOf(poolOf.get(node)) ? [{ pod: `${namespace}/${name}`, budgets }] : []));
    const startsAt = withheldBy.length > 0 ? null : at;
    if (startsAt !== null) at += estimateMinutes * MINUTE_MS;
    return { unit, startsAt, endsAt: startsAt === null ? null : at, withheldBy, refused };
  });
}

/** The forecast as an answer: what it is and is not, the units, and the command that plays the night. */
export function answerForecast({ clusterName, timeZone }: AnsweredCluster, opening: WindowOpening, units: readonly ForecastUnit[], policy: { readonly clusterResourceId: string; readonly source: string }, mode: SlackwaterMode): string {
  const end = Math.max(opening.opens, ...units.map(({ endsAt }) => endsAt ?? opening.opens));
  const withheld = units.filter(({ startsAt }) => startsAt === null).length;
  const fits = units.length === 0 ? 'nothing to upgrade' : `${end <= opening.closes ? `done about ${formatBothDated(end, timeZone)}, which fits` : 'the estimates do not fit'}${withheld === 0 ? '' : `; ${withheld} withheld by preflight`}`;
  const unstarted = whyNothingStarts(mode);
  const rows = units.map(({ unit, startsAt, endsAt, withheldBy, refused }) => {
    const cells = [codeSpan(unit), startsAt === null ? '–' : formatUtc(startsAt), endsAt === null ? '–' : formatUtc(endsAt), namesCell(withheldBy), namesCell(refused.map(({ pod, budgets }) => [pod, ...budgets].join(' · ')))];
    return `| ${cells.join(' | ')} |`;
  });
  const table = units.length === 0 ? [] : [['| Unit | Starts about | Ends about | Withheld by | Evictions refused now |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')];
  return [
    `**Forecast for ${codeSpan(clusterName)}, ${formatBothDated(opening.opens, timeZone)}:** ${fits}. A reckoning from the plan's estimates and from what each eviction would meet now; no night was played.${unstarted === null ? '' : ` ${unstarted.message}`}`,
    ...table,
    `A rehearsal plays the night in a simulated copy, on a machine with a checkout of Slackwater, and only reads the cluster: ${codeSpan(`npm run -s slackwater -- rehearse --cluster ${policy.clusterResourceId} --policy ${policy.source}`, 600)}`,
  ].join('\n\n');
}

function namesCell(names: readonly string[]): string {
  if (names.length === 0) return '–';
  const shown = names.slice(0, NAMES_SHOWN).map((name) => codeSpan(name, 200)).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}
