import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCodeValue } from '../../domain/code-path.ts';
import { parseDocumentPath } from '../../domain/document-path.ts';

const terraform = `# kubernetes_version = "0.0"
locals { version = "1.31", other = { "a.b" = "1.30" } }
/* resource "azurerm_kubernetes_cluster" "lab" {
  kubernetes_version = "0.1"
} */
variable "kubernetes_version" {
  type    = string
  default = "1.33" // now
}
resource "azurerm_kubernetes_cluster" "lab" {
  name               = "lab-\${var.a["x"]}-}"
  kubernetes_version = "1.34"
  tags = merge(var.tags, {
    kubernetes_version = "0.2"
  })
  notes = <<-EOT
    kubernetes_version = "0.3"
  EOT
  default_node_pool {
    name                 = "system"
    orchestrator_version = "1.34.1" # { not a bracket
  }
  computed = var.new ? "1.34" : "1.33"
}
resource "azurerm_kubernetes_cluster_node_pool" "apps" {
  orchestrator_version = var.version
}
pools = [
  { name = "sys", version = "1.34.2" },
  { name = "usr", version = "1.34.3" },
]
node_pool {
  name    = "one"
  version = "1.34.4"
}
node_pool {
  name    = "two"
  version = "1.34.5"
}
`;
const bicep = `// version
@description('The version of ''it''')
param kubernetesVersion string = '1.33'
param other string? = '1.32'
var text = '''
param kubernetesVersion string = '0.0'
'''
var versions = {
  weu: '1.31'
  'a.b': '1.30'
}
resource aks 'Microsoft.ContainerService/managedClusters@2026-01-01' = {
  name: 'shop-\${a}'
  properties: {
    kubernetesVersion: '1.34'
    agentPoolProfiles: [
      {
        name: 'sys'
        orchestratorVersion: '1.34.1'
      }
      {
        name: 'usr', orchestratorVersion: '1.34.2'
      }
    ]
    enabled: isNew ? '1.34' : '1.33'
  }
}
resource maybe 'x@y' = if (isNew) {
  properties: { kubernetesVersion: '0.1' }
}
`;

const cases: readonly (readonly [language: 'terraform' | 'bicep', path: string, told: string])[] = [
  ['terraform', 'resource.azurerm_kubernetes_cluster.lab.kubernetes_version', '"1.34"'],
  ['terraform', 'resource.azurerm_kubernetes_cluster.lab.default_node_pool.orchestrator_version', '"1.34.1"'],
  ['terraform', 'variable.kubernetes_version.default', '"1.33"'],
  ['terraform', 'locals.version', '"1.31"'],
  ['terraform', 'locals.other["a.b"]', '"1.30"'],
  ['terraform', 'pools[1].version', '"1.34.3"'],
  ['terraform', 'pools[name=usr].version', '"1.34.3"'],
  ['terraform', 'node_pool[1].version', '"1.34.5"'],
  ['terraform', 'node_pool[name=one].version', '"1.34.4"'],
  ['terraform', 'node_pool.version', 'the path leads to several places'],
  ['terraform', 'resource.azurerm_kubernetes_cluster_node_pool.apps.orchestrator_version', 'var.version'],
  ['terraform', 'resource.azurerm_kubernetes_cluster.lab.computed', 'it is a variable or an expression'],
  ['terraform', 'resource.azurerm_kubernetes_cluster.lab.tags.kubernetes_version', 'the path leads nowhere'],
  ['terraform', 'resource.azurerm_kubernetes_cluster.lab', 'the path leads to no single value'],
  ['terraform', 'kubernetes_version', 'the path leads nowhere'],
  ['bicep', 'kubernetesVersion', "'1.33'"],
  ['bicep', 'other', "'1.32'"],
  ['bicep', 'versions.weu', "'1.31'"],
  ['bicep', 'versions["a.b"]', "'1.30'"],
  ['bicep', 'aks.properties.kubernetesVersion', "'1.34'"],
  ['bicep', 'aks.properties.agentPoolProfiles[0].orchestratorVersion', "'1.34.1'"],
  ['bicep', 'aks.properties.agentPoolProfiles[name=usr].orchestratorVersion', "'1.34.2'"],
  ['bicep', 'aks.properties.enabled', 'it is a variable or an expression'],
  ['bicep', 'maybe.properties.kubernetesVersion', 'the path leads nowhere'],
  ['bicep', 'text', 'it is a variable or an expression'],
];
for (const [language, path, told] of cases) {
  for (const [ending, end] of [['LF', '\n'], ['CRLF', '\r\n']] as const) {
    test(`${path} in ${language}, ${ending}`, () => {
      const text = (language === 'terraform' ? terraform : bicep).replaceAll('\n', end);

      const found = findCodeValue(text, language, parseDocumentPath(path) ?? assert.fail());

      assert.equal('missing' in found ? found.missing : text.slice(found.start, found.end), told);
    });
  }
}

test('whatever a stranger wrote is read in time', () => {
  for (const language of ['terraform', 'bicep'] as const) {
    for (const text of ['{'.repeat(300_000), 'a = ['.repeat(100_000), '/*'.repeat(300_000), '<<A\n'.repeat(20_000), "'''".repeat(100_001), `a = "${'${'.repeat(200_000)}`, 'a.'.repeat(300_000), '"'.repeat(300_001)]) {
      const start = performance.now();

      assert.ok('missing' in findCodeValue(text, language, ['a', 'b']), text.slice(0, 20));
      assert.ok(performance.now() - start < 5_000, `${language} ${text.slice(0, 10)} ${performance.now() - start}`);
    }
  }
});
