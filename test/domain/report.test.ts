import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { verbs } from '../../domain/command-grammar.ts';
import { mayBeCommand } from '../../domain/operator-command.ts';
import { REPORT_CHARACTERS_MAX, renderReport } from '../../domain/report-markdown.ts';
import { reportOf } from '../../domain/report.ts';
import type { Pause, RunOutcome, UnitStatusState, WindowStatus } from '../../domain/window-status.ts';
import { debtLines } from '../../domain/debt-words.ts';
import { debtNow, debtSample } from './debt-samples.ts';
import { dangersIn } from './markdown-oracle.ts';
import { nastyNames } from './nasty-names.ts';
import { emptyInventory, heldStatus, ledgerCause, minutesIn, pausedNow, pausedStatus, pausedUsr, statusSample, unitSample, upgradedSys } from './window-status-samples.ts';

const render = (status: WindowStatus, now = pausedNow) => renderReport(reportOf(status, now));
const topOf = (body: string) => body.split('\n').slice(0, 5);
const pausedAs = (change: Partial<Pause>): WindowStatus => ({
  ...pausedStatus,
  pause: pausedStatus.pause === null ? null : { ...pausedStatus.pause, ...change },
});

const outcomes: readonly RunOutcome[] = [
  'succeeded',
  'succeeded-with-unproven',
  'completed-partial',
  'completed-with-debt',
  'completed-overrun',
  'aborted',
  'not-started',
  'none',
];

const everyPhase: readonly WindowStatus[] = [
  statusSample({ phase: 'waiting', units: [], planDigest: null, turn: { startsAt: Date.UTC(2026, 9, 10, 21), reason: '38 clusters of its subscription are open at once.' } }),
  statusSample({ phase: 'planning', units: [], planDigest: null }),
  statusSample({ phase: 'preflight', units: [unitSample()] }),
  statusSample({ phase: 'upgrading', nextAt: minutesIn(47) }),
  statusSample({ units: [unitSample({ unit: 'control-plane', state: 'running', startedAt: minutesIn(1), from: '1.34.3', to: '1.35.2' }), unitSample()] }),
  pausedStatus,
  pausedAs({ drainDeadline: null }),
  pausedAs({ causes: [] }),
  pausedAs({ clearedSince: minutesIn(44) }),
  pausedAs({ kind: 'quarantined', drainDeadline: null }),
  pausedAs({ kind: 'failed', causes: [], drainDeadline: null, detail: 'SkuNotAvailable: no capacity' }),
  pausedAs({ kind: 'operator', unit: 'run', causes: [], drainDeadline: null, detail: 'lia said pause.' }),
  heldStatus,
  { ...heldStatus, phase: 'upgrading' },
  { ...heldStatus, holds: heldStatus.holds.map((hold) => ({ ...hold, clearedSince: minutesIn(60) })) },
  statusSample({ phase: 'verifying' }),
  ...outcomes.map((outcome) => statusSample({ phase: 'ended', outcome })),
];

/** The diagram of the run; what stands in it is judged by its own test. */
const diagram = /```mermaid\n[^`]*\n```/;

test('the report of a paused run is, word for word, what the golden file says', () => {
  const { title, body } = render(pausedStatus);
  const golden = new URL('golden/paused-report.md', import.meta.url);
  const text = `<!-- title: ${title} -->\n${body}`;

  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);
  assert.equal(text, readFileSync(golden, 'utf8'));
});

test('the first five lines are users, waiting for, needed, if nobody acts, you can, in every phase', () => {
  for (const status of everyPhase) {
    const labels = topOf(render(status).body).map((line) => /^> \*\*(.+?)\*\* \S/.exec(line)?.[1] ?? line);

    if (status.phase !== 'ended') assert.match(labels[0] ?? '', /^Users: .+\.$/);
    assert.deepEqual(labels.slice(1), ['Waiting for:', 'Needed:', 'If nobody acts:', 'You can:']);
  }
});

test('a block names node, pod, budget, owner, since when and what clears it above the fold', () => {
  const top = topOf(render(pausedStatus).body).join('\n');

  for (const fact of ['`usr-2`', '`pay/ledger-0`', '`pay/ledger-pdb`', 'team-pay', '22:34 (20:34Z), 11 min', 'from 0 to 1', '23:04 (21:04Z)', '04:00 (02:00Z)']) {
    assert.ok(top.includes(fact), fact);
  }
});

test('the node columns add up to the nodes that exist', () => {
  const row = render(pausedStatus).body.split('\n').find((line) => line.startsWith('| `usr`')) ?? '';
  const [, , isNew, old, blocked, spare] = row.split('|').map((cell) => parseInt(cell.trim(), 10));

  assert.deepEqual([isNew, old, blocked, spare], [3, 2, 1, 2]);
  assert.match(render(pausedStatus).title, /^Paused: shop-prod-weu — pool usr, 3 of 6 nodes new$/);
});

test('every clock time stands in local time and UTC', () => {
  for (const status of everyPhase) {
    const text = (render(status).body.split('For machines')[0] ?? '').replace(diagram, '');
    const clocks = [...text.matchAll(/\b\d{2}:\d{2}\b(?!Z)(?<after>.{0,12})/g)];

    for (const clock of clocks) assert.match(clock.groups?.['after'] ?? '', /^ \((?:\w{3} )?\d{2}:\d{2}Z\)/, clock[0]);
  }
});

test('success is never said while a node is old, cordoned, quarantined, not Ready, spare or not counted', () => {
  const spoilt: readonly WindowStatus['units'][number][] = [
    pausedUsr,
    unitSample({ state: 'upgraded', inventory: null }),
    unitSample({ state: 'upgraded', inventory: { ...emptyInventory, total: 3, upgraded: 2, old: ['usr-1'] } }),
    unitSample({ state: 'upgraded', inventory: { ...emptyInventory, total: 3, upgraded: 2, cordoned: ['usr-1'] } }),
    unitSample({ state: 'upgraded', inventory: { ...emptyInventory, total: 3, upgraded: 2, quarantined: ['usr-1'] } }),
    unitSample({ state: 'upgraded', inventory: { ...emptyInventory, total: 3, upgraded: 2, notReady: ['usr-1'] } }),
    unitSample({ state: 'upgraded', inventory: { ...emptyInventory, total: 3, upgraded: 2 } }),
    unitSample({ state: 'upgraded', inventory: { ...emptyInventory, total: 4, upgraded: 4, surge: ['usr-3'] } }),
    ...(['planned', 'withheld', 'running', 'failed', 'aborted', 'skipped', 'unproven', 'foreign'] satisfies UnitStatusState[]).map((state) =>
      unitSample({ state, inventory: { ...emptyInventory, total: 3, upgraded: 3 } }),
    ),
  ];
  for (const unit of spoilt) {
    const { title, body } = render(statusSample({ phase: 'ended', outcome: 'succeeded', units: [upgradedSys, unit] }));

    assert.doesNotMatch(title, /^Done:/, unit.state);
    assert.doesNotMatch(body, /^> \*\*Done\.\*\*/, unit.state);
  }
  const withDebt = render(statusSample({ phase: 'ended', outcome: 'succeeded', units: [upgradedSys], leftOver: ['usr-9 is a node more'] }));
  assert.doesNotMatch(withDebt.body, /^> \*\*Done\.\*\*/);
});

test('a run whose every node is proven says so in its first line', () => {
  const { title, body } = render(statusSample({ phase: 'ended', outcome: 'succeeded', units: [upgradedSys] }));

  assert.equal(title, 'Done: shop-prod-weu, 3 of 3 nodes new');
  assert.match(body, /^> \*\*Done\.\*\* 3 of 3 nodes are new and verified\. 3 of 3 nodes are Ready and serve\.\n/);
});

test('a pool that is set while none of its nodes runs asks nobody for anything', () => {
  const gpu = unitSample({ unit: 'pool/gpu', state: 'unproven', startedAt: minutesIn(20), endedAt: minutesIn(21), inventory: emptyInventory, note: 'gpu is stopped: its version is set, no node has booted on it.' });
  const { body } = render(statusSample({ phase: 'ended', outcome: 'succeeded-with-unproven', findings: [], units: [upgradedSys, gpu] }));

  assert.match(body, /not all of it is proven\.\*\* 3 of 3 nodes are new and verified\. Set, proven once a node boots: `gpu`\./);
  assert.doesNotMatch(body, /Not done/);
  assert.match(body, /\*\*Needed:\*\* nothing\./);
});

test('every ended run says what serves, or that nothing was changed', () => {
  for (const status of everyPhase.filter(({ phase }) => phase === 'ended')) {
    assert.match(topOf(render(status).body)[0] ?? '', /Ready and serve|No node was changed or counted/);
  }
});

test('an aborted run says what stays, and never that anything was rolled back', () => {
  const units = [upgradedSys, { ...pausedUsr, state: 'aborted' as const, endedAt: minutesIn(44) }];
  const { body } = render(statusSample({ phase: 'ended', outcome: 'aborted', units, leftOver: ['2 spare nodes'] }));

  assert.match(body, /AKS does not roll back/);
  assert.match(body, /`usr-2` takes no new pods until someone uncordons/);
  assert.doesNotMatch(body, /(?<!nothing )(?:was|is|were|are) rolled back/i);
});

test('what is left over is complete even where the run forgot to say it', () => {
  const inventory = { ...emptyInventory, total: 5, upgraded: 4, old: ['usr-2'], cordoned: ['usr-2', 'usr-4'], quarantined: ['usr-2'], surge: ['usr-s1'] };
  const units = [unitSample({ state: 'quarantined', inventory })];
  const folded = render(statusSample({ phase: 'ended', outcome: 'completed-with-debt', units, leftOver: ['usr-4 is cordoned'] })).body.split('<b>Left over</b>')[1] ?? '';

  assert.match(folded, /`usr-4` is cordoned/);
  assert.match(folded, /`usr-2` is quarantined by AKS/);
  assert.match(folded, /`usr-s1` is a node more than the pool asks for/);
  assert.equal(folded.split('`usr-4`').length, 2, 'said once');
});

test('a run that waits says what withholds what, whose it is, what starts it, until when, and what can be said', () => {
  const top = topOf(render(heldStatus).body);

  assert.match(top[1] ?? '', /pool `usr`, withheld by `ops\/debug-jump` \(lia\)\..*Since 22:00 \(20:00Z\), 45 min\. And 1 more, named below/);
  assert.match(top[2] ?? '', /Run it by a Deployment\. It starts by itself 3 min after .*next look is at 23:10 \(21:10Z\)/);
  assert.match(top[3] ?? '', /last useful start of pool `usr` is Sun 11 Oct 03:15 \(01:15Z\) \(it needs about 45 min\)/);
  assert.match(top[4] ?? '', /`\/resume` .*`\/ack-loss ops\/debug-jump` .*`\/skip usr` .*`\/abort`/);
  assert.match(render(heldStatus).body, /\*\*withheld\*\* pool `gpu` since .* by `PDB_STRUCTURAL` at `ml\/train` \(no owner is named on it\) and 2 more\. Last useful start Sun 11 Oct 03:00 \(01:00Z\)/);
});

test('what is withheld stands above the fold too while others are at work', () => {
  const units = [unitSample({ unit: 'pool/sys', state: 'running', startedAt: minutesIn(1) }), ...heldStatus.units.slice(1)];
  const top = topOf(render({ ...heldStatus, phase: 'upgrading', units, nextAt: null }).body);

  assert.match(top[2] ?? '', /nothing for what runs now\. pool `usr` is withheld by `ops\/debug-jump` \(lia\): Run it by a Deployment\. Last useful start .*03:15 \(.*01:15Z\)/);
  assert.match(top[4] ?? '', /`\/ack-loss ops\/debug-jump` let it be lost/);
});

test('a loss is told with who let it happen until when, and after the run with what became of it', () => {
  const acknowledgements = [{ where: 'ops/debug-jump', codes: ['UNMANAGED_POD'], pools: ['usr'], by: 'lia', at: minutesIn(15), until: minutesIn(360) }];
  const after = (change: Parameters<typeof unitSample>[0]): string =>
    render(statusSample({ phase: 'ended', outcome: 'completed-partial', acknowledgements, units: [upgradedSys, unitSample(change)] })).body;

  assert.match(render({ ...heldStatus, acknowledgements }).body, /`ops\/debug-jump` may be lost, said `lia`, until Sun 11 Oct 04:00 \(02:00Z\)/);
  assert.match(after({ state: 'upgraded', startedAt: minutesIn(20), endedAt: minutesIn(65) }), /It was lost when `usr` was upgraded/);
  assert.match(after({ state: 'failed', startedAt: minutesIn(20) }), /It may have been: `usr` was upgraded in part/);
  assert.match(after({ state: 'withheld' }), /It was not: `usr` was not started/);
});

test('only commands of this version are offered', () => {
  for (const status of everyPhase) {
    const options = topOf(render(status).body)[4] ?? '';
    const offered = [...options.matchAll(/`\/(\S+?)(?: [^`]*)?`/g)].map((match) => match[1]);

    assert.ok(offered.length > 0);
    for (const verb of offered) assert.ok(verbs.some((known) => known === verb), verb);
  }
});

test('a drain that Azure still works on offers no resume, because nothing could be resumed', () => {
  assert.doesNotMatch(topOf(render(pausedStatus).body)[4] ?? '', /\/resume/);
  assert.match(topOf(render(pausedAs({ drainDeadline: null })).body)[4] ?? '', /\/resume/);
});

test('what Azure said stays below the fold', () => {
  const { body } = render(pausedAs({ kind: 'failed', causes: [], drainDeadline: null, detail: 'SkuNotAvailable: no capacity' }));

  assert.doesNotMatch(topOf(body).join('\n'), /SkuNotAvailable/);
  assert.match(body, /SkuNotAvailable/);
});

/** The status with `text` at every place a stranger could fill. */
function poison(text: string): WindowStatus {
  const cause = { ...ledgerCause, node: text, pod: text, budgets: [text, `${text}2`], owner: text, workload: text, class: text, evidence: text, remedy: text };
  const inventory = { total: 4, upgraded: 1, old: [text], cordoned: [text], quarantined: [text], notReady: [text], surge: [`s${text}`] };
  return {
    ...pausedStatus,
    policyName: text,
    clusterName: text,
    units: [unitSample({ unit: `pool/${text}`, state: 'paused', note: text, from: text, to: text, inventory }), unitSample({ state: 'failed', note: text })],
    pause: { unit: `pool/${text}`, since: minutesIn(34), kind: 'blocked', causes: [cause], drainDeadline: minutesIn(64), windowDeadline: minutesIn(360), clearedSince: null, number: 1, detail: text },
    findings: [{ code: text, where: text, severity: 'block', pools: [text], message: text, remedy: text, owner: text }],
    unchecked: [{ what: text, why: text }],
    holds: [{ ...(heldStatus.holds[0] ?? assert.fail()), unit: `pool/${text}`, causes: [{ code: text, where: text, message: text, remedy: text, owner: text }] }],
    acknowledgements: [{ where: text, codes: [text], pools: [text], by: text, at: minutesIn(1), until: minutesIn(360) }],
    timeline: [{ at: minutesIn(1), text }],
    leftOver: [text],
    earlierDebts: [text],
  };
}

/** Our own marks, taken off one line, so that what remains is text. */
function withoutFrame(line: string): string {
  const cells = line.startsWith('| ') ? line.slice(2, -2).split(' | ').join(' ') : line;
  return cells.replace(/^(?:> |- )/, '').replaceAll('**', '');
}

test('a stranger who chooses every name and message cannot make the report say or do anything', () => {
  for (const name of nastyNames) {
    for (const status of [poison(name), { ...poison(name), phase: 'ended' as const, outcome: 'completed-partial' as const }]) {
      const { title, body } = render(status);
      const [drawn = '', machine = ''] = body.split('<summary><b>For machines</b></summary>');
      const text = drawn.replace(diagram, '');
      const lines = text.split('\n').filter((line) => line !== '' && !/^(?:<\/?details>.*|\| ---.*)$/.test(line));

      for (const line of lines) assert.deepEqual(dangersIn(withoutFrame(line)), [], JSON.stringify(name.slice(0, 40)));
      for (const row of lines.filter((line) => line.startsWith('| '))) assert.ok([7, 8].includes(row.split('|').length), row);
      assert.doesNotMatch(title, /[\n<@]/);
      const fences = machine.includes('would not fit') ? 0 : 2;
      assert.equal([...machine.matchAll(/```/g)].length, fences, 'one fence, opened and closed');
      assert.ok(fences === 2 || name.length > 1_000);
      assert.equal([...body.matchAll(/<details>/g)].length, drawn === text ? 5 : 6);
      assert.equal([...body.matchAll(/<!--/g)].length, 1, 'one marker');
      assert.equal(mayBeCommand(body), false);
    }
  }
});

test('what earlier runs left stands in the report with age and cost', () => {
  const telling = { now: debtNow, nodeImages: {}, nodeCostPerDay: { amount: 7.2, currency: 'EUR' } };
  const debts = Array.from({ length: 7 }, (_, index) => ({ ...debtSample, id: `node/usr-${index}`, node: `usr-${index}` }));
  const earlierDebts = debtLines([...debts, { ...debtSample, until: debtNow, settledBy: 'gone' as const }], telling, 5);
  const { body } = render({ ...pausedStatus, earlierDebts });

  assert.equal(earlierDebts.length, 6);
  assert.match(body, /- \*\*from earlier runs\*\* `?usr-0`? has waited 20 days: .* about 144\.00 EUR\. Left by/);
  assert.match(body, /- \*\*from earlier runs\*\* And 2 more\./);
});

test('the marker is the last line and names the run', () => {
  assert.equal(render(pausedStatus).body.trimEnd().split('\n').at(-1), '<!-- slackwater:run:shop-prod-weu-20261010T2000Z -->');
});

test('a report that would be too long loses its oldest timeline first and says how much', () => {
  const line = `pool/usr: ${'one more node is new and verified '.repeat(6)}`;
  const timeline = Array.from({ length: 2_000 }, (_, minute) => ({ at: minutesIn(minute), text: `${minute} ${line}` }));

  const { body } = render({ ...pausedStatus, timeline, timelineOmitted: 7 });

  assert.ok(body.length <= REPORT_CHARACTERS_MAX);
  const omitted = Number(/- (\d+) earlier lines are left out/.exec(body)?.[1]);
  const kept = [...body.matchAll(/^- \w{3} \d+ \w{3} \d\d:\d\d .*node is new/gm)].length;
  assert.equal(omitted + kept, 2_007);
  assert.match(body, /1999 pool\/usr: one more/);
  assert.equal(topOf(body).join('\n'), topOf(render(pausedStatus).body).join('\n'));
});

test('however much there is to tell, the body fits, the five lines stand and the marker is there', () => {
  const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index));
  const long = 'a long sentence with many words '.repeat(20);
  const status: WindowStatus = {
    ...pausedStatus,
    units: [pausedUsr, ...many(400, (index) => unitSample({ unit: `pool/p${index}`, state: 'failed', note: long }))],
    findings: many(500, (index) => ({ code: `C${index}`, where: 'x', severity: 'warn' as const, pools: ['*'], message: long, remedy: long, owner: long })),
    timeline: many(500, (index) => ({ at: minutesIn(index), text: long })),
    leftOver: many(300, (index) => `${index} ${long}`),
  };

  const { body } = render(status);

  assert.ok(body.length <= REPORT_CHARACTERS_MAX, String(body.length));
  assert.deepEqual(topOf(body).slice(1), topOf(render(pausedStatus).body).slice(1));
  assert.match(body, /left out here/);
  assert.match(body, /<!-- slackwater:run:/);
});

test('the same status and moment give the same report', () => {
  assert.deepEqual(render(pausedStatus), render(structuredClone(pausedStatus)));
});
