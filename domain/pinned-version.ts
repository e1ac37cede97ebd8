import { isImageAtLeast } from './judge-progress.ts';
import { compareVersions, parseKubernetesVersion } from './kubernetes-version.ts';

/** What a line of code pins: the Kubernetes version of the cluster or of a pool, or a pool's node image. */
export interface Pin {
  /** Null: the cluster itself. */
  readonly pool: string | null;
  readonly field: 'kubernetesVersion' | 'nodeImageVersion';
}

/** How a pin is written, in markers and policies. */
export const PIN_PATTERN = '^(?:kubernetesVersion|pool/[a-z][a-z0-9]{0,11} (?:kubernetesVersion|nodeImageVersion))$';

/** Reads `kubernetesVersion`, `pool/usr kubernetesVersion` or `pool/usr nodeImageVersion`; null for anything else. */
export function parsePin(words: string): Pin | null {
  if (!new RegExp(PIN_PATTERN).test(words)) return null;
  const [first = '', second = ''] = words.split(' ');
  const field = words.endsWith('nodeImageVersion') ? 'nodeImageVersion' : 'kubernetesVersion';
  return { pool: second === '' ? null : first.slice('pool/'.length), field };
}

/** A pin as {@link parsePin} reads it. */
export function namePin({ pool, field }: Pin): string {
  return pool === null ? field : `pool/${pool} ${field}`;
}

/** A value as it stands in code. */
export interface WrittenValue {
  /** Without its quotes. */
  readonly text: string;
  readonly quotes: 'quoted' | 'bare';
}

/** What is to become of a pinned value. */
export type PinJudgment =
  | { readonly kind: 'raise'; readonly text: string }
  | { readonly kind: 'right' }
  /** `why` is a clause without a full stop. */
  | { readonly kind: 'keep'; readonly why: string };

/** Whether a text has the form of what `field` pins; an expression, a variable or a range has not. */
export function isPinnable(text: string, field: Pin['field']): boolean {
  return field === 'kubernetesVersion' ? readVersion(text) !== null : /^[A-Za-z][\w-]{0,80}-\d{6}\.\d{1,3}\.\d{1,3}$/.test(text);
}

/**
 * What a pinned value must become where `running` runs; never a downgrade.
 *
 * A minor (`1.34`) stays a minor, a full version stays full, a leading `v` stays. `running` is a full version or a node image.
 */
export function judgePinned(written: WrittenValue, field: Pin['field'], running: string): PinJudgment {
  if (!isPinnable(written.text, field)) return { kind: 'keep', why: `it holds no ${field === 'kubernetesVersion' ? 'version' : 'node image'} that stands for itself, but a variable or an expression` };
  return field === 'kubernetesVersion' ? judgeVersion(written, running) : judgeImage(written.text, running);
}

/** Whether a pin is older than what runs, so that applying it would go back; false when either cannot be read. */
export function isBehind(text: string, field: Pin['field'], running: string): boolean {
  return judgePinned({ text, quotes: 'quoted' }, field, running).kind === 'raise';
}

/** Whether one pinned value is older than another, as far as both say; false when either cannot be read. */
export function isLower(text: string, than: string, field: Pin['field']): boolean {
  if (field === 'nodeImageVersion') return text !== than && isImageAtLeast(than, text) && !isImageAtLeast(text, than);
  const [one, other] = [readVersion(text), readVersion(than)];
  if (one === null || other === null) return false;
  const patchCounts = !one.isMinor && !other.isMinor;
  return compareVersions(patchCounts ? one.numbers : { ...one.numbers, patch: 0 }, patchCounts ? other.numbers : { ...other.numbers, patch: 0 }) < 0;
}

interface ReadVersion {
  readonly prefix: string;
  readonly numbers: { readonly major: number; readonly minor: number; readonly patch: number };
  readonly isMinor: boolean;
}

function readVersion(text: string): ReadVersion | null {
  const [, prefix, major, minor, patch] = /^(v?)(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?$/.exec(text) ?? [];
  if (prefix === undefined) return null;
  return { prefix, numbers: { major: Number(major), minor: Number(minor), patch: Number(patch ?? 0) }, isMinor: patch === undefined };
}

function judgeVersion(written: WrittenValue, running: string): PinJudgment {
  const pinned = readVersion(written.text);
  const runs = parseKubernetesVersion(running);
  if (pinned === null || runs === null) return { kind: 'keep', why: `what runs, ${running}, cannot be compared with it` };
  const difference = compareVersions(pinned.numbers, pinned.isMinor ? { ...runs, patch: 0 } : runs);
  if (difference === 0) return { kind: 'right' };
  if (difference > 0) return { kind: 'keep', why: `it is newer than what runs, ${running}` };
  const text = `${pinned.prefix}${pinned.isMinor ? `${runs.major}.${runs.minor}` : running}`;
  // A bare 1.40 is the number 1.4 to YAML, JSON and Terraform alike.
  if (written.quotes === 'bare' && /^\d+\.\d*0$/.test(text)) return { kind: 'keep', why: `${text} without quotes would be read as the number ${Number(text)}; put the value in quotes` };
  return { kind: 'raise', text };
}

function judgeImage(pinned: string, running: string): PinJudgment {
  if (pinned === running) return { kind: 'right' };
  if (isImageAtLeast(running, pinned)) return { kind: 'raise', text: running };
  return { kind: 'keep', why: isImageAtLeast(pinned, running) ? `it is newer than what runs, ${running}` : `what runs, ${running}, cannot be compared with it` };
}
