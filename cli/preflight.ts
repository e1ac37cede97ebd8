import { planMaintenance } from '../domain/plan-maintenance.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import type { PreflightReport } from '../domain/preflight-report.ts';
import { judgePreflight } from '../domain/preflight.ts';
import type { Command } from './command.ts';
import { renderPreflightText } from './preflight-text.ts';
import { renderJson } from './print.ts';
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
    io.print(args.output === 'json' ? renderJson(report) : renderPreflightText(report));
    return report.result === 'block' ? 2 : 0;
  },
};

function judge({ policy, opening, snapshot }: SnapshotInput): PreflightReport {
  const plan = policy === null || opening === null ? null : planMaintenance(policy, opening, planningStateOf(snapshot));
  return judgePreflight(policy, plan, snapshot);
}
