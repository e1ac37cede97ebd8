import { judgeApprovals } from '../domain/approval.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { USUAL_HELD_LOOK_MINUTES } from '../domain/fleet-load.ts';
import { planFleetStarts, type ClusterAtWork, type DueCluster, type PlannedStart } from '../domain/fleet-planner.ts';
import { isRecord } from '../domain/json.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import { withTrace } from '../domain/log-fields.ts';
import { frozenOpeningAt, movedOpening, nextOpeningAfter, openingAt } from '../domain/maintenance-window.ts';
import { whyNothingStarts } from '../domain/slackwater-mode.ts';
import { freezeAt, isCancelled, movedInto, postponementOf, requestFor, type StandingOrder } from '../domain/standing-order.ts';
import type { StateFile } from '../domain/state-file.ts';
import { MINUTE_MS, type Instant } from '../domain/time.ts';
import { clusterNameOf, isCleanUpOf, runIdOf, windowInstanceId } from '../domain/window-identity.ts';
import type { WindowTurn } from '../domain/window-turn.ts';
import type { CleanUpView, InstanceView, Ports } from './ports.ts';

/** What opening needs to know of the installation. */
export interface OpenWindowsSettings {
  /** `owner/name`: where runs are told whose policy names no repository. */
  readonly policyRepository: string;
  /** Unit: seconds. */
  readonly pollSeconds: { readonly shortest: number; readonly longest: number };
}

/** What was decided for one policy. */
export interface WindowDecision {
  readonly policy: string;
  readonly clusterResourceId: string;
  readonly kind:
    | 'closed'
    | 'started'
    /** The cluster's orchestration runs, for this opening or still for an earlier one. */
    | 'already-running'
    /** This opening had its run, however it ended; it is not tried again unless a person asks. */
    | 'already-used'
    /** Somebody said freeze; looked at again at each tick. */
    | 'frozen'
    /** Programs took back every run they asked for in this opening. */
    | 'cancelled'
    /** A clean-up that somebody asked for is at work on the cluster; looked at again at each tick. */
    | 'cleaning-up'
    /** Azure's limits leave no room before the window closes, because too many clusters are open at once; looked at again at each tick. */
    | 'no-room'
    | 'failed';
  /** Run of the opening; null when the window is closed. */
  readonly runId: string | null;
  readonly failure: Failure | null;
  /** When a run that was started is to begin, and why then, where that is not at once; or why there is no room. */
  readonly turn?: WindowTurn;
}

/** How long before a window closes a run without room is begun all the same, so that people are told; two ticks. */
const LAST_WORD_MINUTES = 10;

/**
 * Starts the orchestration of every cluster whose window is open now, each by its fixed instance id.
 *
 * What people ordered on the state branch counts: an opening that was postponed opens when it was moved to, a frozen one
 * only when its override has every approval. A memory that cannot be read opens nothing, because it may hold a freeze.
 * Where many open at once, each is told its turn, so that Azure's limits of their subscription hold.
 * May be repeated, and by several hosts at once: a running instance is success, and an opening gets one run. A faulty
 * policy opens nothing, is logged with its place, and hides no other. Fails only when no policy could be read at all.
 */
export async function openWindows(ports: Ports, settings: OpenWindowsSettings): Promise<Outcome<readonly WindowDecision[]>> {
  if (ports.mode === 'stopped') {
    ports.logger.log('warn', 'windows.stopped', { ...whyNothingStarts(ports.mode) });
    return { ok: true, value: [] };
  }
  const now = ports.clock.now();
  const read = await ports.policies.readPolicies();
  if (!read.ok) {
    ports.logger.log('error', 'windows.policies-unreadable', { failure: read.failure });
    return read;
  }
  for (const fault of read.value.faults) ports.logger.log('error', 'windows.policy-faulty', { ...fault, faultCode: fault.code });
  const { policies } = read.value;
  const memories = await ports.state.readStates(policies.map(({ clusterResourceId }) => clusterResourceId));
  const ticks = policies.map((policy) => tickOf(policy, memories.ok ? (memories.value.get(policy.clusterResourceId) ?? null) : memories, now));
  const host = ticks.some(({ opening }) => opening !== null) ? await lookAtHost(ports) : { windows: null, cleanUps: { ok: true as const, value: [] } };
  const judged: Judged[] = [];
  for (const tick of ticks) judged.push(await judgeTick(ports, host, tick));
  const decisions = await startTurns(ports, settings, judged, now);
  // A closed window is no news: one line for each at every tick would be half of a large fleet's log.
  for (const decision of decisions.filter(({ kind }) => kind !== 'closed')) ports.logger.log(decision.kind === 'failed' ? 'error' : decision.kind === 'no-room' ? 'warn' : 'info', `windows.${decision.kind}`, { ...decision });
  return { ok: true, value: decisions };
}

interface Tick {
  readonly policy: MaintenancePolicy;
  /** Null: nothing is remembered of the cluster. */
  readonly memory: Outcome<StateFile> | null;
  readonly now: Instant;
  /** Null: the window is closed. */
  readonly opening: WindowOpening | null;
}

function tickOf(policy: MaintenancePolicy, memory: Tick['memory'], now: Instant): Tick {
  const orders = memory === null ? [] : memory.ok ? memory.value.orders : null;
  return { policy, memory, now, opening: orders === null ? openingAt(policy.window, now) : openingByOrders(policy, orders, now) };
}

/** What the task hub holds, read once a tick. */
interface HostLook {
  /** By instance id; null where the list could not be read, and each is asked for. */
  readonly windows: ReadonlyMap<string, InstanceView> | null;
  readonly cleanUps: Outcome<readonly CleanUpView[]>;
}

/** Windows listed a tick; of a larger fleet the rest is asked for one by one. */
const WINDOWS_LISTED_MAX = 2_000;

async function lookAtHost(ports: Ports): Promise<HostLook> {
  const listed = await ports.windows.list(WINDOWS_LISTED_MAX);
  if (!listed.ok) ports.logger.log('warn', 'windows.not-listed', { code: listed.failure.code });
  return { windows: listed.ok ? new Map(listed.value.map((view) => [view.instanceId, view])) : null, cleanUps: await ports.windows.listCleanUps() };
}

/** A tick with what was decided for it, or what it is to start. */
interface Judged {
  readonly tick: Tick;
  readonly view: InstanceView | null;
  readonly outcome: { readonly kind: 'decided'; readonly decision: WindowDecision } | { readonly kind: 'due'; readonly opening: WindowOpening; readonly runId: string; readonly openedBy: DueCluster['openedBy'] };
}

async function judgeTick(ports: Ports, host: HostLook, tick: Tick): Promise<Judged> {
  const { policy: { name, clusterResourceId }, opening } = tick;
  const instanceId = windowInstanceId(clusterResourceId);
  const listed = host.windows?.get(instanceId) ?? null;
  if (opening === null) return { tick, view: listed, outcome: { kind: 'decided', decision: { policy: name, clusterResourceId, kind: 'closed', runId: null, failure: null } } };
  // What is to be started is asked for by itself, just before: a list may be older, or cut.
  const settled = listed === null ? null : judgePresence(tick, opening, listed);
  if (settled !== null) return { tick, view: listed, outcome: settled };
  const present = await ports.windows.read(instanceId);
  if (!present.ok) return { tick, view: listed, outcome: decided(tick, opening, 'failed', present.failure) };
  const view = present.value;
  return { tick, view, outcome: judgePresence(tick, opening, view) ?? judgeStart(tick, opening, view, host) };
}

function decided({ policy: { name, clusterResourceId } }: Tick, opening: WindowOpening, kind: WindowDecision['kind'], failure: Failure | null = null): Judged['outcome'] {
  return { kind: 'decided', decision: { policy: name, clusterResourceId, runId: runIdOf(clusterNameOf(clusterResourceId), opening.opens), kind, failure } };
}

/** Decided by what the task hub shows of the cluster's instance; null when that stands against no start. */
function judgePresence(tick: Tick, opening: WindowOpening, view: InstanceView | null): Judged['outcome'] | null {
  const { policy: { clusterResourceId }, memory } = tick;
  if (view !== null && !isFinished(view)) return decided(tick, opening, 'already-running');
  const shown = view !== null && isRunOf(view, runIdOf(clusterNameOf(clusterResourceId), opening.opens), opening) ? view : null;
  if (memory !== null && !memory.ok) return shown === null ? decided(tick, opening, 'failed', memory.failure) : decided(tick, opening, 'already-used');
  // The task hub forgets runs in time, by its own rule or by hand; the memory of the cluster does not.
  const isUsed = shown === null ? memory?.value.runs.some(({ when }) => when === opening.opens) === true : laterRequest(ordersOf(memory), opening, shown) === null;
  return isUsed ? decided(tick, opening, 'already-used') : null;
}

function judgeStart(tick: Tick, opening: WindowOpening, view: InstanceView | null, { cleanUps }: HostLook): Judged['outcome'] {
  const { policy, memory, now } = tick;
  const { clusterResourceId } = policy;
  const orders = ordersOf(memory);
  const stop = stopByOrders(policy, orders, opening, now);
  if (stop !== null) return decided(tick, opening, stop);
  if (!cleanUps.ok) return decided(tick, opening, 'failed', cleanUps.failure);
  if (cleanUps.value.some((each) => isCleanUpOf(clusterResourceId, each.instanceId) && each.status?.phase !== 'telling')) return decided(tick, opening, 'cleaning-up');
  const cluster = clusterNameOf(clusterResourceId);
  const runId = runIdOf(cluster, opening.opens);
  const asked = view !== null && isRunOf(view, runId, opening) ? laterRequest(orders, opening, view) : null;
  const isPersons = asked !== null || requestFor(orders, opening.opens) !== null || movedInto(orders, now) !== null;
  return { kind: 'due', opening, runId: asked === null ? runId : runIdOf(cluster, asked), openedBy: isPersons ? 'person' : 'schedule' };
}

/** Tells every cluster that is due its turn, and starts it; those without room wait for a later tick. */
async function startTurns(ports: Ports, settings: OpenWindowsSettings, judged: readonly Judged[], now: Instant): Promise<readonly WindowDecision[]> {
  const due = judged.flatMap(({ tick: { policy, memory }, outcome }): readonly DueCluster[] => (outcome.kind === 'due' ? [{ clusterResourceId: policy.clusterResourceId, opening: outcome.opening, openedBy: outcome.openedBy, ...rememberedOf(memory) }] : []));
  const atWork = judged.flatMap((each) => atWorkOf(each));
  const planned = new Map(planFleetStarts({ now, seed: settings.policyRepository, due, atWork, pollSeconds: settings.pollSeconds }).map((start) => [start.clusterResourceId, start]));
  const decisions: WindowDecision[] = [];
  for (const { tick, outcome } of judged) {
    const start = planned.get(tick.policy.clusterResourceId);
    if (outcome.kind === 'decided') decisions.push(outcome.decision);
    else if (start !== undefined) decisions.push(await startTurn(ports, settings, tick, outcome, start));
  }
  return decisions;
}

async function startTurn(ports: Ports, settings: OpenWindowsSettings, { policy, memory, now }: Tick, { opening, runId }: Extract<Judged['outcome'], { readonly kind: 'due' }>, start: PlannedStart): Promise<WindowDecision> {
  const { name, clusterResourceId } = policy;
  const turn = start.reason === '' ? null : { startsAt: start.startsAt ?? opening.closes, reason: start.reason };
  const decided = { policy: name, clusterResourceId, runId, failure: null, ...(turn === null ? {} : { turn }) };
  if (start.startsAt === null && now < opening.closes - LAST_WORD_MINUTES * MINUTE_MS) return { ...decided, kind: 'no-room' };
  const asked = requestFor(ordersOf(memory), opening.opens) ?? movedInto(ordersOf(memory), now);
  const input = {
    policy,
    opening,
    nextOpens: nextOpeningAfter(policy.window, opening),
    consent: consentFor(policy, ordersOf(memory), opening),
    runId,
    repository: policy.report.repository ?? settings.policyRepository,
    policyRepository: settings.policyRepository,
    pollSeconds: start.pollSeconds,
    ...(start.heldLookMinutes === USUAL_HELD_LOOK_MINUTES ? {} : { heldLookMinutes: start.heldLookMinutes }),
    ...(turn === null ? {} : { turn }),
  };
  // The word that asked for the run is what its lines go back to.
  const started = await ports.windows.startWindow(windowInstanceId(clusterResourceId), withTrace(input, asked === null ? {} : { decision: asked.id }));
  return started.ok ? { ...decided, kind: started.value } : { ...decided, kind: 'failed', failure: started.failure };
}

function ordersOf(memory: Tick['memory']): readonly StandingOrder[] {
  return memory !== null && memory.ok ? memory.value.orders : [];
}

/** What earlier runs of the cluster tell of its size. */
function rememberedOf(memory: Tick['memory']): Pick<DueCluster, 'nodePoolCount' | 'neededMinutes'> {
  const runs = memory !== null && memory.ok ? memory.value.runs : [];
  const pools = Object.keys(runs.at(-1)?.nodeImages ?? {}).length;
  const took = runs.map(({ tookMinutes }) => Object.values(tookMinutes).reduce((sum, minutes) => sum + minutes, 0));
  const longest = Math.max(0, ...took);
  return { nodePoolCount: pools === 0 ? null : pools, neededMinutes: longest === 0 ? null : longest };
}

/** A cluster whose run goes on, or waits for its turn. */
function atWorkOf({ tick: { policy, memory, opening }, view }: Judged): readonly ClusterAtWork[] {
  if (view === null || isFinished(view) || view.status?.phase === 'ended') return [];
  const closes = view.status?.window.closes ?? opening?.closes ?? view.createdAt;
  return [{ clusterResourceId: policy.clusterResourceId, startsAt: view.status?.turn?.startsAt ?? view.createdAt, closes, nodePoolCount: rememberedOf(memory).nodePoolCount }];
}

/** The opening `now` lies in once people's orders are heeded: moved, not moved away, or opened for one night although frozen. */
export function openingByOrders({ window, approvals, version }: MaintenancePolicy, orders: readonly StandingOrder[], now: Instant): WindowOpening | null {
  const moved = movedInto(orders, now);
  if (moved !== null && moved.until !== null) {
    const opening = movedOpening(window, { opens: moved.movedTo, closes: moved.until }, moved.movedTo);
    if (opening !== null && now < opening.closes) return opening;
  }
  const regular = openingAt(window, now);
  if (regular !== null) return postponementOf(orders, regular.opens) === null ? regular : null;
  const frozen = frozenOpeningAt(window, now);
  if (frozen === null || postponementOf(orders, frozen.opening.opens) !== null) return null;
  const standing = judgeApprovals(orders, { required: approvals.required, opens: frozen.opening.opens, planDigest: null, policyVersion: version ?? '' });
  return standing.override !== null && standing.kind === 'granted' ? frozen.opening : null;
}

function stopByOrders({ approvals, version }: MaintenancePolicy, orders: readonly StandingOrder[], { opens }: WindowOpening, now: Instant): 'frozen' | 'cancelled' | null {
  if (isCancelled(orders, opens)) return 'cancelled';
  const freeze = freezeAt(orders, now);
  if (freeze === null) return null;
  const standing = judgeApprovals(orders, { required: approvals.required, opens, planDigest: null, policyVersion: version ?? '' });
  return standing.override !== null && standing.kind === 'granted' && freeze.when < standing.override.when ? null : 'frozen';
}

/** Whether the run must wait until people have approved its plan. */
function consentFor({ approvals, version }: MaintenancePolicy, orders: readonly StandingOrder[], { opens }: WindowOpening): 'needed' | 'not-needed' {
  return judgeApprovals(orders, { required: approvals.required, opens, planDigest: null, policyVersion: version ?? '' }).kind === 'not-needed' ? 'not-needed' : 'needed';
}

/** When somebody asked for another run in an opening whose run had ended; null when nobody did. */
function laterRequest(orders: readonly StandingOrder[], { opens }: WindowOpening, ended: InstanceView): Instant | null {
  const asked = orders.filter((order) => order.kind === 'run-message' && order.wants === 'requested' && order.opens === opens).at(-1) ?? null;
  const times = [requestFor(orders, opens), asked].flatMap((order) => order?.when ?? []).filter((when) => when > ended.lastUpdatedAt);
  return times.length === 0 ? null : Math.max(...times);
}

function isFinished({ runtimeStatus }: InstanceView): boolean {
  return ['Completed', 'Failed', 'Terminated', 'Canceled'].includes(runtimeStatus);
}

/** An instance that ended before it could say which run it was belongs to the opening it was created in. */
function isRunOf(view: InstanceView, runId: string, opening: WindowOpening): boolean {
  const { output } = view;
  if (view.status?.window.opens === opening.opens) return true;
  const told = view.status?.runId ?? (isRecord(output) ? output['runId'] : undefined);
  return typeof told === 'string' ? told === runId : view.createdAt >= opening.opens;
}
