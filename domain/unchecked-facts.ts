import { activeNodeOsChannel } from './aks-window.ts';
import type { AzureFactName } from './azure-facts.ts';
import { coresLeft } from './capacity-findings.ts';
import { raisesMinor } from './cluster-findings.ts';
import type { Unchecked } from './cluster-snapshot.ts';
import { readMachineSize } from './machine-size.ts';
import { activeAutoUpgradeChannel } from './plan-maintenance.ts';
import type { PreflightView } from './preflight-view.ts';
import { subnetsOf } from './subnet-demand.ts';
import { surgingPools } from './subnet-findings.ts';

/** What of Azure was not read and this run depends on, with the reason. */
export function uncheckedFacts(view: PreflightView): readonly Unchecked[] {
  const { azureFacts, cluster } = view.snapshot;
  const surges = surgingPools(view).length > 0;
  const isDriven = activeAutoUpgradeChannel(cluster) !== null || activeNodeOsChannel(view) !== null;
  const parts: readonly (readonly [AzureFactName, string, boolean])[] = [
    ['quota', 'vCPU quota', surges],
    ['network', 'network of the node pools', surges],
    ['subnets', 'free addresses of the subnets', surges],
    ['locks', 'locks on the cluster and its nodes', view.pools.length > 0],
    ['maintenanceConfigurations', 'windows in which AKS upgrades by itself', isDriven],
    ['deprecatedApiUses', 'use of APIs that the new version removes', raisesMinor(view)],
    ['credential', "expiry of the cluster's credential", true],
    ['recentWrites', 'which operation failed, when, and whose it was', cluster.provisioningState === 'Failed'],
  ];
  const unread = parts.flatMap(([name, what, matters]) =>
    matters && azureFacts[name] === null ? [{ what, why: azureFacts.whyUnread[name] ?? 'It was not read.' }] : [],
  );
  return [...unread, ...uncheckedApiUses(view), ...uncheckedCredential(view), ...surgingPools(view).flatMap(({ pool }) => [...uncheckedCores(view, pool), ...uncheckedSubnets(view, pool)])];
}

/** Uses were read, yet the source of them leaves something open. */
function uncheckedApiUses(view: PreflightView): readonly Unchecked[] {
  const { deprecatedApiUses, whyUnread } = view.snapshot.azureFacts;
  if (deprecatedApiUses === null || whyUnread.deprecatedApiUses === undefined || !raisesMinor(view)) return [];
  return [{ what: 'when APIs that the new version removes were last used, and by whom', why: whyUnread.deprecatedApiUses }];
}

function uncheckedCredential({ snapshot: { azureFacts } }: PreflightView): readonly Unchecked[] {
  const { credential } = azureFacts;
  if (credential === null || credential.kind === 'managed-identity' || credential.expiresAt !== null) return [];
  return [{ what: "expiry of the cluster's credential", why: azureFacts.whyUnread.credential ?? 'Azure Resource Manager does not tell when the secret of a service principal ends.' }];
}

type Pool = PreflightView['pools'][number];

function uncheckedCores(view: PreflightView, pool: Pool): readonly Unchecked[] {
  if (view.snapshot.azureFacts.quota === null) return [];
  const what = `vCPU quota of pool/${pool.name}`;
  if (readMachineSize(pool.vmSize) === null) return [{ what, why: `The name ${pool.vmSize} does not tell how many vCPUs it has.` }];
  const left = coresLeft(view, pool);
  if (left === null) return [{ what, why: 'The usages hold no meter for the whole region.' }];
  return left.family === null ? [{ what, why: `Only the whole region was compared: the usages hold no meter for ${pool.vmSize}.` }] : [];
}

function uncheckedSubnets({ snapshot: { azureFacts } }: PreflightView, pool: Pool): readonly Unchecked[] {
  const { network, subnets } = azureFacts;
  if (network === null || subnets === null) return [];
  const known = new Set(subnets.map(({ id }) => id.toLowerCase()));
  return subnetsOf(pool, network)
    .filter((id) => !known.has(id.toLowerCase()))
    .map((id) => ({ what: `free addresses for pool/${pool.name}`, why: id === '' ? 'AKS manages its network, and its subnet was not found.' : `The usages hold no subnet ${id}.` }));
}
