import { armOperations, kubernetesOperations } from '../../adapters/cluster-operations.ts';
import type { AzureRole, ClusterRole } from '../../adapters/cluster-operations.ts';

const azureRoles: Readonly<Record<AzureRole, string>> = {
  reader: 'Slackwater Reader, in the subscription',
  'kubernetes-reader': 'Slackwater Kubernetes Reader, on the cluster',
  operator: 'Slackwater Operator, on the cluster',
};
const clusterRoles: Readonly<Record<ClusterRole, string>> = {
  reader: 'reader',
  'drain-rehearsal': 'writer, `slackwater-drain-rehearsal`',
  'node-release': 'writer, `slackwater-node-release`',
  'system:basic-user': 'both',
};

/** The page docs/permissions.md, from the lists the adapters work by. */
export function renderPermissions(): string {
  const arm = armOperations.map(({ method, path, actions, role, why }) => `| ${role === 'operator' ? 'writer' : 'reader'} | \`${method} ${short(path)}\` | ${actions.map(code).join('<br>')} | ${azureRoles[role]} | ${why} |`);
  const kubernetes = kubernetesOperations.map(({ verb, group, resource, dataAction, role, why }) => {
    const what = resource.startsWith('/') ? `${verb} ${resource}` : `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
    return `| ${clusterRoles[role]} | \`${what}\` | ${role === 'system:basic-user' ? '– (Kubernetes grants it to all it knows: `system:basic-user`)' : dataAction === null ? '– (`infra/kubernetes/rbac.yaml`)' : code(dataAction)} | ${why} |`;
  });
  return `# Permissions

Every operation Slackwater asks of Azure and of a cluster, and who is granted it. Made from \`adapters/cluster-operations.ts\`, by which the adapters refuse to send any other write;
\`WRITE_DOCS=1 node --test test/infra/permissions.test.ts\` writes it anew. \`infra/cluster/roles.bicep\` and \`infra/kubernetes/rbac.yaml\` grant these and no more.

Two identities: the **reader** runs the app and reads clusters; the **writer** upgrades, asks by dry run and releases nodes. In mode \`plan-only\` the writer is not attached to the app.
Not granted to either: \`listClusterAdminCredential\`, \`runCommand\`, any delete, Secrets, evictions that are no dry run, other labels of nodes.

## Azure Resource Manager

Paths begin at the resource group or the subscription; \`…\` is \`Microsoft.ContainerService/managedClusters\`.

| who | operation | actions | role | why |
| --- | --- | --- | --- | --- |
${arm.join('\n')}

\`…/write\` may change anything of a cluster, and Azure has no narrower action: each write is made from a fresh read, may differ from it in the fields it is named for alone, and is bound to the eTag
that was read (\`adapters/arm-write-guard.ts\`). \`subnets/join\` is asked for by Azure where pools lie in a network of one's own.

## Kubernetes API

Where Azure RBAC judges, the reader reads by data actions of the role Slackwater Kubernetes Reader; elsewhere by ClusterRole \`slackwater-reader\`.

| who | operation | data action | why |
| --- | --- | --- | --- |
${kubernetes.join('\n')}

## In the installation's own resource group

| who | role | on | why |
| --- | --- | --- | --- |
| reader | Storage Blob Data Owner | storage account | package, host leases |
| reader | Storage Queue Data Contributor, Storage Table Data Contributor | storage account | orchestrations, with \`DURABLE_BACKEND=storage\` alone |
| reader | Azure Service Bus Data Receiver, Azure Service Bus Data Sender | queue \`inbox\` | takes messages, puts webhooks in |
| reader | Azure Service Bus Data Sender | topic \`events\` | tells others |
| reader | Durable Task Data Contributor | scheduler | orchestrations |
| reader | Key Vault Secrets User, Key Vault Crypto User | vault | webhook secret; the App's key signs there |
| reader | Monitoring Metrics Publisher | Application Insights | telemetry |
| Event Grid | Azure Service Bus Data Sender | queue \`inbox\` | delivers events of AKS |
| Event Grid | Storage Blob Data Contributor | container \`undelivered-events\` | keeps what was not taken |
| whoever deploys | Durable Task Data Contributor, Key Vault Secrets Officer, Key Vault Crypto Officer | scheduler, vault | dashboard; brings key and secret in |
`;
}

function short(path: string): string {
  return path.replace('/providers/', '').replace('Microsoft.ContainerService/managedClusters', '…');
}

function code(action: string): string {
  return `\`${action.replace('Microsoft.ContainerService/managedClusters', '…')}\``;
}
