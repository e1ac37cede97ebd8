import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderForeignRoll, runOvertaken } from '../../domain/foreign-roll.ts';
import type { ForeignRoll } from '../../domain/foreign-roll.ts';
import { minutesIn, statusSample, unitSample } from './window-status-samples.ts';

const issue = { repository: 'acme/platform', number: 12, url: 'https://github.example/acme/platform/issues/12' };
const usr = unitSample({ state: 'upgraded', startedAt: minutesIn(10), endedAt: minutesIn(50) });
const over = statusSample({ phase: 'ended', outcome: 'succeeded', issue, units: [usr], timeline: [{ at: minutesIn(52), text: 'The run ended.' }] });
const roll = (change: Partial<ForeignRoll> = {}): ForeignRoll => ({ pool: 'usr', at: minutesIn(140), by: null, channel: 'NodeImage', image: 'AKSUbuntu-202610.09.0', ...change });

test('only what begins in the window, after a run that has ended and has an issue, is not that run\'s', () => {
  const table: readonly (readonly [string, Parameters<typeof runOvertaken>[0], number, boolean])[] = [
    ['later in the window', over, 140, true],
    ['no run is known', null, 140, false],
    ['the run is at work', { ...over, phase: 'upgrading' }, 140, false],
    ['it has no issue', { ...over, issue: null }, 140, false],
    ['its own last roll, told late', over, 54, false],
    ['just after that', over, 54.01, true],
    ['at the window\'s end', over, 360, false],
  ];
  for (const [why, status, minute, wanted] of table) assert.equal(runOvertaken(status, minutesIn(minute)) !== null, wanted, why);
});

test('it says who rolls to what, and what the run\'s proof still stands for', () => {
  const table: readonly (readonly [ForeignRoll, readonly RegExp[]])[] = [
    [roll(), [/AKS itself \(node OS channel `NodeImage`\) began to roll pool `usr` at Sun 11 Oct 00:20 \(Sat 22:20Z\)/, /`AKSUbuntu-202610\.09\.0`/, /stands for `202610\.02\.0` until 22:50 \(20:50Z\) and no longer/]],
    [roll({ by: 'ann@example.com' }), [/`ann＠example\.com` began/]],
    [roll({ channel: null, image: null }), [/Somebody whom Azure does not name began/, /\(Sat 22:20Z\); nobody asked for it here/]],
    [roll({ pool: 'gpu' }), [/This run had not rolled `gpu`/]],
  ];
  for (const [one, patterns] of table) {
    const { marker, body } = renderForeignRoll(over, one);
    for (const pattern of patterns) assert.match(body, pattern);
    assert.ok(body.includes(marker));
  }
});
