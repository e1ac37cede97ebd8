import { textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { SKEW_MINORS_MAX } from '../domain/kubernetes-version.ts';
import { DAY_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import type { AksState, PoolState } from './aks-state.ts';
import { isOlderVersion, minorsBetween } from './aks-versions.ts';
import { serviceError } from './arm-answers.ts';
import type { NodeRelease } from './surge-nodes.ts';
import type { WireResponse } from './wire.ts';

/** How long a pool may go back. Source: AKS docs, "Roll back node pool versions". */
const ROLLBACK_DAYS = 7;

/**
 * The release a pool's PUT asks to go back to: the one used last, named by its image, its version named with it or left out. Null
 * when it asks for nothing of the kind, or for what is not to be had any more.
 */
export function findRollback(pool: PoolState, wanted: JsonRecord, now: Instant): NodeRelease | null {
  const image = textAt(wanted, 'nodeImageVersion');
  const [last] = pool.recentlyUsed;
  if (image === null || last === undefined || last.nodeImageVersion !== image || now - last.at > ROLLBACK_DAYS * DAY_MS) return null;
  const version = textAt(wanted, 'orchestratorVersion') ?? last.orchestratorVersion;
  const isPresent = image === pool.nodeImageVersion && version === pool.orchestratorVersion;
  return version === last.orchestratorVersion && !isPresent ? { kubernetesVersion: version, nodeImageVersion: image } : null;
}

/** Why AKS does not go back; null when it does. That a channel must be off is documented, the words of the refusal are not. */
export function refuseRollback(aks: AksState, release: NodeRelease): WireResponse | null {
  const channel = textAt(aks.properties, 'autoUpgradeProfile', 'upgradeChannel') ?? 'none';
  if (channel !== 'none') {
    return serviceError(400, 'OperationNotAllowed', `Node pool rollback is not allowed while the auto upgrade channel '${channel}' is enabled. Please disable it before rolling back.`);
  }
  return refuseSkew(aks, release.kubernetesVersion);
}

/** A pool is never ahead of its control plane, nor too far behind. */
export function refuseSkew(aks: AksState, version: string): WireResponse | null {
  const behind = minorsBetween(version, aks.servedVersion) ?? 0;
  if (!isOlderVersion(aks.servedVersion, version) && behind <= SKEW_MINORS_MAX) return null;
  return serviceError(
    400,
    'NodePoolMcVersionIncompatible',
    `Node pool version ${version} and control plane version ${aks.servedVersion} are incompatible. Minor version of node pool version cannot be bigger than control plane version, nor can it be more than ${SKEW_MINORS_MAX} versions less than control plane version.`,
  );
}
