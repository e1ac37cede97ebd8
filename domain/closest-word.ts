/**
 * The candidate a mistyped word was probably meant to be, or null when none is near.
 *
 * Near means at most one slip for every three letters, and at most three: a wrong hint is worse than none. Case does
 * not count. Of equally near candidates the first wins, so the answer does not depend on the host.
 */
export function closestWord(word: string, candidates: readonly string[]): string | null {
  const allowedSlips = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  let closest: string | null = null;
  let fewestSlips = allowedSlips + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > allowedSlips) continue;
    const slips = countSlips(word.toLowerCase(), candidate.toLowerCase());
    if (slips < fewestSlips) {
      fewestSlips = slips;
      closest = candidate;
    }
  }
  return closest;
}

/** Letters missed, added, replaced or swapped with their neighbour to get from one word to the other. */
function countSlips(written: string, meant: string): number {
  let twoRowsUp: readonly number[] = [];
  let rowUp: readonly number[] = Array.from({ length: meant.length + 1 }, (_, column) => column);
  for (let row = 1; row <= written.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= meant.length; column += 1) {
      const isSame = written[row - 1] === meant[column - 1];
      const isSwapped = written[row - 1] === meant[column - 2] && written[row - 2] === meant[column - 1];
      current.push(
        Math.min(
          (rowUp[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (rowUp[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped && row > 1 && column > 1 ? (twoRowsUp[column - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    twoRowsUp = rowUp;
    rowUp = current;
  }
  return rowUp[meant.length] ?? 0;
}
