import { isRecord, listAt, textsAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import { readGivenEvents } from './activity-log.ts';
import { answerArm } from './aks-api.ts';
import { loadAksState } from './aks-load.ts';
import type { AksCore } from './aks-operation.ts';
import type { ScriptedReplies } from './aks-state.ts';
import { answerAtGate } from './api-server-gate.ts';
import { serviceError } from './arm-answers.ts';
import type { AzureLists } from './azure-usages.ts';
import type { ClusterCore } from './cluster-core.ts';
import { startDatabaseOperators } from './database-operator.ts';
import { startDisruptionController } from './disruption-controller.ts';
import { answerKubernetes } from './kubernetes-api.ts';
import { loadKubernetesStore } from './kubernetes-load.ts';
import { failureStatus } from './kubernetes-status.ts';
import { isQuarantined, NODE_IMAGE_LABEL } from './node-lifecycle.ts';
import { perturb } from './outside-hand.ts';
import { readPerturbation } from './perturbation-reading.ts';
import type { Perturbation } from './perturbation.ts';
import { createDurations, defaultPhysics } from './physics.ts';
import type { Physics } from './physics.ts';
import { resumeTerminations, startPod } from './pod-lifecycle.ts';
import { createPrng } from './prng.ts';
import { startScheduler } from './scheduler.ts';
import { createTimeline } from './timeline.ts';
import { kubernetesTime } from './timestamp.ts';
import type { Simulated, WireRequest, WireResponse, WorldChange } from './wire.ts';
import { startAttachController } from './volume-attachment.ts';
import { startWorkloadControllers } from './workload-controller.ts';

/** The documents of a snapshot folder, as their tools print them, parsed as JSON. */
interface ClusterDocuments extends AzureLists {
  /** ARM GET body of the cluster, or `az aks show -o json`. */
  readonly cluster: unknown;
  /** ARM list of agent pools, `az aks nodepool list -o json`, or a bare list of either; null takes the cluster's own. */
  readonly nodePools: unknown;
  /** ARM upgrade profile or `az aks get-upgrades -o json`; null: nothing is offered. */
  readonly upgrades: unknown;
  /** Every item of the `kubectl get … -A -o json` lists. */
  readonly kubernetesItems: readonly unknown[];
  /** ARM list of maintenance configurations; none when absent. */
  readonly maintenanceConfigurations?: unknown;
  /** ARM list of the activity log, `az monitor activity-log list`; none when absent. */
  readonly activityLog?: unknown;
  /** Lines of the API server's metrics on deprecated APIs, as a list of texts; none when absent. */
  readonly deprecatedApis?: unknown;
}

/** What a world is made from. Equal options give equal worlds. */
export interface ClusterWorldOptions {
  readonly documents: ClusterDocuments;
  readonly seed: number;
  /** The world's first moment; nothing may be asked about an earlier one. */
  readonly startsAt: Instant;
  /** Differences from {@link defaultPhysics}. */
  readonly physics?: Partial<Physics>;
  /** Replaces the resource id of the documents, so that one snapshot can make several clusters. */
  readonly resourceId?: string;
  /** Image AKS offers per pool name; a pool without an entry is offered its own image with the date of `startsAt`. */
  readonly latestNodeImages?: Readonly<Record<string, string>>;
  /** Versions AKS offers per pool name beside the control plane's own, which it always offers. */
  readonly offeredPoolVersions?: Readonly<Record<string, readonly string[]>>;
}

/** What a person watching from above sees of a pool; for the story only, nothing decides by it. */
export interface PoolView {
  readonly pool: string;
  readonly provisioningState: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly kubeletVersion: string;
    readonly imageVersion: string;
    readonly isReady: boolean;
    readonly isCordoned: boolean;
    readonly isQuarantined: boolean;
    readonly isSurge: boolean;
    readonly podCount: number;
  }[];
}

/**
 * One simulated AKS cluster: its ARM face and its Kubernetes face over one state and one agenda.
 *
 * What happens by itself is returned by whichever call let the time pass (`advance`, `apply` of any face, `perturb`),
 * exactly once, so all callers feed one story. Reads change nothing. Operation URLs in ARM headers are paths without a host.
 */
export interface ClusterWorld {
  readonly resourceId: string;
  readonly arm: Simulated;
  readonly kubernetes: Simulated;
  /** Perturbations as requests (`POST /perturbations`), so that a journal of requests rebuilds them too. */
  readonly outside: Simulated;
  /** Lets time pass for all faces; the same as `arm.advance`. */
  advance(now: Instant): readonly WorldChange[];
  /** When something will happen by itself next; null when nothing will. */
  nextAt(): Instant | null;
  /** Lets time pass to `now`, then makes the perturbation happen; one about an unknown object changes nothing and says so. */
  perturb(now: Instant, perturbation: Perturbation): readonly WorldChange[];
  /** Pools as they are now, without letting time pass. */
  inspect(): readonly PoolView[];
}

/**
 * Makes a world from a snapshot's documents.
 *
 * Throws an `Error` that names every fault when a document cannot be understood; a snapshot read through the parser of
 * the snapshot folder has been told of them before.
 */
export function createClusterWorld(options: ClusterWorldOptions): ClusterWorld {
  const core = assemble(options);
  const { timeline } = core.cluster;
  const around = {
    ...options.documents,
    maintenanceConfigurations: readConfigurations(options.documents.maintenanceConfigurations),
    activityLog: readGivenEvents(options.documents.activityLog),
  };
  const advance = (now: Instant): readonly WorldChange[] => {
    timeline.advance(now);
    return timeline.takeChanges();
  };
  const face = (answer: (request: WireRequest) => WireResponse): Simulated => ({
    apply(now, request) {
      timeline.advance(now);
      const response = answer(request);
      return { response, changes: timeline.takeChanges() };
    },
    advance,
    nextAt: () => timeline.nextAt(),
  });
  return {
    resourceId: core.aks.resourceId,
    arm: face((request) => takeScripted(core, 'arm', request) ?? answerArm(core, around, request)),
    kubernetes: face((request) => answerAtGate(core.cluster.store, request) ?? takeScripted(core, 'kubernetes', request) ?? answerMetrics(options.documents.deprecatedApis, request) ?? answerKubernetesFace(core, request)),
    outside: face((request) => answerOutside(core, request)),
    advance,
    nextAt: () => timeline.nextAt(),
    perturb(now, perturbation) {
      timeline.advance(now);
      perturb(core, perturbation);
      return timeline.takeChanges();
    },
    inspect: () => inspect(core),
  };
}

function assemble(options: ClusterWorldOptions): AksCore {
  const { documents, seed, startsAt } = options;
  const prng = createPrng(seed);
  const store = loadKubernetesStore(documents.kubernetesItems, startsAt);
  const cluster: ClusterCore = {
    store,
    prng,
    timeline: createTimeline(startsAt),
    durations: createDurations({ ...defaultPhysics, ...options.physics }, prng),
  };
  const [year = '', month = '', day = ''] = kubernetesTime(startsAt).slice(0, 10).split('-');
  const choices = {
    resourceId: options.resourceId ?? null,
    latestNodeImages: options.latestNodeImages ?? {},
    offeredPoolVersions: options.offeredPoolVersions ?? {},
    imageDate: `${year}${month}.${day}.0`,
  };
  const loaded = loadAksState(documents, choices, store, prng);
  if (!loaded.ok) throw new Error(`The snapshot makes no cluster: ${loaded.faults.join('; ')}.`);
  startWorkloadControllers(cluster);
  startDisruptionController(cluster);
  startScheduler(cluster);
  startAttachController(cluster, (pod) => startPod(cluster, pod));
  startDatabaseOperators(cluster);
  resumeTerminations(cluster);
  return { aks: loaded.state, cluster };
}

function answerKubernetesFace(core: AksCore, request: WireRequest): WireResponse {
  const { aks, cluster } = core;
  return answerKubernetes(cluster, { version: () => aks.servedVersion, evictionWebhooks: () => aks.evictionWebhooks }, request);
}

/** `GET /metrics`: of all a real API server measures, only what is read of it. */
function answerMetrics(lines: unknown, { method, path }: WireRequest): WireResponse | null {
  if (method !== 'GET' || path !== '/metrics') return null;
  const heading = '# HELP apiserver_requested_deprecated_apis [STABLE] Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.';
  const body = [heading, '# TYPE apiserver_requested_deprecated_apis gauge', ...textsAt({ lines }, 'lines')].join('\n');
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: `${body}\n` };
}

function answerOutside(core: AksCore, request: WireRequest): WireResponse {
  const perturbation = request.method === 'POST' && request.path === '/perturbations' ? readPerturbation(request.body) : null;
  if (perturbation === null) {
    return { status: 400, headers: {}, body: { code: 'unknown-perturbation', message: 'POST /perturbations takes one perturbation with a known kind.' } };
  }
  perturb(core, perturbation);
  return { status: 202, headers: {}, body: {} };
}

/** The scripted answer for this request, used up by one; null when none waits. Only requests that may change something use up answers to writes. */
function takeScripted({ aks }: AksCore, service: 'arm' | 'kubernetes', request: WireRequest): WireResponse | null {
  const kind = request.method === 'GET' || request.method === 'HEAD' ? 'reads' : 'writes';
  const found = aks.scriptedReplies.find((one) => one.service === service && (one.requests === 'all' || one.requests === kind));
  if (found === undefined) return null;
  aks.scriptedReplies = aks.scriptedReplies.flatMap((one) => (one !== found ? one : one.times > 1 ? { ...one, times: one.times - 1 } : []));
  return wordScripted(found);
}

function wordScripted({ service, reply }: ScriptedReplies): WireResponse {
  const { status, code, message, retryAfterSeconds } = reply;
  const headers: Readonly<Record<string, string>> = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
  if (service === 'arm') return serviceError(status, code, message, headers);
  // Priority and fairness refuses with plain text, without a Status around it.
  if (code === '') return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${message}\n` };
  return failureStatus(status, { message, reason: code, headers });
}

function readConfigurations(document: unknown): readonly JsonRecord[] {
  return (Array.isArray(document) ? document : listAt(document, 'value')).filter(isRecord);
}

function inspect({ aks, cluster }: AksCore): readonly PoolView[] {
  return [...aks.pools.values()].map((pool) => ({
    pool: pool.name,
    provisioningState: pool.provisioningState,
    nodes: [...cluster.store.nodes.values()]
      .filter((node) => node.pool === pool.name)
      .map((node) => ({
        name: node.name,
        kubeletVersion: node.kubeletVersion,
        imageVersion: node.labels[NODE_IMAGE_LABEL] ?? '',
        isReady: node.isReady,
        isCordoned: node.isUnschedulable,
        isQuarantined: isQuarantined(node),
        isSurge: node.isSurge,
        podCount: node.pods.size,
      })),
  }));
}
