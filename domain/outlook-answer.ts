import type { ApprovalStanding } from './approval.ts';
import type { Failure } from './failure.ts';
import { formatBothDated } from './local-time.ts';
import type { WindowOpening } from './maintenance-policy.ts';
import { codeSpan, prose } from './markdown-text.ts';
import { renderPlan } from './plan-markdown.ts';
import { describeApprovals, type AnsweredCluster } from './standing-answer.ts';
import type { Freeze } from './standing-order.ts';
import { minutesBetween, type Instant } from './time.ts';
import type { UpgradePlan } from './upgrade-plan.ts';

/** A plan with what people ordered about its opening. */
export interface ShownPlan {
  readonly plan: UpgradePlan;
  readonly opening: WindowOpening;
  readonly standing: ApprovalStanding;
  readonly freeze: Freeze | null;
  /** The run under way goes by another plan, made when it began; null when it does not. */
  readonly frozenPlan: { readonly runId: string; readonly digest: string } | null;
}

function freezeLine(freeze: Freeze | null, timeZone: string): string {
  if (freeze === null) return '';
  const until = freeze.until === null ? `until somebody says ${codeSpan('unfreeze')}` : `until ${formatBothDated(freeze.until, timeZone)}`;
  return ` Frozen by ${codeSpan(freeze.who)} ${until}: nothing is started meanwhile.`;
}

/** The plan in one line, and folded below it whole. */
export function answerPlan({ clusterName, timeZone }: AnsweredCluster, { plan, opening, standing, freeze, frozenPlan }: ShownPlan): string {
  const minutes = plan.units.reduce((sum, { estimateMinutes }) => sum + estimateMinutes, 0);
  const available = minutesBetween(opening.opens, opening.closes);
  const what = plan.units.length === 0 ? 'nothing to upgrade' : `${plan.units.length} ${plan.units.length === 1 ? 'unit' : 'units'}, about ${minutes} of ${available} min, ${minutes <= available ? 'which fits' : 'which does not fit'}`;
  const other = frozenPlan === null ? '' : ` Run ${codeSpan(frozenPlan.runId)} goes by plan ${codeSpan(frozenPlan.digest.slice(0, 12))}, made when it began; this is what a plan made now would be.`;
  const approvals = standing.kind === 'not-needed' ? '' : ` ${describeApprovals(standing)}`;
  return [
    `**${codeSpan(clusterName)}, ${formatBothDated(opening.opens, timeZone)}:** ${what}.${freezeLine(freeze, timeZone)}${approvals}${other}`,
    `<details><summary><b>Plan</b></summary>\n\n${renderPlan(plan, opening, timeZone)}\n\n</details>`,
  ].join('\n\n');
}

/** What preflight says now, named by cluster and opening. */
export function answerPreflight({ clusterName, timeZone }: AnsweredCluster, opening: WindowOpening, rendered: string): string {
  return `Preflight of ${codeSpan(clusterName)} as it is now, for the opening ${formatBothDated(opening.opens, timeZone)}:\n\n${rendered}`;
}

/** Where a cluster without a run under way stands. */
export function answerOutlook({ clusterName, timeZone }: AnsweredCluster, opening: WindowOpening, standing: ApprovalStanding, freeze: Freeze | null): string {
  const override = standing.override === null ? '' : ` Its freeze is to be overridden for ${codeSpan(standing.override.why, 200)}, asked by ${codeSpan(standing.override.who)}.`;
  return `No run of ${codeSpan(clusterName)} is under way. Its window opens ${formatBothDated(opening.opens, timeZone)} and closes ${formatBothDated(opening.closes, timeZone)}.${override}${freezeLine(freeze, timeZone)} ${describeApprovals(standing)}`;
}

/** What a command needs and may not get. */
export type NeededPart = 'The cluster' | 'What is remembered of the cluster' | 'The policies';

/** Something a command needs that can be neither read nor written, for good. */
export function answerUnreadable(what: NeededPart, { code, message, remedy }: Failure): string {
  return `Not done. ${what} cannot be read or written: ${codeSpan(code)}, ${prose(message, 'mid-line')} ${prose(remedy)} Nothing was changed; say it again once that is mended.`;
}

/** What a word about a loss came to, before any run. */
export type LossAhead =
  | { readonly kind: 'kept'; readonly where: string; readonly pools: readonly string[]; readonly until: Instant }
  | { readonly kind: 'no-such-loss'; readonly target: string | null; readonly known: readonly string[] }
  | { readonly kind: 'too-short'; readonly opens: Instant };

/** The answer to it. */
export function answerLossAhead({ clusterName, timeZone }: AnsweredCluster, ahead: LossAhead): string {
  switch (ahead.kind) {
    case 'kept':
      return `Acknowledged until ${formatBothDated(ahead.until, timeZone)}: ${codeSpan(ahead.where)} may be lost when ${ahead.pools.map((pool) => codeSpan(pool)).join(', ')} of ${codeSpan(clusterName)} is upgraded. Anything else that preflight finds still withholds the pool.`;
    case 'no-such-loss': {
      const known = ahead.known.length === 0 ? 'It finds nothing that would be lost.' : `What can be acknowledged: ${ahead.known.slice(0, 20).map((where) => codeSpan(where)).join(', ')}.`;
      const asked = ahead.target === null ? 'Name what may be lost.' : `A look at ${codeSpan(clusterName)} finds no loss at ${codeSpan(ahead.target, 130)} now.`;
      return `${asked} ${known} Nothing was changed.`;
    }
    case 'too-short':
      return `That ends before the next opening, ${formatBothDated(ahead.opens, timeZone)}, so it would let nothing happen. Leave ${codeSpan('--until')} out to mean the window's close. Nothing was changed.`;
  }
}
