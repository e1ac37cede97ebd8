import type { Cluster } from '../domain/cluster-snapshot.ts';
import type { Ports } from './ports.ts';

/** ` by ann@example.com`: who began the newest write to the cluster or its pools that has not ended; empty where Azure names nobody. */
export async function nameWriter(ports: Ports, cluster: Cluster): Promise<string> {
  const writes = await ports.azureFacts.readRecentWrites(cluster);
  if (!writes.ok) {
    ports.logger.log('warn', 'writer.unnamed', { code: writes.failure.code });
    return '';
  }
  const caller = writes.value.find(({ outcome }) => outcome === 'under-way')?.caller ?? null;
  return caller === null ? '' : ` by ${caller.slice(0, 100)}`;
}
