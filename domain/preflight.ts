import { checkWindowMismatch } from './aks-window.ts';
import { checkCredential, checkLocks, checkOsImage } from './azure-findings.ts';
import { checkEstimate, checkOutboundPorts, checkQuota, checkScaleSet } from './capacity-findings.ts';
import {
  checkAutoUpgradeChannel,
  checkClusterFailed,
  checkClusterStopped,
  checkForceOverride,
  checkNodeOsChannel,
  checkTargetOffered,
} from './cluster-findings.ts';
import type { ClusterSnapshot, NodePool, Unchecked } from './cluster-snapshot.ts';
import { checkDeprecatedApis } from './deprecated-api-findings.ts';
import { checkEmptyBudgets, checkHelpedBudgets } from './disruption-budget-findings.ts';
import { describeForecast } from './drain-forecast.ts';
import { checkDrainQueues, checkSlowStarts } from './drain-queue-findings.ts';
import { softenFinding } from './finding-leniency.ts';
import { checkFleet } from './fleet-findings.ts';
import { checkJobs } from './job-findings.ts';
import type { LossAcknowledgement } from './loss-acknowledgement.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import { checkKubernetesRead, explainWhole } from './kubernetes-unread.ts';
import { checkHandMadeLabels } from './node-label-findings.ts';
import { isStopped } from './node-pool.ts';
import {
  checkEmpty,
  checkNodesReady,
  checkOperatorCordon,
  checkSingleNodeSystemPool,
  checkSpot,
  checkStopped,
  checkVersionSkew,
} from './node-pool-findings.ts';
import { checkOtherDrainers, checkLoadBalancers, checkProvisioningBudgets } from './outside-findings.ts';
import { checkReplacements } from './placement-findings.ts';
import type { UndigestedPlan } from './plan-maintenance.ts';
import { checkScaleIn } from './pod-autoscaler.ts';
import { checkGrace, checkTerminatingStuck, checkUnmanaged } from './pod-findings.ts';
import { resultOfFindings, severityRank, UNSEEN_NODES } from './preflight-report.ts';
import type { Finding, PreflightReport } from './preflight-report.ts';
import { viewPreflight } from './preflight-view.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';
import { checkDrainBlocks } from './quarantine-findings.ts';
import { checkSubnets } from './subnet-findings.ts';
import { judgeWithFallback } from './surge-fallback.ts';
import type { FallbackJudgment } from './surge-fallback.ts';
import { uncheckedFacts } from './unchecked-facts.ts';
import { checkLocalData, checkZonePinned } from './volume-findings.ts';
import { checkDelegatedEvictions, checkWebhookSelfLock, uncheckedWebhooks } from './webhook-findings.ts';
import { placeOf } from './workload.ts';

/** Every check; a new one is a line here. */
const preflightChecks: readonly PreflightCheck[] = [
  checkClusterStopped,
  checkKubernetesRead,
  checkClusterFailed,
  checkForceOverride,
  checkAutoUpgradeChannel,
  checkNodeOsChannel,
  checkTargetOffered,
  checkVersionSkew,
  checkDeprecatedApis,
  checkCredential,
  checkLocks,
  checkWindowMismatch,
  checkFleet,
  checkSubnets,
  checkOutboundPorts,
  checkQuota,
  checkScaleSet,
  checkEstimate,
  checkOsImage,
  checkSingleNodeSystemPool,
  checkSpot,
  checkStopped,
  checkEmpty,
  checkNodesReady,
  checkOperatorCordon,
  checkDrainBlocks,
  checkHelpedBudgets,
  checkScaleIn,
  checkEmptyBudgets,
  checkDrainQueues,
  checkSlowStarts,
  checkDelegatedEvictions,
  checkWebhookSelfLock,
  checkReplacements,
  checkHandMadeLabels,
  checkLocalData,
  checkZonePinned,
  checkJobs,
  checkOtherDrainers,
  checkProvisioningBudgets,
  checkLoadBalancers,
  checkGrace,
  checkUnmanaged,
  checkTerminatingStuck,
];


/**
 * Judges a snapshot before anything is touched: every finding at once, blocking first, and what could not be checked.
 *
 * Pods the plan will not move are forecast too, but only pools the plan touches give findings.
 *
 * @param policy - Null judges the cluster as it is, without a target.
 * @param plan - Null takes every pool as one to be upgraded.
 * @param acknowledgements - Losses that people let happen; those that hold no more are passed over.
 */
export function judgePreflight(
  policy: MaintenancePolicy | null,
  plan: UndigestedPlan | null,
  snapshot: ClusterSnapshot,
  acknowledgements: readonly LossAcknowledgement[] = [],
): PreflightReport {
  const view = viewPreflight(policy, plan, snapshot);
  const found = preflightChecks.flatMap((check) => check(view));
  const findings = found.map((finding) => softenFinding(finding, policy, acknowledgements, snapshot.takenAt)).sort(compareFindings);
  return {
    schema: 'slackwater.preflight/v1',
    cluster: snapshot.cluster.resourceId,
    result: resultOfFindings(findings),
    findings,
    pods: view.forecasts.map(describeForecast),
    unchecked: [...besides(snapshot.unchecked, unseenPools(view)), ...uncheckedFacts(view), ...uncheckedPools(view), ...uncheckedWorkloads(view)],
  };
}

/** {@link judgePreflight} of a run's plan, with as many surge nodes as fit where the policy allows fewer than wanted. */
export function judgePlan(
  policy: MaintenancePolicy,
  plan: UndigestedPlan,
  snapshot: ClusterSnapshot,
  acknowledgements: readonly LossAcknowledgement[] = [],
): FallbackJudgment {
  return judgeWithFallback(policy, plan, snapshot, (each) => judgePreflight(policy, each, snapshot, acknowledgements));
}

function compareFindings(one: Finding, other: Finding): number {
  const rank = severityRank[one.severity] - severityRank[other.severity];
  if (rank !== 0) return rank;
  const [first, second] = [`${one.code} ${one.where}`, `${other.code} ${other.where}`];
  return first < second ? -1 : first > second ? 1 : 0;
}

function uncheckedWorkloads(view: PreflightView): readonly Unchecked[] {
  const affine = new Set(view.placed.filter(({ pod }) => pod.scheduling.hasAffinity).map(({ pod }) => placeOf(pod, view.workloads)));
  return [
    ...uncheckedWebhooks(view).map((configuration) => ({
      what: `whether webhook ${configuration} guards its own pods`,
      why: 'It chooses objects by more than their namespace (an object selector or match conditions).',
    })),
    ...[...affine].sort().map((where) => ({
      what: `a place for pods of ${where}`,
      why: 'They must run beside other pods (required pod affinity), which is not foretold.',
    })),
  ];
}

/** Pools in scope of which Azure counts nodes and Kubernetes shows none. */
function unseenPools({ pools, snapshot }: PreflightView): readonly NodePool[] {
  const seen = new Set(snapshot.nodes.map(({ nodePool }) => nodePool));
  return pools.filter((pool) => !isStopped(pool) && pool.nodeCount > 0 && !seen.has(pool.name));
}

/** What a reader missed, without the nodes of pools that the judgement itself tells as unseen. */
function besides(unchecked: readonly Unchecked[], unseen: readonly NodePool[]): readonly Unchecked[] {
  return unchecked.filter(({ what }) => !unseen.some(({ name }) => what === `nodes of pool ${name}`));
}

function uncheckedPools(view: PreflightView): readonly Unchecked[] {
  const images = view.plan?.omitted.filter(({ code }) => code === 'unknown-node-image') ?? [];
  const { kubernetesUnread } = view.snapshot;
  return [
    ...(kubernetesUnread === undefined ? [] : [{ what: 'drains: pods, disruption budgets, webhooks and volumes', why: explainWhole(kubernetesUnread) }]),
    ...images.map(({ unit, message }) => ({ what: `newest node image of ${unit}`, why: message })),
    ...unseenPools(view).map((pool) => ({
      what: `${UNSEEN_NODES}${pool.name}`,
      why: `Azure counts ${pool.nodeCount} nodes and Kubernetes ${kubernetesUnread === undefined ? 'shows none' : 'was not read'}, so neither they nor their pods were judged.`,
    })),
  ];
}
