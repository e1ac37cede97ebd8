import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBeCommand, parseComment } from '../../domain/operator-command.ts';
import type { WrittenComment } from '../../domain/operator-command.ts';

function written(body: string, change: Partial<WrittenComment> = {}): WrittenComment {
  return { body, action: 'created', author: 'lia', authorType: 'User', appLogin: 'slackwater[bot]', issueOpenedBy: 'slackwater', ...change };
}

const understood: readonly (readonly [string, string, string | null])[] = [
  ['/slackwater pause', 'pause', null],
  ['/slackwater rehearse shop', 'rehearse', 'shop'],
  ['/slackwater skip usr', 'skip', 'usr'],
  ['/slackwater skip pool/usr', 'skip', 'pool/usr'],
  ['/slackwater abort shop-prod-weu/usr', 'abort', 'shop-prod-weu/usr'],
  ['/Slackwater RESUME', 'resume', null],
  ['  /pause  ', 'pause', null],
  ['/retry usr\nbecause the budget is mended', 'retry', 'usr'],
  ['/status\r\n\r\n> quoted', 'status', null],
  ['\n\n/help', 'help', null],
  ['/slackwater\tstatus', 'status', null],
];

test('only ack-loss takes --until, in either spelling, and names of any length Kubernetes allows', () => {
  const long = `ops/${'a'.repeat(253)}`;
  const table: readonly (readonly [body: string, target: string | null, until: string | null])[] = [
    ['/ack-loss ops/debug-jump', 'ops/debug-jump', null],
    ['/slackwater ack-loss ops/debug-jump --until 90m', 'ops/debug-jump', '90m'],
    ['/ack-loss --until=2026-10-11T01:30Z ops/debug-jump', 'ops/debug-jump', '2026-10-11T01:30Z'],
    ['/ack-loss --until 2h ops/debug-jump', 'ops/debug-jump', '2h'],
    ['/ack-loss', null, null],
    [`/ack-loss ${long}`, long, null],
  ];
  for (const [body, target, until] of table) assert.deepEqual(parseComment(written(body)), { kind: 'command', command: { verb: 'ack-loss', target, time: null, flags: until === null ? {} : { until } } }, body);
});

test('a first line that is a command is understood', () => {
  for (const [body, verb, target] of understood) {
    assert.deepEqual(parseComment(written(body)), { kind: 'command', command: { verb, target, time: null, flags: {} } }, JSON.stringify(body));
  }
});

const ignored: readonly (readonly [string, Partial<WrittenComment>, string])[] = [
  ['/pause', { action: 'edited' }, 'not-new'],
  ['/pause', { action: 'deleted' }, 'not-new'],
  ['/slackwater pause', { authorType: 'Bot' }, 'not-a-person'],
  ['/slackwater pause', { authorType: 'Organization' }, 'not-a-person'],
  ['/slackwater pause', { author: 'Slackwater[bot]', authorType: 'Bot' }, 'own-comment'],
  ['/slackwater pause', { author: 'lia', appLogin: 'lia' }, 'own-comment'],
  ['/pause', { issueOpenedBy: 'somebody-else' }, 'not-ours'],
  ['/etc/hosts is wrong', {}, 'no-command'],
  ['please /slackwater pause', {}, 'no-command'],
  ['hello\n/slackwater pause', {}, 'no-command'],
  ['> /slackwater pause', {}, 'no-command'],
  ['`/slackwater pause`', {}, 'no-command'],
  ['```\n/slackwater pause\n```', {}, 'no-command'],
  ['    /slackwater pause', {}, 'no-command'],
  ['\t/slackwater pause', {}, 'no-command'],
  ['<!-- x -->\n/slackwater pause', {}, 'no-command'],
  ['- /slackwater pause', {}, 'no-command'],
  ['\u200B/slackwater pause', {}, 'no-command'],
  ['', {}, 'no-command'],
  ['/', {}, 'no-command'],
];

test('quotes, code, edits, bots, our own comments and other tools are ignored', () => {
  for (const [body, change, reason] of ignored) {
    assert.deepEqual(parseComment(written(body, change)), { kind: 'ignore', reason }, JSON.stringify(body));
  }
});

const misunderstood: readonly (readonly [string, string, string, string | null])[] = [
  ['/slackwater', 'no-verb', '', null],
  ['/slackwater resme', 'unknown-verb', 'resme', 'resume'],
  ['/slackwater abort!', 'unknown-verb', 'abort!', 'abort'],
  ['/reusme usr', 'unknown-verb', 'reusme', 'resume'],
  ['/slackwater frobnicate', 'unknown-verb', 'frobnicate', null],
  ['/slackwater p\u0430use', 'unknown-verb', 'p\u0430use', 'pause'],
  ['/slackwater abort --force', 'unknown-flag', '--force', null],
  ['/slackwater skip usr --reason "later"', 'unknown-flag', '--reason', null],
  ['/freeze --reason "year end', 'unclosed-quote', 'year end', null],
  ['/postpone', 'no-time', 'postpone', null],
  ['/postpone tomorrow', 'bad-until', 'tomorrow', null],
  ['/postpone 2h shop 3h', 'too-many-words', '3h', null],
  ['/freeze --until 2d --until 3d', 'unknown-flag', '--until', null],
  ['/resume --until 2d', 'unknown-flag', '--until', null],
  ['/upgrade --override-freeze', 'flag-without-value', '--override-freeze', null],
  ['/slackwater skip usr now', 'too-many-words', 'now', null],
  ['/slackwater skip usr --until 90m', 'unknown-flag', '--until', null],
  ['/ack-loss ops/debug-jump --until', 'flag-without-value', '--until', null],
  ['/ack-loss ops/debug-jump --until=', 'flag-without-value', '--until=', null],
  ['/ack-loss ops/debug-jump --until --force', 'flag-without-value', '--until', null],
  ['/ack-loss ops/debug-jump --until 2h --force', 'unknown-flag', '--force', null],
  ['/ack-loss ops/debug-jump ops/other', 'too-many-words', 'ops/other', null],
  ['/slackwater skip @acme', 'bad-target', '@acme', null],
  ['/slackwater skip ../x', 'bad-target', '../x', null],
];

test('a command that is not understood says what was wrong and what was probably meant', () => {
  for (const [body, reason, word, suggestion] of misunderstood) {
    assert.deepEqual(parseComment(written(body)), { kind: 'not-understood', reason, written: word, suggestion }, body);
  }
});

test('flags take a word or a quoted text, the time of postpone stands anywhere, and --help asks about one verb', () => {
  const table: readonly (readonly [body: string, command: object])[] = [
    ['/freeze --reason "year end --until people are back" --until 2026-01-04', { verb: 'freeze', target: null, time: null, flags: { reason: 'year end --until people are back', until: '2026-01-04' } }],
    ['/freeze shop --reason=\u201Cyear end\u201D', { verb: 'freeze', target: 'shop', time: null, flags: { reason: 'year end' } }],
    ['/upgrade --override-freeze CVE-2026-31431', { verb: 'upgrade', target: null, time: null, flags: { 'override-freeze': 'CVE-2026-31431' } }],
    ['/postpone 2h', { verb: 'postpone', target: null, time: '2h', flags: {} }],
    ['/slackwater postpone shop-prod 2026-10-18', { verb: 'postpone', target: 'shop-prod', time: '2026-10-18', flags: {} }],
  ];
  for (const [body, command] of table) assert.deepEqual(parseComment(written(body)), { kind: 'command', command }, body);
  assert.deepEqual(parseComment(written('/abort --help')), { kind: 'help-about', verb: 'abort' });
  assert.deepEqual(parseComment(written('/slackwater --help')), { kind: 'command', command: { verb: 'help', target: null, time: null, flags: {} } });
});

test('an endless line is read only so far', () => {
  assert.equal(parseComment(written(`/slackwater pause ${'x'.repeat(100_000)}`)).kind, 'not-understood');
});

test('only text whose first line begins with a slash may be a command', () => {
  for (const [body] of understood) assert.ok(mayBeCommand(body), JSON.stringify(body));
  for (const body of ['hello', '> /pause', '    /pause', '']) assert.ok(!mayBeCommand(body), JSON.stringify(body));
});
