import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lendClock } from '../../adapters/clock.ts';
import { readPolicyText } from '../../adapters/policy-file.ts';
import { readSnapshotDocuments, type SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import { nextOpenings } from '../../domain/maintenance-window.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { parseInstant } from '../../domain/local-time.ts';
import type { Instant } from '../../domain/time.ts';
import { runIdOf, windowInstanceId } from '../../domain/window-identity.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import type { WorldChange } from '../../sim/wire.ts';
import { scaledClock } from '../clock.ts';
import { startHost } from '../functions-host/host.ts';
import type { HostLog, RunningHost } from '../functions-host/host-options.ts';
import { appLogin, policyRepository, startLoopbackWorld, type LoopbackWorld } from '../loopback-world.ts';
import { createQueueSource } from '../queue-source.ts';
import { listenToKeyboard, type KeyboardWord } from './night-keyboard.ts';
import type { NightOptions } from './night-options.ts';
import { startNightScript, type NightScript } from './night-script.ts';
import { createNightStory, type NightStory } from './night-story.ts';
import { keepClusterTime, readClusterTime } from './night-time.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);
/** The night begins this long before the window opens. Unit: ms of cluster time. */
const LEAD_MS = 180_000;
/** After a kill the night goes on this much later than it was last seen, so that no moment is lived twice. */
const RESUME_GAP_MS = 60_000;
const STATUS_POLL_MS = 25;
/** A made-up account of the simulated GitHub, for comments typed on the keyboard. */
const operatorLogin = 'operator';

interface Night {
  readonly options: NightOptions;
  readonly policy: MaintenancePolicy;
  readonly opens: Instant;
  readonly world: LoopbackWorld;
  readonly host: RunningHost;
  readonly story: NightStory;
  readonly script: NightScript;
  readonly instanceId: string;
}

/** How a night ended. */
export interface NightEnd {
  /** 0: ended with nothing left · 2: something is left, or the run did not succeed. */
  readonly exitCode: 0 | 2;
}

/**
 * Runs the function app, unmodified, against loopback services over a simulated cluster, and tells the night as it
 * happens. With `lifetime: 'once'` it resolves when the run has ended; else when `stop` resolves.
 */
export async function runNight(options: NightOptions, io: { readonly write: (line: string) => void; readonly input: NodeJS.ReadableStream; readonly stop: Promise<void> }): Promise<NightEnd> {
  const night = await beginNight(options, io.write);
  const stopKeyboard = listenToKeyboard({
    input: io.input,
    onWord: (word, rest) => takeWord(night, word, rest),
    onUnknown: (text) => night.story.line(`"${text}" means nothing here. Type: fix, resume, retry, skip, pause, abort, status or help.`),
  });
  const stopTime = keepClusterTime(options.folder, night.world.clock);
  try {
    const last = await followRun(night, io.stop);
    return tellEnd(night, last, io.write);
  } finally {
    stopKeyboard();
    stopTime();
    night.script.stop();
    await night.host.close();
    await night.world.close();
  }
}

async function beginNight(options: NightOptions, write: (line: string) => void): Promise<Night> {
  if (options.beginning === 'fresh') rmSync(options.folder, { recursive: true, force: true });
  mkdirSync(options.folder, { recursive: true });
  const policyText = readFileSync(new URL('policies/lab-aks.yaml', fixtures), 'utf8');
  const policy = readPolicy(policyText);
  const opens = findOpening(options, policy);
  let watch: (changes: readonly WorldChange[]) => void = () => undefined;
  const world = await startLoopbackWorld({
    documents: await readDocuments(),
    policies: { 'lab-aks.yaml': policyText },
    startsAt: opens - LEAD_MS,
    makeClock: (journalReaches) => scaledClock({ start: clusterStart(options, opens, journalReaches), factor: options.speed }),
    seed: options.seed,
    folder: options.folder,
    githubPort: options.port,
    people: { [operatorLogin]: 'maintain' },
    onChanges: (changes) => watch(changes),
  });
  // Before the host loads the app: its first line of work already asks for the time.
  lendClock(world.clock);
  const story = createNightStory({ now: () => world.clock.now(), timeZone: policy.window.timeZone, cluster: world.cluster, write });
  const script = startNightScript(world, world.clock);
  watch = (changes) => {
    story.world(changes);
    script.watch(changes);
  };
  write(`Cluster time runs ${options.speed} times as fast as this machine's. Policies and issue: ${world.github.url}/${policyRepository}/issues`);
  write('Type: fix, resume, retry, skip, pause, abort, status, help. Nothing leaves this machine.\n');
  const log: HostLog = (level, code, fields) => {
    appendFileSync(join(options.folder, 'host.jsonl'), `${JSON.stringify({ at: world.clock.now(), level, code, ...fields })}\n`);
    if (level === 'error') story.line(`host: ${code} ${JSON.stringify(fields)}`);
  };
  const host = await startHost({
    appEntry: new URL('../../functions/main.ts', import.meta.url),
    clock: world.clock,
    database: join(options.folder, 'durable.sqlite'),
    queueSource: createQueueSource({ connectionString: world.serviceBus.connectionString, log }),
    environment: world.environment,
    log,
  });
  world.deliverWebhooksTo(host.url);
  return { options, policy, opens, world, host, story, script, instanceId: windowInstanceId(policy.clusterResourceId) };
}

function readPolicy(text: string): MaintenancePolicy {
  const read = readPolicyText(text, 'fixtures/policies/lab-aks.yaml');
  const [policy] = read.ok ? read.value : [];
  if (policy === undefined) throw new Error(`The policy of the example does not read: ${JSON.stringify(read)}`);
  return policy;
}

async function readDocuments(): Promise<SnapshotDocuments> {
  const read = await readSnapshotDocuments(fileURLToPath(new URL('snapshot/', fixtures)));
  if (!read.ok) throw new Error(`The snapshot of the example does not read: ${JSON.stringify(read.faults)}`);
  return read.value;
}

/** The window tonight: the policy's next opening, or the one a resumed night was begun for. */
function findOpening(options: NightOptions, policy: MaintenancePolicy): Instant {
  const file = join(options.folder, 'opening');
  if (options.beginning === 'resume') {
    const kept = readOpening(file);
    if (kept !== null) return kept;
  }
  const [opening] = nextOpenings(policy.window, Date.now(), 1);
  if (opening === undefined) throw new Error('The policy of the example has no opening.');
  writeFileSync(file, new Date(opening.opens).toISOString());
  return opening.opens;
}

function readOpening(file: string): Instant | null {
  try {
    return parseInstant(readFileSync(file, 'utf8').trim());
  } catch {
    return null;
  }
}

function clusterStart(options: NightOptions, opens: Instant, journalReaches: Instant | null): Instant {
  const reached = Math.max(journalReaches ?? 0, readClusterTime(options.folder) ?? 0);
  return reached === 0 ? opens - LEAD_MS : reached + RESUME_GAP_MS;
}

function takeWord(night: Night, word: KeyboardWord, rest: string): void {
  if (word === 'fix') {
    if (night.script.fix() === 'nothing-to-fix') night.story.line('Nothing is to be fixed now.');
    return;
  }
  const issue = readStatus(night)?.issue ?? null;
  if (issue === null) return night.story.line('There is no issue yet to say it in.');
  const body = `/slackwater ${word}${rest === '' ? '' : ` ${rest}`}`;
  night.world.github.request(operatorLogin, 'POST', `/repos/${issue.repository}/issues/${issue.number}/comments`, { body });
  night.story.line(`${operatorLogin} comments: ${body}`);
}

function readStatus(night: Night): WindowStatus | null {
  const json = night.host.engine.read(night.instanceId)?.customStatusJson ?? null;
  return json === null ? null : recorded<WindowStatus>(JSON.parse(json));
}

/** Follows the run until its orchestration has ended or `stop` resolves; gives the last status. */
async function followRun(night: Night, stop: Promise<void>): Promise<WindowStatus | null> {
  let isStopped = false;
  void stop.then(() => {
    isStopped = true;
  });
  for (;;) {
    const status = readStatus(night);
    if (status !== null) night.story.status(status);
    const state = night.host.engine.read(night.instanceId)?.runtimeStatus;
    const hasEnded = state === 'Completed' || state === 'Failed' || state === 'Terminated';
    if (isStopped || (hasEnded && night.options.lifetime === 'once')) return status;
    await new Promise((resolve) => setTimeout(resolve, STATUS_POLL_MS));
  }
}

async function tellEnd(night: Night, status: WindowStatus | null, write: (line: string) => void): Promise<NightEnd> {
  const { folder } = night.options;
  const issue = status?.issue ?? null;
  const answer = issue === null ? null : night.world.github.request(appLogin, 'GET', `/repos/${issue.repository}/issues/${issue.number}`, null);
  const body = answer !== null && typeof answer.body === 'object' && answer.body !== null && 'body' in answer.body ? String(answer.body.body) : 'No report was written.';
  const place = (name: string): string => relative(process.cwd(), join(folder, name)) || name;
  writeFileSync(join(folder, 'issue.md'), body);
  write(`\n${body}\n`);
  write(`Run ${runIdOf(night.world.cluster.resourceId.split('/').at(-1) ?? '', night.opens)}: ${status?.outcome ?? 'not ended'}`);
  write(`Task hub: ${place('durable.sqlite')}   Issue: ${place('issue.md')}   Requests: ${place('requests.jsonl')}`);
  return { exitCode: status?.outcome === 'succeeded' && status.leftOver.length === 0 ? 0 : 2 };
}
