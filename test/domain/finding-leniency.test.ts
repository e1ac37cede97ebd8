import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepsFromStarting, softenFinding } from '../../domain/finding-leniency.ts';
import type { LossAcknowledgement } from '../../domain/loss-acknowledgement.ts';
import type { Finding } from '../../domain/preflight-report.ts';
import { samplePolicy } from './cluster-samples.ts';

const now = 1_000_000;
const strict = samplePolicy();
const lenient = samplePolicy({ onFinding: { action: 'warn' } });
const word: LossAcknowledgement = { where: 'ops/jump', codes: ['UNMANAGED_POD'], pools: ['usr'], by: 'alice', at: now - 1, until: now + 1 };

function finding(code: string, change: Partial<Finding> = {}): Finding {
  return { code, where: 'ops/jump', severity: 'block', pools: ['usr'], message: 'It blocks.', remedy: '', owner: null, evidence: {}, ...change };
}

test('a finding of single pools warns where the policy says so; the whole run and losses never do for that', () => {
  const table: readonly (readonly [what: string, given: Finding, policy: typeof strict | null, severity: Finding['severity']])[] = [
    ['a budget under the default', finding('PDB_STRUCTURAL'), strict, 'block'],
    ['a budget where the policy only warns', finding('PDB_STRUCTURAL'), lenient, 'warn'],
    ['a budget without a policy', finding('PDB_STRUCTURAL'), null, 'block'],
    ['several pools', finding('WEBHOOK_SELF_LOCK', { pools: ['sys', 'usr'] }), lenient, 'warn'],
    ['the whole run', finding('FORCE_OVERRIDE_ACTIVE', { pools: ['*'] }), lenient, 'block'],
    ['a bare pod', finding('UNMANAGED_POD'), lenient, 'block'],
    ['data on a node', finding('LOCAL_DATA_LOSS'), lenient, 'block'],
    ['what warns already', finding('PDB_EDGE', { severity: 'info' }), lenient, 'info'],
  ];
  for (const [what, given, policy, severity] of table) assert.equal(softenFinding(given, policy, [], now).severity, severity, what);
});

test('a finding that only warns by policy says that it would block', () => {
  const softened = softenFinding(finding('QUOTA_SHORT'), lenient, [], now);

  assert.match(softened.message, /It would block; the policy only warns\./);
  assert.equal(softened.evidence['budgetedByPolicy'], true);
});

test('a loss warns exactly while an acknowledgement of this place and code holds, and names who gave it until when', () => {
  const table: readonly (readonly [what: string, given: Finding, words: readonly LossAcknowledgement[], severity: Finding['severity']])[] = [
    ['nobody spoke', finding('UNMANAGED_POD'), [], 'block'],
    ['acknowledged', finding('UNMANAGED_POD'), [word], 'warn'],
    ['run out', finding('UNMANAGED_POD'), [{ ...word, until: now }], 'block'],
    ['another pod', finding('UNMANAGED_POD', { where: 'ops/jump-2' }), [word], 'block'],
    ['another loss at the same place', finding('LOCAL_DATA_LOSS'), [word], 'block'],
    ['a budget of that name', finding('PDB_STRUCTURAL'), [{ ...word, codes: ['PDB_STRUCTURAL'] }], 'block'],
  ];
  for (const [what, given, words, severity] of table) assert.equal(softenFinding(given, strict, words, now).severity, severity, what);
  assert.match(softenFinding(finding('UNMANAGED_POD'), strict, [word], now).message, /alice acknowledged the loss until Thu 1 Jan 01:16 \(00:16Z\)/);
});

test('a block keeps a pool from starting, and so does a running Job until somebody lets it be lost or the policy only warns', () => {
  const job = finding('JOB_WILL_BE_LOST', { severity: 'warn' });
  const lost: LossAcknowledgement = { ...word, codes: ['JOB_WILL_BE_LOST'] };
  const table: readonly (readonly [what: string, given: Finding, policy: typeof strict, words: readonly LossAcknowledgement[], keeps: boolean])[] = [
    ['a block', finding('PDB_STRUCTURAL'), strict, [], true],
    ['what merely warns', finding('PDB_EDGE', { severity: 'warn' }), strict, [], false],
    ['a running Job', job, strict, [], true],
    ['a running Job where the policy only warns', job, lenient, [], false],
    ['a running Job that may be lost', job, strict, [lost], false],
    ['a running Job where another loss was acknowledged', job, strict, [word], true],
  ];
  for (const [what, given, policy, words, keeps] of table) assert.equal(keepsFromStarting(given, policy, words, now), keeps, what);
});
