import type { HealthProbe, VerifyPolicy } from './maintenance-policy.ts';
import type { PathVerdict, ReadyCount } from './path-to-nodes.ts';
import type { Instant } from './time.ts';
import type { UnitName } from './upgrade-plan.ts';

/** What one look between units saw of the cluster as its users feel it: small, because history keeps it. */
export interface HealthLook {
  readonly seenAt: Instant;
  readonly probes: readonly ProbeCount[];
  /** The Deployment of CoreDNS; null when there is none or it may not be read. */
  readonly dns: AddonState | null;
  /** The last writing of ConfigMap `coredns-custom`, never what it holds; null when there is none or nothing asks for it. */
  readonly dnsSettings: ObjectChange | null;
  /** Nodes that are not Ready, neither cordoned nor new; at most 20. Empty when the policy verifies nothing. */
  readonly notReady: readonly string[];
  readonly path: PathVerdict;
}

/** How often one probe failed in one look. */
export interface ProbeCount {
  readonly name: string;
  readonly tries: number;
  readonly failures: number;
  /** What the last failed try was answered; empty when none failed. */
  readonly lastFailure: string;
}

/** An add-on's Deployment. */
export interface AddonState extends ReadyCount {
  /** Of its first container. */
  readonly image: string;
  readonly change: ObjectChange | null;
}

/** Who wrote an object last, and when. */
export interface ObjectChange {
  /** `Kind namespace/name`. */
  readonly object: string;
  readonly resourceVersion: string;
  /** Null: the object does not tell. */
  readonly at: Instant | null;
  /** Field manager; empty when not told. */
  readonly by: string;
}

/** Why nothing more is started, though no drain is blocked. */
export interface HealthAlarm {
  readonly kind: 'path' | 'probe' | 'dns' | 'nodes' | 'unreadable';
  /** A sentence: what is wrong, for people. */
  readonly summary: string;
  readonly remedy: string;
  /** What changed last, oldest first. */
  readonly changes: readonly { readonly at: Instant | null; readonly text: string }[];
}

/** What is known when a look is judged. */
interface HealthQuestion {
  readonly look: HealthLook;
  /** The first look of the run, which says what was so before it; null when this is it. */
  readonly before: HealthLook | null;
  readonly verify: VerifyPolicy | null;
  readonly units: readonly { readonly unit: UnitName; readonly startedAt: Instant | null }[];
}

/** What a look alarms of; the worst first, because one break can show as many. Null: all is well. */
export function judgeHealth(question: HealthQuestion): HealthAlarm | null {
  return alarmOfPath(question.look.path) ?? alarmOfProbes(question) ?? alarmOfDns(question) ?? alarmOfNodes(question);
}

/** The few words of a transport's error that mean something to a reader; addresses and paths left out. */
function shortReason(failure: string): string {
  const [reason = 'no answer'] = /i\/o timeout|connection refused|no route to host|context deadline exceeded|TLS handshake timeout|error dialing backend|unexpected EOF/.exec(failure) ?? [];
  return reason;
}

/** The words of a broken path to nodes; null while it works. */
export function alarmOfPath(path: PathVerdict): HealthAlarm | null {
  if (path.state === 'works') return null;
  const { webhooks, callFailure, agents } = path;
  const signs = [
    ...(webhooks.length === 0 ? [] : [`${webhooks.length} unrelated webhooks time out together (${webhooks.join(', ')}): they are victims, nobody of them is to blame`]),
    ...(callFailure === null ? [] : [`a call to a node broke on its way (${shortReason(callFailure)})`]),
    ...(agents === null ? [] : [`konnectivity-agent: ${agents.ready} of ${agents.wanted} Ready`]),
  ];
  return {
    kind: 'path',
    summary: `The path from control plane to nodes is down; webhooks are victims. ${signs.join('; ')}.`,
    remedy: 'Mend the tunnel: look at the konnectivity-agent pods in kube-system and at what the network lets nodes reach (port 443 of the API server). It is owned by Azure; the teams of the webhooks can do nothing.',
    changes: [],
  };
}

/** Share of the tries that failed. Unit: percent, whole. */
function percentOf({ tries, failures }: ProbeCount): number {
  return tries === 0 ? 100 : Math.round((failures / tries) * 100);
}

/** Whether a probe failed more than its policy allows; one that could not be tried at all did. */
function isFailing(probe: HealthProbe, { probes }: HealthLook): boolean {
  const count = probes.find(({ name }) => name === probe.name);
  return count === undefined || count.tries === 0 || (count.failures / count.tries) * 100 > probe.failuresAllowedPercent;
}

function alarmOfProbes(question: HealthQuestion): HealthAlarm | null {
  const { look, before, verify } = question;
  const failing = (verify?.probes ?? []).filter((probe) => isFailing(probe, look));
  if (failing.length === 0) return null;
  const upgrade = dnsUpgrade(question);
  const isDns = failing.some(({ name }) => /dns/i.test(name));
  const words = failing.map((probe) => {
    const count = look.probes.find(({ name }) => name === probe.name) ?? { name: probe.name, tries: 0, failures: 0, lastFailure: '' };
    const what = /^dns$/i.test(probe.name) ? 'DNS lookups' : `the tries of probe ${probe.name}`;
    const answer = count.lastFailure === '' ? '' : `, last answer: ${count.lastFailure}`;
    return `${percentOf(count)}% of ${what} fail (${count.failures} of ${count.tries}${answer})`;
  });
  const isOlder = before !== null && failing.some((probe) => isFailing(probe, before));
  const since = isOlder ? '; they failed before this run changed anything' : isDns && upgrade !== null ? ` since ${upgrade}` : '';
  return {
    kind: 'probe',
    summary: `${words.join('; ')}${since}.`,
    remedy: isDns
      ? 'Look at the logs of the coredns pods and at ConfigMap kube-system/coredns-custom, which a newer CoreDNS may read otherwise.'
      : `Look at ${failing.map(({ service }) => service).join(', ')}: it must answer GET requests below 400, and the identity needs the right to get services/proxy of it.`,
    changes: changesOf(look, upgrade),
  };
}

/** `coredns was upgraded with the control plane`, where its image is another than before the run; null otherwise. */
function dnsUpgrade({ look, before, units }: HealthQuestion): string | null {
  if (look.dns === null || before === null || before.dns === null || look.dns.image === before.dns.image) return null;
  const controlPlane = units.find(({ unit }) => unit === 'control-plane')?.startedAt ?? null;
  const firstPool = units.flatMap(({ unit, startedAt }) => (unit === 'control-plane' || startedAt === null ? [] : [startedAt])).sort((one, other) => one - other)[0];
  const at = look.dns.change?.at ?? null;
  const isWithControlPlane = controlPlane !== null && (at === null || (at >= controlPlane && (firstPool === undefined || at <= firstPool)));
  return `coredns was upgraded${isWithControlPlane ? ' with the control plane' : ' during this run'}`;
}

function changesOf({ dns, dnsSettings }: HealthLook, upgrade: string | null): HealthAlarm['changes'] {
  const words = ({ object, resourceVersion, by }: ObjectChange): string => `${object} was written last (resource version ${resourceVersion}${by === '' ? '' : `, by ${by}`})`;
  const changes = [
    ...(dnsSettings === null ? [] : [{ at: dnsSettings.at, text: words(dnsSettings) }]),
    ...(dns === null || dns.change === null ? [] : [{ at: dns.change.at, text: upgrade ?? words(dns.change) }]),
  ];
  return changes.sort((one, other) => (one.at ?? 0) - (other.at ?? 0));
}

function alarmOfDns(question: HealthQuestion): HealthAlarm | null {
  const { dns } = question.look;
  if (dns === null || dns.wanted === 0 || dns.ready > 0) return null;
  return {
    kind: 'dns',
    summary: `No pod of coredns is Ready (0 of ${dns.wanted}), so no name is found in the cluster.`,
    remedy: 'Look at the coredns pods in kube-system: where they wait, and what their logs say.',
    changes: changesOf(question.look, dnsUpgrade(question)),
  };
}

/** Only where the policy verifies: elsewhere a node that is not Ready is what the look at its pool judges. */
function alarmOfNodes({ look, before, verify }: HealthQuestion): HealthAlarm | null {
  if (verify === null || before === null) return null;
  const turned = look.notReady.filter((node) => !before.notReady.includes(node));
  if (turned.length === 0) return null;
  const named = turned.slice(0, 5).join(', ');
  return {
    kind: 'nodes',
    summary: `${turned.length === 1 ? 'A node has' : `${turned.length} nodes have`} turned not Ready since the run began: ${named}${turned.length > 5 ? ' and more' : ''}.`,
    remedy: 'Look at the nodes: whether they are old or new, and what their kubelet says.',
    changes: [],
  };
}

/** Memory of a run between its looks. */
export interface HealthMemory {
  /** The first look; null before it. */
  before: HealthLook | null;
  /** When all was last seen to be well, settled; null when not yet. */
  goodAt: Instant | null;
  /** When a person said to go on all the same; null when nobody did. */
  acceptedAt: Instant | null;
  /** When looking ended without a good end, for want of time; null when it did not. */
  givenUpAt: Instant | null;
  /** What the last look alarmed of, told or not; null when all was well. */
  alarm: HealthAlarm | null;
  lookedAt: Instant | null;
  /** Bad looks and looks in vain in a row; since when looks are good while a pause lasts. */
  badLooks: number;
  unreadable: number;
  goodSince: Instant | null;
}

/** The memory of a run that has not looked yet. */
export function beginHealth(): HealthMemory {
  return { before: null, goodAt: null, acceptedAt: null, givenUpAt: null, alarm: null, lookedAt: null, badLooks: 0, unreadable: 0, goodSince: null };
}
