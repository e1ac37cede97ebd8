import { laterAnnouncement } from '../domain/announced-upgrade.ts';
import type { UpgradeAnnouncement } from '../domain/announced-upgrade.ts';
import type { Outcome } from '../domain/failure.ts';
import type { Ports } from './ports.ts';

/**
 * Remembers an upgrade that AKS has announced for a cluster, so that the dashboard names it, or forgets one that is over.
 *
 * May be repeated. A cluster without policy is nobody's here, and nothing is remembered of it.
 */
export async function keepAnnouncedUpgrade(ports: Ports, clusterResourceId: string, announcement: UpgradeAnnouncement): Promise<Outcome<'noted' | 'no-policy'>> {
  const read = await ports.policies.readPolicies();
  if (!read.ok) return read;
  const policy = read.value.policies.find((each) => each.clusterResourceId.toLowerCase() === clusterResourceId.toLowerCase());
  if (policy === undefined) return { ok: true, value: 'no-policy' };
  const kept = await ports.state.changeState(
    policy.clusterResourceId,
    ({ announced, ...state }) => {
      const later = laterAnnouncement(announced ?? null, announcement);
      return later === null ? state : { ...state, announced: later };
    },
    announcement.state === 'over' ? 'AKS says that an upgrade of its own is over' : 'AKS has announced an upgrade of its own',
  );
  if (!kept.ok) return kept;
  ports.logger.log('info', 'inbox.upgrade-announced', { policy: policy.name, ...announcement });
  return { ok: true, value: 'noted' };
}
