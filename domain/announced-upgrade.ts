import { textAt } from './json.ts';
import type { JsonRecord } from './json.ts';
import { parseInstant } from './local-time.ts';
import type { Phrase } from './markdown-text.ts';
import type { WindowOpening } from './maintenance-policy.ts';
import { DAY_MS } from './time.ts';
import type { Instant } from './time.ts';

export const announcedKinds = ['kubernetes-version', 'node-image', 'unnamed'] as const;

/** An upgrade of its own that AKS has announced for a cluster, by an auto-upgrade channel and a maintenance window of AKS. */
export interface AnnouncedUpgrade {
  /** Azure's id of the announcement; what Azure says of it later has the same. */
  readonly id: string;
  readonly what: (typeof announcedKinds)[number];
  readonly state: 'scheduled' | 'started';
  /** When it begins or began; null when Azure named no time. */
  readonly at: Instant | null;
  /** When Azure said it; null when that cannot be read. */
  readonly when: Instant | null;
}

/** What a notice says of such an upgrade; `over`: it has ended, failed or been called off. */
export type UpgradeAnnouncement = AnnouncedUpgrade | { readonly state: 'over'; readonly id: string };

/**
 * Reads what a notice of Azure says of an upgrade AKS makes by itself; null when it says none.
 *
 * Read loosely (facts: AKS Communication Manager): the kind stands somewhere among the properties, `canceled` is spelled in two ways, and a time of
 * the year 1 means none.
 */
export function readAnnouncement(id: string, properties: JsonRecord, when: Instant | null): UpgradeAnnouncement | null {
  const status = (textAt(properties, 'eventStatus') ?? '').toLowerCase();
  const eventId = [textAt(properties, 'eventId') ?? '', id].find((each) => each !== '')?.slice(0, 100);
  if (eventId === undefined) return null;
  if (['completed', 'canceled', 'cancelled', 'failed'].includes(status)) return { id: eventId, state: 'over' };
  if (status !== 'scheduled' && status !== 'started') return null;
  const texts = JSON.stringify(properties);
  const what = /K8sVersionUpgrade/i.test(texts) ? 'kubernetes-version' : /NodeOSUpgrade|\bvhd\b|node ?image/i.test(texts) ? 'node-image' : 'unnamed';
  const times = status === 'started' ? ['startTime', 'scheduledTime'] : ['scheduledTime', 'startTime'];
  const [at = null] = times.flatMap((name) => timeOf(textAt(properties, name)) ?? []);
  return { id: eventId, what, state: status, at, when };
}

function timeOf(text: string | null): Instant | null {
  return text === null || text.startsWith('0001-') ? null : parseInstant(text);
}

/** What to remember after an announcement: the newest that is not over. Events come in any order, and one that is older changes nothing. */
export function laterAnnouncement(before: AnnouncedUpgrade | null, now: UpgradeAnnouncement): AnnouncedUpgrade | null {
  if (now.state === 'over') return before?.id === now.id ? null : before;
  return before !== null && (before.when ?? 0) > (now.when ?? 0) ? before : now;
}

const kindWords: Readonly<Record<AnnouncedUpgrade['what'], string>> = { 'kubernetes-version': 'its Kubernetes version', 'node-image': 'its node images', unnamed: 'it' };

/** What to say of an announced upgrade beside the cluster's next opening; nothing a day after its time. */
export function announcedWords({ state, what, at, when }: AnnouncedUpgrade, next: Pick<WindowOpening, 'opens' | 'closes'> | null, now: Instant): Phrase {
  const since = at ?? when;
  if (since !== null && since + DAY_MS <= now) return [];
  const time: Phrase = at === null ? ['at a time Azure does not name'] : [{ at, form: 'dated' }];
  if (state === 'started') return [`; AKS itself began to upgrade ${kindWords[what]} `, ...time];
  const isInside = at !== null && next !== null && next.opens <= at && at < next.closes;
  const where = at === null || next === null ? '' : isInside ? ', in this window' : ', outside this window';
  return [`; AKS itself plans to upgrade ${kindWords[what]} `, ...time, where];
}
