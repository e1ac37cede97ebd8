import { formatBoth, formatBothDated, isTimeZone } from './local-time.ts';
import type { Instant } from './time.ts';

/**
 * A sentence in parts, so that whatever a stranger may have written is escaped in one place.
 *
 * A bare text is prose (ours or anybody's) · `name` is an identifier · `command` is what may be typed · `strong` is bold
 * prose · `at` is a moment, told in local time and UTC (`dated`: with the day).
 */
type PhrasePart =
  | string
  | { readonly name: string }
  | { readonly command: string }
  | { readonly strong: string }
  | { readonly at: Instant; readonly form: 'clock' | 'dated' };
export type Phrase = readonly PhrasePart[];

const NAME_CHARACTERS_MAX = 160;
const PROSE_CHARACTERS_MAX = 600;

/**
 * Look-alikes of characters that mean something to Markdown, HTML or GitHub even where they should not. No Kubernetes
 * or Azure resource name can hold one of them, so a real name is never changed.
 */
const lookAlikes: Readonly<Record<string, string>> = { '`': 'ˋ', '|': '¦', '<': '‹', '>': '›', '@': '＠' };

/**
 * Untrusted text as one line of visible characters, at most `charactersMax` of them.
 *
 * Line breaks become spaces; controls, bidi and zero-width characters are shown as `‹U+202E›`, because two names that
 * differ only by them must not look alike; the characters of the table above become look-alikes.
 */
export function visibleText(text: string, charactersMax: number): string {
  const shown = text
    .slice(0, charactersMax * 4)
    .replace(/[\s\u0085]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/gu, showCodePoint)
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(/[`|<>@]/g, (character) => lookAlikes[character] ?? '')
    .replace(/\](?=[([:])|!(?=\[)/g, '$& ')
    .trim();
  const characters = [...shown];
  return characters.length <= charactersMax ? shown : `${characters.slice(0, charactersMax - 1).join('').trimEnd()}…`;
}

function showCodePoint(character: string): string {
  return `‹U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`;
}

/** An identifier as a code span: GitHub makes no mention, link, reference or emoji inside one. Fits in a table cell. */
export function codeSpan(text: string, charactersMax = NAME_CHARACTERS_MAX): string {
  const shown = visibleText(text, charactersMax);
  return shown === '' ? '`(empty)`' : `\`${shown}\``;
}

/**
 * Prose with every word that could be more than a word in a code span, and plain words as they are.
 *
 * Plain is what is known to be harmless, not what is not known to be harmful: letters, digits and punctuation without
 * meaning. So nothing has to be undone by whoever copies a name out of the sentence. At most 600 characters.
 */
export function prose(text: string, position: 'line-start' | 'mid-line' = 'line-start'): string {
  const pieces: string[] = [];
  let risky: string[] = [];
  const closeSpan = () => {
    if (risky.length > 0) pieces.push(spanOf(risky.join(' ')));
    risky = [];
  };
  for (const word of visibleText(text, PROSE_CHARACTERS_MAX).split(' ')) {
    if (word === '') continue;
    const isFirst = position === 'line-start' && pieces.length + risky.length === 0;
    if (isPlain(word) && (!isFirst || canBeginLine(word))) {
      closeSpan();
      pieces.push(word);
    } else {
      risky.push(word);
    }
  }
  closeSpan();
  return pieces.join(' ');
}

/** A code span that leaves a sentence's brackets, quotes and full stop outside, so that a copied name is the name. */
function spanOf(words: string): string {
  const [, before = '', core = '', after = ''] = /^([("'“]*)(.*?)([.,;:!?)"'”]*)$/u.exec(words) ?? [];
  return core === '' ? `\`${words}\`` : `${before}\`${core}\`${after}`;
}

function isPlain(word: string): boolean {
  if (!/^[\p{L}\p{M}\p{N}'’"“”.,;:!?()%/+=\-–—→…·‹›＠¦×≥≤°]+$/u.test(word)) return false;
  return !riskyPatterns.some((pattern) => pattern.test(word));
}

/** Plain characters that make a link, a reference or an emoji of a word all the same. */
const riskyPatterns: readonly RegExp[] = [
  /:\/\//,
  /www\./i,
  /mailto:|xmpp:/i,
  /:[\w+-]+:/,
  // A commit's hash; GitHub links seven digits and more.
  /(?<![A-Za-z0-9_])[0-9a-f]{7,}(?![A-Za-z0-9_])/i,
  // GH-1, and references such as ABC-1 that a repository may link elsewhere.
  /(?<![A-Za-z0-9_])[A-Z][A-Z0-9]*-\d/i,
  /==|--/,
];

/** Whether a first word cannot begin a list, a heading, a rule or a quotation. */
function canBeginLine(word: string): boolean {
  return /^["'(“‹]?\p{L}|^\d+(?![.)\d])/u.test(word);
}

/** A phrase as Markdown; times in `timeZone` and UTC. Leading and trailing spaces of its prose parts are kept. */
export function renderPhrase(phrase: Phrase, timeZone: string): string {
  const zone = isTimeZone(timeZone) ? timeZone : 'UTC';
  let text = '';
  for (const part of phrase) {
    const next = renderPart(part, zone, text === '' ? 'line-start' : 'mid-line');
    // Two code spans that touch would become one.
    text += text.endsWith('`') && next.startsWith('`') ? ` ${next}` : next;
  }
  return text.trim();
}

function renderPart(part: PhrasePart, zone: string, position: 'line-start' | 'mid-line'): string {
  if (typeof part === 'string') {
    const before = /^\s/.test(part) ? ' ' : '';
    const after = /\s$/.test(part) && part.trim() !== '' ? ' ' : '';
    return `${before}${prose(part, position)}${after}`;
  }
  if ('name' in part) return codeSpan(part.name);
  if ('command' in part) return codeSpan(part.command);
  if ('strong' in part) return `**${prose(part.strong)}**`;
  return part.form === 'clock' ? formatBoth(part.at, zone) : formatBothDated(part.at, zone);
}

/**
 * A value as JSON in a fence that nothing inside can close and in which nothing reads as a mention or markup.
 *
 * What is replaced is replaced by JSON's own escapes, so a parser gets the value back unchanged.
 */
export function jsonFence(value: unknown): string {
  const json = JSON.stringify(value, null, 1) ?? 'null';
  const safe = json.replace(/[`<>@&\u2028\u2029]|[^\n\P{C}]|\p{Default_Ignorable_Code_Point}/gu, escapeForJson);
  return `\`\`\`json\n${safe}\n\`\`\``;
}

function escapeForJson(character: string): string {
  let escaped = '';
  for (let index = 0; index < character.length; index += 1) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
