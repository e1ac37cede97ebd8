import type { CleanUpJudgment, CleanUpPlan, CleanUpRefusal, CleanUpRequest } from './clean-up.ts';
import { refuseCleanUp } from './clean-up.ts';
import type { ClusterSnapshot, NodePool } from './cluster-snapshot.ts';
import { isTerminalState } from './judge-progress.ts';
import { formatBothDated } from './local-time.ts';
import type { LossAcknowledgement } from './loss-acknowledgement.ts';
import type { MaintenancePolicy, WindowOpening } from './maintenance-policy.ts';
import { nextOpenings } from './maintenance-window.ts';
import { judgePreflight } from './preflight.ts';
import type { Finding } from './preflight-report.ts';
import type { Freeze } from './standing-order.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant, Span } from './time.ts';
import { startCutOff } from './upgrade-plan.ts';
import type { PlannedUnit } from './upgrade-plan.ts';

/** What a judge of one verb knows. */
export interface CleanUpQuestion {
  readonly request: CleanUpRequest;
  readonly policy: MaintenancePolicy;
  readonly snapshot: ClusterSnapshot;
  /** The opening that is open now, whether it was moved or not; null when none is. */
  readonly opening: WindowOpening | null;
  /** The freeze that holds now; null when none does. */
  readonly freeze: Pick<Freeze, 'who' | 'why' | 'until'> | null;
  /** Losses that people let happen. */
  readonly acknowledgements: readonly LossAcknowledgement[];
}

/** What is to be done, before it is known whether it may be done now. */
export type CleanUpIntent = Extract<CleanUpJudgment, { readonly kind: 'refused' | 'nothing-to-do' }> | Pick<CleanUpPlan, 'units' | 'will' | 'remains'> & { readonly kind: 'wanted' };

/**
 * Findings that say what the clean-up is there for, or that its own judge weighs: a cluster in state Failed is no reason not to
 * resolve it, and an older version no reason not to go back.
 */
const ownFindings: ReadonlySet<string> = new Set([
  'CLUSTER_FAILED_STATE', 'TARGET_NOT_OFFERED', 'VERSION_SKEW', 'AUTO_UPGRADE_CHANNEL_ACTIVE', 'NODE_OS_CHANNEL_ACTIVE', 'DEPRECATED_API', 'ESTIMATE_EXCEEDS_DAY',
]);
const FINDINGS_NAMED = 3;
/** Beside the estimate, and what drains may wait for: how long a clean-up outside a window may be begun. */
const OUTSIDE_MINUTES = 30;

/** What speaks against any write to this cluster, whatever it is; null when nothing does. */
export function refuseUnfit({ cluster, takenAt }: ClusterSnapshot): CleanUpRefusal | null {
  if (cluster.powerState.toLowerCase() === 'stopped') return refuseCleanUp('cluster-stopped', `${cluster.name} is stopped.`, 'Start the cluster first.');
  if (!isTerminalState(cluster.provisioningState)) return refuseCleanUp('operation-under-way', `Azure is at work on ${cluster.name} (${cluster.provisioningState}).`, 'Say it again once the operation has ended.');
  if (cluster.forceUpgradeUntil === null || cluster.forceUpgradeUntil <= takenAt) return null;
  return refuseCleanUp('force-override-active', `A forced upgrade is armed on ${cluster.name}, which would bypass every disruption budget.`, 'Take it off: az aks update --disable-force-upgrade.');
}

/** What speaks against a write to this pool; null when nothing does. */
export function refuseUnfitPool(pool: NodePool, { nodes }: ClusterSnapshot): CleanUpRefusal | null {
  if (!isTerminalState(pool.provisioningState)) return refuseCleanUp('operation-under-way', `Azure is at work on ${pool.name} (${pool.provisioningState}).`, 'Say it again once the operation has ended.');
  if (pool.powerState.toLowerCase() === 'stopped') return refuseCleanUp('pool-stopped', `${pool.name} is stopped; no node of it runs.`, 'Start the pool first.');
  const quarantined = nodes.filter((node) => node.nodePool === pool.name && node.isQuarantined).map((node) => node.name);
  if (quarantined.length === 0) return null;
  return refuseCleanUp(
    'quarantined-nodes',
    `${pool.name} has nodes that Azure set aside and leaves alone while they carry its label: ${quarantined.slice(0, 5).join(' and ')}${quarantined.length > 5 ? ` and ${quarantined.length - 5} more` : ''}.`,
    `Release them first, once their cause is gone: release ${quarantined[0] ?? ''}.`,
  );
}

/** The pool meant, or why there is none. */
export function findPool({ request, snapshot }: CleanUpQuestion): NodePool | CleanUpRefusal {
  const wanted = request.target?.toLowerCase();
  const pool = snapshot.nodePools.find(({ name }) => name.toLowerCase() === wanted);
  const names = snapshot.nodePools.map(({ name }) => name).join(', ');
  return pool ?? refuseCleanUp('pool-missing', `${snapshot.cluster.name} has no node pool ${request.target ?? ''}.`, `It has: ${names}.`);
}

/**
 * Whether what is wanted may be done now: in an open window that has the time, or outside one for a reason an authorised person gave;
 * and with nothing in the way of the drains it means.
 */
export function judgeIntent(question: CleanUpQuestion, intent: CleanUpIntent): CleanUpJudgment {
  if (intent.kind !== 'wanted') return intent;
  const { request, freeze, snapshot } = question;
  if (freeze !== null) return refuseCleanUp('frozen', `${freeze.who} froze the cluster${freeze.why === '' ? '' : `: ${freeze.why}`}. Nothing is started until that ends.`, 'An admin may say unfreeze first.');
  const time = judgeTime(question, intent.units);
  if ('code' in time) return time;
  const hindrance = refuseByPreflight(question, intent.units);
  if (hindrance !== null) return hindrance;
  const { units, will, remains } = intent;
  const outside = request.outsideWindow === null || time.opens !== snapshot.takenAt ? [] : [`This is done outside the maintenance window, because ${request.by} says: ${request.outsideWindow}`];
  return { kind: 'ready', units, will: [...will, ...outside], remains, opens: time.opens, closes: time.closes };
}

function judgeTime({ policy, opening, request, snapshot }: CleanUpQuestion, units: readonly PlannedUnit[]): Span | CleanUpRefusal {
  const now: Instant = snapshot.takenAt;
  const estimateMinutes = units.reduce((sum, unit) => sum + unit.estimateMinutes, 0);
  if (opening !== null && now <= startCutOff({ estimateMinutes }, opening.closes)) return opening;
  if (request.outsideWindow !== null) {
    const waits = units.reduce((sum, unit) => sum + unit.waves * unit.drainTimeoutMinutes, 0);
    return { opens: now, closes: now + (estimateMinutes * 2 + waits + OUTSIDE_MINUTES) * MINUTE_MS };
  }
  const [next] = nextOpenings(policy.window, now, 1);
  const when = next === undefined ? 'The window never opens again.' : `It opens next ${formatBothDated(next.opens, policy.window.timeZone)}.`;
  const exception = 'In an emergency an admin may add --outside-window "reason".';
  if (opening === null) return refuseCleanUp('window-closed', `No maintenance window is open, and this may move nodes. ${when}`, `Say it again while the window is open. ${exception}`);
  const left = Math.floor((opening.closes - now) / MINUTE_MS);
  return refuseCleanUp('window-too-short', `It needs about ${estimateMinutes} min, and ${left} min of the window are left. ${when}`, `Say it in the next window. ${exception}`);
}

/** What preflight finds in the way of these units alone. */
function refuseByPreflight({ policy, snapshot, acknowledgements }: CleanUpQuestion, units: readonly PlannedUnit[]): CleanUpRefusal | null {
  const meant = new Set<string>(units.map(({ unit }) => unit));
  const omitted = snapshot.nodePools.flatMap(({ name }) => (meant.has(`pool/${name}`) ? [] : [{ unit: `pool/${name}` as const, code: 'not-wanted', message: '' }]));
  const plan = { clusterResourceId: snapshot.cluster.resourceId, clusterName: snapshot.cluster.name, units, omitted };
  const { findings } = judgePreflight(policy, plan, snapshot, acknowledgements);
  const blocking = findings.filter(({ code, severity }) => severity === 'block' && !ownFindings.has(code));
  return blocking.length === 0 ? null : refuseByFindings(blocking);
}

function refuseByFindings(blocking: readonly Finding[]): CleanUpRefusal {
  const shown = blocking.slice(0, FINDINGS_NAMED).map(({ code, where, message }) => `${code} ${where}: ${message}`);
  const more = blocking.length > FINDINGS_NAMED ? ` And ${blocking.length - FINDINGS_NAMED} more findings.` : '';
  const remedies = [...new Set(blocking.slice(0, FINDINGS_NAMED).map(({ remedy, owner }) => `${owner === null ? '' : `${owner}: `}${remedy}`))];
  return refuseCleanUp('preflight-blocks', `${shown.join(' ')}${more}`, remedies.join(' '));
}
