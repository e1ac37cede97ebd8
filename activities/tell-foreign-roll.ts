import type { Outcome } from '../domain/failure.ts';
import { renderForeignRoll, runOvertaken } from '../domain/foreign-roll.ts';
import type { ForeignRoll } from '../domain/foreign-roll.ts';
import type { Instant } from '../domain/time.ts';
import { windowInstanceId } from '../domain/window-identity.ts';
import { isSameText, type InboxResult } from './inbox-result.ts';
import type { Ports } from './ports.ts';

/** A pool of which AKS says that a roll began. */
interface BegunRoll {
  readonly clusterResourceId: string;
  readonly pool: string;
  /** Null where the event tells no time. */
  readonly at: Instant | null;
}

/**
 * Tells in the issue of the run that has ended that its window sees another roll, which is not the run's: AKS's own, or
 * somebody's. A clean-up that is under way tells its own. May be repeated: the comment is found again by its marker.
 */
export async function tellForeignRoll(ports: Ports, { clusterResourceId, pool, at: told }: BegunRoll): Promise<Outcome<Extract<InboxResult, { kind: 'done' }>['what']>> {
  const at = told ?? ports.clock.now();
  const seen = await ports.windows.read(windowInstanceId(clusterResourceId));
  if (!seen.ok) return seen;
  const run = runOvertaken(seen.value?.status ?? null, at);
  if (run?.issue === undefined || run.issue === null) return { ok: true, value: 'no-run' };
  const cleanUps = await ports.windows.listCleanUps();
  if (!cleanUps.ok) return cleanUps;
  if (cleanUps.value.some(({ status }) => status === null || isSameText(status.clusterResourceId, clusterResourceId))) return { ok: true, value: 'no-run' };
  const { repository, number } = run.issue;
  const { marker, body } = renderForeignRoll(run, await lookAtRoll(ports, clusterResourceId, pool, at));
  const posted = await ports.github.ensureComment({ repository, issueNumber: number, marker, body });
  return posted.ok ? { ok: true, value: 'noted' } : posted;
}

/** Who and to what, as far as Azure says; what it does not say is left out. */
async function lookAtRoll({ aks, azureFacts }: Ports, clusterResourceId: string, pool: string, at: Instant): Promise<ForeignRoll> {
  const [read, offers] = await Promise.all([aks.readCluster(clusterResourceId), aks.readNodePoolOffers(clusterResourceId, pool)]);
  const writes = read.ok ? await azureFacts.readRecentWrites(read.value.cluster) : null;
  const write = writes?.ok === true ? writes.value.find(({ outcome, resourceId }) => outcome === 'under-way' && resourceId.toLowerCase().endsWith(`/${pool.toLowerCase()}`)) : undefined;
  const channel = read.ok ? read.value.cluster.nodeOsUpgradeChannel : null;
  return { pool, at, by: write?.caller ?? null, channel: channel === null || /^(none|unmanaged)$/i.test(channel) ? null : channel, image: offers.ok ? offers.value.latestNodeImageVersion : null };
}
