import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isRecord, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import { root, slackwater } from './slackwater.ts';

const snapshot = join(root, 'fixtures/snapshot');
const policy = join(root, 'fixtures/policies/lab-aks.yaml');

const folder = mkdtempSync(join(tmpdir(), 'slackwater-plan-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function json(text: string) {
  const value: unknown = JSON.parse(text);
  assert.ok(isRecord(value));
  return value;
}

test('a plan shows units in order with their latest starts, for people and for machines', async () => {
  const text = await slackwater('plan', '--snapshot', snapshot, '--policy', policy);
  const machine = await slackwater('plan', '-s', snapshot, '-p', policy, '-o', 'json');

  assert.deepEqual([text.exitCode, text.stderr, machine.exitCode], [0, '', 0]);
  assert.match(text.stdout, /Window Sat 21 Nov 22:00 \(21:00Z\) to Sun 22 Nov 04:00 \(03:00Z\), 360 min\./);
  assert.match(text.stdout, /^pool\/apps .* 6 +2 +3 +45 /m);
  assert.match(text.stdout, /Estimate 112 of 360 min: fits\./);
  const plan = json(machine.stdout);
  assert.equal(plan['schema'], 'slackwater.plan/v1');
  assert.deepEqual([plan['estimateMinutes'], plan['fits']], [112, true]);
  assert.match(textAt(plan, 'digest') ?? '', /^[0-9a-f]{64}$/);
  assert.ok(text.stdout.includes(textAt(plan, 'digest') ?? 'no digest'));
  assert.deepEqual(recordsAt(plan, 'units').map((unit) => [unit['unit'], unit['latestStart']]), [
    ['control-plane', '2026-11-22T02:48:00Z'],
    ['pool/system', '2026-11-22T02:15:00Z'],
    ['pool/apps', '2026-11-22T02:15:00Z'],
    ['pool/spot', '2026-11-22T02:50:00Z'],
  ]);
  assert.equal(recordAt(plan, 'window')['opens'], '2026-11-21T21:00:00Z');
});

test('outside a window the next opening is planned', async () => {
  const { stdout } = await slackwater('plan', '-s', snapshot, '-p', policy, '--now', '2026-11-22T12:00Z', '-o', 'json');
  assert.equal(recordAt(json(stdout), 'window')['opens'], '2026-11-28T21:00:00Z');
});

test('a preflight that does not block exits 0 and prints the report of the contract', async () => {
  const { exitCode, stdout } = await slackwater('preflight', '--snapshot', snapshot, '--policy', policy, '-o', 'json');

  assert.equal(exitCode, 0);
  const report = json(stdout);
  assert.deepEqual(Object.keys(report), ['schema', 'cluster', 'result', 'findings', 'pods', 'unchecked']);
  assert.deepEqual([report['schema'], report['result']], ['slackwater.preflight/v1', 'warn']);
  assert.equal(recordsAt(report, 'pods').length, 115);
  assert.deepEqual(recordsAt(report, 'findings').map(({ code }) => code), ['SPOT_NO_DRAIN']);
});

test('a finding that blocks exits 2 and names the budget, the pool and the change', async () => {
  const blocked = mkdtempSync(join(folder, 'blocked-'));
  for (const name of ['cluster.json', 'nodepools.json', 'upgrades.json']) writeFileSync(join(blocked, name), readFileSync(join(snapshot, name)));
  const kubernetes = readFileSync(join(snapshot, 'kubernetes.json'), 'utf8');
  const raised = kubernetes.replace('"minAvailable":2,"selector":{"matchLabels":{"app":"images"}}', '"minAvailable":3,"selector":{"matchLabels":{"app":"images"}}');
  assert.notEqual(raised, kubernetes);
  writeFileSync(join(blocked, 'kubernetes.json'), raised);

  const { exitCode, stdout } = await slackwater('preflight', '-s', blocked, '-p', policy);

  assert.equal(exitCode, 2);
  const [verdict, , heading, row] = stdout.split('\n');
  assert.equal(verdict, 'BLOCKED lab-aks: pool apps must wait, others are not held back. 1 finding blocks, 1 warns.');
  assert.match(heading ?? '', /^What blocks +Where +Pools +Owner +Fix$/);
  assert.match(row ?? '', /^budget never allows an eviction +shop\/images +apps +team-shop +Lower minAvailable to 2, or run 4 replicas\.$/);
  assert.match(stdout, /^Why\n {2}PDB_STRUCTURAL shop\/images: .*minAvailable 3 of 3 pods needs 3\n {4}healthy;/m);
});

test('wrong use and broken input exit 1, with every fault and nothing on standard output', async () => {
  const broken = join(folder, 'broken.yaml');
  writeFileSync(broken, 'apiVersion: slackwater.dev/v1alpha1\nkind: MaintenancePolicy\n');
  const other = join(root, 'fixtures/policies/shop-prod-weu.yaml');
  const table: readonly (readonly [readonly string[], readonly RegExp[]])[] = [
    [['plan', '-s', snapshot], [/--policy FILE/]],
    [['plan', '-p', policy], [/--snapshot DIR/]],
    [['preflight'], [/--snapshot DIR/]],
    [['preflight', snapshot], [/is not understood/, /--snapshot DIR/]],
    [['preflight', '-s', join(folder, 'none')], [/no folder/]],
    [['preflight', '-s', folder, '--now', 'soon'], [/--now is "soon"/, /no cluster\.json/, /no kubernetes\.json/]],
    [['plan', '-s', snapshot, '-p', broken], [/broken\.yaml:\d+:\d+/]],
    [['plan', '-s', snapshot, '-p', other], [/holds no policy for .*lab-aks/]],
  ];
  for (const [words, wanted] of table) {
    const { exitCode, stdout, stderr } = await slackwater(...words);
    assert.deepEqual([exitCode, stdout], [1, ''], words.join(' '));
    for (const pattern of wanted) assert.match(stderr, pattern);
  }
});

test('as a program it names file and line of what to change, as Markdown too, and shows no colour to a pipe', () => {
  const blocked = mkdtempSync(join(folder, 'manifests-'));
  for (const name of ['cluster.json', 'nodepools.json', 'upgrades.json']) writeFileSync(join(blocked, name), readFileSync(join(snapshot, name)));
  const kubernetes = readFileSync(join(snapshot, 'kubernetes.json'), 'utf8');
  writeFileSync(join(blocked, 'kubernetes.json'), kubernetes.replace('"minAvailable":2,"selector":{"matchLabels":{"app":"images"}}', '"minAvailable":3,"selector":{"matchLabels":{"app":"images"}}'));
  const manifests = mkdtempSync(join(folder, 'repository-'));
  writeFileSync(join(manifests, 'images.yaml'), 'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: images, namespace: shop }\nspec:\n  minAvailable: 3\n');
  const run = (...words: readonly string[]) =>
    spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'cli/main.ts'), 'preflight', '-s', blocked, '-p', policy, ...words], { encoding: 'utf8' });

  const text = run('--manifests', manifests);
  assert.deepEqual([text.status, text.stderr], [2, '']);
  assert.match(text.stdout.replace(/\s+/g, ' '), /In images\.yaml:5: "minAvailable: 3" → "minAvailable: 2"\./);
  assert.doesNotMatch(text.stdout, /\u001b/);

  const markdown = run('--manifests', manifests, '-o', 'markdown');
  assert.equal(markdown.status, 2);
  assert.match(markdown.stdout, /^\| budget never allows an eviction \(`PDB_STRUCTURAL`\) \| `shop\/images` \| `apps` \| `team-shop` \| Lower minAvailable to 2, .*images\.yaml:5/m);

  const lost = run('--manifests', join(folder, 'nowhere'));
  assert.deepEqual([lost.status, lost.stdout], [1, '']);
  assert.match(lost.stderr, /unreadable-folder/);
});
