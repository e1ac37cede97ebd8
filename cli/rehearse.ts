import { readSnapshotDocuments, readSnapshotFiles } from '../adapters/snapshot-folder.ts';
import { createSnapshotRecorder } from '../adapters/snapshot-recorder.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import { needsHands } from '../sim/rehearsal-report.ts';
import type { Command, CommandArguments, CommandIo } from './command.ts';
import { renderFault, renderJson } from './print.ts';
import { showProgress } from './progress.ts';
import { renderRehearsalMarkdown } from './rehearsal-markdown.ts';
import { renderRehearsalText } from './rehearsal-text.ts';
import { loadSimulation } from './simulation.ts';
import { readSnapshotInput, snapshotOptions } from './snapshot-input.ts';

const SEEDS_MAX = 100;
/** Nights when nothing is said: enough to see chance at work, few enough to wait for. */
const SEEDS = 3;

/** `slackwater rehearse`: plays one night of a cluster, live or of a snapshot, in a simulated copy of it. */
export const rehearseCommand: Command = {
  name: 'rehearse',
  summary: 'Play one night in a simulated copy of a cluster: what starts when, which drain blocks, whether the night is long enough.',
  usage: '(--snapshot DIR | --cluster ID [--kubeconfig FILE]) --policy FILE [--at INSTANT] [--seed N] [--seeds N]',
  options: {
    ...snapshotOptions,
    now: { type: 'string', value: 'INSTANT', help: 'The same as --at, as preflight and plan take it.' },
    at: { type: 'string', value: 'INSTANT', help: 'Rehearse the opening of this moment, else the next after it, instead of now; for example 2026-11-21T21:00Z.' },
    seed: { type: 'string', value: 'N', help: 'Chance of the first night; 1 when left out. The same seed gives the same night.' },
    seeds: { type: 'string', value: 'N', help: `Nights, each with the next seed, for the percentiles; ${SEEDS} when left out, at most ${SEEDS_MAX}.` },
  },
  formats: ['text', 'json', 'markdown'],
  notes: [
    'The app\'s own orchestrations run in virtual time over servers on this machine; of a live cluster everything is read first, and nothing is written.',
    'Nobody acts in a rehearsed night. What preflight withholds is not started, and is tried a second time as though it were let pass.',
    'Exit code 0: everything ends in time and nothing blocks; 2: a drain blocks, or the night is too short; 1: wrong use or failure.',
  ],
  async run(args, io) {
    const order = readOrder(args, io);
    if (order === null) return 1;
    const simulation = await loadSimulation('rehearse', io, () => import('../local/rehearsal/rehearse-snapshot.ts'));
    if (simulation === null) return 1;
    const recorder = createSnapshotRecorder();
    const input = await readSnapshotInput('rehearse', order.args, io, recorder);
    if (input === null || input.policy === null) return 1;
    const { policy, opening, snapshot } = input;
    if (opening === null) {
      io.printError(`slackwater rehearse: ${policy.name} never opens again; see: slackwater calendar ${policy.source}`);
      return 1;
    }
    const folder = args.values.get('snapshot');
    const documents = folder === undefined ? await readSnapshotFiles(recorder.documents(snapshot)) : await readSnapshotDocuments(folder);
    if (!documents.ok) {
      for (const fault of documents.faults) io.printError(`slackwater rehearse: ${renderFault(fault, fault.where)}`);
      return 1;
    }
    let present = 'making the simulated cluster';
    const progress = showProgress((text) => io.printError(`slackwater rehearse: ${text}`), `rehearsing ${clusterNameOf(policy.clusterResourceId)}`, () => present);
    const { seed, seeds } = order;
    const onProgress = (what: string): void => void (present = what);
    const report = await progress.during(simulation.rehearseSnapshot({ documents: documents.value, snapshot, policy, opening, seed, seeds, onProgress }));
    io.print(args.output === 'json' ? renderJson(report) : args.output === 'markdown' ? renderRehearsalMarkdown(report, policy.window.timeZone) : renderRehearsalText(report, policy.window.timeZone, io.terminal));
    return needsHands(report) ? 2 : 0;
  },
};

interface Order {
  readonly args: CommandArguments;
  readonly seed: number;
  readonly seeds: number;
}

/** Wrong use of this command's own options, all at once; null when there is some. */
function readOrder(args: CommandArguments, io: CommandIo): Order | null {
  const messages: string[] = [];
  const number = (name: string, otherwise: number, range: { readonly least: number; readonly most: number }): number => {
    const text = args.values.get(name);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= range.least && value <= range.most) return value;
    messages.push(`--${name} is ${JSON.stringify(text)}; write a whole number from ${range.least} to ${range.most}.`);
    return otherwise;
  };
  const seed = number('seed', 1, { least: 0, most: 1_000_000_000 });
  const seeds = number('seeds', SEEDS, { least: 1, most: SEEDS_MAX });
  const at = args.values.get('at');
  if (!args.values.has('policy')) messages.push('name the policy: --policy FILE');
  if (at !== undefined && args.values.has('now')) messages.push('--at and --now are the same; give one.');
  for (const message of messages) io.printError(`slackwater rehearse: ${message}`);
  if (messages.length > 0) return null;
  return { args: at === undefined ? args : { ...args, values: new Map([...args.values, ['now', at]]) }, seed, seeds };
}
