import { namesText } from './budget-health.ts';
import type { Node, Workload } from './cluster-snapshot.ts';
import { fullName, matchesSelector } from './disruption-budget.ts';
import { isRecord, numberAt, parseJson, recordsAt, textAt, timeAt } from './json.ts';
import type { JsonRecord } from './json.ts';
import type { Finding } from './preflight-report.ts';
import type { PreflightCheck } from './preflight-view.ts';
import type { Instant } from './time.ts';
import { ownerOfPod } from './workload.ts';
import type { ProvisioningBudget } from './workload-facts.ts';

/** A drainer that is at work, with the nodes it holds. */
interface Drainer {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly evidence: string;
}

/**
 * Others that cordon and drain nodes at this moment. Two drainers take two nodes for one budget.
 *
 * Facts: kured keeps its lock as JSON in the annotation `weave.works/kured-node-lock` of its DaemonSet, and with
 * `--annotate-nodes` marks a node `weave.works/kured-reboot-in-progress`; the Flatcar Linux update operator marks a node
 * `flatcar-linux-update.v1.flatcar-linux.net/reboot-in-progress`.
 */
export const checkOtherDrainers: PreflightCheck = ({ snapshot }) => {
  const drainers: readonly Drainer[] = [
    ...kuredLocks(snapshot.workloads, snapshot.takenAt),
    ...markedNodes(snapshot.nodes, 'kured', 'weave.works/kured-reboot-in-progress'),
    ...markedNodes(snapshot.nodes, 'flatcar-linux-update-operator', 'flatcar-linux-update.v1.flatcar-linux.net/reboot-in-progress'),
  ];
  return [...Map.groupBy(drainers, ({ name }) => name)].map(([name, all]): Finding => {
    const nodes = [...new Set(all.flatMap((one) => one.nodes))].sort();
    return {
      code: 'OTHER_DRAINER_ACTIVE',
      where: name,
      severity: 'block',
      pools: ['*'],
      message: `${name} holds ${namesText(nodes)}: it drains and reboots nodes now, and beside it an upgrade would take more pods than a budget expects.`,
      remedy: `Wait until ${name} lets go of ${namesText(nodes)}, or pause ${name} for the window.`,
      owner: null,
      evidence: { nodes, seen: all.map(({ evidence }) => evidence) },
    };
  });
};

const kuredLockAnnotation = 'weave.works/kured-node-lock';

function kuredLocks(workloads: readonly Workload[], now: Instant): readonly Drainer[] {
  return workloads.flatMap((workload) => {
    const text = workload.kind === 'DaemonSet' ? workload.annotations[kuredLockAnnotation] : undefined;
    const lock = text === undefined ? null : parseJson(text);
    if (!isRecord(lock)) return [];
    // With more than one owner allowed the locks stand in a list.
    const held = [lock, ...recordsAt(lock, 'locks')].filter((one) => textAt(one, 'nodeID') !== null && !isExpired(one, now));
    const nodes = held.flatMap((one) => textAt(one, 'nodeID') ?? []);
    return nodes.length === 0 ? [] : [{ name: 'kured', nodes, evidence: `${kuredLockAnnotation} of DaemonSet ${fullName(workload)}` }];
  });
}

/** `TTL` is a Go duration: nanoseconds; 0 never ends. */
function isExpired(lock: JsonRecord, now: Instant): boolean {
  const lifeMs = (numberAt(lock, 'TTL') ?? 0) / 1e6;
  const created = timeAt(lock, 'created');
  return lifeMs > 0 && created !== null && created + lifeMs < now;
}

function markedNodes(nodes: readonly Node[], name: string, annotation: string): readonly Drainer[] {
  const marked = nodes.filter((node) => node.annotations[annotation] !== undefined && node.annotations[annotation] !== 'false');
  return marked.length === 0 ? [] : [{ name, nodes: marked.map((node) => node.name), evidence: `annotation ${annotation}` }];
}

/**
 * Node auto-provisioning whose budgets limit only while their schedule lasts: outside it nodes are replaced without a
 * limit, which is the contrary of a maintenance window.
 *
 * Facts: Karpenter docs, "Disruption", section "NodePool Disruption Budgets".
 */
export const checkProvisioningBudgets: PreflightCheck = ({ snapshot }) =>
  snapshot.workloadFacts.provisionedPools.flatMap(({ name, budgets }): readonly Finding[] => {
    const scheduled = budgets.filter(({ schedule }) => schedule !== null);
    if (scheduled.length === 0 || budgets.some((budget) => budget.schedule === null && limitsAll(budget))) return [];
    return [
      {
        code: 'NAP_BUDGET_NOT_A_WINDOW',
        where: name,
        severity: 'warn',
        pools: [],
        message: `The disruption budgets of node auto-provisioning's NodePool ${name} limit only ${scheduled.map(scheduleText).join(' and ')}; at all other times its nodes may be replaced without a limit.`,
        remedy: `Add a budget without a schedule to NodePool ${name}, for example nodes: "10%", and close the hours outside the window with nodes: "0".`,
        owner: null,
        evidence: { budgets },
      },
    ];
  });

function limitsAll({ nodes, reasons }: ProvisioningBudget): boolean {
  return reasons.length === 0 && nodes !== '100%';
}

function scheduleText({ schedule, duration, nodes }: ProvisioningBudget): string {
  return `for ${duration ?? 'a while'} from "${schedule ?? ''}" (nodes: ${nodes})`;
}

/** Load balancers that reach pods through any node: long-lived connections die with a node that holds none of the pods. */
export const checkLoadBalancers: PreflightCheck = ({ snapshot, pools, workloads }) => {
  const fronts = snapshot.workloadFacts.services.filter(
    ({ type, externalTrafficPolicy, selector }) => type === 'LoadBalancer' && externalTrafficPolicy !== 'Local' && Object.keys(selector).length > 0,
  );
  if (fronts.length === 0 || pools.length === 0) return [];
  const nodes = Math.max(1, snapshot.nodes.length);
  const byNamespace = Map.groupBy(snapshot.pods, ({ namespace }) => namespace);
  return fronts.flatMap((front): readonly Finding[] => {
    const selector = { matchLabels: front.selector, matchExpressions: [] };
    const pods = (byNamespace.get(front.namespace) ?? []).filter(({ labels }) => matchesSelector(selector, labels));
    const [first] = pods;
    if (first === undefined) return [];
    return [
      {
        code: 'LB_CLUSTER_POLICY',
        where: fullName(front),
        severity: 'info',
        pools: pools.map(({ name }) => name).sort(),
        message: `Traffic to ${fullName(front)} passes through any node (externalTrafficPolicy Cluster): long-lived connections end with the node they pass, even where none of its ${pods.length} pods runs. Expect brief resets as each of ${nodes} nodes leaves, of up to 1 in ${nodes} connections.`,
        remedy: 'Set externalTrafficPolicy to Local where clients cannot reconnect, or tell them to expect it.',
        owner: ownerOfPod(first, snapshot, workloads),
        evidence: { externalTrafficPolicy: front.externalTrafficPolicy, pods: pods.length },
      },
    ];
  });
};
