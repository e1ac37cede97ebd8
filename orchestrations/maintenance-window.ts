import type { ClusterVerification } from '../activities/contract.ts';
import { beginHealth } from '../domain/cluster-health.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { MINUTE_MS, minutesBetween, SECOND_MS } from '../domain/time.ts';
import { shortestStart } from '../domain/hold.ts';
import { findUnread, isKubernetesUnread, UNREAD_CODE, type KubernetesNeed } from '../domain/kubernetes-unread.ts';
import { isProven } from '../domain/node-count.ts';
import { movesToSame, startCutOff, type PlannedUnit, type UpgradePlan } from '../domain/upgrade-plan.ts';
import { secondVisits, whyOutOfOrder } from '../domain/unit-order.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import { runEndedEventName } from '../domain/slackwater-event.ts';
import { beginStatus, fitToHost, judgeOutcome, unitsOf } from '../domain/window-story.ts';
import type { MaintenanceWindowInput, MaintenanceWindowOutput } from './contract.ts';
import type { Flow, Step } from './flow.ts';
import { lookSeeing, readAttentively } from './attentive-read.ts';
import { awaitHealth, doubtUnhealthy } from './health-gate.ts';
import { listLeftOver } from '../domain/left-over.ts';
import { emit, noteLook, noteSight, notify, say, update, updateUnit, type WindowRun } from './window-run.ts';
import { takeDecision } from './window-decision.ts';
import { awaitHolds, giveUpHolds, glanceAtHolds, withhold } from './window-hold.ts';
import { adoptAdjustments, listUnrestored, restoreAfter, restoreRest } from './window-settings.ts';
import { heedOrders } from './window-orders.ts';
import { awaitTurn } from './window-turn.ts';
import { leaveUnstarted, runUnit } from './window-unit.ts';
import { writeBackRun } from './window-write-back.ts';
import { hasWordsLeft, lastWordsUntil, nextWordsAt, publish } from './window-words.ts';

/** How long the last look may take. */
const VERIFY_PATIENCE_MINUTES = 30;
/** How long a node that is not Ready, or somebody else's operation, may delay the last look. */
const LAST_LOOK_MINUTES = 10;

/**
 * One maintenance window of one cluster: plan, preflight, control plane, system pools, user pools, verify, report.
 *
 * Never begins again with an empty history, so the task hub keeps every decision raised on it. Starts a unit only if
 * its estimate fits the time left; what is under way at the window's end is watched to its end.
 */
export function* maintenanceWindow(flow: Flow, input: MaintenanceWindowInput): Step<MaintenanceWindowOutput> {
  const run = beginRun(flow, input);
  emit(run, 'window.opened', { unit: 'run', attempt: 1 }, { closes: input.opening.closes });
  say(run, 'The window is open.');
  const plan = (yield* awaitTurn(run)) === 'begins' ? yield* makeReady(run) : null;
  if (plan !== null) {
    const first = isWholeHeld(run) ? yield* awaitHolds(run, plan) : plan.units;
    if (!isWholeHeld(run)) {
      emit(run, 'run.started', { unit: 'run', attempt: 1 }, { planDigest: plan.digest });
      yield* publish(run);
      yield* tryUnits(run, plan, first);
      yield* verify(run, plan);
    }
  }
  return yield* endRun(run);
}

/** Whether preflight withholds the whole run, waiting or given up. */
function isWholeHeld({ status }: WindowRun): boolean {
  return status.holds.some(({ unit, state }) => unit === 'run' && state !== 'cleared');
}

/** One unit after the other; then what people want tried again, and what preflight withholds no more. */
function* tryUnits(run: WindowRun, plan: UpgradePlan, first: readonly PlannedUnit[]): Step<void> {
  let waiting = first;
  for (;;) {
    const next = waiting[0] ?? requeuedUnit(run, plan);
    if (next !== undefined) {
      yield* tryUnit(run, next);
      const cleared = yield* glanceAtHolds(run, plan);
      const others = waiting.slice(1).filter(({ unit }) => !cleared.some((each) => each.unit === unit));
      waiting = [...cleared, ...others];
      continue;
    }
    waiting = yield* awaitHolds(run, plan);
    if (waiting.length === 0 && requeuedUnit(run, plan) === undefined) return;
  }
}

function beginRun(flow: Flow, input: MaintenanceWindowInput): WindowRun {
  const clusterName = clusterNameOf(input.policy.clusterResourceId);
  return {
    flow,
    input,
    status: beginStatus({ policy: input.policy, opening: input.opening, nextOpens: input.nextOpens ?? null, runId: input.runId, clusterName }),
    plan: null,
    record: null,
    words: [],
    events: [],
    isReportDue: false,
    isDashboardDue: false,
    dashboardNotBefore: 0,
    reportedAt: null,
    changedAt: flow.now(),
    silence: null,
    toldLate: [],
    threads: new Map(),
    wordTries: 0,
    wordsNotBefore: 0,
    eventTries: 0,
    eventsNotBefore: 0,
    decisionsSeen: new Set(),
    heard: [],
    heldBy: null,
    abortedBy: null,
    skipped: new Map(),
    requeued: [],
    unrestored: new Map(),
    pauses: 0,
    waitsTold: new Set(),
    waits: 0,
    escalations: 0,
    holds: 0,
    pauseHold: 0,
    lookedAt: flow.now(),
    isLookHinted: false,
    resumeOwed: null,
    health: beginHealth(),
    explained: new Set(),
    suspects: new Map(),
    unreconciled: new Set(),
    sight: 'kubernetes',
    judgedFrom: 'kubernetes',
    isWrittenBack: false,
  };
}

/** Snapshot, plan, preflight. Null: nothing may start, and the status says why. */
function* makeReady(run: WindowRun): Step<UpgradePlan | null> {
  const { flow, input } = run;
  const { policy, opening } = input;
  run.flow.publish(run.status);
  const state = yield* readAttentively(run, (kubernetesApi) => flow.call('takeSnapshot', { clusterResourceId: policy.clusterResourceId, kubernetesApi }));
  if (!state.ok) return cannotRead(run, state.failure);
  noteLook(run, state.value.takenAt);
  noteSight(run, state.value.kubernetesUnread?.message ?? null);
  const { plan } = yield* flow.call('makePlan', { policy, opening, state: state.value });
  run.plan = plan;
  update(run, { phase: 'preflight', planDigest: plan.digest, units: unitsOf(plan) });
  for (const { unit, code, message } of plan.omitted) say(run, code === 'second-visit' ? message : `${unit} is left out: ${message}`);
  if (plan.units.length === 0) {
    say(run, 'Nothing is to be done.');
    return null;
  }
  const stop = yield* heedOrders(run, plan, startCutOff({ estimateMinutes: shortestStart(plan.units) }, opening.closes));
  if (stop !== null) {
    for (const { unit } of plan.units) leaveUnstarted(run, unit, stop);
    return null;
  }
  const preflight = yield* readAttentively(run, (kubernetesApi) => flow.call('runPreflight', { policy, plan, acknowledgements: run.status.acknowledgements, kubernetesApi }));
  if (!preflight.ok) return cannotRead(run, preflight.failure);
  const { findings, findingsOmitted, unchecked, sight, kubernetesUnread, earlierDebts = [] } = preflight.value;
  noteSight(run, kubernetesUnread?.message ?? null);
  run.judgedFrom = run.sight;
  update(run, { findings, findingsOmitted, unchecked, ...(sight === undefined ? {} : { sight }), ...(earlierDebts.length === 0 ? {} : { earlierDebts }) });
  const agreed = adoptAdjustments(run, plan, preflight.value);
  withhold(run, agreed, preflight.value);
  return agreed;
}

function cannotRead(run: WindowRun, failure: Failure): null {
  const found = { where: 'cluster', severity: 'block', pools: ['*'], remedy: failure.remedy, owner: null } as const;
  // Which part of Kubernetes, and why, a hold of the run has told already.
  if (isKubernetesUnread(failure)) update(run, { findings: [{ ...found, code: UNREAD_CODE, message: findUnread(failure, 'required').message }] });
  else update(run, { findings: [{ ...found, code: 'CLUSTER_UNREADABLE', message: `${failure.code}: ${failure.message}` }] });
  say(run, `The cluster cannot be read: ${failure.code}.`);
  return null;
}

function requeuedUnit(run: WindowRun, plan: UpgradePlan): PlannedUnit | undefined {
  return plan.units.find(({ unit }) => unit === run.requeued[0]);
}

function* tryUnit(run: WindowRun, unit: PlannedUnit): Step<void> {
  run.requeued = run.requeued.filter((name) => name !== unit.unit);
  const status = run.status.units.find((each) => each.unit === unit.unit);
  if (run.abortedBy !== null && status?.state === 'planned') return leaveUnstarted(run, unit.unit, `The run was aborted by ${run.abortedBy}.`);
  if (run.abortedBy !== null || status?.state === 'withheld' || run.skipped.has(unit.unit)) return;
  const hindrance = hindranceOf(run, unit);
  if (hindrance !== null) return leaveUnstarted(run, unit.unit, hindrance);
  yield* awaitHealth(run);
  yield* runUnit(run, unit);
  yield* restoreAfter(run, unit);
  yield* awaitHealth(run);
  yield* publish(run);
}

/**
 * What an earlier unit's end means for this one. A node pool never runs ahead of its control plane, and a failure that no
 * budget explains may lie in the image or version, so nothing else is moved onto it.
 */
function hindranceOf(run: WindowRun, unit: PlannedUnit): string | null {
  const { units } = run.status;
  const disorder = run.plan === null ? null : whyOutOfOrder(unit, run.plan, units);
  if (disorder !== null) return disorder;
  const suspect = findSuspect(run, unit);
  if (suspect !== null) return suspect;
  const failed = units.find((each) => each.state === 'failed' && each.unit !== unit.unit && each.unit !== 'control-plane' && !run.explained.has(each.unit));
  return failed === undefined ? null : `${failed.unit} failed for a reason that may lie in the version or image.`;
}

/** A pool that was stopped by what may lie in the version or image stops every other that is to move onto the same. */
function findSuspect(run: WindowRun, unit: PlannedUnit): string | null {
  for (const [name, cause] of run.suspects) {
    const other = run.plan?.units.find((each) => each.unit === name);
    if (other !== undefined && name !== unit.unit && movesToSame(other, unit)) return `${name} was stopped by ${cause}, which may lie in the version or image that both move to.`;
  }
  return null;
}

function* verify(run: WindowRun, plan: UpgradePlan): Step<void> {
  const { flow, input } = run;
  yield* restoreRest(run, plan);
  update(run, { phase: 'verifying', pause: null });
  say(run, 'Every node is looked at once more.');
  yield* publish(run);
  const request = { clusterResourceId: input.policy.clusterResourceId, units: plan.units };
  const seen = yield* lookLast(run, (kubernetesApi) => flow.call('verifyCluster', { ...request, kubernetesApi }));
  if (!seen.ok) {
    for (const each of run.status.units) if (each.state === 'upgraded') updateUnit(run, each.unit, { state: 'unproven', note: `Not verified: ${seen.failure.message}` });
    update(run, { leftOver: [`Not verified at the end: ${seen.failure.code}.`, ...listUnrestored(run, plan)] });
    return;
  }
  correctUnits(run, seen.value);
  for (const { unit, message } of secondVisits(plan)) updateUnit(run, unit, { note: message });
  doubtVanished(run, seen.value);
  update(run, { leftOver: [...listLeftOver(run.status, plan, seen.value), ...listUnrestored(run, plan)] });
}

/** The last look; once more each minute while it doubts what was believed and time may settle it. */
function* lookLast(run: WindowRun, look: (kubernetesApi: KubernetesNeed) => Step<Outcome<ClusterVerification>>): Step<Outcome<ClusterVerification>> {
  const { flow } = run;
  const until = flow.now() + VERIFY_PATIENCE_MINUTES * MINUTE_MS;
  const doubtUntil = flow.now() + LAST_LOOK_MINUTES * MINUTE_MS;
  for (;;) {
    const seen = yield* lookSeeing(run, until, look);
    const next = flow.now() + MINUTE_MS;
    if (!seen.ok || next >= doubtUntil || !seen.value.units.some((each) => mayProveYet(run, each))) return seen;
    yield* flow.sleepUntil(next);
  }
}

/** A unit believed upgraded whose nodes all run the target, yet not all of them are Ready and schedulable now. */
function mayProveYet(run: WindowRun, { unit, progress }: ClusterVerification['units'][number]): boolean {
  const believed = run.status.units.find((each) => each.unit === unit);
  if (believed?.state !== 'upgraded' || progress.inventory === null || progress.state === 'succeeded') return false;
  return progress.inventory.old.length === 0 && !isProven({ ...believed, inventory: progress.inventory });
}

/** What the nodes say at the end overrules what was believed before: in both directions. */
function correctUnits(run: WindowRun, { units }: ClusterVerification): void {
  for (const { unit, progress } of units) {
    const believed = run.status.units.find((each) => each.unit === unit);
    if (believed === undefined || believed.startedAt === null) continue;
    if (progress.unseen !== undefined && progress.inventory === null) {
      noteSight(run, progress.unseen);
      if (believed.state === 'upgraded') updateUnit(run, unit, { state: 'unproven', note: `Its nodes were not seen at the last look. ${progress.unseen}` });
      continue;
    }
    // A control plane never goes back, and a failed pool makes the whole cluster say Failed.
    if (unit === 'control-plane' && believed.state === 'upgraded') continue;
    updateUnit(run, unit, { inventory: progress.inventory });
    if (progress.state === 'needs-reconcile') run.unreconciled.add(unit);
    if (believed.state === 'upgraded' && progress.state !== 'succeeded' && !isProven({ ...believed, inventory: progress.inventory })) {
      const { old = [], quarantined = [] } = progress.inventory ?? {};
      const state = quarantined.length > 0 ? 'quarantined' : old.length > 0 ? 'failed' : 'unproven';
      updateUnit(run, unit, { state, note: `The last look disagrees: ${progress.state}, ARM says ${progress.provisioningState}.` });
    } else if (believed.state !== 'upgraded' && (progress.state === 'succeeded' || progress.state === 'needs-reconcile')) {
      updateUnit(run, unit, { state: 'upgraded', note: '' });
    }
  }
}

/** A pool that is gone has no node left to prove anything. */
function doubtVanished(run: WindowRun, { units }: ClusterVerification): void {
  for (const { unit, state } of run.status.units) {
    if (state !== 'upgraded' || units.some((each) => each.unit === unit)) continue;
    updateUnit(run, unit, { state: 'unproven', note: 'It is no longer part of the cluster.' });
  }
}

function* endRun(run: WindowRun): Step<MaintenanceWindowOutput> {
  const { flow, input } = run;
  giveUpHolds(run);
  const isOverrun = run.status.units.some(({ endedAt }) => endedAt !== null && endedAt > input.opening.closes + 5 * MINUTE_MS);
  const isUnfinishedPlan = run.plan !== null && secondVisits(run.plan).length > 0;
  doubtUnhealthy(run);
  const outcome = judgeOutcome(run.status, { isAborted: run.abortedBy !== null, isOverrun, isUnfinishedPlan, isUnreconciled: run.unreconciled.size > 0 });
  update(run, { phase: 'ended', outcome, pause: null, nextAt: null });
  say(run, `The run ended: ${outcome}.`);
  emit(run, runEndedEventName(outcome), { unit: 'run', attempt: 1 }, { leftOver: run.status.leftOver.length, minutes: minutesBetween(input.opening.opens, flow.now()) });
  if (run.status.leftOver.length > 0) emit(run, 'debt.opened', { unit: 'run', attempt: 1 }, { leftOver: run.status.leftOver });
  run.record = { status: fitToHost(run.status), nodeImage: input.policy.target.nodeImage };
  notify(run, 'ended', 'ended');
  const endedAt = flow.now();
  for (;;) {
    yield* publish(run);
    yield* answerLate(run);
    if (!hasWordsLeft(run)) yield* writeBackRun(run, lastWordsUntil(run, endedAt));
    const next = nextWordsAt(run);
    if (!hasWordsLeft(run) || next === null || next >= lastWordsUntil(run, endedAt)) break;
    yield* flow.sleepUntil(Math.max(next, flow.now() + SECOND_MS));
  }
  // Words that nobody takes are no reason to leave the code behind.
  yield* writeBackRun(run, flow.now());
  if (hasWordsLeft(run)) flow.log('words.lost', { runId: input.runId, record: run.record === null ? 'kept' : 'lost', words: run.words.length, events: run.events.length, report: run.isReportDue ? 'late' : 'told' });
  return { runId: input.runId, outcome, leftOverCount: run.status.leftOver.length };
}

/** A word that came too late for the run is answered too, not lost with the instance. */
function* answerLate(run: WindowRun): Step<void> {
  for (;;) {
    const got = yield* run.flow.waitFor(['decision'], run.flow.now() + SECOND_MS);
    if (got.kind === 'timed-out') return;
    yield* takeDecision(run, got.value, null);
  }
}
