import { UNREAD_CODE } from './kubernetes-unread.ts';
import { UNSEEN_NODES } from './preflight-report.ts';
import type { Finding, PreflightReport } from './preflight-report.ts';

/** What a preflight comes to, in one word and one sentence; the sentence ends with a full stop and may hold names. */
export interface PreflightVerdict {
  readonly word: 'BLOCKED' | 'NOT SEEN' | 'READ FIRST' | 'CLEAR';
  readonly sentence: string;
}

/** Pools named in the sentence; the table names all. */
const POOLS_NAMED = 4;

/** The answer to "may it start?", which is all that some readers want. */
export function verdictOf({ cluster, findings, unchecked }: Pick<PreflightReport, 'cluster' | 'findings' | 'unchecked'>): PreflightVerdict {
  const name = clusterNameOf(cluster);
  const [blocks, warnings] = [countOf(findings, 'block'), countOf(findings, 'warn')];
  const unseen = unchecked.flatMap(({ what }) => (what.startsWith(UNSEEN_NODES) ? [what.slice(UNSEEN_NODES.length)] : []));
  const also = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warns' : 'warn'}`;
  if (blocks > 0) {
    const count = `${blocks} ${blocks === 1 ? 'finding blocks' : 'findings block'}${also}.`;
    return { word: 'BLOCKED', sentence: `${name}: ${withheldText(findings)} ${count}${unseenText(unseen)}` };
  }
  if (findings.some(({ code }) => code === UNREAD_CODE)) {
    return { word: 'NOT SEEN', sentence: `${name}: Kubernetes could not be read, so drains cannot be judged and nodes cannot be counted; Azure alone does not forbid the start.` };
  }
  if (unseen.length > 0) return { word: 'NOT SEEN', sentence: `${name}: nothing says that it may start.${unseenText(unseen)}` };
  if (warnings > 0) return { word: 'READ FIRST', sentence: `${name} may start; ${warnings === 1 ? '1 warning' : `${warnings} warnings`} to read first.` };
  return { word: 'CLEAR', sentence: `${name} may start; nothing is in the way.` };
}

/** Pools whose nodes nobody saw: what is said of the others does not hold for them. */
function unseenText(pools: readonly string[]): string {
  if (pools.length === 0) return '';
  const named = pools.slice(0, POOLS_NAMED).join(', ');
  const more = pools.length > POOLS_NAMED ? ` and ${pools.length - POOLS_NAMED} more` : '';
  return ` The nodes of ${pools.length === 1 ? 'pool' : 'pools'} ${named}${more} were not seen; see what was not checked.`;
}

/** The last part of a resource id. */
export function clusterNameOf(resourceId: string): string {
  return resourceId.slice(resourceId.lastIndexOf('/') + 1);
}

/** What the blocking findings hold back: the whole run, single pools, or the control plane that must follow a pool. */
function withheldText(findings: readonly Finding[]): string {
  const blocking = findings.filter(({ severity }) => severity === 'block');
  const pools = [...new Set(blocking.flatMap((finding) => finding.pools))].sort();
  if (pools.includes('*')) return 'nothing may start.';
  if (pools.length === 0) return 'the control plane must wait; pools are not held back.';
  const named = pools.slice(0, POOLS_NAMED).join(', ');
  const more = pools.length > POOLS_NAMED ? ` and ${pools.length - POOLS_NAMED} more` : '';
  return `${pools.length === 1 ? 'pool' : 'pools'} ${named}${more} must wait, others are not held back.`;
}

function countOf(findings: readonly Finding[], severity: Finding['severity']): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

/** How many pods have each verdict, worst first; verdicts that none has are left out. */
export function countVerdicts(pods: PreflightReport['pods']): readonly { readonly verdict: PreflightReport['pods'][number]['verdict']; readonly count: number; readonly names: readonly string[] }[] {
  const groups = Map.groupBy(pods, ({ verdict }) => verdict);
  return (['blocked', 'error', 'unmanaged', 'evictable', 'skipped'] as const).flatMap((verdict) => {
    const group = groups.get(verdict) ?? [];
    return group.length === 0 ? [] : [{ verdict, count: group.length, names: group.map(({ namespace, name }) => `${namespace}/${name}`) }];
  });
}

/** Verdicts of pods that a person should hear of by name. */
export const troublingVerdicts: ReadonlySet<string> = new Set(['blocked', 'error', 'unmanaged']);
