import type { Outcome } from '../domain/failure.ts';
import { undoMarker } from '../domain/hidden-marker.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import type { IncomingPullRequest } from '../domain/pull-request-message.ts';
import { runningAt } from '../domain/running-version.ts';
import { findUndone } from '../domain/undone-pin.ts';
import type { ChangedFile, UndonePin } from '../domain/undone-pin.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import { renderUndoWarning } from '../domain/write-back-markdown.ts';
import type { ClusterUndone } from '../domain/write-back-markdown.ts';
import { isMeant, markerNamesOf } from '../domain/write-back.ts';
import type { PinnedCluster } from '../domain/write-back.ts';
import type { InboxResult, ReceiveInboxSettings } from './inbox-result.ts';
import { isSameText } from './inbox-result.ts';
import type { Ports, PullRequestChanges } from './ports.ts';

/** Files of one pull request read on both sides. */
const FILES_MAX = 40;

/**
 * Tells somebody's pull request, in one comment however often it is pushed, that it would set pinned versions below what a cluster
 * runs. Only files are read that policies name as theirs, on the commit it began from and on its head; a cluster that cannot be
 * read is not judged.
 *
 * May be repeated: the comment is found again by its marker.
 */
export async function warnOfUndo(ports: Ports, settings: ReceiveInboxSettings, pull: IncomingPullRequest): Promise<Outcome<Extract<InboxResult, { kind: 'done' }>['what']>> {
  if (isSameText(pull.author, settings.appLogin ?? '')) return { ok: true, value: 'ignored' };
  const read = await ports.policies.readPolicies();
  if (!read.ok) return read;
  const concerned = read.value.policies.filter((policy) => placesIn(policy, pull.repository, settings).length > 0);
  if (concerned.length === 0) return { ok: true, value: 'ignored' };
  const changes = await ports.repositories.readPullRequest(pull);
  if (!changes.ok) return changes;
  if (changes.value === null || changes.value.state !== 'open' || changes.value.baseBranch !== changes.value.defaultBranch) return { ok: true, value: 'ignored' };
  const clusters: ClusterUndone[] = [];
  for (const policy of concerned) {
    const undone = await judgePolicy(ports, { policy, all: read.value.policies, pull, settings, changes: changes.value });
    if (!undone.ok) return undone;
    if (undone.value.length > 0) clusters.push({ clusterName: clusterNameOf(policy.clusterResourceId), undone: undone.value });
  }
  if (clusters.length === 0) return { ok: true, value: 'checked' };
  const marker = undoMarker(pull.repository, pull.number);
  const said = await ports.github.ensureComment({ repository: pull.repository, issueNumber: pull.number, marker, body: renderUndoWarning(clusters, marker) });
  ports.logger.log('info', 'write-back.undo-told', { repository: pull.repository, number: pull.number, clusters });
  return said.ok ? { ok: true, value: 'answered' } : said;
}

function placesIn(policy: MaintenancePolicy, repository: string, { policyRepository }: ReceiveInboxSettings) {
  const home = policy.report.repository ?? policyRepository ?? '';
  return (policy.report.writeBack ?? []).filter((place) => isSameText(place.repository ?? home, repository));
}

interface PolicyWork {
  readonly policy: MaintenancePolicy;
  readonly all: readonly MaintenancePolicy[];
  readonly pull: IncomingPullRequest;
  readonly settings: ReceiveInboxSettings;
  readonly changes: PullRequestChanges;
}

async function judgePolicy(ports: Ports, { policy, all, pull, settings, changes }: PolicyWork): Promise<Outcome<readonly UndonePin[]>> {
  const places = placesIn(policy, pull.repository, settings);
  const paths = changes.paths.filter((path) => places.some((place) => isMeant(place, path))).slice(0, FILES_MAX);
  if (paths.length === 0) return { ok: true, value: [] };
  const cluster = await readCluster(ports, policy, all);
  if (!cluster.ok) return cluster.failure.class === 'terminal' ? { ok: true, value: [] } : cluster;
  const { findValue } = await ports.documents.load();
  const undone: UndonePin[] = [];
  for (const path of paths) {
    const file = await readBothSides(ports, pull.repository, changes, path);
    if (!file.ok) return file;
    undone.push(...findUndone(file.value, places.filter((place) => isMeant(place, path)), cluster.value, findValue));
  }
  return { ok: true, value: undone };
}

async function readCluster(ports: Ports, { clusterResourceId, name }: MaintenancePolicy, all: readonly MaintenancePolicy[]): Promise<Outcome<PinnedCluster>> {
  const read = await ports.aks.readCluster(clusterResourceId);
  if (!read.ok) return read;
  const nodes = await ports.kubernetes.readNodes(read.value.cluster);
  if (!nodes.ok && nodes.failure.class !== 'terminal') return nodes;
  const look = { ...read.value, nodes: nodes.ok ? nodes.value : null, units: [] };
  return { ok: true, value: { names: markerNamesOf(clusterResourceId, name, all), runs: (pin) => runningAt(pin, look) } };
}

/** A side that cannot be read for good, because it is too large, is as if it were not there. */
async function readBothSides(ports: Ports, repository: string, { mergeBase, headSha }: PullRequestChanges, path: string): Promise<Outcome<ChangedFile>> {
  const before = await ports.repositories.readFile({ repository, commit: mergeBase, path });
  const after = await ports.repositories.readFile({ repository, commit: headSha, path });
  for (const side of [before, after]) if (!side.ok && side.failure.class !== 'terminal') return side;
  return { ok: true, value: { path, before: before.ok ? before.value : null, after: after.ok ? after.value : null } };
}
