import { namesText } from './budget-health.ts';
import type { NodePool, PodScheduling } from './cluster-snapshot.ts';
import { ownerOfPods, ownersText } from './drained-workload.ts';
import { neededLabels } from './pod-scheduling.ts';
import type { Finding } from './preflight-report.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';

/**
 * Labels that Azure, Kubernetes or a labelling controller puts on every new node.
 *
 * Facts: AKS docs, "Use labels in an AKS cluster" (system labels); Node Feature Discovery and the NVIDIA GPU operator
 * label nodes by what they find on them.
 */
const givenLabels =
  /^(?:(?:[a-z0-9-]+\.)*(?:kubernetes\.azure\.com|kubernetes\.io|k8s\.io|karpenter\.sh|karpenter\.azure\.com)\/|topology\.[a-z0-9.-]+\/|nvidia\.com\/|amd\.com\/|(?:agentpool|accelerator|storageprofile|storagetier)$)/;

/** A label a workload cannot do without that is on nodes of the pool by hand only. */
interface MissingLabel {
  readonly key: string;
  readonly value: string;
}

/** Labels a pod needs that nodes of the pool carry, though neither the pool's settings nor anybody else gives them to new nodes. */
export function missingLabels(view: PreflightView, pool: NodePool, scheduling: PodScheduling): readonly MissingLabel[] {
  return neededLabels(scheduling).flatMap(({ key, values }): readonly MissingLabel[] => {
    const isMet = (value: string | undefined): boolean => value !== undefined && (values === null || values.includes(value));
    if (givenLabels.test(key) || view.snapshot.nodePools.some(({ nodeLabels }) => isMet(nodeLabels[key]))) return [];
    const node = view.snapshot.nodes.find(({ nodePool, labels }) => nodePool === pool.name && isMet(labels[key]));
    const value = node?.labels[key];
    return value === undefined ? [] : [{ key, value }];
  });
}

/** Pools whose nodes carry hand-made labels that workloads need: nodes made anew will not have them. One finding per pool. */
export const checkHandMadeLabels: PreflightCheck = (view) => {
  const needs = view.drainedWorkloads.flatMap(({ where, byPool }) =>
    [...byPool].flatMap(([pool, members]) => {
      const [first] = members;
      return first === undefined ? [] : missingLabels(view, pool, first.pod.scheduling).map((label) => ({ pool, where, owner: ownerOfPods(view, members), ...label }));
    }),
  );
  return [...Map.groupBy(needs, ({ pool }) => pool)].map(([pool, found]): Finding => {
    const labels = [...new Set(found.map(({ key, value }) => `${key}=${value}`))].sort();
    const workloads = [...new Set(found.map(({ where }) => where))].sort();
    const nodes = view.snapshot.nodes.filter((node) => node.nodePool === pool.name && found.some(({ key, value }) => node.labels[key] === value));
    return {
      code: 'LABEL_NOT_ON_POOL',
      where: pool.name,
      severity: 'block',
      pools: [pool.name],
      message: `${namesText(workloads)} ${workloads.length === 1 ? 'needs' : 'need'} nodes with ${namesText(labels)}, which somebody put on nodes of ${pool.name} by hand: new nodes will lack it, and the pods will find no place.`,
      remedy: `Put it on the pool: az aks nodepool update --name ${pool.name} --labels ${labels.join(' ')} (with the labels the pool has already).`,
      owner: ownersText(found.map(({ owner }) => owner)),
      evidence: { labels, workloads, nodes: nodes.map(({ name }) => name).sort(), poolLabels: pool.nodeLabels },
    };
  });
};
