import { MINUTE_MS } from '../domain/time.ts';
import { startRehearsal, type Rehearsal } from '../local/rehearsal/rehearsal.ts';
import { median } from './bundle-import.ts';

const WINDOWS = 12;

interface WindowCost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly clusterMinutes: number;
  readonly looks: number;
  readonly activities: number;
  readonly armReads: number;
  readonly armWrites: number;
  readonly kubernetesCalls: number;
  readonly historyRows: number;
  readonly historyKb: number;
  readonly rowsPeak: number;
}

/**
 * What one quiet window costs, over the real SDK clients and loopback services in virtual time, and how many such windows
 * a second this machine simulates; the baseline is the cluster time that passed.
 */
export async function measureWindows(): Promise<readonly string[]> {
  const costs: WindowCost[] = [];
  for (let seed = 0; seed <= WINDOWS; seed += 1) {
    const cost = await measureWindow(seed);
    // The first window pays for loading the SDKs.
    if (seed > 0) costs.push(cost);
  }
  const of = (pick: (cost: WindowCost) => number): number => median(costs.map(pick));
  const wallMs = costs.reduce((sum, { wallMs: each }) => sum + each, 0);
  const clusterMs = costs.reduce((sum, { clusterMinutes }) => sum + clusterMinutes * MINUTE_MS, 0);
  return [
    `One window of 11 nodes in 3 pools (minor version and image), median of ${WINDOWS} seeds`,
    `  cluster time             ${of((cost) => cost.clusterMinutes).toFixed(0)} min`,
    `  activities               ${of((cost) => cost.activities)}  (${of((cost) => cost.looks)} looks at a unit)`,
    `  ARM calls                ${of((cost) => cost.armReads)} reads, ${of((cost) => cost.armWrites)} writes`,
    `  Kubernetes calls         ${of((cost) => cost.kubernetesCalls)}`,
    `  history                  ${of((cost) => cost.historyRows)} rows, ${of((cost) => cost.historyKb).toFixed(0)} KiB; at most ${of((cost) => cost.rowsPeak)} rows in one execution`,
    `  per look                 ${of((cost) => cost.historyRows / cost.looks).toFixed(1)} rows, ${of((cost) => cost.historyKb / cost.looks).toFixed(2)} KiB, ${of((cost) => cost.armReads / cost.looks).toFixed(1)} ARM reads`,
    `  CPU                      ${of((cost) => cost.cpuMs).toFixed(0)} ms`,
    `Simulated windows a second ${(costs.length / (wallMs / 1_000)).toFixed(2)}  (${(clusterMs / wallMs).toFixed(0)} × faster than the cluster's own time)`,
  ];
}

async function measureWindow(seed: number): Promise<WindowCost> {
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  const rehearsal = await startRehearsal({ seed });
  try {
    await rehearsal.untilEnded();
    return count(rehearsal, performance.now() - began, process.cpuUsage(cpuBefore));
  } finally {
    await rehearsal.close();
  }
}

function count(rehearsal: Rehearsal, wallMs: number, cpu: NodeJS.CpuUsage): WindowCost {
  const instances = rehearsal.host.engine.statistics();
  const sum = (pick: (instance: (typeof instances)[number]) => number): number => instances.reduce((total, instance) => total + pick(instance), 0);
  const calls = rehearsal.world.log.entries;
  const arm = calls.filter(({ service }) => service === 'arm');
  return {
    wallMs,
    cpuMs: (cpu.user + cpu.system) / 1_000,
    clusterMinutes: rehearsal.minute(),
    looks: arm.filter(({ method, path }) => method === 'GET' && /managedClusters\/[^/]+$/i.test(path)).length,
    activities: sum(({ activityExecutionCount }) => activityExecutionCount),
    armReads: arm.filter(({ method }) => method === 'GET').length,
    armWrites: rehearsal.armWrites().length,
    kubernetesCalls: calls.filter(({ service }) => service === 'kubernetes').length,
    historyRows: sum(({ historyRowCount }) => historyRowCount),
    historyKb: sum(({ historyBytes }) => historyBytes) / 1_024,
    rowsPeak: Math.max(...instances.map(({ historyRowCountPeak }) => historyRowCountPeak)),
  };
}
