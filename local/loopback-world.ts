import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createMessagePort } from '../adapters/service-bus-client.ts';
import { nodePoolOffers } from '../adapters/snapshot-folder.ts';
import type { SnapshotDocuments } from '../adapters/snapshot-folder.ts';
import { appPermissions } from '../domain/github-app.ts';
import type { Instant } from '../domain/time.ts';
import { routes, serviceBusNames } from '../functions/service-names.ts';
import { createClusterWorld } from '../sim/cluster-world.ts';
import type { ClusterWorld } from '../sim/cluster-world.ts';
import { joinClusters } from '../sim/fleet-world.ts';
import type { Perturbation } from '../sim/perturbation.ts';
import { readPerturbation } from '../sim/perturbation-reading.ts';
import type { Physics } from '../sim/physics.ts';
import type { WorldChange } from '../sim/wire.ts';
import { serveArm } from './arm-server.ts';
import type { HostClock } from './clock.ts';
import { createFaultList } from './faults.ts';
import type { FaultList } from './faults.ts';
import { startGitHubServer } from './github-server.ts';
import type { GitHubServer } from './github-server.ts';
import { openJournal, replayJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { serveKubernetes } from './kubernetes-server.ts';
import { createRequestLog } from './request-log.ts';
import type { RequestLog } from './request-log.ts';
import { startServiceBus } from './service-bus-server.ts';
import type { RunningServiceBus } from './service-bus-server.ts';
import type { RunningServer } from './simulated-server.ts';

const SCRIPT_SERVICE = 'script';

export const policyRepository = 'acme/platform';
export const appLogin = 'slackwater[bot]';
const appId = 1;

/** What the loopback services start from. */
interface LoopbackWorldOptions {
  readonly documents: SnapshotDocuments;
  /** Path below `slackwater/` → policy text. */
  readonly policies: Readonly<Record<string, string>>;
  /** Path → text of the other files of the policy repository; none when absent. */
  readonly code?: Readonly<Record<string, string>>;
  /** The world's first moment; the same at a resume. */
  readonly startsAt: Instant;
  /** Makes the clock once it is known up to when the journal reaches; null when it holds nothing. */
  readonly makeClock: (journalReaches: Instant | null) => HostClock;
  readonly seed: number;
  readonly physics?: Partial<Physics>;
  /** Newest image per pool, in place of what the documents tell. */
  readonly latestNodeImages?: Readonly<Record<string, string>>;
  /** Folder of databases and the request log; null keeps everything in memory. */
  readonly folder: string | null;
  /** Resource ids of more clusters of the same documents behind the same ARM, in memory alone; none when absent. */
  readonly neighbours?: readonly string[];
  /** `enforced`: Azure's token buckets refuse what is too much. Default `none`. */
  readonly armLimits?: 'enforced' | 'none';
  /** Port of GitHub's pages; 0 lets the system choose. */
  readonly githubPort?: number;
  /** GitHub logins with their role in the policy repository. */
  readonly people: Readonly<Record<string, 'read' | 'write' | 'maintain' | 'admin'>>;
  /** `app`: the function app signs as the GitHub App, with a key made here; a fixed token when absent. */
  readonly signsAs?: 'app' | 'token';
  /** `quick`: answers are neither compressed nor remembered. Default `faithful`. */
  readonly wire?: 'faithful' | 'quick';
  readonly onChanges: (changes: readonly WorldChange[]) => void;
}

/** One thing that happened from outside. */
interface ScriptedEvent {
  readonly at: Instant;
  readonly perturbation: Perturbation;
}

/** ARM, Kubernetes, GitHub and Service Bus on loopback, over one simulated cluster and one clock. */
export interface LoopbackWorld {
  readonly clock: HostClock;
  readonly cluster: ClusterWorld;
  readonly github: GitHubServer;
  readonly serviceBus: RunningServiceBus;
  readonly log: RequestLog;
  readonly faults: { readonly arm: FaultList; readonly kubernetes: FaultList; readonly github: FaultList };
  /** Settings by which the function app finds these services. */
  readonly environment: Readonly<Record<string, string>>;
  /** What happened from outside so far, that of before a kill included. */
  readonly scripted: readonly ScriptedEvent[];
  /** Makes something happen from outside; kept, so that a resume knows it. */
  perturb(perturbation: Perturbation): void;
  /** Says where the function app listens, so that webhooks reach it; those of before a kill wait for its sweep of the App's list. */
  deliverWebhooksTo(hostUrl: string): void;
  close(): Promise<void>;
}

/** Starts every service outside the function app; what the folder's journal holds is applied again first. */
export async function startLoopbackWorld(options: LoopbackWorldOptions): Promise<LoopbackWorld> {
  const { folder, onChanges } = options;
  const file = (name: string): string => (folder === null ? ':memory:' : join(folder, name));
  const journal = openJournal(file('world.sqlite'));
  const cluster = makeCluster(options);
  const scripted: ScriptedEvent[] = [];
  const clock = options.makeClock(rebuild(cluster, journal, scripted));
  const log = createRequestLog(folder === null ? null : file('requests.jsonl'), options.wire === 'quick' ? 'forgotten' : 'remembered');
  const faults = { arm: createFaultList(), kubernetes: createFaultList(), github: createFaultList() };
  const shared = { now: () => clock.now(), journal, log, encoding: options.wire === 'quick' ? 'plain' : 'as-asked' } as const;
  const neighbours = (options.neighbours ?? []).map((resourceId) => makeCluster(options, resourceId));
  const fleet = joinClusters(cluster, neighbours);
  const pump = startPump(fleet, clock);
  const tell = (changes: readonly WorldChange[]): void => {
    pump.rearm();
    deliverEvents(changes);
    onChanges(changes);
  };
  const kubernetes = await serveKubernetes({ ...shared, faults: faults.kubernetes, simulated: cluster.kubernetes, onChanges: tell });
  const servers = await serveNeighbours(neighbours, { ...shared, journal: null, faults: faults.kubernetes, onChanges: tell });
  const arm = await serveArm({ ...shared, faults: faults.arm, simulated: fleet.arm, limits: options.armLimits ?? 'none', onChanges: tell, kubernetesUrl: (resourceId) => servers.get(resourceId)?.url ?? kubernetes.url });
  const keys = options.signsAs === 'app' ? makeAppKeys() : null;
  const secrets = { token: randomBytes(24).toString('hex'), webhookSecret: randomBytes(24).toString('hex') };
  let hostUrl: string | null = null;
  const github = await startGitHubServer({
    ...shared,
    faults: faults.github,
    setup: githubSetup(options, secrets.token),
    port: options.githubPort ?? 0,
    webhook: { secret: secrets.webhookSecret, seed: options.seed, deliverTo: () => (hostUrl === null ? null : `${hostUrl}/api/${routes.githubWebhook}`) },
    appPublicKey: keys?.publicKey ?? null,
    onChanges,
    inFlight: clock.inFlight,
  });
  const serviceBus = await startServiceBus(serviceBusOptions(file('service-bus.sqlite'), log));
  const deliverEvents = createEventDelivery(serviceBus.connectionString, clock);
  // A message on the queue is work that a virtual clock must wait for; without a listener it would wait for ever.
  clock.inFlight.addCounter('inbox', () => (hostUrl === null ? 0 : waitingIn(serviceBus)));
  pump.start(tell);
  return {
    clock,
    cluster,
    github,
    serviceBus,
    log,
    faults,
    scripted,
    environment: environmentOf({ ...secrets, privateKey: keys?.privateKey ?? null, githubUrl: github.apiUrl, armUrl: arm.url, kubernetesUrl: neighbours.length === 0 ? kubernetes.url : null, connectionString: serviceBus.connectionString }),
    perturb(perturbation) {
      const at = clock.now();
      const changes = cluster.perturb(at, perturbation);
      journal.record({ at, service: SCRIPT_SERVICE, request: { method: 'POST', path: '/', query: {}, headers: {}, body: perturbation } });
      scripted.push({ at, perturbation });
      tell(changes);
    },
    deliverWebhooksTo(url) {
      hostUrl = url;
    },
    async close() {
      pump.stop();
      await Promise.all([arm.close(), kubernetes.close(), ...[...servers.values()].map((server) => server.close()), github.close(), deliverEvents.close()]);
      await serviceBus.close();
      journal.close();
    },
  };
}

function environmentOf(found: {
  readonly token: string;
  readonly webhookSecret: string;
  /** Null: signed by the token. */
  readonly privateKey: string | null;
  readonly githubUrl: string;
  readonly armUrl: string;
  /** Null: each cluster's own, as ARM names it. */
  readonly kubernetesUrl: string | null;
  readonly connectionString: string;
}): Readonly<Record<string, string>> {
  return {
    SLACKWATER_MODE: 'maintain',
    GITHUB_API_URL: found.githubUrl,
    ...(found.privateKey === null ? { GITHUB_TOKEN: found.token } : { GITHUB_APP_ID: String(appId), GITHUB_APP_PRIVATE_KEY: found.privateKey }),
    GITHUB_APP_LOGIN: appLogin,
    GITHUB_WEBHOOK_SECRETS: found.webhookSecret,
    POLICY_REPOSITORY: policyRepository,
    ServiceBusConnection: found.connectionString,
    SLACKWATER_ARM_ENDPOINT: found.armUrl,
    // A blank takes back what an earlier world of this process has set.
    SLACKWATER_KUBERNETES_ENDPOINT: found.kubernetesUrl ?? '',
    SLACKWATER_LOCAL_TOKEN: found.token,
  };
}

function makeAppKeys(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
}

function makeCluster({ documents, seed, startsAt, physics = {}, latestNodeImages: given }: LoopbackWorldOptions, resourceId: string | null = null): ClusterWorld {
  const offers = Object.entries(nodePoolOffers(documents));
  const images = offers.flatMap(([pool, { latestNodeImageVersion: image }]) => (image === null ? [] : [[pool, image] as const]));
  return createClusterWorld({
    documents,
    seed,
    startsAt,
    physics,
    ...(resourceId === null ? {} : { resourceId }),
    latestNodeImages: given ?? Object.fromEntries(images),
    offeredPoolVersions: Object.fromEntries(offers.map(([pool, { offeredVersions }]) => [pool, offeredVersions])),
  });
}

/** An API server for each neighbour, by resource id in lower case. */
async function serveNeighbours(neighbours: readonly ClusterWorld[], shared: Omit<Parameters<typeof serveKubernetes>[0], 'simulated'>): Promise<ReadonlyMap<string, RunningServer>> {
  const servers = neighbours.map(async ({ resourceId, kubernetes }) => [resourceId.toLowerCase(), await serveKubernetes({ ...shared, simulated: kubernetes })] as const);
  return new Map(await Promise.all(servers));
}

function waitingIn({ broker }: RunningServiceBus): number {
  const { active, locked } = broker.counts(serviceBusNames.queue);
  return active + locked;
}

function rebuild(cluster: ClusterWorld, journal: Journal, scripted: ScriptedEvent[]): Instant | null {
  const script = {
    apply(at: Instant, request: { readonly body: unknown }) {
      const perturbation = readPerturbation(request.body);
      const changes = perturbation === null ? [] : cluster.perturb(at, perturbation);
      if (perturbation !== null) scripted.push({ at, perturbation });
      return { response: { status: 200, headers: {}, body: null }, changes };
    },
  };
  return replayJournal({ arm: cluster.arm, kubernetes: cluster.kubernetes, [SCRIPT_SERVICE]: script }, journal.rows());
}

/** Lets the cluster live on by itself: wakes whenever its agenda says that something happens next. */
function startPump(cluster: Pick<ClusterWorld, 'advance' | 'nextAt'>, clock: HostClock) {
  let scheduled: { cancel(): void } | null = null;
  let tell: ((changes: readonly WorldChange[]) => void) | null = null;
  const rearm = (): void => {
    scheduled?.cancel();
    const next = cluster.nextAt();
    scheduled = next === null || tell === null ? null : clock.schedule(next, wake);
  };
  const wake = (): void => {
    const changes = cluster.advance(clock.now());
    if (changes.length > 0) tell?.(changes);
    rearm();
  };
  return {
    rearm,
    start(listener: (changes: readonly WorldChange[]) => void) {
      tell = listener;
      rearm();
    },
    stop() {
      tell = null;
      scheduled?.cancel();
    },
  };
}

/** Puts AKS's events on the queue as Event Grid does, under Event Grid's id. */
function createEventDelivery(connectionString: string, clock: HostClock) {
  const port = createMessagePort({ connection: { connectionString }, ...serviceBusNames });
  const deliver = (changes: readonly WorldChange[]): void => {
    for (const { kind, data } of changes) {
      const id = data['id'];
      if (kind !== 'event-grid' || typeof id !== 'string') continue;
      const end = clock.inFlight.begin('event-grid');
      void port.enqueueInbox(id, data).finally(end);
    }
  };
  return Object.assign(deliver, { close: () => port.close() });
}

function githubSetup(options: LoopbackWorldOptions, token: string) {
  const files = Object.fromEntries(Object.entries(options.policies).map(([name, text]) => [`slackwater/${name}`, text]));
  return {
    startedAt: options.startsAt,
    repositories: [{ name: policyRepository, visibility: 'private' as const, defaultBranch: 'main', roles: options.people, files: { ...files, ...options.code } }],
    people: Object.keys(options.people).map((login) => ({ login, token: null })),
    app: { id: appId, slug: 'slackwater', permissions: Object.fromEntries(appPermissions.map(({ name, access }) => [name, access])), token },
  };
}

/** Locks are kept in the machine's time: a scaled clock would let them run out while a handler works. */
function serviceBusOptions(database: string, log: RequestLog): Parameters<typeof startServiceBus>[0] {
  const mailbox = { lockDurationSeconds: 30, maxDeliveryCount: 5 };
  return {
    database,
    now: Date.now,
    queues: [{ name: serviceBusNames.queue, ...mailbox, duplicateDetectionMinutes: 60 }],
    topics: [{ name: serviceBusNames.topic, duplicateDetectionMinutes: 60, subscriptions: [{ name: 'all', ...mailbox }] }],
    log,
  };
}
