import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderGantt, renderTimes } from '../../domain/report-gantt.ts';
import { nastyNames } from './nasty-names.ts';
import { minutesIn, pausedNow, pausedStatus, statusSample, unitSample, upgradedSys } from './window-status-samples.ts';

/** Every line Slackwater may draw; Mermaid's own grammar has many more, and none of them is wanted. */
const lineForms = [
  /^ {4}title Run of [A-Za-z0-9. -]*, times at UTC[+-]\d{2}:\d{2}$/,
  /^ {4}(?:dateFormat YYYY-MM-DD HH:mm|axisFormat %H:%M|section (?:Window|Units))$/,
  /^ {4}window open :w, \d{4}-\d{2}-\d{2} \d{2}:\d{2}, \d+m$/,
  /^ {4}(?:control plane|pool [A-Za-z0-9. -]{0,40}) :(?:done, |crit, )?(?:active, )?u\d+, \d{4}-\d{2}-\d{2} \d{2}:\d{2}, \d+m$/,
];

function linesOf(drawn: string): readonly string[] {
  const [fence, gantt, ...rest] = drawn.split('\n');
  assert.deepEqual([fence, gantt, rest.at(-1)], ['```mermaid', 'gantt', '```']);
  return rest.slice(0, -1);
}

test('a paused run is drawn by what took how long, what goes on and what is to come', () => {
  const units = [upgradedSys, ...pausedStatus.units.slice(1), unitSample({ unit: 'pool/gpu' })];
  const lines = linesOf(renderGantt({ ...pausedStatus, units }, pausedNow));

  assert.deepEqual(lines.slice(-3), [
    '    pool sys :done, u0, 2026-10-10 22:01, 13m',
    '    pool usr :crit, active, u1, 2026-10-10 22:15, 45m',
    '    pool gpu :u2, 2026-10-10 23:00, 45m',
  ]);
});

test('no name can end a line, begin a keyword or leave the diagram', () => {
  for (const name of [...nastyNames, 'a:crit, x, 2000-01-01, 1m', 'x\nclick u0 href "https://example.org"', '%%{init: {}}%%', 'section x', '```']) {
    const status = statusSample({ clusterName: name, units: [unitSample({ unit: `pool/${name}`, state: 'running', startedAt: minutesIn(1) })] });

    for (const line of linesOf(renderGantt(status, pausedNow))) assert.ok(lineForms.some((form) => form.test(line)), `${JSON.stringify(name.slice(0, 40))}: ${line}`);
  }
});

test('a run of very many pools is drawn in part and told in a table of bounded size', () => {
  const units = Array.from({ length: 200 }, (_, index) => unitSample({ unit: `pool/p${index}` }));
  const status = statusSample({ units });

  assert.ok(linesOf(renderGantt(status, pausedNow)).length < 30);
  assert.match(renderTimes(status, pausedNow, 50), /and 150 more/);
});

test('on the night clocks go back nothing in the diagram does', () => {
  const opens = Date.UTC(2026, 9, 24, 22, 0);
  const hours = (count: number): number => opens + count * 3_600_000;
  const units = [0, 1, 2, 3, 4].map((hour) => unitSample({ unit: `pool/p${hour}`, state: 'upgraded', startedAt: hours(hour), endedAt: hours(hour + 1) }));
  const starts = linesOf(renderGantt(statusSample({ window: { opens, closes: hours(6) }, units }), hours(6))).flatMap((line) => /u\d, (\S+ \S+),/.exec(line)?.[1] ?? []);

  assert.deepEqual(starts, starts.toSorted());
  assert.equal(new Set(starts).size, 5);
});

test('the table tells in both times what began and ended when', () => {
  assert.match(renderTimes(pausedStatus, pausedNow, 10), /^\| `sys` \| 22:01 \(20:01Z\) \| 22:14 \(20:14Z\) \| 13 \| 20 \|$/m);
});

test('a run without units draws nothing', () => {
  assert.equal(renderGantt(statusSample({ units: [] }), pausedNow), '');
  assert.equal(renderTimes(statusSample({ units: [] }), pausedNow, 10), '');
});
