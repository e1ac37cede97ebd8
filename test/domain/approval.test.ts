import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeApprovals, missingApprovals } from '../../domain/approval.ts';
import type { Approval, StandingOrder, UpgradeRequest } from '../../domain/standing-order.ts';

const opens = Date.UTC(2026, 11, 19, 21);
const approval = (who: string, change: Partial<Approval> = {}): Approval => ({ kind: 'approval', id: `${who}-${change.planDigest ?? ''}`, who, when: opens - 1_000, why: '', until: null, opens, planDigest: 'p1', policyVersion: 'v1', ...change });
const request = (freeze: UpgradeRequest['freeze']): UpgradeRequest => ({ kind: 'request', id: 'r', who: 'hana', when: opens - 2_000, why: 'CVE-2026-31431', until: null, opens, freeze });
const question = { opens, planDigest: 'p1', policyVersion: 'v1' };

test('each person counts once, for this opening, this plan and this policy file, and who asked cannot approve alone', () => {
  const table: readonly (readonly [what: string, required: number, orders: readonly StandingOrder[], kind: string, approvers: readonly string[]])[] = [
    ['nothing is asked', 0, [], 'not-needed', []],
    ['nobody approved', 1, [], 'waiting', []],
    ['one of one', 1, [approval('ivan')], 'granted', ['ivan']],
    ['one person twice', 2, [approval('ivan'), approval('Ivan')], 'waiting', ['ivan']],
    ['two people', 2, [approval('hana'), approval('ivan')], 'granted', ['hana', 'ivan']],
    ['who asked, alone', 1, [request('heeded'), approval('HANA')], 'waiting', ['HANA']],
    ['who asked, and another', 2, [request('heeded'), approval('hana'), approval('ivan')], 'granted', ['hana', 'ivan']],
    ['another than who asked', 1, [request('heeded'), approval('ivan')], 'granted', ['ivan']],
    ['an override needs somebody else even where the policy asks for none', 0, [request('overridden')], 'waiting', []],
    ['an override approved by who asked', 0, [request('overridden'), approval('hana')], 'waiting', ['hana']],
    ['an override approved by another', 0, [request('overridden'), approval('ivan')], 'granted', ['ivan']],
    ['another opening', 1, [approval('ivan', { opens: opens + 1 })], 'waiting', []],
    ['another plan', 1, [approval('ivan', { planDigest: 'p2' })], 'waiting', []],
    ['after a push', 1, [approval('ivan', { policyVersion: 'v0' })], 'waiting', []],
    ['approved again after the change', 1, [approval('ivan', { policyVersion: 'v0' }), approval('ivan')], 'granted', ['ivan']],
  ];
  for (const [what, required, orders, kind, approvers] of table) {
    const standing = judgeApprovals(orders, { ...question, required });
    assert.deepEqual([standing.kind, standing.approvers.map(({ who }) => who)], [kind, approvers], what);
  }
});

test('what voided an approval is told, and what is missing', () => {
  const standing = judgeApprovals([approval('ivan', { planDigest: 'p2' }), approval('lia', { policyVersion: 'v0' })], { ...question, required: 2 });

  assert.deepEqual(standing.voided.map(({ who, changed }) => [who, changed]), [['ivan', 'plan'], ['lia', 'policy']]);
  assert.equal(missingApprovals(standing), '2 of 2 approvals are missing');
  assert.equal(missingApprovals(judgeApprovals([request('overridden'), approval('hana')], { ...question, required: 0 })), 'somebody other than hana has to approve: who asked cannot approve alone');
});

test('before the plan is known only the policy file is compared', () => {
  assert.equal(judgeApprovals([approval('ivan', { planDigest: 'p9' })], { ...question, planDigest: null, required: 1 }).kind, 'granted');
});
