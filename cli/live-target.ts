import type { CommandArguments, CommandOption } from './command.ts';

/** Which cluster, and how its API server is reached. */
export interface LiveTarget {
  readonly resourceId: string;
  /** Null: as the service reaches it, with an Entra token. */
  readonly kubeconfig: { readonly file: string; readonly context: string | null } | null;
}

/** Options by which a live cluster is named. */
export const liveOptions: Readonly<Record<string, CommandOption>> = {
  cluster: { type: 'string', short: 'c', value: 'ID', help: 'Read this cluster live: its ARM resource id. Signs in as az login did.' },
  kubeconfig: { type: 'string', short: 'k', value: 'FILE', help: 'Reach its API server by this file instead of by an Entra token.' },
  context: { type: 'string', value: 'NAME', help: 'Context of that file; its current one when left out.' },
};

/** The live cluster that was named; null when there is none, with a message when its options do not fit. */
export function readLiveTarget(args: CommandArguments, messages: string[]): LiveTarget | null {
  const resourceId = args.values.get('cluster');
  const file = args.values.get('kubeconfig');
  const context = args.values.get('context');
  if (file === undefined && context !== undefined) messages.push('--context is of a kubeconfig; name its file with --kubeconfig.');
  if (resourceId === undefined && file !== undefined) messages.push('--kubeconfig goes with --cluster ID, which names the cluster to Azure.');
  if (resourceId === undefined) return null;
  return { resourceId, kubeconfig: file === undefined ? null : { file, context: context ?? null } };
}
