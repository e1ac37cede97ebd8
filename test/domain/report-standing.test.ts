import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeDecision } from '../../domain/judge-decision.ts';
import { renderReport } from '../../domain/report-markdown.ts';
import { reportOf } from '../../domain/report.ts';
import type { RunStanding, WindowStatus } from '../../domain/window-status.ts';
import { pausedNow, statusSample } from './window-status-samples.ts';

const opens = statusSample().window.opens;
const standing = (change: Omit<Partial<RunStanding>, 'approval'> & { readonly approval?: Partial<RunStanding['approval']> }): RunStanding => ({
  freeze: null,
  isCancelled: false,
  policyVersion: 'b1946ac92492d2347c6235b4d2611184',
  waitsFor: null,
  lastUsefulStart: null,
  ...change,
  approval: { kind: 'not-needed', required: 0, approvers: [], voided: [], requestedBy: null, override: null, ...change.approval },
});
const bodyOf = (status: WindowStatus): string => renderReport(reportOf(status, pausedNow)).body;
const held = (of: RunStanding): string => bodyOf(statusSample({ phase: 'held', pause: null, standing: of }));

test('a run that waits for approval says who has approved, what is missing, until when it matters and what to say', () => {
  const body = held(standing({ waitsFor: 'approval', lastUsefulStart: opens + 3_600_000, approval: { kind: 'waiting', required: 2, approvers: [{ who: 'hana', when: opens - 60_000 }], voided: [{ who: 'lia', when: opens - 90_000, changed: 'plan' }] } }));

  assert.match(body, /> \*\*Waiting for:\*\* approval: 1 of 2 approvals are missing\. Approved by `hana` \(.*\)\. Void, because plan or policy changed since: `lia`/);
  assert.match(body, /> \*\*Needed:\*\* `\/approve` by people who may/);
  assert.match(body, /> \*\*If nobody acts:\*\* the last useful start is .*\(.*Z\)/);
  assert.match(body, /> \*\*You can:\*\* `\/plan`/);
});

test('a frozen run says by whom, since when, until when and why, and offers only words that do something', () => {
  const body = held(standing({ waitsFor: 'unfreeze', freeze: { who: 'hana', when: opens, why: 'incident 4711', until: null } }));

  assert.match(body, /> \*\*Waiting for:\*\* the end of a freeze: frozen by `hana` since .*, until somebody ends it \(`incident 4711`\)/);
  assert.match(body, /`\/unfreeze` by somebody with admin/);
  assert.doesNotMatch(body, /`\/resume`/);
});

test('an override is stamped with its reason, who asked, who approved, and when, in both times', () => {
  const override = { who: 'hana', when: opens - 36_000_000, why: 'CVE-2026-31431' };
  const body = bodyOf(statusSample({ phase: 'upgrading', pause: null, standing: standing({ approval: { kind: 'granted', required: 2, approvers: [{ who: 'hana', when: opens - 35_400_000 }, { who: 'ivan', when: opens - 18_000_000 }], requestedBy: 'hana', override } }) }));

  assert.match(body, /\*\*Freeze overridden\*\* for `CVE-2026-31431` by `hana`, asked .* \(\d\d:\d\dZ\), approved by `ivan` \(.*\d\d:\d\dZ\)\); for this cluster and this opening alone/);
  assert.match(body, /Approved by 2 of 2: `hana` .*, `ivan` .*; bound to this plan and to the policy file `b1946ac92492`/);
});

test('a run that ended unapproved says what the next one needs, and resume does not stand for approve', () => {
  const waiting = standing({ waitsFor: 'approval', approval: { kind: 'waiting', required: 1 } });
  assert.match(bodyOf(statusSample({ phase: 'ended', outcome: 'not-started', pause: null, standing: waiting })), /> \*\*Needed:\*\* approval in time: 1 of 1 approval is missing\. `\/approve` here approves the plan of the next opening/);
  const situation = { status: statusSample({ phase: 'held', pause: null, standing: waiting }), now: pausedNow, current: null, isStopped: false, isLeaving: false, isHeld: false, isAborting: false };
  assert.match(judgeDecision({ verb: 'resume', target: null, until: null, by: 'lia', decisionId: 'c', comment: null }, situation).answer, /waits for approval, which resume does not give/);
});
