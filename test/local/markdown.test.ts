import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMarkdown } from '../../local/markdown.ts';

const rendered: readonly (readonly [string, string, string])[] = [
  ['a heading', '## Users', '<h2>Users</h2>\n'],
  ['a paragraph with a line end', 'one\ntwo', '<p>one<br>\ntwo</p>\n'],
  ['bold, italics, code and strike', '**b** *i* _i_ `c<d` ~~s~~', '<p><strong>b</strong> <em>i</em> <em>i</em> <code>c&lt;d</code> <del>s</del></p>\n'],
  ['a name with underscores', 'kube_system_pod', '<p>kube_system_pod</p>\n'],
  ['a link', '[run](https://example.com/a?b=1&c=2)', '<p><a href="https://example.com/a?b=1&amp;c=2" rel="nofollow noopener">run</a></p>\n'],
  ['a bare link before a full stop', 'see https://example.com/a.', '<p>see <a href="https://example.com/a" rel="nofollow noopener">https://example.com/a</a>.</p>\n'],
  ['a mention', 'to @acme/on-call', '<p>to <strong class="mention">@acme/on-call</strong></p>\n'],
  ['a mail address', 'a@b.example', '<p>a@b.example</p>\n'],
  ['an escaped mark', '\\*no\\* \\<b\\>', '<p>*no* &lt;b&gt;</p>\n'],
  ['an entity', 'a &lt; b &amp; c &#64;d & e', '<p>a &lt; b &amp; c &#64;d &amp; e</p>\n'],
  ['an image', '![alt](https://example.com/x.png)', '<p><i>alt</i></p>\n'],
  ['a fence', '```yaml\na: <b>\n```', '<pre><code>a: &lt;b&gt;</code></pre>\n'],
  ['a fence that never ends', '```\na', '<pre><code>a</code></pre>\n'],
  ['a rule', '---', '<hr>\n'],
  ['a table', '| a | b |\n| :-- | --: |\n| 1 \\| 2 | `x` |', '<table><thead><tr><th class="left">a</th><th class="right">b</th></tr></thead><tbody><tr><td class="left">1 | 2</td><td class="right"><code>x</code></td></tr></tbody></table>\n'],
  ['a list in a list', '- a\n  - b\n- c', '<ul><li>a<ul><li>b</li></ul>\n</li><li>c</li></ul>\n'],
  ['a numbered list', '1. a\n2. b', '<ol><li>a</li><li>b</li></ol>\n'],
  ['a task list', '- [x] done\n- [ ] open', '<ul><li><input type="checkbox" disabled checked> done</li><li><input type="checkbox" disabled> open</li></ul>\n'],
  ['a list right below text', 'text\n- a', '<p>text</p>\n<ul><li>a</li></ul>\n'],
  ['a quote', '> a\n> b', '<blockquote><p>a<br>\nb</p>\n</blockquote>\n'],
  ['an alert', '> [!WARNING]\n> Look', '<div class="alert warning"><p class="alert-title">Warning</p><p>Look</p>\n</div>\n'],
  ['a hidden comment', 'a\n\n<!-- slackwater:run:x -->\n', '<p>a</p>\n'],
  ['a comment shown in code', '```\n<!-- x -->\n```', '<pre><code>&lt;!-- x --&gt;</code></pre>\n'],
  ['folded text', '<details><summary>More **now**</summary>\n\ntext\n\n</details>', '<details><summary>More <strong>now</strong></summary>\n<p>text</p>\n</details>\n'],
  ['folded text that never ends', '<details open>\n\ntext', '<details open>\n<p>text</p>\n</details>'],
  ['an end without a beginning', '</details>\n\ntext', '\n<p>text</p>\n'],
  ['details with an attribute', '<details onclick="x">', '<p>&lt;details onclick=&quot;x&quot;&gt;</p>\n'],
];

for (const [name, markdown, html] of rendered) {
  test(`Markdown shows ${name}`, () => assert.equal(renderMarkdown(markdown), html));
}

const attacks = [
  '<script>x</script>',
  '<img src=x onerror=x>',
  '[x](javascript:x)',
  '[x](JaVaScRiPt:x)',
  '[x](data:text/html,<script>x</script>)',
  '[x](//example.com)',
  '[x](https://example.com/"onmouseover="x)',
  '[<img src=x onerror=x>](https://example.com)',
  '<https://example.com/"onclick="x>',
  '| <svg onload=x> |\n| --- |\n| <svg onload=x> |',
  '> <iframe src=x>',
  '- <iframe src=x>',
  '# <svg/onload=x>',
  '```\n</code></pre><script>x</script>\n```',
  '`</code><script>x</script>`',
  '<details><summary><script>x</script></summary>',
  '<!-- a --><script>x</script><!-- b -->',
  '<scr<!-- -->ipt>x</scr<!-- -->ipt>',
  '&#60;script&#62;x',
  '<b onmouseover=x>y</b>',
];

for (const attack of attacks) {
  test(`Markdown makes nothing that acts of ${JSON.stringify(attack)}`, () => {
    const html = renderMarkdown(attack);
    assert.doesNotMatch(html, /<(?!\/?(p|br|h[1-6]|strong|em|del|code|pre|a|ul|ol|li|table|thead|tbody|tr|th|td|hr|blockquote|div|details|summary|input|i)[\s>])/i);
    assert.doesNotMatch(html, /<[^>]*\son\w+\s*=/i);
    for (const [, url] of html.matchAll(/href="([^"]*)"/g)) assert.match(url ?? '', /^https:\/\/example\.com/);
  });
}

test('text made to be slow is rendered in time', () => {
  const started = performance.now();
  for (const text of ['[', '*', '**a', '`', '<!--', '_a', '> ', '- ', '|', '~~a', '<details>\n', '\\', 'a\n', '| a\n']) {
    renderMarkdown(text.repeat(Math.floor(65_536 / text.length)));
  }
  assert.ok(performance.now() - started < 8_000, `${performance.now() - started} ms`);
});
