/** Bytes as a "binary string": one character, 0–255, per byte. What `atob` gives and `btoa` takes. */
export type ByteText = string;

/** The UTF-8 bytes of a text. */
export function encodeUtf8(text: string): ByteText {
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** Base64 of bytes, in lines of 60 characters as GitHub's contents API sends it. */
export function encodeBase64(bytes: ByteText): string {
  return btoa(bytes).replace(/.{1,60}/g, '$&\n');
}

/** Bytes of a Base64 text, white space ignored; null when it is not Base64. */
export function decodeBase64(text: string): ByteText | null {
  try {
    return atob(text);
  } catch {
    return null;
  }
}

/** The id git gives a file of these bytes: SHA-1 over `blob <size>\0<bytes>`, 40 hexadecimal digits. */
export function blobSha(bytes: ByteText): string {
  return sha1(`blob ${bytes.length}\0${bytes}`);
}

/** SHA-1 of bytes, 40 hexadecimal digits. Written out because this room has no crypto library. @see FIPS 180-4 §6.1. */
export function sha1(bytes: ByteText): string {
  let state: readonly [number, number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const words = padToWords(bytes);
  for (let start = 0; start < words.length; start += 16) {
    const [a, b, c, d, e] = compress(state, words.subarray(start, start + 16));
    state = [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0, (state[4] + e) | 0];
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

function padToWords(bytes: ByteText): Uint32Array {
  const blockCount = Math.ceil((bytes.length + 9) / 64);
  const view = new DataView(new ArrayBuffer(blockCount * 64));
  for (let index = 0; index < bytes.length; index += 1) view.setUint8(index, bytes.charCodeAt(index));
  view.setUint8(bytes.length, 0x80);
  view.setBigUint64(blockCount * 64 - 8, BigInt(bytes.length) * 8n);
  return Uint32Array.from({ length: blockCount * 16 }, (_, index) => view.getUint32(index * 4));
}

type Registers = readonly [number, number, number, number, number];

function compress(start: Registers, block: Uint32Array): Registers {
  const schedule = new Uint32Array(80);
  schedule.set(block);
  for (let round = 16; round < 80; round += 1) {
    const mixed = at(schedule, round - 3) ^ at(schedule, round - 8) ^ at(schedule, round - 14) ^ at(schedule, round - 16);
    schedule[round] = rotateLeft(mixed, 1);
  }
  let [a, b, c, d, e] = start;
  for (let round = 0; round < 80; round += 1) {
    const [choice, constant] = roundFunction(round, b, c, d);
    const next = (rotateLeft(a, 5) + choice + e + constant + at(schedule, round)) | 0;
    [a, b, c, d, e] = [next, a, rotateLeft(b, 30), c, d];
  }
  return [a, b, c, d, e];
}

function roundFunction(round: number, b: number, c: number, d: number): readonly [number, number] {
  if (round < 20) return [(b & c) | (~b & d), 0x5a827999];
  if (round < 40) return [b ^ c ^ d, 0x6ed9eba1];
  if (round < 60) return [(b & c) | (b & d) | (c & d), 0x8f1bbcdc];
  return [b ^ c ^ d, 0xca62c1d6];
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}
