/**
 * A file's bytes as text whose positions lead back to bytes: each character stands for one byte, or for two in UTF-16.
 *
 * In `single-byte` a character beyond ASCII is shown as the bytes it is made of, which is right in every encoding built
 * on ASCII, UTF-8 included, as long as only ASCII is looked for and written.
 */
export interface EncodedText {
  readonly encoding: 'single-byte' | 'utf-16le' | 'utf-16be';
  /** Bytes of the byte order mark; 0 where the file has none. */
  readonly markBytes: 0 | 2 | 3;
  readonly text: string;
}

/** A stretch of a text and what shall stand there. */
export interface TextChange {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Characters turned at once: a call takes only so many arguments. */
const CHUNK = 8_192;

/** Reads a file's bytes; null when they are no text: NUL bytes, or half a character of UTF-16. */
export function decodeText(bytes: Uint8Array): EncodedText | null {
  const isMarked = (...mark: readonly number[]): boolean => mark.every((byte, index) => bytes[index] === byte);
  const encoding = isMarked(0xff, 0xfe) ? 'utf-16le' : isMarked(0xfe, 0xff) ? 'utf-16be' : 'single-byte';
  const markBytes = encoding !== 'single-byte' ? 2 : isMarked(0xef, 0xbb, 0xbf) ? 3 : 0;
  const rest = bytes.subarray(markBytes);
  if (encoding !== 'single-byte' && rest.length % 2 !== 0) return null;
  const units = encoding === 'single-byte' ? rest : pairsOf(rest, encoding);
  let text = '';
  for (let at = 0; at < units.length; at += CHUNK) text += String.fromCharCode(...units.subarray(at, at + CHUNK));
  return text.includes('\u0000') ? null : { encoding, markBytes, text };
}

function pairsOf(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): Uint16Array {
  const [low, high] = encoding === 'utf-16le' ? [0, 1] : [1, 0];
  return Uint16Array.from({ length: bytes.length / 2 }, (_, index) => (bytes[2 * index + low] ?? 0) | ((bytes[2 * index + high] ?? 0) << 8));
}

/**
 * The file's bytes with these changes and not one other byte changed.
 *
 * `changes` do not overlap, in any order, and are positions in the text of `decodeText(bytes)`, whose result `read` is; what is
 * written is ASCII.
 */
export function changeBytes(bytes: Uint8Array, read: EncodedText, changes: readonly TextChange[]): Uint8Array {
  const width = read.encoding === 'single-byte' ? 1 : 2;
  const placeOf = (position: number): number => read.markBytes + position * width;
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { start, end, text } of [...changes].sort((one, other) => one.start - other.start)) {
    parts.push(bytes.subarray(from, placeOf(start)), encodeAscii(text, read.encoding));
    from = placeOf(end);
  }
  parts.push(bytes.subarray(from));
  const changed = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    changed.set(part, at);
    at += part.length;
  }
  return changed;
}

function encodeAscii(text: string, encoding: EncodedText['encoding']): Uint8Array {
  const codes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  if (encoding === 'single-byte') return codes;
  const shift = encoding === 'utf-16le' ? 0 : 1;
  const pairs = new Uint8Array(codes.length * 2);
  for (const [index, code] of codes.entries()) pairs[2 * index + shift] = code;
  return pairs;
}
