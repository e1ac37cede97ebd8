import { languageOf, valuesOnLine } from './code-line.ts';
import { decodeText } from './encoded-text.ts';
import type { WriteBackPlace } from './maintenance-policy.ts';
import { isBehind, isLower, isPinnable, namePin } from './pinned-version.ts';
import type { Pin } from './pinned-version.ts';
import { findPins } from './write-back.ts';
import type { FindValue, PinnedCluster } from './write-back.ts';

/** A pin that a change would set below what runs. */
export interface UndonePin {
  readonly file: string;
  /** Whole, from 1, as the change leaves the file. */
  readonly line: number;
  readonly pins: string;
  /** Null: nothing was pinned there before. */
  readonly from: string | null;
  readonly to: string;
  readonly runs: string;
}

/** A file on both sides of a change; null where it is not there. */
export interface ChangedFile {
  readonly path: string;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

interface SeenPin {
  readonly pin: Pin;
  readonly line: number;
  readonly text: string;
  /** What stands on its line up to the value, blanks at the start left out. */
  readonly lead: string;
}

/**
 * Finds the pins that a change lowers below what the cluster runs: an older value, or a new pin that is old already. A value
 * that loses its marker by the change is still known by what stands before it on its line.
 *
 * What the change leaves alone, however old, is none of it.
 */
export function findUndone(file: ChangedFile, places: readonly WriteBackPlace[], cluster: PinnedCluster, findValue: FindValue): readonly UndonePin[] {
  if (file.after === null) return [];
  const seen = (bytes: Uint8Array | null) => (bytes === null ? [] : pinsOf(file.path, bytes, places, cluster, findValue));
  const [before, marked] = [seen(file.before), seen(file.after)];
  const after = [...marked, ...unmarkedOf(file, before, marked)];
  return after.flatMap((seenAfter) => {
    const { pin, line, text } = seenAfter;
    const runs = cluster.runs(pin);
    const was = counterpartOf(seenAfter, before, after);
    if (runs.kind === 'unknown' || !isBehind(text, pin.field, runs.version)) return [];
    if (was !== null && !isLower(text, was.text, pin.field)) return [];
    return [{ file: file.path, line, pins: namePin(pin), from: was?.text ?? null, to: text, runs: runs.version }];
  });
}

/** The same pin before the change: of those that pin the same and begin alike the one in its turn, else of those that pin the same. */
function counterpartOf(one: SeenPin, before: readonly SeenPin[], after: readonly SeenPin[]): SeenPin | null {
  const isSamePin = (other: SeenPin): boolean => namePin(other.pin) === namePin(one.pin);
  const isAlike = (other: SeenPin): boolean => isSamePin(other) && other.lead === one.lead;
  const inTurn = (isRival: (other: SeenPin) => boolean): SeenPin | undefined => before.filter(isRival)[after.filter(isRival).indexOf(one)];
  return inTurn(isAlike) ?? before.find(isAlike) ?? inTurn(isSamePin) ?? null;
}

function pinsOf(path: string, bytes: Uint8Array, places: readonly WriteBackPlace[], cluster: PinnedCluster, findValue: FindValue): readonly SeenPin[] {
  const read = decodeText(bytes);
  if (read === null) return [];
  return findPins(path, read.text, { places, names: cluster.names, findValue }).places.flatMap(({ pin, line, value }) => {
    if ('missing' in value || !isPinnable(value.text, pin.field)) return [];
    const start = read.text.lastIndexOf('\n', value.start - 1) + 1;
    return [{ pin, line, text: value.text, lead: read.text.slice(start, value.start).replace(/^[ \t]+/, '') }];
  });
}

/** Pins whose marker is gone, where exactly one line still begins as theirs did. */
function unmarkedOf({ path, after }: ChangedFile, before: readonly SeenPin[], marked: readonly SeenPin[]): readonly SeenPin[] {
  const language = languageOf(path);
  const text = after === null ? null : decodeText(after)?.text;
  const lost = before.filter(({ pin }) => !marked.some((each) => namePin(each.pin) === namePin(pin)));
  if (language === null || text === undefined || text === null || lost.length === 0) return [];
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  return lost.flatMap(({ pin, lead }) => {
    const found = lines.flatMap((line, index): readonly SeenPin[] =>
      line.includes(lead)
        ? valuesOnLine(line, language)
            .filter((value) => isPinnable(value.text, pin.field) && line.slice(0, value.start).replace(/^[ \t]+/, '') === lead)
            .map((value) => ({ pin, line: index + 1, text: value.text, lead }))
        : [],
    );
    return found.length === 1 ? found : [];
  });
}
