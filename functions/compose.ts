import type { InvocationContext } from '@azure/functions';
import { getClient } from 'durable-functions';
import type { Ports, PurgeInstances } from '../activities/ports.ts';
import { createAksPort } from '../adapters/aks-client.ts';
import { createAppTokens } from '../adapters/app-jwt.ts';
import { createAzureFactsPort } from '../adapters/azure-facts-client.ts';
import { createArmThrottle } from '../adapters/arm-throttle.ts';
import { borrowedClock, machineClock } from '../adapters/clock.ts';
import { createAzureCredential, createLocalCredential } from '../adapters/credential.ts';
import { createWindowHost, purgeInstances } from '../adapters/durable-client.ts';
import { createCheckPort } from '../adapters/github-checks.ts';
import { createGitHubPort } from '../adapters/github-client.ts';
import { createDeliveryPort } from '../adapters/github-deliveries.ts';
import { createGitHubSession } from '../adapters/github-session.ts';
import type { GitHubIdentity } from '../adapters/github-session.ts';
import { createVaultSigner } from '../adapters/key-vault-signer.ts';
import { createKubernetesPort } from '../adapters/kubernetes-client.ts';
import { createKubernetesServers } from '../adapters/kubernetes-servers.ts';
import { createLogger } from '../adapters/logger.ts';
import { rememberOffers } from '../adapters/offers-memory.ts';
import { createPolicySource } from '../adapters/policy-source.ts';
import { createRepositoryPort } from '../adapters/repository-client.ts';
import { createMessagePort } from '../adapters/service-bus-client.ts';
import type { ServiceBusConnection } from '../adapters/service-bus-client.ts';
import { createStatePort } from '../adapters/state-branch.ts';
import { parseSettings } from '../adapters/settings.ts';
import type { Settings } from '../adapters/settings.ts';
import { withholdWrites } from '../adapters/withheld-writes.ts';
import type { Fault, Result } from '../domain/result.ts';
import { serviceBusNames } from './service-names.ts';

/** What an invocation offers us: its log, and the durable client its binding brought. */
type Invocation = Pick<InvocationContext, 'error' | 'warn' | 'info' | 'options' | 'extraInputs' | 'triggerMetadata'>;

/** Ports that need no task hub. */
type PortsWithoutWindows = Omit<Ports, 'windows'>;

/** The app, composed once for the life of the process. */
export interface Composition {
  readonly settings: Settings;
  /** Ports of one invocation; its log lines belong to it. */
  portsOf(invocation: Pick<Invocation, 'error' | 'warn' | 'info'>): PortsWithoutWindows;
  /** Ports of one invocation whose function has the durable client among its inputs; throws when it has not. */
  portsWithWindowsOf(invocation: InvocationContext): Ports;
  /** Forgets what has ended; likewise. */
  purgeOf(invocation: InvocationContext): PurgeInstances;
}

/**
 * Builds every object of the app from its settings, or says every fault of them.
 *
 * Cheap: each SDK is loaded by the adapter that needs it, when it first needs it.
 */
export function compose(env: Readonly<Record<string, string | undefined>>): Result<Composition, Fault> {
  const parsed = parseSettings(env);
  if (!parsed.ok) return parsed;
  const settings = parsed.value;
  const clock = settings.local === null ? machineClock() : borrowedClock();
  const auth = signingIdentity(settings);
  const session = createGitHubSession({ baseUrl: settings.gitHub.apiUrl, auth });
  const gitHub = { baseUrl: settings.gitHub.apiUrl, auth, session };
  const shared = {
    clock,
    mode: settings.mode,
    ...composeAzure(settings, clock),
    github: createGitHubPort({ ...gitHub, appLogin: settings.gitHub.appLogin }),
    deliveries: createDeliveryPort(session),
    repositories: createRepositoryPort({ ...gitHub, appLogin: settings.gitHub.appLogin }),
    documents: { load: () => import('../adapters/document-readers.ts') },
    checks: createCheckPort({ ...gitHub, appLogin: settings.gitHub.appLogin }),
    policies: createPolicySource({ ...gitHub, ...settings.policies }),
    state: createStatePort({ ...gitHub, repository: settings.policies.repository }),
    messages: createMessagePort({ connection: connectionOf(settings), ...serviceBusNames }),
  };
  const portsOf = (invocation: Pick<Invocation, 'error' | 'warn' | 'info'>): PortsWithoutWindows => ({
    ...shared,
    logger: createLogger((level, line) => invocation[level](line)),
  });
  return {
    ok: true,
    value: {
      settings,
      portsOf,
      portsWithWindowsOf: (invocation) => ({ ...portsOf(invocation), windows: createWindowHost(getClient(invocation), clock.now) }),
      purgeOf: (invocation) => (rule) => purgeInstances(getClient(invocation), rule),
    },
  };
}

/** A local endpoint gets the local token and nothing else; Azure gets the identity and never the local token. */
function composeAzure(settings: Settings, clock: Ports['clock']): Pick<Ports, 'aks' | 'azureFacts' | 'kubernetes'> {
  const { local, azureClientId, azureWriterClientId, mode } = settings;
  const credentialFor = (endpoint: string | null, clientId = azureClientId) =>
    endpoint === null || local === null ? createAzureCredential(clientId) : createLocalCredential(local.token, [endpoint]);
  const writerFor = (endpoint: string | null) => credentialFor(endpoint, azureWriterClientId ?? azureClientId);
  const armEndpoint = local?.armEndpoint ?? null;
  const kubernetesEndpoint = local?.kubernetesEndpoint ?? null;
  const allowInsecureConnection = armEndpoint === null ? ('never' as const) : ('loopback-only' as const);
  const arm = { credential: credentialFor(armEndpoint), endpoint: armEndpoint, allowInsecureConnection, throttle: createArmThrottle(clock) };
  const aks = rememberOffers(createAksPort({ ...arm, clock, writeCredential: writerFor(armEndpoint) }), clock);
  const kubernetes = createKubernetesPort({
    // What a local ARM says of an API server's address is not Azure's word, so no token of Azure goes there.
    credential: credentialFor(kubernetesEndpoint ?? armEndpoint),
    writeCredential: writerFor(kubernetesEndpoint ?? armEndpoint),
    endpointOverride: kubernetesEndpoint,
    servers: createKubernetesServers(arm),
    asksAbout: mode === 'maintain' ? 'a-run' : 'reading',
    clock,
  });
  return { azureFacts: createAzureFactsPort({ ...arm, clock }), ...withholdWrites({ aks, kubernetes }, mode) };
}

/** Who signs our requests to GitHub; a key in a vault on loopback gets the local token and nothing else. */
function signingIdentity({ gitHub: { identity }, local, azureClientId }: Settings): GitHubIdentity {
  if (identity.kind !== 'vault-app') return identity;
  const { appId, keyId } = identity;
  const isLocal = keyId.startsWith('http:');
  const credential = isLocal ? createLocalCredential(local?.token ?? '', [keyId]) : createAzureCredential(azureClientId);
  const sign = createVaultSigner({ keyId, credential, allowInsecureConnection: isLocal ? 'loopback-only' : 'never' });
  return { kind: 'signed-app', appId, createJwt: createAppTokens(appId, sign) };
}

function connectionOf({ serviceBus, azureClientId }: Settings): ServiceBusConnection {
  if (serviceBus.kind === 'connection-string') return { connectionString: serviceBus.connectionString };
  const { fullyQualifiedNamespace, clientId } = serviceBus;
  return { fullyQualifiedNamespace, credential: createAzureCredential(clientId ?? azureClientId) };
}
