import { compareVersions, judgeSkew, parseKubernetesVersion } from './kubernetes-version.ts';

/**
 * The version a node pool goes to before its control plane moves to `to`: the newest offered one that may stand under the
 * control plane of now and under the next. Null when none may.
 *
 * @param steps.offered - What AKS offers the pool, and what it runs, in any order; texts that are no version are never chosen.
 * @param steps.running - What the control plane runs now.
 * @see AKS "Supported Kubernetes versions": a pool may be up to three minors behind, never ahead.
 */
export function firstVisitVersion(steps: { readonly offered: readonly string[]; readonly running: string; readonly to: string }): string | null {
  const mayStand = (nodePool: string): boolean =>
    judgeSkew({ nodePool, controlPlane: steps.running }) === 'allowed' && judgeSkew({ nodePool, controlPlane: steps.to }) === 'allowed';
  return steps.offered.filter(mayStand).reduce<string | null>((best, each) => (best === null || isNewer(each, best) ? each : best), null);
}

function isNewer(version: string, than: string): boolean {
  const [one, other] = [parseKubernetesVersion(version), parseKubernetesVersion(than)];
  return one !== null && other !== null && compareVersions(one, other) > 0;
}
