import { readAnnouncement } from './announced-upgrade.ts';
import type { UpgradeAnnouncement } from './announced-upgrade.ts';
import { isRecord, numberAt, parseJson, recordAt, textAt } from './json.ts';
import type { JsonRecord } from './json.ts';
import { parseInstant } from './local-time.ts';
import type { Instant } from './time.ts';

/** What Azure said of the support of a version a cluster runs. */
export interface SupportNotice {
  /** As Azure wrote it. */
  readonly version: string;
  readonly said: 'ending' | 'ended';
  /** `YYYY-MM-DD`; null where Azure named no day. */
  readonly lastDay: string | null;
  /** When Azure said it; null when that cannot be read. */
  readonly when: Instant | null;
}

/** Type of Azure's notices about clusters (facts: Event Grid, Azure Resource Notifications, `ContainerServiceEventResources`). */
export const SCHEDULED_EVENT_TYPE = 'Microsoft.ResourceNotifications.ContainerServiceEventResources.ScheduledEventEmitted';

/** A notice of Azure about one cluster. */
interface ScheduledNotice {
  readonly clusterResourceId: string;
  /** Null for any notice that is not about the end of support. */
  readonly support: SupportNotice | null;
  /** Null for any notice that is not about an upgrade AKS makes by itself. */
  readonly upgrade: UpgradeAnnouncement | null;
}

/**
 * Reads a notice of Azure Resource Notifications; null when it names no cluster.
 *
 * Read loosely, because names and forms differ between the published examples: `resourceInfo` or `resourceDetails`, details as an
 * object or as JSON in a text, and times of the year 1, which mean none.
 */
export function readScheduledNotice(message: JsonRecord): ScheduledNotice | null {
  const data = recordAt(message, 'data');
  const info = isRecord(data['resourceInfo']) ? data['resourceInfo'] : recordAt(data, 'resourceDetails');
  const names = [textAt(info, 'id'), textAt(message, 'subject')];
  const clusterResourceId = names.map((name) => /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/.*\/managedClusters\/[^/]+/i.exec(name ?? '')?.[0]).find((id) => id !== undefined);
  if (clusterResourceId === undefined) return null;
  const properties = recordAt(info, 'properties');
  const written = properties['eventDetails'];
  const details = isRecord(written) ? written : typeof written === 'string' ? parseJson(written) : null;
  const version = textAt(details, 'kubernetesVersion');
  const when = parseInstant(textAt(message, 'time') ?? '');
  const isAboutSupport = isRecord(details) && (details['eolDate'] !== undefined || /eol/i.test(textAt(properties, 'eventSource') ?? ''));
  if (version === null || !isAboutSupport) {
    return { clusterResourceId, support: null, upgrade: isAboutSupport ? null : readAnnouncement(textAt(info, 'name') ?? textAt(message, 'id') ?? '', properties, when) };
  }
  const lastDay = /^(?!000)\d{4}-\d{2}-\d{2}/.exec(textAt(details, 'eolDate') ?? '')?.[0] ?? null;
  const daysLeft = numberAt(details, 'daysUntilEOL');
  const said = daysLeft !== null && daysLeft < 0 ? 'ended' : 'ending';
  return { clusterResourceId, support: { version, said, lastDay, when }, upgrade: null };
}

/** What one of AKS's own events says of support; null for any other event. AKS names a version there and no day. */
export function supportOfEvent({ type, kubernetesVersion, at }: { readonly type: string; readonly kubernetesVersion: string | null; readonly at: Instant | null }): SupportNotice | null {
  const said = type.endsWith('.ClusterSupportEnding') ? 'ending' : type.endsWith('.ClusterSupportEnded') ? 'ended' : null;
  return said === null || kubernetesVersion === null ? null : { version: kubernetesVersion, said, lastDay: null, when: at };
}

/** The notice that is worth keeping: one that names a day is not lost to a later one of the same version that does not. */
export function laterNotice(before: SupportNotice | null, now: SupportNotice): SupportNotice {
  if (before === null || before.version !== now.version || now.lastDay !== null) return now;
  return { ...now, lastDay: before.lastDay };
}

/** Whether a notice speaks of the minor that runs. */
export function isAbout(notice: SupportNotice, running: string): boolean {
  const minor = (version: string): string => version.split('.').slice(0, 2).join('.');
  return minor(notice.version) === minor(running);
}
