import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { isRecord } from '../../domain/json.ts';
import { sharedMaterial } from '../shared-material.ts';
import { readText } from './bicep.ts';

const published = sharedMaterial('contracts/infrastructure/');

/** What the published schema of `file` says of a document; what it only refers to elsewhere is taken for anything. */
function faultsOf(ajv: Pick<Ajv, 'compile' | 'addSchema'>, file: string, document: unknown): readonly string[] {
  const schema = published.readJson(file);
  assert.ok(isRecord(schema));
  const elsewhere = [...JSON.stringify(schema).matchAll(/"\$ref":"(https:[^"#]+)"/g)].flatMap(([, url]) => url ?? []);
  for (const url of new Set(elsewhere)) ajv.addSchema({}, url);
  const validate = ajv.compile(schema);
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

const lenient = { strict: false, validateFormats: false };

test('azure.yaml is valid', { skip: published.skip }, () => {
  const document: unknown = parse(readText('azure.yaml'));

  assert.deepEqual(faultsOf(new Ajv2019(lenient), 'azure.yaml.schema.json', document), []);
  assert.notDeepEqual(faultsOf(new Ajv2019(lenient), 'azure.yaml.schema.json', { name: 'a', services: { b: { host: 1 } } }), []);
});

/** What the documentation of the Durable extension has and the published schema has not yet: versions, and the scheduler as storage provider. */
const newer = ['defaultVersion', 'maxConcurrentEntityFunctions', 'overridableExistingInstanceStates', 'storageProvider', 'versionFailureStrategy', 'versionMatchStrategy'];

test('host.json is valid, but for settings newer than the published schema', { skip: published.skip }, () => {
  const document = readHost();
  const durable = durableOf(document);
  const unknown = Object.keys(durable).filter((name) => faultsOf(new Ajv(lenient), 'schemastore-host.json', { version: '2.0', extensions: { durableTask: { [name]: durable[name] } } }).length > 0);
  for (const name of newer) Reflect.deleteProperty(durable, name);

  assert.deepEqual(unknown.sort(), newer);
  assert.deepEqual(faultsOf(new Ajv(lenient), 'schemastore-host.json', document), []);
  assert.notDeepEqual(faultsOf(new Ajv(lenient), 'schemastore-host.json', { version: '2.0', functionTimeout: 5 }), []);
});

test('docs/operations.md defends every line of host.json, and no other', () => {
  const told = [...readText('docs/operations.md').matchAll(/^\| `([\w.]+)` \| `([^`]+)` \| [^|]{10,} \|$/gm)].map(([, name, value]) => `${name} ${value}`);

  assert.deepEqual([...told].sort(), leavesOf(readHost(), '').sort());
});

test('and every override of the storage backend, and no other', () => {
  const prefix = 'AzureFunctionsJobHost__extensions__durableTask__';
  const set = [...readText('infra/modules/app.bicep').matchAll(new RegExp(`^  ${prefix}(\\w+): '([^']+)'$`, 'gm'))].map(([, name, value]) => `${name?.replaceAll('__', '.')} ${value}`);
  const told = [...readText('docs/operations.md').matchAll(/^\| `(storageProvider\.\w+)` \| `([^`]+)` \| [^|]+ \| [^|]{10,} \|$/gm)].map(([, name, value]) => `${name} ${value}`);

  assert.ok(set.length > 2);
  assert.deepEqual([...told].sort(), [...set].sort());
});

function readHost(): Record<string, unknown> {
  const host: unknown = JSON.parse(readText('host.json'));
  assert.ok(isRecord(host));
  return { ...host };
}

function durableOf(host: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const extensions = host['extensions'];
  const durable = isRecord(extensions) ? extensions['durableTask'] : null;
  assert.ok(isRecord(durable));
  return durable;
}

/** Dotted path and value of everything that is no object. */
function leavesOf(value: unknown, path: string): string[] {
  return isRecord(value) ? Object.entries(value).flatMap(([name, each]) => leavesOf(each, path === '' ? name : `${path}.${name}`)) : [`${path} ${String(value)}`];
}

test('the workbook is JSON of the form that workbooks have', () => {
  const workbook: unknown = JSON.parse(readText('infra/workbook.json'));

  assert.ok(isRecord(workbook) && workbook['version'] === 'Notebook/1.0' && Array.isArray(workbook['items']));
});
