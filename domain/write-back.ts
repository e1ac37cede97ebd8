import { isSameResource } from './azure-resource.ts';
import { languageOf } from './code-line.ts';
import type { CodeLanguage } from './code-line.ts';
import { findCodeValue } from './code-path.ts';
import type { DocumentStep } from './document-path.ts';
import { parseDocumentPath } from './document-path.ts';
import { changeBytes, decodeText } from './encoded-text.ts';
import type { TextChange } from './encoded-text.ts';
import type { MaintenancePolicy, WriteBackPlace } from './maintenance-policy.ts';
import { findMarkedPins } from './pin-marker.ts';
import type { ClusterNames, PinPlace } from './pin-marker.ts';
import { judgePinned, namePin, parsePin } from './pinned-version.ts';
import type { Pin, WrittenValue } from './pinned-version.ts';
import type { Running } from './running-version.ts';
import { clusterNameOf } from './window-identity.ts';

/** A file of a repository. */
export interface CodeFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A pinned value that is raised. */
export interface RaisedPin {
  readonly file: string;
  /** Whole, from 1. */
  readonly line: number;
  /** What is pinned, as markers write it. */
  readonly pins: string;
  readonly from: string;
  readonly to: string;
}

/** Something that is not changed; `why` is a clause without a full stop. */
export interface KeptPin {
  readonly file: string;
  /** Null: the whole file. */
  readonly line: number | null;
  /** What is pinned; null when that is not known. */
  readonly pins: string | null;
  readonly why: string;
}

/** What is to be written back to one repository. */
export interface WriteBack {
  /** Only files that change, each whole. */
  readonly files: readonly CodeFile[];
  readonly raised: readonly RaisedPin[];
  readonly kept: readonly KeptPin[];
}

/** Where a path leads in a document: the value as it is written, quotes included, or a clause why there is none. */
export type DocumentValue = { readonly start: number; readonly end: number } | { readonly missing: string };

/** Finds the one value a path leads to in a JSON or YAML text. */
export type FindValue = (text: string, language: 'json' | 'yaml', steps: readonly DocumentStep[]) => DocumentValue;

/** Whose versions are written back, and what they are. */
export interface PinnedCluster {
  readonly names: ClusterNames;
  readonly runs: (pin: Pin) => Running;
}

/** What markers may call the cluster of `policyName`: its own name, and the policy's; names that other policies' clusters share are unclear. */
export function markerNamesOf(clusterResourceId: string, policyName: string, all: readonly Pick<MaintenancePolicy, 'name' | 'clusterResourceId'>[]): ClusterNames {
  const own = [clusterNameOf(clusterResourceId), policyName];
  const others = all.filter((policy) => !isSameResource(policy.clusterResourceId, clusterResourceId)).flatMap((policy) => [policy.name, clusterNameOf(policy.clusterResourceId)]);
  return { own, shared: own.filter((name) => others.some((other) => other.toLowerCase() === name.toLowerCase())) };
}

/** Pins found in one file's text. */
export interface FoundPins {
  readonly places: readonly PinPlace[];
  readonly kept: readonly KeptPin[];
}

/** Whether a place of the policy speaks of the file at `path`. */
export function isMeant({ file }: Pick<WriteBackPlace, 'file'>, path: string): boolean {
  if (!file.endsWith('/')) return file === path;
  return (file === '/' || path.startsWith(file)) && languageOf(path) !== null;
}

/** Finds what a file pins of a cluster, by markers and by the paths of `places`, all of which must mean the file. */
export function findPins(path: string, text: string, wanted: { readonly places: readonly WriteBackPlace[]; readonly names: ClusterNames; readonly findValue: FindValue }): FoundPins {
  const language = languageOf(path);
  if (language === null) return { places: [], kept: [{ file: path, line: null, pins: null, why: 'its ending tells no language that is understood' }] };
  const isMarked = wanted.places.some((place) => place.path === null);
  const marked = isMarked ? findMarkedPins(text, language, wanted.names) : { places: [], odd: [] };
  const named = wanted.places.flatMap((place) => (place.path === null ? [] : placeByPath(text, language, { path: place.path, pins: place.pins }, wanted.findValue)));
  const isNew = ({ value }: PinPlace): boolean => !('start' in value) || !marked.places.some((other) => 'start' in other.value && other.value.start === value.start);
  return { places: [...marked.places, ...named.filter(isNew)], kept: marked.odd.map(({ line, why }) => ({ file: path, line, pins: null, why })) };
}

function placeByPath(text: string, language: CodeLanguage, place: { readonly path: string; readonly pins: string }, findValue: FindValue): readonly PinPlace[] {
  const steps = parseDocumentPath(place.path);
  const pin = parsePin(place.pins);
  if (steps === null || pin === null) return [];
  const found = language === 'terraform' || language === 'bicep' ? findCodeValue(text, language, steps) : findValue(text, language, steps);
  if ('missing' in found) return [{ pin, line: 1, value: { missing: `${place.path}: ${found.missing}` } }];
  const line = text.slice(0, found.start).split('\n').length;
  return [{ pin, line, value: { ...readWritten(text.slice(found.start, found.end)), ...innerOf(text, found) } }];
}

function isQuoted(written: string): boolean {
  return /^(["']).*\1$/s.test(written) && written.length > 1;
}

function readWritten(written: string): WrittenValue {
  return isQuoted(written) ? { text: written.slice(1, -1), quotes: 'quoted' } : { text: written, quotes: 'bare' };
}

function innerOf(text: string, { start, end }: { readonly start: number; readonly end: number }): { readonly start: number; readonly end: number } {
  const shift = isQuoted(text.slice(start, end)) ? 1 : 0;
  return { start: start + shift, end: end - shift };
}

/** Plans what is to change in one file; the same file and cluster give the same plan, and a file that is right gives none. */
export function planFile(file: CodeFile, places: readonly WriteBackPlace[], cluster: PinnedCluster, findValue: FindValue): WriteBack {
  const read = decodeText(file.bytes);
  if (read === null) return { files: [], raised: [], kept: [{ file: file.path, line: null, pins: null, why: 'it is no text' }] };
  const found = findPins(file.path, read.text, { places, names: cluster.names, findValue });
  const changes: TextChange[] = [];
  const raised: RaisedPin[] = [];
  const kept = [...found.kept];
  for (const { pin, line, value } of found.places) {
    const about = { file: file.path, line, pins: namePin(pin) };
    if ('missing' in value) {
      kept.push({ ...about, why: value.missing });
      continue;
    }
    const runs = cluster.runs(pin);
    const judged = runs.kind === 'unknown' ? ({ kind: 'keep', why: runs.why } as const) : judgePinned(value, pin.field, runs.version);
    if (judged.kind === 'keep') kept.push({ ...about, why: judged.why });
    if (judged.kind !== 'raise') continue;
    // Two markers may stand at one value.
    const same = changes.find(({ start }) => start === value.start);
    if (same === undefined) {
      changes.push({ start: value.start, end: value.end, text: judged.text });
      raised.push({ ...about, from: value.text, to: judged.text });
    } else if (same.text !== judged.text) kept.push({ ...about, why: `another marker raises the same value to ${same.text}` });
  }
  return { files: changes.length === 0 ? [] : [{ path: file.path, bytes: changeBytes(file.bytes, read, changes) }], raised, kept };
}
