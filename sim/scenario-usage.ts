import { numberAt, recordAt, recordsAt, textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { readMachineSize } from '../domain/machine-size.ts';
import type { Scenario } from './scenario.ts';

const subscription = '/subscriptions/00000000-0000-0000-0000-000000000000';

/** The subnet of a scenario's nodes; null where the scenario names no addresses and AKS manages the network. */
export function scenarioSubnetId({ cluster }: Pick<Scenario, 'cluster'>): string | null {
  const usable = numberAt(cluster, 'subnet', 'usable');
  return usable === null ? null : `${subscription}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/vnet/subnets/nodes`;
}

/** What Azure's providers beside AKS list: vCPU meters, addresses of the subnet, locks. */
export function usageDocuments(scenario: Scenario): { readonly subnetUsages: readonly JsonRecord[]; readonly coreUsages: readonly JsonRecord[] | null; readonly locks: readonly JsonRecord[] } {
  const { cluster } = scenario;
  const id = scenarioSubnetId(scenario);
  const limit = numberAt(cluster, 'quota', 'regionalLimit');
  const meter = (value: string, used: number | null, most: number | null): JsonRecord => ({ unit: 'Count', currentValue: used ?? 0, limit: most ?? 0, name: { value, localizedValue: value } });
  return {
    subnetUsages: id === null ? [] : [{ id, unit: 'Count', currentValue: numberAt(cluster, 'subnet', 'used') ?? 0, limit: numberAt(cluster, 'subnet', 'usable'), name: { value: 'SubnetSpace' } }],
    coreUsages:
      limit === null
        ? null
        : [
            meter('cores', numberAt(cluster, 'quota', 'regionalUsed'), limit),
            ...Object.entries(recordAt(cluster, 'quota', 'families')).map(([family, usage]) => meter(`standard${meterFamily(scenario, family)}Family`, numberAt(usage, 'used'), numberAt(usage, 'limit'))),
          ],
    locks: recordsAt(cluster, 'locks').map((lock) => ({
      id: `${subscription}/resourceGroups/${textAt(lock, 'scope') ?? ''}/providers/Microsoft.Authorization/locks/${textAt(lock, 'name') ?? ''}`,
      name: textAt(lock, 'name'),
      type: 'Microsoft.Authorization/locks',
      properties: { level: textAt(lock, 'level') },
    })),
  };
}

/** A scenario's family as its machines' meter names it: scenarios leave versions out (`NCADSA100` of `Standard_NC24ads_A100_v4`). */
function meterFamily({ pools }: Scenario, family: string): string {
  const size = pools.map(({ words }) => (textAt(words, 'family') === family ? textAt(words, 'vmSize') : null)).find((found) => found !== null) ?? null;
  const names = (size === null ? null : readMachineSize(size))?.families ?? [];
  return names.length === 0 || names.includes(family.toLowerCase()) ? family : (names[0] ?? family);
}
