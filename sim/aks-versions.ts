import { compareVersions, parseKubernetesVersion } from '../domain/kubernetes-version.ts';

/** Whether `version` comes before `other`; a text that is no version comes before none. */
export function isOlderVersion(version: string, other: string): boolean {
  const left = parseKubernetesVersion(version);
  const right = parseKubernetesVersion(other);
  return left !== null && right !== null && compareVersions(left, right) < 0;
}

/** Minor versions from `from` up to `to`; null when either is no version. Downwards is negative. */
export function minorsBetween(from: string, to: string): number | null {
  const left = parseKubernetesVersion(from);
  const right = parseKubernetesVersion(to);
  return left === null || right === null || left.major !== right.major ? null : right.minor - left.minor;
}
