import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readSnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import type { SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { runCommandLine } from '../../cli/command-line.ts';
import { commands } from '../../cli/commands.ts';
import { isRecord, recordsAt, textAt } from '../../domain/json.ts';
import { serveArm } from '../../local/arm-server.ts';
import { createFaultList } from '../../local/faults.ts';
import { serveKubernetes } from '../../local/kubernetes-server.ts';
import { createRequestLog } from '../../local/request-log.ts';
import type { RunningServer } from '../../local/simulated-server.ts';
import { createClusterWorld } from '../../sim/cluster-world.ts';
import type { Simulated } from '../../sim/wire.ts';
import type { Ended } from './slackwater.ts';
import { root } from './slackwater.ts';

const now = '2026-11-21T21:30Z';
const policy = join(root, 'fixtures/policies/lab-aks.yaml');
const folder = mkdtempSync(join(tmpdir(), 'slackwater-live-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const place = (name: string): string => join(folder, name);

const log = createRequestLog(null);
const faults = { arm: createFaultList(), kubernetes: createFaultList() };
const world = { id: '', environment: {}, kubernetesUrl: '' };
const secret = 'hunter2-must-not-leave';

const servers: RunningServer[] = [];
after(() => Promise.all(servers.map((server) => server.close())));

before(async () => {
  const read = await readSnapshotDocuments(join(root, 'fixtures/snapshot'));
  assert.ok(read.ok);
  const cluster = createClusterWorld({ documents: withSecrets(read.value), seed: 1, startsAt: Date.parse(now) });
  const shared = { now: () => Date.parse(now), journal: null, onChanges: () => undefined, log };
  const kubernetes = await serveKubernetes({ ...shared, faults: faults.kubernetes, simulated: seeing('kubernetes', cluster.kubernetes) });
  const arm = await serveArm({ ...shared, faults: faults.arm, simulated: seeing('arm', cluster.arm), kubernetesUrl: kubernetes.url });
  servers.push(arm, kubernetes);
  Object.assign(world, { id: cluster.resourceId, kubernetesUrl: kubernetes.url, environment: { SLACKWATER_ARM_ENDPOINT: arm.url, SLACKWATER_LOCAL_TOKEN: 'local' } });
});

/** Tokens each service was shown; the log keeps none. */
const shown = { arm: new Set<string>(), kubernetes: new Set<string>() };

function seeing(service: keyof typeof shown, simulated: Simulated): Simulated {
  return {
    ...simulated,
    apply(at, request) {
      shown[service].add(request.headers['authorization'] ?? 'none');
      return simulated.apply(at, request);
    },
  };
}

/** The example with a secret wherever people put one. */
function withSecrets(documents: SnapshotDocuments): SnapshotDocuments {
  const cluster = structuredClone(documents.cluster);
  const tags = { key: secret };
  const properties = { httpProxyConfig: { httpProxy: `http://u:${secret}@proxy` }, addonProfiles: { monitor: { config: { key: secret } } }, linuxProfile: { ssh: secret } };
  const metadata = { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': secret, 'vault.example/token': secret, owner: 'team-ledger' } };
  const container = { env: [{ name: 'PASSWORD', value: secret }], envFrom: [{ secretRef: { name: secret } }], command: ['sh', '-c', secret], args: [secret], image: `registry.example/${secret}`, lifecycle: { preStop: { exec: { command: [secret] } } }, livenessProbe: { httpGet: { httpHeaders: [{ name: 'A', value: secret }] } } };
  const merge = (value: unknown, more: Readonly<Record<string, unknown>>): Record<string, unknown> => ({ ...Object(value), ...more });
  const inSpec = (spec: unknown) => (isRecord(spec) ? merge(spec, { containers: recordsAt(spec, 'containers').map((one) => merge(one, container)), volumes: [...recordsAt(spec, 'volumes'), { name: 'v', secret: { secretName: secret } }, { name: 'w', azureFile: { secretName: secret } }] }) : spec);
  return {
    ...documents,
    cluster: merge(cluster, { tags, properties: merge(Object(cluster).properties, properties) }),
    kubernetesItems: [
      ...documents.kubernetesItems.map((item) => {
        const { kind, spec } = Object(item);
        const given = merge(item, { metadata: merge(Object(item).metadata, { annotations: merge(Object(item).metadata.annotations, metadata.annotations), managedFields: [{ manager: secret }] }) });
        if (kind === 'Pod') return { ...given, spec: inSpec(spec), status: merge(Object(item).status, { message: secret }) };
        return isRecord(spec) && isRecord(spec['template']) ? { ...given, spec: merge(spec, { template: merge(spec['template'], { ...metadata, spec: inSpec(spec['template']['spec']) }) }) } : given;
      }),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' }, data: { password: secret } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'default' }, data: { password: secret } },
      { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata: { name: 'hook' }, webhooks: [{ name: 'hook.example', failurePolicy: 'Ignore', clientConfig: { url: `https://hook.example/?key=${secret}`, caBundle: secret }, rules: [] }] },
    ],
  };
}

async function run(words: readonly string[], environment: Readonly<Record<string, string>> = world.environment): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCommandLine({ commands, version: '1.2.3' }, words, {
    now: () => Date.parse(now),
    print: (text) => (stdout += `${text}\n`),
    printError: (text) => (stderr += `${text}\n`),
    environment,
    terminal: { columns: 120, colour: 'left-out' },
  });
  // On a slow machine reading takes long enough to be told.
  return { exitCode, stdout, stderr: stderr.replaceAll(/^slackwater \w+: re(ading|hearsing) .* in \d+ s\n/gm, '') };
}

const json = (text: string): unknown => JSON.parse(text);
const asksForRights = ({ method, path }: { readonly method: string; readonly path: string }): boolean => method === 'POST' && path.endsWith('/selfsubjectaccessreviews');

test('a snapshot of a cluster is judged exactly as the cluster is, and taking it only reads', async () => {
  const out = place('snapshot');
  const from = log.entries.length;
  const taken = await run(['snapshot', '--cluster', world.id, '--out', out]);

  assert.deepEqual([taken.exitCode, taken.stderr], [0, '']);
  assert.match(taken.stdout, /kubernetes\/pods\.json +115\b/);
  assert.match(taken.stdout, new RegExp(`Next: slackwater preflight --snapshot ${out}`));
  const sent = log.entries.slice(from);
  assert.ok(sent.length > 30);
  const writes = sent.filter((each) => each.method !== 'GET' && !asksForRights(each)).map(({ service, method, path }) => `${service} ${method} ${path.slice(path.lastIndexOf('/'))}`);
  assert.deepEqual(writes, ['arm POST /listClusterUserCredential'], 'the one POST besides questions about our own rights asks where the API server is');
  assert.equal(new Set(sent.filter(asksForRights).map(({ requestBody }) => JSON.stringify(requestBody))).size, 18, 'each right is asked for once');
  assert.equal(sent.filter(asksForRights).length, 18);
  assert.ok(!sent.some(({ path }) => /secrets|configmaps|listClusterAdmin/i.test(path)));

  for (const command of ['preflight', 'plan']) {
    const live = await run([command, '-c', world.id, '-p', policy, '-o', 'json']);
    const still = await run([command, '-s', out, '-p', policy, '-o', 'json']);
    assert.equal(live.stderr + still.stderr, '');
    assert.deepEqual(json(still.stdout), json(live.stdout), command);
    assert.equal(still.exitCode, live.exitCode);
    assert.ok(live.stdout.length > 500);
  }
});

test('a live cluster is rehearsed as its snapshot is, and nothing but reads reaches it', async () => {
  const from = log.entries.length;
  const words = ['-p', policy, '--seeds', '1', '-o', 'json'];
  const live = await run(['rehearse', '-c', world.id, ...words]);
  const sent = log.entries.slice(from);
  const still = await run(['rehearse', '-s', place('snapshot'), ...words]);

  assert.equal(live.stderr + still.stderr, '');
  assert.deepEqual(json(still.stdout), json(live.stdout));
  assert.deepEqual(recordsAt(json(live.stdout), 'units').map(({ outcome }) => outcome), ['upgraded', 'upgraded', 'upgraded', 'upgraded'], 'it did upgrade, elsewhere');
  assert.ok(sent.length > 30);
  assert.deepEqual(log.entries.slice(from + sent.length), [], 'a folder asks nobody');
  const asking = /\/(listClusterUserCredential|selfsubjectaccessreviews)$/;
  assert.deepEqual(sent.filter(({ method, path }) => method !== 'GET' && !asking.test(path)).map(({ method, path }) => `${method} ${path}`), []);
});

test('no secret of a cluster is ever in its snapshot, and who owns what is', () => {
  const files = readdirSync(place('snapshot'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  assert.ok(files.includes('snapshot.json') && files.length > 20);
  for (const name of files) {
    const text = readFileSync(join(place('snapshot'), name), 'utf8');
    assert.ok(!text.includes(secret), name);
    for (const word of ['"env":', '"envFrom":', '"command":', '"args":', '"image":', '"data":', '"tags":', 'last-applied', 'managedFields', 'caBundle']) assert.ok(!text.includes(word), `${name} holds ${word}`);
  }
  assert.ok(readFileSync(join(place('snapshot'), 'kubernetes/deployments.json'), 'utf8').includes('team-ledger'));
});

test('a folder is never half written nor overwritten by mistake', async () => {
  writeFileSync(place('file.txt'), 'mine');
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [['--out', place('snapshot')], /is not empty.*\[folder-occupied\]\n.*--overwrite/],
    [['--out', folder], /is not empty/],
    [['--out', folder, '--overwrite'], /holds other things .*left alone.*\[folder-not-a-snapshot\]/],
  ];
  for (const [words, message] of table) {
    const from = log.entries.length;
    const refused = await run(['snapshot', '--cluster', world.id, ...words]);
    assert.deepEqual([refused.exitCode, refused.stdout], [1, '']);
    assert.match(refused.stderr, message);
    assert.equal(log.entries.length, from, 'nothing is asked in vain');
  }
  const again = await run(['snapshot', '--cluster', world.id, '--out', place('snapshot'), '--overwrite', '-o', 'json']);
  assert.equal(again.exitCode, 0);
  assert.equal(textAt(json(again.stdout), 'schema'), 'slackwater.snapshot-written/v1');

  faults.kubernetes.add({ method: 'GET', path: /pods$/, times: 5, mishap: { kind: 'answer', moment: 'before', response: { status: 500, headers: {}, body: { kind: 'Status', message: 'etcd is slow', reason: 'InternalError' } } } });
  const failed = await run(['snapshot', '--cluster', world.id, '--out', place('half')]);
  faults.kubernetes.clear();
  assert.equal(failed.exitCode, 1);
  assert.match(failed.stderr, /etcd is slow \[InternalError\]/);
  assert.ok(!existsSync(place('half')));
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('.')), [], 'nothing is left beside it');
});

test('a list that may not be read stands as unchecked in the snapshot, with the reason', async () => {
  const forbidden = { status: 403, headers: {}, body: { kind: 'Status', message: 'services is forbidden', reason: 'Forbidden' } };
  const denied = { status: 403, headers: {}, body: { error: { code: 'AuthorizationFailed', message: 'no right to usages' } } };
  const add = () => {
    faults.kubernetes.add({ method: 'GET', path: /services$|metrics$/, times: 2, mishap: { kind: 'answer', moment: 'before', response: forbidden } });
    faults.arm.add({ method: 'GET', path: /Microsoft\.Compute/, times: 1, mishap: { kind: 'answer', moment: 'before', response: denied } });
  };
  add();
  const live = await run(['preflight', '-c', world.id, '-p', policy, '-o', 'json']);
  add();
  assert.equal((await run(['snapshot', '-c', world.id, '--out', place('partly')])).exitCode, 0);
  assert.ok(!existsSync(join(place('partly'), 'quota.json')) && !existsSync(join(place('partly'), 'kubernetes/services.json')));
  const still = await run(['preflight', '-s', place('partly'), '-p', policy, '-o', 'json']);
  assert.deepEqual(json(still.stdout), json(live.stdout));
  const why = recordsAt(json(still.stdout), 'unchecked').map((one) => textAt(one, 'why'));
  assert.ok(why.some((text) => text?.includes('services is forbidden')) && why.some((text) => text?.includes('no right to usages')));
});

/** A kubeconfig to the local API server, for `user`. */
function kubeconfig(name: string, user: unknown): string {
  const config = { clusters: [{ name: 'lab', cluster: { server: world.kubernetesUrl } }], users: [{ name: 'me', user }], contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'me' } }], 'current-context': 'lab' };
  writeFileSync(place(name), JSON.stringify(config));
  return place(name);
}

test('a kubeconfig leads to the API server instead: by its token or its plugin, and Azure is not asked where it is', async () => {
  const script = "console.log(JSON.stringify({ status: { token: 'from-the-plugin' } }))";
  for (const [name, user, token] of [['by-token', { token: 'from-the-file' }, 'from-the-file'], ['by-plugin', { exec: { command: process.execPath, args: ['-e', script] } }, 'from-the-plugin']] as const) {
    const from = log.entries.length;
    shown.kubernetes.clear();
    const ended = await run(['preflight', '-c', world.id, '-p', policy, '-k', kubeconfig(name, user), '--context', 'lab']);
    assert.deepEqual([ended.exitCode, ended.stderr], [0, '']);
    const sent = log.entries.slice(from);
    assert.ok(!sent.some((each) => each.method !== 'GET' && !asksForRights(each)));
    assert.deepEqual([shown.kubernetes, shown.arm], [new Set([`Bearer ${token}`]), new Set(['Bearer local'])], 'Azure never sees it');
  }
});

test('what keeps a cluster from being read is said with what to do, and wrong use before anything is asked', async () => {
  const answer = (status: number, body: unknown) => ({ kind: 'answer' as const, moment: 'before' as const, response: { status, headers: {}, body } });
  const arm = (path: RegExp, status: number, code: string) => faults.arm.add({ method: null, path, times: 2, mishap: answer(status, { error: { code, message: `${code}: listClusterUserCredential or so` } }) });
  const table: readonly (readonly [() => unknown, readonly string[], RegExp])[] = [
    [() => arm(/managedClusters\/[^/]+$/, 403, 'AuthorizationFailed'), ['-c', world.id], /\[AuthorizationFailed\]\n.*role/],
    [() => arm(/managedClusters\/[^/]+$/, 404, 'ResourceNotFound'), ['-c', world.id], /\[ResourceNotFound\]\n.*az aks list/],
    [() => arm(/managedClusters\/[^/]+$/, 401, 'InvalidAuthenticationToken'), ['-c', world.id], /az login --tenant/],
    [() => arm(/listClusterUserCredential$/, 403, 'AuthorizationFailed'), ['-c', world.id], /Azure Kubernetes Service Cluster User Role/],
    [() => faults.kubernetes.add({ method: 'GET', path: /nodes$/, times: 1, mishap: answer(401, { kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized' }) }), ['-c', world.id], /does not take Entra tokens.*--kubeconfig/],
    [() => faults.kubernetes.add({ method: 'GET', path: /nodes$/, times: 1, mishap: answer(403, { kind: 'Status', reason: 'Forbidden', message: 'nodes is forbidden' }) }), ['-c', world.id], /Azure Kubernetes Service RBAC Reader.*nodes\/read/],
    [() => faults.kubernetes.add({ method: 'GET', path: /nodes$/, times: 2, mishap: { kind: 'cut', moment: 'before' } }), ['-c', world.id], /\[no-connection\]\n.*private cluster/],
    [() => null, ['-c', '/subscriptions/s'], /--cluster: /],
    [() => null, ['-c', world.id, '-s', 'x'], /two sources/],
    [() => null, ['-k', 'x'], /--kubeconfig goes with --cluster/],
    [() => null, ['-c', world.id, '--context', 'x'], /--context is of a kubeconfig/],
    [() => null, ['-c', world.id, '-k', place('none')], /none: It cannot be read/],
    [() => null, ['-c', world.id, '-k', kubeconfig('failing', { exec: { command: 'no-such-login' } })], /There is no program no-such-login/],
  ];
  for (const [prepare, words, message] of table) {
    prepare();
    const ended = await run(['preflight', ...words]);
    faults.arm.clear();
    faults.kubernetes.clear();
    assert.deepEqual([ended.exitCode, ended.stdout], [1, ''], String(message));
    assert.match(ended.stderr, message);
  }
  const elsewhere = await run(['preflight', '-c', world.id], { SLACKWATER_ARM_ENDPOINT: 'http://10.0.0.1:80', SLACKWATER_LOCAL_TOKEN: 'x' });
  assert.match(elsewhere.stderr, /SLACKWATER_ARM_ENDPOINT does not lead to this machine/);
});

test('what you may not read is named with the right that is missing; a policy that can do without Kubernetes is judged by Azure alone', async () => {
  const denied = { kind: 'answer' as const, moment: 'before' as const, response: { status: 201, headers: {}, body: { kind: 'SelfSubjectAccessReview', status: { allowed: false } } } };
  faults.kubernetes.add({ method: 'POST', path: /selfsubjectaccessreviews$/, times: 1, mishap: denied });
  const vital = await run(['preflight', '-c', world.id, '-p', policy]);
  faults.kubernetes.add({ method: 'POST', path: /selfsubjectaccessreviews$/, times: 18, mishap: { ...denied, response: { ...denied.response, status: 404 } } });
  const unasked = await run(['preflight', '-c', world.id, '-p', policy]);
  faults.kubernetes.clear();
  const lenient = place('optional.yaml');
  writeFileSync(lenient, readFileSync(policy, 'utf8').replace(/^spec:$/m, 'spec:\n  kubernetesApi: optional'));
  const noRoute = () => faults.kubernetes.add({ method: null, path: null, times: Infinity, mishap: { kind: 'cut', moment: 'before' } });
  noRoute();
  const required = await run(['preflight', '-c', world.id, '-p', policy]);
  const optional = await run(['preflight', '-c', world.id, '-p', lenient]);
  const machine = await run(['preflight', '-c', world.id, '-p', lenient, '-o', 'json']);
  const plan = await run(['plan', '-c', world.id, '-p', lenient]);
  faults.kubernetes.clear();

  assert.deepEqual([vital.exitCode, unasked.exitCode, required.exitCode, optional.exitCode, plan.exitCode], [1, 0, 1, 0, 0], optional.stderr);
  assert.match(vital.stderr, /refuses what no drain can be judged without: list nodes\. .*\[Forbidden\]/);
  assert.match(required.stderr, /The API server of lab-aks does not answer\. E.*\[no-connection\]/);
  assert.match(optional.stdout, /^NOT SEEN lab-aks: Kubernetes could not be read, so drains cannot be judged and nodes cannot be counted/);
  assert.match(machine.stdout, /"KUBERNETES_UNREADABLE"/);
  assert.match(plan.stdout, /control-plane/);
});

test('a kubeconfig that leads to another cluster is refused by what its nodes say', async () => {
  const label = { status: 200, headers: {}, body: { kind: 'NodeList', apiVersion: 'v1', metadata: {}, items: [{ metadata: { name: 'n', labels: { 'kubernetes.azure.com/cluster': 'MC_other_rg' } } }] } };
  faults.kubernetes.add({ method: 'GET', path: /nodes$/, times: 1, mishap: { kind: 'answer', moment: 'before', response: label } });
  const ended = await run(['preflight', '-c', world.id, '-k', kubeconfig('other', { token: 't' })]);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /leads to another cluster: its nodes are in mc_other_rg.*\[another-cluster\]\n.*--context/);
});

test('as a program it finds the servers of its environment, and tells on standard error what takes longer than a second', async () => {
  faults.arm.add({ method: 'GET', path: /managedClusters\/[^/]+$/, times: 1, mishap: { kind: 'delay', milliseconds: 1_300 } });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'cli/main.ts', 'preflight', '-c', world.id, '-p', policy, '-o', 'json', '--now', now], { cwd: root, env: { PATH: process.env['PATH'], ...world.environment } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += String(text)));
  child.stderr.on('data', (text) => (stderr += String(text)));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));

  assert.equal(exitCode, 0);
  assert.equal(textAt(json(stdout), 'schema'), 'slackwater.preflight/v1');
  assert.match(stderr, /^slackwater preflight: reading lab-aks: \d+ answers in 1 s\n/);
});
