import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonDepth } from '../../adapters/json-depth.ts';

const cases: readonly (readonly [text: string, depth: number])[] = [
  ['', 0],
  ['1', 0],
  ['"[[["', 0],
  ['"a\\"[[["', 0],
  ['"a\\\\"', 0],
  ['["\\\\",[1]]', 2],
  ['{}', 1],
  ['[{"a":[1]},[2]]', 3],
  ['[1],[2],[3]', 1],
];
for (const [text, depth] of cases) {
  test(`${JSON.stringify(text)} is ${depth} deep`, () => {
    assert.equal(jsonDepth(new TextEncoder().encode(text)), depth);
  });
}

test('what JSON itself would make of a value agrees', () => {
  const nest = (levels: number): unknown => (levels === 0 ? 'x]}"\\' : levels % 2 === 0 ? [nest(levels - 1)] : { '[{': nest(levels - 1) });

  for (const levels of [1, 2, 31, 32, 33, 200]) assert.equal(jsonDepth(new TextEncoder().encode(JSON.stringify(nest(levels)))), levels);
});
