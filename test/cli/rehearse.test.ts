import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';
import { loadSimulation } from '../../cli/simulation.ts';
import { isRecord, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import { sharedMaterial } from '../shared-material.ts';
import { root, slackwater, type Ended } from './slackwater.ts';

const recordings = sharedMaterial('recordings/kubernetes/');
const snapshot = join(root, 'fixtures/snapshot');
const policy = join(root, 'fixtures/policies/lab-aks.yaml');
const folder = mkdtempSync(join(tmpdir(), 'slackwater-rehearse-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function json(text: string) {
  const value: unknown = JSON.parse(text);
  assert.ok(isRecord(value));
  return value;
}

/** On a slow machine a night takes long enough to be told. */
function rehearse(...words: readonly string[]): Promise<Ended> {
  return slackwater('rehearse', ...words).then((ended) => ({ ...ended, stderr: ended.stderr.replaceAll(/^slackwater rehearse: rehearsing .* in \d+ s\n/gm, '') }));
}

/** The project's snapshot with one change of its Kubernetes objects. */
function changedSnapshot(from: string, to: string): string {
  const changed = mkdtempSync(join(folder, 'changed-'));
  cpSync(snapshot, changed, { recursive: true });
  const text = readFileSync(join(snapshot, 'kubernetes.json'), 'utf8');
  assert.ok(text.includes(from));
  writeFileSync(join(changed, 'kubernetes.json'), text.replace(from, to));
  return changed;
}

const imagesBudget = '"minAvailable":2,"selector":{"matchLabels":{"app":"images"}}';

function changedPolicy(change: (text: string) => string): string {
  const file = join(mkdtempSync(join(folder, 'policy-')), 'lab-aks.yaml');
  const text = readFileSync(policy, 'utf8');
  assert.notEqual(change(text), text);
  writeFileSync(file, change(text));
  return file;
}

test('a quiet night is told unit by unit, fits, and exits 0; the same seed gives the same night', async () => {
  const one = await rehearse('--snapshot', snapshot, '--policy', policy, '--seed', '1', '--seeds', '1', '-o', 'json');
  const again = await rehearse('-s', snapshot, '-p', policy, '--seeds', '1', '--at', '2026-11-21T20:00Z', '-o', 'json');

  assert.deepEqual([one.exitCode, one.stderr], [0, '']);
  assert.equal(again.stdout, one.stdout);
  const report = json(one.stdout);
  assert.deepEqual([report['schema'], report['fits'], report['windowMin'], report['seed'], report['blocks']], ['slackwater.rehearsal/v1', true, 360, 1, []]);
  assert.deepEqual(recordsAt(report, 'units').map(({ unit, outcome, nodes }) => [unit, outcome, nodes]), [
    ['control-plane', 'upgraded', 0],
    ['pool/system', 'upgraded', 3],
    ['pool/apps', 'upgraded', 6],
    ['pool/spot', 'upgraded', 2],
  ]);
  const ends = recordsAt(report, 'units').map(({ startMin, endMin }) => [Number(startMin), Number(endMin)] as const);
  for (const [index, [start, end]] of ends.entries()) assert.ok(start <= end && start >= (ends[index - 1]?.[1] ?? 0), 'one unit after the other');
  assert.deepEqual(recordAt(report, 'estimateMin'), { p50: ends.at(-1)?.[1], p90: ends.at(-1)?.[1] });
  assert.deepEqual(recordAt(report, 'peak'), { extraNodes: 2, extraCores: 16, extraAddresses: 2 });
  assert.ok(recordsAt(report, 'assumptions').some(({ what, value, unit }) => what === 'a surge node is Ready after' && value === 4 && unit === 'min'));
  assert.ok(recordsAt(report, 'unchecked').some(({ what }) => what === 'pods behind webhooks and load balancers'));
});

test('several seeds give percentiles and another night', async () => {
  const report = json((await rehearse('-s', snapshot, '-p', policy, '--seed', '5', '--seeds', '3', '-o', 'json')).stdout);
  const { p50, p90 } = recordAt(report, 'estimateMin');

  assert.deepEqual([report['seed'], report['seeds'], report['seedsThatFit']], [5, 3, 3]);
  assert.ok(Number(p50) <= Number(p90) && Number(p50) > 40);
});

test('a budget that allows nothing: its pool waits, the others go, and started in spite of that it blocks, where and until when', async () => {
  const blocked = changedSnapshot(imagesBudget, imagesBudget.replace('2', '3'));
  const words = ['-s', blocked, '-p', policy, '--seeds', '1'];
  const machine = await rehearse(...words, '-o', 'json');
  const report = json(machine.stdout);

  assert.deepEqual([machine.exitCode, report['fits']], [2, false]);
  assert.deepEqual(recordsAt(report, 'units').map(({ unit, outcome, startMin }) => [unit, outcome, startMin === null]), [
    ['control-plane', 'upgraded', false],
    ['pool/system', 'upgraded', false],
    ['pool/apps', 'not-started', true],
    ['pool/spot', 'upgraded', false],
  ]);
  const [, , apps] = recordsAt(report, 'units');
  assert.deepEqual(apps?.['withheldBy'], ['PDB_STRUCTURAL shop/images']);
  const blocks = recordsAt(report, 'blocks');
  assert.ok(blocks.length > 0);
  for (const block of blocks) {
    assert.deepEqual([block['unit'], block['class'], block['budgets'], block['when'], block['untilMin']], ['pool/apps', 'PDB_STRUCTURAL', ['shop/images'], 'if-started', null]);
    assert.match(textAt(block, 'pod') ?? '', /^shop\/images-/);
    assert.match(textAt(block, 'node') ?? '', /^aks-apps-/);
    assert.match(textAt(block, 'remedy') ?? '', /^Lower minAvailable to 2, or run 4 replicas\.$/);
    // Azure gives up after the drain timeout of 30 minutes; the refusal began with the drain.
    const gaveUp = Number(block['azureGaveUpMin']) - Number(block['atMin']);
    assert.ok(gaveUp >= 29 && gaveUp <= 31, `gave up after ${gaveUp} min`);
  }

  const markdown = await rehearse(...words, '-o', 'markdown');
  assert.equal(markdown.exitCode, 2);
  assert.match(markdown.stdout, /^\*\*Withheld\.\*\* lab-aks: preflight withholds pool\/apps; started in spite of that, it would block\.$/m);
  assert.match(markdown.stdout, /^- `PDB_STRUCTURAL` pool\/apps, if started, \+\d+ .*shop\/images.* Lower minAvailable to 2/m);
});

test('a policy that lets findings pass meets the block in the night itself', async () => {
  const blocked = changedSnapshot(imagesBudget, imagesBudget.replace('2', '3'));
  const lenient = changedPolicy((text) => text.replace('  onBlocked:', '  onFinding: { action: warn }\n  onBlocked:'));
  const { exitCode, stdout } = await rehearse('-s', blocked, '-p', lenient, '--seeds', '1', '-o', 'json');
  const report = json(stdout);

  assert.equal(exitCode, 2);
  const [block] = recordsAt(report, 'blocks').filter(({ when }) => when === 'night');
  assert.deepEqual([block?.['unit'], block?.['class'], block?.['budgets']], ['pool/apps', 'PDB_STRUCTURAL', ['shop/images']]);
  assert.ok(['blocked', 'quarantined'].includes(textAt(recordsAt(report, 'units')[2] ?? {}, 'outcome') ?? ''));
});

test('AKS refuses every pool while a budget has maxUnavailable 0: the night stops there, and the budget is named', async () => {
  const unsatisfiable = changedSnapshot(imagesBudget, imagesBudget.replace('"minAvailable":2', '"maxUnavailable":0'));
  const { exitCode, stdout } = await rehearse('-s', unsatisfiable, '-p', policy, '--seeds', '1', '-o', 'json');
  const [block] = recordsAt(json(stdout), 'blocks');

  assert.equal(exitCode, 2);
  assert.deepEqual([block?.['unit'], block?.['class'], block?.['budgets'], block?.['when']], ['pool/system', 'PDB_STRUCTURAL', ['shop/images'], 'night']);
});

test('on a recorded cluster no pod is foretold to block whose eviction its API server allowed', { skip: recordings.skip }, async () => {
  const recorded = fileURLToPath(new URL('snapshot/', recordings.url));
  const { exitCode, stdout } = await rehearse('-s', recorded, '-p', join(recorded, 'policy.yaml'), '--seeds', '1', '-o', 'json');
  const report = json(stdout);
  const answers = new Map(recordsAt({ rows: recordings.readJson('snapshot/evictions.json') }, 'rows').map((row) => [`${textAt(row, 'namespace')}/${textAt(row, 'pod')}`, row['status']]));
  const blocks = recordsAt(report, 'blocks');

  assert.equal(exitCode, 2);
  assert.ok(blocks.length >= 10);
  for (const block of blocks) assert.ok([429, 500].includes(Number(answers.get(textAt(block, 'pod') ?? ''))), textAt(block, 'pod') ?? '');
  const classes = new Set(blocks.map((block) => block['class']));
  assert.deepEqual(['PDB_STRUCTURAL', 'PDB_TRANSIENT', 'PDB_MULTIPLE'].filter((word) => !classes.has(word)), []);
});

test('a field for which nothing is sent stops its pool, and what it hides is tried without it', { skip: recordings.skip }, async () => {
  const recorded = fileURLToPath(new URL('snapshot/', recordings.url));
  const own = changedPolicy((text) => text.replace(/kubernetesVersion: .*/, '').replace(/order: .*/, 'order: []'));
  const report = json((await rehearse('-s', recorded, '-p', own, '--seeds', '1', '-o', 'json')).stdout);

  assert.ok(recordsAt(report, 'assumptions').some(({ what }) => String(what).includes('tried without properties.upgradeSettings.maxBlockedNodes')));
  assert.ok(recordsAt(report, 'blocks').some(({ unit, when }) => unit === 'pool/apps' && when === 'if-started'));
});

test('a pool whose nodes the snapshot lacks is not called rehearsed', async () => {
  const lacking = mkdtempSync(join(folder, 'lacking-'));
  cpSync(snapshot, lacking, { recursive: true });
  const list = json(readFileSync(join(snapshot, 'kubernetes.json'), 'utf8'));
  const items = recordsAt(list, 'items').filter((item) => item['kind'] !== 'Node' || recordAt(item, 'metadata', 'labels')['kubernetes.azure.com/agentpool'] !== 'spot');
  writeFileSync(join(lacking, 'kubernetes.json'), JSON.stringify({ ...list, items }));
  const { exitCode, stdout } = await rehearse('-s', lacking, '-p', policy, '--seeds', '1');

  assert.equal(exitCode, 2);
  assert.match(stdout, /^NOT SEEN lab-aks: the snapshot lacks nodes of pool\/spot/m);
  assert.match(stdout, /drains of pool spot: Azure counts 2 nodes, the snapshot holds 0/);
});

test('a night that is too short leaves units unstarted, and says how long the work takes', async () => {
  const short = changedPolicy((text) => text.replace('durationHours: 6', 'durationHours: 1'));
  const { exitCode, stdout } = await rehearse('-s', snapshot, '-p', short, '--seeds', '1');

  assert.equal(exitCode, 2);
  assert.match(stdout, /^TOO SHORT lab-aks: the work takes about 1 h \d+ min, the window lasts 1 h; it fits in 0 of 1 night\.$/m);
  assert.match(stdout, /^pool\/apps +– +– +not-started +6 +45$/m);
  assert.match(stdout, /pool\/apps: .*; if started: upgraded after \d+ min/);
});

test('the text is the verdict first, then units, what was needed at most, what was assumed and what could not be rehearsed', async () => {
  const { exitCode, stdout } = await rehearse('-s', snapshot, '-p', policy, '--seeds', '1');

  assert.equal(exitCode, 0);
  assert.equal(stdout, readFileSync(new URL('./golden/rehearsal.txt', import.meta.url), 'utf8'));
});

test('wrong use exits 1 with every fault, and nothing is played', async () => {
  const table: readonly (readonly [readonly string[], readonly RegExp[]])[] = [
    [['-s', snapshot], [/--policy FILE/]],
    [['-p', policy], [/--snapshot DIR/]],
    [['-s', snapshot, '-p', policy, '--seed', 'x', '--seeds', '0', '--at', 'now', '--now', 'now'], [/--seed is "x"/, /--seeds is "0"/, /--at and --now/]],
    [['-s', snapshot, '-p', policy, '--at', 'soon'], [/--at is "soon"/]],
    [['-s', join(folder, 'none'), '-p', policy], [/no folder/]],
    [['-s', snapshot, '-p', join(root, 'fixtures/policies/shop-prod-weu.yaml')], [/holds no policy for .*lab-aks/]],
  ];
  for (const [words, wanted] of table) {
    const { exitCode, stdout, stderr } = await rehearse(...words);
    assert.deepEqual([exitCode, stdout], [1, ''], words.join(' '));
    for (const pattern of wanted) assert.match(stderr, pattern);
  }
});

test('the settings and sign-ins of the shell are not seen by the night, and are there again after it', async () => {
  process.env['GITHUB_APP_ID'] = 'not a number';
  process.env['APPLICATIONINSIGHTS_CONNECTION_STRING'] = 'InstrumentationKey=none;IngestionEndpoint=https://collector.invalid/';
  try {
    const { exitCode } = await rehearse('-s', snapshot, '-p', policy, '--seeds', '1', '-o', 'json');
    assert.deepEqual([exitCode, process.env['GITHUB_APP_ID']], [0, 'not a number']);
    assert.equal(process.env['SLACKWATER_ARM_ENDPOINT'], undefined);
  } finally {
    delete process.env['GITHUB_APP_ID'];
    delete process.env['APPLICATIONINSIGHTS_CONNECTION_STRING'];
  }
});

test('a package without the simulated world says so, and any other fault is not hidden', async () => {
  const told: string[] = [];
  const io = { now: () => 0, print: () => undefined, printError: (text: string) => void told.push(text), environment: {}, terminal: { columns: 80, colour: 'left-out' as const } };
  const missing = Object.assign(new Error('Cannot find module'), { code: 'ERR_MODULE_NOT_FOUND' });

  assert.equal(await loadSimulation('rehearse', io, () => Promise.reject(missing)), null);
  assert.deepEqual(told, ['slackwater rehearse: this package holds no simulated world. Run the command from a checkout of the sources.']);
  await assert.rejects(loadSimulation('rehearse', io, () => Promise.reject(new Error('broken'))), /broken/);
});
