import type { Cluster } from '../domain/cluster-snapshot.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { isRecord, recordAt, recordsAt, textAt } from '../domain/json.ts';
import { unreadableAnswer } from './arm-failure.ts';
import { callArm, createArmConnector } from './arm-pipeline.ts';
import type { ArmConnection } from './arm-pipeline.ts';
import { parseClusterId } from './arm-resource-id.ts';
import type { KubernetesServers } from './kubernetes-client.ts';
import type { KubernetesServer } from './kubernetes-transport.ts';
import { requireSafeEndpoint } from './loopback.ts';

/**
 * Finds API servers by the kubeconfig ARM gives to cluster users: address and certificate authority only, its
 * credentials are left aside. Of a cluster without Entra ID they would be those of an administrator, so there it is not even asked for.
 *
 * An answer is kept until `forget`. Errors: as ARM gives them, `no-entra-id` (terminal) and `unreadable-answer`.
 */
export function createKubernetesServers(connection: ArmConnection): KubernetesServers {
  const open = createArmConnector(connection);
  const known = new Map<string, KubernetesServer>();
  return {
    async find({ resourceId, access }) {
      if (access?.signIn === 'certificates') return { ok: false, failure: noEntra };
      const remembered = known.get(keyOf(resourceId));
      if (remembered !== undefined) return { ok: true, value: remembered };
      const id = parseClusterId(resourceId);
      if (!id.ok) return id;
      const { subscriptionId, resourceGroup, cluster } = id.value;
      const client = await open(subscriptionId, null);
      const answer = await callArm(connection, (options) =>
        client.managedClusters.listClusterUserCredentials(resourceGroup, cluster, options),
      );
      if (!answer.ok) return answer;
      const server = await readServer(answer.value.body, connection.allowInsecureConnection);
      if (server.ok) known.set(keyOf(resourceId), server.value);
      return server;
    },
    forget({ resourceId }: Cluster) {
      known.delete(keyOf(resourceId));
    },
  };
}

const noEntra: Failure = {
  code: 'no-entra-id',
  class: 'terminal',
  message: 'The cluster has no Entra ID, so its API server takes no token.',
  remedy: 'Turn Entra ID on: az aks update --enable-aad.',
  retryAfterSeconds: null,
};

function keyOf(resourceId: string): string {
  return resourceId.toLowerCase();
}

async function readServer(
  body: unknown,
  allowInsecureConnection: ArmConnection['allowInsecureConnection'],
): Promise<Outcome<KubernetesServer>> {
  const encoded = isRecord(body) ? textAt(recordsAt(body, 'kubeconfigs')[0] ?? {}, 'value') : null;
  if (encoded === null) return unreadable('it holds no kubeconfig');
  const { parseYaml } = await import('./document-readers.ts');
  try {
    const config: unknown = parseYaml(Buffer.from(encoded, 'base64').toString('utf8'));
    const cluster = isRecord(config) ? recordAt(recordsAt(config, 'clusters')[0] ?? {}, 'cluster') : {};
    const server = textAt(cluster, 'server');
    if (server === null) return unreadable('its kubeconfig names no server');
    const authority = textAt(cluster, 'certificate-authority-data');
    return {
      ok: true,
      value: {
        url: requireSafeEndpoint(server, allowInsecureConnection),
        certificateAuthority: authority === null ? null : Buffer.from(authority, 'base64').toString('utf8'),
      },
    };
  } catch (thrown) {
    return unreadable(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function unreadable(why: string): Outcome<KubernetesServer> {
  return { ok: false, failure: unreadableAnswer('The list of cluster user credentials', why) };
}
