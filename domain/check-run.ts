/** How a check run of ours may end. `neutral` lets a required check pass, `action_required` does not. */
type CheckConclusion = 'success' | 'failure' | 'neutral' | 'action_required';

/** A remark at one place of a file. */
export interface LineRemark {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** At most 255 characters. */
  readonly title: string;
  readonly message: string;
}

/** A button below a check run; GitHub takes at most 20, 20 and 40 characters. */
interface CheckButton {
  readonly identifier: string;
  readonly label: string;
  readonly description: string;
}

/** A check run as it is wanted: one per commit and name. */
export interface CheckRunReport {
  readonly name: string;
  readonly headSha: string;
  /** What the check run is about, for us; GitHub keeps it as `external_id`. */
  readonly reference: string;
  readonly conclusion: CheckConclusion;
  readonly title: string;
  /** Markdown, at most 65 535 characters. */
  readonly summary: string;
  /** Markdown, at most 65 535 characters; empty for none. */
  readonly text: string;
  /** The same for the same commit: GitHub adds remarks and never takes one away. */
  readonly remarks: readonly LineRemark[];
  /** At most 3. */
  readonly buttons: readonly CheckButton[];
}

/** A check run of ours, as GitHub holds it. */
export interface HeldCheckRun {
  readonly name: string;
  readonly headSha: string;
  readonly reference: string;
}

/** Name of the check run of a policy file. */
export function checkNameOf(path: string): string {
  return `slackwater / ${path}`;
}

/** The file a check run of that name is about; null when it is none of ours. */
export function pathOfCheck(name: string): string | null {
  const [, path = ''] = /^slackwater \/ ([^]+)$/.exec(name) ?? [];
  return path === '' ? null : path;
}

/** What a check run is about: the pull request, and the plans it shows. */
export interface CheckReference {
  readonly pullNumber: number;
  /** Digest of each policy's plan, in the file's order; `-` where no plan could be made. */
  readonly digests: readonly string[];
}

/** Digests named one by one; a file with more policies cannot be approved by button. */
export const CHECK_DIGESTS_MAX = 3;

/** The reference as GitHub keeps it: at most 3 digests of 64 digits. */
export function writeCheckReference({ pullNumber, digests }: CheckReference): string {
  return ['policy', String(pullNumber), ...digests.slice(0, CHECK_DIGESTS_MAX)].join(':');
}

/** Reads what {@link writeCheckReference} wrote; null for anything else. */
export function readCheckReference(text: string): CheckReference | null {
  const [, pullNumber, digests = ''] = /^policy:([1-9]\d{0,14})((?::(?:[0-9a-f]{64}|-)){0,3})$/.exec(text) ?? [];
  return pullNumber === undefined ? null : { pullNumber: Number(pullNumber), digests: digests.split(':').filter((digest) => digest !== '') };
}
