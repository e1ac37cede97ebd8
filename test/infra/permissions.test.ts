import assert from 'node:assert/strict';
import { globSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { armOperations, findArmOperation, findKubernetesOperation, kubernetesOperations } from '../../adapters/cluster-operations.ts';
import type { AzureRole } from '../../adapters/cluster-operations.ts';
import { isRecord, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { startRehearsal } from '../../local/rehearsal/rehearsal.ts';
import { sharedMaterial } from '../shared-material.ts';
import { namedChildren, propertyOf, readBicepFiles, readText, root, stringsOf } from './bicep.ts';
import { renderPermissions } from './permission-table.ts';

const roles = readBicepFiles().find(({ path }) => path === 'infra/cluster/roles.bicep') ?? assert.fail();

/** Actions or data actions of a custom role. */
function granted(symbol: string, kind: 'actions' | 'dataActions'): readonly string[] {
  const role = roles.resources.find(({ name }) => name === symbol) ?? assert.fail(`${symbol} is gone`);
  const properties = propertyOf(role.body, 'properties') ?? assert.fail();
  const [permission] = namedChildren(propertyOf(properties, 'permissions') ?? assert.fail());
  return permission === undefined ? [] : stringsOf(propertyOf(permission, kind));
}

const symbols: Readonly<Record<AzureRole, string>> = { reader: 'readerRole', operator: 'operatorRole', 'kubernetes-reader': 'kubernetesReaderRole' };
const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

describe('Azure roles', () => {
  for (const role of ['reader', 'operator', 'kubernetes-reader'] as const) {
    test(`the ${role} is granted exactly the actions its operations need`, () => {
      assert.deepEqual(granted(symbols[role], 'actions'), unique(armOperations.filter((each) => each.role === role).flatMap(({ actions }) => actions)));
    });
  }

  test('the Kubernetes reader is granted exactly the data actions of the reads, and nobody else any', () => {
    assert.deepEqual(unique(granted('kubernetesReaderRole', 'dataActions')), unique(kubernetesOperations.flatMap(({ dataAction }) => dataAction ?? [])));
    assert.deepEqual([...granted('readerRole', 'dataActions'), ...granted('operatorRole', 'dataActions')], []);
  });

  test('whoever only plans can write nothing: every action of its roles reads, but the one that hands out an address', () => {
    const all = [...granted('readerRole', 'actions'), ...granted('kubernetesReaderRole', 'actions'), ...granted('kubernetesReaderRole', 'dataActions')];

    assert.deepEqual(all.filter((action) => !action.endsWith('/read')), ['Microsoft.ContainerService/managedClusters/listClusterUserCredential/action']);
    assert.ok(!all.some((action) => action.includes('*')));
  });

  test('nobody may run commands, be an administrator or delete', () => {
    assert.doesNotMatch(roles.text, /runCommand|listClusterAdmin|\/delete|\*'/);
  });
});

describe('cluster roles', () => {
  const documents = parseAllDocuments(readText('infra/kubernetes/rbac.yaml')).map((document): JsonRecord => {
    const value: unknown = document.toJS();
    assert.ok(isRecord(value) && document.errors.length === 0);
    return value;
  });
  const named = (kind: string, name: string): JsonRecord => documents.find((each) => each['kind'] === kind && textAt(each, 'metadata', 'name') === name) ?? assert.fail(`${kind} ${name} is gone`);
  const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  const rulesOf = (kind: string, name: string): readonly string[] =>
    recordsAt(named(kind, name), 'rules').flatMap((rule) =>
      texts(rule['verbs']).flatMap((verb) => [
        ...texts(rule['apiGroups']).flatMap((group) => texts(rule['resources']).map((resource) => `${verb} ${group} ${resource}`)),
        ...texts(rule['nonResourceURLs']).map((url) => `${verb}  ${url}`),
      ]),
    );
  const operations = (role: string): readonly string[] => unique(kubernetesOperations.filter((each) => each.role === role).map(({ verb, group, resource }) => `${verb} ${group} ${resource}`));

  test('grant the reader exactly what it reads, and what Azure RBAC cannot say apart from the rest', () => {
    const extras = [...rulesOf('ClusterRole', 'slackwater-reader-extras'), ...rulesOf('Role', 'slackwater-reader-coredns')];
    const beyondAzure = kubernetesOperations.filter(({ role, dataAction }) => role === 'reader' && dataAction === null);

    assert.deepEqual(unique([...rulesOf('ClusterRole', 'slackwater-reader'), ...extras]), operations('reader'));
    assert.deepEqual(beyondAzure.filter(({ verb, group, resource }) => !extras.includes(`${verb} ${group} ${resource}`)), []);
    assert.deepEqual(unique(texts(recordsAt(named('Role', 'slackwater-reader-coredns'), 'rules')[0]?.['resourceNames'])), ['coredns-custom']);
  });

  test('grant the writer its dry run and its one label, and nothing else', () => {
    for (const role of ['drain-rehearsal', 'node-release']) assert.deepEqual(rulesOf('ClusterRole', `slackwater-${role}`), operations(role));
  });

  test('are bound to the identity they are for', () => {
    const bindings = documents.filter(({ kind }) => String(kind).endsWith('Binding') && kind !== 'ValidatingAdmissionPolicyBinding');
    const bound = bindings.map((each) => `${textAt(recordAt(each, 'roleRef'), 'name') ?? ''} ${textAt(recordsAt(each, 'subjects')[0], 'name') ?? ''}`);

    assert.deepEqual(bound, [
      'slackwater-reader READER_PRINCIPAL_ID', 'slackwater-reader-extras READER_PRINCIPAL_ID', 'slackwater-reader-coredns READER_PRINCIPAL_ID',
      'slackwater-drain-rehearsal WRITER_PRINCIPAL_ID', 'slackwater-node-release WRITER_PRINCIPAL_ID',
    ]);
    assert.equal(documents.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role').length, bound.length);
  });

  test('are narrowed by admission policies that are bound, deny, and fail closed', () => {
    const policies = documents.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');

    assert.equal(policies.length, 2);
    for (const policy of policies) {
      const name = textAt(policy, 'metadata', 'name') ?? '';
      const binding = recordAt(named('ValidatingAdmissionPolicyBinding', name), 'spec');
      assert.equal(textAt(policy, 'spec', 'failurePolicy'), 'Fail');
      assert.deepEqual([binding['policyName'], binding['validationActions']], [name, ['Deny']]);
      assert.match(JSON.stringify(recordAt(policy, 'spec')['matchConditions']), /WRITER_PRINCIPAL_ID/);
    }
    assert.match(readText('infra/kubernetes/rbac.yaml'), /'kubernetes\.azure\.com\/upgrade-status'/);
    assert.match(readText('domain/kubernetes-node.ts'), /upgradeStatusLabel = 'kubernetes\.azure\.com\/upgrade-status'/);
  });
});

describe('operations of the adapters', () => {
  const sources = globSync('adapters/*.ts', { cwd: root }).filter((path) => !path.endsWith('cluster-operations.ts')).map((path) => ({ path, text: readText(path) }));
  const described = sharedMaterial('contracts/arm/sdk-ops-2026-06-01.json');

  test('through the client of AKS are all granted', { skip: described.skip }, () => {
    const known = described.readJson();
    assert.ok(Array.isArray(known));
    const called = sources.flatMap(({ path, text }) => [...text.matchAll(/client\.(managedClusters|agentPools|maintenanceConfigurations)\.(\w+)\(/g)].map(([, group, name]) => ({ path, group, name })));
    const missing = called.filter(({ group, name }) => {
      const operation: unknown = known.find((each: unknown) => isRecord(each) && each['group'] === group && each['name'] === name);
      return findArmOperation(textAt(operation, 'method') ?? '', (textAt(operation, 'path') ?? '').replace(/\{\w+\}/g, 'x')) === null;
    });

    assert.ok(called.length > 10);
    assert.deepEqual(missing, []);
  });

  test('of other kinds are those known here, each granted', () => {
    const others = sources.flatMap(({ text }) => [...text.matchAll(/client\.(?!pipeline|managedClusters|agentPools|maintenanceConfigurations)(\w+\.\w+)\(/g)].map(([, call]) => call ?? ''));
    const plain = [...readText('adapters/azure-lists.ts').matchAll(/(\/providers\/Microsoft\.(?:Network|Authorization|Insights)[\w./]+)`/g)].map(([, path]) => path ?? '');

    assert.deepEqual(others.sort(), ['usage.list', 'virtualNetworks.listUsage']);
    assert.equal(plain.length, 3);
    const paths = [...plain, '/providers/Microsoft.Compute/locations/x/usages', '/providers/Microsoft.Network/virtualNetworks/x/usages'];
    assert.deepEqual(paths.filter((path) => findArmOperation('GET', `/subscriptions/x/resourceGroups/y${path}`) === null), []);
  });

  test('on the Kubernetes API are all granted', () => {
    const literals = sources.flatMap(({ text }) => [...text.matchAll(/['`](\/apis?\/[^'`]+)['`]/g)].map(([, path]) => (path ?? '').replace(/\$\{[^}]*\}/g, 'x')));
    const isCreated = (path: string): boolean => path.endsWith('/eviction') || path.endsWith('/selfsubjectaccessreviews');
    const writes = literals.filter(isCreated);
    const reads = literals.filter((path) => !isCreated(path));

    assert.ok(reads.length > 18 && writes.length === 2);
    assert.deepEqual(reads.filter((path) => findKubernetesOperation('GET', path) === null), []);
    assert.deepEqual(writes.filter((path) => findKubernetesOperation('POST', path) === null), []);
    assert.notEqual(findKubernetesOperation('PATCH', '/api/v1/nodes/x'), null);
  });

  test('what is not listed is found missing', () => {
    assert.equal(findArmOperation('DELETE', '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c'), null);
    assert.equal(findArmOperation('POST', '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/runCommand'), null);
    assert.equal(findArmOperation('POST', '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/listClusterAdminCredential'), null);
    assert.equal(findKubernetesOperation('GET', '/api/v1/secrets'), null);
    assert.equal(findKubernetesOperation('DELETE', '/api/v1/nodes/n'), null);
    assert.equal(findKubernetesOperation('POST', '/api/v1/namespaces/n/pods'), null);
  });

  test('of a whole run are all granted, as its request log shows', async () => {
    const rehearsal = await startRehearsal();
    try {
      await rehearsal.untilEnded();
      const asked = rehearsal.world.log.entries.filter(({ service }) => service === 'arm' || service === 'kubernetes');
      const missing = asked.filter(({ service, method, path }) => (service === 'arm' ? findArmOperation(method, path) : findKubernetesOperation(method, path)) === null);

      assert.ok(asked.length > 100);
      assert.deepEqual(unique(missing.map(({ method, path }) => `${method} ${path}`)), []);
    } finally {
      await rehearsal.close();
    }
  });
});

test('docs/permissions.md is made from the same list', () => {
  if (process.env['WRITE_DOCS'] === '1') writeFileSync(new URL('docs/permissions.md', root), renderPermissions());

  assert.equal(readText('docs/permissions.md'), renderPermissions());
});

test('docs/permissions.md names every role of infra/roles.json', () => {
  const table: unknown = JSON.parse(readText('infra/roles.json'));

  for (const name of Object.keys(isRecord(table) ? table : {})) assert.ok(readText('docs/permissions.md').includes(name), name);
});
