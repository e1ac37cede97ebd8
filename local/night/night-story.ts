import { isRecord, textAt } from '../../domain/json.ts';
import { formatBoth } from '../../domain/local-time.ts';
import type { Instant } from '../../domain/time.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import type { ClusterWorld, PoolView } from '../../sim/cluster-world.ts';
import { readWebhook } from '../../sim/github-changes.ts';
import type { WorldChange } from '../../sim/wire.ts';

/** Cluster changes worth a line, with who is at work; single pods would be hundreds. */
const told: Readonly<Record<string, string>> = {
  'node.deleted': 'cluster',
  'node.cordoned': 'cluster',
  'node.reimaged': 'cluster',
  'node.quarantined': 'cluster',
  'budget.changed': 'people',
  'operation.started': 'azure',
  'operation.ended': 'azure',
};

/** Prints the night as it happens: a line per event with cluster time, a progress line for pools and nodes. */
export interface NightStory {
  world(changes: readonly WorldChange[]): void;
  /** The run's own status: its new timeline lines, and at a pause what is needed. */
  status(status: WindowStatus): void;
  line(text: string): void;
}

/** A story in the given zone, written line by line to `write`. */
export function createNightStory(options: {
  readonly now: () => Instant;
  readonly timeZone: string;
  readonly cluster: ClusterWorld;
  readonly write: (line: string) => void;
}): NightStory {
  const { timeZone, cluster, write } = options;
  let linesTold = 0;
  let pausesTold = 0;
  let lastProgress = '';
  let present: WindowStatus | null = null;
  const refused = new Set<string>();
  const at = (moment: Instant, who: string, text: string): void => write(`${formatBoth(moment, timeZone)}  ${who.padEnd(10)} ${text}`);
  const progress = (moment: Instant): void => {
    const text = cluster.inspect().map((pool) => `${pool.pool} ${bar(pool, targetOf(present, pool.pool))}`).join('   ');
    if (text !== lastProgress) at(moment, 'nodes', text);
    lastProgress = text;
  };
  const tellRefusal = (change: WorldChange): void => {
    // AKS tries every few seconds; the first refusal of a pod tells it all.
    const pod = `${String(change.data['namespace'])}/${String(change.data['pod'] ?? change.data['name'] ?? change.text)}`;
    if (!refused.has(pod)) at(change.at, 'kubernetes', change.text);
    refused.add(pod);
  };
  const tellGitHub = (change: WorldChange): void => {
    const text = githubLine(change);
    if (text !== null) at(change.at, 'github', text);
  };
  return {
    world(changes) {
      for (const change of changes) {
        const who = told[change.kind];
        if (who !== undefined) at(change.at, who, change.text);
        else if (change.kind === 'eviction.refused') tellRefusal(change);
        else if (change.kind === 'webhook') tellGitHub(change);
      }
      const last = changes.at(-1);
      if (last !== undefined && changes.some(({ kind }) => kind.startsWith('node.'))) progress(last.at);
    },
    status(status) {
      present = status;
      const total = status.timelineOmitted + status.timeline.length;
      const fresh = Math.min(status.timeline.length, Math.max(0, total - linesTold));
      for (const { at: moment, text } of status.timeline.slice(status.timeline.length - fresh)) at(moment, 'slackwater', text);
      linesTold = Math.max(linesTold, total);
      const { pause } = status;
      if (pause === null || pause.number <= pausesTold) return;
      pausesTold = pause.number;
      for (const line of pauseLines(status, timeZone)) at(options.now(), 'PAUSED', line);
    },
    line: (text) => at(options.now(), '', text),
  };
}

function pauseLines({ pause }: WindowStatus, timeZone: string): readonly string[] {
  if (pause === null) return [];
  const causes = pause.causes.map(({ evidence, remedy, owner }) => `${evidence} Needed from ${owner ?? 'its owner'}: ${remedy}`);
  const drain = pause.drainDeadline === null ? '' : `Azure gives up on the node at ${formatBoth(pause.drainDeadline, timeZone)}; `;
  return [...causes, `${drain}the window closes at ${formatBoth(pause.windowDeadline, timeZone)}.`];
}

/** Version or image date a pool is on its way to; null before there is a plan. */
function targetOf(status: WindowStatus | null, pool: string): string | null {
  return status?.units.find(({ unit }) => unit === `pool/${pool}`)?.to ?? null;
}

/** One sign a node: `●` new, `○` old, `◌` cordoned or not Ready, `✕` quarantined, `+` spare. */
function bar({ nodes }: PoolView, target: string | null): string {
  return nodes
    .map((node) => {
      if (node.isQuarantined) return '✕';
      if (node.isSurge) return '+';
      if (node.isCordoned || !node.isReady) return '◌';
      const isNew = target !== null && (node.kubeletVersion.replace(/^v/, '') === target || node.imageVersion.endsWith(target));
      return isNew ? '●' : '○';
    })
    .join('');
}

/** Issues and pull requests opened and closed, and comments with their first words; edits in place say nothing. */
function githubLine(change: WorldChange): string | null {
  const webhook = readWebhook(change);
  const action = String(webhook?.payload['action'] ?? '');
  if (webhook?.event === 'pull_request' && ['opened', 'closed'].includes(action)) return change.text;
  if (webhook?.event === 'check_run' && ['completed', 'requested_action'].includes(action)) return action === 'completed' ? `${change.text}: ${textAt(webhook.payload, 'check_run', 'output', 'title') ?? ''}` : change.text;
  if (webhook?.event === 'issues' && ['opened', 'closed', 'reopened'].includes(action)) return change.text;
  const comment = webhook?.payload['comment'];
  if (webhook?.event !== 'issue_comment' || action !== 'created' || !isRecord(comment)) return null;
  const words = (textAt(comment, 'body') ?? '').replace(/<!--.*?-->/gs, '').trim().split('\n')[0] ?? '';
  return `${change.text}: ${words.slice(0, 140)}`;
}
