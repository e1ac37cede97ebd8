import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { readManifestFolder, readManifestText } from '../../adapters/manifest-folder.ts';
import { locateRemedies } from '../../domain/locate-remedies.ts';
import type { Amendment, Finding } from '../../domain/preflight-report.ts';

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A repository of these files. */
function repository(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-manifests-'));
  folders.push(folder);
  mkdirSync(join(folder, '.git'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const budget: Amendment = { kind: 'PodDisruptionBudget', namespace: 'pay', name: 'ledger-pdb', field: ['spec', 'maxUnavailable'], change: 'maxUnavailable: 1' };

function budgetText(namespace: string | null, spec = '  maxUnavailable: 0\n'): string {
  return `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: ledger-pdb\n${namespace === null ? '' : `  namespace: ${namespace}\n`}spec:\n${spec}`;
}

/** Remedy and owner of one finding after the manifests were looked at. */
async function locate(files: Readonly<Record<string, string>>, change: Partial<Finding> = {}, below = ''): Promise<Pick<Finding, 'remedy' | 'owner'>> {
  const read = await readManifestFolder(join(repository(files), below));
  assert.ok(read.ok);
  const finding: Finding = { code: 'PDB_STRUCTURAL', where: 'pay/ledger-pdb', severity: 'block', pools: ['usr'], message: '', remedy: 'Set it.', owner: null, evidence: {}, amendments: [budget], ...change };
  const report = locateRemedies({ schema: 'slackwater.preflight/v1', cluster: 'c', result: 'block', findings: [finding], pods: [], unchecked: [] }, read.value);
  const [located] = report.findings;
  assert.ok(located !== undefined);
  return { remedy: located.remedy, owner: located.owner };
}

test('a remedy names file and line of the field to change', async () => {
  const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: ledger-pdb, namespace: pay }\n';
  const kustomized = { 'base/pdb.yaml': budgetText(null), 'base/kustomization.yaml': 'resources: [pdb.yaml]\n' };
  const table: readonly (readonly [what: string, files: Readonly<Record<string, string>>, remedy: string])[] = [
    ['its own namespace', { 'pay/pdb.yaml': budgetText('pay') }, 'Set it. In pay/pdb.yaml:7: "maxUnavailable: 0" → "maxUnavailable: 1".'],
    ['another namespace', { 'pay/pdb.yaml': budgetText('shop') }, 'Set it.'],
    ['a later document', { 'all.yaml': `${service}---\n${budgetText('pay')}` }, 'Set it. In all.yaml:11: "maxUnavailable: 0" → "maxUnavailable: 1".'],
    ['a list of objects', { 'l.yaml': `apiVersion: v1\nkind: List\nitems:\n- apiVersion: policy/v1\n  kind: PodDisruptionBudget\n  metadata: { name: ledger-pdb, namespace: pay }\n  spec: { maxUnavailable: 0 }\n` }, 'Set it. In l.yaml:7: "maxUnavailable: 0" → "maxUnavailable: 1".'],
    ['no namespace anywhere', { 'pdb.yml': budgetText(null) }, 'Set it. In pdb.yml:6 (found by its name alone: no namespace is written there): "maxUnavailable: 0" → "maxUnavailable: 1".'],
    ['a namespace by kustomization', { ...kustomized, 'prod/kustomization.yaml': 'namespace: pay\nresources:\n- ../base\n' }, 'Set it. In base/pdb.yaml:6: "maxUnavailable: 0" → "maxUnavailable: 1".'],
    ['another namespace by kustomization', { ...kustomized, 'prod/kustomization.yaml': 'namespace: shop\nresources:\n- ../base\n' }, 'Set it.'],
    ['renamed by kustomization', { 'pdb.yaml': budgetText('pay'), 'kustomization.yaml': 'namePrefix: x-\nresources: [pdb.yaml]\n' }, 'Set it.'],
    ['two definitions', { 'a.yaml': budgetText('pay'), 'b.yaml': `\n${budgetText('pay')}` }, 'Set it. PodDisruptionBudget ledger-pdb is written more than once, and which is live cannot be told: a.yaml:7 and b.yaml:8.'],
    ['a patch that leaves the field alone', { 'a.yaml': budgetText('pay'), 'p.yaml': budgetText('pay', '  selector: {}\n') }, 'Set it. In a.yaml:7: "maxUnavailable: 0" → "maxUnavailable: 1".'],
    ['the field is missing', { 'a.yaml': budgetText('pay', '  selector: {}\n') }, 'Set it. In a.yaml:6: add "maxUnavailable: 1" to spec.'],
    ['it is mended already', { 'a.yaml': budgetText('pay', '  maxUnavailable: 1\n') }, 'Set it. In a.yaml:7 it reads "maxUnavailable: 1" already: the cluster has not taken it.'],
    ['a circle of kustomizations', { 'a/kustomization.yaml': 'resources: [../b]\n', 'b/kustomization.yaml': 'resources: [../a]\n' }, 'Set it.'],
    ['nothing', {}, 'Set it.'],
  ];
  for (const [what, files, remedy] of table) assert.equal((await locate(files)).remedy, remedy, what);
});

test('an object as a whole is named by where it begins, whatever field would change', async () => {
  const workload: Amendment = { kind: 'Deployment', namespace: 'shop', name: 'web', field: [], change: null };
  const files = { 'web.yaml': '# the shop\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\n' };
  assert.equal((await locate(files, { amendments: [workload] })).remedy, 'Set it. In web.yaml:2: Deployment web.');
  assert.equal((await locate(files, { amendments: [budget, workload] })).remedy, 'Set it. In web.yaml:2: Deployment web.', 'what is not found is not claimed');
  assert.equal((await locate(files, { amendments: [] })).remedy, 'Set it.');
});

test('files are named from the root of their repository, also when a folder of it is read', async () => {
  const files = { 'clusters/prod/pdb.yaml': budgetText('pay'), '.github/CODEOWNERS': '/clusters/prod/ @acme/pay\n' };
  const { remedy, owner } = await locate(files, {}, 'clusters');
  assert.match(remedy, /In clusters\/prod\/pdb\.yaml:7/);
  assert.equal(owner, '@acme/pay');
});

test('code owners of the file are the owner where the cluster names none', async () => {
  const files = { 'pay/pdb.yaml': budgetText('pay'), 'docs/CODEOWNERS': '* @late\n', CODEOWNERS: '* @all\npay/ @acme/pay @jo\n' };
  assert.equal((await locate(files)).owner, '@acme/pay, @jo', 'the root comes before docs');
  assert.equal((await locate(files, { owner: 'team-pay' })).owner, 'team-pay', 'an annotation is closer');
  assert.equal((await locate({ ...files, '.github/CODEOWNERS': '* @first\n' })).owner, '@first');
  assert.equal((await locate({ ...files, 'a.yaml': budgetText('pay') })).owner, null, 'two files without a common owner');
  assert.equal((await locate({ ...files, 'pay/b.yaml': budgetText('pay') })).owner, '@acme/pay, @jo', 'two files of one owner');
});

test('what cannot be read as plain YAML is said, and links are not followed', async () => {
  const folder = repository({ 'chart/templates/pdb.yaml': 'kind: {{ .Values.kind }}\n{{- if x }}\na: b: c\n', 'ok.yaml': budgetText('pay'), 'node_modules/x.yaml': budgetText('pay'), '.hidden/x.yaml': budgetText('pay') });
  symlinkSync(join(folder, 'ok.yaml'), join(folder, 'link.yaml'));
  const read = await readManifestFolder(folder);
  assert.ok(read.ok);
  assert.deepEqual(read.value.unread, ['chart/templates/pdb.yaml']);
  assert.deepEqual(read.value.documents.map(({ file }) => file), ['ok.yaml']);
  const report = locateRemedies({ schema: 'slackwater.preflight/v1', cluster: 'c', result: 'pass', findings: [], pods: [], unchecked: [] }, read.value);
  assert.match(report.unchecked[0]?.what ?? '', /^what chart\/templates\/pdb\.yaml in .* define$/);

  const missing = await readManifestFolder(join(folder, 'none'));
  assert.deepEqual(missing.ok ? [] : missing.faults.map(({ code }) => code), ['unreadable-folder']);
});

test('odd YAML gives what it holds and never fails', () => {
  const table: readonly (readonly [what: string, text: string, objects: number])[] = [
    ['empty', '', 0],
    ['a scalar', '42', 0],
    ['a template that happens to be YAML', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n', 0],
    ['no apiVersion', 'kind: Pod\nmetadata: { name: x }', 0],
    ['an alias', 'apiVersion: v1\nkind: &k Pod\nmetadata: { name: *k }', 1],
    ['a lost alias', 'apiVersion: v1\nkind: Pod\nmetadata: { name: *none }', 0],
    ['no YAML', 'a: [b', -1],
    ['keys twice', 'apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: { name: x }', 1],
    ['Windows line ends', 'apiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: x\r\n', 1],
  ];
  for (const [what, text, objects] of table) assert.equal(readManifestText(text, 'f.yaml')?.documents.length ?? -1, objects, what);
});
