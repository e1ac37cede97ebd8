import type { CleanUpRefusal, ReleaseJudgment } from './clean-up.ts';
import { refuseCleanUp } from './clean-up.ts';
import type { ClusterSnapshot, Node, Pod } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { forecastPods, isDrained } from './drain-forecast.ts';
import type { PodForecast } from './drain-forecast.ts';
import { isFinished } from './eviction.ts';
import { cordonMarkOf } from './foreign-cordon.ts';
import { isTerminalState } from './judge-progress.ts';

/** What the API server answered to a dry run, by the pod's uid; a pod without an answer is judged by its budgets. */
export type DryRuns = ReadonlyMap<string, { readonly status: number; readonly message: string }>;

/** Refused pods named in an answer; the rest is counted. */
const PODS_NAMED = 5;
const NODES_NAMED = 10;

/** What may be known of a node before any eviction is tried: null when nothing speaks against asking. */
export function refuseRelease(snapshot: ClusterSnapshot, name: string): CleanUpRefusal | null {
  const { cluster, nodePools, nodes } = snapshot;
  if (cluster.powerState.toLowerCase() === 'stopped') return refuseCleanUp('cluster-stopped', `${cluster.name} is stopped; it has no nodes to release.`, 'Start the cluster first.');
  const node = nodes.find((each) => each.name === name);
  if (node === undefined) return refuseCleanUp('node-missing', `${cluster.name} has no node ${name}.`, quarantinedText(nodes));
  const pool = nodePools.find((each) => each.name === node.nodePool);
  if (pool === undefined) return refuseCleanUp('node-without-pool', `Node ${name} belongs to no node pool of ${cluster.name} that Azure shows.`, 'Look at its label kubernetes.azure.com/agentpool.');
  if (!node.isQuarantined) return refuseCleanUp('not-quarantined', `Node ${name} does not carry the label that Azure puts on a node it set aside.`, quarantinedText(nodes));
  const mark = cordonMarkOf(node);
  if (mark !== null) return refuseCleanUp('cordoned-by-others', `Node ${name} is being moved by ${mark}.`, 'Wait until it is done, or take it up with whoever runs it.');
  const busy = [cluster.provisioningState, pool.provisioningState].find((state) => !isTerminalState(state));
  if (busy === undefined) return null;
  return refuseCleanUp('operation-under-way', `Azure is at work on ${pool.name} (${busy}); what becomes of a label that is taken away meanwhile is not documented.`, 'Say it again once the operation has ended.');
}

function quarantinedText(nodes: readonly Node[]): string {
  const names = nodes.filter((node) => node.isQuarantined).map((node) => node.name);
  if (names.length === 0) return 'No node of this cluster carries it.';
  return `Those that carry it: ${names.slice(0, NODES_NAMED).join(' and ')}${names.length > NODES_NAMED ? ` and ${names.length - NODES_NAMED} more` : ''}.`;
}

/** Pods that a drain of the node has to move. */
export function podsToMove({ pods }: Pick<ClusterSnapshot, 'pods'>, node: string): readonly Pod[] {
  return pods.filter((pod) => pod.nodeName === node && isDrained(pod) && !isFinished(pod) && pod.deletionTimestamp === null);
}

/**
 * Whether the node may be released: what set it aside must be gone, else AKS would set it aside again after another drain timeout.
 *
 * @param answers - What the API server said to dry runs a moment ago; it decides, and budgets decide only where it was not asked.
 */
export function judgeRelease(snapshot: ClusterSnapshot, name: string, answers: DryRuns): ReleaseJudgment {
  const refused = refuseRelease(snapshot, name);
  const node = snapshot.nodes.find((each) => each.name === name);
  if (refused !== null || node === undefined) return refused ?? refuseCleanUp('node-missing', `There is no node ${name}.`, '');
  const moved = new Set(podsToMove(snapshot, name).map(({ uid }) => uid));
  const forecasts = forecastPods(snapshot).filter(({ pod }) => moved.has(pod.uid));
  const stuck = forecasts.flatMap((forecast) => refusalOf(forecast, answers) ?? []);
  if (stuck.length > 0) return stillBlocked(name, stuck);
  return {
    kind: 'ready',
    node: name,
    pool: node.nodePool,
    kubeletVersion: node.kubeletVersion,
    imageVersion: node.imageVersion,
    isCordoned: node.isCordoned,
    provisioningState: snapshot.nodePools.find((pool) => pool.name === node.nodePool)?.provisioningState ?? '',
    podsCount: forecasts.length,
  };
}

/** Why the pod could not leave, as a sentence; null when it can. */
function refusalOf({ pod, budgets, eviction }: PodForecast, answers: DryRuns): string | null {
  const answer = answers.get(pod.uid) ?? { status: eviction.status, message: eviction.cause === '' ? eviction.message : eviction.cause };
  // 404 and 409: the pod is gone, or another one by now.
  if (answer.status < 300 || answer.status === 404 || answer.status === 409) return null;
  const guards = budgets.length === 0 ? '' : ` (${budgets.map(fullName).join(', ')})`;
  return `${fullName(pod)}${guards}: ${answer.message === '' ? `answer ${answer.status}` : answer.message}`;
}

function stillBlocked(node: string, stuck: readonly string[]): CleanUpRefusal {
  const more = stuck.length > PODS_NAMED ? ` And ${stuck.length - PODS_NAMED} more pods.` : '';
  return refuseCleanUp(
    'still-blocked',
    `What set ${node} aside is still there; Azure would set it aside again. Refused now by dry run: ${stuck.slice(0, PODS_NAMED).join(' · ')}${more}`,
    'Give the budget room (more replicas, a budget that allows one disruption, or move the pod), then say it again.',
  );
}
