import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApprovalStanding } from '../../domain/approval.ts';
import { approvalRuleOf, checkApprovalId, isGivenAt, withoutVoid } from '../../domain/check-approval.ts';
import { checkNameOf, pathOfCheck, readCheckReference, writeCheckReference } from '../../domain/check-run.ts';
import type { CheckedFile, CheckedPolicy } from '../../domain/checked-policy.ts';
import { reportOfCheck } from '../../domain/policy-check.ts';
import { isPolicyPath } from '../../domain/policy-path.ts';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import type { Finding } from '../../domain/preflight-report.ts';
import type { Approval } from '../../domain/standing-order.ts';
import { goodPolicy } from './good-policy.ts';

const parsed = parseMaintenancePolicy(goodPolicy(), 'slackwater/shop.yaml');
assert.ok(parsed.ok);
const policy = parsed.value;
const opening = { opens: 0, closes: 3_600_000, restriction: 'none' as const, reason: '' };
const plan = { clusterResourceId: policy.clusterResourceId, clusterName: 'shop', units: [], omitted: [], digest: 'd'.repeat(64) };
const finding: Finding = { code: 'PDB_ZERO', where: 'shop/web', severity: 'block', pools: ['usr'], message: 'Blocked.', remedy: 'Mend it.', owner: null, evidence: {} };
const look = (findings: readonly Finding[]): CheckedPolicy['look'] => ({ kind: 'planned', opening, plan, report: { schema: 'slackwater.preflight/v1', cluster: policy.clusterResourceId, result: 'pass', findings, pods: [], unchecked: [] }, reductions: [] });
const granted: ApprovalStanding = { kind: 'granted', required: 1, approvers: [{ who: 'ann', when: 0 }], voided: [], requestedBy: null, override: null };
const waiting: ApprovalStanding = { ...granted, kind: 'waiting', approvers: [] };
const fine: CheckedPolicy = { policy, occurrences: [], openNow: null, look: look([]), rule: { required: 0, teams: [] }, approvals: null };
const unread: CheckedPolicy = { ...fine, look: { kind: 'not-read', why: 'Nobody may.' } };
const asking = { required: 1, teams: [] };
const fault = { code: 'unknown-field', where: 'spec.x', path: ['spec', 'x'], source: 'a', message: 'spec.x is unknown.', remedy: 'Remove it.', line: 3, column: 2 };

const file = (content: CheckedFile['content']): CheckedFile => ({ path: 'slackwater/shop.yaml', pullNumber: 7, headSha: 'a'.repeat(40), version: 'v', content });
const valid = (...policies: readonly CheckedPolicy[]): CheckedFile => file({ kind: 'valid', policies });

/** A checked file → how its check run ends, how many buttons it has, and its title. */
const ends: readonly (readonly [string, CheckedFile, string, number, RegExp])[] = [
  ['nothing wrong', valid(fine), 'success', 0, /^Valid; nothing to upgrade now$/],
  ['faults', file({ kind: 'faulty', faults: [fault, fault] }), 'failure', 0, /^2 faults$/],
  ['removed', file({ kind: 'removed', clusters: [policy.clusterResourceId] }), 'neutral', 0, /^Removed/],
  ['a finding that would block', valid({ ...fine, look: look([finding]) }), 'neutral', 0, /^Valid; 1 finding would block now$/],
  ['a warning blocks nothing', valid({ ...fine, look: look([{ ...finding, severity: 'warn' }]) }), 'success', 0, /^Valid/],
  ['a cluster that was not read', valid(unread), 'neutral', 0, /^Valid; 1 cluster not read$/],
  ['an approval that is missing', valid({ ...fine, rule: asking, approvals: waiting }), 'action_required', 1, /^Valid; 1 approval missing$/],
  ['an approval that is given', valid({ ...fine, rule: asking, approvals: granted }), 'success', 0, /^Valid/],
  ['an approval by who asked for the run alone', valid({ ...fine, rule: asking, approvals: { ...granted, kind: 'waiting', requestedBy: 'ann' } }), 'action_required', 1, /somebody else has to approve/],
  ['an approval that cannot be given, because nothing was read', valid({ ...unread, rule: asking }), 'action_required', 0, /^Valid; 1 approval missing$/],
  ['one of two policies without a plan', valid({ ...fine, rule: asking, approvals: waiting }, unread), 'action_required', 0, /missing/],
  ['more policies than a button can name', valid(...Array.from({ length: 4 }, () => ({ ...fine, rule: asking, approvals: waiting }))), 'action_required', 0, /^Valid; 4 approvals missing$/],
];
for (const [name, checked, conclusion, buttons, title] of ends) {
  test(`a check run ends by what it found: ${name}`, () => {
    const report = reportOfCheck(checked);
    assert.deepEqual([report.conclusion, report.buttons.length], [conclusion, buttons]);
    assert.match(report.title, title);
    assert.ok(report.summary.length > 0 && report.summary.length <= 65_535 && report.text.length <= 65_535);
    for (const { identifier, label, description } of report.buttons) assert.ok(identifier.length <= 20 && label.length <= 20 && description.length <= 40);
    if (checked.content.kind === 'valid' && checked.content.policies.length > 3) assert.match(report.summary, /more than 3 policies/);
  });
}

test('what a check run is about is read back from GitHub, and nothing else is', () => {
  for (const digests of [[], ['a'.repeat(64)], ['a'.repeat(64), '-', 'b'.repeat(64)]]) assert.deepEqual(readCheckReference(writeCheckReference({ pullNumber: 12, digests })), { pullNumber: 12, digests });
  for (const text of ['', 'policy:', 'policy:0', 'policy:1:', 'policy:1:abc', `policy:1:${'a'.repeat(64)}:x`, 'other:1']) assert.equal(readCheckReference(text), null, text);
  assert.equal(pathOfCheck(checkNameOf('a/b c.yaml')), 'a/b c.yaml');
  assert.equal(pathOfCheck('build'), null);
});

test('a policy file lies directly in the folder, or is the one file', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['slackwater/a.yaml', 'slackwater', true],
    ['slackwater/a.YML', 'slackwater', true],
    ['slackwater/deep/a.yaml', 'slackwater', false],
    ['slackwater/a.json', 'slackwater', false],
    ['slackwater-old/a.yaml', 'slackwater', false],
    ['a.yaml', '', true],
    ['docs/a.yaml', '', false],
    ['clusters/shop.yaml', 'clusters/shop.yaml', true],
    ['clusters/other.yaml', 'clusters/shop.yaml', false],
  ];
  for (const [path, place, expected] of cases) assert.equal(isPolicyPath(path, place), expected, `${path} in ${place}`);
});

test('what the default branch asks for holds for every change; a change may ask for more', () => {
  const asks = (required: number, teams: readonly string[], commands: readonly string[] = []) => ({ ...policy, approvals: { required, teams }, commands: { approve: commands } });
  assert.deepEqual(approvalRuleOf(asks(0, []), [asks(2, ['a/b'])]), { required: 2, teams: [['a/b']] });
  assert.deepEqual(approvalRuleOf(asks(3, ['x/y']), [asks(2, ['a/b'], ['a/c'])]), { required: 3, teams: [['a/c'], ['a/b']] });
  assert.deepEqual(approvalRuleOf({ ...asks(0, []), clusterResourceId: policy.clusterResourceId.toUpperCase() }, [asks(1, [])]), { required: 1, teams: [] });
  assert.deepEqual(approvalRuleOf(asks(1, ['x/y']), []), { required: 1, teams: [['x/y']] });
});

test('a push takes back what was approved on its pull request, and nothing else', () => {
  const seen = { pullNumber: 7, headSha: 'a'.repeat(40), version: 'v' };
  const approval = (id: string): Approval => ({ kind: 'approval', id, who: 'ann', when: 0, why: '', until: 1, opens: 0, planDigest: 'd', policyVersion: 'v' });
  const kept = [approval(checkApprovalId(seen, 'd-1')), approval('comment-12'), approval(checkApprovalId({ ...seen, pullNumber: 70 }, 'd-2'))];
  const pushed = approval(checkApprovalId({ ...seen, headSha: 'b'.repeat(40) }, 'd-3'));
  assert.deepEqual(withoutVoid([pushed, ...kept], seen), kept);
  assert.deepEqual([pushed, ...kept].map((each) => isGivenAt(each, seen)), [false, true, false, false]);
});
