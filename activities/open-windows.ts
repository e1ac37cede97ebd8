import type { Failure, Outcome } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import { nextOpeningAfter, openingAt } from '../domain/maintenance-window.ts';
import type { Instant } from '../domain/time.ts';
import { clusterNameOf, runIdOf, windowInstanceId } from '../domain/window-identity.ts';
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
    /** This opening had its run, however it ended; it is not tried again by itself. */
    | 'already-used'
    | 'failed';
  /** Run of the opening; null when the window is closed. */
  readonly runId: string | null;
  readonly failure: Failure | null;
}

/**
 * Starts the orchestration of every cluster whose window is open now, each by its fixed instance id.
 *
 * May be repeated, and by several hosts at once: a running instance is success, and an opening gets one run. A faulty
 * policy opens nothing, is logged with its place, and hides no other. Fails only when no policy could be read at all.
 */
export async function openWindows(ports: Ports, settings: OpenWindowsSettings): Promise<Outcome<readonly WindowDecision[]>> {
  const now = ports.clock.now();
  const read = await ports.policies.readPolicies();
  if (!read.ok) {
    ports.logger.log('error', 'windows.policies-unreadable', { failure: read.failure });
    return read;
  }
  for (const fault of read.value.faults) ports.logger.log('error', 'windows.policy-faulty', { ...fault, faultCode: fault.code });
  const decisions: WindowDecision[] = [];
  for (const policy of read.value.policies) {
    const decision = await decideWindow(ports, settings, policy, now);
    ports.logger.log(decision.kind === 'failed' ? 'error' : 'info', `windows.${decision.kind}`, { ...decision });
    decisions.push(decision);
  }
  return { ok: true, value: decisions };
}

async function decideWindow(ports: Ports, settings: OpenWindowsSettings, policy: MaintenancePolicy, now: Instant): Promise<WindowDecision> {
  const { name, clusterResourceId } = policy;
  const opening = openingAt(policy.window, now);
  if (opening === null) return { policy: name, clusterResourceId, kind: 'closed', runId: null, failure: null };
  const runId = runIdOf(clusterNameOf(clusterResourceId), opening.opens);
  const decided = { policy: name, clusterResourceId, runId, failure: null };
  const instanceId = windowInstanceId(clusterResourceId);
  const present = await ports.windows.read(instanceId);
  if (!present.ok) return { ...decided, kind: 'failed', failure: present.failure };
  if (present.value !== null) {
    if (!isFinished(present.value)) return { ...decided, kind: 'already-running' };
    if (isRunOf(present.value, runId, opening)) return { ...decided, kind: 'already-used' };
  }
  const repository = policy.report.repository ?? settings.policyRepository;
  const started = await ports.windows.startWindow(instanceId, { policy, opening, nextOpens: nextOpeningAfter(policy.window, opening), runId, repository, pollSeconds: settings.pollSeconds });
  return started.ok ? { ...decided, kind: started.value } : { ...decided, kind: 'failed', failure: started.failure };
}

function isFinished({ runtimeStatus }: InstanceView): boolean {
  return ['Completed', 'Failed', 'Terminated', 'Canceled'].includes(runtimeStatus);
}

/** An instance that ended before it could say which run it was belongs to the opening it was created in. */
function isRunOf(view: InstanceView, runId: string, opening: WindowOpening): boolean {
  const { output } = view;
  const told = view.status?.runId ?? (isRecord(output) ? output['runId'] : undefined);
  return typeof told === 'string' ? told === runId : view.createdAt >= opening.opens;
}
