import type { Cluster, Node, NodePool } from './cluster-snapshot.ts';
import { isTerminalState } from './judge-progress.ts';
import type { Pin } from './pinned-version.ts';
import type { UnitName } from './upgrade-plan.ts';
import type { UnitStatus } from './window-status.ts';

/** What stands behind a pin now; `unknown` says in a clause why nobody can tell. */
export type Running = { readonly kind: 'runs'; readonly version: string } | { readonly kind: 'unknown'; readonly why: string };

type SeenNode = Pick<Node, 'nodePool' | 'kubeletVersion' | 'imageVersion'>;

/** What was read of a cluster, to tell what it runs. */
export interface ClusterLook {
  readonly cluster: Pick<Cluster, 'currentKubernetesVersion' | 'provisioningState'>;
  readonly nodePools: readonly Pick<NodePool, 'name' | 'provisioningState' | 'currentOrchestratorVersion' | 'nodeImageVersion'>[];
  /** Null: they could not be read, so nothing is known of pools. */
  readonly nodes: readonly SeenNode[] | null;
  /** Units of a run that ended, whose end tells what ARM alone does not; empty outside a run. */
  readonly units: readonly Pick<UnitStatus, 'unit' | 'state' | 'startedAt'>[];
}

/**
 * What the cluster runs where `pin` pins it, from nodes rather than from what ARM was asked for.
 *
 * A pool runs a version when every node of it does. A pool without nodes is what ARM says; a control plane is, once nothing is
 * under way: ARM shows the new version while it is still being rolled out.
 */
export function runningAt(pin: Pin, look: ClusterLook): Running {
  if (pin.pool === null) return controlPlaneOf(look);
  const pool = look.nodePools.find(({ name }) => name === pin.pool);
  if (pool === undefined) return unknown(`the cluster has no pool ${pin.pool}`);
  if (look.nodes === null) return unknown('its nodes could not be read');
  const nodes = look.nodes.filter(({ nodePool }) => nodePool === pool.name);
  const versionOf = (node: SeenNode): string => (pin.field === 'kubernetesVersion' ? node.kubeletVersion : node.imageVersion);
  const versions = [...new Set(nodes.map(versionOf))];
  if (versions.length > 1) return unknown(`its nodes do not all run the same: ${versions.sort().slice(0, 4).join(', ')}`);
  const [version] = versions;
  if (version !== undefined && version !== '') return { kind: 'runs', version };
  if (isUndone(`pool/${pool.name}`, look) || !isTerminalState(pool.provisioningState)) return unknown('no node of the pool shows what it runs');
  return { kind: 'runs', version: pin.field === 'kubernetesVersion' ? pool.currentOrchestratorVersion : pool.nodeImageVersion };
}

function controlPlaneOf(look: ClusterLook): Running {
  const { currentKubernetesVersion, provisioningState } = look.cluster;
  if (isUndone('control-plane', look)) return unknown('the control plane was not seen to be upgraded');
  if (!isTerminalState(provisioningState)) return unknown(`Azure is at work on the cluster (${provisioningState})`);
  return { kind: 'runs', version: currentKubernetesVersion };
}

/** Whether the run began the unit and did not see it done. */
function isUndone(unit: UnitName, { units }: ClusterLook): boolean {
  return units.some((each) => each.unit === unit && each.startedAt !== null && each.state !== 'upgraded');
}

function unknown(why: string): Running {
  return { kind: 'unknown', why };
}
