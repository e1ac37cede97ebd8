import { formatBoth } from '../../domain/local-time.ts';
import type { Instant } from '../../domain/time.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import type { ClusterWorld } from '../../sim/cluster-world.ts';
import type { WorldChange } from '../../sim/wire.ts';

/** Changes worth a line; single pods would be hundreds. */
const told: ReadonlySet<string> = new Set([
  'node.created',
  'node.deleted',
  'node.cordoned',
  'node.reimaged',
  'node.quarantined',
  'node.labelled',
  'drain.blocked',
  'drain.timed-out',
  'operation.started',
  'operation.ended',
  'budget.changed',
  'perturbation',
  'arm.operation',
]);

/** Prints the night as it happens: a line per event with cluster time, a progress line for pools and nodes. */
export interface NightStory {
  world(changes: readonly WorldChange[]): void;
  /** The run's own status: its new timeline lines, and the pause with what is needed. */
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
  let lastProgress = '';
  let lastRefusal = '';
  const at = (moment: Instant, who: string, text: string): void => write(`${formatBoth(moment, timeZone)}  ${who.padEnd(10)} ${text}`);
  const progress = (moment: Instant): void => {
    const text = cluster
      .inspect()
      .map(({ pool, nodes }) => `${pool} ${bar(nodes)}`)
      .join('   ');
    if (text === lastProgress) return;
    lastProgress = text;
    at(moment, 'nodes', text);
  };
  return {
    world(changes) {
      for (const change of changes) {
        if (change.kind === 'eviction.refused') {
          // AKS tries every few seconds; the first refusal of a pod tells it all.
          const pod = String(change.data['pod'] ?? change.text);
          if (pod === lastRefusal) continue;
          lastRefusal = pod;
          at(change.at, 'kubernetes', change.text);
        } else if (told.has(change.kind)) at(change.at, change.kind.startsWith('operation') ? 'azure' : 'cluster', change.text);
      }
      const last = changes.at(-1);
      if (last !== undefined && changes.some(({ kind }) => kind.startsWith('node.'))) progress(last.at);
    },
    status(status) {
      const total = status.timelineOmitted + status.timeline.length;
      const fresh = status.timeline.slice(Math.max(0, status.timeline.length - (total - linesTold)));
      if (total > linesTold) for (const { at: moment, text } of fresh) at(moment, 'slackwater', text);
      linesTold = Math.max(linesTold, total);
    },
    line: (text) => at(options.now(), '', text),
  };
}

/** One sign a node: `●` new, `○` old, `◌` cordoned, `✕` quarantined, `+` spare. */
function bar(nodes: ReturnType<ClusterWorld['inspect']>[number]['nodes']): string {
  const newest = nodes.map(({ kubeletVersion, imageVersion }) => `${kubeletVersion} ${imageVersion}`).sort().at(-1);
  return nodes
    .map((node) => {
      if (node.isQuarantined) return '✕';
      if (node.isSurge) return '+';
      if (node.isCordoned || !node.isReady) return '◌';
      return `${node.kubeletVersion} ${node.imageVersion}` === newest && newest !== undefined ? '●' : '○';
    })
    .join('');
}
