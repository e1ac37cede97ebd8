import type { DeprecatedApiUse } from './azure-facts.ts';

/** Gauge of the API server: 1 for every deprecated API it was asked for since it started (facts: Kubernetes deprecation policy, "REST resources"). */
const METRIC = 'apiserver_requested_deprecated_apis';

/** What the gauge does not tell, for a person. */
export const metricsTellNoTime = 'The metrics tell what one API server was asked for since it started; not when, nor by whom, nor what its siblings were asked for.';

/** The lines of `/metrics` that tell of deprecated APIs; everything else is left where it is. */
export function pickDeprecatedApiLines(metrics: string): readonly string[] {
  return metrics.split('\n').filter((line) => line.startsWith(`${METRIC}{`));
}

/** Uses of deprecated APIs in the text of `/metrics`, without verb, client and time. Lines that are none are passed over. */
export function readDeprecatedApiMetrics(metrics: string): readonly DeprecatedApiUse[] {
  return pickDeprecatedApiLines(metrics).flatMap((line) => {
    const match = /^\w+\{(.*)\}\s+(\S+)/.exec(line);
    if (match === null || Number(match[2]) === 0) return [];
    const labels = new Map([...(match[1] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]));
    const version = labels.get('version') ?? '';
    if (version === '') return [];
    const group = labels.get('group') ?? '';
    const subresource = labels.get('subresource') ?? '';
    const resource = `${labels.get('resource') ?? ''}${subresource === '' ? '' : `/${subresource}`}`;
    const removed = labels.get('removed_release') ?? '';
    return [{ api: group === '' ? version : `${group}/${version}`, resource: resource === '' ? null : resource, verb: null, client: null, lastSeen: null, removedIn: removed === '' ? null : removed }];
  });
}
