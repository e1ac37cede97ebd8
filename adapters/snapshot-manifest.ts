import type { AzureFacts } from '../domain/azure-facts.ts';
import type { Unchecked } from '../domain/cluster-snapshot.ts';
import { recordsAt, textAt, textMapAt, timeAt } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';

/** `snapshot.json`: what a folder that Slackwater wrote tells about itself. A folder made by hand has none. */
export interface SnapshotManifest {
  readonly schema: 'slackwater.snapshot/v1';
  /** When the cluster was read; RFC 3339. */
  readonly takenAt: string;
  readonly cluster: string;
  /** What could not be read of the cluster, and why. */
  readonly unchecked: readonly Unchecked[];
  /** Why a part of Azure is absent. */
  readonly whyUnread: AzureFacts['whyUnread'];
}

/** What of a manifest a reader uses. */
export interface ReadManifest {
  readonly takenAt: Instant | null;
  readonly unchecked: readonly Unchecked[];
  readonly whyUnread: AzureFacts['whyUnread'];
}

/** Reads a manifest; null when the document is none of ours. */
export function readManifest(document: unknown): ReadManifest | null {
  if (textAt(document, 'schema') !== 'slackwater.snapshot/v1') return null;
  return {
    takenAt: timeAt(document, 'takenAt'),
    unchecked: recordsAt(document, 'unchecked').map((one) => ({ what: textAt(one, 'what') ?? '', why: textAt(one, 'why') ?? '' })),
    whyUnread: textMapAt(document, 'whyUnread'),
  };
}
