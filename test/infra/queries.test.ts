import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tellEvent } from '../../activities/tell-event.ts';
import { createLogger } from '../../adapters/logger.ts';
import { slackwaterEvent, slackwaterEventNames } from '../../domain/slackwater-event.ts';
import { METRIC_LINE, measure } from '../../domain/slackwater-metric.ts';
import { tickWindows } from '../../functions/window-timer.ts';
import { emptyWorld, recordingPorts } from '../activities/recording-ports.ts';
import { runToEnd, withHost } from '../local/durable-sample-host.ts';
import { readBicepFiles, readText } from './bicep.ts';
import { passes, readQueries, readQuery } from './kusto.ts';

const queries = readQueries();
const alertOf = (name: string): string => queries.find(({ where }) => where.endsWith(`alerts.bicep ${name}`))?.text ?? assert.fail(`${name} is gone`);

describe('queries', () => {
  for (const { where, text } of queries) test(`${where} can be read and asks for columns that are there`, () => assert.deepEqual(readQuery(text).faults, []));

  test('of the four alerts on logs, and of every table of the workbook, are all looked at', () => {
    assert.equal(queries.filter(({ where }) => where.includes('alerts.bicep')).length, 4);
    assert.ok(queries.filter(({ where }) => where.includes('workbook.json')).length >= 3);
  });

  test('of alerts give one row with the number the rule compares, so that silence counts', () => {
    for (const { where, text } of queries.filter((each) => each.where.includes('alerts.bicep'))) {
      assert.deepEqual(readQuery(text).columns, ['number'], where);
      assert.match(text, /\| summarize number = count\(\)/, where);
      assert.doesNotMatch(text, /\bby\b/, where);
    }
  });

  test('of measurements read the lines that tell them, each once', () => {
    const { text } = queries.find(({ where }) => where.endsWith('workbook.json measured')) ?? assert.fail();
    const fields = measure('slackwater.run.duration', 5, 'r');

    assert.ok(text.includes(`tostring(line.code) == "${METRIC_LINE}"`) && text.includes('by id'));
    for (const [, name = ''] of text.matchAll(/line\.(\w+)/g)) assert.ok(['code', 'cluster'].includes(name) || name in fields, name);
  });

  const planted: readonly [what: string, text: string, expected: RegExp][] = [
    ['a column nobody has', 'AppTraces | where Massage has "x"', /'Massage' does not refer/],
    ['a column of another table', 'AppTraces | where ResultCode == "500"', /'ResultCode' does not refer/],
    ['a table nobody has', 'AppTrace | count', /'AppTrace' does not refer/],
    ['a slip of the pen', 'AppTraces | wher Message has "x"', /Query operator expected/],
    ['a word that is Kusto\'s own', 'AppTraces | summarize last = max(TimeGenerated)', /needs to be bracketed/],
    ['a column after it has gone', 'AppTraces | project Message | where SeverityLevel > 2', /'SeverityLevel' does not refer/],
  ];
  for (const [what, text, expected] of planted) test(`${what} is found`, () => assert.match(readQuery(text).faults.join('\n'), expected));
});

/** Lines our code writes while `work` goes on, as the host would hand them to AppTraces. */
async function linesOf(work: (ports: ReturnType<typeof recordingPorts>) => Promise<unknown>): Promise<readonly string[]> {
  const lines: string[] = [];
  await work({ ...recordingPorts(emptyWorld(Date.UTC(2026, 10, 21, 21))), logger: createLogger((_level, line) => void lines.push(line)) });
  return lines;
}

const trace = (Message: string): Readonly<Record<string, unknown>> => ({ Message });
const tell = (name: (typeof slackwaterEventNames)[number]) => linesOf((ports) => tellEvent(ports, slackwaterEvent(name, { runId: 'r', unit: 'run', attempt: 1 }, 0, {})));

describe('alerts', () => {
  test('on a run over its window ring for that event alone', async () => {
    for (const name of slackwaterEventNames) {
      const lines = await tell(name);
      assert.deepEqual([lines.length, lines.some((line) => passes(alertOf('run-over-budget'), trace(line)))], [1, name === 'window.overrun'], name);
    }
  });

  test('on missing ticks count a tick that looked at every window', async () => {
    const lines = await linesOf((ports) => tickWindows(ports, { policyRepository: 'acme/platform', pollSeconds: { shortest: 30, longest: 150 } }));

    assert.deepEqual(lines.filter((line) => passes(alertOf('no-tick'), trace(line))).length, 1, lines.join('\n'));
  });

  test('on failed orchestrations ring by our own line and by the one of the extension, and for nothing else of them', async () => {
    const own = await withHost({}, async (host, clock, lines) => {
      await runToEnd(host, clock, { name: 'flowChild', id: 'f', input: { fails: true } });
      return lines.filter(({ code }) => code === 'app.log').map(({ fields }) => String(fields['message']));
    });
    // Words of two versions of the extension (facts: Azure/azure-functions-durable-extension, EndToEndTraceHelper.FunctionFailed).
    const rows: readonly [line: string, rings: boolean][] = [
      ["7f: Function 'maintenanceWindow (Orchestrator)' failed with an error. Reason: (Redacted 20 characters). IsReplay: False. State: Failed. RuntimeStatus: Failed.", true],
      ["7f: Function 'maintenanceWindow (Orchestrator)', version '1' failed with an error. Reason: x. IsReplay: False. State: Failed.", true],
      ["7f: Function 'maintenanceWindow (Orchestrator)' completed. ContinuedAsNew: False. IsReplay: False. State: Completed.", false],
      ["7f: Function 'observeUnit (Activity)' failed with an error. Reason: x. IsReplay: False. State: Failed.", false],
    ];

    assert.equal(own.filter((line) => passes(alertOf('orchestration-failed'), trace(line))).length, 1, own.join('\n'));
    for (const [line, rings] of rows) assert.equal(passes(alertOf('orchestration-failed'), trace(line)), rings, line);
  });

  test('are off until the installation is set up, and are not asked of tables that are not there yet', () => {
    const { text } = readBicepFiles().find(({ path }) => path === 'infra/modules/alerts.bicep') ?? assert.fail();

    assert.match(text, /enabled: isSetUp\n/);
    assert.match(text, /skipQueryValidation: true\n/);
    assert.match(readText('infra/main.bicep'), /isSetUp: !empty\(gitHubAppId\)\n/);
    for (const name of ['webhook-5xx', 'no-tick']) assert.match(alertOf(name), /datetime\(2026-11-21T10:00:00Z\)/, `${name} tells of what was before a deployment`);
  });

  test('on webhooks know them by their route, because the host\'s export names no function', () => {
    // Two forms (facts: Azure/azure-functions-host, OpenTelemetryConfigurationExtensions.EnrichHttpResponse; the exporter writes either).
    const later = { TimeGenerated: Date.UTC(2030, 0, 1) };
    const rows: readonly [row: Readonly<Record<string, unknown>>, rings: boolean][] = [
      [{ ...later, Name: 'POST api/github/webhook', Url: 'https://func.azurewebsites.net/api/github/webhook', ResultCode: '503' }, true],
      [{ ...later, Name: 'POST /api/github/webhook', Url: '', ResultCode: '500' }, true],
      [{ ...later, Name: 'POST api/github/webhook', Url: '', ResultCode: '202' }, false],
      [{ ...later, Name: 'POST api/github/webhook', Url: '', ResultCode: '401' }, false],
      [{ ...later, Name: 'GET api/health', Url: 'https://func.azurewebsites.net/api/health', ResultCode: '503' }, false],
      [{ TimeGenerated: 0, Name: 'POST api/github/webhook', Url: '', ResultCode: '503' }, false],
    ];

    for (const [row, rings] of rows) assert.equal(passes(alertOf('webhook-5xx'), row), rings, JSON.stringify(row));
  });
});
