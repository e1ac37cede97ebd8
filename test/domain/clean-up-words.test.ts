import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CleanUpRequest } from '../../domain/clean-up.ts';
import { answerCleanUpBegun, answerCleanUpEnded, answerCleanUpRefused, answerNothingToDo, answerReleased, answerRunFirst, answerWhichCluster } from '../../domain/clean-up-words.ts';
import { at } from './cluster-samples.ts';
import { dangersIn, withoutCodeSpans } from './markdown-oracle.ts';
import { nastyNames } from './nasty-names.ts';

const request: CleanUpRequest = { verb: 'rollback', target: 'apps', outsideWindow: null, by: 'chief', decisionId: 'comment-1', comment: null };
const telling = { request, clusterName: 'shop', timeZone: 'Europe/Paris', now: at('2026-11-21T22:00Z') };
const plan = { will: ['apps goes back to 1.34.2.'], remains: ['The control plane stays.'] };

test('what is being done says who asked, what is done, what stays, and that this comment will tell the end', () => {
  const text = answerCleanUpBegun(plan, telling, '1 of 3 nodes are there.');
  assert.match(text, /^\*\*Rolling back `apps` of `shop`\*\*, as `chief` said\. This comment tells the end/);
  assert.match(text, /\*\*What is done:\*\*\n- apps goes back to 1\.34\.2\./);
  assert.match(text, /\*\*What stays:\*\*\n- The control plane stays\./);
  assert.match(text, /\*\*Now\*\* \(23:00 \(22:00Z\)\): 1 of 3 nodes are there\./);
});

test('the end says what was done and what is left, and claims success only when every unit is there', () => {
  const good = answerCleanUpEnded(plan, [{ unit: 'pool/apps', isDone: true, detail: '3 of 3 nodes are there.' }], { open: [], settled: ['usr-2'] }, telling);
  assert.match(good, /^\*\*Rolled back `apps` of `shop`\*\*, ended Sat 21 Nov 23:00 \(22:00Z\)\./);
  assert.match(good, /usr-2.? is owed no more/);
  const bad = answerCleanUpEnded(plan, [{ unit: 'pool/apps', isDone: false, detail: 'Azure stopped it.' }], { open: ['usr-2 waits since today.'], settled: [] }, telling);
  assert.match(bad, /^\*\*Not finished: `rollback` of `apps` of `shop`\*\*/);
  assert.match(bad, /\*\*What is left:\*\*\n- .*usr-2.* waits since today\.\n- The control plane stays\./);
  assert.match(bad, /Nothing is tried again by itself/);
  const blind = answerCleanUpEnded(plan, [], { open: null, settled: [] }, telling);
  assert.match(blind, /could not be recorded/);
});

test('a cluster of a hundred pools fits in a comment', () => {
  const many = Array.from({ length: 100 }, (_, index) => `pool-${index} ${'goes back to what it ran before. '.repeat(30)}`);
  const text = answerCleanUpEnded({ will: many, remains: many }, many.map((detail, index) => ({ unit: `pool/p${index}`, isDone: false, detail })), { open: many, settled: many }, telling);
  assert.ok(text.length < 60_000, String(text.length));
  assert.match(text, /And 175 more\./);
});

test('a released node stays cordoned, and the answer says who takes it up next', () => {
  const released = { kind: 'ready', node: 'usr-2', pool: 'usr', kubeletVersion: '1.35.5', imageVersion: 'image-1', isCordoned: true, provisioningState: 'Failed', podsCount: 2 } as const;
  const outside = answerReleased(released, { ...telling, isRunUnderWay: false, nextOpens: at('2026-11-28T21:00Z') });
  assert.match(outside, /stays cordoned: Slackwater uncordons nothing/);
  assert.match(outside, /`\/resolve usr` in an open window, or the next window \(Sat 28 Nov 22:00 \(21:00Z\)\)/);
  assert.match(outside, /2 pods, each of which could leave/);
  assert.match(outside, /`kubectl uncordon usr-2`/);
  const during = answerReleased({ ...released, isCordoned: false, podsCount: 1 }, { ...telling, isRunUnderWay: true, nextOpens: null });
  assert.match(during, /`\/retry usr`, or after this run `\/resolve usr`, or the next window\./);
  assert.match(during, /It takes pods\./);
});

test('no name, reason or error makes a mention, a link or a block of its own', () => {
  for (const name of nastyNames) {
    const told = { ...telling, request: { ...request, target: name, by: name }, clusterName: name };
    const texts = [
      answerCleanUpRefused(request, { kind: 'refused', code: 'x', message: name, remedy: name }),
      answerNothingToDo(request, name),
      answerCleanUpBegun({ will: [name], remains: [name] }, told, name),
      answerCleanUpEnded({ will: [], remains: [name] }, [{ unit: `pool/${name}`, isDone: false, detail: name }], { open: [name], settled: [name] }, told),
      answerReleased({ kind: 'ready', node: name, pool: name, kubeletVersion: name, imageVersion: name, isCordoned: true, provisioningState: name, podsCount: 1 }, { ...told, isRunUnderWay: true, nextOpens: null }),
      answerWhichCluster('resolve', [name]),
      answerRunFirst(request, name, 4),
    ];
    for (const text of texts) {
      for (const line of text.split('\n')) {
        // Our own list signs, bold heads and the number of the run's issue.
        const item = line.replace(/^- /, '').replace(/#4\b/g, '');
        const bare = item.startsWith('**') ? withoutCodeSpans(item).replace('**', '').replace('**', '') : item;
        assert.deepEqual(dangersIn(bare), [], line);
      }
    }
  }
});
