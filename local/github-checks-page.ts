import { textAt } from '../domain/json.ts';
import { headCommitOf, isPull } from '../sim/github-pull-shapes.ts';
import type { CheckRun, Issue, Repository, World } from '../sim/github-world.ts';
import { renderMarkdown } from './markdown.ts';
import { escapeHtml } from './markdown-inline.ts';

const signs: Readonly<Record<string, string>> = { success: '✅', failure: '❌', neutral: '⬜', action_required: '🟡', skipped: '⏭️' };

/** The check runs of a pull request's newest commit, the latest of each name, with their buttons; empty for an issue. */
export function renderChecks(world: World, repository: Repository, issue: Issue, people: string): string {
  const sha = isPull(issue) ? headCommitOf(world, repository, issue)?.sha : undefined;
  const all = [...repository.checkRuns.values()].filter(({ headSha }) => headSha === sha);
  const latest = all.filter((check) => !all.some(({ name, id }) => name === check.name && id > check.id));
  return latest.map((check) => renderCheck(check, `/${repository.fullName}/pull/${issue.number}`, people)).join('');
}

function renderCheck(check: CheckRun, page: string, people: string): string {
  const { output, annotations, actions } = check;
  const sign = signs[check.conclusion ?? ''] ?? '🟠';
  const head = `<div class="head">${sign} <strong>${escapeHtml(check.name)}</strong> <small>${escapeHtml(output.title ?? check.status)}</small></div>`;
  const remarks = annotations.map((remark) => `<li><code>${escapeHtml(textAt(remark, 'path') ?? '')}:${String(remark['start_line'])}</code> ${escapeHtml(textAt(remark, 'message') ?? '')}</li>`);
  const below = [renderMarkdown(output.summary ?? ''), renderMarkdown(output.text ?? ''), remarks.length === 0 ? '' : `<ul>${remarks.join('')}</ul>`].join('');
  const buttons = actions.map(
    ({ identifier, label, description }) =>
      `<form method="post" action="${escapeHtml(`${page}/checks/${check.id}`)}"><input type="hidden" name="identifier" value="${escapeHtml(identifier)}"><label>as <select name="login">${people}</select></label> <button title="${escapeHtml(description)}">${escapeHtml(label)}</button></form>`,
  );
  return `<article id="check-${check.id}">${head}<div class="body">${below}</div>${buttons.join('')}</article>`;
}
