import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, PodVerdict, PreflightReport } from '../../domain/preflight-report.ts';
import { renderPreflightText } from '../../cli/preflight-text.ts';
import { foldText, terminalOf } from '../../cli/terminal.ts';
import { nastyNames } from '../domain/nasty-names.ts';

function finding(change: Partial<Finding>): Finding {
  return { code: 'PDB_STRUCTURAL', where: 'pay/ledger-pdb', severity: 'block', pools: ['usr'], message: 'It can never allow an eviction: maxUnavailable 0 of 3 pods needs 3 healthy.', remedy: 'Set maxUnavailable to 1.', owner: 'team-pay', evidence: {}, ...change };
}

function report(change: Partial<PreflightReport>): PreflightReport {
  return { schema: 'slackwater.preflight/v1', cluster: '/subscriptions/s/managedClusters/shop', result: 'block', findings: [], pods: [], unchecked: [], ...change };
}

const pods: readonly PodVerdict[] = [0, 1, 2, 3].map((index) => ({ namespace: 'pay', name: `ledger-${index}`, node: 'usr-1', verdict: 'blocked', status: 429, budgets: [], reason: '' }));
const full = report({
  findings: [
    finding({}),
    finding({ code: 'QUOTA_SHORT', where: 'gpu', pools: ['gpu'], owner: null, remedy: 'Set maxSurge of gpu to 2 (6 waves), or ask for 16 more vCPUs of regional quota.' }),
    finding({ code: 'PDB_EDGE', where: 'shop/api', severity: 'warn', owner: null, message: 'It allows 0 at 2.', remedy: 'Set minReplicas to 3.' }),
    finding({ code: 'LB_CLUSTER_POLICY', where: 'shop/front', severity: 'info' }),
    finding({ code: 'LB_CLUSTER_POLICY', where: 'shop/back', severity: 'info' }),
  ],
  pods,
  unchecked: [{ what: 'quota', why: 'no rights to read it' }],
});

test('the first line answers, a table names what, where, whose and how to mend it, and the rest is short', () => {
  assert.equal(
    renderPreflightText(full, { columns: 120, colour: 'left-out' }),
    [
      'BLOCKED shop: pools gpu, usr must wait, others are not held back. 2 findings block, 1 warns.',
      '',
      'What blocks                      Where           Pools  Owner     Fix',
      'budget never allows an eviction  pay/ledger-pdb  usr    team-pay  Set maxUnavailable to 1.',
      'too few vCPUs for surge          gpu             gpu    –         Set maxSurge of gpu to 2 (6 waves), or ask for 16 more',
      '                                                                  vCPUs of regional quota.',
      '',
      'Why',
      '  PDB_STRUCTURAL pay/ledger-pdb: It can never allow an eviction: maxUnavailable 0 of 3 pods needs 3 healthy.',
      '  QUOTA_SHORT gpu: It can never allow an eviction: maxUnavailable 0 of 3 pods needs 3 healthy.',
      '',
      '1 warning',
      '  budget is spent after a scale-in: shop/api (usr). It allows 0 at 2.',
      '    → Set minReplicas to 3.',
      '',
      'To know (-o json or -o markdown lists them): long connections will be cut 2.',
      '',
      'Pods, were each evicted now: 4 blocked (pay/ledger-0, pay/ledger-1, pay/ledger-2 …).',
      '',
      '1 thing was not checked',
      '  quota: no rights to read it',
    ].join('\n'),
  );
});

test('no line is wider than the terminal, whatever is found, and a narrow one gets lines instead of a table', () => {
  const long = 'x'.repeat(253);
  const wide = report({ findings: [finding({ where: `${long}/${long}`, pools: Array.from({ length: 30 }, (_, index) => `pool${index}`), owner: `${long} and others`, message: long, remedy: `Set ${long} to 1.` }), ...full.findings], pods, unchecked: [{ what: long, why: long }] });
  for (const columns of [40, 60, 80, 100, 120, 200]) {
    for (const line of renderPreflightText(wide, { columns, colour: 'left-out' }).split('\n')) assert.ok([...line].length <= columns, `${columns}: ${line}`);
  }
  const narrow = renderPreflightText(full, { columns: 60, colour: 'left-out' });
  assert.doesNotMatch(narrow, /What blocks/);
  assert.match(narrow, /^budget never allows an eviction: pay\/ledger-pdb\n {4}pools usr · owner team-pay\n {4}fix: Set maxUnavailable to 1\.$/m);
});

test('nobody who chooses a name can drive the terminal or turn its text around', () => {
  for (const name of nastyNames) {
    const text = renderPreflightText(report({ cluster: name, findings: (['block', 'warn', 'info'] as const).map((severity) => finding({ code: name, where: name, pools: [name], owner: name, message: name, remedy: name, severity })), unchecked: [{ what: name, why: name }] }), { columns: 100, colour: 'left-out' });
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\u2028\u2029]/u, JSON.stringify(name));
  }
});

test('colour is for a person at a terminal who did not decline it', () => {
  const table: readonly (readonly [what: string, output: Parameters<typeof terminalOf>[0], environment: Readonly<Record<string, string>>, columns: number, colour: string])[] = [
    ['a terminal', { isTTY: true, columns: 93 }, {}, 93, 'shown'],
    ['NO_COLOR', { isTTY: true, columns: 93 }, { NO_COLOR: '1' }, 93, 'left-out'],
    ['an empty NO_COLOR asks nothing', { isTTY: true, columns: 93 }, { NO_COLOR: '' }, 93, 'shown'],
    ['a dumb terminal', { isTTY: true, columns: 93 }, { TERM: 'dumb' }, 93, 'left-out'],
    ['a pipe', {}, {}, 120, 'left-out'],
    ['a terminal of unknown width', { isTTY: true }, {}, 80, 'shown'],
    ['a tiny one', { isTTY: true, columns: 10 }, {}, 40, 'shown'],
  ];
  for (const [what, output, environment, columns, colour] of table) assert.deepEqual(terminalOf(output, environment), { columns, colour }, what);
  const coloured = renderPreflightText(full, { columns: 120, colour: 'shown' });
  assert.equal(coloured.replace('\u001b[1;31mBLOCKED\u001b[0m', 'BLOCKED'), renderPreflightText(full, { columns: 120, colour: 'left-out' }));
});

test('text is folded at words, and a word that is too long is broken', () => {
  const table: readonly (readonly [text: string, width: number, lines: readonly string[]])[] = [
    ['', 5, ['']],
    ['one two', 7, ['one two']],
    ['one two', 6, ['one', 'two']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['a bcdef g', 3, ['a', 'bcd', 'ef', 'g']],
    ['  spaced   out ', 20, ['spaced out']],
    ['héé ééé', 3, ['héé', 'ééé']],
  ];
  for (const [text, width, lines] of table) assert.deepEqual(foldText(text, width), lines, text);
});
