import { ourOpening } from './aks-window.ts';
import type { DeprecatedApiUse } from './azure-facts.ts';
import { raisesMinor } from './cluster-findings.ts';
import { compareVersions, minorOf, parseKubernetesVersion } from './kubernetes-version.ts';
import { formatBothDated, formatInstant } from './local-time.ts';
import type { Finding } from './preflight-report.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';
import { HOUR_MS } from './time.ts';
import type { Instant } from './time.ts';

const wholeRun = { where: 'cluster', pools: ['*'], owner: null, code: 'DEPRECATED_API' } as const;

/** How long AKS remembers a use, and refuses for it (facts: AKS support, "UpgradeBlockedOnDeprecatedAPIUsage"). */
const USE_REMEMBERED_HOURS = 12;
const doNotForce = 'Do not force: that switches off every disruption budget too.';

/**
 * Uses, other than reads, of an API that the wanted minor no longer serves: AKS refuses until the last is 12 h old.
 *
 * A use of which nobody knows when it was only warns: it may be long over, and where it is not, AKS refuses before it touches anything.
 */
export const checkDeprecatedApis: PreflightCheck = (view) => {
  if (!raisesMinor(view)) return [];
  const { takenAt, azureFacts } = view.snapshot;
  const wanted = view.policy?.target.kubernetesVersion ?? '';
  const uses = (azureFacts.deprecatedApiUses ?? []).filter((use) => isWrite(use) && isRemovedBy(use, wanted));
  const recent = uses.filter((use) => use.lastSeen !== null && use.lastSeen + USE_REMEMBERED_HOURS * HOUR_MS > takenAt);
  if (recent.length > 0) return [refusedUntil(view, recent)];
  const undated = uses.filter(({ lastSeen }) => lastSeen === null);
  return undated.length > 0 ? [someTimeUsed(undated, minorOf(wanted) ?? wanted)] : [];
};

function refusedUntil(view: PreflightView, uses: readonly DeprecatedApiUse[]): Finding {
  const clearAt = latest(uses) + USE_REMEMBERED_HOURS * HOUR_MS;
  const opening = ourOpening(view);
  const zone = view.policy?.window.timeZone ?? 'UTC';
  const when = opening === null ? '' : clearAt >= opening.closes ? ', after this window' : ', inside this window';
  const clients = [...new Set(uses.map(({ client }) => client ?? 'its callers'))];
  return {
    ...wholeRun,
    severity: 'block',
    message: `AKS refuses the new minor while APIs it removes are in use: ${uses.map(describe).join(', ')}. If they stop now, it is clear ${formatBothDated(clearAt, zone)}${when}.`,
    remedy: `Upgrade ${clients.join(', ')} and wait ${USE_REMEMBERED_HOURS} h. ${doNotForce}`,
    evidence: { earliestClear: formatInstant(clearAt), uses: uses.map((use) => ({ ...use, lastSeen: use.lastSeen === null ? null : formatInstant(use.lastSeen) })) },
  };
}

function someTimeUsed(uses: readonly DeprecatedApiUse[], minor: string): Finding {
  return {
    ...wholeRun,
    severity: 'warn',
    pools: [],
    message: `Since it started, the API server was asked for APIs that ${minor} no longer serves: ${uses.map(describe).join(', ')}. Its metrics tell neither when nor by whom; if it was a write in the last ${USE_REMEMBERED_HOURS} h, AKS refuses the upgrade and touches nothing.`,
    remedy: `Find who asks (the audit log marks such requests k8s.io/deprecated), upgrade them, and let ${USE_REMEMBERED_HOURS} h pass before the window. ${doNotForce}`,
    evidence: { earliestClear: null, uses },
  };
}

function latest(uses: readonly DeprecatedApiUse[]): Instant {
  return Math.max(...uses.map(({ lastSeen }) => lastSeen ?? 0));
}

function describe({ api, resource, client, removedIn }: DeprecatedApiUse): string {
  const what = resource === null ? api : `${api} ${resource}`;
  const gone = removedIn === null ? '' : `, gone in ${removedIn}`;
  return client === null ? `${what}${gone}` : `${client} (${what}${gone})`;
}

/** A use of which the verb is unknown may be a write. */
function isWrite({ verb }: DeprecatedApiUse): boolean {
  return verb === null || !['get', 'list', 'watch'].includes(verb.toLowerCase());
}

function isRemovedBy({ removedIn }: DeprecatedApiUse, wanted: string): boolean {
  const gone = removedIn === null ? null : parseKubernetesVersion(`${minorOf(removedIn) ?? removedIn}.0`);
  const target = parseKubernetesVersion(`${minorOf(wanted) ?? wanted}.0`);
  return gone === null || target === null || compareVersions(gone, target) <= 0;
}
