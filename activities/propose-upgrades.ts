import type { CheckedPolicy } from '../domain/checked-policy.ts';
import { changeBytes, decodeText } from '../domain/encoded-text.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { overtakenMarker, upgradeMarker, withMarker } from '../domain/hidden-marker.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import { nextOpenings } from '../domain/maintenance-window.ts';
import { activeAutoUpgradeChannel } from '../domain/plan-maintenance.ts';
import { isAbout } from '../domain/support-notice.ts';
import type { SupportNotice } from '../domain/support-notice.ts';
import { newestVersion, noProposalWords, proposeUpgrade } from '../domain/upgrade-proposal.ts';
import type { UpgradeProposal } from '../domain/upgrade-proposal.ts';
import { answerOvertaken, renderUpgrade, titleOfUpgrade } from '../domain/upgrade-pull-request.ts';
import type { LeftOutPolicy, RaisedPolicy } from '../domain/upgrade-pull-request.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import type { CodeFile } from '../domain/write-back.ts';
import { lookAtFiles } from './look-at-policies.ts';
import type { OwnPullRequest, Ports, RepositoryTree } from './ports.ts';

/** Whose upgrade is thought about, and why now. */
interface ProposalOccasion {
  /** `owner/name` of the policies. */
  readonly repository: string;
  readonly clusterResourceId: string;
  /** `version`, `support`: what Azure said of, a pull request may be opened · `daily`: one that is open is brought up to date, none is opened. */
  readonly occasion: 'version' | 'support' | 'daily';
}

/** What became of it. */
type ProposalResult = Outcome<'proposed' | 'withdrawn' | 'noted' | 'no-policy'>;

/** Openings that must allow a minor before one is proposed. */
const OPENINGS_ASKED = 3;

/**
 * Keeps one pull request for a cluster's policy, or for the fleet where policies say so, that raises `target.kubernetesVersion` to what
 * AKS offers: opens it, brings it up to date, or closes it when there is nothing to raise any more.
 *
 * An event is only a hint: policy, version, offers, findings and file are read again. May be repeated: the pull request is found again
 * by its branch and marker. One that a person closed or merged stays so.
 */
export async function proposeUpgrades(ports: Ports, { repository, clusterResourceId, occasion }: ProposalOccasion): Promise<ProposalResult> {
  const read = await ports.policies.readPolicies();
  if (!read.ok) return read;
  const { policies } = read.value;
  const policy = policies.find((each) => each.clusterResourceId.toLowerCase() === clusterResourceId.toLowerCase());
  if (policy === undefined) return { ok: true, value: 'no-policy' };
  const wish = policy.report.upgradePullRequests ?? 'off';
  const group = groupOf(policy, policies);
  const existing = await ports.repositories.listPullRequests({ repository, branchPrefix: group.branchPrefix });
  if (!existing.ok) return existing;
  const isOpen = existing.value.length > 0;
  if (!isOpen && (occasion === 'daily' || wish === 'off')) return { ok: true, value: 'noted' };
  // A fleet has one look a day for all, not one for each of its clusters.
  if (occasion === 'daily' && group.members.length > 0 && group.members[0] !== policy) return { ok: true, value: 'noted' };
  const isHeld = occasion === 'version' && wish === 'grouped' && (await holdsAlready(ports, repository, policy, existing.value));
  if (isHeld) return { ok: true, value: 'noted' };
  const judged = wish === 'off' ? { raised: [], leftOut: [{ clusterName: policy.name, why: 'the policy wants none' }] } : await judgeAll(ports, group.members);
  if ('failure' in judged) return { ok: false, failure: judged.failure };
  if (judged.raised.length === 0) {
    const why = judged.leftOut.map(({ why: each }) => each).find((each) => each !== '') ?? 'no policy of the group asks for less than it could';
    ports.logger.log('info', 'upgrade.not-proposed', { policy: policy.name, why });
    return withdraw(ports, repository, existing.value, why);
  }
  return propose(ports, { repository, group, existing: existing.value, ...judged });
}

interface PolicyGroup {
  readonly key: string;
  readonly branchPrefix: string;
  readonly members: readonly MaintenancePolicy[];
}

/** Whose versions go into one pull request. The trailing slash keeps `shop` and `shop-eu` apart. */
function groupOf(policy: MaintenancePolicy, policies: readonly MaintenancePolicy[]): PolicyGroup {
  if (policy.report.upgradePullRequests !== 'grouped') return { key: policy.name, branchPrefix: `slackwater/upgrade/${policy.name}/`, members: [policy] };
  // No policy can be called so.
  return { key: 'FLEET', branchPrefix: 'slackwater/upgrade-fleet/', members: policies.filter(({ report }) => report.upgradePullRequests === 'grouped') };
}

/**
 * Whether the fleet's open pull request raises this policy as it should already. A new version reaches every cluster at about the same
 * time: the first event looks at all of them, the others need one look each.
 */
async function holdsAlready(ports: Ports, repository: string, policy: MaintenancePolicy, [open]: readonly OwnPullRequest[]): Promise<boolean> {
  if (open === undefined) return false;
  const judged = await judgeOne(ports, policy);
  const bytes = await ports.repositories.readFile({ repository, commit: open.branch, path: policy.source });
  const read = bytes.ok && bytes.value !== null ? decodeText(bytes.value) : null;
  if (!judged.ok || judged.value.proposal.kind === 'none' || read === null) return false;
  const { findPolicyTarget } = await ports.documents.load();
  return findPolicyTarget(read.text, policy.name)?.text === judged.value.proposal.to;
}

interface WantedRaise {
  readonly policy: MaintenancePolicy;
  readonly running: string;
  readonly support: SupportNotice | null;
  readonly proposal: Extract<UpgradeProposal, { kind: 'propose' }>;
}

interface JudgedGroup {
  readonly raised: readonly WantedRaise[];
  readonly leftOut: readonly LeftOutPolicy[];
}

/** A failed read that may pass is the failure, so that nothing is taken back for it; of a group any other leaves that policy out. */
async function judgeAll(ports: Ports, members: readonly MaintenancePolicy[]): Promise<JudgedGroup | { readonly failure: Failure }> {
  const raised: WantedRaise[] = [];
  const leftOut: LeftOutPolicy[] = [];
  for (const policy of members) {
    const clusterName = clusterNameOf(policy.clusterResourceId);
    const judged = await judgeOne(ports, policy);
    if (!judged.ok) {
      if (members.length === 1 || judged.failure.class === 'transient') return { failure: judged.failure };
      leftOut.push({ clusterName, why: `it could not be read: ${judged.failure.message.replace(/\.$/, '')}` });
    } else if (judged.value.proposal.kind === 'none') leftOut.push({ clusterName, why: noProposalWords[judged.value.proposal.why] });
    else raised.push({ ...judged.value, policy, proposal: judged.value.proposal });
  }
  return { raised, leftOut };
}

async function judgeOne(ports: Ports, policy: MaintenancePolicy): Promise<Outcome<Omit<WantedRaise, 'proposal' | 'policy'> & { readonly proposal: UpgradeProposal }>> {
  const { clusterResourceId, target, window } = policy;
  const cluster = await ports.aks.readCluster(clusterResourceId);
  if (!cluster.ok) return cluster;
  const profile = await ports.aks.readUpgradeProfile(clusterResourceId);
  if (!profile.ok) return profile;
  const state = await ports.state.readState(clusterResourceId);
  if (!state.ok) return state;
  const running = cluster.value.cluster.currentKubernetesVersion;
  const support = state.value.support !== undefined && isAbout(state.value.support, running) ? state.value.support : null;
  const openings = nextOpenings(window, ports.clock.now(), OPENINGS_ASKED);
  const proposal = proposeUpgrade({
    wanted: target.kubernetesVersion,
    running,
    offered: profile.value.controlPlaneUpgrades,
    autoUpgradeChannel: activeAutoUpgradeChannel(cluster.value.cluster),
    minors: openings.some(({ restriction }) => restriction !== 'minor') ? 'allowed' : 'not-allowed',
    support: support === null ? 'not-said' : 'ending',
  });
  return { ok: true, value: { running, support, proposal } };
}

/** Closes what is open, each with one comment that says why. */
async function withdraw(ports: Ports, repository: string, open: readonly OwnPullRequest[], why: string): Promise<ProposalResult> {
  for (const { number } of open) {
    const marker = overtakenMarker(repository, number);
    const told = await ports.github.ensureComment({ repository, issueNumber: number, marker, body: withMarker(answerOvertaken(why), marker) });
    if (!told.ok) return told;
    const closed = await ports.repositories.closePullRequest({ repository, number });
    if (!closed.ok) return closed;
  }
  return { ok: true, value: open.length === 0 ? 'noted' : 'withdrawn' };
}

interface WantedProposal extends JudgedGroup {
  readonly repository: string;
  readonly group: PolicyGroup;
  readonly existing: readonly OwnPullRequest[];
}

async function propose(ports: Ports, { repository, group, existing, raised, leftOut }: WantedProposal): Promise<ProposalResult> {
  const tree = await ports.repositories.readTree(repository);
  if (!tree.ok) return tree;
  const changed = await changeFiles(ports, repository, tree.value, raised);
  if (!changed.ok) return changed;
  const checked = await lookAtChanged(ports, changed.value.files, raised);
  const told = raised.flatMap(({ policy, proposal, running, support }): readonly RaisedPolicy[] => {
    const look = checked.get(policy.name);
    const isKept = changed.value.kept.some(({ clusterName }) => clusterName === clusterNameOf(policy.clusterResourceId));
    return look === undefined || isKept ? [] : [{ checked: look, from: policy.target.kubernetesVersion ?? '', to: proposal.to, step: proposal.step, running, support }];
  });
  const [first] = told;
  const outside = [...leftOut, ...changed.value.kept];
  if (first === undefined) return withdraw(ports, repository, existing, outside[0]?.why ?? 'the file cannot be changed in place');
  const [newest, ...older] = existing;
  const branch = newest?.branch ?? `${group.branchPrefix}${newestVersion(told.map(({ to }) => to)) ?? first.to}`;
  const marker = upgradeMarker(group.key);
  const { title, message } = group.key === 'FLEET' && told.length === 1 ? { ...titleOfUpgrade(told), message: 'Raise Kubernetes of the fleet' } : titleOfUpgrade(told);
  const ensured = await ports.repositories.ensurePullRequest({ repository, base: tree.value, branch, marker, title, body: renderUpgrade(told, outside, branch), message, files: changed.value.files });
  if (!ensured.ok) return ensured;
  ports.logger.log('info', 'upgrade.proposed', { repository, number: ensured.value.number, state: ensured.value.state, policies: told.map(({ checked: { policy }, to }) => `${policy.name} ${to}`) });
  const extra = await withdraw(ports, repository, older, `#${ensured.value.number} holds the same`);
  return extra.ok ? { ok: true, value: ensured.value.state === 'open' ? 'proposed' : 'noted' } : extra;
}

/** The policy files with only the version's bytes changed; a policy whose version cannot be changed in place is kept. */
async function changeFiles(ports: Ports, repository: string, tree: RepositoryTree, raised: readonly WantedRaise[]): Promise<Outcome<{ readonly files: readonly CodeFile[]; readonly kept: readonly LeftOutPolicy[] }>> {
  const files: CodeFile[] = [];
  const kept: LeftOutPolicy[] = [];
  const { findPolicyTarget } = await ports.documents.load();
  for (const [path, group] of Map.groupBy(raised, ({ policy }) => policy.source)) {
    const bytes = await ports.repositories.readFile({ repository, commit: tree.commit, path });
    if (!bytes.ok) return bytes;
    const read = bytes.value === null ? null : decodeText(bytes.value);
    const changes = group.flatMap(({ policy, proposal }) => {
      const at = read === null ? null : findPolicyTarget(read.text, policy.name);
      if (at !== null && at.text === policy.target.kubernetesVersion) return [{ start: at.start, end: at.end, text: proposal.to }];
      kept.push({ clusterName: clusterNameOf(policy.clusterResourceId), why: `its version in ${path} is not written in a way that can be changed in place, or has just changed` });
      return [];
    });
    if (bytes.value !== null && read !== null && changes.length > 0) files.push({ path, bytes: changeBytes(bytes.value, read, changes) });
  }
  return { ok: true, value: { files, kept } };
}

/** Each raised policy as it would be once merged, by name. */
async function lookAtChanged(ports: Ports, files: readonly CodeFile[], raised: readonly WantedRaise[]): Promise<ReadonlyMap<string, CheckedPolicy>> {
  const names = new Set(raised.map(({ policy }) => policy.name));
  const texts = files.map(({ path, bytes }) => ({ path, text: new TextDecoder().decode(bytes), version: '' }));
  const looked = await lookAtFiles(ports, { texts, changedPaths: files.map(({ path }) => path), pullNumber: 0, headSha: '', headLies: 'here' });
  const policies = looked.flatMap(({ content }) => (content.kind === 'valid' ? content.policies : []));
  return new Map(policies.filter(({ policy }) => names.has(policy.name)).map((checked) => [checked.policy.name, checked]));
}
