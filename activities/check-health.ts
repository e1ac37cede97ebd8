import type { HealthLook, ProbeCount } from '../domain/cluster-health.ts';
import type { Cluster } from '../domain/cluster-snapshot.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { explainUnread } from '../domain/kubernetes-unread.ts';
import type { VerifyPolicy } from '../domain/maintenance-policy.ts';
import { isBrokenOnTheWay, judgePath, type PathVerdict } from '../domain/path-to-nodes.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { ActivityContract } from './contract.ts';
import type { Ports, ServiceAnswer } from './ports.ts';

const ADD_ONS = 'kube-system';
/** An activity ends within a minute: after this long no further round of tries is begun. Unit: milliseconds. */
const TRIES_MS = 30 * SECOND_MS;
/** A node this young is still getting ready. Unit: milliseconds. */
const YOUNG_MS = 10 * MINUTE_MS;
const NODES_NAMED = 20;

/**
 * One look at the cluster as its users feel it: the policy's probes, CoreDNS, nodes, and the path from control plane to
 * nodes. Changes nothing; may be repeated. A part that may not be read is left out; probes that cannot be tried failed.
 */
export async function checkHealth(ports: Ports, { clusterResourceId, verify, refusals }: ActivityContract['checkHealth']['input']): Promise<Outcome<HealthLook>> {
  const read = await ports.aks.readCluster(clusterResourceId);
  if (!read.ok) return read;
  const { cluster } = read.value;
  const { kubernetes } = ports;
  const [dns, tried, notReady] = await Promise.all([
    kubernetes.readDeployment(cluster, { namespace: ADD_ONS, name: 'coredns' }),
    tryProbes(ports, cluster, verify),
    verify === null ? { ok: true as const, value: [] } : readNotReady(ports, cluster),
  ]);
  const unread = (failure: Failure): Outcome<never> => ({ ok: false, failure: explainUnread(cluster, failure) });
  if (!tried.ok) return unread(tried.failure);
  if (!notReady.ok) return unread(notReady.failure);
  if (!dns.ok && dns.failure.class === 'transient') return unread(dns.failure);
  const path = await readPath(ports, cluster, refusals, tried.value.brokenBy);
  if (!path.ok) return unread(path.failure);
  const isFailing = tried.value.counts.some(({ failures }) => failures > 0) || (dns.ok && dns.value !== null && dns.value.wanted > dns.value.ready);
  const settings = isFailing ? await kubernetes.readSettingsChange(cluster, { namespace: ADD_ONS, name: 'coredns-custom' }) : null;
  return {
    ok: true,
    value: {
      seenAt: ports.clock.now(),
      probes: tried.value.counts,
      dns: dns.ok ? dns.value : null,
      dnsSettings: settings !== null && settings.ok ? settings.value : null,
      notReady: notReady.value,
      path: path.value,
    },
  };
}

interface TriedProbes {
  readonly counts: readonly ProbeCount[];
  /** Why a try broke on its way to a node; null when none did. */
  readonly brokenBy: string | null;
}

/** Tries all probes side by side, round after round, so that a slow one takes no tries from the others. */
async function tryProbes(ports: Ports, cluster: Cluster, verify: VerifyPolicy | null): Promise<Outcome<TriedProbes>> {
  const probes = verify?.probes ?? [];
  const counts = probes.map(({ name }) => ({ name, tries: 0, failures: 0, lastFailure: '' }));
  const until = ports.clock.now() + TRIES_MS;
  let brokenBy: string | null = null;
  for (let round = 0; round < Math.max(0, ...probes.map(({ tries }) => tries)); round += 1) {
    if (round > 0 && ports.clock.now() >= until) break;
    const due = probes.map((probe, index) => ({ probe, count: counts[index] })).filter(({ probe }) => round < probe.tries);
    const answers = await Promise.all(due.map(({ probe }) => ports.kubernetes.probeService(cluster, probe)));
    for (const [index, answer] of answers.entries()) {
      const count = due[index]?.count;
      if (!answer.ok) return answer;
      if (count === undefined) continue;
      count.tries += 1;
      if (isGood(answer.value)) continue;
      count.failures += 1;
      count.lastFailure = describe(answer.value);
      if (didNotArrive(answer.value)) brokenBy = answer.value.message;
    }
  }
  return { ok: true, value: { counts, brokenBy } };
}

function isGood({ status }: ServiceAnswer): boolean {
  return status >= 200 && status < 400;
}

/** A service that hangs looks the same, so this counts only beside another sign. */
function didNotArrive({ status, message }: ServiceAnswer): boolean {
  return status === 0 || (status >= 500 && isBrokenOnTheWay(message));
}

function describe({ status, message }: ServiceAnswer): string {
  return status === 0 ? message : `${status} ${message}`.trim();
}

async function readNotReady(ports: Ports, cluster: Cluster): Promise<Outcome<readonly string[]>> {
  const nodes = await ports.kubernetes.readNodes(cluster);
  if (!nodes.ok) return nodes;
  const now = ports.clock.now();
  const names = nodes.value.filter((node) => !node.isReady && !node.isCordoned && node.createdAt + YOUNG_MS <= now).map(({ name }) => name);
  return { ok: true, value: names.sort().slice(0, NODES_NAMED) };
}

/** Looks further, at the agents of the tunnel and at a log, only where something is suspicious. */
async function readPath(ports: Ports, cluster: Cluster, refusals: readonly string[], brokenBy: string | null): Promise<Outcome<PathVerdict>> {
  const { kubernetes } = ports;
  const failures = await kubernetes.readCreateFailures(cluster);
  if (!failures.ok && failures.failure.class === 'transient') return failures;
  const now = ports.clock.now();
  const said = [
    ...refusals.map((text) => ({ text, at: now })),
    ...(failures.ok ? failures.value.map(({ message, lastSeen }) => ({ text: message, at: lastSeen })) : []),
  ];
  const first = judgePath({ refusals: said, callFailure: brokenBy, call: 'unknown', agents: null }, now);
  if (first.webhooks.length < 2 && brokenBy === null) return { ok: true, value: first };
  const [agents, log] = await Promise.all([kubernetes.readDeployment(cluster, { namespace: ADD_ONS, name: 'konnectivity-agent' }), kubernetes.tryLog(cluster, ADD_ONS)]);
  const logFailure = log.ok && log.value !== null && didNotArrive(log.value) ? describe(log.value) : null;
  const counted = agents.ok && agents.value !== null ? { ready: agents.value.ready, wanted: agents.value.wanted } : null;
  const call = log.ok && log.value !== null && log.value.status === 200 ? 'arrived' : 'unknown';
  return { ok: true, value: judgePath({ refusals: said, callFailure: brokenBy ?? logFailure, call, agents: counted }, now) };
}
