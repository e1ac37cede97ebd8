import { judgeApprovals } from '../domain/approval.ts';
import { approvalRuleOf, isGivenAt } from '../domain/check-approval.ts';
import type { SeenFile } from '../domain/check-approval.ts';
import type { ApprovalRule, CheckedFile, CheckedPolicy, ClusterLook, LocatedPolicyFault } from '../domain/checked-policy.ts';
import { needOf } from '../domain/kubernetes-unread.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import { nextOccurrences, openingAt } from '../domain/maintenance-window.ts';
import { planMaintenance } from '../domain/plan-maintenance.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import { judgePolicySet } from '../domain/policy-set.ts';
import { judgePlan } from '../domain/preflight.ts';
import type { StandingOrder } from '../domain/standing-order.ts';
import { upcomingOpening } from '../domain/upcoming-opening.ts';
import { withDigest } from './make-plan.ts';
import type { Ports } from './ports.ts';
import { readClusterSnapshot } from './read-cluster-snapshot.ts';
import { lossesAt } from './read-orders.ts';

/** What is to be looked at: policy files of one commit. */
interface FilesToLookAt {
  /** Text null: the commit has no such file. `version` is Git's id of its content. */
  readonly texts: readonly { readonly path: string; readonly text: string | null; readonly version: string }[];
  /** Every path the pull request changes: what the default branch has there does not count. */
  readonly changedPaths: readonly string[];
  readonly pullNumber: number;
  readonly headSha: string;
  readonly headLies: 'here' | 'elsewhere';
}

/** Openings shown. */
const OPENINGS_SHOWN = 3;
/** Clusters read for one pull request: each takes some seconds. */
const CLUSTERS_READ_MAX = 20;

/**
 * Looks at policy files as they would be once merged: faults, openings, and what the plan and preflight of each cluster say now.
 *
 * Reads only. From a fork a cluster is read only if a policy on the default branch names it: else whoever can open a pull request
 * could look at any cluster this app may read. What cannot be read is said in the look, not failed.
 */
export async function lookAtFiles(ports: Ports, files: FilesToLookAt): Promise<readonly CheckedFile[]> {
  const present = await ports.policies.readPolicies();
  const known = present.ok ? present.value.policies : [];
  const { readPolicies } = await ports.documents.load();
  const parsed = files.texts.map(({ path, text, version }) => ({ path, text, version, read: text === null ? null : readPolicies(text, path) }));
  const changed = parsed.flatMap(({ read }) => (read?.ok === true ? read.value : []));
  const others = known.filter(({ source }) => !files.changedPaths.includes(source));
  const clashes = judgePolicySet([...others, ...changed]);
  const mayRead = files.headLies === 'here' ? null : new Set(known.map(({ clusterResourceId }) => clusterResourceId.toLowerCase()));
  let clustersLeft = CLUSTERS_READ_MAX;
  const looked: CheckedFile[] = [];
  for (const { path, text, version, read } of parsed) {
    const about = { path, version, pullNumber: files.pullNumber, headSha: files.headSha };
    if (read === null || text === null) {
      const clusters = known.filter(({ source }) => source === path).map(({ clusterResourceId }) => clusterResourceId);
      looked.push({ ...about, content: { kind: 'removed', clusters } });
      continue;
    }
    const faults: readonly LocatedPolicyFault[] = read.ok ? clashes.filter(({ source }) => source === path).map((fault) => ({ ...fault, ...placeOf(text, fault.path.at(-1)) })) : read.faults;
    if (!read.ok || faults.length > 0) {
      looked.push({ ...about, content: { kind: 'faulty', faults } });
      continue;
    }
    const policies: CheckedPolicy[] = [];
    for (const policy of read.value) {
      const refused = refuseRead(policy, mayRead, { isKnown: present.ok, clustersLeft });
      if (refused === null) clustersLeft -= 1;
      policies.push(await lookAtPolicy(ports, policy, { ...about, rule: approvalRuleOf(policy, known) }, refused));
    }
    looked.push({ ...about, content: { kind: 'valid', policies } });
  }
  return looked;
}

/** Where a field's name first stands; the first line where it does not. */
function placeOf(text: string, field: string | number | undefined): { readonly line: number; readonly column: number } {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => new RegExp(`^[\\s{,-]*["']?${String(field)}["']?\\s*:`).test(line));
  return at < 0 ? { line: 1, column: 1 } : { line: at + 1, column: (lines[at]?.search(/\S/) ?? 0) + 1 };
}

/** A sentence that says why the cluster is not read; null when it may be. */
function refuseRead({ clusterResourceId }: MaintenancePolicy, mayRead: ReadonlySet<string> | null, { isKnown, clustersLeft }: { readonly isKnown: boolean; readonly clustersLeft: number }): string | null {
  if (mayRead !== null && !isKnown) return 'This pull request comes from a fork, and the policies on the default branch could not be read, so it is not known which clusters may be looked at for it. Run the check again later.';
  if (mayRead !== null && !mayRead.has(clusterResourceId.toLowerCase())) return 'This pull request comes from a fork, and no policy on the default branch names this cluster, so it is not looked at. Somebody who may write here can push the same commit to a branch of this repository.';
  if (clustersLeft <= 0) return `Only ${CLUSTERS_READ_MAX} clusters are looked at for one pull request. Split it, or run slackwater plan for this one.`;
  return null;
}

async function lookAtPolicy(ports: Ports, policy: MaintenancePolicy, seen: SeenFile & { readonly rule: ApprovalRule }, refused: string | null): Promise<CheckedPolicy> {
  const now = ports.clock.now();
  const occurrences = nextOccurrences(policy.window, now, OPENINGS_SHOWN);
  const openNow = openingAt(policy.window, now);
  const base = { policy, occurrences, openNow, rule: seen.rule };
  if (refused !== null) return { ...base, look: { kind: 'not-read', why: refused }, approvals: null };
  const state = await ports.state.readState(policy.clusterResourceId);
  if (!state.ok) return { ...base, look: { kind: 'not-read', why: `What is remembered of the cluster could not be read: ${state.failure.message}` }, approvals: null };
  const opening = upcomingOpening(policy, state.value.orders, now)?.opening;
  if (opening === undefined) return { ...base, look: { kind: 'not-read', why: 'The window never opens, so there is nothing to plan for.' }, approvals: null };
  const look = await lookAtCluster(ports, policy, opening, state.value.orders);
  return { ...base, look, approvals: look.kind === 'planned' ? approvalsOf(state.value.orders, look, seen) : null };
}

async function lookAtCluster(ports: Ports, policy: MaintenancePolicy, opening: WindowOpening, orders: readonly StandingOrder[]): Promise<ClusterLook> {
  const read = await readClusterSnapshot(ports, policy.clusterResourceId, needOf(policy));
  if (!read.ok) return { kind: 'not-read', why: `The cluster could not be read: ${read.failure.message} ${read.failure.remedy}` };
  const first = planMaintenance(policy, opening, planningStateOf(read.value));
  // The plan as it is approved; how many surge nodes fit is judged again when the run begins.
  const { report, reductions } = judgePlan(policy, first, read.value, lossesAt(orders, ports.clock.now()));
  return { kind: 'planned', opening, plan: withDigest(first), report, reductions };
}

function approvalsOf(orders: readonly StandingOrder[], { plan, opening }: Extract<ClusterLook, { kind: 'planned' }>, seen: SeenFile & { readonly rule: ApprovalRule }) {
  const given = orders.filter((order) => order.kind !== 'approval' || isGivenAt(order, seen));
  return judgeApprovals(given, { required: seen.rule.required, opens: opening.opens, planDigest: plan.digest, policyVersion: seen.version });
}
