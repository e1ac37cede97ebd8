import { appendFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { lendClock } from '../../adapters/clock.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import type { Fault } from '../../domain/result.ts';
import type { Instant } from '../../domain/time.ts';
import { runIdOf, windowInstanceId } from '../../domain/window-identity.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import { routes } from '../../functions/service-names.ts';
import { changedPaths, isPull } from '../../sim/github-pull-shapes.ts';
import type { WorldChange } from '../../sim/wire.ts';
import { scaledClock } from '../clock.ts';
import { startHost } from '../functions-host/host.ts';
import type { HostLog, RunningHost } from '../functions-host/host-options.ts';
import { appLogin, policyRepository, startLoopbackWorld, type LoopbackWorld } from '../loopback-world.ts';
import { createQueueSource } from '../queue-source.ts';
import { takeNightFolder, type NightFolder } from './night-folder.ts';
import { readNightInput, type NightInput } from './night-input.ts';
import { listenToKeyboard, type KeyboardWord } from './night-keyboard.ts';
import { defaultNightFolder, type NightOptions } from './night-options.ts';
import { choosePort } from './night-port.ts';
import { createNightProposal } from './night-proposal.ts';
import { startNightScript, type NightScript } from './night-script.ts';
import { createNightStory, type NightStory } from './night-story.ts';
import { keepClusterTime, readClusterTime } from './night-time.ts';

/** The night begins this long before the window opens. Unit: ms of cluster time. */
const LEAD_MS = 180_000;
/** After a kill the night goes on this much later than it was last seen, so that no moment is lived twice. */
const RESUME_GAP_MS = 60_000;
const STATUS_POLL_MS = 25;
/** A made-up account of the simulated GitHub, for comments typed on the keyboard. */
const operatorLogin = 'operator';
/** Another one, who proposes a change of the policy. */
const colleagueLogin = 'colleague';

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

/** How a night ended, or why none began. */
export type NightEnd =
  | {
      readonly kind: 'ended';
      /** 0: ended with nothing left · 1: stopped before its end · 2: something is left, or the run did not succeed. */
      readonly exitCode: 0 | 1 | 2;
    }
  | { readonly kind: 'refused'; readonly faults: readonly Fault[] };

/**
 * Runs the function app, unmodified, against loopback services over a simulated cluster, and tells the night as it
 * happens. With `lifetime: 'once'` it resolves when the run has ended; else when `stop` resolves.
 *
 * Refuses, before anything is started or removed, what `readNightInput` and `takeNightFolder` find.
 */
export async function runNight(options: NightOptions, io: { readonly write: (line: string) => void; readonly input: NodeJS.ReadableStream; readonly stop: Promise<void> }): Promise<NightEnd> {
  let isTold = false;
  const input = await readNightInput(Date.now());
  const folder = takeNightFolder(options);
  const before = folder.ok && options.beginning === 'resume' ? folder.value.before : null;
  const port = await choosePort({ asked: options.port, before: before?.githubPort ?? null });
  if (!input.ok || !folder.ok || !port.ok) return { kind: 'refused', faults: [input, folder, port].flatMap((each) => (each.ok ? [] : each.faults)) };
  const night = await beginNight({ options: { ...options, port: port.value, seed: before?.seed ?? options.seed }, input: input.value, folder: folder.value, write: (line) => (isTold ? undefined : io.write(line)) });
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
    // What still happens while the services close belongs to no story any more.
    isTold = true;
    stopKeyboard();
    stopTime();
    night.script.stop();
    await night.host.close();
    await night.world.close();
    folder.value.release();
  }
}

async function beginNight({ options, input, folder, write }: { readonly options: NightOptions; readonly input: NightInput; readonly folder: NightFolder; readonly write: (line: string) => void }): Promise<Night> {
  const { policy, policyText, code, documents } = input;
  if (options.beginning === 'fresh') folder.clear();
  else if (folder.before === null) write(`There is no night to go on with in ${folder.path}; a new one begins.`);
  const opens = (options.beginning === 'resume' ? folder.before?.opens : null) ?? input.opens;
  // Before anything happens: the world that a journal is applied to must be made from the same seed and moment.
  folder.keep({ opens, seed: options.seed, githubPort: options.port });
  let watch: (changes: readonly WorldChange[]) => void = () => undefined;
  let letTimePass = (): void => undefined;
  const world = await startLoopbackWorld({
    documents,
    policies: { 'lab-aks.yaml': policyText },
    code,
    startsAt: opens - LEAD_MS,
    makeClock: (journalReaches) => {
      // Held until all is up: on a slow machine an hour of the night would pass before anybody could look.
      const clock = scaledClock({ start: clusterStart(options, opens, journalReaches), factor: options.speed, beginning: 'held' });
      letTimePass = clock.run;
      return clock;
    },
    seed: options.seed,
    folder: options.folder,
    githubPort: options.port,
    people: { [operatorLogin]: 'maintain', [colleagueLogin]: 'write' },
    signsAs: 'app',
    onChanges: (changes) => watch(changes),
  });
  // Before the host loads the app: its first line of work already asks for the time.
  lendClock(world.clock);
  const story = createNightStory({ now: () => world.clock.now(), timeZone: policy.window.timeZone, cluster: world.cluster, write });
  const script = startNightScript(world, world.clock, options.lifetime === 'once' ? 'wakes-up' : 'waits-for-a-word');
  const approver = options.lifetime === 'once' ? operatorLogin : null;
  const proposal = createNightProposal(() => world.github, policyText, { author: colleagueLogin, approver });
  watch = (changes) => {
    story.world(changes);
    script.watch(changes);
    proposal.watch(changes);
  };
  folder.keep({ opens, seed: options.seed, githubPort: world.github.port });
  write(`Cluster time runs ${options.speed} times as fast as this machine's. Policies and issue: ${world.github.url}/${policyRepository}/issues`);
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
  letTimePass();
  proposal.begin();
  write(`Function app: ${host.url}/api/${routes.status}`);
  if (options.lifetime === 'stay') write('When the run pauses, write /resume under its issue there: the owner mends the budget on your word, and the run goes on.');
  write('Type: fix, resume, retry, skip, pause, abort, status, help. Nothing leaves this machine.\n');
  return { options, policy, opens, world, host, story, script, instanceId: windowInstanceId(policy.clusterResourceId) };
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

/** The night's pull requests, each with the files it would change. */
function tellPullRequests({ github }: LoopbackWorld): readonly string[] {
  const { world } = github.github;
  return [...world.repositories.values()].flatMap((repository) =>
    [...repository.issues.values()].filter(isPull).map((pull) => `Pull request #${pull.number}: ${pull.title} (${changedPaths({ world, repository }, pull).join(', ')})`),
  );
}

async function tellEnd(night: Night, status: WindowStatus | null, write: (line: string) => void): Promise<NightEnd> {
  const { folder } = night.options;
  const issue = status?.issue ?? null;
  const answer = issue === null ? null : night.world.github.request(appLogin, 'GET', `/repos/${issue.repository}/issues/${issue.number}`, null);
  const body = answer !== null && typeof answer.body === 'object' && answer.body !== null && 'body' in answer.body ? String(answer.body.body) : 'No report was written.';
  const place = (name: string): string => relative(process.cwd(), join(folder, name)) || name;
  writeFileSync(join(folder, 'issue.md'), body);
  if (status?.outcome != null) write(`\n${body}\n`);
  write(`Run ${runIdOf(night.world.cluster.resourceId.split('/').at(-1) ?? '', night.opens)}: ${status?.outcome ?? 'not ended'}`);
  write(`Task hub: ${place('durable.sqlite')}   Issue: ${place('issue.md')}   Requests: ${place('requests.jsonl')}`);
  for (const line of tellPullRequests(night.world)) write(line);
  if (status === null || status.outcome === null) {
    write(`Stopped before its end. Go on with: npm start -- --resume${folder === defaultNightFolder ? '' : ` --folder ${folder}`}`);
    return { kind: 'ended', exitCode: 1 };
  }
  return { kind: 'ended', exitCode: status.outcome === 'succeeded' && status.leftOver.length === 0 ? 0 : 2 };
}
