import { collectFaults, isRecord, isTrueAt, recordAt, textAt } from './json.ts';
import { readMetadata } from './kubernetes-metadata.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';
import type { Instant } from './time.ts';

/** A `storage.k8s.io/v1` VolumeAttachment: a disk that is, or is to be, attached to a node. */
export interface VolumeAttachment {
  /** Name of the PersistentVolume. */
  readonly volume: string;
  readonly node: string;
  readonly isAttached: boolean;
  readonly createdAt: Instant;
  /** Since when it is to be taken off; null while it is wanted. */
  readonly deletionTimestamp: Instant | null;
}

/** Reads VolumeAttachments; those of inline volumes name no PersistentVolume and are left out. */
export function readVolumeAttachments(items: readonly unknown[]): Result<readonly VolumeAttachment[], Fault> {
  const faults = collectFaults('the volume attachments', 'List them again with kubectl get volumeattachments -o json.');
  const attachments: VolumeAttachment[] = [];
  items.forEach((item, index) => {
    if (!isRecord(item) || (item['kind'] ?? 'VolumeAttachment') !== 'VolumeAttachment') return;
    const metadata = readMetadata(item, 'cluster', `items[${index}]`, faults);
    const volume = textAt(item, 'spec', 'source', 'persistentVolumeName');
    if (volume === null) return;
    attachments.push({
      volume,
      node: textAt(item, 'spec', 'nodeName') ?? '',
      isAttached: isTrueAt(recordAt(item, 'status'), 'attached'),
      createdAt: metadata.createdAt,
      deletionTimestamp: metadata.deletionTimestamp,
    });
  });
  return faults.faults.length > 0 ? refuse(faults.faults) : succeed(attachments);
}
