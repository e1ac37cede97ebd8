import { readSnapshotFolder } from '../adapters/snapshot-folder.ts';
import { isSameResource } from '../domain/azure-resource.ts';
import type { ClusterSnapshot } from '../domain/cluster-snapshot.ts';
import { needOf } from '../domain/kubernetes-unread.ts';
import type { KubernetesNeed } from '../domain/kubernetes-unread.ts';
import { parseInstant } from '../domain/local-time.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import { nextOpenings, openingAt } from '../domain/maintenance-window.ts';
import type { Instant } from '../domain/time.ts';
import type { CommandArguments, CommandIo, CommandOption } from './command.ts';
import { connectLive } from './live-cluster.ts';
import type { LiveObserver } from './live-cluster.ts';
import { liveOptions, readLiveTarget } from './live-target.ts';
import type { LiveTarget } from './live-target.ts';
import { placeOf, readPolicyFiles } from './policy-files.ts';
import { renderFault } from './print.ts';

/** Options of every command that judges a cluster: from a snapshot folder, or live. */
export const snapshotOptions: Readonly<Record<string, CommandOption>> = {
  ...liveOptions,
  snapshot: { type: 'string', short: 's', value: 'DIR', help: 'Snapshot folder: cluster.json, kubernetes.json; and nodepools, upgrades, network, quota, locks, maintenance, activity where there are.' },
  policy: { type: 'string', short: 'p', value: 'FILE', help: 'Policy file; of several policies the one for this cluster counts.' },
  now: { type: 'string', value: 'INSTANT', help: 'Judge as of this moment instead of now, for example 2026-11-21T21:00Z.' },
};

/** What such a command was given, read and understood. */
export interface SnapshotInput {
  readonly snapshot: ClusterSnapshot;
  readonly policy: MaintenancePolicy | null;
  /** The opening `now` lies in, else the next one; null without a policy, or when it never opens again. */
  readonly opening: WindowOpening | null;
}

/** Reads the snapshot, or the live cluster, and the policy; prints every fault of both to standard error and answers null when there is one. `observer` sees a live cluster's answers. */
export async function readSnapshotInput(command: string, args: CommandArguments, io: CommandIo, observer: LiveObserver | null = null): Promise<SnapshotInput | null> {
  const messages: string[] = args.positionals.map((word) => `${JSON.stringify(word)} is not understood; name a folder with --snapshot, or a cluster with --cluster.`);
  const now = readNow(args, io, messages);
  const source = readSource(args, messages);
  const file = args.values.get('policy');
  const found = source?.kind === 'folder' ? await readSnapshot(source.folder, messages) : null;
  const resourceId = source?.kind === 'live' ? source.resourceId : (found?.cluster.resourceId ?? null);
  const policy = file === undefined || resourceId === null ? null : await readPolicy(file, resourceId, messages);
  // Who wants the answers themselves wants all of them.
  const need = observer === null ? needOf(policy) : 'required';
  const snapshot = source?.kind === 'live' ? await readLive(command, { target: source, need }, messages, io, observer) : found;
  for (const message of messages) io.printError(`slackwater ${command}: ${message}`);
  if (messages.length > 0 || snapshot === null) return null;
  const opening = policy === null ? null : openingAt(policy.window, now) ?? nextOpenings(policy.window, now, 1)[0] ?? null;
  const isDated = args.values.has('now');
  return { snapshot: isDated ? { ...snapshot, takenAt: now } : snapshot, policy, opening };
}

type Source = { readonly kind: 'folder'; readonly folder: string } | ({ readonly kind: 'live' } & LiveTarget);

function readSource(args: CommandArguments, messages: string[]): Source | null {
  const folder = args.values.get('snapshot');
  const live = readLiveTarget(args, messages);
  if (folder !== undefined && live !== null) messages.push('--snapshot and --cluster are two sources; name one.');
  if (folder === undefined && live === null && !args.values.has('kubeconfig')) messages.push('name the snapshot folder: --snapshot DIR, or a live cluster: --cluster ID');
  if (live !== null) return { kind: 'live', ...live };
  return folder === undefined ? null : { kind: 'folder', folder };
}

/** Wrong use is told before a cluster is asked anything. */
async function readLive(command: string, { target, need }: { readonly target: LiveTarget; readonly need: KubernetesNeed }, messages: readonly string[], io: CommandIo, observer: LiveObserver | null): Promise<ClusterSnapshot | null> {
  if (messages.length > 0) return null;
  const cluster = await connectLive(command, target, io, observer);
  return cluster === null ? null : cluster.read(need);
}

function readNow(args: CommandArguments, io: CommandIo, messages: string[]): Instant {
  const text = args.values.get('now');
  const now = text === undefined ? io.now() : parseInstant(text);
  if (now === null) messages.push(`${args.values.has('at') ? '--at' : '--now'} is ${JSON.stringify(text)}; write a moment with its zone, for example 2026-11-21T21:00Z.`);
  return now ?? 0;
}

async function readSnapshot(folder: string, messages: string[]): Promise<ClusterSnapshot | null> {
  const read = await readSnapshotFolder(folder);
  if (read.ok) return read.value;
  messages.push(...read.faults.map((fault) => renderFault(fault, fault.where)));
  return null;
}

async function readPolicy(file: string, resourceId: string, messages: string[]): Promise<MaintenancePolicy | null> {
  const read = await readPolicyFiles([file]);
  messages.push(...read.unreadable, ...read.faults.map((fault) => renderFault(fault, placeOf(fault))));
  if (read.unreadable.length > 0 || read.faults.length > 0) return null;
  const mine = read.policies.filter((policy) => isSameResource(policy.clusterResourceId, resourceId));
  const [policy] = mine;
  if (policy === undefined) messages.push(`${file} holds no policy for ${resourceId}; check spec.cluster.resourceId.`);
  if (mine.length > 1) messages.push(`${file} holds ${mine.length} policies for this cluster; name a file with one.`);
  return policy ?? null;
}
