import { leastPermissionFor, type CommandWeight } from './command-permission.ts';
import { codeSpan, prose, renderPhrase } from './markdown-text.ts';
import { grammarOf, verbs } from './command-grammar.ts';
import type { NotUnderstood } from './operator-command.ts';
import type { Verb } from './operator-decision.ts';
import { renderLines, renderPools } from './report-markdown.ts';
import { reportOf } from './report.ts';
import type { Instant } from './time.ts';
import type { WindowStatus } from './window-status.ts';

/** One run as an answer names it. */
export interface NamedRun {
  readonly clusterName: string;
  readonly runId: string;
  readonly issueNumber: number | null;
}

/** Whether the bare `/<verb>` works where the answer stands. */
export type CommandPlace = 'report' | 'elsewhere';

const prefixes: Readonly<Record<CommandPlace, string>> = { report: '/', elsewhere: '/slackwater ' };

/** Every command of this version with what it does and who may give it. */
export function answerHelp(place: CommandPlace): string {
  const rows = verbs.map((verb) => `| ${codeSpan(`${prefixes[place]}${verb}`)} | ${grammarOf(verb).summary} | ${leastPermissionFor(verb)} |`);
  return [
    'These commands work as the first line of a new comment:',
    '',
    '| Command | What it does | Who: at least |',
    '| --- | --- | --- |',
    ...rows,
    '',
    place === 'report'
      ? 'Name a pool after the verb (`/skip usr`) to mean one pool; without a name it is whatever the run is at.'
      : 'Name a cluster (`/slackwater status shop-prod`), or a cluster and a pool (`/slackwater skip shop-prod/usr`), where several runs are under way.',
  ].join('\n');
}

/** One command: how it is written, what it does, who may give it. */
export function answerHelpAbout(verb: Verb, place: CommandPlace): string {
  const { usage, summary, least } = grammarOf(verb);
  const written = `${prefixes[place]}${verb}${usage === '' ? '' : ` ${usage}`}`;
  const override = verb === 'upgrade' ? ` With ${codeSpan('--override-freeze')} it needs **${leastPermissionFor('upgrade', 'overrides-freeze')}**.` : '';
  return `${codeSpan(written)} ${summary}. It needs the permission **${least}** on this repository.${override} A value of several words stands in quotes. Nothing was changed.`;
}

/** Where a run stands: the lines a reader needs and the pool table. */
export function answerStatus(status: WindowStatus, now: Instant): string {
  const model = reportOf(status, now);
  const table = renderPools(model.pools, 0, model.timeZone);
  const report = status.issue === null ? [] : [`The report is #${status.issue.number} of ${codeSpan(status.issue.repository)}.`];
  return [`**${prose(model.title)}**`, renderLines(model.lines.slice(0, 4), model.timeZone), table, ...report]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The runs a person may ask about here. */
export function answerRuns(runs: readonly (NamedRun & { readonly state: string })[]): string {
  if (runs.length === 0) return 'No run is under way, and none is remembered here. The next one starts when a window opens.';
  return ['Runs that report here:', '', ...runs.map((run) => `- ${codeSpan(run.clusterName)}: ${prose(run.state, 'mid-line')}${issueOf(run)}`)].join('\n');
}

function issueOf({ issueNumber }: NamedRun): string {
  return issueNumber === null ? '' : `, report #${issueNumber}`;
}

/** A refusal for want of permission: what is needed, what the person has, and the next step. */
export function answerNotAllowed(verb: Verb, permission: string, weight: CommandWeight = 'ordinary'): string {
  const needed = leastPermissionFor(verb, weight);
  return [
    `Refused: ${codeSpan(verb)} needs the permission **${needed}** on this repository; you have ${permission === 'none' ? 'none' : codeSpan(permission)}.`,
    `Nothing was changed. Somebody with ${needed} or more can give the command.`,
  ].join(' ');
}

/** A refusal because GitHub would not say what the person may do. */
export function answerPermissionUnknown(verb: Verb): string {
  return `Refused: GitHub did not say which permission you have, and ${codeSpan(verb)} needs **${leastPermissionFor(verb)}**. Nothing was changed. Try again, or ask somebody to look at the rights of the Slackwater app.`;
}

const misunderstandings: Readonly<Record<NotUnderstood, (written: string) => string>> = {
  'no-verb': () => 'A command is missing.',
  'unknown-verb': (written) => `${written} is no command.`,
  'unknown-flag': (written) => `${written} is no flag this command knows.`,
  'flag-without-value': (written) => `${written} needs a value, for example ${codeSpan('--until 90m')}.`,
  'no-time': (written) => `${written} needs a duration or a date, for example ${codeSpan('2h')} or ${codeSpan('2026-10-11')}.`,
  'unclosed-quote': (written) => `A quote is not closed: ${written}.`,
  'bad-until': (written) => `${written} is neither a moment (${codeSpan('2026-10-11T01:30Z')}) nor a duration (${codeSpan('90m')}, ${codeSpan('2h30m')}).`,
  'bad-target': (written) => `${written} cannot be the name of a cluster or pool.`,
  'too-many-words': (written) => `A command takes at most one name; ${written} is one word too many. Write anything else on the lines below it.`,
};

/** What was wrong with a command, what was probably meant, and what works. */
export function answerNotUnderstood(
  problem: { readonly reason: NotUnderstood; readonly written: string; readonly suggestion: Verb | null },
  place: CommandPlace,
): string {
  const said = misunderstandings[problem.reason](codeSpan(problem.written, 60));
  const hint = problem.suggestion === null ? '' : ` Did you mean ${codeSpan(`${prefixes[place]}${problem.suggestion}`)}?`;
  const known = verbs.map((verb) => codeSpan(verb)).join(' ');
  return `${said}${hint} Nothing was changed. This version carries out: ${known}.`;
}

/** A command for which there is no run. */
export function answerNoRun(verb: Verb): string {
  const instead = verb === 'pause' ? ` To keep the next run from starting, say ${codeSpan('freeze')} or ${codeSpan('postpone')}.` : '';
  return `No run is under way that ${codeSpan(verb)} could be for. Nothing was changed. The next run starts when a window opens, and reports in its own issue.${instead}`;
}

/** A command on the report of a run that has ended. */
export function answerClosedRun(verb: Verb, runId: string, current: NamedRun | null): string {
  const next =
    current === null
      ? 'No other run of this cluster is under way.'
      : `The run under way is ${codeSpan(current.runId)}${current.issueNumber === null ? '' : `: say it in #${current.issueNumber}`}.`;
  return `Refused: run ${codeSpan(runId)} has ended and takes no ${codeSpan(verb)} any more. Nothing was changed. ${next}`;
}

/** A name that fits several runs, or none of several: all of them in full. */
export function answerWhichOne(verb: Verb, runs: readonly NamedRun[]): string {
  const names = runs.map(({ clusterName }) => codeSpan(clusterName));
  const example = codeSpan(`/slackwater ${verb} ${runs[0]?.clusterName ?? 'cluster'}`);
  return `Which one: ${names.join(' or ')}? Nothing was changed. Say it with the full name, for example ${example}, or in the report of the run.`;
}

/** A name that is neither a pool nor the cluster of the run; `units` are those it has. */
export function answerUnknownTarget(target: string, run: NamedRun, units: readonly string[]): string {
  const known = units.length === 0 ? 'Its plan is not made yet, so there is nothing to name.' : `It has: ${units.map((unit) => codeSpan(unit)).join(', ')}.`;
  return `${codeSpan(target, 130)} is no pool of the run on ${codeSpan(run.clusterName)}. Nothing was changed. ${known}`;
}

/** A command in a repository to which no window reports. */
export function answerNotTakenHere(): string {
  return renderPhrase(['No maintenance window reports to this repository, so no command is taken here. Nothing was changed.'], 'UTC');
}
