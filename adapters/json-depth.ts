const quote = 0x22;
const backslash = 0x5c;
const brackets = { open: 0x5b, close: 0x5d };
const braces = { open: 0x7b, close: 0x7d };

/**
 * How many lists and objects stand within each other at most in the bytes of a JSON text, without parsing it.
 *
 * One pass, no recursion, no copy; of what is no JSON the number says nothing.
 */
export function jsonDepth(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let place: 'outside' | 'in-text' = 'outside';
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (place === 'in-text') {
      if (byte === backslash) index += 1;
      else if (byte === quote) place = 'outside';
    } else if (byte === quote) {
      place = 'in-text';
    } else if (byte === brackets.open || byte === braces.open) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (byte === brackets.close || byte === braces.close) {
      depth -= 1;
    }
  }
  return deepest;
}
