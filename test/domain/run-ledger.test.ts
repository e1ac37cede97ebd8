import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebtReport } from '../../domain/debt-markdown.ts';
import { openLedgers, withLedger } from '../../domain/run-ledger.ts';
import type { RunRecord } from '../../domain/run-record.ts';
import { DAY_MS } from '../../domain/time.ts';
import { nastyNames } from './nasty-names.ts';
import { debtNow, debtSample } from './debt-samples.ts';

const opened = debtNow - 20 * DAY_MS;
const run: RunRecord = { who: debtSample.who, when: opened, until: opened + DAY_MS / 4, why: '', outcome: 'completed-with-debt', reasons: [], nodeImages: {}, issue: { repository: 'acme/platform', number: 12, state: 'open' }, tookMinutes: { usr: 40 } };
const later: RunRecord = { ...run, who: 'shop-prod-weu-20261003T2000Z', when: opened + 14 * DAY_MS, until: opened + 14.25 * DAY_MS, outcome: 'succeeded', issue: { repository: 'acme/platform', number: 19, state: 'closed' } };
const report: DebtReport = { clusterName: 'shop-prod-weu', key: 'shop', timeZone: 'Europe/Paris', onCall: null, owners: {}, nodeCostPerDay: { amount: 7.2, currency: 'EUR' }, nodeImages: {}, now: debtNow };
const body = '> **Done, with something left over.** x\n> **Needed:** y\n\n| Pool | New |\n| --- | --- |\n';
const told = (debts: readonly (typeof debtSample)[], runs: readonly RunRecord[] = [run]): string => {
  const [ledger] = openLedgers({ runs, debts });
  assert.ok(ledger !== undefined);
  return withLedger(body, ledger, report, { repository: 'acme/platform', number: 14 });
};

test('a run owes what it left, and older debts of pools it worked on', () => {
  const standings = (debts: readonly (typeof debtSample)[], runs: readonly RunRecord[] = [run]) => openLedgers({ runs, debts }).map(({ run: { who }, standing, owed }) => `${who.slice(-14)} ${standing} ${owed.length}`);
  const settled = { ...debtSample, until: debtNow, settledBy: 'gone' as const };

  assert.deepEqual(standings([debtSample]), ['20260919T2000Z open 1']);
  assert.deepEqual(standings([{ ...debtSample, who: 'another', when: opened }]), ['20260919T2000Z open 1']);
  assert.deepEqual(standings([{ ...debtSample, who: 'another', pool: 'gpu' }]), ['20260919T2000Z open 0']);
  assert.deepEqual(standings([settled]), ['20260919T2000Z settled 0']);
  assert.deepEqual(standings([], [run, later]), ['20260919T2000Z overtaken 0']);
  assert.deepEqual(standings([debtSample], [run, later]), ['20260919T2000Z open 1'], 'a later run settles no debt');
  assert.deepEqual(standings([debtSample], [{ ...run, issue: { repository: 'acme/platform', number: 12, state: 'closed' } }]), []);
});

test('the ledger stands below the first lines with age, cost, and the next step, and is replaced, not repeated', () => {
  const once = told([debtSample]);
  const [ledger] = openLedgers({ runs: [run], debts: [debtSample] });
  assert.ok(ledger !== undefined);
  const twice = withLedger(once, ledger, report, { repository: 'acme/platform', number: 14 });

  assert.equal(twice, once);
  assert.ok(once.startsWith('> **Done, with something left over.** x\n> **Needed:** y\n\n<!-- slackwater:ledger -->\n**Still owed:** 1 debt, about 144.00 EUR so far; the next word is at day 21, '), once);
  assert.match(once, /20 days/);
  assert.match(once, /Each step is told in acme\/platform#14\./);
  assert.ok(once.endsWith('\n\n| Pool | New |\n| --- | --- |\n'));
});

test('once everything is settled, or a later run took it up, the ledger says so', () => {
  assert.match(told([{ ...debtSample, until: debtNow, settledBy: 'upgraded' }]), /\*\*Settled:\*\* every debt this run left is\./);
  assert.match(told([], [run, later]), /\*\*Overtaken:\*\* what this run did not do was taken up by `shop-prod-weu-20261003T2000Z`\./);
});

test('a very long report keeps its bytes, and the ledger its first line', () => {
  const [ledger] = openLedgers({ runs: [run], debts: [debtSample] });
  assert.ok(ledger !== undefined);
  const long = withLedger(`${body}${'x'.repeat(63_800)}`, ledger, report, null);

  assert.ok(long.length <= 65_536);
  assert.match(long, /\*\*Still owed:\*\*/);
  assert.doesNotMatch(long, /\| Debt \|/);
});

test('no name of a stranger gets out of the ledger', () => {
  for (const name of nastyNames) {
    const text = told([{ ...debtSample, node: name, pool: 'usr', owner: name }]).replace(/<!-- slackwater:ledger(?:-end)? -->/g, '');

    assert.doesNotMatch(text, /@[A-Za-z0-9]|<[A-Za-z!/]|\]\(/, JSON.stringify(name.slice(0, 40)));
  }
});
