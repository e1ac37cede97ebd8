import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Debt } from '../../domain/debt.ts';
import { ageDays, isStepDue, stepAt } from '../../domain/debt-ledger.ts';
import { noticesOf, renderDebtNotice, renderDebts } from '../../domain/debt-markdown.ts';
import type { DebtReport } from '../../domain/debt-markdown.ts';
import { settlingPhrase } from '../../domain/debt-words.ts';
import { mayBeCommand } from '../../domain/operator-command.ts';
import { DAY_MS } from '../../domain/time.ts';
import { debtNow as now, debtSample } from './debt-samples.ts';
import { dangersIn } from './markdown-oracle.ts';
import { nastyNames } from './nasty-names.ts';

const owed: Debt = { ...debtSample, when: now - 20.4 * DAY_MS };
const report: DebtReport = {
  clusterName: 'shop-prod-weu',
  key: 'shop-prod-weu-01234567.json',
  timeZone: 'Europe/Paris',
  onCall: '@acme/platform-lead',
  owners: { 'team-pay': '@acme/team-pay' },
  nodeImages: { usr: ['202608.20.0', '202609.08.0', '202609.22.0', '202610.06.0'].map((date) => `AKSUbuntu-2204gen2containerd-${date}`) },
  nodeCostPerDay: { amount: 7.2, currency: 'EUR' },
  now,
};

const notices = (debts: readonly Debt[]) => noticesOf(debts, (debt) => isStepDue(debt, now), (debt) => stepAt(ageDays(debt, now)));

test('the issue says who waits, how long, what it misses and costs, and what settles it', () => {
  const { title, body, marker } = renderDebts([owed], report);

  assert.equal(title, '1 debt, the oldest 20 days: shop-prod-weu');
  assert.match(body, /^> \*\*Owed:\*\* `usr-2` has waited 20 days: 3 node images behind, one extra node paid since, about 144\.00 EUR\./);
  assert.match(body, /> \*\*Cost so far:\*\* about 144\.00 EUR/);
  assert.match(body, /> \*\*Needed:\*\* `team-pay`: pay\/ledger-pdb allows no eviction\./);
  assert.match(body, /the next word is at day 21, Sun 11 Oct 00:24 \(Sat 22:24Z\)/);
  assert.match(body, /\| `usr-2` of `usr` \| Sun 20 Sep 00:24 \(Sat 22:24Z\) \| 20 days \| 3 \| 144\.00 EUR \| `team-pay` \|/);
  assert.match(body, /taking the label away settles nothing/);
  assert.ok(body.endsWith(`${marker}\n`));
});

test('a label that was taken away changes the text and nothing else', () => {
  const state = 'the label was removed, the node was not upgraded and still takes no pods';
  const { body } = renderDebts([{ ...owed, label: 'removed', state }], report);

  assert.match(body, new RegExp(`Now ${state}\\.`));
});

test('what nobody knows is said to be unknown', () => {
  const { body } = renderDebts([{ ...owed, whenFrom: 'first-seen', owner: null, why: '' }], { ...report, nodeCostPerDay: null });

  assert.match(body, /has waited at least 20 days/);
  assert.match(body, /\| at least since Sun 20 Sep .* \| at least 20 days \| 3 \| not known \| not named \|/);
  assert.doesNotMatch(body, /EUR|Cost so far/);
});

test('spare nodes and mixed versions are told as what they are', () => {
  const spare: Debt = { ...owed, id: 'spare/usr', kind: 'spare-nodes', node: null, count: 2, image: '' };
  const mixed: Debt = { ...owed, id: 'versions/usr', kind: 'mixed-versions', node: null, count: 4, when: now };
  const { body, title } = renderDebts([spare, mixed], report);

  assert.match(title, /^2 debts, the oldest 20 days/);
  assert.match(body, /`usr` has 2 nodes more than it asks for, paid for 20 days, about 288\.00 EUR\. And 1 more, below\./);
  assert.match(body, /`usr` runs mixed versions since today: 4 nodes behind the others; they serve\./);
});

test('once nothing is owed the issue says so and keeps how it ended', () => {
  const { title, body } = renderDebts([{ ...owed, until: now, settledBy: 'upgraded' }], report);

  assert.equal(title, 'No debts: shop-prod-weu');
  assert.match(body, /Nothing is owed\./);
  assert.match(body, /`usr-2`: the node is new and takes pods, Sat 10 Oct 10:00 \(08:00Z\)/);
});

test('a step mentions the owner, and from day 14 whoever is on call, each once and nobody else', () => {
  const mentions = (debt: Debt) => notices([debt]).map((notice) => renderDebtNotice(notice, report).body.match(/@[\w/-]+/g) ?? []);

  assert.deepEqual(mentions(owed), [['@acme/team-pay', '@acme/platform-lead']]);
  assert.deepEqual(mentions({ ...owed, when: now - 8 * DAY_MS }), [['@acme/team-pay']]);
  assert.deepEqual(mentions({ ...owed, when: now - 8 * DAY_MS, owner: 'team-other' }), [[]]);
  assert.deepEqual(mentions({ ...owed, when: now - 8 * DAY_MS, owner: '@acme/everyone' }), [[]]);
  assert.deepEqual(mentions({ ...owed, owner: 'constructor' }), [['@acme/platform-lead']]);
  assert.deepEqual(mentions({ ...owed, stepDays: 14 }), []);
});

test('what one run left is told in one comment a step, found again by its marker', () => {
  const others = Array.from({ length: 14 }, (_, index): Debt => ({ ...owed, id: `node/usr-${index}`, node: `usr-${index}` }));
  const young: Debt = { ...owed, id: 'node/sys-1', who: 'run-2', when: now - 3 * DAY_MS };
  const found = notices([...others, young]);

  assert.deepEqual(found.map(({ who, stepDays, debts }) => [who, stepDays, debts.length]), [['shop-prod-weu-20260919T2000Z', 14, 14], ['run-2', 3, 1]]);
  const { marker, body } = renderDebtNotice(found[0] ?? assert.fail(), report);
  assert.equal(marker, '<!-- slackwater:debt:shop-prod-weu-01234567.json:shop-prod-weu-20260919T2000Z:14d -->');
  assert.match(body, /^\*\*Day 14\.\*\* @acme\/team-pay @acme\/platform-lead: these are still owed\./);
  assert.match(body, /and 4 more, above\./);
  assert.match(body, /Next word at day 21, not before\./);
});

test('nothing a cluster calls its things becomes more than text', () => {
  for (const name of nastyNames) {
    const nasty: Debt = { ...owed, node: name, pool: name, why: name, owner: name, who: name, state: name };
    const settled: Debt = { ...nasty, id: 'node/other', until: now, settledBy: 'gone' };
    const { body: issue, title } = renderDebts([nasty, { ...nasty, kind: 'spare-nodes', node: null }, { ...nasty, kind: 'mixed-versions', node: null }, settled], report);
    const [comment] = notices([nasty]).map((notice) => renderDebtNotice(notice, { ...report, onCall: null }).body);

    const [text = '', machine = ''] = issue.split('<summary><b>For machines</b></summary>');
    const lines = [...text.split('\n'), ...(comment ?? '').split('\n')].filter((line) => line !== '' && !/^(?:<\/?details>.*|\| ---.*|<!-- slackwater:\S+ -->)$/.test(line));
    for (const line of lines) assert.deepEqual(dangersIn(withoutFrame(line)), [], JSON.stringify(name.slice(0, 60)));
    for (const row of lines.filter((line) => line.startsWith('| '))) assert.equal(row.split('|').length, 8);
    assert.ok([...machine.matchAll(/```/g)].length === (machine === '' ? 0 : 2));
    assert.doesNotMatch(title, /[\n<@]/);
    assert.equal(mayBeCommand(issue), false);
    assert.ok(issue.length < 60_000);
  }
});

/** The line without what we put around untrusted text ourselves. */
function withoutFrame(line: string): string {
  return line
    .replace(/^> /, '')
    .replace(/^- /, '')
    .replace(/^\| (.*) \|$/, (_whole, cells: string) => cells.replaceAll(' | ', ' '))
    .replace(/\*\*[A-Z][A-Za-z .0-9]*[:.]\*\*/g, '');
}

test('a thousand debts fit an issue, and those not named are counted', () => {
  const many = Array.from({ length: 1_000 }, (_, index): Debt => ({ ...owed, id: `node/usr-${index}`, node: `usr-${index}` }));
  const { body, title } = renderDebts(many, report);

  assert.match(title, /^1000 debts/);
  assert.match(body, /\| and 960 more /);
  assert.ok(body.length <= 60_000);
});

test('a node that was set aside names the words that bring it to its end', () => {
  const say = (label: Debt['label']): string => settlingPhrase({ ...debtSample, kind: 'quarantined-node', node: 'usr-2', pool: 'usr', label }).map((part) => (typeof part === 'string' ? part : 'command' in part ? part.command : '')).join('');
  assert.match(say('present'), /Once its cause is gone: \/release usr-2, then \/resolve usr in an open window/);
  assert.match(say('removed'), /Next: \/resolve usr/);
  assert.doesNotMatch(say('never'), /\/resolve/);
});
