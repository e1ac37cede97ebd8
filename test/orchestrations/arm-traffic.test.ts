import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Ajv } from 'ajv';
import { isRecord, recordAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import type { LoggedRequest } from '../../local/request-log.ts';
import { operationOf, withoutNulls } from '../described-arm.ts';
import { sharedMaterial } from '../shared-material.ts';

const published = sharedMaterial('contracts/arm/openapi-2026-04-01.pandora.json');

/** The SDK's own readers of what is on the wire, which its package does not export by name. */
const models = new URL('../../node_modules/@azure/arm-containerservice/dist/esm/models/models.js', import.meta.url);

/** Whose shape a body has, by the end of its path below the cluster. */
const readers: readonly [path: RegExp, reader: string][] = [
  [/\/managedClusters\/[^/]+(\/abort)?$/i, 'managedClusterDeserializer'],
  [/\/agentPools\/[^/]+(\/(upgradeNodeImageVersion|abort))?$/i, 'agentPoolDeserializer'],
  [/\/agentPools\/[^/]+\/upgradeProfiles\/default$/i, 'agentPoolUpgradeProfileDeserializer'],
  [/\/managedClusters\/[^/]+\/upgradeProfiles\/default$/i, 'managedClusterUpgradeProfileDeserializer'],
  [/\/listClusterUserCredential$/i, 'credentialResultsDeserializer'],
  [/\/maintenanceConfigurations$/i, '_maintenanceConfigurationListResultDeserializer'],
];

let exchanges: readonly LoggedRequest[] = [];
let modelReaders: Readonly<Record<string, unknown>> = {};

/** A quiet night, and one with a lie of the budgets, a cluster that is busy, throttling, an outage and an abort. */
before(async () => {
  const quiet = await play((rehearsal) => rehearsal.untilEnded());
  const bad = await play(async (rehearsal) => {
    const answer = (status: number, headers: Readonly<Record<string, string>>, body: unknown) =>
      ({ method: null, path: null, times: 3, mishap: { kind: 'answer', moment: 'before', response: { status, headers, body } } }) as const;
    rehearsal.world.perturb({ kind: 'foreign-operation', pool: 'system', operation: 'Scaling', minutes: 10, by: 'somebody' });
    await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes('-apps-')), 300);
    rehearsal.world.perturb({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable: 3, by: 'team-shop' });
    rehearsal.world.faults.arm.add(answer(429, { 'retry-after': '60' }, { error: { code: 'Throttled', message: 'Too many requests.' } }));
    await rehearsal.until(() => rehearsal.status().pause !== null, 120);
    rehearsal.say('abort');
    await rehearsal.untilEnded(600);
  });
  exchanges = [...quiet, ...bad].filter(({ service, path, status }) => service === 'arm' && status !== 0 && /\/managedClusters\//i.test(path));
  modelReaders = await import(models.href);
});

async function play(night: (rehearsal: Rehearsal) => Promise<unknown>): Promise<readonly LoggedRequest[]> {
  const rehearsal = await startRehearsal({ seed: 3 });
  try {
    await night(rehearsal);
    return [...rehearsal.world.log.entries];
  } finally {
    await rehearsal.close();
  }
}

/** Paths of values that were in `body` but that the reader never asked for: the SDK would drop them. */
function findUnread(reader: (body: unknown) => unknown, body: unknown): readonly string[] {
  const read = new Map<object, Set<string>>();
  const objects = new Map<object, string>();
  reader(watch(body, ''));
  return [...read].flatMap(([object, asked]) =>
    // What is handed over whole, such as labels and tags, is asked for by no name.
    asked.size === 0 || Array.isArray(object) ? [] : Object.keys(object).filter((key) => !asked.has(key)).map((key) => `${objects.get(object) ?? ''}.${key}`),
  );

  function watch(value: unknown, path: string): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const asked = new Set<string>();
    read.set(value, asked);
    objects.set(value, path);
    return new Proxy(value, {
      get(target, key, receiver) {
        if (typeof key === 'string') asked.add(key);
        return watch(Reflect.get(target, key, receiver), `${path}.${String(key)}`);
      },
    });
  }
}

function schemaOf(holder: JsonRecord): JsonRecord {
  return recordAt(recordAt(recordAt(holder, 'content'), 'application/json'), 'schema');
}

test('the nights ask ARM every kind of question and meet every kind of answer', () => {
  const kinds = new Set(exchanges.map(({ method, status }) => `${method} ${status}`));

  for (const kind of ['GET 200', 'PUT 200', 'POST 202', 'GET 429']) assert.ok(kinds.has(kind), `${kind} is missing among ${[...kinds].join(', ')}`);
});

test('every request and answer of whole nights has the shape the SDK reads: it drops nothing of them', () => {
  const faults = new Set<string>();
  let seen = 0;
  for (const { method, path, status, requestBody, responseBody } of exchanges) {
    const reader = modelReaders[readers.find(([pattern]) => pattern.test(path))?.[1] ?? ''];
    for (const [side, body] of [['request', requestBody], ['answer', status < 300 ? responseBody : null]] as const) {
      if (!isRecord(body)) continue;
      assert.ok(typeof reader === 'function', `${method} ${path} has a body that nobody reads`);
      for (const fault of findUnread((value) => Reflect.apply(reader, undefined, [value]), withoutNulls(body))) faults.add(`${side} of ${method} ${path.replace(/.*managedClusters\/[^/]+/i, '')}: ${fault}`);
      seen += 1;
    }
  }

  assert.deepEqual([...faults], []);
  assert.ok(seen > 100, `only ${seen} bodies`);
});

test('a property that the SDK does not know is found', () => {
  const reader = modelReaders['agentPoolDeserializer'];
  assert.ok(typeof reader === 'function');
  const body = { name: 'apps', colour: 'red', properties: { count: 3, upgradeSettings: { maxSurge: '1', maxHurry: '2' }, nodeLabels: { a: 'b' } } };

  assert.deepEqual([...findUnread((value) => Reflect.apply(reader, undefined, [value]), body)].sort(), ['.colour', '.properties.upgradeSettings.maxHurry']);
});

test('every request and answer of whole nights is valid by the published description', { skip: published.skip }, () => {
  const description: unknown = JSON.parse(JSON.stringify(published.readJson()).replaceAll('{"nullable":true}', '{}'));
  assert.ok(isRecord(description));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(description, 'aks');
  const faults = new Set<string>();
  const judge = (what: string, schema: JsonRecord, body: unknown): void => {
    const reference = textAt(schema, '$ref');
    const target = reference === null ? schema : { $ref: `aks${reference}` };
    // Only what the list of maintenance configurations says in place has no name; its items are judged where they are named.
    if (!ajv.validate(reference === null ? { type: textAt(schema, 'type') ?? 'object' } : target, withoutNulls(body))) faults.add(`${what}: ${ajv.errorsText()}`);
  };
  for (const exchange of exchanges) {
    const { method, path, status, query, requestBody, responseBody } = exchange;
    const what = `${method} ${path.replace(/.*managedClusters\/[^/]+/i, '')} ${status}`;
    const operation = operationOf(description, exchange);
    if (operation === null) {
      faults.add(`${what} is in no description`);
      continue;
    }
    const parameters = JSON.stringify(operation['parameters'] ?? []);
    for (const name of Object.keys(query)) if (name !== 'api-version' && !parameters.includes(`"${name}"`)) faults.add(`${what}: ${name} is no parameter`);
    const taken = schemaOf(recordAt(operation, 'requestBody'));
    if (Object.keys(taken).length > 0) judge(`request of ${what}`, taken, requestBody);
    else if (requestBody !== null && requestBody !== '') faults.add(`${what} takes no body`);
    const answers = recordAt(operation, 'responses');
    if (answers[String(status)] === undefined && status < 400) faults.add(`${what}: no such answer is described`);
    const answer = schemaOf(recordAt(answers, status < 400 ? String(status) : 'default'));
    if (Object.keys(answer).length > 0) judge(`answer of ${what}`, answer, responseBody);
    if (status === 202) assert.ok(exchange.responseHeaders['location'] !== undefined || exchange.responseHeaders['azure-asyncoperation'] !== undefined, `${what} says nowhere how it goes on`);
  }

  assert.deepEqual([...faults], []);
});
