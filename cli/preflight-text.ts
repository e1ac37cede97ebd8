import type { PreflightReport } from '../domain/preflight-report.ts';
import { printable, renderCount } from './print.ts';

const verdictOrder = ['blocked', 'error', 'unmanaged', 'evictable', 'skipped'] as const;

/** A preflight for a terminal: every finding with its remedy, the pods counted by verdict, and what was not checked. */
export function renderPreflightText(report: PreflightReport): string {
  const findings = report.findings.flatMap(({ severity, code, where, pools, message, remedy }) => [
    `${severity.padEnd(5)} ${code} ${printable(where)}${pools.length === 0 ? '' : ` (${pools.map(poolText).join(', ')})`}`,
    `      ${printable(message)}`,
    `      → ${printable(remedy)}`,
  ]);
  const pods = verdictOrder.map((verdict) => `${report.pods.filter((pod) => pod.verdict === verdict).length} ${verdict}`);
  const unchecked = report.unchecked.map(({ what, why }) => `  ${printable(what)}: ${printable(why)}`);
  return [
    `Preflight of ${printable(report.cluster)}: ${report.result}`,
    '',
    ...(findings.length === 0 ? ['No findings.'] : findings),
    '',
    `Pods, were each evicted now: ${pods.join(', ')}.`,
    ...(unchecked.length === 0 ? [] : ['', `${renderCount(unchecked.length, { one: 'thing was', many: 'things were' })} not checked:`, ...unchecked]),
  ].join('\n');
}

function poolText(pool: string): string {
  return pool === '*' ? 'the whole run' : `pool ${pool}`;
}
