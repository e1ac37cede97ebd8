import { isEqualJson, isRecord, numberAt, recordAt, textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { AksCore } from './aks-operation.ts';
import { renderPool } from './aks-render.ts';
import { refuseAbort, refuseBusyPool, refuseByETag } from './aks-refusals.ts';
import type { AksState, OperationRecord, PoolState } from './aks-state.ts';
import { abortOperation, changeSettings, upgradePool } from './aks-upgrade.ts';
import { isOlderVersion, minorsBetween } from './aks-versions.ts';
import { actionHeaders, armAnswer, armNotSimulated, asyncHeader, serviceError } from './arm-answers.ts';
import { findOldNodes } from './pool-roll.ts';
import { keyOf, podsIn } from './kubernetes-store.ts';
import type { KubernetesStore } from './kubernetes-store.ts';
import { findRollback, refuseRollback, refuseSkew } from './aks-rollback.ts';
import type { NodeRelease } from './surge-nodes.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** Fields of a pool's `properties` a client sends back as read, or that have rules of their own. */
const HANDLED_FIELDS = [
  'orchestratorVersion', 'upgradeSettings', 'provisioningState', 'powerState', 'currentOrchestratorVersion', 'status', 'eTag',
  'nodeImageVersion', 'creationData',
];

/** PUT of a pool: another version rolls it, other upgrade settings are stored; both may come together. A recently used node image asks for a rollback. */
export function putPool(core: AksCore, pool: PoolState, request: WireRequest, by: string): WireResponse {
  const { aks, cluster } = core;
  const wanted = recordAt(request.body, 'properties');
  const release = findRollback(pool, wanted, cluster.timeline.now());
  const refused = refuseByETag(request, pool.eTag) ?? refuseBusyPool(aks, pool) ?? refusePoolBody(pool, wanted, { body: request.body, release });
  if (refused !== null) return refused;
  if (release !== null) return rollBack(core, pool, release, by);
  const version = readPutVersion(wanted['orchestratorVersion'], pool.orchestratorVersion, [aks.servedVersion]);
  const isUpgrade = version !== pool.orchestratorVersion;
  const refusal = isUpgrade ? (refusePoolVersion(aks, pool, version) ?? refuseUnsatisfiableBudget(cluster.store)) : null;
  if (refusal !== null) return refusal;
  const settings = isRecord(wanted['upgradeSettings']) ? wanted['upgradeSettings'] : pool.upgradeSettings;
  const isSameSettings = isEqualJson(settings, pool.upgradeSettings);
  if (!isUpgrade && isSameSettings && pool.provisioningState === 'Succeeded') return armAnswer(200, renderPool(aks, pool));
  pool.upgradeSettings = settings;
  const operation = isUpgrade || mustResume(core, pool) ? roll(core, pool, version, by) : changeSettings(core, pool, by);
  return armAnswer(200, renderPool(aks, pool), asyncHeader(aks, operation));
}

/** POST upgradeNodeImageVersion: rolls the pool to the newest image; takes no eTag. */
export function postNodeImageUpgrade(core: AksCore, pool: PoolState, by: string): WireResponse {
  const { aks } = core;
  const refused = refuseBusyPool(aks, pool);
  if (refused !== null) return refused;
  const release = { kubernetesVersion: pool.orchestratorVersion, nodeImageVersion: pool.latestNodeImageVersion };
  // A pool without nodes shows only by its own image whether there is something to do.
  const isDone = pool.provisioningState === 'Succeeded' && pool.nodeImageVersion === release.nodeImageVersion && findOldNodes(core, pool, release).length === 0;
  const operation = isDone ? changeSettings(core, pool, by) : upgradePool(core, pool, release, { state: 'UpgradingNodeImageVersion', by });
  return armAnswer(202, renderPool(aks, pool), actionHeaders(aks, operation));
}

/** POST abort: 202 with the state before it, 409 when nothing runs. */
export function postAbort(core: AksCore, pool: PoolState | null, body: () => JsonRecord, by: string): WireResponse {
  const resource = pool ?? core.aks;
  const refused = refuseAbort(resource);
  if (refused !== null || resource.running === null) return refused ?? armNotSimulated('this abort');
  const before = body();
  const abort: OperationRecord = abortOperation(core, pool, resource.running, by);
  return armAnswer(202, before, actionHeaders(core.aks, abort));
}

/** The version a PUT asks for: absent keeps `current`, `major.minor` is the newest known patch of it. */
export function readPutVersion(wanted: unknown, current: string, known: readonly string[]): string {
  if (typeof wanted !== 'string' || wanted === '') return current;
  if (!/^\d+\.\d+$/.test(wanted)) return wanted;
  // Asking for the minor that runs does not move the patch (AKS API description).
  if (current.startsWith(`${wanted}.`)) return current;
  const patches = known.filter((version) => version.startsWith(`${wanted}.`));
  return patches.reduce((newest, one) => (isOlderVersion(newest, one) ? one : newest), patches[0] ?? wanted);
}

/** Whether an earlier try left work: it ended badly with old nodes, or its surge nodes are still there. */
function mustResume(core: AksCore, pool: PoolState): boolean {
  if (pool.provisioningState === 'Succeeded') return false;
  const release = { kubernetesVersion: pool.orchestratorVersion, nodeImageVersion: pool.latestNodeImageVersion };
  const hasSurge = [...core.cluster.store.nodes.values()].some((node) => node.pool === pool.name && node.isSurge);
  return hasSurge || findOldNodes(core, pool, release).length > 0;
}

function roll(core: AksCore, pool: PoolState, version: string, by: string): OperationRecord {
  const release = { kubernetesVersion: version, nodeImageVersion: pool.latestNodeImageVersion };
  return upgradePool(core, pool, release, { state: 'Upgrading', by });
}

function rollBack(core: AksCore, pool: PoolState, release: NodeRelease, by: string): WireResponse {
  const { aks, cluster } = core;
  const refused = refuseRollback(aks, release) ?? refuseUnsatisfiableBudget(cluster.store);
  if (refused !== null) return refused;
  const operation = upgradePool(core, pool, release, { state: 'Upgrading', by, direction: 'back' });
  return armAnswer(200, renderPool(aks, pool), asyncHeader(aks, operation));
}

function refusePoolBody(pool: PoolState, wanted: JsonRecord, { body, release }: { readonly body: unknown; readonly release: NodeRelease | null }): WireResponse | null {
  if (!isRecord(body) || Object.keys(wanted).length === 0) return serviceError(400, 'InvalidRequestContent', 'The request content was invalid: an object with `properties` is required.');
  const image = textAt(wanted, 'nodeImageVersion');
  if (image !== null && image !== pool.nodeImageVersion && image !== 'latest' && release === null) {
    return serviceError(400, 'InvalidParameter', `NodeImageVersion '${image}' is not accepted. NodeImageVersion can only be current version '${pool.nodeImageVersion}' or 'latest'`);
  }
  const mode = textAt(wanted, 'mode');
  if (mode !== null && !['System', 'User', 'Gateway'].includes(mode)) {
    return serviceError(400, 'InvalidParameter', `The value of parameter agentPoolProfile.mode is invalid. Error details: '${mode}' is not one of System, User, Gateway.`);
  }
  for (const [field, value] of Object.entries(wanted)) {
    if (HANDLED_FIELDS.includes(field) || value === null || isEqualJson(value, pool.properties[field])) continue;
    if (pool.properties[field] !== undefined) return armNotSimulated(`a change of the pool's ${field}`);
  }
  return refuseSettings(pool, recordAt(wanted, 'upgradeSettings'));
}

function refuseSettings(pool: PoolState, settings: JsonRecord): WireResponse | null {
  const drainMinutes = numberAt(settings, 'drainTimeoutInMinutes');
  const soakMinutes = numberAt(settings, 'nodeSoakDurationInMinutes');
  const behavior = textAt(settings, 'undrainableNodeBehavior');
  const wrong = (field: string, rule: string): WireResponse =>
    serviceError(400, 'InvalidParameter', `The value of parameter agentPoolProfile.upgrade.${field} is invalid. Error details: ${rule}.`);
  if (drainMinutes !== null && (drainMinutes < 5 || drainMinutes > 1_440)) return wrong('drainTimeoutInMinutes', 'it must be between 5 and 1440');
  if (soakMinutes !== null && (soakMinutes < 0 || soakMinutes > 30)) return wrong('nodeSoakDurationInMinutes', 'it must be between 0 and 30');
  if (behavior !== null && behavior !== 'Schedule' && behavior !== 'Cordon') return wrong('undrainableNodeBehavior', 'it must be Schedule or Cordon');
  const unavailable = settings['maxUnavailable'] ?? '0';
  const isSystem = textAt(pool.properties, 'mode') === 'System';
  return isSystem && unavailable !== '0' && unavailable !== '0%' ? wrong('maxUnavailable', 'it is not supported on system node pools') : null;
}

function refusePoolVersion(aks: AksState, pool: PoolState, version: string): WireResponse | null {
  if (isOlderVersion(version, pool.orchestratorVersion) || minorsBetween(pool.orchestratorVersion, version) === null) {
    return serviceError(
      400,
      'AgentPoolUpgradeVersionNotAllowed',
      `Upgrading Kubernetes version ${pool.orchestratorVersion} to ${version} is not allowed. Available upgrades: [${aks.servedVersion}]. Please see https://aka.ms/aks-supported-k8s-ver for version details.`,
    );
  }
  return refuseSkew(aks, version);
}

/** The one budget mistake AKS itself looks for. Source: AKS support, UnsatisfiablePDB (the misspelling is AKS's). */
function refuseUnsatisfiableBudget(store: KubernetesStore): WireResponse | null {
  const found = [...store.budgets.values()].find(
    (budget) =>
      (budget.maxUnavailable === 0 || budget.maxUnavailable === '0%') &&
      [...podsIn(store, budget.namespace)].some((pod) => budget.selects(pod.labels)),
  );
  if (found === undefined) return null;
  return serviceError(400, 'UnsatisfiablePDB', `1 error occurred: * PDB ${keyOf(found)} has maxunavailble == 0 can't proceed with put operation`);
}
