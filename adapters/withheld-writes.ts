import type { AksPort, KubernetesPort } from '../activities/ports.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { whyNothingStarts } from '../domain/slackwater-mode.ts';
import type { SlackwaterMode } from '../domain/slackwater-mode.ts';

/** The two ports that reach into clusters. */
interface ClusterPorts {
  readonly aks: AksPort;
  readonly kubernetes: KubernetesPort;
}

/**
 * The last line before a cluster: takes from the ports what the mode does not allow, whatever an activity asks for.
 *
 * `stopped` lets people abort what runs and lets a pool's own settings be given back; `plan-only` lets nothing out that is no read, not even
 * the question whether a pod would be evicted, which needs the right to evict. Errors: `writes-withheld` (terminal).
 */
export function withholdWrites({ aks, kubernetes }: ClusterPorts, mode: SlackwaterMode): ClusterPorts {
  const why = whyNothingStarts(mode);
  if (why === null) return { aks, kubernetes };
  const failure: Failure = { code: 'writes-withheld', class: 'terminal', ...why, retryAfterSeconds: null };
  const refuse = (): Promise<Outcome<never>> => Promise.resolve({ ok: false, failure });
  const starts = { startControlPlaneUpgrade: refuse, startPoolVersionUpgrade: refuse, startNodeImageUpgrade: refuse, rollBackNodePool: refuse };
  const stopped = { aks: { ...aks, ...starts }, kubernetes: { ...kubernetes, removeQuarantineLabel: refuse } };
  if (mode === 'stopped') return stopped;
  return {
    aks: { ...stopped.aks, changeUpgradeSettings: refuse, abortLatestOperation: refuse },
    kubernetes: { ...stopped.kubernetes, tryEviction: refuse },
  };
}
