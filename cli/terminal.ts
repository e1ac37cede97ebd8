/** What the standard output can show. */
export interface Terminal {
  /** Characters in a line. */
  readonly columns: number;
  readonly colour: 'shown' | 'left-out';
}

/** Lines of a file or a pipe: wide enough for tables, narrow enough for a pager. */
const COLUMNS_OF_A_FILE = 120;
const COLUMNS_MIN = 40;

/** Colour only for a person at a terminal who did not ask for none (`NO_COLOR`, `TERM=dumb`). */
export function terminalOf(
  output: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isPlain = output.isTTY !== true || (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  const wanted = output.isTTY === true ? output.columns ?? 80 : COLUMNS_OF_A_FILE;
  return { columns: Math.max(COLUMNS_MIN, wanted), colour: isPlain ? 'left-out' : 'shown' };
}

/** Words folded into lines of at most `width` characters; a longer word is broken. Never empty. */
export function foldText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line: readonly string[] = [];
  for (const word of text.split(' ').filter((one) => one !== '')) {
    let characters = [...word];
    const room = width - line.length - (line.length === 0 ? 0 : 1);
    if (characters.length <= room) {
      line = line.length === 0 ? characters : [...line, ' ', ...characters];
      continue;
    }
    if (line.length > 0) lines.push(line.join(''));
    while (characters.length > width) {
      lines.push(characters.slice(0, width).join(''));
      characters = characters.slice(width);
    }
    line = characters;
  }
  return [...lines, ...(line.length === 0 && lines.length > 0 ? [] : [line.join('')])];
}
