import { compareVersions, parseKubernetesVersion } from './kubernetes-version.ts';

/** Why no pull request is to raise a policy's version. */
export type NoProposal =
  /** The policy leaves Kubernetes alone. */
  | 'not-wanted'
  /** AKS upgrades the cluster by itself. */
  | 'auto-upgrade'
  /** What the policy asks for already is still to come. */
  | 'not-there-yet'
  /** The policy follows every patch of its minor, and the next minor is not offered. */
  | 'follows-patches'
  | 'nothing-newer'
  /** Only a minor would be newer, and the policy's dates allow none at its next openings. */
  | 'minor-not-allowed'
  | 'unreadable';

/** What a policy's `target.kubernetesVersion` should become. */
export type UpgradeProposal = { readonly kind: 'propose'; readonly to: string; readonly step: 'minor' | 'patch' } | { readonly kind: 'none'; readonly why: NoProposal };

/** What a proposal is made from. */
export interface ProposalQuestion {
  /** As the policy has it: a minor, a full version, or null. */
  readonly wanted: string | null;
  /** What the control plane runs. */
  readonly running: string;
  /** What AKS offers the control plane, previews left out, in any order. */
  readonly offered: readonly string[];
  /** AKS's own channel; null when it is off. */
  readonly autoUpgradeChannel: string | null;
  readonly minors: 'allowed' | 'not-allowed';
  /** What Azure said of the running minor. */
  readonly support: 'ending' | 'not-said';
}

/**
 * The next version a policy should ask for; written as the policy writes: a minor stays a minor, a full version stays full.
 *
 * Only what AKS offers, only above what is asked for and what runs, never more than one minor above what runs. A pinned policy goes
 * to the newest patch of its minor first, unless support of that minor ends; one that follows a minor needs nothing for patches.
 * @see AKS "Upgrade an AKS cluster": minor versions cannot be skipped.
 */
export function proposeUpgrade({ wanted, running, offered, autoUpgradeChannel, minors, support }: ProposalQuestion): UpgradeProposal {
  if (wanted === null) return none('not-wanted');
  if (autoUpgradeChannel !== null) return none('auto-upgrade');
  const isPinned = parseKubernetesVersion(wanted) !== null;
  const asked = parseKubernetesVersion(isPinned ? wanted : `${wanted}.0`);
  const runs = parseKubernetesVersion(running);
  if (asked === null || runs === null) return none('unreadable');
  const isMinorAhead = asked.major !== runs.major || asked.minor > runs.minor;
  const isAwaited = isPinned && compareVersions(asked, runs) > 0 && offered.includes(wanted);
  if (isMinorAhead || isAwaited) return none('not-there-yet');

  const floor = compareVersions(asked, runs) > 0 ? asked : runs;
  const above = offered.flatMap((text) => {
    const version = parseKubernetesVersion(text);
    return version !== null && version.major === runs.major && compareVersions(version, floor) > 0 ? [{ text, version }] : [];
  });
  const newest = (minor: number): string | null => above.filter(({ version }) => version.minor === minor).sort((one, other) => compareVersions(other.version, one.version))[0]?.text ?? null;
  const patch = isPinned ? (newest(runs.minor) ?? (compareVersions(asked, runs) < 0 ? running : null)) : asked.minor < runs.minor ? `${runs.major}.${runs.minor}` : null;
  const offeredMinor = newest(runs.minor + 1);
  const nextMinor = offeredMinor === null || isPinned ? offeredMinor : `${runs.major}.${runs.minor + 1}`;
  const isMinorFirst = !isPinned || support === 'ending';
  if (nextMinor !== null && minors === 'allowed' && (isMinorFirst || patch === null)) return { kind: 'propose', to: nextMinor, step: 'minor' };
  // What runs already is no step of the cluster; the policy only says so again.
  if (patch !== null) return { kind: 'propose', to: patch, step: 'patch' };
  if (nextMinor !== null) return none('minor-not-allowed');
  return none(isPinned ? 'nothing-newer' : 'follows-patches');
}

function none(why: NoProposal): UpgradeProposal {
  return { kind: 'none', why };
}

/** Why there is nothing to propose, a clause without a full stop. */
export const noProposalWords: Readonly<Record<NoProposal, string>> = {
  'not-wanted': 'the policy leaves Kubernetes as it is',
  'auto-upgrade': 'AKS upgrades this cluster by itself',
  'not-there-yet': 'the policy asks already for a version that is still to come',
  'follows-patches': 'the policy follows every patch, and AKS offers no newer minor',
  'nothing-newer': 'AKS offers nothing newer',
  'minor-not-allowed': 'the policy allows no minor version at its next openings',
  unreadable: 'a version could not be read',
};

/** The highest of versions, minors and full ones alike; null when there is none that can be read. */
export function newestVersion(versions: readonly string[]): string | null {
  const read = versions.flatMap((text) => {
    const version = parseKubernetesVersion(text) ?? parseKubernetesVersion(`${text}.0`);
    return version === null ? [] : [{ text, version }];
  });
  return read.sort((one, other) => compareVersions(other.version, one.version))[0]?.text ?? null;
}
