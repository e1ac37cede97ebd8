import { alarmOfPath, judgeHealth, type HealthAlarm, type HealthLook } from '../domain/cluster-health.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { isKubernetesUnread, needOf } from '../domain/kubernetes-unread.ts';
import { mayBeVictim } from '../domain/path-to-nodes.ts';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.ts';
import { startCutOff } from '../domain/upgrade-plan.ts';
import type { BlockCause } from '../domain/unit-progress.ts';
import type { Step } from './flow.ts';
import { guarded } from './patience.ts';
import { hear } from './window-decision.ts';
import { endPause, startPause } from './window-pause.ts';
import { noteLook, noteSight, say, update, updateUnit, type WindowRun } from './window-run.ts';
import { nextWordsAt, publish } from './window-words.ts';

/** Bad looks in a row before people are told, and the wait between the first two. */
const BAD_LOOKS = 2;
const SECOND_LOOK_MINUTES = 1;
/** Looks in vain before a cluster that a policy wants verified counts as alarming. */
const UNREADABLE_LOOKS = 5;
/** A pause ends after two good looks at least so long apart; while it lasts, looks come at first often, then less. */
const CLEAR_MINUTES = 3;
const PAUSED_LOOK_MINUTES = 2;
const LATE_LOOK_MINUTES = 5;
const OFTEN_FOR_MINUTES = 30;
/** A good look this old says nothing of now any more. */
const FRESH_MINUTES = 10;
/** Refusals handed on to a look; each names one webhook. */
const REFUSALS_TOLD = 10;

/**
 * Looks at the cluster as its users feel it, before the first unit and after each, and lets the run go on when looks have
 * been good for the policy's time to settle.
 *
 * Two bad looks in a row pause the run: nothing more is started. It goes on by itself after two good looks and three
 * minutes, or when a person says resume; the wait ends with the last useful start or the window. Without `verify` in the
 * policy it takes no time while all is well. Does nothing while an earlier good look is fresh.
 */
export function* awaitHealth(run: WindowRun): Step<void> {
  if (run.abortedBy !== null || isAccepted(run) || isGivenUp(run) || isKnownGood(run) || isBlind(run)) return;
  const { verify } = run.input.policy;
  const settled = settlesAt(run);
  if (verify !== null) showVerified(run);
  for (;;) {
    const seen = yield* look(run);
    if (!seen.ok && verify === null && !isPaused(run)) return;
    const alarm = alarmOf(run, seen);
    if (isBlind(run)) return;
    const next = alarm === 'unseen' ? run.flow.now() + MINUTE_MS : alarm === null ? takeGood(run, settled) : takeAlarm(run, alarm);
    if (next === 'good') {
      run.health.goodAt = run.flow.now();
      if (run.status.verifiedAt !== undefined) showVerified(run);
      if (isPaused(run)) yield* endPause(run, 'cleared');
      return;
    }
    yield* publish(run);
    yield* waitHearing(run, seen.ok ? next : Math.max(next, run.flow.now() + askedMs(seen.failure)));
    if (run.abortedBy !== null || isAccepted(run) || isOver(run, settled)) break;
  }
  if (run.abortedBy === null && !isAccepted(run)) run.health.givenUpAt = run.flow.now();
  if (isPaused(run)) yield* endPause(run, isAccepted(run) && run.abortedBy === null ? 'cleared' : 'settled');
}

/**
 * One look while a pool is at work, after its first new node and then at most every ten minutes. Azure cannot be paused;
 * people are told after two bad looks, and nothing more is started. Nodes are left out: those of the pool come and go.
 */
export function* glanceAtHealth(run: WindowRun): Step<void> {
  const { lookedAt, badLooks } = run.health;
  if (run.abortedBy !== null || isAccepted(run) || isBlind(run)) return;
  if (badLooks === 0 && lookedAt !== null && lookedAt + FRESH_MINUTES * MINUTE_MS > run.flow.now()) return;
  const seen = yield* look(run);
  const alarm = seen.ok ? alarmOf(run, seen) : 'unseen';
  if (alarm === 'unseen' || alarm?.kind === 'nodes') return;
  if (alarm === null) {
    const next = takeGood(run, run.flow.now());
    if (next === 'good' && isPaused(run)) yield* endPause(run, 'cleared');
  } else {
    takeAlarm(run, alarm);
  }
}

function isPaused({ status }: WindowRun): boolean {
  return status.pause?.kind === 'health';
}

/** The policy goes on without Kubernetes, and no look of this run ever was made through it: there is nothing that could have become worse. */
function isBlind({ sight, health }: WindowRun): boolean {
  return sight === 'azure-alone' && health.before === null;
}

/** When the last unit of this run ended; null when none was at work yet. */
function lastEnd({ status }: WindowRun): Instant | null {
  const ends = status.units.flatMap(({ startedAt, endedAt }) => (startedAt === null || endedAt === null ? [] : [endedAt]));
  return ends.length === 0 ? null : Math.max(...ends);
}

function isKnownGood(run: WindowRun): boolean {
  const { goodAt } = run.health;
  return goodAt !== null && !isPaused(run) && goodAt >= (lastEnd(run) ?? goodAt) && goodAt + FRESH_MINUTES * MINUTE_MS > run.flow.now();
}

/** A person's word counts until the next unit has ended. */
function isAccepted(run: WindowRun): boolean {
  const { acceptedAt } = run.health;
  return acceptedAt !== null && acceptedAt >= (lastEnd(run) ?? acceptedAt);
}

/** Looking ended in vain with the time left to start anything; it begins anew only when another unit has ended. */
function isGivenUp(run: WindowRun): boolean {
  const { givenUpAt } = run.health;
  return givenUpAt !== null && givenUpAt >= (lastEnd(run) ?? givenUpAt);
}

/** When looks must still be good for what ended last to count as verified. */
function settlesAt(run: WindowRun): Instant {
  const ended = lastEnd(run);
  const { verify } = run.input.policy;
  if (ended === null || verify === null) return run.flow.now();
  return Math.max(run.flow.now(), ended + verify.settleMinutes * MINUTE_MS);
}

/** Nothing can be started any more, and what was started has had its time to settle. */
function isOver(run: WindowRun, settled: Instant): boolean {
  const { closes } = run.input.opening;
  const isOpen = ({ unit }: { readonly unit: string }): boolean => run.status.units.some((each) => each.unit === unit && (each.state === 'planned' || each.state === 'withheld'));
  const starts = (run.plan?.units ?? []).filter(isOpen).map((unit) => startCutOff(unit, closes));
  const last = starts.length > 0 ? Math.max(...starts) : isPaused(run) ? closes : Math.max(closes, settled + BAD_LOOKS * MINUTE_MS);
  return run.flow.now() > last;
}

function* look(run: WindowRun): Step<Outcome<HealthLook>> {
  const { clusterResourceId, verify } = run.input.policy;
  const seen = yield* guarded(run.flow.call('checkHealth', { clusterResourceId, verify, refusals: [] }));
  run.health.lookedAt = run.flow.now();
  if (seen.ok) noteLook(run, run.flow.now());
  return seen;
}

/** How long the service asked to wait before it is looked at again. Unit: milliseconds. */
function askedMs({ retryAfterSeconds }: Failure): number {
  return (retryAfterSeconds ?? 0) * SECOND_MS;
}

/** What a look alarms of. `unseen`: it could not be made, which alarms only after several in a row. */
function alarmOf(run: WindowRun, seen: Outcome<HealthLook>): HealthAlarm | 'unseen' | null {
  const { health } = run;
  if (seen.ok) {
    health.unreadable = 0;
    const alarm = judgeHealth({ look: seen.value, before: health.before, verify: run.input.policy.verify, units: run.status.units });
    health.before ??= seen.value;
    return alarm;
  }
  run.flow.log('health.look-failed', { runId: run.input.runId, code: seen.failure.code });
  health.unreadable += 1;
  health.goodSince = null;
  if (health.unreadable < UNREADABLE_LOOKS) return 'unseen';
  if (needOf(run.input.policy) === 'optional' && health.before === null && isKubernetesUnread(seen.failure)) {
    noteSight(run, seen.failure.message);
    return 'unseen';
  }
  const { code, message, remedy } = seen.failure;
  return { kind: 'unreadable', summary: `Whether users are served cannot be read (${code}: ${message}), so nothing more is started.`, remedy, changes: [] };
}

function takeGood(run: WindowRun, settled: Instant): 'good' | Instant {
  const { health } = run;
  const now = run.flow.now();
  health.alarm = null;
  health.badLooks = 0;
  const { pause } = run.status;
  if (pause?.kind !== 'health') {
    const every = Math.min(3, Math.max(1, (run.input.policy.verify?.settleMinutes ?? 0) / 4)) * MINUTE_MS;
    return now >= settled ? 'good' : Math.min(settled, now + every);
  }
  if (health.goodSince === null) {
    health.goodSince = now;
    update(run, { pause: { ...pause, clearedSince: now } });
    say(run, 'The cluster looks well again; it has to stay so for 3 min.');
  }
  const clears = health.goodSince + CLEAR_MINUTES * MINUTE_MS;
  return now >= clears ? 'good' : clears;
}

function takeAlarm(run: WindowRun, alarm: HealthAlarm): Instant {
  const { health } = run;
  const now = run.flow.now();
  health.alarm = alarm;
  health.goodSince = null;
  health.badLooks += 1;
  const { pause } = run.status;
  if (pause?.kind !== 'health' && health.badLooks < BAD_LOOKS && alarm.kind !== 'unreadable') return now + SECOND_LOOK_MINUTES * MINUTE_MS;
  showVerified(run);
  // A pool that waits for something of its own is told first; this is seen again when it has ended.
  if (pause !== null && pause.kind !== 'health') return now + PAUSED_LOOK_MINUTES * MINUTE_MS;
  if (pause?.health?.kind !== alarm.kind) say(run, `Nothing more is started: ${alarm.summary}`);
  startPause(run, { unit: 'run', kind: 'health', causes: [], drainDeadline: null, clearedSince: null, detail: alarm.summary, health: alarm });
  const isEarly = now - (run.status.pause?.since ?? now) < OFTEN_FOR_MINUTES * MINUTE_MS;
  return now + (isEarly ? PAUSED_LOOK_MINUTES : LATE_LOOK_MINUTES) * MINUTE_MS;
}

/** Shows up to when the run's units are verified. */
function showVerified(run: WindowRun): void {
  const { goodAt } = run.health;
  if (run.status.verifiedAt !== goodAt) update(run, { verifiedAt: goodAt });
}

/** Hears people until `until`, saying words that wait on the way; a word that changes where the run stands ends the wait. */
function* waitHearing(run: WindowRun, until: Instant): Step<void> {
  const { flow } = run;
  const { acceptedAt } = run.health;
  while (flow.now() < until && run.abortedBy === null && run.health.acceptedAt === acceptedAt) {
    const words = nextWordsAt(run);
    yield* hear(run, words === null ? until : Math.min(until, Math.max(flow.now() + SECOND_MS, words)));
    yield* publish(run);
  }
}

/**
 * Whether a drain waits because the path to nodes is broken: asked only when a webhook cannot be asked, or pods are missing
 * that would satisfy a budget. Null: the path works, or it cannot be told.
 */
export function* findBrokenPath(run: WindowRun, causes: readonly BlockCause[]): Step<HealthAlarm | null> {
  const victims = causes.filter(mayBeVictim);
  if (victims.length === 0) return null;
  const refusals = [...new Set(victims.map(({ evidence }) => evidence))].slice(0, REFUSALS_TOLD);
  const seen = yield* guarded(run.flow.call('checkHealth', { clusterResourceId: run.input.policy.clusterResourceId, verify: null, refusals }));
  return seen.ok ? alarmOfPath(seen.value.path) : null;
}

/** What ended after the cluster was last seen to be well is not verified, though its nodes are new. */
export function doubtUnhealthy(run: WindowRun): void {
  const { alarm, goodAt } = run.health;
  if (alarm === null) return;
  for (const { unit, state, endedAt } of run.status.units) {
    if (state !== 'upgraded' || endedAt === null || (goodAt !== null && endedAt <= goodAt)) continue;
    updateUnit(run, unit, { state: 'unproven', note: `Upgraded, not verified: ${alarm.summary}` });
  }
}
