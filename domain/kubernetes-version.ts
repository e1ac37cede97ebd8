/** A Kubernetes version as AKS writes it: three whole numbers. */
interface KubernetesVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Minors a node pool may be behind its control plane (facts: AKS "Supported Kubernetes versions", three since 1.28). */
export const SKEW_MINORS_MAX = 3;

/** Reads `major.minor.patch`; null for anything else, a preview or a leading `v` included. */
export function parseKubernetesVersion(text: string): KubernetesVersion | null {
  const parts = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/.exec(text);
  if (parts === null) return null;
  return { major: Number(parts[1]), minor: Number(parts[2]), patch: Number(parts[3]) };
}

/** `1.35` of `1.35.3`; null when `version` is not `major.minor.patch`. */
export function minorOf(version: string): string | null {
  const parsed = parseKubernetesVersion(version);
  return parsed === null ? null : `${parsed.major}.${parsed.minor}`;
}

/** Negative when `a` is older than `b`, positive when it is newer, 0 when they are the same. */
export function compareVersions(a: KubernetesVersion, b: KubernetesVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** Whether going from one version to the other raises the minor (or major); null when either cannot be read. */
export function isMinorUpgrade(versions: { readonly from: string; readonly to: string }): boolean | null {
  const from = parseKubernetesVersion(versions.from);
  const to = parseKubernetesVersion(versions.to);
  if (from === null || to === null) return null;
  return to.major > from.major || (to.major === from.major && to.minor > from.minor);
}

/** `allowed` · `pool-ahead` of its control plane, in the patch too · `pool-too-old` · `unreadable` version. */
export type SkewJudgment = 'allowed' | 'pool-ahead' | 'pool-too-old' | 'unreadable';

/**
 * Whether a node pool of one version may stand under a control plane of the other.
 *
 * Never ahead, not even by a patch, and at most three minors behind (facts: AKS "Supported Kubernetes versions",
 * "Upgrade node pools"). Anything but `allowed` means: do not do it.
 */
export function judgeSkew(versions: { readonly nodePool: string; readonly controlPlane: string }): SkewJudgment {
  const nodePool = parseKubernetesVersion(versions.nodePool);
  const controlPlane = parseKubernetesVersion(versions.controlPlane);
  if (nodePool === null || controlPlane === null) return 'unreadable';
  if (compareVersions(nodePool, controlPlane) > 0) return 'pool-ahead';
  if (nodePool.major !== controlPlane.major) return 'pool-too-old';
  return controlPlane.minor - nodePool.minor > SKEW_MINORS_MAX ? 'pool-too-old' : 'allowed';
}

/** What a policy's wish comes to for a control plane now. */
export type ControlPlaneTarget =
  | { readonly kind: 'target'; readonly version: string }
  | { readonly kind: 'already-there' }
  | {
      readonly kind: 'not-offered';
      /** `lower`: AKS never goes back · `absent` from the upgrade profile · `unreadable` wish or running version. */
      readonly why: 'lower' | 'absent' | 'unreadable';
      readonly offered: readonly string[];
    }
  /** `firstHop` is the minor to write into the policy first, for example `1.35`. */
  | { readonly kind: 'too-many-minors'; readonly firstHop: string };

/**
 * Chooses what to ask AKS for, only ever a version its upgrade profile offers.
 *
 * A minor follows its newest offered patch; a full version pins. More than one minor ahead is refused even where AKS
 * would offer it: the person writes the first hop, so that nobody is taken two minors by one line.
 *
 * @param wanted - `1.35` or `1.35.3`.
 * @param current - What the control plane runs, `major.minor.patch`.
 * @param offered - From the upgrade profile, in any order; entries that are no `major.minor.patch` are never chosen.
 * @see AKS "Upgrade an AKS cluster": minor versions cannot be skipped.
 */
export function chooseControlPlaneTarget(wanted: string, current: string, offered: readonly string[]): ControlPlaneTarget {
  const running = parseKubernetesVersion(current);
  const isPinned = parseKubernetesVersion(wanted) !== null;
  const wish = parseKubernetesVersion(isPinned ? wanted : `${wanted}.0`);
  if (running === null || wish === null) return { kind: 'not-offered', why: 'unreadable', offered };
  if (isPinned && compareVersions(wish, running) === 0) return { kind: 'already-there' };
  if (wish.major < running.major || (wish.major === running.major && wish.minor < running.minor)) {
    return { kind: 'not-offered', why: 'lower', offered };
  }
  if (isPinned && compareVersions(wish, running) < 0) return { kind: 'not-offered', why: 'lower', offered };
  if (wish.major === running.major && wish.minor > running.minor + 1) {
    return { kind: 'too-many-minors', firstHop: `${running.major}.${running.minor + 1}` };
  }
  const version = isPinned ? offered.find((each) => each === wanted) : newestPatch(wish, running, offered);
  if (version !== undefined) return { kind: 'target', version };
  const isSameMinor = wish.major === running.major && wish.minor === running.minor;
  return !isPinned && isSameMinor ? { kind: 'already-there' } : { kind: 'not-offered', why: 'absent', offered };
}

function newestPatch(minor: KubernetesVersion, running: KubernetesVersion, offered: readonly string[]): string | undefined {
  let newest: { readonly text: string; readonly version: KubernetesVersion } | undefined;
  for (const text of offered) {
    const version = parseKubernetesVersion(text);
    if (version === null || version.major !== minor.major || version.minor !== minor.minor) continue;
    if (compareVersions(version, running) <= 0) continue;
    if (newest === undefined || compareVersions(version, newest.version) > 0) newest = { text, version };
  }
  return newest?.text;
}
