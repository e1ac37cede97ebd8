import { alarmOfPath, judgeHealth, type HealthAlarm, type HealthLook } from '../domain/cluster-health.ts';
import type { Outcome } from '../domain/failure.ts';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.ts';
import { startCutOff } from '../domain/upgrade-plan.ts';
import type { BlockCause } from '../domain/unit-progress.ts';
import type { Step } from './flow.ts';
import { guarded } from './patience.ts';
import { hear } from './window-decision.ts';
import { endPause, startPause } from './window-pause.ts';
import { nextWordsAt, publish, say, update, updateUnit, type WindowRun } from './window-run.ts';

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

/** What one gate has seen so far. */
interface Gate {
  badLooks: number;
  unreadable: number;
  goodSince: Instant | null;
  /** When looks were good for the first time and have to stay so until it ends. */
  readonly settlesAt: Instant;
}

/**
 * Looks at the cluster as its users feel it, before the first unit and after each, and lets the run go on when looks have
 * been good for the policy's time to settle.
 *
 * Two bad looks in a row pause the run: nothing more is started. It goes on by itself after two good looks and three
 * minutes, when a person says resume, or ends waiting with the last useful start or the window. Without `verify` in the
 * policy it takes no time while all is well. Does nothing while an earlier good look is fresh.
 */
export function* awaitHealth(run: WindowRun): Step<void> {
  if (run.abortedBy !== null || isKnownGood(run)) return;
  const gate: Gate = { badLooks: 0, unreadable: 0, goodSince: null, settlesAt: settlesAt(run) };
  for (;;) {
    const seen = yield* look(run, []);
    const now = run.flow.now();
    const next = takeLook(run, gate, seen);
    if (next === 'good') {
      run.health.goodAt = now;
      if (run.status.pause?.kind === 'health') yield* endPause(run, 'cleared');
      return;
    }
    if (next === null) return;
    yield* publish(run);
    yield* waitHearing(run, next);
    if (run.abortedBy !== null || isAccepted(run) || isOver(run, gate)) break;
  }
  if (run.status.pause?.kind !== 'health') return;
  yield* endPause(run, isAccepted(run) && run.abortedBy === null ? 'cleared' : 'settled');
}

/** When the last unit of this run ended; null when none was at work yet. */
function lastEnd({ status }: WindowRun): Instant | null {
  const ends = status.units.flatMap(({ startedAt, endedAt }) => (startedAt === null || endedAt === null ? [] : [endedAt]));
  return ends.length === 0 ? null : Math.max(...ends);
}

function isKnownGood(run: WindowRun): boolean {
  const ended = lastEnd(run) ?? run.input.opening.opens;
  if (isAccepted(run)) return true;
  const { goodAt } = run.health;
  return goodAt !== null && goodAt >= ended && goodAt + FRESH_MINUTES * MINUTE_MS > run.flow.now();
}

/** A person's word counts until the next unit has ended. */
function isAccepted(run: WindowRun): boolean {
  const { acceptedAt } = run.health;
  return acceptedAt !== null && acceptedAt >= (lastEnd(run) ?? run.input.opening.opens);
}

function settlesAt(run: WindowRun): Instant {
  const ended = lastEnd(run);
  const { verify } = run.input.policy;
  if (ended === null || verify === null) return run.flow.now();
  return Math.max(run.flow.now(), ended + verify.settleMinutes * MINUTE_MS);
}

/** Nothing can be started any more, and what was started has had its time to settle. */
function isOver(run: WindowRun, gate: Gate): boolean {
  const { closes } = run.input.opening;
  const isOpen = ({ unit }: { readonly unit: string }): boolean => run.status.units.some((each) => each.unit === unit && (each.state === 'planned' || each.state === 'withheld'));
  const starts = (run.plan?.units ?? []).filter(isOpen).map((unit) => startCutOff(unit, closes));
  const isPaused = run.status.pause?.kind === 'health';
  const last = starts.length > 0 ? Math.max(...starts) : isPaused ? closes : Math.max(closes, gate.settlesAt + BAD_LOOKS * MINUTE_MS);
  return run.flow.now() > last;
}

function* look(run: WindowRun, refusals: readonly string[]): Step<Outcome<HealthLook>> {
  const { policy } = run.input;
  return yield* guarded(run.flow.call('checkHealth', { clusterResourceId: policy.clusterResourceId, verify: policy.verify, refusals }));
}

/** Takes one look. `good`: the run may go on. Null: nothing can be told and nothing is verified. Else: when to look again. */
function takeLook(run: WindowRun, gate: Gate, seen: Outcome<HealthLook>): 'good' | Instant | null {
  const { verify } = run.input.policy;
  const now = run.flow.now();
  if (!seen.ok) {
    run.flow.log('health.look-failed', { runId: run.input.runId, code: seen.failure.code });
    gate.unreadable += 1;
    gate.goodSince = null;
    if (verify === null && run.status.pause?.kind !== 'health') return null;
    if (gate.unreadable < UNREADABLE_LOOKS) return now + MINUTE_MS;
    const { code, message, remedy } = seen.failure;
    return takeAlarm(run, gate, { kind: 'unreadable', summary: `Whether users are served cannot be read (${code}: ${message}), so nothing more is started.`, remedy, changes: [] });
  }
  gate.unreadable = 0;
  const alarm = judgeHealth({ look: seen.value, before: run.health.before, verify, units: run.status.units });
  run.health.before ??= seen.value;
  return alarm === null ? takeGood(run, gate) : takeAlarm(run, gate, alarm);
}

function takeGood(run: WindowRun, gate: Gate): 'good' | Instant {
  const now = run.flow.now();
  run.health.alarm = null;
  gate.badLooks = 0;
  if (run.status.pause?.kind !== 'health') {
    const { verify } = run.input.policy;
    const every = Math.min(3, Math.max(1, (verify?.settleMinutes ?? 0) / 4)) * MINUTE_MS;
    return now >= gate.settlesAt ? 'good' : Math.min(gate.settlesAt, now + every);
  }
  if (gate.goodSince === null) {
    gate.goodSince = now;
    update(run, { pause: { ...run.status.pause, clearedSince: now } });
    say(run, 'The cluster looks well again; it has to stay so for 3 min.');
    return now + CLEAR_MINUTES * MINUTE_MS;
  }
  return now >= gate.goodSince + CLEAR_MINUTES * MINUTE_MS ? 'good' : gate.goodSince + CLEAR_MINUTES * MINUTE_MS;
}

function takeAlarm(run: WindowRun, gate: Gate, alarm: HealthAlarm): Instant {
  const now = run.flow.now();
  run.health.alarm = alarm;
  gate.goodSince = null;
  gate.badLooks += 1;
  const present = run.status.pause?.kind === 'health' ? run.status.pause : null;
  if (present === null && gate.badLooks < BAD_LOOKS && alarm.kind !== 'unreadable') return now + SECOND_LOOK_MINUTES * MINUTE_MS;
  if (present === null || present.health?.kind !== alarm.kind) say(run, `Nothing more is started: ${alarm.summary}`);
  startPause(run, { unit: 'run', kind: 'health', causes: [], drainDeadline: null, clearedSince: null, detail: alarm.summary, health: alarm });
  const isEarly = now - (run.status.pause?.since ?? now) < OFTEN_FOR_MINUTES * MINUTE_MS;
  return now + (isEarly ? PAUSED_LOOK_MINUTES : LATE_LOOK_MINUTES) * MINUTE_MS;
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
 * Whether drains wait for webhooks that are victims of a broken path to nodes: asked only when a webhook refused an
 * eviction. Null: the path works, or it cannot be told.
 */
export function* findBrokenPath(run: WindowRun, causes: readonly BlockCause[]): Step<HealthAlarm | null> {
  const refusals = causes.filter(({ class: cause }) => cause === 'EVICTION_WEBHOOK_UNREACHABLE').map(({ evidence }) => evidence);
  if (refusals.length === 0) return null;
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
