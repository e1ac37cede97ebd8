import { isEqualJson, isRecord, listAt, recordAt, textAt, valueAt } from '../domain/json.ts';
import type { AksCore } from './aks-operation.ts';
import { renderCluster } from './aks-render.ts';
import { refuseBusyCluster, refuseByETag } from './aks-refusals.ts';
import type { AksState } from './aks-state.ts';
import { changeSettings, upgradeControlPlane } from './aks-upgrade.ts';
import { isOlderVersion, minorsBetween } from './aks-versions.ts';
import { armAnswer, armNotSimulated, asyncHeader, serviceError } from './arm-answers.ts';
import { readPutVersion } from './aks-pool-write.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** Fields of `properties` whose change the simulation takes over as it is. */
const TAKEN_FIELDS = ['autoUpgradeProfile', 'upgradeSettings'];
/** Fields of `properties` a client sends back as read, or leaves out. */
const IGNORED_FIELDS = [
  'kubernetesVersion', 'currentKubernetesVersion', 'provisioningState', 'powerState', 'agentPoolProfiles', 'status', 'fqdn',
  'azurePortalFQDN', 'privateFQDN', 'maxAgentPools', 'servicePrincipalProfile', 'resourceUID',
];

/**
 * PUT of the cluster: with another `kubernetesVersion` a control-plane upgrade, with the same one a reconcile.
 *
 * Pools must come back as they are; a full upgrade is not simulated.
 */
export function putCluster(core: AksCore, request: WireRequest, by: string): WireResponse {
  const { aks } = core;
  const refused = refuseByETag(request, aks.eTag) ?? refuseBusyCluster(aks) ?? refuseBody(aks, request.body);
  if (refused !== null) return refused;
  const version = readPutVersion(valueAt(request.body, 'properties', 'kubernetesVersion'), aks.kubernetesVersion, aks.offeredVersions.map((offer) => offer.version));
  // The version of an upgrade that did not end well is asked for again to resume it; it was offered before.
  const isUpgrade = version !== aks.servedVersion;
  const refusal = isUpgrade && version !== aks.kubernetesVersion ? refuseVersion(aks, version) : null;
  if (refusal !== null) return refusal;
  const changed = takeFields(aks, request.body);
  if (!isUpgrade && changed === 'nothing' && aks.provisioningState === 'Succeeded') return armAnswer(200, renderCluster(aks));
  const operation = isUpgrade ? upgradeControlPlane(core, version, by) : changeSettings(core, null, by);
  return armAnswer(200, renderCluster(aks), asyncHeader(aks, operation));
}

function refuseBody(aks: AksState, body: unknown): WireResponse | null {
  if (!isRecord(body) || !isRecord(body['properties'])) return serviceError(400, 'InvalidRequestContent', 'The request content was invalid: an object with `properties` is required.');
  if (textAt(body, 'location') === null) return serviceError(400, 'LocationRequired', "The location property is required for this definition.");
  const pools = listAt(body, 'properties', 'agentPoolProfiles');
  const versions = pools.map((pool) => textAt(pool, 'orchestratorVersion'));
  const wanted = textAt(body, 'properties', 'kubernetesVersion') ?? aks.kubernetesVersion;
  const isUnchanged = (pool: unknown): boolean => {
    const version = textAt(pool, 'orchestratorVersion');
    return version === null || version === aks.pools.get(textAt(pool, 'name') ?? '')?.orchestratorVersion;
  };
  const isMixed = versions.some((version) => version === null) && versions.some((version) => version !== null);
  const isFull = !isMixed && pools.some((pool) => !isUnchanged(pool));
  if (isMixed || (isFull && versions.some((version) => version !== wanted))) return poolVersionsError();
  if (isFull) return armNotSimulated('a full upgrade in one PUT of the cluster');
  return refuseOtherChange(aks, body);
}

function refuseOtherChange(aks: AksState, body: unknown): WireResponse | null {
  for (const [field, value] of Object.entries(recordAt(body, 'properties'))) {
    if (TAKEN_FIELDS.includes(field) || IGNORED_FIELDS.includes(field) || value === null) continue;
    if (!isEqualJson(value, aks.properties[field]) && !isEmpty(value)) return armNotSimulated(`a change of the cluster's ${field}`);
  }
  return null;
}

function isEmpty(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}

function refuseVersion(aks: AksState, version: string): WireResponse | null {
  const channel = textAt(aks.properties, 'autoUpgradeProfile', 'upgradeChannel') ?? 'none';
  // Only the control plane is asked for; with a channel on, AKS wants control plane and pools to move together.
  if (channel !== 'none') return poolVersionsError();
  const offered = aks.offeredVersions.map((offer) => offer.version);
  const isOffered = offered.includes(version) && !isOlderVersion(version, aks.kubernetesVersion);
  if (isOffered && (minorsBetween(aks.kubernetesVersion, version) ?? 2) <= 1) return null;
  const available = offered.join(' ');
  return serviceError(
    400,
    'K8sVersionNotSupported',
    `Upgrading Kubernetes version ${aks.kubernetesVersion} to ${version} is not allowed. Available upgrades: [${available}]. Please see https://aka.ms/aks-supported-k8s-ver for version details.`,
  );
}

function poolVersionsError(): WireResponse {
  return serviceError(
    400,
    'NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged',
    "Using managed cluster api, all Agent pools' OrchestratorVersion must be all specified or all unspecified. If all specified, they must be stay unchanged or the same with control plane. For agent pool specific change, please use per agent pool operations: https://aka.ms/agent-pool-rest-api",
  );
}

function takeFields(aks: AksState, body: unknown): 'something' | 'nothing' {
  const wanted = recordAt(body, 'properties');
  const changes = TAKEN_FIELDS.filter((field) => isRecord(wanted[field]) && !isEqualJson(wanted[field], aks.properties[field] ?? {}));
  for (const field of changes) aks.properties = { ...aks.properties, [field]: wanted[field] };
  return changes.length > 0 ? 'something' : 'nothing';
}
