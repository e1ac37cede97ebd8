import type { MayDoWithout, UnitReadiness, UnitStart } from '../activities/contract.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { beginMemory, decideNextMove, type MoveLimits, type NextMove, type UnitMemory } from '../domain/next-move.ts';
import { isThereAlready } from '../domain/judge-progress.ts';
import { isKubernetesUnread } from '../domain/kubernetes-unread.ts';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.ts';
import type { UnitProgress } from '../domain/unit-progress.ts';
import { startCutOff } from '../domain/upgrade-plan.ts';
import type { ToldWait, UnitProgressReport, UnitUpgradeInput, UnitVerdict, UnitWait } from './contract.ts';
import type { Flow, Received, Step } from './flow.ts';
import { guarded, patiently, waitSecondsAfter } from './patience.ts';

/** Looks, or tries to send, kept in one history before the loop begins again with an empty one: replay cost grows with every row. */
const LOOKS_PER_HISTORY = 50;
const FOREIGN_WAIT_SECONDS = 60;
/** Failed looks in a row, some ten minutes, after which the window is told. */
const MISSES_TOLD = 5;
/** Failed looks in a row, some minutes, after which a policy that can do without Kubernetes does. */
const MISSES_BORNE = 3;
const TELL_MINUTES = 30;
/** Nothing could be sent for this long: people should know why. */
const WAIT_TOLD_MINUTES = 2;
/** While nothing changes the window is told so often that somebody still looks. */
const SEEN_MINUTES = 5;
const POOL_GONE = 'node-pool-missing';

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
  const eyes: Eyes = { sight: input.sight ?? 'kubernetes' };
  if (memory === null) {
    const begun = yield* begin(flow, input, eyes);
    if (begun.kind === 'verdict') return begun.verdict;
    memory = begun.memory;
  }
  let progress: UnitProgress | null = null;
  let misses = 0;
  for (let looks = 0; looks < LOOKS_PER_HISTORY; looks += 1) {
    const seen = yield* guarded(flow.call('observeUnit', { clusterResourceId: input.clusterResourceId, unit: input.unit, ...needFor(eyes), earlier: { startedAt: memory.startedAt, signals: memory.signals } }));
    let pollAt: Instant;
    if (seen.ok) {
      misses = 0;
      eyes.sight = seen.value.unseen === undefined ? 'kubernetes' : eyes.sight;
      const wasForeign: boolean = progress?.state === 'foreign';
      progress = seen.value;
      const move: NextMove = waitForOthers(decideNextMove(memory, progress, flow.now(), limitsOf(input)), wasForeign, flow.now(), input);
      memory = move.memory;
      const isQuiet: boolean = move.report === null && flow.now() - (memory.toldAt ?? memory.startedAt) >= SEEN_MINUTES * MINUTE_MS;
      if (isQuiet) memory = { ...memory, reports: memory.reports + 1 };
      if (isQuiet || move.report !== null) memory = { ...memory, toldAt: flow.now() };
      yield* tell(flow, input, { memory, kind: isQuiet ? 'seen' : move.report, progress, foreignCordons: move.foreignCordons });
      if (move.verdict !== null) return { ...move.verdict, progress };
      pollAt = move.pollAt;
    } else {
      misses += 1;
      if (closesEyes(eyes, seen.failure, misses, input)) continue;
      pollAt = flow.now() + Math.max(input.pollSeconds.shortest, waitSecondsAfter(seen.failure, misses - 1)) * SECOND_MS;
      flow.log('unit.look-failed', { unit: input.unit.unit, code: seen.failure.code, misses });
      const given = giveUp(memory, seen.failure, pollAt, input);
      if (given !== null) return { ...given, progress };
      if (misses === MISSES_TOLD && progress !== null) {
        memory = { ...memory, reports: memory.reports + 1 };
        yield* tell(flow, input, { memory, kind: 'unseen', progress, foreignCordons: [] });
      }
    }
    const signal: Received<'wake'> = yield* flow.waitFor(['wake'], pollAt);
    if (signal.kind === 'timed-out') continue;
    if (signal.value.kind === 'leave') return { kind: 'left', progress, detail: signal.value.reason };
    if (signal.value.kind === 'go' && memory.stopped !== null) return { kind: 'retry', progress, detail: signal.value.reason };
  }
  return yield* flow.restart({ ...input, sight: eyes.sight, memory });
}

/** Whether this attempt sees nodes and pods, or goes by Azure alone. */
interface Eyes {
  sight: 'kubernetes' | 'azure-alone';
}

function needFor({ sight }: Eyes): MayDoWithout {
  return sight === 'azure-alone' ? { kubernetesApi: 'optional' } : {};
}

/** Goes on by Azure alone from here, where the policy can do without Kubernetes and it stays out of reach; looks try it all the same. */
function closesEyes(eyes: Eyes, failure: Failure, misses: number, { kubernetesApi }: UnitUpgradeInput): boolean {
  if (kubernetesApi !== 'optional' || eyes.sight === 'azure-alone' || !isKubernetesUnread(failure)) return false;
  if (failure.class !== 'terminal' && misses < MISSES_BORNE) return false;
  eyes.sight = 'azure-alone';
  return true;
}

/** Somebody else's operation after ours is waited for inside the window and told once; only then it is the verdict. */
function waitForOthers(move: NextMove, wasForeign: boolean, now: Instant, { windowCloses }: UnitUpgradeInput): NextMove {
  if (move.verdict?.kind !== 'foreign' || now >= windowCloses) return move;
  const memory = wasForeign ? move.memory : { ...move.memory, reports: move.memory.reports + 1 };
  return { memory, report: wasForeign ? null : 'progress', foreignCordons: [], verdict: null, pollAt: now + FOREIGN_WAIT_SECONDS * SECOND_MS };
}

/** Ends a watch that can see nothing: of a pool that is gone, of a stopped unit when the window closes, of any unit when nobody watches any more. */
function giveUp(memory: UnitMemory, failure: Failure, pollAt: Instant, input: UnitUpgradeInput): Pick<UnitVerdict, 'kind' | 'detail'> | null {
  const detail = `${failure.code}: ${failure.message}`;
  if (failure.code === POOL_GONE) return { kind: 'left', detail };
  if (memory.stopped !== null && pollAt >= input.windowCloses) return { kind: memory.stopped === 'quarantined' ? 'quarantined' : 'failed', detail };
  return pollAt >= watchDeadline(input) ? { kind: 'window-ended', detail } : null;
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

interface Telling {
  readonly memory: UnitMemory;
  readonly kind: UnitProgressReport['kind'] | null;
  readonly progress: UnitProgress;
  readonly foreignCordons: UnitProgressReport['foreignCordons'];
  readonly wait?: UnitWait;
}

/** Tells the window; tried for a while when the task hub is out of reach, because a lost report leaves the window blind. */
function* tell(flow: Flow, input: UnitUpgradeInput, { memory, kind, progress, foreignCordons, wait }: Telling): Step<void> {
  if (kind === null) return;
  const { reports: sequence, blockedSince, clearedSince, stopped, nodesDoneSince } = memory;
  const report = { runId: input.runId, unit: input.unit.unit, attempt: input.attempt, sequence, kind, progress, blockedSince, clearedSince, stopped, nodesDoneSince, foreignCordons, ...(wait === undefined ? {} : { wait }) };
  yield* patiently(flow, flow.now() + TELL_MINUTES * MINUTE_MS, function* () {
    return { ok: true, value: yield* flow.call('tellWindow', { windowInstanceId: input.windowInstanceId, report }) } as const;
  });
}

type Begun = { readonly kind: 'memory'; readonly memory: UnitMemory } | { readonly kind: 'verdict'; readonly verdict: UnitVerdict };
type BeginStep = Begun | { readonly kind: 'again'; readonly waitSeconds: number; readonly triedWith: string | null; readonly why: string; readonly progress: UnitProgress | null };

/**
 * Reads again, mends the pool's settings where needed, and starts or adopts; at most one upgrade request is accepted.
 * A word to leave is obeyed at any moment before the request.
 */
function* begin(flow: Flow, input: UnitUpgradeInput, eyes: Eyes): Step<Begun> {
  const cutOff = startCutOff(input.unit, input.windowCloses);
  const first = input.unsent?.tries ?? 0;
  let { triedWith, why, wait } = input.unsent ?? { triedWith: null, why: '', wait: null };
  for (let tries = first; ; tries += 1) {
    if (tries - first === LOOKS_PER_HISTORY) return yield* flow.restart({ ...input, sight: eyes.sight, unsent: { tries, triedWith, why, wait } });
    if (flow.now() > cutOff) return verdict('too-late', null, `The time left in the window no longer holds its estimate.${why}`);
    const step: BeginStep = yield* tryToBegin(flow, input, eyes, tries, triedWith);
    if (step.kind !== 'again') return yield* endWait(flow, input, step, wait);
    triedWith = step.triedWith ?? triedWith;
    why = step.why === '' ? '' : ` ${step.why}`;
    wait = yield* noteWait(flow, input, step, wait);
    const word = yield* hearLeave(flow, flow.now() + step.waitSeconds * SECOND_MS);
    if (word !== null) return leftUnsent(word);
  }
}

/** Tells the window once that nothing can be sent, when that has lasted for some minutes. */
function* noteWait(flow: Flow, input: UnitUpgradeInput, step: Extract<BeginStep, { readonly kind: 'again' }>, before: ToldWait | null): Step<ToldWait | null> {
  if (step.why === '') return before;
  const wait: ToldWait = { since: before?.since ?? flow.now(), why: before !== null && before.told > 0 ? before.why : step.why, progress: step.progress ?? before?.progress ?? null, told: before?.told ?? 0 };
  if (wait.told > 0 || wait.progress === null || flow.now() - wait.since < WAIT_TOLD_MINUTES * MINUTE_MS) return wait;
  yield* tellWait(flow, input, { ...wait, told: 1 }, 'waiting');
  return { ...wait, told: 1 };
}

/** Of a wait that was told its end is told too; the reports of the attempt go on counting from there. */
function* endWait(flow: Flow, input: UnitUpgradeInput, begun: Begun, wait: ToldWait | null): Step<Begun> {
  if (wait === null || wait.told === 0 || begun.kind === 'verdict') return begun;
  yield* tellWait(flow, input, { ...wait, told: 2 }, 'waited');
  return { ...begun, memory: { ...begun.memory, reports: 2 } };
}

function* tellWait(flow: Flow, input: UnitUpgradeInput, { since, why, progress, told }: ToldWait, kind: 'waiting' | 'waited'): Step<void> {
  if (progress === null) return;
  yield* tell(flow, input, { memory: { ...beginMemory(flow.now()), reports: told }, kind, progress, foreignCordons: [], wait: { since, why } });
}

/** Waits until `until` for the word to leave; every other signal is a hint to look, and the next try looks. */
function* hearLeave(flow: Flow, until: Instant): Step<string | null> {
  const signal = yield* flow.waitFor(['wake'], until);
  return signal.kind === 'received' && signal.value.kind === 'leave' ? signal.value.reason : null;
}

function leftUnsent(reason: string): Begun {
  return verdict('left', null, `${reason} Nothing was sent to Azure.`);
}

function* tryToBegin(flow: Flow, input: UnitUpgradeInput, eyes: Eyes, tries: number, triedWith: string | null): Step<BeginStep> {
  const { clusterResourceId, unit } = input;
  const ready = yield* guarded(flow.call('prepareUnit', { clusterResourceId, unit, ...needFor(eyes) }));
  if (!ready.ok && closesEyes(eyes, ready.failure, tries + 1, input)) return again(1, '');
  if (!ready.ok) return afterFailure(ready.failure, tries, null);
  const step: BeginStep = yield* sendWhenReady(flow, input, eyes, ready.value, tries, triedWith);
  return step.kind === 'again' ? { ...step, progress: ready.value.progress } : step;
}

function* sendWhenReady(flow: Flow, input: UnitUpgradeInput, eyes: Eyes, ready: UnitReadiness, tries: number, triedWith: string | null): Step<BeginStep> {
  const { clusterResourceId, unit, runId, attempt, windowOpens, windowCloses } = input;
  const { progress, settingsDiffer, foreignBy, eTag } = ready;
  if (isThereAlready(progress, attempt)) return verdict(progress.state === 'unproven' ? 'unproven' : 'succeeded', progress, progress.unseen === undefined ? 'It ran the target already; nothing was sent.' : 'Azure Resource Manager shows the target already; nothing was sent, nodes not seen.');
  // Sent again, the same request is the reconcile that Azure asks for; only a person says so, and before a first attempt nobody has.
  if (progress.state === 'needs-reconcile' && attempt === 1) return verdict('needs-reconcile', progress, 'Its nodes ran the target already; nothing was sent.');
  if (progress.provisioningState === 'Canceling') return again(FOREIGN_WAIT_SECONDS, 'An earlier operation on it was being aborted.');
  if (progress.state === 'running' || progress.state === 'blocked') return { kind: 'memory', memory: beginMemory(flow.now()) };
  const [cordon] = progress.foreignCordons;
  if (cordon !== undefined) return again(FOREIGN_WAIT_SECONDS, `${cordon.node} was being moved by ${cordon.by ?? 'somebody else'}.`);
  if (progress.state === 'foreign') return again(FOREIGN_WAIT_SECONDS, `Somebody else was at work on it (${progress.provisioningState}${foreignBy}).`);
  if (eTag === null) return again(FOREIGN_WAIT_SECONDS, 'Azure gave no eTag to bind a request to.');
  // A request whose answer was lost may have been accepted and have ended badly already: it was this attempt's one.
  if (triedWith !== null && eTag !== triedWith && progress.state !== 'not-started') return { kind: 'memory', memory: beginMemory(flow.now()) };
  const write = { clusterResourceId, unit, ...needFor(eyes), runId, attempt, windowOpens, windowCloses, eTag };
  for (;;) {
    const signal = yield* flow.waitFor(['wake'], flow.now() + SECOND_MS);
    if (signal.kind === 'timed-out') break;
    if (signal.value.kind === 'leave') return leftUnsent(signal.value.reason);
  }
  if (settingsDiffer && unit.action === 'pool-node-image') {
    const changed = yield* guarded(flow.call('changeUpgradeSettings', write));
    return changed.ok ? again(input.pollSeconds.shortest, '') : afterFailure(changed.failure, tries, null);
  }
  const started: Outcome<UnitStart> = yield* guarded(flow.call('startUnit', write));
  if (!started.ok) return afterFailure(started.failure, tries, eTag);
  return afterStart(flow, started.value, progress, tries, eTag);
}

function again(waitSeconds: number, why: string, triedWith: string | null = null): BeginStep {
  return { kind: 'again', waitSeconds, triedWith, why, progress: null };
}

function afterStart(flow: Flow, start: UnitStart, progress: UnitProgress, tries: number, eTag: string): BeginStep {
  switch (start.kind) {
    case 'started':
      return { kind: 'memory', memory: beginMemory(flow.now(), eTag) };
    case 'adopted':
      return { kind: 'memory', memory: beginMemory(flow.now()) };
    case 'already-there':
      return verdict('succeeded', progress, start.detail);
    case 'too-late':
      return verdict('too-late', null, start.detail);
    case 'moved':
      return again(Math.min(FOREIGN_WAIT_SECONDS, 5 * (tries + 1)), start.detail, eTag);
    case 'foreign':
    case 'withheld':
      return again(FOREIGN_WAIT_SECONDS, start.detail);
  }
}

/** `triedWith`: the eTag of a request that may have been accepted although its answer was lost. */
function afterFailure(failure: Failure, tries: number, triedWith: string | null): BeginStep {
  const detail = `${failure.code}: ${failure.message}`;
  if (failure.code === POOL_GONE) return verdict('left', null, detail);
  // What is denied or out of reach now may be granted while the window lasts; nothing is sent blindly meanwhile.
  if (failure.class === 'terminal' && !isKubernetesUnread(failure)) return verdict('failed', null, `${detail} ${failure.remedy}`);
  return again(waitSecondsAfter(failure, tries), detail, triedWith);
}

function verdict(kind: UnitVerdict['kind'], progress: UnitProgress | null, detail: string): Begun {
  return { kind: 'verdict', verdict: { kind, progress, detail } };
}
