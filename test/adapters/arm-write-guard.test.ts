import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeWrite } from '../../adapters/arm-write-guard.ts';

const allowance = { changed: ['properties.version', 'properties.settings.surge'], dropped: ['properties.pools.*.image'] };

function judge(read: unknown, sent: unknown) {
  return judgeWrite(read, sent, allowance)?.code ?? 'passes';
}

test('a write differs from what was read only where it may', () => {
  const cases: readonly (readonly [string, unknown, unknown, string])[] = [
    ['the same', { properties: { version: '1', count: 3 } }, { properties: { version: '1', count: 3 } }, 'passes'],
    ['the allowed change', { properties: { version: '1' } }, { properties: { version: '2' } }, 'passes'],
    ['the allowed field added', { properties: {} }, { properties: { settings: { surge: '1' } } }, 'passes'],
    ['the allowed field left out', { properties: { version: '1' } }, { properties: {} }, 'unknown-field'],
    ['another change', { properties: { count: 3 } }, { properties: { count: 4 } }, 'unwanted-change'],
    ['another field added', { properties: {} }, { properties: { force: true } }, 'unwanted-change'],
    ['an unknown field left out', { properties: { future: { deep: [1] } } }, { properties: {} }, 'unknown-field'],
    ['an unknown field beside an allowed one', { properties: { settings: { surge: '1', blocked: 2 } } }, { properties: { settings: { surge: '1' } } }, 'unknown-field'],
    ['an unknown empty object', { properties: { future: {} } }, { properties: {} }, 'unknown-field'],
    ['null is as absent', { properties: { future: null } }, { properties: {} }, 'passes'],
    ['read-only fields', { id: 'x', properties: { eTag: '1', provisioningState: 'Succeeded', status: { a: 1 } } }, { properties: {} }, 'passes'],
    ['a read-only field changed', { id: 'x', properties: { powerState: { code: 'Running' } } }, { id: 'x', properties: { powerState: { code: 'Stopped' } } }, 'unwanted-change'],
    ['a read-only field added', { properties: {} }, { properties: { status: { a: 1 } } }, 'unwanted-change'],
    ['an allowed drop inside a list', { properties: { pools: [{ name: 'a', image: 'i' }] } }, { properties: { pools: [{ name: 'a' }] } }, 'passes'],
    ['a shorter list', { properties: { pools: [{ name: 'a' }, { name: 'b' }] } }, { properties: { pools: [{ name: 'a' }] } }, 'unwanted-change'],
    ['a label with dots', { properties: { labels: { 'a.b/c': '1' } } }, { properties: { labels: { 'a.b/c': '2' } } }, 'unwanted-change'],
    ['one moment, two spellings', { properties: { until: '2026-01-01T00:00:00Z' } }, { properties: { until: '2026-01-01T00:00:00.000Z' } }, 'passes'],
    ['two moments', { properties: { until: '2026-01-01T00:00:00Z' } }, { properties: { until: '2026-01-01T00:00:01.000Z' } }, 'unwanted-change'],
    ['no body at all', { properties: { count: 3 } }, undefined, 'unknown-field'],
  ];
  for (const [name, read, sent, expected] of cases) assert.equal(judge(read, sent), expected, name);
});

test('a refusal names every field', () => {
  const failure = judgeWrite({ properties: { a: 1, b: { c: 2 } } }, { properties: {} }, allowance);

  assert.match(failure?.message ?? '', /properties\.a, properties\.b\.c/);
  assert.equal(failure?.class, 'terminal');
});
