import { parseClusterId } from '../adapters/arm-resource-id.ts';
import { createAzureLists } from '../adapters/azure-lists.ts';
import { createSnapshotRecorder } from '../adapters/snapshot-recorder.ts';
import { checkSnapshotPlace, writeSnapshotFolder } from '../adapters/snapshot-writer.ts';
import type { ClusterSnapshot } from '../domain/cluster-snapshot.ts';
import { listAt } from '../domain/json.ts';
import type { Fault } from '../domain/result.ts';
import type { Command, CommandIo } from './command.ts';
import { connectLive } from './live-cluster.ts';
import { liveOptions, readLiveTarget } from './live-target.ts';
import type { LiveTarget } from './live-target.ts';
import { printable, renderCount, renderFault, renderJson, renderTable } from './print.ts';

/** `slackwater snapshot`: writes what a cluster is judged by to a folder, reading only. */
export const snapshotCommand: Command = {
  name: 'snapshot',
  summary: 'Write to a folder what a live cluster is judged by; preflight and plan then work on it without Azure.',
  usage: '--cluster ID --out DIR [--kubeconfig FILE] [--overwrite]',
  options: {
    ...liveOptions,
    out: { type: 'string', value: 'DIR', help: 'Folder to write; it must not exist, or be empty.' },
    overwrite: { type: 'boolean', help: 'Replace a snapshot that Slackwater wrote there before.' },
  },
  notes: [
    'Nothing is changed anywhere. Never written: Secrets, ConfigMaps, environment, commands and images of containers, tags, and annotations',
    'other than those that name an owner or another drainer. Names of workloads, labels, and who wrote to the cluster last are.',
    'Exit code 0: written whole; 1: nothing was written.',
  ],
  async run(args, io) {
    const messages = args.positionals.map((word) => `${JSON.stringify(word)} is not understood; name the folder with --out.`);
    const target = readLiveTarget(args, messages);
    const out = args.values.get('out');
    if (target === null && !args.values.has('kubeconfig')) messages.push('name the cluster: --cluster ID');
    if (out === undefined) messages.push('name the folder to write: --out DIR');
    for (const message of messages) io.printError(`slackwater snapshot: ${message}`);
    if (messages.length > 0 || target === null || out === undefined) return 1;
    const occupied = args.switches.has('overwrite') ? 'replace-snapshot' : 'refuse';
    const place = await checkSnapshotPlace(out, occupied);
    if (!place.ok) return tell(place.faults, io);
    const taken = await take(target, io);
    if (taken === null) return 1;
    const written = await writeSnapshotFolder(out, taken.documents, occupied);
    if (!written.ok) return tell(written.faults, io);
    io.print(args.output === 'json' ? renderJson(describe(out, taken)) : render(out, taken));
    return 0;
  },
};

function tell(faults: readonly Fault[], io: CommandIo): 1 {
  for (const fault of faults) io.printError(`slackwater snapshot: ${renderFault(fault, fault.where)}`);
  return 1;
}

interface Taken {
  readonly snapshot: ClusterSnapshot;
  readonly documents: ReadonlyMap<string, unknown>;
}

async function take(target: LiveTarget, io: CommandIo): Promise<Taken | null> {
  const recorder = createSnapshotRecorder();
  const cluster = await connectLive('snapshot', target, io, recorder);
  const snapshot = cluster === null ? null : await cluster.read('required');
  const id = parseClusterId(target.resourceId);
  if (cluster === null || snapshot === null || !id.ok) return null;
  // The cluster's own body holds the pools too; the list is written because people know it from az aks nodepool list.
  await createAzureLists(cluster.arm, id.value).agentPools();
  return { snapshot, documents: recorder.documents(snapshot) };
}

function countsOf({ documents }: Taken): readonly { readonly file: string; readonly entries: number | null }[] {
  return [...documents].map(([file, document]) => ({ file, entries: Array.isArray(document) ? document.length : file.startsWith('kubernetes/') ? listAt(document, 'items').length : null }));
}

function missingOf({ snapshot: { unchecked, azureFacts } }: Taken): readonly { readonly what: string; readonly why: string }[] {
  const facts: Readonly<Record<string, unknown>> = { ...azureFacts };
  return [...unchecked, ...Object.entries(azureFacts.whyUnread).flatMap(([what, why]) => (facts[what] === null ? [{ what, why: why ?? '' }] : []))];
}

function describe(out: string, taken: Taken): unknown {
  return { schema: 'slackwater.snapshot-written/v1', cluster: taken.snapshot.cluster.resourceId, folder: out, files: countsOf(taken), unchecked: missingOf(taken) };
}

function render(out: string, taken: Taken): string {
  const rows = countsOf(taken).map(({ file, entries }) => [`  ${file}`, entries === null ? '' : String(entries)]);
  const missing = missingOf(taken).map(({ what, why }) => `  ${printable(what)}: ${printable(why)}`);
  return [
    `${printable(taken.snapshot.cluster.name)} is in ${out}:`,
    renderTable(rows),
    ...(missing.length === 0 ? [] : ['', `${renderCount(missing.length, { one: 'thing is', many: 'things are' })} not in it:`, ...missing]),
    '',
    `Next: slackwater preflight --snapshot ${out}`,
  ].join('\n');
}
