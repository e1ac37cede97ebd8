import { countText } from '../domain/budget-health.ts';
import type { HealthAlarm } from '../domain/cluster-health.ts';
import { isAboutArrival, isBlocking, mayLieInTarget } from '../domain/block-class.ts';
import { needOf } from '../domain/kubernetes-unread.ts';
import { formatUtc } from '../domain/local-time.ts';
import { describeClaim, describeReconcile } from '../domain/next-move.ts';
import { countPool } from '../domain/node-count.ts';
import { spellMinutes } from '../domain/report-words.ts';
import { mayBeVictim } from '../domain/path-to-nodes.ts';
import { MINUTE_MS, minutesBetween, SECOND_MS, type Instant } from '../domain/time.ts';
import type { NodeInventory } from '../domain/unit-progress.ts';
import type { Pause, UnitStatus, UnitStatusState } from '../domain/window-status.ts';
import { startCutOff, type PlannedUnit, type UnitName } from '../domain/upgrade-plan.ts';
import { describeSpecialEnd } from '../domain/unit-words.ts';
import { unitInstanceId } from '../domain/window-identity.ts';
import type { UnitProgressReport, UnitUpgradeInput, UnitVerdict } from './contract.ts';
import type { Flow, Running, Step } from './flow.ts';
import { watchDeadline } from './upgrade-unit.ts';
import { beginOverrun, nextOverrunWord, tellOverrun, type Overrun } from './window-overrun.ts';
import { findBrokenPath, glanceAtHealth } from './health-gate.ts';
import { patiently } from './patience.ts';
import { beginCurrent, hear, leave, remind, signal, takeDecision, type CurrentUnit } from './window-decision.ts';
import { heedOrders } from './window-orders.ts';
import { endPause, startPause, tellOwedResume } from './window-pause.ts';
import { emit, noteLook, noteSight, say, update, updateUnit, type WindowRun } from './window-run.ts';
import { nextWordsAt, publish } from './window-words.ts';

/** How often a leaving unit is told again, and how long a quiet race lasts at most. */
const REMIND_MINUTES = 1;
const QUIET_MINUTES = 60;
const LATE_ABORT_MINUTES = 10;

type UnitChild = Running<'controlPlaneUpgrade' | 'nodePoolUpgrade'>;

/**
 * Runs one unit to its end: attempt after attempt, each in an orchestration of its own, listening to people meanwhile.
 * Starts nothing when its estimate no longer fits the time left.
 */
export function* runUnit(run: WindowRun, unit: PlannedUnit): Step<void> {
  for (let attempt = nextAttempt(run, unit.unit); ; attempt += 1) {
    const hindrance = yield* awaitWords(run, unit);
    if (hindrance !== null) return leaveUnstarted(run, unit.unit, hindrance);
    yield* tellOwedResume(run);
    updateUnit(run, unit.unit, { state: 'running', attempt, startedAt: statusOf(run, unit.unit)?.startedAt ?? run.flow.now(), endedAt: null, note: '' });
    update(run, { phase: 'upgrading' });
    say(run, attempt === 1 ? `${unit.unit} begins.` : `${unit.unit} is tried again (attempt ${attempt}).`);
    emit(run, startedName(unit.unit), { unit: unit.unit, attempt });
    const verdict = yield* followAttempt(run, unit, attempt);
    if (verdict.progress?.unseen !== undefined) noteSight(run, verdict.progress.unseen);
    const goesOn = verdict.kind === 'retry' && run.heldBy === null && whyNotStarted(run, unit) === null;
    // What is wrong with the cluster itself outlasts the unit.
    if (run.status.pause?.kind !== 'health') yield* endPause(run, goesOn || verdict.kind === 'succeeded' ? 'cleared' : 'settled');
    if (verdict.kind !== 'retry') return settleUnit(run, unit, attempt, verdict);
    if (verdict.progress !== null) updateUnit(run, unit.unit, { inventory: verdict.progress.inventory });
  }
}

/** Waits while people have the run wait; why the unit may not begin afterwards, null when it may. */
function* awaitWords(run: WindowRun, unit: PlannedUnit): Step<string | null> {
  const { closes } = run.input.opening;
  for (;;) {
    yield* holdWhileHeld(run);
    const stop = run.plan === null ? null : yield* heedOrders(run, run.plan, startCutOff(unit, closes));
    if (stop !== null) return stop;
    // Somebody may have said pause while the orders were waited for.
    if (run.heldBy === null || run.abortedBy !== null || run.flow.now() >= closes) return whyNotStarted(run, unit);
  }
}

function statusOf(run: WindowRun, unit: UnitName): UnitStatus | undefined {
  return run.status.units.find((each) => each.unit === unit);
}

function nextAttempt(run: WindowRun, unit: UnitName): number {
  return (statusOf(run, unit)?.attempt ?? 0) + 1;
}

function startedName(unit: UnitName): 'control-plane.started' | 'pool.started' {
  return unit === 'control-plane' ? 'control-plane.started' : 'pool.started';
}

/** Why an attempt may not begin now; null when it may. */
function whyNotStarted(run: WindowRun, unit: PlannedUnit): string | null {
  if (run.abortedBy !== null) return `The run was aborted by ${run.abortedBy}.`;
  const skippedBy = run.skipped.get(unit.unit);
  if (skippedBy !== undefined) return `Skipped by ${skippedBy}.`;
  const { closes } = run.input.opening;
  const now = run.flow.now();
  return now > startCutOff(unit, closes) ? `It needs about ${unit.estimateMinutes} min, and ${now >= closes ? 'the window has closed' : `${spellMinutes(minutesBetween(now, closes))} of the window are left`}.` : null;
}

/** A unit that is not begun (any more): one that was attempted before is what that attempt left, never "not started". */
export function leaveUnstarted(run: WindowRun, unit: UnitName, why: string): void {
  const known = statusOf(run, unit);
  if (known === undefined) return;
  const hasQuarantined = (known.inventory?.quarantined.length ?? 0) > 0;
  const attempted = hasQuarantined ? 'quarantined' : run.abortedBy === null ? 'failed' : 'aborted';
  // It is not tried again for want of time or on a word, which says nothing against the version or image.
  if (known.startedAt !== null) run.explained.add(unit);
  const untouched = run.skipped.has(unit) ? 'skipped' : 'not-started';
  updateUnit(run, unit, { state: known.startedAt === null ? untouched : attempted, endedAt: known.startedAt === null ? null : run.flow.now(), note: why });
  say(run, `${unit} is not ${known.startedAt === null ? 'started' : 'tried again'}: ${why}`);
}

/** Waits between units while a person holds the run; ends with the window, because every wait has an end. */
export function* holdWhileHeld(run: WindowRun): Step<void> {
  const { flow, input } = run;
  const { closes } = input.opening;
  yield* hear(run, flow.now() + SECOND_MS);
  if (run.heldBy === null || run.abortedBy !== null || flow.now() >= closes) return;
  startPause(run, { unit: 'run', kind: 'operator', causes: [], drainDeadline: null, clearedSince: null, detail: `${run.heldBy} said pause.` });
  yield* publish(run);
  while (run.heldBy !== null && run.abortedBy === null && flow.now() < closes) {
    const words = nextWordsAt(run) ?? closes;
    yield* hear(run, Math.min(closes, flow.now() + QUIET_MINUTES * MINUTE_MS, Math.max(flow.now() + SECOND_MS, words)));
    yield* publish(run);
  }
  yield* endPause(run, run.heldBy === null && run.abortedBy === null ? 'cleared' : 'settled');
}

function* followAttempt(run: WindowRun, unit: PlannedUnit, attempt: number): Step<UnitVerdict> {
  const { flow, input } = run;
  const childInput: UnitUpgradeInput = {
    runId: input.runId,
    windowInstanceId: flow.instanceId,
    clusterResourceId: input.policy.clusterResourceId,
    unit,
    attempt,
    windowOpens: input.opening.opens,
    windowCloses: input.opening.closes,
    graceMinutes: input.policy.onBlocked.graceMinutes,
    pollSeconds: input.pollSeconds,
    kubernetesApi: needOf(input.policy),
    sight: run.sight,
    memory: null,
  };
  const instanceId = unitInstanceId({ windowInstanceId: flow.instanceId, runId: input.runId, unit: unit.unit, attempt });
  const current = beginCurrent(unit, instanceId);
  const child = startChild(flow, unit, instanceId, childInput);
  yield* publish(run);
  let lastSequence = 0;
  let overrun: Overrun = beginOverrun(flow.now());
  for (;;) {
    overrun = tellOverrun(run, unit, overrun);
    const got = yield* flow.race(child, ['decision', 'unitProgress', 'wake'], nextTick(run, current, childInput, overrun));
    if (got.kind === 'ended') {
      yield* abortWhatWasSent(run, unit, got.output);
      return got.output;
    }
    if (got.kind === 'failed') return { kind: 'failed', progress: null, detail: `Its orchestration failed: ${got.message}` };
    if (got.kind === 'timed-out') {
      yield* remind(run, current);
    } else if (got.event === 'decision') {
      yield* takeDecision(run, got.value, current);
    } else if (got.event === 'wake') {
      yield* signal(flow, current, 'look', got.value.reason);
    } else if (got.value.unit === unit.unit && got.value.attempt === attempt && got.value.sequence > lastSequence) {
      lastSequence = got.value.sequence;
      yield* takeReport(run, current, got.value);
    }
    yield* publish(run);
  }
}

/** An abort that met a request on its way found nothing to stop; once the unit has ended, what was sent is stopped after all. */
function* abortWhatWasSent(run: WindowRun, unit: PlannedUnit, { kind, progress }: UnitVerdict): Step<void> {
  if (run.abortedBy === null || kind !== 'left' || (progress?.state !== 'running' && progress?.state !== 'blocked')) return;
  const { flow, input } = run;
  const request = { clusterResourceId: input.policy.clusterResourceId, unit, by: run.abortedBy };
  const sent = yield* patiently(flow, flow.now() + LATE_ABORT_MINUTES * MINUTE_MS, () => flow.call('abortUnit', request));
  if (!sent.ok) say(run, `Azure did not take the abort of ${unit.unit}: ${sent.failure.code}.`);
  else if (sent.value.kind === 'aborting') say(run, `Azure was told to stop ${unit.unit}.`);
}

function startChild(flow: Flow, unit: PlannedUnit, instanceId: string, input: UnitUpgradeInput): UnitChild {
  return flow.start(unit.unit === 'control-plane' ? 'controlPlaneUpgrade' : 'nodePoolUpgrade', instanceId, input);
}

function nextTick(run: WindowRun, current: CurrentUnit, input: UnitUpgradeInput, overrun: Overrun): Instant {
  const now = run.flow.now();
  if (current.abortAt !== null) return Math.max(now + SECOND_MS, current.abortAt);
  if (current.leaving !== null || current.going !== null) return now + REMIND_MINUTES * MINUTE_MS;
  const words = nextWordsAt(run);
  const quiet = Math.min(now + QUIET_MINUTES * MINUTE_MS, Math.max(now + REMIND_MINUTES * MINUTE_MS, watchDeadline(input)), nextOverrunWord(run, current.unit, overrun) ?? Infinity);
  return words === null ? quiet : Math.max(now + SECOND_MS, Math.min(words, quiet));
}

function* takeReport(run: WindowRun, current: CurrentUnit, report: UnitProgressReport): Step<void> {
  const { unit } = current.unit;
  const { policy } = run.input;
  const before = run.status.units.find((each) => each.unit === unit)?.inventory ?? null;
  if (report.kind !== 'unseen') noteLook(run, report.progress.seenAt);
  if (unit !== 'control-plane' && report.kind !== 'unseen') noteSight(run, report.progress.unseen ?? null);
  if (report.kind === 'seen') return;
  updateUnit(run, unit, { inventory: report.progress.inventory });
  for (const { pod, minutes, why } of report.progress.helpedMoves) say(run, `${pod} was ${why === undefined ? `moved by its operator in ${minutes} min` : `down ${minutes} min: ${why}`}.`);
  current.isStopped = report.stopped !== null;
  if (!current.isStopped) current.going = null;
  switch (report.kind) {
    case 'unseen':
      say(run, `${unit} could not be looked at for some minutes; what is shown is the last look.`);
      return;
    case 'waiting':
      say(run, `${unit} cannot be sent yet: ${report.wait?.why ?? ''}`);
      return;
    case 'waited':
      say(run, `${unit} waited ${spellMinutes(minutesBetween(report.wait?.since ?? run.flow.now(), run.flow.now()))} until it could be sent: ${report.wait?.why ?? ''}`);
      return;
    case 'progress':
      describeProgress(run, report, before);
      if (run.status.pause?.unit === unit) noteSuspect(run, report);
      refreshPause(run, current.unit, report);
      if (provenOf(report.progress.inventory) > provenOf(before)) yield* glanceAtHealth(run);
      return;
    case 'clearing':
      refreshPause(run, current.unit, report);
      say(run, `${unit}: the cause looks cleared; it has to stay so for 3 min.`);
      return;
    case 'cleared':
      // Of a stopped unit the verdict follows at once, and the time left decides whether it goes on.
      if (report.stopped !== null) return;
      yield* endPause(run, 'cleared');
      run.suspects.delete(unit);
      updateUnit(run, unit, { state: 'running' });
      return;
    case 'lingering':
      say(run, describeLingering(report));
      return;
    case 'helped':
      return;
    case 'foreign-cordon':
      for (const { node, pool, by } of report.foreignCordons) say(run, `${node} of pool ${pool} was cordoned by ${by ?? 'somebody else'}, not by this run; it is left to them.`);
      return;
    case 'blocked':
      beginBlock(run, current.unit, report, 'blocked', yield* findBrokenPath(run, report.progress.causes));
      if (policy.onBlocked.action === 'skip') yield* leave(run.flow, current, 'The policy skips a blocked pool.');
      return;
    case 'stopped': {
      beginBlock(run, current.unit, report, report.progress.state === 'needs-reconcile' ? 'needs-reconcile' : report.stopped ?? 'failed', yield* findBrokenPath(run, report.progress.causes));
      const quarantined = report.progress.inventory?.quarantined.length ?? 0;
      if (report.stopped === 'quarantined' && quarantined <= policy.onQuarantined.continueUpToNodes) {
        yield* leave(run.flow, current, `The policy goes on with up to ${countText(policy.onQuarantined.continueUpToNodes, 'quarantined node')}.`);
      } else if (report.stopped === 'quarantined' ? policy.onQuarantined.action === 'skip' : policy.onBlocked.action === 'skip') {
        yield* leave(run.flow, current, 'The policy skips a pool that cannot go on.');
      } else if (run.abortedBy !== null) {
        yield* leave(run.flow, current, `${run.abortedBy} said abort.`);
      }
    }
  }
}

/** Remembers that what stops the unit may lie in its version or image. */
function noteSuspect(run: WindowRun, { unit, progress }: UnitProgressReport): void {
  const suspect = progress.causes.find((cause) => mayLieInTarget(cause.class) && isBlocking(cause, progress.seenAt));
  if (suspect !== undefined) run.suspects.set(unit, suspect.class);
}

/** One line of the story. */
function describeCause({ class: name, node, pod }: Pause['causes'][number]): string {
  if (pod === '') return `${node} does not come up: ${name}.`;
  return isAboutArrival(name) ? `${pod} does not come up: ${name}.` : `${node} waits for ${pod}: ${name}.`;
}

/** What people are told of: causes that clear by themselves only where there is no other. */
function toldCauses({ causes, seenAt }: UnitProgressReport['progress']): Pause['causes'] {
  const blocking = causes.filter((cause) => isBlocking(cause, seenAt));
  return blocking.length > 0 ? blocking : causes;
}

/** The nodes' side first: what is new stays new whatever becomes of the operation. */
function describeLingering({ unit, progress, nodesDoneSince }: UnitProgressReport): string {
  const { inventory, provisioningState } = progress;
  const { proven = 0, total = 0, spare = 0 } = inventory === null ? {} : countPool(inventory, []);
  return `${unit}: ${proven} of ${total - spare} nodes are new since ${formatUtc(nodesDoneSince ?? progress.seenAt)}; Azure is still busy (${provisioningState}). No other unit starts until it ends.`;
}

function provenOf(inventory: NodeInventory | null): number {
  return inventory === null ? 0 : countPool(inventory, []).proven;
}

function describeProgress(run: WindowRun, { unit, progress }: UnitProgressReport, before: NodeInventory | null): void {
  if (progress.state === 'foreign') say(run, `${unit}: somebody else is at work on it (${progress.provisioningState}); the run waits for the end of that.`);
  if (progress.inventory === null) return;
  const { proven, total, spare } = countPool(progress.inventory, []);
  if (before !== null && countPool(before, []).proven === proven) return;
  say(run, `${unit}: ${proven} of ${total - spare} nodes new${describeLeaving(progress)}.`);
}

/** What drains at this moment have still to move; pods that a drain leaves where they are do not count. */
function describeLeaving({ podsLeft, inventory }: UnitProgressReport['progress']): string {
  const draining = inventory?.cordoned.filter((node) => inventory.old.includes(node)) ?? [];
  if (podsLeft === null || draining.length === 0) return '';
  const named = draining.length > 3 ? `${draining.slice(0, 3).join(', ')} and ${draining.length - 3} more` : draining.join(', ');
  return `; ${countText(podsLeft, 'pod')} left to move on ${named}`;
}

function beginBlock(run: WindowRun, unit: PlannedUnit, report: UnitProgressReport, kind: Exclude<Pause['kind'], 'operator' | 'health'>, health: HealthAlarm | null): void {
  updateUnit(run, unit.unit, { state: 'paused' });
  const error = report.progress.provisioningError;
  const isClaimedDone = kind === 'failed' && error === null && report.progress.provisioningState === 'Succeeded';
  const detail = kind === 'needs-reconcile' ? describeReconcile(report, report.progress) : isClaimedDone ? describeClaim(report.progress) : error === null ? '' : `${error.code}: ${error.message}`;
  const [cause] = report.progress.causes;
  noteSuspect(run, report);
  if (cause !== undefined || kind !== 'failed') run.explained.add(unit.unit);
  if (kind === 'quarantined') {
    // One event for all of them: its message id is made of unit and attempt, and the broker would drop a second.
    emit(run, 'node.quarantined', { unit: unit.unit, attempt: report.attempt }, { nodes: report.progress.inventory?.quarantined ?? [] });
  }
  startPause(run, {
    unit: unit.unit,
    kind,
    causes: health === null ? toldCauses(report.progress) : toldCauses(report.progress).filter((each) => !mayBeVictim(each)),
    ...(health === null ? {} : { health }),
    drainDeadline: report.stopped === null ? drainDeadlineOf(unit, report) : null,
    clearedSince: null,
    detail,
  }, report.blockedSince);
  const suspect = run.suspects.get(unit.unit);
  const ended = report.stopped === null || isClaimedDone ? '' : `Azure stopped it${error === null ? '' : ` (${error.code})`}${kind === 'quarantined' ? ' and set nodes aside' : ''}. `;
  const why = health !== null ? health.summary : kind === 'needs-reconcile' || isClaimedDone ? detail : cause !== undefined ? describeCause(cause) : suspect === undefined ? 'It cannot go on.' : `${suspect} stopped it, which may lie in the version or image: a person decides.`;
  say(run, `${unit.unit}: ${ended}${why}${deadlinesOf(run)}`);
}

/** Both ends of a pause while a node drains: Azure's, and the window's. */
function deadlinesOf({ status: { pause } }: WindowRun): string {
  if (pause === null || pause.drainDeadline === null) return '';
  return ` Azure gives up on the node at ${formatUtc(pause.drainDeadline)}; the window closes at ${formatUtc(pause.windowDeadline)}.`;
}

/** When Azure gives up on the node that is blocked longest: its drain timeout after the drain began. */
function drainDeadlineOf(unit: PlannedUnit, report: UnitProgressReport): Instant | null {
  const [cause] = report.progress.causes;
  if (cause !== undefined && isAboutArrival(cause.class)) return null;
  const began = report.progress.drainStartedAt ?? report.blockedSince;
  return began === null ? null : began + unit.drainTimeoutMinutes * MINUTE_MS;
}

function refreshPause(run: WindowRun, unit: PlannedUnit, report: UnitProgressReport): void {
  const { pause } = run.status;
  if (pause === null || pause.unit !== unit.unit) return;
  const seen = toldCauses(report.progress).filter((each) => pause.health === undefined || !mayBeVictim(each));
  const causes = report.progress.causes.length > 0 && seen.length > 0 ? seen : pause.causes;
  const drainDeadline = report.stopped === null && report.progress.causes.length > 0 ? drainDeadlineOf(unit, report) : pause.drainDeadline;
  update(run, { pause: { ...pause, causes, drainDeadline, clearedSince: report.clearedSince } });
}

function settleUnit(run: WindowRun, unit: PlannedUnit, attempt: number, verdict: UnitVerdict): void {
  if (verdict.kind === 'too-late' && attempt > 1) return leaveUnstarted(run, unit.unit, verdict.detail);
  const isUnsent = attempt === 1 && verdict.progress === null && (verdict.kind === 'too-late' || verdict.kind === 'left');
  const state = isUnsent && run.abortedBy !== null ? 'not-started' : stateAfter(run, verdict);
  if (state === 'upgraded') run.suspects.delete(unit.unit);
  const special = describeSpecialEnd(unit, verdict.kind, verdict.progress?.inventory ?? null);
  updateUnit(run, unit.unit, {
    state,
    ...(isUnsent ? { startedAt: null } : {}),
    endedAt: isUnsent ? null : run.flow.now(),
    note: special ?? (verdict.kind === 'succeeded' ? '' : verdict.detail),
    ...(verdict.progress === null ? {} : { inventory: verdict.progress.inventory }),
  });
  say(run, `${unit.unit}: ${state}. ${special ?? verdict.detail}`);
  const about = { unit: unit.unit, attempt };
  if (unit.unit === 'control-plane') {
    emit(run, state === 'upgraded' ? 'control-plane.succeeded' : 'control-plane.failed', about, { state });
    return;
  }
  const names = { upgraded: 'pool.succeeded', skipped: 'pool.skipped', 'not-started': 'pool.skipped', aborted: 'pool.aborted', unproven: 'pool.unproven' } as const;
  const name = state === 'upgraded' || state === 'skipped' || state === 'not-started' || state === 'aborted' || state === 'unproven' ? names[state] : 'pool.failed';
  const began = statusOf(run, unit.unit)?.startedAt ?? null;
  emit(run, name, about, { state, ...(began === null ? {} : { minutes: minutesBetween(began, run.flow.now()), nodes: provenOf(verdict.progress?.inventory ?? null) }) });
}

function stateAfter(run: WindowRun, verdict: UnitVerdict): UnitStatusState {
  const hasQuarantined = (verdict.progress?.inventory?.quarantined.length ?? 0) > 0;
  switch (verdict.kind) {
    case 'succeeded':
    case 'needs-reconcile':
      return 'upgraded';
    case 'unproven':
      return 'unproven';
    case 'quarantined':
      return 'quarantined';
    case 'canceled':
      return hasQuarantined ? 'quarantined' : 'aborted';
    case 'foreign':
      return 'foreign';
    case 'too-late':
      return 'not-started';
    case 'left':
      if (hasQuarantined) return 'quarantined';
      return run.abortedBy === null ? 'skipped' : 'aborted';
    case 'failed':
    case 'retry':
    case 'window-ended':
      return hasQuarantined ? 'quarantined' : 'failed';
  }
}
