import { escapeHtml, renderInline } from './markdown-inline.ts';

/**
 * Markdown as HTML that cannot do anything: headings, tables, lists, quotes, alerts, code, `<details>`, text.
 *
 * Knows the part of GitHub's Markdown that reports use; hidden comments stay hidden, a line end is a line end, and
 * everything else, HTML included, is shown as the text it is. No image is loaded and no attribute is taken over.
 */
export function renderMarkdown(markdown: string): string {
  const lines = markdown.replaceAll('\r\n', '\n').replace(/<!--[\s\S]*?-->/g, hideOutsideCode(markdown)).split('\n');
  return balanceDetails(renderBlocks(lines, 0));
}

/** Hidden comments are dropped before blocks are cut, but not where a code fence shows them. */
function hideOutsideCode(markdown: string): (comment: string) => string {
  const shown = [...markdown.matchAll(/^(```|~~~)[\s\S]*?^\1/gm)].map(([block]) => block);
  return (comment) => (shown.some((block) => block.includes(comment)) ? comment : '');
}

/** Deepest nesting of quotes and lists followed. */
const DEPTH_MAX = 8;

interface Block {
  readonly html: string;
  /** Lines it took, ≥ 1. */
  readonly taken: number;
}

type BlockRule = (lines: readonly string[], depth: number) => Block | null;

const blockRules: readonly BlockRule[] = [readBlank, readFence, readDetails, readHeading, readRule, readTable, readQuote, readList];

function renderBlocks(lines: readonly string[], depth: number): string {
  if (depth > DEPTH_MAX) return `<p>${escapeHtml(lines.join('\n'))}</p>`;
  let html = '';
  for (let start = 0; start < lines.length; ) {
    const block = readBlock(lines.slice(start), depth);
    html += block.html;
    start += block.taken;
  }
  return html;
}

function readBlock(lines: readonly string[], depth: number): Block {
  for (const rule of blockRules) {
    const block = rule(lines, depth);
    if (block !== null) return block;
  }
  const end = lines.findIndex((line, index) => index > 0 && mayStartBlock(line) && startsOtherBlock(lines.slice(index), depth));
  const taken = end === -1 ? lines.length : end;
  return { html: `<p>${renderInline(lines.slice(0, taken).join('\n').trim())}</p>\n`, taken };
}

/** A quick look at one line, so that a long paragraph is not cut anew at every line. */
function mayStartBlock(line: string): boolean {
  if (line.trim() === '') return true;
  return /^\s{0,3}(#|>|```|~~~|[-*+] |\d{1,9}[.)] |<\/?(details|summary)|\||([-*_])(\s*\3){2,}\s*$)/i.test(line);
}

function startsOtherBlock(lines: readonly string[], depth: number): boolean {
  return blockRules.some((rule) => rule(lines, depth) !== null);
}

function readBlank(lines: readonly string[]): Block | null {
  return (lines[0] ?? '').trim() === '' ? { html: '', taken: 1 } : null;
}

function readFence(lines: readonly string[]): Block | null {
  const fence = /^\s{0,3}(`{3,}|~{3,})/.exec(lines[0] ?? '')?.[1];
  if (fence === undefined) return null;
  const end = lines.findIndex((line, index) => index > 0 && line.trim().startsWith(fence) && line.trim().replaceAll(fence.charAt(0), '') === '');
  const last = end === -1 ? lines.length : end;
  return { html: `<pre><code>${escapeHtml(lines.slice(1, last).join('\n'))}</code></pre>\n`, taken: Math.min(last + 1, lines.length) };
}

/** `<details>`, `<summary>…</summary>` and `</details>` on lines of their own; attributes but `open` are dropped. */
function readDetails(lines: readonly string[]): Block | null {
  const line = (lines[0] ?? '').trim();
  const match = /^(<details(\s+open)?\s*>)?\s*(?:<summary>([\s\S]*?)<\/summary>)?\s*(<\/details>)?$/i.exec(line);
  if (match === null || line === '') return null;
  const [, opening, open, summary, closing] = match;
  const start = opening === undefined ? '' : `<details${open === undefined ? '' : ' open'}>`;
  const head = summary === undefined ? '' : `<summary>${renderInline(withoutTags(summary))}</summary>`;
  return { html: `${start}${head}${closing === undefined ? '' : '</details>'}\n`, taken: 1 };
}

function withoutTags(text: string): string {
  return text.replace(/<\/?(b|strong|i|em|code)>/gi, '');
}

/** Closes every `<details>` that was left open and drops an end without a beginning, so that a page stays whole. */
function balanceDetails(html: string): string {
  let open = 0;
  const balanced = html.replace(/<details(?: open)?>|<\/details>/g, (tag) => {
    if (tag !== '</details>') open += 1;
    else if (open === 0) return '';
    else open -= 1;
    return tag;
  });
  return balanced + '</details>'.repeat(open);
}

function readHeading(lines: readonly string[]): Block | null {
  const match = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(lines[0] ?? '');
  if (match === null) return null;
  const level = (match[1] ?? '#').length;
  return { html: `<h${level}>${renderInline(match[2] ?? '')}</h${level}>\n`, taken: 1 };
}

function readRule(lines: readonly string[]): Block | null {
  return /^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(lines[0] ?? '') ? { html: '<hr>\n', taken: 1 } : null;
}

function readTable(lines: readonly string[]): Block | null {
  const [head = '', delimiter = ''] = lines;
  if (!head.includes('|') || !/^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(delimiter)) return null;
  const alignments = cellsOf(delimiter).map((cell) => (cell.endsWith(':') ? (cell.startsWith(':') ? 'center' : 'right') : 'left'));
  const names = cellsOf(head);
  if (names.length !== alignments.length) return null;
  const end = lines.findIndex((line, index) => index > 1 && (line.trim() === '' || !line.includes('|')));
  const taken = end === -1 ? lines.length : end;
  const row = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${names.map((_name, index) => `<${tag} class="${alignments[index] ?? 'left'}">${renderInline(cells[index] ?? '')}</${tag}>`).join('')}</tr>`;
  const body = lines.slice(2, taken).map((line) => row(cellsOf(line), 'td')).join('');
  return { html: `<table><thead>${row(names, 'th')}</thead><tbody>${body}</tbody></table>\n`, taken };
}

/** Cells of a table row; `\|` is a bar in a cell, even inside code. */
function cellsOf(line: string): readonly string[] {
  const inner = line.trim().replace(/^\|/, '').replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

const alertNames = ['note', 'tip', 'important', 'warning', 'caution'];

function readQuote(lines: readonly string[], depth: number): Block | null {
  if (!/^\s{0,3}>/.test(lines[0] ?? '')) return null;
  const end = lines.findIndex((line) => !/^\s{0,3}>/.test(line));
  const taken = end === -1 ? lines.length : end;
  const inner = lines.slice(0, taken).map((line) => line.replace(/^\s{0,3}> ?/, ''));
  const alert = /^\[!(\w+)\]\s*$/.exec(inner[0] ?? '')?.[1]?.toLowerCase() ?? '';
  if (!alertNames.includes(alert)) return { html: `<blockquote>${renderBlocks(inner, depth + 1)}</blockquote>\n`, taken };
  const title = `<p class="alert-title">${alert.charAt(0).toUpperCase()}${alert.slice(1)}</p>`;
  return { html: `<div class="alert ${alert}">${title}${renderBlocks(inner.slice(1), depth + 1)}</div>\n`, taken };
}

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;

function readList(lines: readonly string[], depth: number): Block | null {
  const first = ITEM.exec(lines[0] ?? '');
  if (first === null || (first[1] ?? '').length > 3) return null;
  const isOrdered = /\d/.test(first[2] ?? '');
  const indent = (first[1] ?? '').length;
  const items: string[][] = [];
  let taken = 0;
  for (const line of lines) {
    const item = ITEM.exec(line);
    const lead = line.length - line.trimStart().length;
    const isNext = item !== null && lead === indent && /\d/.test(item[2] ?? '') === isOrdered;
    if (isNext) items.push([item[3] ?? '']);
    else if (line.trim() !== '' && lead > indent) items.at(-1)?.push(line.slice(Math.min(lead, indent + 2)));
    else break;
    taken += 1;
  }
  const tag = isOrdered ? 'ol' : 'ul';
  const html = items.map((item) => `<li>${renderItem(item, depth)}</li>`).join('');
  return { html: `<${tag}>${html}</${tag}>\n`, taken };
}

function renderItem([first = '', ...rest]: readonly string[], depth: number): string {
  const task = /^\[([ xX])\]\s+(.*)$/.exec(first);
  const box = task === null ? '' : `<input type="checkbox" disabled${task[1] === ' ' ? '' : ' checked'}> `;
  return box + renderInline(task?.[2] ?? first) + (rest.length === 0 ? '' : renderBlocks(rest, depth + 1));
}
