import { recordAt, recordsAt, textAt, textMapAt, textsAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { AksCore } from './aks-operation.ts';
import type { AksError, PoolState } from './aks-state.ts';
import type { ClusterCore } from './cluster-core.ts';
import { readNode } from './kubernetes-load.ts';
import type { NodeRecord } from './kubernetes-objects.ts';
import { startDrain } from './node-drain.ts';
import type { DrainOptions } from './node-drain.ts';
import { cordonNode, hearNode, joinNode, leaveNode, NODE_IMAGE_LABEL, silenceNode, uncordonNode } from './node-lifecycle.ts';
import { parseTaintText } from './placement.ts';
import type { Cancel } from './timeline.ts';
import { kubernetesTime } from './timestamp.ts';
import { recordUpgradeEvent } from './upgrade-events.ts';

/** What a node runs. */
export interface NodeRelease {
  readonly kubernetesVersion: string;
  readonly nodeImageVersion: string;
}

/** Label keys AKS and Kubernetes set on every node; hand-made ones are not copied to surge nodes (AKS release notes, 2024-04-28). */
const OWN_LABEL = /^((.+\.)?kubernetes\.io|(.+\.)?k8s\.io|kubernetes\.azure\.com|topology\.disk\.csi\.azure\.com)\/|^(agentpool|storageprofile|storagetier)$/;

/**
 * Orders surge nodes and tells when all have come or failed.
 *
 * @returns How to stop: nodes not there yet never come.
 */
export function orderSurgeNodes(
  core: AksCore,
  order: { readonly pool: PoolState; readonly count: number; readonly release: NodeRelease },
  arrived: (nodes: readonly NodeRecord[], failure: AksError | null) => void,
): Cancel {
  const { timeline, durations } = core.cluster;
  const { pool, count, release } = order;
  const nodes: NodeRecord[] = [];
  const cancels: Cancel[] = [];
  let failure: AksError | null = null;
  let openCount = count;
  const settle = (): void => {
    openCount -= 1;
    if (openCount === 0) arrived(nodes, failure);
  };
  for (let index = 0; index < count; index += 1) {
    const refused = takeSurgeFailure(pool);
    const delay = durations.minutes(durations.physics.surgeCreateMinutes);
    const name = refused === null ? nextNodeName(pool) : '';
    cancels.push(
      timeline.after(delay, () => {
        if (refused === null) {
          const node = createSurgeNode(core, pool, name, release);
          joinNode(core.cluster, node);
          holdUnready(core, pool, node);
          nodes.push(node);
          recordUpgradeEvent(core.cluster, {
            type: 'Normal',
            reason: 'Surge',
            message: `Created a surge node [${node.name} ${pool.name}] for agentpool ${pool.name}`,
            node: node.name,
          });
          timeline.tell('node.added', `${node.name} joins as surge node`, { node: node.name, pool: pool.name });
        } else {
          failure = refused;
          timeline.tell('surge.failed', `no surge node for ${pool.name}: ${refused.code}`, { pool: pool.name, ...refused });
        }
        settle();
      }),
    );
  }
  return () => cancels.forEach((cancel) => cancel());
}

/** A node that joined and does not become Ready: its image, its network or its agents are at fault. */
function holdUnready({ cluster }: AksCore, pool: PoolState, node: NodeRecord): void {
  if (pool.surgeUnreadyMinutes === 0) return;
  silenceNode(cluster, node);
  if (Number.isFinite(pool.surgeUnreadyMinutes)) cluster.timeline.after(pool.surgeUnreadyMinutes * MINUTE_MS, () => hearNode(cluster, node));
}

/**
 * Drains and deletes surge nodes; one that does not empty in time stays, schedulable. Tells the drain errors at the end.
 *
 * They are emptied as fast as budgets let them: what a typical drain takes is in the time of the waves, not in that of the end.
 */
export function removeSurgeNodes(
  cluster: ClusterCore,
  nodes: readonly NodeRecord[],
  drain: DrainOptions,
  removed: (errors: readonly string[]) => void,
): Cancel {
  const { timeline, durations } = cluster;
  const errors: string[] = [];
  let openCount = nodes.length;
  if (openCount === 0) return timeline.after(0, () => removed(errors));
  const settle = (): void => {
    openCount -= 1;
    if (openCount === 0) removed(errors);
  };
  const cancels = nodes.map((node) => {
    cordonNode(cluster, node, 'AKS');
    return startDrain(cluster, node, { ...drain, leastMinutes: 0 }, (result) => {
      if (result.kind !== 'drained') {
        errors.push(result.message);
        uncordonNode(cluster, node, 'AKS');
        settle();
        return;
      }
      timeline.after(durations.minutes(durations.physics.surgeDeleteMinutes), () => {
        recordUpgradeEvent(cluster, { type: 'Normal', reason: 'Upgrade', message: `Deleting node ${node.name} from API server`, node: node.name });
        leaveNode(cluster, node);
        settle();
      });
    });
  });
  return () => cancels.forEach((cancel) => cancel());
}

function takeSurgeFailure(pool: PoolState): AksError | null {
  if (pool.surgeFailure === null) return null;
  const { code, message, times } = pool.surgeFailure;
  pool.surgeFailure = times > 1 ? { code, message, times: times - 1 } : null;
  return { code, message };
}

/** Instance numbers are written to base 36, six wide: `aks-apps-19283746-vmss00000c`. */
function nextNodeName(pool: PoolState): string {
  const name = `${pool.scaleSet}${pool.nextInstance.toString(36).padStart(6, '0')}`;
  pool.nextInstance += 1;
  return name;
}

function createSurgeNode({ aks, cluster }: AksCore, pool: PoolState, name: string, release: NodeRelease): NodeRecord {
  const siblings = [...cluster.store.nodes.values()].filter((node) => node.pool === pool.name);
  const model = siblings.find((node) => !node.isSurge) ?? siblings[0];
  const zones = textsAt(pool.properties, 'availabilityZones');
  const instance = Number.parseInt(name.slice(-6), 36);
  const zone = zones.length === 0 ? null : `${aks.location}-${pool.surgeZone ?? zones[instance % zones.length] ?? '1'}`;
  const labels = labelsOf(model, pool, { name, zone, image: release.nodeImageVersion });
  const since = kubernetesTime(cluster.timeline.now());
  const status = recordAt(model?.document, 'status');
  const taints = textsAt(pool.properties, 'nodeTaints').map(parseTaintText);
  const vm = `/subscriptions/${aks.subscriptionId}/resourceGroups/${textAt(aks.properties, 'nodeResourceGroup') ?? 'mc'}/providers/Microsoft.Compute/virtualMachineScaleSets/${pool.scaleSet}/virtualMachines/${instance}`;
  const node = readNode({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: cluster.prng.uuid(), creationTimestamp: since, labels, annotations: {} },
    spec: { providerID: `azure://${vm}`, ...(taints.length === 0 ? {} : { taints }) },
    status: {
      allocatable: status['allocatable'],
      capacity: status['capacity'],
      addresses: [{ type: 'InternalIP', address: `10.224.${Math.floor(instance / 250) + 1}.${(instance % 250) + 1}` }, { type: 'Hostname', address: name }],
      conditions: conditionsOf(status, since),
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      nodeInfo: {
        ...recordAt(status, 'nodeInfo'),
        kubeletVersion: `v${release.kubernetesVersion}`,
        bootID: cluster.prng.uuid(),
        machineID: cluster.prng.uuid().replaceAll('-', ''),
        systemUUID: cluster.prng.uuid(),
      },
    },
  });
  node.isSurge = true;
  return node;
}

function conditionsOf(status: JsonRecord, since: string): readonly JsonRecord[] {
  const others = recordsAt(status, 'conditions').filter((one) => one['type'] !== 'Ready');
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  return [...others, ready].map((one) => ({ ...one, lastHeartbeatTime: since, lastTransitionTime: since }));
}

function labelsOf(
  model: NodeRecord | undefined,
  pool: PoolState,
  own: { readonly name: string; readonly zone: string | null; readonly image: string },
): JsonRecord {
  const kept = Object.entries(model?.labels ?? {}).filter(([key]) => OWN_LABEL.test(key) && key !== 'kubernetes.azure.com/upgrade-status');
  const zoned = kept.map(([key, value]) => [key, own.zone !== null && key.endsWith('/zone') ? own.zone : value] as const);
  return {
    ...Object.fromEntries(zoned),
    ...textMapAt(pool.properties, 'nodeLabels'),
    agentpool: pool.name,
    'kubernetes.azure.com/agentpool': pool.name,
    'kubernetes.io/hostname': own.name,
    [NODE_IMAGE_LABEL]: own.image,
  };
}
