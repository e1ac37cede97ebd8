import type { Failure, Outcome } from '../domain/failure.ts';
import { nextStepAt, stepKey, stepsDue } from '../domain/escalation.ts';
import { formatUtc } from '../domain/local-time.ts';
import { spellMinutes } from '../domain/report-words.ts';
import { MISSED_TOLD } from '../domain/run-history.ts';
import { EDIT_SECONDS, isLate, isPassed, nextBeatAt, reachOf } from '../domain/telling.ts';
import { HOUR_MS, MINUTE_MS, minutesBetween, SECOND_MS, type Instant } from '../domain/time.ts';
import { fitToHost } from '../domain/window-story.ts';
import type { Step } from './flow.ts';
import { guarded, waitSecondsAfter } from './patience.ts';
import { emit, notify, say, update, type WindowRun, type Word } from './window-run.ts';

/** How often a person's thread may refuse an answer before it is given up; that is after some twenty minutes. */
const ANSWER_REFUSALS = 6;
/** How long the last words are tried after the end, and how much of the time before the next opening is left free. */
const LAST_WORDS_HOURS = 24;
const FREE_MINUTES = 10;
/** How long they are tried where GitHub is there and refuses the run's own thread: somebody has to turn issues on again. */
const REFUSED_THREAD_MINUTES = 60;
/** The run's own thread, whatever its number is at the moment. */
const HOME = 'home';

/** Whether something waits to be said. */
export function hasWordsLeft(run: WindowRun): boolean {
  return run.isReportDue || run.record !== null || run.words.length > 0 || run.events.length > 0 || isDashboardOwed(run);
}

/** When something is to be said next: words that wait, a step of escalation, or the sign that the run lives; null when nothing is. */
export function nextWordsAt(run: WindowRun): Instant | null {
  const moments: Instant[] = run.words.map((word) => Math.max(run.wordsNotBefore, threadNotBefore(run, threadOf(run, word))));
  if (run.record !== null) moments.push(run.wordsNotBefore);
  if (run.isReportDue) moments.push(reportNotBefore(run));
  if (run.events.length > 0) moments.push(run.eventsNotBefore);
  if (isDashboardOwed(run)) moments.push(run.dashboardNotBefore);
  if (run.status.phase !== 'ended') {
    if (run.reportedAt !== null) moments.push(Math.max(reportNotBefore(run), nextBeatAt(run.reportedAt, run.changedAt)));
    const { pause } = run.status;
    const step = pause === null || pause.clearedSince !== null ? null : nextStepAt(pause, run.input.policy.report.escalation ?? []);
    if (step !== null) moments.push(step);
  }
  return moments.length === 0 ? null : Math.min(...moments);
}

/** Until when the last words of a run that ended are tried: before the window opens again its cluster must be free. */
export function lastWordsUntil(run: WindowRun, endedAt: Instant): Instant {
  if (run.threads.has(HOME) && run.wordTries === 0) return endedAt + REFUSED_THREAD_MINUTES * MINUTE_MS;
  const { nextOpens } = run.status;
  const latest = endedAt + LAST_WORDS_HOURS * HOUR_MS;
  return nextOpens == null ? latest : Math.min(latest, Math.max(endedAt + FREE_MINUTES * MINUTE_MS, nextOpens - FREE_MINUTES * MINUTE_MS));
}

/** Edits keep their distance, but the first report and one that has to be written anew are due at once. */
function reportNotBefore(run: WindowRun): Instant {
  const spaced = run.reportedAt === null ? 0 : run.reportedAt + EDIT_SECONDS * SECOND_MS;
  return Math.max(run.wordsNotBefore, threadNotBefore(run, HOME), spaced);
}

function threadNotBefore(run: WindowRun, thread: string): Instant {
  return run.threads.get(thread)?.notBefore ?? 0;
}

/** An answer in the run's own issue keeps its place among the notices there. */
function threadOf({ status: { issue } }: WindowRun, word: Word): string {
  if (word.kind === 'notice') return HOME;
  const { repository, issueNumber } = word.input.comment;
  const isHome = issue !== null && issue.number === issueNumber && issue.repository.toLowerCase() === repository.toLowerCase();
  return isHome ? HOME : `${repository.toLowerCase()}#${issueNumber}`;
}

/**
 * Publishes the status and says what waits: the report first (it makes the thread), then comments in order, then events.
 * A service that is down holds back its own words only; the run goes on.
 */
export function* publish(run: WindowRun): Step<void> {
  run.flow.publish(fitToHost(run.status));
  tellWait(run);
  escalate(run);
  if (run.status.phase !== 'ended' && run.reportedAt !== null && run.flow.now() >= nextBeatAt(run.reportedAt, run.changedAt)) run.isReportDue = true;
  if (run.flow.now() >= run.wordsNotBefore) yield* publishWords(run);
  if (run.flow.now() >= run.eventsNotBefore) yield* publishEvents(run);
  if (isDashboardOwed(run) && run.flow.now() >= run.dashboardNotBefore) yield* showOnDashboard(run);
  run.flow.publish(fitToHost(run.status));
}

/** Tells once what a run waits for while it has nothing else to do (a hold, an approval, the end of a freeze), and that it goes on after. */
function tellWait(run: WindowRun): void {
  const { phase, holds, standing } = run.status;
  // A deployment lasts minutes and needs nobody: the report alone tells it.
  const waitsFor = standing?.waitsFor === 'deployment' ? null : (standing?.waitsFor ?? null);
  if (phase !== 'held') return tellWaitOver(run, waitsFor);
  const waits = [...holds.flatMap(({ state, number }) => (state === 'waiting' ? [`held-${number}`] : [])), ...(waitsFor === null ? [] : [waitsFor])];
  const [fresh] = waits.filter((name) => !run.waitsTold.has(name));
  if (fresh === undefined) return;
  for (const name of waits) run.waitsTold.add(name);
  run.waits += 1;
  const [team] = waitsFor === 'approval' ? run.input.policy.approvals.teams : [];
  notify(run, 'held', `waiting-${run.waits}`, team === undefined ? null : `@${team}`);
}

/** What preflight withheld tells by itself that it goes on; a wait for people's orders is told here. */
function tellWaitOver(run: WindowRun, waitsFor: string | null): void {
  if (waitsFor !== null || run.abortedBy !== null || run.status.phase === 'ended') return;
  const told = ['approval', 'unfreeze'].filter((name) => run.waitsTold.delete(name));
  if (told.length > 0) notify(run, 'resumed', `waited-${run.waits}`);
}

/** Tells whom the policy names that a pause stays, each step once; one that looks cleared calls nobody. */
function escalate(run: WindowRun): void {
  const { pause } = run.status;
  if (pause === null || pause.clearedSince !== null) return;
  const now = run.flow.now();
  let told = pause.stepsTold ?? 0;
  for (const { afterMinutes, mention } of stepsDue(pause, run.input.policy.report.escalation ?? [], now)) {
    told += 1;
    run.escalations += 1;
    update(run, { pause: { ...pause, stepsTold: told } });
    say(run, `The pause has stayed ${spellMinutes(afterMinutes)}: step ${told} of its escalation.`);
    notify(run, 'escalated', stepKey(pause.number, told), mention);
    emit(run, 'hold.escalated', { unit: pause.unit, attempt: run.escalations }, { pause: pause.number, step: told, afterMinutes });
  }
}

function* publishWords(run: WindowRun): Step<void> {
  const recordFailure = yield* rememberRun(run);
  if (run.isReportDue && run.flow.now() >= reportNotBefore(run)) {
    const failure = yield* writeReport(run);
    if (failure !== null) {
      if (reachOf(failure) === 'service') return delayWords(run, failure);
      delayThread(run, HOME, failure);
    }
  }
  for (const word of [...run.words]) {
    const thread = threadOf(run, word);
    if (run.flow.now() < threadNotBefore(run, thread)) continue;
    const failure = yield* sayWord(run, word);
    if (failure === null) continue;
    if (reachOf(failure) === 'service') return delayWords(run, failure);
    delayThread(run, thread, failure);
    refuseWord(run, word, failure);
  }
  // What could not be remembered yet holds nobody's words back.
  if (recordFailure !== null) return delayWords(run, recordFailure);
  run.wordTries = 0;
  if (run.threads.size === 0) endSilence(run);
}

/** Writes the report; a failure that it may meet again is handed back. */
function* writeReport(run: WindowRun): Step<Failure | null> {
  const { flow, input } = run;
  const { issue } = run.status;
  const told = yield* guarded(flow.call('publishReport', { status: run.status, report: input.policy.report, repository: input.repository }));
  if (!told.ok && reachOf(told.failure) !== 'words') return told.failure;
  run.isReportDue = false;
  run.reportedAt = flow.now();
  if (!told.ok) {
    flow.log('report.refused', { code: told.failure.code, message: told.failure.message });
    return null;
  }
  run.threads.delete(HOME);
  run.status = { ...run.status, issue: told.value };
  if (issue === null || issue.number === told.value.number) return null;
  // Said in the new issue at once, not in half a minute: whoever finds it has to know why there are two.
  say(run, `Issue ${issue.number} of this run is gone; this one takes its place.`);
  run.reportedAt = null;
  return yield* writeReport(run);
}

/** Says one word and takes it out of the queue; a failure leaves it there. */
function* sayWord(run: WindowRun, word: Word): Step<Failure | null> {
  const { flow } = run;
  const now = flow.now();
  const isOver = word.kind === 'notice' && isPassed(word.input.kind, word.input.status, run.status);
  if (word.kind === 'notice' && (run.status.issue === null || (isOver && word.input.kind === 'escalated'))) {
    // The report makes the thread: while that waits, so does what belongs there. One refused for good makes none.
    if (run.status.issue === null && run.isReportDue) return null;
    if (run.status.issue === null) flow.log('comment.refused', { code: 'issue-missing', message: `There is no thread for ${word.input.key}.` });
    dropWord(run, word);
    return null;
  }
  const late = isLate(word.at, now) ? { at: word.at, code: run.silence?.code ?? 'late', isOver } : null;
  const said: Outcome<unknown> = yield* guarded<unknown>(
    word.kind === 'answer'
      ? flow.call('answerComment', { ...word.input, late })
      : flow.call('postNotice', { ...word.input, late, status: { ...word.input.status, issue: run.status.issue, missed: run.status.missed } }),
  );
  if (!said.ok) return said.failure;
  run.threads.delete(threadOf(run, word));
  dropWord(run, word);
  if (late !== null) run.toldLate.push(`${word.kind === 'notice' ? word.input.kind : 'an answer'} (${formatUtc(word.at)})`);
  return null;
}

/** What becomes of a word that its thread refused: it waits, unless it never can be said. */
function refuseWord(run: WindowRun, word: Word, failure: Failure): void {
  const isFinal = reachOf(failure) === 'words' || (word.kind === 'answer' && word.refusals + 1 >= ANSWER_REFUSALS);
  if (isFinal) {
    run.flow.log('comment.refused', { code: failure.code, message: failure.message });
    run.threads.delete(threadOf(run, word));
    return dropWord(run, word);
  }
  run.words = run.words.map((each) => (each === word ? { ...word, refusals: word.refusals + 1 } : each));
  // The issue may be gone: writing the report finds out, and opens another.
  if (threadOf(run, word) === HOME) run.isReportDue = true;
}

function dropWord(run: WindowRun, word: Word): void {
  run.words = run.words.filter((each) => each !== word);
}

/** Remembers a run that ended, before the report is made, which may then tell of windows missed in a row. A failure is met again later. */
function* rememberRun(run: WindowRun): Step<Failure | null> {
  if (run.record === null) return null;
  const kept = yield* guarded(run.flow.call('recordRun', run.record));
  if (!kept.ok && reachOf(kept.failure) === 'service') return kept.failure;
  run.record = null;
  if (!kept.ok) {
    run.flow.log('run.not-remembered', { code: kept.failure.code, message: kept.failure.message });
    say(run, `This run could not be remembered on the state branch: ${kept.failure.code}. ${kept.failure.remedy}`);
    return null;
  }
  const { missed } = kept.value;
  if (missed === null) return null;
  if (missed.count >= MISSED_TOLD) update(run, { missed });
  emit(run, 'window.missed', { unit: 'run', attempt: 1 }, { count: missed.count, reasons: missed.reasons });
  return null;
}

function delayWords(run: WindowRun, failure: Failure): void {
  run.silence ??= { since: run.flow.now(), code: failure.code };
  run.wordsNotBefore = run.flow.now() + waitSecondsAfter(failure, run.wordTries) * SECOND_MS;
  run.wordTries += 1;
}

function delayThread(run: WindowRun, thread: string, failure: Failure): void {
  if (thread === HOME) run.silence ??= { since: run.flow.now(), code: failure.code };
  const { tries, notBefore } = run.threads.get(thread) ?? { tries: 0, notBefore: 0 };
  if (run.flow.now() < notBefore) return;
  run.threads.set(thread, { tries: tries + 1, notBefore: run.flow.now() + waitSecondsAfter(failure, tries) * SECOND_MS });
}

/** Tells in the story that words came late, and which. */
function endSilence(run: WindowRun): void {
  const { silence, toldLate } = run;
  if (silence === null || (run.isReportDue && run.status.issue === null)) return;
  run.silence = null;
  run.toldLate = [];
  const now = run.flow.now();
  if (!isLate(silence.since, now)) return;
  const words = toldLate.length === 0 ? 'Only this page was late.' : `Told late: ${toldLate.slice(0, 20).join(', ')}${toldLate.length > 20 ? ` and ${toldLate.length - 20} more` : ''}.`;
  say(run, `GitHub took no words from ${formatUtc(silence.since)} to ${formatUtc(now)}, ${spellMinutes(minutesBetween(silence.since, now))} (${silence.code}); the run went on. ${words}`);
}

/** While GitHub takes no words it takes no dashboard either. */
function isDashboardOwed({ isDashboardDue, input, silence }: WindowRun): boolean {
  return isDashboardDue && input.policyRepository !== undefined && silence === null;
}

/** Has the fleet's dashboard show how the run stands; one that fails is left to the timer, which writes it again anyway. */
function* showOnDashboard(run: WindowRun): Step<void> {
  const { flow, input } = run;
  if (input.policyRepository === undefined) return;
  const kept = yield* guarded(flow.call('keepDashboard', { policyRepository: input.policyRepository }));
  run.isDashboardDue = kept.ok && kept.value.kind === 'too-soon';
  run.dashboardNotBefore = flow.now() + (kept.ok ? Math.max(1, kept.value.waitSeconds) : EDIT_SECONDS) * SECOND_MS;
  if (!kept.ok) flow.log('dashboard.not-kept', { code: kept.failure.code });
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
