import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, test } from 'node:test';
import { isRecord } from '../../domain/json.ts';
import { sharedMaterial } from '../shared-material.ts';
import type { BicepFile, DeclaredModule, DeclaredResource } from './bicep.ts';
import { namedChildren, parseBicep, propertiesOf, propertyOf, readBicepFiles, readText, root } from './bicep.ts';
import { findNetworkFaults, findShapeFaults } from './hand-read-types.ts';
import { findTypeFaults, published } from './resource-types.ts';

const files = readBicepFiles();
const byPath = new Map(files.map((file) => [file.path, file]));

/** What is wrong with a file by itself. */
function findFaults(file: BicepFile): readonly string[] {
  const unused = [...file.parameters, ...file.variables].filter(({ name }) => (file.uses.get(name) ?? 0) === 0);
  return [
    ...file.unreadable.map((place) => `${place} cannot be read`),
    ...unused.map(({ name }) => `${file.path}: ${name} is not used`),
    ...file.modules.flatMap((module) => findModuleFaults(file, module)),
    ...findLateFaults(file),
  ];
}

/**
 * What Azure must know before anything is deployed, and is asked of a resource that is there already: the compiler lets it pass, and Azure refuses it
 * ("The template function 'reference' is not expected at this location", Azure/bicep issue 4815).
 */
function findLateFaults(file: BicepFile): readonly string[] {
  const lookedUp = file.resources.filter(({ isExisting }) => isExisting).map(({ name }) => name);
  return file.resources.flatMap(({ name, body }) =>
    ['name', 'location', 'scope'].flatMap((key) => {
      const text = propertyOf(body, key)?.text ?? '';
      return lookedUp.filter((each) => new RegExp(`\\b${each}!?\\.(?!id\\b|name\\b|type\\b|apiVersion\\b)`).test(text)).map((each) => `${file.path}: ${key} of ${name} is read from ${each} too late`);
    }),
  );
}

/** Whether a name is made of something whose length nobody knows here. */
function mayGrow(name: string): boolean {
  return [...name.matchAll(/\$\{([^}]*)\}/g)].some(([, part]) => part?.startsWith('uniqueString(') !== true);
}

function findModuleFaults(file: BicepFile, module: DeclaredModule): readonly string[] {
  const target = byPath.get(posix.join(posix.dirname(file.path), module.path));
  if (target === undefined) return [`${file.path}: ${module.path} is not there`];
  const given = propertiesOf(propertyOf(module.body, 'params') ?? module.body).map(({ key }) => key);
  const taken = target.parameters.map(({ name }) => name);
  const needed = target.parameters.filter(({ node }) => !/=/.test(node.text)).map(({ name }) => name);
  const read = [...file.text.matchAll(new RegExp(`\\b${module.name}!?\\.outputs\\.(\\w+)`, 'g'))].flatMap(([, name]) => name ?? []);
  const made = new Set(target.outputs.map(({ name }) => name));
  return [
    ...given.filter((name) => !taken.includes(name)).map((name) => `${file.path}: ${module.name} takes no ${name}`),
    ...needed.filter((name) => !given.includes(name)).map((name) => `${file.path}: ${module.name} needs ${name}`),
    ...(mayGrow(propertyOf(module.body, 'name')?.text ?? '') ? [`${file.path}: the name of ${module.name} may grow past the 64 characters a deployment has`] : []),
    ...read.filter((name) => !made.has(name)).map((name) => `${file.path}: ${module.name} has no output ${name}`),
  ];
}

describe('the Bicep files', () => {
  test('are read whole, use every parameter and variable, and their modules are there and are given what they take', () => {
    assert.ok(files.length > 10, 'infra/ has lost its files');
    assert.deepEqual(files.flatMap(findFaults), []);
  });

  const planted: readonly [what: string, text: string, expected: RegExp][] = [
    ['an unused parameter', 'param days int\n', /days is not used/],
    ['an unused variable', "var days = 'x'\n", /days is not used/],
    ['a module that is not there', "module a 'gone.bicep' = {\n  name: 'a'\n}\n", /gone\.bicep is not there/],
    ['a parameter nobody takes', "module a 'modules/identities.bicep' = {\n  name: 'a'\n  params: { location: 'x', tags: {}, token: 'x', colour: 'red' }\n}\n", /takes no colour/],
    ['a parameter left out', "module a 'modules/identities.bicep' = {\n  name: 'a'\n  params: { location: 'x', tags: {} }\n}\n", /needs token/],
    ['an output nobody makes', "module a 'modules/identities.bicep' = {\n  name: 'a'\n  params: { location: 'x', tags: {}, token: 'x' }\n}\noutput b string = a.outputs.gone\n", /has no output gone/],
    ['a deployment\'s name as long as a cluster\'s', "param c string\nmodule a 'modules/identities.bicep' = {\n  name: 'a-${c}'\n  params: { location: 'x', tags: {}, token: 'x' }\n}\n", /the name of a may grow/],
    ['what cannot be read', 'param days int\n}} resource\n', /cannot be read/],
    ['a region read too late', "resource c 'x@1' existing = {\n  name: 'c'\n}\nresource d 'y@1' = {\n  name: c.name\n  location: c.location\n}\n", /location of d is read from c too late/],
  ];
  for (const [what, text, expected] of planted) test(`${what} is found`, () => assert.match(findFaults(parseBicep('infra/planted.bicep', text)).join('\n'), expected));

  test('every parameter of main says what it is, and numbers carry their unit', () => {
    const main = byPath.get('infra/main.bicep');
    assert.ok(main);
    for (const { name, node } of main.parameters) {
      const before = main.text.slice(0, node.startIndex).split('\n\n').at(-1) ?? '';
      assert.match(before, /@description\('[^']/, `${name} has no description`);
      if (/^param \w+ int\b/.test(node.text)) assert.match(name, /(Days|Seconds|MB|GB|Count|Units)$/, `${name} has no unit`);
    }
  });

  test('main.parameters.json gives every parameter without default, and none that is not there', () => {
    const given: unknown = JSON.parse(readText('infra/main.parameters.json'));
    const names = isRecord(given) && isRecord(given['parameters']) ? Object.keys(given['parameters']) : [];
    const parameters = byPath.get('infra/main.bicep')?.parameters ?? [];

    assert.deepEqual(names.filter((name) => !parameters.some((each) => each.name === name)), []);
    assert.deepEqual(parameters.filter(({ name, node }) => !/=/.test(node.text) && !names.includes(name)).map(({ name }) => name), []);
  });

  test('no compiled template lies about that nobody compiled', () => assert.equal(existsSync(new URL('infra/main.json', root)), false));
});

describe('resources', () => {
  test('types, API versions and properties are published', { skip: published.skip }, () => {
    const judged = files.flatMap((file) => file.resources.map((resource) => ({ resource, faults: findTypeFaults(file, resource) })));
    const unknown = judged.filter(({ faults }) => faults === null).map(({ resource }) => resource);

    assert.deepEqual(judged.flatMap(({ faults }) => faults ?? []), []);
    assert.deepEqual(unknown.filter((resource) => isHeldElsewhere(resource) === false).map(({ type }) => type), []);
    assert.ok(judged.length - unknown.length > 20, 'hardly any type was checked');
  });

  const none = parseBicep('none.bicep', '');
  /** Whether a type that is not published beside the checkout is held against what was read by hand, or against an installed client. */
  const isHeldElsewhere = (resource: DeclaredResource): boolean => findShapeFaults(none, resource) !== null || findNetworkFaults(none, resource) !== null;

  test('of the other providers are as was read by hand, or as an installed client names them', () => {
    const judged = files.flatMap((file) => file.resources.flatMap((resource) => [findShapeFaults(file, resource), findNetworkFaults(file, resource)]));

    assert.deepEqual(judged.flatMap((faults) => faults ?? []), []);
    assert.ok(judged.filter((faults) => faults !== null).length >= 14, 'hardly any type was checked');
  });

  const elsewhere: readonly (readonly [what: string, text: string, expected: RegExp])[] = [
    ['a property of a scheduler nobody knows', "resource a 'Microsoft.DurableTask/schedulers@2026-02-01' = {\n  name: 'a'\n  location: 'x'\n  properties: { ipAllowList: [], sku: { name: 'Consumption' } }\n}\n", /ipAllowlist is missing[^]*ipAllowList is not published/],
    ['a plan nobody sells', "resource a 'Microsoft.DurableTask/schedulers@2026-02-01' = {\n  name: 'a'\n  location: 'x'\n  properties: { ipAllowlist: [], sku: { name: 'Gold' } }\n}\n", /sku\.name is Gold/],
    ['a state nobody keeps', "resource a 'Microsoft.DurableTask/schedulers/retentionPolicies@2026-02-01' = {\n  name: 'default'\n  properties: { retentionPolicies: [{ orchestrationState: 'Done', retentionPeriodInDays: 1 }] }\n}\n", /orchestrationState is Done/],
    ['a severity in words', "resource a 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {\n  name: 'a'\n  location: 'x'\n  properties: { severity: 'high' }\n}\n", /severity is no number/],
    ['a property of a gateway nobody knows', "resource a 'Microsoft.Network/natGateways@2024-05-01' = {\n  name: 'a'\n  properties: { publicIps: [] }\n}\n", /publicIps is not published/],
    ['a property of a subnet within nobody knows', "resource a 'Microsoft.Network/virtualNetworks@2024-05-01' = {\n  name: 'a'\n  properties: { subnets: [{ name: 'b', properties: { gateway: {} } }] }\n}\n", /gateway is not published/],
    ['a property of a network that is only read', "resource a 'Microsoft.Network/natGateways@2024-05-01' = {\n  name: 'a'\n  properties: { subnets: [] }\n}\n", /subnets is not published/],
  ];
  for (const [what, text, expected] of elsewhere) {
    test(`${what} is found`, () => {
      const file = parseBicep('planted.bicep', text);

      assert.match(file.resources.flatMap((resource) => [...(findShapeFaults(file, resource) ?? []), ...(findNetworkFaults(file, resource) ?? [])]).join('\n'), expected);
    });
  }

  const body = (properties: string): string => `resource a 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {\n  name: 'a'\n  properties: {\n${properties}\n  }\n}\n`;
  const planted: readonly [what: string, text: string, expected: RegExp][] = [
    ['a property nobody knows', body('    requiresDuplicates: true'), /requiresDuplicates is not published/],
    ['a property that is only read', body('    messageCount: 1'), /messageCount cannot be set/],
    ['a value nobody knows', "resource a 'Microsoft.ServiceBus/namespaces@2024-01-01' = {\n  name: 'a'\n  location: 'x'\n  sku: { name: 'Gold' }\n}\n", /sku\.name is Gold/],
    ['a property left out', "resource a 'Microsoft.ServiceBus/namespaces@2024-01-01' = {\n  name: 'a'\n}\n", /location is missing/],
    ['a type nobody knows', "resource a 'Microsoft.ServiceBus/namespaces/boxes@2024-01-01' = {\n  name: 'a'\n}\n", /is not published/],
    ['a text where a number belongs', body("    maxDeliveryCount: 'ten'"), /maxDeliveryCount is text/],
  ];
  for (const [what, text, expected] of planted) {
    test(`${what} is found`, { skip: published.skip }, () => {
      const file = parseBicep('planted.bicep', text);

      assert.match(file.resources.flatMap((resource) => findTypeFaults(file, resource) ?? []).join('\n'), expected);
    });
  }
});

describe('role assignments', () => {
  const table: unknown = JSON.parse(readText('infra/roles.json'));
  const roles = isRecord(table) ? Object.entries(table) : [];

  test('have names that are the same at each deployment, and say why they are there', () => {
    const assignments = files.flatMap((file) => file.resources.filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments').map((resource) => ({ file, resource })));

    assert.ok(assignments.length > 6);
    for (const { file, resource } of assignments) {
      const properties = propertyOf(resource.body, 'properties');
      assert.match(propertyOf(resource.body, 'name')?.text ?? '', /^guid\(/, `${file.path} ${resource.name}`);
      assert.match((properties === undefined ? undefined : propertyOf(properties, 'description'))?.text ?? '', /Slackwater/, `${file.path} ${resource.name}`);
    }
  });

  test('name roles of the table, and every role of the table is used', () => {
    const texts = files.map(({ text }) => text).join('\n');
    const named = new Set([...texts.matchAll(/roles\['([^']+)'\]|name: '((?:Key Vault|Storage|Azure Service Bus|Durable Task|Monitoring) [^']+)'/g)].map(([, one, other]) => one ?? other));

    assert.deepEqual([...named].sort(), roles.map(([name]) => name).sort());
  });

  const facts = sharedMaterial('facts/azure.md');
  test('the ids are the documented ones', { skip: facts.skip }, async () => {
    const { readFileSync } = await import('node:fs');
    const documented = readFileSync(facts.url, 'utf8');
    const ofFacts = roles.filter(([, id]) => documented.includes(String(id)));

    for (const [name, id] of roles) assert.match(String(id), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, name);
    assert.ok(ofFacts.length >= 7);
    for (const [name, id] of ofFacts) {
      const words = name.split(' ').slice(-2).join(' ');
      const line = documented.split('\n').find((each) => each.includes(String(id))) ?? '';
      assert.ok(line.slice(0, line.indexOf(String(id))).replaceAll('*', '').includes(words), `${name} is not ${id}`);
    }
  });

  test('no id of a role stands anywhere else', () => {
    for (const { path, text } of files) assert.doesNotMatch(text, /'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'/, path);
  });
});

describe('what must be off is off', () => {
  const text = (path: string): string => byPath.get(path)?.text ?? '';
  const rows: readonly [what: string, path: string, expected: RegExp][] = [
    ['shared keys of the storage account', 'infra/modules/storage.bicep', /allowSharedKeyAccess: false/],
    ['anonymous reads of blobs', 'infra/modules/storage.bicep', /allowBlobPublicAccess: false/],
    ['keys of Service Bus', 'infra/modules/messaging.bicep', /disableLocalAuth: true/],
    ['keys of Application Insights', 'infra/modules/monitoring.bicep', /DisableLocalAuth: true/],
    ['keys of the log workspace', 'infra/modules/monitoring.bicep', /disableLocalAuth: true/],
    ['access policies of the vault', 'infra/modules/vault.bicep', /enableRbacAuthorization: true/],
    ['passwords of the deployment endpoints', 'infra/modules/app.bicep', /properties: \{ allow: false \}/],
    ['the writer in mode plan-only', 'infra/modules/app.bicep', /isWriter = mode != 'plan-only'[^]*isWriter \? \{ '\$\{reader\.id\}': \{\}, '\$\{writer\.id\}': \{\} \} : \{ '\$\{reader\.id\}': \{\} \}/],
  ];
  for (const [what, path, expected] of rows) test(what, () => assert.match(text(path), expected));

  test('a queue that Event Grid delivers to has no sessions and sees duplicates', () => {
    const queue = byPath.get('infra/modules/messaging.bicep')?.resources.find(({ type }) => type.endsWith('/queues'));
    const properties = queue === undefined ? undefined : propertyOf(queue.body, 'properties');
    assert.ok(properties);

    assert.equal(propertyOf(properties, 'requiresSession')?.text, 'false');
    assert.equal(propertyOf(properties, 'requiresDuplicateDetection')?.text, 'true');
    assert.equal(namedChildren(properties).length > 4, true);
  });
});
