import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labCluster, labPolicy, policyPath, startPolicyWorld } from './policy-world.ts';

const proposed = { kind: 'done', what: 'proposed' };
const noted = { kind: 'done', what: 'noted' };
const behind = labPolicy.replace('kubernetesVersion: "1.36"', "kubernetesVersion: '1.35'");
const pulls = '/repos/acme/platform/pulls';

/** AKS's own events about a cluster's versions, as Event Grid delivers them. */
const event = (type: string, data: Readonly<Record<string, string>>, id = 'e-1', source = labCluster) => ({ specversion: '1.0', type: `Microsoft.ContainerService.${type}`, source, subject: 'lab-aks', id, time: '2026-11-20T18:00:00Z', data });
const available = event('NewKubernetesVersionAvailable', { latestSupportedKubernetesVersion: '1.36.2', latestStableKubernetesVersion: '1.35.5', lowestMinorKubernetesVersion: '1.34.9', latestPreviewKubernetesVersion: '1.37.0' });

async function start(context: Parameters<typeof startPolicyWorld>[0], policies: Readonly<Record<string, string>> = { 'lab-aks.yaml': behind }) {
  const played = await startPolicyWorld(context, policies);
  const { world } = played;
  const repository = () => world.github.github.world.repositories.get('acme/platform');
  return {
    ...played,
    all: () => [...(repository()?.issues.values() ?? [])].filter(({ pull }) => pull !== null),
    read: (branch: string, path = policyPath): string => Buffer.from(repository()?.commits.get(repository()?.branches.get(branch) ?? '')?.files.get(path)?.bytes ?? '', 'latin1').toString('utf8'),
    writes: (): number => world.log.entries.filter(({ service, method }) => service === 'github' && method !== 'GET').length,
  };
}

test('a new version opens one pull request that changes only the version, with support, plan, preflight and how to try it', async (context) => {
  const { receive, all, read, writes, deliver, checks } = await start(context);
  assert.deepEqual(await receive(available), proposed);
  const [pull, ...others] = all();
  assert.ok(pull !== undefined && others.length === 0);
  assert.deepEqual([pull.title, pull.author.login, pull.pull?.head, pull.pull?.base], ['Raise Kubernetes of lab-aks to 1.36', 'slackwater[bot]', 'slackwater/upgrade/lab-aks/1.36', 'main']);
  assert.equal(read('slackwater/upgrade/lab-aks/1.36'), behind.replace("'1.35'", "'1.36'"), 'quotes, comment and all else as they were');
  const body = pull.body ?? '';
  assert.match(body, /\| `lab-aks` \| `1\.35\.5` \| `1\.35` \| `1\.36` \| `slackwater\/lab-aks\.yaml` \|/);
  assert.match(body, /Azure has told nothing here about the end of support of `1\.35\.5`/);
  assert.match(body, /\| `control-plane` \| `1\.35\.5` \| `1\.36\.2` \|/);
  assert.match(body, /### Preflight of `lab-aks`[^]*SPOT_NO_DRAIN/);
  assert.match(body, /`slackwater plan --cluster \/subscriptions\/.*--policy slackwater\/lab-aks\.yaml`/);
  assert.ok(body.length < 60_000);

  const written = writes();
  assert.deepEqual(await receive(available), proposed);
  assert.equal(writes() - written, 0, 'what is there already is not written again');
  assert.equal(all().length, 1);

  await deliver();
  assert.deepEqual(checks('slackwater/upgrade/lab-aks/1.36').map(({ conclusion }) => conclusion), ['success'], 'it gets its check run like any other');
});

test('line ends, a byte order mark and a flow map are kept as they are', async (context) => {
  const written = `\uFEFF${behind.replace("target:\n    kubernetesVersion: '1.35' # follows the newest patch AKS offers\n    nodeImage: latest", 'target: { kubernetesVersion: "1.35", nodeImage: latest } # häufig').replaceAll('\n', '\r\n')}`;
  const { receive, read } = await start(context, { 'lab-aks.yaml': written });
  assert.deepEqual(await receive(available), proposed);
  assert.equal(read('slackwater/upgrade/lab-aks/1.36'), written.replace('"1.35"', '"1.36"'));
});

test('what Azure says of support is in the pull request, in place, and a day once named stays', async (context) => {
  const { receive, all, ports } = await start(context);
  await receive(available);
  const eol = {
    specversion: '1.0',
    type: 'Microsoft.ResourceNotifications.ContainerServiceEventResources.ScheduledEventEmitted',
    source: '/subscriptions/00000000-0000-0000-0000-000000000000',
    subject: `${labCluster}/scheduledEvents/7`,
    id: 'n-1',
    time: '2026-11-20T18:00:00Z',
    data: { resourceInfo: { id: `${labCluster}/scheduledEvents/7`, properties: { eventSource: 'EOLNotification', eventDetails: { kubernetesVersion: '1.35.5', eolDate: '2027-03-31', daysUntilEOL: 130 } } } },
  };
  assert.deepEqual(await receive(eol), proposed);
  assert.match(all()[0]?.body ?? '', /support of `1\.35\.5` ends on 2027-03-31 \(told Fri 20 Nov 19:00 \(18:00Z\)\)/);
  assert.deepEqual(await receive(event('ClusterSupportEnding', { kubernetesVersion: '1.35.5' }, 'e-2')), proposed);
  assert.match(all()[0]?.body ?? '', /ends on 2027-03-31/);
  assert.equal(all().length, 1);
  const state = await ports.state.readState(labCluster);
  assert.equal(state.ok ? state.value.support?.lastDay : null, '2027-03-31');
});

test('a policy that follows a minor needs nothing for patches, and nothing is opened while what it asks for is still to come', async (context) => {
  const { receive, all } = await start(context, { 'lab-aks.yaml': labPolicy });
  assert.deepEqual(await receive(available), noted);
  assert.deepEqual(all(), []);
});

test('overtaken by a person who raised the policy, it is closed with one comment; a daily look does it too and opens none', async (context) => {
  const { receive, all, commit, comments } = await start(context);
  const daily = { specversion: '1.0', type: 'dev.slackwater.debt-check.v1', id: 'c-1', source: '/slackwater', data: { clusterResourceId: labCluster } };
  await receive(daily);
  assert.deepEqual(all(), []);
  await receive(available);
  commit('cat', 'main', policyPath, behind.replace("'1.35'", '"1.36"'));
  await receive(daily);
  const [pull] = all();
  assert.equal(pull?.state, 'closed');
  assert.deepEqual(comments(pull?.number ?? 0).length, 1);
  assert.match(comments(pull?.number ?? 0)[0] ?? '', /Closed: there is nothing to raise any more, because the policy asks already for a version that is still to come/);
  assert.deepEqual(await receive(available), noted);
  assert.equal(all().length, 1);
});

test('closed by a person it stays closed for this version', async (context) => {
  const { receive, all, ask } = await start(context);
  await receive(available);
  ask('cat', 'PATCH', `${pulls}/1`, { state: 'closed' });
  assert.deepEqual(await receive({ ...available, id: 'e-9' }), noted);
  assert.deepEqual(all().map(({ state }) => state), ['closed']);
});

test('a newer version takes the same pull request', async (context) => {
  const pinned = behind.replace("'1.35'", '"1.35.4"');
  const { receive, all, read } = await start(context, { 'lab-aks.yaml': pinned });
  assert.deepEqual(await receive(available), proposed);
  const [first] = all();
  assert.ok(first !== undefined);
  const branch = first.pull?.head ?? '';
  // Support ends: the next minor comes before any patch.
  assert.deepEqual(await receive(event('ClusterSupportEnding', { kubernetesVersion: '1.35.5' }, 'e-2')), proposed);
  assert.deepEqual(all().map(({ number, pull }) => [number, pull?.head]), [[first.number, branch]]);
  assert.match(all()[0]?.title ?? '', /to 1\.36\.2$/);
  assert.equal(read(branch), pinned.replace('"1.35.4"', '"1.36.2"'));
});

test('a policy that wants none gets none, a cluster without policy is nobody\'s', async (context) => {
  const { receive, all } = await start(context, { 'lab-aks.yaml': behind.replace('  report:\n', '  report:\n    upgradePullRequests: off\n') });
  assert.deepEqual(await receive(available), noted);
  assert.deepEqual(await receive({ ...available, source: labCluster.replace('lab-aks', 'other') }), { kind: 'done', what: 'no-policy' });
  assert.deepEqual(all(), []);
});

test('grouped policies share one pull request; a cluster that cannot be read is named in it', async (context) => {
  const grouped = behind.replace('  report:\n', '  report:\n    upgradePullRequests: grouped\n');
  const other = grouped.replace('name: lab-aks', 'name: lost').replace('managedClusters/lab-aks', 'managedClusters/lost');
  const { receive, all, read } = await start(context, { 'lab-aks.yaml': grouped, 'lost.yaml': other });
  assert.deepEqual(await receive(available), proposed);
  assert.deepEqual(all().map(({ pull }) => pull?.head), ['slackwater/upgrade-fleet/1.36']);
  assert.equal(read('slackwater/upgrade-fleet/1.36'), grouped.replace("'1.35'", "'1.36'"));
  assert.equal(read('slackwater/upgrade-fleet/1.36', 'slackwater/lost.yaml'), other);
  assert.match(all()[0]?.body ?? '', /Left out<\/b> \(1\)[^]*- `lost`: it could not be read/);
});

test('a version that reaches a whole fleet at once costs one look at all and one look each, and one day costs one', async (context) => {
  const grouped = behind.replace('  report:\n', '  report:\n    upgradePullRequests: grouped\n');
  const { receive, all, world } = await start(context, { 'lab-aks.yaml': grouped, 'lost.yaml': grouped.replace('name: lab-aks', 'name: lost').replace('managedClusters/lab-aks', 'managedClusters/lost') });
  const looks = async (message: unknown): Promise<number> => {
    const before = world.log.entries.filter(({ service }) => service === 'arm').length;
    await receive(message);
    return world.log.entries.filter(({ service }) => service === 'arm').length - before;
  };
  const first = await looks(available);
  assert.equal(await looks({ ...available, id: 'e-2' }), 1, 'the cluster; what it is offered was read a moment ago');
  assert.ok(first > 5);
  assert.ok((await looks(event('ClusterSupportEnding', { kubernetesVersion: '1.35.5' }, 'e-3'))) > 5, 'news of support are told');
  assert.match(all()[0]?.body ?? '', /support of `1\.35\.5` ends; Azure named no day/);
  const daily = (name: string) => ({ specversion: '1.0', type: 'dev.slackwater.debt-check.v1', id: `c-${name}`, source: '/slackwater', data: { clusterResourceId: labCluster.replace('lab-aks', name) } });
  for (const name of ['lab-aks', 'lost']) await receive(daily(name));
  assert.deepEqual(all().map(({ state }) => state), ['open']);
});

test('while a cluster of the fleet cannot be read for the moment, nothing is taken back', async (context) => {
  const grouped = behind.replace('  report:\n', '  report:\n    upgradePullRequests: grouped\n');
  const { receive, read, world } = await start(context, { 'lab-aks.yaml': grouped });
  await receive(available);
  world.faults.arm.add({ method: 'GET', path: /managedClusters\/lab-aks$/i, times: 10, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: { error: { code: 'ServerBusy', message: 'Busy.' } } } } });
  assert.equal((await receive(event('ClusterSupportEnding', { kubernetesVersion: '1.35.5' }, 'e-2'))).kind, 'retry-later');
  assert.equal(read('slackwater/upgrade-fleet/1.36'), grouped.replace("'1.35'", "'1.36'"));
});

test('two policies of one file are raised each at its own place', async (context) => {
  const grouped = behind.replace('  report:\n', '  report:\n    upgradePullRequests: grouped\n');
  const pair = `${grouped}---\n${grouped.replace('name: lab-aks', 'name: second').replace('managedClusters/lab-aks', 'managedClusters/second')}`;
  const { receive, read } = await start(context, { 'lab-aks.yaml': pair });
  assert.deepEqual(await receive(available), proposed);
  assert.equal(read('slackwater/upgrade-fleet/1.36'), pair.replace("'1.35'", "'1.36'"), 'only the first, whose cluster could be read');
});

test('lost answers, races and a GitHub that is away end in one pull request', async (context) => {
  const { receive, all, world, clock } = await start(context);
  world.faults.github.add({ method: 'POST', path: /\/pulls$/, times: 1, mishap: { kind: 'cut', moment: 'after' } });
  assert.equal((await receive(available)).kind, 'retry-later');
  world.faults.github.add({ method: 'POST', path: /\/git\/refs$/, times: 1, mishap: { kind: 'answer', moment: 'before', response: { status: 502, headers: {}, body: null } } });
  await Promise.all([receive(available), receive({ ...available, id: 'e-2' }), receive({ ...available, id: 'e-3' })]);
  assert.deepEqual(await receive(available), proposed);
  assert.deepEqual(all().filter(({ state }) => state === 'open').length, 1);
  await clock.advanceTo(clock.now() + 6 * 60_000);
  world.faults.arm.add({ method: 'GET', path: /upgradeProfiles/i, times: 5, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: { error: { code: 'ServerBusy', message: 'Busy.' } } } } });
  const busy = await receive({ ...available, id: 'e-4' });
  assert.equal(busy.kind, 'retry-later', JSON.stringify(busy));
});
