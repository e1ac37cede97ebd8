import type { Outcome } from '../domain/failure.ts';
import { laterNotice } from '../domain/support-notice.ts';
import type { SupportNotice } from '../domain/support-notice.ts';
import type { Ports } from './ports.ts';
import { proposeUpgrades } from './propose-upgrades.ts';

/** What Azure said of a cluster's versions. */
interface VersionEvent {
  readonly clusterResourceId: string;
  /** Null: a new version, not the end of an old one's support. */
  readonly support: SupportNotice | null;
}

/**
 * Takes a word of Azure about a cluster's versions: what it said of support is remembered, and the upgrade pull request is brought up to date.
 *
 * May be repeated. A cluster without policy is nobody's here, and nothing is remembered of it.
 */
export async function receiveVersionEvent(ports: Ports, repository: string | null, { clusterResourceId, support }: VersionEvent): Promise<Outcome<'proposed' | 'withdrawn' | 'noted' | 'no-policy'>> {
  if (repository === null) return { ok: true, value: 'noted' };
  const read = await ports.policies.readPolicies();
  if (!read.ok) return read;
  const policy = read.value.policies.find((each) => each.clusterResourceId.toLowerCase() === clusterResourceId.toLowerCase());
  if (policy === undefined) return { ok: true, value: 'no-policy' };
  if (support !== null) {
    const why = `Azure says that support of ${support.version} ${support.said === 'ended' ? 'has ended' : 'ends'}`;
    const kept = await ports.state.changeState(policy.clusterResourceId, (state) => ({ ...state, support: laterNotice(state.support ?? null, support) }), why);
    if (!kept.ok) return kept;
  }
  return proposeUpgrades(ports, { repository, clusterResourceId: policy.clusterResourceId, occasion: support === null ? 'version' : 'support' });
}
