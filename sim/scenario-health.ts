import { numberAt, recordAt, textAt, textsAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { VerifyPolicy } from '../domain/maintenance-policy.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import type { Perturbation } from './perturbation.ts';
import type { Scenario, TimelineEvent } from './scenario.ts';
import { kubernetesTime } from './timestamp.ts';

const PROBE_NAMESPACE = 'slackwater-probes';
const PROBE_PORT = 8080;
const ADD_ON_AGE_MS = 20 * 24 * 60 * MINUTE_MS;

/** The service a scenario's probe of this name asks: one that needs no pods of its own. */
function probeService(name: string): { readonly namespace: string; readonly name: string } {
  return { namespace: PROBE_NAMESPACE, name };
}

/** Names of the probes a scenario's policy declares: `dnsProbe` is the probe `dns`. */
function probeNames({ policy }: Pick<Scenario, 'policy'>): readonly string[] {
  const verify = recordAt(policy, 'verify');
  return Object.keys(verify).filter((key) => key.endsWith('Probe') && verify[key] === true).map((key) => key.slice(0, -'Probe'.length));
}

/** `verify{dnsProbe, settleMin}` as the policy's own words; null where a scenario declares none. */
export function verifyOf(scenario: Pick<Scenario, 'policy'>): VerifyPolicy | null {
  const verify = recordAt(scenario.policy, 'verify');
  if (Object.keys(verify).length === 0) return null;
  const probes = probeNames(scenario).map((name) => ({ name, service: `${PROBE_NAMESPACE}/${name}:${PROBE_PORT}`, path: '/', tries: 10, failuresAllowedPercent: 10 }));
  return { settleMinutes: numberAt(verify, 'settleMin') ?? 10, probes };
}

/** What a scenario's probes ask, and the add-ons its timeline upgrades: a Deployment, and for CoreDNS its custom settings. */
export function healthDocuments(scenario: Scenario, zero: Instant): readonly JsonRecord[] {
  const addons = new Set(scenario.timeline.filter(({ event }) => event === 'addon.upgraded').map(({ data }) => textAt(data, 'name') ?? ''));
  const own = new Set(scenario.workloads.filter(({ namespace }) => namespace === 'kube-system').map(({ name }) => name));
  return [
    ...probeNames(scenario).map((name) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...probeService(name), uid: `svc-probe-${name}`, resourceVersion: '100' },
      spec: { type: 'ClusterIP', ports: [{ port: PROBE_PORT }] },
    })),
    ...[...addons].filter((name) => !own.has(name)).map((name) => addonDocument(name, zero)),
    ...(addons.has('coredns') ? [customDns(zero)] : []),
  ];
}

function addonDocument(name: string, zero: Instant): JsonRecord {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'kube-system', uid: `addon-${name}`, resourceVersion: '100', generation: 1, creationTimestamp: kubernetesTime(zero - ADD_ON_AGE_MS), labels },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name, image: `registry.example/${name}:1` }] } } },
    status: {},
  };
}

function customDns(zero: Instant): JsonRecord {
  const changed = kubernetesTime(zero - ADD_ON_AGE_MS);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns-custom', namespace: 'kube-system', uid: 'cm-coredns-custom', resourceVersion: '90', creationTimestamp: changed, managedFields: [{ manager: 'kubectl-client-side-apply', operation: 'Update', time: changed }] },
    data: { 'company.server': 'corp.example:53 { forward . 10.0.0.10 }' },
  };
}

/** What an event of the timeline about add-ons, probes, webhooks and logs does to the world. */
export function healthPerturbations({ event, data }: TimelineEvent): readonly Perturbation[] {
  switch (event) {
    case 'addon.upgraded':
      return [{ kind: 'upgrade-addon', name: textAt(data, 'name') ?? '' }];
    case 'probe.failed':
      return [{ kind: 'service-fails', ...probeService(textAt(data, 'name') ?? ''), ratio: ratioOf(data) }];
    case 'webhook.timeouts':
      return [{ kind: 'webhooks-time-out', names: textsAt(data, 'names'), ratio: ratioOf(data) }];
    case 'kubectl.logs':
      return [{ kind: 'tunnel-fails', error: textAt(data, 'error') }];
    default:
      return [];
  }
}

/** `0.4` or `"40%"`; all of them when nothing is said. */
function ratioOf(data: JsonRecord): number {
  const rate = data['rate'];
  if (typeof rate === 'number') return rate;
  return typeof rate === 'string' && /^\d+(?:\.\d+)?%$/.test(rate) ? Number(rate.slice(0, -1)) / 100 : 1;
}
