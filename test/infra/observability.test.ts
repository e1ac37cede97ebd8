import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, test } from 'node:test';
import { logFieldNames } from '../../domain/log-fields.ts';
import { slackwaterMetrics } from '../../domain/slackwater-metric.ts';
import { readText } from './bicep.ts';

const page = readText('docs/operations.md');
const section = page.slice(page.indexOf('## Observability'), page.indexOf('## Alerts'));
const rowsUnder = (head: string): readonly (readonly string[])[] => {
  const from = section.indexOf(head);
  assert.ok(from >= 0, `the table ${head} is gone`);
  const [, , ...rows] = section.slice(from, section.indexOf('\n\n', from)).split('\n');
  return rows.map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim().replaceAll('`', '')));
};

describe('the page on observability', () => {
  test('names every field of a line once, in the order of the code', () => {
    assert.deepEqual(rowsUnder('| field |').map(([name]) => name), [...logFieldNames]);
  });

  test('names every metric with its unit and what it tells', () => {
    assert.deepEqual(rowsUnder('| metric |').map(([metric, unit, description]) => ({ metric, unit, description })), [...slackwaterMetrics]);
  });

  test('names no code that no line has', () => {
    const sources = globSync(['activities/*.ts', 'adapters/*.ts', 'functions/*.ts', 'orchestrations/*.ts'], { cwd: new URL('../../', import.meta.url) }).map((path) => readText(path)).join('\n');
    const codes = rowsUnder('| code |').map(([code = '']) => code);

    assert.ok(codes.length > 10);
    assert.deepEqual(codes.filter((code) => !sources.includes(`'${code}'`) && !(code.startsWith('windows.') && sources.includes(`kind: '${code.slice('windows.'.length)}'`))), []);
  });
});
