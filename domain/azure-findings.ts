import type { Cluster, NodePool } from './cluster-snapshot.ts';
import type { ResourceLock } from './azure-facts.ts';
import { formatInstant, formatLocalDate, parseInstant } from './local-time.ts';
import type { Finding } from './preflight-report.ts';
import type { PreflightCheck } from './preflight-view.ts';
import { DAY_MS, type Instant } from './time.ts';

const wholeRun = { where: 'cluster', pools: ['*'], owner: null } as const;

const CREDENTIAL_NOTICE_DAYS = 30;

/** A service principal whose secret has run out, or soon will: new nodes could not sign in. */
export const checkCredential: PreflightCheck = ({ snapshot: { azureFacts, takenAt } }) => {
  const expiresAt = azureFacts.credential?.expiresAt ?? null;
  if (expiresAt === null || expiresAt - takenAt > CREDENTIAL_NOTICE_DAYS * DAY_MS) return [];
  const day = formatInstant(expiresAt).slice(0, 10);
  const days = Math.floor(Math.abs(takenAt - expiresAt) / DAY_MS);
  const isOver = expiresAt <= takenAt;
  return [
    {
      ...wholeRun,
      code: 'CREDENTIAL_EXPIRED',
      severity: isOver ? 'block' : 'warn',
      pools: isOver ? ['*'] : [],
      message: isOver
        ? `The cluster's secret expired ${days} days ago (${formatLocalDate(day)}): new nodes could attach no disks, and disks and load balancers are at risk already.`
        : `The cluster's secret expires in ${days} days (${formatLocalDate(day)}).`,
      remedy: 'Give the service principal a new secret: az aks update-credentials, or move to a managed identity.',
      evidence: { since: day, expiresAt: formatInstant(expiresAt) },
    },
  ];
};

/** Locks under which surge nodes could not be made or, worse, not be removed; taking one off is a person's decision. */
export const checkLocks: PreflightCheck = ({ snapshot: { cluster, azureFacts } }) =>
  (azureFacts.locks ?? [])
    .filter((lock) => isInTheWay(lock, cluster))
    .map((lock) => {
      const where = lock.scope.slice(lock.scope.lastIndexOf('/') + 1);
      const isReadOnly = lock.level.toLowerCase() === 'readonly';
      return {
        code: 'RESOURCE_LOCK',
        where,
        severity: 'block',
        pools: ['*'],
        message: isReadOnly
          ? `Lock ${lock.name} (${lock.level}) on ${where} lets nothing be changed there.`
          : `Lock ${lock.name} (${lock.level}) on ${where} would leave spare nodes behind: they could not be removed after the upgrade.`,
        remedy: `Ask who set ${lock.name}; lay it on the one resource it protects, or take it off for the window (az lock delete).`,
        owner: null,
        evidence: { lock: lock.name, level: lock.level, scope: lock.scope },
      };
    });

/**
 * A lock over the nodes' resource group or on its machines; `ReadOnly` also on anything else there and over the cluster itself. One that keeps a single
 * address or disk from being deleted is in nobody's way.
 */
function isInTheWay({ scope, level }: ResourceLock, { resourceId, nodeResourceGroup }: Cluster): boolean {
  const locked = scope.toLowerCase();
  const [, subscription = ''] = /^\/subscriptions\/([^/]+)\//i.exec(resourceId) ?? [];
  const nodes = `/subscriptions/${subscription}/resourcegroups/${nodeResourceGroup}`.toLowerCase();
  const covers = (id: string): boolean => id === locked || id.startsWith(`${locked}/`);
  const isReadOnly = level.toLowerCase() === 'readonly';
  if (covers(nodes) || locked.startsWith(`${nodes}/providers/microsoft.compute/virtualmachine`)) return true;
  return isReadOnly && (covers(resourceId.toLowerCase()) || locked.startsWith(`${nodes}/`));
}

/** Node operating systems that go, and when their images are removed (facts: AKS "Upgrade the OS version", release notes 2026-09-04). */
const retirements: readonly { readonly name: string; readonly sku: RegExp; readonly image: RegExp; readonly removed: string }[] = [
  { name: 'Ubuntu 18.04', sku: /^Ubuntu1804$/i, image: /^AKSUbuntu-1804/i, removed: '2025-06-17' },
  { name: 'Azure Linux 2', sku: /^(CBLMariner|Mariner)$/i, image: /^(AKSCBLMariner|AKSAzureLinux-V2)/i, removed: '2026-03-31' },
  { name: 'Azure Linux with OS Guard', sku: /^AzureLinuxOSGuard$/i, image: /OSGuard/i, removed: '2027-03-10' },
  { name: 'Ubuntu 20.04', sku: /^Ubuntu2004$/i, image: /^AKSUbuntu-2004/i, removed: '2027-03-17' },
  { name: 'Windows Server 2019', sku: /^Windows2019$/i, image: /^AKSWindows-2019/i, removed: '2027-04-01' },
];

/** A pool whose operating system has no images any more: by the calendar, or because AKS already offers none. */
export const checkOsImage: PreflightCheck = ({ pools, snapshot: { takenAt, azureFacts } }) =>
  pools.flatMap((pool): readonly Finding[] => {
    const retirement = retirementOf(pool);
    if (retirement === null) return [];
    const isOffered = azureFacts.poolsWithoutNodeImage?.includes(pool.name) !== true;
    if (isOffered && takenAt < retirement.removedAt) return [];
    return [
      {
        code: 'OS_IMAGE_RETIRED',
        where: pool.name,
        severity: 'block',
        pools: [pool.name],
        message: `${pool.name} runs ${retirement.name}, for which AKS has no image: no node of it can be made, so scaling and repair are broken today too.`,
        remedy: `Move ${pool.name} to a supported OS SKU (az aks nodepool update --os-sku) or its workloads to a new pool; this is urgent beyond upgrades.`,
        owner: null,
        evidence: { osSku: pool.osSku, nodeImageVersion: pool.nodeImageVersion, removed: retirement.removed, isOffered },
      },
    ];
  });

function retirementOf(pool: NodePool): { readonly name: string; readonly removed: string; readonly removedAt: Instant } | null {
  const found = retirements.find(({ sku, image }) => sku.test(pool.osSku) || image.test(pool.nodeImageVersion));
  if (found === undefined) return null;
  return { name: found.name, removed: found.removed, removedAt: parseInstant(`${found.removed}T00:00Z`) ?? 0 };
}
