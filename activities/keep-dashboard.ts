import { keepTicks } from '../domain/dashboard-box.ts';
import { dashboardOf } from '../domain/dashboard.ts';
import type { FleetCluster } from '../domain/dashboard.ts';
import { renderDashboard } from '../domain/dashboard-markdown.ts';
import type { Outcome } from '../domain/failure.ts';
import { DASHBOARD_MARKER } from '../domain/hidden-marker.ts';
import { EDIT_SECONDS } from '../domain/telling.ts';
import { SECOND_MS } from '../domain/time.ts';
import type { DashboardKeeping } from './contract.ts';
import { isSameText } from './inbox-result.ts';
import { listRuns } from './known-run.ts';
import type { Ports } from './ports.ts';

/** Set beside the label every issue of ours has, so that the one dashboard is found without a search. */
const DASHBOARD_LABEL = 'slackwater-dashboard';

/** Where the dashboard is. */
interface DashboardPlace {
  /** `owner/name`. */
  readonly policyRepository: string;
  /** Only the timer opens it, of which there is one: many runs that begin at once would open as many. */
  readonly whenMissing: 'open' | 'leave';
}

/**
 * Keeps the fleet's one dashboard issue in the policy repository: what is blocked, waits for approval, runs, is owed, is planned.
 *
 * Written at most every 30 seconds, by what GitHub says of the issue's last change, whoever writes it; an unchanged text is not
 * written. It is read again just before, so that a box somebody ticks meanwhile stays ticked. May be repeated.
 */
export async function keepDashboard(ports: Ports, { policyRepository, whenMissing }: DashboardPlace): Promise<Outcome<DashboardKeeping>> {
  const read = await ports.policies.readPolicies();
  if (!read.ok) return read;
  const { policies, faults } = read.value;
  const runs = await listRuns(ports, { appLogin: null, policyRepository });
  if (!runs.ok) return runs;
  const states = await ports.state.readStates(policies.map(({ clusterResourceId }) => clusterResourceId));
  const fleet = policies.map((policy): FleetCluster => {
    const state = states.ok ? states.value.get(policy.clusterResourceId) : states;
    const run = runs.value.find(({ status }) => isSameText(status.clusterResourceId, policy.clusterResourceId)) ?? null;
    return { policy, state: state === undefined ? null : state.ok ? state.value : 'unreadable', run };
  });
  const now = ports.clock.now();
  const { title, body } = renderDashboard(dashboardOf(fleet, faults.map(({ where }) => where.replace(/:\d+(?::\d+)?$/, '')), now), now);
  let waitSeconds = 0;
  const kept = await ports.github.reviseIssue({
    repository: policyRepository,
    marker: DASHBOARD_MARKER,
    label: DASHBOARD_LABEL,
    knownNumber: null,
    whenMissing,
    revise: (present) => {
      const wanted = { title, body: present === null ? body : keepTicks(body, present.body), state: 'open' as const };
      if (present === null) return wanted;
      const isSame = present.title === title && present.state === 'open' && present.body.trimEnd() === wanted.body.trimEnd();
      waitSeconds = isSame ? 0 : Math.max(0, Math.ceil(((present.updatedAt ?? 0) + EDIT_SECONDS * SECOND_MS - now) / SECOND_MS));
      return waitSeconds > 0 ? null : wanted;
    },
  });
  return kept.ok ? { ok: true, value: { kind: waitSeconds > 0 ? 'too-soon' : 'kept', waitSeconds } } : kept;
}
