import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createPolicySource } from '../../adapters/policy-source.ts';
import { appLogin, botToken, repository, startGitHub } from '../local/github-fixture.ts';

function policy(name: string, cluster = name): string {
  return `apiVersion: slackwater.dev/v1alpha1
kind: MaintenancePolicy
metadata: { name: ${name} }
spec:
  cluster:
    resourceId: /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/${cluster}
  target: { kubernetesVersion: "1.35", nodeImage: latest }
  window:
    timeZone: Europe/Paris
    startTime: "22:00"
    durationHours: 6
    schedule: { weekly: { dayOfWeek: Saturday, intervalWeeks: 1 } }
`;
}

async function connect(context: TestContext, files: Readonly<Record<string, string>>, path = 'policies') {
  const local = await startGitHub(context);
  const write = (at: string, text: string, sha: string | null = null, branch = 'main'): string => {
    const body = { message: 'Change a policy', content: btoa(text), branch, ...(sha === null ? {} : { sha }) };
    assert.ok(local.server.request(appLogin, 'PUT', `/repos/${repository}/contents/${at}`, body).status < 300);
    const commit = local.server.github.world.repositories.get(repository);
    return commit?.commits.get(commit.branches.get(branch) ?? '')?.files.get(at)?.sha ?? '';
  };
  for (const [at, text] of Object.entries(files)) write(at, text);
  const source = createPolicySource({ baseUrl: local.server.apiUrl, auth: { kind: 'token', token: botToken }, repository, path });
  const read = async () => {
    const before = local.log.entries.length;
    const outcome = await source.readPolicies();
    const asked = local.log.entries.slice(before).map((entry) => `${entry.status} ${decodeURIComponent(entry.path).replace('/api/v3/repos/acme/platform/contents/', '')}`);
    if (!outcome.ok) return { failure: outcome.failure, policies: [], faults: [], asked };
    return { failure: null, policies: outcome.value.policies.map(({ name }) => name), faults: outcome.value.faults, asked };
  };
  return { ...local, read, write };
}

test('every YAML file of the folder is read, and nothing else', async (context) => {
  const { read } = await connect(context, {
    'policies/a.yaml': policy('a'),
    'policies/b.yml': policy('b'),
    'policies/notes.md': '# Notes',
    'policies/old/c.yaml': policy('c'),
    'other.yaml': policy('d'),
  });
  const { policies, faults } = await read();
  assert.deepEqual([policies, faults], [['a', 'b'], []]);
});

test('an unchanged folder costs one request that is answered 304; a changed file costs that file', async (context) => {
  const { read, write } = await connect(context, { 'policies/a.yaml': policy('a') });
  const sha = write('policies/b.yaml', policy('b'));
  assert.deepEqual((await read()).asked, ['200 policies', '200 policies/a.yaml', '200 policies/b.yaml']);
  const second = await read();
  assert.deepEqual([second.asked, second.policies], [['304 policies'], ['a', 'b']]);
  write('policies/b.yaml', policy('changed'), sha);
  const third = await read();
  assert.deepEqual([third.asked, third.policies], [['200 policies', '200 policies/b.yaml'], ['a', 'changed']]);
});

test('a fault names file, line and column and hides no other policy', async (context) => {
  const { read } = await connect(context, {
    'policies/a.yaml': policy('a'),
    'policies/b.yaml': policy('b').replace('durationHours: 6', 'durationHours: 60'),
    'policies/c.yaml': 'a: [',
  });
  const { policies, faults } = await read();
  assert.deepEqual(policies, ['a']);
  assert.match(faults[0]?.where ?? '', /^policies\/b\.yaml:11:20$/);
  assert.match(faults[0]?.message ?? '', /durationHours/);
  assert.match(faults[1]?.where ?? '', /^policies\/c\.yaml:\d+:\d+$/);
});

test('two policies for one cluster are both refused, whatever case its id is in', async (context) => {
  const { read } = await connect(context, {
    'policies/a.yaml': policy('a', 'shop'),
    'policies/b.yaml': policy('b', 'SHOP'),
    'policies/c.yaml': policy('c', 'bank'),
  });
  const { policies, faults } = await read();
  assert.deepEqual(policies, ['c']);
  assert.deepEqual(faults.map(({ code, where }) => [code, where]), [['repeated-cluster', 'policies/b.yaml']]);
  assert.match(faults[0]?.message ?? '', /policy a in policies\/a\.yaml/);
  assert.match(faults[0]?.remedy ?? '', /none of them opens a window/);
});

test('a policy whose cluster a faulty file names too is refused until that file is mended', async (context) => {
  const { read } = await connect(context, {
    'policies/a.yaml': policy('a', 'shop'),
    'policies/b.yaml': policy('b', 'SHOP').replace('durationHours: 6', 'durationHours: 60'),
    'policies/c.yaml': policy('c', 'shop-prod'),
    'policies/d.yaml': policy('d', 'sho'),
  });
  const { policies, faults } = await read();
  assert.deepEqual(policies, ['c', 'd']);
  assert.deepEqual(faults.map(({ code, where }) => [code, where.replace(/:.*/, '')]), [
    ['out-of-range', 'policies/b.yaml'],
    ['cluster-in-faulty-file', 'policies/a.yaml'],
  ]);
});

test('two policies of one name are told and both count, for a name decides nothing', async (context) => {
  const { read } = await connect(context, { 'policies/a.yaml': policy('a', 'shop'), 'policies/b.yaml': policy('a', 'bank') });
  const { policies, faults } = await read();
  assert.deepEqual([policies, faults.map(({ code }) => code)], [['a', 'a'], ['repeated-policy-name']]);
});

test('a policy on another branch does not count', async (context) => {
  const { read, write, server } = await connect(context, { 'policies/a.yaml': policy('a') });
  const main = server.github.world.repositories.get(repository)?.branches.get('main');
  server.request(appLogin, 'POST', `/repos/${repository}/git/refs`, { ref: 'refs/heads/proposal', sha: main });
  write('policies/b.yaml', policy('b'), null, 'proposal');
  assert.deepEqual((await read()).policies, ['a']);
});

test('a file that cannot be fetched is a fault, and is fetched at the next look', async (context) => {
  const { read, faults: mishaps } = await connect(context, { 'policies/a.yaml': policy('a'), 'policies/b.yaml': policy('b') });
  mishaps.add({ method: 'GET', path: /b\.yaml$/, times: 1, mishap: { kind: 'cut', moment: 'before' } });
  const first = await read();
  assert.deepEqual([first.policies, first.faults.map(({ code, where }) => [code, where])], [['a'], [['policy-file-not-read', 'policies/b.yaml']]]);
  const second = await read();
  assert.deepEqual([second.policies, second.asked], [['a', 'b'], ['304 policies', '200 policies/b.yaml']]);
});

test('a folder that is not there is a failure, not an empty list', async (context) => {
  const { read } = await connect(context, {}, 'nowhere');
  assert.equal((await read()).failure?.code, 'github-not-found');
});

test('a path may name one file, and the empty path the root', async (context) => {
  const one = await connect(context, { 'policies/a.yaml': policy('a'), 'policies/b.yaml': policy('b') }, 'policies/b.yaml');
  assert.deepEqual((await one.read()).policies, ['b']);
  const root = await connect(context, { 'a.yaml': policy('a') }, '');
  assert.deepEqual((await root.read()).policies, ['a']);
});

test('a folder GitHub would cut says that policies may be missing', async (context) => {
  const { read, faults: mishaps } = await connect(context, { 'policies/a.yaml': policy('a') });
  const entries = Array.from({ length: 1_000 }, (_, index) => ({ type: 'file', path: `policies/${index}.txt`, sha: String(index) }));
  mishaps.add({ method: 'GET', path: /policies$/, times: 1, mishap: { kind: 'answer', moment: 'before', response: { status: 200, headers: {}, body: entries } } });
  assert.deepEqual((await read()).faults.map(({ code }) => code), ['policy-folder-too-large']);
});
