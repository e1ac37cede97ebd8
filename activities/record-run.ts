import type { Node, NodePool } from '../domain/cluster-snapshot.ts';
import { isOpen } from '../domain/debt.ts';
import type { DebtCause } from '../domain/debt-ledger.ts';
import { findDebts, judgeLedger, rememberImages } from '../domain/debt-ledger.ts';
import type { Outcome } from '../domain/failure.ts';
import { measure } from '../domain/slackwater-metric.ts';
import { missedWindows, recordOfRun, rememberRun } from '../domain/run-history.ts';
import { trimState } from '../domain/state-file.ts';
import type { StateFile } from '../domain/state-file.ts';
import type { WindowStatus } from '../domain/window-status.ts';
import type { ActivityContract, RunMemory } from './contract.ts';
import type { Ports } from './ports.ts';
import { tellMetrics } from './tell-metric.ts';

/**
 * Remembers a run that ended: how, why not, which images its nodes run, how long each unit took, and what it leaves as debts.
 *
 * May be repeated: a run has one record, and a debt that is known is not opened again. A cluster whose nodes cannot be read is
 * remembered without them; its debts stay as they were.
 */
export async function recordRun(ports: Ports, input: ActivityContract['recordRun']['input']): Promise<Outcome<RunMemory>> {
  const { status, nodeImage } = input;
  const at = ports.clock.now();
  const seen = await readNodes(ports, status.clusterResourceId);
  const run = recordOfRun(status, seen?.pools ?? [], seen?.nodes ?? []);
  const touched = touchedPools(status);
  const change = (state: StateFile): StateFile => {
    const runs = rememberRun(state.runs, run);
    if (seen === null) return trimState({ ...state, runs }, at);
    const look = { at, nodeImage, ...seen };
    const found = findDebts(look, { kind: 'run', pools: Object.keys(touched) }, { who: status.runId, ofPool: touched });
    return trimState({ ...state, runs, debts: judgeLedger(state.debts, found, look), nodeImages: rememberImages(state.nodeImages, seen.pools) }, at);
  };
  const kept = await ports.state.changeState(status.clusterResourceId, change, `Remember ${status.runId}: ${run.outcome}`);
  if (!kept.ok) return kept;
  const opened = kept.value.debts.filter(({ who }) => who === status.runId);
  if (opened.length > 0) tellMetrics(ports, [measure('slackwater.debts.opened', opened.length, status.runId)]);
  return { ok: true, value: { missed: missedWindows(kept.value.runs), openDebtsCount: kept.value.debts.filter(isOpen).length } };
}

async function readNodes(ports: Ports, clusterResourceId: string): Promise<{ readonly pools: readonly NodePool[]; readonly nodes: readonly Node[] } | null> {
  const read = await ports.aks.readCluster(clusterResourceId);
  const nodes = read.ok ? await ports.kubernetes.readNodes(read.value.cluster) : read;
  if (read.ok && nodes.ok) return { pools: read.value.nodePools, nodes: nodes.value };
  ports.logger.log('warn', 'run.nodes-unread', { cluster: clusterResourceId, failure: nodes.ok ? null : nodes.failure });
  return null;
}

/** Pools the run began to change, each with why it may have been left: what preflight found there, else what was last said of it. */
function touchedPools({ units, findings }: WindowStatus): Readonly<Record<string, DebtCause>> {
  return Object.fromEntries(
    units.flatMap(({ unit, startedAt, note }) => {
      if (unit === 'control-plane' || startedAt === null) return [];
      const pool = unit.slice('pool/'.length);
      const finding = findings.find(({ pools, severity }) => severity !== 'info' && pools.includes(pool));
      return [[pool, finding === undefined ? { why: note, owner: null } : { why: `${finding.message} ${finding.remedy}`, owner: finding.owner }] as const];
    }),
  );
}
