import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { isRecord, recordsAt } from '../../domain/json.ts';
import { deliveryRoutes } from '../../local/github-deliveries.ts';
import { manifestRoutes } from '../../local/github-app-manifests.ts';
import { appKeys, startGitHub } from './github-fixture.ts';
import { createGitHubSession } from '../../adapters/github-session.ts';

/** The types GitHub publishes beside its description, which the subset at hand lacks these operations of. */
const types = readFileSync(createRequire(import.meta.url).resolve('@octokit/openapi-types/types.d.ts'), 'utf8');

/** Name → type, as written, of the members of a published schema; an optional one ends in `?`. */
function membersOf(schema: string): ReadonlyMap<string, string> {
  const found = new RegExp(`\\n( *)"?${schema}"?: \\{`).exec(types) ?? assert.fail(`${schema} is not published`);
  const [, indent = ''] = found;
  const start = found.index;
  const body = types.slice(start, types.indexOf(`\n${indent}};`, start));
  return new Map([...body.matchAll(new RegExp(`\\n${indent} {2}(\\w+\\??):\\s+([^;{]*)`, 'g'))].map(([, name = '', type = '']) => [name, type.trim()]));
}

/** What of `value` breaks the published schema; objects and lists are only told from the rest. */
function faultsOf(value: unknown, schema: string): readonly string[] {
  const record = isRecord(value) ? value : {};
  const members = membersOf(schema);
  const faults = [...members].flatMap(([name, type]) => {
    const plain = name.replace('?', '');
    const given = record[plain];
    if (given === undefined) return name.endsWith('?') ? [] : [`${plain} is missing`];
    const kinds = type.split('|').map((each) => each.trim());
    const kind = given === null ? 'null' : typeof given;
    const isListed = kinds.includes(kind) || (kind === 'object' && kinds.some((each) => each === '' || /^[A-Z]|\[/.test(each)));
    return isListed ? [] : [`${plain} is ${kind}, not ${type}`];
  });
  const known = new Set([...members.keys()].map((name) => name.replace('?', '')));
  return [...faults, ...Object.keys(record).flatMap((name) => (known.has(name) ? [] : [`${name} is not published`]))];
}

test('the App\'s deliveries and what a manifest becomes have the members GitHub publishes', async (context) => {
  const { server } = await startGitHub(context);
  server.request('demo-operator', 'POST', '/repos/acme/platform/issues', { title: 'x' });
  await server.webhooks.whenIdle();
  const session = createGitHubSession({ baseUrl: server.apiUrl, auth: { kind: 'app', appId: 4711, privateKey: appKeys.privateKey } });
  const read = await session.useApp(async (github) => {
    const listed = await github.rest.apps.listWebhookDeliveries({ per_page: 5 });
    const [first] = listed.data;
    const whole = await github.rest.apps.getWebhookDelivery({ delivery_id: first?.id ?? 0 });
    const again = await github.rest.apps.redeliverWebhookDelivery({ delivery_id: first?.id ?? 0 });
    return { item: first, whole: whole.data, again };
  });
  assert.ok(read.ok && read.value !== null);
  const form = new URLSearchParams({ manifest: JSON.stringify({ name: 'A', url: 'https://a.example', redirect_url: 'http://127.0.0.1:1/', hook_attributes: { url: 'https://a.example' } }) });
  const back = await fetch(`${server.url}/settings/apps/new`, { method: 'POST', body: form, redirect: 'manual' });
  const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const converted = await fetch(`${server.apiUrl}/app-manifests/${code}/conversions`, { method: 'POST' });
  const second = await fetch(`${server.apiUrl}/app-manifests/${code}/conversions`, { method: 'POST' });
  const app: unknown = await converted.json();

  assert.deepEqual(faultsOf(read.value.item, 'hook-delivery-item'), []);
  assert.deepEqual(faultsOf(read.value.whole, 'hook-delivery'), []);
  assert.deepEqual([read.value.again.status, read.value.again.data], [202, {}]);
  assert.deepEqual([converted.status, second.status], [201, 404]);
  const more = ['client_id', 'client_secret', 'webhook_secret', 'pem'];
  assert.deepEqual(more.filter((name) => !isRecord(app) || typeof app[name] !== 'string'), []);
  const integration = Object.fromEntries(Object.entries(isRecord(app) ? app : {}).filter(([name]) => !more.slice(1).includes(name)));
  assert.deepEqual(faultsOf(integration, 'integration'), []);
  assert.deepEqual(recordsAt({ list: [...deliveryRoutes, ...manifestRoutes] }, 'list').filter(({ pattern }) => !types.includes(`"${String(pattern)}": {`)), []);
});

test('the comparison finds what is missing, of another type, or not published', () => {
  assert.deepEqual(faultsOf({ id: 'x', more: 1 }, 'hook-delivery-item').filter((fault) => /^(id|guid|more)/.test(fault)), ['id is string, not number | bigint', 'guid is missing', 'more is not published']);
});
