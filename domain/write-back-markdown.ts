import { withMarker, writeBackMarker } from './hidden-marker.ts';
import { formatBothDated } from './local-time.ts';
import { codeSpan, prose, visibleText } from './markdown-text.ts';
import { stateFileName } from './window-identity.ts';
import type { UnitStatus, WindowStatus } from './window-status.ts';
import type { UndonePin } from './undone-pin.ts';
import type { KeptPin, WriteBack } from './write-back.ts';

/** A pull request's words. */
interface PullRequestWords {
  readonly branch: string;
  readonly marker: string;
  readonly title: string;
  readonly body: string;
  /** Of its one commit. */
  readonly message: string;
}

/** Rows shown of what was raised, and of what was not. */
const ROWS_MAX = 60;

/** Begins the name of every branch that writes back for one cluster. */
export function writeBackBranchPrefix(status: Pick<WindowStatus, 'clusterResourceId'>): string {
  return `slackwater/write-back/${stateFileName(status.clusterResourceId).replace(/\.json$/, '')}/`;
}

/** The words of the pull request that writes back to `repository` what a run's cluster runs; the same for the same run and plan. */
export function renderWriteBack(status: WindowStatus, repository: string, plan: Pick<WriteBack, 'raised' | 'kept'>): PullRequestWords {
  const { runId, clusterName } = status;
  const files = [...new Set(plan.raised.map(({ file }) => file))];
  const title = `Write back what ${clusterName} runs: ${[...new Set(plan.raised.map(({ to }) => to))].slice(0, 3).join(', ')}`;
  return {
    branch: `${writeBackBranchPrefix(status)}${runId.slice(-'yyyymmddThhmmZ'.length)}`,
    marker: writeBackMarker(runId),
    title: visibleText(title, 200),
    body: [...introduction(status, repository), '', ...whatRan(status), '', ...raisedTable(plan.raised), '', ...keptList(plan.kept), footer(files.length)].join('\n'),
    message: `Write back what ${clusterName} runs\n\n${plan.raised.slice(0, ROWS_MAX).map(({ file, line, pins, from, to }) => `${file}:${line} ${pins}: ${from} -> ${to}`).join('\n')}\n\nSlackwater-Run: ${runId}`,
  };
}

function introduction(status: WindowStatus, repository: string): readonly string[] {
  const { clusterName, issue } = status;
  const told = issue === null ? '' : ` It is told in ${issue.repository === repository ? '' : issue.repository}#${issue.number}.`;
  return [`${codeSpan(clusterName)} was upgraded, and these lines still pin what it ran before. **Merging changes nothing on the cluster**: it keeps the next deployment of this code from going back.${told}`];
}

function whatRan(status: WindowStatus): readonly string[] {
  const at = (moment: number): string => formatBothDated(moment, status.timeZone);
  const upgraded = status.units.filter(({ state, startedAt }) => startedAt !== null && state === 'upgraded');
  return [
    `**What ran:** run ${codeSpan(status.runId)}, window ${at(status.window.opens)} to ${at(status.window.closes)} (${prose(status.timeZone)}, UTC in brackets), ${status.outcome ?? 'not ended'}.`,
    '',
    '| upgraded | from | to | began | ended |',
    '| --- | --- | --- | --- | --- |',
    ...upgraded.map((unit) => unitRow(unit, at)),
  ];
}

function unitRow({ unit, from, to, startedAt, endedAt }: UnitStatus, at: (moment: number) => string): string {
  return `| ${codeSpan(unit)} | ${codeSpan(from)} | ${codeSpan(to)} | ${startedAt === null ? '' : at(startedAt)} | ${endedAt === null ? '' : at(endedAt)} |`;
}

function raisedTable(raised: WriteBack['raised']): readonly string[] {
  const rows = raised.slice(0, ROWS_MAX).map(({ file, line, pins, from, to }) => `| ${codeSpan(file)} | ${line} | ${codeSpan(pins)} | ${codeSpan(from)} | ${codeSpan(to)} |`);
  const rest = raised.length > ROWS_MAX ? ['', `And ${raised.length - ROWS_MAX} more.`] : [];
  return ['**Raised here**', '', '| file | line | pins | from | to |', '| --- | --- | --- | --- | --- |', ...rows, ...rest];
}

function keptList(kept: readonly KeptPin[]): readonly string[] {
  if (kept.length === 0) return [];
  const rest = kept.length > ROWS_MAX ? [`- and ${kept.length - ROWS_MAX} more`] : [];
  return ['**Not changed**', '', ...kept.slice(0, ROWS_MAX).map(keptLine), ...rest, ''];
}

/** `- infra/main.tf line 14 (kubernetesVersion), because …`. */
function keptLine({ file, line, pins, why }: KeptPin): string {
  const where = line === null ? codeSpan(file) : `${codeSpan(file)} line ${line}`;
  return `- ${where}${pins === null ? '' : ` (${codeSpan(pins)})`}, because ${prose(why, 'mid-line')}`;
}

function footer(filesCount: number): string {
  return `Only these versions differ in ${filesCount === 1 ? 'the file' : `the ${filesCount} files`}, byte for byte. Close this pull request to leave the code as it is: it is not opened again for this run.`;
}

/** What one cluster's pins would lose by a change. */
export interface ClusterUndone {
  readonly clusterName: string;
  readonly undone: readonly UndonePin[];
}

/** The one comment on a pull request that would set pins below what clusters run. */
export function renderUndoWarning(clusters: readonly ClusterUndone[], marker: string): string {
  const names = clusters.map(({ clusterName }) => codeSpan(clusterName)).join(', ');
  const rows = clusters.flatMap(({ clusterName, undone }) => undone.map((pin) => ({ clusterName, ...pin })));
  const shown = rows.slice(0, ROWS_MAX).map(({ clusterName, file, line, pins, from, to, runs }) => `| ${codeSpan(clusterName)} | ${codeSpan(file)} | ${line} | ${codeSpan(pins)} | ${from === null ? 'not pinned' : codeSpan(from)} | ${codeSpan(to)} | ${codeSpan(runs)} |`);
  const rest = rows.length > ROWS_MAX ? ['', `And ${rows.length - ROWS_MAX} more.`] : [];
  const body = [
    `**This would undo an upgrade:** it pins ${names} to an older version than runs now.`,
    '',
    '| cluster | file | line | pins | from | to | runs now |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...shown,
    ...rest,
    '',
    'AKS does not take Kubernetes back to an older version, so the next deployment of this code would fail, or replace what it manages. Keep what runs now in these lines, or say here why the code shall differ. This is said once.',
  ];
  return withMarker(body.join('\n'), marker);
}
