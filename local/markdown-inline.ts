/** Text with every character that means something in HTML written as an entity. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** An entity that Markdown may contain; it stands for a character of text, never for markup. */
const ENTITY = /&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|nbsp|apos);/iy;
const SPECIAL = /[\\`*_~[!<&h@\n]/;

interface InlineRule {
  readonly pattern: RegExp;
  /** The HTML of a match, or null to take its first character as text; `inner` renders text within it. */
  readonly render: (match: readonly string[], inner: (text: string) => string) => string | null;
}

// Every repetition has a bound: text that opens much and closes nothing must not take time squared.
const rules: readonly InlineRule[] = [
  { pattern: /\\([!-/:-@[-`{-~])/y, render: ([, character = '']) => escapeHtml(character) },
  { pattern: /(`{1,3})([^`]|[^`][\s\S]{0,2000}?[^`])\1(?!`)/y, render: ([, , code = '']) => `<code>${escapeHtml(code.trim())}</code>` },
  { pattern: /<br\s?\/?>/iy, render: () => '<br>' },
  { pattern: /<(https?:\/\/[^\s<>]{1,2000})>/y, render: ([, url = '']) => link(url, escapeHtml(url)) },
  { pattern: ENTITY, render: ([entity = '']) => entity },
  { pattern: /!\[([^\]\n]{0,500})\]\([^)\s]{0,2000}\)/y, render: ([, text = '']) => `<i>${escapeHtml(text)}</i>` },
  { pattern: /\[([^\]\n]{1,500})\]\(([^)\s]{1,2000})\)/y, render: ([, text = '', url = ''], inner) => link(url, inner(text)) },
  { pattern: /\*\*(\S|\S[\s\S]{0,2000}?\S)\*\*/y, render: ([, text = ''], inner) => `<strong>${inner(text)}</strong>` },
  { pattern: /\*([^\s*]|[^\s*][^*\n]{0,2000}[^\s*])\*/y, render: ([, text = ''], inner) => `<em>${inner(text)}</em>` },
  { pattern: /_([^\s_]|[^\s_][^_\n]{0,2000}[^\s_])_(?!\w)/y, render: ([, text = ''], inner) => `<em>${inner(text)}</em>` },
  { pattern: /~~(\S|\S[^~\n]{0,2000}\S)~~/y, render: ([, text = ''], inner) => `<del>${inner(text)}</del>` },
  { pattern: /https?:\/\/[^\s<>"')\]]{1,2000}(?<![.,;:!?])/y, render: ([url = '']) => link(url, escapeHtml(url)) },
  { pattern: /@[A-Za-z0-9][A-Za-z0-9-]{0,80}(?:\/[A-Za-z0-9-]{1,80})?/y, render: ([name = '']) => `<strong class="mention">${escapeHtml(name)}</strong>` },
  { pattern: /\n/y, render: () => '<br>\n' },
];

/** Deepest nesting of bold, italics and link texts followed; deeper text is shown as it is. */
const DEPTH_MAX = 6;

/** HTML of one run of Markdown text. Whatever is not one of the rules is shown as text. */
export function renderInline(text: string): string {
  return renderRuns(text, 0);
}

function renderRuns(text: string, depth: number): string {
  if (depth > DEPTH_MAX) return escapeHtml(text);
  let html = '';
  let position = 0;
  while (position < text.length) {
    const character = text.charAt(position);
    const found = SPECIAL.test(character) ? matchAt(text, position, depth) : null;
    if (found !== null) {
      html += found.html;
      position += found.length;
    } else {
      html += escapeHtml(character);
      position += 1;
    }
  }
  return html;
}

function matchAt(text: string, position: number, depth: number): { readonly html: string; readonly length: number } | null {
  const isInsideWord = position > 0 && /\w/.test(text.charAt(position - 1));
  if (isInsideWord && /[_h@]/.test(text.charAt(position))) return null;
  for (const { pattern, render } of rules) {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    const html = match === null ? null : render(match, (within) => renderRuns(within, depth + 1));
    if (match !== null && html !== null) return { html, length: match[0].length };
  }
  return null;
}

/** A link to the web, this page or this server; null, and so text, for any other scheme. */
function link(url: string, html: string): string | null {
  if (!/^(https?:\/\/|#|\/(?!\/))/i.test(url)) return null;
  return `<a href="${escapeHtml(url)}" rel="nofollow noopener">${html}</a>`;
}
