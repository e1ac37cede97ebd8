import { planMaintenance } from '../domain/plan-maintenance.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import type { PreflightReport } from '../domain/preflight-report.ts';
import { judgePreflight } from '../domain/preflight.ts';
import type { Command } from './command.ts';
import { printable, renderCount, renderJson } from './print.ts';
import { readSnapshotInput, snapshotOptions } from './snapshot-input.ts';
import type { SnapshotInput } from './snapshot-input.ts';

/** `slackwater preflight`: everything that would keep the cluster of a snapshot from being upgraded. */
export const preflightCommand: Command = {
  name: 'preflight',
  summary: 'Judge a cluster before anything is touched: every finding at once, and every pod a drain would meet.',
  usage: '--snapshot DIR [--policy FILE]',
  options: snapshotOptions,
  notes: ['Without a policy every pool is judged and no target is known. Exit code 2 when a finding blocks.'],
  async run(args, io) {
    const input = await readSnapshotInput('preflight', args, io);
    if (input === null) return 1;
    const report = judge(input);
    io.print(args.output === 'json' ? renderJson(report) : renderReport(report));
    return report.result === 'block' ? 2 : 0;
  },
};

function judge({ policy, opening, snapshot }: SnapshotInput): PreflightReport {
  const plan = policy === null || opening === null ? null : planMaintenance(policy, opening, planningStateOf(snapshot));
  return judgePreflight(policy, plan, snapshot);
}

const verdictOrder = ['blocked', 'error', 'unmanaged', 'evictable', 'skipped'] as const;

function renderReport(report: PreflightReport): string {
  const findings = report.findings.flatMap(({ severity, code, where, pools, message, remedy }) => [
    `${severity.padEnd(5)} ${code} ${printable(where)}${pools.length === 0 ? '' : ` (${pools.map(poolText).join(', ')})`}`,
    `      ${printable(message)}`,
    `      → ${printable(remedy)}`,
  ]);
  const pods = verdictOrder.map((verdict) => `${report.pods.filter((pod) => pod.verdict === verdict).length} ${verdict}`);
  const unchecked = report.unchecked.map(({ what, why }) => `  ${printable(what)}: ${printable(why)}`);
  return [
    `Preflight of ${printable(report.cluster)}: ${report.result}`,
    '',
    ...(findings.length === 0 ? ['No findings.'] : findings),
    '',
    `Pods, were each evicted now: ${pods.join(', ')}.`,
    ...(unchecked.length === 0 ? [] : ['', `${renderCount(unchecked.length, { one: 'thing was', many: 'things were' })} not checked:`, ...unchecked]),
  ].join('\n');
}

function poolText(pool: string): string {
  return pool === '*' ? 'the whole run' : `pool ${pool}`;
}
