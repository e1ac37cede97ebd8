import type { Ports } from '../../activities/ports.ts';
import { lendClock } from '../../adapters/clock.ts';
import type { SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import type { MaintenancePolicy, WindowOpening } from '../../domain/maintenance-policy.ts';
import type { OperatorDecision } from '../../domain/operator-decision.ts';
import { MINUTE_MS, type Instant } from '../../domain/time.ts';
import { nextOpeningAfter } from '../../domain/maintenance-window.ts';
import { clusterNameOf, runIdOf, windowInstanceId } from '../../domain/window-identity.ts';
import { beginStatus } from '../../domain/window-story.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import { compose, type Composition } from '../../functions/compose.ts';
import type { MaintenanceWindowInput, PollRange } from '../../orchestrations/contract.ts';
import { checkInvariants, type AuthorisedCleanUp, type Violation } from '../../sim/invariants.ts';
import type { Physics } from '../../sim/physics.ts';
import type { WorldChange } from '../../sim/wire.ts';
import { virtualClock, type VirtualClock } from '../clock.ts';
import { startHost } from '../functions-host/host.ts';
import type { RunningHost } from '../functions-host/host-options.ts';
import { policyRepository, startLoopbackWorld, type LoopbackWorld } from '../loopback-world.ts';
import type { LoggedRequest } from '../request-log.ts';

/** What a window is rehearsed on. */
export interface WindowRehearsalOptions {
  readonly documents: SnapshotDocuments;
  readonly policy: MaintenancePolicy;
  readonly opening: WindowOpening;
  /** Path below `slackwater/` → policy text; empty where nothing reads policies. */
  readonly policies: Readonly<Record<string, string>>;
  /** Path → text of the other files of the policy repository; none when absent. */
  readonly code?: Readonly<Record<string, string>>;
  /** The world's first moment, not after the opening; one second before it when absent. */
  readonly startsAt?: Instant;
  readonly seed?: number;
  readonly physics?: Partial<Physics>;
  /** Newest image per pool, in place of what the documents tell. */
  readonly latestNodeImages?: Readonly<Record<string, string>>;
  /** Replaces single ports of the app: what no service of the loopback world can tell. */
  readonly changePorts?: (ports: Ports) => Ports;
  /** Shortest and longest wait between two looks. Default 30–150 s. */
  readonly pollSeconds?: PollRange;
  /** GitHub logins with their role in the policy repository. */
  readonly people: Readonly<Record<string, 'read' | 'write' | 'maintain' | 'admin'>>;
  /** `kept`: the run keeps the fleet's dashboard. Default `none`. */
  readonly dashboard?: 'kept' | 'none';
  /** `held`: the run does not begin; `begin` makes it. Default `at-once`. */
  readonly beginning?: 'at-once' | 'held';
  /** More clusters of the same documents behind the same ARM, by resource id, and whether Azure's token buckets refuse what is too much. Absent: none, and no. */
  readonly fleet?: { readonly neighbours: readonly string[]; readonly armLimits: 'enforced' | 'none' };
  /** Starts the Functions host; {@link startHost} when absent. */
  readonly startHost?: typeof startHost;
  /** `quick`: answers of the services are neither compressed nor remembered, for large clusters. Default `faithful`. */
  readonly wire?: 'faithful' | 'quick';
}

/** One maintenance window in virtual time: the real orchestrations, activities and SDK clients over loopback services. */
export interface Rehearsal {
  readonly world: LoopbackWorld;
  readonly host: RunningHost;
  readonly clock: VirtualClock;
  readonly input: MaintenanceWindowInput;
  readonly opens: Instant;
  readonly closes: Instant;
  readonly changes: readonly WorldChange[];
  /** The app's ports and settings, as its functions have them. */
  readonly composition: Composition;
  readonly instanceId: string;
  /** Begins a run that was held. */
  begin(): void;
  status(): WindowStatus;
  /** The status of a run that has just begun. */
  firstStatus(): WindowStatus;
  /** Minutes of cluster time since the window opened. */
  minute(): number;
  /** Lets time pass until `holds`, at rest; fails after `minutesMax`. */
  until(holds: () => boolean, minutesMax?: number): Promise<void>;
  /** Lets time pass until the run has ended. */
  untilEnded(minutesMax?: number): Promise<WindowStatus>;
  /** Raises a permitted word on the window, as the inbox does. */
  say(verb: OperatorDecision['verb'], target?: string | null, decisionId?: string): void;
  /** Accepted writes to ARM, oldest first: `PUT cluster`, `PUT pool/apps`, `POST pool/apps/upgradeNodeImageVersion`, … */
  armWrites(): readonly { readonly what: string; readonly minute: number; readonly body: unknown }[];
  /** Rules of the house that the requests so far have broken; must be empty. */
  violations(cleanUps?: readonly AuthorisedCleanUp[]): readonly Violation[];
  /** Bodies of the comments we posted in the run's issue. */
  comments(): readonly string[];
  issues(): readonly { readonly title: string; readonly state: string; readonly body: string }[];
  close(): Promise<void>;
}

/** Starts a rehearsal of one opening and lets time pass up to it. */
export async function startWindowRehearsal(options: WindowRehearsalOptions): Promise<Rehearsal> {
  const { policy, opening } = options;
  const startsAt = options.startsAt ?? opening.opens - 1_000;
  const clock = virtualClock(startsAt);
  const changes: WorldChange[] = [];
  const world = await startLoopbackWorld({
    documents: options.documents,
    policies: options.policies,
    ...(options.code === undefined ? {} : { code: options.code }),
    startsAt,
    makeClock: () => clock,
    seed: options.seed ?? 1,
    ...(options.physics === undefined ? {} : { physics: options.physics }),
    ...(options.latestNodeImages === undefined ? {} : { latestNodeImages: options.latestNodeImages }),
    folder: null,
    people: options.people,
    ...options.fleet,
    ...(options.wire === undefined ? {} : { wire: options.wire }),
    onChanges: (happened) => changes.push(...happened),
  });
  lendClock(clock);
  const host = await (options.startHost ?? startHost)({ appEntry: new URL('./rehearsal-app.ts', import.meta.url), clock, database: ':memory:', strictness: 'strict', drift: 'assert', timers: 'held', environment: world.environment, log: (level, code, fields) => {
    if (level === 'error') process.stderr.write(`${code} ${JSON.stringify(fields)}\n`);
  } });
  const composition = compose(process.env);
  if (!composition.ok) throw new Error(`The settings do not read: ${JSON.stringify(composition.faults)}`);
  const { useComposition } = await import('./rehearsal-app.ts');
  useComposition(changeComposition(composition.value, options.changePorts ?? ((ports) => ports)));
  if (options.startsAt === undefined) await clock.advanceTo(opening.opens);
  const instanceId = windowInstanceId(policy.clusterResourceId);
  const input: MaintenanceWindowInput = { policy, opening, nextOpens: nextOpeningAfter(policy.window, opening), runId: runIdOf(policy.name, opening.opens), repository: policyRepository, ...(options.dashboard === 'kept' ? { policyRepository } : {}), pollSeconds: options.pollSeconds ?? { shortest: 30, longest: 150 } };
  const rehearsal = tools({ world, host, clock, input, opens: opening.opens, closes: opening.closes, changes, instanceId, composition: composition.value });
  if (options.beginning !== 'held') rehearsal.begin();
  return rehearsal;
}

function changeComposition(composition: Composition, change: (ports: Ports) => Ports): Composition {
  return { ...composition, portsWithWindowsOf: (invocation) => change(composition.portsWithWindowsOf(invocation)) };
}

function tools(parts: Pick<Rehearsal, 'world' | 'host' | 'clock' | 'input' | 'opens' | 'closes' | 'changes' | 'instanceId' | 'composition'>): Rehearsal {
  const { world, host, clock, opens, instanceId } = parts;
  let words = 0;
  const status = (): WindowStatus => {
    const json = host.engine.read(instanceId)?.customStatusJson ?? null;
    if (json === null) throw new Error('The run has published nothing yet.');
    return recorded<WindowStatus>(JSON.parse(json));
  };
  const until = async (holds: () => boolean, minutesMax = 600): Promise<void> => {
    const how = await clock.runUntil(holds, minutesMax * MINUTE_MS);
    if (how !== 'reached') throw new Error(`Not reached (${how}) in ${minutesMax} min: ${JSON.stringify(host.engine.read(instanceId)).slice(0, 3_000)}`);
  };
  const minutesOf = (at: Instant): number => Math.round((at - opens) / MINUTE_MS);
  const ownIssue = (): number => (host.engine.read(instanceId)?.customStatusJson == null ? 1 : (status().issue?.number ?? 1));
  const github = (path: string): unknown => world.github.request('slackwater[bot]', 'GET', path, null).body;
  return {
    ...parts,
    begin: () => void host.engine.start({ name: 'maintenanceWindow', instanceId, inputJson: JSON.stringify(parts.input), version: null }),
    status,
    firstStatus: () => beginStatus({ policy: parts.input.policy, opening: parts.input.opening, nextOpens: parts.input.nextOpens ?? null, runId: parts.input.runId, clusterName: clusterNameOf(parts.input.policy.clusterResourceId) }),
    until,
    minute: () => minutesOf(clock.now()),
    async untilEnded(minutesMax = 900) {
      const state = (): string => host.engine.read(instanceId)?.runtimeStatus ?? 'none';
      await until(() => state() !== 'Running' && state() !== 'Pending', minutesMax);
      if (state() !== 'Completed') throw new Error(`The run is ${state()}: ${JSON.stringify(host.engine.read(instanceId))}`);
      return status();
    },
    say(verb, target = null, decisionId = `word-${(words += 1)}`) {
      const comment = status().issue === null ? null : { repository: policyRepository, issueNumber: status().issue?.number ?? 0, commentId: 1 };
      const decision: OperatorDecision = { verb, target, until: null, by: 'operator', decisionId, comment };
      host.engine.raiseEvent(instanceId, 'decision', JSON.stringify(decision));
    },
    armWrites: () => world.log.entries.filter(isAcceptedWrite).map(({ method, path, at, requestBody }) => ({ what: `${method} ${shorten(path)}`, minute: minutesOf(at), body: requestBody })),
    violations: (cleanUps = []) => checkInvariants({ cleanUps, requests: world.log.entries.flatMap(toLogged), changes: parts.changes, windows: [{ opens, closes: parts.closes }] }),
    comments: () => listOf(github(`/repos/${policyRepository}/issues/${ownIssue()}/comments`)).map((comment) => String(comment['body'])),
    issues() {
      const found: { title: string; state: string; body: string }[] = [];
      for (let number = 1; ; number += 1) {
        const { status: code, body } = world.github.request('slackwater[bot]', 'GET', `/repos/${policyRepository}/issues/${number}`, null);
        if (code !== 200) return found;
        const issue = recorded<Readonly<Record<string, unknown>>>(body);
        found.push({ title: String(issue['title']), state: String(issue['state']), body: String(issue['body']) });
      }
    },
    async close() {
      await host.close();
      await world.close();
    },
  };
}

function toLogged({ service, method, path, query, requestHeaders, requestBody, status, at }: LoggedRequest): Parameters<typeof checkInvariants>[0]['requests'] {
  if (service !== 'arm' && service !== 'kubernetes') return [];
  return [{ at, service, status, request: { method, path, query, headers: requestHeaders, body: requestBody } }];
}

function isAcceptedWrite({ service, method, status, path }: LoggedRequest): boolean {
  return service === 'arm' && method !== 'GET' && status < 300 && !path.endsWith('listClusterUserCredential');
}

function shorten(path: string): string {
  const [, rest = ''] = path.split(/managedClusters\/[^/]+/i);
  return rest === '' ? 'cluster' : rest.replace(/^\/agentPools\//i, 'pool/').replace(/^\//, 'cluster/');
}

function listOf(body: unknown): readonly Readonly<Record<string, unknown>>[] {
  return recorded<readonly Readonly<Record<string, unknown>>[]>(body);
}
