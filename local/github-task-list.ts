import type { Issue, Repository } from '../sim/github-world.ts';
import { escapeHtml } from './markdown-inline.ts';

const BOX = /^- \[([ xX])\] (?:<!--.*?-->)?(.*)$/;

/** A button for each checkbox of an issue's text, for GitHub lets whoever may edit the text tick it in place; empty where it has none. */
export function renderTicks(repository: Repository, issue: Issue, people: string): string {
  const buttons = (issue.body ?? '').split('\n').flatMap((line, index) => {
    const [, mark, label = ''] = BOX.exec(line.trimEnd()) ?? [];
    return mark === undefined ? [] : [`<button formaction="${escapeHtml(`/${repository.fullName}/issues/${issue.number}/ticks/${index}`)}">${mark === ' ' ? '☐' : '☑'} ${escapeHtml(label.replaceAll('`', '').slice(0, 120))}</button>`];
  });
  return buttons.length === 0 ? '' : `<form method="post"><label>as <select name="login">${people}</select></label> ${buttons.join(' ')}</form>`;
}

/** The text with the box of one line ticked, or cleared where it is ticked; the text itself where that line has none. */
export function toggleBox(body: string, index: number): string {
  const lines = body.split('\n');
  const line = lines[index] ?? '';
  const [, mark] = BOX.exec(line.trimEnd()) ?? [];
  if (mark === undefined) return body;
  return lines.map((each, at) => (at === index ? each.replace(/\[[ xX]\]/, mark === ' ' ? '[x]' : '[ ]') : each)).join('\n');
}
