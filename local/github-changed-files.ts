import { findCommit } from '../sim/github-world.ts';
import type { Blob, Issue, Repository, World } from '../sim/github-world.ts';
import { changedPaths, headCommitOf, isPull } from '../sim/github-pull-shapes.ts';
import { escapeHtml } from './markdown-inline.ts';

/** Unchanged lines shown around a change. */
const AROUND = 2;

/** The files a pull request changes, line by line; empty for an issue. */
export function renderChangedFiles(world: World, repository: Repository, issue: Issue): string {
  if (!isPull(issue)) return '';
  const head = headCommitOf(world, repository, issue)?.files ?? new Map<string, Blob>();
  const base = findCommit(repository, issue.pull.base)?.files ?? new Map<string, Blob>();
  const files = changedPaths({ world, repository }, issue).map((path) => `<h3><code>${escapeHtml(path)}</code></h3><pre><code>${renderDifference(linesOf(base.get(path)), linesOf(head.get(path)))}</code></pre>`);
  return `<article><div class="head"><strong>Files changed</strong> <small>${escapeHtml(issue.pull.head)} into ${escapeHtml(issue.pull.base)}</small></div><div class="body">${files.join('')}</div></article>`;
}

function linesOf(blob: Blob | undefined): readonly string[] {
  return blob === undefined ? [] : Buffer.from(blob.bytes, 'latin1').toString('utf8').split('\n');
}

/** Lines side by side where both have as many; else all that lies between the first and the last that differ. */
function renderDifference(before: readonly string[], after: readonly string[]): string {
  const rows = before.length === after.length ? before.map((line, index) => rowOf(line, after[index] ?? '')) : blockRows(before, after);
  const isNear = (index: number): boolean => rows.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ isChanged }) => isChanged);
  return rows.flatMap(({ text }, index) => (isNear(index) ? [text] : isNear(index - 1) ? ['⋯'] : [])).map(escapeHtml).join('\n');
}

interface Row {
  readonly text: string;
  readonly isChanged: boolean;
}

function rowOf(before: string, after: string): Row {
  return before === after ? { text: `  ${before}`, isChanged: false } : { text: `- ${before}\n+ ${after}`, isChanged: true };
}

function blockRows(before: readonly string[], after: readonly string[]): readonly Row[] {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const same = (line: string): Row => ({ text: `  ${line}`, isChanged: false });
  return [
    ...before.slice(0, start).map(same),
    ...before.slice(start, before.length - end).map((line) => ({ text: `- ${line}`, isChanged: true })),
    ...after.slice(start, after.length - end).map((line) => ({ text: `+ ${line}`, isChanged: true })),
    ...after.slice(after.length - end).map(same),
  ];
}
