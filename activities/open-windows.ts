import { judgeApprovals } from '../domain/approval.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import { frozenOpeningAt, movedOpening, nextOpeningAfter, openingAt } from '../domain/maintenance-window.ts';
import { whyNothingStarts } from '../domain/slackwater-mode.ts';
import { freezeAt, isCancelled, movedInto, postponementOf, requestFor, type StandingOrder } from '../domain/standing-order.ts';
import type { StateFile } from '../domain/state-file.ts';
import type { Instant } from '../domain/time.ts';
import { clusterNameOf, isCleanUpOf, runIdOf, windowInstanceId } from '../domain/window-identity.ts';
import type { InstanceView, Ports } from './ports.ts';

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
    | 'failed';
  /** Run of the opening; null when the window is closed. */
  readonly runId: string | null;
  readonly failure: Failure | null;
}

/**
 * Starts the orchestration of every cluster whose window is open now, each by its fixed instance id.
 *
 * What people ordered on the state branch counts: an opening that was postponed opens when it was moved to, a frozen one
 * only when its override has every approval. A memory that cannot be read opens nothing, because it may hold a freeze.
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
  const decisions: WindowDecision[] = [];
  for (const policy of policies) {
    const memory = memories.ok ? (memories.value.get(policy.clusterResourceId) ?? null) : memories;
    const decision = await decideWindow(ports, settings, { policy, memory, now });
    ports.logger.log(decision.kind === 'failed' ? 'error' : 'info', `windows.${decision.kind}`, { ...decision });
    decisions.push(decision);
  }
  return { ok: true, value: decisions };
}

interface Tick {
  readonly policy: MaintenancePolicy;
  /** Null: nothing is remembered of the cluster. */
  readonly memory: Outcome<StateFile> | null;
  readonly now: Instant;
}

async function decideWindow(ports: Ports, settings: OpenWindowsSettings, { policy, memory, now }: Tick): Promise<WindowDecision> {
  const { name, clusterResourceId } = policy;
  const orders = memory === null ? [] : memory.ok ? memory.value.orders : null;
  const opening = orders === null ? openingAt(policy.window, now) : openingByOrders(policy, orders, now);
  if (opening === null) return { policy: name, clusterResourceId, kind: 'closed', runId: null, failure: null };
  const runId = runIdOf(clusterNameOf(clusterResourceId), opening.opens);
  const decided = { policy: name, clusterResourceId, runId, failure: null };
  const instanceId = windowInstanceId(clusterResourceId);
  const present = await ports.windows.read(instanceId);
  if (!present.ok) return { ...decided, kind: 'failed', failure: present.failure };
  if (present.value !== null && !isFinished(present.value)) return { ...decided, kind: 'already-running' };
  const isUsed = present.value !== null && isRunOf(present.value, runId, opening);
  if (memory !== null && !memory.ok) return isUsed ? { ...decided, kind: 'already-used' } : { ...decided, kind: 'failed', failure: memory.failure };
  const asked = isUsed && present.value !== null ? laterRequest(orders ?? [], opening, present.value) : null;
  if (isUsed && asked === null) return { ...decided, kind: 'already-used' };
  const stop = stopByOrders(policy, orders ?? [], opening, now);
  if (stop !== null) return { ...decided, kind: stop };
  const cleanUps = await ports.windows.listCleanUps();
  if (!cleanUps.ok) return { ...decided, kind: 'failed', failure: cleanUps.failure };
  if (cleanUps.value.some((each) => isCleanUpOf(clusterResourceId, each.instanceId) && each.status?.phase !== 'telling')) return { ...decided, kind: 'cleaning-up' };
  const repository = policy.report.repository ?? settings.policyRepository;
  const newRunId = asked === null ? runId : runIdOf(clusterNameOf(clusterResourceId), asked);
  const started = await ports.windows.startWindow(instanceId, { policy, opening, nextOpens: nextOpeningAfter(policy.window, opening), consent: consentFor(policy, orders ?? [], opening), runId: newRunId, repository, policyRepository: settings.policyRepository, pollSeconds: settings.pollSeconds });
  return started.ok ? { ...decided, runId: newRunId, kind: started.value } : { ...decided, kind: 'failed', failure: started.failure };
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
