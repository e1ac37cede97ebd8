/** Languages of infrastructure code whose lines are understood as far as a pinned value needs it. */
export type CodeLanguage = 'terraform' | 'bicep' | 'json' | 'yaml';

/** One value on a line that stands for itself: text in quotes, or bare. Positions count from the line's start. */
interface LiteralToken {
  /** Of the value without its quotes. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly quotes: 'quoted' | 'bare';
}

/** A line, as far as comments need it. */
export interface CodeLine {
  /** Text of each comment, without its signs. */
  readonly comments: readonly string[];
  /** Whether anything but comments and blanks stands on it. */
  readonly hasCode: boolean;
}

/** A longer line is not looked at for values: nobody marks one, and a stranger could make the look last. Unit: UTF-16 code units. */
const LINE_LENGTH_MAX = 4_000;

const languages: Readonly<Record<string, CodeLanguage>> = {
  tf: 'terraform',
  tfvars: 'terraform',
  tofu: 'terraform',
  hcl: 'terraform',
  bicep: 'bicep',
  bicepparam: 'bicep',
  json: 'json',
  jsonc: 'json',
  yaml: 'yaml',
  yml: 'yaml',
};

/** The language of a file by its ending; null for one that is not understood. */
export function languageOf(path: string): CodeLanguage | null {
  return languages[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ''] ?? null;
}

const quoteSigns: Readonly<Record<CodeLanguage, string>> = { terraform: '"', bicep: "'", json: '"', yaml: `"'` };
const commentSigns: Readonly<Record<CodeLanguage, readonly string[]>> = { terraform: ['#', '//'], bicep: ['//'], json: ['//'], yaml: ['#'] };

/** Takes a line apart without knowing the lines around it. Blanks are space and tab alone, so that it serves any ASCII-based encoding. */
export function readCodeLine(line: string, language: CodeLanguage): CodeLine {
  const { masked, comments } = maskLine(line, language);
  return { comments, hasCode: /[^ \t]/.test(masked) };
}

/**
 * The values that a line assigns: what follows `=`, `:` or a list's sign and is no part of an expression.
 *
 * A value within a call, a comparison, a condition or an index is no value of the line.
 */
export function valuesOnLine(line: string, language: CodeLanguage): readonly LiteralToken[] {
  if (line.length > LINE_LENGTH_MAX) return [];
  const { masked, quoted } = maskLine(line, language);
  if (isCondition(masked, language)) return [];
  const bare = [...masked.matchAll(/[A-Za-z0-9._-]+/g)].map(({ 0: text, index }): LiteralToken => ({ start: index, end: index + text.length, text, quotes: 'bare' }));
  const tokens = [...quoted.map((token) => ({ token, from: token.start - 1, to: token.end + 1 })), ...bare.map((token) => ({ token, from: token.start, to: token.end }))];
  const code = masked.replaceAll(QUOTED, '"');
  return tokens.filter(({ from, to }) => isAssigned(code, { from, to }, language)).map(({ token }) => token);
}

/** Stands for each character of a text in quotes, so that nothing in it is taken for code. */
const QUOTED = '\u0000';

interface MaskedLine {
  /** As long as the line: comments are blanks, texts in quotes are {@link QUOTED}. */
  readonly masked: string;
  readonly comments: readonly string[];
  readonly quoted: readonly LiteralToken[];
}

function maskLine(line: string, language: CodeLanguage): MaskedLine {
  let masked = '';
  const comments: string[] = [];
  const quoted: LiteralToken[] = [];
  while (masked.length < line.length) {
    const at = masked.length;
    const comment = commentAt(line, at, language);
    const end = comment === null ? quoteEnd(line, at, language) : comment.end;
    if (comment !== null) {
      comments.push(comment.text);
      masked += ' '.repeat(comment.end - at);
    } else if (end === null) {
      masked += line[at] ?? '';
    } else {
      quoted.push({ start: at + 1, end: end - 1, text: line.slice(at + 1, end - 1), quotes: 'quoted' });
      masked += QUOTED.repeat(end - at);
    }
  }
  return { masked, comments, quoted };
}

function commentAt(line: string, at: number, language: CodeLanguage): { readonly text: string; readonly end: number } | null {
  if (language !== 'yaml' && line.startsWith('/*', at)) {
    const close = line.indexOf('*/', at + 2);
    return { text: line.slice(at + 2, close === -1 ? line.length : close), end: close === -1 ? line.length : close + 2 };
  }
  const isDirective = language === 'bicep' && line[at] === '#' && /^[ \t]*$/.test(line.slice(0, at));
  const sign = commentSigns[language].find((each) => line.startsWith(each, at));
  if (sign === undefined && !isDirective) return null;
  if (language === 'yaml' && at > 0 && !/[ \t]/.test(line[at - 1] ?? '')) return null;
  return { text: line.slice(at + (sign?.length ?? 1)), end: line.length };
}

/** Position behind the closing quote of a text that begins at `at`; null where none begins, or none closes. */
function quoteEnd(line: string, at: number, language: CodeLanguage): number | null {
  const sign = line[at] ?? '';
  if (!quoteSigns[language].includes(sign)) return null;
  if (language === 'yaml' && at > 0 && !' \t,[{:'.includes(line[at - 1] ?? '')) return null;
  for (let index = at + 1; index < line.length; index += 1) {
    if (line[index] === '\\' && !(language === 'yaml' && sign === "'")) index += 1;
    else if ((language === 'terraform' || language === 'bicep') && line.startsWith('${', index)) index = interpolationEnd(line, index, sign);
    else if (line[index] === sign && language === 'yaml' && sign === "'" && line[index + 1] === sign) index += 1;
    else if (line[index] === sign) return index + 1;
  }
  return null;
}

/** Position of the brace that closes `${`; the line's end when none does. */
function interpolationEnd(line: string, at: number, sign: string): number {
  let depth = 0;
  let isQuoted = false;
  for (let index = at + 1; index < line.length; index += 1) {
    const character = line[index];
    if (character === sign) isQuoted = !isQuoted;
    else if (!isQuoted && character === '{') depth += 1;
    else if (!isQuoted && character === '}' && (depth -= 1) === 0) return index;
  }
  return line.length;
}

/** A `?` outside quotes chooses between values; of a parameter in Bicep it may be part of the type. */
function isCondition(masked: string, language: CodeLanguage): boolean {
  if (language === 'json' || language === 'yaml') return false;
  const code = language === 'bicep' && /^[ \t]*param[ \t]/.test(masked) ? masked.slice(masked.indexOf('=') + 1) : masked;
  return code.includes('?');
}

function isAssigned(code: string, { from, to }: { readonly from: number; readonly to: number }, language: CodeLanguage): boolean {
  const before = code.slice(0, from);
  const after = code.slice(to);
  if (/[}\])][ \t]*[.[]/.test(after) || isInCall(before)) return false;
  if (language === 'yaml') {
    const isFlow = /[[{]/.test(before);
    const starts = isFlow ? /(?:[:,[{][ \t]*|:[ \t]+(?:&[^ \t]+[ \t]+)?)$/ : /(?:^[ \t]*(?:-[ \t]+)*|:[ \t]+)(?:[&!][^ \t]+[ \t]+)*$/;
    return starts.test(before) && (isFlow ? /^[ \t]*(?:[,}\]]|$)/ : /^[ \t]*$/).test(after);
  }
  return /(?:^|[:[{,]|(?:^|[^=!<>])=)[ \t]*$/.test(before) && /^[ \t]*(?:[,;}\]]|$)/.test(after);
}

/** Whether an opening bracket of a call is still open. */
function isInCall(before: string): boolean {
  return (before.match(/\(/g)?.length ?? 0) > (before.match(/\)/g)?.length ?? 0);
}
