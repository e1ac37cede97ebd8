import type { EventSubject } from '../activities/ports.ts';
import type { Outcome } from '../domain/failure.ts';
import { readKubernetesEvents } from '../domain/kubernetes-event.ts';
import type { KubernetesEvent } from '../domain/kubernetes-event.ts';
import type { Fault, Result } from '../domain/result.ts';
import { readVolumeAttachments } from '../domain/volume-attachment.ts';
import type { VolumeAttachment } from '../domain/volume-attachment.ts';
import { unreadableAnswer } from './arm-failure.ts';
import { readPagedList } from './kubernetes-list.ts';
import type { KubernetesAnswer } from './kubernetes-transport.ts';

/** GET of a path of one cluster's API server; answers of any status are values. */
type Get = (path: string) => Promise<Outcome<KubernetesAnswer>>;

/** Component name of AKS's own upgrade engine in events (seen in public issues; a hint, no contract). */
const UPGRADER = 'upgrader';
/** Objects whose events are asked for at one look; each is a request of its own. */
const SUBJECTS_MAX = 20;

/** Events of AKS's upgrader; it writes them into namespace `default`. */
export async function readUpgraderEvents(get: Get): Promise<Outcome<readonly KubernetesEvent[]>> {
  const events = await readEvents(get, 'default', `source=${UPGRADER}`);
  return events.ok ? { ok: true, value: events.value.filter(({ source }) => source === UPGRADER) } : events;
}

/** Events about each of these objects, by its uid: another object of the same name is another one. */
export async function readSubjectEvents(get: Get, subjects: readonly EventSubject[]): Promise<Outcome<readonly KubernetesEvent[]>> {
  const reads = await Promise.all(subjects.slice(0, SUBJECTS_MAX).map(({ namespace, uid }) => readEvents(get, namespace, `involvedObject.uid=${uid}`)));
  const events: KubernetesEvent[] = [];
  for (const read of reads) {
    if (!read.ok) return read;
    events.push(...read.value);
  }
  return { ok: true, value: events.sort((one, other) => one.lastSeen - other.lastSeen) };
}

/** Every VolumeAttachment of the cluster. */
export function readClusterAttachments(get: Get): Promise<Outcome<readonly VolumeAttachment[]>> {
  return readWhole(get, '/apis/storage.k8s.io/v1/volumeattachments', 'The volume attachments', readVolumeAttachments);
}

function readEvents(get: Get, namespace: string, selector: string): Promise<Outcome<readonly KubernetesEvent[]>> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events?fieldSelector=${encodeURIComponent(selector)}`;
  return readWhole(get, path, 'The events', readKubernetesEvents);
}

async function readWhole<T>(get: Get, path: string, what: string, parse: (items: readonly unknown[]) => Result<readonly T[], Fault>): Promise<Outcome<readonly T[]>> {
  const items: unknown[] = [];
  const read = await readPagedList(path, get, {
    restart: () => items.splice(0),
    page(page) {
      items.push(...page);
      return { ok: true, value: null };
    },
  });
  if (!read.ok) return read;
  const parsed = parse(items);
  if (!parsed.ok) return { ok: false, failure: unreadableAnswer(what, parsed.faults.map(({ message }) => message).join(' ')) };
  return { ok: true, value: parsed.value };
}
