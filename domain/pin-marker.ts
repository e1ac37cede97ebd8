import { readCodeLine, valuesOnLine } from './code-line.ts';
import type { CodeLanguage } from './code-line.ts';
import { isPinnable, parsePin } from './pinned-version.ts';
import type { Pin, WrittenValue } from './pinned-version.ts';

/** A place in code where a version is pinned, or where one was to be found. */
export interface PinPlace {
  readonly pin: Pin;
  /** Whole, from 1: of the value, or of the marker when there is no value. */
  readonly line: number;
  /** The value and where it stands in the text, without its quotes; `missing` says in a clause why there is none to change. */
  readonly value: (WrittenValue & { readonly start: number; readonly end: number }) | { readonly missing: string };
}

/** A marker that names the cluster and then something no version can be pinned by. */
export interface OddMarker {
  readonly line: number;
  readonly why: string;
}

/** What the markers of one file say of one cluster. */
export interface MarkedPins {
  readonly places: readonly PinPlace[];
  readonly odd: readonly OddMarker[];
}

/** A longer comment is no marker. Unit: UTF-16 code units. */
const MARKER_LENGTH_MAX = 500;

interface Marker {
  readonly line: number;
  readonly name: string;
  /** What follows the name. */
  readonly words: string;
}

/** What a cluster may be called in a marker, in any case. */
export interface ClusterNames {
  readonly own: readonly string[];
  /** Names among them that other clusters go by too: a marker with one is left and said to be unclear. */
  readonly shared: readonly string[];
}

/**
 * Finds what markers in comments pin for one cluster: `slackwater: <cluster> kubernetesVersion`,
 * `slackwater: <cluster> pool/<name> kubernetesVersion` or `… nodeImageVersion`.
 *
 * A marker speaks of the value on its own line, or, alone on a line, of the line below; other comments may stand between.
 */
export function findMarkedPins(text: string, language: CodeLanguage, names: ClusterNames): MarkedPins {
  if (!text.includes('slackwater:')) return { places: [], odd: [] };
  const places: PinPlace[] = [];
  const odd: OddMarker[] = [];
  let waiting: readonly Marker[] = [];
  let at = 0;
  for (const [index, whole] of text.split('\n').entries()) {
    const text = whole.replace(/\r$/, '');
    const { comments, hasCode } = readCodeLine(text, language);
    const markers = comments.flatMap((comment) => readMarker(comment, index + 1));
    if (hasCode || comments.length === 0) {
      const found = placesOn({ text, language, hasCode, at, number: index + 1 }, [...waiting, ...markers], names);
      places.push(...found.places);
      odd.push(...found.odd);
      waiting = [];
    } else {
      waiting = [...waiting, ...markers];
    }
    at += whole.length + 1;
  }
  const rest = placesOn(null, waiting, names);
  return { places: [...places, ...rest.places], odd: [...odd, ...rest.odd] };
}

function readMarker(comment: string, line: number): readonly Marker[] {
  if (comment.length > MARKER_LENGTH_MAX) return [];
  const [, name, words = ''] = /(?:^|[ \t])slackwater:[ \t]*([A-Za-z0-9][\w-]*)(?:[ \t]+(.*?))?[ \t]*$/.exec(comment) ?? [];
  return name === undefined ? [] : [{ line, name, words: words.replace(/[ \t]+/g, ' ') }];
}

interface NumberedLine {
  readonly text: string;
  readonly language: CodeLanguage;
  readonly hasCode: boolean;
  /** Where the line begins in the text. */
  readonly at: number;
  readonly number: number;
}

function placesOn(below: NumberedLine | null, markers: readonly Marker[], names: ClusterNames): MarkedPins {
  const isAmong = (list: readonly string[], { name }: Marker): boolean => list.some((each) => each.toLowerCase() === name.toLowerCase());
  const isOurs = (marker: Marker): boolean => isAmong(names.own, marker);
  const other = markers.find((marker) => !isOurs(marker));
  const places: PinPlace[] = [];
  const odd: OddMarker[] = [];
  for (const marker of markers.filter(isOurs)) {
    const pin = parsePin(marker.words);
    if (pin === null) odd.push({ line: marker.line, why: 'its marker must end in kubernetesVersion, pool/<name> kubernetesVersion or pool/<name> nodeImageVersion' });
    else if (isAmong(names.shared, marker)) places.push({ pin, line: marker.line, value: { missing: `several clusters are called ${marker.name}; write the name of the policy` } });
    else if (other !== undefined) places.push({ pin, line: marker.line, value: { missing: `it is the version of another cluster, ${other.name}, too` } });
    else places.push(placeOf(below, marker, pin));
  }
  return { places, odd };
}

function placeOf(below: NumberedLine | null, marker: Marker, pin: Pin): PinPlace {
  if (below === null || !below.hasCode) return { pin, line: marker.line, value: { missing: 'no value stands on the line of the marker, or on the one below it' } };
  const values = valuesOnLine(below.text, below.language).filter(({ text }) => isPinnable(text, pin.field));
  const [value] = values;
  if (value === undefined) return { pin, line: below.number, value: { missing: `it holds no ${pin.field === 'kubernetesVersion' ? 'version' : 'node image'} that stands for itself, but a variable or an expression` } };
  if (values.length > 1) return { pin, line: below.number, value: { missing: 'several versions stand on the line' } };
  return { pin, line: below.number, value: { text: value.text, quotes: value.quotes, start: below.at + value.start, end: below.at + value.end } };
}
