import { ourOpening } from './aks-window.ts';
import { nodeNames, poolNames, zoneOf } from './preflight-view.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';
import { ownerOfPods } from './drained-workload.ts';
import { fullName } from './disruption-budget.ts';
import { formatBothDated } from './local-time.ts';
import type { Finding } from './preflight-report.ts';
import { MINUTE_MS, SECOND_MS, minutesBetween } from './time.ts';
import type { Instant } from './time.ts';
import { startCutOff } from './upgrade-plan.ts';
import type { JobRun } from './workload-facts.ts';

/**
 * Running Jobs that do not end before their node is drained: their work is lost. One finding per Job.
 *
 * A Job says nothing of its length; it is foretold by its deadline, or by how long earlier Jobs of the same schedule took.
 */
export const checkJobs: PreflightCheck = (view) => {
  const inJobs = view.drained.filter(({ pod }) => pod.owner?.kind === 'Job' && pod.deletionTimestamp === null);
  const jobs = new Map(view.snapshot.workloadFacts.jobs.map((job) => [job.uid, job]));
  return [...Map.groupBy(inJobs, ({ pod }) => pod.owner?.uid ?? '')].flatMap(([uid, pods]): readonly Finding[] => {
    const job = jobs.get(uid) ?? null;
    const [first] = pods;
    if (first === undefined || job?.completedAt != null) return [];
    const endsAt = job === null ? null : expectedEnd(job, view.snapshot.workloadFacts.jobs);
    const drainsAt = Math.min(...pods.map((placed) => earliestDrain(view, placed)));
    if (endsAt !== null && endsAt <= drainsAt) return [];
    return [lost(view, { where: job === null ? `${first.pod.namespace}/${first.pod.owner?.name ?? ''}` : fullName(job), job, pods, endsAt, drainsAt })];
  });
};

function expectedEnd(job: JobRun, jobs: readonly JobRun[]): Instant | null {
  const { startedAt } = job;
  if (startedAt === null) return null;
  const earlier = jobs.flatMap((one) =>
    job.scheduleUid !== null && one.scheduleUid === job.scheduleUid && one.startedAt !== null && one.completedAt !== null ? [one.completedAt - one.startedAt] : [],
  );
  const ends = [
    ...(job.activeDeadlineSeconds === null ? [] : [startedAt + job.activeDeadlineSeconds * SECOND_MS]),
    ...(earlier.length === 0 ? [] : [startedAt + Math.max(...earlier)]),
  ];
  return ends.length === 0 ? null : Math.min(...ends);
}

/** When the pool's first node is drained at the earliest: after the units that the plan puts before it. */
function earliestDrain({ plan, snapshot }: PreflightView, { pool }: PlacedPod): Instant {
  const units = plan?.units ?? [];
  const place = units.findIndex(({ unit }) => unit === `pool/${pool.name}`);
  const minutes = units.slice(0, Math.max(0, place)).reduce((sum, unit) => sum + unit.estimateMinutes, 0);
  return snapshot.takenAt + minutes * MINUTE_MS;
}

/** Until when the pools may wait and still fit the window. */
function latestStart(view: PreflightView, pools: readonly string[]): string {
  const opening = ourOpening(view);
  const units = view.plan?.units.filter(({ unit }) => pools.some((pool) => unit === `pool/${pool}`)) ?? [];
  if (opening === null || units.length === 0) return '';
  const starts = units.map((unit) => startCutOff(unit, opening.closes));
  return `: its latest useful start is ${formatBothDated(Math.min(...starts), zoneOf(view))}`;
}

interface LostJob {
  readonly where: string;
  readonly job: JobRun | null;
  readonly pods: readonly PlacedPod[];
  readonly endsAt: Instant | null;
  readonly drainsAt: Instant;
}

function lost(view: PreflightView, { where, job, pods, endsAt, drainsAt }: LostJob): Finding {
  const now = view.snapshot.takenAt;
  const remainingMinutes = endsAt === null ? null : Math.max(0, minutesBetween(now, endsAt));
  const end = endsAt === null ? 'nothing tells when it ends' : `it ends about ${formatBothDated(endsAt, zoneOf(view))} (in ${remainingMinutes} min)`;
  const pools = poolNames(pods);
  return {
    code: 'JOB_WILL_BE_LOST',
    where,
    severity: 'warn',
    pools,
    message:
      `Job ${where} runs on ${nodeNames(pods).join(', ')}, and ${end}; ${pools.join(', ')} may be drained from ${formatBothDated(drainsAt, zoneOf(view))}. ` +
      `Evicted, it ${job?.backoffLimit === 0 ? 'fails' : 'starts again from the beginning'}.`,
    remedy: `Upgrade ${pools.join(', ')} last, or wait until the Job has ended${latestStart(view, pools)}. Where it may be lost, acknowledge that.`,
    owner: ownerOfPods(view, pods),
    evidence: { remainingMinutes, endsAt, drainsAt, backoffLimit: job?.backoffLimit ?? null, nodes: nodeNames(pods) },
  };
}
