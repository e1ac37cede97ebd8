import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeAcknowledgement } from '../../domain/judge-acknowledgement.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import { dangersIn } from './markdown-oracle.ts';
import { heldStatus, minutesIn, statusSample, unitSample } from './window-status-samples.ts';

const now = minutesIn(15);
const say = (target: string | null, until: number | null = null, status: WindowStatus = heldStatus) => judgeAcknowledgement({ target, until, by: 'lia' }, status, now);

test('a loss that a finding of this run names is acknowledged for exactly that place, until the window closes', () => {
  const { acknowledgement, answer } = say('ops/debug-jump');

  assert.deepEqual(acknowledgement, { where: 'ops/debug-jump', codes: ['UNMANAGED_POD'], pools: ['usr'], by: 'lia', at: now, until: minutesIn(360) });
  assert.match(answer, /Acknowledged until Sun 11 Oct 04:00 \(02:00Z\): `ops\/debug-jump` may be lost when `usr` is upgraded/);
});

test('an expiry may be sooner than the window close, and is never later', () => {
  assert.equal(say('ops/debug-jump', minutesIn(90)).acknowledgement?.until, minutesIn(90));
  assert.equal(say('ops/debug-jump', minutesIn(9_000)).acknowledgement?.until, minutesIn(360));
  assert.match(say('ops/debug-jump', minutesIn(9_000)).answer, /ends with the window/);
  assert.equal(say('ops/debug-jump', minutesIn(15)).acknowledgement, null);
  assert.match(say('ops/debug-jump', minutesIn(15)).answer, /has passed already/);
});

test('what a hold found later can be acknowledged too', () => {
  assert.deepEqual(say('ops/debug-jump', null, { ...heldStatus, findings: [] }).acknowledgement?.pools, ['usr']);
});

const wholeRun = { code: 'UNMANAGED_POD', where: 'ops/debug-jump', severity: 'block', pools: ['*'], message: '', remedy: '', owner: null } as const;
const refusals: readonly (readonly [what: string, target: string | null, status: WindowStatus, words: RegExp])[] = [
  ['no name', null, heldStatus, /Name what may be lost\. What can be acknowledged: `ops\/debug-jump`\. Nothing was changed/],
  ['a slip of the pen', 'ops/debug-jmup', heldStatus, /No finding of this run is about `ops\/debug-jmup`\. Did you mean `ops\/debug-jump`\?/],
  ['a name far from any', 'x/y', heldStatus, /No finding of this run is about `x\/y`\. What can be acknowledged: `ops\/debug-jump`/],
  ['a budget', 'ml/train', heldStatus, /`ml\/train` cannot be acknowledged away: `PDB_STRUCTURAL` is no loss, .* Set maxUnavailable to 1/],
  ['a run that would lose nothing', 'ops/debug-jump', statusSample(), /knows of nothing that would be lost/],
  ['a pool that is done', 'ops/debug-jump', { ...heldStatus, units: [unitSample({ state: 'upgraded' })] }, /on no pool that is still to come/],
  ['a pool outside the plan', 'ops/debug-jump', { ...heldStatus, units: [] }, /on no pool that is still to come/],
  ['what blocks the whole run', 'ops/debug-jump', statusSample({ findings: [wholeRun] }), /No finding of this run/],
];
for (const [what, target, status, words] of refusals) {
  test(`${what} is refused with the reason and the next step`, () => {
    const { acknowledgement, answer } = say(target, null, status);

    assert.equal(acknowledgement, null);
    assert.match(answer, words);
    assert.match(answer, /Nothing was changed\.$/);
    assert.deepEqual(dangersIn(answer), []);
  });
}
