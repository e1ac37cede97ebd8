import type { ActivityContract } from '../activities/contract.ts';
import type { HealthMemory } from '../domain/cluster-health.ts';
import type { Failure } from '../domain/failure.ts';
import { MISSED_TOLD } from '../domain/run-history.ts';
import { slackwaterEvent, type SlackwaterEventName } from '../domain/slackwater-event.ts';
import { SECOND_MS, type Instant } from '../domain/time.ts';
import type { UnitName, UpgradePlan } from '../domain/upgrade-plan.ts';
import { addLine, changeUnit, fitToHost } from '../domain/window-story.ts';
import type { UnitStatus, WindowStatus } from '../domain/window-status.ts';
import type { MaintenanceWindowInput } from './contract.ts';
import type { Flow, Step } from './flow.ts';
import { guarded, waitSecondsAfter } from './patience.ts';

/** Words that wait to be said: kept in order, said again until the service takes them. */
type Word =
  | { readonly kind: 'notice'; readonly input: ActivityContract['postNotice']['input'] }
  | { readonly kind: 'answer'; readonly input: ActivityContract['answerComment']['input'] };

/** One run while it is under way. Its fields change only in the orchestration that holds it. */
export interface WindowRun {
  readonly flow: Flow;
  readonly input: MaintenanceWindowInput;
  status: WindowStatus;
  plan: UpgradePlan | null;
  /** What is to be remembered of the run; null before its end, and once it is. */
  record: ActivityContract['recordRun']['input'] | null;
  /** Words for GitHub, oldest first. */
  words: Word[];
  events: ActivityContract['publishEvent']['input'][];
  isReportDue: boolean;
  /** Failed tries in a row, and not before when the next may be made. */
  wordTries: number;
  wordsNotBefore: Instant;
  eventTries: number;
  eventsNotBefore: Instant;
  /** Decisions taken up already: the same comment delivered twice is one decision. */
  readonly decisionsSeen: Set<string>;
  heldBy: string | null;
  abortedBy: string | null;
  /** Units to leave out, with the login that said so. */
  readonly skipped: Map<UnitName, string>;
  /** Units a person wants tried again after the others. */
  requeued: UnitName[];
  /** Pools that carry settings of this run only, with why they were not changed back yet. */
  readonly unrestored: Map<UnitName, string>;
  pauses: number;
  /** Holds, pauses and acknowledgements so far: the count that keeps their events apart. */
  holds: number;
  /** That count of the last pause. */
  pauseHold: number;
  /** When what is withheld was last looked at, and whether a word or an event of AKS asks for a look soon. */
  lookedAt: Instant;
  isLookHinted: boolean;
  /** Number of a pause that ended while nothing said so, because it was not yet clear whether the run goes on; null when none. */
  resumeOwed: number | null;
  /** What the looks between units said. */
  readonly health: HealthMemory;
  /** Pools whose stop a budget, a pod or a person explains; any other failure may lie in the version or image. */
  readonly explained: Set<UnitName>;
  /** Pools stopped by a cause that may lie in their version or image, with its class. */
  readonly suspects: Map<UnitName, string>;
  /** Pools whose nodes are all new while Azure says that its operation failed. */
  readonly unreconciled: Set<UnitName>;
  /** Whether what now runs was written back to code, or given up. */
  isWrittenBack: boolean;
}

/** Changes the status and marks the report as due. */
export function update(run: WindowRun, change: Partial<WindowStatus>): void {
  run.status = { ...run.status, ...change };
  run.isReportDue = true;
}

/** Adds a line to the run's story. */
export function say(run: WindowRun, text: string): void {
  run.status = addLine(run.status, run.flow.now(), text);
  run.isReportDue = true;
}

/** Changes what is said of one unit. */
export function updateUnit(run: WindowRun, unit: UnitName, change: Partial<UnitStatus>): void {
  run.status = changeUnit(run.status, unit, change);
  run.isReportDue = true;
}

/** Puts one comment of a change of state in the queue. `key` makes it one however often it is said. */
export function notify(run: WindowRun, kind: 'paused' | 'resumed' | 'ended', key: string): void {
  run.words.push({ kind: 'notice', input: { status: run.status, report: run.input.policy.report, key, kind } });
}

/** Puts an answer to a person in the queue. */
export function answer(run: WindowRun, input: ActivityContract['answerComment']['input']): void {
  run.words.push({ kind: 'answer', input });
}

/** Puts an event for the topic in the queue. */
export function emit(run: WindowRun, name: SlackwaterEventName, about: { readonly unit: UnitName | 'run'; readonly attempt: number }, facts: Readonly<Record<string, unknown>> = {}): void {
  run.events.push(slackwaterEvent(name, { runId: run.input.runId, ...about }, run.flow.now(), { cluster: run.status.clusterName, ...facts }));
}

/** Whether something waits to be said. */
export function hasWordsLeft(run: WindowRun): boolean {
  return run.isReportDue || run.record !== null || run.words.length > 0 || run.events.length > 0;
}

/** When the waiting words should be tried again; null when none wait. */
export function nextWordsAt(run: WindowRun): Instant | null {
  const moments: Instant[] = [];
  if (run.isReportDue || run.record !== null || run.words.length > 0) moments.push(run.wordsNotBefore);
  if (run.events.length > 0) moments.push(run.eventsNotBefore);
  return moments.length === 0 ? null : Math.min(...moments);
}

/**
 * Publishes the status and says what waits: the report first (it makes the thread), then comments in order, then events.
 * A service that is down holds back its own words only; the run goes on.
 */
export function* publish(run: WindowRun): Step<void> {
  run.flow.publish(fitToHost(run.status));
  if (run.flow.now() >= run.wordsNotBefore) yield* publishWords(run);
  if (run.flow.now() >= run.eventsNotBefore) yield* publishEvents(run);
  run.flow.publish(fitToHost(run.status));
}

function* publishWords(run: WindowRun): Step<void> {
  const { flow, input } = run;
  const recordFailure = yield* rememberRun(run);
  if (run.isReportDue) {
    const told = yield* guarded(flow.call('publishReport', { status: run.status, report: input.policy.report, repository: input.repository }));
    if (!told.ok && told.failure.class !== 'terminal') return delayWords(run, waitSecondsAfter(told.failure, run.wordTries));
    run.isReportDue = false;
    if (told.ok) run.status = { ...run.status, issue: told.value };
    else flow.log('report.refused', { code: told.failure.code, message: told.failure.message });
  }
  while (run.words.length > 0) {
    const [word, ...rest] = run.words;
    if (word === undefined) break;
    // A report that was refused for good makes no thread; its notices must not hold back the answers to people elsewhere.
    if (word.kind === 'notice' && run.status.issue === null) {
      flow.log('comment.refused', { code: 'issue-missing', message: `There is no thread for ${word.input.key}.` });
      run.words = rest;
      continue;
    }
    const said = yield* guarded<unknown>(
      word.kind === 'answer'
        ? flow.call('answerComment', word.input)
        : flow.call('postNotice', { ...word.input, status: { ...word.input.status, issue: run.status.issue, missed: run.status.missed } }),
    );
    if (!said.ok && said.failure.class !== 'terminal') return delayWords(run, waitSecondsAfter(said.failure, run.wordTries));
    if (!said.ok) flow.log('comment.refused', { code: said.failure.code, message: said.failure.message });
    run.words = rest;
  }
  // What could not be remembered yet holds nobody's words back.
  if (recordFailure !== null) return delayWords(run, waitSecondsAfter(recordFailure, run.wordTries));
  run.wordTries = 0;
}

/** Remembers a run that ended, before the report is made, which may then tell of windows missed in a row. A failure is met again later. */
function* rememberRun(run: WindowRun): Step<Failure | null> {
  if (run.record === null) return null;
  const kept = yield* guarded(run.flow.call('recordRun', run.record));
  if (!kept.ok && kept.failure.class !== 'terminal') return kept.failure;
  run.record = null;
  if (!kept.ok) {
    run.flow.log('run.not-remembered', { code: kept.failure.code, message: kept.failure.message });
    say(run, `This run could not be remembered on the state branch: ${kept.failure.code}. ${kept.failure.remedy}`);
    return null;
  }
  const { missed } = kept.value;
  if (missed === null || missed.count < MISSED_TOLD) return null;
  update(run, { missed });
  emit(run, 'window.missed', { unit: 'run', attempt: 1 }, { count: missed.count, reasons: missed.reasons });
  return null;
}

function delayWords(run: WindowRun, seconds: number): void {
  run.wordTries += 1;
  run.wordsNotBefore = run.flow.now() + seconds * SECOND_MS;
}

function* publishEvents(run: WindowRun): Step<void> {
  while (run.events.length > 0) {
    const [event, ...rest] = run.events;
    if (event === undefined) break;
    const sent = yield* guarded(run.flow.call('publishEvent', event));
    if (!sent.ok && sent.failure.class !== 'terminal') {
      run.eventTries += 1;
      run.eventsNotBefore = run.flow.now() + waitSecondsAfter(sent.failure, run.eventTries) * SECOND_MS;
      return;
    }
    if (!sent.ok) run.flow.log('event.refused', { code: sent.failure.code, name: event.name });
    run.events = rest;
  }
  run.eventTries = 0;
}
