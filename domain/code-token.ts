/** A piece of Terraform or Bicep. Comments are left out; quotes belong to their text. */
export interface CodeToken {
  /** `word`: a name, a number or a keyword · `text`: in quotes, on one line · `block`: several lines of text · `sign`: one character · `end`: of a line. */
  readonly kind: 'word' | 'text' | 'block' | 'sign' | 'end';
  readonly start: number;
  readonly end: number;
}

const shapes = {
  terraform: /\/\*[^]*?(?:\*\/|$)|(?:#|\/\/)[^\n]*|[ \t\r]+|\n|[\w.-]+|[^]/y,
  bicep: /\/\*[^]*?(?:\*\/|$)|\/\/[^\n]*|#[^\n]*|[ \t\r]+|\n|'''[^]*?'''|[\w.-]+|[^]/y,
} as const;

/** Takes Terraform or Bicep apart, in time that grows with its length. */
export function readCodeTokens(text: string, language: 'terraform' | 'bicep'): readonly CodeToken[] {
  const quote = language === 'terraform' ? '"' : "'";
  const shape = shapes[language];
  const tokens: CodeToken[] = [];
  let unclosed = 0;
  let at = 0;
  while (at < text.length) {
    shape.lastIndex = at;
    const piece = shape.exec(text)?.[0] ?? text.charAt(at);
    const isHeredoc = language === 'terraform' && unclosed < UNCLOSED_MAX && text.startsWith('<<', at);
    const heredocEnd = isHeredoc ? endOfHeredoc(text, at) : null;
    if (isHeredoc && heredocEnd === null) unclosed += 1;
    const end = heredocEnd ?? (piece === quote ? textEnd(text, at, quote) : at + piece.length);
    const kind = heredocEnd !== null ? 'block' : piece === quote ? 'text' : kindOf(piece);
    if (kind !== null) tokens.push({ kind, start: at, end });
    at = end;
  }
  return tokens;
}

/** Heredocs that never end, each of which costs a look through the rest: a file with more of them is no Terraform. */
const UNCLOSED_MAX = 20;

/** Position behind the word that closes a heredoc; null where it is none, or never closed. */
function endOfHeredoc(text: string, at: number): number | null {
  const begin = /<<-?(\w+)[^\n]*(?=\n)/y;
  begin.lastIndex = at;
  const [opening = '', word = ''] = begin.exec(text) ?? [];
  if (word === '') return null;
  const close = new RegExp(`\\n[ \\t]*${word}(?=\\r?(?:\\n|$))`, 'g');
  close.lastIndex = at + opening.length;
  return close.exec(text) === null ? null : close.lastIndex;
}

/** Null: blanks and comments. */
function kindOf(piece: string): CodeToken['kind'] | null {
  if (piece === '\n') return 'end';
  if (/^(?:[ \t\r]|#|\/\/|\/\*)/.test(piece)) return null;
  if (piece.startsWith("'''")) return 'block';
  return /^[\w.-]/.test(piece) ? 'word' : 'sign';
}

/** Position behind the closing quote, or of the line's end when none closes; `${ }` may hold quotes of its own. */
function textEnd(text: string, at: number, quote: string): number {
  let depth = 0;
  for (let index = at + 1; index < text.length; index += 1) {
    const character = text[index];
    if (character === '\n') return index;
    if (character === '\\') index += 1;
    else if (character === '$' && text[index + 1] === '{') depth += 1;
    else if (character === '}' && depth > 0) depth -= 1;
    else if (character === quote && depth === 0) return index + 1;
  }
  return text.length;
}
