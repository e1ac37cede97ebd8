import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDocumentValue } from '../../adapters/document-value.ts';
import type { WriteBackPlace } from '../../domain/maintenance-policy.ts';
import type { Pin } from '../../domain/pinned-version.ts';
import type { Running } from '../../domain/running-version.ts';
import { findUndone } from '../../domain/undone-pin.ts';

const cluster = { names: { own: ['shop'], shared: [] }, runs: ({ pool }: Pin): Running => (pool === 'old' ? { kind: 'unknown', why: 'not read' } : { kind: 'runs', version: '1.35.3' }) };
const encode = (text: string | null) => (text === null ? null : new TextEncoder().encode(text));
const line = (version: string, pin = 'kubernetesVersion'): string => `kubernetes_version = ${version} # slackwater: shop ${pin}\n`;

const cases: readonly (readonly [what: string, before: string | null, after: string | null, told: readonly string[]])[] = [
  ['an older patch', line('"1.35.3"'), line('"1.35.1"'), ['1 1.35.3 1.35.1']],
  ['an older minor', line('"1.35"'), line('"1.34"'), ['1 1.35 1.34']],
  ['a minor pinned to an older patch of it', line('"1.35"'), line('"1.34.9"'), ['1 1.35 1.34.9']],
  ['the write-back reverted', `# a\n${line('"1.35.3"')}`, `# a\n${line('"1.34.7"')}`, ['2 1.35.3 1.34.7']],
  ['a new pin that is old already', '# nothing\n', line('"1.34"'), ['1 null 1.34']],
  ['a new file with an old pin', null, line('"1.34"'), ['1 null 1.34']],
  ['the marker removed with it', line('"1.35.3"'), 'kubernetes_version = "1.34.7"\n', ['1 1.35.3 1.34.7']],
  ['the marker and the indent removed with it', `  ${line('"1.35.3"')}`, 'kubernetes_version = "1.34.7"\n', ['1 1.35.3 1.34.7']],
  ['a pool alone', `${line('"1.35.3"')}${line('"1.35.3"', 'pool/usr kubernetesVersion')}`, `${line('"1.35.3"')}${line('"1.34.7"', 'pool/usr kubernetesVersion')}`, ['2 1.35.3 1.34.7']],
  ['one of two alike', `${line('"1.35.3"')}${line('"1.35.3"')}`, `${line('"1.35.3"')}${line('"1.34.7"')}`, ['2 1.35.3 1.34.7']],
  ['the newer of two alike, beside an old one left as it was', `${line('"1.34.0"')}${line('"1.35.3"')}`, `${line('"1.34.0"')}${line('"1.34.7"')}`, ['2 1.35.3 1.34.7']],
  ['lines moved on', line('"1.35.3"'), `# one\n# two\n${line('"1.34.7"')}`, ['3 1.35.3 1.34.7']],
  ['only the marker removed', line('"1.35.3"'), 'kubernetes_version = "1.35.3"\n', []],
  ['a full version loosened to its minor', line('"1.35.3"'), line('"1.35"'), []],
  ['something else changed, with an old pin left as it was', `${line('"1.34.7"')}a = 1\n`, `${line('"1.34.7"')}a = 2\n`, []],
  ['an old pin raised, though not to what runs', line('"1.33.0"'), line('"1.34.0"'), []],
  ['a newer version', line('"1.35.3"'), line('"1.36.0"'), []],
  ['a newer one taken back to what runs', line('"1.36.0"'), line('"1.35.3"'), []],
  ['a value that becomes a variable', line('"1.35.3"'), line('var.version'), []],
  ['the file removed', line('"1.35.3"'), null, []],
  ['a pool of which nobody knows what it runs', line('"1.35.3"', 'pool/old kubernetesVersion'), line('"1.34.7"', 'pool/old kubernetesVersion'), []],
  ['another cluster', line('"1.35.3"').replace('shop', 'other'), line('"1.34.7"').replace('shop', 'other'), []],
];
for (const [what, before, after, told] of cases) {
  test(`a change: ${what}`, () => {
    const place: WriteBackPlace = { repository: null, file: 'a.tf', path: null, pins: 'kubernetesVersion' };

    const undone = findUndone({ path: 'a.tf', before: encode(before), after: encode(after) }, [place], cluster, findDocumentValue);

    assert.deepEqual(undone.map((pin) => `${pin.line} ${pin.from} ${pin.to}`), told);
    assert.ok(undone.every(({ runs }) => runs === '1.35.3'));
  });
}

test('a value that a path of the policy leads to is known too', () => {
  const place: WriteBackPlace = { repository: null, file: 'a.json', path: 'parameters.version.value', pins: 'pool/usr kubernetesVersion' };
  const json = (version: string): string => `{ "parameters": { "version": { "value": "${version}" } } }`;

  const undone = findUndone({ path: 'a.json', before: encode(json('1.35.3')), after: encode(json('1.34.1')) }, [place], cluster, findDocumentValue);

  assert.deepEqual(undone, [{ file: 'a.json', line: 1, pins: 'pool/usr kubernetesVersion', from: '1.35.3', to: '1.34.1', runs: '1.35.3' }]);
});
