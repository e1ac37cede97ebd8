import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeSpan, jsonFence, prose, renderPhrase, visibleText } from '../../domain/markdown-text.ts';
import { dangersIn, withoutCodeSpans } from './markdown-oracle.ts';
import { nastyNames } from './nasty-names.ts';

test('the oracle sees each danger it is there for', () => {
  const dangerous = nastyNames.slice(0, 40).filter((name) => !['`', '-->', '1234567'].includes(name));
  const unseen = dangerous.filter((name) => dangersIn(name).length === 0);

  assert.deepEqual(unseen, []);
  assert.equal(withoutCodeSpans('a `b` c ``d ` e`` f').replaceAll('\u{25A1}', '_'), 'a _ c _ f');
});

test('no name or message becomes a mention, link, image, HTML, reference, emoji, block or cell', () => {
  for (const name of nastyNames) {
    assert.deepEqual(dangersIn(prose(name)), [], `prose of ${JSON.stringify(name.slice(0, 60))}`);
    assert.deepEqual(dangersIn(codeSpan(name)), [], `code span of ${JSON.stringify(name.slice(0, 60))}`);
    const phrase = renderPhrase(['Pod ', { name }, ' said ', name, { strong: name }, '.'], 'UTC');
    assert.deepEqual(dangersIn(phrase.replaceAll('**', '')), [], `phrase of ${JSON.stringify(name.slice(0, 60))}`);
  }
});

test('no mixture of nasty pieces gets through either', () => {
  let state = 20261010;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  const glue = ['', ' ', '`', ']', '(', '!', '\n', '"', '.', '@'];
  for (let round = 0; round < 5_000; round += 1) {
    const text = Array.from({ length: 1 + next(5) }, () => (nastyNames[next(nastyNames.length - 3)] ?? '') + (glue[next(glue.length)] ?? '')).join('');

    assert.deepEqual(dangersIn(prose(text)), [], JSON.stringify(text));
    assert.deepEqual(dangersIn(codeSpan(text)), [], JSON.stringify(text));
  }
});

test('ordinary names and sentences are shown unchanged', () => {
  assert.equal(codeSpan('pay/ledger-0'), '`pay/ledger-0`');
  assert.equal(codeSpan('aks-usr-12345678-vmss000002'), '`aks-usr-12345678-vmss000002`');
  assert.equal(prose('Its budget allows no eviction (maxUnavailable: 0), 3 of 3 pods healthy.'), 'Its budget allows no eviction (maxUnavailable: 0), 3 of 3 pods healthy.');
  assert.equal(prose('80% of 3 rounds up to 3; needs 5 replicas.'), '80% of 3 rounds up to 3; needs 5 replicas.');
});

test('a name inside a sentence can be copied without the full stop or brackets around it', () => {
  assert.equal(prose('It runs on aks-usr-12345678-vmss000002.'), 'It runs on `aks-usr-12345678-vmss000002`.');
  assert.equal(prose('one node (usr-2) is old'), 'one node (`usr-2`) is old');
});

test('names that differ only by invisible characters are shown differently', () => {
  assert.notEqual(codeSpan('led\u200Bger'), codeSpan('ledger'));
  assert.equal(visibleText('a\u202Eb', 50), 'a‹U+202E›b');
});

test('no name is longer than what was allowed', () => {
  for (const name of nastyNames) {
    assert.ok([...visibleText(name, 40)].length <= 40);
    assert.ok([...codeSpan(name, 40)].length <= 42);
  }
  assert.equal(visibleText('abcdefgh', 5), 'abcd…');
});

test('a moment is told in local time and UTC, and an unknown zone does not stop the report', () => {
  const at = Date.UTC(2026, 9, 10, 20, 34);

  assert.equal(renderPhrase(['Since ', { at, form: 'clock' }, '.'], 'Europe/Paris'), 'Since 22:34 (20:34Z).');
  assert.equal(renderPhrase([{ at, form: 'dated' }], 'Europe/Paris'), 'Sat 10 Oct 22:34 (20:34Z)');
  assert.equal(renderPhrase([{ at, form: 'clock' }], 'Nowhere/Land'), '20:34 (20:34Z)');
});

test('the JSON fence cannot be closed from inside, mentions nobody, and reads back as the same value', () => {
  const value = Object.fromEntries(nastyNames.slice(0, -3).map((name, index) => [`${index} ${name}`, name]));

  const fence = jsonFence(value);
  const [first, ...rest] = fence.split('\n');
  const inner = rest.slice(0, -1).join('\n');

  assert.equal(first, '```json');
  assert.equal(rest.at(-1), '```');
  assert.doesNotMatch(inner, /[`<>@]/);
  assert.doesNotMatch(inner, /[\p{Cf}\u0000-\u0009\u000b-\u001f]/u);
  assert.deepEqual(JSON.parse(inner), value);
});
