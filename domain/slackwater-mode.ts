import type { Finding, PreflightReport } from './preflight-report.ts';

/**
 * What an installation may do: `stopped` opens no window and starts no unit · `plan-only` plans, judges and reports, and writes to
 * no cluster · `maintain` upgrades.
 */
export const slackwaterModes = ['stopped', 'plan-only', 'maintain'] as const;
export type SlackwaterMode = (typeof slackwaterModes)[number];

/** Code of the finding that an installation only plans. */
export const PLAN_ONLY = 'PLAN_ONLY';

/** Whether a text names a mode. */
export function isSlackwaterMode(text: string): text is SlackwaterMode {
  return slackwaterModes.some((mode) => mode === text);
}

/** Why an installation of this mode starts nothing, for a person; null when it may. */
export function whyNothingStarts(mode: SlackwaterMode): { readonly message: string; readonly remedy: string } | null {
  if (mode === 'maintain') return null;
  const message = mode === 'stopped' ? 'Slackwater is stopped: it starts nothing.' : 'Slackwater only plans here: it reads clusters and writes to none.';
  return { message, remedy: `Set SLACKWATER_MODE to maintain to let it upgrade; now it is ${mode}.` };
}

/** The same as a finding that holds the whole run, and that nothing but the setting clears. */
export function findMode(mode: SlackwaterMode): readonly Finding[] {
  const why = whyNothingStarts(mode);
  if (why === null) return [];
  return [{ code: mode === 'stopped' ? 'SLACKWATER_STOPPED' : PLAN_ONLY, where: 'cluster', severity: 'block', pools: ['*'], ...why, owner: null, evidence: { mode } }];
}

/** A judgment of the cluster together with what the installation itself withholds. */
export function withMode(report: PreflightReport, mode: SlackwaterMode): PreflightReport {
  const found = findMode(mode);
  return found.length === 0 ? report : { ...report, result: 'block', findings: [...found, ...report.findings] };
}
