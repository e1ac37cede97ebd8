import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));

function bench(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...words]);
  return { status, out: stdout.toString(), errors: stderr.toString() };
}

test('help names every measurement, and measures nothing', () => {
  const { status, out, errors } = bench('--help');

  assert.equal(status, 0);
  for (const name of ['imports', 'windows', 'preflight', 'webhook', 'costs']) assert.match(out, new RegExp(`^ {2}${name} `, 'm'));
  assert.equal(errors, '');
});

const refusals: readonly (readonly [what: string, words: readonly string[], told: RegExp])[] = [
  ['a measurement that is not there', ['windows', 'speed'], /unknown section speed\. Choose from imports/],
  ['a flag that is not there', ['--fast'], /--help/],
  ['a price that is not there', ['costs', '--committed', '--price', 'gold=1'], /gold=1 is not understood/],
];
for (const [what, words, told] of refusals) {
  test(`${what} ends with 1 and says what there is`, () => {
    const { status, out, errors } = bench(...words);

    assert.equal(status, 1);
    assert.match(errors, told);
    assert.equal(out.trim(), '');
  });
}
