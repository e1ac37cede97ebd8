import type { Unchecked } from './cluster-snapshot.ts';

export type Severity = 'block' | 'warn' | 'info';

/** One preflight finding; codes are those of the published list and never change their meaning. */
export interface Finding {
  readonly code: string;
  /** `namespace/name` of a budget or pod, a pool's or node's name, or `cluster`. */
  readonly where: string;
  readonly severity: Severity;
  /** Pools it withholds or concerns; `['*']` for the whole run. */
  readonly pools: readonly string[];
  readonly message: string;
  readonly remedy: string;
  /** Who can act: named by an annotation or label of what it is about, or of its namespace; null when nothing names anyone. */
  readonly owner: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** What somebody would change for it, alternatives included; absent when it is no field of a Kubernetes object. */
  readonly amendments?: readonly Amendment[];
}

/** A field of a Kubernetes object whose change is a remedy, named so that its manifest can be found. */
export interface Amendment {
  readonly kind: string;
  /** Empty for what lives in no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** Keys from the object's root down to the field; empty when the object as a whole is concerned. */
  readonly field: readonly string[];
  /** The line as it should read, for example `maxUnavailable: 1`; null when no single value is the remedy. */
  readonly change: string | null;
}

/** If this one pod were evicted now, what would the API server do, and what would be left. */
export interface PodVerdict {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** `evictable` 201 · `blocked` 429 · `error` 500 or 403 · `skipped` a drain leaves it · `unmanaged` 201, yet nobody re-creates it. */
  readonly verdict: 'evictable' | 'blocked' | 'error' | 'skipped' | 'unmanaged';
  /** HTTP status the API server would answer. */
  readonly status: 201 | 403 | 429 | 500;
  /** `namespace/name` of each budget whose selector matches. */
  readonly budgets: readonly string[];
  readonly reason: string;
}

/** What preflight found: all of it at once. */
export interface PreflightReport {
  readonly schema: 'slackwater.preflight/v1';
  readonly cluster: string;
  readonly result: 'block' | 'warn' | 'info' | 'pass';
  readonly findings: readonly Finding[];
  readonly pods: readonly PodVerdict[];
  readonly unchecked: readonly Unchecked[];
}

/** How `what` of an unchecked pool begins whose nodes nobody saw: its name follows. */
export const UNSEEN_NODES = 'nodes of pool/';

/** Lower is worse. */
export const severityRank: Readonly<Record<Severity, number>> = { block: 0, warn: 1, info: 2 };

/** Findings that only explain refusals which end by themselves: they ask nothing of anybody, so alone they are a pass. */
const uneventfulCodes: ReadonlySet<string> = new Set(['PDB_SURGEABLE']);

/** The worst severity among the findings; `pass` without any that asks something of somebody. */
export function resultOfFindings(findings: readonly Pick<Finding, 'code' | 'severity'>[]): PreflightReport['result'] {
  let worst: PreflightReport['result'] = 'pass';
  for (const { code, severity } of findings) {
    if (!uneventfulCodes.has(code) && (worst === 'pass' || severityRank[severity] < severityRank[worst])) worst = severity;
  }
  return worst;
}
