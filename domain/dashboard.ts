import { announcedWords } from './announced-upgrade.ts';
import { judgeApprovals, missingApprovals } from './approval.ts';
import type { DashboardBox } from './dashboard-box.ts';
import { isOpen } from './debt.ts';
import type { Debt } from './debt.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import type { Phrase } from './markdown-text.ts';
import { namesOf, unitPhrase } from './report-words.ts';
import { freezeAt } from './standing-order.ts';
import type { StateFile } from './state-file.ts';
import type { Instant } from './time.ts';
import { upcomingOpening } from './upcoming-opening.ts';
import { clusterNameOf } from './window-identity.ts';
import type { Pause, WindowStatus } from './window-status.ts';

/** What is known of one cluster of the fleet. */
export interface FleetCluster {
  readonly policy: MaintenancePolicy;
  /** `unreadable`: its memory cannot be read now; null: nothing is remembered of it. */
  readonly state: StateFile | 'unreadable' | null;
  /** Its run as the task hub shows it; null when it has none. */
  readonly run: { readonly status: WindowStatus; readonly isLive: boolean } | null;
}

/** One line of a section, with the boxes that belong to it. */
export interface DashboardItem {
  readonly text: Phrase;
  readonly timeZone: string;
  /** `owner/name#7`, which GitHub links; null where nothing is told elsewhere. */
  readonly issue: string | null;
  readonly boxes: readonly { readonly box: DashboardBox; readonly label: Phrase }[];
}

/** The fleet at a glance: what needs somebody first. The same facts give the same dashboard all day. */
export interface Dashboard {
  readonly clusters: number;
  readonly blocked: readonly DashboardItem[];
  readonly approvals: readonly DashboardItem[];
  readonly running: readonly DashboardItem[];
  readonly debts: readonly { readonly cluster: FleetCluster; readonly debt: Debt }[];
  readonly planned: readonly DashboardItem[];
  readonly lastRuns: readonly DashboardItem[];
  /** Policies that open nothing because they have faults. */
  readonly faultyPolicies: readonly string[];
}

/** Sorts the fleet into what is blocked, waits for approval, runs, is owed, is planned and has run. */
export function dashboardOf(fleet: readonly FleetCluster[], faultyPolicies: readonly string[], now: Instant): Dashboard {
  const live = fleet.flatMap(({ run }) => (run?.isLive === true && run.status.phase !== 'ended' ? [run.status] : []));
  const isStopped = ({ pause, phase }: WindowStatus): boolean => pause !== null || phase === 'held';
  const openings = fleet.map((cluster) => plannedItem(cluster, now)).sort((one, other) => one.at - other.at);
  return {
    clusters: fleet.length,
    blocked: live.filter(isStopped).map(blockedItem),
    approvals: fleet.flatMap((cluster) => approvalItem(cluster, now)),
    running: live.filter((status) => !isStopped(status)).map(runningItem),
    debts: fleet.flatMap((cluster) => (typeof cluster.state === 'object' && cluster.state !== null ? cluster.state.debts.filter(isOpen).map((debt) => ({ cluster, debt })) : [])).sort((one, other) => one.debt.when - other.debt.when),
    planned: openings.map(({ item }) => item),
    lastRuns: fleet.flatMap(lastRunItem),
    faultyPolicies: [...new Set(faultyPolicies)].sort(),
  };
}

function issueOf({ issue }: WindowStatus): string | null {
  return issue === null || !/^[\w.-]+\/[\w.-]+$/.test(issue.repository) ? null : `${issue.repository}#${issue.number}`;
}

function poolOf(unit: string): string | null {
  return unit.startsWith('pool/') ? unit.slice('pool/'.length) : null;
}

function blockedItem(status: WindowStatus): DashboardItem {
  const { pause, runId } = status;
  const holds = status.holds.filter(({ state }) => state === 'waiting');
  const pool = pause === null ? null : poolOf(pause.unit);
  const isStopped = pause !== null && (pause.kind !== 'blocked' || pause.drainDeadline === null);
  const retry = pool !== null && isStopped && pause.kind !== 'operator' && pause.kind !== 'health';
  const boxes: DashboardItem['boxes'] = [
    ...(retry ? [{ box: { verb: 'retry' as const, target: `${runId}/${pool}` }, label: ['try pool ', { name: pool }, ' again'] as const }] : []),
    ...(pause?.kind === 'operator' || pause?.kind === 'health' ? [{ box: { verb: 'resume' as const, target: runId }, label: ['go on'] as const }] : []),
    ...(pause === null ? [{ box: { verb: 'resume' as const, target: runId }, label: ['look again at what withholds it'] as const }] : []),
  ];
  const held: Phrase = ['withheld by ', ...namesOf([...new Set(holds.flatMap(({ causes }) => causes.map(({ code }) => code)))], 3), ', since ', { at: holds[0]?.since ?? status.window.opens, form: 'dated' }];
  return { text: [{ name: status.clusterName }, ': ', ...(pause === null ? held : pausedWords(pause)), '; the window closes ', { at: status.window.closes, form: 'dated' }, '.'], timeZone: status.timeZone, issue: issueOf(status), boxes };
}

function pausedWords(pause: Pause): Phrase {
  const since: Phrase = [', since ', { at: pause.since, form: 'dated' }];
  const [cause] = pause.causes;
  if (pause.kind === 'operator') return ['paused by a person', ...since];
  if (pause.health !== undefined) return [pause.health.summary.replace(/\.$/, ''), ...since];
  if (cause === undefined) return [...unitPhrase(pause.unit), pause.kind === 'needs-reconcile' ? ' needs a reconcile' : ' waits for a decision', ...since];
  const owner: Phrase = cause.owner === null ? [] : [' of ', cause.owner];
  return [...unitPhrase(pause.unit), ' waits for ', { name: cause.pod === '' ? cause.node : cause.pod }, ...owner, ' (', { name: cause.class }, ')', ...since];
}

function runningItem(status: WindowStatus): DashboardItem {
  const unit = status.units.find(({ state }) => state === 'running');
  const done = status.units.filter(({ state }) => state === 'upgraded').length;
  const { turn } = status;
  if (status.phase === 'waiting' && turn !== undefined) return { text: [{ name: status.clusterName }, ': waits for its turn at ', { at: turn.startsAt, form: 'dated' }, '. ', turn.reason], timeZone: status.timeZone, issue: issueOf(status), boxes: [] };
  const at: Phrase = unit === undefined ? [status.phase] : [...unitPhrase(unit.unit), ' is being upgraded'];
  return { text: [{ name: status.clusterName }, ': ', ...at, `, ${done} of ${status.units.length} units done.`], timeZone: status.timeZone, issue: issueOf(status), boxes: [] };
}

function ordersOf({ state }: FleetCluster): StateFile['orders'] {
  return typeof state === 'object' && state !== null ? state.orders : [];
}

function approvalItem(cluster: FleetCluster, now: Instant): readonly DashboardItem[] {
  const { policy } = cluster;
  const orders = ordersOf(cluster);
  const next = upcomingOpening(policy, orders, now);
  if (next === null || cluster.state === 'unreadable') return [];
  const standing = judgeApprovals(orders, { required: policy.approvals.required, opens: next.opening.opens, planDigest: null, policyVersion: policy.version ?? '' });
  if (standing.kind !== 'waiting') return [];
  const text: Phrase = [{ name: clusterNameOf(policy.clusterResourceId) }, `: ${missingApprovals(standing)}, before it opens `, { at: next.opening.opens, form: 'dated' }, '.'];
  return [{ text, timeZone: policy.window.timeZone, issue: null, boxes: [{ box: { verb: 'approve', target: policy.name }, label: ['approve the plan as it is now'] }] }];
}

function plannedItem(cluster: FleetCluster, now: Instant): { readonly at: Instant; readonly item: DashboardItem } {
  const { policy, state } = cluster;
  const { clusterResourceId, target, window } = policy;
  const orders = ordersOf(cluster);
  const open = upcomingOpening(policy, orders, now);
  const last = typeof state === 'object' && state !== null ? state.runs.at(-1) : undefined;
  // An opening has one run; once that has ended the next one is what is planned.
  const next = open !== null && last?.when === open.opening.opens ? upcomingOpening(policy, orders, open.opening.closes) : open;
  const freeze = freezeAt(orders, now);
  const wanted: Phrase = [...(target.kubernetesVersion === null ? [] : ['Kubernetes ', { name: target.kubernetesVersion }, ', ']), target.nodeImage === 'latest' ? 'newest node image' : 'node image kept'];
  const when: Phrase = next === null ? ['the window never opens again'] : [{ at: next.opening.opens, form: 'dated' }, ' to ', { at: next.opening.closes, form: 'clock' }];
  const stop: Phrase = state === 'unreadable' ? ['; what is remembered of it cannot be read, so nothing is started'] : freeze === null ? [] : ['; frozen by ', { name: freeze.who }, ...(freeze.until === null ? [] : [' until ', { at: freeze.until, form: 'dated' } as const])];
  const announced: Phrase = typeof state === 'object' && state?.announced !== undefined ? announcedWords(state.announced, next?.opening ?? null, now) : [];
  const moved: Phrase = next !== null && next.opening.opens !== next.scheduled ? [', moved'] : [];
  return {
    at: next?.opening.opens ?? Number.MAX_SAFE_INTEGER,
    item: { text: [{ name: clusterNameOf(clusterResourceId) }, ': ', ...when, ...moved, ', ', ...wanted, ...stop, ...announced, '.'], timeZone: window.timeZone, issue: null, boxes: [] },
  };
}

function lastRunItem({ policy, state }: FleetCluster): readonly DashboardItem[] {
  const last = typeof state === 'object' && state !== null ? state.runs.at(-1) : undefined;
  if (last === undefined) return [];
  const why: Phrase = last.reasons.length === 0 ? [] : [' (', ...namesOf(last.reasons, 3), ')'];
  const issue = last.issue === undefined || !/^[\w.-]+\/[\w.-]+$/.test(last.issue.repository) ? null : `${last.issue.repository}#${last.issue.number}`;
  return [{ text: [{ name: clusterNameOf(policy.clusterResourceId) }, ': ', { at: last.when, form: 'dated' }, `, ${last.outcome}`, ...why, '.'], timeZone: policy.window.timeZone, issue, boxes: [] }];
}
