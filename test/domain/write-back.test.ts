import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDocumentValue } from '../../adapters/document-value.ts';
import type { WriteBackPlace } from '../../domain/maintenance-policy.ts';
import type { Pin } from '../../domain/pinned-version.ts';
import type { Running } from '../../domain/running-version.ts';
import { markerNamesOf, planFile } from '../../domain/write-back.ts';

const image = 'AKSUbuntu-2204gen2containerd-202610.12.0';
const cluster = {
  names: { own: ['shop-prod-weu', 'shop', 'twin'], shared: ['twin'] },
  runs: ({ pool, field }: Pin): Running => {
    if (field === 'nodeImageVersion') return { kind: 'runs', version: image };
    return pool === 'old' ? { kind: 'unknown', why: 'its nodes do not all run the same' } : { kind: 'runs', version: pool === 'usr' ? '1.35.2' : '1.35.3' };
  },
};

const byMarkers = (file: string): WriteBackPlace => ({ repository: null, file, path: null, pins: 'kubernetesVersion' });
const byPath = (file: string, path: string, pins = 'kubernetesVersion'): WriteBackPlace => ({ repository: null, file, path, pins });

function plan(file: string, text: string, places: readonly WriteBackPlace[] = [byMarkers(file)]) {
  const planned = planFile({ path: file, bytes: new TextEncoder().encode(text) }, places, cluster, findDocumentValue);
  const [changed] = planned.files;
  return { text: changed === undefined ? text : new TextDecoder().decode(changed.bytes), raised: planned.raised.map(({ line, pins, from, to }) => `${line} ${pins} ${from} ${to}`), kept: planned.kept.map(({ line, why }) => `${line}: ${why}`) };
}

const encodings: Readonly<Record<string, (text: string) => Uint8Array>> = {
  'UTF-8': (text) => new TextEncoder().encode(text),
  'UTF-8 with BOM': (text) => new Uint8Array([0xef, 0xbb, 0xbf, ...new TextEncoder().encode(text)]),
  'UTF-16LE with BOM': (text) => new Uint8Array([0xff, 0xfe, ...Buffer.from(text, 'utf16le')]),
  'UTF-16BE with BOM': (text) => new Uint8Array([0xfe, 0xff, ...Buffer.from(text, 'utf16le').swap16()]),
  'Windows-1252': (text) => new Uint8Array(Buffer.from(text.replace('→', '-'), 'latin1')),
};
const lineEnds = { LF: '\n', CRLF: '\r\n' };
/** Each: file, and lines with `@` where the version stands; the words around it must not move. */
const forms: readonly (readonly [file: string, lines: readonly string[]])[] = [
  ['main.tf', ['# größe → é', 'resource "x" "y" {', '  kubernetes_version = "@" # slackwater: shop-prod-weu kubernetesVersion', '}']],
  ['main.tf', ['  # slackwater: shop-prod-weu kubernetesVersion', '\tkubernetes_version="@"', '# ümlaut']],
  ['main.tf', ['// slackwater: SHOP-prod-weu kubernetesVersion', '# another comment', '  default = "@"', 'x = "${var.a}" # ß']],
  ['main.tf', ['/* slackwater: shop-prod-weu kubernetesVersion */ v = "@"', 'é']],
  ['terraform.tfvars', ['clusters = { weu = { name = "é", version = "@", pools = [] } } // slackwater: shop kubernetesVersion']],
  ['aks.bicep', ['// slackwater: shop-prod-weu kubernetesVersion', "param kubernetesVersion string = '@'", '// é']],
  ['aks.bicep', ["    kubernetesVersion: '@'   // slackwater:shop-prod-weu   kubernetesVersion  ", "  x: 'é${a}'"]],
  ['main.bicepparam', ['/* slackwater: shop-prod-weu kubernetesVersion */', '#disable-next-line no-unused-params', "param v = '@'", '// é']],
  ['arm.json', ['{ "name": "é",', '  // slackwater: shop-prod-weu kubernetesVersion', '\t"kubernetesVersion": "@",', '  "x": 1 }']],
  ['arm.json', ['{ "n": "é", "kubernetesVersion": "@" } // slackwater: shop-prod-weu kubernetesVersion']],
  ['cluster.yaml', ['# slackwater: shop-prod-weu kubernetesVersion', 'version: "@"', 'é: ü']],
  ['cluster.yml', ["  - '@' # slackwater: shop-prod-weu kubernetesVersion", 'é: ü']],
  ['cluster.yml', ['version: &v @   # slackwater: shop-prod-weu kubernetesVersion', 'é: *v']],
  ['cluster.yml', ["it's: {name: é, version: @, x: [1]} # slackwater: shop-prod-weu kubernetesVersion"]],
];

test('only the version changes, in every language, encoding, line end and form of comment', () => {
  let tried = 0;
  for (const [file, lines] of forms) {
    for (const [encoding, encode] of Object.entries(encodings)) {
      for (const [ending, end] of Object.entries(lineEnds)) {
        for (const last of ['', end]) {
          for (const [before, after] of [['1.34', '1.35'], ['1.34.7', '1.35.3'], ['1.35.2', '1.35.3']] as const) {
            const withVersion = (version: string): string => lines.join(end).replace('@', version) + last;
            const planned = planFile({ path: file, bytes: encode(withVersion(before)) }, [byMarkers(file)], cluster, findDocumentValue);

            assert.deepEqual(planned.files[0]?.bytes, encode(withVersion(after)), `${file} ${encoding} ${ending} ${before}: ${JSON.stringify(planned)}`);
            assert.deepEqual(planned.kept, []);
            const again = planFile({ path: file, bytes: encode(withVersion(after)) }, [byMarkers(file)], cluster, findDocumentValue);
            assert.deepEqual([again.files, again.raised, again.kept], [[], [], []]);
            tried += 1;
          }
        }
      }
    }
  }
  assert.equal(tried, forms.length * 5 * 2 * 2 * 3);
});

const marker = '# slackwater: shop kubernetesVersion';
const values: readonly (readonly [what: string, file: string, text: string, after: string | null, told: RegExp | null])[] = [
  ['a minor stays a minor', 'a.yaml', `v: "1.34" ${marker}`, `v: "1.35" ${marker}`, null],
  ['a leading v stays', 'a.yaml', `v: v1.34.1 ${marker}`, `v: v1.35.3 ${marker}`, null],
  ['two minors behind are raised in one step, for the cluster runs it', 'a.tf', `v = "1.33.0" ${marker}`, `v = "1.35.3" ${marker}`, null],
  ['a minor that is right is left', 'a.tf', `v = "1.35" ${marker}`, null, null],
  ['a newer patch is never lowered', 'a.tf', `v = "1.35.4" ${marker}`, null, /newer than what runs, 1\.35\.3/],
  ['a newer minor is never lowered', 'a.tf', `v = "1.36" ${marker}`, null, /newer than what runs/],
  ['1.9 is older than 1.35', 'a.tf', `v = "1.9" ${marker}`, `v = "1.35" ${marker}`, null],
  ['a variable', 'a.tf', `v = var.kubernetes_version ${marker}`, null, /variable or an expression/],
  ['an interpolation', 'a.tf', `v = "\${local.minor}.3" ${marker}`, null, /variable or an expression/],
  ['a function with a version in it', 'a.tf', `v = coalesce(var.v, "1.34") ${marker}`, null, /variable or an expression/],
  ['a function with more behind the version', 'a.tf', `v = coalesce("1.34", var.v) ${marker}`, null, /variable or an expression/],
  ['a condition', 'a.tf', `v = var.new ? "1.34" : "1.33" ${marker}`, null, /variable or an expression/],
  ['a comparison', 'a.tf', `v = var.v == "1.34" ${marker}`, null, /variable or an expression/],
  ['an index', 'a.tf', `v = { weu = "1.34" }["weu"] ${marker}`, null, /variable or an expression/],
  ['a range', 'a.tf', `v = "~> 1.34" ${marker}`, null, /variable or an expression/],
  ['a Bicep parameter', 'a.bicep', 'kubernetesVersion: version // slackwater: shop kubernetesVersion', null, /variable or an expression/],
  ['a Bicep condition', 'a.bicep', "v: isNew ? '1.34' : '1.33' // slackwater: shop kubernetesVersion", null, /variable or an expression/],
  ['a Bicep parameter that may be null', 'a.bicep', "param v string? = '1.34' // slackwater: shop kubernetesVersion", "param v string? = '1.35' // slackwater: shop kubernetesVersion", null],
  ['an ARM expression', 'a.json', `"v": "[parameters('version')]", // slackwater: shop kubernetesVersion`, null, /variable or an expression/],
  ['a template in YAML', 'a.yaml', `v: "{{ .Values.version }}" ${marker}`, null, /variable or an expression/],
  ['an alias in YAML', 'a.yaml', `v: *version ${marker}`, null, /variable or an expression/],
  ['words around a version', 'a.yaml', `v: 1.34 or newer ${marker}`, null, /variable or an expression/],
  ['two versions on a line', 'a.yaml', `v: {a: "1.34", b: "1.33"} ${marker}`, null, /several versions/],
  ['a marker with a blank line below', 'a.yaml', `${marker}\n\nv: "1.34"`, null, /no value stands on the line/],
  ['a marker at the end of the file', 'a.yaml', `v: "1.34"\n${marker}`, null, /no value stands on the line/],
  ['a marker of another cluster', 'a.yaml', 'v: "1.34" # slackwater: shop-prod-neu kubernetesVersion', null, null],
  ['a longer name that begins like ours', 'a.yaml', 'v: "1.34" # slackwater: shop-prod-weu-2 kubernetesVersion', null, null],
  ['a value that two clusters share', 'a.yaml', `${marker}\n# slackwater: shop-neu kubernetesVersion\nv: "1.34"`, null, /another cluster, shop-neu, too/],
  ['a name that two clusters go by', 'a.yaml', 'v: "1.34" # slackwater: twin kubernetesVersion', null, /several clusters are called twin; write the name of the policy/],
  ['a marker that does not say what', 'a.yaml', 'v: "1.34" # slackwater: shop', null, /must end in/],
  ['a marker with more words behind', 'a.yaml', 'v: "1.34" # slackwater: shop kubernetesVersion of the pool', null, /must end in/],
  ['a marker in the wrong order', 'a.yaml', 'v: "1.34" # slackwater: shop kubernetesVersion pool/usr', null, /must end in/],
  ['a marker within a text', 'a.tf', 'v = "# slackwater: shop kubernetesVersion"\nw = "1.34"', null, null],
  ['a # that begins no comment in YAML', 'a.yaml', 'v: 1.34#slackwater: shop kubernetesVersion', null, null],
  ['a quote within a word of YAML', 'a.yaml', `it's: "1.34" ${marker}`, `it's: "1.35" ${marker}`, null],
  ['a pool', 'a.tf', 'v = "1.34.1" # slackwater: shop pool/usr kubernetesVersion', 'v = "1.35.2" # slackwater: shop pool/usr kubernetesVersion', null],
  ['a pool of which nobody knows what it runs', 'a.tf', 'v = "1.34" # slackwater: shop pool/old kubernetesVersion', null, /do not all run the same/],
  ['a node image', 'a.tf', 'v = "AKSUbuntu-2204gen2containerd-202609.22.0" # slackwater: shop pool/usr nodeImageVersion', `v = "${image}" # slackwater: shop pool/usr nodeImageVersion`, null],
  ['a newer node image', 'a.tf', 'v = "AKSUbuntu-2204gen2containerd-202611.01.0" # slackwater: shop pool/usr nodeImageVersion', null, /newer than what runs/],
  ['a version where an image is pinned', 'a.tf', 'v = "1.34" # slackwater: shop pool/usr nodeImageVersion', null, /no node image that stands for itself/],
  ['two markers at one value that agree', 'a.tf', `# slackwater: shop-prod-weu kubernetesVersion\nv = "1.34" ${marker}`, `# slackwater: shop-prod-weu kubernetesVersion\nv = "1.35" ${marker}`, null],
];
for (const [what, file, text, after, told] of values) {
  test(`a value: ${what}`, () => {
    const planned = plan(file, text);

    assert.equal(planned.text, after ?? text);
    assert.equal(planned.raised.length, after === null ? 0 : 1);
    if (told === null) assert.deepEqual(planned.kept, []);
    else assert.match(planned.kept.join('\n'), told);
  });
}

test('a bare minor that ends in zero would be another number, so it is not written', () => {
  const runs140 = { ...cluster, runs: (): Running => ({ kind: 'runs', version: '1.40.1' }) };
  const bytes = (text: string) => new TextEncoder().encode(text);

  const bare = planFile({ path: 'a.yaml', bytes: bytes(`v: 1.39 ${marker}`) }, [byMarkers('a.yaml')], runs140, findDocumentValue);
  const quoted = planFile({ path: 'a.yaml', bytes: bytes(`v: "1.39" ${marker}`) }, [byMarkers('a.yaml')], runs140, findDocumentValue);

  assert.deepEqual([bare.raised, bare.kept[0]?.why], [[], '1.40 without quotes would be read as the number 1.4; put the value in quotes']);
  assert.equal(quoted.raised[0]?.to, '1.40');
});

const template = `{
  "parameters": { "kubernetesVersion": { "value": "1.34" /* now */ } }, // the cluster
  "resources": [
    { "properties": { "kubernetesVersion": "1.34.2", "agentPoolProfiles": [ { "name": "sys", "orchestratorVersion": "1.34.2" }, { "name": "usr", "orchestratorVersion": "1.34.2" } ] } }
  ]
}`;
const paths: readonly (readonly [what: string, file: string, text: string, place: WriteBackPlace, told: string])[] = [
  ['a parameter', 'a.json', template, byPath('a.json', 'parameters.kubernetesVersion.value'), '2 kubernetesVersion 1.34 1.35'],
  ['a position', 'a.json', template, byPath('a.json', 'resources[0].properties.kubernetesVersion'), '4 kubernetesVersion 1.34.2 1.35.3'],
  ['an item by its name', 'a.json', template, byPath('a.json', 'resources[0].properties.agentPoolProfiles[name=usr].orchestratorVersion', 'pool/usr kubernetesVersion'), '4 pool/usr kubernetesVersion 1.34.2 1.35.2'],
  ['YAML', 'a.yaml', 'é: ü\nspec:\n  version: 1.34 # now\n', byPath('a.yaml', 'spec.version'), '3 kubernetesVersion 1.34 1.35'],
  ['YAML in single quotes', 'a.yaml', "spec: { version: '1.34' }", byPath('a.yaml', 'spec.version'), '1 kubernetesVersion 1.34 1.35'],
  ['a name with dots', 'a.yaml', 'annotations:\n  aks.example/version: "1.34"\n', byPath('a.yaml', 'annotations["aks.example/version"]'), '2 kubernetesVersion 1.34 1.35'],
  ['the one document that has it', 'a.yaml', 'a: 1\n---\nversion: "1.34"\n', byPath('a.yaml', 'version'), '3 kubernetesVersion 1.34 1.35'],
  ['Terraform', 'a.tf', 'resource "aks" "weu" {\n  version = "1.34.2" # now\n}\n', byPath('a.tf', 'resource.aks.weu.version'), '2 kubernetesVersion 1.34.2 1.35.3'],
  ['Bicep', 'a.bicep', "// é\nparam version string = '1.34'\n", byPath('a.bicep', 'version'), '2 kubernetesVersion 1.34 1.35'],
  ['a variable of Terraform', 'a.tf', 'a {\n  v = var.v\n}\n', byPath('a.tf', 'a.v'), '2: it holds no version that stands for itself, but a variable or an expression'],
  ['nowhere', 'a.json', template, byPath('a.json', 'parameters.version.value'), '1: parameters.version.value: the path leads nowhere'],
  ['an object', 'a.json', template, byPath('a.json', 'parameters'), '1: parameters: the path leads to no single value'],
  ['two documents', 'a.yaml', 'version: "1.34"\n---\nversion: "1.34"\n', byPath('a.yaml', 'version'), '1: version: several documents have the path'],
  ['two items of one name', 'a.yaml', 'pools: [{name: usr, v: "1.34"}, {name: usr, v: "1.34"}]', byPath('a.yaml', 'pools[name=usr].v'), '1: pools[name=usr].v: the path leads nowhere'],
  ['an alias', 'a.yaml', 'a: &v "1.34"\nb: *v\n', byPath('a.yaml', 'b'), '1: b: it is an alias of a value elsewhere'],
  ['several lines', 'a.yaml', 'a: >-\n  1.34\n', byPath('a.yaml', 'a'), '1: a: it is written over several lines'],
  ['a file with faults', 'a.json', '{ "a": "1.34" ', byPath('a.json', 'a'), '1: a: the file is no JSON that can be read'],
  ['an ARM expression', 'a.json', `{ "a": "[variables('v')]" }`, byPath('a.json', 'a'), '1: it holds no version that stands for itself, but a variable or an expression'],
];
for (const [what, file, text, place, told] of paths) {
  test(`a path leads to ${what}`, () => {
    const planned = plan(file, text, [place]);

    assert.deepEqual([...planned.raised, ...planned.kept], [told]);
    if (planned.raised.length === 0) assert.equal(planned.text, text);
    else assert.equal(planned.text.length - text.length, told.endsWith('1.35.3') || told.endsWith('1.35') || told.endsWith('1.35.2') ? 0 : 1);
  });
}

test('paths keep encodings and line ends too', () => {
  for (const [encoding, encode] of Object.entries(encodings)) {
    for (const end of Object.values(lineEnds)) {
      for (const [file, lines] of [['a.json', ['{', '\t"é": "ü", // ß', '\t"v": "@"', '}']], ['a.yaml', ['é: ü # ß', 'v: "@"']]] as const) {
        const withVersion = (version: string): Uint8Array => encode(lines.join(end).replace('@', version));

        const planned = planFile({ path: file, bytes: withVersion('1.34') }, [byPath(file, 'v')], cluster, findDocumentValue);

        assert.deepEqual(planned.files[0]?.bytes, withVersion('1.35'), `${file} ${encoding}: ${JSON.stringify(planned.kept)}`);
      }
    }
  }
});

test('a cluster goes by its name and its policy\'s, as far as no other cluster does', () => {
  const id = (group: string, name: string): string => `/subscriptions/0/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${name}`;
  const policies = [{ name: 'weu', clusterResourceId: id('a', 'shop') }, { name: 'neu', clusterResourceId: id('b', 'Shop') }, { name: 'pay', clusterResourceId: id('c', 'pay') }];

  assert.deepEqual(markerNamesOf(id('A', 'shop'), 'weu', policies), { own: ['shop', 'weu'], shared: ['shop'] });
  assert.deepEqual(markerNamesOf(id('c', 'pay'), 'pay', policies), { own: ['pay', 'pay'], shared: [] });
});

test('a file that is no text is named and left', () => {
  for (const bytes of [new Uint8Array([0xff, 0xfe, 0x41]), new Uint8Array([0x76, 0, 0x3d])]) {
    const planned = planFile({ path: 'a.tf', bytes }, [byMarkers('a.tf')], cluster, findDocumentValue);

    assert.deepEqual([planned.files, planned.kept.map(({ why }) => why)], [[], ['it is no text']]);
  }
});

test('many pins of one file are raised at once, each at its place', () => {
  const text = Array.from({ length: 200 }, (_, index) => `v${index} = "${index % 2 === 0 ? '1.9' : '1.34.10'}" # slackwater: shop kubernetesVersion`).join('\n');

  const planned = plan('a.tf', text);

  assert.equal(planned.raised.length, 200);
  assert.equal(planned.text, text.replaceAll('1.9"', '1.35"').replaceAll('1.34.10"', '1.35.3"'));
});

const hostile: readonly (readonly [what: string, file: string, text: string, place: WriteBackPlace])[] = [
  ['one line of many values', 'a.json', `{${'"a": "1.34", '.repeat(80_000)} "b": 1 } // slackwater: shop kubernetesVersion`, byMarkers('a.json')],
  ['quotes that never close', 'a.yaml', `${"a: ' ".repeat(150_000)}\n${marker}`, byMarkers('a.yaml')],
  ['a comment of blanks', 'a.yaml', `# slackwater: shop ${' '.repeat(900_000)}x`, byMarkers('a.yaml')],
  ['comments that never close', 'a.json', '/*'.repeat(400_000), byPath('a.json', 'a')],
  ['brackets within brackets', 'a.json', '['.repeat(400_000), byPath('a.json', 'a')],
  ['brackets within brackets', 'a.yaml', '['.repeat(200_000), byPath('a.yaml', 'a')],
];
for (const [what, file, text, place] of hostile) {
  test(`${what} in ${file} are read in time, and change nothing`, () => {
    const start = performance.now();

    assert.deepEqual(plan(file, text, [place]).raised, []);
    assert.ok(performance.now() - start < 10_000, String(performance.now() - start));
  });
}

test('a long file is read in time that grows with its length', () => {
  const text = `${'value = "x" # y\n'.repeat(50_000)}v = "1.34" ${marker}\n`;
  const start = performance.now();

  assert.equal(plan('a.tf', text).raised.length, 1);
  assert.ok(performance.now() - start < 5_000);
});
