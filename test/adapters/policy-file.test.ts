import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readPolicyText } from '../../adapters/policy-file.ts';

const example = readFileSync(new URL('../../fixtures/policies/shop-prod-weu.yaml', import.meta.url), 'utf8');

function faultsOf(text: string): readonly string[] {
  const read = readPolicyText(text, 'shop.yaml');
  return read.ok ? [] : read.faults.map(({ code, source, line, column, where }) => `${source}:${line}:${column} ${code} ${where}`);
}

test('the example policy is read as it is meant', () => {
  const read = readPolicyText(example, 'shop.yaml');

  assert.ok(read.ok, JSON.stringify(read));
  const [policy] = read.value;
  assert.equal(read.value.length, 1);
  assert.equal(policy?.window.startTime, '22:00');
  assert.equal(policy?.window.startDate, '2026-11-01');
  assert.equal(policy?.nodePools.overrides['gpu']?.maxSurge, '1');
  assert.equal(policy?.target.kubernetesVersion, '1.35');
});

test('several documents are several policies, and an empty one at the end is none', () => {
  const second = example.replace('name: shop-prod-weu', 'name: other');

  const read = readPolicyText(`${example}---\n${second}---\n`, 'shop.yaml');

  assert.deepEqual(read.ok && read.value.map(({ name }) => name), ['shop-prod-weu', 'other']);
});

test('a fault points at the value, at the name of an unknown field, at the parent of a missing one', () => {
  const table: readonly (readonly [title: string, from: string | RegExp, to: string, fault: string])[] = [
    ['value', '"22:00"', '"25:00"', 'shop.yaml:14:16 wrong-form spec.window.startTime'],
    ['unquoted start time is text', '"22:00"', '22:0', 'shop.yaml:14:16 wrong-form spec.window.startTime'],
    ['value in a list', 'end: 2027-01-04', 'end: 2026-12-01', 'shop.yaml:23:14 dates-reversed spec.window.notAllowedDates[0].end'],
    ['item of a flow list', '[sys, usr]', '[sys, Usr]', 'shop.yaml:27:18 wrong-form spec.nodePools.order[1]'],
    ['unknown field', 'durationHours: 6', 'durationHours: 6\n    durationMinutes: 6', 'shop.yaml:16:5 unknown-field spec.window.durationMinutes'],
    ['missing field', '    durationHours: 6\n', '', 'shop.yaml:12:3 missing-field spec.window.durationHours'],
    ['missing at the top', /^apiVersion.*\n/m, '', 'shop.yaml:2:1 missing-field apiVersion'],
    ['empty value', 'labels: [maintenance]', 'labels:', 'shop.yaml:51:5 wrong-type spec.report.labels'],
    ['two zones', 'startTime:', 'utcOffset: "+01:00"\n    startTime:', 'shop.yaml:12:3 not-exactly-one spec.window'],
    ['unquoted version', '"1.35"', '1.30', 'shop.yaml:10:24 wrong-type spec.target.kubernetesVersion'],
    ['another kind', 'kind: MaintenancePolicy', 'kind: ConfigMap', 'shop.yaml:3:7 not-a-policy kind'],
  ];
  for (const [title, from, to, fault] of table) {
    const text = example.replace(from, to);
    assert.notEqual(text, example, title);
    assert.deepEqual(faultsOf(text), [fault], title);
  }
});

test('faults of every document are told, each with its own line', () => {
  const bad = example.replace('durationHours: 6', 'durationHours: 60');
  const lines = example.split('\n').length;

  assert.deepEqual(faultsOf(`${bad}---\n${bad}`), [
    'shop.yaml:15:20 out-of-range spec.window.durationHours',
    `shop.yaml:${lines + 15}:20 out-of-range spec.window.durationHours`,
  ]);
});

test('a fault behind an alias is told where it stands', () => {
  const text = example
    .replace('start: 2026-12-18', 'start: &day 2026-02-30')
    .replace('end: 2027-01-04', 'end: *day');

  assert.deepEqual(faultsOf(text), [
    'shop.yaml:22:21 no-such-date spec.window.notAllowedDates[0].start',
    'shop.yaml:23:14 no-such-date spec.window.notAllowedDates[0].end',
  ]);
});

test('YAML that is broken, ambiguous or hostile is refused with its place', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`)].join('\n');
  const table: readonly (readonly [title: string, text: string, fault: RegExp])[] = [
    ['unclosed quote', example.replace('"22:00"', '"22:00'), /^shop\.yaml:\d+:\d+ yaml-syntax document$/],
    ['tab indent', example.replace('  name: shop', '\tname: shop'), /^shop\.yaml:5:\d+ yaml-syntax document$/],
    ['duplicate key', example.replace('    durationHours: 6', '    durationHours: 6\n    durationHours: 8'), /^shop\.yaml:16:5 yaml-syntax document$/],
    ['unknown tag', example.replace('startTime: ', 'startTime: !secret '), /^shop\.yaml:14:16 yaml-syntax document$/],
    ['unknown alias', example.replace('"22:00"', '*start'), /^shop\.yaml:14:16 yaml-syntax document$/],
    ['alias bomb', bomb, /^shop\.yaml:1:1 yaml-syntax document$/],
    ['alias of itself', 'a: &a [*a]', /^shop\.yaml:1:1 (?:yaml-syntax|missing-field|unknown-field) /],
    ['deep brackets', '['.repeat(100_000), /^shop\.yaml:1:\d+ yaml-syntax document$/],
    ['deep lists', '- '.repeat(100_000), /^shop\.yaml:1:\d+ yaml-syntax document$/],
    ['deep fields', '{a: '.repeat(50_000), /^shop\.yaml:1:\d+ yaml-syntax document$/],
    ['deep keys', '? '.repeat(100_000), /^shop\.yaml:1:\d+ yaml-syntax document$/],
    ['too large', `# ${'x'.repeat(300_000)}`, /^shop\.yaml:1:1 too-large document$/],
    ['empty', '', /^shop\.yaml:1:1 no-policy document$/],
    ['comments alone', '# nothing\n---\n', /^shop\.yaml:1:1 no-policy document$/],
    ['plain text', 'hello', /^shop\.yaml:1:1 wrong-type document$/],
    ['a list', '- a\n- b\n', /^shop\.yaml:1:1 wrong-type document$/],
    ['binary', '\u0000\u0001\u0002', /^shop\.yaml:1:1 (?:yaml-syntax|wrong-type) document$/],
  ];
  for (const [title, text, fault] of table) {
    const [first, ...rest] = faultsOf(text);
    assert.match(first ?? '', fault, `${title}: ${[first, ...rest].join(' | ')}`);
    assert.ok(rest.length < 10, title);
  }
});

test('a file that declares YAML 1.1 is still read by the rules of 1.2', () => {
  const read = readPolicyText(`%YAML 1.1\n---\n${example.replace('"22:00"', '22:00')}`, 'shop.yaml');

  assert.equal(read.ok && read.value[0]?.window.startTime, '22:00');
});
