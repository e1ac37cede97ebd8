/** A stream of pseudo-random numbers: the same seed gives the same stream. Not for secrets. */
export interface Prng {
  /** In [0, 1). */
  ratio(): number;
  /** Whole, `min` ≤ n ≤ `max`. */
  integer(range: { readonly min: number; readonly max: number }): number;
  /** `length` lower-case characters of the alphabet Kubernetes uses for generated names (no vowels, no look-alikes). */
  suffix(length: number): string;
  /** A lower-case UUID; its version nibble is 4. */
  uuid(): string;
}

const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const HEX_ALPHABET = '0123456789abcdef';

/** Makes a stream from a seed (any whole number). The generator is SplitMix32. */
export function createPrng(seed: number): Prng {
  let state = seed >>> 0;
  const ratio = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };
  const pick = (alphabet: string, length: number): string => {
    let text = '';
    for (let index = 0; index < length; index += 1) text += alphabet.charAt(Math.floor(ratio() * alphabet.length));
    return text;
  };
  return {
    ratio,
    integer: ({ min, max }) => min + Math.floor(ratio() * (max - min + 1)),
    suffix: length => pick(NAME_ALPHABET, length),
    uuid: () => {
      const hex = pick(HEX_ALPHABET, 30);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-8${hex.slice(15, 18)}-${hex.slice(18)}`;
    },
  };
}
