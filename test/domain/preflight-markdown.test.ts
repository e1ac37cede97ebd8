import assert from 'node:assert/strict';
import { test } from 'node:test';
import { titleOfFinding } from '../../domain/finding-titles.ts';
import { renderPreflightMarkdown } from '../../domain/preflight-markdown.ts';
import type { Finding, PodVerdict, PreflightReport } from '../../domain/preflight-report.ts';
import { verdictOf } from '../../domain/preflight-verdict.ts';
import { REPORT_CHARACTERS_MAX } from '../../domain/report-markdown.ts';
import { dangersIn } from './markdown-oracle.ts';
import { nastyNames } from './nasty-names.ts';

const ledger: Finding = {
  code: 'PDB_STRUCTURAL',
  where: 'pay/ledger-pdb',
  severity: 'block',
  pools: ['usr'],
  message: 'Budget pay/ledger-pdb can never allow an eviction: maxUnavailable 0 of 3 pods needs 3 healthy.',
  remedy: 'Set maxUnavailable to 1.',
  owner: 'team-pay',
  evidence: {},
};
const edge: Finding = { ...ledger, code: 'PDB_EDGE', where: 'shop/api', severity: 'warn', owner: null };
const brief: Finding = { ...ledger, code: 'LB_CLUSTER_POLICY', where: 'shop/front', severity: 'info' };

function pod(name: string, verdict: PodVerdict['verdict']): PodVerdict {
  return { namespace: 'pay', name, node: 'usr-1', verdict, status: 429, budgets: [], reason: '' };
}

function report(change: Partial<PreflightReport>): PreflightReport {
  return { schema: 'slackwater.preflight/v1', cluster: '/subscriptions/s/managedClusters/shop', result: 'block', findings: [], pods: [], unchecked: [], ...change };
}

test('the verdict says in words what may start', () => {
  const table: readonly (readonly [what: string, findings: readonly Finding[], word: string, sentence: string])[] = [
    ['nothing found', [], 'CLEAR', 'shop may start; nothing is in the way.'],
    ['only to know', [brief], 'CLEAR', 'shop may start; nothing is in the way.'],
    ['a warning', [edge, brief], 'READ FIRST', 'shop may start; 1 warning to read first.'],
    ['one pool', [ledger, edge], 'BLOCKED', 'shop: pool usr must wait, others are not held back. 1 finding blocks, 1 warns.'],
    ['two pools', [ledger, { ...ledger, pools: ['gpu', 'usr'] }], 'BLOCKED', 'shop: pools gpu, usr must wait, others are not held back. 2 findings block.'],
    ['the run', [ledger, { ...ledger, pools: ['*'] }], 'BLOCKED', 'shop: nothing may start. 2 findings block.'],
    ['the control plane', [{ ...ledger, pools: [] }], 'BLOCKED', 'shop: the control plane must wait; pools are not held back. 1 finding blocks.'],
    ['many pools', [{ ...ledger, pools: ['f', 'a', 'b', 'c', 'd', 'e'] }], 'BLOCKED', 'shop: pools a, b, c, d and 2 more must wait, others are not held back. 1 finding blocks.'],
  ];
  for (const [what, findings, word, sentence] of table) assert.deepEqual(verdictOf(report({ findings })), { word, sentence }, what);
});

test('nothing is said to start of which no node was seen', () => {
  const unchecked = [{ what: 'nodes of pool/gpu', why: 'Azure counts 3.' }, { what: 'vCPU quota', why: 'There is none.' }];
  assert.deepEqual(verdictOf(report({ findings: [edge], unchecked })), { word: 'NOT SEEN', sentence: 'shop: nothing says that it may start. The nodes of pool gpu were not seen; see what was not checked.' });
  assert.match(verdictOf(report({ findings: [ledger], unchecked })).sentence, /1 finding blocks\. The nodes of pool gpu were not seen/);
  assert.equal(verdictOf(report({ findings: [], unchecked: unchecked.slice(1) })).word, 'CLEAR');
});

test('what blocks is a table above the fold; the rest is folded and counted', () => {
  const markdown = renderPreflightMarkdown(report({
    findings: [ledger, edge, brief],
    pods: [pod('ledger-0', 'blocked'), pod('web-0', 'evictable'), pod('web-1', 'evictable')],
    unchecked: [{ what: 'Regional quota', why: 'no rights to read it' }],
  }));

  assert.equal(
    markdown.split('\n\n<details>')[0],
    [
      '**Blocked.** shop: pool usr must wait, others are not held back. 1 finding blocks, 1 warns.',
      '',
      '| What blocks | Where | Pools | Owner | Fix |',
      '| --- | --- | --- | --- | --- |',
      '| budget never allows an eviction (`PDB_STRUCTURAL`) | `pay/ledger-pdb` | `usr` | `team-pay` | Set maxUnavailable to 1. |',
    ].join('\n'),
  );
  assert.deepEqual(
    [...markdown.matchAll(/<summary><b>(.*?)<\/b> \((\d+)\)<\/summary>/g)].map(([, title, count]) => `${title} ${count}`),
    ['Why 1', 'Warnings 1', 'To know 1', 'Pods, were each evicted now 2', 'Not checked 1'],
  );
  assert.match(markdown, /- 1 blocked: `pay\/ledger-0`\n- 2 evictable\n/);
});

test('a stranger who chooses every name and sentence cannot make it say or do anything', () => {
  for (const name of nastyNames) {
    const finding: Finding = { code: name, where: name, severity: 'block', pools: [name, `${name}2`], message: name, remedy: name, owner: name, evidence: {} };
    const markdown = renderPreflightMarkdown(report({
      cluster: `/x/${name}`,
      findings: [finding, { ...finding, severity: 'warn' }, { ...finding, severity: 'info' }],
      pods: [{ ...pod(name, 'blocked'), namespace: name }],
      unchecked: [{ what: name, why: name }],
    }));

    const lines = markdown.split('\n').filter((line) => line !== '' && !/^(?:<\/details>|<details><summary><b>[\w ,]+<\/b> \(\d+\)<\/summary>|\| ---.*)$/.test(line));
    for (const line of lines) {
      const cells = line.startsWith('| ') ? line.slice(2, -2).split(' | ').join(' ') : line;
      assert.deepEqual(dangersIn(cells.replace(/^- /, '').replaceAll('**', '')), [], JSON.stringify([name.slice(0, 40), line]));
    }
    for (const row of lines.filter((line) => line.startsWith('| '))) assert.equal(row.split('|').length, 7);
    assert.equal([...markdown.matchAll(/<details>/g)].length, 5);
  }
});

test('however much is found, it fits a comment and says what it left out', () => {
  const many = Array.from({ length: 3_000 }, (_, index): Finding => ({ ...ledger, where: `pay/${index}`, message: 'm '.repeat(300), remedy: 'r '.repeat(300) }));
  const markdown = renderPreflightMarkdown(report({ findings: [...many, ...many.map((one): Finding => ({ ...one, severity: 'warn' }))], pods: many.map((_, index) => pod(`p-${index}`, 'blocked')) }));

  assert.ok(markdown.length <= REPORT_CHARACTERS_MAX, String(markdown.length));
  const shown = [...markdown.matchAll(/^\| budget/gm)].length;
  assert.ok(shown >= 8);
  assert.match(markdown, new RegExp(`\\| and ${3_000 - shown} more \\|`));
});

test('every code has words, and a code without words stays itself', () => {
  assert.equal(titleOfFinding('PDB_EDGE'), 'budget is spent after a scale-in');
  assert.equal(titleOfFinding('constructor'), 'constructor');
});
