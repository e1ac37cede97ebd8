/** One line of a CODEOWNERS file. */
export interface CodeOwnersRule {
  readonly pattern: string;
  /** `@login`, `@organization/team` or an address; empty where the line takes ownership away. */
  readonly owners: readonly string[];
}

/** Where GitHub looks for the file, in this order; the first that exists counts. */
export const codeOwnersPlaces = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const;

/**
 * Reads a CODEOWNERS file. Comments, and lines that GitHub skips as invalid (negations, character ranges, words that are
 * no owner), are left out.
 *
 * Facts: GitHub docs, "About code owners", section "CODEOWNERS syntax".
 */
export function parseCodeOwners(text: string): readonly CodeOwnersRule[] {
  return text.split(/\r?\n/).flatMap((line): readonly CodeOwnersRule[] => {
    const [pattern, ...words] = wordsOf(line);
    if (pattern === undefined || pattern.startsWith('!') || /[[\]]/.test(pattern)) return [];
    return words.every(isOwner) ? [{ pattern, owners: words }] : [];
  });
}

/** Words apart by blanks; a blank behind a backslash belongs to its word, and `#` begins a comment. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:\\.|[^\s\\])+/g)) {
    if (/^\\?#/.test(word)) break;
    words.push(word.replace(/\\(.)/g, '$1'));
  }
  return words;
}

function isOwner(word: string): boolean {
  return /^@[A-Za-z0-9][A-Za-z0-9-]*(?:\/[A-Za-z0-9._-]+)?$/.test(word) || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(word);
}

/**
 * Owners of a file: those of the last rule that matches it; empty when none does, or when that rule names nobody.
 *
 * @param path - From the repository's root, with `/`, without a leading one.
 */
export function codeOwnersOf(rules: readonly CodeOwnersRule[], path: string): readonly string[] {
  return rules.findLast(({ pattern }) => matchesPattern(pattern, path))?.owners ?? [];
}

/**
 * A pattern with a slash at its beginning or in its middle counts from the root, any other one at every depth. What it
 * names may be a folder and then means all below it, save behind a final `/*`, which means the folder's own files only.
 */
function matchesPattern(pattern: string, path: string): boolean {
  const isFolder = pattern.endsWith('/');
  const body = pattern.replace(/^\//, '').replace(/\/$/, '');
  if (body === '') return false;
  const isAnchored = pattern.startsWith('/') || body.includes('/');
  const steps = body.split('/');
  const files = path.split('/');
  const isFinalStar = steps.length > 1 && steps.at(-1) === '*';
  const starts = isAnchored ? [0] : files.map((_, index) => index);
  return starts.some((start) =>
    endsOf(steps, files, start).some((end) => {
      if (end === files.length) return !isFolder;
      return !isFinalStar;
    }),
  );
}

/** Every count of path steps that the pattern's steps can use up from `start`. */
function endsOf(steps: readonly string[], files: readonly string[], start: number): readonly number[] {
  let ends: ReadonlySet<number> = new Set([start]);
  for (const step of steps) {
    const next = new Set<number>();
    for (const end of ends) {
      if (step === '**') for (let more = end; more <= files.length; more += 1) next.add(more);
      else if (end < files.length && matchesStep(step, files[end] ?? '')) next.add(end + 1);
    }
    ends = next;
  }
  return [...ends];
}

/** `*` is any run of characters and `?` any one, neither a slash. Two positions are kept, so that no pattern is slow. */
function matchesStep(step: string, name: string): boolean {
  let at = 0;
  let index = 0;
  let star = -1;
  let retry = 0;
  while (index < name.length) {
    const wanted = step[at];
    if (wanted === '*') {
      star = at;
      retry = index;
      at += 1;
    } else if (wanted !== undefined && (wanted === '?' || wanted === name[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      retry += 1;
      at = star + 1;
      index = retry;
    } else {
      return false;
    }
  }
  return /^\**$/.test(step.slice(at));
}
