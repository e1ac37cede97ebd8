import { countText } from './budget-health.ts';
import type { Pod } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { amendWorkloads, ownerOfPods } from './drained-workload.ts';
import { drainTimeoutMinutes, nodeSoakMinutes, parallelNodeCount, surgeNodeCount } from './node-pool.ts';
import { defaultPoolTimeModel, estimatePoolMinutes } from './pool-time-model.ts';
import type { Amendment, Finding } from './preflight-report.ts';
import { nodeNames, podNames, poolNames, settingsOf } from './preflight-view.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';
import { spellMinutes } from './report-words.ts';
import { MINUTE_MS, minutesBetween } from './time.ts';
import type { Instant } from './time.ts';
import { controllerOf, ownerOfPod, placeOf } from './workload.ts';

/** A pod is given up on this long after its grace has run out, sooner when a finalizer holds it. */
const STUCK_AFTER_MINUTES = 5;
const HELD_AFTER_MINUTES = 1;
/** Finalizers that their controllers take off by themselves within moments. */
const passingFinalizers: ReadonlySet<string> = new Set(['batch.kubernetes.io/job-tracking', 'foregroundDeletion', 'orphan']);
/** Minutes on top of a grace for the eviction itself. */
const DRAIN_MARGIN_MINUTES = 5;
const DRAIN_TIMEOUT_MINUTES_MAX = 1_440;

/** One finding per workload: a termination grace longer than the time AKS gives a node to drain. */
export const checkGrace: PreflightCheck = (view) => {
  const late = view.drained.filter(
    ({ pod, pool }) => pod.deletionTimestamp === null && pod.graceSeconds > drainTimeoutMinutes(settingsOf(view, pool)) * 60,
  );
  return [...Map.groupBy(late, ({ pod }) => placeOf(pod, view.workloads))].map(([where, pods]) => {
    const graceMinutes = Math.ceil(Math.max(...pods.map(({ pod }) => pod.graceSeconds)) / 60);
    const timeoutMinutes = Math.min(...pods.map(({ pool }) => drainTimeoutMinutes(settingsOf(view, pool))));
    return graceFinding(view, where, pods, { graceMinutes, timeoutMinutes });
  });
};

/** What the pool needs when every wave takes the whole grace, where that is more than a window; empty where it fits. */
function beyondWindow(view: PreflightView, pods: readonly PlacedPod[], graceMinutes: number): { readonly told: string; readonly windows: number } {
  const windowMinutes = view.policy === null ? null : view.policy.window.durationHours * 60;
  const pools = [...new Set(pods.map(({ pool }) => pool))].map((pool) => {
    const settings = settingsOf(view, pool);
    const waves = Math.ceil(pool.nodeCount / parallelNodeCount(settings, pool.nodeCount));
    const shape = { waves, surgeNodeCount: surgeNodeCount(settings.maxSurge, pool.nodeCount), nodeSoakMinutes: nodeSoakMinutes(settings), isSpot: false };
    return { pool, waves, minutes: estimatePoolMinutes(shape, { ...defaultPoolTimeModel, drainMinutes: graceMinutes }) };
  });
  const [worst] = pools.toSorted((one, other) => other.minutes - one.minutes);
  if (windowMinutes === null || worst === undefined || worst.minutes <= windowMinutes) return { told: '', windows: 1 };
  const told = ` Even with a longer timeout ${worst.pool.name} needs ${spellMinutes(worst.minutes)} (${countText(worst.waves, 'wave')} of ${graceMinutes} min and more), and the window has ${spellMinutes(windowMinutes)}.`;
  return { told, windows: Math.ceil(worst.minutes / windowMinutes) };
}

/** The grace in the manifest of what makes the pods, short enough for the timeout; none for what has no pod template of its own. */
function amendGrace(view: PreflightView, pods: readonly PlacedPod[], timeoutMinutes: number): readonly Amendment[] {
  const [first] = pods;
  const controller = first === undefined ? null : controllerOf(first.pod, view.workloads);
  if (controller === null || !['Deployment', 'StatefulSet', 'ReplicaSet', 'Job'].includes(controller.kind)) return [];
  const { kind, namespace, name } = controller;
  const seconds = Math.max(1, timeoutMinutes - DRAIN_MARGIN_MINUTES) * 60;
  return [{ kind, namespace, name, field: ['spec', 'template', 'spec', 'terminationGracePeriodSeconds'], change: `terminationGracePeriodSeconds: ${seconds}` }];
}

function graceFinding(
  view: PreflightView,
  where: string,
  pods: readonly PlacedPod[],
  minutes: { readonly graceMinutes: number; readonly timeoutMinutes: number },
): Finding {
  const neededMinutes = minutes.graceMinutes + DRAIN_MARGIN_MINUTES;
  const canBeSet = neededMinutes <= DRAIN_TIMEOUT_MINUTES_MAX;
  const beyond = beyondWindow(view, pods, minutes.graceMinutes);
  const split = beyond.windows > 1 ? ` and split it over ${beyond.windows} windows, let its work end first,` : ',';
  return {
    code: 'GRACE_EXCEEDS_TIMEOUT',
    where,
    severity: 'block',
    pools: poolNames(pods),
    message: `${where} may take ${minutes.graceMinutes} min to end, and AKS gives up on a node after ${minutes.timeoutMinutes} min.${beyond.told}`,
    remedy: canBeSet
      ? `Set drainTimeoutInMinutes of ${poolNames(pods).join(', ')} to at least ${neededMinutes}${split} or shorten terminationGracePeriodSeconds.`
      : `Shorten terminationGracePeriodSeconds: AKS drains a node for at most ${DRAIN_TIMEOUT_MINUTES_MAX} min.`,
    amendments: amendGrace(view, pods, minutes.timeoutMinutes),
    owner: ownerOfPods(view, pods),
    evidence: {
      graceMinutes: minutes.graceMinutes,
      drainTimeoutMinutes: minutes.timeoutMinutes,
      neededMinutes,
      pods: podNames(pods),
      nodes: nodeNames(pods),
    },
  };
}

/** Pods without a controller: an eviction deletes them for good. */
export const checkUnmanaged: PreflightCheck = (view) =>
  view.placed
    .filter(({ pod, verdict }) => verdict === 'unmanaged' || (verdict === 'blocked' && pod.owner === null))
    .map(({ pod, node, pool }) => ({
      code: 'UNMANAGED_POD',
      where: fullName(pod),
      severity: 'block',
      pools: [pool.name],
      message: `${fullName(pod)} on ${node.name} has no controller: draining the node deletes it for good.`,
      remedy: 'Run it by a Deployment, StatefulSet or Job, or delete it when nobody needs it.',
      amendments: amendWorkloads(view, [{ pod }]),
      owner: ownerOfPod(pod, view.snapshot, view.workloads),
      evidence: { node: node.name },
    }));

/**
 * Pods whose deletion was asked for and does not end; a drain waits for them.
 *
 * A pod that only a silent node keeps is told by the node, which is a finding of its own.
 */
export const checkTerminatingStuck: PreflightCheck = (view) =>
  view.placed
    .filter(({ pod, node }) => minutesStuck(pod, view.snapshot.takenAt) !== null && (isHeld(pod) || node.isReady))
    .map(({ pod, node, pool }) => {
      const minutes = minutesStuck(pod, view.snapshot.takenAt) ?? 0;
      const holder = pod.finalizers.length === 0 ? `node ${node.name} does not report its end` : `finalizer ${pod.finalizers.join(', ')} keeps it`;
      return {
        code: 'POD_TERMINATING_STUCK',
        where: fullName(pod),
        severity: 'warn',
        pools: [pool.name],
        message: `${fullName(pod)} should have ended ${countText(minutes, 'minute')} ago; ${holder}. The drain of ${node.name} waits for it.`,
        remedy: pod.finalizers.length === 0 ? `Look at node ${node.name} and its kubelet.` : `Ask the controller that owns ${ownersOfFinalizers(pod)} to take it off; it is never taken off from here.`,
        owner: ownerOfPod(pod, view.snapshot, view.workloads),
        evidence: {
          finalizers: pod.finalizers,
          stuckMinutes: minutes,
          node: node.name,
          controller: controllerOf(pod, view.workloads)?.name ?? null,
        },
      };
    });

/** The domains in front of the finalizers' names, which tell whose they are. */
function ownersOfFinalizers({ finalizers }: Pod): string {
  return [...new Set(finalizers.map((finalizer) => finalizer.split('/')[0] ?? finalizer))].join(', ');
}

function isHeld(pod: Pod): boolean {
  return pod.finalizers.some((finalizer) => !passingFinalizers.has(finalizer));
}

function minutesStuck(pod: Pod, now: Instant): number | null {
  if (pod.deletionTimestamp === null) return null;
  const patienceMinutes = isHeld(pod) ? HELD_AFTER_MINUTES : STUCK_AFTER_MINUTES;
  return now - pod.deletionTimestamp >= patienceMinutes * MINUTE_MS ? minutesBetween(pod.deletionTimestamp, now) : null;
}
