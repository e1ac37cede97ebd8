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
