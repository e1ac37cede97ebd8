import type { NamedRun } from './command-answer.ts';

/** A run as far as finding what a command means needs it. */
export interface AddressableRun extends NamedRun {
  readonly instanceId: string;
  /** `owner/name` it reports to. */
  readonly repository: string;
  readonly isLive: boolean;
  /** What a command may name: pools by name, and `control-plane`. */
  readonly units: readonly string[];
}

/** Where a command was written. */
export interface CommandLocation {
  readonly repository: string;
  readonly issueNumber: number;
  /** Run whose report the issue claims to be. Anybody can write that, so it only ever narrows. */
  readonly issueRunId: string | null;
}

export type FoundTarget<R extends AddressableRun> =
  | { readonly kind: 'run'; readonly run: R; readonly unit: string | null }
  | { readonly kind: 'closed'; readonly runId: string; readonly current: R | null }
  | { readonly kind: 'unknown-target'; readonly run: R }
  /** Several fit, or the name fits none: all that may have been meant. */
  | { readonly kind: 'which-one'; readonly runs: readonly R[] }
  | { readonly kind: 'no-run' };

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** Whether the run's report is this very issue. */
export function isReportOf(run: AddressableRun, location: CommandLocation): boolean {
  return run.issueNumber === location.issueNumber && isSame(run.repository, location.repository);
}

/**
 * Finds the run, and the unit if one is named, that a command is for.
 *
 * In a run's own report it is that run. Elsewhere it is the only run under way that reports to this repository, or the one
 * named in full; a short or shared name is asked back, never guessed. Runs of other repositories do not exist here.
 */
export function findTarget<R extends AddressableRun>(runs: readonly R[], location: CommandLocation, target: string | null): FoundTarget<R> {
  const here = runs.filter(({ repository }) => isSame(repository, location.repository));
  const reported = here.filter((run) => isReportOf(run, location));
  const own = reported.find(({ isLive }) => isLive) ?? reported[0];
  if (own !== undefined) return own.isLive ? findUnit(own, target) : { kind: 'closed', runId: own.runId, current: null };
  const live = here.filter(({ isLive }) => isLive);
  if (location.issueRunId !== null) {
    const cluster = location.issueRunId.replace(/-\d{8}T\d{4}Z$/, '');
    return { kind: 'closed', runId: location.issueRunId, current: live.find(({ clusterName }) => isSame(clusterName, cluster)) ?? null };
  }
  return findAmong(live, target);
}

function findAmong<R extends AddressableRun>(live: readonly R[], target: string | null): FoundTarget<R> {
  const [first, second] = live;
  if (first === undefined) return { kind: 'no-run' };
  if (target === null) return second === undefined ? { kind: 'run', run: first, unit: null } : { kind: 'which-one', runs: live };
  const [clusterName = '', pool] = target.split('/');
  const named = live.filter((run) => isSame(run.clusterName, clusterName) || isSame(run.runId, clusterName));
  const [run, other] = named;
  if (run !== undefined && other === undefined) return findUnit(run, pool ?? null);
  if (other !== undefined) return { kind: 'which-one', runs: named };
  const near = live.filter((each) => each.clusterName.toLowerCase().startsWith(clusterName.toLowerCase()));
  if (near.length > 0) return { kind: 'which-one', runs: near };
  return second === undefined ? findUnit(first, target) : { kind: 'which-one', runs: live };
}

function findUnit<R extends AddressableRun>(run: R, target: string | null): FoundTarget<R> {
  if (target === null || isSame(target, run.clusterName) || isSame(target, run.runId)) return { kind: 'run', run, unit: null };
  const parts = target.split('/');
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const isPrefixRight = prefix === undefined ? parts.length === 1 : isSame(prefix, 'pool') || isSame(prefix, run.clusterName);
  const unit = run.units.find((each) => isSame(each, parts.at(-1) ?? ''));
  return isPrefixRight && unit !== undefined ? { kind: 'run', run, unit } : { kind: 'unknown-target', run };
}
