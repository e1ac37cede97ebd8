import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answerClosedRun,
  answerHelp,
  answerNoRun,
  answerNotAllowed,
  answerNotTakenHere,
  answerNotUnderstood,
  answerPermissionUnknown,
  answerRuns,
  answerStatus,
  answerUnknownTarget,
  answerWhichOne,
} from '../../domain/command-answer.ts';
import { verbs } from '../../domain/command-grammar.ts';
import { mayBeCommand } from '../../domain/operator-command.ts';
import { dangersIn } from './markdown-oracle.ts';
import { nastyNames } from './nasty-names.ts';
import { pausedNow, pausedStatus } from './window-status-samples.ts';

const run = { clusterName: 'shop-prod-weu', runId: 'shop-prod-weu-20261010T2000Z', issueNumber: 12 };

test('help lists every command once, with what it does and who may', () => {
  for (const place of ['report', 'elsewhere'] as const) {
    const rows = answerHelp(place).split('\n').filter((line) => line.startsWith('| `/'));

    assert.deepEqual(rows.map((row) => /^\| `\/(?:slackwater )?(\S+)` \|/.exec(row)?.[1]), verbs);
    assert.ok(rows.every((row) => row.startsWith('| `/slackwater ') === (place === 'elsewhere')));
  }
});

test('status is short: what matters, the pools, and where the report is', () => {
  const text = answerStatus(pausedStatus, pausedNow);

  assert.match(text, /\*\*Paused: shop-prod-weu/);
  assert.match(text, /\| `usr` \| 3 \| 2 \| 1 \(`usr-2`\) \| 2 \| paused \|/);
  assert.match(text, /#12 of `acme\/platform`/);
  assert.ok(text.length < 2_500);
});

test('every refusal says that nothing was changed, and what to do next', () => {
  const refusals = [
    answerNotAllowed('abort', 'read'),
    answerPermissionUnknown('abort'),
    answerNoRun('pause'),
    answerClosedRun('pause', run.runId, null),
    answerClosedRun('pause', run.runId, { ...run, runId: 'next', issueNumber: 13 }),
    answerWhichOne('skip', [run, { ...run, clusterName: 'shop-prod-neu' }]),
    answerUnknownTarget('gpu', run, ['sys', 'usr']),
    answerUnknownTarget('gpu', run, []),
    answerNotUnderstood({ reason: 'unknown-verb', written: 'resme', suggestion: 'resume' }, 'report'),
    answerNotTakenHere(),
  ];
  for (const text of refusals) assert.match(text, /Nothing was changed/);
});

test('a refusal for want of permission names the one needed and the one there is', () => {
  assert.match(answerNotAllowed('abort', 'read'), /`abort` needs the permission \*\*maintain\*\*.*you have `read`/);
  assert.match(answerNotAllowed('pause', 'none'), /you have none/);
});

test('a slip is answered with what was probably meant, in the form that works there', () => {
  const slip = { reason: 'unknown-verb', written: 'resme', suggestion: 'resume' } as const;

  assert.match(answerNotUnderstood(slip, 'report'), /Did you mean `\/resume`\?/);
  assert.match(answerNotUnderstood(slip, 'elsewhere'), /Did you mean `\/slackwater resume`\?/);
});

test('an uncertain name is answered with all names in full', () => {
  assert.match(answerWhichOne('skip', [run, { ...run, clusterName: 'shop-prod-neu' }]), /^Which one: `shop-prod-weu` or `shop-prod-neu`\?/);
});

test('no answer can be read as a command, or says more than text with a name a stranger chose', () => {
  for (const name of nastyNames) {
    const strange = { clusterName: name, runId: name, issueNumber: null };
    const texts = [
      answerNotUnderstood({ reason: 'unknown-verb', written: name, suggestion: null }, 'elsewhere'),
      answerNotUnderstood({ reason: 'bad-target', written: name, suggestion: null }, 'elsewhere'),
      answerUnknownTarget(name, strange, [name]),
      answerClosedRun('abort', name, strange),
      answerWhichOne('abort', [strange, strange]),
      answerNotAllowed('abort', name),
      answerRuns([{ ...strange, state: name }]),
    ];
    for (const text of texts) {
      const lines = text.split('\n').map((line) => line.replaceAll('**', '').replace(/^- /, ''));
      assert.deepEqual(lines.flatMap(dangersIn), [], JSON.stringify(name.slice(0, 40)));
      assert.ok(!mayBeCommand(text));
    }
  }
  assert.ok(!mayBeCommand(answerHelp('report')));
  assert.ok(!mayBeCommand(answerStatus(pausedStatus, pausedNow)));
});

test('without any run the list says so', () => {
  assert.match(answerRuns([]), /^No run is under way/);
  assert.match(answerRuns([{ ...run, state: 'completed-partial' }]), /- `shop-prod-weu`: completed-partial, report #12/);
});
