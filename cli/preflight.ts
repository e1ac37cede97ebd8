import { readManifestFolder } from '../adapters/manifest-folder.ts';
import { locateRemedies } from '../domain/locate-remedies.ts';
import { planMaintenance } from '../domain/plan-maintenance.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import { renderPreflightMarkdown } from '../domain/preflight-markdown.ts';
import type { PreflightReport } from '../domain/preflight-report.ts';
import { judgePlan, judgePreflight } from '../domain/preflight.ts';
import type { Command, CommandArguments, CommandIo, OutputFormat } from './command.ts';
import { renderPreflightText } from './preflight-text.ts';
import { renderFault, renderJson } from './print.ts';
import { readSnapshotInput, snapshotOptions } from './snapshot-input.ts';
import type { SnapshotInput } from './snapshot-input.ts';

/** `slackwater preflight`: everything that would keep a cluster, live or of a snapshot, from being upgraded. */
export const preflightCommand: Command = {
  name: 'preflight',
  summary: 'Judge a cluster before anything is touched: every finding at once, and every pod a drain would meet.',
  usage: '(--snapshot DIR | --cluster ID [--kubeconfig FILE]) [--policy FILE] [--manifests DIR]',
  options: {
    ...snapshotOptions,
    manifests: { type: 'string', short: 'm', value: 'DIR', help: 'Manifests in Git: remedies then name file and line of what to change, and code owners.' },
  },
  formats: ['text', 'json', 'markdown'],
  notes: ['Without a policy every pool is judged and no target is known. Exit code 2 when a finding blocks.'],
  async run(args, io) {
    const input = await readSnapshotInput('preflight', args, io);
    if (input === null) return 1;
    const report = await locate(judge(input), args, io);
    if (report === null) return 1;
    io.print(render(report, args.output, io));
    return report.result === 'block' ? 2 : 0;
  },
};

function render(report: PreflightReport, output: OutputFormat, { terminal }: CommandIo): string {
  if (output === 'json') return renderJson(report);
  return output === 'markdown' ? renderPreflightMarkdown(report) : renderPreflightText(report, terminal);
}

/** The report with file and line of what to change, where manifests were named; null when they cannot be read. */
async function locate(report: PreflightReport, args: CommandArguments, io: CommandIo): Promise<PreflightReport | null> {
  const folder = args.values.get('manifests');
  if (folder === undefined) return report;
  const read = await readManifestFolder(folder);
  if (read.ok) return locateRemedies(report, read.value);
  for (const fault of read.faults) io.printError(`slackwater preflight: ${renderFault(fault, fault.where)}`);
  return null;
}

function judge({ policy, opening, snapshot }: SnapshotInput): PreflightReport {
  if (policy === null || opening === null) return judgePreflight(policy, null, snapshot);
  return judgePlan(policy, planMaintenance(policy, opening, planningStateOf(snapshot)), snapshot).report;
}
