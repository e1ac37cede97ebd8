import { fieldAt } from './field-reading.ts';
import type { FieldFault } from './field-reading.ts';
import type { HealthProbe } from './maintenance-policy.ts';

/** Probes of one policy; each look asks them all within the time of one activity. */
const PROBES_MAX = 8;

/** What no shape can say of a policy's probes: `out-of-range` for too many, `repeated-entry` for a name used twice. */
export function judgeProbes(value: unknown): readonly FieldFault[] {
  const path = ['spec', 'verify', 'probes'];
  const probes = fieldAt(value, path);
  if (!Array.isArray(probes)) return [];
  const faults: FieldFault[] = [];
  if (probes.length > PROBES_MAX) {
    faults.push({ code: 'out-of-range', where: 'spec.verify.probes', path, message: `spec.verify.probes has ${probes.length} entries.`, remedy: `Write at most ${PROBES_MAX} probes.` });
  }
  const names = new Set<unknown>();
  for (const [index, probe] of probes.entries()) {
    const name = fieldAt(probe, ['name']);
    const where = `spec.verify.probes[${index}].name`;
    if (typeof name === 'string' && names.has(name)) {
      faults.push({ code: 'repeated-entry', where, path: [...path, index, 'name'], message: `${where} is ${JSON.stringify(name)} again.`, remedy: 'Give each probe a name of its own.' });
    }
    names.add(name);
  }
  return faults;
}

/** The path under which the API server passes a probe's request on to its service. */
export function proxyPathOf({ service, path }: Pick<HealthProbe, 'service' | 'path'>): string {
  const [, scheme = '', namespace = '', name = '', port = ''] = /^(https?:)?([^/]+)\/([^:]+):(.+)$/.exec(service) ?? [];
  return `/api/v1/namespaces/${namespace}/services/${scheme}${name}:${port}/proxy${path}`;
}
