import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lendClock } from '../../adapters/clock.ts';
import { readPolicyText } from '../../adapters/policy-file.ts';
import { readSnapshotDocuments, type SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import { nextOpenings } from '../../domain/maintenance-window.ts';
import { parseInstant } from '../../domain/local-time.ts';
import type { OperatorDecision } from '../../domain/operator-decision.ts';
import { MINUTE_MS, type Instant } from '../../domain/time.ts';
import { runIdOf, windowInstanceId } from '../../domain/window-identity.ts';
import { beginStatus } from '../../domain/window-story.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import { compose } from '../../functions/compose.ts';
import { virtualClock, type VirtualClock } from '../clock.ts';
import { startHost } from '../functions-host/host.ts';
import type { RunningHost } from '../functions-host/host-options.ts';
import { policyRepository, startLoopbackWorld, type LoopbackWorld } from '../loopback-world.ts';
import type { LoggedRequest } from '../request-log.ts';
import type { MaintenanceWindowInput } from '../../orchestrations/contract.ts';
import { checkInvariants, type Violation } from '../../sim/invariants.ts';
import type { Physics } from '../../sim/physics.ts';
import type { WorldChange } from '../../sim/wire.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);
const saturday: Instant = parseInstant('2026-11-21T12:00:00Z') ?? 0;

/** What differs from the project's own snapshot and policy. */
export interface RehearsalOptions {
  readonly policy?: (text: string) => string;
  readonly documents?: (documents: SnapshotDocuments) => SnapshotDocuments;
  readonly seed?: number;
  readonly physics?: Partial<Physics>;
  /** `held`: the run does not begin; for what is measured or tested without it. Default `at-once`. */
  readonly beginning?: 'at-once' | 'held';
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
  violations(): readonly Violation[];
  /** Bodies of the comments we posted in the run's issue. */
  comments(): readonly string[];
  issues(): readonly { readonly title: string; readonly state: string; readonly body: string }[];
  close(): Promise<void>;
}

/** Starts a rehearsal; its window opens one second later. */
export async function startRehearsal(options: RehearsalOptions = {}): Promise<Rehearsal> {
  const policyText = (options.policy ?? ((text) => text))(readFileSync(new URL('policies/lab-aks.yaml', fixtures), 'utf8'));
  const read = readPolicyText(policyText, 'lab-aks.yaml');
  const [policy] = read.ok ? read.value : [];
  const [opening] = policy === undefined ? [] : nextOpenings(policy.window, saturday, 1);
  if (policy === undefined || opening === undefined) throw new Error(`The policy opens nothing: ${JSON.stringify(read)}`);
  const documents = await readSnapshotDocuments(fileURLToPath(new URL('snapshot/', fixtures)));
  if (!documents.ok) throw new Error(`The snapshot does not read: ${JSON.stringify(documents.faults)}`);
  const clock = virtualClock(opening.opens - 1_000);
  const changes: WorldChange[] = [];
  const world = await startLoopbackWorld({
    documents: (options.documents ?? ((given) => given))(documents.value),
    policies: { 'lab-aks.yaml': policyText },
    startsAt: opening.opens - 1_000,
    makeClock: () => clock,
    seed: options.seed ?? 1,
    ...(options.physics === undefined ? {} : { physics: options.physics }),
    folder: null,
    people: { operator: 'maintain', reader: 'read' },
    onChanges: (happened) => changes.push(...happened),
  });
  lendClock(clock);
  const host = await startHost({ appEntry: new URL('./rehearsal-app.ts', import.meta.url), clock, database: ':memory:', strictness: 'strict', drift: 'assert', timers: 'held', environment: world.environment, log: (level, code, fields) => {
    if (level === 'error') process.stderr.write(`${code} ${JSON.stringify(fields)}\n`);
  } });
  const composition = compose(process.env);
  if (!composition.ok) throw new Error(`The settings do not read: ${JSON.stringify(composition.faults)}`);
  const { useComposition } = await import('./rehearsal-app.ts');
  useComposition(composition.value);
  await clock.advanceTo(opening.opens);
  const instanceId = windowInstanceId(policy.clusterResourceId);
  const input: MaintenanceWindowInput = { policy, opening, runId: runIdOf('lab-aks', opening.opens), repository: policyRepository, pollSeconds: { shortest: 30, longest: 150 } };
  if (options.beginning !== 'held') host.engine.start({ name: 'maintenanceWindow', instanceId, inputJson: JSON.stringify(input), version: null });
  return tools({ world, host, clock, input, opens: opening.opens, closes: opening.closes, changes, instanceId });
}

function tools(parts: Pick<Rehearsal, 'world' | 'host' | 'clock' | 'input' | 'opens' | 'closes' | 'changes'> & { readonly instanceId: string }): Rehearsal {
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
  const github = (path: string): unknown => world.github.request('slackwater[bot]', 'GET', path, null).body;
  return {
    ...parts,
    status,
    firstStatus: () => beginStatus({ policy: parts.input.policy, opening: parts.input.opening, runId: parts.input.runId, clusterName: 'lab-aks' }),
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
      const decision: OperatorDecision = { verb, target, by: 'operator', decisionId, comment };
      host.engine.raiseEvent(instanceId, 'decision', JSON.stringify(decision));
    },
    armWrites: () => world.log.entries.filter(isAcceptedWrite).map(({ method, path, at, requestBody }) => ({ what: `${method} ${shorten(path)}`, minute: minutesOf(at), body: requestBody })),
    violations: () => checkInvariants({ requests: world.log.entries.flatMap(toLogged), changes: parts.changes, windows: [{ opens, closes: parts.closes }] }),
    comments: () => listOf(github(`/repos/${policyRepository}/issues/1/comments`)).map((comment) => String(comment['body'])),
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
