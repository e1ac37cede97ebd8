import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createStatePort } from '../../adapters/state-branch.ts';
import type { Outcome } from '../../domain/failure.ts';
import { emptyState, parseStateFile, renderStateFile } from '../../domain/state-file.ts';
import type { StateFile } from '../../domain/state-file.ts';
import { stateFileName } from '../../domain/window-identity.ts';
import { findCommit } from '../../sim/github-world.ts';
import { decodeBase64 } from '../../sim/git-object.ts';
import { botToken, repository, setup, startGitHub } from '../local/github-fixture.ts';
import { openContract, published } from '../sim/github-contract.ts';

const cluster = '/subscriptions/0/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod-weu';
const path = `clusters/${stateFileName(cluster)}`;
const contents = /contents\/clusters/;

async function connect(context: TestContext, changed: Parameters<typeof startGitHub>[1] = {}) {
  const local = await startGitHub(context, changed);
  const port = createStatePort({ baseUrl: local.server.apiUrl, auth: { kind: 'token', token: botToken }, repository });
  const writes = () => local.log.entries.filter(({ method, status }) => method !== 'GET' && status < 300).map(({ method, path: at }) => `${method} ${at.replace(`/api/v3/repos/${repository}`, '')}`);
  const commit = () => {
    const held = local.server.github.world.repositories.get(repository);
    return held === undefined ? null : findCommit(held, 'slackwater-state');
  };
  const fileText = () => commit()?.files.get(path)?.bytes ?? null;
  return { ...local, port, writes, commit, fileText };
}

const addImage = (image: string) => (state: StateFile): StateFile => {
  const images = state.nodeImages['usr'] ?? [];
  return images.includes(image) ? state : { ...state, nodeImages: { usr: [...images, image] } };
};

function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

function failureOf<T>(outcome: Outcome<T>) {
  assert.equal(outcome.ok, false);
  return outcome.ok ? assert.fail() : outcome.failure;
}

/** Puts a file on the branch as somebody else would. */
function writeBeside({ server }: Pick<Awaited<ReturnType<typeof connect>>, 'server'>, text: string, sha: string | null): void {
  const body = { message: 'by hand', branch: 'slackwater-state', content: btoa(text), ...(sha === null ? {} : { sha }) };
  assert.ok(server.request('demo-admin', 'PUT', `/repos/${repository}/contents/${path}`, body).status < 300);
}

test('without branch or file the memory is empty, and reading writes nothing', async (context) => {
  const { port, writes } = await connect(context);

  assert.deepEqual(valueOf(await port.readState(cluster)), emptyState(cluster));
  assert.deepEqual(writes(), []);
});

test('the first change makes a branch that shares no history with the policies; the same change again writes nothing', async (context) => {
  const { port, writes, commit, fileText } = await connect(context);

  const first = valueOf(await port.changeState(cluster, addImage('image-1'), 'See image-1'));
  const again = valueOf(await port.changeState(cluster, addImage('image-1'), 'See image-1'));

  assert.deepEqual(again, first);
  assert.deepEqual(writes(), ['POST /git/trees', 'POST /git/commits', 'POST /git/refs', `PUT /contents/${encodeURIComponent(path)}`]);
  assert.deepEqual([...(commit()?.files.keys() ?? [])], ['README.md', path]);
  assert.equal(commit()?.message, 'See image-1');
  assert.equal(fileText(), renderStateFile(first));
  assert.deepEqual(valueOf(await port.readState(cluster)), first);
});

test('every request and answer keeps to the published description of GitHub', { skip: published.skip }, async (context) => {
  const { port, log, faults } = await connect(context);
  valueOf(await port.readState(cluster));
  valueOf(await port.changeState(cluster, addImage('image-1'), 'one'));
  faults.add({ method: 'PUT', path: contents, times: 1, mishap: { kind: 'cut', moment: 'after' } });
  await port.changeState(cluster, addImage('image-2'), 'two');
  valueOf(await port.changeState(cluster, addImage('image-3'), 'three'));
  const contract = openContract();

  const faulty = log.entries
    .filter(({ status }) => status > 0)
    .flatMap(({ method, path: at, query, requestBody, status, responseBody }) => contract.check({ method, path: at.replace('/api/v3', ''), query, requestBody, status, responseBody }));

  assert.deepEqual(faulty, []);
  assert.ok(log.entries.length > 10);
});

test('ten writers at once, each with its own word, lose none', async (context) => {
  const { port, fileText } = await connect(context);
  valueOf(await port.changeState(cluster, addImage('image-0'), 'begin'));
  const names = Array.from({ length: 4 }, (_, index) => `image-${index + 1}`);

  const outcomes = await Promise.all(names.map((name) => port.changeState(cluster, addImage(name), name)));

  for (const outcome of outcomes) valueOf(outcome);
  const parsed = parseStateFile(fileText() ?? '');
  assert.deepEqual(parsed.ok ? [...(parsed.value.nodeImages['usr'] ?? [])].sort() : [], ['image-0', ...names]);
});

test('two that begin the memory at the same moment lose nothing', async (context) => {
  const { port, fileText } = await connect(context);

  const outcomes = await Promise.all(['image-1', 'image-2'].map((name) => port.changeState(cluster, addImage(name), name)));

  for (const outcome of outcomes) valueOf(outcome);
  const parsed = parseStateFile(fileText() ?? '');
  assert.deepEqual(parsed.ok ? [...(parsed.value.nodeImages['usr'] ?? [])].sort() : [], ['image-1', 'image-2']);
});

test('a race lost to a person is read again, and the person\'s word stays', async (context) => {
  const { port, server, fileText, log } = await connect(context);
  const before = valueOf(await port.changeState(cluster, addImage('image-1'), 'one'));
  const { sha } = server.github.world.repositories.get(repository)?.commits.values().toArray().at(-1)?.files.get(path) ?? assert.fail();
  let tries = 0;

  const after = valueOf(
    await port.changeState(
      cluster,
      (state) => {
        tries += 1;
        if (tries === 1) writeBeside({ server }, renderStateFile(addImage('by-hand')(before)), sha);
        return addImage('image-2')(state);
      },
      'two',
    ),
  );

  assert.deepEqual(after.nodeImages['usr'], ['image-1', 'by-hand', 'image-2']);
  assert.equal(fileText(), renderStateFile(after));
  assert.deepEqual(log.entries.filter(({ method }) => method === 'PUT').map(({ status }) => status), [201, 409, 200]);
});

test('a race that is always lost ends as a conflict after a few tries', async (context) => {
  for (const status of [409, 422]) {
    const { port, faults, writes } = await connect(context);
    faults.add({ method: 'PUT', path: contents, times: Infinity, mishap: { kind: 'answer', moment: 'before', response: { status, headers: {}, body: { message: 'does not match' } } } });

    const failure = failureOf(await port.changeState(cluster, addImage('image-1'), 'one'));

    assert.deepEqual([failure.code, failure.class], ['state-contended', 'conflict']);
    assert.match(failure.message, /does not match/);
    assert.equal(writes().filter((write) => write.startsWith('PUT')).length, 0);
  }
});

test('a lost answer to a write is found written, and not written twice', async (context) => {
  const { port, faults, log } = await connect(context);
  valueOf(await port.changeState(cluster, addImage('image-1'), 'one'));
  faults.add({ method: 'PUT', path: contents, times: 1, mishap: { kind: 'cut', moment: 'after' } });

  assert.equal(failureOf(await port.changeState(cluster, addImage('image-2'), 'two')).class, 'transient');
  assert.deepEqual(valueOf(await port.changeState(cluster, addImage('image-2'), 'two')).nodeImages['usr'], ['image-1', 'image-2']);
  assert.equal(log.entries.filter(({ method }) => method === 'PUT').length, 2);
});

const unreadable: readonly (readonly [what: string, text: string, code: string])[] = [
  ['is no JSON', 'by hand', 'state-unreadable'],
  ['has a field that is wrong', renderStateFile(emptyState(cluster)).replace('"debts": []', '"debts": 3'), 'state-unreadable'],
  ['a newer version wrote', renderStateFile(emptyState(cluster)).replace('state/v1', 'state/v9'), 'state-too-new'],
  ['has a field of a newer version', renderStateFile(emptyState(cluster)).replace('"runs"', '"freezes": [], "runs"'), 'state-too-new'],
  ['is huge', renderStateFile(emptyState(cluster)) + ' '.repeat(1_100_000), 'state-too-large'],
];
for (const [what, text, code] of unreadable) {
  test(`a file that ${what} is a failure, not an empty memory, and is never overwritten`, async (context) => {
    const local = await connect(context);
    const { sha } = { sha: null };
    valueOf(await local.port.changeState(cluster.replace('shop-prod-weu', 'other'), addImage('image-1'), 'make the branch'));
    writeBeside(local, text, sha);

    const read = failureOf(await local.port.readState(cluster));
    const changed = failureOf(await local.port.changeState(cluster, addImage('image-1'), 'one'));

    assert.deepEqual([read.code, read.class, changed.code], [code, 'terminal', code]);
    assert.equal(local.fileText(), decodeBase64(btoa(text)));
  });
}

test('what could not be read again is not written', async (context) => {
  const { port, writes } = await connect(context);
  const broken = (state: StateFile): StateFile => ({ ...state, nodeImages: { usr: [''] } });
  const huge = (state: StateFile): StateFile => ({ ...state, nodeImages: Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`pool-${index}`, ['x'.repeat(250)]])) });

  assert.equal(failureOf(await port.changeState(cluster, broken, 'one')).code, 'state-unreadable');
  assert.equal(failureOf(await port.changeState(cluster, huge, 'one')).code, 'state-too-large');
  assert.deepEqual(writes(), []);
});

test('a repository out of sight, a missing right and an outage are failures with GitHub\'s own reasons', async (context) => {
  const { server, faults, port } = await connect(context);
  const elsewhere = createStatePort({ baseUrl: server.apiUrl, auth: { kind: 'token', token: botToken }, repository: 'acme/gone' });
  assert.equal(failureOf(await elsewhere.readState(cluster)).code, 'github-not-found');

  const readOnly = await connect(context, { setup: { ...setup, app: { id: 1, slug: 'slackwater', permissions: { contents: 'read', metadata: 'read' }, token: botToken } } });
  const refused = failureOf(await readOnly.port.changeState(cluster, addImage('image-1'), 'one'));
  assert.deepEqual([refused.code, refused.class], ['github-forbidden', 'terminal']);
  assert.match(refused.remedy, /contents/);

  faults.add({ method: null, path: contents, times: 2, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: { 'retry-after': '17' }, body: null } } });
  const down = failureOf(await port.readState(cluster));
  assert.deepEqual([down.code, down.class, down.retryAfterSeconds], ['github-unavailable', 'transient', 17]);
  assert.equal(failureOf(await port.changeState(cluster, addImage('image-1'), 'one')).class, 'transient');
  assert.deepEqual(valueOf(await port.readState(cluster)), emptyState(cluster));
});

test('the memory of many clusters costs one listing, and only what changed is fetched again', async (context) => {
  const local = await connect(context);
  const { port } = local;
  const other = cluster.replace('weu', 'neu');
  const reads = () => local.log.entries.filter(({ method, path: at }) => method === 'GET' && contents.test(at)).length;
  assert.deepEqual([...valueOf(await port.readStates([cluster, other])).keys()], []);
  valueOf(await port.changeState(cluster, addImage('image-1'), 'See image-1'));
  valueOf(await port.changeState(other, addImage('image-2'), 'See image-2'));
  const before = reads();

  const first = valueOf(await port.readStates([cluster, other, cluster.replace('weu', 'sea')]));
  assert.deepEqual([...first.values()].map((state) => (state.ok ? state.value.nodeImages['usr'] : state.failure.code)), [['image-1'], ['image-2']]);
  assert.equal(reads() - before, 3);
  valueOf(await port.readStates([cluster, other]));
  assert.equal(reads() - before, 4);
  valueOf(await port.changeState(cluster, addImage('image-3'), 'See image-3'));
  const changed = reads();
  const third = valueOf(await port.readStates([cluster, other]));

  assert.equal(reads() - changed, 2);
  const own = third.get(cluster);
  assert.deepEqual(own?.ok === true ? own.value.nodeImages['usr'] : null, ['image-1', 'image-3']);
});

test('one file that cannot be read is a failure of its own cluster alone', async (context) => {
  const local = await connect(context);
  const other = cluster.replace('weu', 'neu');
  valueOf(await local.port.changeState(cluster, addImage('image-1'), 'See image-1'));
  valueOf(await local.port.changeState(other, addImage('image-2'), 'See image-2'));
  const sha = local.commit()?.files.get(path)?.sha ?? null;
  writeBeside(local, '{', sha);

  const read = valueOf(await local.port.readStates([cluster, other]));

  assert.equal(read.get(cluster)?.ok, false);
  assert.equal(read.get(other)?.ok, true);
});
