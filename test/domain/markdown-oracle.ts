/** One way in which text made more than text of itself. */
interface Danger {
  readonly rule: string;
  readonly at: string;
}

const everywhere: readonly (readonly [string, RegExp])[] = [
  ['a line break', /[\n\r\u2028\u2029\u0085\v\f]/],
  ['a control, bidi or zero-width character', /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u],
  ['a table cell border', /\|/],
  ['HTML', /<[A-Za-z/!?]/],
  ['a mention', /@[A-Za-z0-9]/],
];

const outsideCode: readonly (readonly [string, RegExp])[] = [
  ['an address', /:\/\/|www\.|mailto:|xmpp:/i],
  ['a link or image', /\]\s?\(|\]\s?\[|!\[|\]:/],
  ['a bracket', /[[\]]/],
  ['an entity', /&(?:#\d+|#x[0-9a-f]+|[a-z]+);/i],
  ['an issue reference', /#\d|\bGH-\d/i],
  ['a commit reference', /\b[0-9a-f]{7,40}\b/i],
  ['an emoji', /:[A-Za-z0-9_+-]+:/],
  ['emphasis', /[*_~]/],
  ['an escape', /\\/],
  ['mathematics', /\$/],
  ['a loose backtick', /`/],
];

/** What would begin a block if it stood at a line's start. */
const blockStart = /^(?:#{1,6}(?:\s|$)|[-+*](?:\s|$)|\d{1,9}[.)](?:\s|$)|>|={1,}\s*$|-{2,}\s*$|~~~|```| {4}|\t)/;

/** Cuts code spans out as CommonMark does: a run of backticks is closed by the next run of the same length. */
export function withoutCodeSpans(markdown: string): string {
  let rest = markdown;
  let outside = '';
  for (;;) {
    const opening = /`+/.exec(rest);
    if (opening === null) return outside + rest;
    const after = rest.slice(opening.index + opening[0].length);
    const closing = [...after.matchAll(/`+/g)].find((run) => run[0].length === opening[0].length);
    if (closing === undefined) return outside + rest;
    outside += `${rest.slice(0, opening.index)}\u{25A1}`;
    rest = after.slice(closing.index + closing[0].length);
  }
}

/** Everything in one line of Markdown that GitHub would make more of than text and code. Rules of CommonMark, GFM and GitHub. */
export function dangersIn(line: string): readonly Danger[] {
  const outside = withoutCodeSpans(line);
  const found = [
    ...everywhere.filter(([, pattern]) => pattern.test(line)),
    ...outsideCode.filter(([, pattern]) => pattern.test(outside)),
  ].map(([rule]) => ({ rule, at: line }));
  return blockStart.test(outside) ? [...found, { rule: 'the start of a block', at: line }] : found;
}

/** What a page would make more of than text, outside of fences and code spans: kind and pattern, counted. */
const constructs: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['a mention', /@[A-Za-z0-9]/g],
  ['an address', /:\/\/|www\.|mailto:|xmpp:/gi],
  ['a link or image', /\]\s?\(|\]\s?\[|!\[|\]:/g],
  ['HTML', /<[A-Za-z/!?]/g],
  ['an entity', /&(?:#\d+|#x[0-9a-f]+|[a-z]+);/gi],
  ['an issue reference', /(?:#\d|\bGH-\d)/gi],
  ['a commit reference', /\b[0-9a-f]{7,40}\b/gi],
  ['an emoji', /:[A-Za-z0-9_+-]+:/g],
  ['emphasis', /[*_~]/g],
  ['an escape', /\\/g],
  ['mathematics', /\$/g],
  ['a loose backtick', /`/g],
  ['a table cell', /\|/g],
];
const blocks: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['a heading', /^ {0,3}#{1,6}(?:\s|$)/],
  ['a list item', /^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:\s|$)/],
  ['a task', /^ {0,3}[-+*] \[[ x]\]/i],
  ['a quotation', /^ {0,3}>/],
  ['a rule or underline', /^ {0,3}(?:={1,}|-{2,}|\*{3,}|_{3,})\s*$/],
  ['indented code', /^(?: {4}|\t)/],
];

/** How often a document makes more than text of something, by kind; fences are cut out as CommonMark does. */
export function constructsIn(markdown: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (kind: string, times: number): void => void (times > 0 && counts.set(kind, (counts.get(kind) ?? 0) + times));
  count('a control, bidi or zero-width character', [...markdown.matchAll(/[^\n\P{C}]|\p{Default_Ignorable_Code_Point}|[\u2028\u2029\u0085]/gu)].length);
  let fence = '';
  for (const line of markdown.split('\n')) {
    const [, marks = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence !== '') {
      if (marks.startsWith(fence) && rest.trim() === '') fence = '';
      continue;
    }
    if (marks !== '' && !(marks.startsWith('`') && rest.includes('`'))) {
      fence = marks;
      count('a fence', 1);
      continue;
    }
    // What a comment holds is shown to nobody; that it is one still counts.
    const outside = withoutCodeSpans(line).replace(/<!-- slackwater:[A-Za-z0-9_.:-]+ -->/, '<!');
    for (const [kind, pattern] of constructs) count(kind, [...outside.matchAll(pattern)].length);
    for (const [kind, pattern] of blocks) count(kind, pattern.test(outside) ? 1 : 0);
  }
  count('a fence that is not closed', fence === '' ? 0 : 1);
  return counts;
}
