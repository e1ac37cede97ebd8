import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isRecord, numberAt, parseJson, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { startBundle } from './bundle-host.ts';
import { environment } from './environment.ts';
import { startIngestion } from './small-ingestion.ts';

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const HOUR = 3_600_000;

before(async () => {
  await run(process.execPath, ['--disable-warning=ExperimentalWarning', path('build.ts')]);
});

test('with OpenTelemetry off, nothing of it is loaded but the names that durable-functions asks for', async () => {
  const loads = async (env: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const { stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', path('test/functions/record-loads.ts'), path('test/functions/list-functions.ts'), path('dist/main.mjs')], { env: { PATH: process.env['PATH'], ...environment, ...env } });
    return (/^loaded (.*)$/m.exec(stderr)?.[1] ?? assert.fail(stderr)).split(' ').filter((url) => url.includes('/dist/'));
  };
  const [off, on] = await Promise.all([loads({}), loads({ OTEL_ENABLED: 'true', APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=11111111-2222-4333-8444-555555555555;IngestionEndpoint=https://127.0.0.1:1/' })]);

  assert.deepEqual(off.filter((url) => url.includes('telemetry')), []);
  assert.equal(on.filter((url) => /\/parts\/telemetry-/.test(url)).length, 1);
  assert.ok(on.length > off.length);
});

test('of the exporter nothing is built in that asks its maker for settings, or looks around on the machine', () => {
  const meta: unknown = JSON.parse(readFileSync(path('dist/meta.json'), 'utf8'));
  const inputs = Object.keys(recordAt(meta, 'inputs'));
  const exporter = inputs.filter((input) => input.includes('@azure/monitor-opentelemetry-exporter/'));

  assert.ok(exporter.length > 10);
  assert.deepEqual(inputs.filter((input) => /_configuration\/configurationWorker|detectors\/platform\//.test(input)), []);
});

test('with OpenTelemetry on, spans, lines and metrics of the bundle arrive, joined to the trace that came with the request', async (t) => {
  const ingestion = await startIngestion(t);
  const forwarded: unknown[] = [];
  const { world, host, clock } = await startBundle(t, 'dist/main.mjs', ':memory:', 'token', {
    environment: { OTEL_ENABLED: 'true', APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString, OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage', OTEL_TRACES_SAMPLER_ARG: '1.0' },
    log: (_level, code, fields) => void (code === 'app.log' && fields['category'] === 'user' ? forwarded.push(fields) : undefined),
  });
  await host.fireTimer('windowTimer');
  const isUpgrading = (): boolean => world.log.entries.some(({ service, method }) => service === 'arm' && method === 'PUT');
  assert.equal(await clock.runUntil(isUpgrading, HOUR), 'reached');
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  world.github.request('operator', 'POST', '/repos/acme/platform/issues/1/comments', { body: '/status' });
  await world.github.webhooks.whenIdle();
  const { body } = world.github.webhooks.deliveries.findLast((delivery) => delivery.body.includes('"/status"')) ?? assert.fail('no webhook');
  const signature = createHmac('sha256', world.environment['GITHUB_WEBHOOK_SECRETS'] ?? '').update(body).digest('hex');
  const answer = await fetch(`${host.url}/api/github/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-github-event': 'issue_comment', 'x-github-delivery': 'd-1', 'x-hub-signature-256': `sha256=${signature}`, traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    body,
  });
  assert.equal(answer.status, 202);
  await clock.whenIdle();
  const [begun] = host.engine.list({}).filter(({ name }) => name === 'maintenanceWindow');
  assert.equal(await clock.runUntil(() => host.engine.read(begun?.instanceId ?? '')?.runtimeStatus === 'Completed', 10 * HOUR), 'reached');
  await clock.whenIdle();

  const ofType = (type: string): readonly JsonRecord[] => ingestion.envelopes.filter((envelope) => textAt(envelope, 'data', 'baseType') === type);
  const traceOf = (envelope: JsonRecord): string | null => textAt(recordAt(envelope, 'tags'), 'ai.operation.id');
  const lines = ofType('MessageData').map((envelope) => ({ envelope, line: parseJson(textAt(envelope, 'data', 'baseData', 'message') ?? '') })).filter(({ line }) => isRecord(line));
  const lineOf = (code: string) => lines.filter(({ line, envelope }) => textAt(line, 'code') === code && traceOf(envelope) === traceId);
  const spans = ofType('RemoteDependencyData').map((envelope) => ({ trace: traceOf(envelope), name: textAt(envelope, 'data', 'baseData', 'name') ?? '', data: recordAt(envelope, 'data', 'baseData') }));

  assert.deepEqual(new Set(ingestion.paths), new Set(['POST /v2.1/track']));
  assert.deepEqual(lineOf('webhook.queued').length, 1, 'the line of the webhook');
  assert.deepEqual(lineOf('inbox.done').length, 1, 'and of the inbox, for the trace went along with the message');
  assert.ok(spans.some(({ trace, name, data }) => trace === traceId && name === 'SEND service-bus' && textAt(data, 'type') === 'Queue Message'));
  assert.ok(spans.some(({ trace, name }) => trace === traceId && name === 'GET /api/v3/repos/acme/platform/issues/1'));
  const put = spans.find(({ name }) => /^PUT \/subscriptions\/.*\/agentPools\/apps$/.test(name)) ?? assert.fail('no span of a PUT');
  assert.match(textAt(put.data, 'properties', 'slackwater.correlationId') ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(forwarded, [], 'the host does not send the lines a second time');

  const measured = ofType('MetricData').flatMap((envelope) => recordsAt(envelope, 'data', 'baseData', 'metrics').map((metric) => ({ name: textAt(metric, 'name'), value: numberAt(metric, 'value'), about: recordAt(envelope, 'data', 'baseData', 'properties') })));
  const told = lines.filter(({ line }) => textAt(line, 'code') === 'metric').map(({ line }) => ({ name: textAt(line, 'metric'), value: numberAt(line, 'value') }));
  const sumOf = (values: readonly { readonly name: string | null; readonly value: number | null }[], name: string): number => values.reduce((sum, each) => sum + (each.name === name ? (each.value ?? 0) : 0), 0);
  for (const name of ['slackwater.run.duration', 'slackwater.pool.duration', 'slackwater.pool.nodes']) {
    assert.ok(sumOf(told, name) > 0, `${name} is told by no line`);
    assert.equal(sumOf(measured, name), sumOf(told, name), name);
  }
  assert.equal(textAt(measured.find(({ name }) => name === 'slackwater.run.duration')?.about, 'outcome'), 'succeeded');
});
