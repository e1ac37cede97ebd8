import type { InstanceView, Ports, RepositoryPermission } from '../../activities/ports.ts';
import type { HeldComment as WrittenComment } from '../../domain/comment-truth.ts';
import type { Failure, Outcome } from '../../domain/failure.ts';
import { succeed } from '../../domain/result.ts';
import { emptyState } from '../../domain/state-file.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import type { StateFile } from '../../domain/state-file.ts';
import type { Instant } from '../../domain/time.ts';

/** A comment as GitHub would hold it. */
interface HeldComment {
  readonly id: number;
  readonly repository: string;
  readonly issueNumber: number;
  readonly marker: string;
  readonly body: string;
}

/** An issue as GitHub would hold it. */
interface HeldIssue {
  readonly repository: string;
  readonly number: number;
  readonly marker: string;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
}

/** Effects as the world would show them afterwards, and every call that was made. */
export interface World {
  now: Instant;
  readonly issues: HeldIssue[];
  readonly comments: HeldComment[];
  /** `repository/commentId` → what a person wrote there; absent: it is gone. */
  readonly written: Map<string, WrittenComment>;
  /** `repository/commentId/content`: a reaction is there once. */
  readonly reactions: Set<string>;
  /** `repository/login` → permission; absent: none. */
  readonly permissions: Map<string, RepositoryPermission>;
  readonly windows: InstanceView[];
  readonly raised: { readonly instanceId: string; readonly event: string; readonly payload: unknown }[];
  readonly started: string[];
  readonly events: Map<string, unknown>;
  /** Instance id → input of each clean-up. */
  readonly cleanUps: Map<string, unknown>;
  readonly inbox: Map<string, unknown>;
  /** Cluster → what is remembered of it. */
  readonly memory: Map<string, StateFile>;
  /** Path → text beside it. */
  readonly documents: Map<string, string>;
  /** Policies on the default branch. */
  readonly policies: MaintenancePolicy[];
  readonly calls: string[];
  readonly logged: { readonly level: string; readonly code: string }[];
  /** Call name → failures still to come, one per call. */
  readonly failures: Map<string, Failure[]>;
}

/** An empty world at `now`. */
export function emptyWorld(now: Instant): World {
  return {
    now,
    issues: [],
    comments: [],
    written: new Map(),
    reactions: new Set(),
    permissions: new Map(),
    windows: [],
    raised: [],
    started: [],
    events: new Map(),
    cleanUps: new Map(),
    inbox: new Map(),
    memory: new Map(),
    documents: new Map(),
    policies: [],
    calls: [],
    logged: [],
    failures: new Map(),
  };
}

/** A failure of the class asked for. */
export function failureOf(failureClass: Failure['class'], code = 'made-to-fail'): Failure {
  return { code, class: failureClass, message: 'Made to fail.', remedy: 'None.', retryAfterSeconds: null };
}

const isLive = (view: InstanceView) => ['Pending', 'Running', 'Suspended', 'ContinuedAsNew'].includes(view.runtimeStatus);

/**
 * Our ports over a {@link World} that keeps each effect as the real service would: an "ensure" repeated is one effect.
 *
 * ARM, Kubernetes and policies are not played; a call to one of them is a failure of class `unreadable`.
 */
export function recordingPorts(world: World): Ports {
  const meet = <T>(call: string, value: () => T): Promise<Outcome<T>> => {
    world.calls.push(call);
    const failure = world.failures.get(call)?.shift();
    return Promise.resolve(failure === undefined ? { ok: true, value: value() } : { ok: false, failure });
  };
  const refuse = (call: string) => (): Promise<Outcome<never>> => {
    world.calls.push(call);
    return Promise.resolve({ ok: false, failure: failureOf('unreadable', 'not-played') });
  };
  return {
    clock: { now: () => world.now },
    mode: 'maintain',
    logger: { log: (level, code) => world.logged.push({ level, code }) },
    aks: {
      readCluster: refuse('readCluster'),
      readNodePool: refuse('readNodePool'),
      readUpgradeProfile: refuse('readUpgradeProfile'),
      readNodePoolOffers: refuse('readNodePoolOffers'),
      startControlPlaneUpgrade: refuse('startControlPlaneUpgrade'),
      changeUpgradeSettings: refuse('changeUpgradeSettings'),
      startPoolVersionUpgrade: refuse('startPoolVersionUpgrade'),
      startNodeImageUpgrade: refuse('startNodeImageUpgrade'),
      abortLatestOperation: refuse('abortLatestOperation'),
      readRecentlyUsedVersions: refuse('readRecentlyUsedVersions'),
      rollBackNodePool: refuse('rollBackNodePool'),
    },
    azureFacts: { readAzureFacts: refuse('readAzureFacts'), readRecentWrites: refuse('readRecentWrites') },
    kubernetes: {
      readObjects: refuse('readObjects'),
      readNodes: refuse('readNodes'),
      readDeprecatedApiUses: refuse('readDeprecatedApiUses'),
      readUpgradeEvents: refuse('readUpgradeEvents'),
      readPendingPods: refuse('readPendingPods'),
      readEventsAbout: refuse('readEventsAbout'),
      readVolumeAttachments: refuse('readVolumeAttachments'),
      tryEviction: refuse('tryEviction'),
      removeQuarantineLabel: refuse('removeQuarantineLabel'),
      probeService: refuse('probeService'),
      readDeployment: refuse('readDeployment'),
      readSettingsChange: refuse('readSettingsChange'),
      readCreateFailures: refuse('readCreateFailures'),
      tryLog: refuse('tryLog'),
    },
    repositories: {
      readTree: refuse('readTree'),
      readFile: refuse('readFile'),
      ensurePullRequest: refuse('ensurePullRequest'),
      listPullRequests: refuse('listPullRequests'),
      closePullRequest: refuse('closePullRequest'),
      readPullRequest: refuse('readPullRequest'),
    },
    documents: { load: async () => ({ findValue: () => ({ missing: 'not looked for' }), readPolicies: () => succeed([]), findPolicyTarget: () => null }) },
    checks: { ensureCheckRun: refuse('ensureCheckRun'), readCheckRun: refuse('readCheckRun') },
    policies: { readPolicies: () => meet('readPolicies', () => ({ policies: world.policies, faults: [] })) },
    deliveries: { listAttempts: refuse('listAttempts'), redeliver: refuse('redeliver') },
    github: {
      ensureIssue: (request) => meet('ensureIssue', () => ensureIssue(world, request)),
      reviseIssue: (request) =>
        meet('reviseIssue', () => {
          const { repository, marker, knownNumber, whenMissing, revise } = request;
          const known = world.issues.find((issue) => issue.repository === repository && (issue.number === knownNumber || issue.marker === marker));
          const wanted = known === undefined && whenMissing === 'leave' ? null : revise(known === undefined ? null : { ...known, updatedAt: null });
          if (wanted !== null) return ensureIssue(world, { repository, marker: known?.marker ?? marker, ...wanted, labels: [], knownNumber: null });
          return known === undefined ? null : { repository, number: known.number, url: '' };
        }),
      ensureComment: (request) => meet('ensureComment', () => ensureComment(world, request)),
      keepComment: (request) =>
        meet('keepComment', () => {
          const { id } = ensureComment(world, request);
          const at = world.comments.findIndex((comment) => comment.id === id);
          world.comments[at] = { id, ...request };
          return { id };
        }),
      react: ({ repository, commentId, content }) =>
        meet('react', () => {
          world.reactions.add(`${repository}/${commentId}/${content}`);
          return null;
        }),
      readComment: ({ repository, commentId }) => meet('readComment', () => world.written.get(`${repository}/${commentId}`) ?? null),
      hasComment: ({ repository, issueNumber, marker }) =>
        meet('hasComment', () => world.comments.some((comment) => comment.repository === repository && comment.issueNumber === issueNumber && comment.marker === marker)),
      isTeamMember: ({ team, login }) => meet('isTeamMember', () => world.permissions.has(`team ${team}/${login}`)),
      permissionOf: (repository, login) => meet('permissionOf', () => world.permissions.get(`${repository}/${login}`) ?? 'none'),
    },
    state: {
      readState: (cluster) => meet('readState', () => world.memory.get(cluster) ?? emptyState(cluster)),
      readStates: (clusters) => meet('readStates', () => new Map(clusters.flatMap((cluster) => {
        const state = world.memory.get(cluster);
        return state === undefined ? [] : [[cluster, { ok: true, value: state } as const] as const];
      }))),
      changeDocument: (path, change) =>
        meet('changeDocument', () => {
          const present = world.documents.get(path) ?? null;
          const text = change(present);
          world.documents.set(path, text);
          return text === present ? 'unchanged' : 'written';
        }),
      readDocument: (path) => meet('readDocument', () => world.documents.get(path) ?? null),
      changeState: (cluster, change) =>
        meet('changeState', () => {
          const state = change(world.memory.get(cluster) ?? emptyState(cluster));
          world.memory.set(cluster, state);
          return state;
        }),
    },
    messages: {
      publishEvent: (event) => meet('publishEvent', () => keepFirst(world.events, event.messageId, event)),
      enqueueInbox: (messageId, cloudEvent) => meet('enqueueInbox', () => keepFirst(world.inbox, messageId, cloudEvent)),
    },
    windows: {
      startWindow: (instanceId) =>
        meet('startWindow', () => {
          if (world.started.includes(instanceId)) return 'already-running';
          world.started.push(instanceId);
          return 'started';
        }),
      startCleanUp: (instanceId, input) =>
        meet('startCleanUp', (): 'started' | 'known' => {
          if (world.cleanUps.has(instanceId)) return 'known';
          world.cleanUps.set(instanceId, input);
          return 'started';
        }),
      listCleanUps: () => meet('listCleanUps', () => [...world.cleanUps.keys()].map((instanceId) => ({ instanceId, createdAt: world.now, status: null }))),
      raise: (instanceId, event, payload) =>
        meet('raise', () => {
          if (!world.windows.some((view) => view.instanceId === instanceId && isLive(view))) return 'not-running';
          world.raised.push({ instanceId, event, payload });
          return 'raised';
        }),
      read: (instanceId) => meet('read', () => world.windows.find((view) => view.instanceId === instanceId) ?? null),
      list: (limit) => meet('list', () => world.windows.slice(0, limit)),
    },
  };
}

function keepFirst(kept: Map<string, unknown>, messageId: string, message: unknown): null {
  if (!kept.has(messageId)) kept.set(messageId, message);
  return null;
}

function ensureIssue(world: World, request: Parameters<Ports['github']['ensureIssue']>[0]) {
  const { repository, marker, title, body, state } = request;
  const at = world.issues.findIndex((issue) => issue.repository === repository && issue.marker === marker);
  const number = world.issues[at]?.number ?? world.issues.length + 1;
  const issue: HeldIssue = { repository, number, marker, title, body, state };
  if (at < 0) world.issues.push(issue);
  else world.issues[at] = issue;
  return { repository, number, url: `https://github.com/${repository}/issues/${number}` };
}

function ensureComment(world: World, request: Parameters<Ports['github']['ensureComment']>[0]) {
  const { repository, issueNumber, marker, body } = request;
  const found = world.comments.find((comment) => comment.repository === repository && comment.issueNumber === issueNumber && comment.marker === marker);
  if (found !== undefined) return { id: found.id, created: false };
  const id = 9_000 + world.comments.length;
  world.comments.push({ id, repository, issueNumber, marker, body });
  return { id, created: true };
}
