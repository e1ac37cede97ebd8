import type { RecentWrite } from '../domain/recent-write.ts';
import type { AzureFacts, DeprecatedApiUse } from '../domain/azure-facts.ts';
import type { AddonState, ObjectChange } from '../domain/cluster-health.ts';
import type { CleanUpStatus } from '../domain/clean-up.ts';
import type { CheckRunReport, HeldCheckRun } from '../domain/check-run.ts';
import type { LocatedPolicyFault } from '../domain/checked-policy.ts';
import type { Cluster, ClusterSnapshot, NodePool, NodePoolOffers, Pod, RecentlyUsedVersion, UpgradeProfile, UpgradeSettings } from '../domain/cluster-snapshot.ts';
import type { HeldComment } from '../domain/comment-truth.ts';
import type { Outcome } from '../domain/failure.ts';
import type { IssueReference, IssueRevision } from '../domain/issue-revision.ts';
import type { KubernetesEvent } from '../domain/kubernetes-event.ts';
import type { DeliveryAttempt } from '../domain/lost-delivery.ts';
import type { HealthProbe, MaintenancePolicy } from '../domain/maintenance-policy.ts';
import type { Fault, Result } from '../domain/result.ts';
import type { SlackwaterMode } from '../domain/slackwater-mode.ts';
import type { StateFile } from '../domain/state-file.ts';
import type { Instant } from '../domain/time.ts';
import type { VolumeAttachment } from '../domain/volume-attachment.ts';
import type { WindowStatus } from '../domain/window-status.ts';
import type { CodeFile, FindValue } from '../domain/write-back.ts';

/** The clock of an activity. An orchestrator never sees it. */
export interface Clock {
  now(): Instant;
}

/** Structured log: a stable code and fields; secrets never go in. */
export interface Logger {
  log(level: 'info' | 'warn' | 'error', code: string, fields: Readonly<Record<string, unknown>>): void;
}

/** AKS through ARM. Every answer is a value; nothing throws for what the service said. */
export interface AksPort {
  /** Cluster with its pools, in one GET. May be repeated. */
  readCluster(resourceId: string): Promise<Outcome<{ readonly cluster: Cluster; readonly nodePools: readonly NodePool[] }>>;
  /** One pool with its eTag. May be repeated. */
  readNodePool(resourceId: string, pool: string): Promise<Outcome<NodePool>>;
  /** Versions offered to the control plane. May be repeated. */
  readUpgradeProfile(resourceId: string): Promise<Outcome<UpgradeProfile>>;
  /** Newest image and versions AKS offers to the pool. May be repeated. */
  readNodePoolOffers(resourceId: string, pool: string): Promise<Outcome<NodePoolOffers>>;
  /**
   * Sends the cluster as read with only `kubernetesVersion` changed, `If-Match: eTag`. Not repeatable blindly: a second
   * send with the same eTag is refused by the service (412), which comes back as class `conflict`.
   */
  startControlPlaneUpgrade(request: { resourceId: string; kubernetesVersion: string; eTag: string }): Promise<Outcome<null>>;
  /** Sends the pool as read with only `upgradeSettings` changed, `If-Match: eTag`. */
  changeUpgradeSettings(request: { resourceId: string; pool: string; settings: UpgradeSettings; eTag: string }): Promise<Outcome<null>>;
  /** Sends the pool as read with `orchestratorVersion` (and `upgradeSettings` when given) changed, `If-Match: eTag`. */
  startPoolVersionUpgrade(request: {
    resourceId: string;
    pool: string;
    kubernetesVersion: string;
    settings: UpgradeSettings | null;
    eTag: string;
  }): Promise<Outcome<null>>;
  /** What the pool ran before, newest first: the versions AKS may take it back to. May be repeated. */
  readRecentlyUsedVersions(resourceId: string, pool: string): Promise<Outcome<readonly RecentlyUsedVersion[]>>;
  /**
   * Asks AKS to take a pool back: the pool as read with only `orchestratorVersion` and `nodeImageVersion` changed to a pair it ran before,
   * `If-Match: eTag`. The one write that carries a node image.
   */
  rollBackNodePool(request: { resourceId: string; pool: string; kubernetesVersion: string; nodeImageVersion: string; eTag: string }): Promise<Outcome<null>>;
  /** POST upgradeNodeImageVersion. Takes no eTag, so the caller compares the pool's eTag just before. */
  startNodeImageUpgrade(request: { resourceId: string; pool: string }): Promise<Outcome<null>>;
  /** Aborts what runs now; `pool` null means the cluster's own operation. A finished operation is class `conflict`. */
  abortLatestOperation(request: { resourceId: string; pool: string | null }): Promise<Outcome<null>>;
}

/** What Azure says around a cluster, through ARM. */
export interface AzureFactsPort {
  /**
   * Quota, addresses, locks, maintenance configurations, recent writes and credential; a part that cannot be read is null with its reason, not a
   * failure. May be repeated.
   */
  readAzureFacts(cluster: Cluster, nodePools: readonly NodePool[]): Promise<Outcome<AzureFacts>>;
  /** Writes to the cluster and its pools in the last day, newest first; one call, of the activity log. */
  readRecentWrites(cluster: Cluster): Promise<Outcome<readonly RecentWrite[]>>;
}

/** What is read of Kubernetes at once; pages are followed, a partial list is a failure. */
export type KubernetesObjects = Pick<
  ClusterSnapshot,
  'nodes' | 'pods' | 'disruptionBudgets' | 'workloads' | 'namespaces' | 'admissionWebhooks' | 'workloadFacts' | 'unchecked'
>;

/** The answer of a dry-run eviction. */
export interface EvictionAnswer {
  readonly status: number;
  /** Cause text or message of the API server; empty for 201. */
  readonly message: string;
  readonly retryAfterSeconds: number | null;
}

/** What a service, or a node behind a log, answered to one GET. Status 0: no answer came in time. */
export interface ServiceAnswer {
  readonly status: number;
  /** Empty below 400; else the beginning of what was answered. */
  readonly message: string;
}

/** The reads between units. All are GETs and may be repeated; nothing of what services, settings or logs hold is kept. */
export interface ClusterHealthPort {
  /** One try of a probe through the API server's service proxy; needs `get` on `services/proxy` of that service. */
  probeService(cluster: Cluster, probe: Pick<HealthProbe, 'service' | 'path'>): Promise<Outcome<ServiceAnswer>>;
  /** A Deployment's readiness, image and last writing; null when there is none. */
  readDeployment(cluster: Cluster, name: { namespace: string; name: string }): Promise<Outcome<AddonState | null>>;
  /** Who wrote a ConfigMap last: its metadata alone; null when there is none. */
  readSettingsChange(cluster: Cluster, name: { namespace: string; name: string }): Promise<Outcome<ObjectChange | null>>;
  /** Events `FailedCreate` of all namespaces, at most 500, oldest first. */
  readCreateFailures(cluster: Cluster): Promise<Outcome<readonly KubernetesEvent[]>>;
  /** Whether the log of a running pod of the namespace can be fetched, by one byte of it; null when no pod runs there. */
  tryLog(cluster: Cluster, namespace: string): Promise<Outcome<ServiceAnswer | null>>;
}

/** A pod whose events are asked for. */
export interface EventSubject {
  readonly namespace: string;
  readonly uid: string;
}

/** The Kubernetes API of one cluster. */
export interface KubernetesPort extends ClusterHealthPort {
  /** Nodes, pods, budgets and their owners. May be repeated. */
  readObjects(cluster: Cluster): Promise<Outcome<KubernetesObjects>>;
  /** Nodes only: what a poll needs while nothing is blocked. May be repeated. */
  readNodes(cluster: Cluster): Promise<Outcome<KubernetesObjects['nodes']>>;
  /** Deprecated APIs that the API server was asked for since it started, from its metrics. May be repeated. */
  readDeprecatedApiUses(cluster: Cluster): Promise<Outcome<readonly DeprecatedApiUse[]>>;
  /** Events of the AKS upgrader in namespace `default`, oldest first. May be repeated. */
  readUpgradeEvents(cluster: Cluster): Promise<Outcome<readonly KubernetesEvent[]>>;
  /** Pods that wait for a node or for their containers, in all namespaces: a small list while all is well. May be repeated. */
  readPendingPods(cluster: Cluster): Promise<Outcome<readonly Pod[]>>;
  /** Events about these objects, oldest first; at most 20 objects are asked for. May be repeated. */
  readEventsAbout(cluster: Cluster, objects: readonly EventSubject[]): Promise<Outcome<readonly KubernetesEvent[]>>;
  /** Which disks are attached to which nodes. May be repeated. */
  readVolumeAttachments(cluster: Cluster): Promise<Outcome<readonly VolumeAttachment[]>>;
  /** Asks the API server, with `dryRun: All`, whether it would evict the pod now. Changes nothing; may be repeated. */
  tryEviction(cluster: Cluster, pod: { namespace: string; name: string }): Promise<Outcome<EvictionAnswer>>;
  /** Removes the quarantine label of a node and nothing else. May be repeated: an absent label is success. */
  removeQuarantineLabel(cluster: Cluster, node: string): Promise<Outcome<null>>;
}

export type { IssueReference };

/** Permission of a person on a repository, as GitHub gives it; `none` when unknown. */
export type RepositoryPermission = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';

/** GitHub. Each effect is an "ensure" found again by its hidden marker. */
export interface GitHubPort {
  /**
   * Finds the open or closed issue that carries `marker`, or opens it; then makes title, body and state as asked.
   * May be repeated. `knownNumber` saves the search.
   */
  ensureIssue(request: {
    repository: string;
    marker: string;
    title: string;
    body: string;
    labels: readonly string[];
    state: 'open' | 'closed';
    knownNumber: number | null;
  }): Promise<Outcome<IssueReference>>;
  /** Reads our issue again and writes what `revise` makes of it where that differs; null: there is none. May be repeated with a `revise` that is. */
  reviseIssue(request: IssueRevision): Promise<Outcome<IssueReference | null>>;
  /** Finds the comment that carries `marker` on the issue, or posts it. May be repeated. */
  ensureComment(request: {
    repository: string;
    issueNumber: number;
    marker: string;
    body: string;
  }): Promise<Outcome<{ readonly id: number; readonly created: boolean }>>;
  /** Finds the comment that carries `marker` on the issue, or posts it, and makes its text as asked. May be repeated. */
  keepComment(request: { repository: string; issueNumber: number; marker: string; body: string }): Promise<Outcome<{ readonly id: number }>>;
  /** The comment as it is now, with its issue; null when it is gone. May be repeated. */
  readComment(request: { repository: string; commentId: number }): Promise<Outcome<HeldComment | null>>;
  /** Whether we wrote a comment with `marker` on the issue at `since` or later. May be repeated. */
  hasComment(request: { repository: string; issueNumber: number; marker: string; since: Instant }): Promise<Outcome<boolean>>;
  /** Adds the reaction; it is there once however often this runs. */
  react(request: { repository: string; commentId: number; content: 'eyes' | '+1' | '-1' | 'confused' }): Promise<Outcome<null>>;
  /**
   * Whether `login` is an active member of the team `owner/slug`; needs the App's permission members, to read. Any doubt is a failure, which
   * the caller takes as no. `repository` says for which installation it is asked.
   */
  isTeamMember(request: { repository: string; team: string; login: string }): Promise<Outcome<boolean>>;
  /** Real permission of `login`; any doubt is a failure, which the caller takes as `none`. */
  permissionOf(repository: string, login: string): Promise<Outcome<RepositoryPermission>>;
}

/** A repository's default branch at one commit. */
export interface RepositoryTree {
  readonly branch: string;
  readonly commit: string;
  /** Links, submodules and folders left out. */
  readonly files: readonly { readonly path: string; readonly mode: '100644' | '100755'; readonly sizeBytes: number }[];
  /** False: GitHub left paths out, because there are too many. */
  readonly isComplete: boolean;
}

/** A pull request as it is wanted. Its branch is ours alone; its commit changes only `files`. */
export interface WantedPullRequest {
  readonly repository: string;
  readonly base: RepositoryTree;
  readonly branch: string;
  readonly marker: string;
  readonly title: string;
  readonly body: string;
  /** Of the one commit. */
  readonly message: string;
  readonly files: readonly CodeFile[];
}

/** A pull request of ours. */
export interface OwnPullRequest {
  readonly number: number;
  readonly url: string;
  readonly branch: string;
  /** `closed` and `merged` by a person are left so. */
  readonly state: 'open' | 'closed' | 'merged';
}

/** What a pull request changes against the commit it began from. */
export interface PullRequestChanges {
  readonly author: string;
  /** Where its commits lie; `elsewhere` is a fork, or a repository that is gone. */
  readonly headLies: 'here' | 'elsewhere';
  /** The repository's default branch. */
  readonly defaultBranch: string;
  readonly state: 'open' | 'closed';
  readonly baseBranch: string;
  readonly headSha: string;
  /** Moves with every push, to the second. */
  readonly updatedAt: Instant;
  /** The commit both sides have in common. */
  readonly mergeBase: string;
  /** At most 3000: GitHub lists no more. */
  readonly paths: readonly string[];
}

/** Files and pull requests of repositories. */
export interface RepositoryPort {
  /** The default branch and what is in it. May be repeated. */
  readTree(repository: string): Promise<Outcome<RepositoryTree>>;
  /** A file's bytes at a commit; null when there is none. Files beyond 1 MB are a terminal failure, `file-too-large`. May be repeated. */
  readFile(request: { repository: string; commit: string; path: string }): Promise<Outcome<Uint8Array | null>>;
  /**
   * Finds our pull request of the branch that carries `marker`, or opens it, and makes its files, title and body as wanted. A branch
   * somebody else wrote to keeps its files. May be repeated, and by several hosts at once. `contended` (conflict) when every race was lost.
   */
  ensurePullRequest(wanted: WantedPullRequest): Promise<Outcome<OwnPullRequest>>;
  /** Our open pull requests whose branch begins so. May be repeated. */
  listPullRequests(request: { repository: string; branchPrefix: string }): Promise<Outcome<readonly OwnPullRequest[]>>;
  /** May be repeated: a closed one is success. */
  closePullRequest(request: { repository: string; number: number }): Promise<Outcome<null>>;
  /** What somebody's pull request changes; null when there is none of this number. May be repeated. */
  readPullRequest(request: { repository: string; number: number }): Promise<Outcome<PullRequestChanges | null>>;
}

/** Check runs of the App. */
export interface CheckPort {
  /** Finds our check run of that name on that commit, or makes it, and makes it say what the report says. May be repeated, and by several hosts at once. */
  ensureCheckRun(request: { repository: string; report: CheckRunReport }): Promise<Outcome<{ readonly id: number }>>;
  /** A check run of ours; null when there is none of this id. May be repeated. */
  readCheckRun(request: { repository: string; id: number }): Promise<Outcome<HeldCheckRun | null>>;
}

/** Reads documents without any service. */
export interface DocumentPort {
  /** What reads them, which is read itself when it is first needed. May be repeated. */
  load(): Promise<DocumentReaders>;
}

/** What reads documents. */
interface DocumentReaders {
  readonly findValue: FindValue;
  /** The policies of one file's text, or every fault at once with its place. */
  readPolicies(text: string, source: string): Result<readonly MaintenancePolicy[], LocatedPolicyFault>;
  /** Where `spec.target.kubernetesVersion` of the named policy is written, without quotes; null where it cannot be changed in place. */
  findPolicyTarget(text: string, policyName: string): { readonly start: number; readonly end: number; readonly text: string } | null;
}

/** GitHub's own list of the webhooks it sent to our App. */
export interface DeliveryPort {
  /** Attempts since that moment, the newest where there are too many; null when we do not sign as a GitHub App. May be repeated. */
  listAttempts(since: Instant): Promise<Outcome<{ readonly attempts: readonly DeliveryAttempt[]; readonly isComplete: boolean } | null>>;
  /** Has the delivery of that attempt tried again, under its own delivery id. May be repeated: it is then tried again twice. */
  redeliver(attemptId: number): Promise<Outcome<null>>;
}

/** Policies as Git holds them now. */
export interface PolicySource {
  /** All readable policies and every fault of those that are not; a faulty file opens nothing and hides no other. */
  readPolicies(): Promise<Outcome<{ readonly policies: readonly MaintenancePolicy[]; readonly faults: readonly Fault[] }>>;
}

/** What is remembered of each cluster between runs: operator state in Git, on a branch of the policy repository. */
export interface StatePort {
  /**
   * What the cluster's file holds now; an empty memory when there is none yet. A file that cannot be read is a terminal
   * failure (`state-too-new`, `state-unreadable`, `state-too-large`), never an empty memory. May be repeated.
   */
  readState(clusterResourceId: string): Promise<Outcome<StateFile>>;
  /**
   * What these clusters' files hold now, by cluster; a cluster without a file is missing. One listing, and only files that
   * changed since they were last read. A file that cannot be read is a failure of its own cluster alone. May be repeated.
   */
  readStates(clusterResourceIds: readonly string[]): Promise<Outcome<ReadonlyMap<string, Outcome<StateFile>>>>;
  /**
   * Reads the file, changes it and writes it back, bound to what was read; a lost race is read and changed again, some times.
   * A change that changes nothing writes nothing, so with an idempotent `change` it may be repeated. Never overwrites a file
   * it cannot read. Answers the memory as it then is.
   *
   * @param change - Pure: called again after a lost race.
   * @param why - One line for the history of the branch.
   */
  changeState(clusterResourceId: string, change: (state: StateFile) => StateFile, why: string): Promise<Outcome<StateFile>>;
  /** Makes a text beside the clusters' files say what `change` makes of it: pure, given null where there is no file. An equal text is not written. May be repeated. */
  changeDocument(path: string, change: (present: string | null) => string, why: string): Promise<Outcome<'written' | 'unchanged'>>;
  /** Such a text as it now is; null where there is none. May be repeated. */
  readDocument(path: string): Promise<Outcome<string | null>>;
}

/** A message for the topic `events`; CloudEvents 1.0 on the wire. */
export interface SlackwaterEvent {
  /** `dev.slackwater.` + name, for example `run.started`, `pool.succeeded`. */
  readonly name: string;
  readonly subject: string;
  readonly at: Instant;
  /** run + unit + attempt + kind: the broker drops a repeat. */
  readonly messageId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Service Bus. */
export interface MessagePort {
  /** Sends to topic `events`. May be repeated: the broker drops a message id it has seen. */
  publishEvent(event: SlackwaterEvent): Promise<Outcome<null>>;
  /** Puts a CloudEvent (already an object) on queue `inbox` under this message id. May be repeated likewise. */
  enqueueInbox(messageId: string, cloudEvent: Readonly<Record<string, unknown>>): Promise<Outcome<null>>;
}

/** One orchestration instance as its host shows it. */
export interface InstanceView {
  readonly instanceId: string;
  readonly orchestration: string;
  readonly runtimeStatus: 'Pending' | 'Running' | 'Completed' | 'Failed' | 'Terminated' | 'Suspended' | 'ContinuedAsNew' | 'Canceled';
  readonly status: WindowStatus | null;
  readonly createdAt: Instant;
  readonly lastUpdatedAt: Instant;
  readonly output: unknown;
}

/** One clean-up that has not ended. */
export interface CleanUpView {
  readonly instanceId: string;
  readonly createdAt: Instant;
  /** Null before it has shown any. */
  readonly status: CleanUpStatus | null;
}

/** The durable task hub. */
export interface WindowHost {
  /** Starts the window's orchestration under its fixed id; a running one is `already-running`, which is success. */
  startWindow(instanceId: string, input: unknown): Promise<Outcome<'started' | 'already-running'>>;
  /** Starts a clean-up under its own instance id; one that is known, whether it runs or has ended, is never begun again. */
  startCleanUp(instanceId: string, input: unknown): Promise<Outcome<'started' | 'known'>>;
  /** Clean-ups of all clusters that have not ended. */
  listCleanUps(): Promise<Outcome<readonly CleanUpView[]>>;
  /** Raises an event; a finished or unknown instance answers `not-running`. */
  raise(instanceId: string, event: string, payload: unknown): Promise<Outcome<'raised' | 'not-running'>>;
  read(instanceId: string): Promise<Outcome<InstanceView | null>>;
  /** Window instances, newest first, at most `limit`: those that run, and those that ended and were begun in the last 31 days. */
  list(limit: number): Promise<Outcome<readonly InstanceView[]>>;
}

/** Has the task hub forget units that ended well and were begun before `unitsBefore`, and all that ended and was begun before `allBefore`. What runs stays. May be repeated. */
export type PurgeInstances = (rule: { readonly unitsBefore: Instant; readonly allBefore: Instant | null }) => Promise<Outcome<{ readonly unitsCount: number; readonly othersCount: number }>>;

/** Every port an activity may use. */
export interface Ports {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What this installation may do. */
  readonly mode: SlackwaterMode;
  readonly aks: AksPort;
  readonly azureFacts: AzureFactsPort;
  readonly kubernetes: KubernetesPort;
  readonly github: GitHubPort;
  readonly repositories: RepositoryPort;
  readonly documents: DocumentPort;
  readonly checks: CheckPort;
  readonly deliveries: DeliveryPort;
  readonly policies: PolicySource;
  readonly state: StatePort;
  readonly messages: MessagePort;
  readonly windows: WindowHost;
}
