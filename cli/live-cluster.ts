import { readClusterSnapshot } from '../activities/read-cluster-snapshot.ts';
import type { SnapshotPorts } from '../activities/read-cluster-snapshot.ts';
import { createAksPort } from '../adapters/aks-client.ts';
import type { ArmConnection } from '../adapters/arm-pipeline.ts';
import { parseClusterId } from '../adapters/arm-resource-id.ts';
import { createAzureFactsPort } from '../adapters/azure-facts-client.ts';
import { createAzureCredential, createLocalCredential } from '../adapters/credential.ts';
import { runExecPlugin } from '../adapters/exec-credential.ts';
import type { ExecCredential } from '../adapters/exec-credential.ts';
import { readKubeconfig } from '../adapters/kubeconfig.ts';
import type { KubeconfigContext } from '../adapters/kubeconfig.ts';
import { createKubernetesPort } from '../adapters/kubernetes-client.ts';
import { createKubernetesServers } from '../adapters/kubernetes-servers.ts';
import type { KubernetesAnswer, KubernetesCall, KubernetesServer } from '../adapters/kubernetes-transport.ts';
import { parseLocalSettings } from '../adapters/settings.ts';
import type { LocalSettings } from '../adapters/settings.ts';
import type { ClusterSnapshot } from '../domain/cluster-snapshot.ts';
import type { Outcome } from '../domain/failure.ts';
import type { KubernetesNeed } from '../domain/kubernetes-unread.ts';
import { refuse, succeed } from '../domain/result.ts';
import type { Fault, Result } from '../domain/result.ts';
import type { CommandIo } from './command.ts';
import { adviseOn, sentenceOf } from './live-advice.ts';
import type { LiveTarget } from './live-target.ts';
import { printable, renderFault } from './print.ts';
import { showProgress } from './progress.ts';

/** Who sees the answers as they came. */
export interface LiveObserver {
  onArmAnswer: NonNullable<ArmConnection['onAnswer']>;
  onKubernetesAnswer(call: KubernetesCall, answer: KubernetesAnswer): void;
}

/** A cluster that can be read. */
export interface LiveCluster {
  readonly arm: ArmConnection;
  /** Reads it whole, or by Azure alone where Kubernetes is `optional` and cannot be read; prints why when that fails, and answers null. */
  read(kubernetesApi: KubernetesNeed): Promise<ClusterSnapshot | null>;
}

/**
 * Prepares reading a cluster through Azure and its API server, with the person's own sign-in; prints every fault and answers null when it cannot.
 *
 * Where the environment names servers on this machine in place of Azure, they get the local token and no other.
 */
export async function connectLive(command: string, target: LiveTarget, io: CommandIo, observer: LiveObserver | null): Promise<LiveCluster | null> {
  const id = parseClusterId(target.resourceId);
  const local = parseLocalSettings(io.environment);
  const access = await readAccess(target);
  const faults = [
    ...(id.ok ? [] : [{ where: '--cluster', ...id.failure }]),
    ...(local.ok ? [] : local.faults),
    ...(access.ok ? [] : access.faults),
  ];
  for (const fault of faults) io.printError(`slackwater ${command}: ${renderFault(fault, fault.where)}`);
  if (!local.ok || !access.ok || !id.ok) return null;
  const progress = showProgress((text) => io.printError(`slackwater ${command}: ${text}`), `reading ${id.value.cluster}`);
  const ports = composePorts(io, local.value, access.value, {
    onArmAnswer: (request, answer) => {
      progress.count();
      observer?.onArmAnswer(request, answer);
    },
    onKubernetesAnswer: (call, answer) => {
      progress.count();
      observer?.onKubernetesAnswer(call, answer);
    },
  });
  return {
    arm: ports.arm,
    async read(kubernetesApi) {
      const read = await progress.during(readClusterSnapshot(ports.ports, target.resourceId, kubernetesApi));
      const checked = read.ok && target.kubeconfig !== null ? leadsToThisCluster(read.value, target.kubeconfig.file) : read;
      if (checked.ok) return checked.value;
      io.printError(`slackwater ${command}: ${printable(sentenceOf(checked.failure))} [${checked.failure.code}]\n    ${printable(adviseOn(checked.failure, target))}`);
      return null;
    },
  };
}

/** How the API server is reached by a kubeconfig; null where there is none. */
interface KubeconfigAccess {
  readonly server: KubernetesServer;
  token(): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

async function readAccess({ kubeconfig }: LiveTarget): Promise<Result<KubeconfigAccess | null, Fault>> {
  if (kubeconfig === null) return succeed(null);
  const read = await readKubeconfig(kubeconfig.file, kubeconfig.context);
  if (!read.ok) return read;
  return accessOf(read.value, kubeconfig.file);
}

/** Longer than any run of a command. Unit: milliseconds. */
const FOR_THIS_RUN_MS = 86_400_000;
/** A token is renewed this long before its end. Unit: milliseconds. */
const RENEW_BEFORE_MS = 60_000;

async function accessOf({ server, user }: KubeconfigContext, file: string): Promise<Result<KubeconfigAccess, Fault>> {
  const forThisRun = (token: string) => Promise.resolve({ token, expiresOnTimestamp: Date.now() + FOR_THIS_RUN_MS });
  if (user.kind === 'certificate') return succeed({ server, token: () => Promise.resolve(null) });
  if (user.kind === 'token') return succeed({ server, token: () => forThisRun(user.token) });
  const first = await runExecPlugin(user);
  if (!first.ok) return refuse([{ where: `${file}: exec`, ...first.failure }]);
  const { clientCertificate } = first.value;
  let current: ExecCredential = first.value;
  return succeed({
    server: clientCertificate === null ? server : { ...server, clientCertificate },
    async token() {
      if (current.expiresAt !== null && current.expiresAt - RENEW_BEFORE_MS < Date.now()) {
        const again = await runExecPlugin(user);
        if (!again.ok) throw new Error(`${again.failure.message} ${again.failure.remedy}`);
        current = again.value;
      }
      return current.token === null ? null : forThisRun(current.token);
    },
  });
}

function composePorts(
  io: CommandIo,
  local: LocalSettings | null,
  access: KubeconfigAccess | null,
  observer: LiveObserver,
): { readonly ports: SnapshotPorts; readonly arm: ArmConnection } {
  const clock = { now: () => io.now() };
  const credentialFor = (endpoint: string | null) => (endpoint === null || local === null ? createAzureCredential(null) : createLocalCredential(local.token, [endpoint]));
  const armEndpoint = local?.armEndpoint ?? null;
  const kubernetesEndpoint = access === null ? (local?.kubernetesEndpoint ?? null) : null;
  const arm: ArmConnection = {
    credential: credentialFor(armEndpoint),
    endpoint: armEndpoint,
    allowInsecureConnection: armEndpoint === null ? 'never' : 'loopback-only',
    onAnswer: observer.onArmAnswer,
  };
  return {
    arm,
    ports: {
      clock,
      aks: createAksPort({ ...arm, clock }),
      azureFacts: createAzureFactsPort({ ...arm, clock }),
      kubernetes: createKubernetesPort({
        credential: access === null ? credentialFor(kubernetesEndpoint ?? armEndpoint) : { getToken: () => access.token() },
        endpointOverride: kubernetesEndpoint,
        servers: access === null ? createKubernetesServers(arm) : { find: () => Promise.resolve({ ok: true, value: access.server }), forget: () => undefined },
        clock,
        onAnswer: observer.onKubernetesAnswer,
      }),
    },
  };
}

/** Label by which a node names the resource group of its cluster's nodes. */
const clusterLabel = 'kubernetes.azure.com/cluster';

/** A kubeconfig may lead anywhere; nodes of another cluster would be judged by this one's pools. */
function leadsToThisCluster(snapshot: ClusterSnapshot, file: string): Outcome<ClusterSnapshot> {
  const wanted = snapshot.cluster.nodeResourceGroup.toLowerCase();
  const named = new Set(snapshot.nodes.flatMap(({ labels }) => labels[clusterLabel]?.toLowerCase() ?? []));
  if (named.size === 0 || named.has(wanted)) return { ok: true, value: snapshot };
  return {
    ok: false,
    failure: {
      code: 'another-cluster',
      class: 'terminal',
      message: `${file} leads to another cluster: its nodes are in ${[...named].join(', ')}, those of ${snapshot.cluster.name} in ${wanted}.`,
      remedy: `Name the context of ${snapshot.cluster.name} with --context.`,
      retryAfterSeconds: null,
    },
  };
}
