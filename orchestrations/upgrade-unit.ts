import type { UnitStart } from '../activities/contract.ts';
import type { Outcome } from '../domain/failure.ts';
import { beginMemory, decideNextMove, type MoveLimits, type NextMove, type UnitMemory } from '../domain/next-move.ts';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.ts';
import type { UnitProgress } from '../domain/unit-progress.ts';
import { startCutOff } from '../domain/upgrade-plan.ts';
import type { UnitUpgradeInput, UnitVerdict } from './contract.ts';
import type { Flow, Received, Step } from './flow.ts';
import { waitSecondsAfter } from './patience.ts';

/** Looks kept in one history before the loop begins again with an empty one: replay cost grows with every row. */
const LOOKS_PER_HISTORY = 50;
const FOREIGN_WAIT_SECONDS = 60;

/** When nobody watches any more: after the window's end, the time the unit may need if every node waits for its drain timeout. */
export function watchDeadline(input: UnitUpgradeInput): Instant {
  const { unit, windowCloses } = input;
  return windowCloses + (unit.estimateMinutes + unit.waves * unit.drainTimeoutMinutes) * MINUTE_MS;
}

/**
 * One attempt at one unit: read again, start or adopt, look every 30–150 s until it is proven or cannot go on.
 *
 * Tells its window each change of state, and ends with a verdict made from nodes. A person's word or an event of AKS
 * arrives as `wake`; a lost one costs at most one poll.
 */
export function* upgradeUnit(flow: Flow, input: UnitUpgradeInput): Step<UnitVerdict> {
  let memory = input.memory;
  if (memory === null) {
    const begun = yield* begin(flow, input);
    if (begun.kind === 'verdict') return begun.verdict;
    memory = begun.memory;
  }
  let progress: UnitProgress | null = null;
  let misses = 0;
  for (let looks = 0; looks < LOOKS_PER_HISTORY; looks += 1) {
    const seen = yield* flow.call('observeUnit', { clusterResourceId: input.clusterResourceId, unit: input.unit });
    let pollAt: Instant;
    if (seen.ok) {
      misses = 0;
      progress = seen.value;
      const move: NextMove = decideNextMove(memory, progress, flow.now(), limitsOf(input));
      memory = move.memory;
      yield* tell(flow, input, move, progress);
      if (move.verdict !== null) return { ...move.verdict, progress };
      pollAt = move.pollAt;
    } else {
      misses += 1;
      pollAt = flow.now() + Math.max(input.pollSeconds.shortest, waitSecondsAfter(seen.failure, misses - 1)) * SECOND_MS;
      flow.log('unit.look-failed', { unit: input.unit.unit, code: seen.failure.code, misses });
      if (pollAt >= watchDeadline(input)) return { kind: 'window-ended', progress, detail: seen.failure.message };
    }
    const signal: Received<'wake'> = yield* flow.waitFor(['wake'], pollAt);
    if (signal.kind === 'timed-out') continue;
    if (signal.value.kind === 'leave') return { kind: 'left', progress, detail: signal.value.reason };
    if (signal.value.kind === 'go' && memory.stopped !== null) return { kind: 'retry', progress, detail: signal.value.reason };
  }
  return yield* flow.restart({ ...input, memory });
}

function limitsOf(input: UnitUpgradeInput): MoveLimits {
  return {
    windowCloses: input.windowCloses,
    watchUntil: watchDeadline(input),
    graceMinutes: input.graceMinutes,
    shortestPollSeconds: input.pollSeconds.shortest,
    longestPollSeconds: input.pollSeconds.longest,
    attempt: input.attempt,
  };
}

function* tell(flow: Flow, input: UnitUpgradeInput, move: NextMove, progress: UnitProgress): Step<void> {
  if (move.report === null) return;
  const { memory } = move;
  yield* flow.call('tellWindow', {
    windowInstanceId: input.windowInstanceId,
    report: {
      runId: input.runId,
      unit: input.unit.unit,
      attempt: input.attempt,
      sequence: memory.reports,
      kind: move.report,
      progress,
      blockedSince: memory.blockedSince,
      clearedSince: memory.clearedSince,
      stopped: memory.stopped,
    },
  });
}

type Begun = { readonly kind: 'memory'; readonly memory: UnitMemory } | { readonly kind: 'verdict'; readonly verdict: UnitVerdict };

/** Reads again, mends the pool's settings where needed, and starts or adopts; at most one upgrade request is accepted. */
function* begin(flow: Flow, input: UnitUpgradeInput): Step<Begun> {
  const cutOff = startCutOff(input.unit, input.windowCloses);
  for (let tries = 0; ; tries += 1) {
    if (flow.now() > cutOff) return verdict('too-late', null, 'The time left in the window no longer holds its estimate.');
    const step: Begun | { readonly kind: 'again'; readonly waitSeconds: number } = yield* tryToBegin(flow, input, tries);
    if (step.kind !== 'again') return step;
    yield* flow.sleepUntil(flow.now() + step.waitSeconds * SECOND_MS);
  }
}

function* tryToBegin(
  flow: Flow,
  input: UnitUpgradeInput,
  tries: number,
): Step<Begun | { readonly kind: 'again'; readonly waitSeconds: number }> {
  const { clusterResourceId, unit, runId, attempt, windowOpens, windowCloses } = input;
  const ready = yield* flow.call('prepareUnit', { clusterResourceId, unit });
  if (!ready.ok) return afterFailure(ready, tries);
  const { progress, settingsDiffer, eTag } = ready.value;
  if (progress.state === 'succeeded' || progress.state === 'unproven') {
    return verdict(progress.state, progress, 'It ran the target already; nothing was sent.');
  }
  if (progress.state === 'running' || progress.state === 'blocked') return { kind: 'memory', memory: beginMemory(flow.now()) };
  if (progress.state === 'foreign' || eTag === null) return { kind: 'again', waitSeconds: FOREIGN_WAIT_SECONDS };
  const write = { clusterResourceId, unit, runId, attempt, windowOpens, windowCloses, eTag };
  if (settingsDiffer && unit.action === 'pool-node-image') {
    const changed = yield* flow.call('changeUpgradeSettings', write);
    return changed.ok ? { kind: 'again', waitSeconds: input.pollSeconds.shortest } : afterFailure(changed, tries);
  }
  const started: Outcome<UnitStart> = yield* flow.call('startUnit', write);
  if (!started.ok) return afterFailure(started, tries);
  return afterStart(flow, started.value, progress, tries);
}

function afterStart(
  flow: Flow,
  start: UnitStart,
  progress: UnitProgress,
  tries: number,
): Begun | { readonly kind: 'again'; readonly waitSeconds: number } {
  switch (start.kind) {
    case 'started':
    case 'adopted':
      return { kind: 'memory', memory: beginMemory(flow.now()) };
    case 'already-there':
      return verdict('succeeded', progress, start.detail);
    case 'too-late':
      return verdict('too-late', progress, start.detail);
    case 'moved':
      return { kind: 'again', waitSeconds: Math.min(FOREIGN_WAIT_SECONDS, 5 * (tries + 1)) };
    case 'foreign':
      return { kind: 'again', waitSeconds: FOREIGN_WAIT_SECONDS };
  }
}

function afterFailure(
  failed: Extract<Outcome<unknown>, { ok: false }>,
  tries: number,
): Begun | { readonly kind: 'again'; readonly waitSeconds: number } {
  const { failure } = failed;
  if (failure.class === 'terminal') return verdict('failed', null, `${failure.code}: ${failure.message} ${failure.remedy}`);
  return { kind: 'again', waitSeconds: waitSecondsAfter(failure, tries) };
}

function verdict(kind: UnitVerdict['kind'], progress: UnitProgress | null, detail: string): Begun {
  return { kind: 'verdict', verdict: { kind, progress, detail } };
}
