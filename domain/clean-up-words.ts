import type { CleanUpPlan, CleanUpRefusal, CleanUpRequest, ReleaseJudgment } from './clean-up.ts';
import type { Debt } from './debt.ts';
import { debtSentence } from './debt-words.ts';
import { codeSpan, prose, renderPhrase } from './markdown-text.ts';
import type { Phrase } from './markdown-text.ts';
import type { Instant } from './time.ts';
import type { UnitName } from './upgrade-plan.ts';

/** How one unit of a clean-up ended, for people. */
export interface CleanUpStep {
  readonly unit: UnitName;
  readonly isDone: boolean;
  /** A sentence; may hold words of Azure. */
  readonly detail: string;
}

/** What is left on the ledger of what a clean-up touched. */
export interface LedgerAfter {
  /** A sentence for each debt that is still open; null: the ledger could not be reached. */
  readonly open: readonly string[] | null;
  readonly settled: readonly string[];
}

/** What an answer is told with. */
export interface CleanUpTelling {
  readonly request: CleanUpRequest;
  readonly clusterName: string;
  readonly timeZone: string;
  readonly now: Instant;
}

/** Of one list; a cluster may have a hundred pools, and GitHub takes 65 536 characters. */
const SENTENCES_SHOWN = 25;

const doing: Readonly<Record<CleanUpRequest['verb'], string>> = { release: 'Releasing', resolve: 'Resolving', rollback: 'Rolling back' };
const done: Readonly<Record<CleanUpRequest['verb'], string>> = { release: 'Released', resolve: 'Resolved', rollback: 'Rolled back' };

/** A clean-up that is not begun: why, and the next step. */
export function answerCleanUpRefused(request: Pick<CleanUpRequest, 'verb'>, { message, remedy }: CleanUpRefusal): string {
  return [`Refused: ${codeSpan(request.verb)} was not carried out, and nothing was changed.`, prose(message), ...(remedy === '' ? [] : [prose(remedy)])].join('\n\n');
}

/** A word for a cluster in a repository to which none reports. */
export function answerNoCluster(verb: CleanUpRequest['verb']): string {
  return `No policy lets a cluster report to this repository, so there is nothing ${codeSpan(verb)} could be for. Nothing was changed.`;
}

/** A name that fits several clusters, or none: all that may have been meant. */
export function answerWhichCluster(verb: CleanUpRequest['verb'], names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => codeSpan(name));
  const example = `/slackwater ${verb} ${names[0] ?? 'cluster'}/${verb === 'release' ? 'node' : 'pool'}`;
  return `Which cluster: ${shown.join(' or ')}${names.length > 20 ? ` or one of ${names.length - 20} more` : ''}? Nothing was changed. Say it with the full name, for example ${codeSpan(example)}, or in the report of its run.`;
}

/** An abort that several clean-ups could be meant by. */
export function answerWhichCleanUp(clusterNames: readonly string[]): string {
  return `Which one: ${clusterNames.map((name) => codeSpan(name)).join(' or ')}? Nothing was changed. Say it with the full name, for example ${codeSpan(`/slackwater abort ${clusterNames[0] ?? 'cluster'}`)}.`;
}

/** An abort of a clean-up: what happens to what Azure does now. */
export function answerCleanUpAborted(unit: UnitName | null, outcome: 'aborting' | 'nothing-to-abort' | 'refused'): string {
  const tail = 'Nothing is rolled back: what has moved stays moved. The answer to the command that began it tells the end.';
  if (unit === null) return `Aborting: nothing more is begun. ${tail}`;
  const name = unit === 'control-plane' ? 'the control plane' : codeSpan(unit.slice('pool/'.length));
  if (outcome === 'aborting') return `Aborting: Azure is told to stop ${name}. ${tail}`;
  return outcome === 'refused' ? `Azure did not take the abort of ${name}; nothing more is begun. Say it again. ${tail}` : `Azure is not at work on ${name} any more; nothing more is begun. ${tail}`;
}

/** A release that names no node. */
export function answerNoNodeNamed(): string {
  return `Which node? Nothing was changed. Name it after the verb, for example ${codeSpan('/slackwater release aks-usr-12345678-vmss000002')}.`;
}

/** A word that has to wait for the run of its cluster. */
export function answerRunFirst({ verb }: Pick<CleanUpRequest, 'verb'>, runId: string | null, issueNumber: number | null): string {
  const run = runId === null ? 'A run' : `Run ${codeSpan(runId)}`;
  const where = issueNumber === null ? '' : ` in #${issueNumber}`;
  return `Refused: ${run} of this cluster is under way, and it alone may touch the cluster. Nothing was changed. Say ${codeSpan('/retry')}, ${codeSpan('/skip')} or ${codeSpan('/abort')}${where}, or say ${codeSpan(verb)} again once the run has ended.`;
}

/** A clean-up that finds everything in order. */
export function answerNothingToDo(request: Pick<CleanUpRequest, 'verb'>, message: string): string {
  return `Nothing is to be done for ${codeSpan(request.verb)}. ${prose(message, 'mid-line')} Nothing was changed.`;
}

/** A clean-up that has begun: what it does and what it will leave; the same comment tells its end. */
export function answerCleanUpBegun(plan: Pick<CleanUpPlan, 'will' | 'remains'>, telling: CleanUpTelling, present: string): string {
  return [
    `**${doing[telling.request.verb]} ${subjectOf(telling)}**, as ${codeSpan(telling.request.by)} said. This comment tells the end once it has come.`,
    section('What is done', plan.will),
    section('What stays', plan.remains),
    render([{ strong: 'Now' }, ' (', { at: telling.now, form: 'clock' }, '): '], telling) + ` ${prose(present, 'mid-line')}`,
  ].join('\n\n');
}

/** A clean-up that has ended: what was done and what is left. */
export function answerCleanUpEnded(plan: Pick<CleanUpPlan, 'will' | 'remains'>, steps: readonly CleanUpStep[], ledger: LedgerAfter, telling: CleanUpTelling): string {
  const isDone = steps.length > 0 && steps.every((step) => step.isDone);
  const head = isDone ? `**${done[telling.request.verb]} ${subjectOf(telling)}**` : `**Not finished: ${codeSpan(telling.request.verb)} of ${subjectOf(telling)}**`;
  const left = [
    ...(ledger.open === null ? ['What the cluster still owes could not be recorded; the daily look will.'] : ledger.open),
    ...plan.remains,
  ];
  return [
    `${head}, ended ${render([{ at: telling.now, form: 'dated' }], telling)}.`,
    section('What was done', [...steps.map(({ unit, detail }) => `${nameOf(unit)}: ${detail}`), ...ledger.settled.map((name) => `${name} is owed no more.`)]),
    section('What is left', left),
    ...(isDone ? [] : ['Nothing is tried again by itself. Nodes that did not move serve as they are, unless the list above says otherwise.']),
  ].join('\n\n');
}

/** A node whose label was taken off: what stays and what Azure does next. */
export function answerReleased(released: Extract<ReleaseJudgment, { readonly kind: 'ready' }>, telling: CleanUpTelling & { readonly isRunUnderWay: boolean; readonly nextOpens: Instant | null }): string {
  const { node, pool, isCordoned, kubeletVersion, imageVersion, provisioningState, podsCount } = released;
  const next: Phrase = telling.nextOpens === null ? ['the next window'] : ['the next window (', { at: telling.nextOpens, form: 'dated' }, ')'];
  const again: Phrase = telling.isRunUnderWay ? [{ command: `/retry ${pool}` }, ', or after this run ', { command: `/resolve ${pool}` }] : [{ command: `/resolve ${pool}` }, ' in an open window'];
  return [
    `**Released ${codeSpan(node)}** of pool ${codeSpan(pool)}: the label that kept Azure from touching it is off.`,
    list([
      [isCordoned ? 'It stays cordoned: Slackwater uncordons nothing. ' : 'It takes pods. ', 'It still runs ', { name: kubeletVersion }, ' with ', { name: imageVersion }, '.'],
      ['Azure does nothing by itself now. It takes the node up with the next request for the pool: ', ...again, ', or ', ...next, '. Then it drains the node (', podsCount === 1 ? '1 pod, which' : `${podsCount} pods, each of which`, ' could leave by dry run just now), re-images it and lets it take pods.'],
      ['If it shall take pods as it is, still old: ', { command: `kubectl uncordon ${node}` }, '.'],
      [`The pool's state is ${provisioningState}, and its debt stays open until the node is new or gone.`],
    ].map((phrase) => render(phrase, telling))),
  ].join('\n\n');
}

/** A debt in plain words. */
export function describeDebt(debt: Debt, now: Instant): string {
  const phrase = debtSentence(debt, { now, nodeImages: {}, nodeCostPerDay: null });
  return phrase.map((part) => (typeof part === 'string' ? part : 'name' in part ? part.name : '')).join('');
}

/** A clean-up that has to wait for another one. */
export function describeOther(other: { readonly verb: string; readonly target: string | null; readonly by: string } | null): string {
  return other === null ? 'Another clean-up of this cluster is under way.' : `Another clean-up of this cluster is under way: ${other.verb} ${other.target ?? 'of the cluster'}, which ${other.by} asked for.`;
}

function subjectOf({ request, clusterName }: CleanUpTelling): string {
  return request.target === null ? codeSpan(clusterName) : `${codeSpan(request.target)} of ${codeSpan(clusterName)}`;
}

function nameOf(unit: UnitName): string {
  return unit === 'control-plane' ? 'The control plane' : `Pool ${unit.slice('pool/'.length)}`;
}

function section(title: string, sentences: readonly string[]): string {
  if (sentences.length === 0) return `**${title}:** nothing.`;
  const shown = sentences.slice(0, SENTENCES_SHOWN).map((sentence) => prose(sentence));
  const more = sentences.length > SENTENCES_SHOWN ? [`And ${sentences.length - SENTENCES_SHOWN} more.`] : [];
  return `**${title}:**\n${list([...shown, ...more])}`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

function render(phrase: Phrase, { timeZone }: CleanUpTelling): string {
  return renderPhrase(phrase, timeZone);
}
